"""Compiled code with the memory that it works in: a program's rules, its state, and room for what is put on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgtwin.errors import ReasonerMemoryError
from kgtwin.jit import bound
from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning import kernel, memory, reduction
from kgtwin.reasoning import workspace as w
from kgtwin.reasoning.patch import encoded
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.program import PRIMARY, Entries, Program
from kgtwin.reasoning.state import LINKS_AT, SUBS, WAITS_AT, WAITS_N, WIDTH, State
from kgtwin.reasoning.taxonomy import Taxonomy

ROOM = 1 << 18
"""Atoms that can be put on top of a program."""
_CODE_ROOM = 1 << 24
_LARGE = 1 << 17
"""Programs of so many atoms are kept in huge pages: their memory is read here and there."""
_STEPS = 1 << 18
"""How many steps compiled code makes before Python hears signals and reports progress: some tenths of a second."""
_EPOCHS = 1 << 30
_SAMPLED = 16
"""Of so many subsumers one is counted, to tell how rare atoms are."""
_ENDS = [w.SUBS_END, w.WAITS_END, w.LINKS_END]
_PLACES = [SUBS, WAITS_AT, LINKS_AT]
_NOTHING = np.zeros(0, np.int64)

Progress = Callable[[int, int], None]
"""``progress(contexts closed, of all)``."""


class Machine:
    """Closes contexts. ``state`` is what has been closed before, if anything; or it goes on from another machine.

    Raises:
        ReasonerMemoryError: more than ``limit`` bytes are needed.
    """

    def __init__(
        self,
        program: Program,
        state: State | None = None,
        limit: int | None = None,
        beside: Machine | None = None,
    ) -> None:
        self.atoms, self.code_end = program.atoms, len(program.code)
        self._rules = _rules(program)
        self._pools, self._work = _memory(program, limit or memory.available())
        self._joins = program.joins if beside is None else None  # with edits, any conjunction may be looked for
        if beside is not None:
            self._share(beside)
        elif state is not None:
            _put(self._pools, state, (0, 0, 0, 0))
            self._work.reg[_ENDS] = _lengths(state)
        self._bind()

    def _bind(self) -> None:
        self._run = bound(kernel.run, self._rules, self._pools, self._work)
        self._most_specific = bound(reduction.most_specific, self._pools, self._work)

    def _share(self, other: Machine) -> None:
        """Takes over what another machine has closed; this one gets the second halves of its pools, if free."""
        pools, state = other.pools, other.state()
        halves = [len(pools.subs) // 2, len(pools.waits) // 2, len(pools.links) // 2]
        if any(end > half for end, half in zip(_lengths(state), halves, strict=True)):
            _put(self._pools, state, (0, 0, 0, 0))
            self._work.reg[_ENDS] = _lengths(state)
            return
        rows = self._pools.rows
        rows[: self.atoms] = state.rows
        self._pools = pools._replace(rows=rows)
        self._work.reg[_ENDS] = halves
        other.keep_to(halves)

    def keep_to(self, ends: Sequence[int]) -> None:
        """Lets the pools grow up to there only."""
        rows, subs, waits, links = self._pools
        self._pools = State(rows, subs[: ends[0]], waits[: ends[1]], links[: ends[2]])
        self._bind()

    @property
    def pools(self) -> State:
        """The memory as it is, with all its room."""
        return self._pools

    @property
    def rules(self) -> w.Rules:
        """The program's rules, with room for more."""
        return self._rules

    @property
    def registers(self) -> Offsets:
        """Where the pools end, and what else compiled code keeps in numbers."""
        return self._work.reg

    def state(self) -> State:
        """What is closed, without room."""
        rows, subs, waits, links = self._pools
        ends = self._work.reg[_ENDS]
        return State(rows[: self.atoms], subs[: ends[0]], waits[: ends[1]], links[: ends[2]])

    def run(self, contexts: Ints, progress: Progress | None = None) -> None:
        """Closes contexts and all that they need."""
        reg = self._work.reg
        reg[w.ROOT], reg[w.STATUS], reg[w.VISITED] = 0, w.RUNNING, 0
        try:
            while self._some_steps(contexts):
                if progress is not None:
                    progress(int(reg[w.ROOT]), len(contexts))
        finally:
            reg[w.FRAMES] = reg[w.STACKED] = reg[w.NODES] = 0
        if reg[w.STATUS] == w.FULL:
            raise ReasonerMemoryError(
                "the axioms entail more than fits in memory",
                expected="a classification within the memory limit",
                remedy="raise KGTWIN_REASONER_MEMORY (MiB), or look for a cycle of role chains that multiplies links",
            )

    def on_top(self, own: AtomRules, count: int, first: int | None = None) -> State:
        """What follows from ``count`` new atoms, rows in their order; the machine forgets it again.

        What they take over is closed already. Of a conjunction of atoms that come from different contexts, only the
        one that fewest contexts are below (``PRIMARY``) looks whether the other is there.
        """
        if self._joins is not None:
            self._refine(self._joins)
        first = self.atoms if first is None else first
        ends = self._work.reg[_ENDS].copy()
        try:
            self._add(own, first, count)
            self.run(np.arange(first, first + count, dtype=np.int32))
            return self._added(first, count, ends)
        finally:
            self._work.reg[_ENDS] = ends
            for column in (self._rules.flags, self._rules.is_context, self._pools.rows):
                column[first : first + count] = 0

    def most_specific(self, classes: Ints) -> Ints:
        """Those of some classes that are strictly above no other of them."""
        among = classes.astype(np.int32)
        return among[: self._most_specific(among)]

    # inside

    def _refine(self, joins: Entries) -> None:
        """Marks the atoms that are the rarest of some conjunction, by a sample of all that is closed."""
        count, self._joins = self.atoms, None
        often = np.bincount(self.state().subs[::_SAMPLED], minlength=count)[:count]
        atom, other = np.repeat(np.arange(count), np.diff(joins.starts)), joins.columns[0]
        rarest = (often[atom] < often[other]) | ((often[atom] == often[other]) & (atom > other))
        self._rules.flags[np.unique(atom[rarest])] |= PRIMARY
        self._work.reg[w.REFINED] = 1

    def _add(self, own: AtomRules, first: int, count: int) -> None:
        """Puts new atoms behind the others."""
        rules, at = self._rules, self.code_end
        starts, flags, code = encoded(own, range(first, first + count), at)
        if first + count > len(rules.flags) or at + len(code) > len(rules.code):
            raise _no_room()
        rules.code[at : at + len(code)] = code
        rules.starts[first : first + count] = starts
        rules.flags[first : first + count] = flags
        rules.is_context[first : first + count] = 1

    def _added(self, first: int, count: int, ends: Offsets) -> State:
        """What was closed of new atoms since the pools had their ends there; without waits, which nothing reads."""
        rows = self._pools.rows[first : first + count].copy()
        subs, _, links = ends.tolist()
        rows[:, SUBS] -= subs
        rows[:, LINKS_AT] -= links
        rows[:, WAITS_N] = 0
        subs_end, _, links_end = self._work.reg[_ENDS].tolist()
        return State(rows, self._pools.subs[subs:subs_end].copy(), _NOTHING, self._pools.links[links:links_end].copy())

    def _some_steps(self, contexts: Ints) -> bool:
        """Whether there is more to do after them. Marks are forgotten before their epochs outgrow 32 bits."""
        work = self._work
        if work.reg[w.EPOCH] >= _EPOCHS:
            work.mark[:] = work.group_mark[:] = work.link_mark[:] = 0
            work.reg[w.EPOCH] = 0
        return bool(self._run(contexts, _STEPS))


