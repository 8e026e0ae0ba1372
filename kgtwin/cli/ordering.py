"""``check-order``: what draft orders would add, before anybody signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kgtwin.cli import render
from kgtwin.cli.options import (
    AsOfOption,
    AtOption,
    JsonOption,
    OntologyOption,
    StoreOption,
    moment,
    note,
    print_json,
    run,
    settings,
)
from kgtwin.vocabulary import NOT_VALIDATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kgtwin.model.issue import DetectedIssue
    from kgtwin.service import Service
    from kgtwin.service.ordering import CheckedOrders


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(name="check-order")(check_order)


def check_order(
    patient: Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="FHIR R4 files with draft orders, - for standard input; not stored."),
    ],
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check draft orders against what a patient has and takes: which issues would they add?"""
    rejected = False

    async def use(service: Service) -> None:
        nonlocal rejected
        found = await service.check_orders(patient, files, at=moment(at), as_of=await service.resolve(as_of))
        rejected = any(problem.rejected for problem in found.problems)
        for problem in found.problems:
            note(str(problem))
        if as_json:
            print_json(to_dict(found))
        else:
            typer.echo("\n".join(lines(found)))

    run(use, settings(store, ontology), read_only=True)
    return 1 if rejected else 0


def to_dict(found: CheckedOrders) -> dict[str, Any]:
    """The answer as plain values."""
    from kgtwin.model.issue import issue_to_dict  # noqa: PLC0415

    check = found.check
    return {
        "patient": check.patient,
        "at": check.at,
        "revision": check.revision,
        "knowledge": check.knowledge,
        "drafts": found.drafts,
        "added": [issue_to_dict(issue) for issue in check.added],
        "standing": [issue_to_dict(issue) for issue in check.standing],
        "removed": [issue_to_dict(issue) for issue in check.removed],
        "replaced": [msgspec.to_builtins(one) for one in check.replaced],
        "caveats": [msgspec.to_builtins(caveat) for caveat in check.caveats],
        "problems": [msgspec.to_builtins(problem) for problem in found.problems],
        "safety": NOT_VALIDATED,
    }


def lines(found: CheckedOrders) -> Iterator[str]:
    """The answer for people."""
    check = found.check
    orders = "1 draft order" if found.drafts == 1 else f"{found.drafts} draft orders"
    yield f"{orders} for {check.patient} at {check.at}, on what was known at revision {check.revision}"
    for one in check.replaced:
        name = one.coding.display or one.coding.code or "no code"
        yield f"a draft takes the place of {one.resource} ({name}), which has its id"
    yield from _group("would add", check.added)
    yield from _group("already stand, and the drafts are part of", check.standing)
    yield from _group("would end", check.removed)
    yield "caveats"
    yield from render.caveat_lines(check.caveats)
    yield NOT_VALIDATED


def _group(name: str, issues: Sequence[DetectedIssue]) -> Iterator[str]:
    if issues or name == "would add":
        yield f"{name} {len(issues) or 'no'} {'issue' if len(issues) == 1 else 'issues'}"
    for issue in issues:
        yield f"  {render.issue_line(issue)}"
        yield f"    {issue.detail}"
