"""``export fhir``: a store's current facts as FHIR R4 NDJSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import AsOfOption, JsonOption, StoreOption, check_source, print_json, run, settings
from kgtwin.cli.progress import Progress
from kgtwin.errors import NotFoundError

if TYPE_CHECKING:
    from kgtwin.model.fact import Fact, PatientRecord
    from kgtwin.service import Service
    from kgtwin.sources.fhir.export import Exported

PAGE = 200
"""Patients that are asked for at once."""


def register(exports: typer.Typer) -> None:
    """Add the command to ``export``."""
    exports.command("fhir")(export_fhir)


def export_fhir(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    patient: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A patient's key (source|id), or its id in source local; may be repeated."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only the patients of this source.")] = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write FHIR R4, one NDJSON file a resource type; `kgtwin ingest FOLDER` reads it back."""
    if source is not None:
        check_source(source)
    found: list[Exported] = []

    async def use(service: Service) -> None:
        from kgtwin.sources.fhir.export import export  # noqa: PLC0415

        revision = await service.resolve(as_of)
        at = await service.store.revision() if revision is None else revision
        with Progress("exporting") as progress:
            chosen = _patients(service, patient or (), source, at)
            found.append(await export(chosen, folder, service.terminology(), advance=progress.advance))

    run(use, settings(store), read_only=True)
    if as_json:
        print_json(found[0])
    else:
        typer.echo(_summary(found[0], folder))
    return 0


async def _patients(
    service: Service, keys: Sequence[str], source: str | None, at: int
) -> AsyncIterator[tuple[PatientRecord, Sequence[Fact]]]:
    """The patients that were asked for, or all, as they were known at one revision."""
    from kgtwin.service import as_key  # noqa: PLC0415 - heavy

    named = [as_key(key) for key in keys]
    async for key in _each(named) if named else _all(service):
        if source is not None and key.partition("|")[0] != source:
            continue
        record = await service.store.patient(key, as_of=at)
        if record is not None:
            yield record, await service.store.facts(key, as_of=at)
        elif named:
            raise NotFoundError(f"no patient {key}", remedy="ingest it first, or name its source: SOURCE|ID")


async def _each(keys: Sequence[str]) -> AsyncIterator[str]:
    for key in dict.fromkeys(keys):
        yield key


async def _all(service: Service) -> AsyncIterator[str]:
    after: str | None = None
    while page := await service.store.patients(after=after, limit=PAGE):
        for record in page:
            yield record.key
        after = page[-1].key


def _summary(exported: Exported, folder: Path) -> str:
    """A few lines for people."""
    files = ", ".join(f"{count} {name}" for name, count in exported.resources.items()) or "nothing"
    lines = [f"{folder}: {exported.facts} facts of {exported.patients} patients: {files}"]
    if exported.unsaid:
        lines.append("read again, these differ, for FHIR R4 does not say them:")
        lines += [f"  {count} {field}" for field, count in exported.unsaid.items()]
    return "\n".join(lines)
