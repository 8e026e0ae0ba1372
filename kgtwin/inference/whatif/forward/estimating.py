"""Results that were not measured, as published equations estimate them from others: an eGFR from a creatinine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.case import Case
from kgtwin.inference.equations.definitions import Equation, Input, evaluate
from kgtwin.inference.equations.formulas import Span
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.realising.reading import Reading, canonical
from kgtwin.model.age import age_at
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import time_of
from kgtwin.model.fact import Fact
from kgtwin.model.time import latest
from kgtwin.terminology.units import convert

Present = Callable[[tuple[str, ...]], Fact | None]
"""The condition of some classes (CURIEs) that is present, if any."""
Latest = Callable[[tuple[str, ...]], Reading | None]
"""The latest valid result of some classes (CURIEs)."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What an equation gives in the unit of its analyte, and the results that it was worked out from."""

    value: Span
    equation: Equation
    analyte: Analyte
    resources: tuple[str, ...]
    caveats: tuple[Caveat, ...]


class Estimating(msgspec.Struct, frozen=True):
    """Estimates for one patient, by equations that the knowledge states for a class of results.

    As in rules, an equation is used where nothing is present that it leaves out; one that asks for more is not used.
    The age is that in completed years, as scores count it.
    """

    case: Case
    latest: Latest
    present: Present

    def of(self, about: tuple[str, ...], at: datetime) -> Estimate | None:
        """The estimate of the first class of which there is one, from the latest results."""
        for analyte, equation in self._equations(about):
            readings = {name: self.latest(one.about) for name, one in equation.inputs.items() if one.kind == "result"}
            found = self._estimate(equation, analyte, {n: r for n, r in readings.items() if r is not None}, at)
            if found is not None:
                return found
        return None

    def series(self, about: tuple[str, ...], facts: Callable[[Analyte], list[Fact]]) -> list[tuple[str, Span]]:
        """Estimates at the times of the results that an equation needs one of, all by the first such equation.

        ``facts`` are the final results of an analyte; each time is that of one of them.
        """
        for _, equation in self._equations(about):
            needed = [one for one in equation.inputs.values() if one.kind == "result"]
            source = self._analyte(needed[0]) if len(needed) == 1 else None
            if source is not None:
                found = [one for fact in facts(source) if (one := self._at_time(equation, source, fact)) is not None]
                if found:
                    return found
        return []

    def _at_time(self, equation: Equation, source: Analyte, fact: Fact) -> tuple[str, Span] | None:
        when = time_of(fact)
        interval = canonical(fact, source) if fact.value is not None else None
        if when is None or not isinstance(interval, Interval):
            return None
        name = next(name for name, one in equation.inputs.items() if one.kind == "result")
        value = _number(interval, source, equation.inputs[name].unit)
        span = None if value is None else self._evaluated(equation, {name: value}, latest(when))
        return None if span is None else (when, span)

    def _equations(self, about: tuple[str, ...]) -> Iterator[tuple[Analyte, Equation]]:
        for name in about:
            analyte = self.case.knowledge.analyte(to_iri(name))
            for equation in self.case.knowledge.estimators_of(analyte.iri) if analyte is not None else ():
                if analyte is not None and self._is_for(equation):
                    yield analyte, equation

    def _is_for(self, equation: Equation) -> bool:
        unsure = equation.requires or any(one.kind != "condition" for one in equation.excludes)
        return not unsure and not any(self.present(one.about) for one in equation.excludes)

    def _analyte(self, one: Input) -> Analyte | None:
        return next((a for name in one.about if (a := self.case.knowledge.analyte(to_iri(name))) is not None), None)

    def _estimate(
        self, equation: Equation, analyte: Analyte, readings: dict[str, Reading], at: datetime
    ) -> Estimate | None:
        values = {
            name: value
            for name, one in readings.items()
            if (value := _number(one.interval, one.analyte, equation.inputs[name].unit)) is not None
        }
        span = self._evaluated(equation, values, at)
        if span is None:
            return None
        resources = tuple(one.selected.fact.provenance.resource for one in readings.values())
        text = f"no valid {analyte.label} result: it is estimated by {equation.label}"
        estimated = Caveat(CaveatCode.OTHER_METHOD, text, resources, f"measure or send {analyte.label}")
        caveats = (estimated, *(caveat for one in readings.values() for caveat in one.selected.caveats))
        return Estimate(value=span, equation=equation, analyte=analyte, resources=resources, caveats=caveats)

    def _evaluated(self, equation: Equation, values: dict[str, float], at: datetime) -> Span | None:
        """What an equation gives where every input of it is known."""
        record, known = self.case.record, dict[str, float | Span](values)
        for name, one in equation.inputs.items():
            if one.kind == "sex" and record is not None and record.gender in ("female", "male"):
                known[name] = float(record.gender == "female")
            age = age_at(record.birth_date, at) if one.kind == "age" and record and record.birth_date else None
            if age is not None and age.low is not None and age.high is not None:
                known[name] = Span(float(int(age.low)), float(int(age.high)))
        return evaluate(equation, known).span if known.keys() == equation.inputs.keys() else None


def _number(interval: Interval, analyte: Analyte, unit: str) -> float | None:
    """The number of a result that is one number, in another unit."""
    if interval.low is None or interval.low != interval.high:
        return None
    found = convert(interval.low, analyte.unit, unit, analyte.molar_mass, analyte.valence)
    return None if found is None else float(found)
