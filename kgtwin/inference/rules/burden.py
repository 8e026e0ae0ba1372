"""Cumulated burdens: several medicines of one scale that together reach its threshold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge import Knowledge, existentials
from kgtwin.inference.knowledge.rules import BurdenScale
from kgtwin.inference.rules.building import Builder, Found
from kgtwin.inference.rules.taking import Taken
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT


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
        scores = [(points, name) for points, name in scale.points if knowledge.is_a(one.ingredient, name)]
        if given and scores:
            points, by = max(scores)
            sure = any(dose.local is False for dose in given) or not knowledge.may_be_local(one.ingredient)
            systemic = msgspec.structs.replace(one, doses=tuple(given))
            found.append(Share(systemic, points, by, sure))
    found.sort(key=lambda share: (not share.sure, -share.points, share.taken.ingredient))
    kept: list[Share] = []
    for share in found:
        if not any(_may_be_one(share, other, knowledge) for other in kept):
            kept.append(share)
    return tuple(kept)


def _may_be_one(one: Share, other: Share, knowledge: Knowledge) -> bool:
    a, b = one.taken.ingredient, other.taken.ingredient
    return knowledge.is_a(a, b) or knowledge.is_a(b, a)


def total(found: Iterable[Share]) -> Decimal:
    """What some shares add up to."""
    return sum((share.points for share in found), Decimal(0))


def burdens(
    taken: Sequence[Taken], said: Sequence[DetectedIssue], builder: Builder, knowledge: Knowledge
) -> Iterator[DetectedIssue | Caveat]:
    """An issue for each scale that two ingredients or more reach; a caveat where an unknown route decides.

    Two that a statement about the same risk names already, ``said``, are not said again.
    """
    for scale in knowledge.rules.burdens:
        found = shares(scale, taken, knowledge)
        sure = tuple(share for share in found if share.sure)
        if len(sure) > 1 and total(sure) >= scale.threshold:
            if not _already_said(scale, sure, said, knowledge):
                yield _issue(scale, sure, builder, knowledge)
        elif len(found) > 1 and total(found) >= scale.threshold:
            yield _undecided(scale, found, knowledge)


def _issue(scale: BurdenScale, found: tuple[Share, ...], builder: Builder, knowledge: Knowledge) -> DetectedIssue:
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
    return builder.issue(
        Found(
            rule=scale,
            kind=IssueKind.CUMULATED_BURDEN,
            ingredients=frozenset(to_curie(share.taken.ingredient) for share in found),
            detail=f"Together {summed}.",
            conclusion=f"the patient's medicines reach {summed}",
            premises=tuple(steps),
            note="distinct ingredients, each counted once",
            selected=tuple(dict.fromkeys(one for share in found for one in share.taken.selected)),
        )
    )


def _undecided(scale: BurdenScale, found: tuple[Share, ...], knowledge: Knowledge) -> Caveat:
    unsure = [share for share in found if not share.sure]
    names = ", ".join(knowledge.label(share.taken.ingredient) for share in unsure)
    resources = dict.fromkeys(one.fact.provenance.resource for share in unsure for one in share.taken.selected)
    text = f"the route of {names} is unknown: “{scale.title}” was not decided"
    return Caveat(CaveatCode.UNKNOWN_ROUTE, text, (*resources, scale.curie), "send the route or the product's code")


def _already_said(
    scale: BurdenScale, found: tuple[Share, ...], said: Iterable[DetectedIssue], knowledge: Knowledge
) -> bool:
    """Whether a statement about two medicines of the classes, and their common risk, names the two that reach it."""
    if len(found) != 2:
        return False
    facts = [{one.fact.id for one in share.taken.selected} for share in found]
    for issue in said:
        implicated = {one.fact for one in issue.implicated}
        names_them = issue.kind is not IssueKind.DUPLICATE_THERAPY and all(implicated & ids for ids in facts)
        if names_them and _is_about(scale, issue, knowledge):
            return True
    return False


def _is_about(scale: BurdenScale, issue: DetectedIssue, knowledge: Knowledge) -> bool:
    """Whether all medicines that a statement demands are of the scale's classes, or of the class that has them all."""
    statement = knowledge.statement(issue.statement)
    conjuncts = statement.definition.conjuncts if statement is not None and statement.definition else ()
    asked = [
        [filler.iri for filler in existentials(c.filler, HAS_ACTIVE_INGREDIENT) if isinstance(filler, Class)]
        for c in conjuncts
        if c.property in knowledge.roles.medicines
    ]
    risks = _risks(scale, knowledge)
    return bool(asked) and all(any(knowledge.is_a(name, risk) for name in names for risk in risks) for names in asked)


def _risks(scale: BurdenScale, knowledge: Knowledge) -> frozenset[str]:
    """The classes of a scale, and what lies directly above all of them."""
    classes = [name for _, name in scale.points if name in knowledge.classes]
    above = [frozenset(knowledge.classification.parents(name)) for name in classes]
    shared = frozenset.intersection(*above) if len(above) > 1 else frozenset[str]()
    return shared | frozenset(classes)
