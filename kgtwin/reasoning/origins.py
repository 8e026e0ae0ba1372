"""Where a base's axioms stand, and where in its program they have left something."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.model.axioms import Axiom
from kgtwin.model.table_search import TableSearch
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.polarity import below
from kgtwin.reasoning.sections import SECTIONS, entries_of


class Origins:
    """Indexes of what an index was made from, made when they are first asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._search = TableSearch(index.table)
        self._domains = frozenset(index.program.roles.domains.why.tolist())

    def numbers(self, axiom: Axiom) -> list[int]:
        """The numbers of the axioms of the table that equal one."""
        return self._search.places(axiom)

    def places(self, number: int) -> tuple[Pair, ...] | None:
        """The (section, atom) of the entries that an axiom has left, each once; None where one is a domain."""
        if number in self._domains:
            return None
        starts, places = self._by_axiom
        found = places[starts.item(number) : starts.item(number + 1)].tolist()
        return tuple(dict.fromkeys(map(self._place, found)))

    def _place(self, entry: int) -> Pair:
        """The section and the atom of an entry, by its place in all sections one after the other."""
        for section, starts, first, end in self._sections:
            if entry < end:
                return section, int(starts.searchsorted(entry - first, "right")) - 1
        raise IndexError(entry)

    def bound_ranges(self, heads: Iterable[int]) -> bool:
        """Whether it may matter to fillers, and the ranges that they are taken to be in, that something is below these.

        A filler that is told to be in the range of its role is not put into it once more.
        """
        return bool(self._in_ranges and not self._in_ranges.isdisjoint(heads))

    @cached_property
    def _by_axiom(self) -> tuple[Offsets, Ints]:
        """The entries of all sections by their axioms."""
        from kgtwin.reasoning.versions import by_key  # noqa: PLC0415 - loads compiled code

        whys = [entries_of(self._index.program, section).why for section in SECTIONS]
        return by_key(np.concatenate(whys), len(self._index.table))

    @cached_property
    def _sections(self) -> list[tuple[int, Offsets, int, int]]:
        """Each section with where its atoms' entries begin, and where the section begins and ends among all."""
        found, first = [], 0
        for section in SECTIONS:
            entries = entries_of(self._index.program, section)
            found.append((section, entries.starts, first, first + len(entries.why)))
            first += len(entries.why)
        return found

    @cached_property
    def _in_ranges(self) -> frozenset[int]:
        """The atoms that are told to be in the range of a role, and the ranges."""
        index = self._index
        ranges = {node for role in range(len(index.box)) for node in index.range_nodes(role)}
        found = below(index.nodes, index.told, ranges) if ranges else {}
        return frozenset(atom for mask in found.values() for atom in index.atoms.of_node[np.flatnonzero(mask)].tolist())
