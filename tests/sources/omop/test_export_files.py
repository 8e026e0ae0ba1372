"""The files of an export, and the numbers in them."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from kgtwin.errors import InvalidResourceError, UsageError
from kgtwin.model.fact import Fact, FactKind, Identifier, PatientRecord, Provenance
from kgtwin.sources.omop.export import Export
from kgtwin.sources.omop.tables import EXPORTED, TABLES
from tests.sources.omop.tables import write_tables
from tests.sources.omop.test_export import ASTHMA, RECORD, exported, fact, medicine, read_csv


def test_every_table_has_the_columns_of_the_specification(tmp_path: Path) -> None:
    exported(tmp_path)
    for table in EXPORTED:
        header = (tmp_path / "out" / f"{table.name.upper()}.csv").read_text().splitlines()[0]
        assert header == ",".join(column.name for column in table.columns)


def test_parquet_has_the_types_of_the_specification(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    exported(tmp_path, medicine(), form="parquet")
    schema = pq.read_schema(tmp_path / "out" / "drug_exposure.parquet")
    assert schema.names == [column.name for column in TABLES["drug_exposure"].columns]
    assert schema.field("drug_exposure_id").type == pa.int64()
    assert schema.field("drug_exposure_start_date").type == pa.date32()
    assert schema.field("drug_exposure_start_datetime").type == pa.timestamp("us")
    assert schema.field("quantity").type == pa.float64()


def test_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    exported(tmp_path, medicine())
    for path in (tmp_path / "out", *(tmp_path / "out").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_the_source_is_described(tmp_path: Path) -> None:
    rows, _ = exported(tmp_path)
    (row,) = rows["cdm_source"]
    assert (row["cdm_version"], row["cdm_version_concept_id"], row["cdm_release_date"]) == (
        "5.4",
        "756265",
        "2026-01-02",
    )
    assert row["vocabulary_version"] == "unknown"


def omop_record(source: str, number: int) -> PatientRecord:
    key = f"{source}|{number}"
    origin = Provenance(source, f"person/{number}", "1")
    return PatientRecord(
        key=key, source=source, id=str(number), provenance=origin, identifiers=(Identifier(value="MRN"),)
    )


def numbers(folder: Path, everyone: Sequence[tuple[PatientRecord, list[Fact]]]) -> list[tuple[int, int]]:
    export = Export(folder / "out", today=date(2026, 1, 2))
    for record, facts in everyone:
        export.survey(record, facts)
    export.surveyed()
    for record, facts in everyone:
        export.write(record, facts)
    export.close()
    rows = read_csv(folder / "out")["condition_occurrence"]
    return [(int(row["person_id"]), int(row["condition_occurrence_id"])) for row in rows]


def test_one_omop_source_keeps_its_numbers_and_the_others_come_behind(tmp_path: Path) -> None:
    def asthma(record: PatientRecord, resource: str) -> Fact:
        return fact(FactKind.CONDITION, ASTHMA, resource=resource, source=record.source, patient=record.key)

    first, second, third = omop_record("a", 7), omop_record("a", 30), omop_record("b", 7)
    everyone = [
        (RECORD, [asthma(RECORD, "Condition/9")]),
        (first, [asthma(first, "condition_occurrence/100")]),
        (second, [asthma(second, "condition_occurrence/5")]),
        (third, [asthma(third, "condition_occurrence/100")]),
    ]
    assert numbers(tmp_path, everyone) == [(31, 101), (7, 100), (30, 5), (32, 102)]


def test_an_export_does_not_write_over_anything(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="something already"):
        Export(tmp_path / "out", today=date(2026, 1, 2))
    with pytest.raises(UsageError, match="no form"):
        Export(tmp_path / "other", form="xlsx", today=date(2026, 1, 2))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    empty = write_tables(tmp_path / "words", {"person": []})
    export = Export(tmp_path / "out", vocabulary=str(empty), today=date(2026, 1, 2))
    with pytest.raises(InvalidResourceError, match="CONCEPT"):
        export.surveyed()
    export.abandon()
    assert [path.name for path in tmp_path.iterdir()] == ["words"]
