"""Tampered proofs are rejected: whatever was changed, sealed again or not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from time import monotonic
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference.proofs.sources import Told, against_facts
from kgtwin.model.clinical import order
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, Provenance, Quantity, fact_id
from kgtwin.model.issue import issue_id
from kgtwin.model.proof_document import ProofAxiom, ProofDocument, ProofStep, Selection, seal_of
from kgtwin.model.time import Period
from kgtwin.verification import verify
from kgtwin.verification.steps import RULES
from kgtwin.vocabulary import KGTWIN
from tests.fuzz import times
from tests.verification.mutations import FREE, changed, kind, meaning, mutated

T = TypeVar("T")
replace = msgspec.structs.replace


def put(found: tuple[T, ...], place: int, *others: T) -> tuple[T, ...]:
    """The tuple with others in one's place."""
    return (*found[:place], *others, *found[place + 1 :])


def rejected(document: ProofDocument) -> bool:
    return not verify(document).accepted


@settings(max_examples=times(300), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_change_breaks_the_seal(cases: list[ProofDocument], seed: int) -> None:
    random = Random(seed)
    document = random.choice(cases)
    made = mutated(document, random)
    if made is not None:
        verdict = verify(replace(made[1], digest=document.digest))
        assert not verdict.accepted


@settings(max_examples=times(600), deadline=None)
@given(
    seed=st.integers(0, 2**32),
    section=st.sampled_from(
        [None, "steps", "axioms", "selections", "medicines", "issue", "facts", "annotations", "rules"]
    ),
)
def test_what_changes_the_meaning_is_rejected_or_differs_from_its_sources(
    cases: list[ProofDocument], told: Told, seed: int, section: str | None
) -> None:
    """Sealed again by a forger: rejected, or another proof of other knowledge or facts than there are."""
    random = Random(seed)
    document = random.choice(cases)
    made = mutated(document, random, section)
    if made is None or kind(made[0]) in FREE:
        return
    path, forged = made
    if rejected(forged) or (meaning(forged) == meaning(document) and forged.facts == document.facts):
        return
    if replace(forged, steps=document.steps, conclusion=document.conclusion, digest=document.digest) == document:
        return  # another proof of the same by the same: `test_steps` is about what follows
    differences = [
        *told.against(forged),
        *against_facts(forged, document.patient, document.facts),
    ]
    assert differences, path


def of_kind(cases: list[ProofDocument], wanted: str) -> list[ProofDocument]:
    return [one for one in cases if one.issue.kind == wanted][:40]


def test_no_premise_can_be_left_out(cases: list[ProofDocument]) -> None:
    tried = 0
    for document in cases[::12]:
        for place, step in enumerate(document.steps):
            for one in range(len(step.premises)):
                premises = step.premises[:one] + step.premises[one + 1 :]
                less = replace(step, premises=premises)
                forged = changed(document, steps=put(document.steps, place, less))
                tried += 1
                assert rejected(forged) or step.rule in ("R⊓+", "clinical rule"), step
    assert tried > 300


def test_a_conjunction_needs_each_part_unless_it_is_said_twice(cases: list[ProofDocument]) -> None:
    for document in cases[::6]:
        for place, step in enumerate(document.steps):
            if step.rule != "R⊓+":
                continue
            said = [document.steps[one].conclusion for one in step.premises]
            for one in range(len(said)):
                rest = said[:one] + said[one + 1 :]
                less = replace(step, premises=step.premises[:one] + step.premises[one + 1 :])
                forged = changed(document, steps=put(document.steps, place, less))
                assert rejected(forged) or said[one] in rest or document.issue.statement == "kgtwin:DA_0200"


@pytest.mark.parametrize("rule", [*RULES, "received", "clinical rule", "Rrule", "nonsense"])
def test_another_rule_is_rejected_unless_the_step_is_one_of_its(cases: list[ProofDocument], rule: str) -> None:
    """`EITHER` has the rules of which some steps are both: by either name the step says the same."""
    for document in cases[::40]:
        for place, step in enumerate(document.steps):
            if step.rule == rule:
                continue
            forged = changed(document, steps=put(document.steps, place, replace(step, rule=rule)))
            assert rejected(forged) or (step.rule, rule) in EITHER, (step, rule)


EITHER = {
    ("R∃−", "R⊓−"), ("R∃−", "R⊔−"), ("R∃−", "R≥"), ("R⊓−", "R⊔−"), ("R∃−", "RH"), ("R⊓−", "R∃−"), ("R∃+", "Rsame"),
    ("R⊓−", "R≥"), ("RD+", "R⊓−"), ("RD+", "R⊔−"), ("R⊓+", "Rsame"), ("R⊑", "Rdom"), ("Rdom", "R⊑"), ("Rran", "R⊑"),
}  # fmt: skip


def test_steps_rest_on_earlier_ones(cases: list[ProofDocument]) -> None:
    document = next(one for one in cases if len(one.steps) > 20)
    last = len(document.steps) - 1
    for wrong in (-1, 20, 21, last, last + 1, 10**9):
        step = replace(document.steps[20], rule="R⊓−", premises=(wrong,))
        forged = changed(document, steps=(*document.steps[:20], step, *document.steps[21:]))
        assert "no earlier step" in verify(forged).reason
    for wrong in (-1, last + 1, 10**9):
        assert rejected(changed(document, conclusion=wrong))
    one, other = (replace(document.steps[5], premises=(place,), rule="R⊓−") for place in (6, 5))
    assert rejected(changed(document, steps=(*document.steps[:5], one, other, *document.steps[7:])))


def test_axioms_and_facts_must_be_there(cases: list[ProofDocument]) -> None:
    for document in cases[::25]:
        for place in range(len(document.axioms)):
            assert rejected(changed(document, axioms=put(document.axioms, place)))
        for place in range(len(document.facts)):
            assert rejected(changed(document, facts=put(document.facts, place)))
        for place in range(len(document.selections)):
            assert rejected(changed(document, selections=put(document.selections, place)))
        assert rejected(changed(document, steps=()))
        assert rejected(changed(document, steps=document.steps[:-1], conclusion=0))


def test_bounds_cannot_be_moved(cases: list[ProofDocument]) -> None:
    """A threshold that another number would meet is not the statement's."""
    for document in of_kind(cases, "drug-lab"):
        numbers = [
            one for one in document.steps if "hasValue" in one.conclusion and "DatatypeRestriction" in one.conclusion
        ]
        for step in numbers:
            place = document.steps.index(step)
            for name, other in (
                ("minInclusive", "maxInclusive"),
                ("maxExclusive", "minExclusive"),
                ("Inclusive", "Exclusive"),
            ):
                moved = replace(step, conclusion=step.conclusion.replace(name, other))
                if moved != step:
                    assert rejected(changed(document, steps=put(document.steps, place, moved)))


Change = Callable[[Fact], Fact]


def ordered(fact: Fact, **fields: Any) -> Fact:
    assert isinstance(fact.detail, MedicationDetail)
    return replace(fact, detail=replace(fact.detail, **fields))


UNFIT: list[tuple[FactKind, str, Change]] = [
    (FactKind.MEDICATION, "draft", lambda f: replace(f, status="draft")),
    (FactKind.MEDICATION, "ended", lambda f: replace(f, when=Period("2001", "2002"))),
    (FactKind.MEDICATION, "in the future", lambda f: replace(f, when=Period("2999"))),
    (FactKind.MEDICATION, "do not perform", lambda f: ordered(f, do_not_perform=True)),
    (FactKind.MEDICATION, "proposal", lambda f: ordered(f, origin="request", intent="proposal")),
    (FactKind.CONDITION, "refuted", lambda f: replace(f, verification="refuted")),
    (FactKind.CONDITION, "provisional", lambda f: replace(f, verification="provisional")),
    (FactKind.CONDITION, "in the future", lambda f: replace(f, when=Period("2999"))),
    (FactKind.ALLERGY, "refuted", lambda f: replace(f, verification="refuted")),
    (FactKind.ALLERGY, "resolved", lambda f: replace(f, status="resolved")),
    (FactKind.OBSERVATION, "preliminary", lambda f: replace(f, status="preliminary")),
    (FactKind.OBSERVATION, "in error", lambda f: replace(f, status="entered-in-error")),
    (FactKind.OBSERVATION, "in the future", lambda f: replace(f, when=Period("2999"))),
]


@pytest.mark.parametrize(("wanted", "why", "change"), UNFIT, ids=[f"{kind_.value} {why}" for kind_, why, _ in UNFIT])
def test_facts_that_do_not_count(cases: list[ProofDocument], wanted: FactKind, why: str, change: Change) -> None:
    tried = 0
    for document in cases[::3]:
        cited = {one.facts[0] for one in document.selections if not one.role.endswith(("tookEver", "tookWithin14Days"))}
        for place, fact in enumerate(document.facts):
            if fact.kind is wanted and fact.id in cited and change(fact) != fact:
                forged = changed(document, facts=put(document.facts, place, change(fact)))
                tried += 1
                assert rejected(forged), (why, document.issue.title)
    assert tried > 5


def test_codes_values_and_ids_of_facts(cases: list[ProofDocument]) -> None:
    for document in cases[::4]:
        cited = {one.facts[0] for one in document.selections if one.reading or not one.snapshot}
        for place, fact in enumerate(document.facts):
            told_by_parts = isinstance(fact.detail, MedicationDetail) and fact.detail.ingredients
            if fact.id not in cited or told_by_parts:
                continue
            codes = replace(fact.code, codings=tuple(replace(one, code="1") for one in fact.code.codings))
            wrong = [replace(fact, code=replace(codes, matches=tuple(m for m in codes.matches if m.via is None)))]
            wrong += [replace(fact, id="f-0000000000000000"), replace(fact, patient="local|other")]
            wrong += [replace(fact, provenance=replace(fact.provenance, version="other"))]
            for one in wrong:
                forged = changed(document, facts=put(document.facts, place, one))
                assert rejected(forged), one


def test_a_number_that_was_not_received(cases: list[ProofDocument]) -> None:
    tried = 0
    for document in of_kind(cases, "drug-lab"):
        cited = {id_ for one in document.selections for id_ in one.facts}
        for place, fact in enumerate(document.facts):
            if fact.id in cited and isinstance(fact.value, Quantity) and not fact.value.comparator:
                more = replace(fact.value, value=fact.value.value * 1000 + 1)
                less = replace(fact.value, value=fact.value.value / 1000 - 1)
                for one in (more, less, replace(fact.value, ucum="furlong", code="furlong")):
                    forged = changed(document, facts=put(document.facts, place, replace(fact, value=one)))
                    tried += 1
                    assert rejected(forged)
    assert tried > 20


def newer(fact: Fact, at: str = "2026-01-15T11:00:00Z") -> Fact:
    """A normal result like another one, that came after it."""
    provenance = Provenance("local", "Observation/newer", "1")
    assert isinstance(fact.value, Quantity)
    value = replace(fact.value, value=fact.value.value * 7)
    return replace(fact, id=fact_id(fact.patient, provenance), provenance=provenance, value=value, when=Period(at))


def at_noon(document: ProofDocument) -> bool:
    return document.issue.at.startswith("2026-01-15T12")


def test_a_newer_result_in_the_snapshot_is_the_latest(cases: list[ProofDocument]) -> None:
    tried = 0
    for document in of_kind(cases, "drug-lab"):
        known = {one.id: one for one in document.facts}
        for place, chosen in enumerate(document.selections):
            more = newer(known[chosen.facts[0]]) if chosen.reading is not None else None
            if more is None or order(known[chosen.facts[0]]) > order(more) or not at_noon(document):
                continue
            with_it = replace(chosen, snapshot=(*chosen.snapshot, more.id))
            selections = put(document.selections, place, with_it)
            forged = changed(document, facts=(*document.facts, more), selections=selections)
            tried += 1
            assert "not as the latest" in verify(forged).reason
            draft = replace(more, status="preliminary")
            assert not rejected(changed(document, facts=(*document.facts, draft), selections=selections))
            twin = [*document.facts, more]
            assert any("left out" in one for one in against_facts(document, document.patient, twin)), "the twin has it"
    assert tried > 10


def is_lasting(chosen: Selection) -> bool:
    return chosen.reading is not None and chosen.individual.endswith(f"/{chosen.role}")


def test_what_lasts_lasts_over_all_results(terminology: object, cases: list[ProofDocument]) -> None:
    lasting = [one for one in cases if any(is_lasting(s) for s in one.selections)]
    assert lasting
    for document in lasting:
        for place, chosen in enumerate(document.selections):
            if is_lasting(chosen):
                for one in range(1, len(chosen.facts)):
                    less = replace(chosen, facts=chosen.facts[:one] + chosen.facts[one + 1 :])
                    assert rejected(changed(document, selections=put(document.selections, place, less)))


def test_one_medicine_is_not_two(cases: list[ProofDocument]) -> None:
    """Of an interaction, each medicine put in the other's place; and a product that has both ingredients."""
    tried = 0
    for document in [*of_kind(cases, "drug-drug"), *of_kind(cases, "duplicate-therapy")]:
        if len(document.medicines) < 2:
            continue
        one, other, *rest = document.medicines
        both = replace(one, ingredients=tuple(sorted({*one.ingredients, *other.asked})))
        assert "not distinct" in verify(changed(document, medicines=(both, other, *rest))).reason
        tried += 1
        assert rejected(changed(document, medicines=(one, *rest)))
    assert tried > 10


def test_the_issue_is_what_is_proven(cases: list[ProofDocument]) -> None:
    document = next(one for one in cases if one.issue.kind == "drug-drug")
    issue = document.issue
    for ingredients in ((), issue.ingredients[:1], (*issue.ingredients, "rxnorm:1191")):
        id_ = issue_id(issue.patient, issue.statement, frozenset(ingredients), frozenset(issue.conditions))
        assert rejected(changed(document, issue=replace(issue, id=id_, ingredients=ingredients)))
    id_ = issue_id(issue.patient, issue.statement, frozenset(issue.ingredients), frozenset({"snomed:22298006"}))
    assert rejected(changed(document, issue=replace(issue, id=id_, conditions=("snomed:22298006",))))
    for wrong in (
        replace(issue, id="di-0"),
        replace(issue, statement="kgtwin:CI_0001"),
        replace(issue, patient="local|other"),
        replace(issue, significance="minor" if issue.significance != "minor" else "major"),
        replace(issue, kind="drug-lab"),
        replace(issue, implicated=issue.implicated[1:]),
        replace(issue, at="1990-01-01"),
        replace(issue, at="soon"),
    ):
        assert rejected(changed(document, issue=wrong)), wrong


def test_the_dead_have_no_issues(cases: list[ProofDocument]) -> None:
    document = cases[0]
    assert rejected(changed(document, patient=replace(document.patient, deceased=True)))
    assert rejected(changed(document, patient=replace(document.patient, deceased="2020")))
    assert not rejected(changed(document, patient=replace(document.patient, deceased="2999")))


def test_an_axiom_may_not_be_about_the_patient(cases: list[ProofDocument]) -> None:
    """Else the knowledge could be made to say what facts should."""
    document = cases[0]
    text = f"ClassAssertion(<{KGTWIN}{document.issue.statement.partition(':')[2]}> <urn:kgtwin:patient>)"
    axiom = replace(document.axioms[0], owl=text)
    steps = (ProofStep("told", text, (), 0),)
    forged = changed(document, axioms=(axiom,), steps=steps, conclusion=0, selections=(), medicines=())
    assert "about the patient" in verify(forged).reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "SubClassOf(",
        "SubClassOf(<a>)",
        "EquivalentClasses(<a> <b>)",
        "ClassAssertion(<a> 5)",
        "(" * 200,
        "ObjectComplementOf(" * 5000,
        'ClassAssertion(DataHasValue(<p> "x"^^<y>) <a>)',
    ],
)
def test_conclusions_that_say_nothing(cases: list[ProofDocument], text: str) -> None:
    document = cases[0]
    step = replace(document.steps[0], conclusion=text)
    assert rejected(changed(document, steps=(step, *document.steps[1:])))


