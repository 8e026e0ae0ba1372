"""Arrays that never move: address space is reserved once, and memory is used as far as it is written."""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
_NO_RESERVE = 0x4000


def reserve(count: int, dtype: type[Scalar], *, huge: bool = False) -> NDArray[Scalar]:
    """An array of zeros of which only the touched pages take memory; half as long where that is refused, and so on.

    ``huge``: in pages of megabytes, which cost fewer address translations where much of it is read here and there.
    """
    while True:
        try:
            size = max(count, 1) * np.dtype(dtype).itemsize
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
            memory = mmap.mmap(-1, size, flags=flags)
            if huge and hasattr(mmap, "MADV_HUGEPAGE"):
                with suppress(OSError):
                    memory.madvise(mmap.MADV_HUGEPAGE)
            return np.frombuffer(memory, dtype)
        except (OSError, ValueError, OverflowError):
            if count < 1 << 16:
                raise
            count //= 2


def available() -> int:
    """The bytes that a classification may use: the setting ``KGTWIN_REASONER_MEMORY`` (MiB), or most of it."""
    setting = os.environ.get("KGTWIN_REASONER_MEMORY", "")
    if setting.isdecimal():
        return int(setting) << 20
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(free, _cgroup_limit()) * 4 // 5


def _cgroup_limit() -> int:
    """What a container may use, as far as it says so."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text("ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            return int(text)
    return 1 << 62
