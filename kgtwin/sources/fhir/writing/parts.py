"""Which element of a resource states a fact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kgtwin.model.fact import Fact

_PART: Final = re.compile(r"([A-Za-z]+)\[([0-9]{1,6})\]")


def numbered(facts: Sequence[Fact], element: str) -> list[Fact | None]:
    """The facts of a repeated element by their place in it; None where an element stated none.

    >>> numbered([], "component")
    []
    """
    found: dict[int, Fact] = {}
    for fact in facts:
        match = _PART.fullmatch(fact.provenance.part)
        if match and match[1] == element:
            found[int(match[2])] = fact
    return [found.get(place) for place in range(max(found) + 1)] if found else []
