"""Explanations on demand: proofs and justifications. What they take is loaded and built when the first is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from kgtwin.model.axioms import Assertion, Axiom, ClassExpression
from kgtwin.model.proof import Justifications, Proof
from kgtwin.reasoning.view import View

if TYPE_CHECKING:
    from kgtwin.reasoning.explaining import Explainer

LIMIT = 10
"""So many justifications, unless more are asked for."""


class Prover:
    """Explains what one closure says.

    ``assertions`` are those that the view's extension was told, ``fillers`` the expressions that it was asked for.
    """

    def __init__(
        self, view: View, assertions: Sequence[Assertion] = (), fillers: Sequence[ClassExpression] = ()
    ) -> None:
        self._view, self._told = view, (assertions, fillers)
        self._explainer: Explainer | None = None
        self.lock = Lock()
        """Held while something is explained."""

    def subsumption(self, sub: int, sup: int) -> Proof | None:
        """Why ``sub ⊑ sup`` (atoms); None where it does not follow."""
        with self.lock:
            return self.explainer().subsumption(sub, sup)

    def membership(self, atom: int, expression: ClassExpression) -> Proof | None:
        """Why a context is of a type; None where it does not follow."""
        if not self._view.satisfies(atom, expression):
            return None
        with self.lock:
            return self.explainer().membership(atom, expression)

    def link(self, subject: int, role: str, target: int) -> Proof | None:
        """Why a context is related to another; None where it does not follow."""
        with self.lock:
            return self.explainer().link(subject, role, target)

    def justifications(self, atom: int, expression: ClassExpression, limit: int = LIMIT) -> Justifications:
        """The minimal sets of axioms by which a context is of a type; none where it does not follow."""
        with self.lock:
            return self.explainer().justifications(atom, expression, limit)

    def explainer(self) -> Explainer:
        """What explains, to be used while the lock is held."""
        if self._explainer is None or self._explainer.full:
            from kgtwin.reasoning.explaining import Explainer  # noqa: PLC0415 - few questions are why

            self._explainer = Explainer(self._view, *self._told)
        return self._explainer

    def __getstate__(self) -> tuple[View, tuple[Sequence[Assertion], Sequence[ClassExpression]]]:
        return self._view, self._told

    def __setstate__(self, saved: tuple[View, tuple[Sequence[Assertion], Sequence[ClassExpression]]]) -> None:
        self._view, self._told = saved
        self._explainer, self.lock = None, Lock()


def leaves(proof: Proof) -> list[Axiom]:
    """The told axioms that a proof rests on, each once."""
    return list(dict.fromkeys(step.axiom for step in proof.walk() if step.axiom is not None))
