"""The guard of the SPARQL door: what a query's tokens say, before anything evaluates it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from kgtwin.errors import QueryRejectedError

MAX_LENGTH: Final = 100_000
"""Characters of a query."""
MAX_TOKENS: Final = 20_000
MAX_DEPTH: Final = 64
MAX_GRAPHS: Final = 1_000
"""Graphs that a request may name."""
BASE: Final = "https://w3id.org/kgtwin/data/"
"""The IRI that relative IRIs are resolved against where a query has no ``BASE``; the same for every door."""

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|\#[^\n\r]*)
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<text>\"\"\"(?:(?:"|"")?(?:[^"\\]|\\.))*\"\"\"|'''(?:(?:'|'')?(?:[^'\\]|\\.))*'''
                |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
      | (?P<variable>[?$]\w+)
      | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
      | (?P<name>(?:[^\W\d_][\w.\-]*)?:(?:[\w.\-:%]|\\.)*|_:[\w.\-]+)
      | (?P<word>[A-Za-z]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[uU])")
_COMPARISON: Final = re.compile(r"\).*SERVICE", re.IGNORECASE | re.DOTALL)
"""In ``FILTER(?a<?b)SERVICE?x#>`` the text from ``<`` to ``>`` has the form of an IRI."""
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^<>\"{}|^`\\\x00-\x20\x7f]+")
_UPDATES: Final = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"])
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_OPEN: Final = frozenset("([{")
_CLOSE: Final = frozenset(")]}")


def check_query(query: str) -> str:
    """The form of a read-only query: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.

    In SPARQL a bare word is always a keyword (names hold a colon, variables a question mark), so a token that reads
    SERVICE is the SERVICE clause, and a text, an IRI or a comment that says so is not. ``SERVICE:x`` and ``SERVICEa:x``
    may be both: no space is needed behind a keyword.

    Raises:
        QueryRejectedError: if it is an update, calls another service, has no form, or is too long or too deep.

    >>> check_query('SELECT * WHERE { ?service <urn:SERVICE> "SERVICE" } # SERVICE')
    'SELECT'
    """
    if len(query) > MAX_LENGTH:
        raise QueryRejectedError(f"the query has {len(query)} characters", expected=f"at most {MAX_LENGTH}")
    _check_escapes(query)
    matches = [match for match in _TOKEN.finditer(query) if match.lastgroup != "skip"]
    _check_size([match.group() for match in matches])
    for match in matches:
        _check_token(match.lastgroup or "", match.group())
    return _form(words(query))


def words(query: str) -> Iterator[str]:
    """The bare words of a query, in capitals: its keywords.

    >>> list(words("ask { ?a <urn:b> 'c' }"))
    ['ASK']
    """
    return (match.group().upper() for match in _TOKEN.finditer(query) if match.lastgroup == "word")


def names_dataset(query: str) -> bool:
    """Whether a query says itself, with ``FROM``, which graphs it is about.

    >>> names_dataset("SELECT * FROM <urn:g> { ?s ?p ?o }"), names_dataset("SELECT * { ?s ?p 'FROM' }")
    (True, False)
    """
    return "FROM" in words(query)


def check_graphs(iris: Iterable[str]) -> tuple[str, ...]:
    """The graphs that a request names, each once, in their order.

    Raises:
        QueryRejectedError: if one is no absolute IRI, or there are too many.

    >>> check_graphs(["urn:a", "urn:b", "urn:a"])
    ('urn:a', 'urn:b')
    """
    graphs = tuple(dict.fromkeys(iris))
    if len(graphs) > MAX_GRAPHS:
        raise QueryRejectedError(f"{len(graphs)} graphs", expected=f"at most {MAX_GRAPHS}")
    for iri in graphs:
        if _IRI.fullmatch(iri) is None:
            raise QueryRejectedError(f"the graph {iri[:80]!r} is no absolute IRI", expected="such as urn:example:graph")
    return graphs


def _check_escapes(query: str) -> None:
    """By the standard these are read before tokens are found, so one of an ASCII character could end a text."""
    for match in _ESCAPE.finditer(query):
        code = int(match.group(1) or match.group(2) or "0", 16)
        if not 0x7F < code <= 0x10FFFF or not chr(code).isprintable() or chr(code).isspace():
            raise QueryRejectedError(f"the escape {match.group()} in the query", remedy="write the character itself")


def _check_size(tokens: list[str]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise QueryRejectedError(
            f"the query has {len(tokens)} words and signs", expected=f"at most {MAX_TOKENS}", remedy="ask in parts"
        )
    depth = 0
    for token in tokens:
        depth += (token in _OPEN) - (token in _CLOSE)
        if depth > MAX_DEPTH:
            raise QueryRejectedError("the query is nested too deeply", expected=f"at most {MAX_DEPTH} brackets")


def _check_token(kind: str, text: str) -> None:
    if kind == "iri" and _COMPARISON.search(text):
        raise QueryRejectedError("SERVICE inside what may be a comparison", remedy="put spaces around < and >")
    if kind == "name" and "SERVICE" in text.partition(":")[0].upper():
        raise QueryRejectedError("SERVICE in a prefix may be the clause", remedy="give the prefix another name")
    if kind == "word" and "SERVICE" in text.upper():
        raise QueryRejectedError("SERVICE is refused: this door asks no other", remedy="query the other service apart")
    if kind == "other" and unicodedata.category(text) in {"Cc", "Cf", "Cn", "Co", "Cs"}:
        raise QueryRejectedError(f"an invisible character U+{ord(text):04X} outside a text", remedy="remove it")


def _form(keywords: Iterable[str]) -> str:
    form = next((word for word in keywords if word in _FORMS | _UPDATES), None)
    if form in _UPDATES:
        raise QueryRejectedError(f"{form} is an update: this door only reads", expected="a SPARQL query")
    if form is None:
        raise QueryRejectedError("this is no SPARQL query", expected="SELECT, ASK, CONSTRUCT or DESCRIBE")
    return form


def tokens(query: str) -> Iterator[tuple[str, str]]:
    """The tokens of a query with their kinds; joined, they are the query.

    >>> list(tokens("ASK {}"))
    [('word', 'ASK'), ('skip', ' '), ('other', '{'), ('other', '}')]
    """
    for found in _TOKEN.finditer(query):
        yield found.lastgroup or "other", found.group()
