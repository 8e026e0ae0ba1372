"""Scores of generated patients: each lies where its equation can lie, and rests on what was received."""

from __future__ import annotations

import lzma
import math
import tarfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.equations.definitions import evaluate
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.model.score import ScoreStatus
from kgtwin.model.submission import Submission
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"
Widest = dict[str, tuple[float, float]]
MOMENTS = [datetime(year, 1, 1, tzinfo=UTC) for year in (2010, 2017)]


def sample_submissions(terminology: Terminology) -> Iterator[Submission]:
    for path in sorted((ROOT / "samples" / "patients").glob("*.json.xz")):
        yield fhir.decode(lzma.decompress(path.read_bytes()), label=path.name, source="local", terminology=terminology)


def shared_submissions(terminology: Terminology) -> Iterator[Submission]:
    with tarfile.open(SHARED) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file is not None:
                yield fhir.decode(file.read(), label=member.name, source="local", terminology=terminology)


def patients(submission: Submission) -> Iterator[tuple[PatientRecord, list[Fact]]]:
    facts = [fact for version in submission.resources for fact in version.facts]
    for version in submission.resources:
        if version.record is not None:
            yield version.record, [fact for fact in facts if fact.patient == version.record.key]


def assert_plausible(found: Inference, facts: list[Fact], knowledge: Knowledge, widest: Widest) -> None:
    received = {fact.id: fact for fact in facts}
    assert len(found.scores) in (0, len(knowledge.equations))
    for score in found.scores:
        assert (score.value is None) == (score.status in (ScoreStatus.REFUSED, ScoreStatus.OPEN))
        assert bool(score.refusals) == (score.status is ScoreStatus.REFUSED)
        if score.value is not None:
            assert score.value.low is not None
            assert score.value.high is not None
            low, high = widest[score.equation]
            slack = 1e-9 * max(1.0, abs(low), abs(high))
            assert low - slack <= score.value.low <= score.value.high <= high + slack, score.equation
        for one in score.inputs:
            assert one.facts, (score.equation, one.name)
            told = [received[source.fact] for source in one.facts if source.fact in received]
            assert all(fact.status not in ("cancelled", "entered-in-error") for fact in told)


@pytest.mark.parametrize("at", MOMENTS, ids=lambda at: str(at.year))
def test_samples(at: datetime, knowledge: Knowledge, terminology: Terminology) -> None:
    check(sample_submissions(terminology), at, knowledge)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/synthea-r4-200.tar.xz is not here")
def test_two_hundred_patients(knowledge: Knowledge, terminology: Terminology) -> None:
    counted = check(shared_submissions(terminology), datetime(2017, 1, 1, tzinfo=UTC), knowledge)
    assert counted[ScoreStatus.VALUE] > 50


def check(submissions: Iterator[Submission], at: datetime, knowledge: Knowledge) -> Counter[ScoreStatus]:
    widest: Widest = {}
    for iri, equation in knowledge.equations.items():
        span = evaluate(equation, {}).span
        widest[to_curie(iri)] = (-math.inf, math.inf) if span is None else (span.low, span.high)
    counted: Counter[ScoreStatus] = Counter()
    for submission in submissions:
        for record, facts in patients(submission):
            found = infer(record.key, record, facts, knowledge, at=at, revision=1, scores=True)
            assert_plausible(found, facts, knowledge, widest)
            counted.update(score.status for score in found.scores)
    assert counted
    return counted
