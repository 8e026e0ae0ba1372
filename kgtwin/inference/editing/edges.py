"""What an axiom needs to matter, and what it then speaks of: the edges along which classes reach others.

Roles and numbers always count as there, so classes alone are looked at. An axiom whose left side nobody can be (in
OWL's words: it is local) adds nothing for anybody. What is not understood always matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import product
from typing import Final, NamedTuple

from kgtwin.model import axioms as ax
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.signature import of_axiom
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

MOST_WAYS: Final = 64
"""Ways in which an expression can be met that are told apart."""
NOTHING_NEEDED: Final[frozenset[str]] = frozenset()


class Edge(NamedTuple):
    """Where ``least`` of the classes ``needs`` are reached, the classes ``adds`` are."""

    needs: frozenset[str]
    least: int
    adds: frozenset[str]


def edges_of(axiom: Axiom, free: Collection[str]) -> Iterator[Edge]:
    """The edges of an axiom; what ``free`` properties lead to is not needed.

    >>> from kgtwin.model.axioms import ObjectSomeValuesFrom, SubClassOf
    >>> [edge] = edges_of(SubClassOf(ObjectSomeValuesFrom("r", Class("A")), Class("B")), ())
    >>> sorted(edge.needs), sorted(edge.adds)
    (['A'], ['A', 'B'])
    """
    adds = classes_in(axiom)
    if isinstance(axiom, ax.DisjointClasses) and _names_classes_once(axiom):
        yield Edge(adds, 2, adds)
        return
    for needs in dict.fromkeys(_ways_of_axiom(axiom, free)):
        yield Edge(needs, len(needs), adds)


def spoken(classes: Iterable[str]) -> frozenset[str]:
    """Classes as what a rule speaks of, of whomever: no patient has them by that.

    >>> spoken(["urn:x:A"])
    frozenset({'~urn:x:A'})
    """
    return frozenset(f"~{one}" for one in classes)


def spoken_edge(edge: Edge) -> Edge:
    """What holds of classes holds of them where they are only spoken of."""
    return Edge(spoken(edge.needs), edge.least, spoken(edge.adds))


def _names_classes_once(axiom: ax.DisjointClasses) -> bool:
    named = {one.iri for one in axiom.operands if isinstance(one, Class)} - {OWL_THING, OWL_NOTHING}
    return len(named) == len(axiom.operands)


def classes_in(axiom: Axiom) -> frozenset[str]:
    """The named classes in an axiom; all names, where it is not known what kinds they are."""
    if isinstance(axiom, ax.OtherAxiom):
        return frozenset(axiom.signature)
    found = {iri for iri, kind in of_axiom(axiom) if kind is EntityKind.CLASS}
    return frozenset(found - {OWL_THING, OWL_NOTHING})


def _ways_of_axiom(axiom: Axiom, free: Collection[str]) -> Iterable[frozenset[str]]:
    match axiom:
        case ax.SubClassOf(sub, _):
            return ways(sub, free)
        case ax.EquivalentClasses(operands) | ax.DisjointClasses(operands):
            return [way for operand in operands for way in ways(operand, free)]
        case ax.DisjointUnion(cls, operands):
            return [way for operand in (Class(cls), *operands) for way in ways(operand, free)]
        case ax.HasKey(cls):
            return ways(cls, free)
        case ax.DLSafeRule(body, _):
            return _together([ways(atom.cls, free) for atom in body if isinstance(atom, ax.ClassAtom)])
        case _:
            return [NOTHING_NEEDED]


def ways(expression: ClassExpression, free: Collection[str]) -> list[frozenset[str]]:
    """Sets of classes, one of which has to be there whole for anything to be of an expression; none if nothing can."""
    match expression:
        case Class(iri):
            return [] if iri == OWL_NOTHING else [frozenset({iri} - {OWL_THING})]
        case ax.ObjectIntersectionOf(operands):
            return _together([ways(operand, free) for operand in operands])
        case ax.ObjectUnionOf(operands):
            return _few([way for operand in operands for way in ways(operand, free)])
        case ax.ObjectSomeValuesFrom(role, filler):
            return [NOTHING_NEEDED] if role in free else ways(filler, free)
        case ax.ObjectMinCardinality(count, role, filler) if count > 0:
            return [NOTHING_NEEDED] if role in free else ways(filler, free)
        case _:
            return [NOTHING_NEEDED]


def _together(parts: list[list[frozenset[str]]]) -> list[frozenset[str]]:
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST_WAYS:
        return [NOTHING_NEEDED]
    return [NOTHING_NEEDED.union(*chosen) for chosen in product(*parts)]


def _few(found: list[frozenset[str]]) -> list[frozenset[str]]:
    return found if len(found) <= MOST_WAYS else [NOTHING_NEEDED]
