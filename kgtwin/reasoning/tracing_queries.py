"""Inferences to expressions that a program does not track: their meaning, read off the closure."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.model.data_ranges import within
from kgtwin.reasoning.contexts import Contexts, QueryAtom
from kgtwin.reasoning.inferences import DATA, Inference, Inferences, Rule
from kgtwin.reasoning.program import TOP
from kgtwin.reasoning.written import existential
from kgtwin.vocabulary import OWL_THING


class QueryTracer:
    """Lists inferences to expressions that are asked for; what holds is what :class:`View` says."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts, self._index, self._view = contexts, contexts.index, contexts.view

    def atom(self, expression: ClassExpression) -> int:
        """The atom of an expression, tracked or not."""
        if expression == Class(OWL_THING):
            return TOP
        known = self._view.tracked(expression)
        return self._contexts.virtual(QueryAtom(expression)) if known is None else known

    def is_a(self, x: int, expression: ClassExpression) -> Inferences:
        """``x ⊑ C`` for an expression C."""
        match expression:
            case owl.ObjectIntersectionOf(operands):
                yield Inference(Rule.ASKED, tuple((x, self.atom(one)) for one in operands))
            case owl.ObjectUnionOf(operands):
                yield from (Inference(Rule.ASKED, ((x, self.atom(one)),)) for one in operands if self._is(x, one))
            case owl.ObjectOneOf(individuals):
                for individual in individuals:
                    for atom in self._atoms_of(individual):
                        if atom in self._contexts.subs(x):
                            yield Inference(Rule.ASKED, ((x, atom),))
            case owl.DataSomeValuesFrom(data_property, data_range):
                entity = self._view.data_property(data_property)
                for one in self._view.data(self._contexts.atom(x)):
                    above = self._index.data_properties.supers(one.property)
                    if entity is not None and entity in above and within(one.range, data_range):
                        yield Inference(Rule.DATA, ((x, one.atom), (DATA, one.property, entity)))
            case owl.ObjectHasSelf(role):
                yield from self._asked_self(x, role)
            case _:
                yield from self._asked_link(x, expression)

    def _asked_link(self, x: int, expression: ClassExpression) -> Inferences:
        some = existential(expression)
        number = None if some is None else self._contexts.number(some[0])
        if some is None or number is None:
            return
        for y in self._contexts.targets(x, number):
            member = self._contexts.canonical(y)
            if self._is(member, some[1]):
                yield Inference(Rule.ASKED, ((x, number, y), (member, self.atom(some[1]))))

    def _asked_self(self, x: int, role: str) -> Inferences:
        number = self._contexts.number(role)
        if number is None:
            return
        own = self._index.box.self_role.get(number)
        if own is not None and self._contexts.holds(x, own, x):
            yield Inference(Rule.ASKED, ((x, own, x),))
        if self._view.is_individual(self._contexts.atom(x)):
            for y in self._contexts.targets(x, number):
                if self._contexts.canonical(y) == self._contexts.canonical(x):
                    yield Inference(Rule.ASKED, ((x, number, y),))

    def _is(self, context: int, expression: ClassExpression) -> bool:
        return self._view.satisfies(self._contexts.atom(context), expression)

    def _atoms_of(self, individual: str) -> Iterator[int]:
        known = self._index.individual_atom(individual)
        own = None if self._view.extension is None else self._view.extension.individuals.get(individual)
        yield from (atom for atom in (known, own) if atom is not None)
