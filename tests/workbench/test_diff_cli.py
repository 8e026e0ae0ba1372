"""``ontology diff``, ``impact`` and ``coverage`` as people and CI run them: a repository, a store, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run, run, store
from tests.workbench.samples import Repo, edit, mini

ROOT = Path(__file__).parents[2]
__all__ = ["run", "store"]  # fixtures
PLACED = ("SubClassOf(rxnorm:8787 :NonselectiveBetaBlocker)\n", "")
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": resource}
        for resource in (
            {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1958-06-02",
             "name": [{"family": "Secretname"}]},
            {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
             "subject": {"reference": "Patient/p1"}, "authoredOn": "2025-10-01",
             "medicationCodeableConcept": {"coding": [
                 {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8787", "display": "Propranolol"}]}},
            {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
             "clinicalStatus": {"coding": [{"code": "active"}]},
             "verificationStatus": {"coding": [{"code": "confirmed"}]},
             "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001", "display": "Asthma"}]}},
        )
    ],
}  # fmt: skip
AT = ("--at", "2026-01-15")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The mini knowledge on ``main``; on ``HEAD`` propranolol has no place, and a significance has changed."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    made = Repo(tmp_path / "repo")
    mini(made.folder / "ontologies")
    made.commit()
    made.git("checkout", "--quiet", "-b", "topic")
    edit(made.folder / "ontologies", PLACED)
    made.commit()
    monkeypatch.chdir(made.folder)
    return made


@pytest.fixture
def patients(run: Run, tmp_path: Path) -> Path:
    """A store with one patient."""
    bundle = tmp_path / "p1.json"
    bundle.write_text(json.dumps(BUNDLE), encoding="utf-8")
    assert run("ingest", bundle).code == 0
    return tmp_path / "twin.lbdb"


def test_diff_as_text(run: Run, repo: Repo) -> None:
    done = run("ontology", "diff", "main", "HEAD")
    assert done.code == 1
    assert "asserted: 1 axiom removed" in done.out
    assert (
        "- SubClassOf(rxnorm:8787 kgtwin:NonselectiveBetaBlocker)\n    “Propranolol”, ontologies/drugs.ofn:20"
        in done.out
    )
    assert "inferred: 1 subsumption lost" in done.out
    assert "- “Propranolol” (rxnorm:8787) ⊑ “Nonselective beta blocker” (kgtwin:NonselectiveBetaBlocker)" in done.out
    assert "as asserted at ontologies/drugs.ofn:20" in done.out


def test_diff_as_json(run: Run, repo: Repo) -> None:
    told = json.loads(run("ontology", "diff", "main", "ontologies", "--all", "--json").out)
    assert told["differs"] is True
    assert told["a"]["commit"] == repo.git("rev-parse", "main")
    assert told["b"]["commit"] is None
    assert told["b"]["file"] == "ontologies/kgtwin.owl"
    lost = {(one["sub"].rpartition("/")[2], one["sup_label"]): one for one in told["inferred"]}
    assert lost.keys() == {("8787", name) for name in ("Nonselective beta blocker", "Beta blocker", "Substance")}
    (cause,) = lost["8787", "Substance"]["causes"]
    assert cause[0]["place"] == "ontologies/drugs.ofn:20"
    assert len(lost["8787", "Substance"]["because"]) == 3


def test_diff_as_markdown(run: Run, repo: Repo) -> None:
    edit(repo.folder / "ontologies", ('"Beta blocker"@en', '"Beta | <b> @all"@en'))
    done = run("ontology", "diff", "main", "ontologies", "--markdown")
    assert done.code == 1
    assert done.out.startswith("### Ontology: `main` → `ontologies`\n")
    tables = [line for line in done.out.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {4}, "no cell breaks its table"
    assert "Beta \\| \\<b\\> @<!-- -->all" in done.out


def test_no_difference(run: Run, repo: Repo) -> None:
    for form in ((), ("--markdown",), ("--json",)):
        assert run("ontology", "diff", "HEAD", "ontologies", *form).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("diff", "main", "nowhere"), 3, "no revision 'nowhere'"),
        (("diff", "main", "HEAD", "--path", "none.owl"), 3, "main has no none.owl"),
        (("diff", "main", "HEAD", "--json", "--markdown"), 2, "--markdown and --json together"),
        (("diff", "main"), 2, "Missing argument"),
        (("impact", "main", "HEAD", "--at", "soon"), 2, "--at"),
        (("impact", "main", "HEAD", "--patients", "nothing"), 2, "is no store"),
        (("coverage", "--kind", "Pills"), 2, "expected Condition or Medication"),
    ],
)
def test_wrong_use(run: Run, repo: Repo, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("ontology", *arguments)
    assert done.code == code
    assert said in done.err


def test_a_side_that_does_not_parse(run: Run, repo: Repo) -> None:
    edit(repo.folder / "ontologies", ("SubClassOf(:NSAID :Substance)", "SubClassOf(:NSAID"))
    repo.commit()
    done = run("ontology", "diff", "main", "HEAD")
    assert done.code == 3
    assert "kgtwin: HEAD:ontologies/drugs.ofn:" in done.err


def test_impact(run: Run, repo: Repo, patients: Path) -> None:
    before = patients.read_bytes()
    done = run("ontology", "impact", "main", "HEAD", *AT)
    assert done.code == 1
    assert "1 patient at" in done.out
    assert (
        "1 lost, contraindicated: “Nonselective beta blocker and asthma” (drug-condition, kgtwin:CI_0001)" in done.out
    )
    assert "patients local|p1" in done.out
    assert "- SubClassOf(rxnorm:8787 kgtwin:NonselectiveBetaBlocker)  ontologies/drugs.ofn:20" in done.out
    assert patients.read_bytes() == before, "nothing is written to the store"
    told = json.loads(run("ontology", "impact", "HEAD", "main", *AT, "--patients", f"ladybug:{patients}", "--json").out)
    assert (told["patients"], told["concerned"]) == (1, 1)
    assert told["significance"] == {"contraindicated": {"gained": 1, "lost": 0, "changed": 0}}
    (change,) = told["changes"]
    assert (change["effect"], change["patient"], change["certain"]) == ("gained", "local|p1", True)
    assert change["causes"][0]["action"] == "added"
    assert change["causes"][0]["place"] == "ontologies/drugs.ofn:20"


def test_impact_on_a_pull_request_names_no_patient(run: Run, repo: Repo, patients: Path) -> None:
    done = run("ontology", "impact", "main", "HEAD", *AT, "--markdown")
    assert done.code == 1
    assert done.out.startswith("### Patients: `main` → `HEAD`")
    assert "| contraindicated | 0 | 1 | 0 |" in done.out
    assert "local\\|p1" in done.out
    assert "Secretname" not in done.out + run("ontology", "impact", "main", "HEAD", *AT, "--json").out
    assert "not clinically validated" in done.out


def test_impact_of_nothing(run: Run, repo: Repo, patients: Path) -> None:
    done = run("ontology", "impact", "HEAD", "ontologies", *AT)
    assert (done.code, "nothing changes" in done.out) == (0, True)


def test_coverage(run: Run, repo: Repo, patients: Path) -> None:
    done = run("ontology", "coverage", f"ladybug:{patients}", *AT, "--ontology", "main")
    assert done.code == 0, "every code of the one patient is known and reached"
    assert "statements that no patient met: 4 of 5" in done.out
    assert "ontologies/statements.ofn:17" in done.out
    edit(repo.folder / "ontologies", ("SubClassOf(snomed:195967001 :Asthma)\n", ""))
    done = run("ontology", "coverage", *AT, "--ontology", "ontologies", "--json")
    assert done.code == 1
    told = json.loads(done.out)
    assert [(one["kind"], one["code"], one["facts"]) for one in told["unknown"]] == [
        ("Condition", "195967001", 1),
        ("Medication", "8787", 1),
    ]
    edit(repo.folder / "ontologies", ("SubClassOf(rxnorm:6918", f"{PLACED[0]}SubClassOf(rxnorm:6918"))
    assert run("ontology", "coverage", *AT, "--ontology", "ontologies", "--kind", "medication").code == 0


def test_the_recipe_for_pull_requests_runs(run: Run, repo: Repo, tmp_path: Path) -> None:
    """The step of docs/workbench.md as it stands there, on a repository and a store."""
    bundle = tmp_path / "p1.json"
    bundle.write_text(json.dumps(BUNDLE), encoding="utf-8")
    assert run("ingest", bundle, "--store", f"ladybug:{repo.folder / 'ci.lbdb'}").code == 0
    recipe = re.search(
        r"```yaml\n(name: knowledge\n.*?)```", (ROOT / "docs" / "workbench.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert recipe is not None
    steps = yaml.safe_load(recipe.group(1))["jobs"]["compare"]["steps"]
    script = next(step["run"] for step in steps if step.get("name") == "compare")
    command = tmp_path / "bin" / "kgtwin"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kgtwin "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment |= {"BASE": repo.git("rev-parse", "main"), "HEAD": repo.git("rev-parse", "HEAD")}
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=repo.folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    comment = (repo.folder / "comment.md").read_text(encoding="utf-8")
    assert "1 subsumption lost" in comment
    assert "1 lost | contraindicated" in comment
    broken = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=repo.folder,
        env={**environment, "BASE": "none"},
        capture_output=True,
        check=False,
    )
    assert broken.returncode != 0, "a side that cannot be read fails the step"
