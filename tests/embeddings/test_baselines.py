"""Baselines on a graph small enough to count."""

from __future__ import annotations

import numpy as np

from kgtwin.embeddings.baselines import CommonNeighbours, DegreePopularity

from .conftest import edges

#  0 -t-> 3 <-t- 1     1 -t-> 4     3 -r- 4     2 stands alone with 5 (t)
GRAPH = edges([(0, 0, 3), (1, 0, 3), (1, 0, 4), (3, 1, 4), (2, 0, 5)])
TAILS = np.array([3, 4, 5])


def test_popularity_counts_training_edges_in_the_same_place() -> None:
    popularity = DegreePopularity(GRAPH, 6)
    assert popularity.score(np.array([0, 0, 4]), 2, TAILS).tolist() == [2, 1, 1]
    assert popularity.score(np.array([0, 0, 4]), 0, np.array([0, 1, 2])).tolist() == [1, 2, 1]
    assert popularity.score(np.array([0, 9, 4]), 2, TAILS).tolist() == [0, 0, 0]


def test_common_neighbours_ignore_relation_and_direction() -> None:
    common = CommonNeighbours(GRAPH, 7)
    # 0 is joined to 3 alone; 3 is joined to 0, 1 and 4; so 0 shares one neighbour with 4, none with 3 or 5.
    assert common.score(np.array([0, 0, 4]), 2, TAILS).tolist() == [0, 1, 0]
    # 4 is joined to 1 and 3: it shares 3 with 0, 3 with 1, nothing with 2.
    assert common.score(np.array([0, 0, 4]), 0, np.array([0, 1, 2])).tolist() == [1, 1, 0]
    assert common.score(np.array([6, 0, 4]), 2, TAILS).tolist() == [0, 0, 0]


def test_a_doubled_edge_is_one_neighbour() -> None:
    common = CommonNeighbours(edges([(0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 0, 2)]), 3)
    assert common.score(np.array([0, 0, 2]), 2, np.array([2])).tolist() == [1]
