"""``ontology review``: what is due, sign-offs, and what changed since the last one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from kgtwin.cli import render
from kgtwin.cli.options import JsonOption, note, print_json
from kgtwin.errors import OntologyError, UsageError

if TYPE_CHECKING:
    from kgtwin.workbench.project import Project


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(review)


def review(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An ontology, or a folder with one.")],
    sign: Annotated[list[str] | None, typer.Option("--sign", metavar="STATEMENT", help="Sign a statement off.")] = None,
    source: Annotated[
        str | None, typer.Option("--sign-source", metavar="SOURCE", help="Sign all that was imported from a source.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who signs.")] = "",
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Until when it is good.")] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="When it was reviewed (default: today).")
    ] = None,
    remark: Annotated[str, typer.Option("--note", metavar="TEXT", help="Kept with the sign-off.")] = "",
    diff: Annotated[
        str | None, typer.Option("--diff", metavar="STATEMENT", help="What changed since it was signed.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List those that are not due, too.")] = False,
    as_json: JsonOption = False,
) -> int:
    """List the statements whose review is due (1 where there are some), sign them off, or show what changed since."""
    from kgtwin.workbench import reviews  # noqa: PLC0415 - heavy

    project = _project(path)
    day = _day("--on", on) or dt.datetime.now(dt.UTC).date()
    if (sign or source) and diff:
        raise UsageError("--sign and --diff exclude each other")
    if source:
        sign = [*(sign or ()), *reviews.of_source(project, source)]
    if sign:
        signed = reviews.sign(project, sign, by=by, on=day, until=_day("--until", until), note=remark)
        _tell(
            [msgspec.to_builtins(one) for one in signed],
            [f"{one.statement} signed by {one.by}" for one in signed],
            as_json,
        )
        return 0
    if diff:
        lines = reviews.changes(project, diff)
        _tell({"statement": diff, "changes": lines}, lines or [f"{diff} has not changed since it was signed"], as_json)
        return int(bool(lines))
    found = reviews.standings(project, day)
    due = [one for one in found if one.is_due]
    shown = found if every else due
    if as_json:
        print_json([{**msgspec.to_builtins(one), "due": one.is_due} for one in shown])
    else:
        rows = ((one.statement, one.state.value, str(one.where or ""), one.title) for one in shown)
        typer.echo(render.columns(("statement", "state", "where", "title"), rows))
        note(f"{len(due)} of {len(found)} statements are due")
    return int(bool(due))


def _tell(value: object, lines: list[str], as_json: bool) -> None:
    if as_json:
        print_json(value)
        return
    for line in lines:
        typer.echo(line)


def _day(option: str, text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{option} is {text!r}", expected="a date, YYYY-MM-DD") from None


def _project(path: Path) -> Project:
    from kgtwin.workbench.project import read_project  # noqa: PLC0415

    project, broken = read_project(path)
    if project is None:
        first = broken[0]
        raise OntologyError(first.message, where=str(first.where), expected=first.expected, remedy=first.remedy)
    return project
