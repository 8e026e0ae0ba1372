"""Keys that a JSON object has more than once: the last one counts, and which one was meant is not known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from kgtwin.errors import InvalidResourceError

LOOKED_THROUGH: Final = 2**16
"""Bytes of a document that is looked through: to do so takes longer than to decode it."""


class Repeated(NamedTuple):
    """A key that is there several times: the path to it, and the entry of the Bundle that has it, if one does."""

    path: str
    times: int
    entry: int | None = None

    def error(self) -> InvalidResourceError:
        return InvalidResourceError(
            f"the key {self.path.rpartition('.')[2][:64]!r} is there {self.times} times; the last one counts",
            where=self.path[:256],
            expected="each key once",
            remedy="remove those that are wrong, and send the resource again",
        )


def repeated_keys(data: bytes) -> tuple[Repeated, ...]:
    """The repeated keys of a document; none of one that is no JSON.

    >>> repeated_keys(b'{"resourceType": "Patient", "birthDate": "1950", "birthDate": "1980"}')
    (Repeated(path='birthDate', times=2, entry=None),)
    >>> repeated_keys(b'{"entry": [{"resource": {"name": [{"family": "A", "family": "B"}]}}]}')
    (Repeated(path='name[0].family', times=2, entry=0),)
    """
    found: list[_Repeating] = []

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        found.append(_Repeating(pairs))
        return found[-1]

    try:
        document = json.loads(data, object_pairs_hook=read)
        return tuple(_named(*one) for one in _paths(document, "")) if found else ()
    except (ValueError, RecursionError):
        return ()


class _Repeating(dict[str, Any]):
    """An object with repeated keys, and how often each of these is there."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.repeated = {key: count for key, count in counts.items() if count > 1}


def _paths(value: Any, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, _Repeating):
        yield from ((f"{path}.{key}", count) for key, count in value.repeated.items())
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _paths(one, f"{path}.{key}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _paths(one, f"{path}[{place}]")


def _named(path: str, times: int) -> Repeated:
    """A path from the root as one within an entry and its resource."""
    path = path.removeprefix(".")
    place, bracket, rest = path.removeprefix("entry[").partition("].")
    if not (path.startswith("entry[") and bracket and place.isdecimal()):
        return Repeated(path, times)
    return Repeated(rest.removeprefix("resource."), times, int(place))
