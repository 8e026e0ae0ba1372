"""``repair``, ``override``, ``overrides``, ``alerts``: what a clinician may do about issues, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli import render
from kgtwin.cli.options import (
    AsOfOption,
    AtOption,
    JsonOption,
    OntologyOption,
    StoreOption,
    moment,
    print_json,
    run,
    settings,
)
from kgtwin.errors import UsageError
from kgtwin.vocabulary import NOT_VALIDATED

if TYPE_CHECKING:
    from kgtwin.model.override import Override, OverrideCount
    from kgtwin.model.repair import Appearing, Repairs, Suggestion
    from kgtwin.service import Service

IssueArgument = Annotated[str, typer.Argument(metavar="ISSUE", help="An issue's id (di-…).")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (repair, override, overrides, alerts):
        app.command()(command)


def repair(
    issue: IssueArgument,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Evaluation time (default: the issue's own).")
    ] = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Suggest the smallest sets of changes that remove an issue. Each was tried; none is applied."""

    async def use(service: Service) -> None:
        found = await service.repairs(issue, at=moment(at), as_of=await service.resolve(as_of))
        print_json(found) if as_json else typer.echo(_repairs(found))

    run(use, settings(store, ontology), read_only=True)
    return 0


def override(
    issue: IssueArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="CODE", help="FHIR's code; a wrong one lists them all.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who overrides it.")],
    text: Annotated[str | None, typer.Option("--text", help="Why, in words.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the overrides of this issue back.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Record that a person overrides an issue: alerts hide it until its facts change. The issue itself stays."""

    async def use(service: Service) -> None:
        made = await service.override(issue, reason=reason, by=by, text=text, withdraw=withdraw)
        print_json(made) if as_json else typer.echo(_override(made))

    run(use, settings(store))
    return 0


def overrides(
    patient: Annotated[str | None, typer.Argument(help="A patient's key or id (default: all patients).")] = None,
    by_statement: Annotated[bool, typer.Option("--by-statement", help="Count them by statement.")] = False,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the overrides, or count them by statement: one that is often overridden may be wrong or too broad."""
    if by_statement and (patient or as_of):
        raise UsageError("--by-statement counts those of all patients, now", remedy="leave the patient and --as-of out")

    async def use(service: Service) -> None:
        if by_statement:
            counts = await service.override_counts()
            print_json(counts) if as_json else typer.echo(_counts(counts))
            return
        found = await service.overrides(patient, as_of=await service.resolve(as_of))
        print_json(found) if as_json else typer.echo("\n".join(map(_override, found)) or "no overrides")

    run(use, settings(store), read_only=True)
    return 0


def alerts(
    patient: Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")],
    overridden: Annotated[bool, typer.Option("--overridden", help="Show what was overridden, too.")] = False,
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show a patient's issues as alerts, without those that were overridden and whose facts are still the same."""

    async def use(service: Service) -> None:
        found = await service.alerts(patient, at=moment(at), as_of=await service.resolve(as_of))
        shown = found.issues if overridden else found.shown
        if as_json:
            print_json([render.issue_dict(one, found.overridden.get(one.id)) for one in shown])
            return
        lines = [render.issue_line(one, found.overridden.get(one.id)) for one in shown]
        hidden = len(found.issues) - len(shown)
        lines += [f"{hidden} overridden (--overridden shows them)"] if hidden else []
        typer.echo("\n".join([*(lines or ["none found; that is no proof of safety"]), "", NOT_VALIDATED]))

    run(use, settings(store, ontology), read_only=True)
    return 0


def _repairs(found: Repairs) -> str:
    lines = [f"{found.title} ({found.issue})", f"{found.patient} at {found.at}, revision {found.revision}"]
    lines += [f"its own advice: {found.advice}"] if found.advice else []
    for number, one in enumerate(found.suggestions, 1):
        lines += [f"suggestion {number}", *_suggestion(one)]
    if not found.searched:
        lines.append("no changes were tried: its definition is no pattern of facts that one could change")
    elif not found.suggestions:
        lines.append("nothing that a clinician can change removes it")
    if found.fixed:
        lines.append("not to be changed: " + "; ".join(f"{one.text} [{one.resource}]" for one in found.fixed))
    if found.searched and not found.complete:
        lines.append("the search was ended: there may be more")
    return "\n".join([*lines, "", "Suggestions to be judged, not advice; nothing was changed.", NOT_VALIDATED])


def _suggestion(one: Suggestion) -> list[str]:
    lines = []
    for action in one.actions:
        facts = ", ".join(fact.resource for fact in action.facts)
        lines.append(f"  {render.visible(action.text)}{f' [{facts}]' if facts else ''}")
    lines += [f"  {one.on_condition}"] if one.on_condition else []
    again = {new.statement for new in one.new} & {gone.statement for gone in one.also_gone}
    for words, issues in (("new then", one.new), ("gone too", one.also_gone)):
        lines += [f"  {words}: {_appearing(issue)}" for issue in issues if issue.statement not in again]
    return lines + [f"  then on other facts: {_appearing(issue)}" for issue in one.new if issue.statement in again]


def _appearing(one: Appearing) -> str:
    return f"{one.significance.value}: {one.title} ({one.statement})"


def _override(one: Override) -> str:
    what = "withdrawn" if one.withdrawn else "overridden"
    text = f": {render.visible(one.text)}" if one.text else ""
    return (
        f"{one.id} {one.at} {one.patient} {one.issue} ({one.statement}, {one.significance.value}) {what} "
        f"by {render.visible(one.by)}, {one.reason} {one.words}{text}"
    )


def _counts(counts: tuple[OverrideCount, ...]) -> str:
    from kgtwin.model.override import REASONS  # noqa: PLC0415

    names = ("overrides", "patients", "issues now", "silenced", "statement", "title", "reasons")
    rows = [
        (
            str(one.overrides),
            str(one.patients),
            str(one.raised),
            str(one.silenced),
            one.statement,
            one.title,
            ", ".join(f"{REASONS.get(code, code)} ({count})" for code, count in one.reasons),
        )
        for one in counts
    ]
    return render.columns(names, rows) if rows else "no overrides"
