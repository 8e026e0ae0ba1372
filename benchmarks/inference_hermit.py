"""The same patients realised by HermiT, which comes with owlready2: are they in the same statement classes?

HermiT gets the shipped ontology and all patients at once; numbers are classes (see ``tests.inference.told_hermit``).
Half of the patients are real ones, half invented; of each half those with the most issues.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from heapq import nlargest

import inference_invented as invented

from kgtwin.bootstrap import load_knowledge
from kgtwin.config import Settings
from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.ontology import hermit
from kgtwin.reasoning import Realisation
from tests.inference.boxes import box_of
from tests.inference.crowd import NOW, Crowd
from tests.inference.told_hermit import Told, name_for

LOOKED_AT = 200
"""So many patients of each half are looked at for those with the most issues."""


def with_most_issues(
    patients: Iterable[invented.Patient], number: int, knowledge: Knowledge, at: datetime
) -> list[tuple[str, ABox, int]]:
    """Keys of patients, what is asserted of them, and how many issues by statements they have."""
    found = []
    for record, facts in patients:
        inferred = infer(record.key, record, facts, knowledge, at=at, revision=1)
        issues = sum(to_iri(issue.statement) in knowledge.statements for issue in inferred.issues)
        box = box_of(record, facts, knowledge, at)
        if box is not None:
            found.append((record.key, box, issues))
    return nlargest(number, found, key=lambda one: one[2])


def same(number: int, at: datetime = NOW) -> bool:
    """Whether HermiT puts so many patients into the same classes as we do, statements and all others."""
    knowledge = load_knowledge(Settings())
    crowd = Crowd(knowledge)
    chosen = with_most_issues(invented.real_patients(LOOKED_AT), number // 2, knowledge, at)
    made = (crowd.patient(one, 60) for one in range(LOOKED_AT))
    chosen += with_most_issues(made, number - len(chosen), knowledge, at)
    told = Told(knowledge.ontology.axioms)
    assertions = [one for key, box, _ in chosen for one in told.patient(key, box)]
    left_out = ", ".join(f"{count} {name}" for name, count in told.left_out.items()) or "nothing"
    print(f"{len(told.axioms):,} axioms, {len(told.numbers)} of their classes for intervals; left out: {left_out}; "
          f"{len(assertions):,} assertions about {len(chosen)} patients", flush=True)  # fmt: skip
    start = time.perf_counter()
    answer = hermit.realise([*told.axioms, *assertions])
    print(f"HermiT: {time.perf_counter() - start:.1f} s", flush=True)
    start = time.perf_counter()
    realised = {key: knowledge.classification.realise(box.assertions) for key, box, _ in chosen}
    print(f"ours: {(time.perf_counter() - start) * 1e3:.1f} ms", flush=True)
    return min([_agree(key, issues, realised[key], answer, told, knowledge) for key, _, issues in chosen])


def _agree(
    key: str, issues: int, realised: Realisation, answer: hermit.Answer, told: Told, knowledge: Knowledge
) -> bool:
    """Whether a patient, and each thing that is known of the patient, is in the same classes."""
    ours = realised.types(PATIENT_INDIVIDUAL)
    theirs = answer.types[name_for(key)] - told.numbers
    things = [one for one in realised.individuals if one != PATIENT_INDIVIDUAL]
    other = [one for one in things if realised.types(one) != answer.types[one] - told.numbers]
    agree = ours == theirs and not other
    statements = ours & knowledge.statements.keys()
    print(f"{key}: {issues} issues, {len(statements)} statements, {len(ours)} classes, {len(things)} facts: "
          f"{'the same' if agree else f'NOT THE SAME: {sorted(ours ^ theirs)} {other}'}", flush=True)  # fmt: skip
    return agree
