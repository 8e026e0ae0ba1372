"""Prefixes to namespaces: https://www.w3.org/TR/xml-names/. A namespace is a number; equal ones share it."""

from __future__ import annotations

from kgtwin.jit import part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.characters import REFUSED
from kgtwin.ontology.fast.interning import SLACK
from kgtwin.ontology.fast.words import signed
from kgtwin.ontology.fast.xml_characters import equal, stands, word
from kgtwin.ontology.fast.xml_references import write_value
from kgtwin.ontology.fast.xml_workspace import (
    A_FROM,
    A_LOCAL,
    A_SPACE,
    A_STOP,
    A_TO,
    ATTRIBUTE_FIELDS,
    ATTRIBUTES,
    B_LENGTH,
    B_SPACE,
    B_START,
    BINDING,
    BINDING_FIELDS,
    BINDINGS,
    MOST_BINDINGS,
    MOST_SPACES,
    NEW_BINDINGS,
    NO_SPACE,
    SPACE,
    SPACES,
    TEXT_BYTES,
    TEXT_FIELDS,
    XML_SPACE,
)

_XMLNS = word("xmlns")
_XML = word("xml")


@part
def declares(content: Bytes, start: int, colon: int, stop: int) -> bool:
    """Whether an attribute declares a namespace, by its name."""
    return (stop if colon < 0 else colon) - start == 5 and stands(content, start, _XMLNS, 5)


@part
def bind(content: Bytes, start: int, colon: int, place: int, texts: Bytes, work: Offsets, events: Offsets) -> int:
    """Adds the binding that an attribute declares; 0 or ``REFUSED``."""
    if colon >= 0:
        start = colon + 1
    length = 0 if colon < 0 else events[place + A_STOP] - start
    space = _space(content, events[place + A_FROM], events[place + A_TO], texts, work)
    is_xml = length == 3 and stands(content, start, _XML, 3)
    if space < 0 or is_xml != (space == XML_SPACE) or (length == 5 and stands(content, start, _XMLNS, 5)):
        return REFUSED
    new = BINDING + work[NEW_BINDINGS] * BINDING_FIELDS
    if work[NEW_BINDINGS] == MOST_BINDINGS:
        return REFUSED
    for other in range(BINDING + work[BINDINGS] * BINDING_FIELDS, new, BINDING_FIELDS):
        if work[other + B_LENGTH] == length and equal(content, work[other + B_START], content, start, length):
            return REFUSED
    work[new + B_START], work[new + B_LENGTH], work[new + B_SPACE] = start, length, space
    work[NEW_BINDINGS] += 1
    return 0


@part
def _space(content: Bytes, at: int, stop: int, texts: Bytes, work: Offsets) -> int:
    """The number of the namespace that is the value of an attribute; ``REFUSED`` where it is empty or odd."""
    start = work[TEXT_BYTES]
    end = write_value(content, at, stop, texts, work, texts, start)
    if end <= start or end + SLACK > len(texts):
        return REFUSED
    for k in range(start, end):
        if texts[k] <= 32 or texts[k] > 126:
            return REFUSED
    for number in range(work[SPACES]):
        place = SPACE + number * TEXT_FIELDS
        if work[place + 1] == end - start and equal(texts, work[place], texts, start, end - start):
            return number
    number = signed(work[SPACES])
    if number == MOST_SPACES:
        return REFUSED
    work[SPACE + number * TEXT_FIELDS], work[SPACE + number * TEXT_FIELDS + 1] = start, end - start
    work[SPACES], work[TEXT_BYTES] = number + 1, end
    return number


@part
def space_of(content: Bytes, work: Offsets, start: int, length: int) -> int:
    """The namespace of a prefix (of no prefix: ``length`` 0), or ``REFUSED`` where none is bound."""
    for k in range(work[NEW_BINDINGS] - 1, -1, -1):
        place = BINDING + k * BINDING_FIELDS
        if work[place + B_LENGTH] == length and equal(content, work[place + B_START], content, start, length):
            return signed(work[place + B_SPACE])
    return XML_SPACE if length == 3 and stands(content, start, _XML, 3) else REFUSED


@part
def name_attributes(content: Bytes, first: int, work: Offsets, events: Offsets) -> int:
    """Finds the namespaces of a tag's attributes; 0, or ``REFUSED`` where two names are equal.

    So far ``A_SPACE`` is the length of the prefix with its colon.
    """
    end = first + work[ATTRIBUTES] * ATTRIBUTE_FIELDS
    for place in range(first, end, ATTRIBUTE_FIELDS):
        prefix, local = events[place + A_SPACE], events[place + A_LOCAL]
        space = space_of(content, work, local - prefix, prefix - 1) if prefix else NO_SPACE
        if prefix and space < 0:
            return REFUSED
        events[place + A_SPACE] = space
        length = events[place + A_STOP] - local
        for other in range(first, place, ATTRIBUTE_FIELDS):
            start = events[other + A_LOCAL]
            same_length = events[other + A_SPACE] == space and events[other + A_STOP] - start == length
            if same_length and equal(content, start, content, local, length):
                return REFUSED
    return 0
