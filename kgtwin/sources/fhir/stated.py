"""What a date was stated as, where FHIR has no other place for it beside the date."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kgtwin.errors import InputError
from kgtwin.model.fact import TextValue
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.datatypes import Element, Quantity, Range
from kgtwin.sources.fhir.wording import quantity_text, range_text

STATED: Final = "https://w3id.org/kgtwin/fhir/stated"
"""An extension of ``onsetDateTime`` and ``abatementDateTime``: the age, range or words from which the date follows."""


class _Extension(Element):
    url: str | None = None
    value_age: Quantity | None = None
    value_range: Range | None = None
    value_string: str | None = None


def stated(element: Any, field: str, context: Context) -> TextValue | None:
    """The words beside a date, as kgtwin exported them; anything else there is not ours and is passed over."""
    found = element.get("extension") if isinstance(element, dict) else None
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict) and item.get("url") == STATED:
            return _words(item, field, context)
    return None


def _words(item: dict[str, Any], field: str, context: Context) -> TextValue | None:
    try:
        found = msgspec.convert(item, _Extension)
        if found.value_age is not None:
            return TextValue(quantity_text(context.quantity(found.value_age, field)), f"{field}Age")
        if found.value_range is not None:
            return TextValue(
                range_text(context.range(found.value_range.low, found.value_range.high, field)), f"{field}Range"
            )
    except (msgspec.ValidationError, InputError):
        return None
    return None if found.value_string is None else TextValue(found.value_string, f"{field}String")
