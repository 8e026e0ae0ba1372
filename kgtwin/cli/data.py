"""``ingest``, ``infer``, ``twin``, ``explain``: from received data to conclusions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
from kgtwin.cli.population import Spread, infer_to
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
    if not all(path.strip() for path in paths):
        raise UsageError("an empty path", expected="a file or a folder", remedy="check the shell's variables")
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
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="With --all: rows of issues in Parquet files, not the graph."),
    ] = None,
    processes: Annotated[int, typer.Option("--processes", min=1, help="With --to: so many processes.")] = 1,
    ray: Annotated[
        str | None, typer.Option("--ray", metavar="ADDRESS", help="With --to: a Ray cluster, or local.")
    ] = None,
    portion: Annotated[int, typer.Option("--portion", min=1, help="With --to: patients of a file.")] = 500,
    at: AtOption = None,
    consent: ConsentOption = None,
    purpose: PurposeOption = TREATMENT,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Infer detected issues, with their proofs, and keep them in the graph; with --consent nothing is kept.

    With --to, rows of patient, statement and facts are written instead, portion by portion; a run that was
    interrupted goes on where it was.
    """
    from kgtwin.model.issue import DetectedIssue, Inference, issue_to_dict  # noqa: PLC0415

    if (patient is None) == (not all_patients):
        raise UsageError("name one patient, or say --all")
    if to is not None:
        if not all_patients:
            raise UsageError("--to is for --all")
        if consent is not None:
            raise UsageError("--to writes rows that keep to no consent", remedy="leave --consent out, or --to")
        return infer_to(to, settings(store, ontology), moment(at), Spread(processes, ray, portion), as_json=as_json)
    found: list[DetectedIssue] = []
    patients, kept, last = 0, 0, None

    async def use(service: Service) -> None:
        nonlocal patients, kept, last
        with Progress("inferring") as progress:
            asked = None if all_patients else [patient or ""]
            given = permission(service, consent, purpose)
            async for inference in service.infer(asked, at=moment(at), consent=given):
                patients, last = patients + 1, inference
                found.extend(inference.issues)
                progress.advance()
        kept = await service.store.revision()

    run(use, settings(store, ontology))
    if as_json:
        print_json([issue_to_dict(issue) for issue in found])
    elif isinstance(last, Inference) and not all_patients:
        typer.echo(render.inference_text(last, None if consent is not None else kept))
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
        issues = found.inference.issues if found.inference else ()
        overridden = await service.overridden(issues, as_of=revision)
        refusals: Sequence[Refutation] = ()
        if refuted:
            refusals = await service.refutations(patient, at=moment(at), as_of=revision, consent=given)
        if as_json:
            more = {"refutations": [refutation_to_dict(one) for one in refusals]} if refuted else {}
            print_json({**render.twin_to_dict(found, overridden), **more})
        else:
            typer.echo("\n\n".join(filter(None, (refutations_text(refusals), render.twin_text(found, overridden)))))

    run(use, settings(store, ontology), read_only=True)
    return 0


def explain(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="An issue's id (di-…).")],
    form: Annotated[str, typer.Option("--format", metavar="text|json|mermaid", help="How to show the proof.")] = "text",
    proof: Annotated[
        Path | None,
        typer.Option(
            "--proof", metavar="FILE", help="Write a document that `kgtwin verify` checks, - to show only it."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show all minimal sets of facts and axioms, the best first.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="With --all: so many at most.")] = 10,
    at: EvaluatedOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show an issue with its derivation, down to the received resources."""
    from kgtwin.model import derivation  # noqa: PLC0415

    if form not in {"text", "json", "mermaid"}:
        raise UsageError(f"--format {form!r}", expected="text, json or mermaid")

    async def use(service: Service) -> None:
        when, revision = moment(at), await service.resolve(as_of)
        found = await service.issue(issue, at=when, as_of=revision)
        override = (await service.overridden([found], as_of=revision)).get(found.id)
        if proof is not None:
            from kgtwin.cli.query import write  # noqa: PLC0415
            from kgtwin.model.proof_document import write_proof  # noqa: PLC0415

            to_output = proof == Path("-")
            write(write_proof(await service.proof(found, at=when)), None if to_output else proof)
            if to_output:
                return
        more = await service.derivations(found, limit=limit, at=when) if every else None
        if as_json or form == "json":
            print_json({**render.issue_dict(found, override), **({} if more is None else {"minimal": more})})
        elif more is not None:
            typer.echo(f"{render.issue_line(found)}\n{derivation.minimal_to_text(more)}")
        elif form == "mermaid":
            typer.echo(derivation.to_mermaid(found.derivation))
        else:
            typer.echo(render.issue_text(found, override))

    run(use, settings(store, ontology), read_only=True)
    return 0