def _put(pools: State, state: State, at: Sequence[int]) -> None:
    """Copies a state's arrays to the given places of the pools."""
    pools.rows[at[0] : at[0] + len(state.rows)] = state.rows
    pools.subs[at[1] : at[1] + len(state.subs)] = state.subs
    pools.waits[at[2] : at[2] + len(state.waits)] = state.waits
    pools.links[at[3] : at[3] + len(state.links)] = state.links


def _lengths(state: State) -> list[int]:
    return [len(state.subs), len(state.waits), len(state.links)]


def reduced(state: State, named: int) -> Taxonomy:
    """The taxonomy of the classes ``0 … named-1``."""
    counts, head, mark = (np.zeros(named, np.int32) for _ in range(3))
    ends = np.zeros(named, np.int64)
    reduction.count_named(state.rows, state.subs, named, counts)
    room = 4 * named + 64
    while True:
        parents = np.empty(room, np.int32)
        used = reduction.reduce(state.rows, state.subs, named, counts, mark, head, ends, parents)
        if used >= 0:
            return Taxonomy(head, ends, head[parents[:used]])
        room, mark[:] = 4 * room, 0


def _no_room() -> ReasonerMemoryError:
    return ReasonerMemoryError(
        "too much is put on top of a classification at once",
        expected=f"at most {ROOM} individuals and expressions",
        remedy="realise them in several parts",
    )


