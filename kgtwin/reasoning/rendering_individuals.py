"""The last steps of a proof about individuals: that there is only one of each, keys, rules."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.model.proof import Proof
from kgtwin.reasoning.inferences import Fact, Inference, Rule
from kgtwin.reasoning.naming import Names
from kgtwin.reasoning.steps import member, stands_for, subject_of, to_meaning, type_of, unfolded
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.written import NOTHING, as_class

_PLAIN = {Rule.REACHED: "Rinv", Rule.KEY: "Rkey", Rule.SAFE: "Rrule"}


class IndividualRenderer:
    """Writes what is true of something as it is an individual."""

    def __init__(self, tracer: Tracer, names: Names) -> None:
        self._contexts, self._names = tracer.contexts, names

    def is_a(
        self, fact: Fact, inference: Inference, proofs: Sequence[Proof], axiom: Axiom | None, path: Sequence[Proof]
    ) -> Proof | None:
        """The proof of a type from those of what it follows from; ``path`` leads to something that exists."""
        x, head = fact
        node, wanted = self._names.node(x), self._names.type(head)
        match inference.rule:
            case Rule.ONLY_ONE:
                return self._only_one(inference, proofs, wanted, path)
            case Rule.SAME if self._contexts.both(x) is None:
                return _taken_over(proofs[0], proofs[1], wanted)
            case Rule.SAME:
                part = member("R⊓−", node, type_of(proofs[0]), [stands_for(node)])
                return _taken_over(part, proofs[1], wanted)
            case Rule.APART:
                apart = _taken_over(proofs[0], proofs[2], type_of(proofs[2]))
                return member("R⊥¬", node, NOTHING, [apart, proofs[1]])
        return member(_PLAIN[inference.rule], node, wanted, proofs, axiom)

    def _only_one(
        self, inference: Inference, proofs: Sequence[Proof], wanted: ClassExpression, path: Sequence[Proof]
    ) -> Proof | None:
        """``Rnom``: what exists and is the individual a has a in it."""
        who, y = self._names.node(inference.premises[0][1]), inference.premises[2][0]
        whole = member("Rnom", who, as_class(self._names.node(y)), [*path, proofs[1]])
        core = unfolded(whole, to_meaning(wanted))
        return None if core is None else _taken_over(proofs[0], core, wanted)

    def different(self, fact: Fact, proofs: Sequence[Proof], axiom: Axiom | None) -> Proof:
        """That an individual is not another one."""
        apart = owl.ObjectComplementOf(as_class(self._names.node(fact[2])))
        return member("R≠" if axiom is None else "Rrule", self._names.node(fact[1]), apart, proofs, axiom)


def _taken_over(same: Proof, found: Proof, wanted: ClassExpression) -> Proof:
    """``Rsame``: what is the individual a is whatever a is."""
    node = subject_of(same)
    return found if subject_of(found) == node else member("Rsame", node, wanted, [same, found])
