"""All one-step inferences that lead to a fact of a closed program, read off its entries backwards.

A filler of a role with ranges is a context for each role that leads to it, as it owes its ranges to the role.
Inferences may have premises that do not hold, or hold by their conclusion only: whoever looks for proofs must find the
well-founded ones. Among these nothing is missing: whatever part of the axioms entails a fact, there is a derivation
here that uses axioms of that part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Assertion, Axiom, ClassExpression
from kgtwin.reasoning.backwards import Backwards
from kgtwin.reasoning.contexts import Contexts, LinkRow, Pieces, QueryAtom, RangeAtom, ValueAtom
from kgtwin.reasoning.derived import Derivation
from kgtwin.reasoning.inferences import DATA, EXISTS, ROLES, Fact, Inference, Inferences, Rule, axioms_of
from kgtwin.reasoning.program import BOTTOM, SELF, TOP
from kgtwin.reasoning.replay import Replay
from kgtwin.reasoning.rolebox import NO_AXIOM, TOP_ROLE
from kgtwin.reasoning.tracing_data import DataTracer
from kgtwin.reasoning.tracing_extension import ExtensionTracer
from kgtwin.reasoning.tracing_individuals import IndividualTracer
from kgtwin.reasoning.tracing_queries import QueryTracer
from kgtwin.reasoning.tracing_ranges import RangeTracer, as_rows
from kgtwin.reasoning.view import View
from kgtwin.reasoning.written import as_class

_FEW = 256
"""Rows to one head are looked through one by one up to this number, by a mask beyond."""


class Tracer:
    """Lists inferences over one view; ``assertions`` are those of its extension that are not in the ontology.

    ``fillers`` are the expressions that the extension was asked for beside the assertions.
    """

    def __init__(
        self, view: View, assertions: Sequence[Assertion] = (), fillers: Sequence[ClassExpression] = ()
    ) -> None:
        self.index, self.view = view.index, view
        self._assertions, self._fillers = assertions, fillers
        self.contexts = Contexts(view, self._replayed())
        self.backwards = Backwards(self.index.program, self.index.box)
        self.data = DataTracer(self.contexts)
        self.individuals = IndividualTracer(self.contexts, self.data, self.backwards.auxiliary)
        self.ranges = RangeTracer(self.contexts, self.backwards, self.individuals, self.axiom)
        self._queries = QueryTracer(self.contexts)
        replay = self.contexts.replay
        self._extension = None if replay is None else ExtensionTracer(self.contexts, replay, self.data, self.ranges)
        self._known: dict[Fact, list[Inference]] = {}
        self.size = 0
        """How many inferences are remembered."""

    def _replayed(self) -> Replay | None:
        if self.view.extension is None:
            return None
        replay = Replay(self.index)
        replay.told_by(enumerate(self._assertions, len(self.index.table)))
        for filler in self._fillers:
            replay.filler(filler)
        replay.valued(self.view.extension.derived.values)
        return replay

    def axiom(self, number: int) -> Axiom:
        """The axiom or assertion of a number."""
        table = self.index.table
        return table[number] if number < len(table) else self._assertions[number - len(table)]

    def asked(self, expression: ClassExpression) -> int:
        """The atom of an expression, tracked or not."""
        return self._queries.atom(expression)

    def inferences(self, fact: Fact) -> list[Inference]:
        """All inferences with a conclusion."""
        found = self._known.get(fact)
        if found is None:
            found = self._known[fact] = list(self._all(fact))
            self.size += len(found)
        return found

    def of_a_proof(self, fact: Fact) -> list[Inference]:
        """Those that a proof may use: of a filler within ranges, by ranges that are part of what it stands for."""
        found = self.inferences(fact)
        if len(fact) == 2 and fact[1] >= self.contexts.count:
            key = self.contexts.key(fact[1])
            if isinstance(key, RangeAtom) and key.node not in self.contexts.bounds(fact[0]):
                return [one for one in found if one.rule is not Rule.RANGE]
        return found

    def base_of(self, context: int) -> ClassExpression:
        """What a context stands for before ranges bound it."""
        atom, operands = self.contexts.atom(context), self.contexts.bounded_operands(context)
        if self.contexts.role(context) >= 0 and self.contexts.is_bounded(atom):
            return self.index.expression(self.contexts.base_and_ranges(atom)[0])
        return operands[0] if operands else as_class(self.contexts.node(atom))

    def _all(self, fact: Fact) -> Inferences:
        if fact[0] >= 0:
            return self._link(*fact) if len(fact) == 3 else self._is_a(*fact)
        kind, one, other = fact
        if kind == ROLES:
            return self._inclusion(one, other)
        if kind == DATA:
            return self.data.under(one, other)
        return self.individuals.exists(one) if kind == EXISTS else self.individuals.different(one, other)

    # x ⊑ D

    def _is_a(self, x: int, head: int) -> Inferences:
        if head >= self.contexts.count:
            yield from self._virtual(x, head)
        elif self.contexts.both(x) is not None and head != BOTTOM:
            yield from self.individuals.of_both(x, head)
        elif head == TOP:
            yield Inference(Rule.TOP)
        elif head == self.contexts.atom(x):
            yield Inference(Rule.STANDS_FOR)
        elif head in self.contexts.subs(x):
            if head < self.index.program.atoms:
                yield from self._by_program(x, head)
                yield from self.ranges.is_a(x, head)
            if self._extension is not None:
                yield from self._extension.is_a(x, head)
            yield from self.individuals.is_a(x, head)
            if head == BOTTOM:
                yield from self._groups(x)
                yield from self._empty(x)

    def _by_program(self, x: int, head: int) -> Inferences:
        above, backwards = self.contexts.subs(x), self.backwards
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
                yield Inference(Rule.JOIN, tuple((x, part) for part in parts), axioms_of(why))
        for atom, role, why in backwards.waits.of(head):
            if atom != BOTTOM or head != BOTTOM or role != TOP_ROLE:
                for y in self.contexts.targets(x, role):
                    if atom in self.contexts.subs(y):
                        yield Inference(Rule.WAIT, ((x, role, y), (y, atom)), axioms_of(why))
        for role, why in backwards.domains.of(head):
            for y in self.contexts.targets(x, role):
                yield Inference(Rule.DOMAIN, ((x, role, y),), axioms_of(why))

    def _virtual(self, x: int, atom: int) -> Inferences:
        match self.contexts.key(atom):
            case RangeAtom(node):
                yield from self.ranges.within(x, node)
            case QueryAtom(expression):
                yield from self._queries.is_a(x, expression)
            case ValueAtom() as key:
                yield from self.individuals.value(x, key)

    def _told(self, x: int, atom: int, head: int, why: int) -> Inferences:
        if _is_derived(self.index.derived.told.get((atom, head)), why):
            return
        if why != NO_AXIOM and not self.data.is_range(why):
            if not self.contexts.is_bounded(head):
                yield Inference(Rule.TOLD, ((x, atom),), (why,))
        elif self.data.atom(atom) is not None and (head == BOTTOM or self.data.atom(head) is not None):
            yield from self.data.entailed(x, atom, head)
        elif self._means(atom, lambda pieces: head in pieces.atoms):
            yield Inference(Rule.TOLD, ((x, atom),))

    def _join(self, x: int, one: int, other: int, why: int) -> Inferences:
        if _is_derived(self.index.derived.joins.get((one, other)), why):
            return
        pair = self.data.atom(one), self.data.atom(other)
        if why != NO_AXIOM and pair[0] is not None and pair[1] is not None:
            axiom = self.axiom(why)
            if isinstance(axiom, owl.FunctionalDataProperty):
                entity = self.index.entity(axiom.property)
                assert entity is not None
                yield from self.data.functional(x, (pair[0], pair[1]), entity, why)
                return
        if why != NO_AXIOM or (
            self._means(one, lambda pieces: other in pieces.complements)
            and self._means(other, lambda pieces: one in pieces.complements)
        ):
            yield Inference(Rule.JOIN, ((x, one), (x, other)), axioms_of(why))

    def _means(self, atom: int, says: Callable[[Pieces], bool]) -> bool:
        """Whether a row under an atom that no axiom says is there whatever leads to it.

        A filler together with ranges of its role has rows by what its ranges say, too: see :class:`RangeTracer`.
        """
        return not self.contexts.is_bounded(atom) or says(self.contexts.pieces(self.contexts.base_and_ranges(atom)[0]))

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
                yield from self._join(x, one, other, why)

    def _empty(self, x: int) -> Inferences:
        """A chain's links carry ``⊥`` themselves, so only told links matter."""
        for role, y in self.contexts.told_links(x):
            if y != x and BOTTOM in self.contexts.subs(y):
                yield Inference(Rule.EMPTY, ((x, role, y), (y, BOTTOM)))

    # x -s→ y

    def _link(self, x: int, role: int, y: int) -> Inferences:
        for row in self.contexts.told_links(x).get((role, y), ()):
            yield from self._told_link(x, role, y, row)
        yield from self.ranges.link(x, role, y)
        yield from self.individuals.link(x, role, y)
        if role == TOP_ROLE:
            for sub in dict.fromkeys((*self.contexts.roles(x), *self.backwards.chains)):
                if sub != TOP_ROLE and self.contexts.holds(x, sub, y):
                    yield Inference(Rule.RAISE, ((x, sub, y),))
        for inclusion in self.backwards.inclusions.get(role, ()):
            if self.contexts.holds(x, inclusion.sub, y):
                yield Inference(Rule.RAISE, ((x, inclusion.sub, y),), axioms_of(inclusion.axiom))
        for left, right, _, axiom in self.backwards.chains.get(role, ()):
            axioms = () if role in self.backwards.auxiliary else (axiom,)
            for middle in self.contexts.targets(x, left):
                if self.contexts.holds(middle, right, y):
                    yield Inference(Rule.CHAIN, ((x, left, middle), (middle, right, y)), axioms)

    def _told_link(self, x: int, role: int, y: int, row: LinkRow) -> Inferences:
        target = SELF if x == y and self.index.box.is_self(role) else self.contexts.atom(y)
        if row.own >= 0:
            assert self._extension is not None
            yield from self._extension.link(x, row.atom, row.own)
        elif _is_derived(self.index.derived.links.get((row.atom, role, target)), row.why):
            return
        elif row.why != NO_AXIOM:
            yield Inference(Rule.TOLD, ((x, row.atom),), (row.why,))
        else:
            targets = as_rows(self.contexts, x, role, y)
            if self._means(row.atom, lambda pieces: not targets.isdisjoint(pieces.links)):
                yield Inference(Rule.TOLD, ((x, row.atom),))

    def _inclusion(self, sub: int, sup: int) -> Inferences:
        if sup in (sub, TOP_ROLE):
            yield Inference(Rule.INCLUSION)
            return
        for inclusion in self.backwards.inclusions.get(sup, ()):
            if sub < len(self.index.box) and inclusion.sub in self.index.box.supers[sub]:
                yield Inference(Rule.INCLUSION, ((ROLES, sub, inclusion.sub),), axioms_of(inclusion.axiom))


def _is_derived(found: Derivation | None, why: int) -> bool:
    """Whether an entry is there because something was found about individuals, not as it is told so, too."""
    return found is not None and found.axiom == why
