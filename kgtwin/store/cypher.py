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

MAX_LENGTH: Final = 100_000

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<name>`(?:``|[^`])*`)
      | (?P<word>[^\W\d]\w*)
      | (?P<other>\d[\w.]*|.)""",
    re.VERBOSE | re.DOTALL,
)
_UNICODE_ESCAPE: Final = re.compile(r"\\[uU]")
_OPEN: Final = frozenset("'\"`")
_AFTER_LABEL: Final = frozenset(")]|{:&},*")
_OPENERS: Final = frozenset({"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL"})
_REFUSED: Final = frozenset({
    "ALTER", "ATTACH", "COPY", "CREATE", "DELETE", "DETACH", "DROP", "EXPORT", "FOREACH", "IMPORT", "INSERT", "INSTALL",
    "LOAD", "MERGE", "REMOVE", "SET", "USE",
})  # fmt: skip
"""Words that could write or reach outside within a statement; what can only begin one is no opener."""
_PROCEDURES: Final = frozenset({
    "db.labels", "db.propertykeys", "db.relationshiptypes", "db.schema.nodetypeproperties",
    "db.schema.reltypeproperties", "db.schema.visualization", "show_connection", "show_tables", "table_info",
})  # fmt: skip


def check_read_only(query: str) -> str:
    """The query without comments and closing semicolon, if it can only read.

    Raises:
        QueryRejectedError: if it is empty, too long, more than one statement, or holds a clause that could write,
            read files or call a procedure that is not known to be harmless.

    >>> check_read_only("MATCH (n:Patient) WHERE n.set = 'CREATE' RETURN n;  // all")
    "MATCH (n:Patient) WHERE n.set = 'CREATE' RETURN n"
    """
    if len(query) > MAX_LENGTH:
        raise QueryRejectedError(f"the query has {len(query)} characters", expected=f"at most {MAX_LENGTH}")
    if _UNICODE_ESCAPE.search(query):  # Neo4j reads these before it parses, so that they could end a string
        raise QueryRejectedError("a \\u escape in the query", remedy="write the character itself, or use a parameter")
    text = _without_comments(query).strip().rstrip(";").rstrip()
    words = _tokens(text)
    if not words:
        raise QueryRejectedError("the query is empty", remedy="begin with MATCH")
    if words[0].upper() not in _OPENERS:
        raise QueryRejectedError(
            f"a query cannot begin with {words[0][:40]!r}", expected=f"one of {', '.join(sorted(_OPENERS))}"
        )
    for position, word in enumerate(words):
        _check_word(words, position, word)
    return text


def _without_comments(query: str) -> str:
    """The query as both stores read it: what counts as a comment is decided here alone."""
    return "".join(" " if m.lastgroup == "skip" else m.group() for m in _TOKEN.finditer(query))


def _tokens(text: str) -> list[str]:
    """Words, quoted names and punctuation; a literal text as ``''``."""
    found = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            found.append("''" if match.lastgroup == "text" else match.group())
    return found


def _check_word(words: list[str], position: int, word: str) -> None:
    before, after = words[position - 1] if position else "", (words[position + 1 : position + 2] or [""])[0]
    if word == ";":
        raise QueryRejectedError("more than one statement", remedy="send one statement at a time")
    if word in _OPEN or (word == "/" and after == "*"):
        raise QueryRejectedError(f"an unclosed {word}")
    is_name = (
        before in {".", "$"} or (before == ":" and after in _AFTER_LABEL) or (after == ":" and before in {"{", ","})
    )
    if is_name:
        return
    if word.upper() in _REFUSED:
        raise QueryRejectedError(
            f"{word.upper()} is refused: this door only reads", remedy="use a query that only reads"
        )
    if word.upper() == "CALL":
        _check_call(words[position + 1 :])


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
            f"CALL {name or '?'} is refused", expected=f"a subquery, or one of {', '.join(sorted(_PROCEDURES))}"
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
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    iso = getattr(value, "iso_format", None) or getattr(value, "isoformat", None)
    if callable(iso):
        return iso()
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
