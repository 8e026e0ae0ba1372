"""A program's entries by what they lead to: built once, when something is to be explained."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.program import Entries, Program
from kgtwin.reasoning.rolebox import Chain, Inclusion, RoleBox

Row = tuple[int, ...]


class Reverse:
    """Rows of integers by their head: those of head h are ``order[starts[h]:starts[h+1]]``."""

    def __init__(self, heads: Ints, columns: Iterable[Ints], count: int) -> None:
        self._starts: Offsets = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(heads, minlength=count), out=self._starts[1:])
        order = by_value(heads)
        self._columns = [column[order] for column in columns]

    def count(self, head: int) -> int:
        """How many rows lead to a head."""
        return int(self._starts[head + 1] - self._starts[head])

    def of(self, head: int) -> list[Row]:
        """The rows of a head."""
        start, end = self._starts[head], self._starts[head + 1]
        if start == end:
            return []
        return list(zip(*(column[start:end].tolist() for column in self._columns), strict=True))

    def among(self, head: int, mark: NDArray[np.bool_]) -> list[Row]:
        """The rows of a head whose first column is marked."""
        start, end = self._starts[head], self._starts[head + 1]
        kept = np.flatnonzero(mark[self._columns[0][start:end]]) + start
        return list(zip(*(column[kept].tolist() for column in self._columns), strict=True))


def by_value(values: Ints) -> NDArray[np.int64]:
    """The order that sorts numbers from 0 on, stable: by their lower halves, then by their upper ones."""
    order = np.argsort((values & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((values[order] >> 16).astype(np.uint16), kind="stable")]


class Backwards:
    """The entries of a program and its role box, by their heads. A ``why`` is an axiom's index or -1."""

    def __init__(self, program: Program, box: RoleBox) -> None:
        self._program, self._box = program, box

    @cached_property
    def told(self) -> Reverse:
        """D to rows (C, why) of ``C ⊑ D``."""
        told = self._program.told
        return Reverse(told.columns[0], [_keys(told), told.why], self._program.atoms)

    @cached_property
    def joins(self) -> Reverse:
        """D to rows (C, E, why) of ``C ⊓ E ⊑ D``."""
        joins = self._program.joins
        keys, (other, head) = _keys(joins), joins.columns
        kept = (head >= 0) & (keys < other)
        return Reverse(head[kept], [keys[kept], other[kept], joins.why[kept]], self._program.atoms)

    @cached_property
    def longer(self) -> Reverse:
        """D to rows (j, why), j the number of a longer conjunction."""
        longer = self._program.longer
        return Reverse(longer.heads, [np.arange(len(longer.heads), dtype=np.int32), longer.why], self._program.atoms)

    def parts(self, j: int) -> list[int]:
        """The conjuncts of a longer conjunction."""
        longer = self._program.longer
        start = int(longer.part_ends[j - 1]) if j else 0
        found: list[int] = longer.parts[start : longer.part_ends[j]].tolist()
        return found

    @cached_property
    def waits(self) -> Reverse:
        """D to rows (C, s, why) of ``∃s.C ⊑ D``."""
        waits = self._program.waits
        role, head = waits.columns
        return Reverse(head, [_keys(waits), role, waits.why], self._program.atoms)

    @cached_property
    def domains(self) -> Reverse:
        """D to rows (s, why) of ``∃s.⊤ ⊑ D``."""
        domains = self._program.roles.domains
        below, (head, role) = _keys(domains), domains.columns
        own = below == role
        return Reverse(head[own], [role[own], domains.why[own]], self._program.atoms)

    @cached_property
    def inclusions(self) -> dict[int, list[Inclusion]]:
        """The told inclusions of roles by the role above."""
        found: dict[int, list[Inclusion]] = {}
        for edges in self._box.edges.values():
            for inclusion in edges:
                found.setdefault(inclusion.sup, []).append(inclusion)
        return found

    @cached_property
    def chains(self) -> dict[int, list[Chain]]:
        """The chains by the role that they lead to. Those to auxiliary roles say nothing but what these stand for."""
        found: dict[int, list[Chain]] = {}
        for chain in self._box.chains:
            found.setdefault(chain.result, []).append(chain)
        return found

    @cached_property
    def auxiliary(self) -> frozenset[int]:
        """The auxiliary roles of longer chains, and their self roles."""
        own = self._box.auxiliary.values()
        return frozenset([*own, *(self._box.self_role[one] for one in own if one in self._box.self_role)])


def _keys(entries: Entries) -> Ints:
    return np.repeat(np.arange(len(entries.starts) - 1, dtype=np.int32), np.diff(entries.starts))
