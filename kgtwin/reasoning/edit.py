"""What an edit of the axioms changes in a program: entries under atoms that it has, and new atoms.

Only axioms over named classes, ``⊓`` and ``∃`` are worked in; :class:`TooDeep` says that the rest needs a new program.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from kgtwin.errors import NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.model.owl_text import render
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.layered import Layered
from kgtwin.reasoning.origins import Origins
from kgtwin.reasoning.patch import Records, RecordWriter
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import BOTTOM, JOINS, LINKS, TOLD, TOP, WAITS
from kgtwin.reasoning.rolebox import NO_AXIOM, TOP_ROLE
from kgtwin.reasoning.sections import SECTIONS, columns_of, copied, entries_of

_FEW = 10
"""So many disjoint classes are a group of their own, which is made for a whole program only."""
_NONE: dict[int, Ints] = {}


class TooDeep(Exception):  # noqa: N818 - no error: it says that another way has to be taken
    """The edit reaches into what a program was made for once: roles, ranges, individuals, data."""


@dataclass(frozen=True)
class Edited:
    """A program after edits. Atoms from ``first`` on are new: ``nodes`` says what they are, ``named`` the classes.

    ``entries`` has, by atom and section, columns with the why below them, where they differ from the base's. ``added``
    are axioms by their numbers, which follow those of the base's table; ``numbers`` says which ones an axiom has, and
    ``places`` where they have left something, as (section, atom). ``removed`` are the numbers of those taken out.
    """

    first: int
    axioms: int
    count: int = 0
    entries: Layered[int, dict[int, Ints]] = field(default_factory=Layered)
    named: Layered[str, int] = field(default_factory=Layered)
    nodes: Layered[int, ClassExpression] = field(default_factory=Layered)
    added: Layered[int, Axiom] = field(default_factory=Layered)
    numbers: Layered[Axiom, tuple[int, ...]] = field(default_factory=Layered)
    places: Layered[int, tuple[Pair, ...]] = field(default_factory=Layered)
    removed: Layered[int, None] = field(default_factory=Layered)

    def section(self, index: Index, atom: int, section: int) -> Ints:
        """The columns of an atom's entries of one section."""
        own = self.entries.get(atom)
        return columns_of(index.program, atom, section) if own is None or section not in own else own[section][:-1]


