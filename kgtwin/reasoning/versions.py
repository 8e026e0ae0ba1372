"""Puts layers of edits on a machine's memory and takes them off again, so that it holds one version of a closure.

Whoever asks for another version pays for the layers in which the two differ: a chain of edits pays for each once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgtwin.jit import bound
from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning import dependents, reading, settling
from kgtwin.reasoning import workspace as w
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.dependents import CHOICE, EDIT, EPOCH, NODES, REGISTERS, Backwards
from kgtwin.reasoning.memory import reserve
from kgtwin.reasoning.patch import PLACES, Layer, Records, lengths, packed
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.program import Entries
from kgtwin.reasoning.state import NEW, STATE, WIDTH, State

_ENDS = [w.SUBS_END, w.WAITS_END, w.LINKS_END]
_EPOCHS = 1 << 30
_FEW = 200
"""So few dependents more are closed at once: it takes as long to find out which of them have to be."""
_TRIES = 4
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


class _Rows(NamedTuple):
    """The rows of some contexts, and whether they were contexts at all."""

    rows: Ints
    is_context: Bytes


class _Edit:
    """An edit under way: which contexts have been closed anew, and what they had before; ``new`` are new atoms."""

    def __init__(self, before: _Before, new: Ints) -> None:
        self.before, self.new = before, new
        self.closed: list[tuple[Ints, _Rows]] = []

    def __len__(self) -> int:
        return sum(len(contexts) for contexts, _ in self.closed)

    @property
    def contexts(self) -> Ints:
        return np.concatenate([contexts for contexts, _ in self.closed]) if self.closed else _NONE


class Versions:
    """The versions of a closed state, in the memory of a machine of its own; one thread at a time."""

    def __init__(self, closure: CompiledClosure) -> None:
        self._machine = machine = closure.beside()
        self._rules, self._pools, self._reg = machine.rules, machine.pools, machine.registers
        self._on: list[_Before] = []
        self._half: _Before | None = None
        self._back = back = _backwards(
            machine.pools, closure.program.links, len(machine.rules.flags), len(closure.state.subs)
        )
        self._put_on = bound(dependents.put_on, machine.rules, machine.pools, back)
        self._take_off = bound(dependents.take_off, back)
        self._find_seeds = bound(dependents.find_seeds, machine.pools, back)
        self._find_dependents = bound(dependents.find_dependents, machine.pools, back)
        self._choose = bound(settling.choose, machine.rules, machine.pools, back)
        self._find_altered = bound(settling.find_altered, machine.pools, back)
        self._find_concerned = bound(settling.find_concerned, machine.pools, back)
        self._below = bound(dependents.below, machine.pools, back)

    def compile(self) -> None:
        """Calls all compiled code for nothing, so that no edit waits for it."""
        self._put_on(_NONE, _NONE, 1)
        self._take_off(int(self._back.reg[NODES]))
        self._find_seeds(_NONE)
        self._find_dependents(_NONE)
        self._choose(_NONE, 1)
        self._find_altered(_NONE, _NOTHING.rows)
        self._find_concerned(_NONE, _NONE)
        self._below(0)
        packed([(self._pools, _NONE), (_NOTHING, _NONE)])

    def at(self, layers: tuple[Layer, ...]) -> None:
        """Makes the memory hold some layers on the state itself.

        Raises:
            NoRoom: they do not fit.
        """
        if self._half is not None:  # what was interrupted when it was put on
            self._undo(self._half)
            self._half = None
        same = 0
        while same < min(len(layers), len(self._on)) and layers[same] is self._on[same].layer:
            same += 1
        while len(self._on) > same:
            self._undo(self._on[-1])
            self._on.pop()
        for layer in layers[same:]:
            self._put(layer)

    def below(self, atom: int) -> Ints:
        """The contexts below an atom."""
        self._count_epochs()
        return self._back.queue[: self._below(atom)].copy()

    def closed(self, records: Records, seeds: Ints, new: Ints, limit: int) -> Layer | None:
        """The layer of an edit: records as given, and closed anew whatever may change; the memory stays as it was.

        ``seeds`` are pairs of atoms, what is below both of which has changed; ``new`` are new atoms. None where more
        than a limit would have to be closed anew.

        Raises:
            NoRoom: it does not fit.
            ReasonerMemoryError: what follows does not.
        """
        self._count_epochs()
        edit = _Edit(self._before(Layer(records, _NONE, _NOTHING)), new)
        try:
            self._back.reg[EDIT] += 1
            dirty = np.concatenate([self._queued(self._find_seeds(seeds)), new])
            self._set_records(records)
            while len(dirty):
                if len(edit) + len(dirty) > limit:
                    return None
                stale = self._queued(self._find_dependents(dirty))
                in_rounds = len(stale) > _FEW + 2 * len(dirty) and 2 * (len(edit) + len(dirty)) < limit
                chosen = self._chosen(dirty, edit) if in_rounds else _NONE
                if not len(chosen):
                    if len(edit) + len(stale) > limit:
                        return None
                    self._close_anew(stale, edit)
                    break
                self._find_altered(chosen, edit.closed[-1][1].rows)
                dirty = self._queued(self._find_concerned(chosen, dirty))
            contexts = edit.contexts
            return Layer(records, contexts, packed([(self._pools, contexts)]))
        finally:
            self._forget(edit)

    def on_top(self, layers: tuple[Layer, ...], own: AtomRules, first: int, count: int) -> State:
        """What follows from new atoms on top of some layers, see :meth:`Machine.on_top`."""
        self.at(layers)
        return self._machine.on_top(own, count, first)

    # an edit

    def _chosen(self, dirty: Ints, edit: _Edit) -> Ints:
        """Closes as many of the dirty contexts as need nothing that is stale; which ones they are."""
        among = dirty.copy()
        unborn = dirty[self._pools.rows[dirty, STATE] == NEW]
        for _ in range(_TRIES):
            among = among[: self._choose(among, 1)]
            if not len(among):
                break
            self._close_anew(among, edit)
            if self._choose(among.copy(), 0) == len(among):
                return among
            self._restore(*edit.closed.pop())
            self._pools.rows[unborn] = 0
            among = among[self._back.chosen[among] == self._back.reg[CHOICE]]
        return _NONE

    def _close_anew(self, contexts: Ints, edit: _Edit) -> None:
        rows, asked = self._pools.rows, self._rules.is_context
        edit.closed.append((contexts, _Rows(rows[contexts], asked[contexts])))
        asked[contexts], rows[contexts] = 1, 0
        self._machine.run(contexts)

    def _restore(self, contexts: Ints, before: _Rows) -> None:
        self._pools.rows[contexts], self._rules.is_context[contexts] = before

    def _forget(self, edit: _Edit) -> None:
        for contexts, before in reversed(edit.closed):
            self._restore(contexts, before)
        self._pools.rows[edit.new] = self._rules.is_context[edit.new] = 0
        self._undo(edit.before)

    def _queued(self, count: int | None) -> Ints:
        return self._back.queue[:count].copy()

    # layers

    def _put(self, layer: Layer) -> None:
        before = self._half = self._before(layer)
        self._set_records(layer.records)
        pools, ends, state = self._pools, before.ends, layer.state
        after = ends + lengths(state)
        if (after > lengths(pools)).any():
            raise NoRoom
        pools.subs[ends[0] : after[0]] = state.subs
        pools.waits[ends[1] : after[1]] = state.waits
        pools.links[ends[2] : after[2]] = state.links
        rows = state.rows.copy()
        rows[:, PLACES] += ends.astype(np.int32)
        pools.rows[layer.contexts], self._rules.is_context[layer.contexts] = rows, 1
        self._reg[_ENDS] = after
        if not self._put_on(layer.contexts, layer.records.atoms, len(self._on) + 1):
            raise NoRoom
        self._on.append(before)
        self._half = None

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

    def _count_epochs(self) -> None:
        back = self._back
        if back.reg[EPOCH] >= _EPOCHS:
            for marks in (back.mark, back.asked, back.chosen, back.altered, back.settled):
                marks[:] = 0
            back.reg[[EPOCH, CHOICE, EDIT]] = 0


_NONE = np.zeros(0, np.int32)
_NOTHING = State(np.zeros((0, WIDTH), np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))


def _backwards(pools: State, links: Entries, room: int, subs_end: int) -> Backwards:
    """The indexes of a machine's state, and room for layers."""
    atoms, nodes = len(links.starts) - 1, subs_end + _NODES
    having_starts, having = _contexts_below(pools, atoms)
    telling_starts, telling = by_key(links.columns[1], atoms)
    sources = np.repeat(np.arange(atoms, dtype=np.int32), np.diff(links.starts))
    version, recorded, below, told, mark, asked, chosen, altered, settled, queue = (
        reserve(room, np.int32) for _ in range(10)
    )
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
        chosen=chosen,
        altered=altered,
        settled=settled,
        queue=queue,
        reg=np.array([atoms, 1, *[0] * (REGISTERS - 2)], np.int64),
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
