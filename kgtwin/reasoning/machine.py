"""Compiled code with the memory that it works in: a program's rules, its state, and room for what is put on top."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kgtwin.errors import ReasonerMemoryError
from kgtwin.reasoning import kernel as k
from kgtwin.reasoning import reduction
from kgtwin.reasoning.memory import available, reserve
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.program import GROUPS, JOINS, LINKS, LOOPS, SELF, TOLD, WAITS, Program
from kgtwin.reasoning.state import WIDTH, State
from kgtwin.reasoning.taxonomy import Taxonomy

ROOM = 1 << 18
"""Atoms that can be put on top of a program."""
_CODE_ROOM = 1 << 24
_STEPS = 1 << 18
"""How many steps compiled code makes before Python hears signals and reports progress: some tenths of a second."""
_ENDS = [k.SUBS_END, k.WAITS_END, k.LINKS_END]

Progress = Callable[[int, int], None]
"""``progress(contexts closed, of all)``."""


class Machine:
    """Closes contexts. ``state`` is what has been closed before, if anything.

    Raises:
        ReasonerMemoryError: more than ``limit`` bytes are needed.
    """

    def __init__(self, program: Program, state: State | None = None, limit: int | None = None) -> None:
        self.atoms = program.atoms
        self._rules = _rules(program)
        self._pools, self._work = _memory(program, limit or available())
        if state is not None:
            for mine, given in zip(self._pools, state, strict=True):
                mine[: len(given)] = given
            self._work.reg[_ENDS] = [len(state.subs), len(state.waits), len(state.links)]

    @property
    def pools(self) -> State:
        """The memory as it is, with all its room."""
        return self._pools

    def state(self) -> State:
        """What is closed, without room."""
        rows, subs, waits, links = self._pools
        ends = self._work.reg[_ENDS]
        return State(rows[: self.atoms], subs[: ends[0]], waits[: ends[1]], links[: ends[2]])

    def run(self, first: int, last: int, progress: Progress | None = None) -> None:
        """Closes the contexts among the atoms ``first … last-1`` and all that they need."""
        reg = self._work.reg
        reg[k.ROOT], reg[k.STATUS] = first, k.RUNNING
        while k.run(self._rules, self._pools, self._work, last, _STEPS):
            if progress is not None:
                progress(int(reg[k.ROOT]), last)
        if reg[k.STATUS] == k.FULL:
            reg[k.FRAMES] = reg[k.STACKED] = 0
            raise ReasonerMemoryError(
                "the axioms entail more than fits in memory",
                expected="a classification within the memory limit",
                remedy="raise KGTWIN_REASONER_MEMORY (MiB), or look for a cycle of role chains that multiplies links",
            )

    def on_top(self, own: AtomRules, count: int) -> State:
        """What follows from ``count`` new atoms; the machine forgets it again. Rows begin with the first new atom."""
        first, last, reg = self.atoms, self.atoms + count, self._work.reg
        marks = reg[_ENDS].copy()
        try:
            self._write(own, first, last)
            self.run(first, last)
            rows = self._pools.rows[first:last].copy()
            rows[:, [k.SUBS, k.WAITS_AT, k.LINKS_AT]] -= marks.astype(np.int32)
            slices = zip(self._pools[1:], marks, reg[_ENDS], strict=True)
            return State(rows, *(pool[a:b].copy() for pool, a, b in slices))
        finally:
            self._pools.rows[first:last] = 0
            reg[_ENDS] = marks

    def _write(self, own: AtomRules, first: int, last: int) -> None:
        """Appends the records of new atoms."""
        rules, at = self._rules, int(self._rules.starts[first])
        if last >= len(rules.starts):
            raise _no_room()
        rules.is_context[first:last] = 1
        for atom in range(first, last):
            record, flags = _record(own, atom)
            if at + len(record) > len(rules.code):
                raise _no_room()
            rules.code[at : at + len(record)] = record
            rules.flags[atom] = flags
            at += len(record)
            rules.starts[atom + 1] = at


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


def _record(own: AtomRules, atom: int) -> tuple[list[int], int]:
    record: list[int] = []
    flags = 0
    told = own.told.get(atom)
    if told:
        record += [len(told), *told]
        flags |= TOLD
    for bit, pairs in ((LINKS, own.links.get(atom)), (JOINS, own.joins.get(atom)), (WAITS, own.waits.get(atom))):
        if pairs:
            record += [len(pairs), *(one for pair in pairs for one in pair)]
            flags |= bit
    if flags & LINKS and any(target == SELF for _, target in own.links[atom]):
        flags |= LOOPS
    groups = own.groups.get(atom)
    if groups:
        record += [len(groups), *groups]
        flags |= GROUPS
    return record, flags


def _rules(program: Program) -> k.Rules:
    roles, atoms, longer = program.roles, program.atoms, program.longer
    code = reserve(len(program.code) + _CODE_ROOM, np.int32)
    starts, flags = reserve(atoms + ROOM + 1, np.int64), reserve(atoms + ROOM, np.uint8)
    is_context = reserve(atoms + ROOM, np.uint8)
    code[: len(program.code)], starts[: atoms + 1] = program.code, program.starts
    flags[:atoms], is_context[:atoms] = program.flags, program.is_context
    return k.Rules(
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


def _memory(program: Program, limit: int) -> tuple[State, k.Work]:
    """Pools and scratch, of which at most ``limit`` bytes can be written."""
    atoms = program.atoms + ROOM
    unit = max(limit, 1 << 20) // 32
    pools = State(
        rows=reserve(atoms * WIDTH, np.int32).reshape(-1, WIDTH),
        subs=reserve(min(3 * unit, 2**31 - 1), np.int32),
        waits=reserve(min(unit, 2**31 - 1) // 2, np.int64),
        links=reserve(min(unit, 2**31 - 1) // 2, np.int64),
    )
    groups = 1 + int(program.groups.columns.max(initial=0))
    nodes = min(unit, 2**31 - 1) // 2
    work = k.Work(
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
        reg=np.zeros(k.REGISTERS, np.int64),
    )
    return pools, work
