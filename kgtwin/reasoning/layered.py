"""An immutable mapping that differs from another in a few keys, and costs as much as those few."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Layered(Generic[K, V]):
    """Dictionaries of which a later one hides an earlier one's keys, each more than twice as large as the next.

    >>> one = Layered[str, int]().updated({"a": 1, "b": 2})
    >>> two = one.updated({"b": 3})
    >>> one.get("b"), two.get("b"), two.get("a"), two.get("c")
    (2, 3, 1, None)
    """

    __slots__ = ("_parts",)

    def __init__(self, parts: tuple[dict[K, V], ...] = ()) -> None:
        self._parts = parts

    def get(self, key: K) -> V | None:
        """What a key has, or None."""
        for part in reversed(self._parts):
            if key in part:
                return part[key]
        return None

    def __contains__(self, key: K) -> bool:
        return any(key in part for part in self._parts)

    def __iter__(self) -> Iterator[K]:
        return iter(self._whole())

    def items(self) -> ItemsView[K, V]:
        """The keys and what they have, in the order in which they were given first."""
        return self._whole().items()

    def updated(self, more: Mapping[K, V]) -> Layered[K, V]:
        """A mapping with some keys more, or with other values for them."""
        if not more:
            return self
        parts, last = list(self._parts), dict(more)
        while parts and len(parts[-1]) <= 2 * len(last):
            last = {**parts.pop(), **last}
        return Layered((*parts, last))

    def _whole(self) -> dict[K, V]:
        whole: dict[K, V] = {}
        for part in self._parts:
            whole.update(part)
        return whole
