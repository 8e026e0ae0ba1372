"""Why a fact does not count for a role: what would have to be different about it.

The rules of selection are asked, not repeated: elements of the fact are changed in turn, and the smallest change by
which it would count is the reason why it does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final, NamedTuple

import msgspec

from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.observed import OBSERVED, observed
from kgtwin.inference.realising.results import results
from kgtwin.inference.realising.selection import select
from kgtwin.inference.realising.spans import condition_period, is_open
from kgtwin.model.axioms import Class, ClassAssertion, ObjectPropertyAssertion
from kgtwin.model.caveat import Caveat
from kgtwin.model.clinical import time_of
from kgtwin.model.fact import AllergyDetail, Fact, FactKind, MedicationDetail, TextValue
from kgtwin.model.time import Period, earliest, latest
from kgtwin.vocabulary import (
    ALLERGIC_TO,
    FAMILY_HAS,
    HAS_BEHAVIOUR,
    HAS_EVER,
    HAS_LATEST_RESULT,
    HAS_NOW,
    HAS_NOW_AS_ANSWERED,
    HAS_PHENOTYPE,
    INTOLERANT_TO,
    PATIENT,
    TAKES_NOW,
    TOOK_EVER,
)

TOLD: Final = (
    TAKES_NOW, TOOK_EVER, HAS_NOW, HAS_EVER, FAMILY_HAS, ALLERGIC_TO, INTOLERANT_TO, HAS_LATEST_RESULT, HAS_PHENOTYPE,
    HAS_BEHAVIOUR, HAS_NOW_AS_ANSWERED,
)  # fmt: skip
"""The roles that facts fill, beside those that the ontology annotates."""


class Mend(NamedTuple):
    """What keeps a fact from counting, and the fact without it."""

    reason: str
    mended: Fact


class Roles:
    """Which of the roles that facts fill imply another role."""

    def __init__(self, knowledge: Knowledge) -> None:
        told = (*TOLD, *knowledge.roles.wash_outs, *knowledge.roles.persistent)
        nodes = {role: f"urn:kgtwin:role:{number}" for number, role in enumerate(dict.fromkeys(told))}
        links = (ObjectPropertyAssertion(role, PATIENT_INDIVIDUAL, node) for role, node in nodes.items())
        patient = ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT))
        self._realisation = knowledge.classification.realise((patient, *links))
        self._nodes = nodes
        self._known: dict[str, frozenset[str]] = {}

    def filling(self, role: str) -> frozenset[str]:
        """The roles that facts fill and that imply this one."""
        if role not in self._known:
            found = set(self._realisation.successors(PATIENT_INDIVIDUAL, role))
            self._known[role] = frozenset(told for told, node in self._nodes.items() if node in found)
        return self._known[role]


def reasons(fact: Fact, role: str, knowledge: Knowledge, roles: Roles, at: datetime) -> tuple[str, ...]:
    """Why a fact does not count for a role, by itself; empty where it does."""
    filling = roles.filling(role)
    if _fills(fact, filling, knowledge, at):
        return ()
    mends = list(_mends(fact, role, knowledge, at))
    for size in range(1, len(mends) + 1):
        for chosen in combinations(mends, size):
            if _fills(_mended(fact, chosen), filling, knowledge, at):
                return tuple(one.reason for one in chosen)
    return (_otherwise(fact, knowledge, at),)


def _fills(fact: Fact, filling: frozenset[str], knowledge: Knowledge, at: datetime) -> bool:
    return not filling.isdisjoint(counts_for(fact, knowledge, at))


def counts_for(fact: Fact, knowledge: Knowledge, at: datetime) -> frozenset[str]:
    """The roles that a fact fills where there is no other."""
    found = {one.role for one in select((fact,), at, knowledge.durations.of, knowledge.roles.wash_outs)}
    if fact.kind in OBSERVED:
        found |= {one.role for one in observed((fact,), knowledge, at)[0]}
        found |= {one.selected.role for one in results((fact,), knowledge, at)[0]}
    return frozenset(found)


def unread(fact: Fact, knowledge: Knowledge, at: datetime) -> tuple[Caveat, ...]:
    """What cannot be read of an observation by itself."""
    if fact.kind not in OBSERVED:
        return ()
    final = msgspec.structs.replace(fact, status="final")
    return (*results((final,), knowledge, at)[1], *observed((final,), knowledge, at)[1])


def _otherwise(fact: Fact, knowledge: Knowledge, at: datetime) -> str:
    """Where no change helps: what the fact counts for, or what cannot be read of it."""
    said = unread(fact, knowledge, at)
    if said:
        return "; ".join(one.text for one in said)
    found = sorted(knowledge.label(role) for role in counts_for(fact, knowledge, at))
    if found:
        return f"it counts for “{'”, “'.join(found)}” only"
    return f"a fact of kind {fact.kind.value} does not count for this"


def _mended(fact: Fact, mends: tuple[Mend, ...]) -> Fact:
    """The fact with all changes: each mend states the fields that it changes."""
    changes = {
        name: getattr(one.mended, name)
        for one in mends
        for name in ("status", "verification", "value")
        if getattr(one.mended, name) != getattr(fact, name)
    }
    start, end = fact.when.start, fact.when.end
    details: dict[str, object] = {}
    for one in mends:
        start = one.mended.when.start if one.mended.when.start != fact.when.start else start
        end = one.mended.when.end if one.mended.when.end != fact.when.end else end
        if one.mended.detail is not None and fact.detail is not None:
            details |= {
                name: value
                for name in fact.detail.__struct_fields__
                if (value := getattr(one.mended.detail, name)) != getattr(fact.detail, name)
            }
    detail = msgspec.structs.replace(fact.detail, **details) if fact.detail is not None else None
    return msgspec.structs.replace(fact, **changes, when=Period(start, end), detail=detail)


_LIVE: Final = {
    FactKind.MEDICATION: "active",
    FactKind.CONDITION: "active",
    FactKind.ALLERGY: "active",
    FactKind.FAMILY_HISTORY: "completed",
    **dict.fromkeys(OBSERVED, "final"),
}


def _mends(fact: Fact, role: str, knowledge: Knowledge, at: datetime) -> Iterator[Mend]:
    """Single changes by which a fact may come to count, each with what they change."""
    live = _LIVE.get(fact.kind)
    detail = fact.detail
    if isinstance(detail, MedicationDetail):
        yield from _medicine(fact, detail)
        live = "in-progress" if detail.origin == "administration" else live
    if isinstance(fact.value, TextValue) and fact.value.form.startswith("abatement"):
        yield Mend(f"it ended: {fact.value.value}", msgspec.structs.replace(fact, value=None))
    if fact.verification is not None and fact.verification != "confirmed":
        yield Mend(f"it is {fact.verification}", msgspec.structs.replace(fact, verification="confirmed"))
    yield from _times(fact, role, knowledge, at)
    if live is not None and fact.status != live:
        said = f"its status is {fact.status}" if fact.status else "it has no status"
        yield Mend(said, msgspec.structs.replace(fact, status=live))
    if isinstance(detail, AllergyDetail):
        other = "allergy" if detail.type == "intolerance" else "intolerance"
        said = f"it is recorded as {detail.type or 'an allergy'}, not as {other}"
        yield Mend(said, msgspec.structs.replace(fact, detail=msgspec.structs.replace(detail, type=other)))


def _medicine(fact: Fact, detail: MedicationDetail) -> Iterator[Mend]:
    if detail.do_not_perform:
        changed = msgspec.structs.replace(detail, do_not_perform=False)
        yield Mend("it says that the medicine is not to be given", msgspec.structs.replace(fact, detail=changed))
    if detail.intent is not None and detail.intent != "order":
        changed = msgspec.structs.replace(detail, intent="order")
        yield Mend(f"its intent is {detail.intent}", msgspec.structs.replace(fact, detail=changed))


def _times(fact: Fact, role: str, knowledge: Knowledge, at: datetime) -> Iterator[Mend]:
    now = at.isoformat()
    if fact.kind in OBSERVED:
        time = time_of(fact)
        if time is None or earliest(time) > at:
            said = f"it is of {time}" if time else "it has no time"
            yield Mend(said, msgspec.structs.replace(fact, when=Period(now, now)))
        return
    start, end = fact.when.start, fact.when.end
    if start and earliest(start) > at:
        yield Mend(f"it begins on {start}", msgspec.structs.replace(fact, when=Period(now, end)))
    longest = knowledge.durations.of(fact)
    if longest is not None and condition_period(fact, longest.span)[1] < at and is_open(fact):
        said = f"it began on {start}" if start else f"it was recorded on {fact.provenance.recorded}"
        yield Mend(f"{said}, and {longest.text}", msgspec.structs.replace(fact, when=Period(now, end)))
    if end and latest(end) < at:
        span = knowledge.roles.wash_outs.get(role)
        late = "" if span is None else f", more than {_words(span)} before"
        yield Mend(f"it ended on {end}{late}", msgspec.structs.replace(fact, when=Period(start, now)))


def _words(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span // timedelta(hours=1)} hours"
