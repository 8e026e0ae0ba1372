"""Forged proofs of what is missing: results, medicines. What could have filled an absence is found in it."""

from __future__ import annotations

import msgspec

from kgtwin.inference import Knowledge
from kgtwin.inference.proofs.sources import Told, against_facts
from kgtwin.model.fact import FactKind, MedicationDetail, Provenance, Quantity, fact_id
from kgtwin.model.proof_document import Medicine, ProofAnnotation, ProofDocument
from kgtwin.model.time import Period
from kgtwin.vocabulary import KGTWIN
from tests.verification.forging import annotated, invented, listed, named, on_facts, rejected, with_rule
from tests.verification.mutations import changed
from tests.verification.test_forgeries import named_anew, reason
from tests.verification.test_mutations import of_kind, put

replace = msgspec.structs.replace


def test_a_result_among_those_that_could_have_come(cases: list[ProofDocument]) -> None:
    """One that counts leaves nothing missing; one that is not final, or came too early or too late, does."""
    for document in of_kind(cases, "missing-monitoring"):
        (results,) = [one for one in document.rules[0].absences if one.codes]
        value, at = Quantity(value=1), document.issue.at.replace("+00:00", "Z")  # type: ignore[arg-type]
        final = invented(document, FactKind.OBSERVATION, results.codes[0], status="final", value=value, when=Period(at))
        assert "said to be missing" in reason(listed(document, results, final))
        assert "said to be missing" in reason(listed(document, results, replace(final, when=Period())))
        for other in (
            replace(final, status="preliminary"),
            replace(final, value=None),
            replace(final, when=Period("2999")),
        ):
            assert not rejected(listed(document, results, other))
        hidden = changed(document, facts=(*document.facts, final))
        assert "not listed" in reason(hidden)
        assert any("left out" in one for one in against_facts(document, document.patient, (*document.facts, final)))


def test_results_of_all_codes_are_listed(cases: list[ProofDocument], told: Told) -> None:
    for document in of_kind(cases, "missing-monitoring")[:10]:
        rule = document.rules[0]
        (results,) = [one for one in rule.absences if one.codes]
        place = rule.absences.index(results)
        for codes in (results.codes[:-1], ("kgtwin:Hemoglobin",)):
            forged = with_rule(document, absences=put(rule.absences, place, replace(results, codes=codes)))
            assert rejected(forged) or any("left out" in one for one in told.against(forged))


def test_an_earlier_order_would_change_since_when_it_is_taken(cases: list[ProofDocument]) -> None:
    """Another order of the same medicine may not be listed without its ingredients, nor left out of the count."""
    tried = 0
    for document in of_kind(cases, "missing-monitoring"):
        (orders,) = [one for one in document.rules[0].absences if not one.codes]
        first = next(f for f in document.facts if f.kind is FactKind.MEDICATION and f.id in document.issue.implicated)
        if first.when.start is None:
            continue
        origin = Provenance("local", "MedicationRequest/earlier", "1")
        id_ = fact_id(first.patient, origin)
        more = replace(first, id=id_, provenance=origin, status="completed", when=Period("2015", first.when.start))
        assert rejected(listed(document, orders, more)), "its ingredients are not listed"
        held = next(m for m in document.medicines if m.individual == f"urn:kgtwin:fact:{first.id}")
        told = replace(held, individual=f"urn:kgtwin:fact:{id_}")
        with_it = replace(listed(document, orders, more), medicines=(*document.medicines, told))
        assert "has the ingredient, too" in reason(changed(with_it))
        apart = replace(more, when=Period("2010", "2011"))
        assert not rejected(changed(replace(listed(document, orders, apart), medicines=(*document.medicines, told))))
        tried += 1
    assert tried > 20


def test_when_it_is_due(cases: list[ProofDocument]) -> None:
    """Moved so that nothing is due: the rule's times, or the start."""
    for document in of_kind(cases, "missing-monitoring"):

        def later(one: ProofAnnotation) -> ProofAnnotation | None:
            return None if named(one, "beforeStart", "every", "firstAfter") else one

        assert "nothing is due" in reason(annotated(document, later))
        start = replace_start(document, "2999")
        assert rejected(start)


def replace_start(document: ProofDocument, start: str) -> ProofDocument:
    facts = tuple(replace(f, when=Period(start)) if f.kind is FactKind.MEDICATION else f for f in document.facts)
    return changed(document, facts=facts)


def test_what_is_taken_as_needed_only_is_not_monitored(cases: list[ProofDocument]) -> None:
    for document in of_kind(cases, "missing-monitoring"):
        facts = tuple(
            replace(one, detail=replace(one.detail, as_needed=True))
            if isinstance(one.detail, MedicationDetail)
            else one
            for one in document.facts
        )
        assert "as needed only" in reason(changed(document, facts=facts))


def test_a_medicine_that_somebody_thought_of(cases: list[ProofDocument], knowledge: Knowledge) -> None:
    for document in of_kind(cases, "untreated-indication"):
        absences = {one.kinds: one for one in document.rules[0].absences}
        (medicine, *_) = [one.value for one in document.rules[0].annotations if named(one, "ruleMedicine")]
        curie = f"kgtwin:{medicine.removeprefix(KGTWIN)}"
        for status, is_one in (("active", True), ("stopped", True), ("draft", True), ("entered-in-error", False)):
            more = invented(document, FactKind.MEDICATION, curie, status=status, detail=MedicationDetail("request"))
            with_it = listed(document, absences[(FactKind.MEDICATION,)], more)
            assert rejected(with_it), "its ingredients are not listed"
            individual = f"urn:kgtwin:fact:{more.id}"
            made = changed(with_it, medicines=(*document.medicines, Medicine(individual, (), (curie,))))
            assert rejected(made) is is_one
            assert any("left out" in one for one in against_facts(document, document.patient, (*document.facts, more)))
        for status, is_one in (("active", True), ("resolved", False)):
            more = invented(document, FactKind.ALLERGY, curie, status=status, verification="confirmed")
            assert rejected(listed(document, absences[(FactKind.ALLERGY,)], more)) is is_one


def test_what_speaks_against_the_medicine(cases: list[ProofDocument]) -> None:
    tried = 0
    for document in of_kind(cases, "untreated-indication"):
        absences = {one.kinds: one for one in document.rules[0].absences}
        for one in document.rules[0].annotations:
            if named(one, "unlessCondition"):
                concept = f"kgtwin:{one.value.removeprefix(KGTWIN)}"
                for verification, speaks in (("confirmed", True), ("refuted", False)):
                    more = invented(document, FactKind.CONDITION, concept, status="active", verification=verification)
                    assert rejected(listed(document, absences[(FactKind.CONDITION,)], more)) is speaks
                    tried += 1
    assert tried > 10


def test_the_condition_and_the_age(cases: list[ProofDocument]) -> None:
    for document in of_kind(cases, "untreated-indication"):
        for change in (
            lambda fact: replace(fact, verification="refuted"),
            lambda fact: replace(fact, when=Period("2999")),
        ):
            for forged in on_facts(document, FactKind.CONDITION, change):
                assert rejected(forged)
        assert "another condition" in reason(changed(document, issue=named_anew(document.issue, conditions=())))
        if any(named(one, "ageFrom") for one in document.rules[0].annotations):
            assert rejected(changed(document, patient=replace(document.patient, birth_date="2020-01-01")))
