"""Proofs, worked out on demand from a closure: acyclic, each step an instance of a rule, axioms as they are written."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model.axioms import Assertion, Axiom, ClassExpression
from kgtwin.model.proof import Proof
from kgtwin.reasoning.inferences import Fact, Inference, Rule
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.ranking import Ranking
from kgtwin.reasoning.rendering import Renderer
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.view import View


class Prover:
    """Builds proofs over one closure; remembers what it has built, so that a sub-proof used twice is one object."""

    def __init__(
        self, view: View, assertions: Sequence[Assertion] = (), fillers: Sequence[ClassExpression] = ()
    ) -> None:
        self._view = view
        self._told = assertions, fillers
        self._parts: tuple[Tracer, Ranking, Renderer] | None = None

    def subsumption(self, sub: int, sup: int) -> Proof | None:
        """Why ``sub ⊑ sup`` (atoms); None where it does not follow."""
        above = self._view.closure.subsumers(sub)
        if sup in above:
            return self._proof([(sub, sup)])
        return self._absurd(sub, sup) if BOTTOM in above else None

    def membership(self, atom: int, expression: ClassExpression) -> Proof | None:
        """Why a context is of a type; None where it does not follow."""
        if not self._view.satisfies(atom, expression):
            return None
        return self._proof([(atom, self.tracer.asked(expression))])

    def link(self, subject: int, role: str, target: int) -> Proof | None:
        """Why a context is related to another; None where it does not follow."""
        tracer = self.tracer
        number = tracer.contexts.number(role)
        if number is None:
            return None
        node = tracer.contexts.node(target)
        reached = tracer.contexts.targets(subject, number)
        goals = [(subject, number, y) for y in reached]
        return self._proof(
            [goal for goal in goals if tracer.contexts.atom(tracer.contexts.canonical(goal[2])) == target]
        ) or (self._proof([goal for goal in goals if tracer.contexts.node(goal[2]) == node]))

    def _proof(self, goals: Sequence[Fact]) -> Proof | None:
        """The smallest proof of one of several facts."""
        _, ranking, renderer = self._all
        proven = [goal for goal in goals if ranking.prove(goal)]
        return renderer.proof(min(proven, key=ranking.size)) if proven else None

    def _absurd(self, sub: int, sup: int) -> Proof | None:
        proof = self._proof([(sub, BOTTOM)])
        inference = Inference(Rule.ABSURD, ((sub, BOTTOM),))
        return None if proof is None else self._all[2].step((sub, sup), inference)

    @property
    def tracer(self) -> Tracer:
        """What lists the inferences of this closure."""
        return self._all[0]

    @property
    def _all(self) -> tuple[Tracer, Ranking, Renderer]:
        if self._parts is None:
            tracer = Tracer(self._view, *self._told)
            ranking = Ranking(tracer.of_a_proof)
            self._parts = tracer, ranking, Renderer(tracer, ranking.chosen)
        return self._parts


def leaves(proof: Proof) -> list[Axiom]:
    """The told axioms that a proof rests on, each once."""
    return list(dict.fromkeys(step.axiom for step in proof.walk() if step.axiom is not None))
