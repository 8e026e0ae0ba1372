"""What an edit of the axioms changes in a program: entries under atoms that it has, and new atoms.

Only axioms over named classes, ``⊓`` and ``∃`` are worked in; :class:`TooDeep` says that the rest needs a new program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from kgtwin.errors import NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomKind, Ints
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.model.owl_text import render
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.patch import Records
from kgtwin.reasoning.program import BOTTOM, GROUPS, JOINS, LINKS, TOLD, TOP, WAITS, Entries
from kgtwin.reasoning.rolebox import NO_AXIOM

SECTIONS = (TOLD, LINKS, JOINS, WAITS, GROUPS)
_WIDTH = {TOLD: 1, LINKS: 2, JOINS: 2, WAITS: 2, GROUPS: 1}


class TooDeep(Exception):  # noqa: N818 - no error: it says that another way has to be taken
    """The edit reaches into what a program was made for once: roles, ranges, individuals, data."""


@dataclass(frozen=True)
class Edited:
    """A program after edits: ``entries[atom][section]`` are columns and why, where they differ from the base's.

    ``named`` are the classes and ``nodes`` all the atoms that the base does not have, from ``first`` on; ``added`` the
    axioms that are not in the base's table, numbered on from its own; ``removed`` the numbers of those taken out.
    """

    first: int
    entries: dict[int, dict[int, tuple[Ints, Ints]]] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    nodes: tuple[ClassExpression, ...] = ()
    added: tuple[Axiom, ...] = ()
    removed: frozenset[int] = frozenset()


class Editor:
    """Makes one edit. ``seeds``: pairs of atoms (twice the same for one) below both of which contexts may change."""

    def __init__(self, index: Index, before: Edited, origins: Origins) -> None:
        self._index, self._origins = index, origins
        self._before = before
        self._entries = dict(before.entries)
        self._named = dict(before.named)
        self._nodes = list(before.nodes)
        self._added = list(before.added)
        self._removed = set(before.removed)
        self._conditions: dict[ClassExpression, int] = {}
        self._fillers: dict[ClassExpression, int] = {}
        self._why = NO_AXIOM
        self.touched: dict[int, None] = {}
        self.seeds: dict[tuple[int, int], None] = {}

    def after(self) -> Edited:
        """The program with the edit."""
        return replace(
            self._before,
            entries=self._entries,
            named=self._named,
            nodes=tuple(self._nodes),
            added=tuple(self._added),
            removed=frozenset(self._removed),
        )

    @property
    def count(self) -> int:
        """How many atoms the edit adds."""
        return len(self._nodes) - len(self._before.nodes)

    # adding

    def add(self, axiom: Axiom) -> None:
        """Works an axiom in."""
        self._why = len(self._index.table) + len(self._added)
        match axiom:
            case owl.SubClassOf(sub, sup):
                self._include(sub, sup)
            case owl.EquivalentClasses(operands):
                for one, other in zip(operands, (*operands[1:], operands[0]), strict=True):
                    self._include(one, other)
            case owl.DisjointClasses(operands) if len(operands) < 10:
                self._separate(operands)
            case _:
                raise TooDeep
        self._added.append(axiom)

    def _include(self, sub: ClassExpression, sup: ClassExpression) -> None:
        left = self._condition(sub)
        if sub != sup:
            self._tell(left, sup, self._why)

    def _separate(self, operands: tuple[ClassExpression, ...]) -> None:
        for i, one in enumerate(operands):
            for other in operands[i + 1 :]:
                a, b = self._condition(one), self._condition(other)
                if a == b:
                    self._entry(a, TOLD, (BOTTOM,), self._why)
                else:
                    self._join(a, b, BOTTOM, self._why)

    def _tell(self, atom: int, expression: ClassExpression, why: int) -> None:
        """``atom ⊑ expression``"""
        match expression:
            case Class(iri):
                target = self._class(iri)
                if target not in (TOP, atom):
                    self._entry(atom, TOLD, (target,), why)
            case owl.ObjectIntersectionOf(operands):
                for operand in operands:
                    self._tell(atom, operand, why)
            case owl.ObjectSomeValuesFrom(role, filler):
                self._entry(atom, LINKS, (self._role(role), self._filler(filler)), why)
            case _:
                raise TooDeep

    def _filler(self, expression: ClassExpression) -> int:
        if isinstance(expression, Class):
            return self._class(expression.iri)
        found = self._fillers.get(expression)
        if found is None:
            found = self._fillers[expression] = self._new(expression)
            self._tell(found, expression, NO_AXIOM)
        return found

    def _condition(self, expression: ClassExpression) -> int:
        """The atom of a left side; a compound one has rules of its own that lead to it."""
        if isinstance(expression, Class):
            return self._class(expression.iri)
        found = self._conditions.get(expression)
        if found is None:
            found = self._conditions[expression] = self._put_together(expression)
        return found

    def _put_together(self, expression: ClassExpression) -> int:
        match expression:
            case owl.ObjectIntersectionOf(operands):
                parts = list(dict.fromkeys(self._condition(one) for one in operands))
                parts = [part for part in parts if part != TOP] or [TOP]
                left = parts[0]
                for i, part in enumerate(parts[1:]):
                    both = self._new(expression if i == len(parts) - 2 else owl.ObjectIntersectionOf(operands[: i + 2]))
                    self._join(left, part, both, NO_AXIOM)
                    left = both
                return left
            case owl.ObjectSomeValuesFrom(role, filler):
                waited = self._condition(filler)
                if waited == TOP:
                    raise TooDeep
                head = self._new(expression)
                self._entry(waited, WAITS, (self._role(role), head), NO_AXIOM)
                return head
        raise TooDeep

    def _join(self, one: int, other: int, head: int, why: int) -> None:
        self._append(one, JOINS, (other, head), why)
        self._append(other, JOINS, (one, head), why)
        self.seeds[one, other] = None

    def _class(self, iri: str) -> int:
        known = self._index.class_atom(iri)
        if known is None:
            known = self._named.get(iri)
        if known is None:
            known = self._named[iri] = self._new(Class(iri))
        return known

    def _role(self, iri: str) -> int:
        number = self._index.role(iri)
        if number is None or self._index.ranges(number):
            raise TooDeep
        return number

    def _new(self, expression: ClassExpression) -> int:
        self._nodes.append(expression)
        return self._before.first + len(self._nodes) - 1

    # removing

    def remove(self, axiom: Axiom) -> None:
        """Takes an axiom out, as often as it stands there.

        Raises:
            NotFoundError: there is no such axiom.
        """
        numbers = self._numbers(axiom)
        if not numbers:
            raise NotFoundError(
                "no such axiom to remove", where=render(axiom)[:300], expected="an axiom as it was told"
            )
        if not isinstance(axiom, owl.SubClassOf | owl.EquivalentClasses | owl.DisjointClasses):
            raise TooDeep
        self._removed.update(numbers)
        for number in numbers:
            for section, atom in self._origins.places(number):
                self._drop(atom, section, number)
            for atom in list(self._entries):
                for section in SECTIONS:
                    self._drop(atom, section, number)

    def _numbers(self, axiom: Axiom) -> list[int]:
        first = len(self._index.table)
        own = [first + i for i, one in enumerate(self._added) if one == axiom]
        return [n for n in (*self._origins.numbers(axiom), *own) if n not in self._removed]

    def _drop(self, atom: int, section: int, why: int) -> None:
        columns, whys = self._section(atom, section)
        gone = whys == why
        if gone.any():
            for other in columns[0, gone].tolist() if section == JOINS else [atom]:
                self.seeds[atom, other] = None
            self._set(atom, section, columns[:, ~gone], whys[~gone])

    # entries

    def _entry(self, atom: int, section: int, row: tuple[int, ...], why: int) -> None:
        self._append(atom, section, row, why)
        self.seeds[atom, atom] = None

    def _append(self, atom: int, section: int, row: tuple[int, ...], why: int) -> None:
        columns, whys = self._section(atom, section)
        more = np.array(row, np.int32).reshape(-1, 1)
        self._set(atom, section, np.concatenate([columns, more], axis=1), np.append(whys, np.int32(why)))

    def _section(self, atom: int, section: int) -> tuple[Ints, Ints]:
        return section_of(self._index, self._entries, atom, section)

    def _set(self, atom: int, section: int, columns: Ints, whys: Ints) -> None:
        if atom not in self.touched:
            self._entries[atom] = dict(self._entries.get(atom, {}))
            self.touched[atom] = None
        self._entries[atom][section] = (columns, whys.astype(np.int32))

    def records(self) -> Records:
        """The records of the atoms whose entries the edit has changed."""
        starts, flags, code = [], [], []
        at = 0
        for atom in self.touched:
            bits, parts = 0, []
            for section in SECTIONS:
                columns, _ = self._section(atom, section)
                if columns.shape[1]:
                    bits |= section
                    parts += [np.array([columns.shape[1]], np.int32), columns.T.reshape(-1)]
            starts.append(at)
            flags.append(bits)
            code += parts
            at += sum(map(len, parts))
        atoms = np.array(list(self.touched), np.int32)
        whole = np.concatenate(code).astype(np.int32) if code else np.zeros(0, np.int32)
        return Records(atoms, np.array(starts, np.int64), np.array(flags, np.uint8), whole)


def no_such_axiom(axiom: Axiom) -> NotFoundError:
    """The error for the removal of an axiom that is not there."""
    return NotFoundError("no such axiom to remove", where=render(axiom)[:300], expected="an axiom as it was told")


def section_of(
    index: Index, entries: dict[int, dict[int, tuple[Ints, Ints]]], atom: int, section: int
) -> tuple[Ints, Ints]:
    """The columns and the why of an atom's entries of one section."""
    own = entries.get(atom, {}).get(section)
    if own is not None:
        return own
    if atom >= len(index.atoms.node):
        return np.zeros((_WIDTH[section], 0), np.int32), np.zeros(0, np.int32)
    base = section_entries(index, section)
    return base.of(atom), base.why[base.starts[atom] : base.starts[atom + 1]]


