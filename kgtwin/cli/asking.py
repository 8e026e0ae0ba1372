"""``ontology query``: DL queries in Manchester syntax and SNOMED CT expression constraints."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kgtwin.cli.options import JsonOption, note, print_json
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.workbench.asking import Answer


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(query)


def query(
    ontology: Annotated[Path, typer.Argument(metavar="IN", help="An ontology, or a folder with one.")],
    asked: Annotated[str, typer.Argument(metavar="QUERY", help="A class expression in Manchester syntax, or an ECL.")],
    ecl: Annotated[bool, typer.Option("--ecl", help="QUERY is a SNOMED CT expression constraint.")] = False,
    show: Annotated[
        str, typer.Option("--show", metavar="WHAT", help="parents, ancestors, equivalents, children or descendants.")
    ] = "equivalents,descendants",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show at most N of each.")] = 1000,
    as_json: JsonOption = False,
) -> int:
    """Ask which classes an expression describes: by default those equivalent to it and below it.

    0 where there are some, 1 where there are none.
    """
    from kgtwin.workbench.asking import SHOWN, constrained, described  # noqa: PLC0415 - heavy

    wanted = tuple(one.strip() for one in show.split(","))
    if wrong := [one for one in wanted if one not in SHOWN]:
        raise UsageError(f"--show: {wrong[0]!r} is none of these", expected=", ".join(SHOWN))
    answer = constrained(ontology, asked) if ecl else described(ontology, asked, wanted)
    if as_json:
        print_json(_as_dict(answer))
    else:
        _show(answer, limit)
    return 0 if any(answer.classes.values()) else 1


def _show(answer: Answer, limit: int) -> None:
    for what, classes in answer.classes.items():
        note(f"{what}: {len(classes)}")
        for one in classes[:limit]:
            typer.echo(f"{one.curie}\t{one.label}")
        if len(classes) > limit:
            note(f"… and {len(classes) - limit} more (--limit)")
    _caveats(f"{one.code.value}: {one.text}" for one in answer.caveats)


def _caveats(lines: Iterable[str]) -> None:
    for line in lines:
        note(line)


def _as_dict(answer: Answer) -> dict[str, Any]:
    return {
        "query": answer.query,
        "satisfiable": answer.satisfiable,
        **{what: [msgspec.to_builtins(one) for one in classes] for what, classes in answer.classes.items()},
        "caveats": [msgspec.to_builtins(one) for one in answer.caveats],
    }
