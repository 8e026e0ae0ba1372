"""HermiT as the oracle, on generated ontologies (many in one file, as a start of Java is dear) and on those we ship."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from kgtwin.errors import InconsistentOntologyError, OntologyError
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    Interval,
    ObjectPropertyAssertion,
)
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import hermit
from kgtwin.ontology.loader import load
from kgtwin.reasoning import Classification, Realisation, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, kgtwin
from tests.reasoning.generate import Generator, Shape

pytestmark = [
    pytest.mark.hermit,
    pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java"),
]
ROOT = Path(__file__).parents[2] / "ontologies" / "kgtwin.owl"


def _above(classification: Classification, iri: str) -> set[str]:
    found = classification.ancestors(iri) | classification.equivalents(iri)
    return set(found) - {OWL_THING, OWL_NOTHING}


def _same_subsumptions(found: Classification, answer: hermit.Answer) -> None:
    assert found.unsatisfiable == answer.unsatisfiable
    names = found.classes - {OWL_THING, OWL_NOTHING} - found.unsatisfiable
    assert {iri: _above(found, iri) for iri in names} == {iri: set(answer.subsumers.get(iri, ())) for iri in names}


def _same_types(found: Realisation, answer: hermit.Answer) -> None:
    expected = {who: set(answer.types.get(who, ())) for who in found.individuals}
    assert {who: set(found.types(who)) for who in found.individuals} == expected


def _consistent(classification: Classification, assertions: Sequence[Assertion]) -> list[Assertion]:
    """As many of the assertions, from the first on, as can be true together."""
    kept: list[Assertion] = []
    for assertion in assertions:
        if classification.realise([*kept, assertion]).consistent:
            kept.append(assertion)
    return kept


@pytest.mark.parametrize(
    ("shape", "seed", "count"),
    [
        (Shape(), 1, 40),
        (Shape(classes=4, axioms=16), 2, 14),
        (Shape(classes=10, roles=6, unions=False), 3, 40),
        (Shape(numbers=False, axioms=14), 4, 40),
        (Shape(classes=4, roles=6, axioms=12, numbers=False, bottom=False), 5, 20),
        (Shape(classes=4, roles=3, axioms=8, reflexive=True), 6, 30),
    ],
    ids=["plain", "deep", "chains", "no numbers", "long chains", "reflexive"],
)
def test_equals_hermit_on_generated_ontologies(shape: Shape, seed: int, count: int) -> None:
    random = Random(seed)
    parts = [part for number in range(count) if (part := _part(Generator(random, f"o{number}", shape))) is not None]
    decided = sum(_compare(parts[start : start + 10]) for start in range(0, len(parts), 10))
    assert decided >= 0.7 * len(parts)


Part = tuple[list[Axiom], list[Assertion]]


def _part(generator: Generator) -> Part | None:
    axioms = generator.ontology()
    try:
        return axioms, _consistent(classify(axioms), generator.assertions())
    except InconsistentOntologyError:
        return None


def _compare(parts: list[Part]) -> int:
    """Compares ontologies of disjoint signatures in one go; how many HermiT decided (some it does not, in 8 s)."""
    if not parts:
        return 0
    axioms = [axiom for part, _ in parts for axiom in part]
    assertions = [assertion for _, part in parts for assertion in part]
    try:
        answer = hermit.realise([*axioms, *assertions], timeout=8)
    except OntologyError as error:
        if "no answer" not in error.message:
            raise
        half = len(parts) // 2
        return 0 if half == 0 else _compare(parts[:half]) + _compare(parts[half:])
    found = classify(axioms)
    _same_subsumptions(found, answer)
    _same_types(found.realise(assertions), answer)
    return len(parts)


@pytest.mark.parametrize("seed", range(6))
def test_finds_the_same_contradictions_as_hermit(seed: int) -> None:
    random = Random(seed)
    for _ in range(200):
        generator = Generator(random, "x", Shape(classes=4, axioms=14))
        axioms, assertions = generator.ontology(), generator.assertions()
        try:
            found = classify(axioms)
        except InconsistentOntologyError:
            continue
        if not found.realise(assertions).consistent:
            break
    with pytest.raises(InconsistentOntologyError):
        hermit.realise([*axioms, *assertions])


@pytest.mark.skipif(not ROOT.is_file(), reason="ontologies/kgtwin.owl is not there")
def test_equals_hermit_on_the_shipped_ontologies() -> None:
    ontology = load(ROOT)
    names = [iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS]
    found = classify(ontology.axioms, classes=names)
    assertions = _patients(found)
    answer = hermit.realise([*ontology.axioms, *assertions])
    _same_subsumptions(found, answer)
    _same_types(found.realise(assertions), answer)


def _patients(classification: Classification) -> list[Assertion]:
    """Six patients with random products, conditions, allergies and results."""
    random = Random(0)
    fillers = [
        (role, kind, sorted(classification.descendants(kgtwin(kind))))
        for role, kind in (
            ("takesNow", "MedicinalProduct"),
            ("hasNow", "ClinicalCondition"),
            ("hasNow", "Situation"),
            ("allergicTo", "Substance"),
            ("hasLatestResult", "Result"),
        )
    ]
    assertions: list[Assertion] = []
    for number in range(6):
        patient = f"urn:test:patient{number}"
        assertions.append(ClassAssertion(patient, Class(kgtwin("Patient"))))
        for role, kind, classes in fillers:
            for place, iri in enumerate(random.sample(classes, min(12, len(classes)))):
                fact = f"{patient}/{role}/{place}/{iri.rpartition('#')[2].rpartition('/')[2]}"
                assertions.append(ClassAssertion(fact, Class(iri)))
                assertions.append(ObjectPropertyAssertion(kgtwin(role), patient, fact))
                if kind == "Result":
                    value = Decimal(random.randint(1, 1000)) / 10
                    assertions.append(DataPropertyAssertion(kgtwin("hasValue"), fact, Interval(value, False, value)))
    return assertions
