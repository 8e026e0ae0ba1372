"""The facts that count at a moment, now, ever, in the family, with the reason and what is uncertain about each.

When a fact counts says `kgtwin.inference.realising.spans`; `docs/modelling.md` states the same rules for readers.
``at`` is the evaluation time throughout; a fact that starts after it does not count, and after a patient's death
nothing does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from kgtwin.inference.knowledge.durations import Longest
from kgtwin.inference.realising.spans import ALWAYS, NEVER, condition_period, counting, is_open, known_since
from kgtwin.inference.realising.washout import ended_within
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord, TextValue
from kgtwin.model.time import Overlap, earliest, latest
from kgtwin.vocabulary import HAS_NOW, INTOLERANT_TO, TAKES_NOW, TOOK_EVER

UNSURE: Final = frozenset({"unconfirmed", "provisional", "differential"})
PRESENT: Final = frozenset({"active", "recurrence", "relapse"})
FINAL_RESULTS: Final = frozenset({"final", "amended", "corrected"})
Lasting = Callable[[Fact], Longest | None]
"""How long a condition lasts at the longest (`Durations.of`)."""


class Selected(msgspec.Struct, frozen=True):
    """A fact that counts in a context (a role's IRI), why, and what is uncertain about it.

    ``classes`` are the IRIs that it is of, where these are not those of its code. What is computed from it is a thing
    of its own (``part``), and may rest on further facts (``basis``).
    """

    fact: Fact
    role: str
    reason: str
    caveats: tuple[Caveat, ...] = ()
    classes: tuple[str, ...] = ()
    part: str = ""
    basis: tuple[Fact, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All received facts behind it."""
        return (self.fact, *self.basis)


def deceased(record: PatientRecord | None, at: datetime) -> bool:
    """Whether the patient is dead at ``at``; an unknown date of death counts as before."""
    if record is None or record.deceased in (None, False):
        return False
    return record.deceased is True or earliest(str(record.deceased)) <= at


def select(
    facts: Iterable[Fact],
    at: datetime,
    lasting: Lasting,
    wash_outs: Mapping[str, timedelta] = MappingProxyType({}),
) -> Iterator[Selected]:
    """The facts that count, each once for every context it counts in.

    ``wash_outs`` are roles that a medicine fills for a time after its end. Results are selected in `results`, coded
    observations in `observed`.
    """
    for fact in facts:
        longest = lasting(fact)
        known = counting(fact, None if longest is None else longest.span)
        role = known.at(at) if known is not None else None
        if role is not None:
            one = _limited(fact, role, at, longest) if longest else _CONTEXTS[fact.kind](fact, role, at)
            yield one
            if role == TOOK_EVER:
                yield from _washing_out(one, wash_outs, at)


def _washing_out(past: Selected, wash_outs: Mapping[str, timedelta], at: datetime) -> Iterator[Selected]:
    """The wash-out roles that a past medicine certainly fills; `gaps` names those that are undecided."""
    for role, span in wash_outs.items():
        if ended_within(past.fact, span, at) is Overlap.YES:
            yield Selected(past.fact, role, f"{past.reason}, and ended at most {_words(span)} before")


def _words(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span // timedelta(hours=1)} hours"


def unconfirmed(facts: Iterable[Fact], at: datetime, lasting: Lasting) -> Iterator[Caveat]:
    """Conditions that would count if they were confirmed."""
    for fact in facts:
        unsure = fact.kind is FactKind.CONDITION and fact.verification in UNSURE
        longest = lasting(fact) if unsure else None
        first, last = condition_period(fact, longest and longest.span) if unsure else (NEVER, ALWAYS)
        if first <= at <= last:
            yield Caveat(
                CaveatCode.UNCONFIRMED,
                f"{fact.code.name} is {fact.verification}: it raises nothing",
                (fact.provenance.resource,),
                "confirm or refute the condition",
            )


def not_begun(facts: Iterable[Fact], at: datetime) -> Iterator[Caveat]:
    """Conditions that are active and begin after ``at`` only.

    What was recorded later than that is no contradiction: the moment that is asked about lies before it.
    """
    for fact in facts:
        present = (
            fact.kind is FactKind.CONDITION and fact.status in PRESENT and fact.verification in {None, "confirmed"}
        )
        if not present or fact.when.start is None or earliest(fact.when.start) <= at:
            continue
        recorded = fact.provenance.recorded
        if recorded is None or earliest(recorded) <= at:
            words = f" ({fact.value.form} {fact.value.value})" if isinstance(fact.value, TextValue) else ""
            begins = f"begins {fact.when.start}{words}, in the future"
            yield Caveat(
                CaveatCode.IMPLAUSIBLE,
                f"{fact.code.name} is {fact.status}, and {begins}: it does not count",
                (fact.provenance.resource,),
                "correct the onset, or the clinical status",
            )


def _medication(fact: Fact, role: str, at: datetime) -> Selected:
    detail = fact.detail
    assert isinstance(detail, MedicationDetail), "only such medicines count"
    intent = f" ({detail.intent})" if detail.intent else ""
    if role == TAKES_NOW:
        caveats = tuple(_medication_caveats(fact, detail, fact.when.contains(at), at))
        return Selected(fact, role, f"medication {detail.origin}{intent} is {fact.status}", caveats)
    return Selected(fact, role, f"medication {detail.origin}{intent} was {fact.status}")


def _medication_caveats(fact: Fact, detail: MedicationDetail, overlap: Overlap, at: datetime) -> Iterator[Caveat]:
    resource = (fact.provenance.resource,)
    if fact.when.start is None:
        yield Caveat(CaveatCode.UNKNOWN_START, f"{fact.code.name}: no start is stated", resource)
    elif overlap is Overlap.MAYBE:
        yield Caveat(CaveatCode.UNKNOWN_START, f"{fact.code.name}: a partial date decides whether it counts", resource)
    if detail.supplied and detail.supplied.end and latest(detail.supplied.end) < at:
        ended = detail.supplied.end
        yield Caveat(CaveatCode.UNKNOWN_END, f"{fact.code.name}: active, but supplied until {ended} only", resource)
    elif fact.when.end is None:
        yield Caveat(CaveatCode.UNKNOWN_END, f"{fact.code.name}: no end is stated; taken to continue", resource)
    if detail.as_needed:
        yield Caveat(CaveatCode.AS_NEEDED, f"{fact.code.name}: as needed, not necessarily taken", resource)


def _condition(fact: Fact, role: str, at: datetime) -> Selected:
    if role == HAS_NOW:
        return Selected(
            fact, role, f"condition is {fact.status or 'recorded'}", _condition_caveats(fact, fact.when.contains(at))
        )
    caveats = _condition_caveats(fact, Overlap.YES)
    return Selected(fact, role, f"condition was recorded and is {fact.status or 'past'}", caveats)


def _condition_caveats(fact: Fact, overlap: Overlap) -> tuple[Caveat, ...]:
    resource = (fact.provenance.resource,)
    found = []
    if fact.verification is None:
        found.append(Caveat(CaveatCode.UNCONFIRMED, f"{fact.code.name}: no verification status is stated", resource))
    if overlap is Overlap.MAYBE and fact.when.start is not None:
        text = f"{fact.code.name}: a partial date decides whether it is present"
        found.append(Caveat(CaveatCode.UNKNOWN_START, text, resource))
    return tuple(found)


def _limited(fact: Fact, role: str, at: datetime, longest: Longest) -> Selected:
    """A condition that does not last for ever; where nobody ended it, the reason says how long it counts."""
    one = _condition(fact, role, at)
    if not is_open(fact):
        return one
    if role == HAS_NOW:
        caveats = (*one.caveats, *_start_caveats(fact, at, longest))
        return msgspec.structs.replace(one, reason=f"{one.reason}; {longest.text}", caveats=caveats)
    reason = f"condition is {fact.status or 'recorded'} since {known_since(fact)} and was not ended; {longest.text}"
    return msgspec.structs.replace(one, reason=reason)


def _start_caveats(fact: Fact, at: datetime, longest: Longest) -> Iterator[Caveat]:
    """Where how long a condition counts rests on a start that is not known, or not known well enough."""
    start, name, resource = fact.when.start, fact.code.name, (fact.provenance.resource,)
    if start is not None:
        if fact.when.contains(at) is Overlap.YES and at - earliest(start) > longest.span:
            yield Caveat(CaveatCode.UNKNOWN_START, f"{name}: a partial date decides whether it is present", resource)
        return
    recorded = fact.provenance.recorded
    counts = f"it counts from when it was recorded ({recorded})" if recorded else "it counts however long ago that was"
    text = f"{name}: no start is stated, and {longest.text}: {counts}"
    yield Caveat(CaveatCode.UNKNOWN_START, text, resource, "send the onset, or the end")


def _allergy(fact: Fact, role: str, at: datetime) -> Selected:
    caveats: tuple[Caveat, ...] = ()
    if fact.verification != "confirmed":
        text = f"{fact.code.name}: allergy is {fact.verification or 'of no stated verification'}"
        caveats = (Caveat(CaveatCode.UNCONFIRMED, text, (fact.provenance.resource,), "confirm or refute it"),)
    return Selected(fact, role, f"{'intolerance' if role == INTOLERANT_TO else 'allergy'} is active", caveats)


def _family(fact: Fact, role: str, at: datetime) -> Selected:
    return Selected(fact, role, "recorded of a relative")


_CONTEXTS: Final[dict[FactKind, Callable[[Fact, str, datetime], Selected]]] = {
    FactKind.MEDICATION: _medication,
    FactKind.CONDITION: _condition,
    FactKind.ALLERGY: _allergy,
    FactKind.FAMILY_HISTORY: _family,
}
