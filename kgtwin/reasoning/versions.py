"""Puts layers of edits on a machine's memory and takes them off again, so that it holds one version of a closure.

Whoever asks for another version pays for the layers in which the two differ: a chain of edits pays for each once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgtwin.jit import bound
from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning import dependents, reading
from kgtwin.reasoning import workspace as w
from kgtwin.reasoning.dependents import EPOCH, NODES, Backwards
from kgtwin.reasoning.machine import Machine
from kgtwin.reasoning.memory import reserve
from kgtwin.reasoning.patch import PLACES, Layer, Records
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.program import Entries, Program
from kgtwin.reasoning.state import LINKS_N, SUBS_N, WAITS_N, WIDTH, State

_ENDS = [w.SUBS_END, w.WAITS_END, w.LINKS_END]
_EPOCHS = 1 << 30
_NODES = 1 << 24
"""List nodes for layers, beside as many as the state has subsumers."""


class NoRoom(Exception):  # noqa: N818 - no error: it says that another way has to be taken
    """A layer does not fit into the machine's memory."""


class _Before(NamedTuple):
    """What a layer hides, and where the memory ended before it."""

    layer: Layer
    starts: Offsets
    flags: Bytes
    recorded: Ints
    rows: Ints
    is_context: Bytes
    version: Ints
    ends: Offsets
    code_end: int
    nodes: int


class Versions:
    """The versions of a closed state, in the memory of a machine of its own; one thread at a time."""

    def __init__(self, program: Program, state: State) -> None:
        self._machine = machine = Machine(program, state)
        self._rules, self._pools, self._reg = machine.rules, machine.pools, machine.registers
        self._on: list[_Before] = []
        self._back = back = _backwards(machine.pools, program.links, len(machine.rules.flags), len(state.subs))
        self._put_on = bound(dependents.put_on, machine.rules, machine.pools, back)
        self._take_off = bound(dependents.take_off, back)
        self._find = bound(dependents.find, machine.pools, back)
        self._below = bound(dependents.below, machine.pools, back)
        self._pack = bound(dependents.pack, machine.pools)

    def at(self, layers: tuple[Layer, ...]) -> None:
        """Makes the memory hold some layers on the state itself.

        Raises:
            NoRoom: they do not fit.
        """
        same = 0
        while same < min(len(layers), len(self._on)) and layers[same] is self._on[same].layer:
            same += 1
        while len(self._on) > same:
            self._undo(self._on[-1])
            self._on.pop()
        for layer in layers[same:]:
            self._put(layer)

    def dependents(self, seeds: Ints, limit: int) -> Ints | None:
        """The contexts that depend on seeds, (2 n,), pairs of atoms; None where there are more than a limit."""
        self._count_epochs()
        found = self._find(seeds, limit)
        return None if found is None or found < 0 else self._back.queue[:found].copy()

    def below(self, atom: int) -> Ints:
        """The contexts below an atom."""
        self._count_epochs()
        return self._back.queue[: self._below(atom)].copy()

    def closed(self, records: Records, contexts: Ints) -> Layer:
        """The layer of an edit: some records as given, some contexts closed anew. The memory stays as it was.

        Raises:
            NoRoom: it does not fit.
            ReasonerMemoryError: what follows does not.
        """
        before = self._before(Layer(records, contexts, _NOTHING))
        try:
            self._set_records(records)
            self._rules.is_context[contexts], self._pools.rows[contexts] = 1, 0
            self._machine.run(contexts)
            return Layer(records, contexts, self._packed(contexts))
        finally:
            self._undo(before)

    def on_top(self, layers: tuple[Layer, ...], own: AtomRules, first: int, count: int) -> State:
        """What follows from new atoms on top of some layers, see :meth:`Machine.on_top`."""
        self.at(layers)
        return self._machine.on_top(own, count, first)

    # inside

    def _put(self, layer: Layer) -> None:
        before = self._before(layer)
        self._on.append(before)
        self._set_records(layer.records)
        pools, ends, state = self._pools, before.ends, layer.state
        after = ends + [len(one) for one in state[1:]]
        if any(end > len(pool) for end, pool in zip(after.tolist(), pools[1:], strict=True)):
            raise NoRoom
        for pool, end, one in zip(pools[1:], ends.tolist(), state[1:], strict=True):
            pool[end : end + len(one)] = one
        rows = state.rows.copy()
        rows[:, PLACES] += ends.astype(np.int32)
        pools.rows[layer.contexts], self._rules.is_context[layer.contexts] = rows, 1
        self._reg[_ENDS] = after
        if not self._put_on(layer.contexts, layer.records.atoms, len(self._on)):
            self._undo(self._on.pop())
            raise NoRoom

    def _before(self, layer: Layer) -> _Before:
        rules, back, atoms, contexts = self._rules, self._back, layer.records.atoms, layer.contexts
        highest = max(int(atoms.max(initial=0)), int(contexts.max(initial=0)))
        if highest >= len(rules.flags) or self._machine.code_end + len(layer.records.code) > len(rules.code):
            raise NoRoom
        return _Before(
            layer,
            rules.starts[atoms],
            rules.flags[atoms],
            back.recorded[atoms],
            self._pools.rows[contexts],
            rules.is_context[contexts],
            back.version[contexts],
            self._reg[_ENDS],
            self._machine.code_end,
            int(back.reg[NODES]),
        )

    def _undo(self, before: _Before) -> None:
        """Takes a layer off, or what there is of it."""
        rules, back, atoms, contexts = self._rules, self._back, before.layer.records.atoms, before.layer.contexts
        self._take_off(before.nodes)
        rules.starts[atoms], rules.flags[atoms], back.recorded[atoms] = before.starts, before.flags, before.recorded
        rules.is_context[contexts], back.version[contexts] = before.is_context, before.version
        self._pools.rows[contexts] = before.rows
        self._reg[_ENDS], self._machine.code_end = before.ends, before.code_end

    def _set_records(self, records: Records) -> None:
        rules, at = self._rules, self._machine.code_end
        rules.code[at : at + len(records.code)] = records.code
        rules.starts[records.atoms], rules.flags[records.atoms] = records.starts + at, records.flags
        self._machine.code_end += len(records.code)

    def _packed(self, contexts: Ints) -> State:
        rows = np.empty((len(contexts), WIDTH), np.int32)
        subs, waits, links = self._pools.rows[contexts][:, [SUBS_N, WAITS_N, LINKS_N]].sum(0, np.int64).tolist()
        packed = State(rows, np.empty(subs, np.int32), np.empty(waits, np.int64), np.empty(links, np.int64))
        self._pack(contexts, packed)
        return packed

    def _count_epochs(self) -> None:
        back = self._back
        if back.reg[EPOCH] >= _EPOCHS:
            back.mark[:] = back.asked[:] = 0
            back.reg[EPOCH] = 0


