"""A result that was not measured, estimated by an equation that gives it; only where every input is known."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.equations.definitions import Equation, Input, evaluate
from kgtwin.inference.equations.formulas import Span
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import Stated
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.rules.known import Known, value_in
from kgtwin.model.axioms import (
    Assertion,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    Interval,
    ObjectSomeValuesFrom,
)
from kgtwin.vocabulary import FEMALE_PATIENT, HAS_AGE, HAS_NOW, MALE_PATIENT

EXCLUDED: Final = frozenset({"condition"})
"""Kinds of criteria that are looked at; an equation with others is not used."""


class Estimated(msgspec.Struct, frozen=True):
    """An estimated value in its analyte's unit, by which equation, from which results and elements of the Patient."""

    equation: Equation
    interval: Interval
    results: tuple[tuple[str, Selected], ...]
    told: tuple[tuple[str, Stated], ...]


def estimated(known: Known, analyte: str) -> Estimated | None:
    """The value of an analyte by an equation that gives it; None where an input is missing or it is for others."""
    equations = known.knowledge.estimators_of(analyte)
    found = (_by(equation, known) for equation in equations if _made_for(equation, known))
    return next((one for one in found if one is not None), None)


def asked_for(analyte: str, knowledge: Knowledge) -> tuple[tuple[str, ...], tuple[ClassExpression, ...]]:
    """What is asked to estimate an analyte (IRI): analytes (IRIs) that are inputs, and types of the patient."""
    equations = knowledge.estimators_of(analyte)
    inputs = (one for equation in equations for one in equation.inputs.values() if one.kind == "result")
    known = (knowledge.analyte(to_iri(about)) for one in inputs for about in one.about)
    types = (one for equation in equations for one in _excluded(equation))
    return tuple(dict.fromkeys(one.iri for one in known if one is not None)), tuple(dict.fromkeys(types))


def _made_for(equation: Equation, known: Known) -> bool:
    """Whether nothing that the equation leaves out is known; what it requires is not looked for."""
    unsure = equation.requires or any(one.kind not in EXCLUDED for one in equation.excludes)
    return not unsure and not any(map(known.holds, _excluded(equation)))


def _excluded(equation: Equation) -> Iterator[ClassExpression]:
    """Of what types a patient must not be."""
    conditions = (name for one in equation.excludes if one.kind in EXCLUDED for name in one.about)
    return (ObjectSomeValuesFrom(HAS_NOW, Class(to_iri(name))) for name in conditions)


def _by(equation: Equation, known: Known) -> Estimated | None:
    results: list[tuple[str, Selected]] = []
    told: list[tuple[str, Stated]] = []
    values: dict[str, Span] = {}
    for name, wanted in equation.inputs.items():
        found = _result(known, wanted) if wanted.kind == "result" else _told(known, wanted)
        if found is None:
            return None
        values[name], source = found
        if isinstance(source, Stated):
            told.append((name, source))
        else:
            results.append((name, source))
    span = evaluate(equation, values).span
    if span is None:
        return None
    return Estimated(equation, _interval(span), tuple(results), tuple(told))


def _result(known: Known, wanted: Input) -> tuple[Span, Selected] | None:
    """The latest result of an input's analyte, in the input's unit; a comparator bounds nothing that can be used."""
    for about in wanted.about:
        analyte = known.knowledge.analyte(to_iri(about))
        if analyte is None:
            continue
        for one in known.results(analyte.iri):
            value = value_in(wanted.unit, one, known.knowledge)
            if value is not None and value.low is not None and value.high is not None:
                return Span(float(value.low), float(value.high)), one.selected
    return None


def _told(known: Known, wanted: Input) -> tuple[Span, Stated] | None:
    """The age, or the sex as 1 for female and 0 for male, as the Patient tells it."""
    for told, source in known.told():
        span = _age(told) if wanted.kind == "age" else _female(told) if wanted.kind == "sex" else None
        if span is not None:
            return span, source
    return None


def _age(told: Assertion) -> Span | None:
    """The completed years."""
    if not isinstance(told, DataPropertyAssertion) or told.property != HAS_AGE:
        return None
    age = told.range
    if not isinstance(age, Interval) or age.low is None or age.high is None:
        return None
    return Span(float(int(age.low)), float(int(age.high)))


def _female(told: Assertion) -> Span | None:
    if not isinstance(told, ClassAssertion) or told.type not in (Class(FEMALE_PATIENT), Class(MALE_PATIENT)):
        return None
    female = float(told.type == Class(FEMALE_PATIENT))
    return Span(female, female)


def _interval(span: Span) -> Interval:
    low, high = (Decimal(repr(end)).quantize(Decimal("0.1")) for end in (span.low, span.high))
    return Interval(low, False, high, False)
