"""Proofs from the inferences that a saturation has kept: acyclic, as each premise was there before its conclusion.

A sub-proof that is used twice is the same object. Where an individual takes over what a class derives, the class's
steps are given with the individual in the place of the class, so that every step is an instance of a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, assert_never

from kgtwin.model.axioms import Axiom, ClassExpression, ObjectIntersectionOf
from kgtwin.model.proof import Conclusion, Membership, Proof
from kgtwin.model.proof import Successor as Related
from kgtwin.reasoning import inferences as by
from kgtwin.reasoning.context import Context
from kgtwin.reasoning.expressions import BOTTOM, Conjunction, Existential
from kgtwin.reasoning.saturation import Saturation


class IsA(NamedTuple):
    """To prove: ``subject ⊑ number``, by what ``source`` derives (the subject itself, or a class that it is in)."""

    subject: Context
    source: Context
    number: int


class Linked(NamedTuple):
    """To prove: ``subject -role→ target``, by what ``source`` derives, with the first ``ranges`` of the target's."""

    subject: Context
    source: Context
    role: str
    target: Context
    ranges: int


class Raised(NamedTuple):
    """To prove: the same link by a role above."""

    link: Goal
    role: str
    sup: str


class Loop(NamedTuple):
    """To prove: ``subject`` is related to itself by a reflexive role."""

    subject: Context
    role: str


Goal = IsA | Linked | Raised | Loop


class Step(NamedTuple):
    """One rule application whose premises are still to prove; ``conclude`` takes their proofs."""

    rule: str
    premises: Sequence[Goal]
    conclude: Callable[[Sequence[Proof]], Conclusion]
    axiom: Axiom | None = None


