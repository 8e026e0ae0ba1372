"""Axioms in columns: the form in which hundreds of thousands of them are read, classified and kept.

A table is a sequence of :class:`~kgtwin.model.axioms.Axiom` values that are made when they are asked for. Entities,
class expressions and axioms are numbered from 0 in order of appearance; equal ones share a number. What is frequent in
large ontologies (named classes, ``∃``, ``⊓`` and the axioms of :class:`AxiomKind`) stands in integer arrays, everything
else as a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum, IntFlag
from typing import overload

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DisjointClasses,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)

Ints = NDArray[np.int32]
Offsets = NDArray[np.int64]
Bytes = NDArray[np.uint8]


_FEW = 20_000
_FEW_QUESTIONS = 8
"""A large table answers its first questions by searching, later ones from a dictionary."""


class NodeKind(IntEnum):
    """What a class expression is, and what its columns ``a`` and ``b`` hold."""

    CLASS = 0
    """``a``: the entity."""
    SOME = 1
    """``∃r.C``: ``a`` is the entity r, ``b`` the expression C."""
    AND = 2
    """``C ⊓ D ⊓ …``: the expressions ``operands[a:b]``, as written."""
    VALUE = 3
    """Anything else: ``values[a]``."""


class AxiomKind(IntEnum):
    """What an axiom is, and what its ``args`` hold (expressions C, D; entities r, a)."""

    SUB_CLASS_OF = 0
    """C, D"""
    EQUIVALENT_CLASSES = 1
    """C, D, …"""
    DISJOINT_CLASSES = 2
    """C, D, …"""
    SUB_OBJECT_PROPERTY_OF = 3
    """The chain's roles, then the one above."""
    TRANSITIVE_OBJECT_PROPERTY = 4
    """r"""
    OBJECT_PROPERTY_DOMAIN = 5
    """r, C"""
    OBJECT_PROPERTY_RANGE = 6
    """r, C"""
    CLASS_ASSERTION = 7
    """a, C"""
    OBJECT_PROPERTY_ASSERTION = 8
    """r, a, b"""
    VALUE = 9
    """Anything else: the index of ``axiom_values``."""


class Declared(IntFlag):
    """What an entity was declared as, or is used as in a column."""

    CLASS = 1
    OBJECT_PROPERTY = 2
    DATA_PROPERTY = 4
    ANNOTATION_PROPERTY = 8
    NAMED_INDIVIDUAL = 16
    DATATYPE = 32


