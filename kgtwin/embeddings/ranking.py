"""Ranks of held-out edges among their candidates, and what they average to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from kgtwin.embeddings.triples import Ids

Floats = NDArray[np.float64]


class Scorer(Protocol):
    """Anything that orders candidates for one side of an edge."""

    def score(self, edge: Ids, side: int, candidates: Ids) -> Floats:
        """A score for each candidate put in place of ``edge[side]`` (0 the head, 2 the tail), higher is better."""
        ...


class Metrics(msgspec.Struct, frozen=True):
    """Means over the ranks of both sides of ``edges`` held-out edges."""

    edges: int
    mrr: float
    hits_at_1: float
    hits_at_3: float
    hits_at_10: float
    mean_rank: float
    candidates: float
    """The mean number of candidates that an edge was ranked among."""


def realistic_rank(scores: Floats, true: float) -> float:
    """The mean of the best and the worst rank that ties allow (Berrendorf 2020, arXiv:2002.06914).

    ``scores`` are those of the other candidates. A scorer that gives everything the same score comes out in
    the middle, not at the top.

    >>> realistic_rank(np.array([3.0, 2.0, 2.0, 1.0]), 2.0)
    3.0
    """
    better = int((scores > true).sum())
    equal = int((scores == true).sum())
    return 1 + better + equal / 2


class Filter:
    """The other true candidates of an edge: they are left out of its ranking (Bordes 2013)."""

    def __init__(self, known: Ids) -> None:
        self._known: dict[tuple[int, int, int], list[int]] = {}
        for head, relation, tail in known.tolist():
            self._known.setdefault((2, head, relation), []).append(tail)
            self._known.setdefault((0, tail, relation), []).append(head)

    def true(self, edge: Ids, side: int) -> Ids:
        """Every entity known to complete the edge on that side, the edge's own included."""
        fixed = int(edge[2 - side])
        return np.array(self._known.get((side, fixed, int(edge[1])), []), dtype=np.int64)


def ranks(
    scorer: Scorer, edges: Ids, candidates: Mapping[tuple[int, int], Ids], known: Filter
) -> tuple[Floats, Floats]:
    """The filtered realistic rank of both sides of each edge, and the number of candidates: two ``(n, 2)`` arrays.

    ``candidates[relation, side]`` are the entities that compete; the edge's own entity always does.
    """
    out = np.empty((len(edges), 2))
    sizes = np.empty((len(edges), 2))
    for row, edge in enumerate(edges):
        for place, side in enumerate((0, 2)):
            own = edge[side]
            others = np.setdiff1d(candidates[int(edge[1]), side], np.append(known.true(edge, side), own))
            scores = scorer.score(edge, side, np.append(others, own))
            out[row, place] = realistic_rank(scores[:-1], float(scores[-1]))
            sizes[row, place] = len(scores)
    return out, sizes


def summarise(values: Floats, sizes: Floats) -> Metrics:
    """The usual means of ranks.

    >>> summarise(np.array([[1.0, 2.0], [4.0, 20.0]]), np.full((2, 2), 30.0)).hits_at_3
    0.5
    """
    if not values.size:
        return Metrics(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Metrics(
        edges=len(values),
        mrr=float((1 / values).mean()),
        hits_at_1=float((values <= 1).mean()),
        hits_at_3=float((values <= 3).mean()),
        hits_at_10=float((values <= 10).mean()),
        mean_rank=float(values.mean()),
        candidates=float(sizes.mean()),
    )


def bootstrap_difference(ours: Floats, theirs: Floats, *, seed: int = 0, rounds: int = 2000) -> tuple[float, float]:
    """The 95 % interval of the difference of two mean reciprocal ranks, resampling edges in pairs (Efron 1979)."""
    gaps = (1 / ours - 1 / theirs).mean(axis=1)
    draws = np.random.default_rng(seed).integers(0, len(gaps), size=(rounds, len(gaps)))
    low, high = np.percentile(gaps[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def candidate_sets(kinds: Sequence[str], edges: Ids) -> dict[tuple[int, int], Ids]:
    """For each relation and side, the entities of the kinds that stand there in ``edges``.

    With one kind for all, everything competes with everything.
    """
    kind_ids = np.unique(np.array(kinds), return_inverse=True)[1].ravel()
    out = {}
    for relation in np.unique(edges[:, 1]):
        for side in (0, 2):
            seen = np.unique(kind_ids[edges[edges[:, 1] == relation, side]])
            out[int(relation), side] = np.flatnonzero(np.isin(kind_ids, seen))
    return out
