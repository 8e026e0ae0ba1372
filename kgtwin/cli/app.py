"""The command line's root: its commands, and how an error becomes a message and an exit code.

Exit codes: 0 done, 1 done with rejected input, 2 usage, 3 failure.
"""

from __future__ import annotations

import os
import sys
from functools import cache

import typer
from typer.core import TyperGroup

from kgtwin import __version__
from kgtwin.cli import (
    data,
    deciding,
    exporting,
    knowledge,
    memory,
    operating,
    ordering,
    queries,
    query,
    refreshing,
    scoring,
    server,
    simulating,
    verifying,
    view,
    why,
)
from kgtwin.errors import KgtwinError, UsageError

app = typer.Typer(
    name="kgtwin",
    help="A patient digital twin as a knowledge graph that can reason. Not clinically validated.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
data.register(app)
why.register(app)
deciding.register(app)
query.register(app)
refreshing.register(app)
queries.register(app)
exporting.register(app)
knowledge.register(app)
memory.register(app)
operating.register(app)
ordering.register(app)
scoring.register(app)
server.register(app)
simulating.register(app)
verifying.register(app)
view.register(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """A patient digital twin as a knowledge graph that can reason. Not clinically validated."""


@cache
def command() -> TyperGroup:
    """The commands with all that they take: made once, since that costs more than most commands do."""
    return typer.main.get_group(app)


def main() -> None:
    """Run the command line; errors are messages, never tracebacks."""
    try:
        code = command()(standalone_mode=False)
    except Exception as error:
        sys.exit(_failed(error))
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _failed(error: Exception) -> int:
    if isinstance(error, KgtwinError):
        typer.echo(f"kgtwin: {error}", err=True)
        return 2 if isinstance(error, UsageError) else 3
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return 2
    if isinstance(error, BrokenPipeError):
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - so that the interpreter's last flush is quiet
        return 0
    typer.echo(f"kgtwin: internal error ({type(error).__name__}); this is a defect, please report it", err=True)
    if os.environ.get("KGTWIN_DEBUG"):
        raise error
    return 3
