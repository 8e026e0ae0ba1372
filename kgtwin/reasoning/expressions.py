"""Class expressions interned to integers; the order and the brackets of ``⊓`` do not count."""

from __future__ import annotations

from typing import NamedTuple

from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

TOP = 0
BOTTOM = 1


class Conjunction(NamedTuple):
    operands: tuple[int, ...]


class Existential(NamedTuple):
    role: str
    filler: int


class DataAtom(NamedTuple):
    property: str
    interval: Interval


class Atom(NamedTuple):
    """A named class, or an unsupported expression taken as it stands (which is sound)."""

    expression: ClassExpression


Form = Conjunction | Existential | DataAtom | Atom


class Expressions:
    """An interner; one on top of a ``base`` leaves the base as it is and numbers on from it.

    >>> names = Expressions()
    >>> a, b = Class("http://x/A"), Class("http://x/B")
    >>> names.intern(ObjectIntersectionOf((a, b))) == names.intern(ObjectIntersectionOf((b, a, b)))
    True
    """

    def __init__(self, base: Expressions | None = None) -> None:
        self._base = base
        self._first = 0 if base is None else len(base)
        self._numbers: dict[Form, int] = {}
        self._forms: list[Form] = []
        self._values: list[ClassExpression] = []
        self._known: dict[ClassExpression, int] = {}
        if base is None:
            self.intern(Class(OWL_THING))
            self.intern(Class(OWL_NOTHING))

    def __len__(self) -> int:
        return self._first + len(self._forms)

    def form(self, number: int) -> Form:
        """What a number stands for, one level deep."""
        if self._base is not None and number < self._first:
            return self._base.form(number)
        return self._forms[number - self._first]

    def value(self, number: int) -> ClassExpression:
        """The class expression of a number, as first written."""
        if self._base is not None and number < self._first:
            return self._base.value(number)
        return self._values[number - self._first]

    def intern(self, expression: ClassExpression) -> int:
        """The number of an expression, a new one if it has none."""
        known = self._seen(expression)
        if known is None:
            known = self._number(self._form(expression), expression)
            self._known[expression] = known
        return known

    def find(self, expression: ClassExpression) -> int | None:
        """The number of an expression, or None; nothing is added."""
        known = self._seen(expression)
        if known is not None or isinstance(expression, Class):
            return known
        form = self._form_if_known(expression)
        return None if form is None else form if isinstance(form, int) else self._lookup(form)

    def _seen(self, expression: ClassExpression) -> int | None:
        found = self._known.get(expression)
        return self._base._seen(expression) if found is None and self._base is not None else found

    def _lookup(self, form: Form) -> int | None:
        found = self._numbers.get(form)
        return self._base._lookup(form) if found is None and self._base is not None else found

    def _number(self, form: Form | int, value: ClassExpression) -> int:
        if isinstance(form, int):
            return form
        found = self._lookup(form)
        if found is None:
            found = len(self)
            self._numbers[form] = found
            self._forms.append(form)
            self._values.append(value)
        return found

    def _form(self, expression: ClassExpression) -> Form | int:
        match expression:
            case ObjectIntersectionOf(operands):
                return self._conjunction([self.intern(operand) for operand in operands])
            case ObjectSomeValuesFrom(role, filler):
                return Existential(role, self.intern(filler))
            case DataSomeValuesFrom(data_property, interval):
                return DataAtom(data_property, interval)
        return Atom(expression)

    def _form_if_known(self, expression: ClassExpression) -> Form | int | None:
        match expression:
            case ObjectIntersectionOf(operands):
                numbers = [self.find(operand) for operand in operands]
                known = [number for number in numbers if number is not None]
                return self._conjunction(known) if len(known) == len(numbers) else None
            case ObjectSomeValuesFrom(role, filler):
                number = self.find(filler)
                return None if number is None else Existential(role, number)
            case DataSomeValuesFrom(data_property, interval):
                return DataAtom(data_property, interval)
        return Atom(expression)

    def _conjunction(self, numbers: list[int]) -> Conjunction | int:
        """Flat, sorted, without repeats and ``⊤``; the one operand itself where one is left."""
        flat: set[int] = set()
        for number in numbers:
            form = self.form(number)
            flat.update(form.operands if isinstance(form, Conjunction) else (number,))
        flat.discard(TOP)
        if len(flat) < 2:
            return next(iter(flat), TOP)
        return Conjunction(tuple(sorted(flat)))
