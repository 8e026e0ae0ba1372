"""A limit on what one query may add to the memory of this process."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

_STATM = Path("/proc/self/statm")


@contextlib.contextmanager
def limited(extra: int) -> Iterator[None]:
    """Let the process grow by ``extra`` bytes at most meanwhile; what asks for more is refused it.

    The limit is the whole process's, so it must leave room for what else runs. Where the system does not tell the
    size of a process (it is no Linux), there is no limit. One block at a time.

    >>> with limited(1 << 30):
    ...     bytes(1 << 31)
    Traceback (most recent call last):
    MemoryError
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError):
        used = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        wanted = used + extra
        if before[0] == resource.RLIM_INFINITY or wanted < before[0]:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
