"""Where a statement or an equation comes from."""

from __future__ import annotations

import msgspec


class Evidence(msgspec.Struct, frozen=True):
    """Where a statement comes from, and whether its text was opened (``verified``)."""

    source: str
    status: str
    text: str | None = None
