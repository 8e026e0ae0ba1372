"""Why an extension's rules are there: its assertions told once more, with the reason of every rule noted.

Nothing is noted while patients are realised; an extension told the same things in the same order numbers its atoms
alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression, DataRange
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.derived import Valued
from kgtwin.reasoning.extension import Extension, told_of
from kgtwin.reasoning.index import Index


class Cause(IntEnum):
    """Why something is told of an atom."""

    ASSERTED = 0
    """By the assertion of that number."""
    MEANT = 1
    """It is what the atom stands for: the operand of that ``place``, if it is a conjunction."""
    LED_TO = 3
    """The atom is an individual that a link leads to, by its place in :attr:`Replay.all_links`."""
    DERIVED = 5
    """A rule says so of the value of that number in :attr:`Replay.values`."""
    VALUE = 4
    """The atom is a data value that lies in what is told."""


class Reason(NamedTuple):
    cause: Cause
    number: int = -1
    place: int = -1


class Told(NamedTuple):
    """``atom ⊑ target``"""

    atom: int
    target: int
    reason: Reason


class ToldLink(NamedTuple):
    """``atom -role→ target``. A role that the ontology does not know is numbered on from those that it knows.

    ``loop``: from whatever is an ``atom`` to itself.
    """

    atom: int
    role: int
    target: int
    reason: Reason
    loop: bool = False


class Clash(NamedTuple):
    """Nothing is both; by what is told of ``one`` (its complement), or since two values of a property cannot be one."""

    one: int
    other: int
    reason: Reason


class Replay(Extension):
    """An extension that knows why: ``all_told``, ``all_links`` and ``all_clashes`` are what it was told, in order."""

    def __init__(self, index: Index) -> None:
        super().__init__(index)
        self._reason = Reason(Cause.MEANT)
        self.all_told: list[Told] = []
        self.all_links: list[ToldLink] = []
        self.all_clashes: list[Clash] = []
        self.bounded: set[tuple[int, int]] = set()
        """Fillers with the roles of whose ranges all operands but the first are."""
        self.strange_roles: dict[str, int] = {}
        self.values: list[tuple[int, DataRange]] = []

    def told_by(self, assertions: Iterable[tuple[int, owl.Assertion]]) -> None:
        """Adds numbered assertions."""
        for number, assertion in assertions:
            self._reason = Reason(Cause.ASSERTED, number)
            told_of(self, (assertion,))

    def valued(self, found: Iterable[Valued]) -> None:
        """Tells the values that rules have given."""
        for subject, data_property, value in found:
            self._reason = Reason(Cause.DERIVED, len(self.values))
            self.values.append((data_property, value))
            self.tell(subject, owl.DataSomeValuesFrom(self.index.iri(data_property), value))

    # noting

    def individual(self, iri: str) -> int:
        new = iri not in self.individuals
        found = super().individual(iri)
        known = self.index.individual_atom(iri)
        if new and known is not None:
            self.all_told.append(Told(found, known, Reason(Cause.MEANT)))
        return found

    def filler(self, expression: ClassExpression) -> int:
        if isinstance(expression, Class | owl.ObjectOneOf) or expression in self.fillers:
            return super().filler(expression)
        before = self._reason
        found = self.fillers[expression] = self._new(expression)
        operands = expression.operands if isinstance(expression, owl.ObjectIntersectionOf) else (expression,)
        for place, one in enumerate(operands):
            self._reason = Reason(Cause.MEANT, place=place)
            self.tell(found, one)
        self._reason = before
        return found

    def link(self, atom: int, role: str, target: int) -> None:
        number, before = self.index.role(role), self._reason
        place = len(self.all_links)
        self.all_links.append(ToldLink(atom, self._role(role), target, before))
        self._reason = Reason(Cause.LED_TO, place)
        super().link(atom, role, target)
        self._reason = before
        if number is not None:
            self.all_links[place] = ToldLink(atom, number, self.own.links[atom][-1][1], before)

    def _role(self, role: str) -> int:
        number = self.index.role(role)
        if number is None:
            number = self.strange_roles.setdefault(role, len(self.index.box) + len(self.strange_roles))
        return number

    def _within(self, role: int, target: int) -> int:
        node, led_to = self.node(target), self._reason
        ranges = [(place, one) for place, one in enumerate(self.index.ranges(role)) if one != node]
        if not ranges:
            return target
        if not isinstance(node, str):
            found = self.filler(owl.ObjectIntersectionOf((node, *(one for _, one in ranges))))
            self.bounded.add((found, role))
        else:
            found = self.individual(node)
            for place, one in ranges:
                self._reason = led_to._replace(place=place)
                self._tell_range(found, one)
        self._reason = led_to
        return found

    def _loop(self, atom: int, role: str) -> None:
        number, before = self.index.role(role), self._reason
        own = None if number is None else self.index.box.self_role.get(number)
        self.all_links.append(ToldLink(atom, self._role(role) if own is None else own, atom, before, loop=True))
        if number is None or own is not None:
            super()._loop(atom, role)
            return
        self.own.links.setdefault(atom, []).append((number, atom))
        led_to = Reason(Cause.LED_TO, len(self.all_links) - 1)
        for place, one in enumerate(self.index.ranges(number)):
            self._reason = led_to._replace(place=place)
            self.tell(atom, one)
        self._reason = before

    def told(self, atom: int, target: int) -> None:
        super().told(atom, target)
        self.all_told.append(Told(atom, target, self._reason))

    def _tell_rare(self, atom: int, expression: ClassExpression) -> None:
        super()._tell_rare(atom, expression)
        self._note_clashes()

    def _entail(self, one: DataAtom) -> None:
        before, self._reason = self._reason, Reason(Cause.VALUE)
        super()._entail(one)
        self._note_clashes()
        self._reason = before

    def _note_clashes(self) -> None:
        for one, other in self.clashes[len(self.all_clashes) :]:
            self.all_clashes.append(Clash(one, other, self._reason))
