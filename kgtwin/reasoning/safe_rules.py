"""DL-safe SWRL rules: their variables stand for named individuals and for values that these are known to have.

Every rule is applied once for every set of facts that its body fits, semi-naively: each fact is taken up once, fills in
turn every atom of a body that it fits, and the rest of the body is joined with the facts taken up before it. No
individuals appear, so this ends unless arithmetic makes new values for ever; after so many a rule is stopped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, DataRange, Variable
from kgtwin.model.data_ranges import canonical, disjoint, within
from kgtwin.reasoning import swrl_builtins
from kgtwin.reasoning.derived import Premise
from kgtwin.reasoning.facts import Fact, FactKind, Facts, Needs, Thing, vague
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import TOP
from kgtwin.reasoning.proxies import stand_in
from kgtwin.reasoning.swrl_builtins import TooLong

MOST_VALUES = 10_000
"""So many new values may a rule make."""
MOST_ON_TOP = 1_000
"""So many may it make of what is told of one patient on top of an ontology: more cost seconds for each of many."""

Term = Variable | int | DataRange
Bindings = dict[Variable, Thing]


class Pattern(NamedTuple):
    """An atom that facts fit."""

    kind: FactKind
    predicate: int
    subject: Term
    object: Term | None


class Pair(NamedTuple):
    """``same`` or different individuals."""

    same: bool
    one: Term
    other: Term


class Lies(NamedTuple):
    """A value lies in a range."""

    range: DataRange
    value: Term


class Computed(NamedTuple):
    """A built-in."""

    builtin: str
    arguments: tuple[Term, ...]


Test = Pair | Lies | Computed
Step = Pattern | Test


class Rule(NamedTuple):
    """A rule as it is run: ``plans[i]`` joins the body when a fact has filled pattern i; ``whole`` when none has."""

    axiom: int
    patterns: tuple[Pattern, ...]
    plans: tuple[tuple[Step, ...], ...]
    whole: tuple[Step, ...]
    head: tuple[Step, ...]


class Verdict(Enum):
    """What a conclusion says beyond facts."""

    SAME = "same"
    DIFFERENT = "different"
    CONTRADICTION = "contradiction"


class Conclusion(NamedTuple):
    """A head atom with its values: a fact, or a verdict on two individuals."""

    axiom: int
    says: Fact | tuple[Verdict, int, int]
    premises: tuple[Premise, ...]


class Unusable(Exception):  # noqa: N818 - no error: the rule is named in a caveat
    """A rule cannot be run, as it says."""


# compiling


class RuleBook:
    """The rules of an ontology, compiled. ``unusable`` gives the axioms of those that cannot be run, with why."""

    def __init__(self, index: Index) -> None:
        self.rules: list[Rule] = []
        self.unusable: dict[int, str] = {}
        self._index = index
        for axiom in index.told.rules:
            rule = index.table[axiom]
            assert isinstance(rule, owl.DLSafeRule)
            try:
                self.rules.append(self._compiled(axiom, rule))
            except Unusable as why:
                self.unusable[axiom] = str(why)
        self.by_predicate: dict[tuple[FactKind, int], list[tuple[Rule, int]]] = {}
        for one in self.rules:
            for place, pattern in enumerate(one.patterns):
                self.by_predicate.setdefault((pattern.kind, pattern.predicate), []).append((one, place))

    def _compiled(self, axiom: int, rule: owl.DLSafeRule) -> Rule:
        body = [self._step(atom) for atom in rule.body]
        head = tuple(self._step(atom) for atom in rule.head)
        if any(isinstance(step, Computed) for step in head):
            raise Unusable("a built-in stands in its head")
        patterns = [step for step in body if isinstance(step, Pattern)]
        tests = [step for step in body if not isinstance(step, Pattern)]
        bound = {one for pattern in patterns for one in _variables(pattern)}
        for pair in (test for test in tests if isinstance(test, Pair)):
            for one in _variables(pair):
                if one not in bound:
                    patterns.append(Pattern(FactKind.MEMBER, TOP, one, None))
                    bound.add(one)
        whole = _plan(patterns, tests, set())
        known = {one for step in whole for one in _variables(step)}
        for one in (one for step in head for one in _variables(step) if one not in known):
            raise Unusable(f"its variable <{one.iri}> stands in its head alone")
        rests = ([*patterns[:i], *patterns[i + 1 :]] for i in range(len(patterns)))
        plans = (_plan(rest, tests, set(_variables(one))) for one, rest in zip(patterns, rests, strict=True))
        return Rule(axiom, tuple(patterns), tuple(plans), whole, head)

    def _step(self, atom: owl.RuleAtom) -> Step:
        match atom:
            case owl.ClassAtom(cls, argument):
                return Pattern(FactKind.MEMBER, self._class(cls), self._individual(argument), None)
            case owl.ObjectPropertyAtom(role, subject, target):
                number = self._index.role(role)
                assert number is not None, "lowering numbers the roles of rules"
                return Pattern(FactKind.ROLE, number, self._individual(subject), self._individual(target))
            case owl.DataPropertyAtom(data_property, subject, value):
                entity = self._index.entity(data_property)
                assert entity is not None, "lowering numbers the data properties of rules"
                return Pattern(FactKind.VALUE, entity, self._individual(subject), _data(value))
            case owl.SameIndividualAtom(one, other) | owl.DifferentIndividualsAtom(one, other):
                same = isinstance(atom, owl.SameIndividualAtom)
                return Pair(same, self._individual(one), self._individual(other))
            case owl.DataRangeAtom(data_range, value):
                if isinstance(data_range, owl.OtherRange):
                    raise Unusable(f"the data range {data_range.text} is not understood")
                return Lies(data_range, _data(value))
            case owl.BuiltInAtom(builtin, arguments):
                if not swrl_builtins.is_known(builtin, len(arguments)):
                    raise Unusable(f"the built-in <{builtin}> with {len(arguments)} arguments is not offered")
                return Computed(builtin, tuple(map(_data, arguments)))
        raise TypeError(type(atom))

    def _class(self, cls: owl.ClassExpression) -> int:
        known = stand_in(cls)
        atom = self._index.class_atom(known.iri) if isinstance(known, Class) else self._index.opaque(known)
        assert atom is not None, "lowering numbers the classes of rules"
        return atom

    def _individual(self, argument: owl.IndividualArgument) -> Term:
        if isinstance(argument, Variable):
            return argument
        atom = self._index.individual_atom(argument)
        assert atom is not None, "lowering numbers the individuals of rules"
        return atom

    def needs(self) -> Needs:
        """The facts that the rules ask for."""
        kinds: tuple[set[int], ...] = (set(), set(), set())
        for kind, predicate in self.by_predicate:
            kinds[kind].add(predicate)
        return Needs(*map(frozenset, kinds))


def _data(argument: owl.DataArgument) -> Term:
    return argument if isinstance(argument, Variable) else canonical(argument)


def _variables(step: Step) -> Iterator[Variable]:
    match step:
        case Pattern(_, _, one, other) | Pair(_, one, other):
            yield from (term for term in (one, other) if isinstance(term, Variable))
        case Lies(_, value):
            yield from (term for term in (value,) if isinstance(term, Variable))
        case Computed(_, arguments):
            yield from (term for term in arguments if isinstance(term, Variable))


def _plan(patterns: Iterable[Pattern], tests: Iterable[Test], bound: set[Variable]) -> tuple[Step, ...]:
    """An order of the steps: tests as soon as their variables are bound, then the pattern with most of them bound."""
    waiting, left, plan = list(tests), list(patterns), list[Step]()
    while waiting or left:
        ready = [test for test in waiting if _ready(test, bound)]
        if ready:
            chosen: Step = ready[0]
            waiting.remove(ready[0])
        elif left:
            chosen = min(left, key=lambda one: _loose(one, bound))
            left.remove(chosen)
        else:
            loose = next(v for test in waiting for v in _variables(test) if v not in bound)
            raise Unusable(f"nothing says what its variable <{loose.iri}> stands for")
        plan.append(chosen)
        bound.update(_variables(chosen))
    return tuple(plan)


def _loose(step: Step, bound: set[Variable]) -> tuple[int, int]:
    """The fewer variables are not bound, the better; then the more are."""
    variables = list(_variables(step))
    return sum(v not in bound for v in variables), -len(variables)


def _ready(test: Test, bound: set[Variable]) -> bool:
    loose = [v for v in _variables(test) if v not in bound]
    if isinstance(test, Computed) and swrl_builtins.has_result(test.builtin):
        return all(v == test.arguments[0] and v not in test.arguments[1:] for v in loose)
    return not loose


# running


class RuleRun:
    """Applies rules to facts.

    ``same`` gives the one individual that stands for all that are the same as another, ``different`` whether two are
    known to be different. ``stopped`` are rules that made more than ``most`` values; ``undecided`` gives, for a rule
    that asks whether two individuals are different, a pair of which this is not known.
    """

    def __init__(
        self,
        book: RuleBook,
        facts: Facts,
        same: Callable[[int], int],
        different: Callable[[int, int], bool],
        most: int = MOST_VALUES,
    ) -> None:
        self._book, self._facts, self._same, self._different = book, facts, same, different
        self._most = most
        self._queue: deque[tuple[Fact, tuple[Premise, ...]]] = deque()
        self._concluded: dict[object, Conclusion] = {}
        self._values: dict[int, int] = {}
        self.stopped: set[int] = set()
        self.undecided: dict[int, tuple[int, int]] = {}

    def start(self) -> None:
        """Applies what needs no new fact: bodies without patterns, and those that ask whether individuals differ."""
        for rule in self._book.rules:
            if not rule.patterns or any(isinstance(step, Pair) and not step.same for step in rule.whole):
                self._join(rule, rule.whole, {}, ())

    def add(self, fact: Fact, premises: tuple[Premise, ...]) -> None:
        """Notes a fact; :meth:`run` takes it up."""
        if fact not in self._facts:
            self._queue.append((fact, premises))

    def run(self) -> list[Conclusion]:
        """All that follows from the facts noted, each conclusion once."""
        self.take_up()
        found = list(self._concluded.values())
        self._concluded = {}
        return found

    def take_up(self) -> None:
        """Adds the facts noted to the others, and applies the rules to them."""
        while self._queue:
            fact, premises = self._queue.popleft()
            if self._facts.add(fact, premises):
                for rule, place in self._book.by_predicate.get((fact.kind, fact.predicate), ()):
                    bindings: Bindings = {}
                    if self._unify(rule.patterns[place], fact, bindings):
                        self._join(rule, rule.plans[place], bindings, (fact,))

    @property
    def open(self) -> dict[int, str]:
        """The axioms of rules that may not have been applied wherever they fit, with why."""
        differ = dict.fromkeys(self.undecided, "it is not known of all individuals whether they differ")
        return differ | dict.fromkeys(self.stopped, "it makes too many values")

    # inside

    def _join(self, rule: Rule, steps: tuple[Step, ...], bindings: Bindings, used: tuple[Fact, ...]) -> None:
        if not steps:
            for step in rule.head:
                self._conclude(rule, step, bindings, used)
            return
        step, rest = steps[0], steps[1:]
        if isinstance(step, Pattern):
            for fact in list(self._fitting(step, bindings)):
                more = dict(bindings)
                if self._unify(step, fact, more):
                    self._join(rule, rest, more, (*used, fact))
        elif self._passes(rule, step, bindings):
            self._join(rule, rest, bindings, used)

    def _value(self, term: Term | None, bindings: Bindings) -> Thing:
        found = bindings.get(term) if isinstance(term, Variable) else term
        return self._same(found) if isinstance(found, int) else found

    def _fitting(self, pattern: Pattern, bindings: Bindings) -> Iterator[Fact]:
        subject, found = self._value(pattern.subject, bindings), self._value(pattern.object, bindings)
        one = Fact(pattern.kind, pattern.predicate, subject if isinstance(subject, int) else -1, found)
        bound = found is not None or pattern.object is None
        return self._facts.matching(one, subject=subject is not None, object=bound)

    def _unify(self, pattern: Pattern, fact: Fact, bindings: Bindings) -> bool:
        for term, value in ((pattern.subject, fact.subject), (pattern.object, fact.object)):
            known = self._value(term, bindings)
            if isinstance(term, Variable) and known is None:
                bindings[term] = value
            elif known != value or vague(value):
                return False
        return True

    def _passes(self, rule: Rule, test: Test, bindings: Bindings) -> bool:
        match test:
            case Pair(same, one, other):
                first, second = self._value(one, bindings), self._value(other, bindings)
                assert isinstance(first, int)
                assert isinstance(second, int)
                return first == second if same else self._differ(rule, first, second)
            case Lies(data_range, value):
                found = self._value(value, bindings)
                return found is not None and not isinstance(found, int) and within(found, data_range)
            case Computed():
                return self._compute(rule, test, bindings)

    def _differ(self, rule: Rule, one: int, other: int) -> bool:
        if one == other:
            return False
        if self._different(one, other):
            return True
        self.undecided.setdefault(rule.axiom, (one, other))
        return False

    def _compute(self, rule: Rule, test: Computed, bindings: Bindings) -> bool:
        values = [self._value(term, bindings) for term in test.arguments]
        known = [one for one in values if one is not None and not isinstance(one, int)]
        try:
            if len(known) == len(values):
                return swrl_builtins.holds(test.builtin, known)
            found = swrl_builtins.result(test.builtin, known) if values[0] is None else None
        except TooLong:
            self.stopped.add(rule.axiom)
            return False
        target = test.arguments[0]
        if found is None or not isinstance(target, Variable):
            return False
        bindings[target] = found
        return True

    def _conclude(self, rule: Rule, step: Step, bindings: Bindings, used: tuple[Fact, ...]) -> None:
        match step:
            case Pattern(kind, predicate, subject, found):
                whom = self._value(subject, bindings)
                assert isinstance(whom, int)
                self._conclude_fact(rule, Fact(kind, predicate, whom, self._value(found, bindings)), used)
            case Pair(same, one, other):
                first, second = self._value(one, bindings), self._value(other, bindings)
                assert isinstance(first, int)
                assert isinstance(second, int)
                if not same or first != second:
                    self._keep(rule, (Verdict.SAME if same else Verdict.DIFFERENT, first, second), used)
            case Lies(data_range, value):
                found = self._value(value, bindings)
                if found is not None and not isinstance(found, int) and disjoint(found, data_range):
                    self._keep(rule, (Verdict.CONTRADICTION, used[0].subject if used else TOP, TOP), used)

    def _conclude_fact(self, rule: Rule, fact: Fact, used: tuple[Fact, ...]) -> None:
        if fact in self._facts or fact in self._concluded:
            return
        if fact.kind is FactKind.VALUE:
            made = self._values[rule.axiom] = self._values.get(rule.axiom, 0) + 1
            if made > self._most:
                self.stopped.add(rule.axiom)
                return
        self._keep(rule, fact, used)

    def _keep(self, rule: Rule, says: Fact | tuple[Verdict, int, int], used: tuple[Fact, ...]) -> None:
        if says not in self._concluded:
            premises = tuple(dict.fromkeys(one for fact in used for one in self._facts.premises(fact)))
            self._concluded[says] = Conclusion(rule.axiom, says, premises)
