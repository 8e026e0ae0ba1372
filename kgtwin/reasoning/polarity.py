"""Where expressions occur: put together only on a left side, taken apart only on a right one.

Kazakov, Krötzsch and Simančík (2014), section 5, call these negative and positive occurrences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.lowering import Told
from kgtwin.reasoning.nodes import Kind, Nodes

Mask = NDArray[np.bool_]


class Polarity(NamedTuple):
    """Which nodes occur on a left side, on a right one, as the filler of an existential on a right one; (N,) each."""

    negative: Mask
    positive: Mask
    filler: Mask


def below(nodes: Nodes, told: Told, tops: Iterable[int]) -> dict[int, Mask]:
    """Which named classes are told to be below each of some nodes, directly or by way of other named classes; (N,)."""
    plain = nodes.kind[told.sub] == Kind.CLASS
    sub, sup, _ = flattened(nodes, told.sub[plain], told.sup[plain], told.sub[plain])
    order = np.argsort(sup, kind="stable")
    sub, ends = sub[order], np.cumsum(np.bincount(sup, minlength=len(nodes.kind))).astype(np.int32)
    starts = np.concatenate([np.zeros(1, np.int32), ends[:-1]])
    found: dict[int, Mask] = {}
    for top in tops:
        mask = found[top] = np.zeros(len(nodes.kind), np.bool_)
        frontier = np.array([top])
        while len(frontier):
            mask[frontier] = True
            places, _ = spread(starts[frontier], ends[frontier])
            frontier = np.unique(sub[places])
            frontier = frontier[~mask[frontier]]
    return found


def bounded(nodes: Nodes, ranges: Mapping[int, Sequence[int]], told: Told) -> tuple[Nodes, Ints]:
    """Each existential's filler on a right side, int32 (N,): within the ranges of its role, given by the role's entity.

    ``∃r.C`` leads to ``C ⊓ ran(r)``, a conjunction that is added where C is not told to be in the range anyway.
    """
    filler = nodes.b.copy()
    concerned = np.flatnonzero((nodes.kind == Kind.SOME) & np.isin(nodes.a, list(ranges)))
    within = below(nodes, told, {node for found in ranges.values() for node in found})
    new: dict[tuple[int, ...], int] = {}
    operands: list[int] = []
    ends: list[int] = []
    for some in concerned:
        target = int(nodes.b[some])
        parts = (
            target,
            *(node for node in ranges[int(nodes.a[some])] if node != nodes.top and not within[node][target]),
        )
        if len(parts) > 1:
            if parts not in new:
                new[parts] = len(nodes.kind) + len(new)
                operands.extend(parts)
                ends.append(len(nodes.operands) + len(operands))
            filler[some] = new[parts]
    if not new:
        return nodes, filler
    starts = np.array([len(nodes.operands), *ends[:-1]], np.int32)
    return nodes._replace(
        kind=np.concatenate([nodes.kind, np.full(len(new), Kind.AND, np.uint8)]),
        a=np.concatenate([nodes.a, starts]),
        b=np.concatenate([nodes.b, np.array(ends, np.int32)]),
        operands=np.concatenate([nodes.operands, np.array(operands, np.int32)]),
    ), np.concatenate([filler, np.array(ends, np.int32)])


def edges(nodes: Nodes, kind: Kind) -> tuple[Ints, Ints]:
    """The pairs (node, operand) of the nodes of a kind that has operands."""
    parents = np.flatnonzero(nodes.kind == kind).astype(np.int32)
    places, owner = spread(nodes.a[parents], nodes.b[parents])
    return parents[owner], nodes.operands[places]


def spread(starts: Ints | Offsets, ends: Ints | Offsets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places ``starts[i] … ends[i]-1`` of all i, one after the other, and the i of each."""
    lengths = (ends - starts).astype(np.int64)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(len(owner)) - before[owner] + starts.astype(np.int64)[owner], owner


def polarity(nodes: Nodes, filler: Ints, told: Told) -> Polarity:
    """Marks every node by where it occurs, from the axioms down into the expressions."""
    negative, positive, fills = (np.zeros(len(nodes.kind), np.bool_) for _ in range(3))
    negative[told.sub], positive[told.sup] = True, True
    for group, _ in told.disjoint:
        negative[group] = True
    parent, child = edges(nodes, Kind.AND)
    union, disjunct = edges(nodes, Kind.OR)
    some, complement = np.flatnonzero(nodes.kind == Kind.SOME), np.flatnonzero(nodes.kind == Kind.NOT)
    before = -1
    while before != (now := int(negative.sum() + positive.sum() + fills.sum())):
        before = now
        negative[child[negative[parent]]] = True
        positive[child[positive[parent]]] = True
        negative[disjunct[negative[union]]] = True
        negative[nodes.b[some[negative[some]]]] = True
        below = filler[some[positive[some]]]
        positive[below], fills[below] = True, True
        negative[nodes.a[complement[positive[complement]]]] = True
    return Polarity(negative, positive, fills)


def flattened(nodes: Nodes, atom: Ints, node: Ints, why: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows ``atom ⊑ node`` by an axiom, with conjunctions on the right taken apart."""
    done: list[tuple[Ints, Ints, Ints]] = []
    while len(atom):
        several = nodes.kind[node] == Kind.AND
        done.append((atom[~several], node[~several], why[~several]))
        atom, node, why = atom[several], node[several], why[several]
        places, owner = spread(nodes.a[node], nodes.b[node])
        atom, node, why = atom[owner], nodes.operands[places], why[owner]
    if not done:
        return atom, node, why
    atoms, flat, whys = (np.concatenate(column) for column in zip(*done, strict=True))
    return atoms, flat, whys