class Prover:
    """Builds proofs over one saturation; remembers what it has built."""

    def __init__(self, saturation: Saturation) -> None:
        self._saturation = saturation
        self._roles = saturation.index.roles
        self._proofs: dict[Goal, Proof] = {}

    def membership(self, context: Context, number: int) -> Proof:
        """Why ``context ⊑ number``, which must have been derived."""
        return self._prove(IsA(context, context, number))

    def link(self, context: Context, role: str, target: Context, sup: str) -> Proof:
        """Why ``context -sup→ target``, from the derived link by ``role``, which is ``sup`` or below it."""
        return self._prove(Raised(_whole(context, context, role, target), role, sup))

    def loop(self, context: Context, role: str) -> Proof:
        """Why a reflexive role relates a context to itself."""
        return self._prove(Loop(context, role))

    def _prove(self, goal: Goal) -> Proof:
        stack: list[tuple[Goal, Step | None]] = [(goal, None)]
        while stack:
            here, step = stack.pop()
            if here in self._proofs:
                continue
            if step is None:
                step = self._step(here)
                stack.append((here, step))
                stack.extend((premise, None) for premise in step.premises)
                continue
            premises = tuple(self._proofs[premise] for premise in step.premises)
            self._proofs[here] = self._built(step, premises)
        return self._proofs[goal]

    @staticmethod
    def _built(step: Step, premises: tuple[Proof, ...]) -> Proof:
        if step.rule == _SAME:
            return premises[0]
        return Proof(step.rule, step.conclude(premises), premises, step.axiom)

    def _step(self, goal: Goal) -> Step:
        match goal:
            case IsA():
                return self._membership(goal)
            case Linked():
                return self._link(goal)
            case Raised(link, role, sup):
                return self._raised(link, role, sup)
            case Loop(subject, role):
                return self._loop(subject, role)

    # x ⊑ C

    def _membership(self, goal: IsA) -> Step:
        x, source, number = goal
        inference = source.subs[number]
        kept = self._kept(x, source, number, inference)
        if kept is not None:
            return kept
        value = self._saturation.expressions.value
        premises, axiom = self._premises(x, source, number, inference)
        conclusion = Membership(x.node, value(number))
        return Step(_RULES[type(inference)], premises, lambda _: conclusion, axiom)

    def _kept(self, x: Context, source: Context, number: int, inference: by.Subsumption) -> Step | None:
        """What is no rule application: taken over from a class, or what the context stands for."""
        if isinstance(inference, by.Inherited):
            return _same(IsA(x, inference.source, number))
        if isinstance(inference, by.Initial):
            if source is not x:
                return _same(IsA(x, x, number))
            conclusion = Membership(x.node, self._saturation.expressions.value(number))
            return Step("R⊓−" if x.ranges else "R0", (), lambda _: conclusion)
        return None

    def _premises(
        self, x: Context, source: Context, number: int, inference: by.Subsumption
    ) -> tuple[Sequence[Goal], Axiom | None]:
        match inference:
            case by.Told(sub, axiom) | by.DataDomain(sub, axiom):
                return (IsA(x, source, sub),), axiom
            case by.Conjoined():
                form = self._saturation.expressions.form(number)
                assert isinstance(form, Conjunction)
                return tuple(IsA(x, source, operand) for operand in form.operands), None
            case by.Conjunct(part) | by.Disjoined(part) | by.WithinInterval(part) | by.EmptyInterval(part):
                return (IsA(x, source, part),), None
            case by.Disjoint(one, other, axiom):
                return (IsA(x, source, one), IsA(x, source, other)), axiom
            case by.Asserted() | by.Top() | by.Initial() | by.Inherited():
                return (), inference.axiom if isinstance(inference, by.Asserted) else None
        return self._premises_over_links(x, source, number, inference)

    def _premises_over_links(
        self,
        x: Context,
        source: Context,
        number: int,
        inference: by.Propagated
        | by.ReflexivePropagated
        | by.Domain
        | by.Range
        | by.ReflexiveDomain
        | by.ReflexiveRange
        | by.BottomLink,
    ) -> tuple[Sequence[Goal], Axiom | None]:
        match inference:
            case by.Propagated(role, target, filler):
                form = self._saturation.expressions.form(number)
                assert isinstance(form, Existential)
                link = Raised(_whole(x, source, role, target), role, form.role)
                return (link, IsA(target, target, filler)), None
            case by.ReflexivePropagated(filler):
                form = self._saturation.expressions.form(number)
                assert isinstance(form, Existential)
                return (Loop(x, form.role), IsA(x, source, filler)), None
            case by.Domain(role, target, sup, axiom):
                return (Raised(_whole(x, source, role, target), role, sup),), axiom
            case by.Range(subject, role, sup, axiom):
                return (Raised(_whole(subject, subject, role, x), role, sup),), axiom
            case by.ReflexiveDomain(role, axiom) | by.ReflexiveRange(role, axiom):
                return (Loop(x, role),), axiom
            case by.BottomLink(role, target):
                return (_whole(x, source, role, target), IsA(target, target, BOTTOM)), None
        assert_never(inference)

    # x -r→ y

    def _link(self, goal: Linked) -> Step:
        x, source, role, target, ranges = goal
        inference = source.succ[role][target]
        if isinstance(inference, by.Inherited):
            return _same(Linked(x, inference.source, role, target, ranges))
        start = len(inference.last.ranges) if isinstance(inference, by.Composed) else 0
        if ranges > start:
            return self._range_step(goal)
        conclusion = Related(x.node, role, self._partial(target, ranges))
        match inference:
            case by.Asserted(axiom):
                return Step("told", (), lambda _: conclusion, axiom)
            case by.Successor(existential):
                return Step("R∃−", (IsA(x, source, existential),), lambda _: conclusion)
            case by.Composed():
                premises = self._chained(x, source, inference)
                return Step("R∘", premises, lambda _: conclusion, inference.chain.axiom)

    def _range_step(self, goal: Linked) -> Step:
        """``Rran``: ``x -r→ C, x -s→ C ⊢ x -r→ C ⊓ D`` by the axiom ``ran(s) ⊑ D``, where ``r ⊑* s``."""
        x, _, role, target, count = goal
        number = target.ranges[count - 1]
        sup, axiom = next((s, a) for d, s, a in self._saturation.index.ranges(role) if d == number)
        before = goal._replace(ranges=count - 1)
        conclusion = Related(x.node, role, self._partial(target, count))
        premises = (before,) if sup == role else (before, Raised(before, role, sup))
        return Step("Rran", premises, lambda _: conclusion, axiom)

    def _partial(self, target: Context, ranges: int) -> str | ClassExpression:
        if target.root is None or ranges == len(target.ranges):
            return target.node
        values = [self._saturation.expressions.value(number) for number in (target.root, *target.ranges[:ranges])]
        return ObjectIntersectionOf(tuple(values)) if ranges else values[0]

    def _chained(self, x: Context, source: Context, inference: by.Composed) -> list[Goal]:
        """The links of a chain, those of its auxiliary roles written out."""
        first, middle, second, last, chain = inference
        final = Raised(_whole(middle, middle, second, last), second, chain.right)
        if first not in self._roles.auxiliary:
            return [Raised(_whole(x, source, first, middle), first, chain.left), final]
        before = source.succ[first][middle]
        while isinstance(before, by.Inherited):
            source = before.source
            before = source.succ[first][middle]
        assert isinstance(before, by.Composed)
        return [*self._chained(x, source, before), final]

    def _raised(self, link: Goal, role: str, sup: str) -> Step:
        if role == sup:
            return _same(link)
        before, axiom = self._roles.supers(role)[sup]
        return Step("RH", (Raised(link, role, before),), lambda premises: _by_role(premises[0], sup), axiom)

    def _loop(self, x: Context, role: str) -> Step:
        told, axiom = self._roles.reflexive[role]
        if told != role:
            return _same(Raised(Loop(x, told), told, role))
        conclusion = Related(x.node, role, x.node)
        return Step("Rrefl", (), lambda _: conclusion, axiom)


_SAME = "="
"""Not a rule: the goal is proven by its only premise's proof."""

_RULES: dict[type[by.Subsumption], str] = {
    by.Top: "R⊤",
    by.Told: "R⊑",
    by.Conjoined: "R⊓+",
    by.Conjunct: "R⊓−",
    by.Disjoined: "R⊔+",
    by.Propagated: "R∃+",
    by.ReflexivePropagated: "R∃+",
    by.WithinInterval: "RD+",
    by.EmptyInterval: "RD⊥",
    by.DataDomain: "RDdom",
    by.Domain: "Rdom",
    by.Range: "Rran",
    by.ReflexiveDomain: "Rdom",
    by.ReflexiveRange: "Rran",
    by.Disjoint: "R⊥⊓",
    by.BottomLink: "R⊥",
    by.Asserted: "told",
}


def _same(goal: Goal) -> Step:
    return Step(_SAME, (goal,), lambda premises: premises[0].conclusion)


def _whole(x: Context, source: Context, role: str, target: Context) -> Linked:
    return Linked(x, source, role, target, len(target.ranges))


def _by_role(premise: Proof, role: str) -> Conclusion:
    assert isinstance(premise.conclusion, Related)
    return Related(premise.conclusion.subject, role, premise.conclusion.object)
