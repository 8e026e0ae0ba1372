"""The answers of both query doors as tables for other tools: Arrow, Parquet, CSV, TSV, JSON.

Types are kept where a column has one; a column of several becomes text, and its field says so in its metadata
(``note``). A schema says in its metadata whether a limit cut the rows (``truncated``) and, for SPARQL, at which
``revision``.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from kgtwin.errors import UsageError
from kgtwin.model.twin import Table
from kgtwin.store.columns import column_of, scalar
from kgtwin.store.delimited import csv_bytes, tsv_bytes
from kgtwin.store.literals import cell_of

if TYPE_CHECKING:
    import pyarrow as pa

    from kgtwin.store.rdf import SparqlAnswer

MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
"""The formats of a table, and their media types."""
BINARY: Final = frozenset({"arrow", "parquet"})
_TEXTS: Final[dict[str, Callable[[Table], bytes]]] = {"json": msgspec.json.encode, "csv": csv_bytes, "tsv": tsv_bytes}


def to_arrow(table: Table) -> pa.Table:
    """A Cypher answer as an Arrow table.

    Integers are ``int64`` (``decimal128`` beyond 64 bits), numbers with a fraction ``double``, texts ``string``,
    lists of one such type a ``list``; maps, nodes, edges and paths are JSON in a ``string``, so that a column's type
    does not hang on which nodes it holds. Dates are text, as stored: many are partial.

    >>> to_arrow(Table(("n", "key"), ((1, "a"), (None, "b")))).schema.field("n").type
    DataType(int64)
    """
    columns = [[scalar(row[place]) for row in table.rows] for place in range(len(table.columns))]
    return _arrow(table.columns, columns, {"truncated": str(table.truncated).lower()})


def sparql_table(answer: SparqlAnswer) -> Table:
    """A SPARQL answer in ``json`` as columns of Python values: ``int``, ``Decimal``, ``float``, ``bool``, ``date``,
    ``datetime``, ``str``. An IRI is its text, a blank node ``_:label``; an ASK has the one column ``boolean``.

    Raises:
        UsageError: if it is a graph, or in another format.
    """
    if answer.format != "json" or answer.form not in {"SELECT", "ASK"}:
        raise no_table(answer.format)
    found = msgspec.json.decode(answer.body)
    if "boolean" in found:
        return Table(("boolean",), ((found["boolean"],),))
    names = tuple(found["head"]["vars"])
    rows = (tuple(cell_of(row.get(name)) for name in names) for row in found["results"]["bindings"])
    return Table(names, tuple(rows), answer.truncated)


def no_table(what: str) -> UsageError:
    """Why an answer is no table."""
    return UsageError(f"no table in {what}", expected="a SELECT or an ASK", remedy='ask with format="json"')


def sparql_to_arrow(answer: SparqlAnswer) -> pa.Table:
    """A SPARQL answer in ``json`` as an Arrow table, by the XSD types of its literals.

    ``xsd:integer`` and what derives from it is ``int64``, ``xsd:decimal`` ``decimal128``, ``xsd:double`` and
    ``xsd:float`` ``double``, ``xsd:boolean`` ``bool``, ``xsd:date`` ``date32``, ``xsd:dateTime`` ``timestamp`` (in UTC
    where all have a zone); everything else, partial dates too, is text.

    Raises:
        UsageError: if it is a graph, or in another format.
    """
    table = sparql_table(answer)
    columns = [[row[place] for row in table.rows] for place in range(len(table.columns))]
    told = {"truncated": str(table.truncated).lower()}
    if answer.revision is not None:
        told["revision"] = str(answer.revision)
    return _arrow(table.columns, columns, told)


def serialise(table: Table | pa.Table, format: str) -> bytes:
    """A table as ``arrow`` (an IPC stream), ``parquet``, ``csv``, ``tsv`` or ``json``.

    Texts stand in CSV as they are, also those that a spreadsheet takes for formulas: see ``csv_bytes``.

    Raises:
        UsageError: if there is no such format.

    >>> serialise(Table(("a",), (("x,y",), (None,))), "csv")
    b'a\\r\\n"x,y"\\r\\n\\r\\n'
    """
    if isinstance(table, Table) and format in _TEXTS:
        return _TEXTS[format](table)
    arrow = to_arrow(table) if isinstance(table, Table) else table
    if format == "arrow":
        return _ipc(arrow)
    if format == "parquet":
        return _parquet(arrow)
    raise UsageError(f"no format {format!r}", expected=f"one of {', '.join(MEDIA_TYPES)}")


def _arrow(names: tuple[str, ...], columns: list[list[Any]], told: dict[str, str]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and most commands need none

    made = [column_of(values) for values in columns]
    fields = [
        pa.field(name, array.type, metadata=None if note is None else {"note": note})
        for name, (array, note) in zip(names, made, strict=True)
    ]
    return pa.Table.from_arrays([array for array, _ in made], schema=pa.schema(fields, metadata=told))


def _ipc(table: pa.Table) -> bytes:
    import pyarrow as pa  # noqa: PLC0415

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq  # noqa: PLC0415

    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
