"""One patient against the shipped knowledge: what is said beside the issues."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance, Quantity
from kgtwin.model.issue import Inference, IssueKind
from kgtwin.model.time import Period
from kgtwin.vocabulary import SITUATION
from tests.inference.edited import edited, statement
from tests.inference.factory import AT, PATIENT, allergy, coded, condition, order, patient, result

ASTHMA, PROPRANOLOL, METFORMIN = "snomed:195967001", "rxnorm:8787", "rxnorm:6809"
EGFR = "loinc:33914-3"


def answer(knowledge: Knowledge, *facts: Fact, record: PatientRecord | None = None, **options: Any) -> Inference:
    return infer(PATIENT, record or patient(), facts, knowledge, at=AT, revision=7, **options)


def codes(inference: Inference) -> set[CaveatCode]:
    return {caveat.code for caveat in inference.caveats}


UNIT = "mL/min/{1.73_m2}"


def egfr(value: str, unit: str | None = UNIT, **fields: Any) -> Fact:
    resource = fields.pop("resource", "Observation/o1")
    return result(resource, EGFR, Quantity(value=Decimal(value), code=unit, ucum=unit), **fields)


def test_an_issue_says_who_when_and_on_what(knowledge: Knowledge) -> None:
    (issue,) = answer(knowledge, condition(), order(concept=PROPRANOLOL)).issues
    assert (issue.patient, issue.at, issue.revision, issue.knowledge) == (
        PATIENT, "2026-01-15T12:00:00Z", 7, knowledge.version,
    )  # fmt: skip
    assert issue.derivation.facts
    assert all("/" not in (axiom.origin or "") for axiom in issue.derivation.axioms)


def test_a_code_without_words_is_called_by_its_label(knowledge: Knowledge) -> None:
    mute = msgspec.structs.replace(condition(), code=Coded((Coding(None, "195967001"),), (Match(ASTHMA),)))
    (issue,) = answer(knowledge, mute, order(concept=PROPRANOLOL)).issues
    assert knowledge.label_of(ASTHMA) in issue.detail
    assert "195967001" not in issue.detail


@pytest.mark.parametrize("deceased", [True, "2026-01-01"])
def test_nothing_is_current_after_death(knowledge: Knowledge, deceased: bool | str) -> None:
    found = answer(knowledge, condition(), order(concept=PROPRANOLOL), record=patient(deceased=deceased))
    assert (found.issues, codes(found)) == ((), {CaveatCode.DECEASED})


def test_a_fact_that_contradicts_the_ontology_is_left_out_alone(knowledge: Knowledge) -> None:
    situation = next(iri for iri in sorted(knowledge.classification.descendants(SITUATION)) if "snomed" in iri)
    both = Coded(
        (Coding(None, "both"),), (Match(ASTHMA), Match("snomed:" + situation.rsplit("/", 1)[-1])), "asthma, and not"
    )
    clash = msgspec.structs.replace(condition("Condition/clash"), code=both)
    found = answer(knowledge, clash, condition(), order(concept=PROPRANOLOL))
    assert [issue.statement for issue in found.issues] == ["kgtwin:CI_0001"]
    (caveat,) = [c for c in found.caveats if c.code is CaveatCode.CONTRADICTION]
    assert caveat.touches == ("Condition/clash",)


def ignored(inference: Inference) -> list[Caveat]:
    return [one for issue in inference.issues for one in issue.caveats if one.code is CaveatCode.IGNORED_AXIOM]


def test_a_received_number_leaves_nothing_open_of_a_statement(knowledge: Knowledge) -> None:
    assert knowledge.caveats_of(to_iri("kgtwin:DL_0001")), "of some number below 30 not all is derived"
    found = answer(knowledge, order(concept=METFORMIN), egfr("25"))
    assert "kgtwin:DL_0001" in {issue.statement for issue in found.issues}
    assert ignored(found) == []


def test_a_comparator_leaves_open_thresholds_and_no_axiom(knowledge: Knowledge) -> None:
    below = Quantity(value=Decimal(30), code=UNIT, ucum=UNIT, comparator="<")
    found = answer(knowledge, order(concept=METFORMIN), result("Observation/o1", EGFR, below))
    assert "kgtwin:DL_0001" in {issue.statement for issue in found.issues}
    assert CaveatCode.UNDECIDED_VALUE in codes(found)
    assert ignored(found) == []


def test_an_ignored_axiom_is_told_on_the_issues_that_it_touches(tmp_path: Path) -> None:
    methotrexate = "ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient rxnorm:6851))"
    union = "SubClassOf(:Patient ObjectUnionOf(:FemalePatient :MalePatient))"
    knowledge = edited(tmp_path, union, statement("TEST_9001", methotrexate))
    received = Provenance("local", "Patient/p1", "1")
    for gender, told in ((None, True), ("female", False)):
        found = answer(knowledge, order(concept="rxnorm:6851"), record=patient(gender=gender, provenance=received))
        assert "kgtwin:TEST_9001" in {issue.statement for issue in found.issues}
        assert bool(ignored(found)) is told


def test_unverified_evidence_can_be_silenced(knowledge: Knowledge) -> None:
    unverified = next(s for s in knowledge.statements.values() if s.curie == "kgtwin:CI_0042")
    assert not unverified.verified
    facts = (order(concept="rxnorm:10689"), condition(concept=_condition_of(knowledge, "SeizureDisorder")))
    assert "kgtwin:CI_0042" in {i.statement for i in answer(knowledge, *facts).issues}
    assert "kgtwin:CI_0042" not in {i.statement for i in answer(knowledge, *facts, unverified=False).issues}


def _condition_of(knowledge: Knowledge, name: str) -> str:
    below = knowledge.classification.descendants(to_iri(f"kgtwin:{name}"))
    return "snomed:" + next(iri for iri in sorted(below) if "snomed" in iri).rsplit("/", 1)[-1]


def test_a_missing_result_is_named(knowledge: Knowledge) -> None:
    found = answer(knowledge, order(concept=METFORMIN))
    missing = [c for c in found.caveats if c.code is CaveatCode.MISSING_LAB]
    assert ("kgtwin:DL_0001",) in {c.touches for c in missing}
    assert [issue.statement for issue in found.issues] == ["kgtwin:MON_0044"]


def test_an_unknown_route_is_named_and_raises_nothing(knowledge: Knowledge) -> None:
    found = answer(knowledge, order(concept="rxnorm:3355"), condition(concept=_condition_of(knowledge, "PepticUlcer")))
    assert CaveatCode.UNKNOWN_ROUTE in codes(found)
    assert not any(issue.statement == "kgtwin:CI_0036" for issue in found.issues)


ATENOLOL, ORAL, BOTH_BETA_BLOCKERS = "rxnorm:1202", "kgtwin:OralRoute", "kgtwin:DDI_0424"


def undecided_routes(knowledge: Knowledge, *facts: Fact) -> list[str]:
    """The medicines of which the route would decide whether two are of one class."""
    found = answer(knowledge, *facts)
    assert BOTH_BETA_BLOCKERS not in {issue.statement for issue in found.issues}
    unknown = [c for c in found.caveats if c.code is CaveatCode.UNKNOWN_ROUTE and c.touches == (BOTH_BETA_BLOCKERS,)]
    return [c.text.split(" is unknown")[0] for c in unknown]


def test_the_route_of_one_medicine_does_not_decide_whether_there_are_two(knowledge: Knowledge) -> None:
    one = order("MedicationRequest/m1", PROPRANOLOL)
    renewed = order("MedicationRequest/m3", PROPRANOLOL)
    other = order("MedicationRequest/m2", ATENOLOL)
    oral = order("MedicationRequest/m2", ATENOLOL, route=coded(ORAL))
    propranolol, atenolol = (f"the route of {name}" for name in (PROPRANOLOL, ATENOLOL))
    assert undecided_routes(knowledge, one) == undecided_routes(knowledge, one, renewed) == []
    assert undecided_routes(knowledge, one, other) == [propranolol, atenolol]
    assert undecided_routes(knowledge, one, oral) == [propranolol], "one of two is known to count"
    assert undecided_routes(knowledge, oral) == []


@pytest.mark.parametrize(
    ("facts", "statements", "code"),
    [
        ([egfr("22")], {"kgtwin:DL_0001"}, None),
        ([egfr("60")], set(), None),
        ([egfr("22", "furlong")], set(), CaveatCode.UNKNOWN_UNIT),
        ([egfr("22", None)], set(), CaveatCode.UNKNOWN_UNIT),
        ([egfr("22", "mL/min")], set(), CaveatCode.UNKNOWN_UNIT),
        ([egfr("22", when=Period("2000-01-01"))], set(), CaveatCode.STALE_LAB),
        ([egfr("22", when=Period("2027-01-01"))], set(), None),
        ([egfr("22", status="preliminary")], set(), None),
        ([egfr("22"), egfr("60", resource="Observation/o2", when=Period("2026-01-10"))], set(), None),
        ([egfr("60"), egfr("22", "furlong", resource="Observation/o2", when=Period("2026-01-10"))], set(),
         CaveatCode.UNKNOWN_UNIT),
    ],
)  # fmt: skip
def test_results(knowledge: Knowledge, facts: list[Fact], statements: set[str], code: CaveatCode | None) -> None:
    found = answer(knowledge, order(concept=METFORMIN), *facts)
    stated = {i.statement for i in found.issues if i.kind is not IssueKind.MISSING_MONITORING}
    assert stated == statements
    if code is not None:
        assert code in codes(found)


def test_a_comparator_that_decides_nothing_is_a_caveat(knowledge: Knowledge) -> None:
    below = egfr("50")
    below = msgspec.structs.replace(below, value=msgspec.structs.replace(below.value, comparator="<"))  # type: ignore[type-var]
    found = answer(knowledge, order(concept=METFORMIN), below)
    assert found.issues == ()
    assert CaveatCode.UNDECIDED_VALUE in codes(found)


def test_what_no_statement_can_reach_is_named(knowledge: Knowledge) -> None:
    found = answer(knowledge, condition(concept="snomed:404684003"))
    (caveat,) = [c for c in found.caveats if c.code is CaveatCode.UNMAPPED_CODE]
    assert "Condition/c1" in caveat.touches


def test_what_has_no_code_is_named_by_its_resource(knowledge: Knowledge) -> None:
    told = msgspec.structs.replace(condition(), code=Coded(text="wheezing"))
    (caveat,) = [c for c in answer(knowledge, told).caveats if c.code is CaveatCode.UNMAPPED_CODE]
    assert caveat.text == "Condition/c1: wheezing has no code: no statement can reach it"
    assert caveat.remedy == "send a code"


def twice_coded(one: str, other: str) -> Coded:
    first, second = coded(one), coded(other)
    return Coded((*first.codings, *second.codings), (*first.matches, *second.matches))


@pytest.mark.parametrize(
    ("fact", "medicine", "statement"),
    [
        (allergy(), "rxnorm:723", "kgtwin:DA_0001"),
        (condition(), "rxnorm:37418", "kgtwin:CI_0043"),
    ],
    ids=["an allergy as a finding and as its substance", "a history and its disorder"],
)
def test_codes_of_two_kinds_contradict_nothing(knowledge: Knowledge, fact: Fact, medicine: str, statement: str) -> None:
    """Nothing is a finding and a substance, or a disorder and its history; records with both codes are common."""
    from kgtwin.inference.columns import Finder  # noqa: PLC0415
    from tests.inference.test_columns import check  # noqa: PLC0415

    allergic = fact.kind is FactKind.ALLERGY
    both = ("snomed:91936005", "rxnorm:7980") if allergic else ("snomed:22298006", "snomed:399211009")
    for codes_ in (both, both[::-1]):
        facts = order(concept=medicine), msgspec.structs.replace(fact, code=twice_coded(*codes_))
        found = answer(knowledge, *facts)
        assert [issue.statement for issue in found.issues] == [statement]
        assert CaveatCode.CONTRADICTION not in codes(found)
        check([(patient(), facts)], Finder(knowledge), AT)


def test_a_broad_match_raises_nothing(knowledge: Knowledge) -> None:
    broad = Coded((Coding("urn:x", "1", "some airway trouble"),), (Match(ASTHMA, acts=False),))
    found = answer(knowledge, msgspec.structs.replace(condition(), code=broad), order(concept=PROPRANOLOL))
    assert found.issues == ()


def test_an_intolerance_is_no_allergy(knowledge: Knowledge) -> None:
    penicillin = order(concept="rxnorm:723")
    assert answer(knowledge, penicillin, allergy(concept="rxnorm:723")).issues
    (issue,) = answer(knowledge, penicillin, allergy(concept="rxnorm:723", type="intolerance")).issues
    assert (issue.statement, issue.significance.value) == ("kgtwin:DA_0201", "minor")


def test_an_unknown_patient_resource_is_a_caveat(knowledge: Knowledge) -> None:
    assert CaveatCode.PATIENT_NOT_RECEIVED in codes(answer(knowledge, record=patient(received=False)))


def test_predictions_stay_apart_and_say_what_they_are(knowledge: Knowledge) -> None:
    class One(msgspec.Struct, frozen=True):
        head: str
        tail: str
        known: bool = False
        plausibility: float = 0.4
        prior: float = 0.006
        rank: float = 1
        candidates: int = 100
        model: str = "test"
        caveats: tuple[Caveat, ...] = ()

    class Predictor:
        model = "test"

        def best(self, heads: Any, relation: str, tails: Any) -> list[One]:
            assert relation == "treats"
            return [One(head, tail) for head in heads for tail in tails] + [One("x", "y", known=True)]

    facts = (condition(), order(concept=PROPRANOLOL))
    found = answer(knowledge, *facts, predictor=Predictor())
    (risk,) = found.risks
    assert (risk.basis, risk.head, risk.tail, risk.prior) == ("predicted", PROPRANOLOL, ASTHMA, 0.006)
    assert set(risk.facts) == {fact.id for fact in facts}
    assert [issue.basis for issue in found.issues] == ["proven"]


def test_the_coding_shown_is_the_one_received() -> None:
    assert coded(ASTHMA, "Asthma").name == "Asthma"
    assert condition().kind is FactKind.CONDITION