class Editor:
    """Makes one edit. ``seeds``: pairs of atoms (twice the same for one) below both of which contexts may change."""

    def __init__(self, index: Index, before: Edited, origins: Origins) -> None:
        self._index, self._origins, self._before = index, origins, before
        self._entries: dict[int, dict[int, Ints]] = {}
        self._named: dict[str, int] = {}
        self._nodes: dict[int, ClassExpression] = {}
        self._added: dict[int, Axiom] = {}
        self._numbers: dict[Axiom, tuple[int, ...]] = {}
        self._places: dict[int, dict[Pair, None]] = {}
        self._removed: dict[int, None] = {}
        self._conditions: dict[ClassExpression, int] = {}
        self._fillers: dict[ClassExpression, int] = {}
        self._number = before.axioms
        self.seeds: dict[Pair, None] = {}

    def after(self) -> Edited:
        """The program with the edit."""
        before = self._before
        return replace(
            before,
            count=before.count + len(self._nodes),
            axioms=self._number,
            entries=before.entries.updated(self._entries),
            named=before.named.updated(self._named),
            nodes=before.nodes.updated(self._nodes),
            added=before.added.updated(self._added),
            numbers=before.numbers.updated(self._numbers),
            places=before.places.updated({number: tuple(found) for number, found in self._places.items()}),
            removed=before.removed.updated(self._removed),
        )

    @property
    def count(self) -> int:
        """How many atoms the edit adds."""
        return len(self._nodes)

    # adding

    def add(self, axiom: Axiom) -> None:
        """Works an axiom in.

        Raises:
            TooDeep: it cannot be.
        """
        match axiom:
            case owl.SubClassOf(sub, sup):
                self._include(sub, sup)
            case owl.EquivalentClasses(operands):
                for one, other in zip(operands, (*operands[1:], operands[0]), strict=True):
                    self._include(one, other)
            case owl.DisjointClasses(operands) if len(operands) < _FEW:
                self._separate(operands)
            case _:
                raise TooDeep
        self._added[self._number] = axiom
        self._numbers[axiom] = (*self._own_numbers(axiom), self._number)
        self._number += 1

    def _include(self, sub: ClassExpression, sup: ClassExpression) -> None:
        left = self._condition(sub)
        if sub != sup:
            self._tell(left, sup, self._number)

    def _separate(self, operands: tuple[ClassExpression, ...]) -> None:
        for i, one in enumerate(operands):
            for other in operands[i + 1 :]:
                a, b = self._condition(one), self._condition(other)
                if a == b:
                    self._entry(a, TOLD, (BOTTOM,), self._number)
                else:
                    self._join(a, b, BOTTOM, self._number)

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
            known = self._before.named.get(iri)
        if known is None:
            known = self._named.get(iri)
        if known is None:
            known = self._named[iri] = self._new(Class(iri))
        return known

    def _role(self, iri: str) -> int:
        number = self._index.role(iri)
        if number is None or number == TOP_ROLE or self._index.ranges(number):
            raise TooDeep
        return number

    def _new(self, expression: ClassExpression) -> int:
        atom = self._before.first + self._before.count + len(self._nodes)
        self._nodes[atom] = expression
        return atom

    # removing

    def remove(self, axiom: Axiom) -> None:
        """Takes an axiom out, as often as it stands there.

        Raises:
            NotFoundError: there is no such axiom.
            TooDeep: it cannot be taken out.
        """
        numbers = [n for n in self._origins.numbers(axiom) if not self._is_removed(n)]
        own = [n for n in self._own_numbers(axiom) if not self._is_removed(n)]
        if not numbers and not own:
            raise no_such_axiom(axiom)
        if not isinstance(axiom, owl.SubClassOf | owl.EquivalentClasses | owl.DisjointClasses):
            raise TooDeep
        for number in numbers:
            places = self._origins.places(number)
            if places is None:
                raise TooDeep
            self._drop(number, places)
        for number in own:
            self._drop(number, self._before.places.get(number) or ())

    def _own_numbers(self, axiom: Axiom) -> tuple[int, ...]:
        """The numbers that an axiom has got by edits."""
        return self._numbers.get(axiom) or self._before.numbers.get(axiom) or ()

    def _is_removed(self, number: int) -> bool:
        return number in self._removed or number in self._before.removed

    def _drop(self, number: int, places: tuple[Pair, ...]) -> None:
        self._removed[number] = None
        for section, atom in places:
            rows = self._section(atom, section)
            gone = rows[-1] == number
            heads = rows[0, gone].tolist()
            if section == TOLD and self._origins.bound_ranges(heads):
                raise TooDeep
            for other in heads if section == JOINS else [atom]:
                self.seeds[atom, other] = None
            self._set(atom, section, rows[:, ~gone])

    # entries

    def _entry(self, atom: int, section: int, row: tuple[int, ...], why: int) -> None:
        self._append(atom, section, row, why)
        self.seeds[atom, atom] = None

    def _append(self, atom: int, section: int, row: tuple[int, ...], why: int) -> None:
        old = self._section(atom, section)
        new = np.empty((old.shape[0], old.shape[1] + 1), np.int32)
        new[:, :-1], new[:, -1] = old, (*row, why)
        self._set(atom, section, new)
        if why != NO_AXIOM:
            self._places.setdefault(why, {})[section, atom] = None

    def _section(self, atom: int, section: int) -> Ints:
        """The columns of an atom's entries of one section, with the why below them."""
        found = self._entries.get(atom, _NONE).get(section)
        if found is None:
            found = (self._before.entries.get(atom) or _NONE).get(section)
        return copied(self._index.program, atom, section) if found is None else found

    def _set(self, atom: int, section: int, rows: Ints) -> None:
        own = self._entries.get(atom)
        if own is None:
            own = self._entries[atom] = dict(self._before.entries.get(atom) or _NONE)
        own[section] = rows

    def records(self) -> Records:
        """The records of the atoms whose entries the edit has changed, and of the new ones."""
        writer, program = RecordWriter(), self._index.program
        for atom in dict.fromkeys((*self._entries, *self._nodes)):
            own = self._entries.get(atom, _NONE)
            before = program.flags.item(atom) if atom < len(program.flags) else 0
            writer.begin(atom)
            for section in SECTIONS:
                rows = own.get(section)
                if rows is not None:
                    writer.write(section, rows[:-1])
                elif before & section:
                    writer.write(section, entries_of(program, section).of(atom))
        return writer.records()


def no_such_axiom(axiom: Axiom) -> NotFoundError:
    """The error for the removal of an axiom that is not there."""
    return NotFoundError("no such axiom to remove", where=render(axiom)[:300], expected="an axiom as it was told")
