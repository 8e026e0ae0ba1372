"""What of the axioms was not used: why an answer may be incomplete. What is derived is always sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyDomain,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    Interval,
    ObjectIntersectionOf,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    OtherAxiom,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
    Unsupported,
)
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.owl_text import render, render_expression
from kgtwin.reasoning.context import Context
from kgtwin.reasoning.expressions import DataAtom
from kgtwin.reasoning.indexing import Index
from kgtwin.reasoning.inferences import Top, WithinInterval
from kgtwin.reasoning.saturation import Saturation
from kgtwin.vocabulary import OWL_THING

_REMEDY = "rewrite it in OWL 2 EL, or check it with HermiT"


def caveats(axioms: Iterable[Axiom], saturation: Saturation) -> tuple[Caveat, ...]:
    """One caveat for each axiom, or part of one, that was not used."""
    found: dict[Caveat, None] = {}
    for axiom in axioms:
        found.update(dict.fromkeys(_unused(axiom)))
        found.update(dict.fromkeys(_role_limits(axiom, saturation)))
    found.update(dict.fromkeys(undecided_numbers(saturation.contexts.values(), saturation)))
    return tuple(found)


def _unused(axiom: Axiom) -> Iterator[Caveat]:
    if isinstance(axiom, OtherAxiom):
        yield _caveat(f"not used: {axiom.text}", axiom.signature)
        return
    negative, positive = _sides(axiom)
    touched = tuple(dict.fromkeys(name for part in (*negative, *positive) for name in _names(part)))
    for part in dict.fromkeys(found for whole in negative for found in _outside(whole, left=True)):
        yield _caveat(f"not used as a condition: {part.text}, in {render(axiom)}", touched)
    for part in dict.fromkeys(found for whole in positive for found in _outside(whole, left=False)):
        yield _caveat(f"nothing is concluded from: {part.text}, in {render(axiom)}", touched)


def _caveat(text: str, touches: Iterable[str]) -> Caveat:
    return Caveat(CaveatCode.IGNORED_AXIOM, text, tuple(touches), _REMEDY)


def _sides(axiom: Axiom) -> tuple[tuple[ClassExpression, ...], tuple[ClassExpression, ...]]:
    """The expressions that an axiom has on a left side, and those on a right one."""
    match axiom:
        case SubClassOf(sub, sup):
            return (sub,), (sup,)
        case EquivalentClasses(operands):
            return operands, operands
        case DisjointClasses(operands):
            return operands, ()
        case ObjectPropertyDomain(_, one) | ObjectPropertyRange(_, one) | DataPropertyDomain(_, one):
            return (), (one,)
        case ClassAssertion(_, one):
            return (), (one,)
    return (), ()


def _outside(expression: ClassExpression, *, left: bool) -> Iterator[Unsupported]:
    """The parts of an expression that its side cannot use; a union on the left can be used."""
    match expression:
        case ObjectIntersectionOf(operands):
            for operand in operands:
                yield from _outside(operand, left=left)
        case ObjectSomeValuesFrom(_, filler):
            yield from _outside(filler, left=left)
        case Unsupported("ObjectUnionOf", _, operands) if left and operands:
            for operand in operands:
                yield from _outside(operand, left=True)
        case Unsupported():
            yield expression


def _names(expression: ClassExpression) -> Iterator[str]:
    match expression:
        case Class(iri):
            yield iri
        case ObjectIntersectionOf(operands) | Unsupported(_, _, operands):
            for operand in operands:
                yield from _names(operand)
        case ObjectSomeValuesFrom(_, filler):
            yield from _names(filler)


# roles


def _role_limits(axiom: Axiom, saturation: Saturation) -> Iterator[Caveat]:
    match axiom:
        case SubObjectPropertyOf(chain, sup) if len(chain) > 1:
            last = chain[-1]
        case TransitiveObjectProperty(sup):
            chain, last = (sup, sup), sup
        case _:
            return
    yield from _range_limit(axiom, last, sup, saturation)
    reflexive = [role for role in dict.fromkeys(chain) if role in saturation.index.roles.reflexive]
    if reflexive:
        yield _caveat(f"with the reflexive <{reflexive[0]}>, only its told links are used in {render(axiom)}", (sup,))


def _range_limit(axiom: Axiom, last: str, sup: str, saturation: Saturation) -> Iterator[Caveat]:
    """OWL 2 EL's global restriction: a chain's last role must have the ranges of the role that it leads to."""
    index = saturation.index
    given = {d for d, _, _ in index.ranges(last)}
    implied = {c for d in given for c in _subsumers(saturation, d)}
    for d, _, axiom_of_range in index.ranges(sup):
        if d not in implied:
            text = render_expression(index.expressions.value(d))
            yield _caveat(
                f"what lies at the end of {render(axiom)} need not be known to be in {text}, "
                f"as {render(axiom_of_range)} asks",
                (sup, *_names(index.expressions.value(d))),
            )


def _subsumers(saturation: Saturation, number: int) -> set[int]:
    context = saturation.contexts.get((number, ()))
    return {number, *(context.subs if context is not None else ())}


# numbers


def undecided_numbers(contexts: Iterable[Context], saturation: Saturation) -> tuple[Caveat, ...]:
    """Numbers known only as an interval, of which each value would fire some condition, though no condition covers all.

    EL cannot derive what follows in each case; where some value fires nothing new, nothing is missed. One number is
    varied at a time. ``saturation`` is closed, or on top of a closed one.
    """
    found: dict[Caveat, None] = {}
    for context in contexts:
        for atom in _told_numbers(context, saturation):
            met = _met(atom, saturation.index)
            if met and all(_fires(context, atom, value, saturation) for value in _samples(atom.interval, met)):
                conditions = ", ".join(map(str, met))
                text = f"what follows from a number ({atom.interval}) in any case of {conditions} is not derived"
                found[_caveat(text, (atom.property, _name(context)))] = None
    return tuple(found)


def _told_numbers(context: Context, saturation: Saturation) -> Iterator[DataAtom]:
    for number, inference in context.subs.items():
        form = saturation.expressions.form(number)
        if isinstance(form, DataAtom) and not isinstance(inference, WithinInterval):
            yield form


def _met(atom: DataAtom, index: Index) -> list[Interval]:
    """The conditions that some values of an atom fulfil and others do not."""
    conditions = (interval for interval, _ in index.data_atoms.get(atom.property, ()))
    return [one for one in conditions if atom.interval.meets(one) and not atom.interval.within(one)]


def _samples(value: Interval, conditions: list[Interval]) -> list[Decimal]:
    """One number of every stretch that the bounds of the conditions cut an interval into, the bounds among them."""
    bounds = sorted({b for one in (value, *conditions) for b in (one.low, one.high) if b is not None})
    if not bounds:
        return []
    middles = [(one + other) / 2 for one, other in pairwise(bounds)]
    points = [bounds[0] - 1, *bounds, *middles, bounds[-1] + 1]
    if value.integer:
        points = [whole for p in points for whole in (Decimal(floor(p)), Decimal(ceil(p)))]
    return [point for point in points if value.holds(point)]


def _fires(context: Context, atom: DataAtom, value: Decimal, saturation: Saturation) -> bool:
    """Whether a number in the place of its interval leads to more than the conditions on that number themselves."""
    probe = Saturation(saturation.index, saturation.base or saturation)
    one, told = probe.individual("probe"), Top()
    for number in context.subs:
        probe.add(one, probe.expressions.intern(saturation.expressions.value(number)), told)
    exact = DataSomeValuesFrom(atom.property, Interval(value, False, value))
    probe.add(one, probe.expressions.intern(exact), told)
    probe.run()
    before = {saturation.expressions.value(number) for number in context.subs}
    new = (number for number in one.subs if probe.expressions.value(number) not in before)
    return any(not isinstance(probe.expressions.form(number), DataAtom) for number in new)


def _name(context: Context) -> str:
    return context.node if isinstance(context.node, str) else next(_names(context.node), OWL_THING)
