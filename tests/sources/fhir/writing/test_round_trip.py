"""What is written reads the same: generated resources of every kind, the samples, and real patients where they are."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.model.fact import Fact, to_json
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.sources.fhir import decode, read
from kgtwin.sources.fhir.submissions import Session
from kgtwin.sources.fhir.writing import patient_resource, resources_of, to_line
from kgtwin.sources.fhir.writing.checking import read_again, unsaid
from kgtwin.sources.fhir.writing.resources import WRITERS
from kgtwin.terminology import Terminology
from tests.fuzz import times
from tests.sources.fhir.build import PATIENT, SUBJECT
from tests.sources.fhir.writing import generate

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "samples" / "patients"
SHARED = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def submitted(document: Any, terminology: Terminology) -> Submission:
    return decode(_ENCODER.encode(document), label="x", source="local", terminology=terminology)


def facts_of(versions: Iterable[ResourceVersion]) -> list[Fact]:
    return [fact for version in versions for fact in version.facts]


def read_lines(lines: Sequence[bytes], source: str, terminology: Terminology) -> list[ResourceVersion]:
    """Each line by itself, as in NDJSON; nothing may be rejected."""
    session = Session(source, terminology)
    found = [session.submission(line, "line") for line in lines]
    assert [str(p) for submission in found for p in submission.problems if p.rejected] == []
    return [version for submission in found for version in submission.resources]


def assert_reads_again(submission: Submission, terminology: Terminology) -> int:
    facts = facts_of(submission.resources)
    records = [v.record for v in submission.resources if v.record is not None]
    lines = [to_line(resource) for resource in [*map(patient_resource, records), *resources_of(facts)]]
    versions = read_lines(lines, submission.source, terminology)
    assert [v.record for v in versions if v.record is not None] == records
    again = {fact.id: to_json(fact) for fact in facts_of(versions)}
    assert again == {fact.id: to_json(fact) for fact in facts}, "to the digit"
    found, together = read_again(lines, submission.source, terminology)
    assert (found, unsaid(facts, together)) == (records, Counter())
    return len(facts)


def test_every_kind_is_generated() -> None:
    assert set(generate.BODIES) == set(WRITERS)


@pytest.mark.parametrize("kind", sorted(generate.BODIES))
def test_generated_resources(kind: str) -> None:
    subject = "patient" if kind in {"AllergyIntolerance", "Immunization", "FamilyMemberHistory"} else "subject"
    seen, cases = 0, max(60, times(60))  # fewer say little of how many are read

    @settings(max_examples=cases, deadline=None)
    @given(generate.BODIES[kind], generate.META, st.booleans())
    def check(body: dict[str, Any], meta: dict[str, Any], beside: bool) -> None:
        nonlocal seen
        resource = {"resourceType": kind, "id": "r1", subject: SUBJECT, **body, "meta": meta}
        entries = [{"resource": one} for one in ([PATIENT, resource] if beside else [resource])]
        document = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        seen += assert_reads_again(submitted(document, Terminology()), Terminology())

    check()
    assert seen > cases // 15, "some were read at all"


@settings(max_examples=times(60), deadline=None)
@given(generate.PATIENT)
def test_generated_patients(body: dict[str, Any]) -> None:
    submission = submitted({"resourceType": "Patient", "id": "p1", **body}, Terminology())
    assert len(submission.resources) == 1
    assert_reads_again(submission, Terminology())


@pytest.mark.skipif(not SAMPLES.exists(), reason="samples/patients is not here")
def test_the_samples(terminology: Terminology) -> None:
    paths = sorted(SAMPLES.glob("*.json.xz"))[::5]
    count = sum(
        assert_reads_again(submission, terminology)
        for submission in read([str(p) for p in paths], source="samples", terminology=terminology)
    )
    assert count > 2_000


def test_the_cases(terminology: Terminology) -> None:
    paths = [p for p in sorted((ROOT / "tests" / "cases").rglob("*.json")) if ".expected" not in p.name]
    found = [decode(p.read_bytes(), label=p.name, source="cases", terminology=terminology) for p in paths]
    assert sum(assert_reads_again(submission, terminology) for submission in found) > 1_000


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/synthea-r4-200.tar.xz is not here")
def test_the_200_patients(terminology: Terminology) -> None:
    count = 0
    with tarfile.open(SHARED) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                found = decode(file.read(), label=member.name, source="synthea", terminology=terminology)
                count += assert_reads_again(found, terminology)
    assert count > 47_000


def test_an_allergy_whose_code_is_empty() -> None:
    said = {"code": {}, "reaction": [{"substance": {"text": "asthma"}}]}
    allergy = {"resourceType": "AllergyIntolerance", "id": "r1", "patient": SUBJECT, **said}
    document = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": allergy}]}
    assert assert_reads_again(submitted(document, Terminology()), Terminology()) == 1
