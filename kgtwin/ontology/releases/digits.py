"""Check digits of many SNOMED CT identifiers at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LONGEST: Final = 18
_SHORTEST: Final = 6


def _dihedral() -> NDArray[np.uint8]:
    """The multiplication of the dihedral group of order ten, as Verhoeff's digit uses it."""
    table = np.empty((10, 10), np.uint8)
    for a in range(10):
        for b in range(10):
            if a < 5:
                table[a, b] = (a + b) % 5 if b < 5 else 5 + (a + b) % 5
            else:
                table[a, b] = 5 + (a - b) % 5 if b < 5 else (a - b) % 5
    return table


def _permutations() -> NDArray[np.uint8]:
    """The powers of Verhoeff's permutation: which digit counts as which at each place from the right."""
    step = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4], np.uint8)
    powers = [np.arange(10, dtype=np.uint8)]
    for _ in range(7):
        powers.append(step[powers[-1]])
    return np.stack(powers)


_MULTIPLY: Final = _dihedral()
_PERMUTE: Final = _permutations()


def wrong_sctids(ids: Sequence[str]) -> list[int]:
    """Where identifiers stand that are not 6 to 18 digits with a valid Verhoeff check digit.

    >>> wrong_sctids(["22298006", "22298007", "x", "138875005"])
    [1, 2]
    """
    wrong: list[int] = []
    by_length: dict[int, list[int]] = {}
    for place, one in enumerate(ids):
        by_length.setdefault(len(one), []).append(place)
    for length, places in by_length.items():
        if not _SHORTEST <= length <= _LONGEST:
            wrong += places
            continue
        found = _wrong([ids[place] for place in places], length)
        wrong += np.asarray(places)[found].tolist()
    return sorted(wrong)


def _wrong(ids: list[str], length: int) -> NDArray[np.bool_]:
    """Which of some texts of one length are no identifiers."""
    codes = np.array(ids, dtype=f"U{length}").view(np.uint32).reshape(len(ids), length)
    digits = codes - np.uint32(ord("0"))
    bad: NDArray[np.bool_] = (digits > 9).any(axis=1) | (digits[:, 0] == 0)
    digits[bad] = 0
    check = np.zeros(len(ids), np.uint8)
    for place in range(length):
        check = _MULTIPLY[check, _PERMUTE[place % 8, digits[:, length - 1 - place]]]
    found: NDArray[np.bool_] = bad | (check != 0)
    return found
