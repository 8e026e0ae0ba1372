"""The engine against the naive evaluator, and every proof against the checker, on random ontologies."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model.axioms import Class
from kgtwin.reasoning import Classification, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.reasoning.checker import check
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.reference import subsumers, types

_SHAPES = {
    "plain": Shape(),
    "deep": Shape(classes=4, axioms=16),
    "reflexive": Shape(reflexive=True),
    "chained": Shape(classes=4, roles=6, axioms=20, numbers=False, unions=False, bottom=False),
    "sparse": Shape(classes=10, roles=3, bottom=False),
}


def _above(classification: Classification, iri: str) -> set[str] | None:
    if iri in classification.unsatisfiable:
        return None
    found = classification.ancestors(iri) | classification.equivalents(iri) | {iri}
    return set(found) - {OWL_THING}


@pytest.mark.parametrize("shape", _SHAPES.values(), ids=_SHAPES)
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_subsumption_and_types_equal_the_naive_model(shape: Shape, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms, assertions = generator.ontology(), generator.assertions()
    names = [one.iri for one in generator.classes]
    expected = subsumers(axioms, [*names, OWL_THING])
    if expected.pop(OWL_THING) is None:
        with pytest.raises(InconsistentOntologyError):
            classify(axioms, classes=names)
        return
    found = classify(axioms, classes=names)
    assert {iri: _above(found, iri) for iri in names} == expected
    realised = found.realise(assertions)
    expected_types = types([*axioms, *assertions])
    consistent = {who: set(realised.types(who)) for who in realised.individuals if who not in realised.inconsistent}
    assert consistent == {who: what for who, what in expected_types.items() if what is not None}


@pytest.mark.parametrize("shape", _SHAPES.values(), ids=_SHAPES)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
@example(seed=723006)  # ⊥ came over an auxiliary role of a chain
def test_every_proof_checks(shape: Shape, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms, assertions = generator.ontology(), generator.assertions()
    names = [one.iri for one in generator.classes]
    try:
        found = classify(axioms, classes=names)
    except InconsistentOntologyError:
        return
    for sub in names:
        for sup in (*names, OWL_NOTHING):
            proof = found.explain(sub, sup)
            assert (proof is not None) == found.is_subclass_of(sub, sup)
            if proof is not None:
                assert check(proof, axioms) > 0
                assert (proof.conclusion.subject, proof.conclusion.type) == (Class(sub), Class(sup))  # type: ignore[union-attr]
    realised = found.realise(assertions)
    for who in realised.individuals:
        wanted = [Class(name) for name in realised.types(who)]
        if who in realised.inconsistent:
            wanted.append(Class(OWL_NOTHING))
        wanted_all = [*wanted, *(generator.expression(2) for _ in range(5))]
        for expression in wanted_all:
            proof = realised.explain(who, expression)
            assert (proof is not None) == realised.satisfies(who, expression)
            if proof is not None:
                check(proof, [*axioms, *assertions])
        for role in generator.roles:
            for node in realised.successors(who, role):
                proof = realised.explain_link(who, role, node)
                assert proof is not None
                check(proof, [*axioms, *assertions])
