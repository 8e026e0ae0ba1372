"""Prefixed names and full IRIs in full, in the pool of a block."""

# ruff: noqa: SIM110 - Numba has no generators
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined, part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.characters import REFUSED
from kgtwin.ontology.fast.interning import SLACK
from kgtwin.ontology.fast.tokens import LENGTH, NAME_COUNT, Block
from kgtwin.ontology.fast.words import copy, eight, hash_of
from kgtwin.vocabulary import XSD

NO_ROOM = -3
NO_PREFIX = -1

_W3C = np.frombuffer(b"http://www.w3.org/", np.uint8)
_STRING = np.frombuffer((XSD + "string").encode(), np.uint8)


class Prefixes(NamedTuple):
    """Each prefix by its first eight bytes and in full, with the stem that it stands for."""

    words: NDArray[np.uint64]
    texts: Bytes
    text_ends: Offsets
    stems: Bytes
    stem_ends: Offsets


def packed(prefixes: Mapping[str, str]) -> Prefixes:
    """Prefixes in arrays."""
    texts, stems = [name.encode() for name in prefixes], [stem.encode() for stem in prefixes.values()]
    return Prefixes(
        np.array([int.from_bytes(text[:8], "little") for text in texts], np.uint64),
        np.frombuffer(b"".join(texts), np.uint8),
        np.cumsum([len(text) for text in texts], dtype=np.int64),
        np.frombuffer(b"".join(stems), np.uint8),
        np.cumsum([len(stem) for stem in stems], dtype=np.int64),
    )


@inlined
def prefix_of(content: Bytes, at: int, length: int, prefixes: Prefixes) -> int:
    """The number of the prefix written at a place, or ``REFUSED`` where it is not declared."""
    word = eight(content, at, length)
    for number in range(len(prefixes.words)):
        if prefixes.words[number] == word and _is_prefix(content, at, length, prefixes, number):
            return number
    return REFUSED


@inlined
def _is_prefix(content: Bytes, at: int, length: int, prefixes: Prefixes, number: int) -> bool:
    begin = prefixes.text_ends[number - 1] if number else 0
    if prefixes.text_ends[number] - begin != length:
        return False
    for k in range(8, length):
        if prefixes.texts[begin + k] != content[at + k]:
            return False
    return True


@inlined
def write(content: Bytes, at: int, length: int, prefixes: Prefixes, number: int, block: Block) -> int:
    """Puts an IRI behind the block's names: a stem (or ``NO_PREFIX``) and what is written at a place. Its length."""
    begin: int = prefixes.stem_ends[number - 1] if number > 0 else 0
    stem: int = prefixes.stem_ends[number] - begin if number >= 0 else 0
    to: int = block.used[LENGTH]
    if to + stem + length + SLACK > len(block.pool):
        return NO_ROOM
    if stem:
        copy(prefixes.stems, begin, stem, block.pool, to)
    copy(content, at, length, block.pool, to + stem)
    return stem + length


@inlined
def name(content: Bytes, at: int, length: int, prefixes: Prefixes, number: int, block: Block) -> int:
    """Adds an IRI, given as to :func:`write`, to the block's names; its number there."""
    known: int = block.used[NAME_COUNT]
    if known >= len(block.ends):
        return NO_ROOM
    written = write(content, at, length, prefixes, number, block)
    if written < 0:
        return written
    start: int = block.used[LENGTH]
    block.hashes[known] = hash_of(block.pool, start, written)
    block.ends[known] = start + written
    block.used[LENGTH] = start + written
    block.used[NAME_COUNT] = known + 1
    return known


@part
def restricts(block: Block, length: int) -> bool:
    """Whether the IRI behind the block's names is a datatype that may take some texts only: one of the W3C's."""
    start = block.used[LENGTH]
    is_string = length == len(_STRING) and _starts(block.pool, start, length, _STRING)
    return _starts(block.pool, start, length, _W3C) and not is_string


@part
def _starts(pool: Bytes, start: int, length: int, text: Bytes) -> bool:
    if length < len(text):
        return False
    for k in range(len(text)):
        if pool[start + k] != text[k]:
            return False
    return True
