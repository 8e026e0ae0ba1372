"""Contexts and atoms as explanations number them, and which links hold between contexts."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axioms import ClassExpression
from kgtwin.reasoning.nodes import Kind
from kgtwin.reasoning.program import LINKS, SELF
from kgtwin.reasoning.replay import Replay
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.reasoning.view import View

ANY = -1
"""The place of a row that every context of its atom has, whatever range it is in."""


class RangeAtom(NamedTuple):
    """What lies in a range, by the node of the range."""

    node: int


class QueryAtom(NamedTuple):
    """What is of a type that the program does not track."""

    expression: ClassExpression


class Pieces(NamedTuple):
    """What an expression says, taken apart: atoms, links (role, atom), complements of atoms."""

    atoms: frozenset[int]
    links: frozenset[tuple[int, int]]
    complements: frozenset[int]


class LinkRow(NamedTuple):
    """``x -role→ target`` since ``x ⊑ atom``: by the axiom ``why``, or by the place of a told link of the extension."""

    atom: int
    why: int
    own: int = -1


class Contexts:
    """Numbers contexts and atoms beyond those of a program; remembers what it has looked up."""

    def __init__(self, view: View, replay: Replay | None) -> None:
        self.view, self.replay = view, replay
        self.index, self.program = view.index, view.index.program
        self.count = self.program.atoms + (0 if replay is None else replay.count)
        self._refined: dict[tuple[int, int], int] = {}
        self._of: list[tuple[int, int]] = []
        self._virtual: dict[RangeAtom | QueryAtom, int] = {}
        self._subs: dict[int, frozenset[int]] = {}
        self._targets: dict[int, dict[int, list[int]]] = {}
        self._by_role: dict[tuple[int, int], list[int]] = {}
        self._told: dict[int, dict[tuple[int, int], list[LinkRow]]] = {}
        self._pieces: dict[int, Pieces] = {}
        self._leads: dict[int, list[int]] = {}
        self._first_bounded = len(self.index.told.nodes.kind)
        self._any_bounded = len(self.index.nodes.kind) > self._first_bounded
        self._mark = np.zeros(self.count, np.bool_)

    # numbers

    def atom(self, context: int) -> int:
        """The atom that a context is of."""
        return context if context < self.count else self._of[context - self.count][0]

    def role(self, context: int) -> int:
        """The role that leads to a context within ranges, or -1."""
        return -1 if context < self.count else self._of[context - self.count][1]

    def context(self, atom: int, role: int) -> int:
        """What a told link leads to."""
        if not self.is_bounded(atom):
            return atom
        found = self._refined.get((atom, role))
        if found is None:
            found = self._refined[atom, role] = self.count + len(self._of)
            self._of.append((atom, role))
        return found

    def is_bounded(self, atom: int) -> bool:
        """Whether an atom stands for a filler within the ranges of its role."""
        if atom >= self.program.atoms:
            return self.replay is not None and atom in self.replay.bounded
        return self._any_bounded and int(self.program.node[atom]) >= self._first_bounded

    def virtual(self, key: RangeAtom | QueryAtom) -> int:
        """The atom of a range or of an expression that is asked for."""
        return self._virtual.setdefault(key, self.count + len(self._virtual))

    def key(self, atom: int) -> RangeAtom | QueryAtom:
        """What such an atom is of."""
        return self._keys[atom - self.count] if atom - self.count < len(self._keys) else self._all_keys(atom)

    _keys: tuple[RangeAtom | QueryAtom, ...] = ()

    def _all_keys(self, atom: int) -> RangeAtom | QueryAtom:
        self._keys = tuple(self._virtual)
        return self._keys[atom - self.count]

    # what holds

    def subs(self, context: int) -> frozenset[int]:
        """The atoms above a context."""
        atom = self.atom(context)
        found = self._subs.get(atom)
        if found is None:
            above = self.view.closure.subsumers(atom)
            found = frozenset(above.tolist() if isinstance(above, np.ndarray) else above)
            self._subs[atom] = found
        return found

    def marked(self, context: int) -> NDArray[np.bool_]:
        """The atoms above a context as a mask, valid until the next call."""
        self._mark[:] = False
        self._mark[list(self.subs(context))] = True
        return self._mark

    def holds(self, context: int, role: int, target: int) -> bool:
        """Whether there may be a link."""
        return target in self.targets(context, role)

    def targets(self, context: int, role: int) -> list[int]:
        """The contexts to which a role (or one below it) may lead."""
        found = self._by_role.get((context, role))
        if found is None:
            links = self._links(context)
            if role == TOP_ROLE:
                reached = [y for many in links.values() for y in many]
            else:
                reached = [y for sub in self._below(role) if sub in links for y in links[sub]]
            found = self._by_role[context, role] = list(dict.fromkeys(reached))
        return found

    def roles(self, context: int) -> list[int]:
        """The roles by which a context has links, none that only stands above them."""
        return list(self._links(context))

    def _links(self, context: int) -> dict[int, list[int]]:
        found = self._targets.get(context)
        if found is None:
            atom = self.atom(context)
            pairs: dict[tuple[int, int], None] = {}
            for role, target in self.view.links.of(atom):
                if target == atom:
                    pairs[role, context] = None
                if target != atom or not self._is_self(role):
                    pairs.update(dict.fromkeys((role, one) for one in self._reached(target)))
            if self.replay is not None and self.replay.strange_roles:
                above = self.subs(context)
                for one in self.replay.all_links:
                    if one.role >= len(self.index.box) and one.atom in above:
                        pairs[one.role, one.target] = None
            found = {}
            for role, target in pairs:
                found.setdefault(role, []).append(target)
            self._targets[context] = found
        return found

    def _is_self(self, role: int) -> bool:
        return self.index.box.is_self(role)

    def _reached(self, atom: int) -> list[int]:
        """The contexts of an atom that links lead to."""
        return [self.context(atom, role) for role in self._leading(atom)] if self.is_bounded(atom) else [atom]

    def _leading(self, atom: int) -> list[int]:
        """The roles by which told links lead to an atom."""
        found = self._leads.get(atom)
        if found is None:
            found = self._leads[atom] = list(dict.fromkeys(self._told_roles(atom)))
        return found

    def _told_roles(self, atom: int) -> list[int]:
        if atom >= self.program.atoms:
            assert self.replay is not None
            return [one.role for one in self.replay.all_links if one.target == atom]
        links = self.program.links
        found: list[int] = links.columns[0][links.columns[1] == atom].tolist()
        return found

    def _below(self, role: int) -> list[int]:
        return self._subroles.get(role, [role])

    @cached_property
    def _subroles(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for role, supers in enumerate(self.index.box.supers):
            for sup in supers.tolist():
                found.setdefault(sup, []).append(role)
        return found

    # what is told

    def told_links(self, context: int) -> dict[tuple[int, int], list[LinkRow]]:
        """The links (role, target) that follow at once from what is above a context."""
        found = self._told.get(context)
        if found is None:
            found = self._told[context] = {}
            self._add_told(context, found)
            if self.replay is not None:
                self._add_own(context, found)
        return found

    def _add_told(self, context: int, found: dict[tuple[int, int], list[LinkRow]]) -> None:
        above = np.array([one for one in self.subs(context) if one < self.program.atoms], np.int32)
        links = self.program.links
        for atom in above[(self.program.flags[above] & LINKS) != 0].tolist():
            start, end = int(links.starts[atom]), int(links.starts[atom + 1])
            roles, targets = links.columns[:, start:end].tolist()
            for role, target, why in zip(roles, targets, links.why[start:end].tolist(), strict=True):
                reached = context if target == SELF else self.context(target, role)
                found.setdefault((role, reached), []).append(LinkRow(atom, why))

    def _add_own(self, context: int, found: dict[tuple[int, int], list[LinkRow]]) -> None:
        assert self.replay is not None
        above = self.subs(context)
        for place, told in enumerate(self.replay.all_links):
            if told.atom in above:
                loop = told.target == told.atom and told.role < len(self.index.box) and self._is_self(told.role)
                reached = context if loop else self.context(told.target, told.role)
                found.setdefault((told.role, reached), []).append(LinkRow(told.atom, -1, place))

    # what expressions say

    def pieces(self, node: int) -> Pieces:
        """What a node of the index says."""
        found = self._pieces.get(node)
        if found is None:
            found = self._pieces[node] = self._taken_apart(node)
        return found

    def base_and_ranges(self, atom: int) -> tuple[int, list[int]]:
        """The nodes that a bounded filler of the index is made of."""
        nodes, node = self.index.nodes, int(self.program.node[atom])
        base, *ranges = nodes.operands[nodes.a[node] : nodes.b[node]].tolist()
        return base, ranges

    def _taken_apart(self, node: int) -> Pieces:
        nodes, of_node, number = self.index.nodes, self.index.atoms.of_node, self.index.box.number
        atoms, links, complements = set(), set(), set()
        todo = [node]
        for one in todo:
            kind, a, b = nodes.kind[one], int(nodes.a[one]), int(nodes.b[one])
            if kind == Kind.AND:
                todo.extend(nodes.operands[a:b].tolist())
            elif kind == Kind.SOME:
                links.add((number[a], int(of_node[self.index.filler[one]])))
            elif kind == Kind.NOT:
                complements.add(int(of_node[a]))
            elif kind == Kind.SELF:
                links.add((self.index.box.self_role[number[a]], SELF))
            if of_node[one] >= 0:
                atoms.add(int(of_node[one]))
        return Pieces(frozenset(atoms), frozenset(links), frozenset(complements))
