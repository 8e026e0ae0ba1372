"""Proofs of what clinical rules raise about patients by chance, and of other facts than were received."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.proofs.export import document_of, found_in, ruled_in
from kgtwin.inference.proofs.sources import against_facts
from kgtwin.inference.rules.care_gaps import spoken_against
from kgtwin.inference.rules.known import Realised
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord
from kgtwin.model.proof_document import ProofDocument
from kgtwin.model.time import Period
from kgtwin.verification import verify
from tests.fuzz import times
from tests.verification.mutations import changed
from tests.verification.test_documents import assert_accepted
from tests.verification.ward import KEY, NOW, Maker, changed_fact, ward

replace = msgspec.structs.replace
Facts = tuple[Fact, ...]


def proofs(record: PatientRecord, facts: Facts, knowledge: Knowledge) -> Iterator[ProofDocument]:
    found = found_in(KEY, record, facts, knowledge, at=NOW, revision=1)
    if found is not None:
        evaluation, issues = found
        for one in ruled_in(evaluation, issues):
            yield document_of(one, evaluation, record, facts)


@settings(max_examples=times(60), deadline=None)
@given(number=st.integers(0, 1_000_000))
def test_whatever_rules_raise_is_proven(knowledge: Knowledge, number: int) -> None:
    record, facts = ward(knowledge).patient(number)
    for document in proofs(record, facts, knowledge):
        assert_accepted(document)
        assert list(against_facts(document, record, facts)) == []


@settings(max_examples=times(60), deadline=None)
@given(number=st.integers(0, 1_000_000), seed=st.integers(0, 1_000))
def test_what_is_accepted_of_other_facts_is_raised_by_them(knowledge: Knowledge, number: int, seed: int) -> None:
    """Facts are changed and the rest of the document is left as it was: the checker has to notice by itself.

    That a statement speaks against a medicine is nothing that a document shows, and it says so; nor is it that a
    statement says the same. Of several conditions, or of more medicines than it takes, the engine may name others.
    """
    record, facts = ward(knowledge).patient(number)
    random = Random(seed)
    for document in proofs(record, facts, knowledge):
        cited = [one for one in facts if one in document.facts]
        old = random.choice(cited)
        new = changed_fact(old, random)
        forged = changed(document, facts=tuple(new if one == old else one for one in document.facts))
        if new == old or not verify(forged).accepted:
            continue
        others = tuple(new if one == old else one for one in facts)
        evaluation = evaluate(KEY, record, others, knowledge, at=NOW, revision=1).evaluation
        raised = ruled_in(evaluation, ())
        told = {one.id if one.kind == "missing-monitoring" else one.statement for one in raised}
        found = told & {document.issue.id, document.issue.statement}
        assert found or silenced(document, evaluation), (document.issue, old, new)


def silenced(document: ProofDocument, evaluation: Evaluation) -> bool:
    rules = [one for one in evaluation.knowledge.rules.care_gaps if one.curie == document.issue.statement]
    return any(spoken_against(one, Realised(evaluation)) for one in rules)


@pytest.mark.parametrize("concepts", [("rxnorm:203123", "rxnorm:3827"), ("rxnorm:42351", "rxnorm:52105")])
def test_what_is_asked_for_once_of_two_forms_of_a_medicine_is_proven(
    knowledge: Knowledge, concepts: tuple[str, str]
) -> None:
    make, detail = Maker(Random(1)), MedicationDetail(origin="request", intent="order")
    facts = tuple(
        make.fact(FactKind.MEDICATION, [concept], status="active", when=Period("2024-01-01"), detail=detail)
        for concept in concepts
    )
    record = PatientRecord(key=KEY, source="ward", id="1")
    asked = [one for one in proofs(record, facts, knowledge) if one.issue.kind == "missing-monitoring"]
    assert asked
    for document in asked:
        assert document.issue.ingredients == concepts[:1]
        assert_accepted(document)
        assert list(against_facts(document, record, facts)) == []
