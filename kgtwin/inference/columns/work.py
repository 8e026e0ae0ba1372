"""Memory that the compiled code works in, and where it writes what it found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.inference.columns.growing import Ints
from kgtwin.inference.columns.rows import Many
from kgtwin.inference.columns.tables import MOST_COLUMNS, Longs, Tables

# Registers
EPOCH, PATIENT, QUEUED, SELECTED, MET, IS_WHOLE, MISSING, SEX_FLAG = range(8)
ENTRIES, GROUPS, SAID, ISSUES, FACTS, CONCEPTS, WHOLES, MISSES, DEAD, FULL, NODES, FIRED = range(8, 20)
REGISTERS = 20

# Kinds of rows, for what was selected
SPAN_ROWS, OBSERVED_ROWS, RESULT_ROWS = range(3)

MOST_KINDS = 64
"""Kinds of witnesses for one conjunct that are told apart: they are bits of a word."""
MOST_GROUPS = 256
"""Issues of one statement and patient."""
MOST_CONCEPTS = 64
"""Concepts that one issue is about, on either side."""
MOST_SAID = 4_096
"""Ingredients with things that issues of one patient are about."""

# Columns of an issue
I_PATIENT, I_STATEMENT, I_CONCEPTS, I_MEDICINES, I_OTHERS, I_FACTS, I_FACTS_END = range(7)
ISSUE = 7


class Work(NamedTuple):
    """``reg`` are registers, ``seen``, ``gained``, ``counted`` and ``grouped`` the last epoch of an
    atom, a gain, a conjunction and a disjoint group.

    ``fired`` are the conjunctions that hold, ``selected`` has a gain, the kind of row, and its rows from one to before
    another.
    """

    reg: Longs
    seen: Longs
    gained: Longs
    counted: Longs
    grouped: Longs
    left: Ints
    fired: Ints
    queue: Ints
    selected: Longs
    met: Ints
    latest: Longs
    concerned: Longs
    wanted: Longs
    heads: Ints
    following: Ints
    kinds: Ints
    of_selected: Ints
    taken: Longs
    columns: Ints
    counts: Ints
    place: Ints
    group_concepts: Ints
    group_counts: Ints
    group_kinds: NDArray[np.uint64]
    said: Longs
    marked: Longs


class Out(NamedTuple):
    """``issues`` (I, 7): patient, statement, the first of ``concepts``, how many are medicines and others, the first of
    ``facts`` and the one after the last; ``facts`` (F, 3): the kind of row, from one row to before another.
    """

    issues: Longs
    facts: Longs
    concepts: Ints
    wholes: Longs
    misses: Longs


def work_for(tables: Tables, many: Many) -> Work:
    """Memory that is large enough for each of some patients."""
    rows, groups = _rows(tables, many)
    atoms, gains, rules = len(tables.fixed.statement_of), len(tables.clashes), len(tables.fixed.need)
    entries = rows * tables.most_fills
    conjuncts = len(tables.fixed.conjunct_flags)
    long, short = np.int64, np.int32
    return Work(
        reg=np.zeros(REGISTERS, long),
        seen=np.zeros(atoms, long),
        gained=np.zeros(gains, long),
        counted=np.zeros(rules, long),
        grouped=np.zeros(tables.fixed.groups + 1, long),
        left=np.zeros(rules, short),
        fired=np.zeros(rules + 1, short),
        queue=np.zeros(atoms + 1, short),
        selected=np.zeros((rows, 4), long),
        met=np.zeros(len(tables.fixed.flags) + 1, short),
        latest=np.zeros(groups, long),
        concerned=np.zeros(groups, long),
        wanted=np.zeros(conjuncts + 1, long),
        heads=np.zeros(conjuncts + 1, short),
        following=np.zeros(entries, short),
        kinds=np.zeros(entries, short),
        of_selected=np.zeros(entries, short),
        taken=np.zeros(len(tables.below) + 1, long),
        columns=np.zeros((MOST_COLUMNS, MOST_KINDS), short),
        counts=np.zeros(MOST_COLUMNS, short),
        place=np.zeros(MOST_COLUMNS, short),
        group_concepts=np.zeros((MOST_GROUPS, 2, MOST_CONCEPTS), short),
        group_counts=np.zeros((MOST_GROUPS, 2), short),
        group_kinds=np.zeros((MOST_GROUPS, MOST_COLUMNS), np.uint64),
        said=np.zeros((MOST_SAID, 3), long),
        marked=np.zeros(rows, long),
    )


def fits(work: Work, tables: Tables, many: Many) -> bool:
    """Whether memory that was made for earlier tables is large enough for each of some patients."""
    rows, groups = _rows(tables, many)
    sizes = (
        (rows, work.selected),
        (groups, work.latest),
        (rows * tables.most_fills, work.kinds),
        (len(tables.clashes), work.gained),
        (len(tables.below) + 1, work.taken),
    )
    return all(need <= len(memory) for need, memory in sizes)


def _rows(tables: Tables, many: Many) -> tuple[int, int]:
    """The most that can be selected of one patient, and the most groups of observations."""
    fixed, most = tables.fixed, many.most
    rows = most.spans * (1 + len(fixed.wash_outs)) + most.observed
    rows += most.results * (1 + fixed.multiples + len(fixed.lasting_for)) + 2
    return -(-rows // 256) * 256, -(-most.groups // 64) * 64


def out_for(tables: Tables, patients: int, least: int = 1_024) -> Out:
    """Room for what is found of some patients, for ``least`` issues; the compiled code stops when it is full."""
    issues = max(least, min(4 * patients, 262_144))
    return Out(
        issues=np.zeros((issues, ISSUE), np.int64),
        facts=np.zeros((8 * issues, 3), np.int64),
        concepts=np.zeros(8 * issues, np.int32),
        wholes=np.zeros(issues, np.int64),
        misses=np.zeros(1_024 + len(tables.fixed.lasting_for), np.int64),
    )
