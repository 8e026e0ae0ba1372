"""The one door to Numba: compiled functions, kept in the user's cache folder, imported only where they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def njit(function: F) -> F:
    """Compiles a function at its first call with given types, without the GIL; keeps the machine code on disk."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def kernel(function: F) -> F:
    """The same, for a function that creates no array: references to its arguments need not be counted (6 times as fast)."""
    return cast(F, numba.njit(cache=True, nogil=True, _nrt=False)(function))


_PART = {"cache": True, "nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def part(function: F) -> F:
    """A part of a kernel. Python cannot call it, which halves the time to compile it (``part.py_func`` is for tests)."""
    return cast(F, numba.njit(**_PART)(function))


def inlined(function: F) -> F:
    """A part of a kernel, compiled into whatever calls it."""
    return cast(F, numba.njit(**_PART, forceinline=True)(function))
