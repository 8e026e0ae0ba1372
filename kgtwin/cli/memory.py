"""``history``, ``what-changed``, ``erase``: what was known when, and forgetting it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli import render
from kgtwin.cli.counting import counted
from kgtwin.cli.options import AtOption, JsonOption, OntologyOption, StoreOption, moment, print_json, run, settings
from kgtwin.errors import UsageError
from kgtwin.vocabulary import NOT_VALIDATED

if TYPE_CHECKING:
    from kgtwin.model.derivation import AxiomRef
    from kgtwin.model.fact import Fact
    from kgtwin.model.history import AxiomDifference, Difference, FactDifference, FactVersion, IssueDifference
    from kgtwin.model.ontology import Ontology
    from kgtwin.service import Service

PatientArgument = Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(history)
    app.command("what-changed")(what_changed)
    app.command()(erase)


def history(
    fact: Annotated[str, typer.Argument(metavar="FACT", help="A fact's id (f-…).")],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show what each received version of a fact's resource said, and when it counted."""

    async def use(service: Service) -> None:
        found = await service.history(fact)
        if as_json:
            print_json(found)
        else:
            typer.echo(render.columns(("version", "recorded", "counted", "said"), [_version(one) for one in found]))

    run(use, settings(store), read_only=True)
    return 0


def what_changed(
    patient: PatientArgument,
    since: Annotated[str, typer.Option("--since", metavar="REV|TIME", help="What was known before.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="REV|TIME", help="What was known after (default: now).")
    ] = None,
    at: AtOption = None,
    at_before: Annotated[
        str | None,
        typer.Option("--at-before", metavar="TIME", help="Evaluation time before (default: as --at)."),
    ] = None,
    ontology_before: Annotated[
        str | None,
        typer.Option(
            "--ontology-before", metavar="FILE|REV", help="The ontology of then, to name axioms that are new."
        ),
    ] = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show what changed for a patient between two moments: facts, issues, and why: by facts, time and axioms."""
    then = _ontology(ontology_before)

    async def use(service: Service) -> None:
        now = moment(at) or service.now()
        before = (await service.resolve(since), moment(at_before) or now)
        after = (await service.resolve(until), now)
        found = await service.difference(patient, before, after, ontology_before=then)
        if as_json:
            print_json(found)
        else:
            typer.echo(_difference(found))

    run(use, settings(store, ontology), read_only=True)
    return 0


def erase(
    patient: PatientArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    rewrite: Annotated[
        bool, typer.Option(help="Write an embedded store's file anew, so that no trace is left in it.")
    ] = True,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Remove a patient whole and for ever (the right to erasure); a FHIR delete keeps history, this keeps nothing."""
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("erasing cannot be undone", remedy="say --yes")
        typer.confirm("Erase the patient and all that is known of it, for ever?", abort=True)

    async def use(service: Service) -> None:
        revision = await service.erase(patient, rewrite=rewrite)
        if as_json:
            print_json(revision)
        else:
            typer.echo(f"erased at revision {revision.number}: {revision.closed} current facts and their history")

    run(use, settings(store))
    return 0


def _version(one: FactVersion) -> tuple[str, str, str, str]:
    said = (
        "entered in error"
        if one.retracted
        else "deleted"
        if one.deleted
        else _fact(one.fact)
        if one.fact
        else "nothing here"
    )
    if one.counted is None:
        counted = "" if one.fact is None else "never (arrived late)"
    else:
        first, last = one.counted
        counted = f"from {first}" + ("" if last is None else f" until {last}")
    return one.version, f"revision {one.revision}", counted, said


def _difference(found: Difference) -> str:
    span = f"revision {found.before.as_of} at {found.before.at} → revision {found.after.as_of} at {found.after.at}"
    changed = f"{counted(len(found.facts), 'fact')} changed, {counted(len(found.issues), 'issue')}"
    lines = [f"{found.patient}: {span}", changed]
    lines += [found.knowledge.text] if found.knowledge else []
    lines += ["", *map(_fact_line, found.facts)] if found.facts else []
    for issue in found.issues:
        lines += ["", *_issue_lines(issue, at_hand=found.knowledge is not None and found.knowledge.at_hand)]
    return "\n".join([*lines, "", NOT_VALIDATED])


def _fact_line(one: FactDifference) -> str:
    if one.before is None:
        assert one.after is not None
        return f"+ {_fact(one.after)}"
    return f"- {_fact(one.before)}" if one.after is None else f"~ {_fact(one.before)} → {_fact(one.after)}"


def _issue_lines(one: IssueDifference, *, at_hand: bool) -> list[str]:
    mark = "+" if one.before is None else "-" if one.after is None else "~"
    issue = one.after or one.before
    assert issue is not None
    lines = [f"{mark} {issue.significance.value}: {issue.title} ({issue.statement}, {issue.id})"]
    if one.reason == "time":
        return [*lines, "    because time passed: no fact that it rests on changed"]
    if one.reason == "knowledge":
        return [*lines, *(map(_axiom_line, one.axioms) if one.axioms else [_unsaid(one, at_hand)])]
    because = [f"    because: {_fact_line(fact)}" for fact in one.facts]
    return lines + (because or ["    because of the facts above: none of them is among its own"])


def _axiom_line(one: AxiomDifference) -> str:
    if one.before is None:
        assert one.after is not None
        return f"    because of a new axiom: {_axiom(one.after)}"
    if one.after is None:
        return f"    because an axiom is gone: {_axiom(one.before)}"
    if one.before.text != one.after.text:
        return f"    because an axiom changed: {_axiom(one.before)} → {_axiom(one.after)}"
    changed = sorted(set(one.before.annotations) ^ set(one.after.annotations))
    shown = "; ".join(
        f"{name} {'-' if (name, text) in one.before.annotations else '+'} {text}" for name, text in changed
    )
    return f"    because annotations changed, of {_axiom(one.after)}: {shown}"


def _axiom(one: AxiomRef) -> str:
    return f"{one.text} at {one.origin}" if one.origin else one.text


def _unsaid(one: IssueDifference, at_hand: bool) -> str:
    if one.after is None:
        return "    because of the ontology: every axiom of its proof is still there, something else keeps it away now"
    if at_hand:
        return "    because of the ontology: every axiom of its proof was there, something else kept it away then"
    return "    because of the ontology: which of its axioms are new cannot be said without the old one"


def _ontology(given: str | None) -> Ontology | None:
    """An ontology in a file, a folder or a git revision."""
    if given is None:
        return None
    from kgtwin.ontology.loader import load  # noqa: PLC0415 - heavy
    from kgtwin.workbench.revisions import opened  # noqa: PLC0415

    with opened(given) as side:
        return load(side.file)


def _fact(fact: Fact) -> str:
    return f"{fact.kind.value} {render.fact_line(fact)}"
