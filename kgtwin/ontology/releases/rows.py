"""Rows of delimited files: a line that is no UTF-8 text or has a wrong number of columns is told and left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.ontology.releases.log import Log

MARK: Final = b"\xef\xbb\xbf"

Row = tuple[int, list[str]]
"""A line's number, from 1, and its fields."""


def rows(file: Path, separator: str, width: int, log: Log, *, first: int = 1) -> Iterator[Row]:
    """The rows of a release's file from line ``first`` on; each line ends in a line break.

    Raises:
        OntologyError: it cannot be read.
    """
    name, number = str(file), 0
    for chunk in _chunks(file):
        try:
            texts = chunk.decode().replace("\r\n", "\n").split("\n")
        except UnicodeDecodeError:
            lines = chunk.split(b"\n")
            texts = [_text(raw, name, number + place, log) for place, raw in enumerate(lines, 1)]
        ending = texts.pop()
        for text in texts:
            number += 1
            fields = text.split(separator)
            if len(fields) == width:
                if number >= first:
                    yield number, fields
            elif number >= first and text is not _WRONG:
                _wrong_width(name, number, len(fields), width, log)
        if ending and ending is not _WRONG:
            _cut_off(name, number + 1, log)


_WRONG: Final = "\x00 told"
"""Stands for a line that is no text and was told already."""
_CHUNK: Final = 1 << 22


def _chunks(file: Path) -> Iterator[bytes]:
    """A file in pieces of whole lines; the last one may lack its line break."""
    try:
        with file.open("rb") as content:
            rest = content.read(len(MARK)).removeprefix(MARK)
            while piece := content.read(_CHUNK):
                whole, end, piece = piece.rpartition(b"\n")
                if end:
                    yield rest + whole + end
                    rest = piece
                else:
                    rest += piece
            if rest:
                yield rest
    except OSError as error:
        raise OntologyError(f"it cannot be read: {error.strerror}", where=str(file)) from None


def _text(raw: bytes, name: str, number: int, log: Log) -> str:
    found = decoded(raw, name, number, log)
    return _WRONG if found is None else found.removesuffix("\r")


def _cut_off(name: str, number: int, log: Log) -> None:
    log.reject(
        "cut-off", "the file ends within this line", name, number,
        expected="a line break at the end", remedy="take the file from the release again",
    )  # fmt: skip


def decoded(raw: bytes, name: str, number: int, log: Log) -> str | None:
    """A line as text; one that is no UTF-8 is told, with the column of its first wrong byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        log.reject(
            "bad-utf8", f"byte {error.start + 1} of the line is no UTF-8", name, number,
            expected="text in UTF-8", remedy="save the file as UTF-8, or take it from the release again",
        )  # fmt: skip
        return None


def _wrong_width(name: str, number: int, found: int, width: int, log: Log) -> None:
    log.reject(
        "columns", f"the line has {found} columns", name, number,
        expected=f"{width} columns", remedy="take the file from the release again",
    )  # fmt: skip


def check_header(file: Path, columns: tuple[str, ...]) -> None:
    """Compares the first line of an RF2 file with the columns that it must name.

    Raises:
        OntologySyntaxError: it names others; says which column and what was expected.
        OntologyError: it cannot be read.
    """
    line = next(_chunks(file), b"").partition(b"\n")[0].decode(errors="replace").rstrip("\r")
    found = line.split("\t") if line else []
    if tuple(found) == columns:
        return
    missing = [column for column in columns if column not in found]
    told = f"the column {missing[0]} is missing" if missing else f"the columns are {', '.join(found)[:200]}"
    raise OntologySyntaxError(
        told,
        where=f"{file}:1",
        expected="tab-separated columns " + ", ".join(columns),
        remedy="use the file as released, with its header and tabs",
    )


def digest_of_files(files: Iterable[Path]) -> str:
    """One digest of some files, whatever their order.

    Raises:
        OntologyError: one cannot be read.
    """
    hashes = []
    for file in files:
        try:
            with file.open("rb") as content:
                hashes.append(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise OntologyError(f"it cannot be read: {error.strerror}", where=str(file)) from None
    return hashes[0].hex() if len(hashes) == 1 else hashlib.sha256(b"".join(sorted(hashes))).hexdigest()
