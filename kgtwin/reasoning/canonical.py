"""Whether expressions of any kind hold in the canonical model that a closure is: yes, no, or as one completes it.

Elements are contexts, those below an individual and all that it is being the individual. What a context is not known
to be, it is not: so the model fulfils whatever the engine uses, and for the other constructs it is looked at as it
stands. None is said where data values are known only as ranges, or of an expression of which only the text is known.

Links lead from context to context. Where something asks whether a thing is linked to itself (self restrictions), or
for the only thing that leads to another (``unfolded``), the model is the tree of all paths instead: then ``A ⊑ ∃r.A``
leads to another A, and nothing but an individual is led to twice.

Something that must exist is no element of its own where an individual that was told is led to by the same role and is
all that it must be (the patient has *some* result below 30; a result of 25 was received): the individual serves.

Of what nothing is said by ``owl:topObjectProperty`` and in text is assumed: no element is in a filler of the first, and
none has links by roles of the second. :meth:`CanonicalModel.surprises` names the elements where this is not so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.model.data_ranges import disjoint, within
from kgtwin.reasoning.conditions import TOP_DATA, TOP_PROPERTY, where_empty
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import BOTTOM, FIRST, SELF
from kgtwin.reasoning.view import View
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Truth = bool | None


class CanonicalModel:
    """Reads a view as a model."""

    def __init__(self, view: View, *, unfolded: bool = False) -> None:
        self.view = view
        self.unfolded = unfolded or bool(view.index.box.self_role)
        self._targets: dict[tuple[int, str], tuple[int, ...]] = {}
        self._elements: dict[int, int] = {}
        self._served: dict[int, frozenset[Pair]] = {}

    # elements

    def exists(self, y: int) -> bool:
        """Whether a context has an element: nothing can be in an empty one."""
        return BOTTOM not in self.view.closure.subsumers(y)

    def element(self, y: int) -> int:
        """The context that stands for the element of one: an individual, where it is all that one is."""
        if not self._may_be_individual:
            return y
        found = self._elements.get(y)
        if found is None:
            above = self.individuals(y)
            found = self._elements[y] = min([one for one in above if self._is_all(y, one)], default=y)
        return found

    def individuals(self, y: int) -> list[int]:
        """The individuals that a context is below, itself included."""
        atoms, extension = self.view.index.atoms, self.view.extension
        if not self._may_be_individual:
            return []
        above = self.view.closure.array(y)
        found: list[int] = above[(above >= atoms.named) & (above < atoms.proper)].tolist()
        if extension is not None:
            more = above[above >= extension.first].tolist()
            found = [extension.canonical(one) for one in (*found, *more) if self.view.is_individual(one)]
        return list(dict.fromkeys(found))

    def _is_all(self, y: int, individual: int) -> bool:
        """Whether a context is above an individual: it is all that is known of the context."""
        extension = self.view.extension
        return (
            y == individual
            or y in self.view.closure.subsumers(individual)
            or (extension is not None and extension.canonical(y) == individual)
        )

    @cached_property
    def _may_be_individual(self) -> bool:
        atoms, extension = self.view.index.atoms, self.view.extension
        return atoms.named < atoms.proper or (extension is not None and bool(extension.individuals))

    def told_targets(self, y: int, role: str) -> list[int]:
        """Some of the elements that a role leads to from one: without what chains make."""
        number, above = self.view.index.role(role), self.view.index.box.above_sets
        links = () if number is None else self.told_links(y)
        return [self.element(target) for by, target in links if number in above[by]]

    def told_links(self, y: int) -> list[Pair]:
        """The links (role, target) that an element was told, without those that an individual serves."""
        told, served = self.view.links.told(y), self._served_at(y)
        return [link for link in told if link not in served] if served else told

    def _served_at(self, y: int) -> frozenset[Pair]:
        """The links of an individual of the extension to what another link of its leads to anyway, by an individual.

        Where chains come of a link, or lead to one like it, it stays.
        """
        extension = self.view.extension
        if extension is None or y < extension.first or not self.view.is_individual(y):
            return frozenset()
        found = self._served.get(y)
        if found is None:
            found = self._served[y] = frozenset(self._find_served(y))
        return found

    def _find_served(self, y: int) -> Iterator[Pair]:
        box, flags, above = self.view.index.box, self.view.index.program.roles.flags, self.view.index.box.above_sets
        told = self.view.links.told(y)
        serving = [(by, target) for by, target in told if self.view.is_individual(target)]
        for role, target in told if serving else ():
            if self.view.is_individual(target) or role in box.made or flags[role] & FIRST:
                continue
            if any(role in above[by] and self._is_also(one, target) for by, one in serving):
                yield role, target

    def _is_also(self, individual: int, context: int) -> bool:
        """Whether an individual is known to be all that a context is."""
        if context in self.view.closure.subsumers(individual):
            return True
        extension = self.view.extension
        assert extension is not None, "only what an extension tells is looked at"
        node = extension.node(context)
        return not isinstance(node, str) and self.view.satisfies(individual, node)

    def is_led_to(self, element: int) -> bool:
        """Whether something other than itself may lead to an element."""
        return element in self._led_to

    @cached_property
    def _led_to(self) -> frozenset[int]:
        found = set(np.unique(self.view.index.program.links.columns[1]).tolist()) - {SELF}
        if self.view.extension is not None:
            extension = self.view.extension
            found.update(target for links in extension.own.links.values() for _, target in links if target != SELF)
            found = {extension.canonical(target) for target in found}
        return frozenset(map(self.element, found))

    def targets(self, y: int, role: str) -> tuple[int, ...]:
        """The elements that a role leads to from one, each once."""
        found = self._targets.get((y, role))
        if found is None:
            served = self._served_at(y)
            links = [link for link in self.view.to(y, role) if tuple(link) not in served]
            found = self._targets[y, role] = tuple(dict.fromkeys(self.element(link.target) for link in links))
        return found

    def is_composed(self, role: str) -> bool:
        """Whether chains lead to a role, so that there may be more than one way to what it leads to."""
        number = self.view.index.role(role)
        return number is not None and number in self.view.index.box.made

    # expressions

    def truth(self, y: int, expression: ClassExpression) -> Truth:
        """Whether an element is in an expression, nothing surprising provided."""
        match expression:
            case Class(iri):
                return self._is_in(y, iri)
            case owl.ObjectIntersectionOf(operands):
                return _all(self.truth(y, one) for one in operands)
            case owl.ObjectUnionOf(operands):
                return _any(self.truth(y, one) for one in operands)
            case owl.ObjectComplementOf(operand):
                return _not(self.truth(y, operand))
            case owl.ObjectSomeValuesFrom(role, filler):
                return _any(self.truth(z, filler) for z in self._reached(y, role))
            case owl.ObjectAllValuesFrom(role, filler):
                return _all(self.truth(z, filler) for z in self._reached(y, role))
        return self._restriction(y, expression)

    def _reached(self, y: int, role: str) -> tuple[int, ...]:
        """What a role leads to; by the one that leads everywhere, to nothing of interest."""
        return () if role == TOP_PROPERTY else self.targets(y, role)

    def _is_in(self, y: int, iri: str) -> bool:
        if iri in (OWL_THING, OWL_NOTHING):
            return iri == OWL_THING
        known = self.view.tracked(Class(iri))
        return known is not None and known in self.view.closure.subsumers(y)

    def _restriction(self, y: int, expression: ClassExpression) -> Truth:
        match expression:
            case owl.ObjectMinCardinality(least, role, filler):
                return self.at_least(y, least, role, filler)
            case owl.ObjectMaxCardinality(most, role, filler):
                return _not(self.at_least(y, most + 1, role, filler))
            case owl.ObjectExactCardinality(count, role, filler):
                more = self.at_least(y, count + 1, role, filler)
                return _all((self.at_least(y, count, role, filler), _not(more)))
            case owl.DataSomeValuesFrom():
                return self._value(y, expression)
            case owl.ObjectHasSelf(role):
                return self._loop(y, role)
            case owl.ObjectHasValue(role, individual):
                return self._is_one(self._reached(y, role), individual)
            case owl.ObjectOneOf(individuals):
                return _any(self._is_one((self.element(y),), one) for one in individuals)
            case owl.Unsupported():
                return self._of_text(y, expression)
        return None

    def _is_one(self, found: tuple[int, ...], individual: str) -> Truth:
        """Whether an individual is among some elements; one that is only in what is not used may be any of them."""
        extension = self.view.extension
        known = None if extension is None else extension.individuals.get(individual)
        known = self.view.index.individual_atom(individual) if known is None else known
        if known is None:
            return None if found else False
        return self.element(known) in found

    def at_least(self, y: int, least: int, role: str, filler: ClassExpression) -> Truth:
        """Whether a role leads from an element to so many others in a filler."""
        if not least or role == TOP_PROPERTY:
            return not least
        truths = [self.truth(z, filler) for z in self.targets(y, role)]
        certain, possible = sum(truth is True for truth in truths), sum(truth is not False for truth in truths)
        if certain >= least:
            return True
        if self.unfolded and possible:
            possible += least if self.is_composed(role) else self.element(y) in self.targets(y, role)
        return None if possible >= least else False

    def _loop(self, y: int, role: str) -> bool:
        """Whether an element is linked to itself; where the model is unfolded, only what is told to be, is."""
        if role == TOP_PROPERTY:
            return True
        if not self.unfolded or self.view.is_individual(self.element(y)):
            return self.element(y) in self.targets(y, role)
        return self.view.satisfies(y, owl.ObjectHasSelf(role))

    # data

    def data(self, y: int, data_property: str) -> list[DataAtom]:
        """The values that an element was told for a property and those below it."""
        index = self.view.index
        properties, entity = index.data_properties, index.entity(data_property)
        return [one for one in self.all_data(y) if entity in properties.supers(one.property)]

    def all_data(self, y: int) -> list[DataAtom]:
        """All values that an element was told."""
        if not self._has_data:
            return []
        told = list(self.view.data(y))
        if self._derived and self.view.is_individual(y):
            told += [one for one in self._derived if self.element(one.atom) == self.element(y)]
        return told

    @cached_property
    def _has_data(self) -> bool:
        extension = self.view.extension
        return bool(self.view.index.asserted_data or self._derived or (extension is not None and extension.data))

    @cached_property
    def _derived(self) -> list[DataAtom]:
        """The values that only rules know of, each with its individual."""
        return [DataAtom(one.subject, one.property, one.value) for one in self.view.index.derived.values]

    def _value(self, y: int, wanted: owl.DataSomeValuesFrom) -> Truth:
        if wanted.property == TOP_DATA:
            return None
        told = [one.range for one in self.data(y, wanted.property)]
        if any(within(one, wanted.range) for one in told):
            return True
        return None if any(not disjoint(one, wanted.range) for one in told) else False

    # what is assumed

    def _of_text(self, y: int, expression: owl.Unsupported) -> Truth:
        """An expression of which only the text is known, where its properties lead nowhere."""
        node = self.view.index.nodes.opaque.get(expression)
        if node is not None and node in self.view.index.told.proxies:
            return self.view.index.opaque(expression) in self.view.closure.subsumers(y)
        return where_empty(expression)

    def surprises(self, y: int, assumed: Iterable[ClassExpression]) -> bool:
        """Whether an element is not as was assumed of all, in some restrictions."""
        for part in assumed:
            if isinstance(part, owl.Unsupported) and any(self.has(y, name) for name in part.signature):
                return True
            if any(self.truth(y, filler) is not False for filler in _fillers_of_all(part)):
                return True
        return False

    def has(self, y: int, name: str) -> bool:
        """Whether an element has anything by an object or data property."""
        return name in (TOP_PROPERTY, TOP_DATA) or bool(self.targets(y, name)) or bool(self.data(y, name))


def _fillers_of_all(expression: ClassExpression) -> Iterator[ClassExpression]:
    """What nothing must be in for a restriction of ``owl:topObjectProperty`` to be as if it led nowhere."""
    match expression:
        case owl.ObjectSomeValuesFrom(role, filler) if role == TOP_PROPERTY:
            yield filler
        case owl.ObjectAllValuesFrom(role, filler) if role == TOP_PROPERTY:
            yield owl.ObjectComplementOf(filler)
        case (
            owl.ObjectMinCardinality(_, role, filler)
            | owl.ObjectMaxCardinality(_, role, filler)
            | owl.ObjectExactCardinality(_, role, filler)
        ) if role == TOP_PROPERTY:
            yield filler
        case owl.ObjectHasValue(role, individual) if role == TOP_PROPERTY:
            yield owl.ObjectOneOf((individual,))


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(truths: Iterable[Truth]) -> Truth:
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        found = None if truth is None else found
    return found


def _any(truths: Iterable[Truth]) -> Truth:
    return _not(_all(_not(one) for one in truths))
