"""Scalars: a time that may be given as a partial date."""

from __future__ import annotations

from datetime import datetime
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from kgtwin.model.time import read_time

Moment = NewType("Moment", datetime)


def parse_moment(value: object) -> datetime:
    """An evaluation time; a partial date means its last instant.

    Raises:
        InvalidResourceError: if the text is no FHIR date.
        TypeError: if it is no text.

    >>> parse_moment("2020-06").isoformat()
    '2020-06-30T23:59:59.999999+00:00'
    """
    if not isinstance(value, str):
        raise TypeError("a DateTime is a string such as 2020-06-30 or 2020-06-30T12:00:00Z")
    moment = read_time(value)
    assert moment is not None, "a text gives a time"
    return moment


def show_moment(value: datetime | str) -> str:
    """RFC 3339, as the rest of the product writes it."""
    return value.isoformat() if isinstance(value, datetime) else value


SCALARS: dict[object, ScalarDefinition] = {
    Moment: strawberry.scalar(
        name="DateTime",
        description=(
            "RFC 3339 with a zone. As an argument also a partial FHIR date (`2020`, `2020-06`, `2020-06-30`), which "
            "means its last instant in UTC."
        ),
        parse_value=parse_moment,
        serialize=show_moment,
    )
}
"""For ``StrawberryConfig.scalar_map``."""
