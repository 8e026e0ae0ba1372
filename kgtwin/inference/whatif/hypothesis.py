"""A twin of which some facts are supposed: a copy that shares every fact that is not changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from kgtwin.identifiers import digest
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind, Provenance, to_json
from kgtwin.model.history import FactDifference
from kgtwin.model.simulation import SOURCE
from kgtwin.model.time import Period, earliest, latest

BEFORE: Final = timedelta(microseconds=1)
"""What ends at a moment ended so long before it, since a condition is present until its end."""
_RESOURCES: Final = {
    FactKind.MEDICATION: "MedicationRequest",
    FactKind.CONDITION: "Condition",
    FactKind.ALLERGY: "AllergyIntolerance",
    FactKind.OBSERVATION: "Observation",
}


class Hypothesis(msgspec.Struct, frozen=True):
    """The facts of a changed twin, what was changed of the received ones, and what was assumed on the way.

    The received facts are the same objects as in the unchanged twin.
    """

    patient: str
    facts: tuple[Fact, ...]
    changed: tuple[FactDifference, ...] = ()
    assumptions: tuple[str, ...] = ()

    def adding(self, fact: Fact, assumptions: Iterable[str] = ()) -> Hypothesis:
        """With one more fact, unless it is there."""
        known = any(one.id == fact.id for one in self.facts)
        if known:
            return self._with(self.facts, self.changed, assumptions)
        return self._with((*self.facts, fact), (*self.changed, FactDifference(after=fact)), assumptions)

    def replacing(self, replaced: dict[str, Fact | None], assumptions: Iterable[str] = ()) -> Hypothesis:
        """With other facts, or none, in the place of some (by id)."""
        facts: list[Fact] = []
        changed = list(self.changed)
        for fact in self.facts:
            after = replaced.get(fact.id, fact)
            if after is not None:
                facts.append(after)
            if after is not fact:
                _note(changed, fact, after)
        return self._with(tuple(facts), tuple(changed), assumptions)

    def assuming(self, assumptions: Iterable[str]) -> Hypothesis:
        """With some assumptions more."""
        return self._with(self.facts, self.changed, assumptions)

    def _with(
        self, facts: tuple[Fact, ...], changed: tuple[FactDifference, ...], assumptions: Iterable[str]
    ) -> Hypothesis:
        said = tuple(dict.fromkeys((*self.assumptions, *assumptions)))
        return Hypothesis(self.patient, facts, changed, said)


def _note(changed: list[FactDifference], before: Fact, after: Fact | None) -> None:
    """Keep what was received beside what stands there now; what was only supposed leaves no trace."""
    for place, known in enumerate(changed):
        if known.after is not None and known.after.id == before.id:
            changed.pop(place)
            if known.before is not None or after is not None:
                changed.insert(place, FactDifference(before=known.before, after=after))
            return
    changed.append(FactDifference(before=before, after=after))


def is_supposed(fact: Fact) -> bool:
    """Whether a fact was supposed by a what-if, and never received."""
    return fact.provenance.source == SOURCE


def instant_text(moment: datetime) -> str:
    """A moment as FHIR writes it, to the microsecond, so that it is no interval.

    >>> instant_text(datetime(2026, 1, 15, 12, tzinfo=UTC))
    '2026-01-15T12:00:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def supposed(patient: str, kind: FactKind, code: Coded, moment: datetime, **fields: Any) -> Fact:
    """A fact that begins at a moment; what it says makes its id, which no received fact can have."""
    when = Period(instant_text(moment)) if kind is not FactKind.OBSERVATION else Period(*2 * (instant_text(moment),))
    said = digest(kind.value, when.start or "", *(to_json(one).decode() for one in (code, fields)))
    origin = Provenance(SOURCE, f"{_RESOURCES[kind]}/what-if-{said}", "1")
    return Fact(id=_id(patient, origin), patient=patient, kind=kind, code=code, when=when, provenance=origin, **fields)


def ended(fact: Fact, status: str, moment: datetime) -> Fact | None:
    """A fact that has ended by a moment, at the place of the received one; None where it was supposed to begin then."""
    if is_supposed(fact) and fact.when.start == instant_text(moment):
        return None
    text = instant_text(moment - BEFORE)
    origin = msgspec.structs.replace(fact.provenance, source=SOURCE, version=digest(fact.id, status, text))
    when = Period(fact.when.start, text)
    return msgspec.structs.replace(fact, id=_id(fact.patient, origin), status=status, when=when, provenance=origin)


def _id(patient: str, origin: Provenance) -> str:
    """The ids of received facts begin with f; these come after them in any order by id."""
    return "s-" + digest(patient, origin.source, origin.resource, origin.part, origin.version)


def concurrent(
    facts: Iterable[Fact], moment: datetime, same: Callable[[Fact], bool], time: Callable[[Fact], str | None]
) -> Iterator[Fact]:
    """Facts of the same thing that would compete with one at a moment: taken then, or perhaps later on that day."""
    for fact in facts:
        when = time(fact)
        if when is not None and earliest(when) <= moment <= latest(when) and same(fact):
            yield fact
