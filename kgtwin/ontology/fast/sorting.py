"""The order of names by their bytes, which in UTF-8 is that of their characters.

Seven bytes at a time: names are sorted by these and by whether they end there, those that do not differ by the next
seven, and so on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.ontology.fast.words import EIGHT, U, Word, eight, read_only, signed

Words = NDArray[np.uint64]

_FEW = 64
"""So many are sorted by insertion."""
_STEP = 7
_LOW, _LONGER = U(255), U(8)


class Spare(NamedTuple):
    """Room to sort in. ``todo``: ranges of two or more names that are equal up to a place; they do not overlap."""

    order: Ints
    keys: Words
    counts: Offsets
    todo: NDArray[np.int64]


def by_name(entities: Ints, names: Bytes, ends: Offsets) -> Ints:
    """Places in ``entities``, in the order of their names, which are all different.

    >>> names = np.frombuffer(b"beeantbe", np.uint8)
    >>> by_name(np.arange(3, dtype=np.int32), names, np.array([3, 6, 8]))
    array([1, 2, 0], dtype=int32)
    """
    count = len(entities)
    order, keys = np.arange(count, dtype=np.int32), np.empty(count, np.uint64)
    todo, counts = np.empty((count // 2 + 1, 3), np.int64), np.empty(257, np.int64)
    spare = Spare(np.empty_like(order), np.empty_like(keys), counts, todo)
    sort(read_only(entities), read_only(names), read_only(ends), order, keys, spare)
    return order


@kernel
def sort(
    entities: Ints,
    names: Bytes,
    ends: Offsets,
    order: Ints,
    keys: Words,
    spare: Spare,
) -> None:
    """Sorts ``order``."""
    todo = spare.todo
    todo[0, 0], todo[0, 1], todo[0, 2] = 0, len(order), 0
    waiting = 1
    while waiting:
        waiting -= 1
        low, high, depth = signed(todo[waiting, 0]), signed(todo[waiting, 1]), signed(todo[waiting, 2])
        for k in range(low, high):
            keys[k] = _key(signed(entities[order[k]]), names, ends, depth)
        if high - low <= _FEW:
            _insert(order, keys, low, high)
        else:
            _distribute(order, keys, spare, low, high)
        begin = low
        for k in range(low + 1, high + 1):
            if k == high or keys[k] != keys[begin]:
                if k - begin > 1:
                    todo[waiting, 0], todo[waiting, 1], todo[waiting, 2] = begin, k, depth + _STEP
                    waiting += 1
                begin = k


@inlined
def _key(entity: int, names: Bytes, ends: Offsets, depth: int) -> Word:
    """Seven bytes of a name, the first one highest, zeros behind its end; then how many are left, 8 for more than 7."""
    at = depth + (signed(ends[entity - 1]) if entity else 0)
    left = signed(ends[entity]) - at
    word = eight(names, at, min(left, _STEP))
    key = U(0)
    for _ in range(_STEP):
        key = key << EIGHT | word & _LOW
        word >>= EIGHT
    return key << EIGHT | (U(left) if left <= _STEP else _LONGER)


@part
def _insert(order: Ints, keys: Words, low: int, high: int) -> None:
    for k in range(low + 1, high):
        key, which, place = keys[k], order[k], k
        while place > low and keys[place - 1] > key:
            keys[place], order[place] = keys[place - 1], order[place - 1]
            place -= 1
        keys[place], order[place] = key, which


@part
def _distribute(order: Ints, keys: Words, spare: Spare, low: int, high: int) -> None:
    """Sorts by one byte of the keys after the other, the lowest first; those that are all equal are left out."""
    varying = U(0)
    for k in range(low, high):
        varying |= keys[k] ^ keys[low]
    for byte in range(8):
        shift = EIGHT * U(byte)
        if varying >> shift & _LOW:
            _by_byte(order, keys, spare, low, high, shift)


@part
def _by_byte(order: Ints, keys: Words, spare: Spare, low: int, high: int, shift: Word) -> None:
    counts = spare.counts
    for value in range(257):
        counts[value] = 0
    for k in range(low, high):
        counts[(keys[k] >> shift & _LOW) + U(1)] += 1
        spare.order[k], spare.keys[k] = order[k], keys[k]
    for value in range(256):
        counts[value + 1] += counts[value]
    for k in range(low, high):
        value = spare.keys[k] >> shift & _LOW
        place = low + counts[value]
        order[place], keys[place] = spare.order[k], spare.keys[k]
        counts[value] += 1
