"""Times and ages that were received as other than dates, which facts hold in words."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from kgtwin.model.fact import Quantity, QuantityRange, TextValue
from kgtwin.sources.fhir.stated import STATED
from kgtwin.sources.fhir.wording import quantity_text, range_text
from kgtwin.sources.fhir.writing.elements import ABSENT, Json, compact, ends, quantity

_QUANTITY: Final = re.compile(r"(<=|>=|<|>)?(\S+)(?: (.+))?", re.DOTALL)


def timed(stem: str, date: str | None, words: TextValue | None) -> Json:
    """``onset[x]`` or ``abatement[x]``. FHIR has one choice: words beside a date are an extension of the date."""
    if words is None:
        return compact(**{f"{stem}DateTime": date})
    if date is None:
        return worded(words)
    return {f"{stem}DateTime": date, f"_{stem}DateTime": {"extension": [{"url": STATED, **_value_of(words)}]}}


def worded(words: TextValue) -> Json:
    """Words in the element that they came from; as they are where they say no quantity.

    >>> worded(TextValue("15 a", "onsetAge"))
    {'onsetAge': {'value': Decimal('15'), 'unit': 'a'}}
    """
    if words.form.endswith("Age"):
        return {words.form: _age(words.value) or ABSENT}
    if words.form.endswith("Range"):
        found = range_in(words.value)
        return {words.form: ABSENT if found is None else ends(found)}
    if words.form.endswith("Period"):
        start, _, end = words.value.partition("/")
        return {words.form: compact(start=start or None, end=end or None) or ABSENT}
    return {words.form: words.value}


def _value_of(words: TextValue) -> Json:
    (value,) = worded(words).values()
    kind = next(kind for kind in ("Age", "Range", "String") if words.form.endswith(kind))
    return {f"value{kind}": value}


def _age(text: str) -> Any:
    return quantity(quantity_in(text))


def age_in(text: str) -> Json | None:
    """An age in words as a Quantity, None where they say none that reads the same again."""
    found = quantity_in(text)
    return quantity(found) if found is not None and found.unit else None


def quantity_in(text: str) -> Quantity | None:
    """The quantity that ``quantity_text`` wrote.

    >>> quantity_in("<15 mL/min")
    Quantity(value=Decimal('15'), comparator='<', unit='mL/min', system=None, code=None, ucum=None)
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    try:
        found = Quantity(Decimal(match[2]), match[1], match[3])
    except InvalidOperation:
        return None
    return found if found.value.is_finite() and quantity_text(found) == text else None


def range_in(text: str) -> QuantityRange | None:
    """The range that ``range_text`` wrote."""
    for match in re.finditer(r"(?:^| )to(?: |$)", text):
        low, high = text[: match.start()], text[match.end() :]
        found = QuantityRange(quantity_in(low) if low else None, quantity_in(high) if high else None)
        if range_text(found) == text:
            return found
    return None
