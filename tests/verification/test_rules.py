"""Proofs of what clinical rules raise: each one is accepted; what would not be raised, or is made up, is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.proofs.export import document_of, found_in, ruled_in
from kgtwin.inference.proofs.sources import Told, against_facts
from kgtwin.inference.rules.care_gaps import spoken_against
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord, Provenance, Quantity, fact_id
from kgtwin.model.issue import issue_id
from kgtwin.model.proof_document import Absence, Medicine, ProofAnnotation, ProofDocument, ProofRule, ProofStep
from kgtwin.model.time import Period
from kgtwin.verification import verify
from kgtwin.vocabulary import KGTWIN, kgtwin
from tests.fuzz import times
from tests.verification.mutations import changed
from tests.verification.test_documents import assert_accepted
from tests.verification.test_forgeries import named_anew, reason
from tests.verification.test_mutations import of_kind, put
from tests.verification.ward import KEY, NOW, changed_fact, ward

replace = msgspec.structs.replace
Facts = tuple[Fact, ...]
KINDS = ("missing-monitoring", "cumulated-burden", "untreated-indication", "dose-renal")


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

    That a statement speaks against a medicine is nothing that a document shows, and it says so.
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
        raised = {one.id for one in infer(KEY, record, others, knowledge, at=NOW, revision=1).issues}
        assert document.issue.id in raised or silenced(document, record, others, knowledge), (document.issue, old, new)


def silenced(document: ProofDocument, record: PatientRecord, facts: Facts, knowledge: Knowledge) -> bool:
    rules = [one for one in knowledge.rules.care_gaps if one.curie == document.issue.statement]
    evaluation = evaluate(KEY, record, facts, knowledge, at=NOW, revision=1).evaluation
    return any(spoken_against(one, evaluation) for one in rules)


# what a forger may do to each kind


def rejected(document: ProofDocument) -> bool:
    return not verify(document).accepted


def with_rule(document: ProofDocument, **fields: Any) -> ProofDocument:
    return changed(document, rules=(replace(document.rules[0], **fields),))


def annotated(document: ProofDocument, change: Callable[[ProofAnnotation], ProofAnnotation | None]) -> ProofDocument:
    said = (change(one) for one in document.rules[0].annotations)
    return with_rule(document, annotations=tuple(one for one in said if one is not None))


def named(one: ProofAnnotation, *names: str) -> bool:
    return one.property in map(kgtwin, names)


def on_facts(document: ProofDocument, kind: FactKind, change: Callable[[Fact], Fact]) -> Iterator[ProofDocument]:
    """The document with each fact that it rests on changed."""
    shown = {one.facts[0] for one in document.selections}
    for place, fact in enumerate(document.facts):
        if fact.kind is kind and fact.id in shown:
            yield changed(document, facts=put(document.facts, place, change(fact)))


def listed(document: ProofDocument, absence: Absence, more: Fact) -> ProofDocument:
    """The document with a fact more among those that could have filled what is absent."""
    rule = document.rules[0]
    absences = put(rule.absences, rule.absences.index(absence), replace(absence, facts=(*absence.facts, more.id)))
    return changed(document, facts=(*document.facts, more), rules=(replace(rule, absences=absences),))


def invented(document: ProofDocument, kind: FactKind, concept: str, **fields: Any) -> Fact:
    origin = Provenance("local", "Invented/1", "1")
    code = Coded((), (Match(concept, via="a set"),))
    patient = document.issue.patient
    return Fact(id=fact_id(patient, origin), patient=patient, kind=kind, code=code, provenance=origin, **fields)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_the_rule_rests_on_can_be_left_out(cases: list[ProofDocument], kind: str) -> None:
    for document in of_kind(cases, kind):
        last = document.steps[document.conclusion]
        assert last.rule == "clinical rule"
        bare = replace(last, premises=())
        assert rejected(changed(document, steps=(*document.steps[:-1], bare)))
        assert rejected(with_rule(document, annotations=()))
        assert rejected(with_rule(document, family=f"{KGTWIN}ClinicalRule"))
        assert rejected(changed(document, rules=()))
        assert rejected(changed(document, rules=document.rules * 2))
        for place in range(len(document.rules[0].absences)):
            assert "not listed" in reason(with_rule(document, absences=put(document.rules[0].absences, place)))


def test_premises_that_matter(cases: list[ProofDocument]) -> None:
    """Of each document, all but those that say what would matter if it counted, or what is shown twice."""
    tried = 0
    for document in (one for kind in KINDS for one in of_kind(cases, kind)[:15]):
        last = document.steps[document.conclusion]
        for place in range(len(last.premises)):
            less = replace(last, premises=put(last.premises, place))
            tried += rejected(changed(document, steps=(*document.steps[:-1], less)))
    assert tried > 60


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_is_applied_once_at_the_end(cases: list[ProofDocument], kind: str) -> None:
    document = of_kind(cases, kind)[0]
    last = document.steps[document.conclusion]
    after = changed(document, steps=(*document.steps, document.steps[0]))
    assert rejected(after)
    again = ProofStep("R⊓−", last.conclusion, (document.conclusion,))
    assert rejected(changed(document, steps=(*document.steps, again), conclusion=document.conclusion + 1))
    other = replace(last, conclusion=last.conclusion.replace("_00", "_99"))
    assert rejected(changed(document, steps=(*document.steps[:-1], other)))


def test_a_rule_proves_no_statement(cases: list[ProofDocument]) -> None:
    """Nor does a statement's proof become one by a rule that is put beside it."""
    statement, ruled = of_kind(cases, "drug-lab")[0], of_kind(cases, "missing-monitoring")[0]
    assert "not applied" in reason(changed(statement, rules=ruled.rules))
    last = statement.steps[statement.conclusion]
    forged = replace(last, rule="clinical rule", premises=(), axiom=None)
    assert rejected(changed(statement, steps=(*statement.steps[:-1], forged), rules=ruled.rules))


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_rule_says_differs_from_the_ontology(cases: list[ProofDocument], told: Told, kind: str) -> None:
    """Whatever of the rule is changed, left out or added: rejected, or seen with the ontology."""
    for document in of_kind(cases, kind)[:12]:
        rule = document.rules[0]
        assert list(told.against(document)) == []
        more = (*rule.annotations, ProofAnnotation(rule.rule, kgtwin("ruleCondition"), kgtwin("Pregnancy")))
        forgeries = [with_rule(document, annotations=more)]
        for place, one in enumerate(rule.annotations):
            other = replace(one, value=other_value(one.value))
            forgeries += [with_rule(document, annotations=put(rule.annotations, place, other))]
            forgeries += [with_rule(document, annotations=put(rule.annotations, place))]
        for forged in forgeries:
            assert rejected(forged) or list(told.against(forged))


