"""``sparql`` and ``cypher``: the analysts' doors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from kgtwin.cli import render
from kgtwin.cli.options import AsOfOption, JsonOption, StoreOption, moment, note, print_json, run, settings
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.model.twin import Table
    from kgtwin.service import Service
    from kgtwin.store.rdf import SparqlAnswer

LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="Rows at most.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=0.1, max=3600, help="Seconds at most.")]
QueryArgument = Annotated[str, typer.Argument(metavar="QUERY", help="The query, @FILE, or - for standard input.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the answer there, whole or not at all.")
]
SheetOption = Annotated[
    bool, typer.Option("--spreadsheet", help="In CSV, an apostrophe before texts that a spreadsheet would run.")
]
TABLES = ("table", "json", "csv", "tsv", "arrow", "parquet")
SOLUTIONS = ("table", "json", "xml", "csv", "tsv", "arrow", "parquet")
GRAPHS = ("turtle", "ntriples", "rdfxml", "jsonld")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(sparql)
    app.command()(cypher)


def sparql(
    query: QueryArgument,
    format: Annotated[
        str, typer.Option("--format", "-f", help=f"{', '.join(SOLUTIONS)}; for a graph {', '.join(GRAPHS)}.")
    ] = "",
    output: OutputOption = None,
    limit: LimitOption = 1_000,
    timeout: TimeoutOption = 60.0,
    default_graph: Annotated[
        list[str] | None, typer.Option("--default-graph", metavar="IRI", help="Ask these graphs alone.")
    ] = None,
    named_graph: Annotated[
        list[str] | None, typer.Option("--named-graph", metavar="IRI", help="The graphs that GRAPH finds.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="What was true then, and what follows then.")
    ] = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask the RDF view a SPARQL 1.1 query (read-only); with --at or --as-of, a view that is made of that moment."""
    wanted = _format(format, (*SOLUTIONS, *GRAPHS), as_json)
    check_output(wanted, output)
    given = bool(default_graph or named_graph)
    then = moment(at)

    async def use(service: Service) -> None:
        answer = await service.sparql(
            _text(query),
            format=None if wanted == "" else "json" if wanted in {"table", "arrow", "parquet"} else wanted,
            limit=limit,
            timeout=timeout,
            default_graphs=(default_graph or []) if given else None,
            named_graphs=(named_graph or []) if given else None,
            at=then,
            as_of=await service.resolve(as_of),
        )
        write(_sparql_bytes(answer, wanted), output)
        tell(answer.truncated and wanted not in {"", "table"}, limit)

    run(use, settings(store), read_only=True)
    return 0


def cypher(
    query: QueryArgument,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE")] = None,
    format: Annotated[str, typer.Option("--format", "-f", help=f"{', '.join(TABLES)}.")] = "",
    output: OutputOption = None,
    spreadsheet: SheetOption = False,
    limit: LimitOption = 1_000,
    timeout: TimeoutOption = 60.0,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask the graph a Cypher query (read-only)."""
    parameters = dict(_parameter(text) for text in parameter or ())
    wanted = _format(format, TABLES, as_json)
    check_output(wanted, output)

    async def use(service: Service) -> None:
        table = await service.cypher(_text(query), parameters, limit=limit, timeout=timeout)
        if wanted == "json" and output is None:
            print_json(table)
            return
        write(table_bytes(table, wanted, spreadsheet=spreadsheet), output)
        tell(table.truncated and wanted not in {"", "table"}, limit)

    run(use, settings(store), read_only=True)
    return 0


def _format(wanted: str, known: tuple[str, ...], as_json: bool) -> str:
    if as_json and wanted not in {"", "json"}:
        raise UsageError("--json and another --format", expected="one of the two")
    if wanted and wanted not in known:
        raise UsageError(f"--format {wanted}", expected=f"one of {', '.join(known)}")
    return "json" if as_json else wanted


def check_output(wanted: str, output: Path | None) -> None:
    """Refuse to write what is not text to a terminal."""
    if wanted in {"arrow", "parquet"} and output is None and sys.stdout.isatty():
        raise UsageError(f"{wanted} is not for a terminal", remedy="give --output FILE, or pipe it to a program")


def _sparql_bytes(answer: SparqlAnswer, wanted: str) -> bytes:
    if wanted in {"arrow", "parquet"}:
        from kgtwin.store.tables import serialise, sparql_to_arrow  # noqa: PLC0415 - pyarrow is slow to import

        return serialise(sparql_to_arrow(answer), wanted)
    if wanted in {"", "table"} and answer.format == "json":
        return (render.sparql_text(answer.body, answer.truncated) + "\n").encode()
    return answer.body


def table_bytes(table: Table, wanted: str, *, spreadsheet: bool) -> bytes:
    """A table in one of the formats ``TABLES``."""
    if wanted in {"", "table"}:
        return (render.table_text(table) + "\n").encode()
    from kgtwin.store.delimited import csv_bytes  # noqa: PLC0415
    from kgtwin.store.tables import serialise  # noqa: PLC0415

    if spreadsheet and wanted == "csv":
        return csv_bytes(table, spreadsheet=True)
    return serialise(table, wanted)


def write(data: bytes, output: Path | None) -> None:
    """Write an answer to a file, which is its owner's alone, or to standard output."""
    if output is not None:
        from kgtwin.files import save  # noqa: PLC0415

        save([data], output, private=True)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    if data and sys.stdout.isatty() and not data.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def tell(truncated: bool, limit: int) -> None:
    """Say that rows were cut."""
    if truncated:
        note(f"cut at {limit} rows: give a higher --limit")


def _text(query: str) -> str:
    if query == "-":
        return sys.stdin.read().removeprefix("\ufeff")
    if query.startswith("@"):
        try:
            return Path(query[1:]).read_text(encoding="utf-8-sig")
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
