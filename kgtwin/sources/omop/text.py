"""Tables as text: comma, tab, semicolon or bar between the columns, a header first."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import lzma
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Final

from kgtwin.errors import InputError, MalformedInputError
from kgtwin.sources.fhir.inputs import READ_FAULTS, read_fault
from kgtwin.sources.omop.content import Broken, Row

LINE_LIMIT: Final = 2**24
"""Characters of one line, and of one field."""

SUFFIXES: Final = (".csv", ".tsv", ".txt")
COMPRESSED: Final[dict[str, Any]] = {".gz": gzip.open, ".xz": lzma.open}
_DELIMITERS: Final = "\t,;|"


class TextContent:
    """A file of text. ``opener`` opens it as bytes, inflated already."""

    unit = "line"

    def __init__(self, label: str, opener: Callable[[], IO[bytes]]) -> None:
        self.label = label
        self._opener = opener

    def columns(self) -> tuple[str, ...]:
        """The names of the header, in lower case."""
        with _reading(self._opener) as text:
            return _header(_Lines(text))[0]

    def rows(self, columns: Sequence[str], having: str = "") -> Iterator[Row | Broken]:
        """The rows; blank lines are none. Lines without ``having`` are passed over before anything looks at them."""
        with _reading(self._opener) as text:
            lines = _Lines(text)
            header, reader = _header(lines)
            lines.having = having
            at = [header.index(column) if column in header else -1 for column in columns]
            for number, fields in _records(reader, lines):
                if isinstance(fields, InputError):
                    yield Broken(number, fields)
                elif len(fields) == len(header):
                    yield _checked(number, [fields[i].strip() if i >= 0 else "" for i in at])
                elif fields:
                    yield Broken(number, _ragged(len(fields), len(header)))

    def count(self) -> int:
        """The rows that are not blank."""
        with _reading(self._opener) as text:
            lines = _Lines(text)
            return sum(bool(fields) for _, fields in _records(_header(lines)[1], lines))


class _reading:  # noqa: N801 - used as a function
    """Open a file as text, and say in our words what opening or reading it raises."""

    def __init__(self, opener: Callable[[], IO[bytes]]) -> None:
        self._opener = opener

    def __enter__(self) -> io.TextIOWrapper:
        try:
            stream = self._opener()
        except READ_FAULTS as error:
            raise read_fault(error) from None
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        return self._text

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._text.close()
        if isinstance(error, READ_FAULTS):
            raise read_fault(error) from None


class _Lines:
    """The lines of a text, counted; one that never ends is refused."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self.number = 0
        self.having = ""

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(LINE_LIMIT + 1):
            self.number += 1
            if len(line) > LINE_LIMIT:
                raise MalformedInputError(f"a line of more than {LINE_LIMIT // 2**20} MiB", expected="one row a line")
            if self.having in line:
                yield line


def _header(lines: _Lines) -> tuple[tuple[str, ...], Any]:
    """The columns, and a reader that stands behind them.

    Between tabs a quotation mark is a character (OHDSI's vocabularies come so), unless the header has one.
    """
    csv.field_size_limit(LINE_LIMIT)
    rest = iter(lines)
    first = next(rest, "")
    if not first.strip():
        raise MalformedInputError("the file has no header", expected="the names of the columns in the first line")
    delimiter = max(_DELIMITERS, key=first.count)
    plain = delimiter == "\t" and '"' not in first
    source = itertools.chain((first,), rest)
    quoting: Any = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    reader = csv.reader(source, delimiter=delimiter, quoting=quoting, strict=True)
    return tuple(name.strip().lower() for name in next(reader)), reader


def _records(reader: Any, lines: _Lines) -> Iterator[tuple[int, list[str] | InputError]]:
    """The rows with the number of their first line; one that is not well formed is an error, and the next is read."""
    while True:
        before = reader.line_num
        try:
            fields: list[str] | InputError = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fields = MalformedInputError(
                f"the row cannot be read ({error})",
                expected="quotation marks that are closed, and doubled inside",
                remedy="check the quotation marks from this line on: what stands behind an open one is not read",
            )
        yield lines.number - (reader.line_num - before) + 1, fields


def _checked(number: int, values: list[str]) -> Row | Broken:
    """A row, unless it is no UTF-8 (what could not be decoded are lone surrogates here)."""
    text = "".join(values)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            error = MalformedInputError("the text is not UTF-8", expected="UTF-8", remedy="convert the file with iconv")
            return Broken(number, error)
    return Row(number, values)


def _ragged(found: int, expected: int) -> InputError:
    return MalformedInputError(
        f"the row has {found} fields",
        expected=f"{expected}, as the header",
        remedy="check delimiters and quotation marks in this row",
    )
