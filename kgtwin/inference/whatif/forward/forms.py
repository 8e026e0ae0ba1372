"""The mathematical forms of models: what each makes of parameters and inputs at some hours. No clinical number is here.

A form is a function of `Run`; every row of its answer is one draw of the parameters, every column one time. Another
package adds one under the entry point ``kgtwin.models``, by the name that a model's ``modelForm`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Final, Protocol, TypeAlias, cast

import msgspec
import numpy as np
import numpy.typing as npt

from kgtwin.errors import OntologyError, UsageError
from kgtwin.inference.whatif.forward.compartments import infusions

Floats: TypeAlias = npt.NDArray[np.float64]
GROUP: Final = "kgtwin.models"
HOURS_A_YEAR: Final = 24 * 365.25
HOURS_A_DAY: Final = 24.0


class Run(msgspec.Struct, frozen=True):
    """What a form is given.

    ``hours`` are the times after the start; ``parameters`` has for each name as many draws as there are samples;
    ``inputs`` are single numbers; ``series`` are earlier values, each with its hours (before the start: negative);
    ``standard`` are draws of a standard uniform distribution, for what a form draws by itself.
    """

    hours: Floats
    parameters: Mapping[str, Floats]
    inputs: Mapping[str, float]
    series: tuple[tuple[float, float], ...]
    standard: Floats


class Form(Protocol):
    """Values by sample and time; NaN at times of which the model says nothing.

    ``needs`` are the names of the parameters and inputs that it reads.
    """

    @property
    def needs(self) -> frozenset[str]: ...

    def __call__(self, run: Run) -> Floats: ...


class _Named(msgspec.Struct, frozen=True):
    """A form with what it needs."""

    needs: frozenset[str]
    values: Callable[[Run], Floats]

    def __call__(self, run: Run) -> Floats:
        return self.values(run)


def linear_change(run: Run) -> Floats:
    """``baseline + slope · years``, never below zero."""
    years = run.hours / HOURS_A_YEAR
    found: Floats = np.maximum(run.inputs["baseline"] + np.outer(run.parameters["slope"], years), 0.0)
    return found


def settled_shift(run: Run) -> Floats:
    """``baseline + shift`` from ``settled`` (days) on; before, nothing is known but that it is on its way."""
    shifted = run.inputs["baseline"] + run.parameters["shift"]
    found = np.repeat(shifted[:, None], len(run.hours), axis=1)
    return np.where(run.hours[None, :] >= run.parameters["settled"][:, None] * HOURS_A_DAY, found, np.nan)


def own_trend(run: Run) -> Floats:
    """Ordinary least squares through the patient's own values, with the prediction interval of a new one.

    With n values at times x: ``fit(t) + T · s · sqrt(1 + 1/n + (t - x̄)² / Sxx)``, where s² is the residual variance
    over n - 2 and T has Student's distribution with n - 2 degrees of freedom.

    Raises:
        UsageError: if there are too few values, or they lie too close together.
    """
    fewest, apart = run.parameters["fewest"][0], run.parameters["apart"][0] * HOURS_A_DAY
    x, y = np.array(run.series, dtype=np.float64).reshape(-1, 2).T
    if len(x) < max(fewest, 3) or np.ptp(x) < apart:
        span = np.ptp(x) / HOURS_A_DAY if len(x) else 0.0
        raise UsageError(
            f"{len(x)} results over {span:.0f} days",
            expected=f"at least {max(fewest, 3):.0f} over {apart / HOURS_A_DAY:.0f} days",
        )
    centre, spread = x.mean(), float(((x - x.mean()) ** 2).sum())
    slope = float(((x - centre) * (y - y.mean())).sum()) / spread
    residual = y - (y.mean() + slope * (x - centre))
    deviation = np.sqrt(float((residual**2).sum()) / (len(x) - 2))
    width = deviation * np.sqrt(1 + 1 / len(x) + (run.hours - centre) ** 2 / spread)
    student = _student(run.standard, len(x) - 2)
    found: Floats = np.maximum(y.mean() + slope * (run.hours - centre) + np.outer(student, width), 0.0)
    return found


def _student(uniform: Floats, freedom: int) -> Floats:
    """Student's t at cumulative probabilities, by bisection of its distribution (Simpson's rule on the density)."""
    grid = np.linspace(-1.0, 1.0, 20_001)
    tangent = np.tan(np.clip(grid, -0.999999, 0.999999) * np.pi / 2)
    density = (1 + tangent**2 / freedom) ** (-(freedom + 1) / 2) * (1 + tangent**2)
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    found: Floats = np.interp(uniform, cumulative / cumulative[-1], tangent)
    return found


def two_compartment_infusion(run: Run) -> Floats:
    """Repeated infusions into two compartments; clearance rises linearly with renal function.

    Raises:
        UsageError: if infusions overlap.
    """
    p, i = run.parameters, run.inputs
    if i["infusion"] > i["interval"]:
        raise UsageError("an infusion is longer than the interval", expected="one that ends before the next begins")
    renal = 1 + p["renalSlope"] * (i["renalFunction"] - p["renalReference"])
    return infusions(
        run.hours,
        clearance=np.maximum(p["clearance"] * renal, 1e-9),
        central=p["centralVolume"] * i["weight"],
        peripheral=p["peripheralVolume"] * i["weight"],
        exchange=p["exchange"],
        dose=i["dose"],
        interval=i["interval"],
        infusion=i["infusion"],
    )


BUILT_IN: Final[Mapping[str, Form]] = {
    "linear-change": _Named(frozenset({"slope", "baseline"}), linear_change),
    "settled-shift": _Named(frozenset({"shift", "settled", "baseline"}), settled_shift),
    "own-trend": _Named(frozenset({"fewest", "apart", "series"}), own_trend),
    "two-compartment-infusion": _Named(
        frozenset(
            [
                *("clearance", "renalSlope", "renalReference", "centralVolume", "peripheralVolume", "exchange"),
                *("renalFunction", "weight", "dose", "interval", "infusion"),
            ]
        ),
        two_compartment_infusion,
    ),
}


def form_named(name: str, where: str) -> Form:
    """A form of ours, or one that an installed package adds.

    Raises:
        OntologyError: if there is none of that name, or its package cannot be loaded.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    added = {one.name: one for one in entry_points(group=GROUP)}
    if name not in added:
        raise OntologyError(
            f"modelForm {name!r} is not known",
            where=where,
            expected="one of " + ", ".join([*BUILT_IN, *sorted(added)]),
            remedy=f"install the package that adds it under {GROUP}",
        )
    try:
        found = added[name].load()
    except Exception as error:
        raise OntologyError(f"modelForm {name!r} cannot be loaded ({type(error).__name__})", where=where) from error
    if not callable(found) or not isinstance(getattr(found, "needs", None), frozenset):
        raise OntologyError(f"modelForm {name!r} is no form", where=where, expected="a callable with `needs`")
    return cast(Form, found)