def section_entries(index: Index, section: int) -> Entries:
    """A program's entries of one section."""
    program = index.program
    found = {
        TOLD: program.told,
        LINKS: program.links,
        JOINS: program.joins,
        WAITS: program.waits,
        GROUPS: program.groups,
    }
    return found[section]


class Origins:
    """Where a base's axioms stand, and where in the program they have left something."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def numbers(self, axiom: Axiom) -> list[int]:
        """The numbers of the axioms of the table that equal one."""
        table = self._index.table
        quick = [row for row in self._left_behind(axiom) if table[row] == axiom]
        return quick or [row for row in self._candidates(axiom).tolist() if table[row] == axiom]

    def _left_behind(self, axiom: Axiom) -> list[int]:
        """The axioms that have left something under the class that an axiom begins with."""
        match axiom:
            case owl.SubClassOf(Class(iri), _) | owl.EquivalentClasses((Class(iri), *_)):
                atom = self._index.class_atom(iri)
            case _:
                atom = None
        if atom is None:
            return []
        found = [section_of(self._index, {}, atom, section)[1].tolist() for section in (TOLD, LINKS)]
        return sorted({why for whys in found for why in whys if why >= 0})

    def _candidates(self, axiom: Axiom) -> Ints:
        table = self._index.table
        match axiom:
            case owl.SubClassOf(first, _):
                kind = AxiomKind.SUB_CLASS_OF
            case owl.EquivalentClasses((first, *_)):
                kind = AxiomKind.EQUIVALENT_CLASSES
            case owl.DisjointClasses((first, *_)):
                kind = AxiomKind.DISJOINT_CLASSES
            case _:
                return np.arange(len(table), dtype=np.int32)
        rows = np.flatnonzero(table.axiom_kind == kind).astype(np.int32)
        if isinstance(first, Class):
            entity = table.entity_of(first.iri)
            node = None if entity is None else table.class_node(entity)
            starts = np.where(rows > 0, table.arg_ends[rows - 1], 0)
            rows = rows[table.args[starts] == (-1 if node is None else node)]
        return rows

    def places(self, number: int) -> Iterator[tuple[int, int]]:
        """The (section, atom) of the entries that an axiom has left.

        Raises:
            TooDeep: it has left a domain, too.
        """
        if (self._index.program.roles.domains.why == number).any():
            raise TooDeep
        for section, (whys, order, keys) in self._by_axiom.items():
            low, high = np.searchsorted(whys, [np.int32(number), np.int32(number + 1)])
            for place in order[low:high].tolist():
                yield section, int(keys[place])

    @cached_property
    def _by_axiom(self) -> dict[int, tuple[Ints, Ints, Ints]]:
        found = {}
        for section in SECTIONS:
            entries = section_entries(self._index, section)
            order = np.argsort(entries.why, kind="stable").astype(np.int32)
            keys = np.repeat(np.arange(len(entries.starts) - 1, dtype=np.int32), np.diff(entries.starts))
            found[section] = (entries.why[order], order, keys)
        return found
