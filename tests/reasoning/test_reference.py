"""The reasoner against the naive evaluator, on random ontologies and on those that once went wrong."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.loader import load
from kgtwin.ontology.signature import used
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.comparing import EL, ENGINES, NOMINALS, Engine, answer, told
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.reference import Answer, evaluate
from tests.reasoning.shrinking import Axioms, shrink, written

SEEDS = st.integers(0, 2**32)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Of seeds: what went wrong is made smaller by :mod:`tests.reasoning.shrinking`."""
CASES = sorted(Path(__file__).parent.glob("cases/*.ofn"))


def _both(generator: Generator, axioms: Axioms) -> tuple[Answer, Answer]:
    names = [*(one.iri for one in generator.classes), OWL_THING]
    known = used(axioms)
    individuals = [one for one in generator.individuals if one in known]
    return answer(axioms, names, individuals), evaluate(axioms, names, individuals)


def _differ(generator: Generator, axioms: Axioms) -> bool:
    ours, expected = _both(generator, axioms)
    return ours != expected


def _compare(generator: Generator) -> None:
    axioms = generator.ontology()
    if _differ(generator, axioms):
        axioms = shrink(axioms, lambda some: _differ(generator, some))
        ours, expected = _both(generator, axioms)
        assert ours == expected, written(axioms)


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(150), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_equals_the_naive_model(shape: Shape, seed: int) -> None:
    _compare(Generator(Random(seed), shape=shape))


@pytest.mark.slow
@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(250), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_equals_the_naive_model_on_more(shape: Shape, seed: int) -> None:
    _compare(Generator(Random(seed), shape=shape))


@pytest.mark.parametrize("shape", NOMINALS.values(), ids=NOMINALS)
@settings(max_examples=times(100), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_says_nothing_wrong_of_individuals_in_class_expressions(shape: Shape, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms = generator.ontology()
    if not _sound(*_both(generator, axioms)):
        axioms = shrink(axioms, lambda some: not _sound(*_both(generator, some)))
        ours, expected = _both(generator, axioms)
        assert _sound(ours, expected), (written(axioms), ours, expected)


def _sound(ours: Answer, expected: Answer) -> bool:
    """Whether one answer follows from the other."""
    if not ours.consistent or not expected.consistent:
        return not expected.consistent
    types = all(ours.types[who] <= expected.types[who] for who in ours.types)
    return types and all(
        above is None or (mine is not None and mine <= above)
        for iri, above in expected.subsumers.items()
        for mine in [ours.subsumers[iri]]
    )


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_what_once_went_wrong(case: Path, engine: Engine) -> None:
    ontology = load(case)
    of_kind = {
        kind: [iri for iri, one in ontology.entities.items() if one is kind and iri not in (OWL_THING, OWL_NOTHING)]
        for kind in (EntityKind.CLASS, EntityKind.NAMED_INDIVIDUAL)
    }
    names, individuals = [*of_kind[EntityKind.CLASS], OWL_THING], of_kind[EntityKind.NAMED_INDIVIDUAL]
    found = answer(ontology.axioms, names, individuals, engine)
    assert told(found) == set(load(case.with_suffix(".taxonomy")).axioms)
