"""The wrong files of tests/bad: what each must give is in its README."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.model.submission import Submission
from kgtwin.sources.fhir import read
from kgtwin.terminology import Terminology

BAD = Path(__file__).parents[2] / "bad"


def run(name: str) -> tuple[list[str], list[Submission]]:
    submissions = list(read([str(BAD / name)], source="bad", terminology=Terminology()))
    return [version.resource for s in submissions for version in s.resources], submissions


@pytest.mark.parametrize(
    ("name", "kept", "message", "resource", "field", "rejected"),
    [
        ("truncated-bundle.json", [], "truncated at byte", None, None, True),
        ("not-json.json", [], "not JSON at byte", None, None, True),
        ("not-fhir.json", [], "without a resourceType", None, "resourceType", True),
        ("not-an-object.json", [], "no FHIR resource", None, None, True),
        ("empty.json", [], "empty", None, None, True),
        ("unknown-resource-type.json", ["Patient/p1", "Condition/good"], "'Starship'", None, "resourceType", True),
        ("wrong-type.json", ["Patient/p1", "Condition/good"], "int", "Condition/bad", "onsetDateTime", True),
        ("wrong-type-nested.json", ["Patient/p1", "Condition/good"], "str", "Condition/bad", "code.coding", True),
        (
            "bad-sctid.json",
            ["Patient/p1", "Condition/good", "Condition/bad"],
            "44054007",
            "Condition/bad",
            "code",
            False,
        ),
        (
            "unknown-unit.json",
            ["Patient/p1", "Observation/good", "Observation/bad"],
            "furlong",
            "Observation/bad",
            "valueQuantity.code",
            False,
        ),
        (
            "impossible-date.json",
            ["Patient/p1", "Condition/good"],
            "impossible date",
            "Condition/bad",
            "onsetDateTime",
            True,
        ),
        ("one-bad-line.ndjson", ["Patient/p1", "Condition/good", "Condition/good2"], "truncated", None, None, True),
    ],
)
def test_a_bad_file(
    name: str, kept: list[str], message: str, resource: str | None, field: str | None, rejected: bool
) -> None:
    found, submissions = run(name)
    assert sorted(found) == sorted(kept)
    (problem,) = [p for s in submissions for p in s.problems]
    assert message in problem.message
    assert (problem.location.field, problem.rejected) == (field, rejected)
    assert problem.location.resource == resource or resource is None
    assert problem.location.file == str(BAD / name)
    assert problem.expected
    assert problem.remedy or problem.expected
    assert "Quagmirex" not in str(problem)
    assert "Ottiline" not in str(problem)


def test_a_reference_to_nobody_is_left_to_the_store() -> None:
    found, submissions = run("reference-to-nobody.json")
    assert "Condition/bad" in found
    assert {v.patient for s in submissions for v in s.resources if v.resource == "Condition/bad"} == {"bad|nobody"}


def test_the_line_is_named() -> None:
    _, submissions = run("one-bad-line.ndjson")
    assert [p.location.entry for s in submissions for p in s.problems] == ["line 3"]


@pytest.mark.parametrize("name", ["older-after-newer", "same-version-twice"])
def test_versions_are_left_to_the_store(name: str) -> None:
    _, submissions = run(name)
    versions = [v for s in submissions for v in s.resources if v.resource.startswith("Condition/")]
    assert len(versions) >= 2
    assert [p for s in submissions for p in s.problems] == []
