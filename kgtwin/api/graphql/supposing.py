"""What would follow: what-ifs, models run forward. None of it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

import strawberry

from kgtwin.api.graphql.codes import Coding
from kgtwin.api.graphql.derivations import Derivation
from kgtwin.api.graphql.fields import described
from kgtwin.api.graphql.issues import Caveat, Evidence
from kgtwin.api.graphql.scalars import Moment
from kgtwin.inference.whatif.forward import Model
from kgtwin.model import history, issue
from kgtwin.model import simulation as values
from kgtwin.model.issue import IssueKind, Significance
from kgtwin.model.simulation import words
from kgtwin.vocabulary import NOT_VALIDATED

strawberry.enum(history.Reason, description="Why an issue differs from the step before: a change, or time alone.")


@strawberry.type(description="A fact that an issue would rest on.")
class SupposedFact:
    resource: str
    coding: Coding
    key: strawberry.ID
    supposed: bool = strawberry.field(description="True where it was never received.")

    @classmethod
    def of(cls, one: issue.Implicated) -> Self:
        supposed = one.fact.startswith("s-")
        return cls(resource=one.resource, coding=Coding.of(one.coding), key=strawberry.ID(one.fact), supposed=supposed)


@strawberry.type(description="An issue that would follow, with its proof. It is never stored.")
class SupposedIssue:
    found: strawberry.Private[issue.DetectedIssue]
    key: strawberry.ID = strawberry.field(description="The id that the issue would have, `di-…`.")
    kind: IssueKind
    significance: Significance
    severity: str = strawberry.field(description="FHIR's: `high`, `moderate` or `low`.")
    statement: strawberry.ID
    title: str
    detail: str
    mitigation: str | None
    review: str

    @strawberry.field
    def implicated(self) -> list[SupposedFact]:
        return [SupposedFact.of(one) for one in self.found.implicated]

    @strawberry.field
    def evidence(self) -> list[Evidence]:
        return [Evidence(source=e.source, status=e.status, text=e.text) for e in self.found.evidence]

    @strawberry.field
    def derivation(self) -> Derivation:
        return Derivation(derivation=self.found.derivation)

    @strawberry.field
    def caveats(self) -> list[Caveat]:
        return Caveat.all(self.found.caveats)

    @classmethod
    def of(cls, found: issue.DetectedIssue) -> Self:
        return cls(
            found=found,
            key=strawberry.ID(found.id),
            kind=found.kind,
            significance=found.significance,
            severity=found.severity,
            statement=strawberry.ID(found.statement),
            title=found.title,
            detail=found.detail,
            mitigation=found.mitigation,
            review=found.review,
        )

    @classmethod
    def all(cls, found: Iterable[issue.DetectedIssue]) -> list[Self]:
        return [cls.of(one) for one in found]


@strawberry.type(description="An issue on one side or both.")
class IssueDifference:
    before: SupposedIssue | None
    after: SupposedIssue | None
    reason: history.Reason

    @classmethod
    def all(cls, found: Iterable[history.IssueDifference]) -> list[Self]:
        return [
            cls(
                before=SupposedIssue.of(one.before) if one.before else None,
                after=SupposedIssue.of(one.after) if one.after else None,
                reason=one.reason,
            )
            for one in found
        ]


@strawberry.type(
    description="A published score before and after, low and high: equal for one number, null without a bound."
)
class ScoreDifference:
    score: strawberry.ID
    label: str
    unit: str
    before: list[float | None] | None
    after: list[float | None] | None


@strawberry.type(description="The changed twin beside the unchanged one, both at one moment.")
class Effect:
    appear: list[SupposedIssue]
    vanish: list[SupposedIssue]
    change: list[IssueDifference] = strawberry.field(description="On both sides, but resting on other facts.")
    stay: int
    caveats_appear: list[Caveat]
    caveats_vanish: list[Caveat]
    scores: list[ScoreDifference]

    @classmethod
    def of(cls, one: values.Effect) -> Self:
        return cls(
            appear=SupposedIssue.all(one.appear),
            vanish=SupposedIssue.all(one.vanish),
            change=IssueDifference.all(one.change),
            stay=one.stay,
            caveats_appear=Caveat.all(one.caveats_appear),
            caveats_vanish=Caveat.all(one.caveats_vanish),
            scores=[_score(score) for score in one.scores],
        )


def _score(one: values.ScoreDifference) -> ScoreDifference:
    return ScoreDifference(
        score=strawberry.ID(one.score),
        label=one.label,
        unit=one.unit,
        before=None if one.before is None else list(one.before),
        after=None if one.after is None else list(one.after),
    )


@strawberry.type(description="One moment of a what-if.")
class Step:
    at: Moment
    changes: list[str] = strawberry.field(description="What was changed at it, in words.")
    effect: Effect = strawberry.field(description="What all changes so far do.")
    since: list[IssueDifference] = strawberry.field(description="What differs from the step before, and why.")

    @classmethod
    def of(cls, one: values.Step) -> Self:
        return cls(
            at=Moment(datetime.fromisoformat(one.at)),
            changes=list(one.changes),
            effect=Effect.of(one.effect),
            since=IssueDifference.all(one.since),
        )


@strawberry.type(description="A change that could not be made, and why; the others were.")
class Refused:
    change: str = strawberry.field(description="The change in words.")
    code: str
    message: str
    expected: str | None
    remedy: str | None

    @classmethod
    def all(cls, found: Iterable[values.Refused]) -> list[Self]:
        return [
            cls(change=words(r.change), code=r.code, message=r.message, expected=r.expected, remedy=r.remedy)
            for r in found
        ]


@strawberry.type(description="What would follow. Nothing of it was received, and nothing is stored.")
class Outcome:
    outcome: strawberry.Private[values.Outcome]
    at: Moment
    revision: int
    knowledge: str
    steps: list[Step]
    refused: list[Refused]
    assumptions: list[str]
    caveats: list[Caveat] = strawberry.field(description="What touches all of the answers.")

    @described("The issues before any change.")
    def before(self) -> list[SupposedIssue]:
        return SupposedIssue.all(self.outcome.before)

    @strawberry.field
    def safety(self) -> str:
        return NOT_VALIDATED

    @classmethod
    def of(cls, one: values.Outcome) -> Self:
        return cls(
            outcome=one,
            at=Moment(datetime.fromisoformat(one.at)),
            revision=one.revision,
            knowledge=one.knowledge,
            steps=[Step.of(step) for step in one.steps],
            refused=Refused.all(one.refused),
            assumptions=list(one.assumptions),
            caveats=Caveat.all(one.caveats),
        )


@strawberry.type(description="A moment of a projection: the median and the 90 % interval.")
class Point:
    at: Moment
    median: float
    low: float
    high: float


@strawberry.type(description="A number of a model as the ontology states it.")
class Parameter:
    name: str
    value: float
    spread: str
    unit: str
    meaning: str


@strawberry.type(description="What a model was given, and where it comes from.")
class Used:
    name: str
    value: float
    unit: str
    origin: str


@strawberry.type(description="A published model run forward. Without points it was not run; the caveats say why.")
class Simulation:
    model: strawberry.ID
    label: str
    unit: str
    points: list[Point]
    parameters: list[Parameter]
    inputs: list[Used]
    assumptions: list[str]
    population: str
    doi: str | None
    evidence: list[Evidence]
    review: str
    caveats: list[Caveat]

    @strawberry.field
    def safety(self) -> str:
        return NOT_VALIDATED

    @classmethod
    def of(cls, one: values.Simulation) -> Self:
        return cls(
            model=strawberry.ID(one.model),
            label=one.label,
            unit=one.unit,
            points=[
                Point(at=Moment(datetime.fromisoformat(p.at)), median=p.median, low=p.low, high=p.high)
                for p in one.points
            ],
            parameters=[_parameter(p) for p in one.parameters],
            inputs=[Used(name=u.name, value=u.value, unit=u.unit, origin=u.origin) for u in one.inputs],
            assumptions=list(one.assumptions),
            population=one.population,
            doi=one.doi,
            evidence=[Evidence(source=e.source, status=e.status, text=e.text) for e in one.evidence],
            review=one.review,
            caveats=Caveat.all(one.caveats),
        )


def _parameter(one: values.Parameter) -> Parameter:
    return Parameter(name=one.name, value=one.value, spread=one.spread, unit=one.unit, meaning=one.meaning)


@strawberry.type(description="A published model that can be run forward.")
class ForwardModel:
    model: strawberry.ID
    label: str
    unit: str
    form: str
    inputs: list[str] = strawberry.field(description="Names of the inputs; those that no record holds are given.")
    population: str
    doi: str | None
    status: str = strawberry.field(description="`verified` where the text of the source was opened.")

    @classmethod
    def of(cls, one: Model) -> Self:
        return cls(
            model=strawberry.ID(one.curie),
            label=one.label,
            unit=one.unit,
            form=one.form,
            inputs=list(one.inputs),
            population=one.population,
            doi=one.doi,
            status=one.evidence[0].status if one.evidence else "unverified",
        )
