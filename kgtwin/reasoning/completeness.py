"""What of the axioms was not used, so that an answer can say why it may be incomplete. What is derived is always sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyDomain,
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
from kgtwin.reasoning.expressions import DataAtom
from kgtwin.reasoning.indexing import Index
from kgtwin.reasoning.saturation import Saturation

_REMEDY = "rewrite it in OWL 2 EL, or check it with HermiT"


def caveats(axioms: Iterable[Axiom], saturation: Saturation) -> tuple[Caveat, ...]:
    """One caveat for each axiom, or part of one, that was not used."""
    found: dict[Caveat, None] = {}
    index = saturation.index
    for axiom in axioms:
        found.update(dict.fromkeys(_unused(axiom)))
        found.update(dict.fromkeys(_role_limits(axiom, saturation)))
    atoms = [form for number in range(len(index.expressions)) if (form := _told_atom(index, number)) is not None]
    found.update(dict.fromkeys(undecided_numbers(atoms, index)))
    return tuple(found)


def _told_atom(index: Index, number: int) -> DataAtom | None:
    form = index.expressions.form(number)
    return form if isinstance(form, DataAtom) and index.is_positive(number) else None


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


def undecided_numbers(atoms: Iterable[DataAtom], index: Index) -> tuple[Caveat, ...]:
    """Intervals that several conditions meet and none covers alone: together they might, which EL cannot derive."""
    found: dict[Caveat, None] = {}
    for atom in atoms:
        conditions = [interval for interval, _ in index.data_atoms.get(atom.property, ())]
        met = [one for one in conditions if _partly(atom.interval, one)]
        if _cover(atom.interval, met):
            text = f"that a number ({atom.interval}) falls under one of: {', '.join(map(str, met))} is not used"
            found[_caveat(text, (atom.property,))] = None
    return tuple(found)


def _partly(value: Interval, condition: Interval) -> bool:
    return value.meets(condition) and not value.within(condition)


def _cover(value: Interval, parts: list[Interval]) -> bool:
    """Whether two or more intervals may cover one together (of whole numbers: whenever they meet it)."""
    if len(parts) < 2 or value.integer or any(part.integer for part in parts):
        return len(parts) > 1
    left = Interval(value.low, value.low_open, value.high, value.high_open)
    for part in sorted(parts, key=lambda one: (one.low is not None, one.low or 0, one.low_open)):
        if not _starts_by(part, left):
            return False
        if part.high is None:
            return True
        left = left.intersection(Interval(low=part.high, low_open=not part.high_open))
        if left.empty:
            return True
    return False


def _starts_by(part: Interval, left: Interval) -> bool:
    if part.low is None:
        return True
    if left.low is None:
        return False
    return part.low < left.low or (part.low == left.low and (left.low_open or not part.low_open))
