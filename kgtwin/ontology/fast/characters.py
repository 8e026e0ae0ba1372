"""Where the tokens of functional syntax end, in bytes; the same tokens as :mod:`kgtwin.ontology.functional`'s.

Every function here checks the end of the content. ``REFUSED`` (-1) means: not for the compiled reader.
"""

from __future__ import annotations

import numpy as np

from kgtwin.jit import inlined, part
from kgtwin.ontology.fast.words import Bytes, U, byte, ends_iri, ends_string, load, signed

REFUSED = -1

NAME, COLON, WIDE, SPACE, COMMENT, OPEN, CLOSE, ANGLE, QUOTE, OTHER = range(10)
"""Kinds of bytes. ``WIDE``: one that may begin a space beyond ASCII."""

_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "


def _kinds() -> Bytes:
    kinds = np.full(256, NAME, np.uint8)
    kinds[list(_SPACES)] = SPACE
    kinds[list(b">=^@")] = OTHER
    kinds[[0xC2, 0xE1, 0xE2, 0xE3]] = WIDE
    for character, kind in ((b":", COLON), (b"#", COMMENT), (b"(", OPEN), (b")", CLOSE), (b"<", ANGLE), (b'"', QUOTE)):
        kinds[character[0]] = kind
    return kinds


KIND = _kinds()


@inlined
def kind_at(content: Bytes, at: int) -> int:
    """The kind of a byte."""
    return signed(KIND[U(content[U(at)])])


@part
def is_wide_space(content: Bytes, at: int) -> bool:
    """Whether a space beyond ASCII (as Python's ``str.isspace`` has it) begins at a place, in UTF-8."""
    lead = byte(content, at)
    second = byte(content, at + 1) if at + 1 < len(content) else 0
    third = byte(content, at + 2) if at + 2 < len(content) else 0
    if lead == 0xC2:
        return second in (0x85, 0xA0)
    if lead == 0xE2:
        general = second == 0x80 and (third <= 0x8A or third in (0xA8, 0xA9, 0xAF))
        return general or (second == 0x81 and third == 0x9F)
    return third == 0x80 and second == (0x9A if lead == 0xE1 else 0x80)


@inlined
def after_space(content: Bytes, at: int) -> int:
    """The next byte that is neither ASCII space nor in a comment, or the end."""
    while at < len(content):
        kind = kind_at(content, at)
        if kind == COMMENT:
            at = after_line(content, at)
        elif kind != SPACE:
            break
        at += 1
    return at


@part
def after_line(content: Bytes, at: int) -> int:
    """The line feed that ends a comment, or the end."""
    while at < len(content) and byte(content, at) != 10:
        at += 1
    return at


@inlined
def name_end(content: Bytes, at: int) -> int:
    """Where a run of characters that is a word, a number or a prefix ends."""
    while at < len(content):
        kind = kind_at(content, at)
        if kind != NAME:
            if kind != WIDE:
                break
            if is_wide_space(content, at):
                return REFUSED
        at += 1
    return at


@inlined
def local_end(content: Bytes, at: int) -> int:
    """Where the part of a prefixed name behind its colon ends."""
    while at < len(content):
        kind = kind_at(content, at)
        if kind > COLON:
            if kind != WIDE:
                break
            if is_wide_space(content, at):
                return REFUSED
        at += 1
    return at


@part
def iri_end(content: Bytes, at: int) -> int:
    """Where the ``>`` of an IRI stands whose ``<`` stands before ``at``."""
    size = len(content)
    while at < size:
        while at + 8 <= size and not ends_iri(load(content, at)):
            at += 8
        stop = min(at + 8, size)
        while at < stop:
            value = byte(content, at)
            if value == 62:
                return at
            kind = kind_at(content, at)
            if value == 60 or kind in (SPACE, QUOTE) or (kind == WIDE and is_wide_space(content, at)):
                return REFUSED
            at += 1
    return REFUSED


@part
def string_end(content: Bytes, at: int) -> int:
    """Where the quotation mark stands that ends a string which begins before ``at``."""
    size = len(content)
    while at < size:
        while at + 8 <= size and not ends_string(load(content, at)):
            at += 8
        stop = min(at + 8, size)
        while at < stop:
            value = byte(content, at)
            if value == 34:
                return at
            if value == 92:
                if at + 1 >= size or byte(content, at + 1) not in (34, 92):
                    return REFUSED
                at += 1
            at += 1
    return REFUSED


@part
def language_end(content: Bytes, at: int) -> int:
    """Where a language tag ends whose ``@`` stands before ``at``."""
    start, digits = at, False
    while at < len(content):
        value = byte(content, at)
        if value == 45 and at > start:
            start, digits = at + 1, True
        elif not (65 <= value <= 90 or 97 <= value <= 122 or (digits and 48 <= value <= 57)):
            break
        at += 1
    if at == start or (at < len(content) and kind_at(content, at) <= WIDE):
        return REFUSED
    return at


@part
def construct_end(content: Bytes, at: int) -> int:
    """Where a construct ends, behind its ``)``; ``at`` is behind its ``(``."""
    depth = 1
    while at < len(content):
        kind = kind_at(content, at)
        at += 1
        if kind == OPEN:
            depth += 1
        elif kind == CLOSE:
            depth -= 1
            if depth == 0:
                return at
        elif kind == COMMENT:
            at = after_line(content, at)
        elif kind in (ANGLE, QUOTE):
            at = iri_end(content, at) if kind == ANGLE else string_end(content, at)
            if at == REFUSED:
                return REFUSED
            at += 1
    return REFUSED
