"""Data that contradicts: the other answers stay, the caveat names the cause, the contradiction is a proof."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.evaluating import Evaluated, evaluate
from kgtwin.inference.issues.contradictions import Conflict, smallest_choice
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.derivation import to_text
from kgtwin.model.fact import Fact, PatientRecord, Provenance
from kgtwin.model.issue import Inference
from kgtwin.model.time import Period
from kgtwin.reasoning.safe_rules import Rule as SafeRule
from kgtwin.reasoning.tracing_rules import Bindings, Bodies, Fit
from tests.fuzz import times
from tests.inference.edited import SWRLB, edited, statement, together_impossible
from tests.inference.factory import AT, PATIENT, condition, order, patient, result
from tests.inference.test_infer import egfr

ASTHMA, IBUPROFEN, SERTRALINE, PHENELZINE = "snomed:195967001", "rxnorm:5640", "rxnorm:36437", "rxnorm:8123"
HAS_ASTHMA = f"ObjectSomeValuesFrom(:hasNow {ASTHMA})"
TAKES_NSAID = "ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient :NSAID))"
TAKES_SSRI = "ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient :SSRI))"


def record(**fields: Any) -> PatientRecord:
    return patient(provenance=Provenance("local", "Patient/p1", "1"), **fields)


def answer(knowledge: Knowledge, *facts: Fact, about: PatientRecord | None = None) -> Inference:
    return infer(PATIENT, about or record(), facts, knowledge, at=AT, revision=1)


def evaluated(knowledge: Knowledge, *facts: Fact, about: PatientRecord | None = None) -> Evaluated:
    return evaluate(PATIENT, about or record(), facts, knowledge, at=AT, revision=1)


def caveats(found: Inference, code: CaveatCode) -> list[Caveat]:
    return [one for one in found.caveats if one.code is code]


def test_of_facts_that_cannot_all_be_the_most_recent_is_left_out(tmp_path: Path) -> None:
    known = edited(tmp_path, together_impossible(HAS_ASTHMA, TAKES_NSAID))
    asthma = condition(when=Period("2020-01-01"))
    facts = (
        asthma,
        order(concept=IBUPROFEN),
        order("MedicationRequest/s", SERTRALINE),
        order("MedicationRequest/p", PHENELZINE),
    )
    found = answer(known, *facts)
    assert [one.statement for one in found.issues] == ["kgtwin:TEST_0002"]
    (caveat,) = caveats(found, CaveatCode.CONTRADICTION)
    assert caveat.touches == ("MedicationRequest/m1", "Condition/c1")
    assert "left out" in caveat.text
    assert "why PATIENT contradiction" in (caveat.remedy or "")


def test_a_contradiction_is_a_proof_down_to_the_resources(tmp_path: Path) -> None:
    known = edited(tmp_path, together_impossible(HAS_ASTHMA, TAKES_NSAID))
    (one,) = evaluated(known, condition(), order(concept=IBUPROFEN)).left_out
    assert {ref.resource for ref in one.derivation.facts} == {"Condition/c1", "MedicationRequest/m1"}
    assert any("SubClassOf" in axiom.text for axiom in one.derivation.axioms)
    assert "received: Condition/c1" in to_text(one.derivation)
    assert one.smallest


def test_what_is_not_confirmed_is_left_out_first(tmp_path: Path) -> None:
    known = edited(tmp_path, together_impossible(HAS_ASTHMA, "ObjectSomeValuesFrom(:allergicTo :Penicillin)"))
    from tests.inference.factory import allergy  # noqa: PLC0415

    unsure = allergy(concept="rxnorm:723", verification="unconfirmed", when=Period("2000-01-01"))
    (one,) = evaluated(known, condition(when=Period("2020-01-01")), unsure).left_out
    assert [ref.resource for ref in one.left_out] == ["AllergyIntolerance/a1"]


def test_the_patient_resource_goes_last(tmp_path: Path) -> None:
    known = edited(tmp_path, together_impossible(":MalePatient", HAS_ASTHMA))
    (one,) = evaluated(known, condition(), about=record(gender="male")).left_out
    assert [ref.resource for ref in one.left_out] == ["Condition/c1"]
    assert [ref.resource for ref in one.kept] == ["Patient/p1"]
    assert "Patient/p1" in {ref.resource for ref in one.derivation.facts}


def test_what_the_patient_resource_says_alone_is_left_out_alone(tmp_path: Path) -> None:
    known = edited(tmp_path, together_impossible(":MalePatient", "DataSomeValuesFrom(:hasAgeInYears xsd:decimal)"))
    found = answer(known, condition(), order(concept=SERTRALINE), order("MedicationRequest/p", PHENELZINE),
                   about=record(gender="male", birth_date="1950-01-01"))  # fmt: skip
    assert [one.statement for one in found.issues] == ["kgtwin:TEST_0002"]
    assert caveats(found, CaveatCode.CONTRADICTION)


def test_one_fact_that_contradicts_several_is_left_out_alone(tmp_path: Path) -> None:
    known = edited(tmp_path, together_impossible(HAS_ASTHMA, TAKES_NSAID), together_impossible(HAS_ASTHMA, TAKES_SSRI))
    facts = condition(), order(concept=IBUPROFEN), order("MedicationRequest/s", SERTRALINE)
    found = evaluated(known, *facts)
    assert {ref.resource for one in found.left_out for ref in one.left_out} == {"Condition/c1"}
    assert len(found.left_out) == 2
    assert found.evaluation.realisation.consistent


def test_an_ontology_that_admits_no_patient_says_so(tmp_path: Path) -> None:
    known = edited(tmp_path, "SubClassOf(:Patient owl:Nothing)")
    found = answer(known, condition(), order(concept=IBUPROFEN))
    assert found.issues == ()
    (caveat,) = caveats(found, CaveatCode.CONTRADICTION)
    assert "the ontology contradicts itself" in caveat.text
    (one,) = evaluated(known, condition()).left_out
    assert one.left_out == ()
    assert one.derivation.axioms


def test_without_a_contradiction_nothing_is_left_out(knowledge: Knowledge) -> None:
    found = evaluated(knowledge, condition(), order(concept="rxnorm:8787"))
    assert found.left_out == ()
    assert [one for one in found.caveats if one.code is CaveatCode.CONTRADICTION] == []


NAMES = [condition(f"Condition/{n}", when=Period(f"20{n:02}-01-01")) for n in range(6)]


@settings(max_examples=times(60))
@given(st.lists(st.frozensets(st.integers(0, 5), min_size=1, max_size=3), min_size=1, max_size=6))
def test_what_is_left_out_hits_every_conflict_and_nothing_smaller_does(sets: list[frozenset[int]]) -> None:
    from kgtwin.inference.realising.abox import ABox, individual  # noqa: PLC0415
    from kgtwin.inference.realising.selection import Selected  # noqa: PLC0415

    nodes = [individual(Selected(one, "r", "")) for one in NAMES]
    box = ABox((), {}, {node: Selected(one, "r", "") for node, one in zip(nodes, NAMES, strict=True)}, ())
    conflicts = [Conflict("x", frozenset(), frozenset(nodes[n] for n in one)) for one in sets]
    chosen, smallest = smallest_choice(conflicts, box)
    assert smallest
    assert all(chosen & one.culprits for one in conflicts)
    least = min(sum(bits) for bits in product((0, 1), repeat=6) if all(any(bits[n] for n in one) for one in sets))
    assert len(chosen) == least
    assert smallest_choice(list(reversed(conflicts)), box)[0] == chosen


# values that cannot be

WEIGHT = "loinc:29463-7"


def weight(value: str, unit: str = "kg", **fields: Any) -> Fact:
    from decimal import Decimal  # noqa: PLC0415

    from kgtwin.model.fact import Quantity  # noqa: PLC0415

    given = {"resource": "Observation/w", **fields}
    return result(given.pop("resource"), WEIGHT, Quantity(Decimal(value), code=unit, ucum=unit), **given)


@pytest.mark.parametrize(("value", "unit"), [("-70", "kg"), ("70", "t"), ("70000", "kg"), ("70", "mg")])
def test_a_weight_that_cannot_be_does_not_count(knowledge: Knowledge, value: str, unit: str) -> None:
    before = weight("70", resource="Observation/before", when=Period("2025-12-01"))
    found = evaluated(knowledge, before, weight(value, unit))
    (caveat,) = [one for one in found.caveats if one.code is CaveatCode.IMPLAUSIBLE]
    assert caveat.touches == ("Observation/w",)
    assert "cannot be" in caveat.text
    assert found.evaluation.box.by_node == {}, "nor does an older one: the present value is not known"


@pytest.mark.parametrize(("value", "unit"), [("70", "kg"), ("0.5", "kg"), ("600", "kg"), ("154", "[lb_av]")])
def test_a_weight_that_can_be_counts(knowledge: Knowledge, value: str, unit: str) -> None:
    found = evaluated(knowledge, weight(value, unit))
    assert not any(one.code is CaveatCode.IMPLAUSIBLE for one in found.caveats)
    assert len(found.evaluation.box.by_node) == 1


def test_an_implausible_result_leaves_the_other_answers(knowledge: Knowledge) -> None:
    wrong = egfr("-5", resource="Observation/wrong")
    found = answer(
        knowledge, wrong, condition(), order(concept="rxnorm:8787"), order("MedicationRequest/2", "rxnorm:6809")
    )
    assert "kgtwin:CI_0001" in {one.statement for one in found.issues}
    assert "kgtwin:DL_0001" not in {one.statement for one in found.issues}
    assert any("kgtwin:DL_0001" in one.touches for one in caveats(found, CaveatCode.MISSING_LAB))


def test_every_threshold_lies_among_the_plausible_values(knowledge: Knowledge) -> None:
    """A limit that a statement asks for would otherwise never be met."""
    for (_, iri), intervals in knowledge.thresholds.items():
        for analyte in knowledge.analytes.values():
            if analyte.plausible is not None and knowledge.is_a(iri, analyte.iri):
                assert all(one.meets(analyte.plausible) for one in intervals), analyte.label


def test_every_limit_has_its_source(knowledge: Knowledge) -> None:
    from kgtwin.vocabulary import kgtwin  # noqa: PLC0415

    limited = [one.iri for one in knowledge.analytes.values() if one.plausible is not None]
    assert len(limited) > 30
    assert all(knowledge.ontology.value(iri, kgtwin("plausibleSource")) for iri in limited)


# dates and sex


def test_a_death_before_birth_hides_nothing(knowledge: Knowledge) -> None:
    about = record(birth_date="1980-05-05", deceased="1975-01-01")
    found = answer(knowledge, condition(), order(concept="rxnorm:8787"), about=about)
    assert [one.statement for one in found.issues] == ["kgtwin:CI_0001"]
    (caveat,) = caveats(found, CaveatCode.IMPLAUSIBLE)
    assert "1980-05-05" in caveat.text
    assert "1975-01-01" in caveat.text
    assert caveat.touches == ("Patient/p1",)
    assert not caveats(found, CaveatCode.DECEASED)


def test_a_partial_death_in_the_year_of_birth_is_believed(knowledge: Knowledge) -> None:
    found = answer(knowledge, condition(), about=record(birth_date="1980-05-05", deceased="1980"))
    assert [one.code for one in found.caveats] == [CaveatCode.DECEASED]


def test_a_birth_in_the_future_gives_no_age(knowledge: Knowledge) -> None:
    found = answer(knowledge, condition(), order(concept="rxnorm:8787"), about=record(birth_date="2090"))
    assert [one.statement for one in found.issues] == ["kgtwin:CI_0001"]
    (caveat,) = caveats(found, CaveatCode.IMPLAUSIBLE)
    assert "after 2026-01-15" in caveat.text


def test_nobody_lives_for_two_centuries(knowledge: Knowledge) -> None:
    (caveat,) = caveats(answer(knowledge, about=record(birth_date="1805-01-01")), CaveatCode.IMPLAUSIBLE)
    assert "1805-01-01" in caveat.text
    assert not caveats(answer(knowledge, about=record(birth_date="1905-01-01")), CaveatCode.IMPLAUSIBLE)


def test_a_pregnant_man_keeps_every_issue(knowledge: Knowledge) -> None:
    """Administrative sex does not say who can carry a pregnancy."""
    pregnancy = condition("Condition/p", "snomed:72892002", when=Period("2025-11-01"))
    facts = pregnancy, condition(), order(concept="rxnorm:8787")
    issues = {}
    for gender in ("female", "male"):
        found = answer(knowledge, *facts, about=record(gender=gender, birth_date="1990-01-01"))
        issues[gender] = {one.statement for one in found.issues}
        doubts = caveats(found, CaveatCode.IMPLAUSIBLE)
        assert [sorted(one.touches) for one in doubts] == [["Condition/p", "Patient/p1"]] * (gender == "male")
        assert not caveats(found, CaveatCode.CONTRADICTION)
    assert issues["male"] == issues["female"] >= {"kgtwin:CI_0001"}


# rules


def rule(body: str, head: str) -> str:
    return f"DLSafeRule(Body({body}) Head({head}))"


X, V, W = "Variable(<urn:swrl:x>)", "Variable(<urn:swrl:v>)", "Variable(<urn:swrl:w>)"
VALUE = f"DataPropertyAtom(:hasValue {X} {V})"
X_COUNTS, ASTHMATIC = f"DataPropertyAtom(:count {X} {V})", ":Asthmatic"
FACTS = (order("MedicationRequest/s", SERTRALINE), order("MedicationRequest/p", PHENELZINE), egfr("0"))


def test_a_division_by_zero_in_a_rule_takes_no_answer_away(tmp_path: Path) -> None:
    divided = rule(
        f'{VALUE} BuiltInAtom(<{SWRLB}divide> {W} "1"^^xsd:decimal {V})', f"DataPropertyAtom(:quotient {X} {W})"
    )
    known = edited(tmp_path, "Declaration(DataProperty(:quotient))", divided)
    assert [one.statement for one in answer(known, *FACTS).issues] == ["kgtwin:TEST_0002"]
    assert [one.statement for one in answer(known, *FACTS[:2], egfr("30")).issues] == ["kgtwin:TEST_0002"]


def test_a_rule_without_an_end_is_stopped_and_named(tmp_path: Path) -> None:
    endless = rule(
        f'{VALUE} BuiltInAtom(<{SWRLB}add> {W} {V} "1"^^xsd:decimal)', f"DataPropertyAtom(:hasValue {X} {W})"
    )
    known = edited(tmp_path, endless)
    found = answer(known, *FACTS)
    assert [one.statement for one in found.issues] == ["kgtwin:TEST_0002"]
    (caveat,) = caveats(found, CaveatCode.IGNORED_AXIOM)
    assert "too many values" in caveat.text


def test_a_rule_whose_numbers_grow_without_an_end_is_stopped_and_named(tmp_path: Path) -> None:
    squared = rule(f"{VALUE} BuiltInAtom(<{SWRLB}multiply> {W} {V} {V})", f"DataPropertyAtom(:hasValue {X} {W})")
    found = answer(edited(tmp_path, squared), *FACTS[:2], egfr("30.5"))
    assert [one.statement for one in found.issues] == ["kgtwin:TEST_0002"]
    (caveat,) = caveats(found, CaveatCode.IGNORED_AXIOM)
    assert "too many values" in caveat.text


def test_an_issue_that_rests_on_a_rule_without_an_end_is_proven_in_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To explain one of a thousand values does not mean to fit the rule anew for each of them."""
    fits, fitted = Bodies._fits, []

    def counted(self: Bodies, rule: SafeRule, bindings: Bindings) -> Iterator[Fit]:
        fitted.append(rule.axiom)
        return fits(self, rule, bindings)

    monkeypatch.setattr(Bodies, "_fits", counted)
    monkeypatch.setattr("kgtwin.reasoning.individuals.MOST_ON_TOP", 40)
    add_one = f'{X_COUNTS} BuiltInAtom(<{SWRLB}add> {W} {V} "1"^^xsd:decimal)'
    above = f'{X_COUNTS} BuiltInAtom(<{SWRLB}greaterThan> {V} "70"^^xsd:decimal)'
    known = edited(
        tmp_path,
        "Declaration(DataProperty(:count))",
        rule(f"ClassAtom(:Patient {X}) DataPropertyAtom(:hasAgeInYears {X} {V})", X_COUNTS),
        rule(add_one, f"DataPropertyAtom(:count {X} {W})"),
        rule(above, f"ClassAtom({ASTHMATIC} {X})"),
        f"SubClassOf({ASTHMATIC} ObjectSomeValuesFrom(:hasNow {ASTHMA}))",
        statement("TEST_0099", f"{ASTHMATIC} {TAKES_SSRI}"),
    )
    found = answer(known, *FACTS, about=record(birth_date="1950-01-01"))
    assert {one.statement for one in found.issues} == {"kgtwin:TEST_0002", "kgtwin:TEST_0099"}
    assert caveats(found, CaveatCode.IGNORED_AXIOM)
    assert 0 < len(fitted) < 20


