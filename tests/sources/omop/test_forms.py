"""The same tables in every form give the same facts."""

from __future__ import annotations

import builtins
import csv
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtwin.errors import InputError, InvalidResourceError, MissingExtraError, UsageError
from kgtwin.sources import omop
from kgtwin.sources.omop.database import label_of, open_postgres
from kgtwin.sources.omop.tables import EXPORTED, TABLES
from tests.sources.omop.tables import (
    PERSON,
    concept,
    facts_of,
    maps_to,
    problems_of,
    records_of,
    submissions,
    write_tables,
)

ARCHIVE = Path(__file__).resolve().parents[4] / "shared" / "data" / "omop" / "Synthea27Nj_5.4.zip"

ROWS: dict[str, Any] = {
    "person": [PERSON],
    "condition_occurrence": [
        {
            "condition_occurrence_id": 5,
            "person_id": 1,
            "condition_concept_id": 320128,
            "condition_start_date": "2019-03-04",
            "condition_start_datetime": "2019-03-04 10:30:00",
            "condition_source_value": "I10, with a comma",
            "condition_source_concept_id": 35207668,
        }
    ],
    "measurement": [
        {
            "measurement_id": 7,
            "person_id": 1,
            "measurement_concept_id": 3016723,
            "measurement_date": "2021-01-02",
            "value_as_number": 1.5,
            "unit_concept_id": 8840,
        }
    ],
    "concept": [
        concept(320128, "59621000", "Essential hypertension"),
        concept(35207668, "I10", "Essential (primary) hypertension", vocabulary="ICD10CM", s=""),
        concept(3016723, "2160-0", 'Creatinine ["Mass"/volume]', "Measurement", "LOINC"),
        concept(8840, "mg/dL", "milligram per deciliter", "Unit", "UCUM"),
    ],
    "concept_relationship": [maps_to(35207668, 320128)],
}


def as_commas(folder: Path) -> Path:
    return write_tables(folder, ROWS)


