"""Every context of core, over an ontology for tests: small patients as files, each about one question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.inference import Knowledge
from kgtwin.model.issue import Inference
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.terminology import Terminology
from tests.inference.test_cases import assert_grounded, inferences

FOLDER = Path(__file__).parent.parent / "cases" / "contexts"
CASES = sorted(p for p in (FOLDER / "patients").glob("*.json") if not p.name.endswith(".expected.json"))


@pytest.fixture(scope="session")
def contexts() -> Knowledge:
    ontology = load(FOLDER / "contexts.ofn")
    classes = (iri for iri, kind in ontology.entities.items() if kind == "Class")
    return Knowledge(ontology, classify(ontology.axioms, classes=classes))


def summary(found: Inference) -> list[tuple[str, list[str]]]:
    return sorted((one.statement, sorted(what.resource for what in one.implicated)) for one in found.issues)


@pytest.mark.parametrize("bundle", CASES, ids=lambda path: str(path.stem))
def test_case(bundle: Path, contexts: Knowledge, terminology: Terminology) -> None:
    expected = json.loads(bundle.with_suffix(".expected.json").read_text())
    (found,) = inferences(bundle, contexts, terminology, expected["at"])
    assert summary(found) == sorted((row["statement"], row["implicated"]) for row in expected["issues"])
    for issue in found.issues:
        assert_grounded(issue)
    caveats = {caveat.code.value for caveat in found.caveats}
    assert expected.get("caveat") is None or expected["caveat"] in caveats
    assert expected["issues"] or expected["absent"]


def test_half_of_the_cases_are_silent_and_every_statement_fires(contexts: Knowledge) -> None:
    rows = [json.loads(p.with_suffix(".expected.json").read_text())["issues"] for p in CASES]
    assert sum(not issues for issues in rows) * 2 >= len(rows)
    assert {row["statement"] for issues in rows for row in issues} == {s.curie for s in contexts.statements.values()}
