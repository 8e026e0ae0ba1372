"""The compiled scanner: the bytes of axioms to tokens, a block at a time.

What it has no case for ends the axiom: its bytes are for the general reader (``PUT_OFF``), as is the whole file where
even the end of the axiom is in doubt (``REFUSED``).
"""

from __future__ import annotations

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import Bytes
from kgtwin.ontology.fast import characters as is_
from kgtwin.ontology.fast.characters import (
    REFUSED,
    after_space,
    construct_end,
    iri_end,
    kind_at,
    language_end,
    local_end,
    name_end,
    string_end,
)
from kgtwin.ontology.fast.constructs import ANNOTATION, ANNOTATION_ASSERTION, DECLARATION, UNKNOWN, code_of
from kgtwin.ontology.fast.prefixes import NO_PREFIX, NO_ROOM, Prefixes, name, prefix_of, restricts, write
from kgtwin.ontology.fast.tokens import (
    ANONYMOUS,
    AT,
    BEGIN,
    BUILT,
    CLOSE,
    END,
    LENGTH,
    LITERAL,
    NAME_COUNT,
    NAMED,
    OPEN,
    TOKENS,
    UNNAMED,
    Block,
    put,
)
from kgtwin.ontology.fast.words import signed
from kgtwin.ontology.nodes import MAX_DEPTH

DONE, MORE, PUT_OFF = 0, 1, -2
_MOST_TOKENS = 4
"""Tokens that one step of the scanner adds at most."""


@kernel
def scan(content: Bytes, prefixes: Prefixes, block: Block) -> int:
    """Fills a block with whole axioms from ``block.used[AT]`` on.

    ``MORE``; ``DONE`` behind the ``)`` of the ontology; ``REFUSED``; ``NO_ROOM`` where the block cannot hold one axiom.
    """
    for what in range(TOKENS, BUILT + 1):
        block.used[what] = 0
    while True:
        begin = after_space(content, block.used[AT])
        if begin >= len(content):
            return REFUSED
        if kind_at(content, begin) == is_.CLOSE:
            block.used[AT] = begin + 1
            return DONE
        stop = name_end(content, begin)
        at = after_space(content, stop) if stop > begin else len(content)
        if at >= len(content) or kind_at(content, at) != is_.OPEN:
            return REFUSED
        tokens, names, length = block.used[TOKENS], block.used[NAME_COUNT], block.used[LENGTH]
        code = code_of(content, begin, stop - begin)
        found = _axiom(content, begin, at + 1, code, prefixes, block) if code >= DECLARATION else PUT_OFF
        if found < 0:
            block.used[TOKENS], block.used[NAME_COUNT], block.used[LENGTH] = tokens, names, length
        if found == PUT_OFF:
            found = _put_off(content, begin, at + 1, block)
        if found < 0:
            return MORE if found == NO_ROOM and tokens else found
        block.used[AT] = found


@inlined
def _put_off(content: Bytes, begin: int, at: int, block: Block) -> int:
    """Leaves an axiom to the general reader; where it ends."""
    if block.used[TOKENS] + _MOST_TOKENS > len(block.tokens):
        return NO_ROOM
    stop = construct_end(content, at)
    put(block, 8 * begin + BEGIN)
    put(block, 8 * stop + END)
    return stop


@inlined
def _axiom(content: Bytes, begin: int, at: int, code: int, prefixes: Prefixes, block: Block) -> int:
    """The tokens of an axiom, from behind its first ``(``; where it ends, or a status below 0."""
    if block.used[TOKENS] + _MOST_TOKENS > len(block.tokens):
        return NO_ROOM
    put(block, 8 * begin + BEGIN)
    put(block, 8 * code + OPEN)
    depth, quiet = 1, int(code == ANNOTATION_ASSERTION)  # quiet: the depth of the outermost annotation, or 0
    while depth and at >= 0:
        at = after_space(content, at)
        if at >= len(content):
            return REFUSED
        if block.used[TOKENS] + _MOST_TOKENS > len(block.tokens):
            return NO_ROOM
        kind = kind_at(content, at)
        stop = name_end(content, at) if kind <= is_.WIDE else at
        if kind == is_.CLOSE:
            put(block, signed(CLOSE))
            quiet = 0 if depth == quiet else quiet
            depth -= 1
            at += 1
        elif stop > at and stop < len(content) and kind_at(content, stop) != is_.COLON:
            code = code_of(content, at, stop - at)
            depth += 1
            quiet = depth if code == ANNOTATION and not quiet else quiet
            at = _opened(content, stop, code, depth, block)
        else:
            at = _term(content, at, stop, kind, quiet, prefixes, block)
    if at >= 0:
        put(block, 8 * at + END)
    return at


