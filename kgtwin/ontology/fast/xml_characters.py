"""Where characters, names, comments and the like end in XML 1.0: https://www.w3.org/TR/xml/. Bytes are UTF-8.

Every function checks the end of the content. ``REFUSED``: not well-formed, or not for the compiled reader (names beyond
ASCII), so that what passes here is well-formed, and the general reader says what is wrong with the rest.
"""

# ruff: noqa: SIM110 - Numba has no generators
from __future__ import annotations

import numpy as np

from kgtwin.jit import inlined, part
from kgtwin.model.axiom_table import Bytes
from kgtwin.ontology.fast.characters import REFUSED
from kgtwin.ontology.fast.words import Word, byte, first, load

PLAIN, WHITE, LESS, AMPERSAND, BRACKET, WIDE, ILLEGAL = range(7)
"""Kinds of bytes in text."""


def _text_kinds() -> Bytes:
    kinds = np.full(256, PLAIN, np.uint8)
    kinds[:32] = ILLEGAL
    kinds[[9, 10, 13]] = WHITE
    kinds[[ord("<"), ord("&"), ord("]")]] = LESS, AMPERSAND, BRACKET
    kinds[128:] = WIDE
    return kinds


def _name_kinds() -> Bytes:
    """0: in no name; 1: in names; 2: may begin one too."""
    kinds = np.zeros(256, np.uint8)
    kinds[list(b"0123456789-.")] = 1
    kinds[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")] = 2
    return kinds


IN_NEED, UNUSUAL, WRONG, LONG = 1, 2, 4, 8
"""How bytes in attribute values look: to be replaced; in few IRIs; illegal; the first of several."""


def _value_looks() -> Bytes:
    looks = np.zeros(256, np.uint8)
    looks[list(b" \"';?[]\\^`{|}>")] = UNUSUAL
    looks[list(b"&\t\n\r")] = IN_NEED | UNUSUAL
    looks[:9] = looks[14:32] = WRONG
    looks[[11, 12, ord("<")]] = WRONG
    looks[128:] = LONG | UNUSUAL
    return looks


TEXT_KIND = _text_kinds()
VALUE_LOOK = _value_looks()
NAME_KIND = _name_kinds()


@inlined
def is_space(value: int) -> bool:
    """Whether a byte is white space."""
    return value in (32, 10, 13, 9)


@inlined
def after_space(content: Bytes, at: int) -> int:
    """The next byte that is no white space, or the end."""
    while at < len(content) and is_space(byte(content, at)):
        at += 1
    return at


@part
def after_name(content: Bytes, at: int) -> int:
    """Where a name without a colon ends."""
    if at >= len(content) or NAME_KIND[byte(content, at)] != 2:
        return REFUSED
    at += 1
    while at < len(content) and NAME_KIND[byte(content, at)]:
        at += 1
    return at if at < len(content) and byte(content, at) < 128 else REFUSED


@part
def after_wide(content: Bytes, at: int) -> int:
    """Where a character of several bytes ends: no overlong form, no surrogate, not U+FFFE or U+FFFF."""
    lead = content[at]
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC2 or lead > 0xF4 or at + length > len(content):
        return REFUSED
    for k in range(1, length):
        if content[at + k] & 0xC0 != 0x80:
            return REFUSED
    second = content[at + 1]
    too_low = (lead == 0xE0 and second < 0xA0) or (lead == 0xF0 and second < 0x90)
    too_high = (lead == 0xED and second > 0x9F) or (lead == 0xF4 and second > 0x8F)
    no_character = lead == 0xEF and second == 0xBF and content[at + 2] >= 0xBE
    return REFUSED if too_low or too_high or no_character else at + length


@inlined
def after_character(content: Bytes, at: int) -> int:
    """The place behind a legal character."""
    kind = TEXT_KIND[byte(content, at)]
    if kind == WIDE:
        return after_wide(content, at)
    return REFUSED if kind == ILLEGAL else at + 1


def word(text: str) -> Word:
    """Up to eight ASCII characters as :func:`~kgtwin.ontology.fast.words.load` reads them."""
    return Word(int.from_bytes(text.encode(), "little"))


@part
def stands(content: Bytes, at: int, text: Word, length: int) -> bool:
    """Whether a word of ``length`` characters stands at a place that is not among the last seven of the content."""
    return at + 8 <= len(content) and first(load(content, at), length) == text


@inlined
def equal(one: Bytes, at: int, other: Bytes, place: int, length: int) -> bool:
    """Whether two short runs of bytes are equal."""
    for k in range(length):
        if byte(one, at + k) != byte(other, place + k):
            return False
    return True


@part
def after_comment(content: Bytes, at: int) -> int:
    """Where a comment ends whose ``<!--`` is at a place."""
    at += 4
    while at + 2 < len(content):
        if content[at] == 45 and content[at + 1] == 45:
            return at + 3 if content[at + 2] == 62 else REFUSED
        at = after_character(content, at)
        if at == REFUSED:
            return REFUSED
    return REFUSED


@part
def after_cdata(content: Bytes, at: int) -> int:
    """Where a section ends whose ``<![CDATA[`` is at a place."""
    at += 9
    while at + 2 < len(content):
        if content[at] == 93 and content[at + 1] == 93 and content[at + 2] == 62:
            return at + 3
        at = after_character(content, at)
        if at == REFUSED:
            return REFUSED
    return REFUSED


@part
def after_instruction(content: Bytes, at: int) -> int:
    """Where a processing instruction ends whose ``<?`` is at a place."""
    start = at + 2
    at = after_name(content, start)
    if at == REFUSED or (at - start == 3 and _is_xml(content, start)):
        return REFUSED
    if not is_space(content[at]) and content[at] != 63:
        return REFUSED
    spaced = is_space(content[at])
    while at + 1 < len(content):
        if content[at] == 63 and content[at + 1] == 62:
            return at + 2
        if not spaced:
            return REFUSED
        at = after_character(content, at)
        if at == REFUSED:
            return REFUSED
    return REFUSED


@inlined
def _is_xml(content: Bytes, at: int) -> bool:
    return byte(content, at) | 32 == 120 and byte(content, at + 1) | 32 == 109 and byte(content, at + 2) | 32 == 108
