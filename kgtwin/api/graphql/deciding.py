"""Decisions on issues: who overrode one, and which changes would remove one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import strawberry

from kgtwin.api.graphql.derivations import ReceivedFact
from kgtwin.model import override as overriding
from kgtwin.model import repair as model
from kgtwin.model.issue import Significance
from kgtwin.model.repair import ActionKind

strawberry.enum(Significance, description="Gravest first.")
strawberry.enum(ActionKind, description="What a clinician can do about a fact.")


@strawberry.type(description="Who decided that an issue need not be shown as an alert again, until its facts change.")
class Override:
    key: strawberry.ID = strawberry.field(description="The override's id, `ov-…`.")
    reason: str = strawberry.field(description="A code of FHIR's value set `detectedissue-mitigation-action`.")
    system: str = strawberry.field(description="The code's system.")
    display: str = strawberry.field(description="What the code says.")
    text: str | None
    by: str
    at: str = strawberry.field(description="System time, RFC 3339 in UTC.")

    @classmethod
    def of(cls, one: overriding.Override) -> Self:
        return cls(
            key=strawberry.ID(one.id),
            reason=one.reason,
            system=overriding.SYSTEM,
            display=one.words,
            text=one.text,
            by=one.by,
            at=one.at,
        )


@strawberry.type(description="One change that a clinician could make.")
class Action:
    kind: ActionKind
    text: str
    until: str | None = strawberry.field(description="Of a wash-out, the time to wait for, where it is known.")
    facts: list[ReceivedFact] = strawberry.field(description="What would no longer count.")


@strawberry.type(description="An issue that comes or goes with a change.")
class Appearing:
    key: strawberry.ID
    statement: strawberry.ID
    title: str
    significance: Significance

    @classmethod
    def all(cls, found: Iterable[model.Appearing]) -> list[Self]:
        return [
            cls(
                key=strawberry.ID(one.issue),
                statement=strawberry.ID(one.statement),
                title=one.title,
                significance=one.significance,
            )
            for one in found
        ]


@strawberry.type(description="Changes that together remove an issue, none needless. Tried by inference, never applied.")
class Suggestion:
    actions: list[Action]
    new: list[Appearing] = strawberry.field(description="Issues that appear then.")
    also_gone: list[Appearing]
    on_condition: str | None = strawberry.field(
        description="What must come true besides, of a result that is repeated."
    )

    @classmethod
    def of(cls, one: model.Suggestion) -> Self:
        actions = [
            Action(kind=a.kind, text=a.text, until=a.until, facts=list(map(ReceivedFact.of, a.facts)))
            for a in one.actions
        ]
        return cls(
            actions=actions,
            new=Appearing.all(one.new),
            also_gone=Appearing.all(one.also_gone),
            on_condition=one.on_condition,
        )


@strawberry.type(description="The smallest sets of changes that remove an issue: to be judged, no advice.")
class Repairs:
    suggestions: list[Suggestion] = strawberry.field(description="The smallest first.")
    fixed: list[ReceivedFact] = strawberry.field(description="What it rests on and nobody can change.")
    complete: bool = strawberry.field(description="Whether no other smallest set is missing.")

    @classmethod
    def of(cls, found: model.Repairs) -> Self:
        return cls(
            suggestions=list(map(Suggestion.of, found.suggestions)),
            fixed=list(map(ReceivedFact.of, found.fixed)),
            complete=found.complete,
        )
