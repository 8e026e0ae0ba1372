"""What a model must beat: two scorers that know nothing but the training graph."""

from __future__ import annotations

import numpy as np

from kgtwin.embeddings.ranking import Floats
from kgtwin.embeddings.triples import Ids


class DegreePopularity:
    """A candidate scores the number of training edges that it has in the same place under the same relation."""

    def __init__(self, train: Ids, size: int) -> None:
        self._counts = {
            (int(relation), side): np.bincount(train[train[:, 1] == relation, side], minlength=size)
            for relation in np.unique(train[:, 1])
            for side in (0, 2)
        }

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        """Training edges of each candidate."""
        counts = self._counts.get((int(edge[1]), side))
        return np.zeros(len(candidates)) if counts is None else counts[candidates].astype(np.float64)


class CommonNeighbours:
    """A candidate scores the number of neighbours that it shares with the edge's other end.

    Neighbours are distinct entities joined by a training edge of any relation in any direction
    (Liben-Nowell and Kleinberg 2007).
    """

    def __init__(self, train: Ids, size: int) -> None:
        both = np.unique(np.concatenate([train[:, [0, 2]], train[:, [2, 0]]]), axis=0)
        starts = np.searchsorted(both[:, 0], np.arange(size + 1))
        self._size = size
        self._neighbours = [both[starts[node] : starts[node + 1], 1] for node in range(size)]

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        """Shared neighbours of each candidate with the fixed end."""
        near = self._neighbours[int(edge[2 - side])]
        two_steps = [self._neighbours[int(node)] for node in near]
        if not two_steps:
            return np.zeros(len(candidates))
        counts = np.bincount(np.concatenate(two_steps), minlength=self._size)
        return counts[candidates].astype(np.float64)
