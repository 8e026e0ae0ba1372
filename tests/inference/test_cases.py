"""Case bundles: a FHIR bundle beside the issues that it must raise, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.model.derivation import Derivation
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.model.time import read_time
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology

CASES = Path(__file__).parent.parent / "cases"


def case_files() -> list[Path]:
    """The cases about the shipped knowledge; those in ``contexts`` have an ontology of their own."""
    found = sorted(p for p in CASES.rglob("*.json") if not p.name.endswith(".expected.json"))
    return [path for path in found if CASES / "contexts" not in path.parents]


def decoded(bundle: Path, terminology: Terminology) -> list[tuple[PatientRecord, tuple[Fact, ...]]]:
    """The patients of a bundle with their facts."""
    submission = fhir.decode(bundle.read_bytes(), label=bundle.name, source="local", terminology=terminology)
    facts: dict[str, list[Fact]] = {}
    records: dict[str, PatientRecord] = {}
    for version in submission.resources:
        if version.record is not None:
            records[version.record.key] = version.record
        for fact in version.facts:
            facts.setdefault(fact.patient, []).append(fact)
    return [(record, tuple(facts.get(key, ()))) for key, record in records.items()]


def inferences(bundle: Path, knowledge: Knowledge, terminology: Terminology, at: str) -> Iterator[Inference]:
    moment = read_time(at)
    assert moment is not None
    for record, facts in decoded(bundle, terminology):
        yield infer(record.key, record, facts, knowledge, at=moment, revision=1)


def summary(issue: DetectedIssue) -> tuple[Any, ...]:
    resources = tuple(sorted({one.resource for one in issue.implicated}))
    return (issue.patient, issue.kind.value, issue.statement, issue.significance.value, resources)


def expected_summary(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["patient"],
        row["kind"],
        row["statement"],
        row["significance"],
        tuple(sorted(set(row["implicated"]))),
    )


@pytest.mark.parametrize("bundle", case_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(bundle: Path, knowledge: Knowledge, terminology: Terminology) -> None:
    expected = json.loads(bundle.with_suffix(".expected.json").read_text())
    found = [i for one in inferences(bundle, knowledge, terminology, expected["at"]) for i in one.issues]
    rows = [*expected["issues"], *expected.get("rules", ())]
    assert sorted(map(summary, found)) == sorted(map(expected_summary, rows))
    for issue in found:
        assert_grounded(issue)


def assert_grounded(issue: DetectedIssue) -> None:
    """Every leaf is a received fact, an axiom or a tautology (C ⊑ C); the facts of the proof are implicated."""
    for step in issue.derivation.walk():
        assert step.premises or step.fact or step.axiom or step.rule in {"R0", "R⊓−", "R⊤"}, step.conclusion
    received = {ref.resource for ref in issue.derivation.facts if not ref.resource.startswith("Patient/")}
    assert received <= {one.resource for one in issue.implicated}
    assert received, "an issue rests on received facts"
    assert depth(issue.derivation) >= 3


def depth(step: Derivation) -> int:
    return 1 + max(map(depth, step.premises), default=0)


def test_there_are_cases_of_every_kind_and_silent_ones() -> None:
    rows = [json.loads(p.with_suffix(".expected.json").read_text())["issues"] for p in case_files()]
    kinds = {row["kind"] for issues in rows for row in issues}
    assert kinds >= {"drug-condition", "drug-drug", "drug-allergy", "drug-lab"}
    assert kinds >= {"drug-gene", "drug-behaviour", "drug-age", "drug-pregnancy"}
    assert kinds >= {"cumulated-burden", "dose-renal", "missing-monitoring", "untreated-indication"}
    assert sum(not issues for issues in rows) >= 10
