"""Arrays that grow at their ends: what compiled code is given stays where it is until there is no more room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Item = TypeVar("Item", bound=np.generic)


class Lists(NamedTuple):
    """Lists of numbers: those of ``i`` are ``items[ends[i]:ends[i + 1]]``."""

    ends: Ints
    items: Ints


class Growing(Generic[Item]):
    """One array; ``array`` has room for more than ``count`` numbers."""

    def __init__(self, dtype: type[Item]) -> None:
        self.array: NDArray[Item] = np.zeros(64, dtype)
        self.count = 0

    def extend(self, numbers: Iterable[int]) -> None:
        """Appends numbers; the array is another one afterwards if there was no room."""
        new = list(numbers)
        need = self.count + len(new)
        if need > len(self.array):
            larger = np.zeros(2 * need, self.array.dtype)
            larger[: self.count] = self.array[: self.count]
            self.array = larger
        self.array[self.count : need] = new
        self.count = need


class GrowingLists:
    """Lists of numbers, one after the other.

    >>> found = GrowingLists()
    >>> found.append([1, 2]); found.append([]); found.append([3])
    >>> found.lists.ends[:4].tolist(), found.lists.items[:3].tolist(), len(found)
    ([0, 2, 2, 3], [1, 2, 3], 3)
    """

    def __init__(self, rows: Iterable[Iterable[int]] = ()) -> None:
        self._ends, self._items = Growing(np.int32), Growing(np.int32)
        self._ends.extend([0])
        for row in rows:
            self.append(row)

    def append(self, row: Iterable[int]) -> None:
        """One more list."""
        self._items.extend(row)
        self._ends.extend([self._items.count])

    @property
    def lists(self) -> Lists:
        """The arrays as they are."""
        return Lists(self._ends.array, self._items.array)

    def __len__(self) -> int:
        return self._ends.count - 1


class Square:
    """A square table of yes and no that grows: whether what one goes under has a name that another goes by.

    >>> found = Square()
    >>> found.append({"cat", "animal"}, {"cat"}); found.append({"animal"}, {"animal"})
    >>> found.array[:2, :2].tolist()
    [[1, 1], [0, 1]]
    """

    def __init__(self) -> None:
        self.array: NDArray[np.uint8] = np.zeros((8, 8), np.uint8)
        self.count = 0
        self._under: dict[str, list[int]] = {}
        self._by: dict[str, list[int]] = {}

    def append(self, under: Iterable[str], names: Iterable[str]) -> None:
        """One more, with a row and a column that say how it is with those before, and with itself."""
        new, above, own = self.count, list(under), list(names)
        self._make_room()
        for kind in above:
            self._under.setdefault(kind, []).append(new)
        for name in own:
            self._by.setdefault(name, []).append(new)
        for kind in above:
            self.array[new, self._by.get(kind, [])] = 1
        for name in own:
            self.array[self._under.get(name, []), new] = 1

    def _make_room(self) -> None:
        if self.count == len(self.array):
            larger = np.zeros((2 * self.count, 2 * self.count), np.uint8)
            larger[: self.count, : self.count] = self.array
            self.array = larger
        self.count += 1
