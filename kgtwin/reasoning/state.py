"""What compiled code leaves behind: each context's subsumers, waits and links as slices of flat pools."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import Ints

# Columns of a context's row: Tarjan's state, then place, length and room of each list.
STATE, ORDER, LOW, CURSOR, SUBS, SUBS_N, SUBS_ROOM, WAITS_AT, WAITS_N, WAITS_ROOM = range(10)
LINKS_AT, LINKS_N, LINKS_ROOM, BACK, NEWS = range(10, 15)
WIDTH = 16
"""A row is one cache line."""
NEW, OPEN, CLOSED = range(3)


class State(NamedTuple):
    """``rows`` int32 (A, 16); pools: ``subs`` int32 of atoms, ``waits`` and ``links`` int64, ``role << 32 | atom``."""

    rows: Ints
    subs: Ints
    waits: NDArray[np.int64]
    links: NDArray[np.int64]

    def subsumers(self, atom: int) -> Ints:
        """All atoms above a context, itself included."""
        row = self.rows[atom]
        return self.subs[row[SUBS] : row[SUBS] + row[SUBS_N]]

    def size(self, atom: int) -> int:
        """How many atoms are above a context."""
        return int(self.rows[atom, SUBS_N])

    def links_of(self, atom: int) -> list[tuple[int, int]]:
        """The links of a context that can end a chain, as (role, target)."""
        row = self.rows[atom]
        links = self.links[row[LINKS_AT] : row[LINKS_AT] + row[LINKS_N]]
        return [(link >> 32, link & 0xFFFFFFFF) for link in links.tolist()]
