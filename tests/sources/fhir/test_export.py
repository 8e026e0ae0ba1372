"""An export: its files, and a store that is read from it again."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kgtwin.errors import UsageError
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.service import Service
from kgtwin.sources.fhir.export import Exported, export
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import ASTHMA, PATIENT, bundle, resource
from tests.store.builders import make_fact, make_key

pytestmark = pytest.mark.anyio

SAMPLES = Path(__file__).parents[3] / "samples" / "patients"
OTHER = {**PATIENT, "id": "p2"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def service_of(store: GraphStore, terminology: Terminology) -> Service:
    def none() -> Any:
        raise AssertionError("not needed here")

    return Service(store, lambda: terminology, none, none)


async def everyone(store: GraphStore) -> AsyncIterator[tuple[PatientRecord, Sequence[Fact]]]:
    for record in await store.patients():
        yield record, await store.facts(record.key)


async def given(*pairs: tuple[PatientRecord, Sequence[Fact]]) -> AsyncIterator[tuple[PatientRecord, Sequence[Fact]]]:
    for pair in pairs:
        yield pair


async def contents(store: GraphStore) -> dict[str, Any]:
    """All that is current: records, facts (with the version of each) and which version of what is current."""
    found: dict[str, Any] = {}
    async for record, facts in everyone(store):
        found[record.key] = (record, facts)
    return found


async def ingested(store: GraphStore, path: Path, terminology: Terminology, source: str) -> None:
    async for receipt in service_of(store, terminology).ingest([str(path)], source=source):
        assert receipt.rejected == 0, receipt.problems


async def test_an_export_is_read_again_to_an_equal_store(tmp_path: Path, terminology: Terminology) -> None:
    chosen = tmp_path / "in"
    chosen.mkdir()
    for path in sorted(SAMPLES.glob("*.json.xz"))[::20]:
        shutil.copy(path, chosen)
    async with LadybugStore(tmp_path / "one.lbdb") as one, LadybugStore(tmp_path / "two.lbdb") as two:
        await ingested(one, chosen, terminology, "samples")
        gone = bundle(type="transaction")
        record, facts = next(iter((await contents(one)).values()))
        condition = next(f.provenance.resource for f in facts if f.provenance.resource.startswith("Condition/"))
        gone["entry"] = [{"request": {"method": "DELETE", "url": url}} for url in (f"Patient/{record.id}", condition)]
        (chosen / "gone.json").write_text(json.dumps(gone))
        await ingested(one, chosen / "gone.json", terminology, "samples")
        before = await contents(one)
        assert not before[record.key][0].received
        exported = await export(everyone(one), tmp_path / "out", terminology)
        assert exported.unsaid == {}
        assert exported.patients == len(before) >= 3
        assert exported.facts == sum(len(facts) for _, facts in before.values()) > 500
        await ingested(two, tmp_path / "out", terminology, "samples")
        after = await contents(two)
        assert after == before
        again = await export(everyone(two), tmp_path / "again", terminology)
        assert again == exported
    files = files_in(tmp_path / "out")
    assert sorted(files) == sorted(f"{name}.ndjson" for name in exported.resources)
    assert files_in(tmp_path / "again") == files


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def modes_in(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def written(folder: Path, *documents: Any) -> Exported:
    async with LadybugStore(folder.with_suffix(".lbdb")) as store:
        for document in documents:
            _, receipt = await service_of(store, Terminology()).submit(
                json.dumps(document).encode(), source="local", label="x"
            )
            assert receipt.rejected == 0, receipt.problems
        return await export(everyone(store), folder, Terminology())


async def test_the_files_are_their_owner_s_alone_and_one_resource_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    found = await written(folder, bundle(PATIENT, OTHER, resource("Condition", code=ASTHMA)))
    assert found == Exported(2, 1, {"Condition": 1, "Patient": 2}, {})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes_in(folder) == {0o600}
    lines = files_in(folder)["Patient.ndjson"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["p1", "p2"]


async def test_a_deleted_patient_is_written_and_deleted_again(tmp_path: Path) -> None:
    delete = {"resourceType": "Bundle", "type": "transaction"}
    delete["entry"] = [{"request": {"method": "DELETE", "url": "Patient/p1"}}]  # type: ignore[assignment]
    found = await written(tmp_path / "out", bundle(PATIENT, resource("Condition", code=ASTHMA)), delete)
    assert found.resources == {"Condition": 1, "Patient": 1, "deleted": 1}
    line = json.loads((tmp_path / "out" / "deleted.ndjson").read_text())
    assert line["entry"] == delete["entry"]
    assert "birthDate" not in (tmp_path / "out" / "Patient.ndjson").read_text()


RECORD = PatientRecord(key=make_key("1"), source="local", id="1")


@pytest.mark.parametrize("what", ["file", "full"])
async def test_nothing_is_overwritten(tmp_path: Path, what: str) -> None:
    target = tmp_path / "out"
    if what == "full":
        target.mkdir()
    taken = target / "Patient.ndjson" if what == "full" else target
    taken.write_text("mine")
    with pytest.raises(UsageError, match="something already"):
        await export(given((RECORD, ())), target, Terminology())
    assert taken.read_text() == "mine"


async def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    other = PatientRecord(key="ward|1", source="ward", id="1")
    with pytest.raises(UsageError, match="several sources"):
        await export(given((RECORD, (make_fact("1", "Condition/c"),)), (other, ())), tmp_path / "out", Terminology())
    assert files_in(tmp_path) == {}


async def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"):
        await export(given((RECORD, ())), tmp_path / "file" / "out", Terminology())


async def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        await export(given((RECORD, ())), tmp_path / "out", Terminology())
    assert files_in(tmp_path) == {}


async def test_an_empty_store_and_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert await export(given(), tmp_path / "out", Terminology()) == Exported()
    assert files_in(tmp_path / "out") == {}


async def test_what_is_lost_is_counted(tmp_path: Path) -> None:
    facts = [make_fact("1", f"condition_occurrence/{n}") for n in range(3)]
    found = await export(given((RECORD, facts)), tmp_path / "out", Terminology())
    assert sum(found.unsaid.values()) >= 3
    assert any("named anew" in name for name in found.unsaid)
