"""Proof documents for tests: of every case, of samples, of the patients that are shared beside the repository."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path

from kgtwin.inference import Knowledge
from kgtwin.inference.proofs.export import prove
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.proof_document import ProofDocument
from kgtwin.model.time import latest
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology
from tests.inference.test_cases import case_files

ROOT = Path(__file__).resolve().parents[2]
CONTEXTS = ROOT / "tests" / "cases" / "contexts"
SAMPLES = ROOT / "samples" / "patients"
SHARED = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"


def documents(content: bytes, at: str, knowledge: Knowledge, terminology: Terminology) -> Iterator[ProofDocument]:
    """The proofs of all issues of a bundle's patients."""
    submission = fhir.decode(content, label="bundle", source="local", terminology=terminology)
    facts: dict[str, list[Fact]] = {}
    records: dict[str, PatientRecord] = {}
    for version in submission.resources:
        if version.record is not None:
            records[version.record.key] = version.record
        for fact in version.facts:
            facts.setdefault(fact.patient, []).append(fact)
    for key, record in records.items():
        yield from prove(key, record, facts.get(key, ()), knowledge, at=latest(at), revision=1)


def of_case(bundle: Path, knowledge: Knowledge, terminology: Terminology) -> list[ProofDocument]:
    """The proofs of a case, at its time."""
    at = json.loads(bundle.with_suffix(".expected.json").read_text())["at"]
    return list(documents(bundle.read_bytes(), at, knowledge, terminology))


def of_cases(knowledge: Knowledge, terminology: Terminology) -> list[ProofDocument]:
    """The proofs of all cases about the shipped knowledge."""
    return [one for bundle in case_files() for one in of_case(bundle, knowledge, terminology)]


def of_sample(path: Path, knowledge: Knowledge, terminology: Terminology) -> list[ProofDocument]:
    """The proofs of one sample patient."""
    content = lzma.decompress(path.read_bytes())
    return list(documents(content, "2026-01-01", knowledge, terminology))
