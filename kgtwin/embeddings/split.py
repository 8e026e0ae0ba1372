"""Holding edges out so that no trace of them is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgtwin.embeddings.triples import Ids


@dataclass(frozen=True, slots=True)
class Splits:
    """Edges trained on, used to calibrate (``valid``), and used to measure (``test``)."""

    train: Ids
    valid: Ids
    test: Ids
    shared_pairs: int
    """Pairs of entities joined by more than one edge: other relations and inverses, kept on one side."""

    @property
    def known(self) -> Ids:
        """All edges."""
        return np.concatenate([self.train, self.valid, self.test])


def split(ids: Ids, *, valid: float, test: float, seed: int) -> Splits:
    """Hold out whole pairs of entities, a share of each relation.

    All edges between two entities, in either direction and under any relation, fall on the same side: a held-out
    edge has no inverse and no double in the training part (the leak of FB15k and WN18, Toutanova and Chen 2015).
    An entity is never left without an edge to train on, so a share may come out smaller than asked.
    """
    groups, counts = _pairs(ids)
    degree = np.bincount(ids[:, [0, 2]].ravel())
    side = np.zeros(len(counts), dtype=np.int8)
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(counts)[:-1])
    ends = [ids[rows][:, [0, 2]].ravel() for rows in members]
    for relation in np.unique(ids[:, 1]):
        own = np.unique(groups[ids[:, 1] == relation])
        own = own[np.argsort(_noise(own, seed), kind="stable")]
        for part, share in ((1, valid), (2, test)):
            _hold_out(own, round(share * len(own)), part, side, ends, degree)
    part_of = side[groups]
    return Splits(ids[part_of == 0], ids[part_of == 1], ids[part_of == 2], int((counts > 1).sum()))


def _pairs(ids: Ids) -> tuple[Ids, Ids]:
    ordered = np.sort(ids[:, [0, 2]], axis=1)
    _, groups, counts = np.unique(ordered, axis=0, return_inverse=True, return_counts=True)
    return groups.ravel(), counts


def _noise(values: Ids, seed: int) -> Ids:
    return np.random.default_rng(seed).permutation(len(values))


def _hold_out(own: Ids, wanted: int, part: int, side: NDArray[np.int8], ends: list[Ids], degree: Ids) -> None:
    """Move up to ``wanted`` pairs to ``part``; ``side`` and ``degree`` change in place."""
    for pair in own:
        if wanted <= 0:
            return
        touched, lost = np.unique(ends[pair], return_counts=True)
        if side[pair] or (degree[touched] - lost).min() < 1:
            continue
        degree[touched] -= lost
        side[pair] = part
        wanted -= 1
