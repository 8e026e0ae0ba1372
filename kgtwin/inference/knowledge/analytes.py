"""Classes of results that statements compare, as the ontology annotates them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge.roles import span
from kgtwin.model.axioms import Interval
from kgtwin.model.ontology import Ontology
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import RESULT, kgtwin

CANONICAL_UNIT = kgtwin("canonicalUnit")
MULTIPLE_OF = kgtwin("multipleOfUpperLimitOf")


class Analyte(msgspec.Struct, frozen=True, kw_only=True):
    """A class of results that statements compare, and how a value of it is read.

    ``unit`` is UCUM; ``molar_mass`` is in g/mol, ``valence`` in charges an ion; an older value than ``stale``
    counts with a caveat, an older one than ``expires`` does not count. ``multiple_of`` is the analyte whose value,
    divided by the upper end of its reference range, this one is. A value outside ``plausible`` was not measured of
    anyone who lives: it does not count.
    """

    iri: str
    label: str
    unit: str
    molar_mass: Decimal | None = None
    valence: int | None = None
    stale: timedelta | None = None
    expires: timedelta | None = None
    multiple_of: str | None = None
    plausible: Interval | None = None


def analytes(ontology: Ontology, classification: Classification) -> dict[str, Analyte]:
    """Every class with a ``canonicalUnit``, by IRI.

    Raises:
        OntologyError: if one is no result, or an annotation of it cannot be read.
    """
    found = dict(_analytes(ontology, classification))
    for one in found.values():
        if one.multiple_of is not None and (one.multiple_of not in found or one.unit != "1"):
            raise OntologyError(
                f"is a multiple of the upper limit of {to_curie(one.multiple_of)}, in {one.unit}",
                where=to_curie(one.iri),
                expected="the class of an analyte with a canonicalUnit, and 1 as its own",
            )
    return found


def _analytes(ontology: Ontology, classification: Classification) -> Iterator[tuple[str, Analyte]]:
    for iri in ontology.annotations:
        unit = ontology.value(iri, CANONICAL_UNIT)
        if unit is None:
            continue
        if iri not in classification.classes or not classification.is_subclass_of(iri, RESULT):
            raise OntologyError("has a canonicalUnit but is no Result", where=to_curie(iri))
        mass = ontology.value(iri, kgtwin("molarMass"))
        valence = ontology.value(iri, kgtwin("valence"))
        yield (
            iri,
            Analyte(
                iri=iri,
                label=ontology.label(iri),
                unit=unit,
                molar_mass=_above_zero(iri, "molarMass", mass) if mass else None,
                valence=int(_above_zero(iri, "valence", valence)) if valence else None,
                stale=span(ontology, iri, "staleAfter"),
                expires=span(ontology, iri, "expiresAfter"),
                multiple_of=ontology.value(iri, MULTIPLE_OF),
                plausible=_plausible(ontology, iri),
            ),
        )


def _plausible(ontology: Ontology, iri: str) -> Interval | None:
    """The interval, ends included, that values can lie in; None where nothing is said."""
    ends = [(name, ontology.value(iri, kgtwin(name))) for name in ("plausibleFrom", "plausibleTo")]
    low, high = (None if text is None else _number(iri, name, text) for name, text in ends)
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        raise OntologyError(
            f"plausibleFrom {low} is above plausibleTo {high}", where=to_curie(iri), expected="the smaller one first"
        )
    return Interval(low, False, high, False)


def _number(iri: str, name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise OntologyError(f"{name} is {text!r}", where=to_curie(iri), expected="a number")
    return number


def _above_zero(iri: str, name: str, text: str) -> Decimal:
    number = _number(iri, name, text)
    if number <= 0:
        raise OntologyError(f"{name} is {text!r}", where=to_curie(iri), expected="a number above zero")
    return number
