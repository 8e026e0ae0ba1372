"""The compiled builder: tokens to columns.

A stack machine. What it has no case for, wrong arguments included, leaves the axiom to the general reader, which says
what is wrong or knows the construct. A term on the stack is a number times eight plus what it is.
"""

from __future__ import annotations

from typing import NamedTuple

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import AxiomKind, Bytes, Ints, Offsets
from kgtwin.ontology.fast import constructs as is_
from kgtwin.ontology.fast.interning import FULL, OPERANDS, Names, Nodes, conjunction, entity, named, some
from kgtwin.ontology.fast.tokens import (
    ANONYMOUS,
    BUILT,
    CLOSE,
    END,
    LITERAL,
    NAME_COUNT,
    NAMED,
    NUMBERED,
    OPEN,
    TOKENS,
    UNNAMED,
    Block,
)
from kgtwin.ontology.fast.words import signed

ROWS, ARGS, SPANS, TERMS = range(7, 11)
DONE, LATER = 0, -40
PUT_OFF = 255
"""The kind of a row that stands for an axiom which the general reader reads."""

_NODE, _CHAIN, _LINK, _DECLARED = 8, 9, 10, 11
"""What a term is, beside ``NAMED``, ``ANONYMOUS``, ``UNNAMED`` and ``LITERAL``."""
_ROLE, _INDIVIDUAL = 2, 16
_SUB_CLASS_OF, _DISJOINT = int(AxiomKind.SUB_CLASS_OF), int(AxiomKind.DISJOINT_CLASSES)
_SUB_ROLE, _TRANSITIVE = int(AxiomKind.SUB_OBJECT_PROPERTY_OF), int(AxiomKind.TRANSITIVE_OBJECT_PROPERTY)
_DOMAIN = int(AxiomKind.OBJECT_PROPERTY_DOMAIN)
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
    number: Offsets
    codes: Offsets
    bases: Offsets


@kernel
def number(block: Block, names: Names) -> int:
    """Numbers the names of a block; which table is full, from whose name on it can be called again."""
    for k in range(block.used[NUMBERED], block.used[NAME_COUNT]):
        begin = signed(block.ends[k - 1]) if k else signed(0)
        found = entity(names, block.pool, begin, signed(block.ends[k]) - begin, block.hashes[k])
        if found < 0:
            return found
        block.entities[k] = found
        block.used[NUMBERED] = k + 1
    return DONE


@kernel
def build(block: Block, names: Names, nodes: Nodes, rows: Rows, stack: Stack) -> int:
    """Adds the axioms of a block to the columns; which table is full, from whose axiom on it can be called again."""
    while block.used[BUILT] < block.used[TOKENS]:
        at = signed(block.used[BUILT])
        begin = signed(block.tokens[at]) >> 3
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
def _axiom(block: Block, at: int, begin: int, names: Names, nodes: Nodes, rows: Rows, stack: Stack) -> int:
    """Builds an axiom, declaration or annotation from its ``OPEN`` on; the place of the next one's tokens."""
    depth, top, code = signed(-1), signed(0), signed(0)
    while True:
        token = signed(block.tokens[at])
        what, number = token & 7, token >> 3
        at += 1
        if what == CLOSE:
            top = _closed(code, signed(stack.bases[depth]), top, begin, names, nodes, rows, stack)
            if top < 0:
                return top
            depth -= 1
            if depth < 0:
                return at + 1
            code = signed(stack.codes[depth])
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
def _closed(code: int, base: int, top: int, begin: int, names: Names, nodes: Nodes, rows: Rows, stack: Stack) -> int:
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
        return signed(stack.number[k])
    return named(names, nodes, signed(stack.number[k])) if stack.what[k] == NAMED else LATER


@inlined
def _role(k: int, names: Names, stack: Stack) -> int:
    """The property that a term is."""
    if stack.what[k] != NAMED:
        return LATER
    names.declared[stack.number[k]] |= _ROLE
    return signed(stack.number[k])


@inlined
def _individual(k: int, names: Names, stack: Stack) -> int:
    """The individual that a term is."""
    if stack.what[k] != NAMED and stack.what[k] != ANONYMOUS:
        return LATER
    names.declared[stack.number[k]] |= _INDIVIDUAL
    return signed(stack.number[k])


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
    length, start = top - base, signed(nodes.used[1])
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
    """Ends a chain, a declared entity, an annotation, a declaration."""
    if code == is_.CHAIN:
        return _chain(base, top, stack)
    if is_.ENTITY <= code < is_.DECLARATION:
        return _declared(1 << (code - is_.ENTITY), base, top, names, stack)
    length, what = top - base, stack.what[base]
    if code == is_.DECLARATION:
        return base if length == 1 and what == _DECLARED else LATER
    if code == is_.ANNOTATION:
        return base if length == 2 and what == UNNAMED else LATER
    return base if length == 3 and what == UNNAMED and stack.what[base + 1] != LITERAL else LATER


@part
def _chain(base: int, top: int, stack: Stack) -> int:
    """Marks the links of a chain; the term before them tells how many."""
    for k in range(base, top):
        if stack.what[k] != NAMED:
            return LATER
        stack.what[k] = _LINK
    stack.number[base - 1] = top - base
    return top if top > base + 1 else LATER


@part
def _declared(kind: int, base: int, top: int, names: Names, stack: Stack) -> int:
    if top != base + 1 or stack.what[base] != NAMED:
        return LATER
    names.declared[stack.number[base]] |= kind
    names.stated[stack.number[base]] |= kind
    stack.what[base] = _DECLARED
    return top


@inlined
def _arguments(kind: int, top: int, names: Names, nodes: Nodes, rows: Rows, stack: Stack) -> int:
    """Writes the arguments of an axiom behind the last ones; how many, or a status below 0."""
    if kind == _SUB_ROLE:
        return _sub_role(top, names, rows, stack)
    if top != (1 if kind == _TRANSITIVE else 3 if kind == _RELATION else 2) and (top < 2 or not _is_long(kind)):
        return LATER
    to = signed(rows.used[1])
    for k in range(top):
        found = _argument(kind, k, names, nodes, stack)
        if found < 0:
            return found
        rows.args[to + (1 - k if kind == _TYPE else k)] = found
    return top


@inlined
def _is_long(kind: int) -> bool:
    """Whether an axiom may have any number of arguments."""
    return _SUB_CLASS_OF < kind <= _DISJOINT


@inlined
def _argument(kind: int, k: int, names: Names, nodes: Nodes, stack: Stack) -> int:
    """The expression or entity that is an argument as it is written."""
    if kind <= _DISJOINT or (kind == _TYPE and k == 0) or (_DOMAIN <= kind < _TYPE and k == 1):
        return _class(k, names, nodes, stack)
    if kind == _TYPE or (kind == _RELATION and k > 0):
        return _individual(k, names, stack)
    return _role(k, names, stack)


@part
def _sub_role(top: int, names: Names, rows: Rows, stack: Stack) -> int:
    """A chain's roles and the one above."""
    start = int(top > 0 and stack.what[0] == _CHAIN)
    links = signed(stack.number[0]) if start else 0
    if top != (2 + links if start else 2):
        return LATER
    for k in range(start, top):
        if stack.what[k] != (_LINK if start and k <= links else NAMED):
            return LATER
        names.declared[stack.number[k]] |= _ROLE
        rows.args[rows.used[1] + k - start] = stack.number[k]
    return top - start
