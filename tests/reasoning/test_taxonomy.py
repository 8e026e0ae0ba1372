"""Transitive reduction: every question about the order of classes, against the order itself."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.model.axioms import Axiom, Class, SubClassOf
from kgtwin.reasoning import Classification
from kgtwin.reasoning.taxonomy import Taxonomy
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.comparing import ENGINES, LARGER, Engine, classified
from tests.reasoning.generate import Generator

NAMES = [f"C{i}" for i in range(8)]
EVERYTHING = [*NAMES, OWL_THING, OWL_NOTHING]
EDGES = st.sets(st.tuples(st.sampled_from([*NAMES, OWL_THING]), st.sampled_from([*NAMES, OWL_NOTHING])), max_size=16)
Above = dict[str, set[str]]


def _closed(edges: set[tuple[str, str]]) -> Above:
    """The reflexive and transitive closure, with everything between ``owl:Nothing`` and ``owl:Thing``."""
    known = edges | {(OWL_NOTHING, name) for name in EVERYTHING} | {(name, OWL_THING) for name in EVERYTHING}
    above = {name: {name} | {sup for sub, sup in known if sub == name} for name in EVERYTHING}
    for _ in EVERYTHING:
        above = {name: set().union(*(above[sup] for sup in found)) for name, found in above.items()}
    return above


def _classified(engine: Engine, edges: set[tuple[str, str]]) -> Classification:
    axioms: list[Axiom] = [SubClassOf(Class(sub), Class(sup)) for sub, sup in sorted(edges)]
    return classified(axioms, EVERYTHING, engine)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@settings(max_examples=times(100), deadline=None)
@given(edges=EDGES)
def test_every_question_is_answered_as_the_order_has_it(engine: Engine, edges: set[tuple[str, str]]) -> None:
    above = _closed(edges)
    if OWL_NOTHING in above[OWL_THING]:
        return
    found = _classified(engine, edges)
    empty = {name for name in EVERYTHING if OWL_NOTHING in above[name]}
    assert found.unsatisfiable == empty - {OWL_NOTHING}
    for name in EVERYTHING:
        same = {one for one in above[name] if name in above[one]}
        strict = above[name] - same
        below = {one for one in EVERYTHING if name in above[one]} - same - empty
        assert found.equivalents(name) == same - {name}
        assert found.ancestors(name) == strict
        assert found.descendants(name) == below
        assert found.parents(name) == {one for one in strict if not _between(above, name, one)}
        assert found.children(name) == {one for one in below if not _between(above, one, name)}
        for other in EVERYTHING:
            assert found.is_subclass_of(name, other) == (other in above[name])
            common = above[name] & above[other]
            least = {one for one in common if not any(one in above[two] and two not in above[one] for two in common)}
            assert found.least_common_subsumers([name, other]) == least


def _between(above: Above, sub: str, sup: str) -> bool:
    """Whether there is a class strictly between two."""
    return any(sup in above[one] and one not in above[sup] and sub not in above[one] for one in above[sub] - {sub, sup})


def test_a_long_line_of_classes() -> None:
    names = [f"C{i:04}" for i in range(3000)]
    edges = set(pairwise(names))
    found = _classified(ENGINES["compiled"], edges)
    assert found.parents(names[0]) == {names[1]}
    assert len(found.ancestors(names[0])) == 3000
    assert len(found.descendants(names[-1])) == 2999


def test_both_engines_give_one_taxonomy() -> None:
    for name, seed in [(name, seed) for name in LARGER for seed in range(6)]:
        axioms = Generator(Random(seed), shape=LARGER[name]).ontology()
        plain, compiled = (classified(axioms, [], engine)._taxonomy for engine in ENGINES.values())
        assert isinstance(plain, Taxonomy)
        assert isinstance(compiled, Taxonomy)
        assert np.array_equal(plain.head, compiled.head)
        assert set(plain.leaves) == set(compiled.leaves)
        for head in map(int, plain.heads):
            assert set(plain.above(head)) == set(compiled.above(head)), (name, seed)
            assert set(plain.below(head)) == set(compiled.below(head))
            assert set(plain.descendants(head)) == set(compiled.descendants(head))


def test_many_parents_make_room_for_themselves() -> None:
    edges = {(f"low{i}", f"high{j}") for i in range(60) for j in range(60)}
    found = _classified(ENGINES["compiled"], edges)
    assert all(found.parents(f"low{i}") == {f"high{j}" for j in range(60)} for i in range(60))