def test_a_rule_that_is_not_safe_is_named(tmp_path: Path) -> None:
    nobody = "Variable(<urn:swrl:nobody>)"
    unsafe = rule(f"ClassAtom(:Patient {X})", f"ObjectPropertyAtom(:takesNow {X} {nobody})")
    found = answer(edited(tmp_path, unsafe), *FACTS)
    assert [one.statement for one in found.issues] == ["kgtwin:TEST_0002"]
    (caveat,) = caveats(found, CaveatCode.IGNORED_AXIOM)
    assert "stands in its head alone" in caveat.text


def test_without_rules_no_patient_is_told_of_any(knowledge: Knowledge) -> None:
    assert caveats(answer(knowledge, *FACTS), CaveatCode.IGNORED_AXIOM) == []


# the same on rows of numbers


def test_rows_of_numbers_say_the_same_of_data_that_cannot_be(knowledge: Knowledge) -> None:
    from kgtwin.inference.columns import Finder  # noqa: PLC0415
    from tests.inference.test_columns import check  # noqa: PLC0415

    wrong = egfr("-5", resource="Observation/wrong")
    older = egfr("22", resource="Observation/older", when=Period("2025-12-01"))
    metformin = order(concept="rxnorm:6809")
    dead = record(birth_date="1980-05-05", deceased="1975-01-01")
    facts = condition(), order("MedicationRequest/2", "rxnorm:8787")
    finder = Finder(knowledge)
    assert check([(record(), (metformin, wrong, older))], finder, AT) == 0
    assert check([(record(), (metformin, older)), (dead, facts)], finder, AT) == 2


def test_rows_of_numbers_leave_contradictions_to_inference(tmp_path: Path) -> None:
    from kgtwin.inference.columns import Finder  # noqa: PLC0415
    from tests.inference.test_columns import check, found_alone  # noqa: PLC0415

    known = edited(tmp_path, together_impossible(HAS_ASTHMA, TAKES_NSAID))
    one = (record(), (condition(), order(concept=IBUPROFEN), order("MedicationRequest/n", "rxnorm:7258")))
    finder = Finder(known)
    check([one], finder, AT)
    if finder.obstacle is None:
        assert found_alone(one, finder, AT) is None
