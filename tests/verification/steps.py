"""Steps of the reasoner's proofs as a document has them: as text that is read again."""

from __future__ import annotations

from typing import Any, NamedTuple

from kgtwin.model.axioms import Axiom
from kgtwin.model.meaning import says
from kgtwin.model.owl_reading import read_axiom
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Proof
from kgtwin.model.proof_document import conclusion_axiom
from kgtwin.verification.steps import Said, follows


class Read(NamedTuple):
    """One step: what it says, what it rests on."""

    rule: str
    said: Said
    given: list[Said]
    axiom: Axiom | None
    raised: bool

    def holds(self, said: Said | None = None) -> bool:
        """Whether the step holds, or would with another conclusion."""
        return follows(self.rule, said or self.said, self.given, self.axiom, self.raised)


def read(proof: Proof) -> list[Read]:
    """Every step of a proof."""
    return [_read(step) for step in proof.walk()]


def _read(step: Proof) -> Read:
    axiom = None if step.axiom is None else read_axiom(render(step.axiom))
    return Read(step.rule, _said(step), [_said(one) for one in step.premises], axiom, raised(step))


def _said(step: Proof) -> Any:
    (said,) = says(read_axiom(render(conclusion_axiom(step.conclusion))))
    return said


def raised(step: Proof) -> bool:
    """Whether the last premise is the first one, by RH or RDH."""
    last = step.premises[-1] if step.premises else None
    while last is not None and last is not step.premises[0]:
        last = last.premises[0] if last.rule in ("RH", "RDH") else None
    return last is not None
