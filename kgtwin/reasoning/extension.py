"""Atoms on top of a program: individuals and anonymous class expressions, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression, DataRange
from kgtwin.model.data_ranges import disjoint, is_empty
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.derived import Derivations
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.plain import AtomRules
from kgtwin.reasoning.program import BOTTOM, SELF, TOP
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.vocabulary import OWL_NOTHING

_NOTHING = Class(OWL_NOTHING)
Node = str | ClassExpression
"""An individual's IRI, or a class expression: something of that class that must exist."""


class Extension:
    """Numbers on from an index's atoms; the index stays as it is. ``own`` are the rules of the new atoms.

    ``nodes`` is what each new atom stands for; ``strange`` holds the links by roles that the ontology does not know, of
    which only follows that there are such things; ``clashes`` the pairs (atom, atom) that nothing can be both of;
    ``unused`` the expressions told of which more follows than is told: all must be classified afresh. ``copies`` are
    the atoms of individuals that the ontology names, with what they are there; ``identifies`` says that something was
    told to be an individual, ``derived`` what was found to follow besides.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self.first = index.count
        self._of_others = index.atoms.proper > index.atoms.named
        self.own = AtomRules()
        self.nodes: list[Node] = []
        self.individuals: dict[str, int] = {}
        self.strange: dict[int, list[tuple[str, int]]] = {}
        self.clashes: list[tuple[int, int]] = []
        self.data: dict[int, DataAtom] = {}
        self.classes: set[int] = set()
        self.data_nodes: dict[tuple[str, DataRange], int] = {}
        self.strange_data: dict[str, int] = {}
        self.unused: list[ClassExpression] = []
        self.fillers: dict[ClassExpression, int] = {}
        self.class_names: dict[str, int] = {}
        self.copies: dict[int, int] = {}
        self.identifies = False
        self.derived = Derivations()
        self.open_rules: dict[int, str] = {}

    # atoms

    def individual(self, iri: str) -> int:
        """The atom of an individual; one that the ontology names keeps what the ontology says of it."""
        found = self.individuals.get(iri)
        if found is None:
            found = self.individuals[iri] = self._new(iri)
            known = self.index.individual_atom(iri) if self._of_others else None
            if known is not None:
                self.own.told[found] = [known]
                self.copies[found] = known
        return found

    def filler(self, expression: ClassExpression) -> int:
        """The atom of a class expression whose instances are to exist."""
        if isinstance(expression, Class):
            return self._named(expression.iri)
        if isinstance(expression, owl.ObjectOneOf) and len(expression.individuals) == 1:
            return self.individual(expression.individuals[0])
        found = self.fillers.get(expression)
        if found is None:
            found = self.fillers[expression] = self._new(expression)
            self.tell(found, expression)
        return found

    def node(self, atom: int) -> Node:
        """What an atom stands for."""
        if atom >= self.first:
            return self.nodes[atom - self.first]
        atoms = self.index.atoms
        return self.index.name(atom) if atoms.named <= atom < atoms.proper else self.index.value(atom)

    def name(self, atom: int) -> str:
        """The IRI of a class that the index does not know."""
        node = self.node(atom)
        assert isinstance(node, Class)
        return node.iri

    def canonical(self, atom: int) -> int:
        """The individual itself where an atom is what the ontology says of it."""
        atoms = self.index.atoms
        if not atoms.named <= atom < atoms.proper:
            return atom
        return self.individuals.get(self.index.name(atom), atom)

    @property
    def count(self) -> int:
        """How many new atoms there are."""
        return len(self.nodes)

    def _new(self, node: Node) -> int:
        self.nodes.append(node)
        return self.first + len(self.nodes) - 1

    def _named(self, iri: str) -> int:
        known = self.index.class_atom(iri)
        if known is None:
            known = self.class_names.get(iri)
        if known is None:
            known = self.class_names[iri] = self._new(Class(iri))
            self.classes.add(known)
        return known

    def refuted(self, subsumers: Callable[[int], Collection[int]]) -> bool:
        """Tells ``⊥`` of the new atoms that have come out as both of a clash; whether there are any."""
        if not self.clashes:
            return False
        found = False
        for atom in range(self.first, self.first + self.count):
            above = subsumers(atom)
            if BOTTOM not in above and any(one in above and other in above for one, other in self.clashes):
                self.told(atom, BOTTOM)
                found = True
        return found

    # what is told

    def tell(self, atom: int, expression: ClassExpression) -> None:
        """``atom ⊑ expression``"""
        if isinstance(expression, Class):
            known = self.index.class_atom(expression.iri)
            self.told(atom, self._named(expression.iri) if known is None else known)
        elif isinstance(expression, owl.ObjectSomeValuesFrom):
            self.link(atom, expression.property, self.filler(expression.filler))
        elif isinstance(expression, owl.ObjectIntersectionOf):
            for operand in expression.operands:
                self.tell(atom, operand)
        elif isinstance(expression, owl.DataSomeValuesFrom):
            self._tell_data(atom, expression)
        else:
            self._tell_rare(atom, expression)

    def _tell_rare(self, atom: int, expression: ClassExpression) -> None:
        match expression:
            case owl.ObjectHasValue(role, individual):
                self.link(atom, role, self.individual(individual))
            case owl.ObjectOneOf((individual,)):
                self.identifies = True
                self.told(atom, self.individual(individual))
            case owl.ObjectHasSelf(role):
                self._loop(atom, role)
            case owl.ObjectComplementOf(Class(iri)):
                self.clashes.append((atom, self._named(iri)))
            case owl.ObjectUnionOf(operands) if len(left := [one for one in operands if one != _NOTHING]) < 2:
                self.tell(atom, left[0] if left else _NOTHING)
            case owl.ObjectMinCardinality(1, role, filler):
                self.link(atom, role, self.filler(filler))
            case owl.ObjectMinCardinality(n, role, filler) | owl.ObjectExactCardinality(n, role, filler) if n:
                self.link(atom, role, self.filler(filler))
                self._opaque(atom, expression)
            case _:
                self._opaque(atom, expression)

    def _opaque(self, atom: int, expression: ClassExpression) -> None:
        known = self.index.opaque(expression)
        if known is not None:
            self.told(atom, known)
        self.unused.append(expression)

    def link(self, atom: int, role: str, target: int) -> None:
        """``atom -role→ target``, with the role's ranges for the target."""
        number, links = self.index.role(role), self.own.links
        if number is None:
            self.strange.setdefault(atom, []).append((role, target))
            number = TOP_ROLE
        elif self.index.ranges(number):
            target = self._within(number, target)
        if atom in links:
            links[atom].append((number, target))
        else:
            links[atom] = [(number, target)]

    def _within(self, role: int, target: int) -> int:
        node = self.node(target)
        ranges = tuple(one for one in self.index.ranges(role) if one != node)
        if not ranges:
            return target
        if isinstance(node, str):
            for one in ranges:
                self._tell_range(self.individual(node), one)
            return self.individual(node)
        return self.filler(owl.ObjectIntersectionOf((node, *ranges)))

    def _tell_range(self, individual: int, found: ClassExpression) -> None:
        """By way of an atom: a range may ask for links by its own role."""
        if isinstance(found, Class | owl.ObjectOneOf):
            self.tell(individual, found)
        else:
            self.told(individual, self.filler(found))

    def _loop(self, atom: int, role: str) -> None:
        number = self.index.role(role)
        own = None if number is None else self.index.box.self_role.get(number)
        if own is None:
            self.unused.append(owl.ObjectHasSelf(role))
        if number is None:
            self.strange.setdefault(atom, []).append((role, atom))
            return
        self.own.links.setdefault(atom, []).append((number, atom) if own is None else (own, SELF))
        if own is None:
            for one in self.index.ranges(number):
                self.tell(atom, one)

    def told(self, atom: int, target: int) -> None:
        """``atom ⊑ target``, an atom."""
        told = self.own.told
        if target == TOP:
            return
        if atom in told:
            told[atom].append(target)
        else:
            told[atom] = [target]

    def derive(self, found: Derivations) -> None:
        """Tells what was found to follow about individuals."""
        for atom, target in found.told:
            self.told(atom, target)
        for atom, role, target in found.links:
            self.own.links.setdefault(atom, []).append((role, target))
        self.clashes.extend(found.joins)
        for subject, data_property, value in found.values:
            self.tell(subject, owl.DataSomeValuesFrom(self.index.iri(data_property), value))
        self.derived |= found

    # data

    def data_property(self, iri: str) -> int:
        """The entity of a data property; of one that the ontology does not know, a number below 0."""
        known = self.index.entity(iri)
        return self.strange_data.setdefault(iri, -1 - len(self.strange_data)) if known is None else known

    def _tell_data(self, atom: int, expression: owl.DataSomeValuesFrom) -> None:
        if isinstance(expression.range, owl.OtherRange):
            self._opaque(atom, expression)
        else:
            empty = is_empty(expression.range)
            self.told(atom, BOTTOM if empty else self._data(expression.property, expression.range))

    def _data(self, data_property: str, data_range: DataRange) -> int:
        key = (data_property, data_range)
        found = self.data_nodes.get(key)
        if found is None:
            expression = owl.DataSomeValuesFrom(data_property, data_range)
            found = self.data_nodes[key] = self._new(expression)
            self._entail(DataAtom(found, self.data_property(data_property), data_range))
        return found

    def _entail(self, one: DataAtom) -> None:
        """What a value entails, and which other values it rules out."""
        properties = self.index.data_properties
        self.data[one.atom] = one
        for head in self.index.above_value(one.property, one.range):
            self.told(one.atom, head)
        for functional in properties.functional_above(one.property):
            for other in (*self.index.asserted_data, *self.data.values()):
                if functional in properties.functional_above(other.property) and disjoint(one.range, other.range):
                    self.clashes.append((one.atom, other.atom))


def told_of(extension: Extension, assertions: Iterable[owl.Assertion]) -> None:
    """Adds assertions to an extension. What patients have most of is told without detours: each costs a microsecond."""
    class_atom, told = extension.index.class_atom, extension.told
    known, individual = extension.individuals, extension.individual
    for assertion in assertions:
        if isinstance(assertion, owl.ClassAssertion):
            atom, cls = known.get(assertion.individual), assertion.type
            if atom is None:
                atom = individual(assertion.individual)
            target = class_atom(cls.iri) if isinstance(cls, Class) else None
            if target is None:
                extension.tell(atom, cls)
            else:
                told(atom, target)
        elif isinstance(assertion, owl.ObjectPropertyAssertion):
            atom, target = known.get(assertion.subject), known.get(assertion.object)
            extension.link(
                individual(assertion.subject) if atom is None else atom,
                assertion.property,
                individual(assertion.object) if target is None else target,
            )
        else:
            expression = owl.DataSomeValuesFrom(assertion.property, assertion.range)
            extension.tell(individual(assertion.subject), expression)
