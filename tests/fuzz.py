"""How many generated cases tests look at: ``KGTWIN_FUZZ`` multiplies them, ``scripts/test`` without ``--all`` by 0.25.

KGTWIN_FUZZ=30 scripts/test --all -- tests/reasoning  # some hours, after a change to the calculus
"""

from __future__ import annotations

import os

FACTOR = float(os.environ.get("KGTWIN_FUZZ", "1"))


def times(count: int) -> int:
    """So many cases, multiplied; at least one."""
    return max(1, round(count * FACTOR))
