"""What the engine runs: rules by the atom that triggers them, as integer arrays.

An atom is ``⊤`` (0), ``⊥`` (1), a named class, an individual, a compound class expression that some left side waits
for, or the filler of an existential. Whatever an axiom says has become one of seven kinds of entry under an atom C:

=========  ====================================  =====================================================
``told``   D                                     ``x ⊑ C ⊢ x ⊑ D``
``links``  r, F                                  ``x ⊑ C ⊢ x -r→ F`` (F = -1: x itself, for a self role r)
``joins``  other, head                           ``x ⊑ C, x ⊑ other ⊢ x ⊑ head``; of more than two conjuncts,
                                                 head is ``~j`` and ``parts[part_ends[j-1]:part_ends[j]]`` are
                                                 the conjuncts of ``heads[j]``, other the rarest of the rest
``waits``  s, head                               ``x -r→ y, y ⊑ C ⊢ x ⊑ head`` for ``r ⊑* s``
``groups`` g                                     two atoms of one group are disjoint
=========  ====================================  =====================================================

and, under a role r, ``domains``: ``x -r→ y ⊢ x ⊑ D``, and the chains of :mod:`kgtwin.reasoning.rolebox`.
``why`` columns name the axiom of an entry, or -1 where its form alone says so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning.rolebox import Compositions

TOP = 0
BOTTOM = 1
SELF = -1

TOLD, LINKS, JOINS, WAITS, GROUPS = 1, 2, 4, 8, 16
"""Sections of an atom's record, in this order, as bits of its ``flags``."""
LOOPS = 32
"""Another bit: a link of the record leads to x itself."""
PRIMARY = 64
"""Another one: of some conjunction in the record, the atom is the rarest conjunct (see :meth:`Machine.on_top`)."""
CHECKED = JOINS | WAITS | GROUPS
"""What must be looked at even where an atom is taken over with all that it entails."""
FIRST, SECOND, LOOP = 1, 2, 4
"""Bits of a role: it begins a chain, it ends one, its links lead from a thing to itself."""


class Entries(NamedTuple):
    """One section: ``columns`` (C, M) int32, those of atom a at ``starts[a]:starts[a+1]``; ``why`` (M,)."""

    starts: Offsets
    columns: Ints
    why: Ints

    def of(self, atom: int) -> Ints:
        """The columns of an atom's entries, (C, n)."""
        return self.columns[:, self.starts[atom] : self.starts[atom + 1]]


Row = tuple[int, ...]


class Joins(NamedTuple):
    """Conjunctions of more than two: ``parts[part_ends[j-1]:part_ends[j]]``, rarest first, for the atoms ``atom``."""

    parts: Ints
    part_ends: Ints
    heads: Ints
    why: Ints
    atom: Ints


class Roles(NamedTuple):
    """R roles: ``above`` uint8 (R, ceil(R/8)), bit s of row r set for ``r ⊑* s``; ``flags`` (R,).

    ``domains``: atom and the role that it is the domain of, under each role below that.
    """

    above: Bytes
    flags: Bytes
    domains: Entries
    chains: Compositions


class Program(NamedTuple):
    """A atoms. Those below ``named`` are classes, those below ``proper`` classes and individuals.

    ``entity`` int32 (proper,), ``node`` int32 (A,), ``is_context`` bool (A,): whether it is asked what follows from
    an atom. ``starts`` int64 (A+1,) and ``code`` int32 are the records: for each section that ``flags`` (A,) names, its
    length, then its entries.
    """

    named: int
    proper: int
    entity: Ints
    node: Ints
    is_context: NDArray[np.bool_]
    told: Entries
    links: Entries
    joins: Entries
    waits: Entries
    groups: Entries
    longer: Joins
    flags: Bytes
    starts: Offsets
    code: Ints
    roles: Roles

    @property
    def atoms(self) -> int:
        return len(self.node)


def entries(keys: Ints, columns: list[Ints], why: Ints, atoms: int) -> Entries:
    """Entries sorted by the atom that triggers them (in the given order under each)."""
    order = np.argsort(keys, kind="stable")
    starts = np.zeros(atoms + 1, np.int64)
    np.cumsum(np.bincount(keys, minlength=atoms), out=starts[1:])
    stacked = np.ascontiguousarray(np.stack([column[order] for column in columns]), np.int32)
    return Entries(starts, stacked, why[order].astype(np.int32))


def more(program: Program, told: list[Row], links: list[Row], joins: list[Row]) -> Program:
    """A program with more entries: rows (atom, head, why), (atom, role, target, why), (atom, other, head, why)."""
    joins = [*joins, *((other, atom, head, why) for atom, other, head, why in joins)]
    sections = [
        _with(program.told, told),
        _with(program.links, links),
        _with(program.joins, joins),
        program.waits,
        program.groups,
    ]
    flags, starts, code = records(sections, program.atoms)
    return program._replace(
        told=sections[0], links=sections[1], joins=sections[2], flags=flags, starts=starts, code=code
    )


def _with(old: Entries, rows: list[Row]) -> Entries:
    if not rows:
        return old
    atoms = len(old.starts) - 1
    keys, *columns, why = np.array(rows, np.int32).T
    before = np.repeat(np.arange(atoms, dtype=np.int32), np.diff(old.starts))
    both = [np.concatenate(pair) for pair in zip(old.columns, columns, strict=True)]
    return entries(np.concatenate([before, keys]), both, np.concatenate([old.why, why]), atoms)


def records(sections: list[Entries], atoms: int) -> tuple[Bytes, Offsets, Ints]:
    """``flags``, ``starts`` and ``code`` of a program."""
    counts = [np.diff(section.starts) for section in sections]
    flags = np.zeros(atoms, np.uint8)
    lengths = np.zeros(atoms, np.int64)
    for bit, (section, count) in enumerate(zip(sections, counts, strict=True)):
        present = count > 0
        flags |= present.astype(np.uint8) << bit
        lengths += np.where(present, 1 + count * len(section.columns), 0)
    links = sections[1]
    flags[np.repeat(np.arange(atoms), np.diff(links.starts))[links.columns[1] == SELF]] |= LOOPS
    starts = np.zeros(atoms + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    code = np.empty(int(starts[-1]), np.int32)
    at = starts[:-1].copy()
    for section, count in zip(sections, counts, strict=True):
        given = np.flatnonzero(count)
        code[at[given]] = count[given]
        width = len(section.columns)
        begin = np.repeat(at[given] + 1, count[given])
        within = np.arange(len(begin)) - np.repeat(section.starts[given], count[given])
        for i, column in enumerate(section.columns):
            code[begin + within * width + i] = column
        at[given] += 1 + count[given] * width
    return flags, starts, code
