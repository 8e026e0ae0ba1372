"""Graphs as integers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.embeddings.triples import Triples, read_triples
from kgtwin.errors import EmbeddingError

NAMES = st.text("abc", min_size=1, max_size=2)
EDGES = st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=20)


@given(EDGES, st.randoms())
def test_order_and_doubles_change_nothing(edges: list[tuple[str, str, str]], shuffler: random.Random) -> None:
    other = edges + edges[:3]
    shuffler.shuffle(other)
    first, second = Triples.of(edges), Triples.of(other)
    assert first.ids.tolist() == second.ids.tolist()
    assert first.digest == second.digest
    named = {(first.entities[h], first.relations[r], first.entities[t]) for h, r, t in first.ids.tolist()}
    assert named == set(edges)


@given(EDGES, EDGES)
def test_the_digest_tells_graphs_apart(one: list[tuple[str, str, str]], two: list[tuple[str, str, str]]) -> None:
    assert (Triples.of(one).digest == Triples.of(two).digest) == (set(one) == set(two))


def test_kept_relations_are_read_and_dropped_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "g.sif"
    path.write_text("a\ttreats\tx\nb\tcauses\ty\n")
    graph = read_triples(path, keep=["treats"], drop=["causes"])
    assert (graph.entities, graph.relations) == (("a", "x"), ("treats",))


@pytest.mark.parametrize(
    ("content", "keep", "said"),
    [
        ("a\tcauses\tx\n", ["treats"], r"g\.sif:1: relation 'causes' is not listed"),
        ("a\ttreats\tx\na\t\tx\n", None, r"g\.sif:2: head, relation or tail is empty"),
        ("a\ttreats\n", None, r"g\.sif:1: the line has 2 columns"),
        ("\n", None, "no triple is left"),
    ],
)
def test_a_fault_names_its_line(tmp_path: Path, content: str, keep: list[str] | None, said: str) -> None:
    path = tmp_path / "g.sif"
    path.write_text(content)
    with pytest.raises(EmbeddingError, match=said):
        read_triples(path, keep=keep)
