"""All ways in which the body of a DL-safe rule fits, or a key is shared, to reach a given conclusion.

The rules are those that :mod:`kgtwin.reasoning.safe_rules` has compiled; here each variable stands for any one of
several equal individuals, so that no equality is used that need not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from kgtwin.model.axioms import DataRange, Variable
from kgtwin.model.data_ranges import canonical, disjoint, is_single, within
from kgtwin.reasoning import swrl_builtins
from kgtwin.reasoning.contexts import Contexts, ValueAtom
from kgtwin.reasoning.derived import Valued
from kgtwin.reasoning.facts import FactKind
from kgtwin.reasoning.individuals import Knowledge
from kgtwin.reasoning.inferences import DATA, DIFFERENT, Fact, Inference, Inferences, Rule
from kgtwin.reasoning.keys import Key
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.safe_rules import Computed, Lies, Pair, Pattern, Step, Term, Test
from kgtwin.reasoning.safe_rules import Rule as SafeRule
from kgtwin.reasoning.swrl_builtins import TooLong
from kgtwin.reasoning.tracing_data import DataTracer

Thing = int | DataRange | None
Bindings = dict[Variable, Thing]


class Fit(NamedTuple):
    """Values of a body's variables, and the facts that it fits."""

    bindings: Bindings
    facts: tuple[Fact, ...]


