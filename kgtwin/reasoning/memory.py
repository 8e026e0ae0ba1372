"""Arrays that never move: address space is reserved once, and memory is used as far as it is written."""

from __future__ import annotations

import mmap
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
_NO_RESERVE = 0x4000


def reserve(count: int, dtype: type[Scalar]) -> NDArray[Scalar]:
    """An array of zeros of which only the touched pages take memory; half as long where that is refused, and so on."""
    while True:
        try:
            size = max(count, 1) * np.dtype(dtype).itemsize
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
            return np.frombuffer(mmap.mmap(-1, size, flags=flags), dtype)
        except (OSError, ValueError, OverflowError):
            if count < 1 << 16:
                raise
            count //= 2
