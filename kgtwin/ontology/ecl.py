"""Reads SNOMED CT's Expression Constraint Language into values.

Specification: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-expression-constraint-language (version 2.2,
brief syntax). What needs a terminology server's other tables (reference sets, histories, description filters) is
refused by name. A concept may also be a CURIE of another code system: our own classes have no SNOMED CT identifiers.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from kgtwin.errors import OntologySyntaxError
from kgtwin.identifiers import check_code, to_iri
from kgtwin.ontology.nodes import MAX_DEPTH, Source
from kgtwin.ontology.tokens import Cursor, tokens
from kgtwin.vocabulary import PREFIXES, SNOMED

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|/\*(?:[^*]|\*(?!/))*\*/)
  | (?P<term>\|[^|]*\|)
  | (?P<filter>\{\{|\}\})
  | (?P<hierarchy><<!|>>!|!!<|!!>|<<|>>|<!|>!|<=|>=|<|>)
  | (?P<curie>[a-z][\w-]*:[\w.-]+)
  | (?P<value>\#[+-]?\d+(?:\.\d+)?)
  | (?P<string>"(?:[^"\\]|\\["\\])*")
  | (?P<id>\d+)
  | (?P<range>\.\.)
  | (?P<compare>!=|=)
  | (?P<word>[A-Za-z]+)
  | (?P<mark>[(){}\[\]:,.*^+])
    """,
    re.VERBOSE,
)
HIERARCHY = ("<<!", ">>!", "!!<", "!!>", "<<", ">>", "<!", ">!", "<", ">")
_END = "the end"


class Concept(msgspec.Struct, frozen=True):
    """One concept; ``iri`` is None for ``*``, any concept."""

    iri: str | None


class Related(msgspec.Struct, frozen=True):
    """``operator`` (``<<``, ``<!`` …) on what is inside."""

    operator: str
    of: Constraint


class Compound(msgspec.Struct, frozen=True):
    """``AND``, ``OR`` or ``MINUS`` of several."""

    operator: str
    operands: tuple[Constraint, ...]


class Refined(msgspec.Struct, frozen=True):
    """``focus : refinement``"""

    focus: Constraint
    refinement: Refinement


class Dotted(msgspec.Struct, frozen=True):
    """``of . attribute``: the values that the concepts have by it."""

    of: Constraint
    attribute: Constraint


class Range(msgspec.Struct, frozen=True):
    """A cardinality; ``most`` is None for ``*``."""

    least: int
    most: int | None


class Attribute(msgspec.Struct, frozen=True):
    """``[cardinality] [R] name comparison value``; a value is a constraint, a number or a string."""

    name: Constraint
    comparison: str
    value: Constraint | Decimal | str
    reverse: bool = False
    cardinality: Range | None = None


class Group(msgspec.Struct, frozen=True):
    """``[cardinality] { … }``: attributes that stand in one role group."""

    refinement: Refinement
    cardinality: Range | None = None


class Refinements(msgspec.Struct, frozen=True):
    """``AND`` or ``OR`` of several."""

    operator: str
    operands: tuple[Refinement, ...]


Constraint = Concept | Related | Compound | Refined | Dotted
Refinement = Attribute | Group | Refinements


def read_constraint(text: str, source: str = "the constraint") -> Constraint:
    """An expression constraint.

    >>> read_constraint("<< 73211009 |Diabetes mellitus|")
    Related(operator='<<', of=Concept(iri='http://snomed.info/id/73211009'))

    Raises:
        OntologySyntaxError: it does not parse, an identifier has a wrong check digit, or it asks for what only a
            terminology server has; says where.
    """
    reader = _Reader(Source(source, text))
    found = reader.constraint()
    if not reader.at_end:
        raise reader.unexpected("AND, OR, MINUS, a colon or the end")
    return found


