"""The one door to compiled code: functions that Numba compiles once on a machine and that do without it afterwards.

A function marked :func:`kernel` is called like any other. At its first call with given types its machine code is
looked for in the cache folder; where there is none, Numba compiles it (seconds). Loading takes ``llvmlite`` alone, a
twentieth of a second, where importing Numba with its own cache takes ten times that.
"""

from __future__ import annotations

from kgtwin.jit.functions import Bound, Function, bound, inlined, kernel, part

__all__ = ["Bound", "Function", "bound", "inlined", "kernel", "part"]
