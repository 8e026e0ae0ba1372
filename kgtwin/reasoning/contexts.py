"""Contexts and atoms as explanations number them, and which links hold between contexts."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axioms import ClassExpression, DataRange, ObjectIntersectionOf
from kgtwin.reasoning.backwards import Reverse
from kgtwin.reasoning.nodes import Kind
from kgtwin.reasoning.program import LINKS, SELF
from kgtwin.reasoning.replay import Replay, ToldLink
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.reasoning.view import View
from kgtwin.reasoning.written import Node, as_class, as_node


class RangeAtom(NamedTuple):
    """What lies in a range, by the node of the range."""

    node: int


class QueryAtom(NamedTuple):
    """What is of a type that the program does not track."""

    expression: ClassExpression


class ValueAtom(NamedTuple):
    """What has a value that only rules know of, by a data property's entity."""

    property: int
    range: DataRange


Virtual = RangeAtom | QueryAtom | ValueAtom


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
        self._virtual: dict[Virtual, int] = {}
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
        return (
            -1 if context < self.count or self._of[context - self.count][0] < 0 else self._of[context - self.count][1]
        )

    def context(self, atom: int, role: int) -> int:
        """What a told link leads to."""
        if role not in self.ranged or self.is_individual(atom):
            return atom
        found = self._refined.get((atom, role))
        if found is None:
            found = self._refined[atom, role] = self.count + len(self._of)
            self._of.append((atom, role))
        return found

    def is_individual(self, atom: int) -> bool:
        """Whether an atom is an individual, which has its ranges whatever leads to it."""
        if atom < self.program.atoms:
            return self.index.atoms.named <= atom < self.index.atoms.proper
        return self.replay is not None and isinstance(self.replay.node(atom), str)

    @cached_property
    def ranged(self) -> frozenset[int]:
        """The roles that have ranges."""
        box = self.index.box
        if not self.index.told.ranges:
            return frozenset()
        return frozenset(role for role in box.number.values() if self.index.range_nodes(role))

    def is_bounded(self, atom: int) -> bool:
        """Whether an atom of the index stands for a filler together with ranges of its role."""
        return self._any_bounded and atom < self.program.atoms and int(self.program.node[atom]) >= self._first_bounded

    def virtual(self, key: Virtual) -> int:
        """The atom of a range or of an expression that is asked for."""
        return self._virtual.setdefault(key, self.count + len(self._virtual))

    def key(self, atom: int) -> Virtual:
        """What such an atom is of."""
        return self._keys[atom - self.count] if atom - self.count < len(self._keys) else self._all_keys(atom)

    _keys: tuple[Virtual, ...] = ()

    def _all_keys(self, atom: int) -> Virtual:
        self._keys = tuple(self._virtual)
        return self._keys[atom - self.count]

    def pair(self, one: int, other: int) -> int:
        """What is both of two individuals, as a context without links: for what speaks against it."""
        key = (-1 - one, other)
        found = self._refined.get(key)
        if found is None:
            found = self._refined[key] = self.count + len(self._of)
            self._of.append(key)
        return found

    def both(self, context: int) -> tuple[int, int] | None:
        """The two individuals of such a context."""
        if context < self.count:
            return None
        one, other = self._of[context - self.count]
        return (-1 - one, other) if one < 0 else None

    def node(self, context: int) -> Node:
        """What a context stands for."""
        both = self.both(context)
        if both is not None:
            return ObjectIntersectionOf((as_class(self.node(both[0])), as_class(self.node(both[1]))))
        atom = self.atom(context)
        return as_node(self.index.value(atom)) if self.replay is None else self.replay.node(atom)

    def canonical(self, context: int) -> int:
        """The individual itself where a context is what the ontology says of it."""
        extension = self.view.extension
        return context if extension is None or context >= self.count else extension.canonical(context)

    def number(self, role: str) -> int | None:
        """The number of a role, one that only the extension knows included."""
        known = self.index.role(role)
        return self.replay.strange_roles.get(role) if known is None and self.replay is not None else known

    # what holds

    def subs(self, context: int) -> frozenset[int]:
        """The atoms above a context."""
        both = self.both(context)
        if both is not None:
            return self.subs(both[0]) | self.subs(both[1])
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
            if self.both(context) is not None:
                return {}
            atom = self.atom(context)
            pairs: dict[tuple[int, int], None] = {}
            told = set(self.view.links.told(atom)) if self.ranged else set()
            for role, target in self.view.links.of(atom):
                if target == atom:
                    pairs[role, context] = None
                if not self._is_self(role):
                    pairs[role, self.context(target, role) if (role, target) in told else target] = None
                    if self.ranged and role in self._made:
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

    @cached_property
    def _made(self) -> frozenset[int]:
        """The roles that chains lead to."""
        return frozenset(chain.result for chain in self.index.box.chains)

    def _reached(self, atom: int) -> list[int]:
        """The contexts of an atom that links lead to."""
        found = self._leads.get(atom)
        if found is None:
            found = self._leads[atom] = list(dict.fromkeys(self.context(atom, role) for role in self._told_roles(atom)))
        return found

    def _told_roles(self, atom: int) -> list[int]:
        own = [] if self.replay is None else [one.role for one in self.replay.all_links if one.target == atom]
        known = [role for (role,) in self._by_target.of(atom)] if atom < self.program.atoms else []
        return own + known

    @cached_property
    def _by_target(self) -> Reverse:
        role, target = self.program.links.columns
        kept = target >= 0
        return Reverse(target[kept], [role[kept]], self.program.atoms)

    def _below(self, role: int) -> list[int]:
        return self._subroles.get(role, [role])

    @cached_property
    def _subroles(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for role, supers in enumerate(self.index.box.supers):
            for sup in supers.tolist():
                found.setdefault(sup, []).append(role)
        return found

    # ranges

    def bounds(self, context: int) -> list[int]:
        """The nodes of the ranges that are part of what a context stands for."""
        atom = self.atom(context)
        if atom < 0:
            return []
        if self.is_bounded(atom):
            return self.base_and_ranges(atom)[1]
        _, *ranges = self.bounded_operands(context) or [None]
        nodes = {self.index.expression(node): node for _, node, _ in self.index.told.ranges} if ranges else {}
        return [nodes[one] for one in ranges if one is not None]

    def bounded_operands(self, context: int) -> tuple[ClassExpression, ...]:
        """What a filler of the extension is made of where a role leads to it, its own expression first, then ranges."""
        atom = self.atom(context)
        if self.replay is None or (atom, self.role(context)) not in self.replay.bounded:
            return ()
        node = self.replay.node(atom)
        assert isinstance(node, ObjectIntersectionOf)
        return node.operands

    def bounded_above(self, context: int) -> list[int]:
        """The fillers within ranges that a context is below without being one: an individual is told so."""
        if not self._any_bounded:
            return []
        own = self.atom(context)
        return [one for one in self.subs(context) if one != own and self.is_bounded(one)]

    def leading_to(self, context: int) -> list[ToldLink]:
        """The links of the extension that lead to an individual above a context, or from a thing to itself."""
        if self.replay is None or not self.ranged:
            return []
        above, replay = self.subs(context), self.replay
        return [
            link
            for link in replay.all_links
            if link.role in self.ranged and link.target in above and self._is_one(link)
        ]

    def _is_one(self, link: ToldLink) -> bool:
        return link.loop or self.is_individual(link.target)

    # what is told

    def told_links(self, context: int) -> dict[tuple[int, int], list[LinkRow]]:
        """The links (role, target) that follow at once from what is above a context."""
        found = self._told.get(context)
        if found is None:
            found = self._told[context] = {}
            if self.both(context) is not None:
                return found
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
                reached = context if told.loop else self.context(told.target, told.role)
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
