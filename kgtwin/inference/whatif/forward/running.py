"""A model run forward for one patient: inputs gathered, parameters drawn, percentiles of what comes out.

The draws are the same every time (a fixed seed), so that one question has one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np

from kgtwin.errors import OntologyError, UsageError
from kgtwin.inference.case import Case
from kgtwin.inference.evaluating import instant
from kgtwin.inference.person import believed
from kgtwin.inference.realising.selection import deceased
from kgtwin.inference.whatif.forward.definitions import Model, Uncertain, model_named
from kgtwin.inference.whatif.forward.forms import Floats, Form, Run, form_named
from kgtwin.inference.whatif.forward.gathering import Gathered, Gathering
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact
from kgtwin.model.simulation import Point, SetResult, Simulation, SupposeProjection

SAMPLES: Final = 2_000
SEED: Final = 20_261_129
PERCENTILES: Final = (50.0, 5.0, 95.0)
"""Median, and the ends of the 90 % interval."""
MOST_POINTS: Final = 1_000
BOUNDS: Final = ("median", "low", "high")


def project(
    case: Case,
    model: Model,
    *,
    at: datetime,
    given: Mapping[str, float] | None = None,
    span: timedelta | None = None,
    step: timedelta | None = None,
) -> Simulation:
    """A model run from ``at`` on, over a span and in steps (the model's own where none are said).

    Where an input is missing or outside what the model is meant for, it is not run; the caveats say why.

    Raises:
        UsageError: if something is given that the model does not ask for, or the times are not the model's.
        OntologyError: if the model's form is not known, or needs what the model does not state.
    """
    form = form_named(model.form, model.curie)
    _check_needs(model, form)
    hours = _hours(model, span, step)
    case = msgspec.structs.replace(case, record=believed(case.record, at)[0])
    if deceased(case.record, at):
        return _told(case, model, Gathered({}, (), (), (Caveat(CaveatCode.DECEASED, "the patient has died"),)), ())
    gathered = Gathering(case, at).of(model, given or {})
    if gathered.reasons:
        return _told(case, model, gathered, ())
    draws = np.random.default_rng(SEED)
    parameters = {name: _drawn(one, draws) for name, one in model.parameters.items()}
    run = Run(hours, parameters, gathered.numbers, gathered.series, _strata(draws))
    try:
        values = form(run)
    except UsageError as error:
        text = f"{model.label}: {error.message}" + (f"; expected {error.expected}" if error.expected else "")
        reason = Caveat(CaveatCode.NOT_EVALUATED, text, (model.curie,))
        return _told(case, model, Gathered({}, (), gathered.used, (reason,)), ())
    return _told(case, model, gathered, _points(values, hours, at))


def _check_needs(model: Model, form: Form) -> None:
    missing = sorted(form.needs - model.parameters.keys() - model.inputs.keys())
    if missing:
        raise OntologyError(
            f"{model.form} needs {', '.join(missing)}", where=model.curie, remedy="state them as parameters or inputs"
        )


def _hours(model: Model, span: timedelta | None, step: timedelta | None) -> Floats:
    """From the start to the end of the span, the end included."""
    times = model.times
    whole, part = span or times.span, step or min(times.step, span or times.span)
    if not timedelta(0) < whole <= times.longest:
        days = times.longest / timedelta(days=1)
        raise UsageError(f"{model.label} over {whole}", expected=f"more than nothing and at most {days:g} days")
    if part <= timedelta(0) or whole / part > MOST_POINTS:
        raise UsageError(f"steps of {part}", expected=f"at most {MOST_POINTS} steps")
    size, end = part / timedelta(hours=1), whole / timedelta(hours=1)
    return np.append(np.arange(0.0, end - size * 1e-9, size), end)


def _strata(draws: np.random.Generator) -> Floats:
    """One uniform draw in each of as many equal parts of 0 to 1, in random order (a stratified sample)."""
    found: Floats = (np.arange(SAMPLES) + draws.random(SAMPLES)) / SAMPLES
    return draws.permutation(found)


def _drawn(one: Uncertain, draws: np.random.Generator) -> Floats:
    """A stratified sample of a parameter's distribution."""
    standard = _normal(_strata(draws))
    if one.deviation == 0.0:
        return np.full(SAMPLES, one.value)
    if one.logarithmic:
        return one.value * np.exp(one.deviation * standard)
    return one.value + one.deviation * standard


def _normal(uniform: Floats) -> Floats:
    """The standard normal at cumulative probabilities, from a fine table of its density."""
    grid = np.linspace(-8.0, 8.0, 40_001)
    density = np.exp(-(grid**2) / 2)
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(uniform, cumulative / cumulative[-1], grid)


def _points(values: Floats, hours: Floats, at: datetime) -> tuple[Point, ...]:
    """The percentiles at each time of which the model says something."""
    known = ~np.isnan(values).any(axis=0)
    middle, low, high = np.percentile(values[:, known], PERCENTILES, axis=0)
    moments = [instant(at + timedelta(hours=float(hour))) for hour in hours[known]]
    rows = zip(moments, middle.tolist(), low.tolist(), high.tolist(), strict=True)
    return tuple(Point(*row) for row in rows)


def _told(case: Case, model: Model, gathered: Gathered, points: tuple[Point, ...]) -> Simulation:
    caveats = (*gathered.reasons, *gathered.caveats)
    if not points and not gathered.reasons:
        text = f"{model.label} says nothing about these times"
        caveats = (*caveats, Caveat(CaveatCode.NOT_EVALUATED, text, (model.curie,), "ask for a longer span"))
    return Simulation(
        model=model.curie,
        label=model.label,
        patient=case.patient,
        unit=model.unit,
        points=points,
        parameters=tuple(one.shown for one in model.parameters.values()),
        inputs=gathered.used,
        assumptions=model.assumptions,
        population=model.population,
        doi=model.doi,
        evidence=model.evidence,
        review=model.review,
        samples=SAMPLES if points else 0,
        caveats=tuple(dict.fromkeys(caveats)),
    )


class Projecting(msgspec.Struct, frozen=True):
    """Runs models from one moment on over the facts of a hypothesis."""

    case: Case
    at: datetime

    def as_result(self, change: SupposeProjection, facts: tuple[Fact, ...], moment: datetime) -> SetResult:
        """The result that a projection would be, if it came true.

        Raises:
            UsageError, NotFoundError: if there is no such model, it projects no result, or it was not run.
        """
        model = model_named(self.case.knowledge.ontology, change.model)
        if model.result is None:
            raise UsageError(f"{model.label} projects no result that the knowledge reads")
        if change.bound not in BOUNDS:
            raise UsageError(f"the {change.bound} of a projection", expected=" or ".join(BOUNDS))
        if moment <= self.at:
            raise UsageError("a projection needs a later time", expected="a date or a duration such as P2Y")
        span = moment - self.at
        case = msgspec.structs.replace(self.case, facts=facts)
        found = project(case, model, at=self.at, given=change.given, span=span, step=span)
        if not found.points:
            raise UsageError("; ".join(one.text for one in found.caveats) or f"{model.label} was not run")
        last = found.points[-1]
        value = {"median": last.median, "low": last.low, "high": last.high}[change.bound]
        return SetResult(model.result, Decimal(f"{value:.6g}"), model.unit, when=change.when)
