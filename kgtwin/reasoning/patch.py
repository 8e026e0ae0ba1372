"""A closure that differs from another in a few contexts: what is new, beside what did not change and is shared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.polarity import spread
from kgtwin.reasoning.program import GROUPS, JOINS, LINKS, LOOPS, SELF, TOLD, WAITS
from kgtwin.reasoning.state import LINKS_AT, SUBS, WAITS_AT, WIDTH, State


class Records(NamedTuple):
    """What some atoms trigger, encoded as in a program: ``atoms[i]`` from ``code[starts[i]]`` on, with its flags."""

    atoms: Ints
    starts: Offsets
    flags: Bytes
    code: Ints


class Patch(NamedTuple):
    """``records`` of atoms that are new, or have others than in the base's program; ``new`` counts the new ones.

    ``contexts`` have other rows than in the base: those of ``state``, in this order, whose places are in its own pools.
    """

    new: int
    records: Records
    contexts: Ints
    state: State


def nothing() -> Patch:
    """A patch that changes nothing."""
    none, wide = np.zeros(0, np.int32), np.zeros(0, np.int64)
    state = State(np.zeros((0, WIDTH), np.int32), none, wide, wide)
    return Patch(0, Records(none, wide, np.zeros(0, np.uint8), none), none, state)


def encoded(rules: AtomRules, atoms: Iterable[int]) -> Records:
    """The records of new atoms."""
    numbers, starts, flags = list(atoms), [], []
    code: list[int] = []
    for atom in numbers:
        record, bits = _record(rules, atom)
        starts.append(len(code))
        flags.append(bits)
        code += record
    return Records(
        np.array(numbers, np.int32), np.array(starts, np.int64), np.array(flags, np.uint8), np.array(code, np.int32)
    )


def _record(rules: AtomRules, atom: int) -> tuple[list[int], int]:
    record: list[int] = []
    flags = 0
    told = rules.told.get(atom)
    if told:
        record += [len(told), *told]
        flags |= TOLD
    for bit, pairs in ((LINKS, rules.links.get(atom)), (JOINS, rules.joins.get(atom)), (WAITS, rules.waits.get(atom))):
        if pairs:
            record += [len(pairs), *(one for pair in pairs for one in pair)]
            flags |= bit
    if flags & LINKS and any(target == SELF for _, target in rules.links[atom]):
        flags |= LOOPS
    groups = rules.groups.get(atom)
    if groups:
        record += [len(groups), *groups]
        flags |= GROUPS
    return record, flags


def gathered(rows: Ints, pools: State) -> State:
    """Some rows (a copy) with what they point to, in pools of their own."""
    rows = rows.copy()
    subs, waits, links = (_packed(rows, column) for column in (SUBS, WAITS_AT, LINKS_AT))
    return State(rows, pools.subs[subs], pools.waits[waits], pools.links[links])


def _packed(rows: Ints, column: int) -> Offsets:
    """The places of the rows' lists, which become lists one after the other."""
    lengths = rows[:, column + 1]
    places, _ = spread(rows[:, column], rows[:, column] + lengths)
    rows[:, column] = np.cumsum(lengths) - lengths
    rows[:, column + 2] = lengths
    return places
