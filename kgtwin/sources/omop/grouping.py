"""Rows by person, in bounded memory: what does not fit is spread over files by person, and read a file at a time."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Final, Self

import msgspec

MEMORY: Final = 2**28
"""Bytes of rows (256 MiB) that are held in memory before they are spread over files."""

FILES: Final = 128
"""Files that rows are spread over: one of them at a time is in memory."""

_HEAD: Final = struct.Struct("<qI")


class Item(msgspec.Struct, array_like=True, gc=False):
    """A row of a person: the table and the part of it by their places, the row's number, its texts."""

    table: int
    part: int
    number: int
    values: list[str]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Item)


class Groups:
    """A context manager, for the files are gone when it ends. Persons come in ascending order within a file.

    >>> with Groups() as groups:
    ...     groups.add(7, Item(0, 0, 2, ["7"]))
    ...     [(person, [item.number for item in items]) for person, items in groups]
    [(7, [2])]
    """

    def __init__(self, memory: int = MEMORY, files: int = FILES) -> None:
        self._memory = memory
        self._count = files
        self._rows: dict[int, list[bytes]] = {}
        self._bytes = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, person: int, item: Item) -> None:
        """Keep a row."""
        data = _ENCODER.encode(item)
        self._rows.setdefault(person, []).append(data)
        self._bytes += len(data) + 64
        if self._bytes > self._memory:
            self._spread()

    def _spread(self) -> None:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="kgtwin-omop-")  # private to its owner
            paths = [Path(self._folder.name, str(n)) for n in range(self._count)]
            self._files = [path.open("w+b") for path in paths]
        for person, rows in self._rows.items():
            file = self._files[person % self._count]
            for data in rows:
                file.write(_HEAD.pack(person, len(data)))
                file.write(data)
        self._rows = {}
        self._bytes = 0

    def __iter__(self) -> Iterator[tuple[int, list[Item]]]:
        if self._files and self._rows:
            self._spread()
        for rows in map(_read, self._files) if self._files else [self._rows]:
            for person in sorted(rows):
                yield person, [_DECODER.decode(data) for data in rows[person]]


def _read(file: IO[bytes]) -> dict[int, list[bytes]]:
    file.seek(0)
    rows: dict[int, list[bytes]] = {}
    while head := file.read(_HEAD.size):
        person, length = _HEAD.unpack(head)
        rows.setdefault(person, []).append(file.read(length))
    return rows


class Numbers:
    """A set of integers that is small where they are dense, as ids are: a bit each.

    >>> seen = Numbers()
    >>> seen.add(5), seen.add(-5), seen.add(5)
    (True, True, False)
    """

    def __init__(self) -> None:
        self._blocks: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Add a number; whether it is new."""
        block, bit = number >> 10, 1 << (number & 1023)
        found = self._blocks.get(block, 0)
        self._blocks[block] = found | bit
        return not found & bit
