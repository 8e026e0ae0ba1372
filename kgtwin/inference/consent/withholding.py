"""What consent withholds of a patient: the facts themselves, and what would be wrong without them.

A result counts no longer where a later one of the same thing is withheld, for it is not the latest. What follows from
the rest is told only where it follows from everything, too: what the absence of a fact lets through (a wash-out of
something that is taken, a doubt that another statement takes away) is no conclusion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.realising.observed import CONTEXTS, is_candidate, thing
from kgtwin.inference.realising.results import MEASURED, is_result
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import order, time_of
from kgtwin.model.concept import Coded
from kgtwin.model.consent import Decision, Permission, Rule, least
from kgtwin.model.fact import (
    AllergyDetail,
    CodedValue,
    ConditionDetail,
    Fact,
    FactKind,
    FamilyDetail,
    MedicationDetail,
    ObservationDetail,
    PatientRecord,
)
from kgtwin.model.issue import DetectedIssue, Inference, IssueKind
from kgtwin.model.score import Score
from kgtwin.model.time import Overlap, Period, earliest, latest

WITHHELD: Final = Caveat(
    CaveatCode.WITHHELD,
    "consent withholds some data: nothing is concluded from what it withholds, and what is missing may be withheld",
)
ABSENT: Final = frozenset({IssueKind.MISSING_MONITORING, IssueKind.UNTREATED_INDICATION})
"""Kinds of issues that say that something is not there."""
KINDS: Final = {
    "Condition": {FactKind.CONDITION},
    "MedicationRequest": {FactKind.MEDICATION},
    "MedicationStatement": {FactKind.MEDICATION},
    "MedicationAdministration": {FactKind.MEDICATION},
    "MedicationDispense": {FactKind.MEDICATION},
    "AllergyIntolerance": {FactKind.ALLERGY, FactKind.CONDITION},
    "Observation": {FactKind.OBSERVATION, FactKind.BEHAVIOUR, FactKind.GENOTYPE},
    "DiagnosticReport": {FactKind.OBSERVATION, FactKind.GENOTYPE},
    "Procedure": {FactKind.PROCEDURE},
    "Immunization": {FactKind.IMMUNIZATION},
    "FamilyMemberHistory": {FactKind.FAMILY_HISTORY},
    "Encounter": {FactKind.ENCOUNTER},
    "CarePlan": {FactKind.CARE_PLAN},
}
"""What a FHIR resource type may be in a source that is not FHIR."""


class Usable(NamedTuple):
    """What may be used: the record and the facts to show, those of these that count, and whether any is withheld."""

    record: PatientRecord | None
    shown: tuple[Fact, ...]
    counted: tuple[Fact, ...]
    withheld: bool


def usable(
    record: PatientRecord | None, facts: Iterable[Fact], permission: Permission, knowledge: Knowledge, at: datetime
) -> Usable:
    """What a consent leaves of a patient.

    Raises:
        OntologyError: if it denies a class that the knowledge does not have, so that nobody can tell what lies below.
    """
    facts = tuple(facts)
    for curie in sorted(permission.denied_classes()):
        if to_iri(curie) not in knowledge.classes:
            raise OntologyError(
                "consent denies a class that the knowledge does not have",
                where=curie,
                expected="a class of the ontology: what lies below another one cannot be told",
                remedy="name it under codes, to deny it as it is, or deny a class that the ontology has",
            )
    deciding = _Deciding(permission, knowledge, facts)
    hidden = {fact.id for fact in facts if not deciding.permits(deciding.of_fact(fact))}
    shown = tuple(_redacted(facts, hidden))
    out = _outdated(facts, hidden, knowledge, at)
    known = record if record is None or deciding.permits(_of_record(record)) else None
    withheld = bool(hidden) or known is not record
    return Usable(known, shown, tuple(one for one in shown if one.id not in out), withheld)


def nameless(record: PatientRecord) -> PatientRecord:
    """A patient of whom nothing may be shown but the key."""
    return PatientRecord(key=record.key, source=record.source, id=record.id)


# Which facts a consent permits


class Data(NamedTuple):
    """What rules look at: ``surely`` are the classes and codes (IRIs) that it is of, ``perhaps`` all that it names."""

    kind: FactKind | None
    resource: str
    source: str
    surely: frozenset[str]
    perhaps: frozenset[str]
    when: Period | None


class _Outcome(NamedTuple):
    """What a rule may say of something: nothing, yes, no."""

    nothing: bool
    permits: bool
    denies: bool


class _Deciding:
    def __init__(self, permission: Permission, knowledge: Knowledge, facts: tuple[Fact, ...]) -> None:
        self._permission, self._knowledge = permission, knowledge
        self._by_resource: dict[str, list[Fact]] = {}
        for fact in facts:
            self._by_resource.setdefault(fact.provenance.resource, []).append(fact)

    def permits(self, data: Data) -> bool:
        """Whether something is permitted for certain."""
        found = self._outcome(self._permission.consent.rule, data)
        return not (found.denies or (found.nothing and self._permission.consent.otherwise is Decision.DENY))

    def of_fact(self, fact: Fact) -> Data:
        """What a fact is and has to do with: its codes, its reasons, what the ontology relates these to."""
        surely = frozenset(map(to_iri, fact.code.concepts))
        mentioned = {to_iri(one) for one in _mentioned(fact)}
        for reason in fact.reasons:
            mentioned.update(to_iri(c) for other in self._by_resource.get(reason, ()) for c in _mentioned(other))
        related = (self._knowledge.related.of(iri) for iri in mentioned | surely if iri in self._knowledge.classes)
        perhaps = mentioned.union(*related)
        origin = fact.provenance
        return Data(fact.kind, origin.resource, origin.source, surely, frozenset(perhaps), _time(fact))

    def _outcome(self, rule: Rule, data: Data) -> _Outcome:
        """What a rule may say; of exceptions that differ a denial holds."""
        covers = least(self._permission.in_force(rule), self._covers(rule, data))
        if covers is Overlap.NO:
            return _Outcome(True, False, False)
        inner = [self._outcome(one, data) for one in rule.rules]
        stands = all(one.nothing for one in inner)
        permits = all(one.nothing or one.permits for one in inner) and (
            any(one.permits for one in inner) or (rule.type is Decision.PERMIT and stands)
        )
        denies = any(one.denies for one in inner) or (rule.type is Decision.DENY and stands)
        return _Outcome(covers is Overlap.MAYBE, permits, denies)

    def _covers(self, rule: Rule, data: Data) -> Overlap:
        """Whether a rule is about something, by all of its criteria."""
        return least(
            _yes(not rule.kinds or data.kind in rule.kinds),
            _yes(not rule.sources or data.source in rule.sources),
            _yes(not rule.resources or data.resource in rule.resources),
            _of_types(rule.resource_types, data),
            self._of_classes(rule, data),
            _of_period(rule.data_period, data),
        )

    def _of_classes(self, rule: Rule, data: Data) -> Overlap:
        if not (rule.classes or rule.codes):
            return Overlap.YES
        if self._meets(rule, data.surely):
            return Overlap.YES
        return Overlap.MAYBE if self._meets(rule, data.perhaps) else Overlap.NO

    def _meets(self, rule: Rule, iris: frozenset[str]) -> bool:
        if any(to_iri(one) in iris for one in (*rule.codes, *rule.classes)):
            return True
        classes = [to_iri(one) for one in rule.classes]
        return any(self._knowledge.is_a(iri, one) for one in classes for iri in iris)


def _yes(holds: bool) -> Overlap:
    return Overlap.YES if holds else Overlap.NO


def _of_types(types: tuple[str, ...], data: Data) -> Overlap:
    """By FHIR's resource types; what other sources call a record says only of which kind it is."""
    name = data.resource.partition("/")[0]
    if not types or name in types:
        return Overlap.YES
    if name[:1].isupper() or data.kind is None:
        return Overlap.NO
    return Overlap.MAYBE if any(data.kind in KINDS.get(one, ()) for one in types) else Overlap.NO


