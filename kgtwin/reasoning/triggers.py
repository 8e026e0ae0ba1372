"""What an element must be, or have, to break a condition: so that few elements are looked at for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.reasoning.conditions import (
    TOP_DATA,
    TOP_PROPERTY,
    Condition,
    DataRangeGap,
    FunctionalData,
    Inclusion,
    OneIndividual,
    Other,
    RangeGap,
    Separation,
    UndecidedNumber,
    assumptions,
)
from kgtwin.reasoning.index import Index
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING


class Trigger(NamedTuple):
    """An element must be below one of some atoms, or be told a link by one of some roles."""

    atoms: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def __or__(self, other: Trigger) -> Trigger:
        return Trigger(self.atoms | other.atoms, self.roles | other.roles)


NEVER = Trigger()
Found = Trigger | None
"""None where any element may break a condition."""


class Triggers:
    """Works out triggers for the conditions of an index; ``size`` says how many contexts are below an atom."""

    def __init__(self, index: Index, size: Callable[[int], int]) -> None:
        self._index, self._size = index, size
        self._leading: dict[int, frozenset[int]] = {}

    def of(self, condition: Condition) -> Found:
        """What an element must be that breaks a condition."""
        assumed = [self._surprising(part) for part in assumptions(condition)]
        return _either([self._direct(condition), *assumed])

    def _direct(self, condition: Condition) -> Found:
        match condition:
            case Inclusion(sub, _):
                return self.possible(sub)
            case Separation(operands):
                return self._all_but_worst([self.possible(one) for one in operands])
            case RangeGap(role, _):
                return self._linked(role)
            case DataRangeGap(name, _) | FunctionalData(name):
                return self._valued(name)
            case OneIndividual(name):
                return self._named(self._index.individual_atom(name))
            case UndecidedNumber(_, _, _, atom):
                return Trigger(frozenset([atom]))
            case Other(construct, names):
                return self._other(construct, names)
        return Trigger(frozenset(range(self._index.atoms.named, self._index.atoms.proper)))

    def _other(self, construct: str, names: Iterable[str]) -> Found:
        if construct in ("DatatypeDefinition", "DisjointDataProperties"):
            return Trigger(frozenset(one.atom for one in self._index.asserted_data)) | self._values_of_rules
        if construct.endswith(("ObjectProperty", "ObjectProperties", "ObjectPropertyOf")) or construct in (
            "InverseOf",
            "ObjectPropertyDomain",
            "ObjectPropertyRange",
        ):
            return _either([self._owning(name) for name in names])
        return None

    # expressions

    def possible(self, expression: ClassExpression) -> Found:
        """What an element must be that may be in an expression."""
        match expression:
            case Class(iri):
                return None if iri == OWL_THING else self._class(iri)
            case owl.ObjectIntersectionOf(operands):
                return self._best([self.possible(one) for one in operands])
            case owl.ObjectUnionOf(operands):
                return _either([self.possible(one) for one in operands])
            case owl.ObjectSomeValuesFrom(role, _) | owl.ObjectHasValue(role, _) | owl.ObjectHasSelf(role):
                return self._linked(role)
            case owl.ObjectMinCardinality(least, role, _) | owl.ObjectExactCardinality(least, role, _) if least:
                return self._linked(role)
            case owl.ObjectOneOf(individuals):
                atoms = [self._index.individual_atom(one) for one in individuals]
                return None if None in atoms else _either([self._named(atom) for atom in atoms])
            case owl.DataSomeValuesFrom(name, _):
                return self._valued(name)
        return None

    def _class(self, iri: str) -> Found:
        return NEVER if iri == OWL_NOTHING else self._named(self._index.class_atom(iri))

    def _named(self, atom: int | None) -> Trigger:
        return NEVER if atom is None else Trigger(frozenset([atom]))

    def _surprising(self, part: ClassExpression) -> Found:
        """What an element must be that is not as :mod:`kgtwin.reasoning.canonical` assumes."""
        if isinstance(part, owl.Unsupported):
            return _either([self._owning(name) for name in part.signature])
        match part:
            case owl.ObjectSomeValuesFrom(role, filler) if role == TOP_PROPERTY:
                return self.possible(filler)
            case owl.ObjectHasValue(role, individual) if role == TOP_PROPERTY:
                return self.possible(owl.ObjectOneOf((individual,)))
            case (
                owl.ObjectAllValuesFrom(role, _)
                | owl.ObjectMinCardinality(_, role, _)
                | owl.ObjectMaxCardinality(_, role, _)
                | owl.ObjectExactCardinality(_, role, _)
            ) if role == TOP_PROPERTY:
                return None
        return NEVER

    def _best(self, found: list[Found]) -> Found:
        """The trigger that fewest elements will have."""
        known = [one for one in found if one is not None]
        return known[0] if len(known) == 1 else min(known, key=self._cost, default=None)

    def _all_but_worst(self, found: list[Found]) -> Found:
        """Of two things at a time: whoever is both is one of all but any single one."""
        return _either(sorted(found, key=lambda one: (one is None, one and self._cost(one)))[:-1])

    def _cost(self, trigger: Trigger) -> tuple[bool, int]:
        return bool(trigger.roles), sum(map(self._size, trigger.atoms))

    # roles and data

    def _owning(self, name: str) -> Found:
        return _either([self._linked(name), self._valued(name)])

    def _linked(self, role: str) -> Found:
        """Elements from which a role leads somewhere."""
        if role == TOP_PROPERTY:
            return None
        number = self._index.role(role)
        return NEVER if number is None else Trigger(roles=self.leading(number))

    def leading(self, role: int) -> frozenset[int]:
        """The roles of told links that a role's links may be, or begin with."""
        found = self._leading.get(role)
        if found is None:
            above, first = self._index.box.above_sets, self._first
            roles = {role}
            queue = [role]
            for here in queue:
                below = [one for one, supers in enumerate(above) if here in supers]
                more = {*below, *(left for one in below for left in first.get(one, ()))} - roles
                roles |= more
                queue.extend(more)
            found = self._leading[role] = frozenset(roles)
        return found

    @cached_property
    def _first(self) -> dict[int, set[int]]:
        """What the chains begin with that lead to a role."""
        found: dict[int, set[int]] = {}
        for chain in self._index.box.chains:
            found.setdefault(chain.result, set()).add(chain.left)
        return found

    def _valued(self, data_property: str) -> Found:
        if data_property == TOP_DATA:
            return None
        entity, supers = self._index.entity(data_property), self._index.data_properties.supers
        told = (one.atom for one in self._index.asserted_data if entity in supers(one.property))
        return Trigger(frozenset(told)) | self._values_of_rules

    @cached_property
    def _values_of_rules(self) -> Trigger:
        return Trigger(frozenset(one.subject for one in self._index.derived.values))


def _either(found: list[Found]) -> Found:
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    return Trigger(
        frozenset[int]().union(*(one.atoms for one in known)), frozenset[int]().union(*(one.roles for one in known))
    )
