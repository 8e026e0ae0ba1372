"""One patient: select facts, realise, find issues, say why the answer may be incomplete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from kgtwin.inference.consent.unsaid import unsaid
from kgtwin.inference.consent.withholding import agreed, usable, with_caveat
from kgtwin.inference.evaluating import evaluate, instant
from kgtwin.inference.issues.found import detected_issues, gravest_first
from kgtwin.inference.issues.gaps import gaps
from kgtwin.inference.issues.intolerances import intolerances
from kgtwin.inference.issues.ran_out import ran_out
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import believed
from kgtwin.inference.predicting.predict import Fused, Predictor, predictions
from kgtwin.inference.realising.selection import deceased
from kgtwin.inference.rules.evaluate import rule_issues
from kgtwin.inference.scores.scoring import scored
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.consent import Permission
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference


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
    if left.record is None and deceased(believed(record, at)[0], at):
        return with_caveat(Inference(patient=patient, at=instant(at), revision=revision, knowledge=knowledge.version))
    found = asked(left.record, left.counted, knowledge, predictor=predictor, withheld=True, refutations=refutations)
    if left.withheld:
        found = agreed(found, asked(record, facts, knowledge))
    return with_caveat(unsaid(found, consent, knowledge))


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
    if deceased(believed(record, at)[0], at):
        return answer(caveats=(Caveat(CaveatCode.DECEASED, "the patient has died: nothing is current", (patient,)),))
    found = evaluate(patient, record, facts, knowledge, at=at, revision=revision, withheld=withheld)
    if not found.evaluation.realisation.consistent:
        return answer(caveats=found.caveats)
    stated = detected_issues(found.evaluation)
    ruled = rule_issues(found.evaluation, stated)
    issues = gravest_first((*stated, *ruled.issues))
    if not unverified:
        issues = tuple(issue for issue in issues if knowledge.verified(issue.statement))
    fused = Fused()
    if predictor is not None:
        fused = predictions(found.selected, found.evaluation, issues, predictor, refutations=refutations)
    near = (*gaps(found.evaluation), *ran_out(found.evaluation), *intolerances(found.evaluation))
    return answer(
        issues=issues,
        risks=fused.risks,
        predicted=fused.predicted,
        refutations=fused.refutations,
        scores=scored(found.evaluation, facts, found.left_out) if scores else (),
        caveats=tuple(dict.fromkeys([*found.caveats, *near, *ruled.caveats])),
    )
