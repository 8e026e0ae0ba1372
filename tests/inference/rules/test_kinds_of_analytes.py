"""Results of an analyte below the one that a rule or an equation asks for, with a unit of their own."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.knowledge.analytes import CANONICAL_UNIT
from kgtwin.inference.proofs.export import document_of, found_in, ruled_in
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import Fact, PatientRecord, Provenance
from kgtwin.model.issue import IssueKind
from kgtwin.model.ontology import Annotation
from kgtwin.model.proof_document import ProofDocument
from kgtwin.model.time import Period
from kgtwin.verification import verify
from kgtwin.vocabulary import kgtwin
from tests.inference.factory import AT, PATIENT, order, patient
from tests.inference.rules.test_dose import GABAPENTIN, METFORMIN, answer, doses, measured
from tests.verification.mutations import changed

EGFR_2021, CREATININE = "loinc:98979-8", "loinc:38483-4"


def with_unit(knowledge: Knowledge, concept: str, unit: str, **more: str) -> Knowledge:
    """The knowledge where a class of results is an analyte of its own."""
    iri, given = to_iri(concept), knowledge.ontology.annotations
    notes = [Annotation(CANONICAL_UNIT, unit), *(Annotation(kgtwin(name), text) for name, text in more.items())]
    ontology = msgspec.structs.replace(knowledge.ontology, annotations={**given, iri: (*given.get(iri, ()), *notes)})
    return Knowledge(ontology, knowledge.classification)


METFORMIN_2000 = order(concept=METFORMIN, doses=doses("1000", 2))


@pytest.mark.parametrize(("value", "raised"), [("0.6", True), ("0.9", False), ("36", False)])
def test_a_limit_reads_a_kind_of_its_analyte_in_its_own_unit(knowledge: Knowledge, value: str, raised: bool) -> None:
    per_second = "mL/s/{1.73_m2}"
    edited = with_unit(knowledge, EGFR_2021, per_second)
    facts = (METFORMIN_2000, measured("e1", EGFR_2021, value, per_second))
    limits = [one for one in answer(edited, *facts).issues if one.kind is IssueKind.DOSE_RENAL]
    assert bool(limits) is raised
    if raised:
        assert "36 mL/min/{1.73_m2}" in limits[0].detail
        assert_proven(edited, *facts)


def assert_proven(knowledge: Knowledge, *given: Fact, record: PatientRecord | None = None) -> None:
    """The checker accepts the proof, and none with another factor or without it."""
    document = proven(knowledge, *given, record=record)
    (rule,) = document.rules
    used = [one for one in rule.conversions if one.unit not in {"mg", "d"}]
    assert used
    for one in used:
        rest = [other for other in rule.conversions if other != one]
        doubled = msgspec.structs.replace(one, factor=str(2 * Fraction(one.factor)))
        for forged in (rest, [*rest, doubled]):
            told = msgspec.structs.replace(rule, conversions=tuple(forged))
            assert not verify(changed(document, rules=(told,))).accepted


def proven(knowledge: Knowledge, *given: Fact, record: PatientRecord | None = None) -> ProofDocument:
    """The proof of a limit, which the checker accepts."""
    who, facts = record or patient(), tuple(map(certain, given))
    found = found_in(PATIENT, who, facts, knowledge, at=AT, revision=1)
    assert found is not None
    (issue,) = [one for one in ruled_in(*found) if one.kind is IssueKind.DOSE_RENAL]
    document = document_of(issue, found[0], who, facts)
    verdict = verify(document)
    assert verdict.accepted, verdict
    return document


def certain(fact: Fact) -> Fact:
    """The same, with a code that a document shows the meaning of."""
    return msgspec.structs.replace(fact, code=Coded((), tuple(Match(one, via="test") for one in fact.code.concepts)))


def test_what_does_not_become_the_unit_is_left_undecided_with_a_word(knowledge: Knowledge) -> None:
    edited = with_unit(knowledge, EGFR_2021, "mL/min")
    found = answer(edited, METFORMIN_2000, measured("e1", EGFR_2021, "36", "mL/min"))
    assert [one for one in found.issues if one.kind is IssueKind.DOSE_RENAL] == []
    (caveat,) = [one for one in found.caveats if one.code is CaveatCode.UNKNOWN_UNIT]
    assert {"Observation/e1", "kgtwin:RDL_0016"} <= set(caveat.touches)
    assert "mL/min/{1.73_m2}" in caveat.text


@pytest.mark.parametrize("later", [0, 1])
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_kinds_the_latest_result_decides(knowledge: Knowledge, later: int, turned: bool) -> None:
    """Whichever was sent first: 36 limits the dose, 80 does not."""
    unit = "mL/min/{1.73_m2}"
    edited = with_unit(knowledge, EGFR_2021, unit)
    both = [measured("e1", EGFR_2021, "36", unit), measured("e2", "loinc:33914-3", "80", unit)]
    dates = ["2026-01-02", "2026-01-10"] if later else ["2026-01-10", "2026-01-02"]
    results = [msgspec.structs.replace(one, when=Period(date, date)) for one, date in zip(both, dates, strict=True)]
    facts = (METFORMIN_2000, *(reversed(results) if turned else results))
    limits = [one for one in answer(edited, *facts).issues if one.kind is IssueKind.DOSE_RENAL]
    assert bool(limits) is (later == 0)
    finder = Finder(edited)
    raised = Hot(finder, patient(), facts).raised(AT, Ruling(finder))
    assert raised is not None
    assert {one.rule.curie for one in raised if one.kind is IssueKind.DOSE_RENAL} == {one.statement for one in limits}
    if limits:
        proven(edited, *facts)


def test_another_result_in_the_unit_counts(knowledge: Knowledge) -> None:
    edited = with_unit(knowledge, EGFR_2021, "mL/min")
    facts = measured("e1", EGFR_2021, "36", "mL/min"), measured("e2", "loinc:33914-3", "40", "mL/min/{1.73_m2}")
    for some in (facts, facts[::-1]):
        (issue,) = [one for one in answer(edited, METFORMIN_2000, *some).issues if one.kind is IssueKind.DOSE_RENAL]
        assert "Observation/e2" in {one.resource for one in issue.implicated}


def test_an_equation_reads_a_kind_of_its_input_in_its_own_unit(knowledge: Knowledge) -> None:
    """Creatinine in blood, kept in µmol/L: 265 of them are 3 mg/dL."""
    edited = with_unit(knowledge, CREATININE, "umol/L", molarMass="113.12")
    record = patient(birth_date="1958-06-02", gender="female", provenance=Provenance("local", "Patient/p1", "1"))
    facts = (
        order(concept=GABAPENTIN, doses=doses("300", 3)),
        measured("c1", CREATININE, "265.2", "umol/L"),
        measured("w1", "loinc:29463-7", "60", "kg"),
    )
    (issue,) = [one for one in answer(edited, *facts, record=record).issues if one.kind is IssueKind.DOSE_RENAL]
    assert "17.2 mL/min" in issue.detail
    assert_proven(edited, *facts, record=record)


def test_rows_say_the_same(knowledge: Knowledge) -> None:
    per_second = "mL/s/{1.73_m2}"
    edited = with_unit(knowledge, EGFR_2021, per_second)
    facts = (METFORMIN_2000, measured("e1", EGFR_2021, "0.6", per_second))
    told = {one.id for one in answer(edited, *facts).issues if one.kind is IssueKind.DOSE_RENAL}
    finder = Finder(edited)
    raised = Hot(finder, patient(), facts).raised(AT, Ruling(finder))
    assert told
    assert told <= {one.id_for(PATIENT) for one in raised or ()}
