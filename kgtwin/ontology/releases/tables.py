"""Tables with a header line, comma- or tab-separated; whoever gives one names the columns that are wanted."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kgtwin.errors import OntologyError, UsageError
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rows import MARK, decoded

SEPARATORS: Final = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".tab": "\t"}
_MAX_CELL: Final = 1 << 20


def read_table(
    file: Path, wanted: list[str], log: Log, separator: str | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """The line number and the cells of each row; one with too few or too many cells is told and left out.

    Raises:
        OntologyError: the file cannot be read.
        UsageError: a wanted column is not in the table.
    """
    name = str(file)
    reader = _reader(_texts(file, log), separator or SEPARATORS.get(file.suffix.lower(), "\t"))
    columns = [cell.strip() for cell in next(reader, (0, []))[1]]
    for column in wanted:
        if column not in columns:
            raise UsageError(
                f"there is no column {column!r}",
                where=f"{file}:1",
                expected="one of " + (", ".join(columns)[:400] or "a header line that names the columns"),
                remedy="name the column as the first line of the table does, or give --separator",
            )
    for line, cells in reader:
        if len(cells) != len(columns):
            log.reject(
                "columns", f"the row has {len(cells)} cells", name, line,
                expected=f"{len(columns)}, as the header", remedy="complete the row, or quote cells with separators",
            )  # fmt: skip
        else:
            yield line, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}


def _texts(file: Path, log: Log) -> Iterator[str]:
    """Lines of text; one that is no UTF-8 is told and blank, so that numbers stay right."""
    try:
        with file.open("rb") as content:
            for number, raw in enumerate(content, 1):
                text = decoded(raw.removeprefix(MARK) if number == 1 else raw, str(file), number, log)
                yield "\n" if text is None else text.replace("\0", "")
    except OSError as error:
        raise OntologyError(f"it cannot be read: {error.strerror}", where=str(file)) from None


def _reader(texts: Iterator[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Cells, with quotes where a cell begins and ends with them; blank lines are passed over."""
    csv.field_size_limit(_MAX_CELL)
    if separator != "\t":
        table: Any = csv.reader(texts, delimiter=separator)
        try:
            yield from ((table.line_num, cells) for cells in table if any(cells))
        except csv.Error as error:
            raise UsageError(f"line {table.line_num}: {error}", expected="comma-separated cells") from None
        return
    for number, text in enumerate(texts, 1):
        if text.strip():
            yield number, [_unquoted(cell) for cell in text.rstrip("\r\n").split("\t")]


def _unquoted(cell: str) -> str:
    is_quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"') if is_quoted else cell
