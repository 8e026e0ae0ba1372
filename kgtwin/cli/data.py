"""``ingest``, ``infer``, ``twin``, ``explain``: from received data to conclusions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli import render
from kgtwin.cli.options import (
    AsOfOption,
    AtOption,
    ConsentOption,
    JsonOption,
    OntologyOption,
    PurposeOption,
    StoreOption,
    check_source,
    moment,
    permission,
    print_json,
    run,
    settings,
)
from kgtwin.cli.predictions import refutation_to_dict, refutations_text
from kgtwin.cli.progress import Progress
from kgtwin.errors import UsageError
from kgtwin.model.purposes import TREATMENT

if TYPE_CHECKING:
    from kgtwin.model.predicted import Refutation
    from kgtwin.service import Service

EvaluatedOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Infer it anew at this time (default: as it is stored).")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (ingest, infer, twin, explain):
        app.command()(command)


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="FHIR R4 files or folders, - for standard input; OMOP CDM folders, zips, DuckDB files, postgresql://…",
        ),
    ],
    source: Annotated[str, typer.Option(help="Names the system that the data comes from.")] = "local",
    form: Annotated[
        str, typer.Option("--format", metavar="auto|fhir|omop", help="What the paths hold (auto looks).")
    ] = "auto",
    vocabulary: Annotated[
        str | None, typer.Option(metavar="PATH", help="OMOP: where CONCEPT and CONCEPT_RELATIONSHIP are, if elsewhere.")
    ] = None,
    conclude: Annotated[
        bool, typer.Option("--infer", help="Infer with each commit, and keep what follows beside the facts.")
    ] = False,
    at: AtOption = None,
    commit_every: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Commit after N resources and facts (default: what suits the store)."),
    ] = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Read FHIR R4 (.json, .ndjson, each also .gz, .xz, .zip) or OMOP CDM 5.4 (CSV, Parquet, a database)."""
    from kgtwin.cli.receipts import Tally, receipt_to_dict  # noqa: PLC0415
    from kgtwin.sources.reading import Form  # noqa: PLC0415

    if form not in set(Form):
        raise UsageError(f"--format {form!r}", expected="auto, fhir or omop")
    check_source(source)
    if at and not conclude:
        raise UsageError("--at is an evaluation time, and nothing is inferred", remedy="say --infer, or leave it out")
    tally = Tally()

    async def use(service: Service) -> None:
        receipts = service.ingest(
            paths,
            source=source,
            form=Form(form),
            vocabulary=vocabulary,
            conclude=conclude,
            at=moment(at),
            at_once=commit_every,
        )
        with Progress("ingesting") as progress:
            async for receipt in receipts:
                tally.add(receipt)
                progress.advance(len(receipt.patients) or 1)
                if as_json:
                    print_json(receipt_to_dict(receipt), indent=False)
                for problem in receipt.problems:
                    progress.note(str(problem))

    run(use, settings(store, ontology))
    if not as_json:
        typer.echo(tally.summary())
    return 1 if tally.rejected else 0


def infer(
    patient: Annotated[
        str | None, typer.Argument(help="A patient's key (source|id), or its id in source local.")
    ] = None,
    all_patients: Annotated[bool, typer.Option("--all", help="Every patient.")] = False,
    at: AtOption = None,
    consent: ConsentOption = None,
    purpose: PurposeOption = TREATMENT,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Infer detected issues, with their proofs, and keep them in the graph; with a consent nothing is kept."""
    from kgtwin.model.issue import DetectedIssue, issue_to_dict  # noqa: PLC0415

    if (patient is None) == (not all_patients):
        raise UsageError("name one patient, or say --all")
    found: list[DetectedIssue] = []
    patients = 0

    async def use(service: Service) -> None:
        nonlocal patients
        with Progress("inferring") as progress:
            asked = None if all_patients else [patient or ""]
            given = permission(service, consent, purpose)
            async for inference in service.infer(asked, at=moment(at), consent=given):
                patients += 1
                found.extend(inference.issues)
                progress.advance()

    run(use, settings(store, ontology))
    if as_json:
        print_json([issue_to_dict(issue) for issue in found])
    else:
        typer.echo(render.issue_summary(found, patients))
    return 0


def twin(
    patient: Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")],
    at: AtOption = None,
    as_of: AsOfOption = None,
    consent: ConsentOption = None,
    purpose: PurposeOption = TREATMENT,
    refuted: Annotated[
        bool, typer.Option("--refuted", help="Show which predictions the ontology refutes, and why.")
    ] = False,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show a patient's twin: facts, issues, scores, predictions, caveats."""

    async def use(service: Service) -> None:
        given = permission(service, consent, purpose)
        revision = await service.resolve(as_of)
        found = await service.twin(patient, at=moment(at), as_of=revision, scores=True, consent=given)
        refusals: Sequence[Refutation] = ()
        if refuted:
            refusals = await service.refutations(patient, at=moment(at), as_of=revision, consent=given)
        if as_json:
            more = {"refutations": [refutation_to_dict(one) for one in refusals]} if refuted else {}
            print_json({**render.twin_to_dict(found), **more})
        else:
            typer.echo("\n\n".join(filter(None, (refutations_text(refusals), render.twin_text(found)))))

    run(use, settings(store, ontology), read_only=True)
    return 0


def explain(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="An issue's id (di-…).")],
    form: Annotated[str, typer.Option("--format", metavar="text|json|mermaid", help="How to show the proof.")] = "text",
    at: EvaluatedOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show an issue with its derivation, down to the received resources."""
    from kgtwin.model import derivation  # noqa: PLC0415
    from kgtwin.model.issue import issue_to_dict  # noqa: PLC0415

    if form not in {"text", "json", "mermaid"}:
        raise UsageError(f"--format {form!r}", expected="text, json or mermaid")

    async def use(service: Service) -> None:
        found = await service.issue(issue, at=moment(at), as_of=await service.resolve(as_of))
        if as_json or form == "json":
            print_json(issue_to_dict(found))
        elif form == "mermaid":
            typer.echo(derivation.to_mermaid(found.derivation))
        else:
            typer.echo(render.issue_text(found))

    run(use, settings(store, ontology), read_only=True)
    return 0
