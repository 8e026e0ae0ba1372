"""OHDSI's archive of 28 persons: loads whole, is idempotent, and comes back from an export as it was."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Quantity, TextValue
from kgtwin.model.issue import IssueKind
from kgtwin.model.submission import Submission
from kgtwin.model.time import read_time
from kgtwin.sources.omop.export import Export
from kgtwin.sources.omop.tables import EVENTS, VOCABULARY
from kgtwin.store.ladybug import LadybugStore
from tests.sources.omop.tables import facts_of, problems_of, records_of, submissions

ARCHIVE = Path(__file__).resolve().parents[4] / "shared" / "data" / "omop" / "Synthea27Nj_5.4.zip"
pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the shared OMOP archive is not here")


@pytest.fixture(scope="module")
def found() -> list[Submission]:
    return submissions(ARCHIVE)


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's concepts, with the relationships that matter: the whole table takes most of the time."""
    folder = tmp_path_factory.mktemp("vocabulary")
    with zipfile.ZipFile(ARCHIVE) as archive:
        (folder / "CONCEPT.csv").write_bytes(archive.read("CONCEPT.csv"))
        header, *lines = archive.read("CONCEPT_RELATIONSHIP.csv").splitlines(keepends=True)
    (folder / "CONCEPT_RELATIONSHIP.csv").write_bytes(b"".join([header, *(x for x in lines if b"Maps to" in x)]))
    return folder


@pytest.fixture(scope="module")
def rows() -> dict[str, int]:
    """The rows of each table, counted by the standard library."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = [name for name in archive.namelist() if "/" not in name]
        return {
            name.removesuffix(".csv"): sum(1 for _ in csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in names
            if name.removesuffix(".csv").lower() not in VOCABULARY
        }


def test_every_row_is_a_fact_or_counted(found: list[Submission], rows: dict[str, int]) -> None:
    assert problems_of(found) == []
    resources = Counter(r.resource.partition("/")[0].upper() for one in found for r in one.resources)
    counted = found[-1].counted
    assert resources == {table.name.upper(): rows[table.name.upper()] for table in EVENTS}
    assert counted == {name: n for name, n in rows.items() if name not in resources and n}
    assert sum(rows.values()) == sum(resources.values()) + sum(counted.values())


def test_one_submission_a_person(found: list[Submission]) -> None:
    assert len(found) == 29
    assert [len(one.patients) for one in found] == [1] * 28 + [0]
    assert sum(record.deceased is not None for record in records_of(found).values()) == 3


def test_the_facts_are_of_the_kinds_that_fhir_would_give(found: list[Submission]) -> None:
    facts = facts_of(found)
    kinds = Counter(fact.kind for fact in facts.values())
    assert kinds[FactKind.ENCOUNTER] == 1791
    assert kinds[FactKind.MEDICATION] == 883
    assert kinds[FactKind.ALLERGY] == 38
    assert kinds[FactKind.CONDITION] > 470, "conditions, and the findings among the observations"
    assert all(fact.code.concepts for fact in facts.values() if fact.kind is not FactKind.ENCOUNTER)


def test_every_number_and_every_unit_arrived(found: list[Submission]) -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        received = list(csv.DictReader(io.StringIO(archive.read("MEASUREMENT.csv").decode())))
    facts = facts_of(found)
    for row in received:
        value = facts[f"measurement/{row['measurement_id']}"].value
        if row["value_as_number"]:
            assert isinstance(value, Quantity)
            assert (str(value.value), value.unit) == (row["value_as_number"], row["unit_source_value"] or None)
            assert value.ucum or not row["unit_source_value"]
        else:
            assert value == (TextValue(row["value_source_value"]) if row["value_source_value"] else None)


def people(found: list[Submission]) -> Iterator[tuple[PatientRecord, list[Fact]]]:
    facts: dict[str, list[Fact]] = {}
    for fact in facts_of(found).values():
        facts.setdefault(fact.patient, []).append(fact)
    for key, record in records_of(found).items():
        yield record, facts[key]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_comes_back_as_it_was(
    found: list[Submission], rows: dict[str, int], vocabulary: Path, form: str, tmp_path: Path
) -> None:
    """Ids and versions included, for a version is the digest of what a row says."""
    export = Export(tmp_path / "out", form=form, vocabulary=str(vocabulary), today=date(2026, 1, 1))
    for record, facts in people(found):
        export.survey(record, facts)
    export.surveyed()
    for record, facts in people(found):
        export.write(record, facts)
    report = export.close()
    assert (report.left_out, report.without_concept, report.without_end) == ({}, 0, 0)
    assert report.rows == {name: rows[name.upper()] for name in report.rows}
    again = submissions(tmp_path / "out", vocabulary=str(vocabulary))
    assert problems_of(again) == []
    assert facts_of(again) == facts_of(found)
    assert records_of(again) == records_of(found)


def test_its_twins_reason(found: list[Submission], knowledge: Knowledge) -> None:
    """Two medicines of the end of 2008 that do not go together, by rows that anyone can look up."""
    record, facts = next((r, f) for r, f in people(found) if r.id == "11")
    moment = read_time("2008-09-01")
    assert moment is not None
    inference = infer(record.key, record, tuple(facts), knowledge, at=moment, revision=1)
    (issue,) = [one for one in inference.issues if one.kind is IssueKind.DRUG_DRUG]
    rows = {facts_of(found)[ref.resource].code.name for ref in issue.implicated}
    assert {ref.resource for ref in issue.implicated} == {"drug_exposure/406", "drug_exposure/407"}, rows
    assert {ref.resource for ref in issue.derivation.facts} >= {"drug_exposure/406", "drug_exposure/407"}


@pytest.mark.slow
def test_ingesting_again_changes_nothing(found: list[Submission], tmp_path: Path) -> None:
    async def twice() -> tuple[set[str], set[str]]:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            first = [await store.write(one) for one in found]
            second = [await store.write(one) for one in found]
        assert {receipt.revision for receipt in second} == {None}
        return {o for r in first for o in r.outcomes}, {o for r in second for o in r.outcomes}

    assert asyncio.run(twice()) == ({"created"}, {"unchanged"})
