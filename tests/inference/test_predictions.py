"""Predicted relations beside proofs: proven already, consistent, or refuted by the ontology."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.model.axioms import Class, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.fact import Fact
from kgtwin.model.issue import Inference
from kgtwin.model.predicted import Predicted, Refuted, RefutedBy
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.vocabulary import SITUATION, kgtwin
from tests.fuzz import times
from tests.inference.crowd import NOW, crowd
from tests.inference.factory import AT, PATIENT, condition, order, patient
from tests.inference.predicting import Everything, Known

ASTHMA, DIABETES, PROPRANOLOL, METFORMIN = "snomed:195967001", "snomed:44054006", "rxnorm:8787", "rxnorm:6809"
TREATS = kgtwin("treats")
NUMBERS = st.integers(0, 10_000)

ONTOLOGY = """Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(snomed:=<http://snomed.info/id/>)
Ontology(<http://example.org/made-up>
Declaration(Class(:Patient)) Declaration(Class(:Substance)) Declaration(Class(:MedicinalProduct))
Declaration(Class(:ClinicalCondition)) Declaration(Class(:Painful)) Declaration(Class(:Fancied))
Declaration(Class(:Balm)) Declaration(Class(:Salt)) Declaration(Class(:Ache)) Declaration(Class(:Rash))
Declaration(Class(:BalmTablet)) Declaration(ObjectProperty(:treats)) Declaration(ObjectProperty(:hasActiveIngredient))
Declaration(ObjectProperty(:takesNow)) Declaration(ObjectProperty(:hasNow))
SubClassOf(:Balm :Substance) SubClassOf(:Salt :Substance)
SubClassOf(:BalmTablet :MedicinalProduct)
SubClassOf(:BalmTablet ObjectSomeValuesFrom(:hasActiveIngredient :Balm))
SubClassOf(:Ache :ClinicalCondition) SubClassOf(:Rash :ClinicalCondition)
{axioms}
)
"""
DOMAIN = "ObjectPropertyDomain(:treats :Substance) DisjointClasses(:Substance :ClinicalCondition)"
RANGE = "ObjectPropertyRange(:treats :ClinicalCondition) DisjointClasses(:Fancied :ClinicalCondition)"


def made_up(folder: Path, axioms: str) -> Knowledge:
    """A small model of its own."""
    file = folder / "made-up.ofn"
    file.write_text(ONTOLOGY.replace("{axioms}", axioms))
    ontology = load(file)
    names = [iri for iri, kind in ontology.entities.items() if kind == "Class"]
    return Knowledge(ontology, classify(ontology.axioms, classes=names))


def asked(knowledge: Knowledge, *facts: Fact) -> Inference:
    return infer(
        PATIENT, patient(), facts, knowledge, at=AT, revision=1, predictor=Everything(), refutations=True
    )  # fmt: skip


def shown(inference: Inference) -> set[tuple[str, str]]:
    return {(risk.head, risk.tail) for risk in inference.risks}


ACHE, RASH, FANCIED = (condition(f"Condition/{one}", f"kgtwin:{one}") for one in ("Ache", "Rash", "Fancied"))
BALM, SALT = order("MedicationRequest/b", "kgtwin:BalmTablet"), order("MedicationRequest/s", "kgtwin:Salt")


def test_what_nothing_speaks_against_is_shown(tmp_path: Path) -> None:
    found = asked(made_up(tmp_path, ""), ACHE, RASH, BALM, SALT)
    pairs = {(f"kgtwin:{head}", f"kgtwin:{tail}") for head in ("Balm", "Salt") for tail in ("Ache", "Rash")}
    assert shown(found) == pairs
    assert found.predicted == Predicted(0, 4)
    assert {risk.basis for risk in found.risks} == {"predicted"}


def test_what_the_ontology_derives_is_shown_as_proven(tmp_path: Path) -> None:
    axioms = "SubClassOf(:Salt ObjectSomeValuesFrom(:treats :Ache))"
    found = asked(made_up(tmp_path, axioms), ACHE, BALM, SALT)
    assert found.predicted == Predicted(1, 1)
    (proven,) = [risk for risk in found.risks if risk.basis == "proven"]
    assert (proven.head, proven.tail, proven.plausibility) == ("kgtwin:Salt", "kgtwin:Ache", 0.4)
    assert proven.derivation
    assert any("treats" in axiom.text for axiom in proven.derivation.axioms)
    assert {ref.source for ref in proven.derivation.facts} == {"local"}, "no proof rests on a prediction"


@pytest.mark.parametrize(
    ("axioms", "by"),
    [
        (RANGE, RefutedBy.RANGE),
        ("SubClassOf(ObjectIntersectionOf(:Balm ObjectSomeValuesFrom(:treats :Fancied)) owl:Nothing)", RefutedBy.OTHER),
        ("SubClassOf(ObjectSomeValuesFrom(:treats :Fancied) :Salt) DisjointClasses(:Salt :Balm)",
         RefutedBy.DISJOINTNESS),
        ("SubClassOf(ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient "
         "ObjectSomeValuesFrom(:treats :Fancied))) owl:Nothing)", RefutedBy.OTHER),
    ],
)  # fmt: skip
def test_what_cannot_be_is_counted_and_not_shown(axioms: str, by: RefutedBy, tmp_path: Path) -> None:
    """By a range, by what is said of both, by a disjointness, by what is said of patients."""
    found = asked(made_up(tmp_path, axioms), ACHE, FANCIED, BALM)
    assert shown(found) == {("kgtwin:Balm", "kgtwin:Ache")}
    assert found.predicted == Predicted(0, 1, (Refuted(by, 1),))
    (refutation,) = found.refutations
    assert (refutation.head, refutation.tail, refutation.by) == ("kgtwin:Balm", "kgtwin:Fancied", by)
    assert refutation.derivation.axioms
    assert "prediction" in {ref.source for ref in refutation.derivation.facts}


def test_a_medicine_that_is_none_is_refuted_by_the_domain(tmp_path: Path) -> None:
    found = asked(made_up(tmp_path, DOMAIN), ACHE, order("MedicationRequest/x", "kgtwin:Rash"))
    assert (found.risks, found.predicted) == ((), Predicted(0, 0, (Refuted(RefutedBy.DOMAIN, 1),)))


def test_what_can_be_of_one_of_two_conditions_is_shown_of_that_one(tmp_path: Path) -> None:
    """The same code twice; of one of the two something else is known."""
    axioms = "DisjointClasses(:Fancied :Painful) ObjectPropertyRange(:treats :Painful)"
    code = condition(concept="kgtwin:Ache").code
    also = condition(concept="kgtwin:Fancied").code
    both = msgspec.structs.replace(code, matches=(*code.matches, *also.matches))
    odd = msgspec.structs.replace(condition("Condition/odd"), code=both)
    found = asked(made_up(tmp_path, axioms), ACHE, odd, BALM)
    assert shown(found) == {("kgtwin:Balm", "kgtwin:Ache")}
    (risk,) = found.risks
    assert risk.facts == (BALM.id, ACHE.id)
    assert found.predicted == Predicted(0, 1, (Refuted(RefutedBy.RANGE, 1),))


def test_predictions_that_exclude_each_other_are_each_judged_alone(tmp_path: Path) -> None:
    both = "ObjectIntersectionOf(ObjectSomeValuesFrom(:treats :Ache) ObjectSomeValuesFrom(:treats :Rash))"
    axioms = f"SubClassOf({both} owl:Nothing)"
    assert len(asked(made_up(tmp_path, axioms), ACHE, RASH, BALM).risks) == 2


def test_domain_and_range_of_the_shipped_ontology(knowledge: Knowledge) -> None:
    situation = to_curie(min(knowledge.classification.descendants(SITUATION)))
    facts = (
        condition(), order(concept=PROPRANOLOL), condition("Condition/c2", situation),
        order("MedicationRequest/m2", DIABETES),
    )  # fmt: skip
    found = asked(knowledge, *facts)
    assert shown(found) == {(PROPRANOLOL, ASTHMA)}
    assert found.predicted == Predicted(0, 1, (Refuted(RefutedBy.DOMAIN, 2), Refuted(RefutedBy.RANGE, 1)))
    assert len(found.refutations) == 3


def test_a_proven_issue_is_named_beside_the_prediction(knowledge: Knowledge) -> None:
    found = asked(knowledge, condition(), order(concept=PROPRANOLOL), order("MedicationRequest/m2", METFORMIN))
    named = {risk.head: risk.proven_issues for risk in found.risks}
    stated = tuple(issue.id for issue in found.issues if not issue.kind.of_rule)
    assert named == {PROPRANOLOL: stated, METFORMIN: ()}
    assert len(stated) == 1


def test_what_the_graph_knew_is_no_prediction(knowledge: Knowledge) -> None:
    found = infer(
        PATIENT, patient(), [condition(), order()], knowledge, at=AT, revision=1, predictor=Known()
    )  # fmt: skip
    assert (found.risks, found.predicted) == ((), Predicted())


# What holds of anybody


@settings(max_examples=times(40))
@given(number=NUMBERS)
def test_no_refuted_prediction_is_shown_and_no_proof_is_silenced(number: int, knowledge: Knowledge) -> None:
    record, facts = crowd(knowledge).patient(number, 30)

    def told(predictor: Everything | None) -> Inference:
        return infer(
            record.key, record, facts, knowledge, at=NOW, revision=1, predictor=predictor, refutations=True
        )  # fmt: skip

    alone, found = told(None), told(Everything())
    assert (found.issues, found.caveats) == (alone.issues, alone.caveats)
    for head, tail in shown(found):
        pair = ObjectIntersectionOf((Class(to_iri(head)), ObjectSomeValuesFrom(TREATS, Class(to_iri(tail)))))
        assert knowledge.classification.query(pair).satisfiable
    hidden = {(one.head, one.tail) for one in found.refutations}
    assert not hidden & shown(found)
    counts = found.predicted
    assert counts.proven + counts.consistent == len(found.risks)
    assert sum(one.count for one in counts.refuted) == len(found.refutations) == len(hidden)
    for one in found.refutations:
        assert one.derivation.conclusion.endswith("nothing")
        assert any(ref.source == "prediction" for ref in one.derivation.facts), "the facts alone are consistent"
