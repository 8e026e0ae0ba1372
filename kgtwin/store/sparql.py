"""The guard of the SPARQL door: what a query's tokens say, before anything evaluates it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kgtwin.errors import QueryRejectedError

MAX_LENGTH: Final = 100_000

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
_COMPARISON: Final = re.compile(r"\).*SERVICE", re.IGNORECASE | re.DOTALL)
"""In ``FILTER(?a<?b)SERVICE?x#>`` the text from ``<`` to ``>`` has the form of an IRI."""
_UPDATES: Final = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"])
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})


def check_query(query: str) -> str:
    """The form of a read-only query: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.

    In SPARQL a bare word is always a keyword (names hold a colon, variables a question mark), so a token that reads
    SERVICE is the SERVICE clause, and a text, an IRI or a comment that says so is not.

    Raises:
        QueryRejectedError: if it is an update, calls another service, or has no form.

    >>> check_query('SELECT * WHERE { ?service <urn:SERVICE> "SERVICE" } # SERVICE')
    'SELECT'
    """
    if len(query) > MAX_LENGTH:
        raise QueryRejectedError(f"the query has {len(query)} characters", expected=f"at most {MAX_LENGTH}")
    if re.search(r"\\[uU]", query):  # SPARQL reads these before it finds tokens
        raise QueryRejectedError("a \\u escape in the query", remedy="write the character itself")
    matches = list(_TOKEN.finditer(query))
    if any(m.lastgroup == "iri" and _COMPARISON.search(m.group()) for m in matches):
        raise QueryRejectedError("SERVICE inside what may be a comparison", remedy="put spaces around < and >")
    words = [m.group().upper() for m in matches if m.lastgroup == "word"]
    if "SERVICE" in words:
        raise QueryRejectedError("SERVICE is refused: this door asks no other", remedy="query the other service apart")
    form = next((word for word in words if word in _FORMS | _UPDATES), None)
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


def names_dataset(query: str) -> bool:
    """Whether a query names its dataset itself, with FROM.

    >>> names_dataset("SELECT * FROM <urn:g> { ?s ?p ?o }"), names_dataset('ASK { ?from <urn:p> "FROM" }')
    (True, False)
    """
    return any(kind == "word" and text.upper() == "FROM" for kind, text in tokens(query))
