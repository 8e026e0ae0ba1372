"""What follows: proven issues and predicted relations, kept apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

import strawberry
from strawberry import relay
from strawberry.scalars import JSON

from kgtwin.api.graphql.codes import Coding
from kgtwin.api.graphql.context import Info
from kgtwin.api.graphql.deciding import Override, Repairs
from kgtwin.api.graphql.derivations import Derivation
from kgtwin.api.graphql.facts import Fact
from kgtwin.api.graphql.fields import described
from kgtwin.api.graphql.ids import Ref, View, ref
from kgtwin.api.graphql.scalars import Moment
from kgtwin.errors import NotFoundError
from kgtwin.model import caveat, issue
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.issue import IssueKind, Significance
from kgtwin.model.proof_document import proof_to_dict
from kgtwin.vocabulary import NOT_VALIDATED

NO_PROBABILITY = (
    "The plausibility that an embedding gives to a relation under the stated prior: no proof, "
    "and no patient's probability."
)

strawberry.enum(IssueKind)
strawberry.enum(CaveatCode)


@strawberry.type(description="Why an answer may be incomplete.")
class Caveat:
    code: CaveatCode
    text: str
    touches: list[str] = strawberry.field(description="The fact, class, statement or code concerned.")
    remedy: str | None

    @classmethod
    def all(cls, found: Iterable[caveat.Caveat]) -> list[Self]:
        return [cls(code=c.code, text=c.text, touches=list(c.touches), remedy=c.remedy) for c in found]


@strawberry.type(description="Where a statement comes from.")
class Evidence:
    source: str
    status: str = strawberry.field(description="`verified`: its text was opened; `unverified`: cited without.")
    text: str | None


@strawberry.type(description="A fact that an issue rests on.")
class Implicated:
    view: strawberry.Private[View]
    resource: str
    coding: Coding
    key: strawberry.ID = strawberry.field(description="The fact's id, `f-…`.")

    @described("The fact, as known at the issue's revision.")
    async def fact(self, info: Info) -> Fact | None:
        twin = await info.context.twin(self.view)
        return next((Fact.of(fact, self.view) for fact in twin.facts if fact.id == self.key), None)

    @classmethod
    def of(cls, one: issue.Implicated, view: View) -> Self:
        return cls(view=view, resource=one.resource, coding=Coding.of(one.coding), key=strawberry.ID(one.fact))


@strawberry.type(description="A proven issue, in FHIR's words. No issue found is not safety.")
class DetectedIssue(relay.Node):
    found: strawberry.Private[issue.DetectedIssue]
    view: strawberry.Private[View]
    ref: relay.NodeID[str]
    key: strawberry.ID = strawberry.field(description="The issue's id in every door, `di-…`.")
    patient: strawberry.ID = strawberry.field(description="The patient's key.")
    status: str
    basis: str = strawberry.field(description="`proven`: see the derivation.")
    kind: IssueKind
    significance: Significance
    severity: str = strawberry.field(description="FHIR's: `high`, `moderate` or `low`.")
    statement: strawberry.ID = strawberry.field(description="CURIE of the statement's class.")
    title: str
    detail: str
    mitigation: str | None
    review: str
    at: Moment = strawberry.field(description="Evaluation time.")
    revision: int = strawberry.field(description="The facts' revision.")
    knowledge: str = strawberry.field(description="The ontology's version.")

    @strawberry.field
    def implicated(self) -> list[Implicated]:
        return [Implicated.of(one, self.view) for one in self.found.implicated]

    @strawberry.field
    def evidence(self) -> list[Evidence]:
        return [Evidence(source=e.source, status=e.status, text=e.text) for e in self.found.evidence]

    @strawberry.field
    def derivation(self) -> Derivation:
        return Derivation(derivation=self.found.derivation)

    @described("The proof as one value, a document that `kgtwin verify` checks (docs/proofs.md).")
    async def proof(self, info: Info) -> JSON:
        document = await info.context.service.proof(self.found, at=self.view.at or info.context.now)
        return JSON(proof_to_dict(document))

    @strawberry.field
    def caveats(self) -> list[Caveat]:
        return Caveat.all(self.found.caveats)

    @described("Who overrode it, while that silences it: until a fact that it implicates changes.")
    async def override(self, info: Info) -> Override | None:
        found = await info.context.silenced(View(self.found.patient, None, self.view.as_of), self.found)
        return None if found is None else Override.of(found)

    @described("The smallest sets of changes that remove it. Suggestions, never applied.")
    async def repairs(self, info: Info) -> Repairs:
        return Repairs.of(await info.context.service.repairs_of(self.found, as_of=self.view.as_of))

    @strawberry.field
    def safety(self) -> str:
        return NOT_VALIDATED

    @classmethod
    def of(cls, found: issue.DetectedIssue, view: View) -> Self:
        return cls(
            found=found,
            view=view,
            ref=ref(view, found.id),
            key=strawberry.ID(found.id),
            patient=strawberry.ID(found.patient),
            status=found.status,
            basis=found.basis,
            kind=found.kind,
            significance=found.significance,
            severity=found.severity,
            statement=strawberry.ID(found.statement),
            title=found.title,
            detail=found.detail,
            mitigation=found.mitigation,
            review=found.review,
            at=Moment(datetime.fromisoformat(found.at)),
            revision=found.revision,
            knowledge=found.knowledge,
        )


@strawberry.type(description=f"A predicted relation between two of a patient's concepts. {NO_PROBABILITY}")
class RiskAssessment:
    key: strawberry.ID
    patient: strawberry.ID
    basis: str = strawberry.field(description="`predicted`, or `proven` where the ontology derives it: see derivation.")
    plausibility: float = strawberry.field(description="Between 0 and 1.")
    prior: float = strawberry.field(description="What the plausibility assumes before it looks.")
    statement: str = strawberry.field(description="What the plausibility is not.")
    head: strawberry.ID
    head_label: str
    relation: str
    tail: strawberry.ID
    tail_label: str
    rank: float = strawberry.field(description="The tail's place among the candidates.")
    candidates: int
    model: str
    at: Moment
    facts: list[strawberry.ID] = strawberry.field(description="Ids of the facts that it starts from.")
    proven_issues: list[strawberry.ID] = strawberry.field(description="Those about the same medicine and condition.")
    caveats: list[Caveat]
    derivation: Derivation | None = strawberry.field(description="The proof of the relation, where there is one.")

    @classmethod
    def of(cls, risk: issue.RiskAssessment) -> Self:
        return cls(
            key=strawberry.ID(risk.id),
            patient=strawberry.ID(risk.patient),
            basis=risk.basis,
            plausibility=risk.plausibility,
            prior=risk.prior,
            statement=NO_PROBABILITY,
            head=strawberry.ID(risk.head),
            head_label=risk.head_label,
            relation=risk.relation,
            tail=strawberry.ID(risk.tail),
            tail_label=risk.tail_label,
            rank=risk.rank,
            candidates=risk.candidates,
            model=risk.model,
            at=Moment(datetime.fromisoformat(risk.at)),
            facts=[strawberry.ID(fact) for fact in risk.facts],
            proven_issues=[strawberry.ID(issue) for issue in risk.proven_issues],
            caveats=Caveat.all(risk.caveats),
            derivation=Derivation(derivation=risk.derivation) if risk.derivation else None,
        )


def stored_issue(found: issue.DetectedIssue) -> DetectedIssue:
    """A stored issue, in the view that it was evaluated in."""
    return DetectedIssue.of(found, View(found.patient, datetime.fromisoformat(found.at), found.revision))


async def issue_node(node: Ref, info: Info) -> DetectedIssue | None:
    """The issue that a global id means, evaluated in its view; None if it does not follow there."""
    try:
        twin = await info.context.twin(node.view)
    except NotFoundError:
        return None
    issues = twin.inference.issues if twin.inference else ()
    return next((DetectedIssue.of(one, node.view) for one in issues if one.id == node.part), None)
