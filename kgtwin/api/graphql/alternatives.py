"""The medicines of a class, each as if it were started. None of it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

import strawberry

from kgtwin.api.graphql.fields import described
from kgtwin.api.graphql.issues import Caveat
from kgtwin.api.graphql.scalars import Moment
from kgtwin.api.graphql.supposing import Effect, Refused
from kgtwin.model import alternative as values
from kgtwin.model.alternative import Apart, Basis, Standing
from kgtwin.model.issue import IssueKind, Significance
from kgtwin.vocabulary import NOT_VALIDATED

strawberry.enum(Standing, description="Where an alternative stands; none of them means that a medicine is harmless.")
strawberry.enum(Apart, description="Why an alternative stands apart from the others, whatever is known of it.")
strawberry.enum(Basis, description="What a route rests on.")


@strawberry.type(description="How many statements of a kind could ever fire for a medicine.")
class KindCount:
    kind: IssueKind
    statements: int


@strawberry.type(description="How well a medicine is covered by statements.")
class Coverage:
    specific: int = strawberry.field(description="About the medicine or a class of it, duplicate therapy apart.")
    general: int = strawberry.field(description="About any medicine.")
    by_kind: list[KindCount]

    @classmethod
    def of(cls, one: values.Coverage) -> Self:
        counts = [KindCount(kind=kind, statements=count) for kind, count in one.by_kind]
        return cls(specific=one.specific, general=one.general, by_kind=counts)


@strawberry.type(description="An issue without its proof.")
class Raised:
    key: strawberry.ID = strawberry.field(description="The id that the issue would have, `di-…`.")
    statement: strawberry.ID
    title: str
    kind: IssueKind
    significance: Significance
    verified: bool = strawberry.field(description="Some of its evidence was opened.")
    to_do: bool = strawberry.field(description="It says what is to be measured first, and nothing against it.")

    @classmethod
    def all(cls, found: Iterable[values.Raised]) -> list[Self]:
        return [
            cls(
                key=strawberry.ID(one.id),
                statement=strawberry.ID(one.statement),
                title=one.title,
                kind=one.kind,
                significance=one.significance,
                verified=one.verified,
                to_do=one.to_do,
            )
            for one in found
        ]


@strawberry.type(description="A medicine by its CURIE and label.")
class NamedMedicine:
    medicine: strawberry.ID
    label: str


@strawberry.type(description="One way to take a medicine: by a route, or as certain products.")
class Way:
    way: strawberry.Private[values.Way]
    standing: Standing
    route: str | None = strawberry.field(description="The route's label.")
    basis: Basis
    local: bool | None = strawberry.field(description="Whether the route is local; null where it is not known.")
    assumptions: list[str]

    @described("The statements that could fire by this route.")
    def coverage(self) -> Coverage:
        return Coverage.of(self.way.coverage)

    @described("Products that are taken so and raise the same issues.")
    def products(self) -> list[NamedMedicine]:
        return [NamedMedicine(medicine=strawberry.ID(one.medicine), label=one.label) for one in self.way.products]

    @described("The issues that would newly appear.")
    def issues(self) -> list[Raised]:
        return Raised.all(self.way.raised)

    @described("The same with proofs, and all else that would change; null where the patient was not inferred whole.")
    def effect(self) -> Effect | None:
        return None if self.way.effect is None else Effect.of(self.way.effect)

    @described("Statements about it that could not be decided; null where that was not looked at.")
    def undecided(self) -> list[Caveat] | None:
        return None if self.way.effect is None else Caveat.all(self.way.undecided)

    @classmethod
    def of(cls, one: values.Way) -> Self:
        return cls(
            way=one,
            standing=one.standing,
            route=one.route,
            basis=one.basis,
            local=one.local,
            assumptions=list(one.assumptions),
        )


@strawberry.type(description="A time when the medicine was taken; dates as they were received.")
class TakenBefore:
    resource: str
    label: str
    status: str | None
    start: str | None
    end: str | None
    issues: list[Raised] | None = strawberry.field(
        description="Those of statements at the last moment at which it was certainly taken; null where none is known."
    )

    @classmethod
    def of(cls, one: values.Before) -> Self:
        issues = None if one.raised is None else Raised.all(one.raised)
        return cls(
            resource=one.resource, label=one.label, status=one.status, start=one.start, end=one.end, issues=issues
        )


@strawberry.type(description="One ingredient of a class, or one combination, as if it were started.")
class Alternative:
    medicine: strawberry.ID = strawberry.field(description="A CURIE; of a combination those of its ingredients.")
    label: str
    standing: Standing
    apart: Apart | None
    taken: bool = strawberry.field(description="The patient takes it already.")
    replaced: bool = strawberry.field(description="It is taken, and is what is stopped first.")
    before: list[TakenBefore]
    ways: list[Way] = strawberry.field(description="The first one decides the rank.")

    @classmethod
    def of(cls, one: values.Alternative) -> Self:
        return cls(
            medicine=strawberry.ID(one.medicine),
            label=one.label,
            standing=one.standing,
            apart=one.apart,
            taken=one.taken,
            replaced=one.replaced,
            before=[TakenBefore.of(past) for past in one.before],
            ways=[Way.of(way) for way in one.ways],
        )


@strawberry.type(
    description="The medicines of a class, ranked by what is known. No rank says that one suits the patient."
)
class Alternatives:
    at: Moment
    revision: int
    knowledge: str
    class_: strawberry.ID = strawberry.field(name="class")
    label: str
    usual_statements: float = strawberry.field(description="The median of statements about a medicine of the class.")
    few_statements: float = strawberry.field(description="Of a medicine with fewer statements little is known.")
    found: list[Alternative]
    refused: list[Refused]

    @strawberry.field
    def safety(self) -> str:
        return NOT_VALIDATED

    @classmethod
    def of(cls, one: values.Alternatives) -> Self:
        return cls(
            at=Moment(datetime.fromisoformat(one.at)),
            revision=one.revision,
            knowledge=one.knowledge,
            class_=strawberry.ID(one.class_),
            label=one.label,
            usual_statements=one.usual,
            few_statements=one.few,
            found=[Alternative.of(alternative) for alternative in one.found],
            refused=Refused.all(one.refused),
        )
