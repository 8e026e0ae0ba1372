"""What the numbers of an explanation stand for, and the steps from a property up to one above it."""

from __future__ import annotations

from functools import cached_property

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, ClassExpression, DataRange
from kgtwin.model.proof import Membership, Proof
from kgtwin.reasoning.contexts import QueryAtom, RangeAtom, ValueAtom
from kgtwin.reasoning.inferences import Fact
from kgtwin.reasoning.proxies import stand_in
from kgtwin.reasoning.rolebox import TOP_ROLE
from kgtwin.reasoning.steps import link_of, member, related, subject_of, type_of
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.written import Node, as_class, expressions_of
from kgtwin.vocabulary import OWL

TOP_PROPERTY = OWL + "topObjectProperty"


class Names:
    """Names contexts, atoms and roles of one tracer."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer, self._contexts, self._index = tracer, tracer.contexts, tracer.index
        self.loops = {own: role for role, own in self._index.box.self_role.items()}
        """Roles by their self roles."""

    def node(self, context: int) -> Node:
        """What a context stands for."""
        return self._contexts.node(context)

    def type(self, atom: int) -> ClassExpression:
        """The class expression of an atom."""
        if atom < self._contexts.count:
            found = as_class(self._contexts.node(atom))
            return self._stood_for.get(found, found) if isinstance(found, owl.Unsupported) else found
        match self._contexts.key(atom):
            case RangeAtom(node):
                return self._index.expression(node)
            case ValueAtom(entity, data_range):
                return owl.DataSomeValuesFrom(self._index.iri(entity), data_range)
            case QueryAtom(expression):
                return expression

    @cached_property
    def _stood_for(self) -> dict[ClassExpression, ClassExpression]:
        """The expressions of rules and keys by what stands in for them."""
        axioms = [self._tracer.axiom(number) for number in (*self._index.told.rules, *self._index.told.keys)]
        return {stand_in(one): one for axiom in axioms for one in expressions_of(axiom)}

    def role(self, number: int) -> str:
        """The IRI of a role; of a self role, that of its role."""
        if number >= len(self._index.box):
            assert self._contexts.replay is not None
            return next(iri for iri, one in self._contexts.replay.strange_roles.items() if one == number)
        if number == TOP_ROLE:
            return TOP_PROPERTY
        return self._index.iri(self._index.box.entity[self.loops.get(number, number)])

    # steps up

    def path(self, inclusion: Fact) -> list[tuple[int, Axiom | None]]:
        """The told steps of ``r ⊑* s``, by the shortest way: the role reached, and the axiom."""
        _, sub, sup = inclusion
        steps = self._index.box.path(sub, sup)
        return [(one.sup, None if one.axiom < 0 else self._tracer.axiom(one.axiom)) for one in steps]

    def raised(self, link: Proof, inclusion: Fact) -> Proof:
        """``RH``: the same link, or self restriction, by a role above, step by step."""
        for role, axiom in self.path(inclusion):
            link = self.raised_once(link, self.role(role), axiom)
        return link

    @staticmethod
    def raised_once(link: Proof, role: str, axiom: Axiom | None) -> Proof:
        """``RH``"""
        if isinstance(link.conclusion, Membership):
            return member("RH", subject_of(link), owl.ObjectHasSelf(role), [link], axiom)
        return related("RH", subject_of(link), role, link_of(link).object, [link], axiom)

    def data_raised(self, body: Proof, inclusion: Fact) -> Proof:
        """``RDH``: the same value of a data property above, step by step."""
        for entity, number in self._tracer.data.path(inclusion):
            wider = owl.DataSomeValuesFrom(self._index.iri(entity), range_of(body))
            body = member("RDH", subject_of(body), wider, [body], self._tracer.axiom(number))
        return body


def range_of(proof: Proof) -> DataRange:
    """The range in which a value is proven to lie."""
    found = type_of(proof)
    assert isinstance(found, owl.DataSomeValuesFrom)
    return found.range
