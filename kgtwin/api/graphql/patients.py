"""A patient's twin: who it is, what was received, what follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Self, TypedDict

import strawberry
from strawberry import relay

from kgtwin.api.graphql.alternatives import Alternatives
from kgtwin.api.graphql.changes import Change, Given
from kgtwin.api.graphql.connections import Page
from kgtwin.api.graphql.context import Info
from kgtwin.api.graphql.facts import Fact, Provenance, facts_of
from kgtwin.api.graphql.fields import connection, described
from kgtwin.api.graphql.ids import Ref, View, ref
from kgtwin.api.graphql.issues import Caveat, DetectedIssue, RiskAssessment
from kgtwin.api.graphql.predictions import Predicted, Refutation
from kgtwin.api.graphql.reasons import Contradiction, WhyNot
from kgtwin.api.graphql.scalars import Moment
from kgtwin.api.graphql.scores import Score
from kgtwin.api.graphql.supposing import Outcome, Simulation
from kgtwin.errors import NotFoundError
from kgtwin.model import predicted as model
from kgtwin.model.alternative import MOST_WHOLE
from kgtwin.model.clinical import true_at
from kgtwin.model.fact import FactKind, PatientRecord
from kgtwin.model.issue import Inference, IssueKind, Significance
from kgtwin.model.time import Overlap, duration
from kgtwin.vocabulary import NOT_VALIDATED


class AskedMoment(TypedDict):
    """The evaluation time and the revision of a view."""

    at: datetime
    as_of: int | None


@strawberry.type
class Identifier:
    system: str | None
    value: str | None


@strawberry.type(description="A patient's twin, in one view: an evaluation time and a revision of the facts.")
class Patient(relay.Node):
    record: strawberry.Private[PatientRecord]
    view: strawberry.Private[View]
    ref: relay.NodeID[str]
    key: strawberry.ID = strawberry.field(description="Source and id, `local|123`: the patient in every door.")
    source: str
    local_id: str = strawberry.field(description="The id in its source.")
    name: str | None
    gender: str | None
    birth_date: str | None
    active: bool | None
    received: bool = strawberry.field(description="False for a patient known only from references.")

    @described("True also where only the date is known; null where nothing was said.")
    def deceased(self) -> bool | None:
        return True if isinstance(self.record.deceased, str) else self.record.deceased

    @strawberry.field
    def deceased_date(self) -> str | None:
        return self.record.deceased if isinstance(self.record.deceased, str) else None

    @strawberry.field
    def identifiers(self) -> list[Identifier]:
        return [Identifier(system=one.system, value=one.value) for one in self.record.identifiers]

    @described("Keys of patients that the source says are the same person.")
    def links(self) -> list[strawberry.ID]:
        return [strawberry.ID(link) for link in self.record.links]

    @strawberry.field
    def provenance(self) -> Provenance | None:
        return None if self.record.provenance is None else Provenance.of(self.record.provenance)

    @described("The revision at which the facts were known.")
    async def revision(self, info: Info) -> int:
        return (await info.context.twin(self.view)).revision

    @described("The evaluation time.")
    def at(self, info: Info) -> Moment:
        return Moment(self.view.at or info.context.now)

    @connection(
        Page[Fact],
        "What was received, by kind and start; with `trueThen` what is, or may be, true at the evaluation time.",
    )
    async def facts(self, info: Info, kind: FactKind | None = None, true_then: bool = False) -> Iterable[Fact]:
        twin = await info.context.twin(self.view)
        at = self.view.at or info.context.now
        found = twin.facts if kind is None else twin.of_kind(kind)
        return facts_of((one for one in found if not true_then or true_at(one, at) is not Overlap.NO), self.view)

    @connection(Page[DetectedIssue], "Proven issues, the gravest first.")
    async def issues(
        self,
        info: Info,
        kind: IssueKind | None = None,
        significance: Significance | None = None,
        min_significance: Significance | None = None,
    ) -> Iterable[DetectedIssue]:
        inference = await self.inference(info)
        found = [
            issue
            for issue in (inference.issues if inference else ())
            if (kind is None or issue.kind is kind)
            and (significance is None or issue.significance is significance)
            and (min_significance is None or issue.significance.rank <= min_significance.rank)
        ]
        found.sort(key=lambda issue: issue.significance.rank)
        return [DetectedIssue.of(issue, self.view) for issue in found]

    @connection(Page[DetectedIssue], "Issues, without those that were overridden and whose facts are still the same.")
    async def alerts(self, info: Info, overridden: bool = False) -> Iterable[DetectedIssue]:
        inference = await self.inference(info)
        whose = View(self.record.key, None, self.view.as_of)
        return [
            DetectedIssue.of(issue, self.view)
            for issue in (inference.issues if inference else ())
            if overridden or await info.context.silenced(whose, issue) is None
        ]

    @described(
        "Why a statement (a CURIE or a label), another class, or a class expression in Manchester syntax does not "
        "hold: each part, and the facts that come closest to it."
    )
    async def why_not(self, info: Info, statement: str) -> WhyNot:
        at = self.view.at or info.context.now
        return WhyNot.of(await info.context.service.why_not(self.record.key, statement, at=at, as_of=self.view.as_of))

    @described("Facts that cannot all be true, with the proofs.")
    async def contradictions(self, info: Info) -> list[Contradiction]:
        at = self.view.at or info.context.now
        found = await info.context.service.contradictions(self.record.key, at=at, as_of=self.view.as_of)
        return list(map(Contradiction.of, found))

    @described("Predicted relations, the most plausible first. No plausibility is a proof.")
    async def risks(self, info: Info) -> list[RiskAssessment]:
        inference = await self.inference(info)
        found = sorted(inference.risks if inference else (), key=lambda risk: -risk.plausibility)
        return [RiskAssessment.of(risk) for risk in found]

    @described("What became of predicted relations.")
    async def predicted(self, info: Info) -> Predicted:
        inference = await self.inference(info)
        return Predicted.of(inference.predicted if inference else model.Predicted())

    @described("The predicted relations that the ontology refutes, each with its proof. They are not so.")
    async def refutations(self, info: Info) -> list[Refutation]:
        found = await info.context.service.refutations(self.view.patient, **self._moment(info))
        return [Refutation.of(one) for one in found]

    @described("What published equations make of the facts, in the ontology's order; none after death.")
    async def scores(self, info: Info, equation: strawberry.ID | None = None) -> list[Score]:
        found = await info.context.service.scores(
            self.view.patient, equation=equation, at=self.view.at or info.context.now, as_of=self.view.as_of
        )
        return [Score.of(one) for one in found]

    @described("Why the issues may be incomplete.")
    async def caveats(self, info: Info) -> list[Caveat]:
        inference = await self.inference(info)
        return Caveat.all(inference.caveats if inference else ())

    @described("What would follow, were something changed, moment by moment; with `scores` also how scores move.")
    async def simulate(
        self, info: Info, changes: list[Change], after: list[str] | None = None, scores: bool = False
    ) -> Outcome:
        wanted = [one.change() for one in changes]
        found = await info.context.service.simulate(
            self.key, wanted, after=after or (), scores=scores, **self._moment(info)
        )
        return Outcome.of(found)

    @described("Every medicine of a class as if it were started, ranked; the first `whole` with proofs.")
    async def alternatives(
        self,
        info: Info,
        class_: Annotated[str, strawberry.argument(name="class", description="Label, name or CURIE.")],
        instead_of: str | None = None,
        route: str | None = None,
        products: bool = False,
        whole: int = MOST_WHOLE,
    ) -> Alternatives:
        found = await info.context.service.alternatives(
            self.key,
            class_,
            instead_of=instead_of,
            route=route,
            products=products,
            whole=whole,
            **self._moment(info),
        )
        return Alternatives.of(found)

    @described("A published model run forward, over `span` in steps of `step` (xsd:duration; the model's own if null).")
    async def project(
        self,
        info: Info,
        model: str,
        given: list[Given] | None = None,
        span: str | None = None,
        step: str | None = None,
    ) -> Simulation:
        found = await info.context.service.project(
            self.key,
            model,
            given={one.name: one.value for one in given or ()},
            span=None if span is None else duration(span),
            step=None if step is None else duration(step),
            **self._moment(info),
        )
        return Simulation.of(found)

    @strawberry.field
    def safety(self) -> str:
        return NOT_VALIDATED

    @described("The version of the knowledge that issues, risks and caveats were worked out with; null without any.")
    async def knowledge(self, info: Info) -> str | None:
        inference = await self.inference(info)
        return inference.knowledge if inference else None

    def _moment(self, info: Info) -> AskedMoment:
        return {"at": self.view.at or info.context.now, "as_of": self.view.as_of}

    async def inference(self, info: Info) -> Inference | None:
        """What follows in this view."""
        return (await info.context.twin(self.view)).inference

    @classmethod
    def of(cls, record: PatientRecord, view: View) -> Self:
        return cls(
            record=record,
            view=view,
            ref=ref(view),
            key=strawberry.ID(record.key),
            source=record.source,
            local_id=record.id,
            name=record.name,
            gender=record.gender,
            birth_date=record.birth_date,
            active=record.active,
            received=record.received,
        )


async def find_patient(view: View, info: Info) -> Patient | None:
    """The twin in a view; None if no such patient was known."""
    try:
        twin = await info.context.twin(view)
    except NotFoundError:
        return None
    return Patient.of(twin.patient, View(twin.patient.key, view.at, view.as_of))


async def patient_node(node: Ref, info: Info) -> Patient | None:
    """The patient that a global id means."""
    return await find_patient(node.view, info)
