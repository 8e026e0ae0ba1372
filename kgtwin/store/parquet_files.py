"""The files of a Parquet export: one a label and one a kind of edge, their rows in the order of the patients.

A node has the properties that the schema gives its label. An edge has the keys and the labels of its two ends, and the
patient that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from kgtwin.errors import MalformedInputError
from kgtwin.files import NewFolder, writing
from kgtwin.store.bulk import ROLE, arrow_table
from kgtwin.store.schema import EDGES, FACT_EDGES, NODES
from kgtwin.store.units import HANGING, TAXONOMY, Frame, Row, Unit

_EDGE: Final = {"src": "STRING", "dst": "STRING", "srcLabel": "STRING", "dstLabel": "STRING", "patient": "STRING"}
COLUMNS: Final = {
    **NODES,
    **{edge: {**_EDGE, "property": "STRING"} if edge == ROLE else _EDGE for edge in EDGES},
}
"""The columns of each file, by the label or the kind of edge, and their types in the schema."""
FILES: Final = {name: f"{'nodes' if name in NODES else 'edges'}/{name}.parquet" for name in COLUMNS}
"""Label or kind of edge to its file."""
ROWS: Final = 20_000
"""Rows of a row group at most."""
READ: Final = 2_000
"""Rows that are read at once."""
CHARACTERS: Final = 16 << 20
"""Characters of texts in a row group, more or less: what is not written yet is in memory."""
_STORE: Final = ("revision", "knowledge", "digest", "compacted")
_LOOSE: Final = ("Concept", "Revision", "Consumer")
"""Labels whose nodes are no patient's."""


class Writer:
    """Writes the rows of all files; ``close`` before the folder appears, ``abandon`` where it shall not."""

    def __init__(self, folder: NewFolder) -> None:
        self._tables: dict[str, _Table] = {}
        try:
            for name in FILES:
                self._tables[name] = _Table(folder, name)
        except BaseException:
            self.abandon()
            raise

    def frame(self, frame: Frame, schema: int) -> None:
        """What is nobody's: it stands first."""
        store = {name: getattr(frame, name) for name in _STORE} | {"id": "store", "schema": schema}
        self._tables["Store"].add(tuple(store.get(name) for name in NODES["Store"]))
        for label, rows in frame.nodes.items():
            self._add(label, rows)
        for edge, ends in frame.edges.items():
            self._add(edge, [(a, b, "Concept", "Concept", None, *extra) for a, b, *extra in ends])

    def unit(self, unit: Unit) -> None:
        """What is a patient's."""
        kinds = {row[0]: label for label in FACT_EDGES for row in unit.nodes.get(label, ())}
        for label, rows in unit.nodes.items():
            self._add(label, rows)
            if label in HANGING:
                self._add(HANGING[label], [(unit.key, row[0], "Patient", label, unit.key) for row in rows])
        self._add("CODED_AS", [(fact, to, kinds.get(fact), "Concept", unit.key) for fact, to in unit.coded])
        pointed = [(issue, fact, "DetectedIssue", kinds.get(fact), unit.key) for issue, fact in unit.implicates]
        self._add("IMPLICATES", pointed)

    def _add(self, name: str, rows: Sequence[Row]) -> None:
        for row in rows:
            self._tables[name].add(row)

    def close(self) -> dict[str, int]:
        """Write what is left; the rows of each file."""
        return {FILES[name]: table.close() for name, table in self._tables.items()}

    def abandon(self) -> None:
        """Let go of every file."""
        for table in self._tables.values():
            table.abandon()


class _Table:
    def __init__(self, folder: NewFolder, name: str) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - slow to import

        self._columns = COLUMNS[name]
        self._where = folder.path / FILES[name]
        self._rows: list[Row] = []
        self._size = self._count = 0
        with self._writing():
            self._file = folder.create(FILES[name])
            try:
                schema = arrow_table(self._columns, []).schema
                self._parquet: Any = pq.ParquetWriter(self._file, schema, compression="zstd")
            except BaseException:
                self._let_go()
                raise

    def _writing(self) -> Any:
        return writing("the export", self._where)

    def add(self, row: Row) -> None:
        self._rows.append(row)
        self._size += sum(len(cell) for cell in row if isinstance(cell, str))
        if len(self._rows) >= ROWS or self._size >= CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        with self._writing():
            self._parquet.write_table(arrow_table(self._columns, self._rows))
        self._count += len(self._rows)
        self._rows, self._size = [], 0

    def close(self) -> int:
        if self._rows:
            self._flush()
        with self._writing():
            self._parquet.close()
            self._file.close()
        return self._count

    def abandon(self) -> None:
        self._parquet.is_open = False  # else it would try to write the rest when it is collected
        self._let_go()

    def _let_go(self) -> None:
        with suppress(OSError):  # of what is in the buffer, and cannot be written
            self._file.close()


