"""One patient: select facts, realise, find issues, say why the answer may be incomplete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from kgtwin.inference.evaluating import evaluate, instant
from kgtwin.inference.gaps import gaps
from kgtwin.inference.issues import detected_issues, gravest_first
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import believed
from kgtwin.inference.predict import Predictor, predictions
from kgtwin.inference.rules.evaluate import rule_issues
from kgtwin.inference.scores import scored
from kgtwin.inference.selection import deceased
from kgtwin.model.caveat import Caveat, CaveatCode
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
) -> Inference:
    """What follows for one patient at ``at`` from the facts known at ``revision``.

    A dead patient has no current issues. Facts that contradict the ontology are left out with a caveat that names
    them, since from a contradiction everything follows. Published equations are evaluated where ``scores`` asks.
    """
    facts = tuple(facts)
    answer = partial(Inference, patient=patient, at=instant(at), revision=revision, knowledge=knowledge.version)
    if deceased(believed(record, at)[0], at):
        return answer(caveats=(Caveat(CaveatCode.DECEASED, "the patient has died: nothing is current", (patient,)),))
    found = evaluate(patient, record, facts, knowledge, at=at, revision=revision)
    if not found.evaluation.realisation.consistent:
        return answer(caveats=found.caveats)
    stated = detected_issues(found.evaluation)
    ruled = rule_issues(found.evaluation, stated)
    issues = gravest_first((*stated, *ruled.issues))
    if not unverified:
        issues = tuple(issue for issue in issues if knowledge.verified(issue.statement))
    return answer(
        issues=issues,
        risks=predictions(patient, found.selected, knowledge, predictor, at=instant(at)) if predictor else (),
        scores=scored(found.evaluation, facts, found.left_out) if scores else (),
        caveats=tuple(dict.fromkeys([*found.caveats, *gaps(found.evaluation), *ruled.caveats])),
    )
