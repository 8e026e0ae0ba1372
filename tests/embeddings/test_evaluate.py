"""The comparison says plainly who wins."""

from __future__ import annotations

import numpy as np
import pytest

from kgtwin.embeddings.evaluate import Evaluator
from kgtwin.embeddings.ranking import Floats
from kgtwin.embeddings.split import Splits
from kgtwin.embeddings.triples import Ids

from .conftest import edges

SIZE = 20
TRAIN = [(head, 0, SIZE + (head + 1) % SIZE) for head in range(SIZE)]
TEST = [(head, 0, SIZE + head) for head in range(SIZE)]
KINDS = ["drug"] * SIZE + ["disease"] * SIZE


class Oracle:
    """Knows the answer: tail = head + SIZE."""

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        answer = edge[2] - SIZE if side == 0 else edge[0] + SIZE
        return np.where(candidates == answer, 1.0, 0.0)


class Constant:
    """Knows nothing."""

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        return np.zeros(len(candidates))


@pytest.fixture
def evaluator() -> Evaluator:
    return Evaluator(Splits(edges(TRAIN), edges([]), edges(TEST), 0), KINDS)


def test_a_model_that_knows_beats_the_baselines(evaluator: Evaluator) -> None:
    found = evaluator.evaluate(Oracle(), 0)
    assert found
    assert found.model.mrr == 1
    assert found.beats_baselines
    assert "beats both baselines" in found.verdict


def test_a_model_that_knows_nothing_does_not(evaluator: Evaluator) -> None:
    found = evaluator.evaluate(Constant())
    assert found
    assert not found.beats_baselines
    assert "does not beat the baselines" in found.verdict
    # All tie: the middle of the 19 that the filter leaves (one other is true).
    assert found.model.mean_rank == 10


def test_a_lead_on_one_edge_may_be_chance() -> None:
    class Nearly(Constant):
        def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
            return Oracle().score(edge, side, candidates) if edge[0] == 0 else super().score(edge, side, candidates)

    found = Evaluator(Splits(edges(TRAIN), edges([]), edges(TEST), 0), KINDS).evaluate(Nearly(), 0)
    assert found
    assert found.model.mrr > found.degree_popularity.mrr
    assert not found.beats_baselines
    assert "may be chance" in found.verdict


def test_nothing_held_out_is_not_measured(evaluator: Evaluator) -> None:
    assert evaluator.evaluate(Oracle(), 7) is None
