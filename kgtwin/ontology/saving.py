"""Files that appear whole or not at all: what was there stays until all of the new one is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kgtwin.errors import UsageError

_CHUNK = 1 << 20


@contextmanager
def whole(output: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write, which takes the output's place at the end; a pipe or a device is written as it comes.

    A ``private`` one is its owner's alone, from its first byte on.

    Raises:
        OSError: it cannot be written.
    """
    in_place = output.exists() and not output.is_file()
    target = output if in_place else output.resolve()
    part = target if in_place else target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(part, "wb", buffering=_CHUNK, opener=_private if private else None) as file:
            yield file
        if not in_place:
            part.replace(target)
    finally:
        if not in_place:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def save(pieces: Iterable[bytes | memoryview], output: Path, *, private: bool = False) -> None:
    """Writes a file that somebody asked for; ``private`` as in ``whole``.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        with whole(output, private=private) as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise UsageError(
            f"this cannot be written: {error.strerror}", where=str(output), expected="a file you may write"
        ) from None
