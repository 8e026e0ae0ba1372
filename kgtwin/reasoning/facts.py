"""What is known of named individuals, indexed for joins. Individuals are atoms, one for all that are the same."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from itertools import chain
from typing import NamedTuple

from kgtwin.model.data_ranges import DataRange, is_single
from kgtwin.reasoning.derived import Premise


class FactKind(IntEnum):
    """What a fact says, and what its predicate is."""

    MEMBER = 0
    """``subject ⊑ predicate``, an atom; no object."""
    ROLE = 1
    """A role's number; the object is an individual."""
    VALUE = 2
    """A data property's entity; the object is a single value."""


Thing = int | DataRange | None


class Needs(NamedTuple):
    """Which facts matter: classes (atoms), roles (numbers), data properties (entities)."""

    classes: frozenset[int]
    roles: frozenset[int]
    data: frozenset[int]

    def __or__(self, other: Needs) -> Needs:
        return Needs(self.classes | other.classes, self.roles | other.roles, self.data | other.data)

    @property
    def any(self) -> bool:
        """Whether any fact matters."""
        return bool(self.classes or self.roles or self.data)


def vague(value: Thing) -> bool:
    """Whether a value is known only to lie in a range, so that another one in it may differ."""
    return value is not None and not isinstance(value, int) and not is_single(value)


class Fact(NamedTuple):
    """One fact about an individual."""

    kind: FactKind
    predicate: int
    subject: int
    object: Thing = None


_Key = tuple[FactKind, int, Thing]


class Facts:
    """A growing set of facts, each with the premises that it was first seen to follow from; on top of a ``base``."""

    def __init__(self, base: Facts | None = None) -> None:
        self._base = base
        self._premises: dict[Fact, tuple[Premise, ...]] = {}
        self._objects: dict[_Key, list[Thing]] = {}
        self._subjects: dict[_Key, list[int]] = {}
        self._all: dict[tuple[FactKind, int], list[Fact]] = {}

    def __contains__(self, fact: Fact) -> bool:
        return fact in self._premises or (self._base is not None and fact in self._base)

    def add(self, fact: Fact, premises: tuple[Premise, ...]) -> bool:
        """Adds a fact; whether it is new."""
        if fact in self:
            return False
        kind, predicate, subject, found = fact
        self._premises[fact] = premises
        self._objects.setdefault((kind, predicate, subject), []).append(found)
        self._subjects.setdefault((kind, predicate, found), []).append(subject)
        self._all.setdefault((kind, predicate), []).append(fact)
        return True

    def premises(self, fact: Fact) -> tuple[Premise, ...]:
        """What a fact of the set follows from."""
        own = self._premises.get(fact)
        if own is None:
            assert self._base is not None, fact
            return self._base.premises(fact)
        return own

    def matching(self, pattern: Fact, *, subject: bool, object: bool) -> Iterator[Fact]:
        """The facts with the predicate of a pattern, and with its subject and object where these are asked for."""
        kind, predicate, whom, what = pattern
        if subject and object:
            return iter([pattern] if pattern in self else [])
        if subject:
            return (Fact(kind, predicate, whom, one) for one in self.objects(kind, predicate, whom))
        if object:
            return (Fact(kind, predicate, one, what) for one in self.subjects(kind, predicate, what))
        return self.of(kind, predicate)

    def objects(self, kind: FactKind, predicate: int, subject: int) -> Iterator[Thing]:
        """What a subject has by a predicate."""
        own = self._objects.get((kind, predicate, subject), ())
        return chain(tuple(own), () if self._base is None else self._base.objects(kind, predicate, subject))

    def subjects(self, kind: FactKind, predicate: int, found: Thing) -> Iterator[int]:
        """Who has an object by a predicate."""
        own = self._subjects.get((kind, predicate, found), ())
        return chain(tuple(own), () if self._base is None else self._base.subjects(kind, predicate, found))

    def of(self, kind: FactKind, predicate: int) -> Iterator[Fact]:
        """All facts with a predicate."""
        own = self._all.get((kind, predicate), ())
        return chain(tuple(own), () if self._base is None else self._base.of(kind, predicate))
