"""``explain --proof``, ``explain --all`` and ``verify``: proofs that others can check."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from kgtwin.config import Settings
from kgtwin.model.proof_document import RULES_TRUSTED, TRUSTED, read_proof, sealed, write_proof
from kgtwin.model.time import Period
from kgtwin.ontology import loader
from kgtwin.ontology.loader import load
from tests.cli.conftest import TESTS, Run
from tests.verification.mutations import changed

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
AT = json.loads(CASE.with_suffix(".expected.json").read_text())["at"]


_read_once = cache(load)


@pytest.fixture(autouse=True)
def _ontologies_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run in one process and read the same files again and again."""
    monkeypatch.setattr(loader, "load", _read_once)


@pytest.fixture
def proof(run: Run, tmp_path: Path) -> Path:
    """The proof of the case's issue, whose patient is in the store."""
    run("ingest", CASE)
    (issue, *_) = json.loads(run("infer", "--all", "--at", AT, "--json").out)
    path = tmp_path / "proof.json"
    assert run("explain", issue["id"], "--proof", path).code == 0
    return path


def test_a_proof_is_written_for_its_owner_and_accepted(run: Run, proof: Path) -> None:
    assert proof.stat().st_mode & 0o777 == 0o600
    done = run("verify", proof)
    assert (done.code, ": accepted: " in done.out, "not checked: " in done.out) == (0, True, True)
    (told,) = json.loads(run("verify", proof, "--json").out)
    assert (told["accepted"], told["reason"], len(told["trusted"])) == (True, "", 5)


def test_a_proof_compared_with_its_sources_leaves_less_to_trust(run: Run, proof: Path, store: str) -> None:
    done = run("verify", proof, "--ontology", Settings().ontology, "--store", store, "--json")
    (told,) = json.loads(done.out)
    assert (done.code, told["accepted"], len(told["trusted"])) == (0, True, 3)


def test_a_forged_proof_that_was_sealed_again_differs_from_its_sources(run: Run, proof: Path, store: str) -> None:
    document = read_proof(proof.read_bytes())
    facts = tuple(replace(one, when=Period("2019")) if one.kind == "Medication" else one for one in document.facts)
    proof.write_bytes(write_proof(changed(document, facts=facts)))
    assert run("verify", proof).code == 0
    done = run("verify", proof, "--store", store)
    assert (done.code, "says something else" in done.out) == (1, True)
    proof.write_bytes(write_proof(changed(document, issue=replace(document.issue, title="Nothing to worry about"))))
    assert run("verify", proof).code == 0
    done = run("verify", proof, "--ontology", Settings().ontology)
    assert (done.code, "label" in done.out) == (1, True)


def test_a_tampered_proof_is_rejected_with_its_reason(run: Run, proof: Path) -> None:
    proof.write_text(proof.read_text().replace('"status": "active"', '"status": "draft"'))
    done = run("verify", proof)
    assert (done.code, "rejected: the digest" in done.out) == (1, True)
    proof.write_bytes(write_proof(sealed(read_proof(proof.read_bytes()))))
    done = run("verify", proof)
    assert (done.code, "does not count as" in done.out) == (1, True)


def test_files_that_cannot_be_read_do_not_hide_the_others(run: Run, proof: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]")
    done = run("verify", tmp_path / "none.json", proof)
    assert (done.code, "accepted" in done.out, "none.json" in done.err) == (2, True, True)
    done = run("verify", tmp_path / "other.json", proof)
    assert (done.code, "accepted" in done.out, "no proof" in done.err) == (3, True, True)


def test_all_minimal_derivations(run: Run, proof: Path) -> None:
    issue = read_proof(proof.read_bytes()).issue.id
    done = run("explain", issue, "--all")
    assert (done.code, "minimal derivation 1" in done.out, "may be more" in done.out) == (0, True, False)
    told = json.loads(run("explain", issue, "--all", "--json").out)["minimal"]
    assert told["complete"]
    assert told["sets"][0]["facts"]
    assert told["sets"][0]["axioms"]


def test_an_issue_that_does_not_follow_any_more_has_no_proof(run: Run, proof: Path, tmp_path: Path) -> None:
    """Of another knowledge than it was inferred with."""
    empty = tmp_path / "empty.ofn"
    empty.write_text("Ontology(<http://example.org/empty>)")
    issue = read_proof(proof.read_bytes()).issue.id
    done = run("explain", issue, "--proof", tmp_path / "again.json", "--ontology", empty)
    assert (done.code, "does not follow any more" in done.err) == (3, True)


RULED = (
    "gabapentin-900-mg-clearance-20",
    "amiodarone-without-thyrotropin",
    "anticholinergic-three-points",
    "fibrillation-at-75",
)


@pytest.mark.parametrize("name", RULED)
def test_the_proofs_of_what_rules_raise(run: Run, tmp_path: Path, store: str, name: str) -> None:
    """A limit of a dose, a missing result, a burden, a missing medicine: accepted, and compared with their sources."""
    case = TESTS / "cases" / "rules" / f"{name}.json"
    at = json.loads(case.with_suffix(".expected.json").read_text())["at"]
    run("ingest", case)
    found = json.loads(run("infer", "--all", "--at", at, "--json").out)
    ids = [one["id"] for one in found if one["kind"] in RULES_TRUSTED]
    assert ids
    for number, issue in enumerate(ids):
        path = tmp_path / f"{number}.json"
        assert run("explain", issue, "--proof", path, "--at", at).code == 0
        (told,) = json.loads(run("verify", path, "--json").out)
        assert (told["accepted"], set(told["trusted"]) > set(TRUSTED)) == (True, True)
        done = run("verify", path, "--ontology", Settings().ontology, "--store", store, "--json")
        (told,) = json.loads(done.out)
        assert (done.code, told["accepted"], told["reason"]) == (0, True, "")
        document = read_proof(path.read_bytes())
        more = tuple(replace(one, value="x") for one in document.rules[0].annotations)
        path.write_bytes(write_proof(changed(document, rules=(replace(document.rules[0], annotations=more),))))
        assert run("verify", path).code == 1


def test_what_is_rejected_is_not_compared(run: Run, proof: Path, store: str) -> None:
    """A selection of no facts: nothing that compares documents need expect it."""
    document = read_proof(proof.read_bytes())
    proof.write_bytes(
        write_proof(changed(document, selections=tuple(replace(one, facts=()) for one in document.selections)))
    )
    done = run("verify", proof, "--ontology", Settings().ontology, "--store", store)
    assert (done.code, "rejected: step" in done.out, done.err) == (1, True, "")
