"""A program beside what it was made from: names and expressions to atoms and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable, Bytes, Declared, Ints, Offsets
from kgtwin.model.axioms import Class, ClassExpression, DataRange
from kgtwin.reasoning.atoms import Atoms
from kgtwin.reasoning.data_atoms import DataAtom, DataProperties, Waited
from kgtwin.reasoning.derived import Derivations
from kgtwin.reasoning.lowering import Told
from kgtwin.reasoning.nodes import Kind, Nodes
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.polarity import Polarity, spread
from kgtwin.reasoning.program import Program, more
from kgtwin.reasoning.rolebox import RoleBox

if TYPE_CHECKING:
    from kgtwin.reasoning.individuals import Knowledge

MOST_LINKS = 50_000
"""Restrictions of left sides that are looked up by their expression: to read each one costs some microseconds."""
VALUES_KEPT = 50_000
"""Values of which it is kept what is above them."""


class Index:
    """``filler`` (N,) is an existential's filler within the ranges of its role; see the parts for the others."""

    def __init__(
        self,
        *,
        table: AxiomTable,
        told: Told,
        nodes: Nodes,
        filler: Ints,
        polarity: Polarity,
        atoms: Atoms,
        box: RoleBox,
        ranges: dict[int, list[int]],
        program: Program,
        derived: Derivations | None = None,
    ) -> None:
        self.table, self.told, self.nodes, self.filler = table, told, nodes, filler
        self.polarity, self.atoms, self.box, self.program = polarity, atoms, box, program
        self._ranges = ranges
        self._roles_asked: dict[str, int] = {}
        self._range_values: dict[int, tuple[ClassExpression, ...]] = {}
        self.open_ranges: dict[tuple[int, DataRange], tuple[DataRange, ...]] = {}
        """By property and range, the conditions that leave it open, as far as was asked: see ``undecided``."""
        self._above_values: dict[tuple[int, DataRange], tuple[int, ...]] = {}
        self.derived = derived or Derivations()
        self.knowledge: Knowledge | None = None

    def deriving(self, found: Derivations) -> Index:
        """The same with entries for what was found to follow about individuals."""
        found_index = Index(
            table=self.table,
            told=self.told,
            nodes=self.nodes,
            filler=self.filler,
            polarity=self.polarity,
            atoms=self.atoms,
            box=self.box,
            ranges=self._ranges,
            program=more(self.program, *found.rows()),
            derived=self.derived | found,
        )
        found_index.knowledge = self.knowledge
        return found_index

    # names

    @property
    def count(self) -> int:
        """How many atoms there are."""
        return len(self.atoms.node)

    def is_class(self, atom: int) -> bool:
        """Whether an atom is a named class, ``⊤`` or ``⊥``."""
        return atom < self.atoms.named

    def classes_among(self, atoms: Ints) -> Ints:
        """The named classes among atoms, with ``⊤`` and ``⊥``, in the same order."""
        return atoms[atoms < self.atoms.named]

    def class_atoms(self) -> list[int]:
        """The atoms of all named classes, with ``⊤`` and ``⊥``."""
        return list(range(self.atoms.named))

    def other_classes(self) -> list[str]:
        """The named classes that the table does not declare as such."""
        entities, declared = self.atoms.entity[: self.atoms.named], self.table.declared
        known = entities < len(declared)
        known[known] = (declared[entities[known]] & Declared.CLASS) != 0
        return [self.iri(int(entity)) for entity in entities[~known]]

    def iri(self, entity: int) -> str:
        """The IRI of an entity."""
        known = self.table.entity_count
        return self.table.iri(entity) if entity < known else self.nodes.new_entities[entity - known]

    def entity(self, iri: str) -> int | None:
        """The number of an entity, or None."""
        found = self.table.entity_of(iri)
        if found is None and iri in self.nodes.new_entities:
            return self.table.entity_count + self.nodes.new_entities.index(iri)
        return found

    def name(self, atom: int) -> str:
        """The IRI of a named class or an individual."""
        return self.iri(int(self.atoms.entity[atom]))

    def names(self, atoms: Iterable[int]) -> list[str]:
        """The IRIs of named classes and individuals."""
        entities = self.atoms.entity[np.fromiter(atoms, np.int32)].tolist()
        known = self.table.iris
        if known is not None and max(entities, default=0) < len(known):
            return [known[entity] for entity in entities]
        return [self.iri(entity) for entity in entities]

    def all_names(self) -> tuple[Bytes, Offsets]:
        """The names of all entities, those that the table does not have included, kept as in an :class:`AxiomTable`."""
        table, new = self.table, [iri.encode() for iri in self.nodes.new_entities]
        ends = len(table.names) + np.cumsum([len(name) for name in new])
        names = np.concatenate([table.names, np.frombuffer(b"".join(new), np.uint8)])
        return names, np.concatenate([table.name_ends, ends.astype(np.int64)])

    def class_atom(self, iri: str) -> int | None:
        """The atom of a named class, or None where the ontology has no such class."""
        known = self.table.numbers
        entity = None if known is None else known.get(iri)
        if entity is None:
            return self._atom_of(iri, self._classes)
        atom: int = self._classes.item(entity)
        return None if atom < 0 else atom

    def individual_atom(self, iri: str) -> int | None:
        """The atom of a named individual, or None."""
        return self._atom_of(iri, self._individuals) if self.atoms.proper > self.atoms.named else None

    def role(self, iri: str) -> int | None:
        """The number of an object property, or None."""
        found = self._roles_asked.get(iri)
        if found is None:
            entity = self.entity(iri)
            found = None if entity is None else self.box.number.get(entity)
            if found is not None:
                self._roles_asked[iri] = found
        return found

    def _atom_of(self, iri: str, atoms: Ints) -> int | None:
        entity = self.entity(iri)
        atom: int = -1 if entity is None else atoms.item(entity)
        return None if atom < 0 else atom

    @cached_property
    def _classes(self) -> Ints:
        return self._by_entity(0, self.atoms.named)

    @cached_property
    def _individuals(self) -> Ints:
        return self._by_entity(self.atoms.named, self.atoms.proper)

    def _by_entity(self, first: int, last: int) -> Ints:
        found = np.full(self.table.entity_count + len(self.nodes.new_entities), -1, np.int32)
        found[self.atoms.entity[first:last]] = np.arange(first, last)
        return found

    @cached_property
    def individuals(self) -> tuple[str, ...]:
        """The IRIs of the individuals."""
        return tuple(self.name(atom) for atom in range(self.atoms.named, self.atoms.proper))

    @cached_property
    def assertions(self) -> tuple[owl.Assertion, ...]:
        """What the ontology itself asserts about individuals."""
        if self.atoms.named == self.atoms.proper:
            return ()
        kinds = (owl.ClassAssertion, owl.ObjectPropertyAssertion, owl.DataPropertyAssertion)
        return tuple(axiom for axiom in self.table if isinstance(axiom, kinds))

    # expressions

    def expression(self, node: int) -> ClassExpression:
        """The class expression of a node, as written where it stands in an axiom."""
        if node < len(self.table.node_kind):
            return self.table.expression(node)
        kind, a, b = Kind(self.nodes.kind[node]), int(self.nodes.a[node]), int(self.nodes.b[node])
        match kind:
            case Kind.CLASS:
                return Class(self.iri(a))
            case Kind.SOME:
                return owl.ObjectSomeValuesFrom(self.iri(a), self.expression(b))
            case Kind.AND | Kind.OR:
                operands = tuple(self.expression(int(one)) for one in self.nodes.operands[a:b])
                return owl.ObjectIntersectionOf(operands) if kind is Kind.AND else owl.ObjectUnionOf(operands)
            case Kind.NOT:
                return owl.ObjectComplementOf(self.expression(a))
            case Kind.NOMINAL:
                return owl.ObjectOneOf((self.iri(a),))
            case Kind.SELF:
                return owl.ObjectHasSelf(self.iri(a))
            case Kind.DATA:
                return owl.DataSomeValuesFrom(self.iri(a), self.nodes.ranges[b])
        return self._opaque_by_node[node]

    def value(self, atom: int) -> ClassExpression:
        """The class expression that an atom stands for."""
        node = int(self.atoms.node[atom])
        return Class(self.name(atom)) if node < 0 else self.expression(node)

    def opaque(self, expression: ClassExpression) -> int | None:
        """The atom of an expression that is taken as it stands, or None where no left side has it."""
        node = self.nodes.opaque.get(expression)
        atom = -1 if node is None else int(self.atoms.of_node[node])
        return None if atom < 0 else atom

    def waited_link(self, expression: ClassExpression) -> int | None:
        """The atom that is derived of what meets an existential restriction; None where none is, or there are too many.

        Where a left side is nothing but the restriction, what it leads to is derived, and the restriction is not.
        """
        return self._waited_links.get(expression)

    @cached_property
    def _waited_links(self) -> dict[ClassExpression, int]:
        found = np.flatnonzero((self.nodes.kind == Kind.SOME) & self.polarity.negative & (self.atoms.of_node >= 0))
        found = found[np.isin(self.atoms.of_node[found], self.program.waits.columns[1])]
        if len(found) > MOST_LINKS:
            return {}
        return {self.expression(node): int(self.atoms.of_node[node]) for node in found.tolist()}

    @cached_property
    def _opaque_by_node(self) -> dict[int, ClassExpression]:
        return {node: expression for expression, node in self.nodes.opaque.items()}

    def told_links(self, atoms: Ints) -> list[Pair]:
        """What atoms say that they are linked to, as (role, target)."""
        entries = self.program.links
        places, _ = spread(entries.starts[atoms], entries.starts[atoms + 1])
        return list(zip(*entries.columns[:, places].tolist(), strict=True)) if len(places) else []

    # ranges and data

    def ranges(self, role: int) -> tuple[ClassExpression, ...]:
        """The ranges of a role and of those above it."""
        found = self._range_values.get(role)
        if found is None:
            found = self._range_values[role] = tuple(self.expression(node) for node in self.range_nodes(role))
        return found

    def range_nodes(self, role: int) -> list[int]:
        """The same as nodes."""
        return self._ranges.get(self.box.entity[role], [])

    @cached_property
    def data_properties(self) -> DataProperties:
        """The data properties with their hierarchy and ranges."""
        return DataProperties(self.told)

    @cached_property
    def waited_data(self) -> Waited:
        """The restrictions on data values that left sides wait for."""
        return Waited(self._data(self.polarity.negative))

    def above_value(self, data_property: int, value: DataRange) -> tuple[int, ...]:
        """The atoms above a value of a property: kept, as many patients have the same ones."""
        found = self._above_values.get((data_property, value))
        if found is None:
            if len(self._above_values) >= VALUES_KEPT:
                self._above_values.clear()
            rows = self.data_properties.entailed(DataAtom(-1, data_property, value), self.waited_data)
            found = self._above_values[data_property, value] = tuple(head for _, head, _ in rows)
        return found

    @cached_property
    def asserted_data(self) -> list[DataAtom]:
        """Those that right sides assert."""
        return self._data(self.polarity.positive)

    def _data(self, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[DataAtom]:
        nodes = self.nodes
        found = np.flatnonzero((nodes.kind == Kind.DATA) & mask).tolist()
        return [DataAtom(int(self.atoms.of_node[n]), int(nodes.a[n]), nodes.ranges[nodes.b[n]]) for n in found]
