"""The proofs of issues stand up to the independent checker, whatever context they use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kgtwin.inference import Knowledge
from kgtwin.inference.issues import found as issues
from kgtwin.inference.issues.proving import Grounds, issue_proof
from kgtwin.model.derivation import to_dict, to_mermaid, to_text
from kgtwin.model.proof import Proof
from kgtwin.terminology import Terminology
from tests.inference.test_cases import case_files, inferences
from tests.inference.test_contexts import CASES, contexts  # noqa: F401 - a fixture
from tests.reasoning.checker import check


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Proof]:
    """The proofs that were made, each checked against what was told."""
    seen: list[Proof] = []

    def checking(statement: Any, match: Any, grounds: Grounds) -> Proof:
        proof = issue_proof(statement, match, grounds)
        assert check(proof, {*grounds.knowledge.ontology.axioms, *grounds.box.assertions}) >= 3
        seen.append(proof)
        return proof

    monkeypatch.setattr(issues, "issue_proof", checking)
    return seen


def expectation(bundle: Path) -> Any:
    return json.loads(bundle.with_suffix(".expected.json").read_text())


def test_proofs_of_the_contexts(checked: list[Proof], contexts: Knowledge, terminology: Terminology) -> None:  # noqa: F811
    for bundle in CASES:
        for found in inferences(bundle, contexts, terminology, expectation(bundle)["at"]):
            for issue in found.issues:
                assert all(text for text in (to_text(issue.derivation), to_mermaid(issue.derivation)))
                assert json.dumps(to_dict(issue.derivation))
    assert len(checked) == sum(len(expectation(bundle)["issues"]) for bundle in CASES)


def test_proofs_of_the_shipped_statements(checked: list[Proof], knowledge: Knowledge, terminology: Terminology) -> None:
    for bundle in case_files():
        list(inferences(bundle, knowledge, terminology, expectation(bundle)["at"]))
    assert len(checked) > 50
