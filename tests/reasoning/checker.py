"""An independent checker: is every step of a proof an instance of its rule? Uses the model only."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import pairwise

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    EquivalentObjectProperties,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
    Unsupported,
)
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Normal = object


def normal(expression: str | ClassExpression) -> Normal:
    """One value for expressions that differ only in the order, nesting and repeats of ⊓."""
    match expression:
        case ObjectIntersectionOf():
            parts = conjuncts(expression)
            return next(iter(parts)) if len(parts) == 1 else ("and", parts) if parts else normal(Class(OWL_THING))
        case ObjectSomeValuesFrom(role, filler):
            return ("some", role, normal(filler))
    return expression


def conjuncts(expression: str | ClassExpression) -> frozenset[Normal]:
    if isinstance(expression, ObjectIntersectionOf):
        return frozenset(part for operand in expression.operands for part in conjuncts(operand))
    return frozenset() if expression == Class(OWL_THING) else frozenset([normal(expression)])


def check(proof: Proof, told: Collection[Axiom]) -> int:
    """Raises AssertionError at a step that is no instance of its rule; returns the number of distinct steps."""
    done: dict[int, Proof] = {}
    open_steps: set[int] = set()
    stack: list[tuple[Proof, bool]] = [(proof, False)]
    while stack:
        step, leaving = stack.pop()
        if leaving:
            open_steps.discard(id(step))
            done[id(step)] = step
            continue
        assert id(step) not in open_steps, "the proof runs in a circle"
        if id(step) in done:
            continue
        open_steps.add(id(step))
        if step.axiom is not None:
            assert step.axiom in told, f"{step.rule} rests on an axiom that nobody told"
        assert _RULES[step.rule](step), step
        stack.append((step, True))
        stack.extend((premise, False) for premise in step.premises)
    return len(done)


def is_a(proof: Proof) -> tuple[Normal, ClassExpression]:
    assert isinstance(proof.conclusion, Membership), proof
    return normal(proof.conclusion.subject), proof.conclusion.type


def link(proof: Proof) -> tuple[Normal, str, Normal]:
    assert isinstance(proof.conclusion, Successor), proof
    return normal(proof.conclusion.subject), proof.conclusion.property, normal(proof.conclusion.object)


def _told(p: Proof) -> bool:
    match p.axiom:
        case ClassAssertion(who, expression):
            return is_a(p) == (who, expression) or (is_a(p)[0] == who and normal(is_a(p)[1]) == normal(expression))
        case ObjectPropertyAssertion(role, who, whom):
            return link(p) == (who, role, whom)
        case DataPropertyAssertion(prop, who, interval):
            return is_a(p) == (who, DataSomeValuesFrom(prop, interval))
    return False


def _r0(p: Proof) -> bool:
    x, c = is_a(p)
    return not p.premises and x == normal(c)


def _top(p: Proof) -> bool:
    return not p.premises and is_a(p)[1] == Class(OWL_THING)


def _inclusion(p: Proof) -> bool:
    (x, sup), (y, sub) = is_a(p), is_a(p.premises[0])
    match p.axiom:
        case SubClassOf(one, other):
            ok = normal(one) == normal(sub) and normal(other) == normal(sup)
        case EquivalentClasses(operands):
            names = [normal(one) for one in operands]
            ok = normal(sub) in names and normal(sup) in names
        case DisjointClasses(operands):
            ok = [normal(one) for one in operands].count(normal(sub)) > 1 and sup == Class(OWL_NOTHING)
        case _:
            ok = False
    return ok and x == y and len(p.premises) == 1


def _conjunct(p: Proof) -> bool:
    x, c = is_a(p)
    if not p.premises:  # of what the context stands for
        assert isinstance(p.conclusion, Membership)
        return conjuncts(c) <= conjuncts(p.conclusion.subject)
    y, whole = is_a(p.premises[0])
    return x == y and conjuncts(c) <= conjuncts(whole)


def _conjoined(p: Proof) -> bool:
    x, whole = is_a(p)
    parts = [is_a(one) for one in p.premises]
    return all(y == x for y, _ in parts) and conjuncts(whole) == frozenset().union(*(conjuncts(c) for _, c in parts))


def _disjoined(p: Proof) -> bool:
    (x, union), (y, c) = is_a(p), is_a(p.premises[0])
    assert isinstance(union, Unsupported)
    return x == y and normal(c) in [normal(one) for one in union.operands]


def _exists_out(p: Proof) -> bool:
    x, role, y = link(p)
    z, some = is_a(p.premises[0])
    assert isinstance(some, ObjectSomeValuesFrom)
    return x == z and some.property == role and normal(some.filler) == y


def _exists_in(p: Proof) -> bool:
    (x, some), (z, role, y), (w, c) = is_a(p), link(p.premises[0]), is_a(p.premises[1])
    assert isinstance(some, ObjectSomeValuesFrom)
    return x == z and role == some.property and w == y and normal(c) == normal(some.filler)


def _raise(p: Proof) -> bool:
    (x, sup, y), (z, sub, w) = link(p), link(p.premises[0])
    match p.axiom:
        case SubObjectPropertyOf(chain, result):
            ok = chain == (sub,) and result == sup
        case EquivalentObjectProperties(operands):
            ok = sub in operands and sup in operands
        case _:
            ok = False
    return ok and x == z and y == w


def _chain(p: Proof) -> bool:
    x, role, y = link(p)
    links = [link(one) for one in p.premises]
    path = tuple(r for _, r, _ in links)
    match p.axiom:
        case SubObjectPropertyOf(chain, sup):
            ok = chain == path and sup == role
        case TransitiveObjectProperty(prop):
            ok = path == (prop, prop) and prop == role
        case _:
            ok = False
    joined = all(one[2] == other[0] for one, other in pairwise(links))
    return ok and joined and links[0][0] == x and links[-1][2] == y


def _range(p: Proof) -> bool:
    axiom = p.axiom
    assert isinstance(axiom, ObjectPropertyRange)
    if isinstance(p.conclusion, Membership):
        x, c = is_a(p)
        _, role, y = link(p.premises[0])
        return y == x and role == axiom.property and normal(c) == normal(axiom.range)
    x, role, _ = link(p)
    assert isinstance(p.conclusion, Successor)
    first, last = p.premises[0], p.premises[-1]
    assert isinstance(first.conclusion, Successor)
    same = link(first)[:2] == (x, role) and link(last)[0] == x and link(last)[2] == link(first)[2]
    wanted = conjuncts(first.conclusion.object) | conjuncts(axiom.range)
    return same and link(last)[1] == axiom.property and conjuncts(p.conclusion.object) == wanted


def _domain(p: Proof) -> bool:
    assert isinstance(p.axiom, ObjectPropertyDomain)
    (x, c), (y, role, _) = is_a(p), link(p.premises[0])
    return x == y and role == p.axiom.property and normal(c) == normal(p.axiom.domain)


def _reflexive(p: Proof) -> bool:
    assert isinstance(p.axiom, ReflexiveObjectProperty)
    x, role, y = link(p)
    return x == y and role == p.axiom.property


def _disjoint(p: Proof) -> bool:
    assert isinstance(p.axiom, DisjointClasses)
    (x, c), (y, one), (z, other) = is_a(p), is_a(p.premises[0]), is_a(p.premises[1])
    names = [normal(operand) for operand in p.axiom.operands]
    places = {i for i, name in enumerate(names) if name in (normal(one), normal(other))}
    return (
        x == y == z and c == Class(OWL_NOTHING) and normal(one) in names and normal(other) in names and len(places) > 1
    )


def _bottom(p: Proof) -> bool:
    (x, c), (z, _, y), (w, nothing) = is_a(p), link(p.premises[0]), is_a(p.premises[1])
    return x == z and y == w and c == nothing == Class(OWL_NOTHING)


def _ex_falso(p: Proof) -> bool:
    (x, _), (y, nothing) = is_a(p), is_a(p.premises[0])
    return x == y and nothing == Class(OWL_NOTHING)


def _within(p: Proof) -> bool:
    (x, wide), (y, narrow) = is_a(p), is_a(p.premises[0])
    assert isinstance(wide, DataSomeValuesFrom)
    assert isinstance(narrow, DataSomeValuesFrom)
    return x == y and wide.property == narrow.property and narrow.interval.within(wide.interval)


def _empty(p: Proof) -> bool:
    (x, c), (y, atom) = is_a(p), is_a(p.premises[0])
    return x == y and c == Class(OWL_NOTHING) and isinstance(atom, DataSomeValuesFrom) and atom.interval.empty


def _data_domain(p: Proof) -> bool:
    assert isinstance(p.axiom, DataPropertyDomain)
    (x, c), (y, atom) = is_a(p), is_a(p.premises[0])
    same = isinstance(atom, DataSomeValuesFrom) and atom.property == p.axiom.property
    return x == y and same and normal(c) == normal(p.axiom.domain)


_RULES: dict[str, Callable[[Proof], bool]] = {
    "told": _told,
    "R0": _r0,
    "R⊤": _top,
    "R⊑": _inclusion,
    "R⊓−": _conjunct,
    "R⊓+": _conjoined,
    "R⊔+": _disjoined,
    "R∃−": _exists_out,
    "R∃+": _exists_in,
    "RH": _raise,
    "R∘": _chain,
    "Rran": _range,
    "Rdom": _domain,
    "Rrefl": _reflexive,
    "R⊥⊓": _disjoint,
    "R⊥": _bottom,
    "R⊥⊑": _ex_falso,
    "RD+": _within,
    "RD⊥": _empty,
    "RDdom": _data_domain,
}
