"""Rules that conclude what a class says. Uses the model only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.model.proof import Proof, Successor
from tests.reasoning.checker_forms import NOTHING, THING, Normal, complement, conjuncts, is_a, link, normal, parts, same


def told(p: Proof) -> bool:
    match p.axiom:
        case owl.ClassAssertion(who, expression):
            return is_a(p)[0] == normal(who) and same(is_a(p)[1], expression)
        case owl.ObjectPropertyAssertion(role, who, whom):
            if isinstance(p.conclusion, Successor):
                return link(p) == (normal(who), role, normal(whom))
            return is_a(p)[0] == normal(who) and same(is_a(p)[1], owl.ObjectHasValue(role, whom))
        case owl.DataPropertyAssertion(prop, who, values):
            return is_a(p)[0] == normal(who) and same(is_a(p)[1], owl.DataSomeValuesFrom(prop, values))
    return False


def r0(p: Proof) -> bool:
    x, c = is_a(p)
    return x == normal(c)


def top(p: Proof) -> bool:
    return is_a(p)[1] == THING


def says(axiom: Axiom) -> Iterator[tuple[ClassExpression, ClassExpression]]:
    """The inclusions that an axiom consists of."""
    match axiom:
        case owl.SubClassOf(sub, sup):
            yield sub, sup
        case owl.EquivalentClasses(operands):
            yield from permutations(operands, 2)
        case owl.DisjointUnion(cls, operands):
            yield from ((one, Class(cls)) for one in operands)
            yield Class(cls), owl.ObjectUnionOf(operands)
        case owl.ClassAssertion(who, expression):
            yield owl.ObjectOneOf((who,)), expression
        case owl.ObjectPropertyAssertion(role, who, whom):
            yield owl.ObjectOneOf((who,)), owl.ObjectHasValue(role, whom)
        case owl.DataPropertyAssertion(prop, who, values):
            yield owl.ObjectOneOf((who,)), owl.DataSomeValuesFrom(prop, values)
        case owl.SameIndividual(who):
            yield from permutations((owl.ObjectOneOf((one,)) for one in who), 2)
        case owl.IrreflexiveObjectProperty(role):
            yield owl.ObjectHasSelf(role), NOTHING
        case owl.NegativeObjectPropertyAssertion(role, who, whom):
            yield owl.ObjectIntersectionOf((owl.ObjectOneOf((who,)), owl.ObjectHasValue(role, whom))), NOTHING
        case owl.NegativeDataPropertyAssertion(prop, who, values):
            some = owl.DataSomeValuesFrom(prop, values)
            yield owl.ObjectIntersectionOf((owl.ObjectOneOf((who,)), some)), NOTHING


def inclusion(p: Proof) -> bool:
    (x, sup), (y, sub) = is_a(p), is_a(p.premises[0])
    assert p.axiom is not None
    if x != y:
        return False
    if any(same(sub, one) and same(sup, other) for one, other in says(p.axiom)):
        return True
    return sup == NOTHING and separated(p.axiom).count(normal(sub)) > 1


def separated(axiom: Axiom) -> list[Normal]:
    """What an axiom says to be pairwise disjoint."""
    match axiom:
        case owl.DisjointClasses(operands) | owl.DisjointUnion(_, operands):
            return [normal(one) for one in operands]
        case owl.DifferentIndividuals(who):
            return [normal(one) for one in who]
    return []


def conjunct(p: Proof) -> bool:
    (x, c), (y, whole) = is_a(p), is_a(p.premises[0])
    return x == y and conjuncts(c) <= conjuncts(whole)


def conjoined(p: Proof) -> bool:
    x, whole = is_a(p)
    found = [is_a(one) for one in p.premises]
    return all(y == x for y, _ in found) and conjuncts(whole) <= frozenset().union(*(conjuncts(c) for _, c in found))


def disjoined(p: Proof) -> bool:
    (x, union), (y, c) = is_a(p), is_a(p.premises[0])
    return x == y and parts(normal(c), "or") <= parts(normal(union), "or")


def left_over(p: Proof) -> bool:
    """A union of which all operands but one are empty."""
    (x, c), (y, union) = is_a(p), is_a(p.premises[0])
    return x == y and same(c, union)


def several(p: Proof) -> bool:
    (x, some), (y, many) = is_a(p), is_a(p.premises[0])
    match many:
        case owl.ObjectMinCardinality(count, role, filler) | owl.ObjectExactCardinality(count, role, filler):
            return x == y and count > 0 and same(some, owl.ObjectSomeValuesFrom(role, filler))
    return False


def exists_out(p: Proof) -> bool:
    x, role, y = link(p)
    z, some = is_a(p.premises[0])
    return x == z and normal(some) == ("some", role, y)


def exists_in(p: Proof) -> bool:
    (x, some), (z, role, y), (w, c) = is_a(p), link(p.premises[0]), is_a(p.premises[1])
    return x == z and w == y and normal(some) == ("some", role, normal(c))


def disjoint(p: Proof) -> bool:
    (x, c), (y, one), (z, other) = is_a(p), is_a(p.premises[0]), is_a(p.premises[1])
    assert p.axiom is not None
    names = separated(p.axiom)
    places = {i for i, name in enumerate(names) if name in (normal(one), normal(other))}
    named = normal(one) in names and normal(other) in names
    return x == y == z and c == NOTHING and named and len(places) > 1


def contradiction(p: Proof) -> bool:
    (x, c), (y, one), (z, other) = is_a(p), is_a(p.premises[0]), is_a(p.premises[1])
    return x == y == z and c == NOTHING and normal(one) == complement(normal(other))


def bottom(p: Proof) -> bool:
    (x, c), (z, _, y), (w, nothing) = is_a(p), link(p.premises[0]), is_a(p.premises[1])
    return x == z and y == w and c == nothing == NOTHING


def ex_falso(p: Proof) -> bool:
    (x, _), (y, nothing) = is_a(p), is_a(p.premises[0])
    return x == y and nothing == NOTHING
