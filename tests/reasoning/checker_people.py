"""Rules about individuals. Uses the model only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from math import prod

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Interval
from kgtwin.model.data_ranges import canonical, disjoint, is_single, within
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.vocabulary import OWL_THING
from tests.reasoning.checker_forms import NOTHING, THING, alone, combined, is_a, link, normal, same, value


def same_one(p: Proof) -> bool:
    """What is the individual a is whatever a is, is linked as a is, and is linked to where a is."""
    first, second = p.premises
    if isinstance(first.conclusion, Successor):
        (x, role, y), (z, told, w), (v, one) = link(p), link(first), is_a(second)
        return (x, role) == (z, told) and w == v and y == normal(alone(one))
    x, one = is_a(first)
    who = normal(alone(one))
    if isinstance(second.conclusion, Successor):
        return link(p)[0] == x and link(second)[0] == who and link(p)[1:] == link(second)[1:]
    return is_a(p)[0] == x and is_a(second)[0] == who and same(is_a(p)[1], is_a(second)[1])


def only_one(p: Proof) -> bool:
    """Links lead from an individual (or ⊤) to y, y ⊑ {a}: a is what is in y."""
    (x, c), (y, one) = is_a(p), is_a(p.premises[-1])
    path = [link(step) for step in p.premises[:-1]]
    first = p.premises[0].conclusion.subject
    joined = all(step[2] == after[0] for step, after in pairwise(path)) and (not path or path[-1][2] == y)
    return joined and (isinstance(first, str) or first == THING) and x == normal(alone(one)) and normal(c) == y


def reached(p: Proof) -> bool:
    (_, role, y), (z, one), (x, other) = link(p.premises[0]), is_a(p.premises[1]), is_a(p.premises[2])
    text = f"ObjectSomeValuesFrom(ObjectInverseOf(<{role}>) <{OWL_THING}>)"
    w, c = is_a(p)
    named = isinstance(p.premises[0].conclusion.subject, str)
    return named and y == z and x == w and alone(one) == alone(other) and c == owl.Unsupported("ObjectInverseOf", text)


def not_the_same(p: Proof) -> bool:
    """``{a} ⊓ {b} ⊑ ⊥ ⊢ a ⊑ ¬{b}``"""
    (x, c), (both, nothing) = is_a(p), is_a(p.premises[0])
    assert isinstance(c, owl.ObjectComplementOf)
    return nothing == NOTHING and combined("and", [x, normal(c.operand)]) == both


def key(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.HasKey)
    x, one = is_a(p)
    people = [x, normal(alone(one))]
    count = 1 + len(p.axiom.object_properties) + len(p.axiom.data_properties)
    pairs = [p.premises[i : i + 2] for i in range(0, len(p.premises), 2)]
    named = isinstance(p.conclusion.subject, str) and not {p.conclusion.subject[:2], alone(one)[:2]} & {"_:"}
    return (
        named
        and len(pairs) == count
        and all(
            [normal(step.conclusion.subject) for step in pair] == people and _shares(p.axiom, i, pair)
            for i, pair in enumerate(pairs)
        )
    )


def _shares(key: owl.HasKey, place: int, pair: Sequence[Proof]) -> bool:
    if place == 0:
        return all(same(is_a(step)[1], key.cls) for step in pair)
    if place <= len(key.object_properties):
        role = key.object_properties[place - 1]
        target = link(pair[0])[2]
        named = isinstance(target, tuple) and target[0] == "one" and not str(target[1]).startswith("_:")
        return named and all(link(step)[1:] == (role, target) for step in pair)
    prop = key.data_properties[place - 1 - len(key.object_properties)]
    ranges = [value(step)[1:] for step in pair]
    return ranges[0] == ranges[1] and ranges[0][0] == prop and is_single(ranges[0][1])


def rule(p: Proof) -> bool:
    """Some values of the variables make the body of what is proven, and the conclusion of a head atom."""
    assert isinstance(p.axiom, owl.DLSafeRule)
    return any(
        _concludes(atom, p, bindings) for bindings in _fits(p.axiom.body, p.premises, {}) for atom in p.axiom.head
    )


Bindings = dict[owl.Variable, object]


def _bind(bindings: Bindings, pairs: Sequence[tuple[object, object]]) -> Bindings | None:
    for term, found in pairs:
        if isinstance(term, owl.Variable):
            if bindings.setdefault(term, found) != found:
                return None
        elif term != found:
            return None
    return bindings


def _about(atom: owl.RuleAtom, step: Proof) -> list[tuple[object, object]] | None:
    """What the terms of a rule's atom must be to make it what is proven."""
    what = step.conclusion
    match atom, what:
        case owl.ClassAtom(cls, term), Membership(str(who), found) if same(cls, found):
            return [(term, who)]
        case owl.ObjectPropertyAtom(role, one, other), Successor(str(who), told, str(whom)) if role == told:
            return [(one, who), (other, whom)]
        case owl.DataPropertyAtom(prop, one, other), Membership(str(who), owl.DataSomeValuesFrom(told, values)):
            value_: object = other if isinstance(other, owl.Variable) else canonical(other)
            return [(one, who), (value_, canonical(values))] if prop == told and is_single(values) else None
        case owl.SameIndividualAtom(one, other), Membership(str(who), owl.ObjectOneOf((whom,))):
            return [(one, who), (other, whom)]
        case owl.DifferentIndividualsAtom(one, other), Membership(
            str(who), owl.ObjectComplementOf(owl.ObjectOneOf((whom,)))
        ):
            return [(one, who), (other, whom)]
    return None


