"""Reads that are given a consent: facts, issues, twins, and what is not kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.model.caveat import CaveatCode
from kgtwin.service import Asked, Service
from tests.test_service import AT, condition, order, receipts, with_service

ASTHMA = "snomed:195967001"
OWN = json.dumps({"rule": {"type": "deny", "classes": [ASTHMA]}, "otherwise": "permit"}).encode()
EVERYTHING = json.dumps({"rule": {"type": "deny"}, "otherwise": "deny", "patient": "p1"}).encode()
PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"text": "Ada"}], "birthDate": "1950-01-01"}


def _bundle(folder: Path) -> Path:
    entries = [{"resource": one} for one in (PATIENT, condition("c1"), order("m1"))]
    file = folder / "patient.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return file


def test_reads_show_what_a_consent_permits(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await receipts(service, _bundle(tmp_path))
        whole = await service.twin("p1", at=AT)
        assert whole.inference
        (issue,) = whole.inference.issues
        consent = service.consent(OWN)
        twin = await service.twin("p1", at=AT, consent=consent)
        assert twin.inference
        assert [fact.provenance.resource for fact in twin.facts] == ["MedicationRequest/m1"]
        assert twin.inference.issues == ()
        assert twin.inference.caveats[0].code is CaveatCode.WITHHELD
        asked = Asked(patient="p1", consent=consent)
        assert (await service.issues_page(asked)).found == ()
        assert (await service.facts_page(asked)).found == twin.facts
        assert len((await service.facts_page(Asked(patient="p1"))).found) == 2
        with pytest.raises(NotFoundError):
            await service.issue(issue.id, at=AT, consent=consent)
        assert (await service.twin("p1", at=AT)) == whole, "others are answered as before"

    with_service(tmp_path, use)


def test_a_hidden_person_has_a_key_and_no_more(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await receipts(service, _bundle(tmp_path))
        consent = service.consent(EVERYTHING)
        twin = await service.twin("p1", at=AT, consent=consent)
        assert (twin.patient.key, twin.patient.name, twin.patient.birth_date) == ("local|p1", None, None)
        assert twin.facts == ()
        asked = Asked(consent=consent)
        (shown,) = (await service.patients_page(asked)).found
        assert (shown.key, shown.name) == ("local|p1", None)
        for what in ("facts", "issues"):
            assert (await service.page(what, asked)).found == ()

    with_service(tmp_path, use)


def test_what_follows_under_a_consent_is_not_kept(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await receipts(service, _bundle(tmp_path))
        [_ async for _ in service.infer(at=AT)]
        (stored,) = (await service.issues_page(Asked(patient="p1"))).found
        (found,) = [one async for one in service.infer(["p1"], at=AT, consent=service.consent(OWN))]
        assert found.issues == ()
        assert (await service.issues_page(Asked(patient="p1"))).found == (stored,)
        research = json.dumps({"rule": {"type": "deny", "purposes": ["HRESCH"]}, "otherwise": "permit"}).encode()
        for purpose, count in (("TREAT", 1), ("HRESCH", 0)):
            given = service.consent(research, purpose)
            assert len((await service.issues_page(Asked(patient="p1", consent=given))).found) == count

    with_service(tmp_path, use)


def test_a_consent_is_one_patients(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await receipts(service, _bundle(tmp_path))
        other = service.consent(EVERYTHING.replace(b'"p1"', b'"p2"'))
        for read in (service.twin("p1", consent=other), service.facts_page(Asked(patient="p1", consent=other))):
            with pytest.raises(UsageError, match="another patient"):
                await read

    with_service(tmp_path, use)
