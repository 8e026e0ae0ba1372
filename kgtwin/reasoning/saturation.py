"""The saturation: a worklist and one small function a rule (rules are drawn in :mod:`kgtwin.reasoning.inferences`).

A saturation on top of a closed ``base`` shares its contexts and never writes to them: an individual takes over all that
the closed context of one of its classes derives, and only what individuals add is derived anew.
"""

from __future__ import annotations

from collections import deque

from kgtwin.model.axioms import ClassExpression, ObjectIntersectionOf
from kgtwin.reasoning.context import Context
from kgtwin.reasoning.expressions import BOTTOM, TOP, Conjunction, DataAtom, Existential, Expressions
from kgtwin.reasoning.indexing import Index
from kgtwin.reasoning.inferences import (
    COMPOSING,
    BottomLink,
    Composed,
    Conjoined,
    Conjunct,
    DataDomain,
    Disjoined,
    Disjoint,
    Domain,
    EmptyInterval,
    Inherited,
    Initial,
    Link,
    Propagated,
    Range,
    ReflexiveDomain,
    ReflexivePropagated,
    ReflexiveRange,
    Subsumption,
    Successor,
    Told,
    Top,
    WithinInterval,
)

_INITIAL, _TOP, _CONJOINED = Initial(), Top(), Conjoined()


