"""Ranks and their means, against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.embeddings.ranking import (
    Filter,
    Floats,
    bootstrap_difference,
    candidate_sets,
    ranks,
    realistic_rank,
    summarise,
)
from kgtwin.embeddings.triples import Ids

from .conftest import edges


class ByNumber:
    """Scores a candidate by its own number."""

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        return candidates.astype(np.float64)


@pytest.mark.parametrize(
    ("others", "true", "rank"),
    [([], 1.0, 1), ([2.0], 1.0, 2), ([0.0], 1.0, 1), ([1.0], 1.0, 1.5), ([1.0] * 4, 1.0, 3), ([3.0, 1.0], 1.0, 2.5)],
)
def test_a_rank_lies_in_the_middle_of_its_ties(others: list[float], true: float, rank: float) -> None:
    assert realistic_rank(np.array(others), true) == rank


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.integers(-3, 3))
def test_a_rank_is_a_place_among_the_candidates(others: list[int], true: int) -> None:
    scores = np.array(others, dtype=np.float64)
    assert 1 <= realistic_rank(scores, true) <= len(others) + 1
    assert realistic_rank(scores, true) + realistic_rank(-scores, -true) == len(others) + 2


def test_other_true_candidates_are_left_out() -> None:
    known = edges([(0, 0, 3), (0, 0, 5), (1, 0, 4)])
    competing = {(0, 0): np.array([0, 1, 2]), (0, 2): np.array([3, 4, 5])}
    found, sizes = ranks(ByNumber(), known[:1], competing, Filter(known))
    # Head 0 among 0, 1, 2 by number: third. Tail 3 among 3 and 4, as 5 is true too: second.
    assert found.tolist() == [[3.0, 2.0]]
    assert sizes.tolist() == [[3.0, 2.0]]


def test_the_known_answer_competes_even_outside_its_kind() -> None:
    found, _ = ranks(
        ByNumber(), edges([(0, 0, 9)]), {(0, 0): edges([])[:, 0], (0, 2): np.array([3])}, Filter(edges([]))
    )
    assert found.tolist() == [[1.0, 1.0]]


def test_means_are_those_computed_by_hand() -> None:
    metrics = summarise(np.array([[1.0, 2.0], [4.0, 20.0]]), np.full((2, 2), 30.0))
    assert metrics.mrr == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 20) / 4)
    assert (metrics.hits_at_1, metrics.hits_at_3, metrics.hits_at_10) == (0.25, 0.5, 0.75)
    assert (metrics.mean_rank, metrics.candidates, metrics.edges) == (6.75, 30, 2)


def test_no_edge_has_no_metrics() -> None:
    assert summarise(np.empty((0, 2)), np.empty((0, 2))).edges == 0


def test_candidates_are_of_the_kinds_seen_on_that_side() -> None:
    sets = candidate_sets(["drug", "drug", "disease", "disease", "gene"], edges([(0, 0, 2), (2, 1, 4)]))
    assert {key: value.tolist() for key, value in sets.items()} == {
        (0, 0): [0, 1],
        (0, 2): [2, 3],
        (1, 0): [2, 3],
        (1, 2): [4],
    }


def test_a_clear_lead_has_an_interval_above_zero_and_none_has_not() -> None:
    ones, tens = np.ones((50, 2)), np.full((50, 2), 10.0)
    assert bootstrap_difference(ones, tens)[0] == pytest.approx(0.9)
    assert bootstrap_difference(ones, ones) == (0.0, 0.0)
    mixed = np.where(np.arange(50)[:, None] % 2, ones, tens)
    low, high = bootstrap_difference(mixed, mixed[::-1])
    assert low < 0 < high