def _fits(body: Sequence[owl.RuleAtom], premises: Sequence[Proof], bindings: Bindings) -> Iterator[Bindings]:
    """By trying; tests are left to the end, where each variable has a value."""
    ordered = sorted(body, key=lambda atom: isinstance(atom, owl.DataRangeAtom | owl.BuiltInAtom))
    if not ordered:
        yield bindings
        return
    atom, rest = ordered[0], ordered[1:]
    match atom:
        case owl.DataRangeAtom(values, term):
            found = bindings.get(term) if isinstance(term, owl.Variable) else term
            if found is not None and within(found, values):  # type: ignore[arg-type]
                yield from _fits(rest, premises, bindings)
            return
        case owl.BuiltInAtom():
            more = _computed(atom, bindings)
            if more is not None:
                yield from _fits(rest, premises, more)
            return
        case owl.SameIndividualAtom(one, other):
            yield from _fits_same(one, other, rest, premises, bindings)
    for step in premises:
        pairs = _about(atom, step)
        more = None if pairs is None else _bind(dict(bindings), pairs)
        if more is not None:
            yield from _fits(rest, premises, more)


def _fits_same(
    one: owl.IndividualArgument,
    other: owl.IndividualArgument,
    rest: Sequence[owl.RuleAtom],
    premises: Sequence[Proof],
    bindings: Bindings,
) -> Iterator[Bindings]:
    """Two terms that stand for the same name."""
    known = {bindings.get(term) if isinstance(term, owl.Variable) else term for term in (one, other)} - {None}
    if len(known) == 1:
        more = _bind(dict(bindings), [(term, next(iter(known))) for term in (one, other)])
        assert more is not None
        yield from _fits(rest, premises, more)


def _computed(atom: owl.BuiltInAtom, bindings: Bindings) -> Bindings | None:
    """Comparison and the first steps of arithmetic, of numbers."""
    name = atom.builtin.rpartition("#")[2]
    terms = atom.arguments
    numbers = [_number(bindings.get(term) if isinstance(term, owl.Variable) else term) for term in terms]
    compared: dict[str, Callable[[Decimal, Decimal], bool]] = {
        "equal": lambda a, b: a == b,
        "notEqual": lambda a, b: a != b,
        "lessThan": lambda a, b: a < b,
        "lessThanOrEqual": lambda a, b: a <= b,
        "greaterThan": lambda a, b: a > b,
        "greaterThanOrEqual": lambda a, b: a >= b,
    }
    if name in compared:
        one, other = numbers
        return bindings if one is not None and other is not None and compared[name](one, other) else None
    made: dict[str, Callable[[list[Decimal]], Decimal]] = {
        "add": lambda found: sum(found, Decimal(0)),
        "subtract": lambda found: found[0] - found[1],
        "multiply": lambda found: prod(found, start=Decimal(1)),
    }
    known = [one for one in numbers[1:] if one is not None]
    result = made[name](known)
    point = canonical(Interval(result, False, result))
    return _bind(dict(bindings), [(terms[0], point)])


def _number(values: object) -> Decimal | None:
    return values.low if isinstance(values, Interval) and values.low == values.high else None


def _concludes(atom: owl.RuleAtom, p: Proof, bindings: Bindings) -> bool:
    if isinstance(atom, owl.DataRangeAtom):
        found = bindings.get(atom.argument) if isinstance(atom.argument, owl.Variable) else atom.argument
        return is_a(p)[1] == NOTHING and disjoint(found, atom.range)  # type: ignore[arg-type]
    pairs = _about(atom, p)
    if isinstance(atom, owl.SameIndividualAtom) and pairs is not None:
        turned = [(pairs[0][0], pairs[1][1]), (pairs[1][0], pairs[0][1])]
        return _bind(dict(bindings), pairs) is not None or _bind(dict(bindings), turned) is not None
    if isinstance(atom, owl.DifferentIndividualsAtom) and pairs is not None:
        turned = [(pairs[0][0], pairs[1][1]), (pairs[1][0], pairs[0][1])]
        return _bind(dict(bindings), pairs) is not None or _bind(dict(bindings), turned) is not None
    return pairs is not None and _bind(dict(bindings), pairs) is not None
