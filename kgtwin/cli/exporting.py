"""``export``: what a store holds in the forms of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli import export_fhir, export_store
from kgtwin.cli.options import AsOfOption, JsonOption, StoreOption, print_json, run, settings
from kgtwin.cli.progress import Progress

if TYPE_CHECKING:
    from kgtwin.service import Service
    from kgtwin.sources.omop.export import Export, Report

exports = typer.Typer(no_args_is_help=True, help="Write what a store holds in the forms of others.")


def register(app: typer.Typer) -> None:
    """Add ``export`` and its sub-commands."""
    export_fhir.register(exports)
    export_store.register(exports)
    app.add_typer(exports, name="export")


@exports.command("omop")
def export_omop(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    vocabulary: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="OMOP vocabulary (CONCEPT, CONCEPT_RELATIONSHIP); without it ids are 0."),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="csv|parquet", help="The form of the tables.")] = "csv",
    as_of: AsOfOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write OMOP CDM 5.4: the tables that kgtwin reads, CDM_SOURCE and OBSERVATION_PERIOD."""
    from kgtwin.sources.omop.export import Report  # noqa: PLC0415

    found = Report()

    async def use(service: Service) -> None:
        nonlocal found
        from kgtwin.files import writing  # noqa: PLC0415
        from kgtwin.sources.omop.export import Export  # noqa: PLC0415

        with writing("the export", folder):
            export = Export(folder, form=form, vocabulary=vocabulary, today=service.now().date())
            try:
                found = await _write(export, service, await service.resolve(as_of))
            except BaseException:
                export.abandon()
                raise

    run(use, settings(store), read_only=True)
    if as_json:
        print_json(found)
    else:
        typer.echo(_summary(found, folder, vocabulary))
    return 0


async def _write(export: Export, service: Service, as_of: int | None) -> Report:
    """Two passes over the patients as they were at one revision."""
    revision = await service.store.revision() if as_of is None else as_of
    with Progress("exporting") as progress:
        async for record, facts in service.everyone(as_of=revision):
            export.survey(record, facts)
        export.surveyed()
        async for record, facts in service.everyone(as_of=revision):
            export.write(record, facts)
            progress.advance()
    return export.close()


def _summary(report: Report, folder: Path, vocabulary: str | None) -> str:
    """A few lines for people."""
    rows = ", ".join(f"{count} {table.upper()}" for table, count in report.rows.items())
    lines = [f"{folder}: {rows}"]
    if report.left_out:
        lines += ["left out, for OMOP has no row that says it:"]
        lines += [f"  {count} {reason}" for reason, count in report.left_out.most_common()]
    if report.without_concept:
        why = "" if vocabulary else " (no --vocabulary was given)"
        lines.append(f"{report.without_concept} rows have the concept 0 and their code as source value{why}")
    if report.without_end:
        lines.append(
            f"{report.without_end} rows of DRUG_EXPOSURE and VISIT_OCCURRENCE have no end, which OMOP requires"
        )
    return "\n".join(lines)
