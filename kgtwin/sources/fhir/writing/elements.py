"""FHIR R4 data types from model values. What is not known is left out, or said to be unknown where FHIR requires it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import Fact, Identifier, Quantity, QuantityRange, Ratio
from kgtwin.model.time import Period
from kgtwin.vocabulary import CODE_SYSTEMS

Json = dict[str, Any]

ABSENT: Final[Json] = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"},
    ]
}
"""An element of which nothing is known; a reader that looks at its content finds none."""

TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
_SYSTEMS: Final = {prefix: system for system, prefix in reversed(CODE_SYSTEMS.items())}


def compact(**fields: Any) -> Json:
    """The fields that are set.

    >>> compact(id="1", text=None)
    {'id': '1'}
    """
    return {name: value for name, value in fields.items() if value is not None}


def listed(values: Iterable[Any]) -> list[Any] | None:
    """A list, None where it would be empty: FHIR has no empty lists."""
    return list(values) or None


def concept(coded: Coded) -> Json:
    """A CodeableConcept: the codings as received and the text."""
    codings = listed(coding_of(coding) for coding in coded.codings)
    return compact(coding=codings, text=coded.text) or ABSENT


def concept_or_none(coded: Coded | None) -> Json | None:
    """The same, None where it says nothing."""
    return None if coded is None or not (coded.codings or coded.text is not None) else concept(coded)


def coding_of(coding: Coding) -> Json:
    """A Coding."""
    c = coding
    return compact(system=c.system, version=c.version, code=c.code, display=c.display) or ABSENT


def word(status: str | None, system: str, known: frozenset[str]) -> Json | None:
    """A status that FHIR binds to a code system, as a CodeableConcept; a word of the source's own is its text."""
    if status is None:
        return None
    return {"coding": [{"system": TERMINOLOGY + system, "code": status}]} if status in known else {"text": status}


def quantity(value: Quantity | None) -> Json | None:
    """A Quantity with the digits as received."""
    if value is None:
        return None
    q = value
    return compact(value=q.value, comparator=q.comparator, unit=q.unit, system=q.system, code=q.code)


def ends(value: QuantityRange) -> Json:
    """A Range."""
    return compact(low=quantity(value.low), high=quantity(value.high)) or ABSENT


def ratio(value: Ratio) -> Json:
    """A Ratio."""
    return compact(numerator=quantity(value.numerator), denominator=quantity(value.denominator)) or ABSENT


def period(value: Period) -> Json:
    """A Period."""
    return compact(start=value.start, end=value.end) or ABSENT


def moment(value: Period, stem: str) -> Json:
    """A choice of dateTime and Period: what happened at one time has one."""
    if value == Period():
        return {}
    return {f"{stem}DateTime": value.start} if value.start == value.end else {f"{stem}Period": period(value)}


def reference(name: str | None) -> Json | None:
    """A Reference by ``Type/id``."""
    return None if name is None else {"reference": name}


def identifier(value: Identifier) -> Json:
    """An Identifier."""
    return compact(system=value.system, value=value.value) or ABSENT


def reasons(fact: Fact) -> Json:
    """``reasonReference`` and ``reasonCode``."""
    return compact(
        reasonReference=listed({"reference": reason} for reason in fact.reasons if "/" in reason),
        reasonCode=listed(code for reason in fact.reasons if (code := _of_curie(reason))),
    )


def _of_curie(reason: str) -> Json | None:
    """The code that a concept is; None for a concept that only a mapping leads to."""
    prefix, _, code = reason.partition(":")
    system = _SYSTEMS.get(prefix) if "/" not in reason else None
    return {"coding": [{"system": system, "code": code}]} if system else None