def other_value(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "1234567890")) if any(map(str.isdigit, text)) else f"{text}x"


@pytest.mark.parametrize("kind", ["missing-monitoring", "cumulated-burden", "dose-renal"])
@pytest.mark.parametrize(
    "change",
    [
        lambda fact: replace(fact, status="on-hold"),
        lambda fact: replace(fact, status="entered-in-error"),
        lambda fact: replace(fact, when=Period("2999")),
        lambda fact: replace(fact, when=Period("2001", "2002")),
        lambda fact: replace(fact, detail=replace(fact.detail, do_not_perform=True)),
        lambda fact: replace(fact, detail=replace(fact.detail, origin="request", intent="plan")),
    ],
    ids=["on hold", "in error", "in the future", "ended", "do not perform", "planned"],
)
def test_a_medicine_that_is_not_taken(cases: list[ProofDocument], kind: str, change: Callable[[Fact], Fact]) -> None:
    tried = 0
    for document in of_kind(cases, kind):
        now = [one for one in document.selections if one.role.endswith("takesNow")]
        if len(now) > 2:
            continue
        for forged in on_facts(document, FactKind.MEDICATION, change):
            tried += 1
            assert rejected(forged) or len(now) > 1
    assert tried > 5


# missing monitoring


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


# burdens


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


# untreated indications


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


# doses


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
        for place, one in enumerate(document.rules[0].conversions):
            other = replace(one, factor="12345")
            forged = with_rule(document, conversions=put(document.rules[0].conversions, place, other))
            different = list(told.against(forged))
            assert rejected(forged) or one.to == "piece" or different
    assert tried > 5


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


def test_ids_are_those_of_what_is_proven(cases: list[ProofDocument]) -> None:
    for kind in KINDS:
        issue = (document := of_kind(cases, kind)[0]).issue
        assert issue.id == issue_id(
            issue.patient, issue.statement, frozenset(issue.ingredients), frozenset(issue.conditions)
        )
        for wrong in (
            replace(issue, significance="minor" if issue.significance != "minor" else "major"),
            replace(issue, kind="drug-lab"),
            replace(issue, implicated=()),
            named_anew(issue, ingredients=(*issue.ingredients, "rxnorm:1191")),
            named_anew(issue, conditions=(*issue.conditions, "snomed:195967001")),
        ):
            assert rejected(changed(document, issue=wrong)), wrong


def test_rules_are_read_again(cases: list[ProofDocument]) -> None:
    """What is in no case: a rule that is silent is not in use, one that a condition qualifies raises nothing."""
    document = of_kind(cases, "dose-renal")[0]
    rule: ProofRule = document.rules[0]
    for name in ("silent", "ruleQualifier"):
        more = (*rule.annotations, ProofAnnotation(rule.rule, kgtwin(name), "true"))
        assert rejected(with_rule(document, annotations=more))
