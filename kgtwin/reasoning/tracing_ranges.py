"""Inferences by the ranges of roles: of fillers, each with the role that leads to it, and of individuals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kgtwin.model.axioms import Axiom
from kgtwin.reasoning.backwards import Backwards
from kgtwin.reasoning.contexts import Contexts, RangeAtom
from kgtwin.reasoning.inferences import EXISTS, ROLES, Fact, Inference, Inferences, Rule
from kgtwin.reasoning.program import BOTTOM, SELF
from kgtwin.reasoning.rolebox import NO_AXIOM
from kgtwin.reasoning.tracing_individuals import IndividualTracer
from kgtwin.reasoning.written import existential, inclusions


class RangeTracer:
    """Lists inferences by ranges."""

    def __init__(
        self,
        contexts: Contexts,
        backwards: Backwards,
        individuals: IndividualTracer,
        axiom: Callable[[int], Axiom],
    ) -> None:
        self._contexts, self._backwards, self._individuals, self._axiom = contexts, backwards, individuals, axiom
        self._index = contexts.index
        self._ranges: dict[int, list[int]] = {}

    def of(self, x: int) -> list[int]:
        """The nodes of the ranges that a context may be in by what leads to it."""
        if not self._contexts.ranged:
            return []
        found = self._ranges.get(x)
        if found is None:
            role = self._contexts.role(x)
            nodes = self._contexts.bounds(x) if role < 0 else list(self._index.range_nodes(role))
            for atom in self._contexts.bounded_above(x):
                nodes += self._contexts.base_and_ranges(atom)[1]
            for link in self._contexts.leading_to(x):
                nodes += self._index.range_nodes(link.role)
            for y, _ in self._individuals.equal_to(x):
                nodes += self._index.range_nodes(self._contexts.role(y))
            found = self._ranges[x] = list(dict.fromkeys(nodes))
        return found

    def is_a(self, x: int, head: int) -> Inferences:
        """``x ⊑ D`` by what a range says that x is in."""
        for node in self.of(x):
            pieces, within = self._contexts.pieces(node), (x, self._contexts.virtual(RangeAtom(node)))
            if head in pieces.atoms:
                yield Inference(Rule.TOLD, (within,))
            if head == BOTTOM:
                for excluded in pieces.complements & self._contexts.subs(x):
                    yield Inference(Rule.JOIN, (within, (x, excluded)))

    def link(self, x: int, role: int, y: int) -> Inferences:
        """``x -r→ y`` likewise."""
        for node in self.of(x):
            if not as_rows(self._contexts, x, role, y).isdisjoint(self._contexts.pieces(node).links):
                yield Inference(Rule.TOLD, ((x, self._contexts.virtual(RangeAtom(node))),))

    def within(self, x: int, node: int) -> Inferences:
        """That x is in a range, by its node."""
        role = self._contexts.role(x)
        if role >= 0:
            for premise, axiom in self.in_range(role, node):
                yield Inference(Rule.RANGE, (premise,), (axiom,))
        elif node in self._contexts.bounds(x):
            yield Inference(Rule.RANGE)
        for atom in self._contexts.bounded_above(x):
            if node in self._contexts.base_and_ranges(atom)[1]:
                yield from self._led_to(x, atom, node)
        for link in self._contexts.leading_to(x):
            for premise, axiom in self.in_range(link.role, node):
                led = (link.atom, link.role, link.target)
                yield Inference(Rule.LED_TO, ((x, link.target), led, premise), (axiom,))
        for y, one in self._individuals.equal_to(x):
            if node in self._index.range_nodes(self._contexts.role(y)):
                within = (y, self._contexts.virtual(RangeAtom(node)))
                yield Inference(Rule.ONLY_ONE, ((x, one), (EXISTS, y, y), (y, one), within))

    def in_range(self, role: int, node: int) -> Iterator[tuple[Fact, int]]:
        """The axioms that put what a role leads to into a range, with the inclusion between roles that each needs."""
        supers, number = self._index.box.supers[role], self._index.box.number
        for entity, one, axiom in self._index.told.ranges:
            if one == node and number[entity] in supers:
                yield (ROLES, role, number[entity]), axiom

    def _led_to(self, x: int, atom: int, node: int) -> Inferences:
        """``r(a, b)`` puts b into the range of r; here ``x ⊑ {b}``."""
        for individual, why in self._backwards.told.of(atom):
            if why != NO_AXIOM and individual in self._contexts.subs(x):
                for role in self._leading(why):
                    for premise, axiom in self.in_range(role, node):
                        yield Inference(Rule.LED_TO, ((x, individual), premise), (why, axiom))

    def _leading(self, why: int) -> set[int]:
        """The roles by which an axiom links individuals."""
        found = {role[0] for _, sup in inclusions(self._axiom(why)) if (role := existential(sup)) is not None}
        return {number for role in found if (number := self._index.role(role)) is not None}


def as_rows(contexts: Contexts, x: int, role: int, y: int) -> set[tuple[int, int]]:
    """The entries (role, atom) of a program that say ``x -role→ y``."""
    rows = {(role, SELF)} if x == y else set()
    return rows | {(role, contexts.atom(y))} if contexts.context(contexts.atom(y), role) == y else rows