def read_frame(folder: Path) -> Frame:
    """What is nobody's.

    Raises:
        MalformedInputError: if a file cannot be read.
    """
    stores = list(rows(folder, "Store"))
    if len(stores) != 1:
        raise malformed(folder, "Store", f"{len(stores)} stores")
    store = dict(zip(NODES["Store"], stores[0], strict=True))
    orphans = _Owned(folder, "Resource").take("")
    return Frame(
        **{name: store[name] for name in _STORE},
        patients=tuple(sorted(row[0] for row in rows(folder, "Patient"))),
        nodes={label: tuple(rows(folder, label)) for label in _LOOSE} | {"Resource": orphans},
        edges={edge: tuple(row[:2] + row[len(_EDGE) :] for row in rows(folder, edge)) for edge in TAXONOMY},
    )


def read_units(folder: Path) -> Iterator[Unit]:
    """What is patients', one patient after the other; a row at a time is in memory of what is read, and a row group.

    Raises:
        MalformedInputError: if a file cannot be read, or has rows that are no patient's.
    """
    labels = [*HANGING, "Resource"]
    owned = {name: _Owned(folder, name) for name in (*labels, "CODED_AS", "IMPLICATES")}
    owned["Resource"].take("")
    for row in rows(folder, "Patient"):
        key = row[0]
        nodes = {label: found for label in labels if (found := owned[label].take(key))}
        coded, implicates = (tuple(row[:2] for row in owned[edge].take(key)) for edge in ("CODED_AS", "IMPLICATES"))
        yield Unit(key, {"Patient": (row,), **nodes}, coded, implicates)
    for name, left in owned.items():
        if not left.done:
            raise malformed(folder, name, "it has rows that belong to no patient, or to one who was before")


class _Owned:
    """The rows of a file, patient by patient."""

    def __init__(self, folder: Path, name: str) -> None:
        self._groups = groupby(_with_owner(folder, name), key=itemgetter(0))
        self._owner: str | None = None
        self._rows: Iterator[tuple[str, Row]] = iter(())
        self._advance()

    def _advance(self) -> None:
        self._owner, self._rows = next(self._groups, (None, iter(())))

    @property
    def done(self) -> bool:
        return self._owner is None

    def take(self, owner: str) -> tuple[Row, ...]:
        """The rows that come next, if they are this patient's."""
        if self._owner != owner:
            return ()
        found = tuple(row for _, row in self._rows)
        self._advance()
        return found


def _with_owner(folder: Path, name: str) -> Iterator[tuple[str, Row]]:
    """Rows and the patient that each belongs to: a column, or the edge that stands in the same row of its file."""
    if name not in HANGING:
        place = list(COLUMNS[name]).index("patient")
        for row in rows(folder, name):
            yield str(row[place]), row
        return
    for node, edge in zip_longest(rows(folder, name), rows(folder, HANGING[name])):
        if node is None or edge is None or edge[1] != node[0]:
            raise malformed(folder, name, f"it does not agree with {FILES[HANGING[name]]}")
        yield edge[0], node


def rows(folder: Path, name: str) -> Iterator[Row]:
    """The rows of a file, a row group of them in memory.

    Raises:
        MalformedInputError: if it cannot be read, or has other columns.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(folder / FILES[name]) as file:
            if not file.schema_arrow.equals(arrow_table(COLUMNS[name], []).schema):
                raise malformed(folder, name, "its columns are not those of the schema")
            for group in range(file.num_row_groups):  # all at once they stay in memory
                for batch in file.iter_batches(READ, row_groups=[group]):
                    yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except (pa.ArrowException, OSError, ValueError):
        raise malformed(folder, name, "it cannot be read") from None


def malformed(folder: Path, name: str, what: str) -> MalformedInputError:
    """The error that names a file of an export."""
    return MalformedInputError(
        f"{FILES.get(name, name)}: {what}",
        where=str(folder),
        expected="a folder as `kgtwin export parquet` wrote it",
        remedy="use another copy of it",
    )
