"""Attribute values and the references in them: https://www.w3.org/TR/xml/#sec-references."""

from __future__ import annotations

import numpy as np

from kgtwin.jit import inlined, part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.characters import REFUSED
from kgtwin.ontology.fast.interning import SLACK
from kgtwin.ontology.fast.prefixes import NO_ROOM
from kgtwin.ontology.fast.words import byte, copy, signed
from kgtwin.ontology.fast.xml_characters import TEXT_KIND, WHITE, after_name, equal, stands, word
from kgtwin.ontology.fast.xml_workspace import ENTITIES, ENTITY, PAIR_FIELDS, REFERENCE

_NO_DIGIT = 99
_HIGHEST = 0x10FFFF

_NUMBER = word("&#")
_LESS = word("&lt;")
_GREATER = word("&gt;")
_AMPERSAND = word("&amp;")
_QUOTE = word("&quot;")
_APOSTROPHE = word("&apos;")


@part
def after_reference(content: Bytes, at: int, texts: Bytes, work: Offsets) -> int:
    """Where a reference ends whose ``&`` is at a place.

    ``work[REFERENCE]``: the character, or -1 - x for an entity described at place x of the workspace.
    """
    if stands(content, at, _NUMBER, 2):
        return _after_number(content, at + 2, work)
    stop = after_name(content, at + 1)
    if stop == REFUSED or content[stop] != 59:
        return REFUSED
    if stands(content, at, _LESS, 4) or stands(content, at, _GREATER, 4):
        work[REFERENCE] = 60 if content[at + 1] == 108 else 62
    elif stands(content, at, _AMPERSAND, 5):
        work[REFERENCE] = 38
    elif stands(content, at, _QUOTE, 6):
        work[REFERENCE] = 34
    elif stands(content, at, _APOSTROPHE, 6):
        work[REFERENCE] = 39
    else:
        return _after_entity(content, at + 1, stop, texts, work)
    return stop + 1


@part
def _after_entity(content: Bytes, at: int, stop: int, texts: Bytes, work: Offsets) -> int:
    for place in range(ENTITY, ENTITY + work[ENTITIES] * PAIR_FIELDS, PAIR_FIELDS):
        if work[place + 1] == stop - at and equal(content, at, texts, work[place], stop - at):
            work[REFERENCE] = -1 - place
            return stop + 1
    return REFUSED


@part
def _after_number(content: Bytes, at: int, work: Offsets) -> int:
    """Reads ``65;`` or ``x41;``."""
    hexadecimal = at < len(content) and content[at] == 120
    base = 16 if hexadecimal else 10
    at += 1 if hexadecimal else 0
    value, start = 0, at
    while at < len(content) and content[at] != 59:
        digit = _digit(byte(content, at))
        if digit >= base:
            return REFUSED
        value = min(value * base + digit, _HIGHEST + 1)
        at += 1
    if at == start or at >= len(content) or not _is_character(value):
        return REFUSED
    work[REFERENCE] = value
    return at + 1


@inlined
def _digit(value: int) -> int:
    if 48 <= value <= 57:
        return value - 48
    lower = value | 32
    return lower - 87 if 97 <= lower <= 102 else _NO_DIGIT


@inlined
def _is_character(value: int) -> bool:
    if value < 32:
        return value in (9, 10, 13)
    return value < 0xD800 or 0xE000 <= value < 0xFFFE or 0xFFFF < value <= _HIGHEST


@part
def write_value(content: Bytes, at: int, stop: int, texts: Bytes, work: Offsets, pool: Bytes, to: int) -> int:
    """Puts an attribute's value, references resolved, into a pool; where it ends there, or ``NO_ROOM``."""
    while at < stop:
        if to + SLACK > len(pool):
            return NO_ROOM
        value = byte(content, at)
        if value == 38:
            at = after_reference(content, at, texts, work)
            to = _write_reference(texts, work, pool, to)
            if to < 0:
                return to
            continue
        if value == 13 and content[at + 1] == 10:
            at += 1  # the closing quotation mark stands behind the value
        pool[to] = 32 if TEXT_KIND[value] == WHITE else value
        at, to = at + 1, to + 1
    return to


@part
def _write_reference(texts: Bytes, work: Offsets, pool: Bytes, to: int) -> int:
    """Puts a character in UTF-8, or the text of an entity, into the pool."""
    if work[REFERENCE] >= 0:
        return _write_character(pool, work[REFERENCE], to)
    place = -1 - work[REFERENCE]
    at, length = signed(work[place + 2]), signed(work[place + 3])
    if to + length + SLACK > len(pool):
        return NO_ROOM
    copy(texts, at, length, pool, to)
    return to + length


@part
def _write_character(pool: Bytes, value: int, to: int) -> int:
    if value < 0x80:
        pool[to] = value
        return to + 1
    length = 2 if value < 0x800 else 3 if value < 0x10000 else 4
    for k in range(length - 1, 0, -1):
        pool[to + k] = 0x80 | (value & 0x3F)
        value >>= 6
    pool[to] = np.uint8((0xF00 >> length) & 0xFF | value)
    return to + length
