"""The role box: hierarchy, chains and self roles, closed once before saturation.

Roles are numbered: 0 is ``owl:topObjectProperty``, then the ontology's own, then for each role r of a self restriction
the role r° of the links from a thing to itself, then the auxiliary roles of chains longer than two. With r° ⊑ r, and
with each inclusion between roles repeated between their self roles, ``∃r.Self`` needs no rules of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
TOP_ROLE = 0
NO_AXIOM = -1


class Inclusion(NamedTuple):
    """``sub ⊑ sup`` by an axiom (its index, or -1 for what holds anyway)."""

    sub: int
    sup: int
    axiom: int


class Chain(NamedTuple):
    """``left ∘ right ⊑ result``; a longer chain is told as several, over auxiliary roles."""

    left: int
    right: int
    result: int
    axiom: int


class ToldRoles(NamedTuple):
    """What the axioms say about roles, by entity numbers. ``selfs`` are those of which a self restriction occurs."""

    entities: Sequence[int]
    inclusions: Sequence[Inclusion]
    chains: Sequence[tuple[tuple[int, ...], int, int]]
    """The chain's roles, the role above, the axiom."""
    selfs: Sequence[int]
    top: int = -1
    """The entity of ``owl:topObjectProperty``, if it occurs."""


class RoleBox:
    """Closed. R roles; ``entity`` gives the entity of a role (-1 for self and auxiliary ones)."""

    def __init__(self, told: ToldRoles) -> None:
        self.number: dict[int, int] = {told.top: TOP_ROLE} if told.top >= 0 else {}
        self.entity: list[int] = [told.top]
        for entity in told.entities:
            if entity not in self.number:
                self.number[entity] = self._new(entity)
        self.self_role: dict[int, int] = {self.number[one]: -1 for one in told.selfs}
        inclusions = [Inclusion(self.number[i.sub], self.number[i.sup], i.axiom) for i in told.inclusions]
        self.auxiliary: dict[tuple[int, int], int] = {}
        self.chains: list[Chain] = []
        for roles, result, axiom in told.chains:
            self._binarise([self.number[one] for one in roles], self.number[result], axiom)
        inclusions += self._with_selfs(inclusions)
        self.edges: dict[int, list[Inclusion]] = {}
        for inclusion in inclusions:
            self.edges.setdefault(inclusion.sub, []).append(inclusion)
        self._supers: dict[int, dict[int, Inclusion | None]] = {}
        self.supers: list[Ints] = [np.array(sorted(self._reach(role)), np.int32) for role in range(len(self.entity))]

    def __len__(self) -> int:
        return len(self.entity)

    def is_self(self, role: int) -> bool:
        """Whether a role's links lead from a thing to itself."""
        return role in self._self_roles

    @cached_property
    def above_sets(self) -> list[frozenset[int]]:
        """The roles above each role, itself included."""
        return [frozenset(supers.tolist()) for supers in self.supers]

    @cached_property
    def made(self) -> frozenset[int]:
        """The roles that chains lead to, and those above them."""
        return frozenset(int(sup) for chain in self.chains for sup in self.supers[chain.result])

    def path(self, role: int, sup: int) -> list[Inclusion]:
        """The told steps up from a role to one above it."""
        steps: list[Inclusion] = []
        reached = self._reach(role)
        while sup != role:
            step = reached[sup]
            assert step is not None
            steps.append(step)
            sup = step.sub
        return steps[::-1]

    def above(self) -> NDArray[np.bool_]:
        """The closed hierarchy as a matrix (R, R): row r has the roles above r."""
        matrix = np.zeros((len(self), len(self)), np.bool_)
        for role, supers in enumerate(self.supers):
            matrix[role, supers] = True
        return matrix

    # inside

    def _new(self, entity: int = -1) -> int:
        self.entity.append(entity)
        return len(self.entity) - 1

    def _binarise(self, roles: list[int], result: int, axiom: int) -> None:
        """``r∘s∘t ⊑ u`` as ``r∘s ⊑ [r∘s]`` and ``[r∘s]∘t ⊑ u``; equal starts share their auxiliary role."""
        left = roles[0]
        for right in roles[1:-1]:
            key = (left, right)
            if key not in self.auxiliary:
                self.auxiliary[key] = self._new()
                self.chains.append(Chain(left, right, self.auxiliary[key], axiom))
            left = self.auxiliary[key]
        self.chains.append(Chain(left, roles[-1], result, axiom))

    def _with_selfs(self, inclusions: Sequence[Inclusion]) -> list[Inclusion]:
        """Self roles for all that is above or composed of roles with one; their inclusions and chains."""
        grown = True
        while grown and self.self_role:
            size = len(self.self_role)
            for sub, sup, _ in inclusions:
                if sub in self.self_role:
                    self.self_role.setdefault(sup, -1)
            for left, right, result, _ in self.chains:
                if left in self.self_role and right in self.self_role:
                    self.self_role.setdefault(result, -1)
            grown = len(self.self_role) > size
        self.self_role = {role: self._new() for role in self.self_role}
        self._self_roles = frozenset(self.self_role.values())
        own = self.self_role
        for left, right, result, axiom in tuple(self.chains):
            if left in own and right in own:
                self.chains.append(Chain(own[left], own[right], own[result], axiom))
        raised = [Inclusion(own[sub], own[sup], axiom) for sub, sup, axiom in inclusions if sub in own]
        return raised + [Inclusion(loop, role, NO_AXIOM) for role, loop in own.items()]

    def _reach(self, role: int) -> dict[int, Inclusion | None]:
        """The roles above a role, each with the step that leads to it, by the shortest way."""
        found = self._supers.get(role)
        if found is None:
            found = self._supers[role] = {role: None}
            queue = [role]
            for here in queue:
                for step in self.edges.get(here, ()):
                    if step.sup not in found:
                        found[step.sup] = step
                        queue.append(step.sup)
            found.setdefault(TOP_ROLE, Inclusion(role, TOP_ROLE, NO_AXIOM))
        return found


