"""The compiled builder: tokens to columns.

A stack machine. What it has no case for, wrong arguments included, leaves the axiom to the general reader, which says
what is wrong or knows the construct. A term on the stack is a number times eight plus what it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import AxiomKind, Bytes, Ints, Offsets
from kgtwin.ontology.fast import constructs as is_
from kgtwin.ontology.fast.interning import FULL, OPERANDS, Names, Nodes, conjunction, named, some
from kgtwin.ontology.fast.tokens import (
    ANONYMOUS,
    BUILT,
    CLOSE,
    END,
    LITERAL,
    NAMED,
    OPEN,
    TOKENS,
    UNNAMED,
    Block,
)

ROWS, ARGS, SPANS, TERMS = range(7, 11)
DONE, LATER = 0, -40
PUT_OFF = 255
"""The kind of a row that stands for an axiom which the general reader reads."""

_NODE, _CHAIN, _LINK, _DECLARED = 8, 9, 10, 11
"""What a term is, beside ``NAMED``, ``ANONYMOUS``, ``UNNAMED`` and ``LITERAL``."""
_ROLE, _INDIVIDUAL = 2, 16
_SUB_CLASS_OF, _DISJOINT = int(AxiomKind.SUB_CLASS_OF), int(AxiomKind.DISJOINT_CLASSES)
_SUB_ROLE, _TRANSITIVE = int(AxiomKind.SUB_OBJECT_PROPERTY_OF), int(AxiomKind.TRANSITIVE_OBJECT_PROPERTY)
_TYPE, _RELATION = int(AxiomKind.CLASS_ASSERTION), int(AxiomKind.OBJECT_PROPERTY_ASSERTION)


class Rows(NamedTuple):
    """Axioms, as in :class:`~kgtwin.model.axiom_table.AxiomTable`; ``spans``: begin and end of those put off."""

    kind: Bytes
    arg_ends: Offsets
    args: Ints
    at: Offsets
    spans: Offsets
    used: Offsets


class Stack(NamedTuple):
    """What a term is, its number; for each open construct its code and its first term."""

    what: Bytes
    number: Ints
    codes: Ints
    bases: Ints


@kernel
def build(block: Block, names: Names, nodes: Nodes, rows: Rows, stack: Stack) -> int:
    """Adds the axioms of a block to the columns; which table is full, from whose axiom on it can be called again."""
    while block.used[BUILT] < block.used[TOKENS]:
        at, begin = block.used[BUILT], block.tokens[block.used[BUILT]] >> 3
        if rows.used[0] >= len(rows.kind):
            return FULL - ROWS
        found = LATER
        if block.tokens[at + 1] & 7 == OPEN:
            found = _axiom(block, at + 1, begin, names, nodes, rows, stack)
        if found == LATER:
            found = _put_off(block, at, begin, rows)
        if found < 0:
            return found
        block.used[BUILT] = found
    return DONE


@inlined
def _put_off(block: Block, at: int, begin: int, rows: Rows) -> int:
    """Notes the span of an axiom for the general reader; the place of the next one's tokens."""
    if rows.used[2] + 2 > len(rows.spans):
        return FULL - SPANS
    while block.tokens[at] & 7 != END:
        at += 1
    rows.spans[rows.used[2]] = begin
    rows.spans[rows.used[2] + 1] = block.tokens[at] >> 3
    rows.used[2] += 2
    _end_row(rows, PUT_OFF, begin, 0)
    return at + 1


@inlined
def _end_row(rows: Rows, kind: int, begin: int, length: int) -> None:
    """The arguments behind the last ones become an axiom's."""
    number = rows.used[0]
    rows.kind[number] = kind
    rows.at[number] = begin
    rows.used[1] += length
    rows.arg_ends[number] = rows.used[1]
    rows.used[0] = number + 1


@inlined
def _axiom(
    block: Block, at: int, begin: int, names: Names, nodes: Nodes, rows: Rows, stack: Stack
) -> int:
    """Builds an axiom, declaration or annotation from its ``OPEN`` on; the place of the next one's tokens."""
    depth, top, code = -1, 0, 0
    while True:
        token = block.tokens[at]
        what, number = token & 7, token >> 3
        at += 1
        if what == CLOSE:
            top = _closed(code, stack.bases[depth], top, begin, names, nodes, rows, stack)
            if top < 0:
                return top
            depth -= 1
            if depth < 0:
                return at + 1
            code = stack.codes[depth]
            continue
        if top >= len(stack.what):
            return FULL - TERMS
        if what == OPEN:
            if not _may_open(code, number, depth):
                return LATER
            code = number
            if code == is_.CHAIN:
                stack.what[top] = _CHAIN
                top += 1
            depth += 1
            stack.codes[depth], stack.bases[depth] = code, top
            continue
        stack.what[top] = what
        stack.number[top] = block.entities[number] if what <= ANONYMOUS else 0
        top += 1


@inlined
def _may_open(outer: int, inner: int, depth: int) -> bool:
    """Whether a construct may stand in another one, ``depth`` levels below an axiom."""
    if depth < 0:
        return inner >= is_.DECLARATION
    if inner == is_.ANNOTATION:
        return depth == 0 or outer == is_.ANNOTATION
    if inner <= is_.CHAIN:
        return outer >= is_.AXIOM or outer <= is_.SOME
    return is_.ENTITY <= inner < is_.DECLARATION and outer == is_.DECLARATION


