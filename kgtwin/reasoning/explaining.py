"""Explanations of one closure: what it takes to trace, rank and write them, kept from one question to the next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from kgtwin.model.axioms import Assertion, ClassExpression
from kgtwin.model.proof import Justifications, Proof
from kgtwin.reasoning.inferences import Fact, Inference, Rule
from kgtwin.reasoning.justifications import justify
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.ranking import Ranking
from kgtwin.reasoning.rendering import Renderer
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.view import View

_MOST = 500_000
"""When so many inferences are remembered, it is time to begin anew."""


class Explainer:
    """Explains facts; a sub-proof that is used twice is one object. Not to be used by two threads at a time."""

    def __init__(self, view: View, assertions: Sequence[Assertion], fillers: Sequence[ClassExpression]) -> None:
        self._view = view
        self.tracer = Tracer(view, assertions, fillers)
        self._ranking = Ranking(self.tracer.of_a_proof)
        self._renderer = Renderer(self.tracer, self._ranking.chosen)

    @property
    def full(self) -> bool:
        """Whether it remembers more than is good."""
        return self.tracer.size > _MOST

    def subsumption(self, sub: int, sup: int) -> Proof | None:
        """Why ``sub ⊑ sup``."""
        above = self._view.closure.subsumers(sub)
        if sup in above:
            return self._proof([(sub, sup)])
        if BOTTOM not in above or self._proof([(sub, BOTTOM)]) is None:
            return None
        return self._renderer.step((sub, sup), Inference(Rule.ABSURD, ((sub, BOTTOM),)))

    def membership(self, atom: int, expression: ClassExpression) -> Proof | None:
        """Why a context is of a type that the view says that it is of."""
        return self._proof([(atom, self.tracer.asked(expression))])

    def link(self, subject: int, role: str, target: int) -> Proof | None:
        """Why a context is related to another."""
        contexts = self.tracer.contexts
        number = contexts.number(role)
        if number is None:
            return None
        node = contexts.node(target)
        goals = [(subject, number, y) for y in contexts.targets(subject, number)]
        exact = [goal for goal in goals if contexts.atom(contexts.canonical(goal[2])) == target]
        return self._proof(exact) or self._proof([goal for goal in goals if contexts.node(goal[2]) == node])

    def justifications(self, atom: int, expression: ClassExpression, limit: int) -> Justifications:
        """The justifications of a type of a context; what is empty is of every type."""
        goals: list[Fact] = []
        if self._view.satisfies(atom, expression):
            goals.append((atom, self.tracer.asked(expression)))
        if BOTTOM in self._view.closure.subsumers(atom) and (atom, BOTTOM) not in goals:
            goals.append((atom, BOTTOM))
        found = justify(self.tracer, goals, limit)
        return Justifications(found.sets, False) if self._cut_short else found

    @cached_property
    def _cut_short(self) -> bool:
        """Whether there may be more than was derived: nothing is concluded from individuals that cannot exist."""
        individuals = self.tracer.individuals
        return (
            self._view.extension is not None
            and individuals.concerned
            and any(BOTTOM in self._view.closure.subsumers(one) for one in individuals.people)
        )

    def _proof(self, goals: Sequence[Fact]) -> Proof | None:
        """The smallest proof of one of several facts."""
        proven = [goal for goal in goals if self._ranking.prove(goal)]
        return self._renderer.proof(min(proven, key=self._ranking.size)) if proven else None
