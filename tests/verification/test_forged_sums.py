"""Forged proofs of what adds up or is too much: burdens, doses against renal function."""

from __future__ import annotations

from typing import Any

import msgspec

from kgtwin.inference import Knowledge
from kgtwin.inference.proofs.sources import Told
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, Quantity
from kgtwin.model.proof_document import ProofAnnotation, ProofDocument, ProofRule
from kgtwin.model.time import Period
from kgtwin.vocabulary import kgtwin
from tests.verification.forging import annotated, invented, listed, named, on_facts, rejected, with_rule
from tests.verification.mutations import changed
from tests.verification.test_forgeries import named_anew, reason
from tests.verification.test_mutations import of_kind, put

replace = msgspec.structs.replace


def test_points_and_thresholds(cases: list[ProofDocument], told: Told) -> None:
    for document in of_kind(cases, "cumulated-burden"):

        def fewer(one: ProofAnnotation) -> ProofAnnotation:
            return replace(one, value=f"0|{one.value.partition('|')[2]}") if named(one, "burdenPoints") else one

        def higher(one: ProofAnnotation) -> ProofAnnotation:
            return replace(one, value="99") if named(one, "burdenThreshold") else one

        assert "do not reach" in reason(annotated(document, fewer))
        assert "do not reach" in reason(annotated(document, higher))

        def lower(one: ProofAnnotation) -> ProofAnnotation:
            return replace(one, value="0.5") if named(one, "burdenThreshold") else one

        assert any("burdenThreshold" in one for one in told.against(annotated(document, lower)))

        def below(one: ProofAnnotation) -> ProofAnnotation:
            return replace(one, value=f"-1|{one.value.partition('|')[2]}") if named(one, "burdenPoints") else one

        assert "below 0" in reason(annotated(document, below))


def test_one_ingredient_is_no_burden(cases: list[ProofDocument]) -> None:
    """Neither alone, nor named twice, nor beside what is not taken."""
    for document in of_kind(cases, "cumulated-burden"):
        first = document.issue.ingredients[0]
        for ingredients in ((first,), (first, first), (first, first, first), (first, "rxnorm:1191")):
            assert rejected(changed(document, issue=named_anew(document.issue, ingredients=ingredients)))
        assert rejected(changed(document, issue=named_anew(document.issue, conditions=("snomed:22298006",))))


def test_a_dose_that_is_not_above_the_limit(cases: list[ProofDocument], told: Told) -> None:
    tried = 0
    for document in of_kind(cases, "dose-renal"):
        (limit,) = [one for one in document.rules[0].annotations if named(one, "maximumDailyDose")]
        if limit.value == "0|mg":
            continue
        tried += 1

        def raised(one: ProofAnnotation) -> ProofAnnotation:
            return replace(one, value="1000000|mg") if named(one, "maximumDailyDose") else one

        assert "not certainly above" in reason(annotated(document, raised))
        for change in (
            lambda fact: replace(fact, detail=replace(fact.detail, doses=())),
            lambda fact: replace(fact, detail=replace(fact.detail, doses=tuple(map(tiny, fact.detail.instructions)))),
            lambda fact: replace(
                fact,
                detail=replace(
                    fact.detail, doses=tuple(replace(one, as_needed=True) for one in fact.detail.instructions)
                ),
            ),
        ):
            for forged in on_facts(document, FactKind.MEDICATION, change):
                assert "not certainly above" in reason(forged)
        for forged in on_facts(document, FactKind.MEDICATION, huge):
            assert "not certainly above" in reason(forged)

        def plausible(one: ProofAnnotation) -> ProofAnnotation | None:
            return None if named(one, "plausibleDailyDose") else one

        assert any("plausibleDailyDose" in one for one in told.against(annotated(document, plausible)))
        for place, one in enumerate(document.rules[0].conversions):
            other = replace(one, factor="12345")
            forged = with_rule(document, conversions=put(document.rules[0].conversions, place, other))
            different = list(told.against(forged))
            assert rejected(forged) or one.to == "piece" or different
    assert tried > 5


def huge(fact: Fact) -> Fact:
    """Doses that cannot be: they count as unknown."""
    assert isinstance(fact.detail, MedicationDetail)
    return replace(fact, detail=replace(fact.detail, doses=tuple(map(of_tons, fact.detail.instructions))))


def of_tons(dose: Any) -> Any:
    low = replace(dose.amount.low, value=dose.amount.low.value * 10**6)
    return replace(dose, amount=replace(dose.amount, low=low, high=low))


def tiny(dose: Any) -> Any:
    assert dose.amount is not None
    low = replace(dose.amount.low, value=dose.amount.low.value / 1000)
    return replace(dose, amount=replace(dose.amount, low=low))


def test_the_renal_function(cases: list[ProofDocument]) -> None:
    """A value outside of the range of the limit; a result that is not final, or that a newer one has replaced."""
    for document in of_kind(cases, "dose-renal"):
        for change in (
            lambda fact: replace(fact, value=replace(fact.value, value=fact.value.value * 10)),
            lambda fact: replace(fact, status="preliminary"),
            lambda fact: replace(fact, when=Period("2001")),
        ):
            for forged in on_facts(document, FactKind.OBSERVATION, change):
                assert rejected(forged)


def test_what_was_measured_is_not_estimated(cases: list[ProofDocument], knowledge: Knowledge) -> None:
    estimated = [one for one in of_kind(cases, "dose-renal") if one.rules[0].equation is not None]
    assert estimated
    for document in estimated:
        (results,) = [one for one in document.rules[0].absences if one.codes]
        number = Quantity(value=20, unit="mL/min", ucum="mL/min")  # type: ignore[arg-type]
        at = document.issue.at.replace("+00:00", "Z")
        more = invented(document, FactKind.OBSERVATION, "loinc:35591-7", status="final", value=number, when=Period(at))
        assert "it was measured" in reason(listed(document, results, more))
        unread = replace(more, value=replace(number, ucum="mL/min/{1.73_m2}"))
        assert not rejected(listed(document, results, unread))
        hurt = invented(document, FactKind.CONDITION, "kgtwin:AcuteKidneyInjury", status="active")
        (conditions,) = [one for one in document.rules[0].absences if FactKind.CONDITION in one.kinds]
        assert "made for others" in reason(listed(document, conditions, hurt))
        assert rejected(changed(document, patient=replace(document.patient, gender="male")))
        assert rejected(changed(document, patient=replace(document.patient, birth_date="1930-01-01")))
        for text in (
            "1 +",
            "(" * 600,
            "__import__('os')",
            "x.y",
            "1 / 0",
            "age ** age ** age",
            "lets",
            "9 ** 9 ** 9 ** 9",
        ):

            def other(one: ProofAnnotation, text: str = text) -> ProofAnnotation:
                return replace(one, value=text) if named(one, "equationTerm") else one

            assert rejected(annotated(document, other))


def test_rules_are_read_again(cases: list[ProofDocument]) -> None:
    """What is in no case: a rule that is silent is not in use, one that a condition qualifies raises nothing."""
    document = of_kind(cases, "dose-renal")[0]
    rule: ProofRule = document.rules[0]
    for name in ("silent", "ruleQualifier"):
        more = (*rule.annotations, ProofAnnotation(rule.rule, kgtwin(name), "true"))
        assert rejected(with_rule(document, annotations=more))
