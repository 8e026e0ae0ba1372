"""The last steps of the proof of a restriction on data values."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression, DataRange
from kgtwin.model.data_ranges import EMPTY, disjoint, intersection
from kgtwin.model.proof import Proof
from kgtwin.reasoning.inferences import Inference
from kgtwin.reasoning.naming import Names, range_of
from kgtwin.reasoning.steps import member, subject_of, type_of
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.written import NOTHING


class DataRenderer:
    """Writes ``x ⊑ ∃p.R``, and ``x ⊑ ⊥`` by values that cannot be."""

    def __init__(self, tracer: Tracer, names: Names) -> None:
        self._tracer, self._names = tracer, names

    def entailed(self, body: Proof, inference: Inference, wanted: ClassExpression) -> Proof:
        """``RDran`` for each range that narrows the value, ``RDH`` up to the property, then ``RD+`` or ``RD⊥``."""
        subject, value, here = subject_of(body), type_of(body), body
        assert isinstance(value, owl.DataSomeValuesFrom)
        for premise, number in zip(inference.premises[1:], inference.axioms, strict=False):
            above, axiom = self._names.data_raised(body, premise), self._tracer.axiom(number)
            assert isinstance(axiom, owl.DataPropertyRange)
            narrowed = owl.DataSomeValuesFrom(value.property, _narrowed(range_of(here), axiom.range))
            if premise[1] != premise[2]:
                above = self._names.data_raised(here, premise)
            here = member("RDran", subject, narrowed, [here] if premise[1] == premise[2] else [here, above], axiom)
        if wanted == NOTHING:
            return member("RD⊥", subject, NOTHING, [here])
        here = self._names.data_raised(here, inference.premises[-1])
        return here if type_of(here) == wanted else member("RD+", subject, wanted, [here])

    def functional(self, proofs: Sequence[Proof], inference: Inference, axiom: Axiom | None) -> Proof:
        """``RDfun``"""
        pairs = zip(proofs, inference.premises[2:], strict=True)
        values = [self._names.data_raised(value, under) for value, under in pairs]
        return member("RDfun", subject_of(proofs[0]), NOTHING, values, axiom)


def _narrowed(one: DataRange, other: DataRange) -> DataRange:
    return EMPTY if disjoint(one, other) else intersection(one, other) or one
