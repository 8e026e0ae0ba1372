"""Every derivation that the engine emits is accepted: of all cases, of the samples, of 200 patients."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from kgtwin.errors import MalformedInputError, TooLargeError
from kgtwin.inference import Knowledge
from kgtwin.model.issue import IssueKind
from kgtwin.model.proof_document import (
    LARGEST,
    RULES_TRUSTED,
    TRUSTED,
    ProofDocument,
    proof_schema,
    read_proof,
    write_proof,
)
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.terminology import Terminology
from kgtwin.verification import verify
from kgtwin.verification.steps import RULES
from tests.verification.documents import CONTEXTS, ROOT, SAMPLES, SHARED, documents, of_case, of_sample

DEFINITIONS = ROOT / "tests" / "verification" / "definitions" / "definitions.ofn"
SCHEMA = ROOT / "kgtwin" / "verification" / "proof.schema.json"


def assert_accepted(document: ProofDocument) -> None:
    again = read_proof(write_proof(document))
    assert again == document
    verdict = verify(again)
    assert verdict.accepted, (document.issue.id, document.issue.title, verdict.reason)
    assert verdict.steps == len(document.steps)
    assert verdict.trusted == (*TRUSTED, *(RULES_TRUSTED[document.issue.kind] if document.rules else ()))


def test_the_proofs_of_all_cases(cases: list[ProofDocument]) -> None:
    for document in cases:
        assert_accepted(document)
    assert len(cases) > 400
    assert {one.issue.kind for one in cases} == {kind.value for kind in IssueKind}


@pytest.mark.parametrize("file", [CONTEXTS / "contexts.ofn", DEFINITIONS], ids=["contexts", "definitions"])
def test_the_proofs_of_the_contexts(terminology: Terminology, file: Path) -> None:
    """Nested definitions, chains, wash-outs, lasting results, multiples: ontologies for tests."""
    ontology = load(file)
    named = (iri for iri, kind in ontology.entities.items() if kind == "Class")
    contexts = Knowledge(ontology, classify(ontology.axioms, classes=named))
    bundles = [path for path in (CONTEXTS / "patients").glob("*.json") if not path.name.endswith(".expected.json")]
    found = [one for bundle in sorted(bundles) for one in of_case(bundle, contexts, terminology)]
    for document in found:
        assert_accepted(document)
    assert {one.issue.statement for one in found} == {one.curie for one in contexts.statements.values()}


@pytest.mark.skipif(not SAMPLES.exists(), reason="samples/patients is not here")
def test_the_proofs_of_the_samples(knowledge: Knowledge, terminology: Terminology) -> None:
    found = [one for path in sorted(SAMPLES.glob("*.xz")) for one in of_sample(path, knowledge, terminology)]
    for document in found:
        assert_accepted(document)
    assert found


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/synthea-r4-200.tar.xz is not here")
def test_the_proofs_of_200_patients(knowledge: Knowledge, terminology: Terminology) -> None:
    """At four times, as the patients' medicines have often ended at the last one."""
    kinds: list[str] = []
    with tarfile.open(SHARED) as archive:
        for member in archive:
            file = archive.extractfile(member)
            content = file.read() if file is not None else b""
            for at in ("2006-06-30", "2012-06-30", "2018-06-30", "2026-01-01") if content else ():
                for document in documents(content, at, knowledge, terminology):
                    assert_accepted(document)
                    kinds.append(document.issue.kind)
    assert len(kinds) > 400
    assert {"missing-monitoring", "cumulated-burden", "drug-drug"} <= {*kinds}


def test_the_schema_is_the_formats() -> None:
    assert SCHEMA.read_bytes() == proof_schema(), (
        'the format changed: python -c "from kgtwin.model.proof_document import proof_schema; '
        'print(proof_schema().decode(), end=str())" > kgtwin/verification/proof.schema.json'
    )


def test_documents_fit_the_schema(cases: list[ProofDocument]) -> None:
    """By a validator of our own for the few words that the schema uses, since the format is others' to read."""
    schema = json.loads(SCHEMA.read_text())
    for document in cases[::25]:
        assert_fits(json.loads(write_proof(document)), schema, schema["$defs"])


TYPES = {"string": str, "integer": int, "number": (int, float), "array": list, "object": dict, "boolean": bool}


def assert_fits(value: object, schema: dict[str, object], definitions: dict[str, dict[str, object]]) -> None:
    match schema:
        case {"$ref": str(name)}:
            assert_fits(value, definitions[name.rpartition("/")[2]], definitions)
        case {"anyOf": list(several)}:
            assert any(fits(value, one, definitions) for one in several), value
        case {"enum": list(allowed)}:
            assert value in allowed
        case {"type": "null"}:
            assert value is None
        case {"type": str(name)}:
            assert isinstance(value, TYPES[name]), (value, schema)  # type: ignore[arg-type]
    if isinstance(value, dict) and isinstance(properties := schema.get("properties"), dict):
        required = schema.get("required", [])
        assert isinstance(required, list)
        assert set(required) <= value.keys() <= properties.keys()
        for name, one in value.items():
            assert_fits(one, properties[name], definitions)
    if isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        for one in value:
            assert_fits(one, items, definitions)


def fits(value: object, schema: dict[str, object], definitions: dict[str, dict[str, object]]) -> bool:
    try:
        assert_fits(value, schema, definitions)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", MalformedInputError),
        (b"[]", MalformedInputError),
        (b"{", MalformedInputError),
        (b"\xff\xfe", MalformedInputError),
        (b'{"format": "kgtwin-proof-9"}', MalformedInputError),
        (b"[" * 100_000, MalformedInputError),
        (b" " * (LARGEST + 1), TooLargeError),
    ],
    ids=["empty", "array", "cut", "no text", "other format", "deep", "large"],
)
def test_what_is_no_document(content: bytes, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        read_proof(content)


def test_a_field_that_is_said_twice_or_not_known_is_refused(cases: list[ProofDocument]) -> None:
    """The seal holds what is read: a second title, or a word of another's, would stand beside it unsealed."""
    content = write_proof(cases[0])
    for old, new in (
        (b'"title":', b'"title": "Nothing to worry about",\n  "title":'),
        (b'"birth_date":', b'"birth_date": "1900",\n  "birth_date":'),
        (b'"title":', b'"reviewed": true,\n  "title":'),
        (b'"safety":', b'"note": "reviewed",\n "safety":'),
    ):
        assert content.count(old), old
        with pytest.raises(MalformedInputError):
            read_proof(content.replace(old, new, 1))


def test_the_checker_imports_what_is_said_to_be_trusted() -> None:
    """And nothing else, not even through what it imports."""
    program = "import sys, kgtwin.verification; print(*(m for m in sys.modules if m.startswith('kgtwin.')))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    trusted = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8").partition("## What is checked")[2]
    files = {name.removeprefix("kgtwin.").replace(".", "/") for name in loaded.stdout.split()}
    files -= {"model", "verification"}
    assert [
        one for one in files if f"`{one}.py`" not in trusted and f"`{one.removeprefix('model/')}`" not in trusted
    ] == []


def test_every_rule_is_documented() -> None:
    text = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"`{rule}`" not in text] == []
    assert all(Path(name).name in text for name in ("proof.schema.json", "steps.py", "counting.py", "checker.py"))
