"""A Bulk Data export and its ``deleted`` files, and the pages of a history, into a store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kgtwin.model.submission import Receipt
from kgtwin.service import Service
from kgtwin.store.ladybug import LadybugStore
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import ASTHMA, PATIENT, Json, resource

pytestmark = pytest.mark.anyio
KEY = "local|p1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def condition(name: str, version: str | None = None, updated: str = "2020-01-01T00:00:00Z") -> Json:
    meta = {"lastUpdated": updated, **({"versionId": version} if version else {})}
    return {**resource("Condition", code=ASTHMA), "id": name, "meta": meta}


def deletes(*urls: str, updated: str = "2020-06-01T00:00:00Z") -> Json:
    """As the specification shows a line of a ``deleted`` file."""
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "meta": {"lastUpdated": updated}, "type": "transaction", "entry": entries}


def put(folder: Path, name: str, *lines: Json) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


async def ingest(store: LadybugStore, *paths: Path) -> list[Receipt]:
    def none() -> Any:
        raise AssertionError("not needed here")

    service = Service(store, Terminology, none, none)
    return [receipt async for receipt in service.ingest([str(path) for path in paths], source="local")]


async def conditions(store: LadybugStore) -> list[str]:
    return sorted(fact.provenance.resource for fact in await store.facts(KEY))


@pytest.mark.parametrize("versions", [("1", "2"), (None, None)])
async def test_deletes_are_applied_after_what_they_delete(tmp_path: Path, versions: Sequence[str | None]) -> None:
    """Wherever their file stands in the folder."""
    export = tmp_path / "export"
    put(export, "Patient.ndjson", PATIENT)
    put(export, "Condition.ndjson", *(condition(name, versions[0]) for name in "abc"))
    put(export, "a-deleted/1.ndjson", deletes("Condition/a", "Condition/never"), deletes("Condition/b", "Encounter/x"))
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        receipts = await ingest(store, export)
        assert await conditions(store) == ["Condition/c"]
        assert sum(receipt.outcomes.get("deleted", 0) for receipt in receipts) == 2
        assert sum(receipt.rejected for receipt in receipts) == 0
        revision = await store.revision()
        again = await ingest(store, export)
        assert await store.revision() == revision
        assert {receipt.revision for receipt in again} == {None}


async def test_what_was_changed_after_the_deletes_were_made_stays(tmp_path: Path) -> None:
    later = condition("a", "3", "2020-07-01T00:00:00Z")
    folder = tmp_path / "in"
    put(folder, "Patient.ndjson", PATIENT)
    put(folder, "Condition.ndjson", condition("a", "1"), later)
    put(folder, "deleted.ndjson", deletes("Condition/a"))
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        receipts = await ingest(store, folder)
        assert await conditions(store) == ["Condition/a"]
        assert [p.rejected for r in receipts for p in r.problems] == [False]


async def test_a_delete_waits_for_what_waits_for_its_patient(tmp_path: Path) -> None:
    """A line about a patient who comes later is written at the end, and its delete after it."""
    lines = put(tmp_path, "all.ndjson", condition("a"), deletes("Condition/a"), PATIENT, condition("b"))
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await ingest(store, lines)
        assert await conditions(store) == ["Condition/b"]


def history(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "history", "entry": list(entries)}


def stated(name: str, version: str) -> Json:
    return {"resource": condition(name, version), "request": {"method": "PUT", "url": f"Condition/{name}"}}


def gone(name: str, version: str) -> Json:
    return {
        "request": {"method": "DELETE", "url": f"Condition/{name}"},
        "response": {"status": "204", "etag": f'W/"{version}"', "lastModified": "2020-03-01T00:00:00Z"},
    }


@pytest.mark.parametrize("pages", [[0], [0, 1, 2], [2, 1, 0], [1, 2, 0]])
async def test_a_history_in_pages(tmp_path: Path, pages: list[int]) -> None:
    """Deleted at version 3 (a), and begun anew at version 4 (b), in whatever order the pages come."""
    entries = [
        [gone("a", "3"), stated("b", "4")],
        [gone("b", "3"), stated("a", "2")],
        [stated("b", "2"), stated("a", "1")],
    ]
    if len(pages) == 1:
        documents = [history(*(entry for page in entries for entry in page))]
    else:
        documents = [history(*entries[page]) for page in pages]
    files = [put(tmp_path, f"{place}.ndjson", document) for place, document in enumerate(documents)]
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await ingest(store, put(tmp_path, "patient.ndjson", PATIENT))
        for file in files:
            receipts = await ingest(store, file)
            assert [p for r in receipts for p in r.problems] == []
        assert [(f.provenance.resource, f.provenance.version) for f in await store.facts(KEY)] == [("Condition/b", "4")]
