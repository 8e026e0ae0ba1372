"""Rules over links, and about data. Uses the model only."""

from __future__ import annotations

from itertools import pairwise

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.data_ranges import disjoint, intersection, is_empty, within
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.vocabulary import OWL, OWL_THING
from tests.reasoning.checker_forms import NOTHING, THING, alone, conjuncts, either, is_a, link, normal, same, value

TOP_PROPERTY = OWL + "topObjectProperty"


def self_(p: Proof) -> bool:
    """``x ⊑ ∃r.Self ⊢ x -r→ x``; of an individual, the other way round, too."""
    premise = p.premises[0]
    if len(p.premises) == 3:
        (z, role, y), (w, one), (v, other) = link(premise), is_a(p.premises[1]), is_a(p.premises[2])
        return is_a(p) == (z, owl.ObjectHasSelf(role)) and (w, v) == (z, y) and alone(one) == alone(other)
    if isinstance(p.conclusion, Successor):
        x, role, y = link(p)
        return x == y and is_a(premise) == (x, owl.ObjectHasSelf(role))
    x, role, y = link(premise)
    assert isinstance(p.conclusion, Membership)
    return x == y and isinstance(p.conclusion.subject, str) and is_a(p) == (x, owl.ObjectHasSelf(role))


def raise_(p: Proof) -> bool:
    (x, sup, y), (z, sub, w) = either(p), either(p.premises[0])
    match p.axiom:
        case owl.SubObjectPropertyOf(chain, result):
            ok = chain == (sub,) and result == sup
        case owl.EquivalentObjectProperties(operands):
            ok = sub in operands and sup in operands
        case _:
            ok = p.axiom is None and sup == TOP_PROPERTY
    return ok and x == z and y == w


def chain(p: Proof) -> bool:
    x, role, y = either(p)
    links = [either(one) for one in p.premises]
    path = tuple(r for _, r, _ in links)
    match p.axiom:
        case owl.SubObjectPropertyOf(chain, sup):
            ok = chain == path and sup == role and len(chain) > 1
        case owl.TransitiveObjectProperty(prop):
            ok = path == (prop, prop) and prop == role
        case _:
            ok = False
    if isinstance(p.conclusion, Membership):
        return ok and all(one[0] == x and one[2] == ("self", x) for one in links)
    joined = all(one[2] == other[0] for one, other in pairwise(links))
    return ok and joined and links[0][0] == x and links[-1][2] == y


def range_of(axiom: Axiom) -> tuple[str, ClassExpression]:
    match axiom:
        case owl.ObjectPropertyRange(role, found):
            return role, found
        case owl.SubClassOf(sub, owl.ObjectAllValuesFrom(role, found)) if normal(sub) == THING:
            return role, found
    raise AssertionError(axiom)


def raised_from(proof: Proof, first: Proof, rule: str = "RH") -> bool:
    """Whether a link is another one, or the same by a role above."""
    while proof is not first and proof.rule == rule:
        proof = proof.premises[0]
    return proof is first


def range_(p: Proof) -> bool:
    assert p.axiom is not None
    role, found = range_of(p.axiom)
    if isinstance(p.conclusion, Membership):
        x, c = is_a(p)
        if isinstance(p.premises[0].conclusion, Membership) and isinstance(
            p.premises[0].conclusion.type, owl.Unsupported
        ):
            text = f"ObjectSomeValuesFrom(ObjectInverseOf(<{role}>) <{OWL_THING}>)"
            inverse = owl.Unsupported("ObjectInverseOf", text)
            return is_a(p.premises[0]) == (x, inverse) and same(c, found)
        _, told, y = either(p.premises[0])
        named = isinstance(p.conclusion.subject, str) and y == x
        return len(p.premises) == 1 and (named or y == ("self", x)) and told == role and same(c, found)
    x, told, _ = link(p)
    first, last = p.premises[0], p.premises[-1]
    assert isinstance(first.conclusion, Successor)
    wanted = conjuncts(first.conclusion.object) | conjuncts(found)
    ok = raised_from(last, first) and link(first)[:2] == (x, told) and link(last)[1] == role
    return ok and conjuncts(p.conclusion.object) == wanted


def domain(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.ObjectPropertyDomain)
    (x, c), (y, role, _) = is_a(p), link(p.premises[0])
    return x == y and role == p.axiom.property and same(c, p.axiom.domain)


def reflexive(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.ReflexiveObjectProperty)
    x, role, y = either(p)
    return y in (x, ("self", x)) and role == p.axiom.property


def wider(p: Proof) -> bool:
    (x, q, wide), (y, r, narrow) = value(p), value(p.premises[0])
    return x == y and q == r and within(narrow, wide)


def empty(p: Proof) -> bool:
    (x, c), (y, _, values) = is_a(p), value(p.premises[0])
    return x == y and c == NOTHING and is_empty(values)


def data_raised(p: Proof) -> bool:
    (x, sup, values), (y, sub, told) = value(p), value(p.premises[0])
    match p.axiom:
        case owl.SubDataPropertyOf(one, other):
            ok = (one, other) == (sub, sup)
        case owl.EquivalentDataProperties(operands):
            ok = sub in operands and sup in operands
        case _:
            ok = False
    return ok and x == y and values == told


def data_range(p: Proof) -> bool:
    """``x ⊑ ∃p.R ⊢ x ⊑ ∃p.(R ∩ S)`` where p is below a property of range S."""
    assert isinstance(p.axiom, owl.DataPropertyRange)
    first, last = p.premises[0], p.premises[-1]
    (x, q, narrow), (y, r, told) = value(p), value(first)
    both = intersection(told, p.axiom.range)
    inside = disjoint(told, p.axiom.range) or (both is not None and within(both, narrow))
    return x == y and q == r and raised_from(last, first, "RDH") and value(last)[1] == p.axiom.property and inside


def data_domain(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.DataPropertyDomain)
    (x, c), (y, prop, _) = is_a(p), value(p.premises[0])
    return x == y and prop == p.axiom.property and same(c, p.axiom.domain)


def functional(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.FunctionalDataProperty)
    (x, c), (y, q, one), (z, r, other) = is_a(p), value(p.premises[0]), value(p.premises[1])
    return x == y == z and c == NOTHING and q == r == p.axiom.property and disjoint(one, other)