def _of_period(period: Period | None, data: Data) -> Overlap:
    """By when it was true: surely where all of that time lies inside."""
    if period is None:
        return Overlap.YES
    if data.when is None:
        return Overlap.NO
    first, last = _bound(period.start, earliest), _bound(period.end, latest)
    begin, end = _bound(data.when.start, earliest), _bound(data.when.end, latest)
    if (first and end and end < first) or (last and begin and begin > last):
        return Overlap.NO
    inside = (first is None or (begin is not None and begin >= first)) and (
        last is None or (end is not None and end <= last)
    )
    return Overlap.YES if inside else Overlap.MAYBE


def _bound(text: str | None, side: Callable[[str], datetime]) -> datetime | None:
    return side(text) if text else None


def _time(fact: Fact) -> Period:
    """When it was true; what was measured, at its time."""
    time = time_of(fact) if fact.kind in MEASURED else None
    return Period(fact.when.start or time, fact.when.end or time)


def _of_record(record: PatientRecord) -> Data:
    nothing = frozenset[str]()
    return Data(None, f"Patient/{record.id}", record.source, nothing, nothing, None)


def _mentioned(fact: Fact) -> Iterator[str]:
    """Every concept that stands in a fact, whether inference may use it or not."""
    value = fact.value.value if isinstance(fact.value, CodedValue) else Coded()
    for coded in (fact.code, value, *_of_detail(fact)):
        yield from (match.concept for match in coded.matches)
    yield from (reason for reason in fact.reasons if ":" in reason)


