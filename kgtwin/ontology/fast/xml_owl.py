"""The second step for OWL/XML: the tags of the children of ``Ontology`` to tokens, as of functional syntax.

What it has no case for is left out: the bytes of that child are for the general reader.
"""

from __future__ import annotations

import numpy as np

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.characters import REFUSED
from kgtwin.ontology.fast.constructs import (
    ANNOTATION,
    ANNOTATION_ASSERTION,
    CHAIN,
    DECLARATION,
    ENTITY,
    UNKNOWN,
    code_of,
)
from kgtwin.ontology.fast.prefixes import NO_ROOM
from kgtwin.ontology.fast.tokens import (
    ANONYMOUS,
    BEGIN,
    CLOSE,
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
from kgtwin.ontology.fast.tokens import END as END_OF_AXIOM
from kgtwin.ontology.fast.xml_characters import stands, word
from kgtwin.ontology.fast.xml_names import name, reference
from kgtwin.ontology.fast.xml_owl_texts import abbreviated, is_plain_place, named_so, takes_every_text
from kgtwin.ontology.fast.xml_workspace import (
    A_FROM,
    A_LOOK,
    A_TO,
    ATTRIBUTE_FIELDS,
    DEEPEST,
    E_ATTRIBUTES,
    E_CONTENT,
    E_FIRST,
    E_KIND,
    E_LOCAL,
    E_SPACE,
    E_STOP,
    E_TAG,
    END_FIELDS,
    EVENTS,
    LABEL,
    OWL_SPACE,
    START,
)

AT, DEPTH, CHILD, LATE, BODY, PREFIX, KEPT_TOKENS, KEPT_NAMES, KEPT_LENGTH, ROOT_CONTENT = range(10)
"""The next event; open elements; where the child of the root begins; whether it is for the general reader; whether one
other than a prefix was met; whether it is one; how far the block was filled before it; and the
root's content."""
_FRAME, _FRAME_FIELDS = 16, 3
F_CODE, F_QUIET, F_CONTENT = range(_FRAME_FIELDS)
"""What an open element is; whether it is in an annotation, where names do not count; where its content begins."""
LEAF, PLACE, SHORT_PLACE, SKIPPED = -13, -14, -15, -16
"""Codes of elements beside those of :mod:`constructs`: without children; an ``IRI``; an ``AbbreviatedIRI``; the root
and what is in a child for the general reader."""
MORE_EVENTS, FLUSH = 0, 1
_MOST_TOKENS = 8
"""Tokens that one tag adds at most."""
_PREFIX, _LITERAL, _IRI, _BLANK, _NODE_ID = (word(text) for text in ("Prefix", "Literal", "IRI", "_:", "nodeID"))
_ABBREVIA, _TEDIRI = word("Abbrevia"), word("tedIRI")
_ANONYMOU, _SINDIVID, _UAL = word("Anonymou"), word("sIndivid"), word("ual")


def owl_state() -> Offsets:
    """The state of a reading that begins."""
    return np.zeros(_FRAME + (DEEPEST + 2) * _FRAME_FIELDS, np.int64)


@kernel
def tokens(content: Bytes, texts: Bytes, work: Offsets, events: Offsets, state: Offsets, block: Block) -> int:
    """Turns events from ``state[AT]`` on into tokens.

    ``MORE_EVENTS``: all are used up; ``FLUSH``: between two children, the block being half full; ``NO_ROOM``: the block
    must grow, in the middle of a child; ``REFUSED``.
    """
    status = MORE_EVENTS
    while state[AT] < work[EVENTS] and status == MORE_EVENTS:
        if block.used[TOKENS] + _MOST_TOKENS > len(block.tokens):
            return NO_ROOM
        event = state[AT]
        if events[event + E_KIND] == START:
            status = _start(content, texts, work, events, event, state, block)
            if status == MORE_EVENTS:
                state[AT] = event + E_FIRST + events[event + E_ATTRIBUTES] * ATTRIBUTE_FIELDS
        else:
            _end(content, texts, work, events, event, state, block)
            state[AT] = event + END_FIELDS
            half = 2 * block.used[TOKENS] > len(block.tokens) or 2 * block.used[NAME_COUNT] > len(block.ends)
            if state[DEPTH] == 1 and (half or 2 * block.used[LENGTH] > len(block.pool)):
                status = FLUSH
    return status


@part
def _start(
    content: Bytes, texts: Bytes, work: Offsets, events: Offsets, event: int, state: Offsets, block: Block
) -> int:
    """Puts the tokens of a start tag; ``MORE_EVENTS``, ``NO_ROOM`` or ``REFUSED``."""
    start, outside = events[event + E_LOCAL], _FRAME + state[DEPTH] * _FRAME_FIELDS
    length = events[event + E_STOP] - start
    known = code_of(content, start, length) if events[event + E_SPACE] == OWL_SPACE else UNKNOWN
    code, outer, quiet = SKIPPED, state[outside + F_CODE], state[outside + F_QUIET]
    if state[DEPTH] == 1:
        code = _child(content, start, length, known, events, event, state, block)
    elif outer >= 0 and not state[LATE]:
        if ENTITY <= known < ENTITY + 6:
            code = _entity(content, texts, work, events, event, known, outer == DECLARATION, quiet, block)
        elif known == ANNOTATION or (0 <= known <= CHAIN and not quiet):
            put(block, 8 * known + OPEN)
            code = SKIPPED if events[event + E_ATTRIBUTES] else known
        elif events[event + E_SPACE] == OWL_SPACE:
            code = _leaf(content, texts, work, events, event, quiet, block)
    if code in (REFUSED, NO_ROOM):
        return code
    if state[DEPTH] == 0:
        state[ROOT_CONTENT] = events[event + E_CONTENT]
    elif state[DEPTH] > 1 and code == SKIPPED:
        state[LATE] = 1
    state[DEPTH] += 1
    inside = outside + _FRAME_FIELDS
    annotates = code in (ANNOTATION, ANNOTATION_ASSERTION)
    state[inside + F_CODE], state[inside + F_CONTENT] = code, events[event + E_CONTENT]
    state[inside + F_QUIET] = 1 if annotates or (state[DEPTH] > 2 and quiet) else 0
    return MORE_EVENTS


@inlined
def _child(
    content: Bytes, start: int, length: int, code: int, events: Offsets, event: int, state: Offsets, block: Block
) -> int:
    """Begins a child of the root."""
    state[KEPT_TOKENS], state[KEPT_NAMES], state[KEPT_LENGTH] = (
        block.used[TOKENS],
        block.used[NAME_COUNT],
        block.used[LENGTH],
    )
    state[CHILD] = events[event + E_TAG]
    state[PREFIX] = 1 if length == 6 and stands(content, start, _PREFIX, 6) else 0
    if state[PREFIX] == 0:
        state[BODY] = 1
    elif state[BODY]:
        return REFUSED
    state[LATE] = 1 if code < DECLARATION or events[event + E_ATTRIBUTES] else 0
    if state[LATE]:
        return SKIPPED
    put(block, 8 * state[CHILD] + BEGIN)
    put(block, 8 * code + OPEN)
    return code


@part
def _entity(
    content: Bytes,
    texts: Bytes,
    work: Offsets,
    events: Offsets,
    event: int,
    code: int,
    declares: bool,
    quiet: int,
    block: Block,
) -> int:
    """Puts the tokens of an entity."""
    number, place = 0, event + E_FIRST
    if events[event + E_ATTRIBUTES] != 1:
        return SKIPPED
    if not named_so(content, events, place, _IRI, 3):
        number = abbreviated(content, texts, work, events, place, block)
    elif not quiet:
        number = reference(content, texts, work, events, place, block)
    elif events[place + A_LOOK]:
        return SKIPPED
    if number < 0:
        return NO_ROOM if number == NO_ROOM else SKIPPED
    if declares:
        put(block, 8 * code + OPEN)
    put(block, UNNAMED if quiet else 8 * number + NAMED)
    if declares:
        put(block, CLOSE)
    return LEAF


@part
def _leaf(content: Bytes, texts: Bytes, work: Offsets, events: Offsets, event: int, quiet: int, block: Block) -> int:
    """Puts the token of an anonymous individual, or of a literal or IRI in an annotation."""
    start, attributes = events[event + E_LOCAL], events[event + E_ATTRIBUTES]
    length = events[event + E_STOP] - start
    if _is_anonymous(content, start, length):
        number = _anonymous(content, texts, work, events, event, block)
        put(block, 8 * number + ANONYMOUS)
        return LEAF if number >= 0 else number
    if not quiet:
        return SKIPPED
    if length == 7 and stands(content, start, _LITERAL, 7):
        put(block, LITERAL)
        return LEAF if takes_every_text(content, texts, work, events, event) else SKIPPED
    put(block, UNNAMED)
    if attributes == 0 and length == 3 and stands(content, start, _IRI, 3):
        return PLACE
    is_short = length == 14 and stands(content, start, _ABBREVIA, 8) and stands(content, start + 8, _TEDIRI, 6)
    return SHORT_PLACE if is_short and attributes == 0 else SKIPPED


@inlined
def _is_anonymous(content: Bytes, start: int, length: int) -> bool:
    if length != 19 or not stands(content, start, _ANONYMOU, 8):
        return False
    return stands(content, start + 8, _SINDIVID, 8) and stands(content, start + 16, _UAL, 3)


@inlined
def _anonymous(content: Bytes, texts: Bytes, work: Offsets, events: Offsets, event: int, block: Block) -> int:
    """The name of an anonymous individual; ``SKIPPED`` or ``NO_ROOM``."""
    place = event + E_FIRST
    if events[event + E_ATTRIBUTES] != 1 or events[place + A_LOOK] or not named_so(content, events, place, _NODE_ID, 6):
        return SKIPPED
    start, stop = events[place + A_FROM], events[place + A_TO]
    if stands(content, start, _BLANK, 2):
        start += 2
    return name(content, start, stop - start, texts, work, LABEL, block) if start < stop else SKIPPED


@part
def _end(
    content: Bytes, texts: Bytes, work: Offsets, events: Offsets, event: int, state: Offsets, block: Block
) -> None:
    """Puts the tokens of an end tag."""
    place = _FRAME + state[DEPTH] * _FRAME_FIELDS
    code = state[place + F_CODE]
    state[DEPTH] -= 1
    if state[DEPTH] == 1:
        if state[LATE]:
            block.used[TOKENS] = state[KEPT_TOKENS]
            block.used[NAME_COUNT] = state[KEPT_NAMES]
            block.used[LENGTH] = state[KEPT_LENGTH]
        if state[LATE] and state[PREFIX] == 0:
            put(block, 8 * state[CHILD] + BEGIN)
        if not state[LATE]:
            put(block, CLOSE)
        if state[PREFIX] == 0:
            put(block, 8 * events[event + E_LOCAL] + END_OF_AXIOM)
    elif state[DEPTH] > 1 and not state[LATE]:
        if code >= 0:
            put(block, CLOSE)
        elif code != LEAF:
            start, stop = state[place + F_CONTENT], events[event + E_TAG]
            state[LATE] = 0 if is_plain_place(content, start, stop, texts, work, code == SHORT_PLACE) else 1
