"""A scanner for XML in compiled code: the next start tag, end tag or end of the document.

What it lets through is well-formed XML 1.0 with namespaces in UTF-8; it refuses more than it need (names beyond ASCII,
more than 48 attributes), never less.
"""

from __future__ import annotations

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.characters import REFUSED
from kgtwin.ontology.fast.scanning import MORE
from kgtwin.ontology.fast.words import byte, signed
from kgtwin.ontology.fast.xml_characters import (
    AMPERSAND,
    BRACKET,
    LESS,
    LONG,
    TEXT_KIND,
    VALUE_LOOK,
    WHITE,
    WIDE,
    WRONG,
    after_cdata,
    after_comment,
    after_instruction,
    after_name,
    after_space,
    after_wide,
    equal,
    stands,
    word,
)
from kgtwin.ontology.fast.xml_namespaces import bind, declares, name_attributes, space_of
from kgtwin.ontology.fast.xml_references import after_reference
from kgtwin.ontology.fast.xml_workspace import (
    A_FROM,
    A_LOCAL,
    A_LOOK,
    A_SPACE,
    A_STOP,
    A_TO,
    ATTRIBUTE_FIELDS,
    ATTRIBUTES,
    BINDINGS,
    CLOSED,
    DEEPEST,
    DEPTH,
    DONE,
    E_ATTRIBUTES,
    E_CONTENT,
    E_FIRST,
    E_KIND,
    E_LOCAL,
    E_SPACE,
    E_STOP,
    E_TAG,
    END,
    END_FIELDS,
    EVENTS,
    F_BINDINGS,
    F_LENGTH,
    F_START,
    FRAME,
    FRAME_FIELDS,
    LONGEST_EVENT,
    MOST_ATTRIBUTES,
    NEW_BINDINGS,
    NEXT,
    POSITION,
    ROOT_DONE,
    START,
)

_COMMENT = word("<!--")
_CDATA = word("<![CDATA")


@kernel
def scan(content: Bytes, texts: Bytes, work: Offsets, events: Offsets) -> int:
    """Fills ``events[: work[EVENTS]]`` with the tags from ``work[POSITION]`` on; ``MORE``, ``DONE`` or ``REFUSED``.

    An empty element has an event for its start and one for its end.
    """
    work[EVENTS] = 0
    at = work[POSITION]
    while work[EVENTS] + LONGEST_EVENT <= len(events):
        at = _tag(content, at, texts, work) if work[DEPTH] else _outside(content, at)
        if at == len(content) and work[ROOT_DONE]:
            work[POSITION] = at
            return DONE
        if at < 0 or at + 1 >= len(content):
            return REFUSED
        if content[at + 1] == 47:
            at = _end_tag(content, at, work, events)
        elif work[ROOT_DONE] or work[DEPTH] == DEEPEST:
            return REFUSED
        else:
            at = _start_tag(content, at, texts, work, events)
        if at == REFUSED:
            return REFUSED
    work[POSITION] = at
    return MORE


@part
def _outside(content: Bytes, at: int) -> int:
    """The next tag before or after the root element, or the end."""
    while True:
        at = after_space(content, at)
        if at == len(content):
            return at
        if content[at] != 60:
            return REFUSED
        stop = _after_other(content, at, False)
        if stop <= 0:
            return at if stop == 0 else REFUSED
        at = stop


@inlined
def _ends_cdata(content: Bytes, at: int) -> bool:
    return at + 2 < len(content) and content[at + 1] == 93 and content[at + 2] == 62


@inlined
def _is_cdata(content: Bytes, at: int) -> bool:
    return stands(content, at, _CDATA, 8) and at + 8 < len(content) and content[at + 8] == 91


@part
def _after_other(content: Bytes, at: int, inside: bool) -> int:
    """Where a comment, section or instruction at a ``<`` ends, or 0 where there is none."""
    following = content[at + 1] if at + 1 < len(content) else 0
    if following == 33:
        if stands(content, at, _COMMENT, 4):
            return after_comment(content, at)
        return after_cdata(content, at) if inside and _is_cdata(content, at) else REFUSED
    return after_instruction(content, at) if following == 63 else 0


@part
def _tag(content: Bytes, at: int, texts: Bytes, work: Offsets) -> int:
    """The next tag within the root element."""
    while at < len(content):
        kind = TEXT_KIND[byte(content, at)]
        if kind <= WHITE:
            at += 1
            continue
        if kind == LESS:
            stop = _after_other(content, at, True)
            if stop == 0:
                return at
            at = stop
        elif kind == AMPERSAND:
            at = after_reference(content, at, texts, work)
        elif kind == WIDE:
            at = after_wide(content, at)
        elif kind == BRACKET and not _ends_cdata(content, at):
            at += 1
        else:
            return REFUSED
        if at == REFUSED:
            return REFUSED
    return REFUSED


@part
def _end_tag(content: Bytes, at: int, work: Offsets, events: Offsets) -> int:
    """Adds the event of an end tag; where the tag ends."""
    start, place = at + 2, FRAME + work[DEPTH] * FRAME_FIELDS
    length = work[place + F_LENGTH]
    if work[DEPTH] == 0 or start + length >= len(content):
        return REFUSED
    if not equal(content, start, content, work[place + F_START], length):
        return REFUSED
    stop = after_space(content, start + length)
    if stop >= len(content) or content[stop] != 62:
        return REFUSED
    _leave(at, stop + 1, work, events)
    return stop + 1


