"""Annotations of several fields (``name|kind|…``), as equations and models have them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.inference.equations.formulas import FormulaError, Span
from kgtwin.model.ontology import Ontology
from kgtwin.vocabulary import kgtwin

T = TypeVar("T")


def read(ontology: Ontology, iri: str, name: str, reader: Callable[[str], T]) -> tuple[T, ...]:
    """All annotations of an entity by one of our properties, read.

    Raises:
        OntologyError: if one cannot be read; it names the entity and the annotation.
    """
    found = []
    for text in ontology.values(iri, kgtwin(name)):
        try:
            found.append(reader(text))
        except FormulaError as error:
            problem = f"{name} {text!r}: {error.problem}"
            raise OntologyError(problem, where=to_curie(iri), expected=error.expected) from None
    return tuple(found)


def fields(text: str, wanted: tuple[str, ...]) -> list[str]:
    """The fields of an annotation.

    Raises:
        FormulaError: if it has more or fewer.

    >>> fields("age | years", ("name", "unit"))
    ['age', 'years']
    """
    found = [one.strip() for one in text.split("|")]
    if len(found) != len(wanted):
        raise FormulaError(f"{len(found)} fields", "|".join(wanted))
    return found


def number(text: str) -> float:
    """A finite number.

    Raises:
        FormulaError: if it is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise FormulaError(f"{text!r} is no number", "a number")
    return found


def limits(low: str, high: str) -> Span:
    """The values between two limits, of which either may be empty: no limit.

    Raises:
        FormulaError: if one is no number, or there is none between them.

    >>> limits("0", "")
    Span(low=0.0, high=inf)
    """
    found = Span(number(low) if low else -math.inf, number(high) if high else math.inf)
    if not found.low < found.high:
        raise FormulaError("the limits hold no number between them", "the lower limit first")
    return found
