"""Built-ins of SWRL over data values, each a range of one value. Arithmetic on decimals is exact.

Source: https://www.w3.org/submissions/SWRL/#8 with the functions of XQuery 1.0 that it refers to. A function has its
result as its first argument. What a built-in cannot be asked (other types, a division by zero) it does not satisfy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from kgtwin.model import datatypes as d
from kgtwin.model import timeline
from kgtwin.model.axioms import DataRange, Interval, Literal, Space
from kgtwin.model.data_ranges import canonical, disjoint, is_single, value_range

SWRLB: Final = "http://www.w3.org/2003/11/swrlb#"
_MOST_DIGITS = 4_000
_NUMBERS = (Space.DECIMAL, Space.RATIONAL, Space.REAL, Space.DOUBLE, Space.FLOAT)
_TIMES = {Space.LOCAL_DATE_TIME: "time", Space.DATE: "date"}
_TIME_TYPES = {d.DATE_TIME: "time", d.DATE_TIME_STAMP: "time", d.DATE: "date"}

Number = Fraction | float


class TooLong(Exception):  # noqa: N818 - no error: it says that a rule is to be stopped
    """A value has more than 4,000 digits (Python writes no more than 4,300 of a whole number) or characters."""


# values


def number(value: DataRange) -> Number | None:
    """The number that a value is: exact, or of ``xsd:double`` or ``xsd:float``.

    >>> number(value_range("0.1", d.DECIMAL)), number(value_range("1e0", d.DOUBLE)), number(value_range("a"))
    (Fraction(1, 10), 1.0, None)
    """
    match value:
        case Interval(low, space=space) if low is not None and is_single(value):
            if space in _NUMBERS[:3]:
                return Fraction(low)
            return float(low) if space in (Space.DOUBLE, Space.FLOAT) else None
        case Literal(text, datatype):
            if datatype == d.RATIONAL:
                return Fraction(text)
            return float(text.replace("INF", "inf")) if datatype in (d.DOUBLE, d.FLOAT) else None
    return None


def value_of(found: Number) -> DataRange:
    """The value that is a number.

    Raises:
        TooLong: it has too many digits.

    >>> value_of(Fraction(1, 4)) == value_range("0.25", d.DECIMAL)
    True
    """
    if isinstance(found, Fraction):
        if max(found.numerator.bit_length(), found.denominator.bit_length()) > 3 * _MOST_DIGITS:
            raise TooLong
        return value_range(f"{found.numerator}/{found.denominator}", d.RATIONAL)
    text = {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(str(found), repr(found))
    return value_range(text, d.DOUBLE)


def text_of(value: DataRange) -> str | None:
    """The characters of a plain text."""
    return value.text if isinstance(value, Literal) and value.datatype == d.STRING else None


def compare(one: DataRange, other: DataRange) -> int | None:
    """-1, 0 or 1 as ``one`` is less than, equal to or greater than ``other``; None where they are not in order.

    >>> compare(value_range("9", d.INTEGER), value_range("1e1", d.DOUBLE)), compare(value_range("a"), value_range("1"))
    (-1, 1)
    """
    first, second = number(one), number(other)
    if first is not None and second is not None:
        exact = isinstance(first, Fraction) and isinstance(second, Fraction)
        return _order(first, second) if exact else _order(_double(first), _double(second))
    texts = text_of(one), text_of(other)
    if texts[0] is not None and texts[1] is not None:
        return _order(*texts)
    if isinstance(one, Literal) and isinstance(other, Literal) and one.datatype == other.datatype == d.BOOLEAN:
        return _order(one.text == "true", other.text == "true")
    return _compare_times(one, other)


def _double(one: Number) -> float:
    try:
        return float(one)
    except OverflowError:
        return math.copysign(math.inf, one)


def _order(one: Any, other: Any) -> int | None:
    return -1 if one < other else 1 if one > other else 0 if one == other else None


def _compare_times(one: DataRange, other: DataRange) -> int | None:
    first, second = _time(one), _time(other)
    if first is None or second is None or first[0] != second[0]:
        return None
    if (first[1].offset is None) == (second[1].offset is None):
        return _order(first[1].seconds, second[1].seconds)
    apart = timeline.EXACT.subtract(first[1].seconds, second[1].seconds)
    return None if abs(apart) <= timeline.UNKNOWN_ZONE else 1 if apart > 0 else -1


def _time(value: DataRange) -> tuple[str, timeline.Instant] | None:
    match value:
        case Interval(low, space=space) if space in _TIMES and low is not None and is_single(value):
            return _TIMES[space], timeline.Instant(low, None)
        case Literal(text, datatype) if datatype in _TIME_TYPES:
            return _TIME_TYPES[datatype], timeline.instant(text)
    return None


# tests


def _equal(one: DataRange, other: DataRange) -> bool:
    if number(one) is not None and number(other) is not None:
        return compare(one, other) == 0
    return one == other or compare(one, other) == 0


def _not_equal(one: DataRange, other: DataRange) -> bool:
    known = compare(one, other) is not None or (number(one) is not None and number(other) is not None)
    return not _equal(one, other) if known else disjoint(one, other)


def _ordered(*signs: int) -> Callable[[DataRange, DataRange], bool]:
    """In this order, whatever the numbers are that are known only as an interval."""

    def tested(one: DataRange, other: DataRange) -> bool:
        if isinstance(one, Interval) and isinstance(other, Interval) and not (is_single(one) and is_single(other)):
            return _apart(one, other, signs) if -1 in signs else _apart(other, one, signs)
        return compare(one, other) in signs

    return tested


def _apart(low: Interval, high: Interval, signs: tuple[int, ...]) -> bool:
    """Whether every number of one interval is less than (or, with 0 among the signs, equal to) each of another."""
    if low.space is not high.space or low.high is None or high.low is None or low.space not in _NUMBERS:
        return False
    strict = low.high_open or high.low_open or 0 in signs
    return low.high < high.low or (low.high == high.low and strict)


def _on_texts(test: Callable[[str, str], bool]) -> Callable[[DataRange, DataRange], bool]:
    def tested(one: DataRange, other: DataRange) -> bool:
        texts = text_of(one), text_of(other)
        return texts[0] is not None and texts[1] is not None and test(texts[0], texts[1])

    return tested


_TESTS: Final[dict[str, Callable[[DataRange, DataRange], bool]]] = {
    "equal": _equal,
    "notEqual": _not_equal,
    "lessThan": _ordered(-1),
    "lessThanOrEqual": _ordered(-1, 0),
    "greaterThan": _ordered(1),
    "greaterThanOrEqual": _ordered(0, 1),
    "contains": _on_texts(lambda one, other: other in one),
    "containsIgnoreCase": _on_texts(lambda one, other: other.casefold() in one.casefold()),
    "startsWith": _on_texts(str.startswith),
    "endsWith": _on_texts(str.endswith),
    "stringEqualIgnoreCase": _on_texts(lambda one, other: one.casefold() == other.casefold()),
}


# functions

Function = Callable[[Sequence[DataRange]], DataRange | None]


def _arithmetic(count: int | None, function: Callable[..., Number | None]) -> Function:
    """On numbers: exact ones, or all as ``xsd:double`` where one of them is of a floating type."""

    def computed(values: Sequence[DataRange]) -> DataRange | None:
        numbers = [number(value) for value in values]
        if any(n is None for n in numbers) or (len(numbers) != count if count else len(numbers) < 2):
            return None
        exact = all(isinstance(n, Fraction) for n in numbers)
        try:
            found = function(*(numbers if exact else (_double(n) for n in numbers if n is not None)))
        except (ArithmeticError, ValueError):
            return None
        return None if found is None else value_of(found if exact else _double(found))

    return computed


def _truncated(number: Number) -> Number:
    return Fraction(math.trunc(number)) if isinstance(number, Fraction) else float(math.trunc(number))


def _whole(function: Callable[[Number], int]) -> Callable[[Number], Number]:
    """Floats that are not finite stay as they are."""

    def computed(one: Number) -> Number:
        if isinstance(one, Fraction):
            return Fraction(function(one))
        return float(function(one)) if math.isfinite(one) else one

    return computed


def _mod(one: Number, other: Number) -> Number:
    return one - other * _truncated(one / other) if isinstance(one, Fraction) else math.fmod(one, other)


def _pow(base: Number, exponent: Number) -> Number | None:
    if not isinstance(base, Fraction) or not isinstance(exponent, Fraction):
        found = float(base) ** float(exponent)
        return found if isinstance(found, float) else None
    if exponent.denominator != 1:
        return None
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent.numerator) > 4 * _MOST_DIGITS:
        raise TooLong
    return Fraction(base**exponent.numerator)


def _divide(one: Number, other: Number) -> Number:
    if isinstance(one, Fraction) or other != 0:
        return one / other
    return math.nan if one == 0 or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, other)


def _round(one: Number) -> int:
    return math.floor(one + Fraction(1, 2)) if isinstance(one, Fraction) else math.floor(one + 0.5)


def _even(one: Number) -> int:
    return round(one)


def _on_text(function: Callable[[str], str]) -> Function:
    def computed(values: Sequence[DataRange]) -> DataRange | None:
        text = text_of(values[0]) if len(values) == 1 else None
        return None if text is None else value_range(function(text))

    return computed


def _concatenated(values: Sequence[DataRange]) -> DataRange | None:
    texts = [text_of(value) for value in values]
    known = [text for text in texts if text is not None]
    if sum(map(len, known)) > _MOST_DIGITS:
        raise TooLong
    return value_range("".join(known)) if texts and len(known) == len(texts) else None


def _length(values: Sequence[DataRange]) -> DataRange | None:
    text = text_of(values[0]) if len(values) == 1 else None
    return None if text is None else value_range(str(len(text)), d.INTEGER)


def _not(values: Sequence[DataRange]) -> DataRange | None:
    match values:
        case [Literal(text, d.BOOLEAN)]:
            return value_range("false" if text == "true" else "true", d.BOOLEAN)
    return None


_FUNCTIONS: Final[dict[str, Function]] = {
    "add": _arithmetic(None, lambda *numbers: sum(numbers[1:], numbers[0])),
    "subtract": _arithmetic(2, lambda one, other: one - other),
    "multiply": _arithmetic(None, lambda *numbers: math.prod(numbers[1:], start=numbers[0])),
    "divide": _arithmetic(2, _divide),
    "integerDivide": _arithmetic(2, lambda one, other: _truncated(one / other)),
    "mod": _arithmetic(2, _mod),
    "pow": _arithmetic(2, _pow),
    "unaryPlus": _arithmetic(1, lambda one: one),
    "unaryMinus": _arithmetic(1, lambda one: -one),
    "abs": _arithmetic(1, abs),
    "ceiling": _arithmetic(1, _whole(math.ceil)),
    "floor": _arithmetic(1, _whole(math.floor)),
    "round": _arithmetic(1, _whole(_round)),
    "roundHalfToEven": _arithmetic(1, _whole(_even)),
    "stringConcat": _concatenated,
    "stringLength": _length,
    "upperCase": _on_text(str.upper),
    "lowerCase": _on_text(str.lower),
    "normalizeSpace": _on_text(lambda text: re.sub("[ \t\r\n]+", " ", text).strip(" ")),
    "booleanNot": _not,
}


# all


def is_known(builtin: str, arguments: int) -> bool:
    """Whether a built-in is offered with so many arguments."""
    name = builtin.removeprefix(SWRLB)
    return arguments == 2 if name in _TESTS else name in _FUNCTIONS and arguments > 1


def has_result(builtin: str) -> bool:
    """Whether the first argument of a built-in is what it computes."""
    return builtin.removeprefix(SWRLB) in _FUNCTIONS


def result(builtin: str, arguments: Sequence[DataRange]) -> DataRange | None:
    """What a function makes of its arguments; None where it makes nothing.

    Raises:
        TooLong: its value is too long to go on with.

    >>> found = result(SWRLB + "add", [value_range("0.1", d.DECIMAL), value_range("0.2", d.DECIMAL)])
    >>> found == canonical(value_range("0.3", d.DECIMAL))
    True
    """
    found = _FUNCTIONS[builtin.removeprefix(SWRLB)](arguments)
    return None if found is None else canonical(found)


def holds(builtin: str, arguments: Sequence[DataRange]) -> bool:
    """Whether a built-in is satisfied by values; of a function, the first is its result.

    >>> holds(SWRLB + "lessThan", [value_range("9", d.INTEGER), value_range("10.0", d.DECIMAL)])
    True
    """
    name = builtin.removeprefix(SWRLB)
    if name in _TESTS:
        return _TESTS[name](*arguments)
    found = result(builtin, arguments[1:])
    return found is not None and _equal(arguments[0], found)
