"""Which answers a condition that is not used can touch: those whose models break it.

All contexts that a class leads to by links, with the individuals and what these lead to, are a model of what was used
in which the class has an instance, and in which it is nothing but what was derived. If that fulfils what was not used,
too, it is a model of the whole ontology, and so the answer is complete. Backwards: what a condition can touch are the
contexts that break it, all that lead to these, and everything where an individual does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.reasoning.canonical import CanonicalModel
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import (
    TOP_PROPERTY,
    Condition,
    Inclusion,
    Other,
    UndecidedNumber,
    assumptions,
    names_in,
)
from kgtwin.reasoning.fulfilment import Fulfilment
from kgtwin.reasoning.graph import Graph
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.reasoning.triggers import Trigger, Triggers
from kgtwin.reasoning.view import View
from kgtwin.vocabulary import OWL_THING


class Reach:
    """What the elements of a closure break of some conditions, by their numbers.

    With a ``base`` the view is one of an extension: conditions from the base's on concern its own atoms alone.
    """

    def __init__(
        self, view: View, closure: Closure, conditions: Sequence[Condition], base: Reach | None = None
    ) -> None:
        self.conditions, self._view, self._base = conditions, view, base
        alone = any(isinstance(one, Other) and one.construct == _ALONE for one in conditions)
        inert = base.is_inert if base else self.is_inert
        self._fulfilment = Fulfilment(CanonicalModel(view, unfolded=alone), closure, inert)
        self._closure = closure
        self._known: dict[int, frozenset[int]] = {}
        self._breaking: dict[int, list[int]] = {}
        self._inert: dict[str, bool] = {}

    def broken(self, roots: Iterable[int]) -> frozenset[int]:
        """The conditions that a model of some contexts breaks, besides what the individuals break anyway."""
        return frozenset[int]().union(*(self._at(y) for y in self._elements(roots)))

    @cached_property
    def by_individuals(self) -> frozenset[int]:
        """The conditions that the ontology's individuals break, or what they lead to."""
        atoms = self._view.index.atoms
        return self.broken(range(atoms.named, atoms.proper))

    def touched(self, condition: int) -> Ints:
        """The contexts whose answers a condition can touch."""
        if condition in self.by_individuals:
            return self.graph.all
        return self.graph.leading_to(np.array(self.breaking(condition), np.int32))

    def breaking(self, condition: int) -> list[int]:
        """The contexts that break a condition."""
        found = self._breaking.get(condition)
        if found is None:
            sure = self._without_way_back(self.conditions[condition])
            rest = np.setdiff1d(self._candidates(condition), sure).tolist()
            found = [*sure.tolist(), *(y for y in rest if self.breaks(y, condition))]
            self._breaking[condition] = sorted(found)
        return found

    def _without_way_back(self, condition: Condition) -> Ints:
        """Contexts that certainly break a condition, as they have links, and nothing has any to them: found at once."""
        index, roles = self._view.index, set[int]()
        if (
            isinstance(condition, Other)
            and condition.construct in _TURNED
            and condition.names
            and index.atoms.named == index.atoms.proper
        ):
            ways = {(condition.names[0], condition.names[-1]), (condition.names[-1], condition.names[0])}
            asked = [
                index.role(role) for role, back in ways if TOP_PROPERTY not in (role, back) and not self.is_inert(back)
            ]
            roles = {one for one, above in enumerate(index.box.above_sets) if not above.isdisjoint(asked)}
        found = self.graph.linked(frozenset(roles), away=True)
        return found[~self.graph.led_to[found]]

    def possible(self, context: int) -> bool:
        """Whether there can be an instance of a context."""
        return self._fulfilment.model.exists(context)

    @cached_property
    def graph(self) -> Graph:
        """The closure read backwards."""
        return Graph(self._view.index, self._closure)

    # elements

    def _elements(self, roots: Iterable[int]) -> list[int]:
        """Some contexts with all that they lead to; without those of which nothing is an instance."""
        found = dict.fromkeys(filter(self.possible, roots))
        queue = list(found)
        for y in queue:
            for target in self._targets(y):
                if target not in found:
                    found[target] = None
                    queue.append(target)
        return queue

    def _targets(self, y: int) -> Iterable[int]:
        links, extension = self._fulfilment.model.told_links(y), self._view.extension
        return (target if extension is None else extension.canonical(target) for _, target in links)

    def _at(self, y: int) -> frozenset[int]:
        """The conditions that an element breaks."""
        if self._base is not None and y < self._base.size:
            return self._base._at(y)
        found = self._known.get(y)
        if found is None:
            found = self._known[y] = frozenset(k for k in self._to_check(y) if self.breaks(y, k))
        return found

    @property
    def size(self) -> int:
        """How many atoms there are."""
        return self._view.index.count

    def breaks(self, y: int, condition: int) -> bool:
        """Whether an element breaks a condition."""
        return self._fulfilment.breaks(y, self.conditions[condition])

    # what to look at

    def _to_check(self, y: int) -> Iterable[int]:
        """The conditions that an element may break."""
        extension = self._view.extension
        if self._base is None or extension is None:
            return self.triggered(y, self._view)
        if extension.data or extension.strange or extension.individuals:
            numbers, others = self._numbers
            return chain(others, *(numbers[one] for one in self._view.closure.subsumers(y) if one in numbers))
        own = range(len(self._base.conditions), len(self.conditions))
        return chain(self._base.triggered(y, self._view), own)

    @cached_property
    def _numbers(self) -> tuple[dict[int, list[int]], list[int]]:
        """The conditions about a number by the atom of its value, of which there may be many; the others."""
        numbers: dict[int, list[int]] = {}
        others: list[int] = []
        for k, one in enumerate(self.conditions):
            (numbers.setdefault(one.atom, []) if isinstance(one, UndecidedNumber) else others).append(k)
        return numbers, others

    def triggered(self, y: int, view: View) -> Iterable[int]:
        """The conditions that may be broken by an element of a view on the same index, of what the index knows."""
        found = dict.fromkeys(self._always)
        for atom in view.closure.array(y).tolist() if self._by_atom else ():
            found.update(dict.fromkeys(self._by_atom.get(atom, ())))
        for role, _ in view.links.told(y) if self._by_role else ():
            found.update(dict.fromkeys(self._by_role.get(role, ())))
        return found

    @cached_property
    def _triggers(self) -> list[Trigger | None]:
        triggers = Triggers(self._view.index, self.graph.size)
        return [triggers.of(condition) for condition in self.conditions]

    @cached_property
    def _always(self) -> list[int]:
        return [k for k, trigger in enumerate(self._triggers) if trigger is None]

    @cached_property
    def _by_atom(self) -> dict[int, list[int]]:
        return _inverted([() if one is None else one.atoms for one in self._triggers])

    @cached_property
    def _by_role(self) -> dict[int, list[int]]:
        return _inverted([() if one is None else one.roles for one in self._triggers])

    def _candidates(self, condition: int) -> Ints:
        """The contexts that may break a condition."""
        trigger, asked = self._triggers[condition], self.conditions[condition]
        if trigger is None:
            found = self.graph.all
        else:
            found = np.union1d(self.graph.below(trigger.atoms), self.graph.linked(trigger.roles))
        if isinstance(asked, Inclusion) and not assumptions(asked):
            for one in _conjuncts(asked.sub):
                if isinstance(one, Class) and one.iri != OWL_THING:
                    found = np.intersect1d(found, self._members(one))
            found = np.setdiff1d(found, self._members(asked.sup))
        return found

    def _members(self, expression: ClassExpression) -> Ints:
        """Contexts that certainly are in an expression; of a class, all."""
        match expression:
            case Class(iri):
                atom = self._view.index.class_atom(iri)
                return self.graph.all if atom == TOP else self.graph.below([] if atom is None else [atom])
            case owl.ObjectUnionOf(operands):
                return np.unique(np.concatenate([self._members(one) for one in operands]))
            case owl.ObjectIntersectionOf(operands) if operands:
                found = self._members(operands[0])
                for one in operands[1:]:
                    found = np.intersect1d(found, self._members(one))
                return found
        return np.zeros(0, np.int32)

    # roles

    def is_inert(self, role: str) -> bool:
        """Whether more links by a role would make no difference, but for the one condition that asks for them."""
        found = self._inert.get(role)
        if found is None:
            number = self._view.index.role(role)
            above = [] if number is None else self._view.index.box.supers[number].tolist()
            found = self._inert[role] = self._asking.get(role, 0) < 2 and all(map(self._is_inert, above))
        return found

    def _is_inert(self, role: int) -> bool:
        """Whether nothing follows from a link by a role itself."""
        index = self._view.index
        entity = index.box.entity[role]
        asked = role != TOP_ROLE and entity >= 0 and self._asking.get(index.iri(entity), 0) > 1
        return not asked and role not in self._telling

    @cached_property
    def _telling(self) -> frozenset[int]:
        """The roles that rules of the engine, keys or rules look at."""
        index, roles = self._view.index, self._view.index.program.roles
        waits = index.program.waits.columns
        found = {*waits[0][waits[1] != BOTTOM].tolist(), *waits[0][waits[0] > 0].tolist()}
        found.update(np.flatnonzero(np.diff(roles.domains.starts)).tolist(), index.box.self_role)
        found.update(np.flatnonzero((roles.chains.first >= 0) | (roles.chains.second >= 0)).tolist())
        found.update(index.box.number[entity] for entity, _, _ in index.told.ranges)
        if index.told.rules or index.told.keys:
            found.update(range(len(index.box)))
        return frozenset(found)

    @cached_property
    def _asking(self) -> dict[str, int]:
        """How many conditions name a role."""
        found: dict[str, int] = {}
        for condition in self.conditions:
            for name in names_in(condition):
                found[name] = found.get(name, 0) + 1
        return found


_TURNED = ("InverseObjectProperties", "SymmetricObjectProperty")
_ALONE = "InverseFunctionalObjectProperty"


def _conjuncts(expression: ClassExpression) -> Sequence[ClassExpression]:
    return expression.operands if isinstance(expression, owl.ObjectIntersectionOf) else (expression,)


def _inverted(many: Sequence[Iterable[int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, keys in enumerate(many):
        for key in keys:
            found.setdefault(key, []).append(number)
    return found