def as_tabs(folder: Path) -> Path:
    """As OHDSI's Athena gives it: tabs, lower case, and quotation marks that are characters."""
    folder.mkdir()
    for name, rows in ROWS.items():
        columns = [column.name for column in TABLES[name].columns]
        lines = ["\t".join(columns), *("\t".join(str(row.get(c, "")) for c in columns) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def as_gzip(folder: Path) -> Path:
    plain = as_commas(folder.with_name("plain"))
    folder.mkdir()
    for path in plain.iterdir():
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    return folder


def as_zip(folder: Path) -> Path:
    plain = as_commas(folder.with_name("plain"))
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in plain.iterdir():
            file.write(path, f"cdm/{path.name}")
        file.writestr("__MACOSX/._PERSON.csv", b"\x00\x05")
    return archive


def arrow_tables() -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415

    from kgtwin.sources.omop.export.files import _typed  # noqa: PLC0415

    def cells(row: dict[str, Any], name: str) -> dict[str, Any]:
        return {c.name: _typed(row.get(c.name), c.kind) for c in TABLES[name].columns}

    return {name: pa.Table.from_pylist([cells(row, name) for row in rows]) for name, rows in ROWS.items()}


def as_parquet(folder: Path) -> Path:
    import pyarrow.parquet as pq  # noqa: PLC0415

    folder.mkdir()
    for name, table in arrow_tables().items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def as_parts(folder: Path) -> Path:
    """As Spark writes it: a folder a table."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    for name, table in arrow_tables().items():
        (folder / name).mkdir(parents=True)
        pq.write_table(table, folder / name / "part-0.parquet")
        (folder / name / "_SUCCESS").touch()
    return folder


def as_duckdb(folder: Path) -> Path:
    duckdb = pytest.importorskip("duckdb", reason="the extra omop is not installed")
    path = folder.with_suffix(".duckdb")
    connection = duckdb.connect(str(path))
    connection.execute("CREATE SCHEMA clinic")
    for name, table in arrow_tables().items():
        connection.register("rows", table)
        connection.execute(f"CREATE TABLE clinic.{name.upper()} AS SELECT * FROM rows")
        connection.unregister("rows")
    connection.close()
    return path


FORMS = [as_commas, as_tabs, as_gzip, as_zip, as_parquet, as_parts, as_duckdb]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_facts(form: Callable[[Path], Path], tmp_path: Path) -> None:
    expected = submissions(as_commas(tmp_path / "expected"))
    path = form(tmp_path / "cdm")
    found = submissions(path)
    assert omop.recognises(str(path))
    assert problems_of(found) == []
    assert len(facts_of(expected)) == 2
    assert facts_of(found) == facts_of(expected)
    assert records_of(found) == records_of(expected)


@pytest.mark.parametrize("form", FORMS)
def test_rows_are_counted_in_every_form(form: Callable[[Path], Path], tmp_path: Path) -> None:
    from kgtwin.sources.omop.locating import locate  # noqa: PLC0415

    holding = locate(str(form(tmp_path / "cdm")))
    counts = {name: sum(content.count() for content in contents) for name, contents in holding.tables.items()}
    holding.close()
    assert counts == {name: len(rows) for name, rows in ROWS.items()}


def test_the_vocabulary_may_be_elsewhere(tmp_path: Path) -> None:
    data = {name: rows for name, rows in ROWS.items() if not name.startswith("concept")}
    concepts = {name: rows for name, rows in ROWS.items() if name.startswith("concept")}
    apart = submissions(
        write_tables(tmp_path / "data", data), vocabulary=str(write_tables(tmp_path / "concepts", concepts))
    )
    assert facts_of(apart) == facts_of(submissions(as_commas(tmp_path / "both")))


def test_without_a_vocabulary_codes_are_concept_ids(tmp_path: Path) -> None:
    data = {name: rows for name, rows in ROWS.items() if not name.startswith("concept")}
    found = submissions(write_tables(tmp_path / "data", data))
    (problem,) = problems_of(found)
    assert "CONCEPT" in problem.message
    assert not problem.rejected
    coding = facts_of(found)["condition_occurrence/5"].code.codings[0]
    assert (coding.system, coding.code) == ("https://fhir-terminology.ohdsi.org", "320128")


def test_what_is_not_omop_is_not_recognised(tmp_path: Path) -> None:
    (tmp_path / "patient.json").write_text("{}")
    (tmp_path / "other.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    for path in (tmp_path, tmp_path / "patient.json", tmp_path / "other.zip", tmp_path / "broken.zip", tmp_path / "no"):
        assert not omop.recognises(str(path))


def test_fhir_s_persons_are_not_omop_s(tmp_path: Path) -> None:
    (tmp_path / "fhir" / "Person").mkdir(parents=True)
    (tmp_path / "fhir" / "Person" / "p.json").write_text('{"resourceType": "Person"}')
    (tmp_path / "fhir" / "Person.ndjson").write_text('{"resourceType": "Person"}')
    with zipfile.ZipFile(tmp_path / "fhir.zip", "w") as archive:
        archive.mkdir("Person")
        archive.writestr("Person/p.json", '{"resourceType": "Person"}')
    assert not omop.recognises(str(tmp_path / "fhir"))
    assert not omop.recognises(str(tmp_path / "fhir.zip"))


def test_a_path_that_holds_no_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no tables")
    with pytest.raises(UsageError):
        submissions(tmp_path / "missing")
    with pytest.raises(UsageError):
        submissions(tmp_path / "a.txt")
    with pytest.raises(InvalidResourceError, match="PERSON"):
        submissions(tmp_path)


def test_duckdb_is_asked_for_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cdm.duckdb"
    path.write_bytes(bytes(8) + b"DUCK" + bytes(100))
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "duckdb":
            raise ModuleNotFoundError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"kgtwin\[omop\]"):
        submissions(path)


def test_a_damaged_database_is_an_error_without_its_words(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="the extra omop is not installed")
    path = tmp_path / "cdm.duckdb"
    path.write_bytes(bytes(8) + b"DUCK" + b"secret" * 1000)
    with pytest.raises(InputError) as raised:
        submissions(path)
    assert str(path) in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_database_that_does_not_answer_tells_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra omop is not installed")
    url = "postgresql://me:secret@127.0.0.1:1/clinic?schema=cdm"
    asked: list[str] = []

    class Connection:
        def execute(self, query: str) -> None:
            asked.append(query)
            if query.startswith("ATTACH"):
                raise duckdb.IOException(f"unable to connect: {url}")

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setattr(duckdb, "connect", Connection)
    with pytest.raises(InputError) as raised:
        open_postgres(url)
    assert "secret" not in str(raised.value)
    assert "127.0.0.1:1/clinic" in str(raised.value)
    assert asked[1:] == [
        "ATTACH 'postgresql://me:secret@127.0.0.1:1/clinic' AS clinic (TYPE postgres, READ_ONLY)",
        "closed",
    ]
    assert label_of(url) == "postgresql://127.0.0.1:1/clinic"


def test_tables_in_two_schemas_are_not_guessed_between(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra omop is not installed")
    path = tmp_path / "two.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.person (x INT); CREATE TABLE b.person (x INT)")
    connection.close()
    with pytest.raises(UsageError, match="several schemas"):
        submissions(path)


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the shared OMOP archive is not here")
def test_the_columns_are_those_of_real_tables() -> None:
    """The oracle: OHDSI's own archive of CDM 5.4."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        for table in (*EXPORTED, TABLES["concept"], TABLES["concept_relationship"]):
            header = next(csv.reader([archive.read(f"{table.name.upper()}.csv").decode().splitlines()[0]]))
            assert [column.name for column in table.columns] == header