def _rules(program: Program) -> w.Rules:
    roles, atoms, longer, reserve = program.roles, program.atoms, program.longer, _reserving(program)
    code = reserve(len(program.code) + _CODE_ROOM, np.int32)
    starts, flags = reserve(atoms + ROOM + 1, np.int64), reserve(atoms + ROOM, np.uint8)
    is_context = reserve(atoms + ROOM, np.uint8)
    code[: len(program.code)], starts[: atoms + 1] = program.code, program.starts
    flags[:atoms], is_context[:atoms] = program.flags, program.is_context
    return w.Rules(
        starts=starts,
        code=code,
        flags=flags,
        is_context=is_context,
        parts=longer.parts,
        part_ends=longer.part_ends,
        heads=longer.heads,
        above=roles.above,
        role_flags=roles.flags,
        domain_starts=roles.domains.starts,
        domains=np.ascontiguousarray(roles.domains.columns[0]),
        first=roles.chains.first,
        second=roles.chains.second,
        cells=roles.chains.cells,
        cell_ends=roles.chains.ends,
        results=roles.chains.results,
    )


def _memory(program: Program, limit: int) -> tuple[State, w.Work]:
    """Pools and scratch, of which at most ``limit`` bytes can be written."""
    atoms, reserve = program.atoms + ROOM, _reserving(program)
    unit = max(limit, 1 << 20) // 32
    pools = State(
        rows=reserve(atoms * WIDTH, np.int32).reshape(-1, WIDTH),
        subs=reserve(min(3 * unit, 2**31 - 1), np.int32),
        waits=reserve(min(unit, 2**31 - 1) // 2, np.int64),
        links=reserve(min(unit, 2**31 - 1) // 2, np.int64),
    )
    groups = 1 + int(program.groups.columns.max(initial=0))
    nodes = min(unit, 2**31 - 1) // 2
    work = w.Work(
        mark=reserve(atoms, np.int32),
        group_mark=reserve(groups, np.int32),
        link_mark=reserve(atoms, np.int32),
        link_head=reserve(atoms, np.int32),
        link_next=reserve(nodes, np.int32),
        todo=reserve(2 * atoms, np.int32),
        node_next=reserve(nodes, np.int32),
        node_role=reserve(nodes, np.int32),
        node_atom=reserve(nodes, np.int32),
        stack=reserve(atoms, np.int32),
        frames=reserve(atoms + 1, np.int32),
        reg=np.zeros(w.REGISTERS, np.int64),
    )
    return pools, work


def _reserving(program: Program) -> partial[NDArray[Any]]:
    return partial(memory.reserve, huge=program.atoms >= _LARGE)
