"""References in attributes to names of a block."""

from __future__ import annotations

from kgtwin.jit import inlined, part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.interning import SLACK
from kgtwin.ontology.fast.prefixes import NO_ROOM
from kgtwin.ontology.fast.tokens import LENGTH, NAME_COUNT, Block
from kgtwin.ontology.fast.words import SEED, U, Word, first, load, mixed, signed, store
from kgtwin.ontology.fast.xml_characters import IN_NEED, equal
from kgtwin.ontology.fast.xml_iris import is_absolute, is_web, is_word
from kgtwin.ontology.fast.xml_references import write_value
from kgtwin.ontology.fast.xml_workspace import (
    A_FROM,
    A_LOOK,
    A_TO,
    FOLDER,
    FOLDERS,
    FRAGMENT,
    FRAGMENTS,
    NO_STEM,
    PAIR_FIELDS,
    PREFIX,
    PREFIXES,
    SCHEMES,
)

ODD = -9
"""A reference that only Python can resolve."""


@part
def reference(content: Bytes, texts: Bytes, work: Offsets, events: Offsets, place: int, block: Block) -> int:
    """The name that the value of an attribute means; ``ODD`` or ``NO_ROOM``."""
    start, stop, look = events[place + A_FROM], events[place + A_TO], events[place + A_LOOK]
    if (look == 0 and stop - start > 8 and is_web(content, start)) or (
        not look & IN_NEED and is_absolute(content, start, stop, work[SCHEMES])
    ):
        return name(content, start, stop - start, texts, work, NO_STEM, block)
    if look & IN_NEED:
        begin = block.used[LENGTH]
        end = write_value(content, start, stop, texts, work, block.pool, begin)
        if end < 0 or end + 2 * SLACK > len(block.pool):
            return NO_ROOM
        return _add(block, end) if is_absolute(block.pool, begin, end, work[SCHEMES]) else ODD
    if look == 0 and stop > start:
        if work[FRAGMENTS] and content[start] == 35 and stop - start > 1:
            return name(content, start + 1, stop - start - 1, texts, work, FRAGMENT, block)
        if work[FOLDERS] and is_word(content, start, stop):
            return name(content, start, stop - start, texts, work, FOLDER, block)
    return ODD


@part
def name(content: Bytes, at: int, length: int, texts: Bytes, work: Offsets, stem: int, block: Block) -> int:
    """Adds a stem and what is written at a place, together, to the block's names; the new number, or ``NO_ROOM``.

    At least seven bytes stand behind it in the content: a quotation mark and two ends of tags.
    """
    to = block.used[LENGTH]
    start, behind = work[stem], to + work[stem + 1]
    if behind + length + 2 * SLACK > len(block.pool) or at + length + 7 > len(content):
        return NO_ROOM
    for k in range(0, work[stem + 1], 8):
        store(block.pool, to + k, load(texts, start + k))
    for k in range(0, length, 8):
        store(block.pool, behind + k, load(content, at + k))
    return _add(block, behind + length)


@part
def _add(block: Block, end: int) -> int:
    """Adds the bytes up to ``end`` behind the block's names to them; room for 16 more was checked."""
    number, begin = signed(block.used[NAME_COUNT]), signed(block.used[LENGTH])
    if number >= len(block.ends):
        return NO_ROOM
    block.hashes[number] = _hash(block.pool, begin, end - begin)
    block.ends[number] = block.used[LENGTH] = end
    block.used[NAME_COUNT] = number + 1
    return number


@inlined
def _hash(pool: Bytes, at: int, length: int) -> Word:
    """As :func:`~kgtwin.ontology.fast.words.hash_of`, where eight bytes stand behind."""
    hashed = SEED ^ U(length)
    while length >= 8:
        hashed = mixed(hashed, load(pool, at))
        at += 8
        length -= 8
    return mixed(hashed, first(load(pool, at), length)) if length else hashed


@part
def stem_of(content: Bytes, at: int, length: int, texts: Bytes, work: Offsets) -> int:
    """The stem of a prefix, or ``ODD`` where it is not declared."""
    for place in range(PREFIX, PREFIX + work[PREFIXES] * PAIR_FIELDS, PAIR_FIELDS):
        if work[place + 1] == length and equal(content, at, texts, work[place], length):
            return place + 2
    return ODD
