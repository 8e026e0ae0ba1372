"""Variables of a SPARQL query bound to terms before it is evaluated, as if the query had been written with the terms.

Oxigraph binds only what a query projects, and not within subqueries. So terms take the variables' places in the text,
token by token; what takes a place is a parsed term written anew, never a caller's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from kgtwin.store.sparql import tokens

_NAME: Final = re.compile(r"\w+")


def bound(query: str, terms: Mapping[str, str]) -> str:
    """The query with these variables (by name) replaced by terms in N-Triples; what it selects keeps its name.

    Raises:
        ValueError: if a text is no term, or the query itself gives one of the variables a value.

    >>> bound("SELECT ?a ?b { ?a <urn:p> ?b }", {"b": '"1"'})
    'SELECT ?a ("1" AS ?b) { ?a <urn:p> "1" }'
    """
    values = {name: str(read_term(name, text)) for name, text in terms.items()}
    return "".join(_replaced(query, values)) if values else query


def read_term(name: str, text: str) -> ox.NamedNode | ox.Literal:
    """One N-Triples term; a blank node names nothing outside its document and is refused.

    Raises:
        ValueError: if it is no IRI and no literal.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no variable's name")
    try:
        (triple,) = ox.parse(f"<x:s> <x:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError):
        raise ValueError(f"the value of ?{name} is no N-Triples term") from None
    if not isinstance(triple.object, ox.NamedNode | ox.Literal):
        raise ValueError(f"the value of ?{name} is neither an IRI nor a literal")
    return triple.object


def _replaced(query: str, values: Mapping[str, str]) -> Iterator[str]:
    before, depth, place = "", 0, ""
    for kind, text in tokens(query):
        word = text.upper() if kind == "word" else text
        if kind == "iri":
            _refuse_hidden(text, values)
        place = _place(place, word, depth)
        depth += (text == "(") - (text == ")") if kind == "other" else 0
        name = text[1:] if kind == "variable" else ""
        yield _written(text, values[name], place, depth, before) if name in values else text
        before = before if kind == "skip" else word


def _place(place: str, word: str, depth: int) -> str:
    """Where in the query a token stands: in what is selected, in an ordering, in a clause that names variables."""
    if word in {"SELECT", "ORDER", "GROUP", "VALUES"}:
        return word
    ends = {"SELECT": {"{", "WHERE", "FROM"}, "VALUES": {"{"}}.get(place, {"{", "}", "LIMIT", "OFFSET", "HAVING"})
    return "" if word in ends and depth == 0 else place


def _written(variable: str, term: str, place: str, depth: int, before: str) -> str:
    if before == "AS" or place == "VALUES" or (place == "GROUP" and depth == 0):
        raise ValueError(f"{variable} cannot be bound from outside: the query gives it values, or groups by it")
    if depth == 0 and place in {"SELECT", "ORDER"}:
        return f"({term} AS {variable})" if place == "SELECT" else f"({term})"
    return term


def _refuse_hidden(text: str, values: Mapping[str, Any]) -> None:
    """In ``?a<?b&&?c>?d`` the text from ``<`` to ``>`` has the form of an IRI."""
    if any(re.search(rf"[?$]{re.escape(name)}\b", text) for name in values):
        raise ValueError("a variable inside what may be a comparison: put spaces around < and >")
