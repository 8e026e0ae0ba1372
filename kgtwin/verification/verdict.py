"""How a check ends: with nothing to say, or with the reason why a document is no proof."""

from __future__ import annotations


class Rejected(Exception):  # noqa: N818 - a verdict
    """Why a document is no proof."""


def require(holds: object, why: str) -> None:
    """Reject the document unless something holds."""
    if not holds:
        raise Rejected(why)
