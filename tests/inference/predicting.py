"""A predictor for tests: every pair is plausible."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kgtwin.model.caveat import Caveat


class One(msgspec.Struct, frozen=True):
    head: str
    tail: str
    known: bool = False
    plausibility: float = 0.4
    prior: float = 0.006
    rank: float = 1
    candidates: int = 100
    model: str = "test"
    caveats: tuple[Caveat, ...] = ()


class Everything:
    """Predicts whatever can be asked."""

    model = "made up"

    def best(self, heads: Iterable[str], relation: str, tails: Iterable[str]) -> list[One]:
        assert relation == "treats"
        return [One(head, tail) for head in heads for tail in tails]


class Known:
    """Repeats what its graph has."""

    model = "made up"

    def best(self, heads: Iterable[str], relation: str, tails: Iterable[str]) -> list[One]:
        return [One(head, tail, known=True) for head in heads for tail in tails]