@part
def _leave(at: int, after: int, work: Offsets, events: Offsets) -> None:
    """Closes the innermost element."""
    work[BINDINGS] = work[FRAME + work[DEPTH] * FRAME_FIELDS + F_BINDINGS]
    work[DEPTH] -= 1
    if work[DEPTH] == 0:
        work[ROOT_DONE] = 1
    event = work[EVENTS]
    events[event + E_KIND], events[event + E_TAG], events[event + E_LOCAL] = END, at, after
    work[EVENTS] = event + END_FIELDS


@part
def _start_tag(content: Bytes, at: int, texts: Bytes, work: Offsets, events: Offsets) -> int:
    """Adds the event of a start tag, and for an empty element of its end; where the tag ends, or ``REFUSED``."""
    start, event = at + 1, work[EVENTS]
    colon, stop = _after_full_name(content, start)
    work[NEW_BINDINGS] = work[BINDINGS]
    if stop == REFUSED or _attributes(content, stop, texts, work, events) == REFUSED:
        return REFUSED
    space = space_of(content, work, start, 0 if colon < 0 else colon - start)
    if space < 0 or name_attributes(content, event + E_FIRST, work, events) == REFUSED:
        return REFUSED
    events[event + E_KIND], events[event + E_TAG], events[event + E_SPACE] = START, at, space
    events[event + E_LOCAL], events[event + E_STOP] = start if colon < 0 else colon + 1, stop
    events[event + E_CONTENT], events[event + E_ATTRIBUTES] = work[NEXT], work[ATTRIBUTES]
    work[EVENTS] = event + E_FIRST + work[ATTRIBUTES] * ATTRIBUTE_FIELDS
    work[DEPTH] += 1
    place = FRAME + work[DEPTH] * FRAME_FIELDS
    work[place + F_START], work[place + F_LENGTH], work[place + F_BINDINGS] = start, stop - start, work[BINDINGS]
    work[BINDINGS] = work[NEW_BINDINGS]
    if work[CLOSED]:
        _leave(work[NEXT], work[NEXT], work, events)
    return signed(work[NEXT])


@inlined
def _after_full_name(content: Bytes, at: int) -> tuple[int, int]:
    """The place of the colon in a name with a prefix, -1 for none; where the name ends, ``REFUSED`` for no name."""
    stop = after_name(content, at)
    if stop == REFUSED or content[stop] != 58:
        return -1, stop
    return stop, after_name(content, stop + 1)


@part
def _attributes(content: Bytes, at: int, texts: Bytes, work: Offsets, events: Offsets) -> int:
    """Reads the rest of a start tag behind its name; 0 or ``REFUSED``."""
    work[ATTRIBUTES] = 0
    while True:
        before = at
        at = after_space(content, at)
        if at + 1 >= len(content):
            return REFUSED
        closed = content[at] == 47
        if closed or content[at] == 62:
            work[CLOSED] = 1 if closed else 0
            work[NEXT] = at + 2 if closed else at + 1
            return REFUSED if closed and content[at + 1] != 62 else 0
        if at == before or work[ATTRIBUTES] == MOST_ATTRIBUTES:
            return REFUSED
        at = _attribute(content, at, texts, work, events)
        if at == REFUSED:
            return REFUSED


@part
def _attribute(content: Bytes, start: int, texts: Bytes, work: Offsets, events: Offsets) -> int:
    """Reads an attribute; where it ends, or ``REFUSED``."""
    colon, stop = _after_full_name(content, start)
    if stop == REFUSED:
        return REFUSED
    at = after_space(content, stop)
    if at >= len(content) or content[at] != 61:
        return REFUSED
    at = after_space(content, at + 1)
    if at >= len(content) or (content[at] != 34 and content[at] != 39):
        return REFUSED
    end, look = _value_end(content, at + 1, byte(content, at), texts, work)
    if end == REFUSED:
        return REFUSED
    place = work[EVENTS] + E_FIRST + work[ATTRIBUTES] * ATTRIBUTE_FIELDS
    local = start if colon < 0 else colon + 1
    events[place + A_LOCAL], events[place + A_STOP], events[place + A_SPACE] = local, stop, local - start
    events[place + A_FROM], events[place + A_TO], events[place + A_LOOK] = at + 1, end, look
    if not declares(content, start, colon, stop):
        work[ATTRIBUTES] += 1
    elif bind(content, start, colon, place, texts, work, events) == REFUSED:
        return REFUSED
    return end + 1


@part
def _value_end(content: Bytes, at: int, quote: int, texts: Bytes, work: Offsets) -> tuple[int, int]:
    """Where the quotation mark stands that ends a value, and how the value looks."""
    looks = 0
    while at < len(content):
        value = byte(content, at)
        if value == quote:
            return at, looks
        look = VALUE_LOOK[value]
        at += 1
        if look:
            looks |= look
            if look & WRONG:
                break
            if look & LONG or value == 38:
                at = after_wide(content, at - 1) if look & LONG else after_reference(content, at - 1, texts, work)
                if at == REFUSED:
                    break
    return REFUSED, looks