class AxiomTable(Sequence[Axiom]):
    """Immutable. Shapes: E entities, N expressions, M axioms.

    - ``names`` uint8 (bytes of all IRIs in UTF-8), ``name_ends`` int64 (E,), ``declared`` uint8 (E,)
    - ``node_kind`` uint8 (N,), ``node_a`` and ``node_b`` int32 (N,), ``operands`` int32, ``values``
    - ``axiom_kind`` uint8 (M,), ``arg_ends`` int64 (M,), ``args`` int32, ``axiom_values``
    - ``axiom_at`` int64 (M,): the byte where an axiom begins in its file, or -1

    An expression comes after its parts; no two expressions are equal.

    >>> a, b = Class("http://x/A"), Class("http://x/B")
    >>> table = AxiomTable.of([SubClassOf(a, ObjectSomeValuesFrom("http://x/r", b))])
    >>> table[0].sup
    ObjectSomeValuesFrom(property='http://x/r', filler=Class(iri='http://x/B'))
    """

    def __init__(
        self,
        *,
        names: Bytes,
        name_ends: Offsets,
        declared: Bytes,
        node_kind: Bytes,
        node_a: Ints,
        node_b: Ints,
        operands: Ints,
        axiom_kind: Bytes,
        arg_ends: Offsets,
        args: Ints,
        axiom_at: Offsets,
        values: tuple[ClassExpression, ...] = (),
        axiom_values: tuple[Axiom, ...] = (),
    ) -> None:
        self.names, self.name_ends, self.declared = names, name_ends, declared
        self.node_kind, self.node_a, self.node_b, self.operands = node_kind, node_a, node_b, operands
        self.axiom_kind, self.arg_ends, self.args, self.axiom_at = axiom_kind, arg_ends, args, axiom_at
        self.values, self.axiom_values = values, axiom_values
        self._expressions: dict[int, ClassExpression] = {}
        self.iris: list[str] | None = None
        self.numbers: dict[str, int] | None = None
        """The IRIs of all entities, and the entities by them: there once so many have been asked for that it pays."""
        self._class_nodes: Ints | None = None
        self._asked: dict[str, int | None] = {}

    @classmethod
    def of(cls, axioms: Iterable[Axiom], classes: Iterable[str] = ()) -> AxiomTable:
        """The table of axioms; ``classes`` are declared ones."""
        from kgtwin.model.table_builder import TableBuilder  # noqa: PLC0415 - it makes tables

        builder = TableBuilder()
        for iri in classes:
            builder.declare(iri, Declared.CLASS)
        for axiom in axioms:
            builder.add(axiom)
        return builder.table()

    # entities

    @property
    def entity_count(self) -> int:
        return len(self.name_ends)

    def iri(self, entity: int) -> str:
        """The IRI of an entity."""
        if self.iris is not None:
            return self.iris[entity]
        start = int(self.name_ends[entity - 1]) if entity else 0
        return self.names[start : self.name_ends[entity]].tobytes().decode()

    def entity_of(self, iri: str) -> int | None:
        """The number of an entity, or None where no axiom or declaration names it."""
        if self.numbers is not None:
            return self.numbers.get(iri)
        if self.entity_count > _FEW and len(self._asked) < _FEW_QUESTIONS:
            if iri not in self._asked:
                self._asked[iri] = self._search(iri.encode())
            return self._asked[iri]
        names, ends = self.names.tobytes(), self.name_ends.tolist()
        self.iris = [names[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
        self.numbers = {one: entity for entity, one in enumerate(self.iris)}
        return self.numbers.get(iri)

    def _search(self, name: bytes) -> int | None:
        """Looks through the names of the right length."""
        starts = np.concatenate([np.zeros(1, np.int64), self.name_ends[:-1]])
        candidates = np.flatnonzero(self.name_ends - starts == len(name))
        for place in range(len(name) - 1, -1, -1):
            candidates = candidates[self.names[starts[candidates] + place] == name[place]]
            if not len(candidates):
                return None
        return int(candidates[0]) if len(candidates) else None

    def class_node(self, entity: int) -> int | None:
        """The expression that is a named class, or None where no axiom uses it."""
        if self._class_nodes is None:
            self._class_nodes = np.full(self.entity_count, -1, np.int32)
            classes = np.flatnonzero(self.node_kind == NodeKind.CLASS)
            self._class_nodes[self.node_a[classes]] = classes
        found = int(self._class_nodes[entity])
        return None if found < 0 else found

    # expressions

    def expression(self, number: int) -> ClassExpression:
        """The class expression of a number."""
        found = self._expressions.get(number)
        if found is None:
            found = self._expressions[number] = self._expression(number)
        return found

    def _expression(self, number: int) -> ClassExpression:
        a, b = int(self.node_a[number]), int(self.node_b[number])
        match self.node_kind[number]:
            case NodeKind.CLASS:
                return Class(self.iri(a))
            case NodeKind.SOME:
                return ObjectSomeValuesFrom(self.iri(a), self.expression(b))
            case NodeKind.AND:
                return ObjectIntersectionOf(tuple(self.expression(int(one)) for one in self.operands[a:b]))
        return self.values[a]

    # axioms

    def __len__(self) -> int:
        return len(self.axiom_kind)

    @overload
    def __getitem__(self, index: int) -> Axiom: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Axiom, ...]: ...
    def __getitem__(self, index: int | slice) -> Axiom | tuple[Axiom, ...]:
        if isinstance(index, slice):
            return tuple(self._axiom(i) for i in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._axiom(index % len(self))

    def __iter__(self) -> Iterator[Axiom]:
        return map(self._axiom, range(len(self)))

    def arguments(self, index: int) -> Ints:
        """The arguments of an axiom, as its kind says."""
        start = int(self.arg_ends[index - 1]) if index else 0
        return self.args[start : self.arg_ends[index]]

    def _axiom(self, index: int) -> Axiom:  # noqa: PLR0911 - one a kind
        args = [int(one) for one in self.arguments(index)]
        kind = AxiomKind(self.axiom_kind[index])
        if kind is AxiomKind.VALUE:
            return self.axiom_values[args[0]]
        if kind <= AxiomKind.DISJOINT_CLASSES:
            return self._over_classes(kind, tuple(self.expression(one) for one in args))
        if kind is AxiomKind.CLASS_ASSERTION:
            return ClassAssertion(self.iri(args[0]), self.expression(args[1]))
        first = self.iri(args[0])
        if kind is AxiomKind.OBJECT_PROPERTY_DOMAIN:
            return ObjectPropertyDomain(first, self.expression(args[1]))
        if kind is AxiomKind.OBJECT_PROPERTY_RANGE:
            return ObjectPropertyRange(first, self.expression(args[1]))
        iris = tuple(self.iri(one) for one in args)
        if kind is AxiomKind.TRANSITIVE_OBJECT_PROPERTY:
            return TransitiveObjectProperty(first)
        if kind is AxiomKind.SUB_OBJECT_PROPERTY_OF:
            return SubObjectPropertyOf(iris[:-1], iris[-1])
        return ObjectPropertyAssertion(*iris)

    @staticmethod
    def _over_classes(kind: AxiomKind, operands: tuple[ClassExpression, ...]) -> Axiom:
        if kind is AxiomKind.SUB_CLASS_OF:
            return SubClassOf(*operands)
        return EquivalentClasses(operands) if kind is AxiomKind.EQUIVALENT_CLASSES else DisjointClasses(operands)