class Saturation:
    """``contexts`` by root and ranges, ``individuals`` by IRI; :meth:`run` closes all under the rules."""

    def __init__(self, index: Index, base: Saturation | None = None) -> None:
        self.index = index
        self.base = base
        self.expressions = index.expressions if base is None else Expressions(index.expressions)
        self.contexts: dict[tuple[int, tuple[int, ...]], Context] = {}
        self.individuals: dict[str, Context] = {}
        self._subsumptions: deque[tuple[Context, int]] = deque()
        self._links: deque[tuple[Context, str, Context]] = deque()

    # contexts

    def context(self, root: int, ranges: tuple[int, ...] = ()) -> Context:
        """The context of a class expression (with the role ranges that it must fall in), a new one if need be."""
        closed = self.closed(root, ranges)
        if closed is not None:
            return closed
        found = self.contexts.get((root, ranges))
        if found is None:
            found = self.contexts[root, ranges] = Context(self._node(root, ranges), root, ranges)
            for number in (root, *ranges):
                self.add(found, number, _INITIAL)
            self.add(found, TOP, _TOP)
        return found

    def closed(self, root: int, ranges: tuple[int, ...] = ()) -> Context | None:
        """The base's context, if it has one; ranges that its root implies anyway do not count."""
        if self.base is None:
            return None
        plain = self.base.contexts.get((root, ()))
        if plain is not None and all(number in plain.subs for number in ranges):
            return plain
        return self.base.contexts.get((root, ranges))

    def individual(self, iri: str) -> Context:
        """The context of an individual, a new one if need be."""
        found = self.individuals.get(iri)
        if found is None:
            found = self.individuals[iri] = Context(iri, None)
            self.add(found, TOP, _TOP)
        return found

    def _node(self, root: int, ranges: tuple[int, ...]) -> ClassExpression:
        values = tuple(self.expressions.value(number) for number in (root, *ranges))
        return ObjectIntersectionOf(values) if ranges else values[0]

    # the worklist

    def add(self, context: Context, number: int, inference: Subsumption) -> None:
        """``context ⊑ number``, unless known."""
        if number not in context.subs:
            context.subs[number] = inference
            self._subsumptions.append((context, number))

    def link(self, context: Context, role: str, target: Context, inference: Link) -> None:
        """``context -role→ target``, unless known."""
        targets = context.succ.setdefault(role, {})
        if target not in targets:
            targets[target] = inference
            self._links.append((context, role, target))

    def run(self) -> None:
        """Applies the rules until nothing new follows."""
        subsumptions, links = self._subsumptions, self._links
        while subsumptions or links:
            while subsumptions:
                self._subsumer(*subsumptions.popleft())
            if links:
                self._linked(*links.popleft())

    def freeze(self) -> None:
        """Marks every context as closed, to be shared."""
        for context in self.contexts.values():
            context.final = True

    def _subsumer(self, x: Context, c: int) -> None:
        inference = x.subs[c]
        kind = type(inference)
        if kind is not Inherited:
            closed = None if self.base is None else self.base.contexts.get((c, ()))
            if closed is not None and closed is not x:
                self._inherit(x, closed)
            else:
                self._told(x, c)
                if kind not in COMPOSING:
                    self._decompose(x, c)
        if c in self.index.interesting:
            self._conjoin(x, c)
            self._disjoin(x, c)
            self._propagate(x, c)
            self._separate(x, c)
            if c == BOTTOM:
                self._bottom(x)

    def _linked(self, x: Context, r: str, y: Context) -> None:
        if not y.final:
            y.pred.setdefault(r, []).append(x)
        if type(x.succ[r][y]) is not Inherited:
            self._propagate_over(x, r, y)
            self._domain(x, r, y)
            self._range(x, r, y)
            if BOTTOM in y.subs and r not in self.index.roles.auxiliary:
                self.add(x, BOTTOM, BottomLink(r, y))
            self._compose_right(x, r, y)
        self._compose_left(x, r, y)

    # what a class derives, for an individual of it

    def _inherit(self, x: Context, source: Context) -> None:
        inherited, subs, interesting = Inherited(source), x.subs, self.index.interesting
        for number in source.subs:
            if number not in subs:
                subs[number] = inherited
                if number in interesting:
                    self._subsumptions.append((x, number))
        for role, targets in source.succ.items():
            for target in targets:
                self.link(x, role, target, inherited)

    # rules for x ⊑ C

    def _told(self, x: Context, c: int) -> None:
        """R⊑, and for ⊤ the domains and ranges of reflexive roles."""
        for d, axiom in self.index.told.get(c, ()):
            self.add(x, d, Told(c, axiom))
        if c == TOP:
            for role in self.index.roles.reflexive:
                for d, sup, axiom in self.index.domains(role):
                    self.add(x, d, ReflexiveDomain(sup, axiom))
                for d, sup, axiom in self.index.ranges(role):
                    self.add(x, d, ReflexiveRange(sup, axiom))

    def _decompose(self, x: Context, c: int) -> None:
        """R⊓−, R∃− and the rules for numbers, on what was told."""
        form = self.expressions.form(c)
        if type(form) is Existential:
            self.link(x, form.role, self._filler(form.role, form.filler), Successor(c))
        elif type(form) is Conjunction:
            for operand in form.operands:
                self.add(x, operand, Conjunct(c))
        elif type(form) is DataAtom:
            self._number(x, c, form)

    def _filler(self, role: str, filler: int) -> Context:
        return self.context(filler, self.filler_ranges(role, filler))

    def filler_ranges(self, role: str, filler: int) -> tuple[int, ...]:
        """The ranges that a filler of a role must fall in, beside being that filler."""
        return tuple(d for d, _, _ in self.index.ranges(role) if d != filler)

    def _number(self, x: Context, c: int, form: DataAtom) -> None:
        """RD+, RD⊥ and RDdom."""
        if form.interval.empty:
            self.add(x, BOTTOM, EmptyInterval(c))
        for interval, number in self.index.data_atoms.get(form.property, ()):
            if form.interval.within(interval):
                self.add(x, number, WithinInterval(c))
        for d, axiom in self.index.data_domains.get(form.property, ()):
            self.add(x, d, DataDomain(c, axiom))

    def _conjoin(self, x: Context, c: int) -> None:
        """R⊓+"""
        subs = x.subs
        for conjunction, operands in self.index.conjunctions.get(c, ()):
            if conjunction not in subs and all(operand in subs for operand in operands):
                self.add(x, conjunction, _CONJOINED)

    def _disjoin(self, x: Context, c: int) -> None:
        """R⊔+"""
        for disjunction in self.index.disjunctions.get(c, ()):
            self.add(x, disjunction, Disjoined(c))

    def _propagate(self, y: Context, c: int) -> None:
        """R∃+, from the side of the filler."""
        waiting = self.index.existentials.get(c, ())
        for s, d in waiting:
            y.props.setdefault(s, []).append((d, c))
            if s in self.index.roles.reflexive:
                self.add(y, d, ReflexivePropagated(c))
        if not waiting:
            return
        for r, predecessors in y.pred.items():
            supers = self.index.roles.supers(r)
            for s, d in waiting:
                if s in supers:
                    for x in predecessors:
                        self.add(x, d, Propagated(r, y, c))

    def _separate(self, x: Context, c: int) -> None:
        """R⊥⊓"""
        for others, axiom in self.index.disjoint.get(c, ()):
            for other in others:
                if other in x.subs:
                    self.add(x, BOTTOM, Disjoint(other, c, axiom))
                    return

    def _bottom(self, y: Context) -> None:
        """R⊥, from the side of the filler; a chain's links carry it, so its auxiliary roles need not."""
        for r, predecessors in y.pred.items():
            if r not in self.index.roles.auxiliary:
                for x in predecessors:
                    self.add(x, BOTTOM, BottomLink(r, y))

    # rules for x -r→ y

    def _propagate_over(self, x: Context, r: str, y: Context) -> None:
        """R∃+, from the side of the link."""
        props = y.props
        if props:
            for s in self.index.roles.supers(r):
                for d, c in props.get(s, ()):
                    if d not in x.subs:
                        self.add(x, d, Propagated(r, y, c))

    def _domain(self, x: Context, r: str, y: Context) -> None:
        """Rdom"""
        for d, sup, axiom in self.index.domains(r):
            if d not in x.subs:
                self.add(x, d, Domain(r, y, sup, axiom))

    def _range(self, x: Context, r: str, y: Context) -> None:
        """Rran, for an individual; a filler's context carries the ranges from its start."""
        if y.is_individual:
            for d, sup, axiom in self.index.ranges(r):
                self.add(y, d, Range(x, r, sup, axiom))

    def _compose_right(self, x: Context, r: str, y: Context) -> None:
        """R∘, with x -r→ y as the first link."""
        by_second = self.index.roles.composed.get(r)
        if by_second:
            for s, targets in tuple(y.succ.items()):
                for chain in by_second.get(s, ()):
                    for z in tuple(targets):
                        self.link(x, chain.result, self._strengthened(z, chain.result), Composed(r, y, s, z, chain))

    def _compose_left(self, y: Context, s: str, z: Context) -> None:
        """R∘, with y -s→ z as the second link."""
        for r, predecessors in tuple(y.pred.items()):
            for chain in self.index.roles.composed.get(r, {}).get(s, ()):
                target = self._strengthened(z, chain.result)
                for x in tuple(predecessors):
                    self.link(x, chain.result, target, Composed(r, y, s, z, chain))

    def _strengthened(self, z: Context, role: str) -> Context:
        """The filler z within the ranges of the role that a chain leads to, if it is not there already."""
        if z.root is None:
            return z
        more = tuple(d for d, _, _ in self.index.ranges(role) if d not in z.ranges and d != z.root)
        if not more or (z.final and all(d in z.subs for d in more)):
            return z
        return self.context(z.root, z.ranges + more)


def saturate(index: Index) -> Saturation:
    """Closes the contexts of every class and every filler of an index."""
    saturation = Saturation(index)
    saturation.context(TOP)
    for number in range(len(index.expressions)):
        if index.is_class(number):
            saturation.context(number)
    for role, filler in index.fillers:
        saturation.context(filler, saturation.filler_ranges(role, filler))
    saturation.run()
    saturation.freeze()
    return saturation
