"""A closure in compiled code, with room at the ends of its arrays for what is put on top of it."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

import numpy as np

from kgtwin.errors import ReasonerMemoryError
from kgtwin.model.axiom_table import Ints
from kgtwin.reasoning import kernel as k
from kgtwin.reasoning import reduction
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.memory import available, reserve
from kgtwin.reasoning.plain import AtomRules, Pair
from kgtwin.reasoning.program import GROUPS, JOINS, LINKS, LOOPS, SELF, TOLD, WAITS, Program
from kgtwin.reasoning.taxonomy import Taxonomy

ROOM = 1 << 18
"""Atoms that can be put on top of a program."""
_ENDS = [k.SUBS_END, k.WAITS_END, k.LINKS_END]


class CompiledClosure:
    """What follows from each context of a program.

    Raises:
        ReasonerMemoryError: more than ``limit`` bytes are needed.
    """

    def __init__(self, program: Program, limit: int | None = None) -> None:
        self.program = program
        self._lock = Lock()
        self._rules = _rules(program)
        self._pools, self._work = _memory(program, limit or available())
        self._run(0, program.atoms)

    # what follows

    def subsumers(self, atom: int) -> Ints:
        """All atoms above a context, itself included."""
        row = self._pools.rows[atom]
        return self._pools.subs[row[k.SUBS] : row[k.SUBS] + row[k.SUBS_N]]

    def links(self, atom: int) -> list[tuple[int, int]]:
        """The links of a context that can end a chain, as (role, target)."""
        row = self._pools.rows[atom]
        links = self._pools.links[row[k.LINKS_AT] : row[k.LINKS_AT] + row[k.LINKS_N]]
        return [(link >> 32, link & 0xFFFFFFFF) for link in links.tolist()]

    @property
    def rows(self) -> Ints:
        """The rows of the contexts, see :mod:`kgtwin.reasoning.kernel`."""
        return self._pools.rows

    @property
    def subs(self) -> Ints:
        """The pool that the rows point into."""
        return self._pools.subs

    def on_top(self, extension: Extension) -> OnTop:
        """The closure of an extension's atoms, on top of this one."""
        with self._lock:
            while True:
                subsumers, links = self._once(extension)
                if not extension.refuted(subsumers.__getitem__):
                    return OnTop(self, subsumers, links)

    # inside

    def _once(self, extension: Extension) -> tuple[dict[int, frozenset[int]], dict[int, list[Pair]]]:
        first, last, reg = extension.first, extension.first + extension.count, self._work.reg
        marks = reg[_ENDS].copy()
        try:
            self._write(extension.own, first, last)
            self._run(first, last)
            atoms = range(first, last)
            return {x: frozenset(self.subsumers(x).tolist()) for x in atoms}, {x: self.links(x) for x in atoms}
        finally:
            self._pools.rows[first:last] = 0
            reg[_ENDS] = marks

    def _write(self, own: AtomRules, first: int, last: int) -> None:
        """Appends the records of new atoms."""
        rules, at = self._rules, int(self._rules.starts[first])
        rules.is_context[first:last] = 1
        for atom in range(first, last):
            record, flags = _record(own, atom)
            rules.code[at : at + len(record)] = record
            rules.flags[atom] = flags
            at += len(record)
            rules.starts[atom + 1] = at

    def _run(self, first: int, last: int) -> None:
        if not k.run(self._rules, self._pools, self._work, first, last):
            self._work.reg[k.STATUS] = k.RUNNING
            self._work.reg[k.FRAMES] = self._work.reg[k.STACKED] = 0
            raise ReasonerMemoryError(
                "the axioms entail more than fits in memory",
                expected="a classification within the memory limit",
                remedy="raise KGTWIN_REASONER_MEMORY (in MiB), or look for a cycle of role chains that multiplies links",
            )


def reduced(closure: CompiledClosure, named: int) -> Taxonomy:
    """The taxonomy of the classes ``0 … named-1``."""
    counts, head, mark = (np.zeros(named, np.int32) for _ in range(3))
    ends = np.zeros(named, np.int64)
    reduction.count_named(closure.rows, closure.subs, named, counts)
    room = 4 * named + 64
    while True:
        parents = np.empty(room, np.int32)
        used = reduction.reduce(closure.rows, closure.subs, named, counts, mark, head, ends, parents)
        if used >= 0:
            break
        room, mark[:] = 4 * room, 0
    return Taxonomy(head, ends, head[parents[:used]])


class OnTop:
    """What follows from the atoms of an extension; of the others, what follows without it."""

    def __init__(
        self, base: CompiledClosure, subsumers: dict[int, frozenset[int]], links: dict[int, list[Pair]]
    ) -> None:
        self._base, self._subsumers, self._links = base, subsumers, links

    def subsumers(self, atom: int) -> Collection[int]:
        found = self._subsumers.get(atom)
        if found is None:
            found = self._subsumers[atom] = frozenset(self._base.subsumers(atom).tolist())
        return found

    def links(self, atom: int) -> Collection[Pair]:
        found = self._links.get(atom)
        if found is None:
            found = self._links[atom] = self._base.links(atom)
        return found

    def on_top(self, extension: Extension) -> OnTop:
        raise NotImplementedError("one extension on top of another")


def _record(own: AtomRules, atom: int) -> tuple[list[int], int]:
    record: list[int] = []
    flags = 0
    told, links = own.told.get(atom), own.links.get(atom)
    if told:
        record += [len(told), *told]
        flags |= TOLD
    if links:
        record += [len(links), *(one for link in links for one in link)]
        flags |= LINKS | (LOOPS if any(target == SELF for _, target in links) else 0)
    for bit, pairs in ((JOINS, own.joins.get(atom)), (WAITS, own.waits.get(atom))):
        if pairs:
            record += [len(pairs), *(one for pair in pairs for one in pair)]
            flags |= bit
    groups = own.groups.get(atom)
    if groups:
        record += [len(groups), *groups]
        flags |= GROUPS
    return record, flags


def _rules(program: Program) -> k.Rules:
    roles, atoms = program.roles, program.atoms
    code = reserve(len(program.code) + 64 * ROOM, np.int32)
    starts, flags = reserve(atoms + ROOM + 1, np.int64), reserve(atoms + ROOM, np.uint8)
    is_context = reserve(atoms + ROOM, np.uint8)
    code[: len(program.code)], starts[: atoms + 1] = program.code, program.starts
    flags[:atoms], is_context[:atoms] = program.flags, program.is_context
    return k.Rules(
        starts,
        code,
        flags,
        is_context,
        program.longer.parts,
        program.longer.part_ends,
        program.longer.heads,
        roles.above,
        roles.flags,
        roles.domains.starts,
        np.ascontiguousarray(roles.domains.columns[0]),
        roles.chains.first,
        roles.chains.second,
        roles.chains.cells,
        roles.chains.ends,
        roles.chains.results,
    )


def _memory(program: Program, limit: int) -> tuple[k.Pools, k.Work]:
    """Pools and scratch, of which at most ``limit`` bytes can be written."""
    atoms = program.atoms + ROOM
    unit = max(limit, 1 << 20) // 32
    pools = k.Pools(
        rows=reserve(atoms * k.WIDTH, np.int32).reshape(-1, k.WIDTH),
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
