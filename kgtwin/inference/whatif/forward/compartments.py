"""Linear compartments in closed form."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]


def infusions(
    hours: Floats,
    *,
    clearance: Floats,
    central: Floats,
    peripheral: Floats,
    exchange: Floats,
    dose: float,
    interval: float,
    infusion: float,
) -> Floats:
    """Concentrations (amount a volume) in the central of two compartments under a dose every ``interval`` hours.

    Each dose runs in at a constant rate over ``infusion`` hours (at most ``interval``), the first from hour 0 on; there
    was none before; what is left of earlier doses is a geometric series. The arrays have one entry a sample; the answer
    has one row a sample, one column an hour.

    With ``k10 = CL/V1``, ``k12 = Q/V1``, ``k21 = Q/V2``, and α, β the roots of ``s² - (k10 + k12 + k21) s + k10 k21``,
    the response to a unit dose is ``A e^(-αt) + B e^(-βt)`` with ``A = (α - k21) / (α - β) / V1`` and
    ``B = (k21 - β) / (α - β) / V1`` (Gibaldi and Perrier, Pharmacokinetics, 1982; cited from general knowledge, held
    against a numerical solution in the tests).
    """
    k10, k12, k21 = clearance / central, exchange / central, exchange / peripheral
    total, product = k10 + k12 + k21, k10 * k21
    root = np.sqrt(np.maximum(total**2 - 4 * product, 0.0))
    fast = (total + root) / 2
    slow = product / fast  # without the loss of digits of (total - root) / 2
    gap = np.where(fast > slow, fast - slow, np.finfo(np.float64).tiny)
    terms = ((fast, (fast - k21) / gap / central), (slow, (k21 - slow) / gap / central))
    given = np.floor(np.maximum(hours, 0.0) / interval)  # doses before the last one
    since = np.maximum(hours, 0.0) - given * interval
    found = np.zeros((len(clearance), len(hours)))
    for rate, weight in terms:
        k = rate[:, None]
        last = -np.expm1(-k * np.minimum(since, infusion)) * np.exp(-k * np.maximum(since - infusion, 0.0))
        decayed = np.exp(-k * (since + interval - infusion)) * np.expm1(-k * given * interval) / np.expm1(-k * interval)
        earlier = -np.expm1(-k * infusion) * decayed
        found += (dose / infusion) * (weight / rate)[:, None] * (last + earlier)
    return found
