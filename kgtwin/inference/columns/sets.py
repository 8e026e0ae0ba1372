"""Compiled: whom statements concern, asked of sets of patients instead of patient by patient.

A set is a row of bits, one a patient. What fills a condition is the union of those who have any gain that fills it;
whom a statement concerns is the intersection of those who fill its conditions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.inference.columns.growing import Ints, Lists
from kgtwin.inference.columns.tables import Longs
from kgtwin.jit import inlined, kernel

Words = NDArray[np.uint64]
BITS = 64
_ONE, _LAST = np.uint64(1), np.uint64(58)
_SEQUENCE = 0x03F79D71B4CB0A89
"""A de Bruijn sequence: of each power of two that it is multiplied by, the upper six bits are others."""
_FACTOR = np.uint64(_SEQUENCE)
PLACES = np.zeros(BITS, np.int64)
for _bit in range(BITS):
    PLACES[(_SEQUENCE << _bit) % 2**BITS >> 58] = _bit


class Question(NamedTuple):
    """Statements by number, and of each the conditions, by their places among ``conditions``: conjuncts by number."""

    statements: Ints
    columns: Lists
    conditions: Ints


class Block(NamedTuple):
    """Patients from ``first`` on: ``members`` of a gain are who have it, counted from the first one; ``filled_by`` are
    the gains with members that fill a conjunct.
    """

    first: int
    members: Lists
    filled_by: Lists


@kernel
def meet(question: Question, block: Block, places: Longs, filled: Words, found: Longs) -> int:
    """Writes who of a block meets which statement as rows of ``found`` (N, 2); how many they are, also beyond its end.

    ``filled`` (C, W) is memory for the sets of the conditions.
    """
    for condition in range(len(question.conditions)):
        _fill(filled[condition], block, question.conditions[condition])
    count = 0
    for asked in range(len(question.statements)):
        first, last = question.columns.ends[asked], question.columns.ends[asked + 1]
        for word in range(filled.shape[1]):
            left = filled[question.columns.items[first], word]
            for column in range(first + 1, last):
                left &= filled[question.columns.items[column], word]
            while left != 0:
                lowest = left & (~left + _ONE)
                left ^= lowest
                if count < len(found):
                    bit = places[np.int64((lowest * _FACTOR) >> _LAST)]
                    found[count, 0] = block.first + word * BITS + bit
                    found[count, 1] = question.statements[asked]
                count += 1
    return count


@inlined
def _fill(row: Words, block: Block, conjunct: int) -> None:
    filled_by, members = block.filled_by, block.members
    row[:] = 0
    for item in range(filled_by.ends[conjunct], filled_by.ends[conjunct + 1]):
        gain = filled_by.items[item]
        for at in range(members.ends[gain], members.ends[gain + 1]):
            patient = members.items[at]
            row[patient >> 6] |= _ONE << np.uint64(patient & 63)
