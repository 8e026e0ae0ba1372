"""Axioms from the text that `owl_text` writes: OWL functional syntax with full IRIs, one axiom.

It reads no ontology files: prefixes, comments and annotations are for ``kgtwin.ontology``. What lies outside the
constructs of `axioms` stays as it is written, in an ``Unsupported`` expression or an ``OtherAxiom``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from kgtwin.errors import OntologySyntaxError
from kgtwin.model import axioms as owl
from kgtwin.model import data_ranges as data
from kgtwin.model import datatypes, timeline
from kgtwin.model.axioms import Axiom, ClassExpression, DataRange, Interval, Literal, OtherRange, Space
from kgtwin.vocabulary import OWL_THING, XSD

MOST_NESTED: Final = 100
INVERSE: Final = "ObjectInverseOf"
LONGEST: Final = 100_000
"""Characters of one axiom."""
_TOKEN: Final = re.compile(
    r'(?P<space>\s+)|(?P<bracket>[()])|(?P<literal>"(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^<[^<>\s]*>)?)|(?P<name><[^<>\s]*>)'
    r'|(?P<word>[^\s()<>"]+)',
    re.DOTALL,
)
_MIN_MAX: Final = {XSD + f"{end}{kind}": (end, kind) for end in ("min", "max") for kind in ("Inclusive", "Exclusive")}


class Term(NamedTuple):
    """A construct with its arguments, or a name or a literal (``arguments`` is None); ``text`` as written."""

    name: str
    arguments: tuple[Term, ...] | None
    text: str


def _wrong(text: str, expected: str) -> OntologySyntaxError:
    return OntologySyntaxError(f"cannot read {text[:80]!r}", expected=expected, remedy="write it as kgtwin does")


def _term(text: str) -> Term:
    """The text as one term, without recursion.

    Raises:
        OntologySyntaxError: it is no functional syntax, or longer or deeper than the limits.
    """
    open_: list[tuple[str, int, list[Term]]] = [("", 0, [])]
    word, word_at, at = "", 0, 0
    while at < len(text) <= LONGEST and len(open_) <= MOST_NESTED:
        found = _TOKEN.match(text, at)
        if found is None:
            break
        kind, token, start, at = found.lastgroup, found.group(), found.start(), found.end()
        if token == "(":  # noqa: S105 - a bracket
            open_.append((word, word_at if word else start, []))
            word = ""
        elif kind != "space" and word:
            break
        elif token == ")":  # noqa: S105
            name, begin, arguments = open_.pop()
            if not open_:
                break
            open_[-1][2].append(Term(name, tuple(arguments), text[begin:at]))
        elif kind == "word" and not token.startswith("_:") and not token.isdigit():
            word, word_at = token, start
        elif kind != "space":
            open_[-1][2].append(Term(token, None, token))
    else:
        if len(open_) == 1 and len(open_[0][2]) == 1 and not word and at == len(text):
            return open_[0][2][0]
    raise _wrong(text, f"one axiom in functional syntax, at most {LONGEST} characters and {MOST_NESTED} levels")


def _name(term: Term) -> str:
    if term.arguments is None and term.name.startswith("<"):
        return term.name[1:-1]
    if term.arguments is None and term.name.startswith("_:"):
        return term.name
    raise _wrong(term.text, "a full IRI in angle brackets")


def _names(terms: Sequence[Term]) -> tuple[str, ...]:
    return tuple(map(_name, terms))


def _number(term: Term) -> int:
    if term.arguments is None and term.name.isdigit() and len(term.name) < 10:
        return int(term.name)
    raise _wrong(term.text, "a number")


def _literal(term: Term) -> tuple[str, str, str | None]:
    if term.arguments is None and term.name.startswith('"'):
        body, _, tail = term.name[1:].rpartition('"')
        language = tail[1:] if tail.startswith("@") else None
        datatype = tail[3:-1] if tail.startswith("^^") else datatypes.STRING
        return re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL), datatype, language
    raise _wrong(term.text, "a literal")


def _value(term: Term) -> DataRange:
    return data.value_range(*_literal(term)) if term.arguments is None and term.name[0] == '"' else _range(term)


def _range(term: Term) -> DataRange:
    match term:
        case Term(_, None):
            return data.datatype_range(_name(term))
        case Term("DataOneOf", (one,)):
            return data.value_range(*_literal(one))
        case Term("DatatypeRestriction", (base, *facets)) if facets and len(facets) % 2 == 0:
            found = data.datatype_range(_name(base))
            for facet, bound in zip(facets[::2], facets[1::2], strict=True):
                both = data.intersection(found, _facet(facet, bound, _name(base)))
                if both is None:
                    return OtherRange(term.text)
                found = both
            return found
    return OtherRange(term.text)


def _facet(facet: Term, bound: Term, base: str) -> DataRange:
    text, datatype, _ = _literal(bound)
    value = data.value_range(text, datatype)
    if _name(facet) not in _MIN_MAX or datatypes.root(datatype) != datatypes.root(base):
        return OtherRange(facet.text)
    end, kind = _MIN_MAX[_name(facet)]
    if isinstance(value, Literal) and datatypes.root(datatype) == datatypes.root(datatypes.DATE_TIME):
        seconds, offset = timeline.instant(text)
        space = Space.LOCAL_DATE_TIME if offset is None else Space.DATE_TIME
    elif isinstance(value, Interval) and value.low is not None:
        numbers = datatypes.root(datatype) == datatypes.REAL
        seconds, space = value.low, Space.REAL if numbers else value.space
    else:
        return OtherRange(facet.text)
    is_open = kind == "Exclusive"
    if end == "min":
        return Interval(low=seconds, low_open=is_open, space=space).normal
    return Interval(high=seconds, high_open=is_open, space=space).normal


def _inverse(term: Term) -> bool:
    """Whether a construct is about the inverse of a role."""
    return any(one.name == INVERSE for one in term.arguments or ())


def _expression(term: Term) -> ClassExpression:
    if term.arguments is None:
        return owl.Class(_name(term))
    if _inverse(term):
        return owl.Unsupported(INVERSE, term.text)
    try:
        return _EXPRESSIONS[term.name](*term.arguments)
    except (KeyError, TypeError):
        return owl.Unsupported(term.name, term.text)


def _expressions(terms: Sequence[Term]) -> tuple[ClassExpression, ...]:
    return tuple(map(_expression, terms))


def _counted(make: type[Any]) -> Callable[..., ClassExpression]:
    def counted(count: Term, role: Term, filler: Term | None = None) -> ClassExpression:
        thing = owl.Class(OWL_THING) if filler is None else _expression(filler)
        return make(_number(count), _name(role), thing)  # type: ignore[no-any-return]

    return counted


_EXPRESSIONS: Final[dict[str, Callable[..., ClassExpression]]] = {
    "ObjectIntersectionOf": lambda *parts: owl.ObjectIntersectionOf(_expressions(parts)),
    "ObjectUnionOf": lambda *parts: owl.ObjectUnionOf(_expressions(parts)),
    "ObjectComplementOf": lambda part: owl.ObjectComplementOf(_expression(part)),
    "ObjectSomeValuesFrom": lambda role, part: owl.ObjectSomeValuesFrom(_name(role), _expression(part)),
    "ObjectAllValuesFrom": lambda role, part: owl.ObjectAllValuesFrom(_name(role), _expression(part)),
    "ObjectMinCardinality": _counted(owl.ObjectMinCardinality),
    "ObjectMaxCardinality": _counted(owl.ObjectMaxCardinality),
    "ObjectExactCardinality": _counted(owl.ObjectExactCardinality),
    "ObjectHasSelf": lambda role: owl.ObjectHasSelf(_name(role)),
    "ObjectHasValue": lambda role, one: owl.ObjectHasValue(_name(role), _name(one)),
    "ObjectOneOf": lambda *people: owl.ObjectOneOf(_names(people)),
    "DataHasValue": lambda prop, value: owl.DataSomeValuesFrom(_name(prop), _value(value)),
    "DataSomeValuesFrom": lambda prop, values: owl.DataSomeValuesFrom(_name(prop), _range(values)),
}


def _inclusion(sub: Term, sup: Term) -> Axiom:
    chain = sub.arguments or () if sub.name == "ObjectPropertyChain" else (sub,)
    return owl.SubObjectPropertyOf(_names(chain), _name(sup))


def _argument(term: Term) -> Any:
    if term.name == "Variable" and term.arguments is not None and len(term.arguments) == 1:
        return owl.Variable(_name(term.arguments[0]))
    return _value(term) if term.name.startswith('"') else _name(term)


def _atom(term: Term) -> owl.RuleAtom:
    terms = term.arguments or ()
    match term.name, terms:
        case "ClassAtom", (cls, one):
            return owl.ClassAtom(_expression(cls), _argument(one))
        case "DataRangeAtom", (values, one):
            return owl.DataRangeAtom(_range(values), _argument(one))
        case "BuiltInAtom", (name, *arguments):
            return owl.BuiltInAtom(_name(name), tuple(map(_argument, arguments)))
        case (("ObjectPropertyAtom" | "DataPropertyAtom"), (prop, one, other)):
            return getattr(owl, term.name)(_name(prop), _argument(one), _argument(other))  # type: ignore[no-any-return]
        case (("SameIndividualAtom" | "DifferentIndividualsAtom"), (one, other)):
            return getattr(owl, term.name)(_argument(one), _argument(other))  # type: ignore[no-any-return]
    raise _wrong(term.text, "an atom of a rule")


def _atoms(term: Term) -> tuple[owl.RuleAtom, ...]:
    return tuple(map(_atom, term.arguments or ()))


_AXIOMS: Final[dict[str, Callable[..., Axiom]]] = {
    "SubClassOf": lambda sub, sup: owl.SubClassOf(_expression(sub), _expression(sup)),
    "EquivalentClasses": lambda *parts: owl.EquivalentClasses(_expressions(parts)),
    "DisjointClasses": lambda *parts: owl.DisjointClasses(_expressions(parts)),
    "DisjointUnion": lambda cls, *parts: owl.DisjointUnion(_name(cls), _expressions(parts)),
    "SubObjectPropertyOf": _inclusion,
    "EquivalentObjectProperties": lambda *roles: owl.EquivalentObjectProperties(_names(roles)),
    "EquivalentDataProperties": lambda *props: owl.EquivalentDataProperties(_names(props)),
    "TransitiveObjectProperty": lambda role: owl.TransitiveObjectProperty(_name(role)),
    "ReflexiveObjectProperty": lambda role: owl.ReflexiveObjectProperty(_name(role)),
    "IrreflexiveObjectProperty": lambda role: owl.IrreflexiveObjectProperty(_name(role)),
    "ObjectPropertyDomain": lambda role, part: owl.ObjectPropertyDomain(_name(role), _expression(part)),
    "ObjectPropertyRange": lambda role, part: owl.ObjectPropertyRange(_name(role), _expression(part)),
    "SubDataPropertyOf": lambda sub, sup: owl.SubDataPropertyOf(_name(sub), _name(sup)),
    "DataPropertyDomain": lambda prop, part: owl.DataPropertyDomain(_name(prop), _expression(part)),
    "DataPropertyRange": lambda prop, values: owl.DataPropertyRange(_name(prop), _range(values)),
    "FunctionalDataProperty": lambda prop: owl.FunctionalDataProperty(_name(prop)),
    "HasKey": lambda cls, roles, props: owl.HasKey(
        _expression(cls), _names(roles.arguments or ()), _names(props.arguments or ())
    ),
    "SameIndividual": lambda *people: owl.SameIndividual(_names(people)),
    "DifferentIndividuals": lambda *people: owl.DifferentIndividuals(_names(people)),
    "ClassAssertion": lambda part, one: owl.ClassAssertion(_name(one), _expression(part)),
    "ObjectPropertyAssertion": lambda role, *two: owl.ObjectPropertyAssertion(_name(role), *map(_name, two)),
    "DataPropertyAssertion": lambda prop, one, value: owl.DataPropertyAssertion(_name(prop), _name(one), _value(value)),
    "NegativeObjectPropertyAssertion": lambda role, *two: owl.NegativeObjectPropertyAssertion(
        _name(role), *map(_name, two)
    ),
    "NegativeDataPropertyAssertion": lambda prop, one, value: owl.NegativeDataPropertyAssertion(
        _name(prop), _name(one), _value(value)
    ),
    "DLSafeRule": lambda body, head: owl.DLSafeRule(_atoms(body), _atoms(head)),
}


@lru_cache(maxsize=10_000)
def read_axiom(text: str) -> Axiom:
    """The axiom that a text states.

    Raises:
        OntologySyntaxError: it is no functional syntax, or longer or deeper than the limits.

    >>> read_axiom("SubClassOf(<http://x/A> ObjectSomeValuesFrom(<http://x/r> <http://x/B>))")
    SubClassOf(sub=Class(iri='http://x/A'), sup=ObjectSomeValuesFrom(property='http://x/r', filler=Class(iri='http://x/B')))
    """
    term = _term(text)
    if term.arguments is None:
        raise _wrong(text, "an axiom")
    if _inverse(term):
        return owl.OtherAxiom(term.name, term.text)
    try:
        return _AXIOMS[term.name](*term.arguments)
    except (KeyError, TypeError):
        return owl.OtherAxiom(term.name, term.text)
