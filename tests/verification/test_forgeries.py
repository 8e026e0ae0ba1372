"""Forged documents that keep every step right and cheat in what stands around them: each is rejected, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.proofs.sources import Told
from kgtwin.model.clinical import time_of
from kgtwin.model.concept import Match
from kgtwin.model.fact import FactKind, ObservationDetail, Quantity, fact_id
from kgtwin.model.issue import issue_id
from kgtwin.model.proof_document import (
    Medicine,
    ProofAnnotation,
    ProofAxiom,
    ProofDocument,
    ProofIssue,
    ProofStep,
    Selection,
    write_proof,
)
from kgtwin.model.time import Period, read_time
from kgtwin.verification import verify
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_NOW, HAS_NOW_AS_ANSWERED, KGTWIN, OWL_NOTHING
from tests.verification.mutations import changed
from tests.verification.test_mutations import of_kind, put

replace = msgspec.structs.replace


def named_anew(issue: ProofIssue, **fields: Any) -> ProofIssue:
    """The issue with other ingredients or conditions, and the id that belongs to them."""
    made = replace(issue, **fields)
    ingredients, conditions = frozenset(made.ingredients), frozenset(made.conditions)
    return replace(made, id=issue_id(made.patient, made.statement, ingredients, conditions))


def reason(document: ProofDocument) -> str:
    verdict = verify(document)
    assert not verdict.accepted
    return verdict.reason


def test_a_medicine_must_say_what_was_asked_of_it(cases: list[ProofDocument]) -> None:
    """Without it, two renewals of a product of two ingredients would be distinct, since they share none of none."""
    for document in [*of_kind(cases, "drug-drug"), *of_kind(cases, "drug-condition")]:
        silent = tuple(replace(one, asked=(), steps=()) for one in document.medicines)
        if any(one.ingredients for one in document.medicines):
            issue = named_anew(document.issue, ingredients=())
            assert "not the ingredient that is asked" in reason(changed(document, medicines=silent, issue=issue))
        if any("hasActiveIngredient" in one.conclusion for one in document.steps):
            empty = tuple(replace(one, ingredients=()) for one in silent)
            assert reason(changed(document, medicines=empty, issue=named_anew(document.issue, ingredients=())))


def test_medicines_cannot_be_hidden_behind_a_step_that_adds_nothing(cases: list[ProofDocument]) -> None:
    """``x ⊑ C ⊢ x ⊑ C`` above the definition: what was asked of the medicines is still looked for below it."""
    tried = 0
    for document in [*of_kind(cases, "drug-drug"), *of_kind(cases, "drug-condition")]:
        last = document.steps[document.conclusion]
        for rule in ("R⊓−", "R⊔−"):
            again = ProofStep(rule, last.conclusion, (document.conclusion,))
            steps, conclusion = (*document.steps, again), len(document.steps)
            assert verify(changed(document, steps=steps, conclusion=conclusion)).accepted, "it says the same"
            issue = named_anew(document.issue, ingredients=())
            forged = changed(document, steps=steps, conclusion=conclusion, issue=issue, medicines=())
            assert reason(forged)
            tried += 1
    assert tried > 50


def test_the_conditions_are_what_the_statement_is_met_by(cases: list[ProofDocument]) -> None:
    """Neither fewer nor others that the proof happens to speak of, such as an ingredient."""
    tried = 0
    for document in of_kind(cases, "drug-condition"):
        issue = document.issue
        if issue.conditions:
            assert "conditions" in reason(changed(document, issue=named_anew(issue, conditions=())))
            other = (*issue.conditions, issue.ingredients[0])
            assert "condition" in reason(changed(document, issue=named_anew(issue, conditions=other)))
            tried += 1
    assert tried > 10


def test_a_selection_that_no_step_uses_proves_no_condition(cases: list[ProofDocument]) -> None:
    document = next(one for one in of_kind(cases, "drug-condition") if one.issue.conditions)
    wrong = "snomed:22298006"
    first = document.selections[0]
    unused = replace(first, classes=(to_iri(wrong),), reason="")
    forged = changed(
        document,
        selections=(*document.selections, unused),
        issue=named_anew(document.issue, conditions=(*document.issue.conditions, wrong)),
    )
    assert "condition" in reason(forged)


def with_another_ingredient(document: ProofDocument) -> Iterator[ProofDocument]:
    """Each medicine is a combination with something else, which is said to be what was asked of it."""
    other = "rxnorm:1000000"
    for place, one in enumerate(document.medicines):
        for number, step in enumerate(document.steps):
            head, _, tail = step.conclusion.partition("> <")
            if not step.conclusion.startswith("ClassAssertion(<") or tail != f"{one.individual}>)" or one.now:
                continue
            text = f"ObjectSomeValuesFrom(<{HAS_ACTIVE_INGREDIENT}> <{to_iri(other)}>)"
            cls = f"<{head.removeprefix('ClassAssertion(<')}>"
            axiom = ProofAxiom(f"SubClassOf({cls} {text})")
            has = ProofStep("R⊑", f"ClassAssertion({text} <{one.individual}>)", (number,), len(document.axioms))
            held = tuple(sorted({*one.ingredients, other}))
            made = Medicine(one.individual, (other,), held, (len(document.steps),))
            rest = [m.asked for m in put(document.medicines, place)]
            issue = named_anew(document.issue, ingredients=tuple(sorted({other}.union(*rest))))
            yield changed(
                document,
                axioms=(*document.axioms, axiom),
                steps=(*document.steps, has),
                medicines=put(document.medicines, place, made),
                issue=issue,
            )


def test_another_ingredient_is_not_what_was_asked_for(cases: list[ProofDocument]) -> None:
    """Else two renewals of one combination would interact: the one by this ingredient, the other by that."""
    tried = 0
    for document in of_kind(cases, "drug-condition"):
        for forged in with_another_ingredient(document):
            tried += 1
            assert "not the ingredient that is asked" in reason(forged)
    assert tried > 5


def test_a_number_is_not_read_as_another_analytes(cases: list[ProofDocument]) -> None:
    """A result with the codes of two analytes: its number is in the unit of the one that it was read as."""
    tried = 0
    for document in of_kind(cases, "drug-lab"):
        known = {one.id: one for one in document.facts}
        for chosen in document.selections:
            if chosen.reading is None or chosen.classes:
                continue
            fact = known[chosen.facts[0]]
            both = replace(fact.code, matches=(*fact.code.matches, Match("loinc:2951-2", via="a set")))
            facts = put(document.facts, document.facts.index(fact), replace(fact, code=both))
            leaf = next(one for one in document.steps if leaf_of(one, chosen, document) and "Class" in one.conclusion)
            text = f"ClassAssertion(<{to_iri('loinc:2951-2')}> <{chosen.individual}>)"
            assert verify(changed(document, facts=facts)).accepted
            forged = changed(document, facts=facts, steps=(*document.steps, replace(leaf, conclusion=text)))
            assert "does not follow" in reason(forged)
            other = replace(chosen, reading=replace(chosen.reading, analyte=to_iri("loinc:2951-2")))
            about = [one for one in document.annotations if one.subject == chosen.reading.analyte]
            units = tuple(replace(one, subject=to_iri("loinc:2951-2")) for one in about)
            forged = changed(
                document,
                facts=facts,
                annotations=(*document.annotations, *units),
                selections=(*document.selections, other),
                steps=(*document.steps, replace(leaf, conclusion=text, selection=len(document.selections))),
            )
            assert "read in two ways" in reason(forged)
            tried += 1
    assert tried > 5


def leaf_of(step: ProofStep, chosen: Selection, document: ProofDocument) -> bool:
    return step.selection == document.selections.index(chosen) and step.conclusion.startswith("ClassAssertion(<")


def test_what_cannot_be_is_no_result(cases: list[ProofDocument], told: Told) -> None:
    """Beyond ``plausibleFrom`` and ``plausibleTo`` nothing counts; who leaves them out differs from the ontology."""
    tried = 0
    for document in of_kind(cases, "drug-lab"):
        cited = {id_ for one in document.selections for id_ in one.facts}
        bounds = [one for one in document.annotations if one.property.startswith(f"{KGTWIN}plausible")]
        for place, fact in enumerate(document.facts):
            if fact.id in cited and isinstance(fact.value, Quantity) and bounds:
                for times in (1_000_000, -1_000_000):
                    value = replace(fact.value, value=fact.value.value * times)
                    forged = changed(document, facts=put(document.facts, place, replace(fact, value=value)))
                    assert reason(forged)
                    tried += 1
        less = tuple(one for one in document.annotations if one not in bounds)
        if bounds:
            assert any("plausible" in one for one in told.against(changed(document, annotations=less)))
    assert tried > 10


def test_an_annotation_is_said_once(cases: list[ProofDocument]) -> None:
    """Else one value would be compared with the ontology, and another one would count."""
    for document in cases[::40]:
        for one in document.annotations:
            for name in (one.property, one.property.removeprefix(KGTWIN)):
                more = (*document.annotations, ProofAnnotation(one.subject, name, "other"))
                assert "annotation" in reason(changed(document, annotations=more))


def test_a_birth_after_the_death_says_neither(cases: list[ProofDocument]) -> None:
    """As in docs/modelling.md: the patient counts as alive, of unknown age."""
    ages = 0
    for document in cases[::10]:
        record = replace(document.patient, birth_date="2001", deceased="2000")
        about_age = any("hasAgeInYears" in one.conclusion for one in document.steps)
        assert verify(changed(document, patient=record)).accepted is not about_age
        ages += about_age
    assert ages > 0


def test_a_multiple_needs_the_limit_that_it_is_of(cases: list[ProofDocument]) -> None:
    """A number is no multiple of a limit that its result does not state, though the steps say so."""
    tried = 0
    for document in cases:
        known = {one.id: one for one in document.facts}
        for chosen in document.selections:
            if chosen.reading is None or not chosen.reading.multiple:
                continue
            fact = known[chosen.facts[0]]
            assert isinstance(fact.value, Quantity)
            raw = replace(fact.value, ucum=chosen.reading.unit)
            for detail in (None, ObservationDetail()):
                bare = replace(fact, detail=detail, value=raw, when=Period(time_of(fact)))
                facts = put(document.facts, document.facts.index(fact), bare)
                steps = tuple(with_value(one, chosen.individual, raw) for one in document.steps)
                assert reason(changed(document, facts=facts, steps=steps))
                tried += 1
    assert tried > 1


def with_value(step: ProofStep, individual: str, value: Quantity) -> ProofStep:
    """The step with another number where it states the one of a result."""
    if f"<{individual}>" not in step.conclusion or "DataHasValue" not in step.conclusion:
        return step
    head, _, tail = step.conclusion.split('"', 2)
    return replace(step, conclusion=f'{head}"{value.value}"{tail}')


def test_the_evaluation_time_is_an_instant(cases: list[ProofDocument]) -> None:
    """The same instant in another zone is the same; a day, or a minute, is none."""
    document = cases[0]
    at = read_time(document.issue.at)
    assert at is not None
    there = at.astimezone(timezone(timedelta(hours=-11))).isoformat()
    assert verify(changed(document, issue=replace(document.issue, at=there))).accepted
    for text in (at.date().isoformat(), f"{at.date()}T12:00Z", str(at.year)):
        assert "no instant" in reason(changed(document, issue=replace(document.issue, at=text)))


def test_a_fact_of_a_snapshot_is_the_patients(cases: list[ProofDocument]) -> None:
    """Another patient's result, with an id that is right for it, takes no one's place."""
    tried = 0
    for document in of_kind(cases, "drug-lab"):
        for place, fact in enumerate(document.facts):
            other = replace(fact, patient="local|other", id=fact_id("local|other", fact.provenance))
            forged = changed(document, facts=put(document.facts, place, other))
            assert "another patient" in reason(forged)
            assert "one id" in reason(changed(document, facts=(*document.facts, fact)))
            tried += 1
    assert tried > 10


def test_what_is_taken_now_has_not_ended(cases: list[ProofDocument]) -> None:
    """Of a wash-out, whether or not the document says that its role is one."""
    tried = 0
    for document in cases:
        spans = [one for one in document.annotations if one.property == f"{KGTWIN}within"]
        if spans and any(one.property == f"{KGTWIN}washOut" for one in document.annotations):
            less = tuple(one for one in document.annotations if one not in spans)
            assert reason(changed(document, annotations=less))
            for place, fact in enumerate(document.facts):
                if fact.kind is FactKind.MEDICATION and fact.status in ("stopped", "completed"):
                    taken = replace(fact, status="active", when=Period(fact.when.start))
                    assert reason(changed(document, facts=put(document.facts, place, taken)))
                    tried += 1
    assert tried


def test_an_answer_counts_only_as_a_condition_that_is_answered(cases: list[ProofDocument]) -> None:
    """Else any value of an observation would be a condition that the patient has."""
    found = 0
    for document in cases:
        for place, step in enumerate(document.steps):
            answered = step.selection is not None and document.selections[step.selection].role == HAS_NOW_AS_ANSWERED
            if answered and step.premises:
                found += 1
                forged = changed(document, steps=put(document.steps, place, replace(step, premises=())))
                assert "it does not follow" in reason(forged)
    assert found


def test_what_an_allergys_substance_is_a_kind_of_is_not_the_substance(cases: list[ProofDocument]) -> None:
    """A salt's base is, by codes of substances; a group of ours, put in the base's place, is not."""
    base, salt = ("rxnorm:4493",), ("rxnorm:227224",)
    found = [
        d
        for d in of_kind(cases, "drug-allergy")
        if (d.issue.statement, d.issue.ingredients, d.issue.conditions) == ("kgtwin:DA_0200", base, salt)
    ]
    assert found
    for document in found:
        assert "substance of the allergy" in reason(with_base(document, "kgtwin:Group"))
        assert verify(with_base(document, "rxnorm:4494")).accepted


def with_base(document: ProofDocument, curie: str) -> ProofDocument:
    """A document of another ontology, in which the base is something else; each step is right."""
    text = write_proof(document).decode()
    text = text.replace(to_iri("rxnorm:4493"), to_iri(curie)).replace("rxnorm:4493", curie)
    forged = msgspec.json.decode(text, type=ProofDocument)
    return changed(forged, issue=named_anew(forged.issue))


def test_what_contradicts_itself_proves_nothing(cases: list[ProofDocument], told: Told) -> None:
    """A condition that can be none: from it everything would follow, such as a statement about other conditions."""
    document = of_kind(cases, "drug-condition")[0]
    fact = next(one for one in document.facts if one.kind is FactKind.CONDITION)
    chosen = next(one for one in document.selections if one.facts == (fact.id,) and one.role == HAS_NOW)
    kinds = [f"<{KGTWIN}SocialFinding>", f"<{KGTWIN}ClinicalCondition>"]
    code = replace(
        fact.code,
        matches=tuple(Match(f"kgtwin:{name}", via="a set") for name in ("SocialFinding", "ClinicalCondition")),
    )
    apart = f"DisjointClasses({' '.join(kinds)})"
    node, patient = f"<{chosen.individual}>", "<urn:kgtwin:patient>"
    steps = [
        ProofStep("received", f"ObjectPropertyAssertion(<{HAS_NOW}> {patient} {node})", (), None, 0),
        *(ProofStep("received", f"ClassAssertion({kind} {node})", (), None, 0) for kind in kinds),
        ProofStep("R⊥⊓", f"ClassAssertion(<{OWL_NOTHING}> {node})", (1, 2), 0),
        ProofStep("R⊥", f"ClassAssertion(<{OWL_NOTHING}> {patient})", (0, 3)),
        ProofStep("R⊥⊑", f"ClassAssertion(<{to_iri(document.issue.statement)}> {patient})", (4,)),
    ]
    forged = changed(
        document,
        issue=named_anew(document.issue, ingredients=(), conditions=("kgtwin:SocialFinding",)),
        facts=put(document.facts, document.facts.index(fact), replace(fact, code=code)),
        steps=tuple(steps),
        conclusion=5,
        axioms=(ProofAxiom(apart),),
        selections=(replace(chosen, above=()),),
        medicines=(),
    )
    assert "anything would follow" in reason(forged)


def test_an_ingredient_that_a_code_says_cannot_be_kept_back(cases: list[ProofDocument]) -> None:
    """Two medicines that share what is asked of one of them: the other's code says so, its list does not."""
    tried = 0
    for document in of_kind(cases, "drug-drug"):
        one, *others = [medicine for medicine in document.medicines if medicine.asked]
        for other in others:
            id_ = other.individual.removeprefix("urn:kgtwin:fact:")
            (fact,) = [fact for fact in document.facts if fact.id == id_]
            more = (*fact.code.matches, Match(one.asked[0], via="a set"))
            shared = replace(fact, code=replace(fact.code, matches=more))
            facts = put(document.facts, document.facts.index(fact), shared)
            assert "not distinct" in reason(changed(document, facts=facts))
            tried += 1
    assert tried > 20
