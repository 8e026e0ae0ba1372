"""A model's inputs out of what is known of a patient, or of what was said in the request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.errors import UsageError
from kgtwin.identifiers import to_iri
from kgtwin.inference.case import Case
from kgtwin.inference.equations.definitions import Equation, equations, evaluate
from kgtwin.inference.equations.definitions import Input as EquationInput
from kgtwin.inference.equations.formulas import Span
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.realising.reading import Reading, canonical
from kgtwin.inference.realising.results import MEASURED, results
from kgtwin.inference.realising.selection import FINAL_RESULTS, select
from kgtwin.inference.whatif.changing import Changing
from kgtwin.inference.whatif.forward.definitions import NUMBERS, Input, Model
from kgtwin.inference.whatif.forward.estimating import Estimating
from kgtwin.model.age import age_at
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import time_of
from kgtwin.model.fact import Fact
from kgtwin.model.simulation import Used
from kgtwin.model.time import earliest, latest
from kgtwin.terminology.units import convert
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_NOW, TAKES_NOW

NARROW: Final = 0.05
"""How wide, beside its middle, a span may be that counts as one number."""


class Gathered(msgspec.Struct, frozen=True):
    """``numbers`` by input; ``series`` are earlier values with their hours; ``reasons`` say why a model cannot run."""

    numbers: dict[str, float]
    series: tuple[tuple[float, float], ...]
    used: tuple[Used, ...]
    reasons: tuple[Caveat, ...]
    caveats: tuple[Caveat, ...] = ()


class Gathering:
    """Looks up the inputs of models for one patient at one moment."""

    def __init__(self, case: Case, at: datetime) -> None:
        self._case, self._at = case, at
        self._readings, _ = results(case.facts, case.knowledge, at)
        self._selected = list(select(case.facts, at, case.knowledge.durations.of))
        self._changing = Changing(case.knowledge, Names(case.knowledge))
        self._estimating = Estimating(case, self._reading, self._present)

    def of(self, model: Model, given: Mapping[str, float]) -> Gathered:
        """All inputs of a model. What is given comes first; what is missing, or lies outside the limits, is a reason.

        Raises:
            UsageError: if something is given that the model does not ask for.
        """
        askable = [one.name for one in model.inputs.values() if one.kind in NUMBERS]
        if unknown := sorted(given.keys() - set(askable)):
            expected = f"one of {', '.join(askable)}" if askable else "nothing"
            raise UsageError(f"{model.label} has no input {', '.join(unknown)}", expected=expected)
        used: list[Used] = []
        reasons: list[Caveat] = []
        caveats: list[Caveat] = []
        series: tuple[tuple[float, float], ...] = ()
        for one in model.inputs.values():
            if one.kind == "results":
                series = self._series(one, caveats)
                continue
            found = self._given(one, given) or self._known(one, caveats)
            if isinstance(found, str):
                reasons.append(Caveat(CaveatCode.NOT_EVALUATED, f"{model.label}: {found}", (model.curie,)))
            elif found is not None:
                used.append(found)
        numbers = {one.name: one.value for one in used}
        return Gathered(numbers, series, tuple(used), tuple(reasons), tuple(caveats))

    def _given(self, one: Input, given: Mapping[str, float]) -> Used | str | None:
        if one.name not in given:
            return None
        return _within(one, Used(name=one.name, value=given[one.name], unit=one.unit, origin="the request"))

    def _known(self, one: Input, caveats: list[Caveat]) -> Used | str | None:  # noqa: PLR0911 - one kind a case
        match one.kind:
            case "age":
                return self._age(one)
            case "result":
                return self._result(one, caveats)
            case "equation":
                return self._equation(one)
            case "present":
                found = self._has(one)
                return None if found else f"{self._labels(one)} is not recorded"
            case "absent":
                found = self._has(one)
                return f"{self._name(found)} is present" if found else None
            case "notTaken":
                found = self._takes(one)
                return f"{self._name(found)} is taken already" if found else None
        return f"{one.name} ({one.unit}) is not given"

    # kinds

    def _age(self, one: Input) -> Used | str:
        record = self._case.record
        age = age_at(record.birth_date, self._at) if record is not None and record.birth_date else None
        if age is None or age.low is None or age.high is None:
            return "the age is not known"
        low, high = float(age.low), float(age.high)
        if not (low in one.limits and high in one.limits):
            return f"{one.name} {_plain(low)} lies outside {_limits(one)}"
        return Used(name=one.name, value=(low + high) / 2, unit=one.unit, origin="birth date")

    def _result(self, one: Input, caveats: list[Caveat]) -> Used | str:
        reading = self._reading(one.about)
        if reading is None:
            return self._estimate(one, caveats) or f"no valid {self._labels(one)} result"
        value = _exact(reading.interval, reading.analyte.unit, one.unit)
        if value is None:
            return f"{self._labels(one)} {reading.interval} {reading.analyte.unit} is no single number in {one.unit}"
        caveats += reading.selected.caveats
        origin = reading.selected.fact.provenance.resource
        return _within(one, Used(name=one.name, value=value, unit=one.unit, origin=origin))

    def _estimate(self, one: Input, caveats: list[Caveat]) -> Used | str | None:
        """What an equation estimates that gives this class of results, where it is as good as one number."""
        found = self._estimating.of(one.about, self._at)
        value = None if found is None else _converted(_middle(found.value), found.analyte.unit, one.unit)
        if found is None or value is None:
            return None
        caveats += found.caveats
        origin = f"{found.equation.label}, from {', '.join(found.resources)}"
        return _within(one, Used(name=one.name, value=value, unit=one.unit, origin=origin))

    def _reading(self, about: tuple[str, ...]) -> Reading | None:
        wanted = {a.iri for one in about if (a := self._case.knowledge.analyte(to_iri(one))) is not None}
        latest_ones = (one for one in self._readings if one.selected.role == HAS_LATEST_RESULT)
        return next((one for one in latest_ones if one.analyte.iri in wanted), None)

    def _equation(self, one: Input) -> Used | str:
        """What a published equation gives, from exact values only."""
        known = equations(self._case.knowledge.ontology)
        equation = next((known[iri] for name in one.about if (iri := to_iri(name)) in known), None)
        if equation is None:
            return f"the equation {' '.join(one.about)} is not known"
        values = {name: v for name, i in equation.inputs.items() if (v := self._equation_input(i)) is not None}
        estimate = evaluate(equation, values)
        value = _middle(estimate.span)
        if value is None:
            return f"{equation.label} cannot be worked out ({_why(equation, estimate.missing, estimate.outside)})"
        return _within(one, Used(name=one.name, value=value, unit=one.unit, origin=equation.label))

    def _equation_input(self, one: EquationInput) -> float | Span | None:
        record = self._case.record
        if one.kind == "age" and record is not None and record.birth_date:
            age = age_at(record.birth_date, self._at)
            return None if age is None or age.low is None or age.high is None else Span(float(age.low), float(age.high))
        if one.kind == "sex" and record is not None and record.gender in ("female", "male"):
            return float(record.gender == "female")
        reading = self._reading(one.about) if one.kind == "result" else None
        return None if reading is None else _exact(reading.interval, reading.analyte.unit, one.unit)

    def _series(self, one: Input, caveats: list[Caveat]) -> tuple[tuple[float, float], ...]:
        """All final exact results of an analyte up to the moment, with their hours after it (negative: before)."""
        knowledge = self._case.knowledge
        wanted = {a.iri for name in one.about if (a := knowledge.analyte(to_iri(name))) is not None}
        analytes = [knowledge.analytes[iri] for iri in sorted(wanted)]
        measured = [value for analyte in analytes for value in self._measured(analyte, one.unit)]
        if not measured:
            measured = self._estimated_series(one, caveats)
        found: dict[float, tuple[float, float]] = {}
        for when, value in measured:
            if value is not None and latest(when) <= self._at and value in one.limits:
                hours = (earliest(when) - self._at).total_seconds() / 3600
                found.setdefault(hours, (hours, value))
        return tuple(sorted(found.values()))

    def _measured(self, analyte: Analyte, unit: str) -> Iterator[tuple[str, float | None]]:
        """The results of an analyte with their times, in another unit."""
        for fact in self._final(analyte):
            when, interval = time_of(fact), canonical(fact, analyte) if fact.value is not None else None
            if when is not None and isinstance(interval, Interval):
                yield when, _exact(interval, analyte.unit, unit)

    def _estimated_series(self, one: Input, caveats: list[Caveat]) -> list[tuple[str, float | None]]:
        """What an equation makes of each of the results that it needs, where none of the class was measured."""
        unit = next(a.unit for name in one.about if (a := self._case.knowledge.analyte(to_iri(name))) is not None)
        found = self._estimating.series(one.about, self._final)
        if found:
            text = f"no valid {self._labels(one)} result: each value of the series is estimated"
            caveats.append(Caveat(CaveatCode.OTHER_METHOD, text, (), f"measure or send {self._labels(one)}"))
        return [(when, _converted(_middle(span), unit, one.unit)) for when, span in found]

    def _final(self, analyte: Analyte) -> list[Fact]:
        """The final results of an analyte, whenever they were taken."""
        known = self._case.knowledge.analyte_of
        return [
            fact
            for fact in self._case.facts
            if fact.kind in MEASURED and fact.status in FINAL_RESULTS and known(fact) is analyte
        ]

    def _has(self, one: Input) -> Fact | None:
        return self._present(one.about)

    def _present(self, about: tuple[str, ...]) -> Fact | None:
        """A present condition of one of some classes."""
        knowledge = self._case.knowledge
        present = (s.fact for s in self._selected if s.role == HAS_NOW)
        named = [(fact, iri) for fact in present for iri in knowledge.classes_of(fact)]
        return next((fact for fact, iri in named for name in about if knowledge.is_a(iri, to_iri(name))), None)

    def _takes(self, one: Input) -> Fact | None:
        taken = (s.fact for s in self._selected if s.role == TAKES_NOW)
        return next((f for f in taken if any(self._changing.holds(f, to_iri(name)) for name in one.about)), None)

    def _labels(self, one: Input) -> str:
        return " or ".join(self._case.knowledge.label_of(name) for name in one.about)

    def _name(self, fact: Fact) -> str:
        return f"{self._case.knowledge.name_of(fact)} ({fact.provenance.resource})"


def _middle(span: Span | None) -> float | None:
    """The middle of a span so narrow that it is as good as one number (a birth date may be a year alone)."""
    if span is None or not math.isfinite(span.low) or not math.isfinite(span.high):
        return None
    middle = (span.low + span.high) / 2
    return middle if span.high - span.low <= NARROW * abs(middle) else None


def _exact(interval: Interval, unit: str, wanted: str) -> float | None:
    """The number of an interval that holds one only, in another unit."""
    if interval.low is None or interval.low != interval.high:
        return None
    found = convert(Decimal(interval.low), unit, wanted)
    return None if found is None else float(found)


def _converted(value: float | None, unit: str, wanted: str) -> float | None:
    """A number in another unit."""
    found = None if value is None else convert(Decimal(repr(value)), unit, wanted)
    return None if found is None else float(found)


def _within(one: Input, used: Used) -> Used | str:
    if used.value in one.limits:
        return used
    return f"{one.name} {_plain(used.value)} {one.unit} lies outside {_limits(one)}"


def _limits(one: Input) -> str:
    return f"{_plain(one.limits.low)} to {_plain(one.limits.high)}, for which the model is meant"


def _plain(number: float) -> str:
    return f"{number:.4g}"


def _why(equation: Equation, missing: tuple[str, ...], outside: tuple[str, ...]) -> str:
    parts = [f"{', '.join(missing)} missing" if missing else "", f"{', '.join(outside)} outside" if outside else ""]
    return "; ".join(part for part in parts if part) or f"a range of {equation.unit}"
