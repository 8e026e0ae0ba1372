"""Names of attributes, abbreviated IRIs, datatypes and texts in OWL/XML."""

from __future__ import annotations

from kgtwin.jit import inlined, part
from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.tokens import Block
from kgtwin.ontology.fast.words import Word, byte
from kgtwin.ontology.fast.xml_characters import IN_NEED, is_space, stands, word
from kgtwin.ontology.fast.xml_names import ODD, name, stem_of
from kgtwin.ontology.fast.xml_references import write_value
from kgtwin.ontology.fast.xml_workspace import (
    A_FROM,
    A_LOCAL,
    A_LOOK,
    A_SPACE,
    A_STOP,
    A_TO,
    ATTRIBUTE_FIELDS,
    E_ATTRIBUTES,
    E_FIRST,
    NO_SPACE,
    TEXT_BYTES,
)

_ABBREVIA, _DATATYPE = word("abbrevia"), word("datatype")
_W3C, _W3C_2 = word("http://w"), word("ww.w3.or")
_STRING, _ANY_URI, _LITERAL = word("string"), word("anyURI"), word("Literal")
_PLAIN_LITERAL, _LANGUAGE_STRING = word("PlainLit"), word("langStri")


@inlined
def named_so(content: Bytes, events: Offsets, place: int, text: Word, length: int) -> bool:
    """Whether an attribute has a name without prefix, given by its length and first characters."""
    start = events[place + A_LOCAL]
    named = events[place + A_SPACE] == NO_SPACE and events[place + A_STOP] - start == length
    return named and stands(content, start, text, min(length, 8))


@inlined
def _colon(content: Bytes, at: int, stop: int) -> int:
    while at < stop and byte(content, at) != 58:
        at += 1
    return at


@part
def abbreviated(content: Bytes, texts: Bytes, work: Offsets, events: Offsets, place: int, block: Block) -> int:
    """The name that the attribute ``abbreviatedIRI`` means; ``ODD`` or ``NO_ROOM``."""
    if not named_so(content, events, place, _ABBREVIA, 14) or events[place + A_LOOK] & IN_NEED:
        return ODD
    start, stop = events[place + A_FROM], events[place + A_TO]
    colon = _colon(content, start, stop)
    stem = stem_of(content, start, colon - start, texts, work) if colon < stop else ODD
    return ODD if stem == ODD else name(content, colon + 1, stop - colon - 1, texts, work, stem, block)


@part
def takes_every_text(content: Bytes, texts: Bytes, work: Offsets, events: Offsets, event: int) -> bool:
    """Whether the datatype of a literal lets every text be one of its values, as far as known here."""
    first = event + E_FIRST
    for place in range(first, first + events[event + E_ATTRIBUTES] * ATTRIBUTE_FIELDS, ATTRIBUTE_FIELDS):
        if named_so(content, events, place, _DATATYPE, 11):
            start, stop = events[place + A_FROM], events[place + A_TO]
            if not events[place + A_LOOK] & IN_NEED:
                return _is_harmless(content, start, stop)
            return _is_harmless_when_written(content, start, stop, texts, work)
    return True


@part
def _is_harmless_when_written(content: Bytes, start: int, stop: int, texts: Bytes, work: Offsets) -> bool:
    """The same for a value with references; they are resolved in the free part of the texts."""
    at = work[TEXT_BYTES]
    end = write_value(content, start, stop, texts, work, texts, at)
    return end >= 0 and _is_harmless(texts, at, end)


@part
def _is_harmless(content: Bytes, start: int, stop: int) -> bool:
    """Whether a datatype is none of the W3C's, or one of those with strings."""
    if not (stands(content, start, _W3C, 8) and stands(content, start + 8, _W3C_2, 8)):
        return True
    at = stop
    while at > start and byte(content, at - 1) != 35:
        at -= 1
    length = stop - at
    if length == 6:
        return stands(content, at, _STRING, 6) or stands(content, at, _ANY_URI, 6)
    if length == 7:
        return stands(content, at, _LITERAL, 7)
    return stands(content, at, _PLAIN_LITERAL if length == 12 else _LANGUAGE_STRING, 8) and length in (10, 12)


@part
def is_plain_place(content: Bytes, start: int, stop: int, texts: Bytes, work: Offsets, short: bool) -> bool:
    """Whether the text of an element is an IRI, or an abbreviated one (``short``) with a known prefix."""
    while start < stop and is_space(byte(content, start)):
        start += 1
    for k in range(start, stop):
        if content[k] in (60, 38, 91):
            return False
    if not short:
        return True
    colon = _colon(content, start, stop)
    return colon < stop and stem_of(content, start, colon - start, texts, work) != ODD
