"""What published equations make of a patient's facts."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from kgtwin.api.graphql.issues import Caveat, Evidence
from kgtwin.api.graphql.scalars import Moment
from kgtwin.model import score
from kgtwin.model.score import ScoreStatus
from kgtwin.vocabulary import NOT_VALIDATED

strawberry.enum(
    ScoreStatus,
    description="`VALUE`: one number. `RANGE`: what is missing leaves several. `OPEN`: too much is missing. "
    "`REFUSED`: the equation was certainly not made for this patient.",
)


@strawberry.type(description="All numbers from `low` to `high`; null where there is no end.")
class NumberRange:
    low: float | None
    high: float | None

    @classmethod
    def maybe(cls, found: score.Range | None) -> Self | None:
        return None if found is None else cls(low=found.low, high=found.high)

    @classmethod
    def of(cls, found: score.Range) -> Self:
        return cls(low=found.low, high=found.high)


@strawberry.type(description="A fact that an input rests on.")
class InputSource:
    fact: strawberry.ID
    resource: str


@strawberry.type(description="An input that is known.")
class ScoreInput:
    name: str
    kind: str
    label: str
    unit: str
    value: NumberRange = strawberry.field(description="1 for yes, 0 for no; two ends where it is inexact.")
    reason: str
    when: str | None = strawberry.field(description="Of a result: its time, as received.")
    facts: list[InputSource]
    computed_by: strawberry.ID | None = strawberry.field(description="The equation that estimated it.")
    inputs: list[ScoreInput] = strawberry.field(description="What that equation used.")

    @classmethod
    def of(cls, one: score.Used) -> Self:
        return cls(
            name=one.name,
            kind=one.kind,
            label=one.label,
            unit=one.unit,
            value=NumberRange.of(one.value),
            reason=one.reason,
            when=one.when,
            facts=[InputSource(fact=strawberry.ID(s.fact), resource=s.resource) for s in one.facts],
            computed_by=None if one.computed_by is None else strawberry.ID(one.computed_by),
            inputs=[cls.of(inner) for inner in one.inputs],
        )


@strawberry.type(description="An input that is not known, or not exactly, and what knowing it would change.")
class MissingInput:
    name: str
    kind: str
    label: str
    unit: str
    reason: str
    assumed: NumberRange = strawberry.field(description="Where it must lie for the result to hold.")
    if_lowest: NumberRange | None = strawberry.field(description="The result if it is lowest, or no.")
    if_highest: NumberRange | None = strawberry.field(description="The result if it is highest, or yes.")
    sure: float = strawberry.field(description="Share of the result's width that goes whatever it turns out to be.")
    most: float = strawberry.field(description="Share that goes at best. No distribution is assumed.")

    @classmethod
    def of(cls, one: score.Missing) -> Self:
        return cls(
            name=one.name,
            kind=one.kind,
            label=one.label,
            unit=one.unit,
            reason=one.reason,
            assumed=NumberRange.of(one.assumed),
            if_lowest=NumberRange.maybe(one.if_lowest),
            if_highest=NumberRange.maybe(one.if_highest),
            sure=one.sure,
            most=one.most,
        )


@strawberry.type(description="A published equation, evaluated for a patient: no diagnosis and no reason to treat.")
class Score:
    equation: strawberry.ID = strawberry.field(description="CURIE of the equation's class.")
    label: str
    kind: str = strawberry.field(description="`risk`, `points` or `estimate`.")
    basis: str = strawberry.field(description="`scored`: by a published equation.")
    patient: strawberry.ID
    at: Moment = strawberry.field(description="Evaluation time.")
    revision: int
    knowledge: str
    status: ScoreStatus
    value: NumberRange | None = strawberry.field(description="The result; both ends are the same for one number.")
    unit: str = strawberry.field(description="UCUM; `1` for a probability, `{score}` for points.")
    horizon: str | None = strawberry.field(description="Of a risk: within which time, an `xsd:duration`.")
    inputs: list[ScoreInput]
    missing: list[MissingInput] = strawberry.field(description="The next best fact first.")
    refusals: list[str] = strawberry.field(description="Why the equation was not made for this patient.")
    unconfirmed: list[str] = strawberry.field(description="What the facts do not say of the population it is for.")
    established: bool = strawberry.field(description="Whether the facts show all that a patient must have for it.")
    population: str | None
    doi: str | None
    evidence: list[Evidence]
    checked_by: str | None
    confidence: list[str] = strawberry.field(description="As published, of a group and not of this patient.")
    review: str
    caveats: list[Caveat]

    @strawberry.field
    def safety(self) -> str:
        return NOT_VALIDATED

    @classmethod
    def of(cls, one: score.Score) -> Self:
        return cls(
            equation=strawberry.ID(one.equation),
            label=one.label,
            kind=one.kind,
            basis=one.basis,
            patient=strawberry.ID(one.patient),
            at=Moment(datetime.fromisoformat(one.at)),
            revision=one.revision,
            knowledge=one.knowledge,
            status=one.status,
            value=NumberRange.maybe(one.value),
            unit=one.unit,
            horizon=one.horizon,
            inputs=[ScoreInput.of(used) for used in one.inputs],
            missing=[MissingInput.of(open_one) for open_one in one.missing],
            refusals=list(one.refusals),
            unconfirmed=list(one.unconfirmed),
            established=one.established,
            population=one.population,
            doi=one.doi,
            evidence=[Evidence(source=e.source, status=e.status, text=e.text) for e in one.evidence],
            checked_by=one.checked_by,
            confidence=list(one.confidence),
            review=one.review,
            caveats=Caveat.all(one.caveats),
        )
