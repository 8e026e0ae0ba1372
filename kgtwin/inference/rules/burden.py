"""Cumulated burdens: several medicines of one scale that together reach its threshold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial

import msgspec

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import BurdenScale
from kgtwin.inference.rules.building import Builder, Words
from kgtwin.inference.rules.raised import Doubt, Raised, Said
from kgtwin.inference.rules.taking import Taken
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.issue import DetectedIssue, IssueKind


class Share(msgspec.Struct, frozen=True):
    """What one ingredient adds to a burden, and by which class of the scale.

    ``sure``: it is given by a route that is not local, or no local medicine of it is known.
    """

    taken: Taken
    points: Decimal
    by: str
    sure: bool


def shares(scale: BurdenScale, taken: Iterable[Taken], knowledge: Knowledge) -> tuple[Share, ...]:
    """What every ingredient adds: of several classes the highest, of ingredients that may be one the higher.

    What is only given locally adds nothing.
    """
    found: list[Share] = []
    for one in taken:
        given = [dose for dose in one.doses if dose.local is not True]
        scores = knowledge.by_ingredient.points(one.ingredient, scale.iri)
        if given and scores:
            points, by = max(scores)
            sure = any(dose.local is False for dose in given) or not knowledge.by_ingredient.may_be_local(
                one.ingredient
            )
            systemic = msgspec.structs.replace(one, doses=tuple(given))
            found.append(Share(systemic, points, by, sure))
    found.sort(key=lambda share: (not share.sure, -share.points, share.taken.ingredient))
    kept: list[Share] = []
    for share in found:
        if not any(_may_be_one(share, other, knowledge) for other in kept):
            kept.append(share)
    return tuple(kept)


def _may_be_one(one: Share, other: Share, knowledge: Knowledge) -> bool:
    return knowledge.by_ingredient.are_related(one.taken.ingredient, other.taken.ingredient)


def total(found: Iterable[Share]) -> Decimal:
    """What some shares add up to."""
    return sum((share.points for share in found), Decimal(0))


class Burden(Raised, frozen=True, kw_only=True):
    """Medicines that together reach the threshold of a scale."""

    rule: BurdenScale
    shares: tuple[Share, ...]


def burdens(taken: Sequence[Taken], said: Sequence[Said], knowledge: Knowledge) -> Iterator[Burden | Doubt]:
    """One for each scale that two ingredients or more reach; a doubt where an unknown route decides.

    Two that a statement about the same risk names already, ``said``, are not said again.
    """
    for scale in knowledge.rules.burdens:
        found = of_scale(scale, taken, knowledge)
        if found is not None and not (isinstance(found, Burden) and already_said(found, said, knowledge)):
            yield found


def of_scale(scale: BurdenScale, taken: Iterable[Taken], knowledge: Knowledge) -> Burden | Doubt | None:
    """What one scale says. Points are never below zero, so most scales are out of reach at a glance."""
    points = knowledge.by_ingredient.points
    scored = [(one, scores) for one in taken if (scores := points(one.ingredient, scale.iri))]
    if len(scored) < 2 or sum(max(scores)[0] for _, scores in scored) < scale.threshold:
        return None
    found = shares(scale, [one for one, _ in scored], knowledge)
    sure = tuple(share for share in found if share.sure)
    if len(sure) > 1 and total(sure) >= scale.threshold:
        return _reached(scale, sure)
    if len(found) > 1 and total(found) >= scale.threshold:
        return partial(_undecided, scale, found, knowledge)
    return None


def _reached(scale: BurdenScale, found: tuple[Share, ...]) -> Burden:
    return Burden(
        rule=scale,
        kind=IssueKind.CUMULATED_BURDEN,
        ingredients=frozenset(to_curie(share.taken.ingredient) for share in found),
        selected=tuple(dict.fromkeys(one for share in found for one in share.taken.selected)),
        shares=found,
    )


def tell(burden: Burden, builder: Builder, knowledge: Knowledge) -> DetectedIssue:
    """The issue of a burden: what each ingredient adds, and why it is taken."""
    scale, found = burden.rule, burden.shares
    parts = [f"{knowledge.label(share.taken.ingredient)} {share.points:f}" for share in found]
    summed = f"{total(found):f} points ({', '.join(parts)}); worth a look from {scale.threshold:f}"
    steps = [
        builder.step(
            "points",
            f"{knowledge.label(share.taken.ingredient)} adds {share.points:f} to “{scale.title}”",
            [builder.takes(dose, share.by) for dose in share.taken.doses],
        )
        for share in found
    ]
    words = Words(
        detail=f"Together {summed}.",
        conclusion=f"the patient's medicines reach {summed}",
        premises=tuple(steps),
        note="distinct ingredients, each counted once",
    )
    return builder.issue(burden, words)


def _undecided(scale: BurdenScale, found: tuple[Share, ...], knowledge: Knowledge) -> Caveat:
    unsure = [share for share in found if not share.sure]
    names = ", ".join(knowledge.label(share.taken.ingredient) for share in unsure)
    resources = dict.fromkeys(one.fact.provenance.resource for share in unsure for one in share.taken.selected)
    text = f"the route of {names} is unknown: “{scale.title}” was not decided"
    return Caveat(CaveatCode.UNKNOWN_ROUTE, text, (*resources, scale.curie), "send the route or the product's code")


def already_said(burden: Burden, said: Iterable[Said], knowledge: Knowledge) -> bool:
    """Whether a statement about two medicines of the classes, and their common risk, names the two that reach it."""
    if len(burden.shares) != 2:
        return False
    facts = [{one.fact.id for one in share.taken.selected} for share in burden.shares]
    return any(
        all(issue.facts & ids for ids in facts) and knowledge.share_risk(to_iri(issue.statement), burden.rule.iri)
        for issue in said
    )
