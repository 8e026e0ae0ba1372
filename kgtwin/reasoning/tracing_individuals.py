"""Inferences of which the rules of the engine do not know: that there is only one of each individual, keys, rules.

:mod:`kgtwin.reasoning.individuals` finds what follows, and keeps one reason; here are all reasons.
"""

from __future__ import annotations

from functools import cached_property

from kgtwin.reasoning.contexts import Contexts, ValueAtom
from kgtwin.reasoning.individuals import Knowledge
from kgtwin.reasoning.inferences import DIFFERENT, EXISTS, Inference, Inferences, Rule
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.tracing_data import DataTracer
from kgtwin.reasoning.tracing_rules import Bodies


class IndividualTracer:
    """Lists inferences about individuals."""

    def __init__(self, contexts: Contexts, data: DataTracer, auxiliary: frozenset[int]) -> None:
        self._contexts, self._data, self._index = contexts, data, contexts.index
        self._auxiliary = auxiliary
        atoms, replay = self._index.atoms, contexts.replay
        own = () if replay is None else (one for one in replay.individuals.values() if one not in replay.copies)
        self.people = [*range(atoms.named, atoms.proper), *own]
        """The individuals, each once."""

    @cached_property
    def _known(self) -> Knowledge:
        return Knowledge.of(self._index)

    @cached_property
    def concerned(self) -> bool:
        """Whether anything could follow here."""
        extension = self._contexts.view.extension
        told = extension is not None and (extension.identifies or bool(extension.derived))
        return bool(self.people) and (told or self._known.matters or bool(self._index.derived))

    @cached_property
    def _bodies(self) -> Bodies:
        return Bodies(self._contexts, self._data, self._known, self.people)

    def are(self, context: int) -> list[int]:
        """The individuals that a context is."""
        above = self._contexts.subs(context)
        return [one for one in self.people if one in above]

    def equal_to(self, x: int) -> list[tuple[int, int]]:
        """Fillers of roles with ranges that exist and are an individual above x, each with that individual."""
        if not self.concerned or self._contexts.both(x) is not None:
            return []
        are = self.are(x)
        return [
            (y, one)
            for y in (self._existing if are else ())
            if self._contexts.role(y) >= 0
            for one in are
            if one in self._contexts.subs(y)
        ]

    # x ⊑ D

    def is_a(self, x: int, head: int) -> Inferences:
        """``x ⊑ D``"""
        if not self.concerned or self._contexts.both(x) is not None:
            return
        own = self._contexts.atom(x)
        if own == TOP:
            yield from self._bodies.is_a(TOP, head)
        for one in self.are(x):
            for y in self._existing_of.get(head, ()):
                if y not in (x, one) and one in self._contexts.subs(y):
                    yield Inference(Rule.ONLY_ONE, ((x, one), (EXISTS, y, y), (y, one)))
            if one == own:
                yield from self._bodies.is_a(one, head)
            elif self._bodies.may_tell(one, head):
                yield Inference(Rule.SAME, ((x, one), (one, head)))
        yield from self._reached(x, head)
        if head == BOTTOM:
            yield from self._apart(x)

    def of_both(self, x: int, head: int) -> Inferences:
        """What is both of two individuals is what each of them is."""
        for one in self._contexts.both(x) or ():
            if head in self._contexts.subs(one):
                yield Inference(Rule.SAME, ((one, one), (one, head)))

    def _reached(self, x: int, head: int) -> Inferences:
        for role, atom in self._known.ranged.items():
            if atom == head:
                for one in self.are(x):
                    for other in self.people:
                        for y in self._contexts.targets(other, role):
                            if one in self._contexts.subs(y):
                                yield Inference(Rule.REACHED, ((other, role, y), (y, one), (x, one)))

    def _apart(self, x: int) -> Inferences:
        """Individuals that a rule says are different."""
        if self._bodies.tell_apart:
            found = self.are(x)
            for i, one in enumerate(found):
                for other in found[i:]:
                    yield Inference(Rule.APART, ((x, one), (x, other), (DIFFERENT, one, other)))

    # what exists

    def exists(self, y: int) -> Inferences:
        """That something is a y."""
        if y == TOP or y in self.people:
            yield Inference(Rule.SOME)
        for z, role in self._existing.get(y, ()):
            yield Inference(Rule.SOME, ((EXISTS, z, z), (z, role, y)))

    @cached_property
    def _existing(self) -> dict[int, list[tuple[int, int]]]:
        """The contexts that are not empty, with the contexts and roles that lead there."""
        found: dict[int, list[tuple[int, int]]] = {one: [] for one in (TOP, *self.people)}
        queue = list(found)
        for z in queue:
            for role, y in self._contexts.told_links(z):
                if y not in found:
                    found[y] = []
                    queue.append(y)
                found[y].append((z, role))
        return found

    @cached_property
    def _existing_of(self) -> dict[int, list[int]]:
        """The contexts that are not empty, by their atoms."""
        found: dict[int, list[int]] = {}
        for y in self._existing:
            found.setdefault(self._contexts.atom(y), []).append(y)
        return found

    # x -r→ y

    def link(self, x: int, role: int, y: int) -> Inferences:
        """``x -r→ y``"""
        if not self.concerned:
            return
        if x == y and self._index.box.is_self(role) and role not in self._auxiliary:
            yield from self._own(x, role)
        if y in self._people and role not in self._auxiliary:
            for z in self._contexts.targets(x, role):
                if z != y and y in self._contexts.subs(z):
                    yield Inference(Rule.SAME, ((x, role, z), (z, y)))
            own = self._contexts.atom(x)
            for one in self.are(x):
                if one == own:
                    yield from self._bodies.link(one, role, y)
                elif self._bodies.may_link(one, role, y):
                    yield Inference(Rule.SAME, ((x, one), (one, role, y)))

    @cached_property
    def _people(self) -> frozenset[int]:
        return frozenset(self.people)

    def _own(self, x: int, loop: int) -> Inferences:
        role = next(role for role, own in self._known.loops.items() if own == loop)
        for one in self.are(x):
            for y in self._contexts.targets(x, role):
                if one in self._contexts.subs(y):
                    yield Inference(Rule.OWN, ((x, role, y), (x, one), (y, one)))

    # values and differences

    def value(self, x: int, key: ValueAtom) -> Inferences:
        """That x has just that value, told or by a rule."""
        return self._bodies.value(x, key)

    def different(self, one: int, other: int) -> Inferences:
        """That two individuals are not the same."""
        yield Inference(Rule.APART, ((self._contexts.pair(one, other), BOTTOM),))
        yield from self._bodies.different(one, other)