def test_documents_that_take_long(cases: list[ProofDocument]) -> None:
    """Megabytes of steps that are right: each is looked at once, and what it rests on is found at once."""
    document = next(one for one in cases if one.selections and any(step.selection == 0 for step in one.steps))
    leaf = next(one for one in document.steps if one.selection == 0 and not one.premises)
    chosen = document.selections[0]
    selections = tuple(replace(chosen, reason=str(number)) for number in range(15_000))
    leaves = tuple(replace(leaf, selection=number) for number in range(len(selections)))
    equal = "EquivalentClasses(" + " ".join(f"<http://x/A{number}>" for number in range(900)) + ")"
    first = ProofStep("R0", "SubClassOf(<http://x/A0> <http://x/A0>)")
    steps = (first, *(ProofStep("R⊑", "SubClassOf(<http://x/A0> <http://x/A1>)", (0,), 0),) * 15_000)
    begun = monotonic()
    for forged in (
        changed(document, selections=selections, steps=leaves),
        changed(document, axioms=(ProofAxiom(equal),), steps=steps),
    ):
        assert "the conclusion is not the issue's" in verify(forged).reason
    assert monotonic() - begun < 20


def test_hostile_numbers(cases: list[ProofDocument]) -> None:
    """Nothing that takes for ever: factors with large exponents, numbers of many digits, premises without end."""
    document = next(one for one in cases if any(s.reading and s.reading.conversions for s in one.selections))
    place = next(i for i, s in enumerate(document.selections) if s.reading and s.reading.conversions)
    reading = document.selections[place].reading
    assert reading is not None
    for factor in ("1e999999999", "1/0", "", "9" * 10_000, "1/2/3", "x"):
        by = tuple(replace(one, factor=factor) for one in reading.conversions)
        chosen = replace(document.selections[place], reading=replace(reading, conversions=by))
        forged = changed(document, selections=put(document.selections, place, chosen))
        assert rejected(forged)
    many = ProofStep("R⊓+", document.steps[0].conclusion, (0,) * 100_000)
    assert rejected(changed(document, steps=(document.steps[0], many)))
    assert seal_of(document) == document.digest
