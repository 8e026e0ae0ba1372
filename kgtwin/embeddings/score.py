"""A trained model as a value: vectors, and how they score, with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kgtwin.embeddings.interactions import INTERACTIONS, Vectors
from kgtwin.embeddings.ranking import Floats
from kgtwin.embeddings.triples import Ids


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Vectors of entities and relations, a row each, and the name of the interaction that scores them.

    Scores order candidates; they are neither calibrated nor comparable between models.
    """

    interaction: str
    entities: Vectors
    relations: Vectors

    def scores(self, heads: ArrayLike, relation: int, tails: ArrayLike) -> Floats:
        """Scores of edges by entity row; ``heads`` and ``tails`` broadcast, so that two columns make a matrix.

        >>> rows = np.array([[1, 0], [0, 1]], dtype=np.float64)
        >>> EmbeddingModel("DistMult", rows, rows).scores([[0], [1]], 0, [0, 1]).tolist()
        [[1.0, 0.0], [0.0, 0.0]]
        """
        interaction = INTERACTIONS[self.interaction]
        return interaction(self._rows(heads), self.relations[relation], self._rows(tails))

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        """Scores of the candidates in place of ``edge[side]``: what a ranking asks for."""
        relation = int(edge[1])
        if side == 0:
            return self.scores(candidates, relation, edge[2])
        return self.scores(edge[0], relation, candidates)

    def _rows(self, ids: ArrayLike) -> Vectors:
        rows: Vectors = self.entities[np.asarray(ids)]
        return rows
