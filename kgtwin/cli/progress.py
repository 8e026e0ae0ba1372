"""Progress with its rate: a bar on a terminal, a plain line now and then otherwise; always on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

EVERY_SECONDS = 5.0


class Progress:
    """Counts what is done. Notes (problems) go above the bar."""

    def __init__(self, verb: str, total: int | None = None) -> None:
        self._verb = verb
        self._total = total
        self._done = 0
        self._bar: Any = None
        self._task: Any = None
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
            from rich.progress import Progress as Bar  # noqa: PLC0415

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._verb, total=self._total, rate="")
        return self

    def advance(self, count: int = 1) -> None:
        """Say that ``count`` more are done."""
        self._done += count
        if self._bar is not None:
            self._bar.update(self._task, advance=count, rate=self._rate())
        elif time.monotonic() - self._told > EVERY_SECONDS:
            self._told = time.monotonic()
            sys.stderr.write(f"{self._verb}: {self._done} done, {self._rate()}\n")

    def _rate(self) -> str:
        return f"{self._done / max(time.monotonic() - self._begun, 1e-3):.3g}/s"

    def reach(self, done: int, of: int) -> None:
        """Say that ``done`` of ``of`` are done by now."""
        if self._bar is not None:
            self._bar.update(self._task, total=of)
        self.advance(done - self._done)

    def note(self, text: str) -> None:
        """A line for people, kept clear of the bar."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            sys.stderr.write(text + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
