"""How a closure differs from another in some contexts: what is new, beside what did not change and is shared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.polarity import spread
from kgtwin.reasoning.program import GROUPS, JOINS, LINKS, LOOPS, PRIMARY, SELF, TOLD, WAITS
from kgtwin.reasoning.state import LINKS_AT, LINKS_N, SUBS, SUBS_N, WAITS_AT, WAITS_N, WIDTH, State

PLACES = [SUBS, WAITS_AT, LINKS_AT]
"""The columns of a row that say where its lists begin."""
_MANY = 4096
_LONG = 64
"""So many entries are copied as they are, fewer one by one."""


class Records(NamedTuple):
    """What some atoms trigger, encoded as in a program, in a row: ``atoms[i]`` from ``code[starts[i]]`` on."""

    atoms: Ints
    starts: Offsets
    flags: Bytes
    code: Ints


class Layer:
    """What one edit replaced, or several put together: the ``records`` of some atoms, the rows of some ``contexts``.

    The rows are those of ``state``, in the order of the contexts; their places are in its own pools.
    """

    def __init__(self, records: Records, contexts: Ints, state: State) -> None:
        self.records, self.contexts, self.state = records, contexts, state

    @cached_property
    def places(self) -> dict[int, int]:
        """Which row each context has."""
        return {atom: place for place, atom in enumerate(self.contexts.tolist())}

    def followed_by(self, later: Layer) -> Layer:
        """Both as one."""
        kept = np.flatnonzero(_absent(self.contexts, later.contexts)).astype(np.int32)
        whole = np.arange(len(later.contexts), dtype=np.int32)
        state = packed([(self.state, kept), (later.state, whole)])
        contexts = np.concatenate([self.contexts[kept], later.contexts])
        return Layer(_put_together(self.records, later.records), contexts, state)


class Patch(NamedTuple):
    """How a closure differs from another: ``new`` atoms more, and layers of which a later one hides an earlier one.

    Each layer is more than twice as large as the next, so that there are few.
    """

    new: int = 0
    layers: tuple[Layer, ...] = ()

    @property
    def size(self) -> int:
        """How many rows its layers have."""
        return sum(len(layer.contexts) for layer in self.layers)

    def followed_by(self, later: Layer, new: int) -> Patch:
        """The patch with another edit, of so many new atoms."""
        layers = list(self.layers)
        while layers and len(layers[-1].contexts) <= 2 * len(later.contexts):
            later = layers.pop().followed_by(later)
        return Patch(self.new + new, (*layers, later))


def lengths(state: State) -> Offsets:
    """How long a state's pools are."""
    return np.array([len(state.subs), len(state.waits), len(state.links)], np.int64)


def packed(parts: Sequence[tuple[State, Ints]]) -> State:
    """Some rows of some states, with what they point to, as one state without room."""
    from kgtwin.reasoning.dependents import pack  # noqa: PLC0415 - loads compiled code

    counts = np.zeros(4, np.int64)
    for state, rows in parts:
        counts += len(rows), *state.rows[rows][:, [SUBS_N, WAITS_N, LINKS_N]].sum(0, np.int64)
    count, subs, waits, links = counts.tolist()
    found = State(
        np.empty((count, WIDTH), np.int32),
        np.empty(subs, np.int32),
        np.empty(waits, np.int64),
        np.empty(links, np.int64),
    )
    ends = np.zeros(4, np.int64)
    for state, rows in parts:
        pack(state, rows, found, ends)
    return found


def _absent(numbers: Ints, others: Ints) -> NDArray[np.bool_]:
    """Which of some numbers are not among others."""
    if len(numbers) + len(others) > _MANY:
        return ~np.isin(numbers, others)
    known = set(others.tolist())
    return np.array([one not in known for one in numbers.tolist()], np.bool_)


def _put_together(earlier: Records, later: Records) -> Records:
    starts = np.concatenate([earlier.starts, len(earlier.code) + later.starts])
    code = np.concatenate([earlier.code, later.code])
    ends = np.append(starts[1:], len(code)) if len(starts) else starts
    kept = np.concatenate([_absent(earlier.atoms, later.atoms), np.ones(len(later.atoms), np.bool_)])
    places, _ = spread(starts[kept], ends[kept])
    counts = (ends - starts)[kept]
    return Records(
        np.concatenate([earlier.atoms, later.atoms])[kept],
        np.cumsum(counts) - counts,
        np.concatenate([earlier.flags, later.flags])[kept],
        code[places],
    )


class RecordWriter:
    """Puts records together, atom by atom, section by section."""

    def __init__(self) -> None:
        self._atoms: list[int] = []
        self._starts: list[int] = []
        self._flags: list[int] = []
        self._code: list[int] = []
        self._long: list[Ints] = []
        self._before = 0

    def begin(self, atom: int) -> None:
        """The next atom."""
        self._atoms.append(atom)
        self._starts.append(self._before + len(self._code))
        self._flags.append(0)

    def write(self, section: int, columns: Ints) -> None:
        """The entries of the atom's next section."""
        width, count = columns.shape
        if not count:
            return
        self._flags[-1] |= section
        if section == LINKS and SELF in columns[1]:
            self._flags[-1] |= LOOPS
        self._code.append(count)
        if count < _LONG:
            self._code += (columns[0] if width == 1 else columns.T.ravel()).tolist()
        else:
            self._close([np.array(self._code, np.int32), columns.T.ravel()])

    def _close(self, pieces: list[Ints]) -> None:
        self._long += pieces
        self._before += sum(map(len, pieces))
        self._code = []

    def records(self) -> Records:
        """All of them."""
        self._close([np.array(self._code, np.int32)])
        flags = np.array(self._flags, np.uint8)
        return Records(
            np.array(self._atoms, np.int32), np.array(self._starts, np.int64), flags, np.concatenate(self._long)
        )


def encoded(rules: AtomRules, atoms: Iterable[int], at: int) -> tuple[list[int], list[int], list[int]]:
    """The records of new atoms in a row: where each starts if the first is at ``at``, the flags, the code."""
    starts: list[int] = []
    flags: list[int] = []
    code: list[int] = []
    for atom in atoms:
        starts.append(at + len(code))
        flags.append(_record(rules, atom, code))
    return starts, flags, code


def _record(rules: AtomRules, atom: int, code: list[int]) -> int:
    """Appends an atom's record to others; its flags."""
    flags = 0
    if told := rules.told.get(atom):
        code.append(len(told))
        code += told
        flags = TOLD
    if links := rules.links.get(atom):
        code.append(len(links))
        for link in links:
            code += link
            if link[1] == SELF:
                flags |= LOOPS
        flags |= LINKS
    if not (rules.joins or rules.waits or rules.groups):
        return flags
    for bit, pairs in ((JOINS, rules.joins.get(atom)), (WAITS, rules.waits.get(atom))):
        if pairs:
            code += (len(pairs), *(one for pair in pairs for one in pair))
            flags |= bit
    if groups := rules.groups.get(atom):
        code += (len(groups), *groups)
        flags |= GROUPS
    return flags | PRIMARY if flags & JOINS else flags
