"""Logical backups: one file that either store can be restored from, taken while the store is in use.

The file is gzipped lines of JSON: a header, units and the frame (``units``), and an end with the digests. A unit may
be there several times, because its patient changed while the backup was taken: the last one counts. A backup during
which a patient is erased starts again, so that nothing of the erased patient is in the file.
"""

# ruff: noqa: ASYNC230, ASYNC240  # a backup is one file, read and written by one who waits for it

from __future__ import annotations

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from kgtwin import __version__
from kgtwin.errors import FeedCompactedError, MalformedInputError, StoreError, UsageError
from kgtwin.files import owner_only
from kgtwin.store.base import GraphStore
from kgtwin.store.schema import SCHEMA_VERSION
from kgtwin.store.units import Frame, Unit, total

FORMAT: Final = 1
PATIENTS_AT_ONCE: Final = 500
"""So many patients are read in one transaction."""
NODES_AT_ONCE: Final = 40_000
"""From so many nodes on a transaction of a restore ends: copying has a price a transaction, memory one a node."""
ROUNDS: Final = 50
"""So often the patients that changed meanwhile are read again before the store counts as too busy."""

Told = Callable[[int, int], None]
"""Is told how many units are done, of how many."""


class Header(msgspec.Struct, frozen=True, tag="header", tag_field="part"):
    format: int
    schema: int
    made_by: str
    at: str


class End(msgspec.Struct, frozen=True, tag="end", tag_field="part", kw_only=True):
    """``content`` is the digest of the store, ``file`` that of all lines before this one."""

    revision: int
    patients: int
    content: str
    file: str


Part = Header | Unit | Frame | End
_PART = msgspec.json.Decoder(Part)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds; ``content`` is the same for every backup of an equal store."""

    revision: int
    patients: int
    content: str
    bytes: int


class _Changed(Exception):  # noqa: N818 - no error: the reason to start again
    """A patient was erased, or the feed was compacted, while the store was read."""


async def save(store: GraphStore, path: Path, *, told: Told = lambda done, of: None) -> Summary:
    """Write a backup of an open store, which may be used meanwhile. The file is its owner's alone, and whole or absent.

    Raises:
        UsageError: if the file is there already.
        StoreError: if the file cannot be written, or the store changes faster than it can be read.
    """
    if path.exists():
        raise UsageError("the file exists already", where=str(path), remedy="name another, or remove it")
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb", opener=owner_only) as raw:
            end = await _write(store, raw, told)
            raw.flush()
            os.fsync(raw.fileno())
        partial.rename(path)
    except OSError as error:
        raise StoreError(f"the backup cannot be written: {error.strerror}", where=str(path)) from None
    finally:
        partial.unlink(missing_ok=True)
    return Summary(revision=end.revision, patients=end.patients, content=end.content, bytes=path.stat().st_size)


async def _write(store: GraphStore, raw: IO[bytes], told: Told) -> End:
    while True:
        raw.seek(0)
        raw.truncate()
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="") as packed:
            lines = _Lines(packed)
            try:
                return await _parts(store, lines, told)
            except _Changed:
                continue


class _Lines:
    """Writes parts as lines and digests them."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._digest = sha256()

    def add(self, part: Part) -> None:
        line = msgspec.json.encode(part) + b"\n"
        self._digest.update(line)
        self._file.write(line)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


async def _parts(store: GraphStore, lines: _Lines, told: Told) -> End:
    lines.add(Header(FORMAT, SCHEMA_VERSION, __version__, datetime.now(UTC).isoformat(timespec="seconds")))
    seen = await store.revision()
    keys = [record.key for record in await store.patients()]
    digests: dict[str, str] = {}
    for _ in range(ROUNDS):
        async for unit in _units(store, keys):
            lines.add(unit)
            digests[unit.key] = unit.digest
            told(len(digests), max(len(keys), len(digests)))
        frame = await store.frame()
        if frame.revision == seen:
            lines.add(frame)
            content = total(frame, (digests[key] for key in frame.patients))
            end = End(revision=seen, patients=len(frame.patients), content=content, file=lines.digest)
            lines.add(end)
            return end
        keys, seen = await _changed(store, seen), frame.revision
    raise StoreError("the store changes faster than it can be read", remedy="take the backup at a quieter time")


async def _units(store: GraphStore, keys: list[str]) -> AsyncIterator[Unit]:
    for first in range(0, len(keys), PATIENTS_AT_ONCE):
        for unit in await store.units(keys[first : first + PATIENTS_AT_ONCE]):
            yield unit
            await asyncio.sleep(0)  # a service that takes the backup answers others meanwhile


async def _changed(store: GraphStore, seen: int) -> list[str]:
    """The patients that changed after a revision."""
    try:
        revisions = await store.revisions(after=seen)
    except FeedCompactedError:
        raise _Changed from None
    if any(one.kind == "erasure" for one in revisions):
        raise _Changed
    return sorted({key for one in revisions for key in (*one.patients, *one.shelved)})


