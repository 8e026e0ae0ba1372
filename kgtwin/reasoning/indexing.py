"""From lowered axioms to the :class:`~kgtwin.reasoning.program.Program` that the engine runs."""

from __future__ import annotations

from collections import Counter

import numpy as np

from kgtwin.model.axiom_table import AxiomTable, Ints
from kgtwin.reasoning.atoms import Atoms, number
from kgtwin.reasoning.data_atoms import data_rules
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.lowering import Told, lower
from kgtwin.reasoning.nodes import Kind, Nodes
from kgtwin.reasoning.polarity import Mask, Polarity, bounded, edges, flattened, polarity, spread
from kgtwin.reasoning.program import (
    BOTTOM,
    FIRST,
    LOOP,
    SECOND,
    SELF,
    TOP,
    Entries,
    Joins,
    Program,
    Roles,
    entries,
    records,
)
from kgtwin.reasoning.rolebox import NO_AXIOM, RoleBox, compositions

Columns = tuple[Ints, ...]
_PAIRS = 4
"""Up to so many disjoint classes are told in pairs, more as a group."""


def index(table: AxiomTable) -> Index:
    """The program of a table's axioms."""
    told = lower(table)
    box = RoleBox(told.roles)
    ranges = closed_ranges(told, box)
    nodes, filler = bounded(told.nodes, ranges, told)
    where = polarity(nodes, filler, told)
    atoms = number(table, nodes, where)
    program = _Indexer(told, nodes, filler, where, atoms, box).program()
    return Index(
        table=table,
        told=told,
        nodes=nodes,
        filler=filler,
        polarity=where,
        atoms=atoms,
        box=box,
        ranges=ranges,
        program=program,
    )


def closed_ranges(told: Told, box: RoleBox) -> dict[int, list[int]]:
    """The ranges (nodes) of each role and of those above it, by the role's entity."""
    own: dict[int, list[int]] = {}
    for entity, node, _ in told.ranges:
        own.setdefault(box.number[entity], []).append(node)
    if not own:
        return {}
    closed = {
        entity: list(dict.fromkeys(node for sup in box.supers[role] for node in own.get(int(sup), ())))
        for entity, role in box.number.items()
    }
    return {entity: found for entity, found in closed.items() if found}


class _Rows:
    """Entries of one section in the making: many in arrays, few one by one."""

    def __init__(self, width: int) -> None:
        self._parts: list[tuple[Ints, ...]] = []
        self._few: list[tuple[int, ...]] = []
        self._width = width

    def extend(self, *columns: Ints) -> None:
        self._parts.append(columns)

    def add(self, *row: int) -> None:
        self._few.append(row)

    def columns(self) -> tuple[Ints, ...]:
        few = np.array(self._few, np.int32).reshape(len(self._few), self._width)
        return tuple(np.concatenate([*(part[i] for part in self._parts), few[:, i]]) for i in range(self._width))


