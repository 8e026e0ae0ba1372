"""The one door to Numba: compiled functions, kept in the user's cache folder, imported only where they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def njit(function: F) -> F:
    """Compiles a function at its first call with given types, without the GIL; keeps the machine code on disk."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
