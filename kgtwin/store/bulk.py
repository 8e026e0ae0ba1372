"""New nodes and edges at once: many by ``COPY`` from Arrow where the store has it, others by batched ``UNWIND``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from kgtwin.store.records import Statement
from kgtwin.store.rows import Row
from kgtwin.store.schema import EDGES, FACT_EDGES, NODES, Dialect
from kgtwin.store.transaction import batch

Cells = Sequence[Any]
"""The values of a node in the order of its label's columns, None where one is unset."""

ROLE: Final = "ROLE"
MANY: Final = 500
"""Rows from which ``COPY`` pays: into a table that has rows it costs 10 to 80 ms, a row by ``UNWIND`` 0.1 ms."""
CHUNK: Final = 5_000
"""Rows that are made at once on their way into an Arrow table, where they take a tenth of the memory."""
T = TypeVar("T")


def cells(label: str, row: Row, **told: Any) -> tuple[Any, ...]:
    """A node of a label: what is told of it, and what its row says, in which an empty text is unset."""
    given = row | told
    return tuple([None if given[name] == "" else given[name] for name in NODES[label]])


def create_nodes(label: str, rows: Sequence[Cells], dialect: Dialect) -> Iterator[Statement]:
    """Create nodes that are not there yet."""
    yield from create_nodes_of(label, rows, lambda row: row, dialect)


def create_nodes_of(
    label: str, items: Sequence[T], cells_of: Callable[[T], Cells], dialect: Dialect
) -> Iterator[Statement]:
    """Create nodes that are not there yet, one of each item."""
    columns = NODES[label]
    if dialect.copies and len(items) >= MANY:
        names = ", ".join(f"`{name}`" for name in columns)
        yield Statement(f"COPY `{label}`({names}) FROM $rows", {"rows": arrow_table(columns, items, cells_of)})
        return
    rows = list(map(cells_of, items))
    if dialect.nulls:
        mark = dialect.mark if label in FACT_EDGES else ""
        given = [dict(zip(columns, row, strict=True)) for row in rows]
        yield from batch(f"UNWIND $rows AS r CREATE (n:{label}{mark}) SET n = r", "rows", given)
    else:
        yield from _create_set(label, rows, dialect)


def _create_set(label: str, rows: Sequence[Cells], dialect: Dialect) -> Iterator[Statement]:
    """Create nodes where a parameter cannot be null: together those that have the same properties."""
    alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        given = {name: cell for name, cell in zip(NODES[label], row, strict=True) if cell is not None}
        alike[tuple(given)].append(given)
    for names, given_rows in alike.items():
        body = ", ".join(f"`{name}`: r.`{name}`" for name in names)
        yield from batch(f"UNWIND $rows AS r CREATE (:`{label}` {{{body}}})", "rows", given_rows)


def create_edges(
    edge: str, ends: tuple[str, str], rows: Sequence[tuple[str, ...]], dialect: Dialect
) -> Iterator[Statement]:
    """Create edges between nodes that are there, by their keys; a ``ROLE`` has its property as a third value."""
    a, b = ends
    if dialect.copies and len(rows) >= MANY:
        names = ("from", "to", "property") if edge == ROLE else ("from", "to")
        chosen = f" (from='{a}', to='{b}')" if len(EDGES[edge]) > 1 else ""
        table = arrow_table(dict.fromkeys(names, "STRING"), rows)
        yield Statement(f"COPY `{edge}` FROM $rows{chosen}", {"rows": table})
        return
    given = [dict(zip("abp", row, strict=False)) for row in rows]
    extra = " {property: r.p}" if edge == ROLE else ""
    query = (
        f"UNWIND $rows AS r MATCH (a:{a} {{`{key_of(a)}`: r.a}}) MATCH (b:{b} {{`{key_of(b)}`: r.b}}) "
        f"CREATE (a)-[:{edge}{extra}]->(b)"
    )
    yield from batch(query, "rows", given)


def key_of(label: str) -> str:
    """The property by which a node of a label is found."""
    return next(iter(NODES[label]))


def arrow_table(
    columns: Mapping[str, str], items: Sequence[Any], cells_of: Callable[[Any], Cells] = lambda row: row
) -> Any:
    """A ``pyarrow.Table`` of one row an item; ``columns`` gives the type of each as the schema does."""
    import pyarrow as pa  # noqa: PLC0415 - only bulk work needs it

    types = {"STRING": pa.string(), "INT64": pa.int64(), "BOOL": pa.bool_(), "DOUBLE": pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    batches = []
    for first in range(0, len(items), CHUNK):
        values = zip(*map(cells_of, items[first : first + CHUNK]), strict=True)
        found = [pa.array(column, one.type) for column, one in zip(values, schema, strict=True)]
        batches.append(pa.RecordBatch.from_arrays(found, schema=schema))
    return pa.Table.from_batches(batches, schema)
