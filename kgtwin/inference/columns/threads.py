"""Patients in a row on all cores of one process: the search is compiled and holds no lock while it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from os import cpu_count
from typing import Final

from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.rows import Many
from kgtwin.inference.columns.searching import Found

PORTION: Final = 5_000
"""Patients that a thread deals with at a time."""
WAITING: Final = 4
"""Portions a thread that are done or being done while the caller looks at an earlier one: memory does not grow."""


def found_by_threads(finder: Finder, patients: Many, at: datetime, threads: int = 0) -> Iterator[Found]:
    """The issues of patients in a row, in their order, by so many threads (0: one a core)."""
    count = threads or cpu_count() or 1
    if count == 1 or patients.size <= PORTION:
        yield from finder.found(patients, at)
        return

    def search(first: int) -> list[Found]:
        with finder.searching() as found:
            return list(found.found(patients, at, first, min(first + PORTION, patients.size)))

    waiting: deque[Future[list[Found]]] = deque()
    with ThreadPoolExecutor(count) as pool:
        for first in range(0, patients.size, PORTION):
            waiting.append(pool.submit(search, first))
            if len(waiting) >= WAITING * count:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
