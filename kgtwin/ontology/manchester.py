"""Reads class expressions in Manchester syntax, as Protégé's DL query tab does: entities by label or name.

Grammar: https://www.w3.org/TR/owl2-manchester-syntax/#Descriptions. ``some``, ``only``, ``value``, ``Self``, ``min``,
``max``, ``exactly``, ``and`` (``that``), ``or``, ``not``, enumerations in braces, data ranges with facets in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.axioms import ClassExpression
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.expressions import class_expression
from kgtwin.ontology.nodes import MAX_DEPTH, Iri, Literal, Node, Number, Source, Term
from kgtwin.ontology.tokens import Cursor, tokens
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, XSD

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<iri><[^<>\s"]*>)
  | (?P<quoted>'(?:[^'\\]|\\.)*')
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<typed>\^\^)
  | (?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?![\w:]))
  | (?P<facet><=|>=|<|>)
  | (?P<mark>[(){}\[\],])
  | (?P<name>[^\s(){}\[\],<>"'^@]+)
    """,
    re.VERBOSE,
)
_FACETS = {"<": "maxExclusive", "<=": "maxInclusive", ">": "minExclusive", ">=": "minInclusive"}
_FACETS |= {name: name for name in ("length", "minLength", "maxLength", "pattern", "langRange")}
_DATATYPES = {"integer", "decimal", "float", "string", "double", "boolean", "dateTime", "date"}
_TOP = {"thing": OWL_THING, "nothing": OWL_NOTHING, "owl:thing": OWL_THING, "owl:nothing": OWL_NOTHING}
_NUMBERS = {"min": "Min", "max": "Max", "exactly": "Exact"}
_END = "the end"


class Names(Protocol):
    """Finds the IRI that a name stands for, and what it is."""

    def __call__(self, name: str, kinds: tuple[EntityKind, ...]) -> tuple[str, EntityKind] | str:
        """The IRI and its kind; or, as text, why there is none."""


def read_expression(text: str, names: Names, source: str = "the query") -> ClassExpression:
    """A class expression in Manchester syntax.

    >>> known = {"has part": ("http://x/r", EntityKind.OBJECT_PROPERTY), "Cell": ("http://x/C", EntityKind.CLASS)}
    >>> read_expression("'has part' some Cell", lambda name, kinds: known[name])
    ObjectSomeValuesFrom(property='http://x/r', filler=Class(iri='http://x/C'))

    Raises:
        OntologySyntaxError: it does not parse, or a name is not known; says where, and what was expected.
    """
    reader = _Reader(Source(source, text), names)
    return class_expression(reader.source, reader.whole())


