"""From axioms in columns to inclusions between nodes: whatever OWL 2 EL can say, brought down to a few forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Ints
from kgtwin.model.axioms import Axiom, Class, ClassExpression, DataRange
from kgtwin.model.data_ranges import Datatype
from kgtwin.reasoning.nodes import Kind, NodeBuilder, Nodes
from kgtwin.reasoning.proxies import reached_by, stand_in
from kgtwin.reasoning.rolebox import Inclusion, ToldRoles, ring
from kgtwin.vocabulary import OWL, RDFS

ANY_VALUE = Datatype(RDFS + "Literal")


Columns = tuple[Ints, Ints, Ints]


class Told(NamedTuple):
    """What an ontology says, lowered: ``sub[i] ⊑ sup[i]`` by the axiom of index ``axiom[i]``, int32 each.

    ``disjoint`` has groups of nodes with their axiom, ``ranges`` the ranges of object properties as (role's entity,
    node, axiom), ``data_ranges`` those of data properties, ``functional`` the functional data properties.
    ``rules`` and ``keys`` are the axioms about named individuals; ``proxies`` the nodes that stand in for others there.
    """

    nodes: Nodes
    sub: Ints
    sup: Ints
    axiom: Ints
    roles: ToldRoles
    disjoint: Sequence[tuple[Ints, int]]
    ranges: Sequence[tuple[int, int, int]]
    data_inclusions: Sequence[Inclusion]
    data_ranges: Sequence[tuple[int, DataRange, int]]
    functional: Sequence[tuple[int, int]]
    rules: Sequence[int]
    keys: Sequence[int]
    proxies: frozenset[int]


def lower(table: AxiomTable) -> Told:
    """The inclusions of a table's axioms."""
    return _Lowering(table).told()


