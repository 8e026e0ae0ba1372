"""Derivations: a proof as numbered steps, as text, as Mermaid and as JSON."""

from __future__ import annotations

from typing import Self

import strawberry
from strawberry.scalars import JSON

from kgtwin.api.graphql.fields import described
from kgtwin.model import derivation as model


@strawberry.type
class Annotation:
    property: str
    value: str


@strawberry.type(description="An axiom that a person wrote.")
class Axiom:
    text: str = strawberry.field(description="In OWL's functional syntax.")
    origin: str | None = strawberry.field(description="File and line.")
    annotations: list[Annotation]

    @classmethod
    def of(cls, axiom: model.AxiomRef) -> Self:
        annotations = [Annotation(property=prop, value=value) for prop, value in axiom.annotations]
        return cls(text=axiom.text, origin=axiom.origin, annotations=annotations)


@strawberry.type(description="A received fact at a leaf of a proof.")
class ReceivedFact:
    key: strawberry.ID = strawberry.field(description="The fact's id, `f-…`.")
    resource: str
    version: str
    source: str
    text: str

    @classmethod
    def of(cls, fact: model.FactRef) -> Self:
        return cls(
            key=strawberry.ID(fact.fact),
            resource=fact.resource,
            version=fact.version,
            source=fact.source,
            text=fact.text,
        )


@strawberry.type(description="One step: `conclusion` follows from `premises` by `rule`.")
class DerivationStep:
    index: int
    rule: str
    conclusion: str
    premises: list[int] = strawberry.field(description="Indexes of steps; a leaf has none.")
    note: str | None
    axiom: Axiom | None
    fact: ReceivedFact | None


@strawberry.type(description="A proof: facts, axioms and rule applications, down to what was received.")
class Derivation:
    derivation: strawberry.Private[model.Derivation]

    @strawberry.field
    def conclusion(self) -> str:
        return self.derivation.conclusion

    @strawberry.field
    def rule(self) -> str:
        return self.derivation.rule

    @described("The tree as indented text.")
    def text(self) -> str:
        return model.to_text(self.derivation)

    @described("The tree as a Mermaid flowchart.")
    def mermaid(self) -> str:
        return model.to_mermaid(self.derivation)

    @described("The tree as one value, as `kgtwin explain --format json` writes it.")
    def json(self) -> JSON:
        return JSON(model.to_dict(self.derivation))

    @described("Every step once, the conclusion first.")
    def steps(self) -> list[DerivationStep]:
        return steps_of(self.derivation)


def steps_of(derivation: model.Derivation) -> list[DerivationStep]:
    """The steps of a derivation, numbered; shared steps stand once."""
    found = list(derivation.walk())
    index = {id(step): number for number, step in enumerate(found)}
    return [
        DerivationStep(
            index=number,
            rule=step.rule,
            conclusion=step.conclusion,
            premises=[index[id(premise)] for premise in step.premises],
            note=step.note,
            axiom=None if step.axiom is None else Axiom.of(step.axiom),
            fact=None if step.fact is None else ReceivedFact.of(step.fact),
        )
        for number, step in enumerate(found)
    ]
