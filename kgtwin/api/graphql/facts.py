"""Facts: what was received about a patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

import strawberry
from strawberry import relay

from kgtwin.api.graphql.codes import CodeableConcept, Period, Quantity, Value
from kgtwin.api.graphql.context import Info
from kgtwin.api.graphql.fields import described
from kgtwin.api.graphql.ids import Ref, View, ref
from kgtwin.errors import NotFoundError
from kgtwin.model import fact as model
from kgtwin.model.fact import FactKind

strawberry.enum(FactKind, description="The kinds of facts; each is a node label in the graph.")


@strawberry.type(description="Where a fact came from. The resource version it names is never changed.")
class Provenance:
    source: str
    resource: str = strawberry.field(description="FHIR type and id, `Condition/c1`.")
    version: str
    part: str | None = strawberry.field(description="The element inside the resource, null for the whole.")
    recorded: str | None = strawberry.field(description="When its source recorded it.")

    @classmethod
    def of(cls, p: model.Provenance) -> Self:
        return cls(source=p.source, resource=p.resource, version=p.version, part=p.part or None, recorded=p.recorded)


@strawberry.type
class MedicationDetail:
    detail: strawberry.Private[model.MedicationDetail]
    origin: str = strawberry.field(description="`request`, `statement` or `administration`.")
    intent: str | None
    do_not_perform: bool
    as_needed: bool
    dosage: str | None

    @strawberry.field
    def route(self) -> CodeableConcept | None:
        return CodeableConcept.maybe(self.detail.route)

    @strawberry.field
    def ingredients(self) -> list[CodeableConcept]:
        return [CodeableConcept(coded=one) for one in self.detail.ingredients]

    @described("The period for which it was ordered, dispensed or dosed, where one is stated.")
    def supplied(self) -> Period | None:
        return Period.maybe(self.detail.supplied)


@strawberry.type
class AllergyDetail:
    detail: strawberry.Private[model.AllergyDetail]
    type: str | None
    categories: list[str]
    criticality: str | None

    @strawberry.field
    def reactions(self) -> list[CodeableConcept]:
        return [CodeableConcept(coded=one) for one in self.detail.reactions]

    @strawberry.field
    def substances(self) -> list[CodeableConcept]:
        return [CodeableConcept(coded=one) for one in self.detail.substances]


@strawberry.type
class QuantityRange:
    low: Quantity | None
    high: Quantity | None

    @classmethod
    def of(cls, found: model.QuantityRange) -> Self:
        return cls(low=Quantity.maybe(found.low), high=Quantity.maybe(found.high))


@strawberry.type
class ObservationDetail:
    detail: strawberry.Private[model.ObservationDetail]
    categories: list[str]
    issued: str | None

    @strawberry.field
    def interpretation(self) -> list[CodeableConcept]:
        return [CodeableConcept(coded=one) for one in self.detail.interpretation]

    @described("Why there is no value.")
    def absent(self) -> CodeableConcept | None:
        return CodeableConcept.maybe(self.detail.absent)

    @described("Reference ranges as received.")
    def reference(self) -> list[QuantityRange]:
        return [QuantityRange.of(one) for one in self.detail.reference]


@strawberry.type
class ConditionDetail:
    detail: strawberry.Private[model.ConditionDetail]

    @described("How severe it was recorded to be.")
    def severity(self) -> CodeableConcept:
        return CodeableConcept(coded=self.detail.severity)


@strawberry.type
class FamilyDetail:
    detail: strawberry.Private[model.FamilyDetail]
    contributed_to_death: bool | None

    @strawberry.field
    def relationship(self) -> CodeableConcept | None:
        return CodeableConcept.maybe(self.detail.relationship)


FactDetails = Annotated[
    MedicationDetail | AllergyDetail | ConditionDetail | ObservationDetail | FamilyDetail,
    strawberry.union("FactDetails", description="What only some kinds of facts have."),
]


@strawberry.type(description="One immutable fact about a patient, as received.")
class Fact(relay.Node):
    fact: strawberry.Private[model.Fact]
    ref: relay.NodeID[str]
    key: strawberry.ID = strawberry.field(description="The fact's id in every door, `f-…`.")
    patient: strawberry.ID = strawberry.field(description="The patient's key.")
    kind: FactKind
    status: str | None = strawberry.field(description="The resource's own word.")
    verification: str | None = strawberry.field(description="The resource's own word.")
    start: str | None = strawberry.field(description="As received: a partial date stays partial.")
    end: str | None
    encounter: str | None
    reasons: list[str] = strawberry.field(description="Why: resources, or concepts of reason codes.")

    @strawberry.field
    def code(self) -> CodeableConcept:
        return CodeableConcept(coded=self.fact.code)

    @strawberry.field
    def value(self) -> Value | None:
        return None if self.fact.value is None else Value(value=self.fact.value)

    @strawberry.field
    def provenance(self) -> Provenance:
        return Provenance.of(self.fact.provenance)

    @strawberry.field
    def details(self) -> FactDetails | None:
        return details_of(self.fact.detail)

    @classmethod
    def of(cls, fact: model.Fact, view: View) -> Self:
        return cls(
            fact=fact,
            ref=ref(view, fact.id),
            key=strawberry.ID(fact.id),
            patient=strawberry.ID(fact.patient),
            kind=fact.kind,
            status=fact.status,
            verification=fact.verification,
            start=fact.when.start,
            end=fact.when.end,
            encounter=fact.encounter,
            reasons=list(fact.reasons),
        )


def details_of(
    detail: model.Detail | None,
) -> MedicationDetail | AllergyDetail | ConditionDetail | ObservationDetail | FamilyDetail | None:
    """What a fact's kind adds."""
    if isinstance(detail, model.MedicationDetail):
        return MedicationDetail(
            detail=detail,
            origin=detail.origin,
            intent=detail.intent,
            do_not_perform=detail.do_not_perform,
            as_needed=detail.as_needed,
            dosage=detail.dosage,
        )
    if isinstance(detail, model.AllergyDetail):
        return AllergyDetail(
            detail=detail, type=detail.type, categories=list(detail.categories), criticality=detail.criticality
        )
    if isinstance(detail, model.ObservationDetail):
        return ObservationDetail(detail=detail, categories=list(detail.categories), issued=detail.issued)
    if isinstance(detail, model.ConditionDetail):
        return ConditionDetail(detail=detail)
    if isinstance(detail, model.FamilyDetail):
        return FamilyDetail(detail=detail, contributed_to_death=detail.contributed_to_death)
    return None


def facts_of(facts: Iterable[model.Fact], view: View) -> list[Fact]:
    """Facts as they were seen in a view."""
    return [Fact.of(fact, view) for fact in facts]


async def fact_node(node: Ref, info: Info) -> Fact | None:
    """The fact that a global id means; None if the twin of its view does not have it."""
    try:
        twin = await info.context.twin(node.view)
    except NotFoundError:
        return None
    return next((Fact.of(fact, node.view) for fact in twin.facts if fact.id == node.part), None)
