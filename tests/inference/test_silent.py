"""An imported statement raises nothing until somebody accepts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.config import Settings
from kgtwin.inference import Knowledge, infer
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.model.time import Period
from kgtwin.ontology.loader import load
from kgtwin.ontology.releases.contraindications import Columns, Defaults
from kgtwin.ontology.releases.statements import Review
from kgtwin.reasoning import classify
from kgtwin.workbench.importing import Job, import_contraindications
from tests.inference.factory import AT, PATIENT, condition, order, patient

SHIPPED = Settings().ontology.parent
TABLE = "drug\tcondition\tevidence\nRXCUI:6809\tSCTID:195967001\tMade up.\n"
"""Metformin in asthma: no statement of ours says so, and none should."""


def issues(folder: Path, review: Review) -> tuple[DetectedIssue, ...]:
    """What a patient with asthma and metformin gets from the shipped knowledge and an import beside it."""
    table, output, root = folder / "t.tsv", folder / "import.ofn", folder / "root.ofn"
    table.write_text(TABLE)
    job = Job(output=output, name="t", ontology=SHIPPED / "kgtwin.owl", review=review)
    columns = Columns(drug="drug", condition="condition", evidence="evidence")
    report = import_contraindications(table, columns, Defaults(), job)
    assert (report.counts["statements"], report.counts["held"], report.rejected) == (1, 0, 0)
    root.write_text(
        "Ontology(<http://example.org/root> Import(<https://w3id.org/kgtwin/ontology>) "
        "Import(<https://w3id.org/kgtwin/import/t>) )"
    )
    catalog = (SHIPPED / "catalog-v001.xml").read_text(encoding="utf-8").replace('uri="', f'uri="{SHIPPED}/')
    own = '<uri name="https://w3id.org/kgtwin/import/t" uri="import.ofn"/></catalog>'
    (folder / "catalog-v001.xml").write_text(catalog.replace("</catalog>", own))
    ontology = load(root)
    names = (iri for iri, kind in ontology.entities.items() if kind == "Class")
    knowledge = Knowledge(ontology, classify(ontology.axioms, classes=names))
    facts = [condition(), order(when=Period("2025-12-01"))]
    found = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1).issues
    return tuple(issue for issue in found if issue.kind is not IssueKind.MISSING_MONITORING)


@pytest.fixture(autouse=True)
def _predictable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KGTWIN_ONTOLOGY", raising=False)


def test_an_imported_statement_is_silent(tmp_path: Path) -> None:
    assert issues(tmp_path, Review()) == ()


def test_an_accepted_one_raises_an_issue_that_says_where_it_is_from(tmp_path: Path) -> None:
    (issue,) = issues(tmp_path, Review(True, "Dr. X"))
    assert issue.statement.startswith("kgtwin:ImportedCI_")
    assert "Dr. X" in issue.review
    assert issue.evidence[0].source == "t.tsv"
    assert issue.evidence[0].status == "unverified"
