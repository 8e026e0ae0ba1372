"""The use cases over a real embedded store."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import Mock

import msgspec
import pytest

from kgtwin.bootstrap import running
from kgtwin.config import Settings
from kgtwin.errors import NotFoundError, UsageError
from kgtwin.model.submission import Receipt
from kgtwin.service import Asked, Service, as_key
from tests.store.builders import make_fact, make_resource, make_submission

T = TypeVar("T")
AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
PATIENT = {"resourceType": "Patient", "id": "p1"}


def with_service(folder: Path, use: Callable[[Service], Awaitable[T]]) -> T:
    async def inside() -> T:
        settings = msgspec.structs.replace(Settings(), store=f"ladybug:{folder / 'twin.lbdb'}", predictions=False)
        async with running(settings, now=lambda: AT) as service:
            return await use(service)

    return asyncio.run(inside())


def condition(id_: str, patient: str = "p1", code: str = "195967001") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": id_,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "onsetDateTime": "2020-01-01",
    }


def order(id_: str, code: str = "8787") -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": code}]
        },
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2025-01-01",
    }


def bundle(kind: str, *resources: dict[str, Any]) -> bytes:
    entries = [
        {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


async def receipts(service: Service, *paths: Path) -> list[Receipt]:
    return [receipt async for receipt in service.ingest([str(path) for path in paths], source="local")]


def test_lines_wait_for_their_patient(tmp_path: Path) -> None:
    file = tmp_path / "all.ndjson"
    lines = [condition("c1"), condition("c2", "stranger"), PATIENT, condition("c3")]
    file.write_text("\n".join(map(json.dumps, lines)))

    async def use(service: Service) -> None:
        found = {r.label.rsplit(":", 1)[-1]: r for r in await receipts(service, file)}
        assert {line: r.rejected for line, r in found.items()} == {"1": 0, "2": 1, "3": 0, "4": 0}
        twin = await service.twin("p1")
        assert {fact.provenance.resource for fact in twin.facts} == {"Condition/c1", "Condition/c3"}

    with_service(tmp_path, use)


@pytest.mark.parametrize(("at_once", "revisions"), [(None, 1), (400, 2), (1, 301)])
def test_lines_are_committed_together(tmp_path: Path, at_once: int | None, revisions: int) -> None:
    file = tmp_path / "many.ndjson"
    file.write_text("\n".join(json.dumps(r) for r in [PATIENT, *(condition(f"c{n}") for n in range(300))]))

    async def use(service: Service) -> None:
        found = [one async for one in service.ingest([str(file)], source="local", at_once=at_once)]
        assert [r.facts for r in found] == [0] + [1] * 300
        assert await service.store.revision() == revisions

    with_service(tmp_path, use)


def test_from_standard_input_bundles_are_committed_as_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [bundle("batch", {**PATIENT, "id": f"p{n}"}, condition(f"c{n}", f"p{n}")) for n in range(3)]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines))))

    async def use(service: Service) -> None:
        found = [one async for one in service.ingest(["-"], source="local")]
        assert [receipt.revision for receipt in found] == [1, 2, 3]

    with_service(tmp_path, use)


def test_what_follows_is_stored_with_the_facts(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_bytes(bundle("batch", PATIENT, condition("c1"), order("m1")))

    async def use(service: Service) -> None:
        assert [r.revision async for r in service.ingest([str(file)], source="local", conclude=True, at=AT)] == [1]
        stored = await service.store.inference("local|p1")
        assert stored is not None
        assert stored == (await service.twin("p1", at=AT, as_of=1)).inference
        assert [issue.statement for issue in stored.issues] == ["kgtwin:CI_0001"]
        assert [one.kind for one in await service.store.revisions()] == ["facts", "knowledge"]

    with_service(tmp_path, use)


def test_an_inference_that_fails_keeps_the_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(service: Service) -> None:
        monkeypatch.setattr("kgtwin.service.concluding.infer", Mock(side_effect=ZeroDivisionError))
        _, receipt = await service.submit(bundle("batch", PATIENT, condition("c1")), source="local", label="a")
        assert (receipt.revision, receipt.facts) == (1, 1)
        assert len(await service.store.facts("local|p1")) == 1
        assert await service.store.inference("local|p1") is None
        assert "not inferred" in caplog.text
        assert "p1" not in caplog.text

    with_service(tmp_path, use)


def test_a_twin_follows_its_facts(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await service.submit(bundle("transaction", PATIENT, condition("c1"), order("m1")), source="local", label="a")
        first = await service.twin("p1")
        assert first.inference is not None
        assert [issue.statement for issue in first.inference.issues] == ["kgtwin:CI_0001"]
        assert (await service.twin("p1")).inference is first.inference
        stopped = {**order("m1"), "status": "stopped"}
        await service.submit(bundle("batch", stopped), source="local", label="b")
        second = await service.twin("p1")
        assert second.inference is not None
        assert (second.inference.issues, second.revision) == ((), 2)
        past = await service.twin("p1", as_of=1)
        assert past.inference is not None
        assert [issue.id for issue in past.inference.issues] == [issue.id for issue in first.inference.issues]

    with_service(tmp_path, use)


def test_stored_inferences_go_with_their_facts(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await service.submit(bundle("transaction", PATIENT, condition("c1"), order("m1")), source="local", label="a")
        (inference,) = [one async for one in service.infer()]
        (issue,) = inference.issues
        assert (await service.issue(issue.id)).derivation == issue.derivation
        await service.submit(bundle("batch", {**order("m1"), "status": "stopped"}), source="local", label="b")
        with pytest.raises(NotFoundError):
            await service.issue(issue.id)

    with_service(tmp_path, use)


def test_a_transaction_is_atomic_and_a_batch_is_not(tmp_path: Path) -> None:
    bad = {**condition("bad"), "onsetDateTime": "2025-02-30"}

    async def use(service: Service) -> None:
        data = bundle("transaction", PATIENT, condition("c1"), bad)
        kind, receipt = await service.submit(data, source="local", label="a")
        assert (kind, receipt.revision, await service.store.patients()) == ("transaction", None, ())
        assert {p.code for p in receipt.problems} >= {"transaction-refused", "invalid-resource"}
        data = bundle("batch", PATIENT, condition("c1"), bad)
        kind, receipt = await service.submit(data, source="local", label="b")
        assert (kind, receipt.facts, receipt.rejected) == ("batch", 1, 1)

    with_service(tmp_path, use)


def test_concepts_unmapped_codes_and_moments(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        asthma = service.concept("snomed:195967001")
        assert ("kgtwin:Asthma", "Asthma") in asthma.ancestors
        with pytest.raises(NotFoundError):
            service.concept("snomed:404684003")
        await service.submit(
            bundle("batch", PATIENT, condition("c1"), condition("c2", code="404684003")), source="local", label="a"
        )
        assert [(code.code, code.facts) for code in await service.unmapped()] == [("404684003", 1)]
        assert await service.resolve("1") == 1
        assert await service.resolve("2000-01-01") == 0
        with pytest.raises(UsageError):
            await service.resolve("yesterday")

    with_service(tmp_path, use)


def test_keys() -> None:
    assert (as_key("1"), as_key("ward|1")) == ("local|1", "ward|1")


def many(count: int) -> list[dict[str, Any]]:
    """Bundles of a patient with two conditions each."""
    return [
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {"resource": {**PATIENT, "id": f"m{number:03}"}},
                *({"resource": condition(f"m{number:03}-{n}", f"m{number:03}")} for n in range(2)),
            ],
        }
        for number in range(count)
    ]


async def send(service: Service, *resources: dict[str, Any]) -> None:
    for resource in resources:
        _, receipt = await service.submit(json.dumps(resource).encode(), source="local", label="test")
        assert not receipt.rejected, receipt.problems


class Counted:
    """How many transactions a store is asked for."""

    def __init__(self, service: Service) -> None:
        self.reads = 0
        self._read = service.store._read
        service.store._read = self.read  # type: ignore[method-assign]

    async def read(self, work: Callable[[], Any]) -> Any:
        self.reads += 1
        return await self._read(work)


def test_everything_of_200_patients_is_a_handful_of_round_trips(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await send(service, *many(200))
        counted = Counted(service)
        assert len([facts async for _, facts in service.everyone()]) == 200
        assert counted.reads <= 4
        counted.reads = 0
        page = await service.facts_page(Asked())
        assert (len(page.found), page.revision, page.next) == (400, 200, None)
        assert counted.reads <= 3
        counted.reads = 0
        assert (await service.issues_page(Asked())).found == ()
        assert counted.reads <= 3

    with_service(tmp_path, use)


def test_pages_show_one_revision_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await send(service, *many(5))
        before = [fact.id for fact in (await service.facts_page(Asked())).found]
        asked, found = Asked(first=2), []
        while True:
            page = await service.facts_page(asked)
            found += [fact.id for fact in page.found]
            await send(service, *many(6)[4:], condition(f"late-{len(found)}", "m004"))
            if page.next is None:
                break
            asked = Asked(first=2, after=page.next, as_of=page.revision)
        assert found == before
        assert len((await service.facts_page(Asked())).found) > len(before)
        exported = [len(facts) async for _, facts in service.everyone(as_of=5)]
        assert exported == [2] * 5
        await service.erase("m001")
        assert "local|m001" not in {fact.patient for fact in (await service.facts_page(asked)).found}
        with pytest.raises(NotFoundError, match="there is no revision 99 yet"):
            await anext(service.everyone(as_of=99))

    with_service(tmp_path, use)


def test_an_issue_is_found_as_it_was_told_and_at_another_time(tmp_path: Path) -> None:
    case = Path(__file__).parent / "cases" / "drug-lab" / "metformin-egfr-22.json"

    async def use(service: Service) -> None:
        await send(service, json.loads(case.read_text()))
        async for _ in service.infer(["p1"]):
            pass
        told = (await service.store.issues("local|p1"))[0]
        assert await service.issue(told.id) == told
        unrelated = make_submission(make_resource(make_fact("p1", "Condition/another")))
        await service.store.write(unrelated)  # takes what followed back until it is inferred again
        with pytest.raises(NotFoundError, match=f"no issue {told.id} now"):
            await service.issue(told.id)
        assert await service.issue(told.id, as_of=3) == told
        assert (await service.issue(told.id, at=AT)).statement == told.statement
        assert (await service.issue(told.id, at=AT, as_of=1)).revision == 1
        for wrong in ({"as_of": 0}, {"as_of": 9}, {"at": datetime(1990, 1, 1, tzinfo=UTC)}):
            with pytest.raises(NotFoundError):
                await service.issue(told.id, **wrong)
        with pytest.raises(NotFoundError, match="run `kgtwin infer` first"):
            await service.issue("di-never")

    with_service(tmp_path, use)
