"""What a closure says beyond the atoms that it tracks: complete for EL expressions, as it is a canonical model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.model.data_ranges import within
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.links import Links
from kgtwin.reasoning.program import BOTTOM, TOP


class Link(NamedTuple):
    """To the context ``target``, by the role of number ``role``, or by one that the ontology does not know (-1)."""

    role: int
    target: int


class View:
    """Reads an index, a closure of it and, if there is one, the extension on top."""

    def __init__(self, index: Index, closure: Closure, extension: Extension | None = None) -> None:
        self.index, self.closure, self.extension = index, closure, extension
        self.links = Links(index, closure, extension)
        self._to: dict[tuple[int, str], tuple[Link, ...]] = {}

    def named(self, atom: int) -> list[int]:
        """The named classes above a context, without ``⊤`` and ``⊥``: atoms of the index, or of the extension."""
        return [*self.known(atom).tolist(), *self.new(atom)]

    def known(self, atom: int) -> Ints:
        """Those that are classes of the index, the last that were derived first: as a rule the most specific ones."""
        found = self.index.classes_among(self.closure.array(atom)[::-1])
        return found[found > BOTTOM]

    def new(self, atom: int) -> list[int]:
        """Those of which only the extension knows."""
        if self.extension is None or not self.extension.classes:
            return []
        return [one for one in self.closure.subsumers(atom) if one in self.extension.classes]

    def to(self, atom: int, role: str) -> Sequence[Link]:
        """The links of a context by a role or one below it, those to individuals first.

        Of what an extension adds they are kept: its patient is asked for the same links by many statements.
        """
        if self.extension is None or atom < self.extension.first:
            return self._links_to(atom, role)
        found = self._to.get((atom, role))
        if found is None:
            found = self._to[atom, role] = tuple(self._links_to(atom, role))
        return found

    def _links_to(self, atom: int, role: str) -> list[Link]:
        number = self.index.role(role)
        found = [] if number is None else [Link(*link) for link in self.links.by(atom, number)]
        if self.extension is not None:
            if self.extension.strange:
                found += [Link(-1, target) for name, target in self._strange(atom) if name == role]
            found = [Link(link.role, self.extension.canonical(link.target)) for link in found]
        return list(dict.fromkeys(sorted(found, key=lambda link: not self.is_individual(link.target))))

    def _strange(self, atom: int) -> Iterator[tuple[str, int]]:
        assert self.extension is not None
        for one in self.closure.subsumers(atom):
            yield from self.extension.strange.get(one, ())

    def is_individual(self, atom: int) -> bool:
        """Whether a context is one individual rather than any instance of a class."""
        if self.extension is not None and atom >= self.extension.first:
            return isinstance(self.extension.node(atom), str)
        return self.index.atoms.named <= atom < self.index.atoms.proper

    def tracked(self, expression: ClassExpression) -> int | None:
        """The atom of a named class, or of an expression that is taken as it stands; None for others."""
        if isinstance(expression, Class):
            known = self.index.class_atom(expression.iri)
            if known is None and self.extension is not None:
                known = self.extension.class_names.get(expression.iri)
            return known
        return self.index.opaque(expression)

    def satisfies(self, atom: int, expression: ClassExpression) -> bool:
        """Whether a context is of a type."""
        known = self.tracked(expression)
        if known is not None:
            return known == TOP or known in self.closure.subsumers(atom)
        match expression:
            case owl.ObjectIntersectionOf(operands):
                return all(self.satisfies(atom, one) for one in operands)
            case owl.ObjectUnionOf(operands):
                return any(self.satisfies(atom, one) for one in operands)
            case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
                return self.witness(atom, role, filler) is not None
            case owl.DataSomeValuesFrom():
                return self.value(atom, expression) is not None
        return self._satisfies_rare(atom, expression)

    def _satisfies_rare(self, atom: int, expression: ClassExpression) -> bool:
        match expression:
            case owl.ObjectHasValue(role, individual):
                return any(self._is(link.target, individual) for link in self.to(atom, role))
            case owl.ObjectOneOf(individuals):
                return any(self._is(atom, individual) for individual in individuals)
            case owl.ObjectHasSelf(role):
                number = self.index.role(role)
                own = None if number is None else self.index.box.self_role.get(number)
                if own is not None and any(target == atom for _, target in self.links.by(atom, own)):
                    return True
                return any(self._are_one(atom, link.target) for link in self.to(atom, role))
        return False

    def _are_one(self, atom: int, other: int) -> bool:
        """Whether two contexts are one individual."""
        if self.is_individual(atom) and atom == other:
            return True
        shared = set(map(int, self.closure.subsumers(atom))).intersection(map(int, self.closure.subsumers(other)))
        return any(map(self.is_individual, shared))

    def _is(self, atom: int, individual: str) -> bool:
        known = self.index.individual_atom(individual)
        own = None if self.extension is None else self.extension.individuals.get(individual)
        above = self.closure.subsumers(atom)
        return atom == own or (known is not None and known in above) or (own is not None and own in above)

    def witness(self, atom: int, role: str, filler: ClassExpression) -> Link | None:
        """A link of a context by a role to something of a type, or None."""
        links = self.to(atom, role)
        known = None if self.extension is None else self.extension.fillers.get(filler)
        if known is not None and links:
            first = self.index.count
            wanted = {one for one in self.closure.subsumers(known) if one < first}
            links = [link for link in links if wanted <= set(self.closure.subsumers(link.target))]
        return next((link for link in links if self.satisfies(link.target, filler)), None)

    def value(self, atom: int, wanted: owl.DataSomeValuesFrom) -> DataAtom | None:
        """A told value of a context that lies in the wanted range, or None."""
        entity = self.data_property(wanted.property)
        for one in self.data(atom):
            above = self.index.data_properties.supers(one.property)
            if entity in above and within(one.range, wanted.range):
                return one
        return None

    def data_property(self, iri: str) -> int | None:
        """The number of a data property, or None."""
        known = self.index.entity(iri)
        return self.extension.strange_data.get(iri) if known is None and self.extension is not None else known

    def data(self, atom: int) -> Iterable[DataAtom]:
        """The values that a context was told."""
        known = self._asserted()
        return [known[one] for one in self.closure.subsumers(atom) if one in known]

    def _asserted(self) -> dict[int, DataAtom]:
        own = {} if self.extension is None else self.extension.data
        return {one.atom: one for one in self.index.asserted_data} | own
