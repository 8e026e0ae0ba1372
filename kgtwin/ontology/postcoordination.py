"""Reads SNOMED CT's compositional grammar into class expressions: post-coordinated concepts.

Grammar 2.3: https://confluence.snomedtools.org/display/DOCSCG/5.1+Normative+Specification. In OWL, as in the release's
own axioms, every group of attributes is one role group (609096000), and so is every attribute outside of braces unless
the concept model never groups it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from kgtwin.errors import OntologySyntaxError
from kgtwin.identifiers import check_code
from kgtwin.model import datatypes
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    EquivalentClasses,
    Interval,
    Literal,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.model.data_ranges import value_range
from kgtwin.ontology.nodes import MAX_DEPTH, Source
from kgtwin.ontology.signature import expressions
from kgtwin.ontology.tokens import Cursor, Token, tokens
from kgtwin.vocabulary import SNOMED

ROLE_GROUP: Final = SNOMED + "609096000"

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<status>===|<<<)
  | (?P<number>\#[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)
  | (?P<id>[0-9]+)
  | (?P<term>\|[^|]*\|)
  | (?P<string>"(?:[^"\\]|\\["\\])*")
  | (?P<boolean>(?i:true|false)\b)
  | (?P<mark>[+:{}(),=])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_END = "the end"


class PostcoordinatedExpression(msgspec.Struct, frozen=True):
    """``equivalent``: whether the concept is all that the expression describes (``===``, the default), or below it."""

    expression: ClassExpression
    equivalent: bool = True

    def axiom(self, iri: str) -> Axiom:
        """What the expression says of a class that stands for it."""
        if self.equivalent:
            return EquivalentClasses((Class(iri), self.expression))
        return SubClassOf(Class(iri), self.expression)


def parse_expression(text: str, ungrouped: AbstractSet[str] = frozenset()) -> PostcoordinatedExpression:
    """The class expression of a text in compositional grammar.

    ``ungrouped``: the IRIs of attributes that are never grouped (:func:`never_grouped` learns them from a release).

    >>> found = parse_expression("=== 64572001 |Disease| : 363698007 |Finding site| = 39057004")
    >>> found.expression.operands[1].property[-9:], found.expression.operands[1].filler.filler.iri[-8:]
    ('609096000', '39057004')

    Raises:
        OntologySyntaxError: with the place in the text, what was expected and what to do.
    """
    return _Parser(text, ungrouped).whole()


def never_grouped(axioms: Iterable[Axiom]) -> frozenset[str]:
    """The attributes that an ontology uses outside of role groups, in what it says of named concepts."""
    found: set[str] = set()
    for axiom in axioms:
        if isinstance(axiom, SubClassOf | EquivalentClasses):
            found.update(one.property for one in _conjuncts(axiom) if isinstance(one, _RESTRICTIONS))
    return frozenset(found - {ROLE_GROUP})


_RESTRICTIONS = (ObjectSomeValuesFrom, DataSomeValuesFrom)


def _conjuncts(axiom: Axiom) -> Iterator[ClassExpression]:
    for expression in expressions(axiom):
        if isinstance(expression, ObjectIntersectionOf):
            yield from expression.operands
        else:
            yield expression


def _unreadable(source: Source, at: int) -> OntologySyntaxError:
    character = source.text[at]
    remedies = {"|": "a term that begins here never ends", '"': "a text that begins here never ends"}
    remedy = remedies.get(character, "write concepts as identifiers, such as 64572001 |Disease|")
    return source.error(at, f"unexpected {character!r}", expected="SNOMED CT compositional grammar", remedy=remedy)


class _Parser(Cursor):
    def __init__(self, text: str, ungrouped: AbstractSet[str]) -> None:
        source = Source("expression", text)
        super().__init__(source, tokens(source, _TOKEN, _END, _unreadable), _END)
        self.ungrouped = ungrouped

    # tokens

    def _unexpected(self, expected: str) -> OntologySyntaxError:
        return self.source.error(self.token.at, f"unexpected {self.token.text[:40] or _END!r}", expected=expected)

    def _take(self, mark: str) -> bool:
        """Whether the next token is a mark; if so it is passed."""
        if self.token.kind != "mark" or self.token.text != mark:
            return False
        self.here += 1
        return True

    def _expect(self, mark: str, expected: str) -> None:
        if not self._take(mark):
            raise self._unexpected(expected)

    # grammar

    def whole(self) -> PostcoordinatedExpression:
        equivalent = True
        if self.token.kind == "status":
            equivalent = self.next().text == "==="
        expression = self._expression()
        if not self.at_end:
            raise self._unexpected("'+', ':', ',' or the end")
        return PostcoordinatedExpression(expression, equivalent)

    def _expression(self) -> ClassExpression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.source.error(self.token.at, f"expressions nest deeper than {MAX_DEPTH}")
        operands: list[ClassExpression] = [Class(self._concept())]
        while self._take("+"):
            operands.append(Class(self._concept()))
        if self._take(":"):
            operands.extend(self._refinement())
        self.depth -= 1
        return _all(operands)

    def _concept(self) -> str:
        token = self.token
        if token.kind != "id":
            raise self._unexpected("a concept's identifier")
        reason = check_code("snomed", token.text)
        if reason is not None:
            raise self.source.error(token.at, f"{token.text[:40]}: {reason}", remedy="correct the identifier")
        self.here += 1
        if self.token.kind == "term":
            self._term(self.next())
        return SNOMED + token.text

    def _term(self, token: Token) -> None:
        if not token.text.strip("| \t\r\n"):
            raise self.source.error(token.at, "an empty term", expected="a name between the bars, or none and no bars")

    def _refinement(self) -> list[ClassExpression]:
        """Attributes outside of braces, then groups; a comma between groups may be left out."""
        found: list[ClassExpression] = []
        if self.token.text != "{":
            found.extend(self._alone(name, one) for name, one in self._attributes())
        while self._take("{"):
            found.append(ObjectSomeValuesFrom(ROLE_GROUP, _all([one for _, one in self._attributes()])))
            self._expect("}", "',' or '}'")
            self._take(",")
        if self.tokens[self.here - 1].text == ",":
            raise self._unexpected("a group in braces")
        return found

    def _alone(self, name: str, attribute: ClassExpression) -> ClassExpression:
        return attribute if name in self.ungrouped else ObjectSomeValuesFrom(ROLE_GROUP, attribute)

    def _attributes(self) -> list[tuple[str, ClassExpression]]:
        found = [self._attribute()]
        while self.token.text == "{" or self._take(","):
            if self.token.text == "{":
                break
            found.append(self._attribute())
        return found

    def _attribute(self) -> tuple[str, ClassExpression]:
        name = self._concept()
        self._expect("=", "'=' after an attribute's name")
        return name, self._value(name)

    def _value(self, name: str) -> ClassExpression:
        token = self.token
        if token.kind == "id":
            return ObjectSomeValuesFrom(name, Class(self._concept()))
        if self._take("("):
            filler = self._expression()
            self._expect(")", "')'")
            return ObjectSomeValuesFrom(name, filler)
        if token.kind not in ("number", "string", "boolean"):
            raise self._unexpected('a concept, an expression in brackets, #number, "text", true or false')
        self.here += 1
        return DataSomeValuesFrom(name, _data(token))


def _data(token: Token) -> Interval | Literal:
    if token.kind == "number":
        return value_range(token.text[1:], datatypes.DECIMAL)
    if token.kind == "boolean":
        return value_range(token.text.lower(), datatypes.BOOLEAN)
    return value_range(_ESCAPE.sub(r"\1", token.text[1:-1]))


def _all(operands: list[ClassExpression]) -> ClassExpression:
    return operands[0] if len(operands) == 1 else ObjectIntersectionOf(tuple(operands))