def _of_detail(fact: Fact) -> Iterator[Coded]:
    match fact.detail:
        case MedicationDetail(ingredients=ingredients, route=route):
            yield from (*ingredients, *([route] if route else []))
        case AllergyDetail(reactions=reactions, substances=substances):
            yield from (*reactions, *substances)
        case ConditionDetail(severity=severity):
            yield severity
        case ObservationDetail(interpretation=interpretation):
            yield from interpretation
        case FamilyDetail(relationship=relationship):
            yield from [relationship] if relationship else []


def _redacted(facts: tuple[Fact, ...], hidden: set[str]) -> Iterator[Fact]:
    """The facts that are not hidden, without references to resources of which nothing is left."""
    left = {fact.provenance.resource for fact in facts if fact.id not in hidden}
    gone = {fact.provenance.resource for fact in facts if fact.id in hidden} - left
    for fact in facts:
        if fact.id in hidden:
            continue
        reasons = tuple(one for one in fact.reasons if one not in gone)
        encounter = None if fact.encounter in gone else fact.encounter
        same = (reasons, encounter) == (fact.reasons, fact.encounter)
        yield fact if same else msgspec.structs.replace(fact, reasons=reasons, encounter=encounter)


# What is out of date without the hidden facts


def _outdated(facts: tuple[Fact, ...], hidden: set[str], knowledge: Knowledge, at: datetime) -> frozenset[str]:
    """The facts that do not count: the hidden ones, and results that a hidden one of the same thing came after."""
    gone = set(hidden)
    if not gone:
        return frozenset()
    dated = [(fact, order(fact), _things(fact, knowledge)) for fact in facts if _is_dated(fact, at)]
    while True:
        newest: dict[str, tuple[datetime, str, str]] = {}
        for fact, place, things in dated:
            if fact.id in gone:
                newest.update((thing, max(place, newest.get(thing, place))) for thing in things)
        later = {f.id for f, place, things in dated if any(t in newest and newest[t] >= place for t in things)} - gone
        if not later:
            return frozenset(gone)
        gone |= later


def _is_dated(fact: Fact, at: datetime) -> bool:
    if fact.kind not in MEASURED or not (is_result(fact) or is_candidate(fact)):
        return False
    return earliest(time_of(fact) or "") <= at


def _things(fact: Fact, knowledge: Knowledge) -> frozenset[str]:
    """What it is about: of two facts about one thing the later one counts."""
    analyte = knowledge.analyte_of(fact)
    return frozenset(
        (
            *([analyte.iri] if analyte else []),
            *(thing(fact, kind, knowledge) for _, kind in CONTEXTS),
            *knowledge.classes_of(fact),
        )
    )


# What follows either way


def agreed(found: Inference, whole: Inference) -> Inference:
    """What follows from what may be used and from everything.

    A score where both put the same into it, and neither alone says that it is not for such a patient.
    """
    issues = {issue.id: issue for issue in whole.issues}
    scores = {score.equation: score for score in whole.scores}
    risks = (
        msgspec.structs.replace(risk, proven_issues=tuple(issue for issue in risk.proven_issues if issue in issues))
        for risk in found.risks
    )
    return msgspec.structs.replace(
        found,
        issues=tuple(one for one in found.issues if one.id in issues and _says(one, issues[one.id])),
        risks=tuple(risks),
        scores=tuple(s for s in found.scores if s.equation in scores and _agrees(s, scores[s.equation])),
    )


def _says(issue: DetectedIssue, whole: DetectedIssue) -> bool:
    """Whether an issue that says what was not done, and since when, says what follows from everything."""
    return issue.kind not in ABSENT or issue.detail == whole.detail


def _agrees(score: Score, whole: Score) -> bool:
    values = {one.name: one.value for one in whole.inputs}
    same = all(values.get(one.name) == one.value for one in score.inputs)
    return same and bool(score.refusals) == bool(whole.refusals) and set(score.refusals) <= set(whole.refusals)


def with_caveat(found: Inference) -> Inference:
    """What follows, and that there may be more."""
    return msgspec.structs.replace(found, caveats=(WITHHELD, *found.caveats))
