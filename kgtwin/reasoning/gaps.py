"""What the engine makes no full use of: the inclusions and other axioms that its model need not fulfil.

Lowering keeps every inclusion ``C ⊑ D`` between class expressions, but the engine takes unions, complements,
universals, counts and what :class:`~kgtwin.model.axioms.Unsupported` holds as they stand. What that loses:

- on the left: ``¬C``, ``∀r.C``, ``≥n``, ``≤n``, ``=n``, and ``∃owl:topObjectProperty.C`` (of any thing, linked or not);
  a union loses nothing there;
- on the right: a union, ``∀r.C`` (but ``⊤ ⊑ ∀r.C`` is a range), ``≥n`` from 2, ``≤n`` and ``=n`` from 1; ``¬C`` says
  that C is disjoint, and loses nothing unless C would on the left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomKind
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.model.data_ranges import disjoint, intersection, is_single, within
from kgtwin.model.owl_text import render, render_expression
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.data_atoms import DataAtom, is_certain
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.nodes import Kind
from kgtwin.reasoning.polarity import Mask, edges
from kgtwin.vocabulary import OWL, OWL_THING

TOP_PROPERTY = OWL + "topObjectProperty"
_THING = Class(OWL_THING)


class Inclusion(NamedTuple):
    """``sub ⊑ sup``, which a model of the used part may break."""

    sub: ClassExpression
    sup: ClassExpression


class Separation(NamedTuple):
    """No two of ``operands`` share a member."""

    operands: tuple[ClassExpression, ...]


class RangeGap(NamedTuple):
    """What ``role`` leads to is in ``range``."""

    role: str
    range: ClassExpression


class DataRangeGap(NamedTuple):
    """The values of a data property lie in ``range``."""

    property: str
    range: owl.DataRange


class Other(NamedTuple):
    """An axiom of which only construct and names are known."""

    construct: str
    names: tuple[str, ...]


Condition = Inclusion | Separation | RangeGap | DataRangeGap | Other


class Gap(NamedTuple):
    """An axiom (part) that is not used: what it asks for, why in words, and the names in it."""

    axiom: Axiom
    condition: Condition
    text: str
    names: tuple[str, ...]


def gaps(index: Index, closure: Closure) -> list[Gap]:
    """All gaps of an ontology, in the order of its axioms."""
    lost = _Lost(index)
    parts = (
        _inclusions(index, lost),
        _separations(index, lost),
        _ranges(index, lost),
        _chains(index, closure),
        _data_ranges(index),
        _functional(index, closure),
        _others(index),
    )
    return [gap for _, gap in sorted(chain.from_iterable(parts), key=lambda pair: pair[0])]


Numbered = tuple[int, Gap]
Parts = Iterable[ClassExpression]


class _Lost:
    """Which nodes lose something on a left side, on a right one."""

    def __init__(self, index: Index) -> None:
        nodes = index.nodes
        kind = nodes.kind
        self.index = index
        self.left: Mask = (kind == Kind.OPAQUE) | (kind == Kind.NOT)
        top = index.entity(TOP_PROPERTY)
        if top is not None:
            self.left |= (kind == Kind.SOME) & (nodes.a == top)
        self.right: Mask = (kind == Kind.OPAQUE) | (kind == Kind.OR)
        some, complement = np.flatnonzero(kind == Kind.SOME), np.flatnonzero(kind == Kind.NOT)
        proxies = list(index.told.proxies)
        self.left[proxies] = self.right[proxies] = False
        pairs = [edges(nodes, Kind.AND), edges(nodes, Kind.OR)]
        before = -1
        while before != (now := int(self.left.sum() + self.right.sum())):
            before = now
            for parent, child in pairs:
                self.left[parent[self.left[child]]] = True
            parent, child = pairs[0]
            self.right[parent[self.right[child]]] = True
            self.left[some[self.left[nodes.b[some]]]] = True
            self.right[some[self.right[nodes.b[some]]]] = True
            self.right[complement[self.left[nodes.a[complement]]]] = True

    def parts(self, node: int, *, left: bool) -> Iterator[ClassExpression]:
        """The smallest parts of a node that lose something there."""
        nodes, lost = self.index.nodes, self.left if left else self.right
        if not lost[node]:
            return
        kind, a, b = Kind(nodes.kind[node]), int(nodes.a[node]), int(nodes.b[node])
        if kind is Kind.AND or (kind is Kind.OR and left):
            for one in nodes.operands[a:b].tolist():
                yield from self.parts(one, left=left)
        elif kind is Kind.SOME and lost[b]:
            yield from self.parts(b, left=left)
        elif kind is Kind.NOT and not left:
            yield from self.parts(a, left=True)
        else:
            yield self.index.expression(node)


def _gap(index: Index, axiom: int, condition: Condition, text: str) -> Numbered:
    names = dict.fromkeys(one for part in condition for one in _condition_names(part))
    return axiom, Gap(index.table[axiom], condition, text, tuple(names))


def _condition_names(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _condition_names(one)
    elif isinstance(part, ClassExpression):
        yield from names(part)


def _inclusions(index: Index, lost: _Lost) -> Iterator[Numbered]:
    told = index.told
    for i in np.flatnonzero(lost.left[told.sub] | lost.right[told.sup]).tolist():
        sub, sup, axiom = int(told.sub[i]), int(told.sup[i]), int(told.axiom[i])
        condition = Inclusion(index.expression(sub), index.expression(sup))
        if condition.sub == _THING and isinstance(condition.sup, owl.ObjectAllValuesFrom):
            continue
        yield from _of_sides(index, axiom, condition, (lost.parts(sub, left=True), lost.parts(sup, left=False)))


def _of_sides(index: Index, axiom: int, condition: Condition, sides: tuple[Parts, Parts]) -> Iterator[Numbered]:
    written = render(index.table[axiom])
    for part in dict.fromkeys(sides[0]):
        yield _gap(index, axiom, condition, f"not used as a condition: {render_expression(part)}, in {written}")
    for part in dict.fromkeys(sides[1]):
        yield _gap(index, axiom, condition, f"nothing is concluded from: {render_expression(part)}, in {written}")


def _separations(index: Index, lost: _Lost) -> Iterator[Numbered]:
    for group, axiom in index.told.disjoint:
        if lost.left[group].any():
            condition = Separation(tuple(index.expression(int(one)) for one in group))
            parts = (part for one in group for part in lost.parts(int(one), left=True))
            yield from _of_sides(index, axiom, condition, (parts, ()))


def _ranges(index: Index, lost: _Lost) -> Iterator[Numbered]:
    for entity, node, axiom in index.told.ranges:
        condition = RangeGap(index.iri(entity), index.expression(node))
        yield from _of_sides(index, axiom, condition, ((), lost.parts(node, left=False)))


def _chains(index: Index, closure: Closure) -> Iterator[Numbered]:
    """OWL 2 EL's restriction on ranges: a chain's last role must have the ranges of the role that it leads to."""
    number = index.box.number
    for roles, result, axiom in index.told.roles.chains if index.told.ranges else ():
        above = set(index.box.supers[number[result]].tolist())
        given = index.range_nodes(number[roles[-1]])
        for entity, node, range_axiom in index.told.ranges:
            if number[entity] in above and not any(_below(index, closure, one, node) for one in given):
                condition = RangeGap(index.iri(entity), index.expression(node))
                text = (
                    f"what lies at the end of {render(index.table[axiom])} need not be known to be in "
                    f"{render_expression(condition.range)}, as {render(index.table[range_axiom])} asks"
                )
                yield _gap(index, axiom, condition, text)


def _below(index: Index, closure: Closure, one: int, other: int) -> bool:
    """Whether a node is certainly below another."""
    sub, sup = (int(index.atoms.of_node[node]) for node in (one, other))
    return one == other or (sub >= 0 and bool(index.program.is_context[sub]) and sup in closure.subsumers(sub))


def _data_ranges(index: Index) -> Iterator[Numbered]:
    lost: dict[int, DataRangeGap] = {}
    for one in index.asserted_data:
        value, supers = one.range, index.data_properties.supers(one.property)
        for entity, data_range, axiom in index.told.data_ranges:
            if entity in supers:
                both = intersection(value, data_range)
                value = both or value
                if both is None or isinstance(both, owl.OtherRange):
                    lost[axiom] = DataRangeGap(index.iri(entity), data_range)
    for axiom, condition in lost.items():
        yield _gap(index, axiom, condition, f"not used with every value: {render(index.table[axiom])}")


def _functional(index: Index, closure: Closure) -> Iterator[Numbered]:
    """Two ranges told of one value: that it lies in both is used only where nothing can."""
    for entity, axiom in index.told.functional:
        values = [one for one in index.asserted_data if entity in index.data_properties.supers(one.property)]
        single = [one for one in values if is_certain(one.range)]
        rest = [one for one in values if not is_certain(one.range)]
        some = chain(combinations(rest, 2), ((a, b) for a in rest for b in single if a.property != b.property))
        pairs = [(a.atom, b.atom) for a, b in some if _tells_more(index, a, b)]
        if pairs and _meet(index, closure, pairs):
            told, names = index.table[axiom], (index.iri(entity),)
            text = f"not used with every two values: {render(told)}"
            yield axiom, Gap(told, Other("FunctionalDataProperty", names), text, names)


def _tells_more(index: Index, a: DataAtom, b: DataAtom) -> bool:
    """Whether more follows from two restrictions on the same value than from each of them."""
    supers = index.data_properties.supers
    told = any(
        one.range == other.range or (is_single(one.range) and within(one.range, other.range))
        for one, other in ((a, b), (b, a))
        if other.property in supers(one.property)
    )
    return not told and not disjoint(a.range, b.range)


def _meet(index: Index, closure: Closure, pairs: list[tuple[int, int]]) -> bool:
    """Whether some context is below both of a pair of atoms."""
    concerned = {one for one, _ in pairs}
    for x in np.flatnonzero(index.program.is_context).tolist():
        above = closure.subsumers(x)
        if not concerned.isdisjoint(above) and any(one in above and other in above for one, other in pairs):
            return True
    return False


def _others(index: Index) -> Iterator[Numbered]:
    for axiom in np.flatnonzero(index.table.axiom_kind == AxiomKind.VALUE).tolist():
        found = index.table[axiom]
        if isinstance(found, owl.OtherAxiom):
            yield axiom, Gap(found, Other(found.construct, found.signature), f"not used: {found.text}", found.signature)


def names(expression: ClassExpression) -> Iterator[str]:
    """The IRIs in a class expression."""
    match expression:
        case Class(iri):
            yield iri
        case owl.ObjectIntersectionOf(operands) | owl.ObjectUnionOf(operands):
            for operand in operands:
                yield from names(operand)
        case owl.ObjectComplementOf(operand):
            yield from names(operand)
        case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectAllValuesFrom(role, filler):
            yield role
            yield from names(filler)
        case owl.Unsupported(_, _, signature) | owl.ObjectOneOf(signature):
            yield from signature
        case _:
            yield from _names_of_restriction(expression)


def _names_of_restriction(expression: ClassExpression) -> Iterator[str]:
    match expression:
        case (
            owl.ObjectMinCardinality(_, role, filler)
            | owl.ObjectMaxCardinality(_, role, filler)
            | owl.ObjectExactCardinality(_, role, filler)
        ):
            yield role
            yield from names(filler)
        case owl.ObjectHasValue(role, individual):
            yield from (role, individual)
        case owl.ObjectHasSelf(role) | owl.DataSomeValuesFrom(role, _):
            yield role
