"""``query list``, ``query show`` and ``query run``: the named queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from kgtwin.cli.options import AsOfOption, JsonOption, StoreOption, print_json, run, settings
from kgtwin.cli.query import TABLES, OutputOption, SheetOption, check_output, table_bytes, tell, write
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.model.twin import Table
    from kgtwin.service import Service
    from kgtwin.store.named import NamedQuery
    from kgtwin.store.named_run import QueryAnswer

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The query's name.")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", metavar="cypher|sparql", help="Where a query has both (default: cypher).")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        name="query", help="Named queries: questions that are often asked.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("list")(list_queries)
    group.command("show")(show_query)
    group.command("run")(run_query)
    app.add_typer(group)


def list_queries(as_json: JsonOption = False) -> int:
    """The named queries: what each asks, and in which languages."""
    from kgtwin.cli.render import columns  # noqa: PLC0415
    from kgtwin.store.named import named_queries  # noqa: PLC0415
    from kgtwin.store.named_run import described  # noqa: PLC0415

    queries = named_queries(settings(None).queries)
    if as_json:
        print_json([described(query) for query in queries])
    else:
        rows = [(q.front.topic, q.name, ", ".join(q.languages), q.front.question) for q in queries]
        typer.echo(columns(("topic", "name", "languages", "question"), sorted(rows)))
    return 0


def show_query(name: NameArgument, language: LanguageOption = None, as_json: JsonOption = False) -> int:
    """A named query: its question, parameters and columns, and its text."""
    from kgtwin.store.named import named_query  # noqa: PLC0415
    from kgtwin.store.named_run import described  # noqa: PLC0415

    query = named_query(name, settings(None).queries)
    _check_language(language)
    texts = [text for text in query.texts if language in (None, text.language)]
    if not texts:
        query.text(language)
    if as_json:
        print_json({**described(query), "texts": {text.file.rpartition("/")[2]: text.text for text in texts}})
    else:
        typer.echo("\n".join([_about(query), *(f"\n== {text.file}\n{text.text.rstrip()}" for text in texts)]))
    return 0


def run_query(
    name: NameArgument,
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Parameters; a list: commas, or the key again.")
    ] = None,
    language: LanguageOption = None,
    format_: Annotated[str, typer.Option("--format", "-f", metavar="|".join(TABLES))] = "table",
    output: OutputOption = None,
    spreadsheet: SheetOption = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="Rows at most.")] = 1_000,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, max=3600, help="Seconds at most.")] = 60.0,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask a named query; with --as-of in SPARQL, of what was known then."""
    given = _given(parameters or [])
    _check_language(language)
    if format_ not in TABLES:
        raise UsageError(f"--format {format_!r}", expected=f"one of {', '.join(TABLES)}")
    wanted = "json" if as_json else format_
    check_output(wanted, output)

    async def use(service: Service) -> QueryAnswer:
        revision = await service.resolve(as_of)
        return await service.run_query(name, given, language=language, limit=limit, timeout=timeout, as_of=revision)

    answer = run(use, settings(store), read_only=True)
    write(_bytes(answer, wanted, spreadsheet), output)
    tell(answer.table.truncated and wanted not in {"json", "table"}, limit)
    return 0


def _given(parameters: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"{text[:60]!r} is no parameter", expected="KEY=VALUE, such as least=5")
        found.setdefault(name, []).append(value)
    return found


def _check_language(language: str | None) -> None:
    if language not in (None, "cypher", "sparql"):
        raise UsageError(f"--language {language!r}", expected="cypher or sparql")


def _bytes(answer: QueryAnswer, wanted: str, spreadsheet: bool) -> bytes:
    from kgtwin.store.named_run import answered  # noqa: PLC0415

    if wanted == "json":
        return msgspec.json.format(msgspec.json.encode(answered(answer)), indent=2) + b"\n"
    return table_bytes(_for_people(answer) if wanted == "table" else answer.table, wanted, spreadsheet=spreadsheet)


def _for_people(answer: QueryAnswer) -> Table:
    from kgtwin.model.twin import Table  # noqa: PLC0415

    plain = ("none", "1")
    names = tuple(c.name if c.unit in plain or " " in c.unit else f"{c.name} [{c.unit}]" for c in answer.columns)
    return Table(names, _shown(answer.table.rows), answer.table.truncated)


def _shown(rows: tuple[tuple[object, ...], ...]) -> tuple[tuple[object, ...], ...]:
    return tuple(tuple(", ".join(map(str, v)) if isinstance(v, (list, tuple)) else v for v in row) for row in rows)


def _about(query: NamedQuery) -> str:
    from kgtwin.cli.render import columns  # noqa: PLC0415

    front = query.front
    lines = [f"{query.name}: {front.title}", front.question, f"for {', '.join(front.audience)}; {front.topic}"]
    if front.note:
        lines.append(front.note)
    if front.parameters:
        rows = [(p.name, str(p.type), p.default or "(must be given)", p.unit, p.meaning) for p in front.parameters]
        lines += ["", columns(("parameter", "type", "default", "unit", "meaning"), rows)]
    cells = [(c.name, str(c.type), c.unit, c.meaning) for c in front.columns]
    return "\n".join([*lines, "", columns(("column", "type", "unit", "meaning"), cells)])
