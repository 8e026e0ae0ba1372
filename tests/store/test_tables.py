"""Answers as tables: types are kept, mixtures become text, texts survive every format."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import UsageError
from kgtwin.model.twin import Table
from kgtwin.store.delimited import csv_bytes, tsv_bytes
from kgtwin.store.rdf import SparqlAnswer
from kgtwin.store.tables import MEDIA_TYPES, serialise, sparql_table, sparql_to_arrow, to_arrow

XSD = "http://www.w3.org/2001/XMLSchema#"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3), max_leaves=6
)


def column(*values: Any) -> Table:
    return Table(("x",), tuple((value,) for value in values))


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        ([1, None, 2], pa.int64(), [1, None, 2]),
        ([2**63, 1], pa.decimal128(19, 0), [Decimal(2**63), Decimal(1)]),
        ([10**40, 1], pa.string(), [str(10**40), "1"]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([2**60 + 1, 2.5], pa.string(), [str(2**60 + 1), "2.5"]),
        ([1.5, "inf", "-inf"], pa.float64(), [1.5, math.inf, -math.inf]),
        (["inf", "x"], pa.string(), ["inf", "x"]),
        ([True, None], pa.bool_(), [True, None]),
        ([True, 1], pa.string(), ["true", "1"]),
        (["a", ""], pa.string(), ["a", ""]),
        (["a", 1, None], pa.string(), ["a", "1", None]),
        ([None, None], pa.null(), [None, None]),
        ([], pa.null(), []),
        ([[1, 2], [], None], pa.list_(pa.int64()), [[1, 2], [], None]),
        ([["a"], [None]], pa.list_(pa.string()), [["a"], [None]]),
        ([[], []], pa.list_(pa.string()), [[], []]),
        ([[1, "a"]], pa.string(), ['[1,"a"]']),
        ([[[1]], [2]], pa.string(), ["[[1]]", "[2]"]),
        ([{"label": "Patient", "n": 1}, {"label": "Concept"}], pa.string(),
         ['{"label":"Patient","n":1}', '{"label":"Concept"}']),
        ([{}], pa.string(), ["{}"]),
    ],
)  # fmt: skip
def test_a_column_of_cypher_has_one_type(values: list[Any], kind: pa.DataType, found: list[Any]) -> None:
    table = to_arrow(column(*values))
    assert (table.schema.field("x").type, table.column("x").to_pylist()) == (kind, found)
    assert pq.read_table(io.BytesIO(serialise(column(*values), "parquet"))).column("x").to_pylist() == found


@pytest.mark.parametrize(
    ("values", "noted"), [([1, "a"], True), ([1, 2], False), ([[1], ["a"]], True), ([1, 2.5], False)]
)
def test_a_mixture_is_noted_in_the_schema(values: list[Any], noted: bool) -> None:
    metadata = to_arrow(column(*values)).schema.field("x").metadata or {}
    assert (metadata.get(b"note") == b"values of several types, as text") is noted


@given(st.lists(st.tuples(VALUES, VALUES), max_size=6), st.booleans())
def test_any_answer_has_every_format(rows: list[tuple[Any, Any]], truncated: bool) -> None:
    table = Table(("a", "b"), tuple(rows), truncated)
    for format_ in MEDIA_TYPES:
        assert isinstance(serialise(table, format_), bytes)
    arrow = pa.ipc.open_stream(serialise(table, "arrow")).read_all()
    assert (arrow.num_rows, arrow.column_names) == (len(rows), ["a", "b"])
    assert arrow.schema.metadata[b"truncated"] == str(truncated).lower().encode()
    assert json.loads(serialise(table, "json")) == json.loads(msgspec.json.encode(table))


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=5))
def test_texts_survive_csv_and_tsv(rows: list[tuple[str, str]]) -> None:
    table = Table(("a", "b"), tuple(rows))
    if not any("\x00" in text for row in rows for text in row):
        read = list(csv.reader(io.StringIO(csv_bytes(table).decode(), newline="")))
        assert read == [["a", "b"], *map(list, rows)]
    lines = tsv_bytes(table).decode().split("\n")
    assert lines.pop() == ""
    assert [[unescaped(cell) for cell in line.split("\t")] for line in lines[1:]] == [list(row) for row in rows]


def unescaped(cell: str) -> str:
    signs = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    found, escape = "", False
    for sign in cell:
        found, escape = (
            (found + signs[sign], False) if escape else (found, True) if sign == "\\" else (found + sign, False)
        )
    return found


def test_an_empty_text_is_not_an_unset_value() -> None:
    assert csv_bytes(column("", None, 0)) == b'x\r\n""\r\n\r\n0\r\n'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", '=HYPERLINK("http://x")']
)
def test_formulas_are_disarmed_for_a_spreadsheet_alone(text: str) -> None:
    def read(data: bytes) -> str:
        return list(csv.reader(io.StringIO(data.decode(), newline="")))[1][0]

    assert read(csv_bytes(column(text))) == text
    assert read(csv_bytes(column(text), spreadsheet=True)) == "'" + text
    assert csv_bytes(column(-5, "a-b"), spreadsheet=True) == b"x\r\n-5\r\na-b\r\n"


def answer(*terms: dict[str, Any] | None, **how: Any) -> SparqlAnswer:
    rows = [{} if term is None else {"x": term} for term in terms]
    body = msgspec.json.encode({"head": {"vars": ["x"]}, "results": {"bindings": rows}})
    return SparqlAnswer(form="SELECT", format="json", media_type="x/y", body=body, **how)


def literal(value: str, datatype: str = "string") -> dict[str, Any]:
    return {"type": "literal", "value": value, "datatype": XSD + datatype}


@pytest.mark.parametrize(
    ("terms", "kind", "found"),
    [
        ([literal("5", "integer"), None, literal("-7", "unsignedByte")], pa.int64(), [5, None, -7]),
        ([literal("5.10", "decimal"), literal("12", "integer")], pa.decimal128(4, 2), [Decimal("5.10"), Decimal(12)]),
        ([literal("1E3", "double"), literal("INF", "float")], pa.float64(), [1000.0, math.inf]),
        ([literal("1.5", "decimal"), literal("2e0", "double")], pa.float64(), [1.5, 2.0]),
        ([literal("true", "boolean"), literal("0", "boolean")], pa.bool_(), [True, False]),
        ([literal("2020-02-29", "date")], pa.date32(), [date(2020, 2, 29)]),
        ([literal("2020-02-30", "date")], pa.string(), ["2020-02-30"]),
        ([literal("2020-02-29", "date"), literal("2020-02", "gYearMonth")], pa.string(), ["2020-02-29", "2020-02"]),
        ([literal("2020-01-01T12:00:00+02:00", "dateTime"), literal("2020-01-01T12:00:00.5Z", "dateTime")],
         pa.timestamp("us", "UTC"),
         [datetime(2020, 1, 1, 10, tzinfo=UTC), datetime(2020, 1, 1, 12, 0, 0, 500000, UTC)]),
        ([literal("2020-01-01T12:00:00", "dateTime")], pa.timestamp("us"), [datetime(2020, 1, 1, 12)]),
        ([literal("2020-01-01T12:00:00", "dateTime"), literal("2020-01-01T12:00:00Z", "dateTime")], pa.string(),
         ["2020-01-01T12:00:00", "2020-01-01T12:00:00+00:00"]),
        ([literal("x", "integer")], pa.string(), ["x"]),
        ([literal("9" * 500, "integer")], pa.string(), ["9" * 500]),
        ([{"type": "uri", "value": "urn:a"}, {"type": "bnode", "value": "b"}], pa.string(), ["urn:a", "_:b"]),
        ([{"type": "literal", "value": "a", "xml:lang": "en"}, literal("5", "integer")], pa.string(), ["a", "5"]),
        ([{"type": "literal", "value": "POINT(0 0)", "datatype": "urn:geo"}], pa.string(), ["POINT(0 0)"]),
    ],
)  # fmt: skip
def test_a_column_of_sparql_has_the_type_of_its_literals(
    terms: list[dict[str, Any] | None], kind: pa.DataType, found: list[Any]
) -> None:
    table = sparql_to_arrow(answer(*terms))
    assert (table.schema.field("x").type, table.column("x").to_pylist()) == (kind, found)
    assert pq.read_table(io.BytesIO(serialise(table, "parquet"))).column("x").to_pylist() == found


def test_what_the_schema_tells() -> None:
    metadata = sparql_to_arrow(answer(truncated=True, revision=17)).schema.metadata
    assert metadata == {b"truncated": b"true", b"revision": b"17"}


def test_a_truth_is_a_table_of_one_cell() -> None:
    asked = SparqlAnswer(form="ASK", format="json", media_type="x/y", body=b'{"head": {}, "boolean": true}')
    assert sparql_table(asked) == Table(("boolean",), ((True,),))


@pytest.mark.parametrize(("form", "format_"), [("SELECT", "csv"), ("CONSTRUCT", "turtle")])
def test_what_is_no_table(form: str, format_: str) -> None:
    with pytest.raises(UsageError, match="no table"):
        sparql_table(SparqlAnswer(form=form, format=format_, media_type="x/y", body=b""))
    with pytest.raises(UsageError, match="no format"):
        serialise(column(1), "xlsx")
