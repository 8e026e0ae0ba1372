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
from typing import NamedTuple

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomKind
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.model.owl_text import render, render_expression
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import (
    BOTTOM_PROPERTY,
    THING,
    TOP_PROPERTY,
    Condition,
    Inclusion,
    Other,
    RangeGap,
    Separation,
    expressions,
    names,
)
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.nodes import Kind
from kgtwin.reasoning.polarity import Mask, edges
from kgtwin.vocabulary import OWL_NOTHING


class Gap(NamedTuple):
    """An axiom (part) that is not used: what it asks for, why in words, and the names in it."""

    condition: Condition
    text: str
    names: tuple[str, ...]


Numbered = tuple[int, Gap]
"""A gap with the number of its axiom."""
Parts = Iterable[ClassExpression]


def gaps(index: Index, closure: Closure) -> Iterator[Numbered]:
    """The gaps in what axioms say of classes and roles."""
    lost = _Lost(index)
    yield from _inclusions(index, lost)
    yield from _separations(index, lost)
    yield from _ranges(index, lost)
    yield from _chains(index, closure)
    yield from _everywhere(index)
    yield from _nowhere(index)
    yield from _others(index)


class _Lost:
    """Which nodes lose something on a left side, on a right one."""

    def __init__(self, index: Index) -> None:
        nodes = index.nodes
        kind = nodes.kind
        self.index = index
        self.left: Mask = (kind == Kind.OPAQUE) | (kind == Kind.NOT)
        top = index.entity(TOP_PROPERTY)
        if top is not None:
            self.left |= ((kind == Kind.SOME) | (kind == Kind.SELF)) & (nodes.a == top)
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


def _gap(condition: Condition, text: str) -> Gap:
    found = (condition.role,) if isinstance(condition, RangeGap) else ()
    inside = (name for one in expressions(condition) for name in names(one))
    return Gap(condition, text, tuple(dict.fromkeys((*found, *inside))))


def _inclusions(index: Index, lost: _Lost) -> Iterator[Numbered]:
    told = index.told
    for i in np.flatnonzero(lost.left[told.sub] | lost.right[told.sup]).tolist():
        sub, sup, axiom = int(told.sub[i]), int(told.sup[i]), int(told.axiom[i])
        condition = Inclusion(index.expression(sub), index.expression(sup))
        if condition.sub == THING and isinstance(condition.sup, owl.ObjectAllValuesFrom):
            continue
        yield from _of_sides(index, axiom, condition, (lost.parts(sub, left=True), lost.parts(sup, left=False)))


def _of_sides(index: Index, axiom: int, condition: Condition, sides: tuple[Parts, Parts]) -> Iterator[Numbered]:
    written = render(index.table[axiom])
    for part in dict.fromkeys(sides[0]):
        yield axiom, _gap(condition, f"not used as a condition: {render_expression(part)}, in {written}")
    for part in dict.fromkeys(sides[1]):
        yield axiom, _gap(condition, f"nothing is concluded from: {render_expression(part)}, in {written}")


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
                yield axiom, _gap(condition, text)


def _below(index: Index, closure: Closure, one: int, other: int) -> bool:
    """Whether a node is certainly below another."""
    sub, sup = (int(index.atoms.of_node[node]) for node in (one, other))
    return one == other or (sub >= 0 and bool(index.program.is_context[sub]) and sup in closure.subsumers(sub))


def _everywhere(index: Index) -> Iterator[Numbered]:
    """``owl:topObjectProperty`` leads from everything to everything, not only where there are links."""
    top = index.entity(TOP_PROPERTY)
    if top is None:
        return
    told, names = index.told, (TOP_PROPERTY,)
    for entity, node, axiom in told.ranges:
        if entity == top:
            yield axiom, _gap(Inclusion(THING, index.expression(node)), _partly(index, axiom))
    below = [(one.sub, one.axiom) for one in told.roles.inclusions if one.sup != top]
    below += [(role, axiom) for roles, result, axiom in told.roles.chains if result != top for role in roles]
    for axiom in dict.fromkeys(axiom for role, axiom in below if role == top):
        yield axiom, Gap(Other("owl:topObjectProperty", names), _partly(index, axiom), names)


def _partly(index: Index, axiom: int) -> str:
    return f"not used of things without links: {render(index.table[axiom])}"


def _nowhere(index: Index) -> Iterator[Numbered]:
    """``owl:bottomObjectProperty`` is to the engine as any other."""
    if index.role(BOTTOM_PROPERTY) is not None:
        condition = Inclusion(owl.ObjectSomeValuesFrom(BOTTOM_PROPERTY, THING), Class(OWL_NOTHING))
        yield -1, Gap(condition, "not used: that owl:bottomObjectProperty leads nowhere", (BOTTOM_PROPERTY,))


def _others(index: Index) -> Iterator[Numbered]:
    for axiom in np.flatnonzero(index.table.axiom_kind == AxiomKind.VALUE).tolist():
        found = index.table[axiom]
        if isinstance(found, owl.OtherAxiom):
            condition = Other(_construct(found), found.signature)
            yield axiom, Gap(condition, f"not used: {found.text}", found.signature)


_TURNED = {
    "FunctionalObjectProperty": "InverseFunctionalObjectProperty",
    "InverseFunctionalObjectProperty": "FunctionalObjectProperty",
    "DisjointObjectProperties": "InverseOf",
}
"""What an axiom about the inverse of a property says of the property; one about the inverses of some, of some."""


def _construct(axiom: owl.OtherAxiom) -> str:
    turned = "ObjectInverseOf(" in axiom.text
    return _TURNED.get(axiom.construct, axiom.construct) if turned else axiom.construct
