"""``sparql`` and ``cypher``: the analysts' doors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from kgtwin.cli import render
from kgtwin.cli.options import JsonOption, StoreOption, print_json, run, settings
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.service import Service

LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="Rows at most.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=0.1, max=3600, help="Seconds at most.")]
QueryArgument = Annotated[str, typer.Argument(metavar="QUERY", help="The query, @FILE, or - for standard input.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(sparql)
    app.command()(cypher)


def sparql(
    query: QueryArgument,
    limit: LimitOption = 1_000,
    timeout: TimeoutOption = 60.0,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask the RDF view a SPARQL 1.1 query (read-only)."""

    async def use(service: Service) -> None:
        result = await service.sparql(_text(query), limit=limit, timeout=timeout)
        typer.echo(
            result.body.decode()
            if as_json or result.format != "json"
            else render.sparql_text(result.body, result.truncated)
        )

    run(use, settings(store), read_only=True)
    return 0


def cypher(
    query: QueryArgument,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE")] = None,
    limit: LimitOption = 1_000,
    timeout: TimeoutOption = 60.0,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask the graph a Cypher query (read-only)."""
    parameters = dict(_parameter(text) for text in parameter or ())

    async def use(service: Service) -> None:
        table = await service.cypher(_text(query), parameters, limit=limit, timeout=timeout)
        if as_json:
            print_json(table)
        else:
            typer.echo(render.table_text(table))

    run(use, settings(store), read_only=True)
    return 0


def _text(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    if query.startswith("@"):
        from pathlib import Path  # noqa: PLC0415

        try:
            return Path(query[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the query: {error}", where=query[1:]) from None
    return query


def _parameter(text: str) -> tuple[str, object]:
    """``name=value``; the value is JSON where it parses as such, else text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--parameter {text!r}", expected="NAME=VALUE")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value
