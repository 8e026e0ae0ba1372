"""One patient: select facts, realise, find issues, say why the answer may be incomplete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from kgtwin.identifiers import to_iri
from kgtwin.inference.abox import ABox, abox
from kgtwin.inference.gaps import gaps
from kgtwin.inference.issues import Evaluation, detected_issues
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.observed import observed
from kgtwin.inference.person import told_of
from kgtwin.inference.predict import Fused, Predictor, predictions
from kgtwin.inference.results import results
from kgtwin.inference.scores import scored
from kgtwin.inference.selection import deceased, select, unconfirmed
from kgtwin.inference.withholding import agreed, usable, with_caveat
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.consent import Permission
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.reasoning import Realisation
from kgtwin.vocabulary import OWL_NOTHING


def instant(at: datetime) -> str:
    """An evaluation time as text: RFC 3339, UTC, to the second.

    >>> instant(datetime(2026, 1, 15, 12, tzinfo=UTC))
    '2026-01-15T12:00:00Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def infer(
    patient: str,
    record: PatientRecord | None,
    facts: Iterable[Fact],
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
    predictor: Predictor | None = None,
    unverified: bool = True,
    scores: bool = False,
    consent: Permission | None = None,
    refutations: bool = False,
) -> Inference:
    """What follows for one patient at ``at`` from the facts known at ``revision``.

    A dead patient has no current issues. Facts that contradict the ontology are left out with a caveat that names
    them, since from a contradiction everything follows. Published equations are evaluated where ``scores`` asks.
    With ``consent`` only from the facts that it permits, and with a caveat that there may be others (`withholding`).
    With ``refutations`` also why predictions are not shown.

    Raises:
        OntologyError: if the consent denies a class that the knowledge does not have.
        UsageError: if it is another patient's.
    """
    facts = tuple(facts)
    asked = partial(_infer, patient, at=at, revision=revision, unverified=unverified, scores=scores)
    if consent is not None:
        consent.check_patient(patient)
    if consent is None or not consent.restricts:
        return asked(record, facts, knowledge, predictor=predictor, refutations=refutations)
    left = usable(record, facts, consent, knowledge, at)
    if left.record is None and record is not None and deceased(record, at):
        return with_caveat(Inference(patient=patient, at=instant(at), revision=revision, knowledge=knowledge.version))
    found = asked(left.record, left.counted, knowledge, predictor=predictor, withheld=True, refutations=refutations)
    if left.withheld:
        found = agreed(found, asked(record, facts, knowledge))
    return with_caveat(found)


def _infer(
    patient: str,
    record: PatientRecord | None,
    facts: tuple[Fact, ...],
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
    predictor: Predictor | None = None,
    unverified: bool,
    scores: bool,
    withheld: bool = False,
    refutations: bool = False,
) -> Inference:
    answer = partial(Inference, patient=patient, at=instant(at), revision=revision, knowledge=knowledge.version)
    if deceased(record, at):
        return answer(caveats=(Caveat(CaveatCode.DECEASED, "the patient has died: nothing is current", (patient,)),))
    selected = tuple(select(facts, at, knowledge.roles.wash_outs))
    said, unread = observed(facts, knowledge, at)
    readings, lab_caveats = results(facts, knowledge, at)
    box = abox((*selected, *said), readings, told_of(record, at), knowledge)
    box, realisation, contradictions = _realise(box, knowledge)
    unknown = () if withheld and record is None else _record_caveats(record)
    caveats = [*contradictions, *unknown, *unconfirmed(facts, at), *unread, *lab_caveats, *box.caveats]
    if not realisation.consistent:
        return answer(caveats=tuple(caveats))
    evaluation = Evaluation(patient, at, instant(at), revision, knowledge, box, realisation, withheld)
    issues = detected_issues(evaluation)
    if not unverified:
        issues = tuple(i for i in issues if knowledge.statements[to_iri(i.statement)].verified)
    fused = predictions(selected, evaluation, issues, predictor, refutations=refutations) if predictor else Fused()
    return answer(
        issues=issues,
        risks=fused.risks,
        predicted=fused.predicted,
        refutations=fused.refutations,
        scores=scored(evaluation, facts, contradictions) if scores else (),
        caveats=tuple(dict.fromkeys([*caveats, *gaps(evaluation)])),
    )


def _realise(box: ABox, knowledge: Knowledge) -> tuple[ABox, Realisation, tuple[Caveat, ...]]:
    """Realise; leave out facts that contradict the ontology by themselves, so that the others keep their answers."""
    realisation = knowledge.classification.realise(box.assertions)
    if realisation.consistent:
        return box, realisation, ()
    nothing = Class(OWL_NOTHING)
    clashing = frozenset(node for node in box.by_node if realisation.satisfies(node, nothing))
    resources = tuple(dict.fromkeys(box.by_node[node].fact.provenance.resource for node in sorted(clashing)))
    if not clashing:
        text = "the facts together contradict the ontology: no issue is concluded"
        return box, realisation, (Caveat(CaveatCode.CONTRADICTION, text),)
    text = "contradicts the ontology and is left out"
    caveat = Caveat(CaveatCode.CONTRADICTION, text, resources, "correct the codes of these resources")
    box, realisation, more = _realise(box.without(clashing), knowledge)
    return box, realisation, (caveat, *more)


def _record_caveats(record: PatientRecord | None) -> Iterable[Caveat]:
    if record is None or not record.received:
        yield Caveat(
            CaveatCode.PATIENT_NOT_RECEIVED,
            "the Patient resource was not received: age, sex and death are unknown",
            remedy="send the Patient",
        )