class _Indexer:
    def __init__(self, told: Told, nodes: Nodes, filler: Ints, where: Polarity, atoms: Atoms, box: RoleBox) -> None:
        self.ontology, self.nodes, self.filler, self.where, self.box = told, nodes, filler, where, box
        self.atoms, self.atom = atoms, atoms.of_node
        self.count = len(atoms.node)
        self.role = np.full(int(nodes.a.max(initial=0)) + len(box.number) + 1, -1, np.int32)
        for entity, role in box.number.items():
            if entity < len(self.role):
                self.role[entity] = role
        self._groups = -1
        self.told, self.links, self.joins = _Rows(3), _Rows(4), _Rows(4)
        self.waits, self.groups, self.domains = _Rows(4), _Rows(3), _Rows(3)

    def program(self) -> Program:
        self._right_sides()
        self._below_unions()
        for axiom_group, axiom in self.ontology.disjoint:
            self._separate([int(one) for one in self.atom[axiom_group]], axiom)
        self._ranges_of_individuals()
        numbers = data_rules(self.ontology, self.nodes, self.box, self.atoms, self.where)
        for told_row in numbers.told:
            self.told.add(*told_row)
        for group, axiom in numbers.groups:
            self._separate(group, axiom)
        for join_row in numbers.joins:
            self._join(*join_row)
        operands = self._operands()
        told, head, why = self._heads(self.told.columns())
        self._existentials_below(head, why)
        joins = self._conjunctions(operands, head, why)
        return self._assembled(told, joins)

    # right sides

    def _right_sides(self) -> None:
        """What is told of atoms, and what a filler's expression says of the filler."""
        told, kinds = self.ontology, self.nodes.kind
        parts = np.flatnonzero(
            self.where.filler
            & ((kinds == Kind.AND) | (kinds == Kind.SOME) | (kinds == Kind.NOT) | (kinds == Kind.SELF))
        )
        atom, node, why = flattened(
            self.nodes,
            np.concatenate([self.atom[told.sub], self.atom[parts]]),
            np.concatenate([told.sup, parts.astype(np.int32)]),
            np.concatenate([told.axiom, np.full(len(parts), NO_AXIOM, np.int32)]),
        )
        kind = kinds[node]
        some = kind == Kind.SOME
        self.links.extend(
            atom[some], self.role[self.nodes.a[node[some]]], self.atom[self.filler[node[some]]], why[some]
        )
        target = self.atom[node]
        plain = ~some & (target > TOP) & (target != atom)
        self.told.extend(atom[plain], target[plain], why[plain])
        for i in np.flatnonzero((kind == Kind.NOT) | (kind == Kind.SELF)):
            self._rare(int(atom[i]), int(node[i]), int(why[i]))

    def _rare(self, atom: int, node: int, why: int) -> None:
        """``C ⊑ ¬D`` is ``C ⊓ D ⊑ ⊥``; ``C ⊑ ∃r.Self`` is a link to itself by the role r°."""
        operand = int(self.nodes.a[node])
        if self.nodes.kind[node] == Kind.NOT:
            self._join(atom, int(self.atom[operand]), BOTTOM, why)
        else:
            self.links.add(atom, self.box.self_role[int(self.role[operand])], SELF, why)

    def _ranges_of_individuals(self) -> None:
        """``r(a, b)`` puts b into the ranges of r."""
        told, kind = self.ontology, self.nodes.kind
        ranges = closed_ranges(told, self.box)
        concerned = (kind[told.sub] == Kind.NOMINAL) & (kind[told.sup] == Kind.SOME)
        for i in np.flatnonzero(concerned) if ranges else ():
            target = int(self.nodes.b[told.sup[i]])
            if kind[target] == Kind.NOMINAL and self.filler[told.sup[i]] != target:
                within = self.filler[told.sup[i]]
                self.told.add(int(self.atom[target]), int(self.atom[within]), int(told.axiom[i]))

    # left sides

    def _below_unions(self) -> None:
        union, disjunct = edges(self.nodes, Kind.OR)
        waited = self.where.negative[union]
        self.told.extend(
            self.atom[disjunct[waited]], self.atom[union[waited]], np.full(int(waited.sum()), NO_AXIOM, np.int32)
        )

    def _separate(self, atoms: list[int], axiom: int) -> None:
        """Pairwise disjoint; one that is there twice is disjoint with itself, so it is empty."""
        times = Counter(atoms)
        distinct = list(times)
        for one in distinct:
            if times[one] > 1 and one != BOTTOM:
                self.told.add(one, BOTTOM, axiom)
        if len(distinct) <= _PAIRS:
            for i, one in enumerate(distinct):
                for other in distinct[i + 1 :]:
                    self._join(one, other, BOTTOM, axiom)
        else:
            self._groups += 1
            for one in distinct:
                self.groups.add(one, self._groups, axiom)

    def _join(self, one: int, other: int, head: int, why: int) -> None:
        if one == other or TOP in (one, other):
            self.told.add(max(one, other), head, why)
        else:
            self.joins.add(one, other, head, why)

    def _operands(self) -> Ints:
        """The pairs (conjunction, conjunct) of left sides, sorted, (M, 2); those with fewer than two are told."""
        parent, child = edges(self.nodes, Kind.AND)
        kept = self.where.negative[parent]
        keys = np.sort(self.atom[parent[kept]].astype(np.int64) << 32 | self.atom[child[kept]])
        keys = keys[np.diff(keys, prepend=-1) != 0]
        pairs = np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1).astype(np.int32)
        trivial = np.bincount(pairs[:, 0][pairs[:, 1] != TOP], minlength=self.count)[pairs[:, 0]] < 2
        for conjunction in np.unique(pairs[trivial, 0]):
            operand = pairs[pairs[:, 0] == conjunction, 1].max()
            self.told.add(int(operand), int(conjunction), NO_AXIOM)
        kept_pairs: Ints = pairs[~trivial & (pairs[:, 1] != TOP)]
        return kept_pairs

    def _heads(self, told: Columns) -> tuple[Columns, Ints, Ints]:
        """What remains told, then the head of each left side's rule (A,) and its axiom.

        A left side that is there for one axiom alone is not tracked: its rule leads straight to what is told of it.
        """
        nodes, negative = self.nodes, self.where.negative
        once = np.zeros(self.count, np.bool_)
        once[self.atom[negative & ~self._used() & ((nodes.kind == Kind.AND) | (nodes.kind == Kind.SOME))]] = True
        joins = self.joins.columns()
        once[np.concatenate([self.links.columns()[0], joins[0], joins[1]])] = False
        once &= np.bincount(told[0], minlength=self.count) == 1
        once[told[1]] = False
        head, why = np.arange(self.count, dtype=np.int32), np.full(self.count, NO_AXIOM, np.int32)
        chosen = once[told[0]]
        head[told[0][chosen]], why[told[0][chosen]] = told[1][chosen], told[2][chosen]
        return tuple(column[~chosen] for column in told), head, why

    def _used(self) -> Mask:
        """The nodes that something else waits for."""
        nodes, negative = self.nodes, self.where.negative
        used = self.where.filler.copy()
        for kind in (Kind.AND, Kind.OR):
            parent, child = edges(nodes, kind)
            used[child[negative[parent]]] = True
        used[nodes.b[(nodes.kind == Kind.SOME) & negative]] = True
        used[nodes.a[nodes.kind == Kind.NOT]] = True
        for group, _ in self.ontology.disjoint:
            used[group] = True
        return used

    def _existentials_below(self, head: Ints, why: Ints) -> None:
        """``∃s.C`` on a left side waits for C; ``∃s.⊤`` is a domain, ``∃r.Self`` the domain of r°."""
        nodes, negative = self.nodes, self.where.negative
        some = np.flatnonzero((nodes.kind == Kind.SOME) & negative)
        atom, role, filler = self.atom[some], self.role[nodes.a[some]], self.atom[nodes.b[some]]
        wide = filler == TOP
        self.domains.extend(role[wide], head[atom[wide]], why[atom[wide]])
        self.waits.extend(filler[~wide], role[~wide], head[atom[~wide]], why[atom[~wide]])
        self.waits.add(BOTTOM, 0, BOTTOM, NO_AXIOM)
        for node in np.flatnonzero((nodes.kind == Kind.SELF) & negative):
            loop = self.box.self_role[int(self.role[nodes.a[node]])]
            self.domains.add(loop, int(head[self.atom[node]]), int(why[self.atom[node]]))

    def _conjunctions(self, operands: Ints, head: Ints, why: Ints) -> Joins:
        """``C ⊓ D ⊓ …`` on left sides; those of two are entries of their own."""
        starts = np.flatnonzero(np.diff(operands[:, 0], prepend=-1))
        conjunction, counts = operands[starts, 0], np.diff(starts, append=len(operands))
        two, longer = counts == 2, counts > 2
        one, other = operands[starts[two], 1], operands[starts[two] + 1, 1]
        self.joins.extend(one, other, head[conjunction[two]], why[conjunction[two]])
        frequency = np.bincount(self.told.columns()[1], minlength=self.count)
        places, owner = spread(starts[longer].astype(np.int32), (starts + counts)[longer].astype(np.int32))
        parts = operands[places, 1]
        order = np.lexsort((frequency[parts], owner))
        which = conjunction[longer]
        return Joins(parts[order], np.cumsum(counts[longer]).astype(np.int32), head[which], why[which], which)

    def _join_entries(self, joins: Joins) -> Entries:
        """Every join under each of its conjuncts, with the rarest of the others."""
        one, other, head, why = self.joins.columns()
        lengths = np.diff(joins.part_ends, prepend=0)
        owner = np.repeat(np.arange(len(joins.heads)), lengths)
        first = joins.part_ends - lengths
        is_first = np.arange(len(joins.parts)) == first[owner]
        rarest = np.where(is_first, joins.parts[first[owner] + 1], joins.parts[first[owner]])
        keys = np.concatenate([one, other, joins.parts])
        others = np.concatenate([other, one, rarest])
        heads = np.concatenate([head, head, ~owner]).astype(np.int32)
        return entries(keys, [others, heads], np.concatenate([why, why, joins.why[owner]]), self.count)

    # the whole

    def _assembled(self, told: Columns, joins: Joins) -> Program:
        count, links, waits, groups = self.count, self.links.columns(), self.waits.columns(), self.groups.columns()
        sections = [
            entries(told[0], [told[1]], told[2], count),
            entries(links[0], [links[1], links[2]], links[3], count),
            self._join_entries(joins),
            entries(waits[0], [waits[1], waits[2]], waits[3], count),
            entries(groups[0], [groups[1]], groups[2], count),
        ]
        flags, starts, code = records(sections, count)
        is_context = np.zeros(count, np.bool_)
        is_context[: self.atoms.proper] = True
        is_context[self.atom[self.where.filler]] = True
        return Program(
            named=self.atoms.named,
            proper=self.atoms.proper,
            entity=self.atoms.entity,
            node=self.atoms.node,
            is_context=is_context,
            told=sections[0],
            links=sections[1],
            joins=sections[2],
            waits=sections[3],
            groups=sections[4],
            longer=joins,
            flags=flags,
            starts=starts,
            code=code,
            roles=self._roles(),
        )

    def _roles(self) -> Roles:
        above = self.box.above()
        chains = compositions(self.box, above)
        flags = (FIRST * (chains.first >= 0) | SECOND * (chains.second >= 0)).astype(np.uint8)
        flags[list(self.box.self_role.values())] |= LOOP
        role, atom, why = self.domains.columns()
        sub, sup = np.nonzero(above[:, role])
        closed = entries(sub.astype(np.int32), [atom[sup], role[sup]], why[sup], len(self.box))
        bits = np.packbits(above, axis=1, bitorder="little")
        return Roles(np.ascontiguousarray(bits), flags, closed, chains)