@inlined
def _term(content: Bytes, at: int, stop: int, kind: int, quiet: int, prefixes: Prefixes, block: Block) -> int:
    """The token of an entity or a literal; ``stop`` is where its prefix ends. Where it ends itself."""
    if kind <= is_.WIDE:
        return _prefixed(content, at, stop, quiet, prefixes, block) if 0 <= stop < len(content) else REFUSED
    if kind == is_.ANGLE:
        return _full(content, at + 1, quiet, prefixes, block)
    return _literal(content, at + 1, prefixes, block) if quiet and kind == is_.QUOTE else PUT_OFF


@inlined
def _opened(content: Bytes, at: int, code: int, depth: int, block: Block) -> int:
    """The token of a construct in an axiom; where its arguments begin."""
    at = after_space(content, at)
    if code == UNKNOWN or depth > MAX_DEPTH or at >= len(content) or kind_at(content, at) != is_.OPEN:
        return PUT_OFF
    put(block, 8 * code + OPEN)
    return at + 1


@inlined
def _full(content: Bytes, at: int, quiet: int, prefixes: Prefixes, block: Block) -> int:
    """The token of an IRI in angle brackets; where it ends."""
    stop = iri_end(content, at)
    if stop == REFUSED:
        return REFUSED
    if quiet:
        put(block, signed(UNNAMED))
        return stop + 1
    number = name(content, at, stop - at, prefixes, signed(NO_PREFIX), block)
    put(block, 8 * number + NAMED)
    return stop + 1 if number >= 0 else number


@inlined
def _prefixed(content: Bytes, at: int, colon: int, quiet: int, prefixes: Prefixes, block: Block) -> int:
    """The token of a prefixed name or an anonymous individual; where it ends."""
    stop = local_end(content, colon + 1)
    if stop == REFUSED:
        return REFUSED
    prefix, what = prefix_of(content, at, colon - at, prefixes), NAMED
    if colon == at + 1 and content[at] == 95:
        what = ANONYMOUS
        if stop == colon + 1:
            return REFUSED
    if prefix == REFUSED:
        return REFUSED
    number = 0
    if not quiet:
        number = name(content, colon + 1, stop - colon - 1, prefixes, prefix, block)
    elif what == NAMED:
        what = UNNAMED
    put(block, 8 * number + what)
    return stop if number >= 0 else number


@part
def _literal(content: Bytes, at: int, prefixes: Prefixes, block: Block) -> int:
    """The token of a literal from behind its first quotation mark; where it ends."""
    at = string_end(content, at)
    if at == REFUSED:
        return REFUSED
    at = after_space(content, at + 1)
    if at + 1 >= len(content):
        return REFUSED
    put(block, signed(LITERAL))
    if content[at] == 64:
        return language_end(content, at + 1)
    if content[at] != 94:
        return at
    at = after_space(content, at + 2) if content[at + 1] == 94 else len(content)
    return _datatype(content, at, prefixes, block) if at < len(content) else REFUSED


@part
def _datatype(content: Bytes, at: int, prefixes: Prefixes, block: Block) -> int:
    """Where the datatype of a literal ends; ``PUT_OFF`` where it says which texts there are."""
    prefix, begin = signed(NO_PREFIX), at + 1
    if kind_at(content, at) == is_.ANGLE:
        stop = iri_end(content, begin)
        end = stop + 1
    else:
        colon = name_end(content, at)
        if colon == REFUSED or colon >= len(content) or kind_at(content, colon) != is_.COLON:
            return REFUSED
        prefix, begin = prefix_of(content, at, colon - at, prefixes), colon + 1
        stop = end = local_end(content, begin)
        if prefix == REFUSED or (colon == at + 1 and content[at] == 95):
            return REFUSED
    if stop == REFUSED:
        return REFUSED
    written = write(content, begin, stop - begin, prefixes, prefix, block)
    if written < 0:
        return written
    return PUT_OFF if restricts(block, written) else end
