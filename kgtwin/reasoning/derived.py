"""What is told of individuals because it follows, in ways that the rules of the engine do not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kgtwin.model.data_ranges import DataRange
from kgtwin.reasoning.program import BOTTOM, Row
from kgtwin.reasoning.rolebox import NO_AXIOM


class Below(NamedTuple):
    """``sub ⊑ sup``, of two atoms."""

    sub: int
    sup: int


class Linked(NamedTuple):
    """``subject -role→ target``, a link of the context ``subject`` as the closure has it."""

    subject: int
    role: int
    target: int


class Valued(NamedTuple):
    """An individual has a value, as a rule says: one of :attr:`Derivations.values`. The property is an entity."""

    subject: int
    property: int
    value: DataRange


Premise = Below | Linked | Valued


class Derivation(NamedTuple):
    """``rule`` is named in :mod:`kgtwin.reasoning.individuals`; ``axiom`` is the index of the key or rule, or -1."""

    rule: str
    premises: tuple[Premise, ...]
    axiom: int = NO_AXIOM


@dataclass(frozen=True)
class Derivations:
    """Entries that were added to a program, each with its reason.

    ``told`` by (atom, head), ``links`` by (atom, role, target), ``joins`` by (atom, other): two individuals that a rule
    says are different. ``values`` are data values that only rules know of.
    """

    told: dict[tuple[int, int], Derivation] = field(default_factory=dict)
    links: dict[tuple[int, int, int], Derivation] = field(default_factory=dict)
    joins: dict[tuple[int, int], Derivation] = field(default_factory=dict)
    values: dict[Valued, Derivation] = field(default_factory=dict)

    def __or__(self, other: Derivations) -> Derivations:
        return Derivations(
            {**self.told, **other.told},
            {**self.links, **other.links},
            {**self.joins, **other.joins},
            {**self.values, **other.values},
        )

    def __bool__(self) -> bool:
        return bool(self.told or self.links or self.joins or self.values)

    def rows(self) -> tuple[list[Row], list[Row], list[Row]]:
        """The told, links and joins entries, each with its axiom."""
        from_told: list[Row] = [(*key, one.axiom) for key, one in self.told.items()]
        from_links: list[Row] = [(*key, one.axiom) for key, one in self.links.items()]
        from_joins: list[Row] = [(*key, BOTTOM, one.axiom) for key, one in self.joins.items()]
        return from_told, from_links, from_joins