def check(path: Path) -> tuple[End, Frame, dict[str, int]]:
    """The end and the frame of a backup whose digest holds, and the last line of each patient.

    Raises:
        MalformedInputError: if it is no backup, cut short, changed, or of another format.
    """
    frame, end = None, None
    last: dict[str, int] = {}
    digest = sha256()
    for number, (line, part) in enumerate(_lines(path)):
        if isinstance(part, Header) and (part.format, part.schema) != (FORMAT, SCHEMA_VERSION):
            raise MalformedInputError(
                f"the backup has format {part.format} and schema {part.schema}",
                where=str(path),
                expected=f"format {FORMAT} and schema {SCHEMA_VERSION}",
                remedy=f"restore it with kgtwin {part.made_by}, migrate that store, and back it up again",
            )
        if isinstance(part, End):
            end = part
            break
        if isinstance(part, Unit):
            last[part.key] = number
        elif isinstance(part, Frame):
            frame = part
        digest.update(line)
    if end is None or frame is None or end.file != digest.hexdigest() or not set(frame.patients) <= last.keys():
        raise MalformedInputError(
            "the backup is cut short or was changed", where=str(path), remedy="use another copy of it"
        )
    return end, frame, last


def _lines(path: Path) -> Iterator[tuple[bytes, Part]]:
    try:
        with gzip.open(path, "rb") as file:
            for number, line in enumerate(file):
                part = _PART.decode(line)
                if number == 0 and not isinstance(part, Header):
                    raise _no_backup(path)
                yield line, part
    except (msgspec.DecodeError, UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _no_backup(path) from error
    except OSError as error:
        raise UsageError(f"the backup cannot be read: {error.strerror}", where=str(path)) from None


def _no_backup(path: Path) -> MalformedInputError:
    return MalformedInputError(
        "this is no whole backup",
        where=str(path),
        expected="a file that `kgtwin backup` wrote",
        remedy="use another copy",
    )


async def load(path: Path, store: GraphStore, *, told: Told = lambda done, of: None) -> Summary:
    """Restore a backup into an open, empty store, and compare the digest of what is there then.

    Raises:
        MalformedInputError: if the backup is not whole; nothing is written.
        UsageError: if the store is not empty; nothing is written.
        StoreError: if what was restored is not what was saved.
    """
    end, frame, units = parts(path)
    await fill(store, frame, units, end.content, told)
    return Summary(revision=end.revision, patients=end.patients, content=end.content, bytes=path.stat().st_size)


def parts(path: Path) -> tuple[End, Frame, Iterator[Unit]]:
    """What a whole backup holds: each of the patients that belong once, as it was in the end.

    Raises:
        MalformedInputError: if the backup is not whole.
    """
    end, frame, last = check(path)
    belongs = set(frame.patients)

    def units() -> Iterator[Unit]:
        for number, (_, part) in enumerate(_lines(path)):
            if isinstance(part, Unit) and part.key in belongs and last[part.key] == number:
                yield part

    return end, frame, units()


async def fill(store: GraphStore, frame: Frame, units: Iterable[Unit], expected: str, told: Told) -> None:
    """Fill an open, empty store, and compare the digest of what is there then.

    Raises:
        UsageError: if the store is not empty; nothing is written.
        StoreError: if what was restored is not what was saved.
    """
    await store.begin_restore(frame)
    group: list[Unit] = []
    done = size = 0
    for unit in units:
        group.append(unit)
        done, size = done + 1, size + unit.size
        if size >= NODES_AT_ONCE:
            await store.restore(group)
            told(done, len(frame.patients))
            group, size = [], 0
    await store.restore(group)
    told(done, len(frame.patients))
    await store.end_restore(frame)
    if await content(store) != expected:
        raise StoreError(
            "what was restored is not what was saved", where=store.where, remedy="remove the store and report this"
        )


async def copy(source: GraphStore, target: GraphStore) -> None:
    """Copy a store that nobody writes to meanwhile into an empty one, and compare them.

    Raises:
        UsageError: if the target is not empty.
        StoreError: if the copy is not equal.
    """
    frame = await source.frame()
    await target.begin_restore(frame)
    for first in range(0, len(frame.patients), PATIENTS_AT_ONCE):
        await target.restore(await source.units(frame.patients[first : first + PATIENTS_AT_ONCE]))
    await target.end_restore(frame)
    if await content(target) != await content(source):
        raise StoreError("the copy is not equal to the store", where=target.where, remedy="remove it and report this")


async def content(store: GraphStore) -> str:
    """The digest of what an open store holds now: equal stores have equal ones, whatever database they lie in.

    Raises:
        StoreError: if the store changes meanwhile.
    """
    frame = await store.frame()
    digests = [unit.digest async for unit in _units(store, list(frame.patients))]
    if await store.revision() != frame.revision:
        raise StoreError("the store changed while it was read", remedy="ask again at a quieter time")
    return total(frame, digests)
