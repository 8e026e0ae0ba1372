"""Triples of a knowledge graph as integers."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kgtwin.embeddings.table import rows
from kgtwin.errors import EmbeddingError

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Triples:
    """Edges of a graph: ``ids[i] = (head, relation, tail)`` indexes ``entities`` and ``relations``.

    Entities and relations are sorted, edges are sorted and free of duplicates, so that the same graph gives
    the same arrays, whatever the order of its file.
    """

    ids: Ids
    entities: tuple[str, ...]
    relations: tuple[str, ...]

    @staticmethod
    def of(edges: Iterable[tuple[str, str, str]]) -> Triples:
        """Edges by name as integers.

        >>> Triples.of([("b", "treats", "x"), ("a", "treats", "x"), ("a", "treats", "x")]).ids.tolist()
        [[0, 0, 2], [1, 0, 2]]
        """
        unique = sorted(set(edges))
        entities = sorted({edge[side] for edge in unique for side in (0, 2)})
        relations = sorted({relation for _, relation, _ in unique})
        entity_id = {name: place for place, name in enumerate(entities)}
        relation_id = {name: place for place, name in enumerate(relations)}
        ids = [(entity_id[head], relation_id[relation], entity_id[tail]) for head, relation, tail in unique]
        array = np.array(ids, dtype=np.int64).reshape(-1, 3)
        return Triples(array[np.lexsort(array.T[::-1])], tuple(entities), tuple(relations))

    @property
    def digest(self) -> str:
        """SHA-256 over the named edges, one a line, tab-separated, in order of their names."""
        named = sorted(
            f"{self.entities[head]}\t{self.relations[relation]}\t{self.entities[tail]}\n"
            for head, relation, tail in self.ids.tolist()
        )
        return hashlib.sha256("".join(named).encode()).hexdigest()


def read_triples(
    path: Path,
    *,
    columns: tuple[str | int, str | int, str | int] = (0, 1, 2),
    header: bool = False,
    delimiter: str = "\t",
    comment: str | None = None,
    keep: Collection[str] | None = None,
    drop: Collection[str] = (),
) -> Triples:
    """A graph out of a TSV (plain, ``.gz`` or ``.xz``) whose columns are head, relation and tail.

    With ``keep``, a relation that is neither kept nor dropped is an error: no edge slips in whose origin nobody
    stated.

    Raises:
        EmbeddingError: with file and line, if a line is short or has an empty cell, a relation is not listed,
            or nothing is left.
    """
    edges = set()
    for number, (head, relation, tail) in rows(
        path, list(columns), header=header, delimiter=delimiter, comment=comment
    ):
        if not (head and relation and tail):
            raise EmbeddingError(
                "head, relation or tail is empty", where=f"{path}:{number}", expected="three filled columns"
            )
        if keep is None or relation in keep:
            edges.add((head, relation, tail))
        elif relation not in drop:
            raise EmbeddingError(
                f"relation {relation!r} is not listed in the configuration",
                where=f"{path}:{number}",
                remedy="list it under [[relations]] with keep = true or keep = false",
            )
    if not edges:
        raise EmbeddingError("no triple is left", where=str(path), remedy="check the columns and the kept relations")
    return Triples.of(edges)