class _Reader(Cursor):
    def __init__(self, source: Source) -> None:
        super().__init__(source, tokens(source, _TOKEN, _END, _unreadable), _END)

    def take(self, *texts: str) -> str | None:
        """The token here, if it is one of these."""
        if self.token.kind in ("string", "term") or self.token.text.upper() not in texts:
            return None
        return self.next().text.upper()

    def demand(self, text: str) -> None:
        if self.take(text) is None:
            raise self.unexpected(f'"{text}"')

    def unexpected(self, expected: str) -> OntologySyntaxError:
        token = self.token
        if token.text == "^" or token.kind == "filter":
            what = "members of reference sets (^)" if token.text == "^" else "filters ({{ … }})"
            return self.source.error(
                token.at, f"{what} cannot be asked for", remedy="a classification knows concepts and relationships only"
            )
        return self.source.error(token.at, f"unexpected {token.text or _END}", expected=expected)

    # constraints

    def constraint(self) -> Constraint:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.source.error(self.token.at, f"constraints nest deeper than {MAX_DEPTH}")
        found = self.compound(self.refined())
        self.depth -= 1
        return found

    def compound(self, first: Constraint) -> Constraint:
        operator = self.take("AND", "OR", "MINUS", ",")
        if operator is None:
            return first
        operator = "AND" if operator == "," else operator
        operands = [first, self.refined()]
        while (another := self.take("AND", "OR", "MINUS", ",")) is not None:
            if ("AND" if another == "," else another) != operator or operator == "MINUS":
                self.here -= 1
                raise self.unexpected("brackets: AND, OR and MINUS do not mix")
            operands.append(self.refined())
        return Compound(operator, tuple(operands))

    def refined(self) -> Constraint:
        found = self.sub()
        while self.take("."):
            found = Dotted(found, self.sub())
        if self.take(":"):
            return Refined(found, self.refinement())
        return found

    def sub(self) -> Constraint:
        operator = self.next().text if self.token.text in HIERARCHY else None
        at = self.token.at
        if self.take("("):
            found = self.constraint()
            self.demand(")")
        elif self.take("*"):
            found = Concept(None)
        else:
            found = Concept(self.concept(at))
        if self.token.kind == "filter" or self.token.text == "+":
            raise self.unexpected("the end")
        return Related(operator, found) if operator else found

    def concept(self, at: int) -> str:
        token = self.token
        if token.kind not in ("id", "curie"):
            raise self.unexpected("a concept, * or a bracket")
        self.next()
        prefix, _, code = token.text.rpartition(":")
        wrong = check_code(prefix or "snomed", code) if (prefix or "snomed") in PREFIXES else "unknown prefix"
        if wrong is not None:
            raise self.source.error(at, f"{token.text}: {wrong}", remedy="look the concept up")
        if self.token.kind == "term":
            self.next()
        return to_iri(token.text) if prefix else SNOMED + code

    # refinements

    def refinement(self) -> Refinement:
        first = self.one_refinement()
        operands, operator = [first], None
        while (found := self.take("AND", "OR", ",")) is not None:
            found = "AND" if found == "," else found
            if operator is not None and found != operator:
                self.here -= 1
                raise self.unexpected("brackets: AND and OR do not mix")
            operator = found
            operands.append(self.one_refinement())
        return Refinements(operator, tuple(operands)) if operator else first

    def one_refinement(self) -> Refinement:
        at = self.here
        cardinality = self.cardinality()
        if self.take("{"):
            found = Group(self.refinement(), cardinality)
            self.demand("}")
            return found
        if cardinality is None and self.take("("):
            bracketed = self._bracketed()
            if bracketed is not None:
                return bracketed
            self.here = at
        return self.attribute(cardinality)

    def _bracketed(self) -> Refinement | None:
        """A refinement in brackets; None where they are the brackets of an attribute's name."""
        try:
            found = self.refinement()
        except OntologySyntaxError:
            return None
        return found if self.take(")") else None

    def cardinality(self) -> Range | None:
        if not self.take("["):
            return None
        least = self.number()
        if self.token.kind != "range":
            raise self.unexpected('".."')
        self.next()
        most = None if self.take("*") else self.number()
        self.demand("]")
        if most is not None and most < least:
            raise self.source.error(self.token.at, f"a cardinality of {least} to {most}", expected="the lesser first")
        return Range(least, most)

    def number(self) -> int:
        if self.token.kind != "id" or len(self.token.text) > 9:
            raise self.unexpected("a number")
        return int(self.next().text)

    def attribute(self, cardinality: Range | None) -> Attribute:
        reverse = self.take("R") is not None
        name = self.sub()
        comparison = self.token.text
        if comparison not in ("=", "!=", "<", "<=", ">", ">="):
            raise self.unexpected("= or !=")
        self.next()
        return Attribute(name, comparison, self.value(comparison), reverse, cardinality)

    def value(self, comparison: str) -> Constraint | Decimal | str:
        token = self.token
        if token.kind == "value":
            return Decimal(self.next().text[1:])
        if comparison not in ("=", "!="):
            raise self.unexpected("a number, as in #5")
        if token.kind == "string":
            return re.sub(r"\\(.)", r"\1", self.next().text[1:-1])
        return self.sub()


def _unreadable(source: Source, at: int) -> OntologySyntaxError:
    return source.error(at, f"unexpected {source.text[at]}", expected="an expression constraint")
