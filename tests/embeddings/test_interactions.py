"""Scores in numpy equal PyKEEN's, for every model that can be trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kgtwin.embeddings.config import Edges, TrainConfig
from kgtwin.embeddings.fit import new_model, vectors
from kgtwin.embeddings.interactions import INTERACTIONS
from kgtwin.embeddings.score import EmbeddingModel

BY_HAND = {
    "TransE": -(abs(1 + 2 - 3) + abs(2 + 0 - 5)),
    "DistMult": 1 * 2 * 3 + 2 * 0 * 5,
    "ComplEx": ((1 + 2j) * (2 + 0j) * (3 - 5j)).real,
    "RotatE": -abs((1 + 2j) * (2 + 0j) - (3 + 5j)),
}
AGAINST_PYKEEN = ("TransE", "DistMult", "ComplEx", "RotatE")


def test_every_model_is_tested_by_hand_and_against_pykeen() -> None:
    assert set(INTERACTIONS) == set(BY_HAND) == set(AGAINST_PYKEEN)


@pytest.mark.parametrize("name", sorted(INTERACTIONS))
def test_scores_are_those_computed_by_hand(name: str) -> None:
    head, relation, tail = (np.array([row], dtype=np.float64) for row in ([1, 2], [2, 0], [3, 5]))
    assert INTERACTIONS[name](head, relation, tail).tolist() == pytest.approx([BY_HAND[name]])


@pytest.mark.parametrize("name", sorted(INTERACTIONS))
def test_scores_broadcast_to_a_matrix(name: str) -> None:
    random = np.random.default_rng(0)
    model = EmbeddingModel(name, *(random.normal(size=(5, 6)) for _ in range(2)))
    matrix = model.scores([[0], [1]], 2, [2, 3, 4])
    assert matrix.shape == (2, 3)
    assert matrix[1, 2] == pytest.approx(float(model.scores(1, 2, 4)))
    edge = np.array([0, 2, 3])
    assert model.score(edge, 2, np.array([2, 3, 4])) == pytest.approx(matrix[0])
    assert model.score(edge, 0, np.array([0, 1])) == pytest.approx(matrix[:, 1])


@pytest.mark.embeddings
@pytest.mark.parametrize("name", AGAINST_PYKEEN)
def test_scores_equal_pykeens(name: str) -> None:
    torch = pytest.importorskip("torch", reason="needs torch: scripts/test --all")
    factories = pytest.importorskip("pykeen.triples", reason="needs PyKEEN: scripts/test --all")

    edges = torch.tensor([[0, 0, 1], [1, 1, 2], [2, 2, 3], [4, 0, 5], [5, 1, 0]])
    factory = factories.CoreTriplesFactory.create(edges)
    config = TrainConfig(name="n", triples=Edges(path=Path("x")), targets=[], model=name, dim=7, seed=1)
    theirs = new_model(config, factory)
    ours = EmbeddingModel(name, *vectors(theirs))
    expected = theirs.score_hrt(edges).detach().numpy().ravel()
    assert np.ptp(expected) > 1e-3
    found = [float(ours.scores(head, relation, tail)) for head, relation, tail in edges.tolist()]
    assert found == pytest.approx(expected.tolist(), abs=1e-5)
