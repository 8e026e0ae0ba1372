"""Inferences as a graph: which axioms suffice for a goal, and which proof is the smallest. On random graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.reasoning.derivations import Derivations, TooMuch
from kgtwin.reasoning.inferences import Fact, Inference, Rule
from kgtwin.reasoning.ranking import Ranking
from tests.fuzz import times

SEEDS = st.integers(0, 2**32)
Graph = dict[Fact, list[Inference]]
GOAL, AXIOMS, PLENTY = (0, 0), range(6), 10**6


def graphs(random: Random) -> Graph:
    """Up to fifteen inferences between six facts, by six axioms; circles and all."""
    found: Graph = {}
    for _ in range(random.randint(1, 15)):
        conclusion = (0, random.randrange(6))
        premises = tuple((0, random.randrange(6)) for _ in range(random.choice((0, 0, 1, 1, 2, 3))))
        axioms = tuple(random.sample(AXIOMS, random.choice((0, 1, 1, 1, 2))))
        found.setdefault(conclusion, []).append(Inference(Rule.TOLD, premises, axioms))
    return found


def of(graph: Graph) -> Callable[[Fact], list[Inference]]:
    return lambda fact: graph.get(fact, [])


def same(axiom: int) -> object:
    return axiom


def suffices(graph: Graph, axioms: frozenset[int]) -> bool:
    """Whether the goal follows by some axioms, by adding what follows until nothing does."""
    known: set[Fact] = set()
    while True:
        more = {
            fact
            for fact, inferences in graph.items()
            for one in inferences
            if axioms.issuperset(one.axioms) and known.issuperset(one.premises)
        }
        if more <= known:
            return GOAL in known
        known |= more


def minimal(graph: Graph) -> Iterator[frozenset[int]]:
    found: list[frozenset[int]] = []
    for size in range(len(AXIOMS) + 1):
        for some in map(frozenset, combinations(AXIOMS, size)):
            if not any(one <= some for one in found) and suffices(graph, some):
                found.append(some)
                yield some


@settings(max_examples=times(400), deadline=None)
@given(SEEDS)
def test_the_smallest_sufficient_sets_are_found_in_the_order_of_their_size(seed: int) -> None:
    graph = graphs(Random(seed))
    derivations = Derivations([GOAL], of(graph), same)
    found = [frozenset(derivations.of(mask)) for _, mask in derivations.smallest(PLENTY)]
    assert [len(one) for one in found] == sorted(len(one) for one in found)
    assert len(found) == len(set(found))
    assert set(found) == set(minimal(graph))


@settings(max_examples=times(400), deadline=None)
@given(SEEDS)
def test_one_is_minimal_and_within_what_is_allowed(seed: int) -> None:
    random = Random(seed)
    graph = graphs(random)
    derivations = Derivations([GOAL], of(graph), same)
    allowed = random.getrandbits(len(derivations.axioms)) if derivations.axioms else 0
    inside = frozenset(derivations.of(allowed))
    mask = derivations.one(allowed)
    assert (mask is not None) is suffices(graph, inside)
    if mask is not None:
        assert mask & ~allowed == 0
        assert frozenset(derivations.of(mask)) in set(minimal(graph))


@settings(max_examples=times(200), deadline=None)
@given(SEEDS)
def test_of_several_targets_none_takes_what_is_enough_for_another(seed: int) -> None:
    graph = graphs(Random(seed))
    goals = [(0, 0), (0, 1)]
    derivations = Derivations(goals, of(graph), same)
    targets = {derivations.numbers[goal]: goal for goal in goals}
    found = [(targets[fact], mask) for fact, mask in derivations.smallest(PLENTY, targets=frozenset(targets))]
    masks = {mask for _, mask in found}
    assert not any(one & other == one != other for one in masks for other in masks)
    both = Derivations(goals, of(graph), same)
    assert {frozenset(derivations.of(mask)) for mask in masks} == {
        frozenset(both.of(mask)) for _, mask in both.smallest(PLENTY)
    }


def test_axioms_that_say_the_same_are_one() -> None:
    graph: Graph = {GOAL: [Inference(Rule.TOLD, (), (1,)), Inference(Rule.TOLD, (), (2,))]}
    derivations = Derivations([GOAL], of(graph), lambda axiom: "the same")
    assert derivations.axioms == [1]
    assert [mask for _, mask in derivations.smallest(PLENTY)] == [1]


def test_too_much_is_said_and_not_done() -> None:
    """Each of thirty facts follows from the next in two ways, so that there are 2³⁰ sets."""
    graph: Graph = {
        (0, i): [Inference(Rule.TOLD, ((0, i + 1),), (2 * i + way,)) for way in range(2)] for i in range(30)
    }
    graph[0, 30] = [Inference(Rule.TOLD)]
    derivations = Derivations([GOAL], of(graph), same)
    with pytest.raises(TooMuch):
        list(derivations.smallest(10_000))
    mask = derivations.one((1 << 60) - 1)
    assert mask is not None
    assert mask.bit_count() == 30


# ranking


def tree_sizes(graph: Graph) -> dict[Fact, int]:
    """The steps of the smallest proof of each fact, by trying again until nothing gets smaller."""
    sizes: dict[Fact, int] = {}
    while True:
        before = dict(sizes)
        for fact, inferences in graph.items():
            for one in inferences:
                premises = set(one.premises)
                if premises <= sizes.keys():
                    size = 1 + sum(sizes[premise] for premise in premises)
                    sizes[fact] = min(size, sizes.get(fact, size))
        if sizes == before:
            return sizes


@settings(max_examples=times(400), deadline=None)
@given(SEEDS)
def test_the_smallest_proof_is_chosen_and_never_runs_in_a_circle(seed: int) -> None:
    graph = graphs(Random(seed))
    ranking, expected = Ranking(of(graph)), tree_sizes(graph)
    assert ranking.prove(GOAL) is (GOAL in expected)
    if GOAL in expected:
        assert ranking.size(GOAL) == expected[GOAL]
    for fact, inference in ranking.chosen.items():
        assert inference in graph[fact]
        assert all(ranking.size(premise) < ranking.size(fact) for premise in inference.premises)
