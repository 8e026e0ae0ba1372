"""Why something does not follow, and what contradicts."""

from __future__ import annotations

from typing import Self

import strawberry

from kgtwin.api.graphql.derivations import Derivation, ReceivedFact
from kgtwin.api.graphql.issues import Caveat
from kgtwin.model import contradiction
from kgtwin.model import whynot as model


@strawberry.type(description="A received fact that comes close to what is demanded.")
class Near:
    fact: ReceivedFact
    reasons: list[str] = strawberry.field(description="Each reason why it does not fill it.")


@strawberry.type(description="One condition of a definition.")
class Part:
    expression: str = strawberry.field(description="In Manchester syntax, with labels.")
    holds: bool
    facts: list[ReceivedFact] = strawberry.field(description="What it holds by.")
    nearest: list[Near] = strawberry.field(description="What comes closest, the closest first.")
    found: str | None = strawberry.field(description="What is known of the patient instead: an age, a sex.")
    unknown: list[Caveat] = strawberry.field(description="What would decide it.")

    @classmethod
    def of(cls, part: model.Part) -> Self:
        return cls(
            expression=part.expression,
            holds=part.holds,
            facts=list(map(ReceivedFact.of, part.facts)),
            nearest=[Near(fact=ReceivedFact.of(one.fact), reasons=list(one.reasons)) for one in part.nearest],
            found=part.found,
            unknown=Caveat.all(part.unknown),
        )


@strawberry.type(description="Whether a patient is what a statement says, part by part.")
class WhyNot:
    statement: strawberry.ID | None = strawberry.field(description="CURIE of the class; null of an expression.")
    title: str
    holds: bool
    parts: list[Part]
    hindrances: list[str] = strawberry.field(description="What keeps an issue away although the parts hold.")
    issues: list[strawberry.ID] = strawberry.field(description="Where it holds, the keys of the issues.")
    caveats: list[Caveat]

    @classmethod
    def of(cls, found: model.WhyNot) -> Self:
        return cls(
            statement=None if found.statement is None else strawberry.ID(found.statement),
            title=found.title,
            holds=found.holds,
            parts=list(map(Part.of, found.parts)),
            hindrances=list(found.hindrances),
            issues=[strawberry.ID(one) for one in found.issues],
            caveats=Caveat.all(found.caveats),
        )


@strawberry.type(description="Facts that cannot all be true, and which of them do not count for that.")
class Contradiction:
    text: str
    left_out: list[ReceivedFact]
    kept: list[ReceivedFact]
    derivation: Derivation = strawberry.field(description="The proof that they cannot all be.")

    @classmethod
    def of(cls, found: contradiction.Contradiction) -> Self:
        return cls(
            text=found.text,
            left_out=list(map(ReceivedFact.of, found.left_out)),
            kept=list(map(ReceivedFact.of, found.kept)),
            derivation=Derivation(derivation=found.derivation),
        )
