"""The rows of a population are the issues of its patients, each inferred alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.population import Rows, read_parquet, row_of, write_parquet
from tests.fuzz import times
from tests.inference.crowd import NOW, crowd
from tests.inference.factory import AT, condition, order, patient


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> Finder:
    return Finder(knowledge)


@settings(max_examples=times(40), deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.sampled_from([0, 60]), st.booleans())
def test_rows_are_what_infer_says(finder: Finder, number: int, size: int, days: int, unverified: bool) -> None:
    patients = [crowd(finder.knowledge).patient(number + more, size) for more in range(4)]
    at = NOW - timedelta(days=days)
    wanted = [
        row_of(issue)
        for record, facts in patients
        for issue in infer(record.key, record, facts, finder.knowledge, at=at, revision=0, unverified=unverified).issues
    ]
    assert Rows(finder, unverified=unverified).of(patients, at) == sorted(wanted)


def test_most_patients_are_screened_and_rules_are_not_missed(finder: Finder) -> None:
    screen, concerned = Ruling(finder).screen, 0
    for number in range(times(100)):
        record, facts = crowd(finder.knowledge).patient(number, 8)
        found = infer(record.key, record, facts, finder.knowledge, at=NOW, revision=0)
        ruled = [issue for issue in found.issues if issue.statement not in _statements(finder)]
        may = screen.may_concern(finder.columns(record, facts), NOW)
        assert may or not ruled
        concerned += may
    assert concerned < times(100)


def _statements(finder: Finder) -> set[str]:
    return {statement.curie for statement in finder.statements}


def test_rows_go_through_a_file(finder: Finder, tmp_path: Path) -> None:
    patients = [(patient(), (condition(), order(concept="rxnorm:8787")))]
    rows = Rows(finder).of(patients, AT)
    assert rows
    assert write_parquet(rows, tmp_path / "rows.parquet") == len(rows)
    assert read_parquet(tmp_path / "rows.parquet") == rows
    assert write_parquet([], tmp_path / "none.parquet") == 0
    assert read_parquet(tmp_path / "none.parquet") == []


def test_nobody(finder: Finder) -> None:
    assert Rows(finder).of([], AT) == []
