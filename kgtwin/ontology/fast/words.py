"""Bytes eight at a time: loads, stores, searches within a word, hashes.

Places are not checked here: whoever calls knows that ``array[at : at + 8]`` exists.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined

Bytes = NDArray[np.uint8]
Word = np.uint64

U = np.uint64
EIGHT = U(8)
ONES = U(0x0101010101010101)
HIGHS = U(0x8080808080808080)
BELOW_SPACE = U(0x2121212121212121)
QUOTES = U(0x2222222222222222)
BACKSLASHES = U(0x5C5C5C5C5C5C5C5C)
ANGLES = U(0x3E3E3E3E3E3E3E3E)
ANGLE_BIT = U(0x0202020202020202)
SEED = U(0x9E3779B97F4A7C15)
FACTOR = U(0xD6E8FEB86659FD93)
FOLD = U(32)


@inlined
def signed(word: Word | int) -> int:
    """A word as a number to count with: mixed with signed ones, an unsigned one would become a float."""
    return np.int64(word)  # type: ignore[return-value] # what Numba calls int


@inlined
def byte(array: Bytes, at: int) -> int:
    """One byte."""
    return signed(array[U(at)])


@inlined
def load(array: Bytes, at: int) -> Word:
    """Eight bytes, the first one lowest. LLVM makes one load of it."""
    i = U(at)
    low = U(array[i]) | U(array[i + U(1)]) << U(8) | U(array[i + U(2)]) << U(16) | U(array[i + U(3)]) << U(24)
    high = U(array[i + U(4)]) | U(array[i + U(5)]) << U(8) | U(array[i + U(6)]) << U(16) | U(array[i + U(7)]) << U(24)
    return low | high << U(32)


@inlined
def store(array: Bytes, at: int, word: Word) -> None:
    """Writes eight bytes, the lowest first."""
    i = U(at)
    for k in range(8):
        array[i + U(k)] = np.uint8(word >> (EIGHT * U(k)))


@inlined
def first(word: Word, count: int) -> Word:
    """The first ``count`` (0 to 8) bytes of a word, zeros after them."""
    if count >= 8:
        return word
    return word & ((U(1) << (EIGHT * U(count))) - U(1))


@inlined
def eight(array: Bytes, at: int, count: int) -> Word:
    """The first ``count`` (at most eight) bytes at a place, zeros after them and behind the array."""
    if at + 8 <= len(array):
        return first(load(array, at), count)
    word = U(0)
    for k in range(len(array) - at):
        if k < count:
            word |= U(array[at + k]) << (EIGHT * U(k))
    return word


@inlined
def ends_iri(word: Word) -> bool:
    """Whether a byte of a word may end an IRI: ``<``, ``>``, ``"``, up to space, or beyond ASCII."""
    below = (word - BELOW_SPACE) & ~word
    angle = (word | ANGLE_BIT) ^ ANGLES
    quote = word ^ QUOTES
    found = (below | ((angle - ONES) & ~angle) | ((quote - ONES) & ~quote) | word) & HIGHS
    return bool(found != U(0))


@inlined
def ends_string(word: Word) -> bool:
    """Whether a word contains a quotation mark or a backslash."""
    quote, slash = word ^ QUOTES, word ^ BACKSLASHES
    found = (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash)) & HIGHS
    return bool(found != U(0))


@inlined
def mixed(hashed: Word, word: Word) -> Word:
    """A hash with one more word in it."""
    product = (hashed ^ word) * FACTOR
    return product ^ product >> FOLD


@inlined
def hash_of(array: Bytes, at: int, length: int) -> Word:
    """The hash of some bytes."""
    hashed = SEED ^ U(length)
    while length >= 8:
        hashed = mixed(hashed, load(array, at))
        at += 8
        length -= 8
    return mixed(hashed, eight(array, at, length)) if length else hashed


@inlined
def same(one: Bytes, at: int, other: Bytes, place: int, length: int) -> bool:
    """Whether two runs of bytes are equal."""
    while length >= 8:
        if load(one, at) != load(other, place):
            return False
        at += 8
        place += 8
        length -= 8
    return length == 0 or eight(one, at, length) == eight(other, place, length)


@inlined
def copy(source: Bytes, at: int, length: int, target: Bytes, to: int) -> None:
    """Copies bytes; up to seven places behind them, which must exist, become zero."""
    while length > 0:
        store(target, to, eight(source, at, length))
        at += 8
        to += 8
        length -= 8


_Array = TypeVar("_Array", bound=NDArray[Any])


def read_only(array: _Array) -> _Array:
    """A view to read from: code is compiled for it and for an array to write to apart."""
    view = array.view()
    view.flags.writeable = False
    return view
