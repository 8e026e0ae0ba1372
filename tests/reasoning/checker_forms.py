"""Conclusions of a proof in a form in which ways of writing do not count. Uses the model only."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression, DataRange
from kgtwin.model.data_ranges import is_empty
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Normal = object
THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)


def normal(expression: str | ClassExpression) -> Normal:
    """One value for expressions that differ only in how they are written.

    Order, nesting and repeats of ⊓ and ⊔, ``∃r.{a}`` and the value restriction, ``¬∃r.C`` and ``≤ 0 r.C``; ``≥ 2 r.C``
    says ``∃r.C``, too. An individual is the class that it is alone in.
    """
    match expression:
        case str():
            return ("one", expression)
        case owl.ObjectOneOf(individuals):
            return normal(individuals[0]) if len(individuals) == 1 else combined("or", map(normal, individuals))
        case owl.ObjectIntersectionOf(operands):
            return combined("and", (normal(one) for one in operands), nothing=THING)
        case owl.ObjectUnionOf(operands):
            found = combined("or", (normal(one) for one in operands), nothing=NOTHING)
            return THING if THING in parts(found, "or") else found
        case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
            return ("some", role, normal(filler))
        case owl.ObjectHasValue(role, individual):
            return ("some", role, normal(individual))
    return _restriction(expression)


def _restriction(expression: ClassExpression) -> Normal:
    match expression:
        case owl.ObjectComplementOf(operand):
            return complement(normal(operand))
        case owl.ObjectMaxCardinality(0, role, filler) | owl.ObjectExactCardinality(0, role, filler):
            return complement(("some", role, normal(filler)))
        case owl.ObjectMinCardinality(0, _, _):
            return THING
        case owl.ObjectAllValuesFrom(role, filler) if normal(filler) in (THING, NOTHING):
            return THING if normal(filler) == THING else complement(("some", role, THING))
        case owl.ObjectMinCardinality(_, role, filler) | owl.ObjectExactCardinality(_, role, filler):
            return combined("and", (expression, ("some", role, normal(filler))))
        case owl.DataSomeValuesFrom(_, values) if is_empty(values):
            return NOTHING
    return expression


def complement(one: Normal) -> Normal:
    return NOTHING if one == THING else THING if one == NOTHING else ("not", one)


def combined(sign: str, found: Iterator[Normal] | Collection[Normal], nothing: Normal = None) -> Normal:
    flat = frozenset(part for one in found for part in parts(one, sign)) - {nothing}
    return nothing if not flat and nothing else next(iter(flat)) if len(flat) == 1 else (sign, flat)


def parts(one: Normal, sign: str) -> frozenset[Normal]:
    """The operands of a normal conjunction or union; what is none is its own only operand."""
    if isinstance(one, tuple) and one[0] == sign:
        found: frozenset[Normal] = one[1]
        return found
    return frozenset([one])


def conjuncts(expression: str | ClassExpression) -> frozenset[Normal]:
    return parts(normal(expression), "and") - {THING}


def is_a(proof: Proof) -> tuple[Normal, ClassExpression]:
    assert isinstance(proof.conclusion, Membership), proof
    return normal(proof.conclusion.subject), proof.conclusion.type


def link(proof: Proof) -> tuple[Normal, str, Normal]:
    assert isinstance(proof.conclusion, Successor), proof
    return normal(proof.conclusion.subject), proof.conclusion.property, normal(proof.conclusion.object)


def same(one: str | ClassExpression, other: str | ClassExpression) -> bool:
    return normal(one) == normal(other)


def value(proof: Proof) -> tuple[Normal, str, DataRange]:
    x, c = is_a(proof)
    assert isinstance(c, owl.DataSomeValuesFrom)
    return x, c.property, c.range


def either(proof: Proof) -> tuple[Normal, str, Normal]:
    """A link, or a self restriction as one (its target is no context of its own)."""
    if isinstance(proof.conclusion, Successor):
        return link(proof)
    x, loop = is_a(proof)
    assert isinstance(loop, owl.ObjectHasSelf)
    return x, loop.property, ("self", x)


def alone(expression: ClassExpression) -> str:
    found = normal(expression)
    assert isinstance(found, tuple)
    kind, who = found
    assert kind == "one"
    return str(who)