@inlined
def _closed(
    code: int, base: int, top: int, begin: int, names: Names, nodes: Nodes, rows: Rows, stack: Stack
) -> int:
    """Ends a construct with the terms from ``base`` to ``top``: where the stack then ends, or a status below 0."""
    if code == is_.SOME:
        return _some(base, top, names, nodes, stack)
    if code == is_.AND:
        return _and(base, top, names, nodes, stack)
    if code >= is_.AXIOM:
        if rows.used[1] + top > len(rows.args):
            return FULL - ARGS
        kind = code - is_.AXIOM
        length = _arguments(kind, top, names, nodes, rows, stack)
        if length < 0:
            return length
        _end_row(rows, kind, begin, length)
        return 0
    return _other(code, base, top, names, stack)


@inlined
def _class(k: int, names: Names, nodes: Nodes, stack: Stack) -> int:
    """The class expression that a term is."""
    if stack.what[k] == _NODE:
        return stack.number[k]
    return named(names, nodes, stack.number[k]) if stack.what[k] == NAMED else LATER


@inlined
def _role(k: int, names: Names, stack: Stack) -> int:
    """The property that a term is."""
    if stack.what[k] != NAMED:
        return LATER
    names.declared[stack.number[k]] |= _ROLE
    return stack.number[k]


@inlined
def _individual(k: int, names: Names, stack: Stack) -> int:
    """The individual that a term is."""
    if stack.what[k] != NAMED and stack.what[k] != ANONYMOUS:
        return LATER
    names.declared[stack.number[k]] |= _INDIVIDUAL
    return stack.number[k]


@inlined
def _push(node: int, base: int, stack: Stack) -> int:
    """Puts an expression on the stack; its new end, or the status that the number is."""
    stack.what[base], stack.number[base] = _NODE, node
    return base + 1 if node >= 0 else node


@inlined
def _some(base: int, top: int, names: Names, nodes: Nodes, stack: Stack) -> int:
    if top != base + 2:
        return LATER
    role, filler = _role(base, names, stack), _class(base + 1, names, nodes, stack)
    if role < 0 or filler < 0:
        return role if role < 0 else filler
    return _push(some(nodes, role, filler), base, stack)


@inlined
def _and(base: int, top: int, names: Names, nodes: Nodes, stack: Stack) -> int:
    length, start = top - base, nodes.used[1]
    if length < 2:
        return LATER
    if start + length > len(nodes.operands):
        return FULL - OPERANDS
    for k in range(length):
        operand = _class(base + k, names, nodes, stack)
        if operand < 0:
            return operand
        nodes.operands[start + k] = operand
    return _push(conjunction(nodes, length), base, stack)


@part
def _other(code: int, base: int, top: int, names: Names, stack: Stack) -> int:
    """Ends a chain, an annotation, or what has to do with declarations."""
    what, length = stack.what, top - base
    if code == is_.CHAIN:
        for k in range(base, top):
            if what[k] != NAMED:
                return LATER
            what[k] = _LINK
        stack.number[base - 1] = length
        return top if length > 1 else LATER
    if code == is_.ANNOTATION:
        return base if length == 2 and what[base] == UNNAMED else LATER
    if code == is_.ANNOTATION_ASSERTION:
        return 0 if length == 3 and what[0] == UNNAMED and what[1] != LITERAL else LATER
    if code == is_.DECLARATION:
        return 0 if length == 1 and what[0] == _DECLARED else LATER
    if length != 1 or what[base] != NAMED:
        return LATER
    names.declared[stack.number[base]] |= 1 << (code - is_.ENTITY)
    names.stated[stack.number[base]] |= 1 << (code - is_.ENTITY)
    what[base] = _DECLARED
    return base + 1


@inlined
def _arguments(kind: int, top: int, names: Names, nodes: Nodes, rows: Rows, stack: Stack) -> int:
    """Writes the arguments of an axiom behind the last ones; how many, or a status below 0."""
    args, to = rows.args, rows.used[1]
    if kind <= _DISJOINT:
        if top < 2 or (kind == _SUB_CLASS_OF and top != 2):
            return LATER
        for k in range(top):
            found = _class(k, names, nodes, stack)
            if found < 0:
                return found
            args[to + k] = found
        return top
    if kind == _SUB_ROLE:
        return _sub_role(top, names, rows, stack)
    if top != 2 - (kind == _TRANSITIVE) + (kind == _RELATION):
        return LATER
    first = _role(0, names, stack) if kind != _TYPE else _individual(1, names, stack)
    second, third = 0, 0
    if kind == _RELATION:
        second, third = _individual(1, names, stack), _individual(2, names, stack)
        args[to + 2] = third
    elif kind != _TRANSITIVE:
        second = _class(int(kind != _TYPE), names, nodes, stack)
    args[to] = first
    if top > 1:
        args[to + 1] = second
    if first < 0 or second < 0 or third < 0:
        return min(first, second, third)
    return top


@part
def _sub_role(top: int, names: Names, rows: Rows, stack: Stack) -> int:
    """Writes the roles of a chain and the one above; how many."""
    to, start = rows.used[1], 0
    if top and stack.what[0] == _CHAIN:
        start = 1
        if top != 2 + stack.number[0]:
            return LATER
    elif top != 2:
        return LATER
    for k in range(start, top):
        if stack.what[k] != (_LINK if start and k < top - 1 else NAMED):
            return LATER
        names.declared[stack.number[k]] |= _ROLE
        rows.args[to + k - start] = stack.number[k]
    return top - start
