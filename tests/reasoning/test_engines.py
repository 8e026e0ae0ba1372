"""Plain Python and compiled code close the same program: context by context, link by link, and both taxonomies."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError, ReasonerMemoryError
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ObjectSomeValuesFrom,
    SubClassOf,
    TransitiveObjectProperty,
)
from kgtwin.reasoning.closure import Closure, PlainClosure
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.program import SECOND, Program
from kgtwin.reasoning.taxonomy import Taxonomy, taxonomy
from tests.fuzz import times
from tests.ontology.generate import axioms as any_axioms
from tests.reasoning.comparing import BEYOND, EL, ENGINES, LARGER, NOMINALS, Engine, classified
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.shrinking import shrink, written

SHAPES = EL | NOMINALS | BEYOND
SEEDS = st.integers(0, 2**32)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
_MEMORY = 256 << 20


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Compiles once on a machine, which takes longer than any test may."""
    CompiledClosure.of(index(AxiomTable.of([SubClassOf(Class("A"), Class("B"))])).program)


def _differences(axioms: Sequence[Axiom]) -> list[str]:
    program = index(AxiomTable.of(axioms)).program
    plain, compiled = PlainClosure.of(program), CompiledClosure.of(program, _MEMORY)
    found = [
        one for x in np.flatnonzero(program.is_context).tolist() for one in _of_context(program, plain, compiled, x)
    ]
    if _rows(taxonomy(plain, program.named)) != _rows(taxonomy(compiled, program.named)):
        found.append("the taxonomies differ")
    return found


def _of_context(program: Program, plain: Closure, compiled: Closure, x: int) -> list[str]:
    ours, theirs = set(plain.subsumers(x)), list(map(int, compiled.subsumers(x)))
    found = [] if ours == set(theirs) else [f"{x}: {ours - set(theirs)} only plain, {set(theirs) - ours} only compiled"]
    if len(theirs) > len(ours):
        found.append(f"{x}: an atom twice")
    links = {link for link in plain.links(x) if program.roles.flags[link[0]] & SECOND}
    kept = set(compiled.links(x))
    if not kept <= links:
        found.append(f"{x}: links only compiled: {kept - links}")
    missing = [one for one in links if not any(_covers(program, plain, other, one) for other in kept)]
    return [*found, *(f"{x}: no link for {one}" for one in missing)]


def _covers(program: Program, plain: Closure, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether what follows from one link follows from another: by a role below, to something below."""
    above = (program.roles.above[one[0], other[0] >> 3] >> (other[0] & 7)) & 1
    return bool(above) and other[1] in plain.subsumers(one[1])


def _rows(found: Taxonomy) -> tuple[list[int], dict[int, list[int]]]:
    return found.head.tolist(), {head: sorted(found.above(head)) for head in found.heads.tolist()}


def _agree(axioms: list[Axiom]) -> None:
    if _differences(axioms):
        axioms = shrink(axioms, lambda some: bool(_differences(some)))
        assert _differences(axioms) == [], written(axioms)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=times(60), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_derive_the_same(shape: Shape, seed: int) -> None:
    _agree(Generator(Random(seed), shape=shape).ontology())


@pytest.mark.parametrize("shape", LARGER.values(), ids=LARGER)
@settings(max_examples=times(5), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_derive_the_same_of_more_axioms(shape: Shape, seed: int) -> None:
    _agree(Generator(Random(seed), shape=shape).ontology())


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=times(200), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_derive_the_same_of_more_ontologies(shape: Shape, seed: int) -> None:
    _agree(Generator(Random(seed), shape=shape).ontology())


@pytest.mark.slow
@pytest.mark.parametrize("shape", LARGER.values(), ids=LARGER)
@settings(max_examples=times(20), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_derive_the_same_of_more_axioms_often(shape: Shape, seed: int) -> None:
    _agree(Generator(Random(seed), shape=shape).ontology())


@settings(max_examples=times(150), deadline=None)
@given(st.lists(any_axioms(), max_size=12))
def test_both_engines_take_every_axiom_that_a_parser_makes(axioms: list[Axiom]) -> None:
    assert _differences(axioms) == []


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(40), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_realise_the_same(shape: Shape, seed: int) -> None:
    _realise_the_same(shape, seed)


@pytest.mark.parametrize("shape", LARGER.values(), ids=LARGER)
@settings(max_examples=times(5), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_realise_the_same_of_more_axioms(shape: Shape, seed: int) -> None:
    _realise_the_same(shape, seed)


@pytest.mark.slow
@pytest.mark.parametrize("shape", LARGER.values(), ids=LARGER)
@settings(max_examples=times(40), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_both_engines_realise_the_same_of_more_axioms_often(shape: Shape, seed: int) -> None:
    _realise_the_same(shape, seed)


def _realise_the_same(shape: Shape, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms, assertions = generator.ontology(), generator.assertions()
    try:
        plain, compiled = (_types(axioms, assertions, engine) for engine in ENGINES.values())
    except InconsistentOntologyError:
        return
    assert plain == compiled


def _types(
    axioms: list[Axiom], assertions: list[Assertion], engine: Engine
) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    found = classified(axioms, (), engine).realise(assertions)
    return {who: (found.types(who), found.direct_types(who)) for who in found.individuals}


@pytest.mark.slow
def test_what_does_not_fit_in_memory_is_refused_and_the_next_closes() -> None:
    """A ring of which every class is related to every other one."""
    count = 400
    ring = [SubClassOf(Class(f"C{i}"), ObjectSomeValuesFrom("r", Class(f"C{(i + 1) % count}"))) for i in range(count)]
    program = index(AxiomTable.of([*ring, TransitiveObjectProperty("r")])).program
    with pytest.raises(ReasonerMemoryError, match="KGTWIN_REASONER_MEMORY"):
        CompiledClosure.of(program, 1 << 20)
    assert all(len(CompiledClosure.of(program).links(x)) >= count for x in (2, count + 1))
