"""Tables in Parquet, one file a table or a folder of parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kgtwin.sources.omop.cells import as_text
from kgtwin.sources.omop.content import Broken, Row, damaged

SUFFIX: Final = ".parquet"
_BATCH: Final = 20_000


class ParquetContent:
    """A Parquet file; its rows are read in batches."""

    unit = "row"

    def __init__(self, path: Path) -> None:
        self.label = str(path)

    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in lower case."""
        with _opened(self.label) as file:
            return tuple(name.lower() for name in file.schema_arrow.names)

    def rows(self, columns: Sequence[str], having: str = "") -> Iterator[Row | Broken]:
        """The rows, numbered from 1."""
        with _opened(self.label) as file:
            names = {name.lower(): name for name in file.schema_arrow.names}
            wanted = [names[column] for column in columns if column in names]
            number = 0
            for batch in _batches(file, wanted):
                cells = [batch.column(names[c]).to_pylist() if c in names else [None] * len(batch) for c in columns]
                for values in zip(*cells, strict=True):
                    number += 1
                    yield Row(number, [as_text(value) for value in values])

    def count(self) -> int:
        """The rows, from the file's own metadata."""
        with _opened(self.label) as file:
            return int(file.metadata.num_rows)


def _batches(file: Any, columns: list[str]) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415 (half a second)

    try:
        yield from file.iter_batches(batch_size=_BATCH, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise damaged("Parquet file", error) from None


def _opened(path: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise damaged("Parquet file", error) from None
