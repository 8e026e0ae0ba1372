"""HermiT puts patients into the same classes as we do, on the shipped ontologies; numbers are classes to it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kgtwin.inference import Knowledge
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataSomeValuesFrom,
    EquivalentClasses,
    FunctionalDataProperty,
    Interval,
    ObjectIntersectionOf,
    SubClassOf,
)
from kgtwin.ontology import hermit
from tests.inference.boxes import box_of
from tests.inference.crowd import NOW, crowd
from tests.inference.told_hermit import Told, name_for

PATIENTS = 5
AGE = "urn:test:age"
OLD, ADULT = (DataSomeValuesFrom(AGE, Interval(Decimal(years))) for years in (65, 18))


def boxes(knowledge: Knowledge) -> dict[str, ABox]:
    """What is asserted of invented patients, by their keys: of those who are in the most statements."""
    found: dict[str, tuple[int, ABox]] = {}
    for number in range(40):
        record, facts = crowd(knowledge).patient(number, 60)
        box = box_of(record, facts, knowledge, NOW)
        if box is not None:
            types = knowledge.classification.realise(box.assertions).types(PATIENT_INDIVIDUAL)
            found[record.key] = len(types & knowledge.statements.keys()), box
    chosen = sorted(found, key=lambda key: found[key][0], reverse=True)[:PATIENTS]
    return {key: found[key][1] for key in chosen}


@pytest.mark.slow
@pytest.mark.hermit
@pytest.mark.timeout(900)
@pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java and owlready2")
def test_hermit_puts_patients_and_facts_into_the_same_classes(knowledge: Knowledge) -> None:
    told = Told(knowledge.ontology.axioms)
    assert not told.left_out
    asked = boxes(knowledge)
    answer = hermit.realise([*told.axioms, *(one for key, box in asked.items() for one in told.patient(key, box))])
    met: set[str] = set()
    for key, box in asked.items():
        realised = knowledge.classification.realise(box.assertions)
        for individual in realised.individuals:
            name = name_for(key) if individual == PATIENT_INDIVIDUAL else individual
            assert realised.types(individual) == answer.types[name] - told.numbers, (key, individual)
        met |= realised.types(PATIENT_INDIVIDUAL) & knowledge.statements.keys()
    assert len(met) > 3 * PATIENTS


# numbers as classes


def told_of(*axioms: Axiom) -> Told:
    return Told(axioms)


def test_an_interval_becomes_a_class_below_those_that_it_lies_within() -> None:
    elder = EquivalentClasses((Class("urn:test:Elder"), ObjectIntersectionOf((Class("urn:test:Person"), OLD))))
    told = told_of(elder, SubClassOf(Class("urn:test:Voter"), ADULT))
    old, adult = (Class(f"urn:kgtwin:number:{n}") for n in (0, 1))
    assert told.numbers == {old.iri, adult.iri}
    assert (
        EquivalentClasses((Class("urn:test:Elder"), ObjectIntersectionOf((Class("urn:test:Person"), old))))
        in told.axioms
    )
    assert SubClassOf(Class("urn:test:Voter"), adult) in told.axioms
    assert SubClassOf(old, adult) in told.axioms
    assert SubClassOf(adult, old) not in told.axioms


def test_a_domain_holds_of_each_interval() -> None:
    domain = DataPropertyDomain(AGE, Class("urn:test:Person"))
    told = told_of(domain, SubClassOf(OLD, Class("urn:test:Elder")))
    assert domain not in told.axioms
    assert SubClassOf(Class("urn:kgtwin:number:0"), Class("urn:test:Person")) in told.axioms


def test_what_else_is_said_of_numbers_is_left_out_and_counted() -> None:
    told = told_of(FunctionalDataProperty(AGE), SubClassOf(Class("urn:test:A"), Class("urn:test:B")))
    assert told.left_out == {"FunctionalDataProperty": 1}
    assert told.axioms == [SubClassOf(Class("urn:test:A"), Class("urn:test:B"))]


def test_a_patient_is_in_the_intervals_of_the_own_number() -> None:
    told = told_of(SubClassOf(OLD, Class("urn:test:Elder")), SubClassOf(ADULT, Class("urn:test:Voter")))
    age = DataPropertyAssertion(AGE, PATIENT_INDIVIDUAL, Interval(Decimal(40), False, Decimal(41), False))
    box = ABox((ClassAssertion(PATIENT_INDIVIDUAL, Class("urn:test:Person")), age), {}, {}, ())
    assert list(told.patient("p", box)) == [
        ClassAssertion(name_for("p"), Class("urn:test:Person")),
        ClassAssertion(name_for("p"), Class("urn:kgtwin:number:1")),
    ]
