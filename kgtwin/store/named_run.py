"""Asking a named query: its parameters bound, its answer in the types that its columns declare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from kgtwin.errors import UsageError
from kgtwin.identifiers import to_curie
from kgtwin.model.twin import Table
from kgtwin.store.named import NamedQuery, bind_cypher, bind_sparql
from kgtwin.store.named_front import Column

AskCypher = Callable[[str, dict[str, Any]], Awaitable[Table]]
AskSparql = Callable[[str], Awaitable[tuple[bytes, bool]]]
"""The body of an answer in SPARQL 1.1's JSON, and whether it was cut."""


class QueryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a named query, with the value that every parameter had."""

    name: str
    language: str
    parameters: dict[str, Any]
    columns: tuple[Column, ...]
    table: Table


async def run_query(
    query: NamedQuery,
    given: Mapping[str, object],
    *,
    today: str,
    dialect: str,
    language: str | None,
    cypher: AskCypher,
    sparql: AskSparql,
) -> QueryAnswer:
    """Ask a query in a language (Cypher where it has it).

    Raises:
        UsageError: if a parameter is wrong, or the answer's columns are not those that the query declares.
        NotFoundError: if it has no text in that language for this store.
    """
    values = query.values(given, today)
    text = query.text(language, dialect)
    if text.language == "cypher":
        table = await cypher(text.text, bind_cypher(text, values))
    else:
        table = _solutions(*await sparql(bind_sparql(text, query.front, values)))
    return QueryAnswer(
        name=query.name,
        language=text.language,
        parameters=values,
        columns=query.front.columns,
        table=_typed(table, query.front.columns, text.file),
    )


def _solutions(body: bytes, truncated: bool) -> Table:
    answer = msgspec.json.decode(body)
    names = tuple(answer["head"].get("vars", ()))
    rows = (tuple(_term(row.get(name)) for name in names) for row in answer.get("results", {}).get("bindings", ()))
    return Table(names, tuple(rows), truncated)


def _term(term: Mapping[str, str] | None) -> str | None:
    if term is None:
        return None
    return to_curie(term["value"]) if term["type"] == "uri" else term["value"]


def _typed(table: Table, columns: tuple[Column, ...], file: str) -> Table:
    names = tuple(column.name for column in columns)
    if table.columns != names:
        raise UsageError(
            f"the answer has the columns {', '.join(table.columns)}",
            where=file,
            expected=f"as declared: {', '.join(names)}",
        )
    kinds = [column.type for column in columns]
    rows = (
        tuple(value if kind.many else _value(value, kind.name) for value, kind in zip(row, kinds, strict=True))
        for row in table.rows
    )
    return Table(table.columns, tuple(rows), table.truncated)


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind in {"integer", "decimal"}:
        number = float(value)
        return int(value) if kind == "integer" and number.is_integer() and not isinstance(value, float) else number
    return value == "true" if kind == "boolean" and isinstance(value, str) else value


def described(query: NamedQuery) -> dict[str, Any]:
    """A query as plain values: what it asks, its parameters and its columns."""
    front = query.front
    return {
        "name": query.name,
        "languages": list(query.languages),
        "title": front.title,
        "question": front.question,
        "audience": list(front.audience),
        "topic": front.topic,
        "note": front.note,
        "parameters": [_described(one, default=one.default) for one in front.parameters],
        "columns": [_described(one) for one in front.columns],
    }


def answered(answer: QueryAnswer) -> dict[str, Any]:
    """An answer as plain values."""
    return {
        "name": answer.name,
        "language": answer.language,
        "parameters": answer.parameters,
        "columns": [{"name": c.name, "type": str(c.type), "unit": c.unit} for c in answer.columns],
        "rows": [list(row) for row in answer.table.rows],
        "truncated": answer.table.truncated,
    }


def _described(one: Any, **more: object) -> dict[str, Any]:
    return {"name": one.name, "type": str(one.type), **more, "unit": one.unit, "meaning": one.meaning}
