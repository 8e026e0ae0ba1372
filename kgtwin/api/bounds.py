"""How much an analyst's query may give, and how long it may take."""

from __future__ import annotations

from typing import Final

import msgspec

from kgtwin.errors import UsageError

MAX_ROWS: Final = 10_000
TIMEOUT: Final = 30.0
"""Seconds that a query may take."""


class Bounds(msgspec.Struct, frozen=True):
    """The service's own; a request may ask for less."""

    rows: int = MAX_ROWS
    seconds: float = TIMEOUT

    def limit(self, asked: int) -> int:
        """The rows asked for.

        Raises:
            UsageError: if they are more than the service gives.
        """
        if not 1 <= asked <= self.rows:
            raise UsageError(f"limit={str(asked)!r}", expected=f"1 to {self.rows} rows")
        return asked

    def timeout(self, asked: float | None) -> float:
        """The seconds asked for; the service's own where nothing is asked.

        Raises:
            UsageError: if they are more than the service gives.
        """
        if asked is None:
            return self.seconds
        if not 0 < asked <= self.seconds:
            raise UsageError(f"timeout={asked:g}", expected=f"more than 0 and at most {self.seconds:g} seconds")
        return asked
