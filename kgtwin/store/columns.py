"""The values of one column as an Arrow array of one type."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

MIXED: Final = "values of several types, as text"
DIGITS: Final = 38
"""What a ``decimal128`` holds."""
_NUMBERS: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_WIDE: Final = 1 << 53


def scalar(value: Any) -> Any:
    """A value of a Cypher answer as a column holds it: what is no scalar, and no list of scalars, is JSON text.

    >>> scalar({"label": "Patient"}), scalar([1, 2])
    ('{"label":"Patient"}', [1, 2])
    """
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(one, (list, Mapping)) for one in value)
    ):
        return as_json(value)
    return value


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=text)


def text(value: Any) -> str:
    """A value as text, the same in every format.

    >>> text(True), text(1.5), text(date(2020, 1, 2)), text([1, None])
    ('true', '1.5', '2020-01-02', '[1,null]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (list, Mapping)):
        return as_json(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def column_of(values: Sequence[Any]) -> tuple[pa.Array, str | None]:
    """The array, and a note where values had to become text or lose precision."""
    import pyarrow as pa  # noqa: PLC0415

    kinds = {type(value) for value in values if value is not None}
    if float in kinds and kinds <= {float, int, str}:
        values = [_NUMBERS.get(value, value) if isinstance(value, str) else value for value in values]
        kinds = {type(value) for value in values if value is not None}
    make = _MAKERS.get(frozenset(kinds))
    array = None if make is None else make(values)
    if array is not None:
        return array, _note(kinds)
    return pa.array([None if value is None else text(value) for value in values], pa.string()), MIXED


def _note(kinds: set[type]) -> str | None:
    return "decimals and doubles, as doubles" if kinds >= {Decimal, float} else None


def _of(name: str) -> Callable[[Sequence[Any]], Any]:
    def make(values: Sequence[Any]) -> Any:
        import pyarrow as pa  # noqa: PLC0415

        return pa.array(values, getattr(pa, name)())

    return make


def _integers(values: Sequence[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.array(values, pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        return _decimals(values)


def _decimals(values: Sequence[Any]) -> Any:
    """None where they need more digits than a ``decimal128`` has."""
    import pyarrow as pa  # noqa: PLC0415

    numbers = [None if value is None else Decimal(value) for value in values]
    places = [_digits(number) for number in numbers if number is not None]
    before, after = max(one for one, _ in places), max(one for _, one in places)
    if before + after > DIGITS:
        return None
    return pa.array(numbers, pa.decimal128(max(before + after, 1), after))


def _digits(number: Decimal) -> tuple[int, int]:
    """How many digits stand before and behind the point."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    return max(len(digits) + exponent, 0), max(-exponent, 0)


def _doubles(values: Sequence[Any]) -> Any:
    """None where an integer would lose digits."""
    import pyarrow as pa  # noqa: PLC0415

    if any(isinstance(value, int) and abs(value) > _WIDE for value in values):
        return None
    return pa.array([None if value is None else float(value) for value in values], pa.float64())


def _times(values: Sequence[Any]) -> Any:
    """None where some have a zone and some have none."""
    import pyarrow as pa  # noqa: PLC0415

    zoned = {value.tzinfo is not None for value in values if value is not None}
    if len(zoned) > 1:
        return None
    if zoned == {True}:
        return pa.array([value and value.astimezone(UTC) for value in values], pa.timestamp("us", "UTC"))
    return pa.array(values, pa.timestamp("us"))


def _lists(values: Sequence[Any]) -> Any:
    """None where the lists' items have several types."""
    import pyarrow as pa  # noqa: PLC0415

    items = [item for value in values if value is not None for item in value]
    inner, note = column_of(items)
    if note == MIXED:
        return None
    kind = pa.string() if inner.type == pa.null() else inner.type
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + len(value or ()))
    mask = pa.array([value is None for value in values])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner.cast(kind), mask=mask)


_MAKERS: Final[dict[frozenset[type], Callable[[Sequence[Any]], Any]]] = {
    frozenset(): _of("null"),
    frozenset({bool}): _of("bool_"),
    frozenset({str}): _of("string"),
    frozenset({int}): _integers,
    frozenset({float}): _doubles,
    frozenset({int, float}): _doubles,
    frozenset({Decimal}): _decimals,
    frozenset({int, Decimal}): _decimals,
    frozenset({Decimal, float}): _doubles,
    frozenset({int, Decimal, float}): _doubles,
    frozenset({date}): _of("date32"),
    frozenset({datetime}): _times,
    frozenset({list}): _lists,
}
