"""An event loop in a thread of its own, so that plain calls work in a script and in a notebook alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Loop:
    """Runs coroutines to their end, one caller at a time or several."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kgtwin-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work. An interrupt (Ctrl-C, a notebook's stop) cancels it and is raised here.

        >>> async def add(a: int, b: int) -> int:
        ...     return a + b
        >>> loop = Loop()
        >>> loop.run(add(1, 2))
        3
        >>> loop.close()
        """
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except BaseException:
            running.cancel()
            raise

    def close(self) -> None:
        """End the thread; closing twice is harmless."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