_NOTHING = State(np.zeros((0, WIDTH), np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))


def _backwards(pools: State, links: Entries, room: int, subs_end: int) -> Backwards:
    """The indexes of a machine's state, and room for layers."""
    atoms, nodes = len(links.starts) - 1, subs_end + _NODES
    having_starts, having = _contexts_below(pools, atoms)
    telling_starts, telling = by_key(links.columns[1], atoms)
    sources = np.repeat(np.arange(atoms, dtype=np.int32), np.diff(links.starts))
    version, recorded, below, told, mark, asked, queue = (reserve(room, np.int32) for _ in range(7))
    key, value, stamp, after = (reserve(nodes, np.int32) for _ in range(4))
    return Backwards(
        having_starts=having_starts,
        having=having,
        telling_starts=telling_starts,
        telling=sources[telling],
        version=version,
        recorded=recorded,
        below=below,
        told=told,
        key=key,
        value=value,
        stamp=stamp,
        after=after,
        mark=mark,
        asked=asked,
        queue=queue,
        reg=np.array([atoms, 1, 0, 0], np.int64),
    )


def _contexts_below(pools: State, atoms: int) -> tuple[Offsets, Ints]:
    starts = np.zeros(atoms + 2, np.int64)
    reading.count_having(pools.rows, pools.subs, atoms, starts)
    contexts = np.empty(int(starts[atoms + 1]), np.int32)
    reading.fill_having(pools.rows, pools.subs, atoms, starts, contexts)
    return starts, contexts


def by_key(keys: Ints, count: int) -> tuple[Offsets, Ints]:
    """The places of the keys ``0 … count-1``: those of key k are ``places[starts[k]:starts[k+1]]``."""
    starts = np.zeros(count + 2, np.int64)
    keys = np.array(keys, np.int32)  # a copy that can be written to, as compiled code is asked for
    reading.count_keys(keys, starts)
    places = np.empty(int(starts[-1]), np.int32)
    reading.fill_keys(keys, starts, places)
    return starts, places
