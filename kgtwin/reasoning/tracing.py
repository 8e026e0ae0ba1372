"""All one-step inferences that lead to a fact of a closed program, read off its entries backwards.

A *fact* is a tuple of numbers: ``(x, C)`` for ``x ⊑ C``, ``(x, r, y)`` for ``x -r→ y``. x and y are contexts, C is an
atom, as :mod:`~kgtwin.reasoning.contexts` numbers them: a filler within the ranges of its role is a context for each
role that leads to it, as it owes its ranges to the role. ``(ROLES, r, s)`` is ``r ⊑* s``, ``(DATA, p, q)`` the same of
data properties, by their entities.

Inferences may have premises that do not hold, or hold by their conclusion only: whoever looks for proofs must find the
well-founded ones. Among these nothing is missing: whatever part of the axioms entails a fact, there is a derivation
here that uses axioms of that part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Assertion, Axiom, Class, ClassExpression
from kgtwin.model.data_ranges import within
from kgtwin.reasoning.backwards import Backwards
from kgtwin.reasoning.contexts import Contexts, LinkRow, Pieces, QueryAtom, RangeAtom
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.nodes import Kind
from kgtwin.reasoning.program import BOTTOM, SELF, TOP
from kgtwin.reasoning.replay import Cause, Reason, Replay, Told
from kgtwin.reasoning.rolebox import NO_AXIOM, TOP_ROLE, Inclusion
from kgtwin.reasoning.view import View
from kgtwin.reasoning.written import Node, as_class, as_node, existential, inclusions
from kgtwin.vocabulary import OWL_THING

Fact = tuple[int, ...]
ROLES, DATA = -1, -2
_FEW = 256
"""Rows to one head are looked through one by one up to this number, by a mask beyond."""


class Rule(StrEnum):
    """How a conclusion follows."""

    STANDS_FOR = "x ⊑ x"
    TOP = "x ⊑ ⊤"
    TOLD = "x ⊑ C ⊢ x ⊑ D, or x -r→ y"
    JOIN = "x ⊑ C, x ⊑ D … ⊢ x ⊑ E"
    WAIT = "x -r→ y, y ⊑ C ⊢ x ⊑ D"
    DOMAIN = "x -r→ y ⊢ x ⊑ D"
    EMPTY = "x -r→ y, y ⊑ ⊥ ⊢ x ⊑ ⊥"
    ABSURD = "x ⊑ ⊥ ⊢ x ⊑ C"
    RAISE = "x -r→ y ⊢ x -s→ y"
    CHAIN = "x -r→ y, y -s→ z ⊢ x -t→ z"
    RANGE = "r ⊑* s ⊢ y ⊑ D for y at the end of an r, within the range of s"
    LED_TO = "a -r→ b, x ⊑ b, r ⊑* s ⊢ x ⊑ D, within the range of s"
    DATA = "x ⊑ ∃p.R, p ⊑* q … ⊢ x ⊑ ∃q.S, or x ⊑ ⊥"
    FUNCTIONAL = "x ⊑ ∃p.R, x ⊑ ∃q.S, p ⊑* f, q ⊑* f ⊢ x ⊑ ⊥"
    INCLUSION = "r ⊑* s ⊢ r ⊑* t"
    ASKED = "what an expression means that is asked for"


class Inference(NamedTuple):
    """``axioms`` are numbers of :meth:`Tracer.axiom`."""

    rule: Rule
    premises: tuple[Fact, ...] = ()
    axioms: tuple[int, ...] = ()


Inferences = Iterator[Inference]


class Tracer:
    """Lists inferences over one view; ``assertions`` are those of its extension that are not in the ontology.

    ``fillers`` are the expressions that the extension was asked for beside the assertions.
    """

    def __init__(
        self, view: View, assertions: Sequence[Assertion] = (), fillers: Sequence[ClassExpression] = ()
    ) -> None:
        self.index, self.view = view.index, view
        self._assertions, self._fillers = assertions, fillers
        self.contexts = Contexts(view, None if view.extension is None else self._replayed())
        self._backwards = Backwards(self.index.program, self.index.box)
        self._known: dict[Fact, list[Inference]] = {}

    def _replayed(self) -> Replay:
        table, replay = self.index.table, Replay(self.index)
        if self.index.assertions:
            kinds = (owl.ClassAssertion, owl.ObjectPropertyAssertion, owl.DataPropertyAssertion)
            replay.told_by((number, axiom) for number, axiom in enumerate(table) if isinstance(axiom, kinds))
        replay.told_by(enumerate(self._assertions, len(table)))
        for filler in self._fillers:
            replay.filler(filler)
        return replay

    def axiom(self, number: int) -> Axiom:
        """The axiom or assertion of a number."""
        table = self.index.table
        return table[number] if number < len(table) else self._assertions[number - len(table)]

    def node(self, context: int) -> Node:
        """What a context stands for."""
        atom, replay = self.contexts.atom(context), self.contexts.replay
        return as_node(self.index.value(atom)) if replay is None else replay.node(atom)

    @property
    def auxiliary(self) -> frozenset[int]:
        """The roles that stand for the beginnings of longer chains."""
        return self._backwards.auxiliary

    def inferences(self, fact: Fact) -> list[Inference]:
        """All inferences with a conclusion."""
        found = self._known.get(fact)
        if found is None:
            found = self._known[fact] = list(self._all(fact))
        return found

    def _all(self, fact: Fact) -> Inferences:
        if fact[0] < 0:
            return self._inclusion(*fact)
        return self._link(*fact) if len(fact) == 3 else self._is_a(*fact)

    # x ⊑ D

    def _is_a(self, x: int, head: int) -> Inferences:
        if head >= self.contexts.count:
            yield from self._virtual(x, head)
        elif head == TOP:
            yield Inference(Rule.TOP)
        elif head == self.contexts.atom(x):
            yield Inference(Rule.STANDS_FOR)
        elif head in self.contexts.subs(x):
            if head < self.index.program.atoms:
                yield from self._by_program(x, head)
            if self.contexts.replay is not None:
                yield from self._by_extension(x, head)
            if head == BOTTOM:
                yield from self._groups(x)
                yield from self._empty(x)

    def _by_program(self, x: int, head: int) -> Inferences:
        above, backwards = self.contexts.subs(x), self._backwards
        told = backwards.told
        rows = told.of(head) if told.count(head) < _FEW else told.among(head, self.contexts.marked(x))
        for atom, why in rows:
            if atom in above:
                yield from self._told(x, atom, head, why)
        joins = backwards.joins
        rows = joins.of(head) if joins.count(head) < _FEW else joins.among(head, self.contexts.marked(x))
        for one, other, why in rows:
            if one in above and other in above:
                yield from self._join(x, one, other, why)
        for number, why in backwards.longer.of(head):
            parts = backwards.parts(number)
            if all(part in above for part in parts):
                yield Inference(Rule.JOIN, tuple((x, part) for part in parts), _axioms(why))
        for atom, role, why in backwards.waits.of(head):
            if atom != BOTTOM or head != BOTTOM or role != TOP_ROLE:
                for y in self.contexts.targets(x, role):
                    if atom in self.contexts.subs(y):
                        yield Inference(Rule.WAIT, ((x, role, y), (y, atom)), _axioms(why))
        for role, why in backwards.domains.of(head):
            for y in self.contexts.targets(x, role):
                yield Inference(Rule.DOMAIN, ((x, role, y),), _axioms(why))

    def _told(self, x: int, atom: int, head: int, why: int) -> Inferences:
        if why != NO_AXIOM and not self._is_data_range(why):
            if not self.contexts.is_bounded(head):
                yield Inference(Rule.TOLD, ((x, atom),), (why,))
        elif self._data_atom(atom) is not None and (head == BOTTOM or self._data_atom(head) is not None):
            yield from self._data(x, atom, head)
        else:
            for source in self._sources(x, atom, lambda pieces: head in pieces.atoms):
                yield Inference(Rule.TOLD, (source,))

    def _join(self, x: int, one: int, other: int, why: int) -> Inferences:
        pair = self._data_atom(one), self._data_atom(other)
        if why != NO_AXIOM and pair[0] is not None and pair[1] is not None:
            axiom = self.axiom(why)
            if isinstance(axiom, owl.FunctionalDataProperty):
                yield from self._functional(x, (pair[0], pair[1]), axiom.property, why)
                return
        if why != NO_AXIOM or not (self.contexts.is_bounded(one) or self.contexts.is_bounded(other)):
            yield Inference(Rule.JOIN, ((x, one), (x, other)), _axioms(why))
            return
        for filler, excluded in ((one, other), (other, one)):
            if self.contexts.is_bounded(filler):
                yield from self._excluded(x, filler, excluded)

    def _excluded(self, x: int, filler: int, excluded: int) -> Inferences:
        for source in self._sources(x, filler, lambda pieces: excluded in pieces.complements):
            yield Inference(Rule.JOIN, (source, (x, excluded)))

    def _sources(self, x: int, atom: int, says: Callable[[Pieces], bool]) -> Iterator[Fact]:
        """From what a row under an atom follows that stands there by what the atom means: of a bounded one, by which part."""
        if not self.contexts.is_bounded(atom):
            yield (x, atom)
            return
        base, ranges = self.contexts.base_and_ranges(atom)
        if atom == self.contexts.atom(x) and says(self.contexts.pieces(base)):
            yield (x, atom)
        for node in ranges:
            if says(self.contexts.pieces(node)):
                yield (x, self.contexts.virtual(RangeAtom(node)))

    def _groups(self, x: int) -> Inferences:
        groups = self.index.program.groups
        members: dict[int, list[tuple[int, int]]] = {}
        for atom in self.contexts.subs(x) if len(groups.why) else ():
            if atom < self.index.program.atoms:
                start, end = int(groups.starts[atom]), int(groups.starts[atom + 1])
                for group, why in zip(
                    groups.columns[0][start:end].tolist(), groups.why[start:end].tolist(), strict=True
                ):
                    members.setdefault(group, []).append((atom, why))
        for found in members.values():
            for (one, why), (other, _) in combinations(found, 2):
                yield Inference(Rule.JOIN, ((x, one), (x, other)), (why,))

    def _empty(self, x: int) -> Inferences:
        """A chain's links carry ``⊥`` themselves, so only told links matter."""
        for role, y in self.contexts.told_links(x):
            if y != x and BOTTOM in self.contexts.subs(y):
                yield Inference(Rule.EMPTY, ((x, role, y), (y, BOTTOM)))

    # x ⊑ D by what an extension was told

    def _by_extension(self, x: int, head: int) -> Inferences:
        replay, above = self.contexts.replay, self.contexts.subs(x)
        assert replay is not None
        for told in self._told_by_target.get(head, ()):
            if told.atom in above:
                if told.reason.cause is Cause.VALUE:
                    yield from self._data(x, told.atom, head)
                else:
                    yield from (Inference(Rule.TOLD, *one) for one in self._reasons(x, told.atom, told.reason))
        for one, other, reason in replay.all_clashes if head == BOTTOM else ():
            if one in above and other in above:
                if reason.cause is Cause.VALUE:
                    yield from self._all_functional(x, one, other)
                else:
                    for premises, axioms in self._reasons(x, one, reason):
                        yield Inference(Rule.JOIN, (*premises, (x, other)), axioms)

    @cached_property
    def _told_by_target(self) -> dict[int, list[Told]]:
        found: dict[int, list[Told]] = {}
        assert self.contexts.replay is not None
        for told in self.contexts.replay.all_told:
            found.setdefault(told.target, []).append(told)
        return found

    def _reasons(self, x: int, atom: int, reason: Reason) -> Iterator[tuple[tuple[Fact, ...], tuple[int, ...]]]:
        """Premises and axioms of what was told of an atom above x."""
        replay = self.contexts.replay
        assert replay is not None
        if reason.cause is Cause.ASSERTED:
            yield ((x, atom),), (reason.number,)
        elif reason.cause is Cause.MEANT:
            yield ((x, atom),), ()
        elif reason.cause is Cause.RANGE:
            wanted = replay.bounded[atom].ranges[reason.place]
            for node in self.index.range_nodes(self.contexts.role(x)):
                if self.index.expression(node) == wanted:
                    yield ((x, self.contexts.virtual(RangeAtom(node))),), ()
        else:
            node = self.index.range_nodes(replay.all_links[reason.number].role)[reason.place]
            yield ((x, self.contexts.virtual(RangeAtom(node))),), ()

    # x -s→ y

    def _link(self, x: int, role: int, y: int) -> Inferences:
        for row in self.contexts.told_links(x).get((role, y), ()):
            yield from self._told_link(x, role, y, row)
        if role == TOP_ROLE:
            for sub in dict.fromkeys((*self.contexts.roles(x), *self._backwards.chains)):
                if sub != TOP_ROLE and self.contexts.holds(x, sub, y):
                    yield Inference(Rule.RAISE, ((x, sub, y),))
        for inclusion in self._backwards.inclusions.get(role, ()):
            if self.contexts.holds(x, inclusion.sub, y):
                yield Inference(Rule.RAISE, ((x, inclusion.sub, y),), _axioms(inclusion.axiom))
        for left, right, _, axiom in self._backwards.chains.get(role, ()):
            axioms = () if role in self._backwards.auxiliary else (axiom,)
            for middle in self.contexts.targets(x, left):
                if self.contexts.holds(middle, right, y):
                    yield Inference(Rule.CHAIN, ((x, left, middle), (middle, right, y)), axioms)

    def _told_link(self, x: int, role: int, y: int, row: LinkRow) -> Inferences:
        if row.own >= 0:
            assert self.contexts.replay is not None
            reason = self.contexts.replay.all_links[row.own].reason
            yield from (Inference(Rule.TOLD, *one) for one in self._reasons(x, row.atom, reason))
        elif row.why != NO_AXIOM:
            yield Inference(Rule.TOLD, ((x, row.atom),), (row.why,))
        else:
            targets = {(role, self.contexts.atom(y)), *([(role, SELF)] if x == y else [])}
            for source in self._sources(x, row.atom, lambda pieces: not targets.isdisjoint(pieces.links)):
                yield Inference(Rule.TOLD, (source,))

    def _inclusion(self, kind: int, sub: int, sup: int) -> Inferences:
        if sub == sup or (kind == ROLES and sup == TOP_ROLE):
            yield Inference(Rule.INCLUSION)
            return
        edges = self._backwards.inclusions if kind == ROLES else self._data_inclusions
        for inclusion in edges.get(sup, ()):
            if self._under(kind, sub, inclusion.sub):
                yield Inference(Rule.INCLUSION, ((kind, sub, inclusion.sub),), _axioms(inclusion.axiom))

    def _under(self, kind: int, sub: int, sup: int) -> bool:
        if kind == ROLES:
            return sup in self.index.box.supers[sub]
        return sup in self.index.data_properties.supers(sub)

    @cached_property
    def _data_inclusions(self) -> dict[int, list[Inclusion]]:
        found: dict[int, list[Inclusion]] = {}
        for inclusion in self.index.told.data_inclusions:
            found.setdefault(inclusion.sup, []).append(inclusion)
        return found

    # ranges

    def _virtual(self, x: int, atom: int) -> Inferences:
        match self.contexts.key(atom):
            case RangeAtom(node):
                yield from self._range(x, node)
            case QueryAtom(expression):
                yield from self._asked(x, expression)

    def _range(self, x: int, node: int) -> Inferences:
        role = self.contexts.role(x)
        if role >= 0:
            for premise, axiom in self.in_range(role, node):
                yield Inference(Rule.RANGE, (premise,), (axiom,))
        for atom in self.contexts.subs(x):
            if atom < self.index.program.atoms and atom != self.contexts.atom(x) and self.contexts.is_bounded(atom):
                if node in self.contexts.base_and_ranges(atom)[1]:
                    yield from self._led_to(x, atom, node)
        if self.contexts.replay is not None:
            yield from self._led_to_by_extension(x, node)

    def in_range(self, role: int, node: int) -> Iterator[tuple[Fact, int]]:
        """The axioms that put what a role leads to into a range, with the inclusion between roles that each needs."""
        supers, number = self.index.box.supers[role], self.index.box.number
        for entity, one, axiom in self.index.told.ranges:
            if one == node and number[entity] in supers:
                yield (ROLES, role, number[entity]), axiom

    def _led_to(self, x: int, atom: int, node: int) -> Inferences:
        """``r(a, b)`` puts b into the range of r; here ``x ⊑ {b}``."""
        for individual, why in self._backwards.told.of(atom):
            if individual in self.contexts.subs(x):
                for role in self._leading(why):
                    for premise, axiom in self.in_range(role, node):
                        yield Inference(Rule.LED_TO, ((x, individual), premise), (why, axiom))

    def _leading(self, why: int) -> set[int]:
        """The roles by which an axiom links individuals."""
        found = {role[0] for _, sup in inclusions(self.axiom(why)) if (role := existential(sup)) is not None}
        return {number for role in found if (number := self.index.role(role)) is not None}

    def _led_to_by_extension(self, x: int, node: int) -> Inferences:
        replay, above = self.contexts.replay, self.contexts.subs(x)
        assert replay is not None
        for link in replay.all_links:
            individual = isinstance(replay.node(link.target), str) if link.target >= replay.first else False
            if link.target in above and (individual or link.target == link.atom) and link.role < len(self.index.box):
                for premise, axiom in self.in_range(link.role, node):
                    led = (link.atom, link.role, link.target)
                    yield Inference(Rule.LED_TO, ((x, link.target), led, premise), (axiom,))

    def ranges_of(self, context: int) -> list[int]:
        """The nodes of the ranges that bound a context."""
        atom = self.contexts.atom(context)
        if not self.contexts.is_bounded(atom):
            return []
        if atom < self.index.program.atoms:
            return self.contexts.base_and_ranges(atom)[1]
        assert self.contexts.replay is not None
        nodes = {self.index.expression(node): node for node in self.index.range_nodes(self.contexts.role(context))}
        return [nodes[one] for one in self.contexts.replay.bounded[atom].ranges]

    def base_of(self, context: int) -> ClassExpression:
        """What a context stands for before ranges bound it."""
        atom = self.contexts.atom(context)
        if atom < self.index.program.atoms and self.contexts.is_bounded(atom):
            return self.index.expression(self.contexts.base_and_ranges(atom)[0])
        if self.contexts.replay is None:
            return self.index.value(atom)
        if atom in self.contexts.replay.bounded:
            atom = self.contexts.replay.bounded[atom].base
        return as_class(self.contexts.replay.node(atom))

    # data

    def data_path(self, inclusion: Fact) -> list[tuple[int, int]]:
        """The told steps from a data property up to another, by the shortest way: property and axiom of each."""
        _, sub, sup = inclusion
        found: dict[int, list[tuple[int, int]]] = {sup: []}
        queue = [sup]
        for here in queue:
            for inclusion_ in self._data_inclusions.get(here, ()):
                if inclusion_.sub not in found:
                    found[inclusion_.sub] = [(here, inclusion_.axiom), *found[here]]
                    queue.append(inclusion_.sub)
        return found[sub]

    def _data_atom(self, atom: int) -> DataAtom | None:
        if atom >= self.index.program.atoms:
            return None if self.contexts.replay is None else self.contexts.replay.data.get(atom)
        nodes, node = self.index.nodes, int(self.index.program.node[atom])
        if node < 0 or nodes.kind[node] != Kind.DATA:
            return None
        return DataAtom(atom, int(nodes.a[node]), nodes.ranges[nodes.b[node]])

    def _is_data_range(self, why: int) -> bool:
        return bool(self.index.told.data_ranges) and isinstance(self.axiom(why), owl.DataPropertyRange)

    def _data(self, x: int, atom: int, head: int) -> Inferences:
        one, other = self._data_atom(atom), self._data_atom(head)
        assert one is not None
        for used in self.index.data_properties.narrowings(one, other):
            premises = [(x, atom), *((DATA, one.property, entity) for entity, _ in used)]
            if other is not None:
                premises.append((DATA, one.property, other.property))
            yield Inference(Rule.DATA, tuple(premises), tuple(axiom for _, axiom in used))

    def _functional(self, x: int, pair: tuple[DataAtom, DataAtom], functional: str, why: int) -> Inferences:
        entity = self.index.entity(functional)
        assert entity is not None
        values = ((x, one.atom) for one in pair)
        under = ((DATA, one.property, entity) for one in pair)
        yield Inference(Rule.FUNCTIONAL, (*values, *under), (why,))

    def _all_functional(self, x: int, one: int, other: int) -> Inferences:
        pair = self._data_atom(one), self._data_atom(other)
        assert pair[0] is not None
        assert pair[1] is not None
        above = [set(self.index.data_properties.functional_above(atom.property)) for atom in (pair[0], pair[1])]
        for entity, axiom in self.index.told.functional:
            if entity in above[0] & above[1]:
                yield from self._functional(x, (pair[0], pair[1]), self.index.iri(entity), axiom)

    # what is asked for

    def asked(self, expression: ClassExpression) -> int:
        """The atom of an expression, tracked or not."""
        if expression == Class(OWL_THING):
            return TOP
        known = self.view.tracked(expression)
        return self.contexts.virtual(QueryAtom(expression)) if known is None else known

    def _asked(self, x: int, expression: ClassExpression) -> Inferences:
        match expression:
            case owl.ObjectIntersectionOf(operands):
                yield Inference(Rule.ASKED, tuple((x, self.asked(one)) for one in operands))
            case owl.ObjectUnionOf(operands):
                yield from (Inference(Rule.ASKED, ((x, self.asked(one)),)) for one in operands if self._is(x, one))
            case owl.ObjectOneOf(individuals):
                for individual in individuals:
                    for atom in self._atoms_of(individual):
                        if atom in self.contexts.subs(x):
                            yield Inference(Rule.ASKED, ((x, atom),))
            case owl.DataSomeValuesFrom(data_property, data_range):
                entity = self.index.entity(data_property)
                for one in self.view.data(self.contexts.atom(x)):
                    above = self.index.data_properties.supers(one.property)
                    if entity is not None and entity in above and within(one.range, data_range):
                        yield Inference(Rule.DATA, ((x, one.atom), (DATA, one.property, entity)))
            case owl.ObjectHasSelf(role):
                yield from self._asked_self(x, role)
            case _:
                yield from self._asked_link(x, expression)

    def _asked_link(self, x: int, expression: ClassExpression) -> Inferences:
        some = existential(expression)
        number = None if some is None else self.role(some[0])
        if some is None or number is None:
            return
        for y in self.contexts.targets(x, number):
            member = self.canonical(y)
            if self._is(member, some[1]):
                yield Inference(Rule.ASKED, ((x, number, y), (member, self.asked(some[1]))))

    def _asked_self(self, x: int, role: str) -> Inferences:
        number = self.role(role)
        if number is None:
            return
        own = self.index.box.self_role.get(number)
        if own is not None and self.contexts.holds(x, own, x):
            yield Inference(Rule.ASKED, ((x, own, x),))
        if self.view.is_individual(self.contexts.atom(x)):
            for y in self.contexts.targets(x, number):
                if self.canonical(y) == self.canonical(x):
                    yield Inference(Rule.ASKED, ((x, number, y),))

    def _is(self, context: int, expression: ClassExpression) -> bool:
        return self.view.satisfies(self.contexts.atom(context), expression)

    def _atoms_of(self, individual: str) -> Iterator[int]:
        known = self.index.individual_atom(individual)
        own = None if self.view.extension is None else self.view.extension.individuals.get(individual)
        yield from (atom for atom in (known, own) if atom is not None)

    def role(self, iri: str) -> int | None:
        """The number of a role, one that only the extension knows included."""
        known = self.index.role(iri)
        replay = self.contexts.replay
        return replay.strange_roles.get(iri) if known is None and replay is not None else known

    def canonical(self, context: int) -> int:
        """The individual itself where a context is what the ontology says of it."""
        extension = self.view.extension
        return context if extension is None or context >= self.contexts.count else extension.canonical(context)


def _axioms(why: int) -> tuple[int, ...]:
    return () if why == NO_AXIOM else (why,)
