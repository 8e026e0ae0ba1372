"""The guard of the read-only Cypher door, and the plain values that its answers hold.

A query is refused by its tokens before it reaches a store; the store's own read-only transaction is the second
lock. Tokens are needed because neither store's access mode stops everything: ``COPY ... TO`` writes a file and
``LOAD`` reads one under a read-only Ladybug transaction, and ``LOAD CSV`` fetches a URL in Neo4j.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from kgtwin.errors import QueryRejectedError
from kgtwin.store.cypher_limits import check_paths, check_size
from kgtwin.store.cypher_tokens import check_characters, keyword, tokens, without_comments

MAX_LENGTH: Final = 100_000
"""Characters of a query."""

_UNCLOSED: Final = frozenset("'\"`")
_OPENERS: Final = frozenset({"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL"})
_REFUSED: Final = frozenset({
    "ALTER", "ATTACH", "COPY", "CREATE", "DELETE", "DETACH", "DROP", "EXPORT", "FOREACH", "IMPORT", "INSERT", "INSTALL",
    "LOAD", "MERGE", "REMOVE", "SET", "USE",
})  # fmt: skip
"""Words that could write or reach outside within a statement; what can only begin one is no opener."""
_ASCII_WORD: Final = re.compile(r"[A-Z]+")
_PROCEDURES: Final = frozenset({
    "db.labels", "db.propertykeys", "db.relationshiptypes", "db.schema.nodetypeproperties",
    "db.schema.reltypeproperties", "db.schema.visualization", "show_connection", "show_tables", "table_info",
})  # fmt: skip
_NAMESPACES: Final = frozenset(
    {"date", "datetime", "duration", "localdatetime", "localtime", "point", "time", "vector"}
)
"""Where Neo4j's own functions lie; a plug-in's function may run a query of its own."""
_ENDLESS: Final = frozenset({"LEVENSHTEIN", "LPAD", "REPEAT", "RPAD"})
"""Functions of Ladybug that run on when their time is over, or crash it."""


def check_read_only(query: str) -> str:
    """The query without comments and closing semicolon, if it can only read.

    Raises:
        QueryRejectedError: if it is empty, too long or too deep, more than one statement, has a path without a bound,
            or holds a clause that could write, read files or call a procedure that is not known to be harmless.

    >>> check_read_only("MATCH (n:Patient) WHERE n.set = 'CREATE' RETURN n;  // all")
    "MATCH (n:Patient) WHERE n.set = 'CREATE' RETURN n"
    """
    if len(query) > MAX_LENGTH:
        raise QueryRejectedError(
            f"the query has {len(query)} characters", expected=f"at most {MAX_LENGTH}", remedy="use parameters"
        )
    text = query.removeprefix("\ufeff")
    check_characters(text)
    text = without_comments(text).strip().rstrip(";").rstrip()
    words = tokens(text)
    _check_opener(words)
    check_size(words)
    for position in range(len(words)):
        _check_word(words, position)
    check_paths(words)
    return text


def _check_opener(words: list[str]) -> None:
    if not words:
        raise QueryRejectedError("the query is empty", remedy="begin with MATCH")
    if words[0].upper() not in _OPENERS:
        raise QueryRejectedError(
            f"a query cannot begin with {words[0][:40]!r}", expected=f"one of {', '.join(sorted(_OPENERS))}"
        )


def _check_word(words: list[str], position: int) -> None:
    word, after = words[position], "".join(words[position + 1 : position + 2])
    if word == ";":
        raise QueryRejectedError("more than one statement", remedy="send one statement at a time")
    if word in _UNCLOSED or (word == "/" and after == "*"):
        raise QueryRejectedError(f"an unclosed {word}")
    if after == "(":
        _check_function(words, position)
    meant = keyword(words, position)
    refused = _REFUSED.intersection([meant] if word.isascii() else [meant, *_ASCII_WORD.findall(meant)])
    if refused:
        raise QueryRejectedError(
            f"{min(refused)} is refused: this door only reads", remedy="use a query that only reads"
        )
    if meant == "CALL":
        _check_call(words[position + 1 :])


def _check_function(words: list[str], position: int) -> None:
    name = words[position].strip("`")
    if name.upper() in _ENDLESS and words[position - 1 : position] != ["."]:
        raise QueryRejectedError(f"{name.upper()} is refused: it cannot be stopped", remedy="do it with the answer")
    start = position
    while start > 1 and words[start - 1] == ".":
        start -= 2
    if start < position and words[start].strip("`").lower() not in _NAMESPACES and not _is_call(words, start):
        raise QueryRejectedError(
            f"the function {''.join(words[start : position + 1])[:80]} is refused", expected="the store's own functions"
        )


def _is_call(words: list[str], start: int) -> bool:
    """Procedures have a list of their own."""
    return start > 0 and words[start - 1].upper() == "CALL"


def _check_call(words: list[str]) -> None:
    """Let a subquery and the procedures that describe the schema pass."""
    name = ""
    for word in words:
        if word != "." and not re.fullmatch(r"\w+|`[^`]*`", word):
            break
        name += word.strip("`")
    opens = words[:1] in (["{"], ["("])
    if not opens and name.lower() not in _PROCEDURES:
        raise QueryRejectedError(
            f"CALL {name[:80] or '?'} is refused", expected=f"a subquery, or one of {', '.join(sorted(_PROCEDURES))}"
        )


def plain(value: Any) -> Any:
    """A value of an answer as JSON can hold it: numbers, texts, lists, maps; dates as text; no NaN.

    >>> plain({"n": Decimal("3"), "d": timedelta(hours=1)})
    {'n': 3, 'd': 3600.0}
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    iso = getattr(value, "iso_format", None) or getattr(value, "isoformat", None)
    if callable(iso):  # Neo4j's durations are tuples too
        return iso()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
