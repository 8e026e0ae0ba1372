"""What is stated not to be there. Unrecorded is not absent: only a fact that says so closes a question.

`docs/modelling.md` lists the same for readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.issues.ran_out import has_run_out
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.realising.observed import OBSERVED
from kgtwin.inference.realising.results import is_valid
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import BooleanValue, Fact, FactKind, MedicationDetail
from kgtwin.model.time import Overlap, earliest, latest
from kgtwin.vocabulary import BEHAVIOUR, FAMILY_HAS, HAS_BEHAVIOUR, HAS_EVER, HAS_NOW, HAS_NOW_AS_ANSWERED, TAKES_NOW

QUIET: Final = frozenset({"inactive", "remission"})
"""Clinical statuses of a condition that may come back: it is not said to be over."""
REFUTED: Final = "refuted"
RESOLVED: Final = "resolved"
ENDED: Final = "ended"
PRESENT: Final = frozenset({HAS_NOW, HAS_NOW_AS_ANSWERED, HAS_BEHAVIOUR, TAKES_NOW, FAMILY_HAS})
ALSO: Final = {
    "history": frozenset({"history", "condition"}),
    "pastMedicine": frozenset({"pastMedicine", "medicine"}),
    "family": frozenset({"family", "firstDegree"}),
}
"""Whoever never had something has it not now either, and so on."""


class Absence(msgspec.Struct, frozen=True):
    """A fact that states that the patient has, does or takes nothing of a class, in the contexts ``kinds``."""

    kinds: frozenset[str]
    iri: str
    fact: Fact
    reason: str
    caveats: tuple[Caveat, ...] = ()


class Absences:
    """The absences that a patient's facts state."""

    def __init__(self, evaluation: Evaluation, facts: Iterable[Fact]) -> None:
        self._knowledge = evaluation.knowledge
        self._all = (*_of_facts(facts, evaluation), *_stated(evaluation))

    def closing(self, kind: str, iri: str, above: tuple[str, ...] = ()) -> tuple[Absence, ...]:
        """What states together that nothing of a class is there; none where nothing does.

        A denied class closes those below it, and one that is as wide as what was denied.
        """
        for one in self._all:
            if kind in one.kinds and (iri == one.iri or self._knowledge.is_a(iri, one.iri)):
                return (one,)
        for cover in self._knowledge.closing.covers.get(iri, ()) if iri not in above else ():
            parts = [self.closing(kind, part, (*above, iri)) for part in cover]
            if parts and all(parts):
                return tuple(dict.fromkeys(one for part in parts for one in part))
        return ()


def _of_facts(facts: Iterable[Fact], evaluation: Evaluation) -> Iterator[Absence]:
    facts, at, knowledge = tuple(facts), evaluation.moment, evaluation.knowledge
    for fact in facts:
        if _was_known(fact, at):
            kinds, reason = _denied(fact, at)
            yield from (Absence(kinds, iri, fact, reason) for iri in knowledge.classes_of(fact) if kinds)
    yield from _answered_no(facts, knowledge, at)


def _was_known(fact: Fact, at: datetime) -> bool:
    """Whether it was recorded, and began, by then."""
    recorded = fact.provenance.recorded
    return not any(time and earliest(time) > at for time in (recorded, fact.when.start))


def _denied(fact: Fact, at: datetime) -> tuple[frozenset[str], str]:
    if fact.kind is FactKind.CONDITION and fact.verification == "refuted":
        return ALSO["history"], REFUTED
    detail = fact.detail
    stated = isinstance(detail, MedicationDetail) and detail.origin == "statement" and fact.status == "not-taken"
    if stated and fact.when.contains(at) is not Overlap.NO:
        return frozenset({"medicine"}), "not taken"
    return frozenset(), ""


def _answered_no(facts: Iterable[Fact], knowledge: Knowledge, at: datetime) -> Iterator[Absence]:
    """Habits that the latest observation under their code denies."""
    last: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind in OBSERVED and is_valid(fact, at):
            for iri in knowledge.classes_of(fact):
                if iri not in last or order(fact) > order(last[iri]):
                    last[iri] = fact
    for iri, fact in last.items():
        if fact.value == BooleanValue(value=False) and knowledge.is_a(iri, BEHAVIOUR):
            yield from _of_age(Absence(frozenset({"behaviour"}), iri, fact, "observed as false"), knowledge, at)


def _of_age(one: Absence, knowledge: Knowledge, at: datetime) -> Iterator[Absence]:
    """What an observation denies, for as long as it would count if it said yes."""
    time = time_of(one.fact) if one.fact.kind in OBSERVED else None
    age = at - latest(time) if time else None
    stale, expires = knowledge.ages(one.iri) if one.iri in knowledge.classes else (None, None)
    if age is None or expires is None or age <= expires:
        text = f"{knowledge.label(one.iri)}: denied {age.days} days ago" if age else ""
        caveat = Caveat(CaveatCode.STALE_LAB, text, (one.fact.provenance.resource,), "ask again")
        old = age is not None and stale is not None and age > stale
        yield msgspec.structs.replace(one, caveats=(caveat,)) if old else one


def _stated(evaluation: Evaluation) -> Iterator[Absence]:
    """What the selected facts deny: conditions that are over, and what the ontology says of a class."""
    knowledge = evaluation.knowledge
    for node, one in evaluation.box.by_node.items():
        fact = one.fact
        over = one.role == HAS_EVER and fact.kind is FactKind.CONDITION and fact.status not in QUIET
        if over and not has_run_out(one):
            reason = RESOLVED if fact.status == RESOLVED else ENDED
            yield from (Absence(frozenset({"condition"}), iri, fact, reason) for iri in knowledge.classes_of(fact))
        if one.role in PRESENT:
            for absence in _denied_by(node, fact, evaluation):
                yield from _of_age(absence, knowledge, evaluation.moment)


def _denied_by(node: str, fact: Fact, evaluation: Evaluation) -> Iterator[Absence]:
    """What the ontology says that a fact denies."""
    knowledge = evaluation.knowledge
    for iri, denied in knowledge.closing.stated.items():
        if evaluation.realisation.derives(node, Class(iri)):
            for what in denied:
                kinds = ALSO.get(what.kind, frozenset({what.kind}))
                yield from (Absence(kinds, about, fact, knowledge.label(iri)) for about in map(to_iri, what.about))
