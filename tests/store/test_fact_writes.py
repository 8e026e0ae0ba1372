"""Many facts by ``COPY`` and few by ``UNWIND`` make the same graph."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from kgtwin.model.concept import Coded
from kgtwin.model.fact import FactKind
from kgtwin.model.submission import Submission
from kgtwin.store import backup, bulk, fact_writes
from kgtwin.store.ladybug import LadybugStore
from tests.store.builders import (
    DIABETES,
    METFORMIN,
    MI,
    POTASSIUM,
    UNMAPPED,
    make_fact,
    make_patient,
    make_resource,
    make_submission,
    millimole,
)

pytestmark = pytest.mark.anyio
BOTH = Coded(MI.codings + DIABETES.codings, MI.matches + DIABETES.matches)


def submissions(version: str) -> list[Submission]:
    """Two patients with facts of three kinds: without a concept, with two, with a value."""
    given = []
    for patient in ("p1", "p2"):
        stated = [
            make_fact(patient, f"Condition/{patient}-c", version),
            make_fact(patient, f"Condition/{patient}-u", version, code=UNMAPPED, start=None, status=None),
            make_fact(patient, f"MedicationRequest/{patient}-m", version, kind=FactKind.MEDICATION, code=METFORMIN),
            make_fact(
                patient,
                f"Observation/{patient}-o",
                version,
                kind=FactKind.OBSERVATION,
                code=POTASSIUM,
                value=millimole("5.10"),
            ),
            make_fact(patient, f"Condition/{patient}-2", version, code=BOTH),
        ]
        resources = (make_patient(patient, version), *(make_resource(fact) for fact in stated))
        given.append(make_submission(*resources, label=f"{patient}@{version}"))
    return given


async def content(path: Path) -> str:
    async with LadybugStore(path, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as store:
        for version in ("2", "3", "1"):
            await store.write_all(submissions(version))
        return await backup.content(store)


async def test_both_ways_make_the_same_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = await content(tmp_path / "few.lbdb")
    tables = Mock(side_effect=bulk.arrow_table)
    monkeypatch.setattr(bulk, "arrow_table", tables)
    monkeypatch.setattr(fact_writes, "MANY", 1)
    monkeypatch.setattr(bulk, "MANY", 1)
    assert await content(tmp_path / "many.lbdb") == few
    assert tables.called
