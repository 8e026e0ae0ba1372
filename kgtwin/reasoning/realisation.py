"""Individuals realised on top of a shared classification, whose closed contexts are looked up and never copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kgtwin.errors import NotFoundError
from kgtwin.model.axioms import (
    Assertion,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
    Unsupported,
)
from kgtwin.model.caveat import Caveat
from kgtwin.model.proof import Membership, Proof
from kgtwin.reasoning.completeness import undecided_numbers
from kgtwin.reasoning.context import Context
from kgtwin.reasoning.expressions import BOTTOM, TOP, Atom, DataAtom
from kgtwin.reasoning.inferences import Asserted
from kgtwin.reasoning.proofs import Prover
from kgtwin.reasoning.saturation import Saturation
from kgtwin.reasoning.taxonomy import Taxonomy, direct
from kgtwin.vocabulary import OWL_THING

Node = str | ClassExpression
"""An individual's IRI, or a class expression: something of that class that must exist."""


class Realisation:
    """What follows about individuals. Made by :meth:`Classification.realise`."""

    def __init__(self, base: Saturation, taxonomy: Taxonomy, assertions: Sequence[Assertion]) -> None:
        self._saturation = Saturation(base.index, base)
        self._taxonomy = taxonomy
        self._roles = base.index.roles
        self._prover = Prover(self._saturation)
        self._nodes: dict[ClassExpression, Context] = {}
        for assertion in assertions:
            self._tell(assertion)
        self._saturation.run()
        self.individuals: tuple[str, ...] = tuple(self._saturation.individuals)
        """Every individual of the assertions, in order of appearance."""

    def _tell(self, assertion: Assertion) -> None:
        saturation, told = self._saturation, Asserted(assertion)
        match assertion:
            case ClassAssertion(individual, expression):
                saturation.add(saturation.individual(individual), saturation.expressions.intern(expression), told)
            case DataPropertyAssertion(data_property, individual, interval):
                number = saturation.expressions.intern(DataSomeValuesFrom(data_property, interval))
                saturation.add(saturation.individual(individual), number, told)
            case ObjectPropertyAssertion(role, subject, target):
                saturation.link(saturation.individual(subject), role, saturation.individual(target), told)

    # what follows

    @property
    def consistent(self) -> bool:
        """Whether no individual is below ``owl:Nothing``."""
        return not self.inconsistent

    @property
    def inconsistent(self) -> tuple[str, ...]:
        """The individuals that cannot exist; the types of those that do not depend on them stay good."""
        return tuple(iri for iri, context in self._saturation.individuals.items() if BOTTOM in context.subs)

    @property
    def caveats(self) -> tuple[Caveat, ...]:
        """Numbers known only as an interval, where several conditions on the left may cover it together."""
        return undecided_numbers(self._saturation.individuals.values(), self._saturation)

    def types(self, individual: str) -> frozenset[str]:
        """All named classes of an individual, without ``owl:Thing``.

        Raises:
            NotFoundError: no assertion names it.
        """
        return frozenset(self._named(self._individual(individual))) - {OWL_THING}

    def direct_types(self, individual: str) -> frozenset[str]:
        """The most specific of :meth:`types`, with their equivalents; ``owl:Thing`` where there is no other."""
        head = self._taxonomy.head
        heads = frozenset(head[iri] for iri in self._named(self._individual(individual)) if iri in head)
        found = direct(heads, self._taxonomy.supers)
        return frozenset(iri for one in found for iri in self._taxonomy.group[one])

    def successors(self, node: Node, role: str) -> tuple[Node, ...]:
        """What a node is related to by a role or one below it, individuals first; each node once.

        Something that must exist is left out where another successor is all that it is known to be.

        Raises:
            NotFoundError: the node is neither an individual nor a filler that a query has returned.
        """
        kept: list[Context] = []
        for target in dict.fromkeys(target for _, target in self._links(self._context(node), role)):
            if any(self._covers(other, target) for other in kept):
                continue
            kept = [other for other in kept if not self._covers(target, other)]
            kept.append(target)
        return tuple(self._node(target) for target in kept)

    def _covers(self, one: Context, other: Context) -> bool:
        """Whether ``other`` is not an individual, and ``one`` is all that it is known to be."""
        if other.root is None:
            return False
        value = self._saturation.expressions.value
        return all(number in one.subs or self._satisfies(one, value(number)) for number in (other.root, *other.ranges))

    def satisfies(self, node: Node, expression: ClassExpression) -> bool:
        """Whether a node is of a type: derived, or read off the closure (which is complete for EL expressions)."""
        return self._satisfies(self._context(node), expression)

    def derives(self, node: Node, expression: ClassExpression) -> bool:
        """Whether a node's type stands in the closure: complete for classes and for expressions on a left side.

        A look-up, where :meth:`satisfies` also reads what no axiom asks for off the structure.
        """
        number = self._saturation.expressions.find(expression)
        return number is not None and number in self._context(node).subs

    def explain(self, node: Node, expression: ClassExpression) -> Proof | None:
        """Why a node is of a type; None where it does not follow."""
        context = self._context(node)
        return self._explain(context, expression) if self._satisfies(context, expression) else None

    def explain_link(self, subject: Node, role: str, target: Node) -> Proof | None:
        """Why ``subject`` is related to ``target`` by ``role``; None where it does not follow."""
        context, other = self._context(subject), self._context(target)
        below = self._link_below(context, role, other)
        if below is not None:
            return self._prover.link(context, below, other, role)
        if context is other and role in self._roles.reflexive:
            return self._prover.loop(context, role)
        return None

    # inside

    def _individual(self, iri: str) -> Context:
        context = self._saturation.individuals.get(iri)
        if context is None:
            raise NotFoundError("no assertion names this individual", where=iri)
        return context

    def _context(self, node: Node) -> Context:
        if isinstance(node, str):
            return self._individual(node)
        known = self._nodes.get(node)
        if known is not None:
            return known
        number = self._saturation.expressions.find(node)
        found = None if number is None else self._saturation.closed(number)
        found = found or (None if number is None else self._saturation.contexts.get((number, ())))
        if found is None:
            raise NotFoundError("no such node", where=str(node)[:200], expected="an individual or a returned successor")
        return found

    def _node(self, context: Context) -> Node:
        if not isinstance(context.node, str):
            self._nodes.setdefault(context.node, context)
        return context.node

    def _named(self, context: Context) -> Iterator[str]:
        form = self._saturation.expressions.form
        for number in context.subs:
            found = form(number)
            if number != BOTTOM and isinstance(found, Atom) and isinstance(found.expression, Class):
                yield found.expression.iri

    def _links(self, context: Context, role: str) -> list[tuple[str, Context]]:
        """The links by a role or one below it, to individuals first."""
        belows = (below for below in context.succ if role in self._roles.supers(below))
        found = [(below, target) for below in belows for target in context.succ[below]]
        if role in self._roles.reflexive:
            found.append((role, context))
        return sorted(found, key=lambda link: not link[1].is_individual)

    def _link_below(self, context: Context, role: str, target: Context) -> str | None:
        below = (one for one, targets in context.succ.items() if target in targets)
        return next((one for one in below if role in self._roles.supers(one)), None)

    def _data_atoms(self, context: Context) -> Iterable[DataAtom]:
        forms = (self._saturation.expressions.form(number) for number in context.subs)
        return (form for form in forms if isinstance(form, DataAtom))

    def _satisfies(self, context: Context, expression: ClassExpression) -> bool:
        number = self._saturation.expressions.find(expression)
        if number is not None and (number == TOP or number in context.subs):
            return True
        match expression:
            case ObjectIntersectionOf(operands):
                return all(self._satisfies(context, operand) for operand in operands)
            case ObjectSomeValuesFrom(role, filler):
                return self._witness(context, role, filler) is not None
            case DataSomeValuesFrom(data_property, interval):
                return any(
                    atom.property == data_property and atom.interval.within(interval)
                    for atom in self._data_atoms(context)
                )
            case Unsupported("ObjectUnionOf", _, operands):
                return any(self._satisfies(context, operand) for operand in operands)
        return False

    def _witness(self, context: Context, role: str, filler: ClassExpression) -> tuple[str, Context] | None:
        links = self._links(context, role)
        return next((link for link in links if self._satisfies(link[1], filler)), None)

    def _explain(self, context: Context, expression: ClassExpression) -> Proof:
        number = self._saturation.expressions.find(expression)
        if number is not None and number in context.subs:
            return self._prover.membership(context, number)
        conclusion = Membership(context.node, expression)
        match expression:
            case ObjectIntersectionOf(operands):
                return Proof("R⊓+", conclusion, tuple(self._explain(context, operand) for operand in operands))
            case ObjectSomeValuesFrom(role, filler):
                return Proof("R∃+", conclusion, self._witnessed(context, role, filler))
            case DataSomeValuesFrom():
                return Proof("RD+", conclusion, (self._narrower(context, expression),))
            case Unsupported(_, _, operands):
                held = next(operand for operand in operands if self._satisfies(context, operand))
                return Proof("R⊔+", conclusion, (self._explain(context, held),))
        return Proof("R⊤", conclusion)

    def _witnessed(self, context: Context, role: str, filler: ClassExpression) -> tuple[Proof, Proof]:
        witness = self._witness(context, role, filler)
        assert witness is not None
        below, target = witness
        if target in context.succ.get(below, {}):
            link = self._prover.link(context, below, target, role)
        else:
            link = self._prover.loop(context, role)
        return link, self._explain(target, filler)

    def _narrower(self, context: Context, wanted: DataSomeValuesFrom) -> Proof:
        """The proof of a number of the context that lies within the wanted interval."""
        form = self._saturation.expressions.form
        for number in context.subs:
            found = form(number)
            if not isinstance(found, DataAtom) or found.property != wanted.property:
                continue
            if found.interval.within(wanted.interval):
                return self._prover.membership(context, number)
        raise AssertionError(wanted)
