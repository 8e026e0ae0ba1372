"""Scoring functions of embedding models in numpy, equal to PyKEEN's.

Vectors are rows of real numbers; a complex model keeps real and imaginary parts interleaved, so that a row of
``2 d`` reals is ``d`` complex numbers. Every function takes ``heads``, ``relations`` and ``tails`` that broadcast
against each other and reduces the last axis; a higher score is more plausible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
Interaction = Callable[[Vectors, Vectors, Vectors], Vectors]


def transe(heads: Vectors, relations: Vectors, tails: Vectors) -> Vectors:
    """``-‖h + r - t‖₁`` (Bordes 2013; PyKEEN's default norm).

    >>> one = np.ones((1, 2), dtype=np.float64)
    >>> transe(one, one, one).tolist()
    [-2.0]
    """
    distance: Vectors = np.abs(heads + relations - tails).sum(axis=-1)
    return -distance


def distmult(heads: Vectors, relations: Vectors, tails: Vectors) -> Vectors:
    """``⟨h, r, t⟩`` (Yang 2015)."""
    product: Vectors = (heads * relations * tails).sum(axis=-1)
    return product


def complex_bilinear(heads: Vectors, relations: Vectors, tails: Vectors) -> Vectors:
    """``Re ⟨h, r, conj(t)⟩`` over complex numbers (ComplEx, Trouillon 2016)."""
    product = _complex(heads) * _complex(relations) * np.conj(_complex(tails))
    real: Vectors = product.real.sum(axis=-1)
    return real


def rotate(heads: Vectors, relations: Vectors, tails: Vectors) -> Vectors:
    """``-‖h ∘ r - t‖₂`` over complex numbers, each ``|r| = 1`` (RotatE, Sun 2019)."""
    gap = _complex(heads) * _complex(relations) - _complex(tails)
    distance: Vectors = np.sqrt((gap.real**2 + gap.imag**2).sum(axis=-1))
    return -distance


def _complex(rows: Vectors) -> NDArray[np.complex128]:
    return np.ascontiguousarray(rows, dtype=np.float64).view(np.complex128)


INTERACTIONS: Final[dict[str, Interaction]] = {
    "TransE": transe,
    "DistMult": distmult,
    "ComplEx": complex_bilinear,
    "RotatE": rotate,
}
"""The models that can be trained, by PyKEEN's name: exactly those that are scored here."""
