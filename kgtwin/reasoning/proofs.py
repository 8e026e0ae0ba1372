"""Proofs, worked out on demand from a closure."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model.axioms import Assertion, Axiom, ClassExpression
from kgtwin.model.proof import Proof
from kgtwin.reasoning.view import View


class Prover:
    """Builds proofs over one closure; remembers what it has built."""

    def __init__(self, view: View, assertions: Sequence[Assertion] = ()) -> None:
        self._view, self._assertions = view, assertions

    def subsumption(self, sub: int, sup: int) -> Proof | None:
        """Why ``sub ⊑ sup`` (atoms); None where it does not follow."""
        raise NotImplementedError

    def membership(self, atom: int, expression: ClassExpression) -> Proof | None:
        """Why a context is of a type; None where it does not follow."""
        raise NotImplementedError

    def link(self, subject: int, role: str, target: int) -> Proof | None:
        """Why a context is related to another; None where it does not follow."""
        raise NotImplementedError


def leaves(proof: Proof) -> list[Axiom]:
    """The told axioms that a proof rests on, each once."""
    return list(dict.fromkeys(step.axiom for step in proof.walk() if step.axiom is not None))
