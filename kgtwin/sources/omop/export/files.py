"""The files of an export: one a table, as CSV or Parquet, in a folder that appears when all is written."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from kgtwin.errors import UsageError
from kgtwin.files import NewFolder
from kgtwin.sources.omop.tables import EXPORTED, Table

FORMS: Final = ("csv", "parquet")
_BATCH: Final = 20_000


class Writer(Protocol):
    """Writes the rows of one table."""

    def write(self, cells: dict[str, Any]) -> None:
        """Write a row; columns that are not given are empty."""

    def close(self) -> None:
        """Write what is left, and close the file."""


class Folder:
    """The tables in the making; ``close`` makes the folder appear, ``abandon`` removes it.

    Raises:
        UsageError: if there is something at the path already, or the form is unknown.
    """

    def __init__(self, path: Path, form: str) -> None:
        if form not in FORMS:
            raise UsageError(f"no form {form!r}", expected=" or ".join(FORMS))
        self._folder = NewFolder(path)
        make = _CsvWriter if form == "csv" else _ParquetWriter
        self.tables: dict[str, Writer] = {}
        try:
            for table in EXPORTED:
                self.tables[table.name] = make(self._folder, table)
        except BaseException:
            self.abandon()
            raise

    def close(self) -> None:
        """Finish every file, then let the folder appear at its path."""
        for writer in self.tables.values():
            writer.close()
        self._folder.appear()

    def abandon(self) -> None:
        """Leave nothing behind."""
        for writer in self.tables.values():
            with suppress(OSError):
                writer.close()
        self._folder.abandon()


class _CsvWriter:
    def __init__(self, folder: NewFolder, table: Table) -> None:
        self._columns = [column.name for column in table.columns]
        file = folder.create(f"{table.name.upper()}.csv")
        self._file = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(self._columns)

    def write(self, cells: dict[str, Any]) -> None:
        self._csv.writerow([_text(cells.get(column)) for column in self._columns])

    def close(self) -> None:
        self._file.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) and abs(value.adjusted()) < 30 else str(value)


class _ParquetWriter:
    def __init__(self, folder: NewFolder, table: Table) -> None:
        import pyarrow as pa  # noqa: PLC0415 (half a second)
        import pyarrow.parquet as pq  # noqa: PLC0415

        kinds = {
            "integer": pa.int64(),
            "number": pa.float64(),
            "date": pa.date32(),
            "datetime": pa.timestamp("us"),
            "text": pa.string(),
        }
        self._table = table
        self._schema = pa.schema([pa.field(column.name, kinds[column.kind]) for column in table.columns])
        self._file = folder.create(f"{table.name}.parquet")
        self._parquet = pq.ParquetWriter(self._file, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, cells: dict[str, Any]) -> None:
        self._rows.append({c.name: _typed(cells.get(c.name), c.kind) for c in self._table.columns})
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        self._parquet.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []

    def close(self) -> None:
        if self._parquet.is_open:
            self._flush()
            self._parquet.close()
            self._file.close()


def _typed(value: Any, kind: str) -> Any:
    if value is None or value == "":
        return None
    readers: dict[str, Any] = {
        "integer": int,
        "number": float,
        "date": date.fromisoformat,
        "datetime": datetime.fromisoformat,
        "text": str,
    }
    return readers[kind](value)