class _Reader(Cursor):
    def __init__(self, source: Source, names: Names) -> None:
        super().__init__(source, tokens(source, _TOKEN, _END, _unreadable), _END)
        self.names = names

    # tokens

    def word(self, *words: str) -> bool:
        """Takes one of some keywords or marks, if it stands here."""
        plain = self.token.kind in ("name", "mark", "facet") and self.token.text.lower() in words
        self.here += plain
        return plain

    def demand(self, mark: str) -> None:
        if not self.word(mark):
            raise self.unexpected(f'"{mark}"')

    def unexpected(self, expected: str) -> Exception:
        token = self.token
        found = token.text or _END
        return self.source.error(token.at, f"unexpected {found}", expected=expected)

    # classes

    def whole(self) -> Term:
        found = self.union()
        if not self.at_end:
            raise self.unexpected('"and", "or", or the end')
        return found

    def union(self) -> Term:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.source.error(self.token.at, f"expressions nest deeper than {MAX_DEPTH}")
        found = self.several(self.intersection, ("or",), "ObjectUnionOf")
        self.depth -= 1
        return found

    def intersection(self) -> Term:
        return self.several(self.primary, ("and", "that"), "ObjectIntersectionOf")

    def several(self, part: Callable[[], Term], words: tuple[str, ...], name: str) -> Term:
        at, found = self.token.at, [part()]
        while self.word(*words):
            found.append(part())
        return found[0] if len(found) == 1 else Node(name, tuple(found), at)

    def primary(self) -> Term:
        at = self.token.at
        if self.word("not"):
            return Node("ObjectComplementOf", (self.primary(),), at)
        if self.word("("):
            found = self.union()
            self.demand(")")
            return found
        if self.word("{"):
            return Node("ObjectOneOf", tuple(self.individuals()), at)
        kinds = (EntityKind.CLASS, EntityKind.OBJECT_PROPERTY, EntityKind.DATA_PROPERTY)
        iri, kind = self.entity(kinds, "a class, a property, or a bracket")
        if kind is EntityKind.OBJECT_PROPERTY:
            return self.restriction(iri, at)
        return self.data_restriction(iri, at) if kind is EntityKind.DATA_PROPERTY else iri

    def individuals(self) -> Iterator[Term]:
        while True:
            yield self.entity((EntityKind.NAMED_INDIVIDUAL,), "an individual")[0]
            if self.word("}"):
                return
            self.demand(",")

    def restriction(self, role: Iri, at: int) -> Term:
        if self.word("some"):
            if self.word("self"):
                return Node("ObjectHasSelf", (role,), at)
            return Node("ObjectSomeValuesFrom", (role, self.primary()), at)
        if self.word("only"):
            return Node("ObjectAllValuesFrom", (role, self.primary()), at)
        if self.word("value"):
            return Node("ObjectHasValue", (role, self.entity((EntityKind.NAMED_INDIVIDUAL,), "an individual")[0]), at)
        if self.word("self"):
            return Node("ObjectHasSelf", (role,), at)
        name, number = self.cardinality()
        more = () if self.at_an_end() else (self.primary(),)
        return Node(f"Object{name}Cardinality", (number, role, *more), at)

    def cardinality(self) -> tuple[str, Number]:
        word = self.token.text.lower()
        if not self.word(*_NUMBERS):
            raise self.unexpected("some, only, value, Self, min, max or exactly")
        if self.token.kind != "number" or not self.token.text.isdecimal():
            raise self.unexpected("a number")
        number = self.next()
        return _NUMBERS[word], Number(int(number.text), number.at)

    def at_an_end(self) -> bool:
        text = self.token.text.lower()
        return self.at_end or text in (")", "}", ",", "and", "or", "that")

    # data

    def data_restriction(self, prop: Iri, at: int) -> Term:
        if self.word("some"):
            return Node("DataSomeValuesFrom", (prop, self.data_range()), at)
        if self.word("only"):
            return Node("DataAllValuesFrom", (prop, self.data_range()), at)
        if self.word("value"):
            return Node("DataHasValue", (prop, self.literal()), at)
        name, number = self.cardinality()
        more = () if self.at_an_end() else (self.data_range(),)
        return Node(f"Data{name}Cardinality", (number, prop, *more), at)

    def data_range(self) -> Term:
        at = self.token.at
        if self.word("("):
            found = self.data_range()
            self.demand(")")
            return found
        if self.word("{"):
            found_literals = [self.literal()]
            while self.word(","):
                found_literals.append(self.literal())
            self.demand("}")
            return Node("DataOneOf", tuple(found_literals), at)
        datatype = self.datatype()
        if not self.word("["):
            return datatype
        facets: list[Term] = [*self.facet()]
        while self.word(","):
            facets += self.facet()
        self.demand("]")
        return Node("DatatypeRestriction", (datatype, *(self.typed(one, datatype) for one in facets)), at)

    def datatype(self) -> Iri:
        token = self.token
        local = token.text.removeprefix("xsd:")
        if token.kind == "name" and (local in _DATATYPES or token.text.startswith("xsd:")):
            return Iri(XSD + local, self.next().at)
        return self.entity((EntityKind.DATATYPE,), "a datatype")[0]

    def facet(self) -> tuple[Term, Term]:
        token = self.token
        if token.text not in _FACETS or token.kind not in ("facet", "name"):
            raise self.unexpected("a facet: " + ", ".join(_FACETS))
        self.next()
        return Iri(XSD + _FACETS[token.text], token.at), self.literal()

    @staticmethod
    def typed(term: Term, datatype: Iri) -> Term:
        """A bare number in a facet is of the datatype that it restricts."""
        if isinstance(term, Literal) and term.datatype in (XSD + "integer", XSD + "decimal"):
            return term._replace(datatype=datatype.value)
        return term

    def literal(self) -> Literal:
        token = self.token
        if token.kind == "number":
            self.next()
            return Literal(token.text, None, XSD + ("integer" if "." not in token.text else "decimal"), token.at)
        if token.kind == "name" and token.text in ("true", "false"):
            return Literal(self.next().text, None, XSD + "boolean", token.at)
        if token.kind != "string":
            raise self.unexpected("a number, a string, true or false")
        self.next()
        text = re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if self.token.kind == "language":
            return Literal(text, self.next().text[1:], None, token.at)
        if self.token.kind == "typed":
            self.next()
            return Literal(text, None, self.datatype().value, token.at)
        return Literal(text, None, None, token.at)

    # names

    def entity(self, kinds: tuple[EntityKind, ...], expected: str) -> tuple[Iri, EntityKind]:
        token = self.token
        if token.kind not in ("iri", "quoted", "name"):
            raise self.unexpected(expected)
        if token.text.lower() in _TOP and EntityKind.CLASS in kinds:
            self.next()
            return Iri(_TOP[token.text.lower()], token.at), EntityKind.CLASS
        name = re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text
        found = self.names(name, kinds)
        if isinstance(found, str):
            raise self.source.error(token.at, found, expected=expected)
        self.next()
        return Iri(found[0], token.at), found[1]


def _unreadable(source: Source, at: int) -> OntologySyntaxError:
    quote = source.text[at] in "'\""
    return source.error(at, "a quote that never ends" if quote else f"unexpected {source.text[at]}")
