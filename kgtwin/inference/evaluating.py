"""From facts to what is true of one patient: what every question about the patient begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from kgtwin.inference.issues.contradictions import caveats, consistent
from kgtwin.inference.issues.derive import Deriver
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import PATIENT_INDIVIDUAL, believed, told_of
from kgtwin.inference.realising.abox import ABox, abox
from kgtwin.inference.realising.ahead import dated_ahead
from kgtwin.inference.realising.courses import with_courses
from kgtwin.inference.realising.observed import observed
from kgtwin.inference.realising.results import results
from kgtwin.inference.realising.selection import Selected, not_begun, select, unconfirmed
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.contradiction import Contradiction
from kgtwin.model.fact import Fact, PatientRecord


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """``selected`` are the facts that count; ``left_out`` those of them that contradict others.

    The evaluation's realisation is inconsistent only where the ontology contradicts itself.
    """

    evaluation: Evaluation
    selected: tuple[Selected, ...]
    left_out: tuple[Contradiction, ...]
    caveats: tuple[Caveat, ...]


def instant(at: datetime) -> str:
    """An evaluation time as text: RFC 3339, UTC, to the second.

    >>> instant(datetime(2026, 1, 15, 12, tzinfo=UTC))
    '2026-01-15T12:00:00Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def evaluate(
    patient: str,
    record: PatientRecord | None,
    facts: tuple[Fact, ...],
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
    withheld: bool = False,
) -> Evaluated:
    """What is true of a patient at ``at`` by the facts known at ``revision``; facts that contradict are left out.

    ``withheld``: consent may keep others from being used.
    """
    unknown = () if withheld and record is None else _unknown(record)
    record, doubts = believed(record, at)
    told = tell(record, facts, knowledge, at)
    box, realisation, left_out = consistent(told.box, knowledge)
    evaluation = Evaluation(patient, at, instant(at), revision, knowledge, box, realisation, facts, withheld)
    unsure = (*unconfirmed(facts, at, knowledge.durations.of), *not_begun(facts, at))
    found = [*caveats(left_out), *unknown, *doubts, *unsure, *dated_ahead(facts, knowledge, at)]
    found += [*told.unread, *box.caveats, *(_doubted(evaluation) if realisation.consistent else ())]
    found += (*knowledge.unused_rules, *(realisation.caveats if realisation.stopped else ()))
    return Evaluated(evaluation=evaluation, selected=told.selected, left_out=left_out, caveats=tuple(found))


class Told(NamedTuple):
    """What a patient's facts say at a moment; ``unread`` are caveats of observations that say nothing."""

    box: ABox
    selected: tuple[Selected, ...]
    unread: tuple[Caveat, ...]


def tell(
    record: PatientRecord | None,
    facts: tuple[Fact, ...],
    knowledge: Knowledge,
    at: datetime,
    beside: Iterable[Fact] = (),
) -> Told:
    """The assertions of the facts that count at ``at``, and of a record whose dates agree (see ``believed``).

    ``beside`` are facts that are not told: with what lasts for a time only they may be of one course.
    """
    lasting = knowledge.durations.of
    known, ids = (*facts, *beside), {fact.id for fact in facts}
    chosen = with_courses(select(known, at, lasting, knowledge.roles.wash_outs), lasting)
    selected = tuple(one for one in chosen if one.fact.id in ids)
    said, unread = observed(facts, knowledge, at)
    readings, unmeasured = results(facts, knowledge, at)
    box = abox((*selected, *said), readings, told_of(record, at), knowledge)
    return Told(box, selected, (*unread, *unmeasured))


def _unknown(record: PatientRecord | None) -> Iterator[Caveat]:
    if record is None or not record.received:
        yield Caveat(
            CaveatCode.PATIENT_NOT_RECEIVED,
            "the Patient resource was not received: age, sex and death are unknown",
            remedy="send the Patient",
        )


def _doubted(evaluation: Evaluation) -> Iterable[Caveat]:
    """What can be true together and seldom is: classes of patients that the ontology annotates with ``:doubt``."""
    knowledge, realisation = evaluation.knowledge, evaluation.realisation
    for iri in sorted(knowledge.doubts):
        if not realisation.derives(PATIENT_INDIVIDUAL, Class(iri)):
            continue
        proof = realisation.explain(PATIENT_INDIVIDUAL, Class(iri))
        assert proof is not None, "the patient is one"
        derivation = Deriver(knowledge, evaluation.box).derivation(proof)
        resources = tuple(dict.fromkeys(one.resource for one in derivation.facts))
        yield Caveat(CaveatCode.IMPLAUSIBLE, knowledge.doubts[iri], resources, "check both records")
