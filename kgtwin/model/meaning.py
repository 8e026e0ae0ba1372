"""What expressions and axioms say, in one form: every statement is ``C ⊑ D``, an individual a being the class ``{a}``.

Two expressions have one form only if they mean the same: order, nesting and repeats of ``⊓`` and ``⊔`` do not count,
nor whether ``∃r.{a}`` is written as a value restriction; ``≥ 2 r.C`` also says ``∃r.C``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from kgtwin.model import axioms as owl
from kgtwin.model.data_ranges import canonical, is_empty
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, RDFS

THING: Final = owl.Class(OWL_THING)
NOTHING: Final = owl.Class(OWL_NOTHING)
_ANY: Final = owl.Datatype(RDFS + "Literal")


def form(expression: Any) -> Any:
    """The form of an expression, or of an individual's IRI.

    >>> form(owl.ObjectHasValue("r", "a")), form("a")
    (('some', 'r', ('one', 'a')), ('one', 'a'))
    """
    return _MEANINGS.get(type(expression), lambda same: same)(expression)


@lru_cache(maxsize=200)
def says(axiom: owl.Axiom | None) -> tuple[tuple[Any, Any], ...]:
    """The inclusions ``C ⊑ D`` of an axiom; of many equivalents, each with its neighbours.

    >>> says(owl.ClassAssertion("a", owl.Class("A")))
    ((('one', 'a'), Class(iri='A')),)
    """
    said = _SAID.get(type(axiom))
    return tuple((form(one), form(other)) for one, other in said(axiom)) if said else ()


def apart(axiom: owl.Axiom | None) -> list[Any]:
    """What an axiom says to be pairwise disjoint."""
    if isinstance(axiom, owl.DifferentIndividuals):
        return [form(one) for one in axiom.individuals]
    return [form(one) for one in axiom.operands] if isinstance(axiom, owl.DisjointClasses | owl.DisjointUnion) else []


def sign(one: Any) -> str:
    """What kind of form one is: ``and``, ``some`` …; ``⊤``, ``⊥``, ``class``."""
    return str(one[0]) if isinstance(one, tuple) else {THING: "⊤", NOTHING: "⊥"}.get(one, "class")


def negated(one: Any) -> Any:
    """The complement of a form."""
    return NOTHING if one == THING else THING if one == NOTHING else ("not", one)


def parts(one: Any, sign: str = "and") -> frozenset[Any]:
    """The operands of a conjunction or union; what is none is its own only one."""
    return one[1] if isinstance(one, tuple) and one[0] == sign else frozenset([one])


def many(sign: str, forms: Iterable[Any]) -> Any:
    """A conjunction ("and") or a union ("or")."""
    neutral = THING if sign == "and" else NOTHING
    found = frozenset[Any]().union(*(parts(one, sign) for one in forms)) - {neutral}
    if sign == "or" and THING in found:
        return THING
    return (sign, found) if len(found) > 1 else next(iter(found), neutral)


def _some(e: Any) -> Any:
    return ("some", e.property, form(e.filler))


def _counted(e: Any) -> Any:
    return _some(e) if e == owl.ObjectMinCardinality(1, e.property, e.filler) else many("and", [e, _some(e)])


def _only(e: Any, filler: Any) -> Any:
    return {NOTHING: negated(("some", e.property, THING)), THING: THING}.get(filler, e)


def _equal(operands: Iterable[Any]) -> list[tuple[Any, Any]]:
    return [pair for one, other in pairwise(operands) for pair in ((one, other), (other, one))]


_MEANINGS: Final[dict[type, Callable[[Any], Any]]] = {
    str: lambda e: ("one", e),
    owl.ObjectOneOf: lambda e: many("or", map(form, e.individuals)),
    owl.ObjectIntersectionOf: lambda e: many("and", map(form, e.operands)),
    owl.ObjectUnionOf: lambda e: many("or", map(form, e.operands)),
    owl.ObjectSomeValuesFrom: lambda e: ("some", e.property, form(e.filler)),
    owl.ObjectHasValue: lambda e: ("some", e.property, form(e.individual)),
    owl.ObjectHasSelf: lambda e: ("self", e.property),
    owl.ObjectComplementOf: lambda e: negated(form(e.operand)),
    owl.ObjectMinCardinality: lambda e: _counted(e) if e.cardinality else THING,
    owl.ObjectExactCardinality: lambda e: _counted(e) if e.cardinality else negated(_some(e)),
    owl.ObjectMaxCardinality: lambda e: e if e.cardinality else negated(_some(e)),
    owl.ObjectAllValuesFrom: lambda e: _only(e, form(e.filler)),
    owl.DataSomeValuesFrom: lambda e: NOTHING if is_empty(e.range) else ("data", e.property, canonical(e.range)),
    owl.Unsupported: lambda e: ("text", e.text),
}
_SAID: Final[dict[type, Callable[[Any], Iterable[tuple[Any, Any]]]]] = {
    owl.SubClassOf: lambda a: [(a.sub, a.sup)],
    owl.ClassAssertion: lambda a: [(a.individual, a.type)],
    owl.ObjectPropertyAssertion: lambda a: [(a.subject, owl.ObjectHasValue(a.property, a.object))],
    owl.DataPropertyAssertion: lambda a: [(a.subject, owl.DataSomeValuesFrom(a.property, a.range))],
    owl.EquivalentClasses: lambda a: _equal(a.operands),
    owl.SameIndividual: lambda a: _equal(a.individuals),
    owl.DisjointUnion: lambda a: (
        [(c, owl.Class(a.cls)) for c in a.operands] + [(owl.Class(a.cls), owl.ObjectUnionOf(a.operands))]
    ),
    owl.ObjectPropertyDomain: lambda a: [(owl.ObjectSomeValuesFrom(a.property, THING), a.domain)],
    owl.DataPropertyDomain: lambda a: [(owl.DataSomeValuesFrom(a.property, _ANY), a.domain)],
    owl.ReflexiveObjectProperty: lambda a: [(THING, owl.ObjectHasSelf(a.property))],
    owl.IrreflexiveObjectProperty: lambda a: [(owl.ObjectHasSelf(a.property), NOTHING)],
    owl.NegativeObjectPropertyAssertion: lambda a: _denied(a, owl.ObjectHasValue(a.property, a.object)),
    owl.NegativeDataPropertyAssertion: lambda a: _denied(a, owl.DataSomeValuesFrom(a.property, a.range)),
}


def _denied(axiom: Any, link: owl.ClassExpression) -> list[tuple[Any, Any]]:
    """That an individual lacks a link: it is in the complement, and nothing is it and has the link."""
    both = owl.ObjectIntersectionOf((owl.ObjectOneOf((axiom.subject,)), link))
    return [(axiom.subject, owl.ObjectComplementOf(link)), (both, NOTHING)]
