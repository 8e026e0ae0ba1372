"""Arguments of compiled functions: their types as Numba names them, and the words that they are passed in.

Numba passes an array as seven or more words (its owner twice, items, bytes an item, address, shape, strides), a tuple
as its members one after the other, an integer as itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, cast
from weakref import ref

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MOST = 256
"""Arrays whose words are kept."""

_ITEMS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
_NAMES = {np.dtype(item): item for item in _ITEMS}


def type_of(value: object) -> str:
    """What tells the types of arguments apart.

    >>> type_of((np.zeros(3, np.int32), 5))
    '(int32[1],i)'
    """
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise TypeError("compiled functions take contiguous arrays")
        mark = "" if value.flags.writeable else "r"
        name = _NAMES.get(value.dtype)
        if name is None:
            raise TypeError(f"compiled functions take arrays of numbers, not of {value.dtype}")
        return f"{name}[{value.ndim}{mark}]"
    if isinstance(value, tuple):
        name = type(value).__name__ if hasattr(value, "_fields") else ""
        return f"{name}({','.join(map(type_of, value))})"
    if isinstance(value, int | np.integer):
        return "i"
    raise TypeError(f"compiled functions take arrays, integers and tuples of them, not {type(value).__name__}")


def words(value: object, into: list[int]) -> None:
    """Appends the words that an argument is passed in."""
    if isinstance(value, np.ndarray):
        into += (0, 0, value.size, value.itemsize, _address(value), *value.shape, *value.strides)
    elif isinstance(value, tuple):
        for one in value:
            words(one, into)
    else:
        into.append(int(value))  # type: ignore[call-overload]


def _address(array: Array) -> int:
    """Where the items are: NumPy's own way takes three times as long."""
    if array.size and array.flags.writeable:
        return ctypes.addressof(ctypes.c_char.from_buffer(cast(Any, array)))
    return array.ctypes.data


class Remembered:
    """Words and types of arguments, those of arrays kept as long as these live: an array never changes its shape.

    >>> known, given, flat = Remembered(), (np.zeros(3, np.int32), 5), []
    >>> known.pass_on(given, flat), len(flat), flat[2], flat[-1]
    (('int32[1]', 'i'), 8, 3, 5)
    """

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[ref[Array], str, tuple[int, ...]]] = {}

    def pass_on(self, values: Sequence[object], into: list[int]) -> tuple[object, ...]:
        """Appends the words of arguments; what tells their types apart."""
        types: list[object] = []
        self._pass_on(values, into, types)
        return tuple(types)

    def _pass_on(self, values: Sequence[object], into: list[int], types: list[object]) -> None:
        arrays = self._arrays
        for value in values:
            if type(value) is int:
                types.append("i")
                into.append(value)
            elif isinstance(value, np.ndarray):
                known = arrays.get(id(value))
                if known is None or known[0]() is not value:
                    known = self._note(value)
                types.append(known[1])
                into += known[2]
            elif isinstance(value, tuple):
                types.append((type(value), len(value)))
                self._pass_on(value, into, types)
            else:
                types.append(type_of(value))
                into.append(int(value))  # type: ignore[call-overload]

    def _note(self, array: Array) -> tuple[ref[Array], str, tuple[int, ...]]:
        if len(self._arrays) >= MOST:
            self._arrays.clear()
        found: list[int] = []
        words(array, found)
        known = self._arrays[id(array)] = ref(array), type_of(array), tuple(found)
        return known


def types_of(values: Sequence[object]) -> str:
    """The types of all arguments."""
    return ",".join(map(type_of, values))
