"""``ontology diff``, ``impact`` and ``coverage``: what an edit changes, for whom, and what the knowledge leaves out.

Exit codes, for CI: 0 nothing to report, 1 something is, 2 usage, 3 failure (a side cannot be read).
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.ontology import ontology_app
from kgtwin.cli.options import JsonOption, print_json
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.workbench.revisions import Side

SideArgument = Annotated[
    str, typer.Argument(help="A file, a folder, or a git revision: REV, REV:path, or : for what is staged.")
]
PathOption = Annotated[
    str | None,
    typer.Option("--path", metavar="PATH", help="The root ontology in a revision (default: ontologies/kgtwin.owl)."),
]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Markdown, for a comment on a pull request.")]


@ontology_app.command()
def diff(
    a: SideArgument,
    b: SideArgument,
    path: PathOption = None,
    every: Annotated[bool, typer.Option("--all", help="All inferred pairs, not the direct ones only.")] = False,
    markdown: MarkdownOption = False,
    as_json: JsonOption = False,
) -> int:
    """Compare two versions: the edits, and what they change in what follows, each with the edit that causes it."""
    from kgtwin.cli import comparison  # noqa: PLC0415 - heavy
    from kgtwin.workbench.comparison import compare  # noqa: PLC0415

    check_form(markdown, as_json)
    with ExitStack() as stack:
        found = compare(*_sides(stack, a, b, path), every=every)
        if as_json:
            print_json(comparison.as_dict(found))
        else:
            typer.echo(comparison.markdown(found) if markdown else comparison.text(found))
    return int(bool(found))


def check_form(markdown: bool, as_json: bool) -> None:
    """One form of the answer.

    Raises:
        UsageError: two were asked for.
    """
    if markdown and as_json:
        raise UsageError("--markdown and --json together", expected="one of them")


def _sides(stack: ExitStack, a: str, b: str, path: str | None) -> tuple[Side, Side]:
    from kgtwin.workbench.revisions import DEFAULT, opened  # noqa: PLC0415

    one, other = (stack.enter_context(opened(given, default=path or DEFAULT)) for given in (a, b))
    return one, other
