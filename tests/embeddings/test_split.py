"""Held-out edges leave no trace in the training part."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.embeddings.split import split
from kgtwin.embeddings.triples import Triples

NODES = st.sampled_from([f"n{i}" for i in range(8)])
GRAPHS = st.lists(st.tuples(NODES, st.sampled_from("rs"), NODES), min_size=1, max_size=60)


@given(GRAPHS, st.integers(0, 5))
def test_no_pair_stands_on_two_sides_and_no_entity_is_lost(edges: list[tuple[str, str, str]], seed: int) -> None:
    ids = Triples.of(edges).ids
    parts = split(ids, valid=0.2, test=0.2, seed=seed)
    assert sorted(parts.known.tolist()) == sorted(ids.tolist())
    pairs = [
        {tuple(sorted((head, tail))) for head, _, tail in part.tolist()}
        for part in (parts.train, parts.valid, parts.test)
    ]
    assert not pairs[0] & pairs[1]
    assert not pairs[0] & pairs[2]
    assert not pairs[1] & pairs[2]
    assert set(parts.train[:, [0, 2]].ravel().tolist()) == set(ids[:, [0, 2]].ravel().tolist())


def test_shares_of_each_relation_are_held_out_the_same_for_the_same_seed() -> None:
    random = np.random.default_rng(1)
    edges = [(f"a{random.integers(9)}", relation, f"b{random.integers(40)}") for relation in "rs" for _ in range(150)]
    ids = Triples.of(edges).ids
    parts, again, other = (split(ids, valid=0.1, test=0.2, seed=seed) for seed in (3, 3, 4))
    for relation in (0, 1):
        total = (ids[:, 1] == relation).sum()
        assert 0.15 * total < (parts.test[:, 1] == relation).sum() < 0.3 * total
    assert parts.test.tolist() == again.test.tolist()
    assert parts.test.tolist() != other.test.tolist()


def test_an_inverse_and_a_second_relation_follow_their_pair() -> None:
    edges = [("a", "r", f"b{i}") for i in range(9)] + [(f"b{i}", "inverse", "a") for i in range(9)]
    edges += [("z", "r", f"b{i}") for i in range(9)]
    parts = split(Triples.of(edges).ids, valid=0.2, test=0.2, seed=0)
    assert parts.shared_pairs == 9
    assert len(parts.test)
