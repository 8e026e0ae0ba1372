"""The samples of the repository, and the 200 Synthea patients of ../shared where they are."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path

import pytest

from kgtwin.model.fact import fact_from_json, to_json
from kgtwin.sources.fhir import decode, read
from kgtwin.terminology import Terminology

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples" / "patients"
SHARED = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"


@pytest.mark.skipif(not SAMPLES.exists(), reason="samples/patients is not here")
def test_no_sample_is_rejected() -> None:
    submissions = list(read([str(SAMPLES)], source="samples", terminology=Terminology()))
    assert len(submissions) >= 60
    assert [str(p) for s in submissions for p in s.problems if p.rejected] == []
    assert all(len(s.patients) == 1 for s in submissions)
    facts = [fact for s in submissions for version in s.resources for fact in version.facts]
    assert len({fact.id for fact in facts}) == len(facts)
    assert all(fact_from_json(to_json(fact)) == fact for fact in facts[::50])


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/synthea-r4-200.tar.xz is not here")
def test_the_200_patients() -> None:
    counts: Counter[str] = Counter()
    with tarfile.open(SHARED) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None:
                continue
            submission = decode(file.read(), label=member.name, source="synthea", terminology=Terminology())
            assert [str(p) for p in submission.problems if p.rejected] == []
            assert len(submission.patients) == 1
            counts["resources"] += len(submission.resources) + sum(submission.counted.values())
            counts["facts"] += sum(len(version.facts) for version in submission.resources)
    assert counts["resources"] == 60_783
    assert counts["facts"] > 47_000
