"""The tables that a reading fills, and how they grow."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.ontology.fast.building import ARGS, ROWS, SPANS, TERMS, Rows, Stack
from kgtwin.ontology.fast.interning import (
    NAME_SLOTS,
    NAMES,
    NODES,
    OPERANDS,
    PAIRS,
    POOL,
    SLOTS,
    Names,
    Nodes,
    index_names,
    index_nodes,
)
from kgtwin.ontology.fast.tokens import Block
from kgtwin.ontology.nodes import MAX_DEPTH

_PAD = 8
"""``used`` arrays are a cache line long, so that two threads do not write to one."""


_COLUMNS = {
    NAMES: ("names", ("ends", "declared", "stated", "nodes")),
    POOL: ("names", ("pool",)),
    NODES: ("nodes", ("kind", "a", "b")),
    OPERANDS: ("nodes", ("operands",)),
    ROWS: ("rows", ("kind", "arg_ends", "at")),
    ARGS: ("rows", ("args",)),
    SPANS: ("rows", ("spans",)),
    TERMS: ("stack", ("what", "number")),
}
"""Where the columns of each table stand that has no slots."""


class Tables:
    """Columns for a text of ``size`` bytes. What is not used yet costs no memory, but for slots."""

    def __init__(self, size: int) -> None:
        some = max(size // 64, 64)
        slots = 1 << (size // 128 + 64).bit_length()
        self.names = Names(
            slots=np.zeros(slots, np.uint64),
            pool=np.empty(max(size, 1024), np.uint8),
            ends=np.empty(some, np.int64),
            declared=np.empty(some, np.uint8),
            stated=np.empty(some, np.uint8),
            nodes=np.empty(some, np.int32),
            used=np.zeros(_PAD, np.int64),
        )
        self.nodes = Nodes(
            slots=np.zeros(slots, np.uint64),
            pairs=np.zeros(2 * slots, np.uint64),
            kind=np.empty(2 * some, np.uint8),
            a=np.empty(2 * some, np.int32),
            b=np.empty(2 * some, np.int32),
            operands=np.empty(2 * some, np.int32),
            used=np.zeros(_PAD, np.int64),
        )
        self.rows = Rows(
            kind=np.empty(some, np.uint8),
            arg_ends=np.empty(some, np.int64),
            args=np.empty(4 * some, np.int32),
            at=np.empty(some, np.int64),
            spans=np.empty(some, np.int64),
            used=np.zeros(_PAD, np.int64),
        )
        self.stack = Stack(
            what=np.empty(1024, np.uint8),
            number=np.empty(1024, np.int64),
            codes=np.empty(MAX_DEPTH + 1, np.int64),
            bases=np.empty(MAX_DEPTH + 1, np.int64),
        )

    def reserve(self, table: int, more: int) -> None:
        """Makes room in a table for so many more."""
        while self._room(table) < more:
            self.grow(table)

    def _room(self, table: int) -> int:
        names, nodes, rows = self.names, self.nodes, self.rows
        lengths = {
            NAMES: (len(names.ends), names.used[0]),
            POOL: (len(names.pool), names.used[1]),
            NAME_SLOTS: (_most(len(names.slots)), names.used[0]),
            NODES: (len(nodes.kind), nodes.used[0]),
            OPERANDS: (len(nodes.operands), nodes.used[1]),
            SLOTS: (_most(len(nodes.slots)), nodes.used[2]),
            PAIRS: (_most(len(nodes.pairs) // 2), nodes.used[3]),
            ROWS: (len(rows.kind), rows.used[0]),
            ARGS: (len(rows.args), rows.used[1]),
        }
        length, used = lengths[table]
        return length - int(used)

    def grow(self, table: int) -> None:
        """Doubles a table."""
        if table in _COLUMNS:
            part, fields = _COLUMNS[table]
            setattr(self, part, longer(getattr(self, part), *fields))
        elif table == NAME_SLOTS:
            self.names = self.names._replace(slots=np.zeros(2 * len(self.names.slots), np.uint64))
            index_names(self.names)
        else:
            slots, pairs = (2, 1) if table == SLOTS else (1, 2)
            self.nodes = self.nodes._replace(
                slots=np.zeros(slots * len(self.nodes.slots), np.uint64),
                pairs=np.zeros(pairs * len(self.nodes.pairs), np.uint64),
            )
            index_nodes(self.nodes)

    def table(self, values: tuple[ClassExpression, ...] = (), axiom_values: tuple[Axiom, ...] = ()) -> AxiomTable:
        """What was read."""
        names, nodes, rows = self.names, self.nodes, self.rows
        entities, length = names.used[:2]
        count, operands = nodes.used[:2]
        axioms, args = rows.used[:2]
        return AxiomTable(
            names=names.pool[:length],
            name_ends=names.ends[:entities],
            declared=names.declared[:entities],
            node_kind=nodes.kind[:count],
            node_a=nodes.a[:count],
            node_b=nodes.b[:count],
            operands=nodes.operands[:operands],
            axiom_kind=rows.kind[:axioms],
            arg_ends=rows.arg_ends[:axioms],
            args=rows.args[:args],
            axiom_at=rows.at[:axioms],
            values=values,
            axiom_values=axiom_values,
        )


Columns = TypeVar("Columns", Names, Nodes, Rows, Stack, Block)


def longer(columns: Columns, *fields: str) -> Columns:
    """Columns of which some are twice as long."""
    return columns._replace(**{field: doubled(getattr(columns, field)) for field in fields})


def doubled(array: NDArray[Any]) -> NDArray[Any]:
    """An array twice as long that begins with what there is."""
    result = np.empty(2 * len(array), array.dtype)
    result[: len(array)] = array
    return result


def _most(slots: int) -> int:
    """How many of some slots may be taken."""
    return 3 * (slots - 1) // 4
