"""What is asked for."""

from __future__ import annotations

import msgspec

from kgtwin.model.alternative import MOST_WHOLE


class Asked(msgspec.Struct, frozen=True):
    """What is to be started: of which class, in the place of what, by which route; products, too.

    ``whole`` alternatives, the first ones, are inferred whole: with proofs, and with what could not be decided.
    """

    class_: str
    instead_of: str | None = None
    route: str | None = None
    products: bool = False
    whole: int = MOST_WHOLE
