"""An independent checker: is every step of a proof an instance of its rule? Uses the model only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise, permutations
from math import prod

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression, DataRange, Interval
from kgtwin.model.data_ranges import canonical, disjoint, intersection, is_empty, is_single, within
from kgtwin.model.proof import Membership, Proof, Successor
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING

Normal = object
THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)
TOP_PROPERTY = OWL + "topObjectProperty"


def normal(expression: str | ClassExpression) -> Normal:
    """One value for expressions that differ only in how they are written.

    Order, nesting and repeats of ⊓ and ⊔, ``∃r.{a}`` and the value restriction, ``¬∃r.C`` and ``≤ 0 r.C``; ``≥ 2 r.C``
    says ``∃r.C``, too. An individual is the class that it is alone in.
    """
    match expression:
        case str():
            return ("one", expression)
        case owl.ObjectOneOf(individuals):
            return normal(individuals[0]) if len(individuals) == 1 else _set("or", map(normal, individuals))
        case owl.ObjectIntersectionOf(operands):
            return _set("and", (normal(one) for one in operands), nothing=THING)
        case owl.ObjectUnionOf(operands):
            found = _set("or", (normal(one) for one in operands), nothing=NOTHING)
            return THING if THING in parts(found, "or") else found
        case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
            return ("some", role, normal(filler))
        case owl.ObjectHasValue(role, individual):
            return ("some", role, normal(individual))
    return _restriction(expression)


def _restriction(expression: ClassExpression) -> Normal:
    match expression:
        case owl.ObjectComplementOf(operand):
            return _not(normal(operand))
        case owl.ObjectMaxCardinality(0, role, filler) | owl.ObjectExactCardinality(0, role, filler):
            return _not(("some", role, normal(filler)))
        case owl.ObjectMinCardinality(0, _, _) | owl.ObjectAllValuesFrom(
            _, Class("http://www.w3.org/2002/07/owl#Thing")
        ):
            return THING
        case owl.ObjectAllValuesFrom(role, Class("http://www.w3.org/2002/07/owl#Nothing")):
            return _not(("some", role, THING))
        case owl.ObjectMinCardinality(_, role, filler) | owl.ObjectExactCardinality(_, role, filler):
            return _set("and", (expression, ("some", role, normal(filler))))
        case owl.DataSomeValuesFrom(_, values) if is_empty(values):
            return NOTHING
    return expression


def _not(one: Normal) -> Normal:
    return NOTHING if one == THING else THING if one == NOTHING else ("not", one)


def _set(sign: str, found: Iterator[Normal] | Collection[Normal], nothing: Normal = None) -> Normal:
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
        assert _holds(step), step
        stack.append((step, True))
        stack.extend((premise, False) for premise in step.premises)
    return len(done)


def _holds(step: Proof) -> bool:
    """Whether a step is an instance of its rule, with as many premises and an axiom where the rule has one."""
    rule, premises, axiom = _RULES[step.rule]
    if len(step.premises) not in premises or (axiom is not None and axiom != (step.axiom is not None)):
        return False
    return rule(step)


def is_a(proof: Proof) -> tuple[Normal, ClassExpression]:
    assert isinstance(proof.conclusion, Membership), proof
    return normal(proof.conclusion.subject), proof.conclusion.type


def link(proof: Proof) -> tuple[Normal, str, Normal]:
    assert isinstance(proof.conclusion, Successor), proof
    return normal(proof.conclusion.subject), proof.conclusion.property, normal(proof.conclusion.object)


def same(one: str | ClassExpression, other: str | ClassExpression) -> bool:
    return normal(one) == normal(other)


# x is in C


def _told(p: Proof) -> bool:
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


def _r0(p: Proof) -> bool:
    x, c = is_a(p)
    return x == normal(c)


def _top(p: Proof) -> bool:
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


def _inclusion(p: Proof) -> bool:
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


def _conjunct(p: Proof) -> bool:
    (x, c), (y, whole) = is_a(p), is_a(p.premises[0])
    return x == y and conjuncts(c) <= conjuncts(whole)


def _conjoined(p: Proof) -> bool:
    x, whole = is_a(p)
    found = [is_a(one) for one in p.premises]
    return all(y == x for y, _ in found) and conjuncts(whole) <= frozenset().union(*(conjuncts(c) for _, c in found))


def _disjoined(p: Proof) -> bool:
    (x, union), (y, c) = is_a(p), is_a(p.premises[0])
    return x == y and parts(normal(c), "or") <= parts(normal(union), "or")


def _left_over(p: Proof) -> bool:
    """A union of which all operands but one are empty."""
    (x, c), (y, union) = is_a(p), is_a(p.premises[0])
    return x == y and same(c, union)


def _several(p: Proof) -> bool:
    (x, some), (y, many) = is_a(p), is_a(p.premises[0])
    match many:
        case owl.ObjectMinCardinality(count, role, filler) | owl.ObjectExactCardinality(count, role, filler):
            return x == y and count > 0 and same(some, owl.ObjectSomeValuesFrom(role, filler))
    return False


def _exists_out(p: Proof) -> bool:
    x, role, y = link(p)
    z, some = is_a(p.premises[0])
    return x == z and normal(some) == ("some", role, y)


def _exists_in(p: Proof) -> bool:
    (x, some), (z, role, y), (w, c) = is_a(p), link(p.premises[0]), is_a(p.premises[1])
    return x == z and w == y and normal(some) == ("some", role, normal(c))


def _disjoint(p: Proof) -> bool:
    (x, c), (y, one), (z, other) = is_a(p), is_a(p.premises[0]), is_a(p.premises[1])
    assert p.axiom is not None
    names = separated(p.axiom)
    places = {i for i, name in enumerate(names) if name in (normal(one), normal(other))}
    named = normal(one) in names and normal(other) in names
    return x == y == z and c == NOTHING and named and len(places) > 1


def _contradiction(p: Proof) -> bool:
    (x, c), (y, one), (z, other) = is_a(p), is_a(p.premises[0]), is_a(p.premises[1])
    return x == y == z and c == NOTHING and normal(one) == _not(normal(other))


def _bottom(p: Proof) -> bool:
    (x, c), (z, _, y), (w, nothing) = is_a(p), link(p.premises[0]), is_a(p.premises[1])
    return x == z and y == w and c == nothing == NOTHING


def _ex_falso(p: Proof) -> bool:
    (x, _), (y, nothing) = is_a(p), is_a(p.premises[0])
    return x == y and nothing == NOTHING


# individuals


def alone(expression: ClassExpression) -> str:
    found = normal(expression)
    assert isinstance(found, tuple)
    kind, who = found
    assert kind == "one"
    return str(who)


def _same_one(p: Proof) -> bool:
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


def _only_one(p: Proof) -> bool:
    """Links lead from an individual (or ⊤) to y, y ⊑ {a}: a is what is in y."""
    (x, c), (y, one) = is_a(p), is_a(p.premises[-1])
    path = [link(step) for step in p.premises[:-1]]
    first = p.premises[0].conclusion.subject
    joined = all(step[2] == after[0] for step, after in pairwise(path)) and (not path or path[-1][2] == y)
    return joined and (isinstance(first, str) or first == THING) and x == normal(alone(one)) and normal(c) == y


def _reached(p: Proof) -> bool:
    (_, role, y), (z, one), (x, other) = link(p.premises[0]), is_a(p.premises[1]), is_a(p.premises[2])
    text = f"ObjectSomeValuesFrom(ObjectInverseOf(<{role}>) <{OWL_THING}>)"
    w, c = is_a(p)
    named = isinstance(p.premises[0].conclusion.subject, str)
    return named and y == z and x == w and alone(one) == alone(other) and c == owl.Unsupported("ObjectInverseOf", text)


def _not_the_same(p: Proof) -> bool:
    """``{a} ⊓ {b} ⊑ ⊥ ⊢ a ⊑ ¬{b}``"""
    (x, c), (both, nothing) = is_a(p), is_a(p.premises[0])
    assert isinstance(c, owl.ObjectComplementOf)
    return nothing == NOTHING and _set("and", [x, normal(c.operand)]) == both


def _key(p: Proof) -> bool:
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


def _rule(p: Proof) -> bool:
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


# roles


def _self(p: Proof) -> bool:
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


def either(proof: Proof) -> tuple[Normal, str, Normal]:
    """A link, or a self restriction as one (its target is no context of its own)."""
    if isinstance(proof.conclusion, Successor):
        return link(proof)
    x, loop = is_a(proof)
    assert isinstance(loop, owl.ObjectHasSelf)
    return x, loop.property, ("self", x)


def _raise(p: Proof) -> bool:
    (x, sup, y), (z, sub, w) = either(p), either(p.premises[0])
    match p.axiom:
        case owl.SubObjectPropertyOf(chain, result):
            ok = chain == (sub,) and result == sup
        case owl.EquivalentObjectProperties(operands):
            ok = sub in operands and sup in operands
        case _:
            ok = p.axiom is None and sup == TOP_PROPERTY
    return ok and x == z and y == w


def _chain(p: Proof) -> bool:
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


def _range(p: Proof) -> bool:
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


def _domain(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.ObjectPropertyDomain)
    (x, c), (y, role, _) = is_a(p), link(p.premises[0])
    return x == y and role == p.axiom.property and same(c, p.axiom.domain)


def _reflexive(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.ReflexiveObjectProperty)
    x, role, y = either(p)
    return y in (x, ("self", x)) and role == p.axiom.property


# data


def value(proof: Proof) -> tuple[Normal, str, DataRange]:
    x, c = is_a(proof)
    assert isinstance(c, owl.DataSomeValuesFrom)
    return x, c.property, c.range


def _within(p: Proof) -> bool:
    (x, q, wide), (y, r, narrow) = value(p), value(p.premises[0])
    return x == y and q == r and within(narrow, wide)


def _empty(p: Proof) -> bool:
    (x, c), (y, _, values) = is_a(p), value(p.premises[0])
    return x == y and c == NOTHING and is_empty(values)


def _data_raised(p: Proof) -> bool:
    (x, sup, values), (y, sub, told) = value(p), value(p.premises[0])
    match p.axiom:
        case owl.SubDataPropertyOf(one, other):
            ok = (one, other) == (sub, sup)
        case owl.EquivalentDataProperties(operands):
            ok = sub in operands and sup in operands
        case _:
            ok = False
    return ok and x == y and values == told


def _data_range(p: Proof) -> bool:
    """``x ⊑ ∃p.R ⊢ x ⊑ ∃p.(R ∩ S)`` where p is below a property of range S."""
    assert isinstance(p.axiom, owl.DataPropertyRange)
    first, last = p.premises[0], p.premises[-1]
    (x, q, narrow), (y, r, told) = value(p), value(first)
    both = intersection(told, p.axiom.range)
    inside = disjoint(told, p.axiom.range) or (both is not None and within(both, narrow))
    return x == y and q == r and raised_from(last, first, "RDH") and value(last)[1] == p.axiom.property and inside


def _data_domain(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.DataPropertyDomain)
    (x, c), (y, prop, _) = is_a(p), value(p.premises[0])
    return x == y and prop == p.axiom.property and same(c, p.axiom.domain)


def _functional(p: Proof) -> bool:
    assert isinstance(p.axiom, owl.FunctionalDataProperty)
    (x, c), (y, q, one), (z, r, other) = is_a(p), value(p.premises[0]), value(p.premises[1])
    return x == y == z and c == NOTHING and q == r == p.axiom.property and disjoint(one, other)


_Rule = tuple[Callable[[Proof], bool], Sequence[int], bool | None]
_MANY = range(1, 1000)
_RULES: dict[str, _Rule] = {
    "told": (_told, [0], True),
    "R0": (_r0, [0], False),
    "R⊤": (_top, [0], False),
    "R⊑": (_inclusion, [1], True),
    "R⊓−": (_conjunct, [1], False),
    "R⊓+": (_conjoined, _MANY, False),
    "R⊔+": (_disjoined, [1], False),
    "R⊔−": (_left_over, [1], False),
    "R≥": (_several, [1], False),
    "R∃−": (_exists_out, [1], False),
    "R∃+": (_exists_in, [2], False),
    "Rself": (_self, [1, 3], False),
    "RH": (_raise, [1], None),
    "R∘": (_chain, _MANY, True),
    "Rran": (_range, [1, 2], True),
    "Rdom": (_domain, [1], True),
    "Rrefl": (_reflexive, [0], True),
    "Rsame": (_same_one, [2], False),
    "Rnom": (_only_one, _MANY, False),
    "Rinv": (_reached, [3], False),
    "R≠": (_not_the_same, [1], False),
    "Rkey": (_key, _MANY, True),
    "Rrule": (_rule, range(100), True),
    "R⊥⊓": (_disjoint, [2], True),
    "R⊥¬": (_contradiction, [2], False),
    "R⊥": (_bottom, [2], False),
    "R⊥⊑": (_ex_falso, [1], False),
    "RD+": (_within, [1], False),
    "RD⊥": (_empty, [1], False),
    "RDH": (_data_raised, [1], True),
    "RDran": (_data_range, [1, 2], True),
    "RDdom": (_data_domain, [1], True),
    "RDfun": (_functional, [2], True),
}
