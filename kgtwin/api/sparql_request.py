"""A request of the SPARQL 1.1 Protocol's query operation, in any of its three forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from kgtwin.api.bounds import MAX_ROWS, TIMEOUT, Bounds
from kgtwin.api.requests import charset, read_body, require_media_type
from kgtwin.errors import (
    InvalidResourceError,
    MalformedInputError,
    QueryRejectedError,
    UnsupportedMediaTypeError,
    UsageError,
)
from kgtwin.model.time import read_time
from kgtwin.store.sparql import MAX_GRAPHS

MAX_BODY: Final = 1 << 20
QUERY: Final = "application/sparql-query"
FORM: Final = "application/x-www-form-urlencoded"

_UPDATES: Final = frozenset({"update", "using-graph-uri", "using-named-graph-uri"})


class SparqlRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``query`` is None where a service description is asked for. None as graphs leaves the dataset to the query.

    Parameters of ours: ``limit`` (rows or triples) and ``timeout`` (seconds), at most the server's; ``at`` (a clinical
    time) and ``as_of`` (a revision, or a system time), of what moment the view is to be.
    """

    query: str | None
    limit: int = MAX_ROWS
    timeout: float = TIMEOUT
    at: datetime | None = None
    as_of: str | None = None
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


async def read_request(request: Request, bounds: Bounds) -> SparqlRequest:
    """What a request asks.

    Raises:
        UsageError: if it holds no or several queries, or a limit that is none.
        QueryRejectedError: if it is an update.
        MalformedInputError: if its parameters or its body are no UTF-8.
        UnsupportedMediaTypeError: if its body is neither a form nor a query in UTF-8.
    """
    fields = _fields(request.scope["query_string"].decode("latin-1"))
    if request.method != "POST":
        _refuse_body(request)
        return _asked(fields, bounds, described=not fields)
    _refuse_query(fields)
    kind = require_media_type(request, [QUERY, FORM])
    if charset(request) not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaTypeError(f"charset {charset(request)[:40]}", expected="UTF-8")
    body = _decoded(await read_body(request, MAX_BODY))
    return _asked([*fields, *([("query", body)] if kind == QUERY else _fields(body))], bounds)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedInputError("the body cannot be read", expected="UTF-8") from None


def _fields(text: str) -> list[tuple[str, str]]:
    """Parameters separated by ``&``; one whose bytes are no UTF-8 is refused, not replaced."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_GRAPHS + 20, errors="strict")
    except ValueError:
        raise MalformedInputError(
            "the parameters cannot be read", expected=f"UTF-8, percent-encoded, and at most {MAX_GRAPHS} graphs"
        ) from None


def _asked(fields: Sequence[tuple[str, str]], bounds: Bounds, *, described: bool = False) -> SparqlRequest:
    _refuse_updates(name for name, _ in fields)
    queries = _values(fields, "query")
    if len(queries) != 1 and not described:
        raise UsageError(f"{len(queries)} queries", expected="the parameter query, once", remedy="?query=SELECT…")
    return SparqlRequest(
        query=queries[0] if queries else None,
        limit=int(_number(fields, "limit", bounds.rows, least=1)),
        timeout=_number(fields, "timeout", bounds.seconds, least=0.001),
        at=_time(fields, "at"),
        as_of=_one(fields, "as_of"),
        **_dataset(fields),
    )


def _dataset(fields: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...] | None]:
    """A dataset is given whole: with graphs of one kind only, there are none of the other."""
    default, named = _values(fields, "default-graph-uri"), _values(fields, "named-graph-uri")
    if not default and not named:
        return {"default_graphs": None, "named_graphs": None}
    return {"default_graphs": tuple(default), "named_graphs": tuple(named)}


def _values(fields: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in fields if name == wanted]


def _one(fields: Sequence[tuple[str, str]], name: str) -> str | None:
    values = _values(fields, name)
    if len(values) > 1:
        raise UsageError(f"{name} {len(values)} times", expected="once")
    return values[0] if values else None


def _time(fields: Sequence[tuple[str, str]], name: str) -> datetime | None:
    try:
        return read_time(_one(fields, name))
    except InvalidResourceError as error:
        raise UsageError(f"{name}: {error.message}", expected=error.expected) from None


def _number(fields: Sequence[tuple[str, str]], name: str, most: float, *, least: float) -> float:
    values = _values(fields, name)
    if not values:
        return most
    try:
        number = float(values[0])
    except ValueError:
        number = -1.0
    if len(values) > 1 or not least <= number <= most or (name == "limit" and number != int(number)):
        raise UsageError(f"{name} is {', '.join(values)[:40]!r}", expected=f"one number from {least:g} to {most:g}")
    return number


def _refuse_updates(names: Iterable[str]) -> None:
    for name in names:
        if name in _UPDATES:
            raise QueryRejectedError("an update: this door only reads", remedy="write over POST /fhir")


def _refuse_query(fields: Sequence[tuple[str, str]]) -> None:
    if _values(fields, "query"):
        raise UsageError("a query in the address of a POST", expected="it in the body", remedy="or send a GET")


def _refuse_body(request: Request) -> None:
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        raise UsageError(f"a {request.method} with a body", expected="none", remedy="send a POST")
