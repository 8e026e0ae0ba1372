"""HasKey: two named individuals of a class that share a value of every property of its key are one.

https://www.w3.org/TR/owl2-direct-semantics/#Keys: the values that count are named individuals and data values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class
from kgtwin.reasoning.derived import Premise
from kgtwin.reasoning.facts import Fact, FactKind, Facts, Needs, Thing, vague
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.proxies import stand_in

Property = tuple[FactKind, int]


class Key(NamedTuple):
    """A key: its axiom, the atom of its class, and its properties as predicates of facts."""

    axiom: int
    cls: int
    properties: tuple[Property, ...]


class Equality(NamedTuple):
    """Two individuals that a key makes one."""

    one: int
    other: int
    axiom: int
    premises: tuple[Premise, ...]


class KeyBook:
    """The keys of an ontology."""

    def __init__(self, index: Index) -> None:
        self.keys = [_key(index, axiom) for axiom in index.told.keys]

    def needs(self) -> Needs:
        """The facts that the keys ask for."""
        properties = [one for key in self.keys for one in key.properties]
        return Needs(
            frozenset(key.cls for key in self.keys),
            frozenset(number for kind, number in properties if kind is FactKind.ROLE),
            frozenset(number for kind, number in properties if kind is FactKind.VALUE),
        )

    def equalities(self, facts: Facts) -> Iterator[Equality]:
        """What follows from the facts; of more than two that are the same, each with the first."""
        for key in self.keys:
            members = [fact.subject for fact in facts.of(FactKind.MEMBER, key.cls)]
            for group, shared in _sharing(facts, members, key.properties, ()):
                for other in group[1:]:
                    used = [Fact(FactKind.MEMBER, key.cls, one) for one in (group[0], other)]
                    used += [Fact(*found, one, value) for one in (group[0], other) for found, value in shared]
                    premises = tuple(dict.fromkeys(one for fact in used for one in facts.premises(fact)))
                    yield Equality(group[0], other, key.axiom, premises)


def _key(index: Index, axiom: int) -> Key:
    key = index.table[axiom]
    assert isinstance(key, owl.HasKey)
    cls = stand_in(key.cls)
    atom = index.class_atom(cls.iri) if isinstance(cls, Class) else index.opaque(cls)
    assert atom is not None, "lowering numbers the classes of keys"
    properties = [(FactKind.ROLE, index.role(role)) for role in key.object_properties]
    properties += [(FactKind.VALUE, index.entity(one)) for one in key.data_properties]
    known = tuple((kind, number) for kind, number in properties if number is not None)
    assert len(known) == len(properties), "lowering numbers the properties of keys"
    return Key(axiom, atom, known)


Shared = tuple[tuple[Property, Thing], ...]


def _sharing(
    facts: Facts, members: Sequence[int], properties: Sequence[Property], shared: Shared
) -> Iterator[tuple[list[int], Shared]]:
    """Groups of at least two individuals with a value of each property in common; by buckets, never pair by pair."""
    if not properties:
        yield list(dict.fromkeys(members)), shared
        return
    buckets: dict[Thing, list[int]] = {}
    for one in members:
        for value in facts.objects(*properties[0], one):
            if not vague(value):
                buckets.setdefault(value, []).append(one)
    for value, group in buckets.items():
        if len(group) > 1:
            yield from _sharing(facts, group, properties[1:], (*shared, (properties[0], value)))
