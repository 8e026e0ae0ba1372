"""What became of predicted relations: counted, and the refuted ones with their proofs on request."""

from __future__ import annotations

from typing import Self

import strawberry

from kgtwin.api.graphql.derivations import Derivation
from kgtwin.model import predicted
from kgtwin.model.predicted import RefutedBy

strawberry.enum(RefutedBy, description="By which axioms a predicted relation cannot be.")


@strawberry.type(description="How many predicted relations were refuted in a way.")
class Refuted:
    by: RefutedBy
    count: int


@strawberry.type(description="What became of a patient's predicted relations; the refuted ones are not among `risks`.")
class Predicted:
    proven: int = strawberry.field(description="The ontology derives them: among `risks` with the basis `proven`.")
    consistent: int = strawberry.field(description="Among `risks` with the basis `predicted`.")
    refuted: list[Refuted]

    @classmethod
    def of(cls, one: predicted.Predicted) -> Self:
        refuted = [Refuted(by=each.by, count=each.count) for each in one.refuted]
        return cls(proven=one.proven, consistent=one.consistent, refuted=refuted)


@strawberry.type(description="A predicted relation that the ontology refutes: it is not so, whatever the model says.")
class Refutation:
    head: strawberry.ID
    head_label: str
    relation: str
    tail: strawberry.ID
    tail_label: str
    model: str
    by: RefutedBy
    derivation: Derivation = strawberry.field(description="The proof that it cannot be.")

    @classmethod
    def of(cls, one: predicted.Refutation) -> Self:
        return cls(
            head=strawberry.ID(one.head),
            head_label=one.head_label,
            relation=one.relation,
            tail=strawberry.ID(one.tail),
            tail_label=one.tail_label,
            model=one.model,
            by=one.by,
            derivation=Derivation(derivation=one.derivation),
        )
