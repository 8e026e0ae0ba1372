"""The words of functional syntax that the compiled reader knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined
from kgtwin.model.axiom_table import AxiomKind
from kgtwin.ontology.fast.words import Bytes, U, Word, eight, signed

AND, SOME, CHAIN, ANNOTATION, ENTITY, DECLARATION, ANNOTATION_ASSERTION, AXIOM = 0, 1, 2, 3, 8, 32, 33, 64
"""Codes: ``ENTITY + i`` declares the i-th of :class:`Declared`, ``AXIOM + k`` is an axiom of an :class:`AxiomKind`."""
UNKNOWN = -1

_CODES = {
    "ObjectIntersectionOf": AND,
    "ObjectSomeValuesFrom": SOME,
    "ObjectPropertyChain": CHAIN,
    "Annotation": ANNOTATION,
    "Declaration": DECLARATION,
    "AnnotationAssertion": ANNOTATION_ASSERTION,
    "SubClassOf": AXIOM + AxiomKind.SUB_CLASS_OF,
    "EquivalentClasses": AXIOM + AxiomKind.EQUIVALENT_CLASSES,
    "DisjointClasses": AXIOM + AxiomKind.DISJOINT_CLASSES,
    "SubObjectPropertyOf": AXIOM + AxiomKind.SUB_OBJECT_PROPERTY_OF,
    "TransitiveObjectProperty": AXIOM + AxiomKind.TRANSITIVE_OBJECT_PROPERTY,
    "ObjectPropertyDomain": AXIOM + AxiomKind.OBJECT_PROPERTY_DOMAIN,
    "ObjectPropertyRange": AXIOM + AxiomKind.OBJECT_PROPERTY_RANGE,
    "ClassAssertion": AXIOM + AxiomKind.CLASS_ASSERTION,
    "ObjectPropertyAssertion": AXIOM + AxiomKind.OBJECT_PROPERTY_ASSERTION,
    **{
        name: ENTITY + i
        for i, name in enumerate(
            ("Class", "ObjectProperty", "DataProperty", "AnnotationProperty", "NamedIndividual", "Datatype")
        )
    },
}
_LONGEST = 24
_BITS = 6
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_MASK = (1 << 64) - 1
_FIRST_FACTOR, _SECOND_FACTOR, _THIRD_FACTOR = (U(factor) for factor in _FACTORS)
_SHIFT = U(64 - _BITS)


def _table() -> tuple[NDArray[Word], Bytes, Bytes]:
    """Slots by hash, linear probing: three words each, the length, and the code plus one."""
    words = np.zeros((1 << _BITS, 3), np.uint64)
    codes, lengths = np.zeros(1 << _BITS, np.uint8), np.zeros(1 << _BITS, np.uint8)
    for name, code in _CODES.items():
        text = name.encode().ljust(_LONGEST, b"\0")
        three = [int.from_bytes(text[k : k + 8], "little") for k in (0, 8, 16)]
        place = (sum(word * factor for word, factor in zip(three, _FACTORS, strict=True)) & _MASK) >> (64 - _BITS)
        while codes[place]:
            place = (place + 1) % (1 << _BITS)
        words[place], lengths[place], codes[place] = three, len(name), code + 1
    return words.reshape(-1), lengths, codes


_WORDS, _LENGTH, _CODE = _table()


@inlined
def code_of(content: Bytes, at: int, length: int) -> int:
    """The code of a word, or ``UNKNOWN``."""
    if length > _LONGEST:
        return UNKNOWN
    one = eight(content, at, length)
    two = eight(content, at + 8, length - 8) if length > 8 else U(0)
    three = eight(content, at + 16, length - 16) if length > 16 else U(0)
    place = signed((one * _FIRST_FACTOR + two * _SECOND_FACTOR + three * _THIRD_FACTOR) >> _SHIFT)
    while _CODE[place]:
        same = _WORDS[3 * place] == one and _WORDS[3 * place + 1] == two and _WORDS[3 * place + 2] == three
        if same and _LENGTH[place] == length:
            return signed(_CODE[place]) - 1
        place = (place + 1) & ((1 << _BITS) - 1)
    return UNKNOWN