class _Lowering:
    def __init__(self, table: AxiomTable) -> None:
        self.table = table
        self.nodes = NodeBuilder(table)
        self.parts: list[Columns] = []
        self.few: list[tuple[int, int, int]] = []
        self.roles: dict[int, None] = {}
        self.selfs: dict[int, None] = {}
        self.inclusions: list[Inclusion] = []
        self.chains: list[tuple[tuple[int, ...], int, int]] = []
        self.disjoint: list[tuple[Ints, int]] = []
        self.ranges: list[tuple[int, int, int]] = []
        self.data_inclusions: list[Inclusion] = []
        self.data_ranges: list[tuple[int, DataRange, int]] = []
        self.functional: list[tuple[int, int]] = []
        self.rules: list[int] = []
        self.keys: list[int] = []
        self._classes()
        for index in np.flatnonzero(_is(table, AxiomKind.SUB_OBJECT_PROPERTY_OF, AxiomKind.OBJECT_PROPERTY_RANGE)):
            self._about_role(int(index))
        self._assertions()
        for index in np.flatnonzero(table.axiom_kind == AxiomKind.VALUE):
            self._value(int(index), table[int(index)])

    def told(self) -> Told:
        columns = [np.array(one, np.int32) for one in zip(*self.few, strict=True)] if self.few else []
        parts = [*self.parts, *([tuple(columns)] if columns else [])]
        sub, sup, axiom = (np.concatenate([part[i] for part in parts] or [np.zeros(0, np.int32)]) for i in range(3))
        sub, sup = self.nodes.actual(sub), self.nodes.actual(sup)
        self._universal_ranges(sub, sup, axiom)
        sub, sup, axiom = self._with_ranges(sub, sup, axiom, self._reached())
        nodes = self.nodes.nodes()
        return Told(
            nodes=nodes,
            sub=sub,
            sup=sup,
            axiom=axiom,
            roles=self._told_roles(nodes),
            disjoint=[(self.nodes.actual(group), index) for group, index in self.disjoint],
            ranges=[(role, int(self.nodes.actual(np.array([node], np.int32))[0]), k) for role, node, k in self.ranges],
            data_inclusions=self.data_inclusions,
            data_ranges=self.data_ranges,
            functional=self.functional,
            rules=self.rules,
            keys=self.keys,
            proxies=frozenset(self.nodes.proxies),
        )

    # columns

    def _classes(self) -> None:
        """SubClassOf and EquivalentClasses; DisjointClasses; domains as ``∃r.⊤ ⊑ D``."""
        table = self.table
        rows, starts, lengths = _rows(table, AxiomKind.SUB_CLASS_OF)
        self.parts.append((table.args[starts], table.args[starts + 1], rows))
        rows, starts, lengths = _rows(table, AxiomKind.EQUIVALENT_CLASSES)
        pair = lengths == 2
        one, other = table.args[starts[pair]], table.args[starts[pair] + 1]
        self.parts += [(one, other, rows[pair]), (other, one, rows[pair])]
        for row, start, length in zip(rows[~pair], starts[~pair], lengths[~pair], strict=True):
            self._ring([int(node) for node in table.args[start : start + length]], int(row))
        rows, starts, lengths = _rows(table, AxiomKind.DISJOINT_CLASSES)
        for row, start, length in zip(rows, starts, lengths, strict=True):
            self.disjoint.append((table.args[start : start + length], int(row)))
        rows, starts, _ = _rows(table, AxiomKind.OBJECT_PROPERTY_DOMAIN)
        for row, start in zip(rows, starts, strict=True):
            some = self.nodes.some(table.iri(int(table.args[start])), self.nodes.top)
            self.few.append((some, int(table.args[start + 1]), int(row)))

    def _assertions(self) -> None:
        table = self.table
        rows, starts, _ = _rows(table, AxiomKind.CLASS_ASSERTION)
        for row, start in zip(rows, starts, strict=True):
            individual = self.nodes.nominal(table.iri(int(table.args[start])))
            self.few.append((individual, int(table.args[start + 1]), int(row)))
        rows, starts, _ = _rows(table, AxiomKind.OBJECT_PROPERTY_ASSERTION)
        for row, start in zip(rows, starts, strict=True):
            role, one, other = (table.iri(int(entity)) for entity in table.args[start : start + 3])
            self.few.append((self.nodes.nominal(one), self.nodes.some(role, self.nodes.nominal(other)), int(row)))
            self.nodes.nominal(other)

    def _about_role(self, index: int) -> None:
        kind = self.table.axiom_kind[index]
        args = [int(one) for one in self.table.arguments(index)]
        if kind == AxiomKind.OBJECT_PROPERTY_RANGE:
            self.ranges.append((args[0], args[1], index))
            self.roles[args[0]] = None
            return
        self.roles.update(dict.fromkeys(args))
        if kind == AxiomKind.TRANSITIVE_OBJECT_PROPERTY:
            self.chains.append(((args[0], args[0]), args[0], index))
        elif len(args) == 2:
            self.inclusions.append(Inclusion(args[0], args[1], index))
        else:
            self.chains.append((tuple(args[:-1]), args[-1], index))

    # axioms that are no rows

    def _value(self, k: int, axiom: Axiom) -> None:
        match axiom:
            case owl.DisjointUnion(cls, operands):
                nodes = [self.nodes.lower(one) for one in operands]
                self.few += [(node, self.nodes.named(cls), k) for node in nodes]
                self.few.append((self.nodes.named(cls), self.nodes.either(nodes), k))
                self.disjoint.append((np.array(nodes, np.int32), k))
            case owl.EquivalentObjectProperties(operands):
                entities = [self._role(one) for one in operands]
                self.inclusions += ring(entities, k)
            case owl.ReflexiveObjectProperty(role):
                self.few.append((self.nodes.top, self.nodes.loop(role), k))
            case owl.IrreflexiveObjectProperty(role):
                self.few.append((self.nodes.loop(role), self.nodes.bottom, k))
            case owl.SameIndividual(individuals):
                self._ring([self.nodes.nominal(one) for one in individuals], k)
            case owl.DifferentIndividuals(individuals):
                self.disjoint.append((np.array([self.nodes.nominal(one) for one in individuals], np.int32), k))
            case owl.NegativeObjectPropertyAssertion(role, subject, target):
                some = self.nodes.some(role, self.nodes.nominal(target))
                self.few.append((self.nodes.both((self.nodes.nominal(subject), some)), self.nodes.bottom, k))
            case owl.HasKey(cls, roles, data_properties):
                self.keys.append(k)
                self._asked(cls, k)
                self.roles.update((self.nodes.entity(role), None) for role in roles)
                for one in data_properties:
                    self.nodes.entity(one)
            case owl.DLSafeRule(body, head):
                self.rules.append(k)
                for atom in body:
                    self._rule_atom(atom, k, self._asked)
                for atom in head:
                    self._rule_atom(atom, k, self._concluded)
            case _:
                self._data(k, axiom)

    def _data(self, k: int, axiom: Axiom) -> None:
        nodes = self.nodes
        match axiom:
            case owl.DataPropertyAssertion(data_property, subject, value):
                self.few.append((nodes.nominal(subject), nodes.data(data_property, value), k))
            case owl.NegativeDataPropertyAssertion(data_property, subject, value):
                both = nodes.both((nodes.nominal(subject), nodes.data(data_property, value)))
                self.few.append((both, nodes.bottom, k))
            case owl.DataPropertyDomain(data_property, domain):
                self.few.append((nodes.data(data_property, ANY_VALUE), nodes.lower(domain), k))
            case owl.SubDataPropertyOf(sub, sup):
                self.data_inclusions.append(Inclusion(nodes.entity(sub), nodes.entity(sup), k))
            case owl.EquivalentDataProperties(operands):
                self.data_inclusions += ring([nodes.entity(one) for one in operands], k)
            case owl.DataPropertyRange(data_property, data_range):
                self.data_ranges.append((nodes.entity(data_property), data_range, k))
            case owl.FunctionalDataProperty(data_property):
                self.functional.append((nodes.entity(data_property), k))

    def _rule_atom(self, atom: owl.RuleAtom, k: int, told: Callable[[ClassExpression, int], None]) -> None:
        nodes, people = self.nodes, tuple[owl.IndividualArgument, ...]()
        match atom:
            case owl.ClassAtom(cls, argument):
                told(cls, k)
                people = (argument,)
            case owl.ObjectPropertyAtom(role, one, other):
                self._role(role)
                people = (one, other)
            case owl.DataPropertyAtom(data_property, one, _):
                nodes.entity(data_property)
                people = (one,)
            case owl.SameIndividualAtom(one, other) | owl.DifferentIndividualsAtom(one, other):
                people = (one, other)
        for one in people:
            if isinstance(one, str):
                nodes.nominal(one)

    def _asked(self, expression: ClassExpression, k: int) -> None:
        """Makes membership in an expression an atom."""
        proxy = self.nodes.proxy(stand_in(expression))
        if not isinstance(expression, Class):
            self.few += [(self.nodes.lower(expression), proxy, k), (proxy, self.nodes.top, k)]

    def _concluded(self, expression: ClassExpression, k: int) -> None:
        """Makes an atom of which all follows that an expression says."""
        proxy = self.nodes.proxy(stand_in(expression))
        if not isinstance(expression, Class):
            self.few.append((proxy, self.nodes.lower(expression), k))

    def _ring(self, nodes: Sequence[int], k: int) -> None:
        self.few += [(one.sub, one.sup, k) for one in ring(nodes, k)]

    def _role(self, iri: str) -> int:
        entity = self.nodes.entity(iri)
        self.roles[entity] = None
        return entity

    # the end

    def _universal_ranges(self, sub: Ints, sup: Ints, axiom: Ints) -> None:
        """``⊤ ⊑ ∀r.C`` is a range."""
        if not self.nodes.universals:
            return
        for i in np.flatnonzero(sub == self.nodes.top):
            found = self.nodes.universals.get(int(sup[i]))
            if found is not None:
                self.ranges.append((*found, int(axiom[i])))

    def _reached(self) -> list[tuple[int, int, int]]:
        """``∃r.Self ⊑ C`` and ``∃r⁻.⊤ ⊑ C`` for each range C of a role r, where something may be told of them."""
        nodes, rows = self.nodes, []
        for role, node, k in self.ranges:
            if nodes.has_loops:
                rows.append((nodes.loop_of(role), node, k))
            if self.rules or self.chains:
                rows.append((nodes.proxy(reached_by(nodes.iri(role))), node, k))
        return rows

    def _with_ranges(self, sub: Ints, sup: Ints, axiom: Ints, reached: list[tuple[int, int, int]]) -> Columns:
        rows = np.array(reached, np.int32).reshape(-1, 3)
        more = rows[:, 0], self.nodes.actual(rows[:, 1]), rows[:, 2]
        columns = [np.concatenate(pair) for pair in zip((sub, sup, axiom), more, strict=True)]
        return columns[0], columns[1], columns[2]

    def _told_roles(self, nodes: Nodes) -> ToldRoles:
        used = np.unique(nodes.a[(nodes.kind == Kind.SOME) | (nodes.kind == Kind.SELF)])
        selfs = np.unique(nodes.a[nodes.kind == Kind.SELF])
        roles = dict.fromkeys([*self.roles, *(int(one) for one in used), *(role for role, _, _ in self.ranges)])
        top = self.nodes.entity(OWL + "topObjectProperty")
        return ToldRoles(list(roles), self.inclusions, self.chains, [int(one) for one in selfs], top)


def _is(table: AxiomTable, *kinds: AxiomKind) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    about = np.zeros(len(table), np.bool_)
    for kind in (*kinds, AxiomKind.TRANSITIVE_OBJECT_PROPERTY):
        about |= table.axiom_kind == kind
    return about


def _rows(table: AxiomTable, kind: AxiomKind) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.int64]], Ints]:
    """The axioms of a kind: their indices, where their arguments begin, how many they are."""
    rows = np.flatnonzero(table.axiom_kind == kind)
    ends = table.arg_ends[rows]
    starts = np.where(rows > 0, table.arg_ends[rows - 1], 0)
    return rows.astype(np.int32), starts, (ends - starts).astype(np.int32)
