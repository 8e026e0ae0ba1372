"""Files, folders, compressed files and standard input, as streams of bytes under a limit."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from kgtwin.errors import InputError, MalformedInputError, UsageError

INFLATED_LIMIT: Final = 4 * 2**30
"""Bytes that one compressed file or archive member may inflate to."""

JSON: Final = frozenset({".json"})
NDJSON: Final = frozenset({".ndjson", ".jsonl"})
READ_FAULTS: Final = (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, RuntimeError)
"""What opening or inflating a file raises (zipfile: RuntimeError for an encrypted member)."""

_COMPRESSED: Final = {".gz": gzip.open, ".xz": lzma.open}
_MAGIC: Final = {b"\x1f\x8b": ".gz", b"\xfd7zXZ\x00": ".xz", b"PK\x03\x04": ".zip"}
_TYPE: Final = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_RANK: Final = {b"Patient": 0, b"Medication": 1, b"Bundle": 2}
_DELETE: Final = re.compile(rb'"method"\s*:\s*"DELETE"')
_HEAD: Final = 4096


class Input(NamedTuple):
    """A document or a stream of them. ``lines`` says whether it is NDJSON, None that its first line tells."""

    label: str
    lines: bool | None
    open: Callable[[], IO[bytes]]


class Skipped(NamedTuple):
    """A folder or an archive with files whose suffix says that they hold no FHIR."""

    label: str
    files: int


class Failed(NamedTuple):
    """What cannot be opened."""

    label: str
    error: InputError


def check_paths(paths: Sequence[str]) -> None:
    """Check that every path is there, before anything is read.

    Raises:
        UsageError: naming the first that is not.
    """
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise UsageError(
                "there is no such file or folder",
                where=path,
                expected="FHIR R4 files, folders, or - for standard input",
            )


def inputs(paths: Sequence[str]) -> list[Input | Skipped | Failed]:
    """Everything to read: Patient files first, then Medication files, Bundles, the rest and what begins with deletes.

    Each in sorted order. A Bulk Data export's ``deleted`` files come last, so that an older export beside them does not
    bring back what they delete.
    """
    found = [item for path in paths for item in _expand(path)]
    return sorted(found, key=_rank) if len(found) > 1 else found


def _expand(path: str) -> Iterator[Input | Skipped | Failed]:
    if path == "-":
        yield Input("-", None, lambda: _sniffed(sys.stdin.buffer))
    elif Path(path).is_dir():
        yield from _folder(Path(path))
    else:
        yield from _file(Path(path))


def _folder(folder: Path) -> Iterator[Input | Skipped | Failed]:
    skipped = 0
    errors: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=errors.append):
        folders.sort()
        for name in sorted(names):
            if _form(name) is None:
                skipped += 1
            else:
                yield from _file(Path(root, name))
    for error in errors:
        yield Failed(str(error.filename), read_fault(error))
    if skipped:
        yield Skipped(str(folder), skipped)


def _file(path: Path) -> Iterator[Input | Skipped | Failed]:
    if path.suffix.lower() == ".zip":
        yield from _archive(path)
        return
    form = _form(path.name)
    if form is None:
        yield Input(str(path), None, lambda: _sniffed(path.open("rb")))
    else:
        yield Input(str(path), form in NDJSON, lambda: _inflated(path.open("rb"), path.suffix.lower()))


def _archive(path: Path) -> Iterator[Input | Skipped | Failed]:
    try:
        archive = zipfile.ZipFile(path)
    except READ_FAULTS as error:
        yield Failed(str(path), read_fault(error))
        return
    members = sorted((m for m in archive.infolist() if not m.is_dir()), key=lambda m: m.filename)
    for member in members:
        form = _form(member.filename)
        if form is not None:
            suffix = Path(member.filename).suffix.lower()
            yield Input(
                f"{path}!{member.filename}",
                form in NDJSON,
                partial(_member, archive, member, suffix),
            )
    skipped = sum(_form(member.filename) is None for member in members)
    if skipped:
        yield Skipped(str(path), skipped)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, suffix: str) -> IO[bytes]:
    return _inflated(io.BufferedReader(_Limited(archive.open(member))), suffix)


def _form(name: str) -> str | None:
    """The suffix that says what a file holds, compression aside; None when it holds no FHIR."""
    path = Path(name.lower())
    if path.suffix == ".zip":
        return path.suffix
    if path.suffix in _COMPRESSED:
        path = path.with_suffix("")
    return path.suffix if path.suffix in JSON | NDJSON else None


def _inflated(stream: IO[bytes], suffix: str) -> IO[bytes]:
    opener: Any = _COMPRESSED.get(suffix)
    return io.BufferedReader(_Limited(opener(stream), under=stream)) if opener else stream


def _sniffed(stream: IO[bytes]) -> IO[bytes]:
    """A stream whose name says nothing: its first bytes tell how it is compressed."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_Limited(stream))
    head = buffered.peek(8)[:8]
    suffix = next((suffix for magic, suffix in _MAGIC.items() if head.startswith(magic)), "")
    if suffix == ".zip":
        raise MalformedInputError(
            "a zip archive without its suffix", expected="JSON or NDJSON", remedy="name the file with the suffix .zip"
        )
    return _inflated(buffered, suffix)


class _Limited(io.RawIOBase):
    """A stream that refuses to inflate without end; closing it closes what lies ``under`` it too."""

    def __init__(self, stream: IO[bytes], limit: int | None = None, under: IO[bytes] | None = None) -> None:
        self._stream = stream
        self._under = under
        self._left = INFLATED_LIMIT if limit is None else limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise MalformedInputError(
                f"it inflates to more than {INFLATED_LIMIT // 2**30} GiB",
                expected="a smaller file",
                remedy="split it, or inflate it yourself if you trust it",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        if self._under is not None:
            self._under.close()
        super().close()


def read_fault(error: Exception) -> InputError:
    """What opening or inflating a file raised, as an error that names no local detail but its reason."""
    if isinstance(error, PermissionError):
        return InputError("permission denied", expected="a readable file", remedy="check the file's owner and mode")
    if isinstance(error, gzip.BadGzipFile | EOFError | lzma.LZMAError | zlib.error | zipfile.BadZipFile):
        return MalformedInputError(
            "the compressed file is damaged or truncated",
            expected="intact gzip, xz or zip data",
            remedy="send it again",
        )
    if isinstance(error, RuntimeError):
        return MalformedInputError(
            "the archive member is encrypted or packed in an unknown way", expected="a plain zip"
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return InputError(f"the file cannot be read: {reason}", expected="a readable file")


def _rank(item: Input | Skipped | Failed) -> int:
    """By the first resourceType in the file, so that who is referred to mostly comes before who refers."""
    if not isinstance(item, Input) or item.label == "-":
        return 2
    try:
        with item.open() as stream:
            head = stream.read(_HEAD)
    except (*READ_FAULTS, InputError):
        return 3
    if _DELETE.search(head):
        return 4
    match = _TYPE.search(head)
    return _RANK.get(match.group(1), 3) if match else 3
