"""Delimited text, plain or compressed, as rows; every fault names its file and line."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from kgtwin.errors import EmbeddingError


class Column(msgspec.Struct, frozen=True):
    """A column by its name in the header, or by its zero-based position."""

    key: str | int

    def position(self, header: list[str] | None, where: str) -> int:
        """The zero-based position of this column.

        Raises:
            EmbeddingError: if the header has no such name, or a name is asked of a file without a header.
        """
        if isinstance(self.key, int):
            return self.key
        if header is None:
            raise EmbeddingError(
                f"column {self.key!r} is asked for by name, but the file is said to have no header",
                where=where,
                remedy="set header = true, or give the column's number, counted from 0",
            )
        if self.key not in header:
            raise EmbeddingError(
                f"no column {self.key!r}",
                where=where,
                expected=f"one of {', '.join(map(repr, header))}",
                remedy="name a column of the header, or give its number, counted from 0",
            )
        return header.index(self.key)


def rows(
    path: Path,
    columns: list[str | int],
    *,
    header: bool = True,
    delimiter: str = "\t",
    comment: str | None = None,
) -> Iterator[tuple[int, list[str]]]:
    """The chosen columns of each line of a TSV, with the line's number, counted from 1.

    ``.gz`` and ``.xz`` files are unpacked on the way; empty lines and lines that start with ``comment`` are
    passed over.

    Raises:
        EmbeddingError: if the file cannot be read, is not UTF-8, has no such column or a line with too few.
    """
    with _opened(path) as stream:
        lines = _numbered(path, stream, delimiter, comment)
        names = next(lines, (0, []))[1] if header else None
        if header and not names:
            raise EmbeddingError("the file is empty", where=str(path), expected="a header line and rows")
        places = [Column(key).position(names, str(path)) for key in columns]
        yield from _picked(path, lines, places)


def _picked(path: Path, lines: Iterator[tuple[int, list[str]]], places: list[int]) -> Iterator[tuple[int, list[str]]]:
    widest = max(places)
    for number, cells in lines:
        if len(cells) <= widest:
            raise EmbeddingError(
                f"the line has {len(cells)} columns",
                where=f"{path}:{number}",
                expected=f"at least {widest + 1}",
                remedy="correct the line, or set the delimiter and the columns that the file really has",
            )
        yield number, [cells[place] for place in places]


def _numbered(path: Path, stream: IO[str], delimiter: str, comment: str | None) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, line in enumerate(stream, 1):
            text = line.rstrip("\r\n")
            if text and not (comment and text.startswith(comment)):
                yield number, text.split(delimiter)
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, UnicodeDecodeError, OSError) as error:
        raise EmbeddingError(
            f"reading stopped after line {number}: {error}",
            where=str(path),
            expected="whole UTF-8 text, plain, .gz or .xz",
            remedy="fetch the file again",
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        stream = _open(path)
    except OSError as error:
        raise EmbeddingError(
            f"the file cannot be opened: {error.strerror}",
            where=str(path),
            remedy="check the path; a relative one is taken from the configuration file's folder",
        ) from error
    with stream:
        yield stream


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