class Bodies:
    """Lists inferences by rules and keys about named individuals."""

    def __init__(self, contexts: Contexts, data: DataTracer, known: Knowledge, people: list[int]) -> None:
        self._contexts, self._data = contexts, data
        self._rules, self._keys = known.rules.rules, known.keys.keys
        self._named = [one for one in people if not str(contexts.node(one)).startswith("_:")]
        self._people = frozenset(people)
        self._values = self._derived_values()
        self._with_value: dict[DataRange, list[Valued]] = {}
        for valued in self._values:
            self._with_value.setdefault(canonical(valued.value), []).append(valued)
        self._told: dict[tuple[int, Pattern, int], dict[Thing, list[tuple[Fact, ...]]]] = {}
        heads = [step for rule in self._rules for step in rule.head]
        told = [step for step in heads if isinstance(step, Pattern)]
        self._classes = {step.predicate for step in told if step.kind is FactKind.MEMBER}
        self._roles = {step.predicate for step in told if step.kind is FactKind.ROLE}
        self._identify = bool(self._keys) or any(isinstance(step, Pair) and step.same for step in heads)
        self.tell_apart = any(isinstance(step, Pair) and not step.same for step in heads)
        self._refute = any(isinstance(step, Lies) for step in heads)

    def _derived_values(self) -> list[Valued]:
        extension = self._contexts.view.extension
        own = () if extension is None else extension.derived.values
        return [*self._contexts.index.derived.values, *own]

    # what may follow

    def may_tell(self, one: int, head: int) -> bool:
        """Whether something here could say of an individual that it is below a head."""
        if head in self._classes or (head == BOTTOM and self._refute) or head >= self._contexts.count:
            return True
        if head in self._people:
            return self._identify
        return self._has_value(one) and (head == BOTTOM or self._data.atom(head) is not None)

    def may_link(self, one: int, role: int, other: int) -> bool:
        """Whether something here could link two individuals."""
        return role in self._roles

    def _has_value(self, one: int) -> bool:
        return any(valued.subject == one for valued in self._values)

    # conclusions

    def is_a(self, one: int, head: int) -> Inferences:
        """``a ⊑ D``"""
        if head in self._classes:
            yield from self._by_heads(FactKind.MEMBER, head, one)
        if head in self._people:
            yield from self._same(one, head)
        if head == BOTTOM and self._refute:
            yield from self._refuted(one)
        if self._has_value(one) and (head == BOTTOM or self._data.atom(head) is not None):
            yield from self._by_values(one, head)

    def link(self, one: int, role: int, other: int) -> Inferences:
        """``a -r→ b``"""
        if role in self._roles:
            yield from self._by_heads(FactKind.ROLE, role, one, other)

    def value(self, x: int, key: ValueAtom) -> Inferences:
        """``x ⊑ ∃p.{v}``"""
        above = self._contexts.subs(x)
        for atom in sorted(above):
            one = self._data.atom(atom)
            if one is not None and canonical(one.range) == key.range and self._under(one.property, key.property):
                yield Inference(Rule.DATA, ((x, atom), (DATA, one.property, key.property)))
        for valued in self._with_value.get(key.range, ()):
            other = valued.subject in above and valued.property != key.property
            if other and self._under(valued.property, key.property):
                yield Inference(Rule.DATA, ((x, self._atom(valued)), (DATA, valued.property, key.property)))
        yield from self._by_heads(FactKind.VALUE, key.property, self._contexts.atom(x), key.range)
        for person in sorted(above & self._people):
            if person != self._contexts.atom(x) and self._has_value(person):
                yield Inference(Rule.SAME, ((x, person), (person, self._contexts.virtual(key))))

    def different(self, one: int, other: int) -> Inferences:
        """That two individuals are not the same."""
        for rule in self._rules if self.tell_apart else ():
            for step in rule.head:
                if isinstance(step, Pair) and not step.same:
                    for pair in {(one, other), (other, one)}:
                        yield from self._by_pair(rule, step, *pair)

    def _by_heads(self, kind: FactKind, predicate: int, one: int, other: Thing = None) -> Inferences:
        for rule in self._rules:
            for step in rule.head:
                if isinstance(step, Pattern) and (step.kind, step.predicate) == (kind, predicate):
                    bindings = self._bound({}, step.subject, one)
                    if bindings is not None and kind is FactKind.ROLE:
                        bindings = self._bound(bindings, step.object, other)
                    for facts in self._ways(rule, step, one, other, bindings):
                        yield Inference(Rule.SAFE, facts, (rule.axiom,))

    def _ways(
        self, rule: SafeRule, step: Pattern, one: int, other: Thing, bindings: Bindings | None
    ) -> Iterable[tuple[Fact, ...]]:
        """The facts of a body by which a head says something of an individual, and another or a value."""
        if bindings is None:
            return ()
        if step.kind is FactKind.VALUE:
            return self._giving(rule, step, one, bindings).get(other, ())
        return (fit.facts for fit in self._fits(rule, bindings))

    def _giving(
        self, rule: SafeRule, step: Pattern, one: int, bindings: Bindings
    ) -> dict[Thing, list[tuple[Fact, ...]]]:
        """What a body fits, by the value that the head gives an individual: worked out once for all its values."""
        known = self._told.get((rule.axiom, step, one))
        if known is None:
            known = self._told[rule.axiom, step, one] = {}
            for fit in self._fits(rule, bindings):
                known.setdefault(self._value(step.object, fit.bindings), []).append(fit.facts)
        return known

    def _same(self, one: int, other: int) -> Inferences:
        for rule in self._rules:
            for step in rule.head:
                if isinstance(step, Pair) and step.same:
                    for pair in {(one, other), (other, one)}:
                        yield from self._by_pair(rule, step, *pair)
        for key in self._keys:
            yield from self._by_key(key, one, other)

    def _by_pair(self, rule: SafeRule, step: Pair, one: int, other: int) -> Inferences:
        bindings = self._bound({}, step.one, one)
        bindings = None if bindings is None else self._bound(bindings, step.other, other)
        for fit in () if bindings is None else self._fits(rule, bindings):
            yield Inference(Rule.SAFE, fit.facts, (rule.axiom,))

    def _refuted(self, one: int) -> Inferences:
        """A rule whose head says of a value that it lies where it does not."""
        for rule in self._rules:
            for step in rule.head:
                if isinstance(step, Lies):
                    for fit in self._fits(rule, {}):
                        value = self._value(step.value, fit.bindings)
                        subjects = {fact[0] for fact in fit.facts} or {TOP}
                        if value is None or isinstance(value, int) or one not in subjects:
                            continue
                        if disjoint(value, step.range):
                            yield Inference(Rule.SAFE, fit.facts, (rule.axiom,))

    def _by_values(self, one: int, head: int) -> Inferences:
        """What follows from a value that a rule has given."""
        own = [self._atom(valued) for valued in self._values if valued.subject == one]
        told = [atom for atom in sorted(self._contexts.subs(one)) if self._data.atom(atom) is not None]
        for place, atom in enumerate(own):
            yield from self._data.entailed(one, atom, head)
            for other in (*told, *own[:place]) if head == BOTTOM else ():
                values = self._data.atom(atom), self._data.atom(other)
                if values[0] is not None and values[1] is not None and disjoint(values[0].range, values[1].range):
                    yield from self._data.all_functional(one, atom, other)

    # keys

    def _by_key(self, key: Key, one: int, other: int) -> Inferences:
        above = self._contexts.subs
        if one == other or not {one, other} <= set(self._named) or key.cls not in above(one) & above(other):
            return
        shared = [self._shared(kind, number, one, other) for kind, number in key.properties]
        for chosen in product(*shared):
            facts = [(one, key.cls), (other, key.cls), *(fact for pair in chosen for fact in pair)]
            yield Inference(Rule.KEY, tuple(facts), (key.axiom,))

    def _shared(self, kind: FactKind, number: int, one: int, other: int) -> list[tuple[Fact, Fact]]:
        if kind is FactKind.ROLE:
            both = [found for found in self._objects(one, number) if found in set(self._objects(other, number))]
            return [((one, number, found), (other, number, found)) for found in both]
        theirs = set(self._data_values(other, number))
        atoms = [self._contexts.virtual(ValueAtom(number, v)) for v in self._data_values(one, number) if v in theirs]
        return [((one, atom), (other, atom)) for atom in atoms]

    # bodies

    def _fits(self, rule: SafeRule, bindings: Bindings) -> Iterator[Fit]:
        return self._joined(rule.whole, Fit(bindings, ()))

    def _joined(self, steps: tuple[Step, ...], fit: Fit) -> Iterator[Fit]:
        if not steps:
            yield fit._replace(facts=tuple(dict.fromkeys(fit.facts)))
            return
        step, rest = steps[0], steps[1:]
        for more in self._filled(step, fit.bindings) if isinstance(step, Pattern) else self._tested(step, fit.bindings):
            yield from self._joined(rest, Fit(more.bindings, (*fit.facts, *more.facts)))

    def _filled(self, pattern: Pattern, bindings: Bindings) -> Iterator[Fit]:
        """The facts that fit a pattern."""
        subject = self._value(pattern.subject, bindings)
        for one in self._named if subject is None else [subject]:
            if not isinstance(one, int) or (subject is not None and one not in self._people):
                continue
            first = self._bound(bindings, pattern.subject, one)
            assert first is not None
            if pattern.kind is FactKind.MEMBER:
                if pattern.predicate == TOP or pattern.predicate in self._contexts.subs(one):
                    yield Fit(first, ((one, pattern.predicate),))
                continue
            for found, fact in self._found(pattern, one):
                more = self._bound(first, pattern.object, found)
                if more is not None:
                    yield Fit(more, (fact,))

    def _found(self, pattern: Pattern, one: int) -> Iterator[tuple[Thing, Fact]]:
        if pattern.kind is FactKind.ROLE:
            for other in self._objects(one, pattern.predicate):
                yield other, (one, pattern.predicate, other)
        else:
            for value in self._data_values(one, pattern.predicate):
                yield value, (one, self._contexts.virtual(ValueAtom(pattern.predicate, value)))

    def _tested(self, test: Test, bindings: Bindings) -> Iterator[Fit]:
        match test:
            case Pair(same, one, other):
                first, second = self._value(one, bindings), self._value(other, bindings)
                assert isinstance(first, int)
                assert isinstance(second, int)
                if not same:
                    yield Fit(bindings, ((DIFFERENT, first, second),))
                elif first == second:
                    yield Fit(bindings, ())
                elif second in self._contexts.subs(first):
                    yield Fit(bindings, ((first, second),))
            case Lies(data_range, value):
                found = self._value(value, bindings)
                if found is not None and not isinstance(found, int) and within(found, data_range):
                    yield Fit(bindings, ())
            case Computed():
                more = self._computed(test, bindings)
                if more is not None:
                    yield Fit(more, ())

    def _computed(self, test: Computed, bindings: Bindings) -> Bindings | None:
        values = [self._value(term, bindings) for term in test.arguments]
        known = [one for one in values if one is not None and not isinstance(one, int)]
        try:
            if len(known) == len(values):
                return bindings if swrl_builtins.holds(test.builtin, known) else None
            found = swrl_builtins.result(test.builtin, known) if values[0] is None else None
        except TooLong:
            return None
        return None if found is None else self._bound(bindings, test.arguments[0], found)

    # terms

    @staticmethod
    def _value(term: Term | None, bindings: Bindings) -> Thing:
        return bindings.get(term) if isinstance(term, Variable) else term

    def _bound(self, bindings: Bindings, term: Term | None, value: Thing) -> Bindings | None:
        """The bindings under which a term has a value."""
        known = self._value(term, bindings)
        if isinstance(term, Variable) and known is None:
            return {**bindings, term: value}
        return bindings if known == value else None

    def _objects(self, one: int, role: int) -> list[int]:
        """The named individuals that a role leads to."""
        reached = (self._contexts.subs(y) for y in self._contexts.targets(one, role))
        above = frozenset[int]().union(*reached)
        return [other for other in self._named if other in above]

    def _data_values(self, one: int, data_property: int) -> list[DataRange]:
        """The single values of an individual by a property and those below it."""
        above = self._contexts.subs(one)
        told = (found for atom in sorted(above) if (found := self._data.atom(atom)) is not None)
        values = [found.range for found in told if self._under(found.property, data_property)]
        values += [
            valued.value
            for valued in self._values
            if valued.subject in above and self._under(valued.property, data_property)
        ]
        return list(dict.fromkeys(canonical(value) for value in values if is_single(value)))

    def _under(self, sub: int, sup: int) -> bool:
        return sup in self._contexts.index.data_properties.supers(sub)

    def _atom(self, valued: Valued) -> int:
        return self._contexts.virtual(ValueAtom(valued.property, canonical(valued.value)))