class Compositions(NamedTuple):
    """What two links in a row make: ``results[ends[cell-1]:ends[cell]]`` with ``cell = cells[first[r], second[s]]``.

    ``first`` and ``second`` int32 (R,) are row and column of a role (-1: it begins or ends no chain); cell 0 is empty.
    Of several results only those without another below are kept.
    """

    first: Ints
    second: Ints
    cells: Ints
    ends: Ints
    results: Ints


def compositions(box: RoleBox, above: NDArray[np.bool_]) -> Compositions:
    """The chains closed under sub-roles, as a matrix over the roles that behave alike in them."""
    count = len(box)
    first, second = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    if not box.chains:
        return Compositions(first, second, np.zeros((1, 1), np.int32), np.zeros(1, np.int32), np.zeros(0, np.int32))
    left, right, results = (np.array([chain[i] for chain in box.chains]) for i in range(3))
    rows, columns = _alike(above[:, left], first), _alike(above[:, right], second)
    made: dict[tuple[int, int], dict[int, None]] = {}
    for chain, result in enumerate(results.tolist()):
        for row in np.flatnonzero(rows[:, chain]).tolist():
            for column in np.flatnonzero(columns[:, chain]).tolist():
                made.setdefault((row, column), {})[result] = None
    lists: dict[tuple[int, ...], int] = {(): 0}
    cells = np.zeros((len(rows), len(columns)), np.int32)
    for place, found in made.items():
        cells[place] = lists.setdefault(_minimal(tuple(found), above), len(lists))
    ends = np.cumsum([len(one) for one in lists]).astype(np.int32)
    return Compositions(first, second, cells, ends, np.array([one for many in lists for one in many], np.int32))


def _alike(member: NDArray[np.bool_], numbers: Ints) -> NDArray[np.bool_]:
    """The distinct rows of a matrix (R, chains) that are not empty; ``numbers`` gets each role's row."""
    some = np.flatnonzero(member.any(axis=1))
    packed = np.packbits(member[some], axis=1)
    known: dict[bytes, int] = {}
    kept: list[int] = []
    for role, row in zip(some.tolist(), packed, strict=True):
        key = row.tobytes()
        if key not in known:
            known[key] = len(kept)
            kept.append(role)
        numbers[role] = known[key]
    return member[kept]


def _minimal(results: tuple[int, ...], above: NDArray[np.bool_]) -> tuple[int, ...]:
    """The results that have no other one strictly below (of equal roles, the first)."""
    if len(results) < 2:
        return results
    return tuple(
        one
        for i, one in enumerate(results)
        if not any(above[other, one] and (not above[one, other] or j < i) for j, other in enumerate(results) if j != i)
    )


def ring(entities: Sequence[int], axiom: int) -> list[Inclusion]:
    """The inclusions of an equivalence, each operand in the next and the last in the first."""
    return [Inclusion(one, other, axiom) for one, other in pairwise((*entities, entities[0])) if one != other]
