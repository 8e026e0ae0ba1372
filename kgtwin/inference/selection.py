"""Which facts count, now, ever, in the family: the one place where that is decided.

`docs/modelling.md` states the same rules for readers. ``at`` is the evaluation time throughout; a fact that
starts after it does not count, and after a patient's death nothing does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from kgtwin.inference.washout import ended_within
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import AllergyDetail, Fact, FactKind, MedicationDetail, PatientRecord, TextValue
from kgtwin.model.time import Overlap, earliest, latest
from kgtwin.vocabulary import ALLERGIC_TO, FAMILY_HAS, HAS_EVER, HAS_NOW, INTOLERANT_TO, TAKES_NOW, TOOK_EVER

REAL_INTENTS: Final = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
UNSURE: Final = frozenset({"unconfirmed", "provisional", "differential"})
ABSENT: Final = frozenset({"inactive", "remission", "resolved"})
FINAL_RESULTS: Final = frozenset({"final", "amended", "corrected"})
GIVEN: Final = frozenset({"active", "completed", "stopped", "in-progress"})
ADMINISTERED_FOR: Final = timedelta(hours=24)
"""A completed administration without an end counts as taken for this long."""


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
    facts: Iterable[Fact], at: datetime, wash_outs: Mapping[str, timedelta] = MappingProxyType({})
) -> Iterator[Selected]:
    """The facts that count, each once for every context it counts in.

    ``wash_outs`` are roles that a medicine fills for a time after its end. Results are selected in `results`, coded
    observations in `observed`.
    """
    for fact in facts:
        rule = _RULES.get(fact.kind)
        for one in rule(fact, at) if rule is not None else ():
            yield one
            if one.role == TOOK_EVER:
                yield from _washing_out(one, wash_outs, at)


def _washing_out(past: Selected, wash_outs: Mapping[str, timedelta], at: datetime) -> Iterator[Selected]:
    """The wash-out roles that a past medicine certainly fills; `gaps` names those that are undecided."""
    for role, span in wash_outs.items():
        if ended_within(past.fact, span, at) is Overlap.YES:
            yield Selected(past.fact, role, f"{past.reason}, and ended at most {_words(span)} before")


def _words(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span // timedelta(hours=1)} hours"


def unconfirmed(facts: Iterable[Fact], at: datetime) -> Iterator[Caveat]:
    """Conditions that would count if they were confirmed."""
    for fact in facts:
        unsure = fact.kind is FactKind.CONDITION and fact.verification in UNSURE
        if unsure and _condition_period(fact, at) is not Overlap.NO:
            yield Caveat(
                CaveatCode.UNCONFIRMED,
                f"{fact.code.name} is {fact.verification}: it raises nothing",
                (fact.provenance.resource,),
                "confirm or refute the condition",
            )


def _medication(fact: Fact, at: datetime) -> Iterator[Selected]:
    detail = fact.detail
    if not isinstance(detail, MedicationDetail) or detail.do_not_perform:
        return
    if detail.origin == "request" and detail.intent not in REAL_INTENTS:
        return
    overlap = fact.when.contains(at)
    if _taken(fact, detail, overlap, at):
        caveats = tuple(_medication_caveats(fact, detail, overlap, at))
        yield Selected(fact, TAKES_NOW, f"{_origin(detail)} is {fact.status}", caveats)
    elif fact.status in GIVEN and not (fact.when.start and earliest(fact.when.start) > at):
        yield Selected(fact, TOOK_EVER, f"{_origin(detail)} was {fact.status}")


def _origin(detail: MedicationDetail) -> str:
    intent = f" ({detail.intent})" if detail.intent else ""
    return f"medication {detail.origin}{intent}"


def _taken(fact: Fact, detail: MedicationDetail, overlap: Overlap, at: datetime) -> bool:
    if overlap is Overlap.NO and not (detail.origin == "administration" and fact.status == "completed"):
        return False
    if detail.origin == "administration":
        return fact.status == "in-progress" or (fact.status == "completed" and _just_given(fact, at))
    if fact.status == "active":
        return True
    return fact.status == "completed" and _still_supplied(fact, detail, at)


def _just_given(fact: Fact, at: datetime) -> bool:
    if fact.when.start is None or earliest(fact.when.start) > at:
        return False
    last = fact.when.end or fact.when.start
    return latest(last) + ADMINISTERED_FOR >= at


def _still_supplied(fact: Fact, detail: MedicationDetail, at: datetime) -> bool:
    """A completed order counts while its stated end lies ahead, and not without one."""
    if fact.when.end:
        return True
    supplied = detail.supplied
    return supplied is not None and supplied.end is not None and supplied.contains(at) is not Overlap.NO


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


def _condition(fact: Fact, at: datetime) -> Iterator[Selected]:
    if fact.verification not in {None, "confirmed"}:
        return
    overlap = _condition_period(fact, at)
    if overlap is not Overlap.NO:
        yield Selected(fact, HAS_NOW, f"condition is {fact.status or 'recorded'}", _condition_caveats(fact, overlap))
    elif not (fact.when.start and earliest(fact.when.start) > at):
        caveats = _condition_caveats(fact, Overlap.YES)
        yield Selected(fact, HAS_EVER, f"condition was recorded and is {fact.status or 'past'}", caveats)


def _condition_period(fact: Fact, at: datetime) -> Overlap:
    """Whether the condition is present: a stated end decides, else the clinical status.

    Where neither is stated, an end in words ("as a child") says that it has ended (FHIR's constraint con-4).
    """
    in_words = isinstance(fact.value, TextValue) and fact.value.form.startswith("abatement")
    if fact.when.end is None and (fact.status in ABSENT or (fact.status is None and in_words)):
        return Overlap.NO
    return fact.when.contains(at)


def _condition_caveats(fact: Fact, overlap: Overlap) -> tuple[Caveat, ...]:
    resource = (fact.provenance.resource,)
    found = []
    if fact.verification is None:
        found.append(Caveat(CaveatCode.UNCONFIRMED, f"{fact.code.name}: no verification status is stated", resource))
    if overlap is Overlap.MAYBE and fact.when.start is not None:
        text = f"{fact.code.name}: a partial date decides whether it is present"
        found.append(Caveat(CaveatCode.UNKNOWN_START, text, resource))
    return tuple(found)


def _allergy(fact: Fact, at: datetime) -> Iterator[Selected]:
    if fact.verification in {"refuted", "entered-in-error"} or fact.status in {"inactive", "resolved"}:
        return
    if fact.when.contains(at) is Overlap.NO:
        return
    detail = fact.detail
    intolerance = isinstance(detail, AllergyDetail) and detail.type == "intolerance"
    caveats: tuple[Caveat, ...] = ()
    if fact.verification != "confirmed":
        text = f"{fact.code.name}: allergy is {fact.verification or 'of no stated verification'}"
        caveats = (Caveat(CaveatCode.UNCONFIRMED, text, (fact.provenance.resource,), "confirm or refute it"),)
    role = INTOLERANT_TO if intolerance else ALLERGIC_TO
    yield Selected(fact, role, "intolerance is active" if intolerance else "allergy is active", caveats)


def _family(fact: Fact, at: datetime) -> Iterator[Selected]:
    if fact.status in {"partial", "completed", None} and not (fact.when.start and earliest(fact.when.start) > at):
        yield Selected(fact, FAMILY_HAS, "recorded of a relative")


_RULES: Final[dict[FactKind, Callable[[Fact, datetime], Iterator[Selected]]]] = {
    FactKind.MEDICATION: _medication,
    FactKind.CONDITION: _condition,
    FactKind.ALLERGY: _allergy,
    FactKind.FAMILY_HISTORY: _family,
}
