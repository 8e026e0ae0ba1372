"""The hook and the CI script on a real repository: a broken edit is refused with its line, a good one passes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workbench.test_check import FIRST, HEAD, SOUND, STATEMENT

ROOT = Path(__file__).resolve().parents[2]
KGTWIN = f"{sys.executable} -m kgtwin"
GOOD = f"{HEAD}{SOUND}{STATEMENT})\n"
BROKEN = GOOD.replace("ObjectSomeValuesFrom(x:r x:B)", "ObjectSomeValuesFrom(x:r x:Missing)")
LINE = next(number for number, line in enumerate(BROKEN.splitlines(), 1) if "x:Missing" in line)

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or shutil.which("bash") is None, reason="needs git and bash"
)


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "ontologies" / "kgtwin.owl"
        self.file.parent.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "kgtwin.command", KGTWIN)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = {f"GIT_{role}_{what}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        env = {**own, **who, "PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull, "KGTWIN": KGTWIN}
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("git", *arguments)

    def commit(self, text: str, message: str = "edit") -> subprocess.CompletedProcess[str]:
        self.file.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        return self.git("commit", "--quiet", "-m", message)

    @property
    def commits(self) -> int:
        return len(self.git("log", "--format=%H").stdout.split())


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def hooked(repository: Repository) -> Repository:
    hook = repository.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "scripts" / "pre-commit-ontology", hook)
    repository.file.write_text(GOOD, encoding="utf-8")
    repository.git("add", "-A")
    repository.git("commit", "--no-verify", "--quiet", "-m", "first")
    return repository


def test_a_broken_edit_is_refused_with_file_and_line(hooked: Repository) -> None:
    done = hooked.commit(BROKEN)
    assert done.returncode != 0
    assert hooked.commits == 1
    assert f"ontologies/kgtwin.owl:{LINE}: error: " in done.stderr
    assert "x#Missing" in done.stderr
    assert "/tmp" not in done.stderr.replace(str(hooked.folder), ""), "places are those of the repository"


def test_a_good_edit_passes(hooked: Repository) -> None:
    assert hooked.commit(GOOD.replace('x:A "A"@en', 'x:A "An A"@en')).returncode == 0
    assert hooked.commits == 2


def test_what_is_staged_counts_and_not_what_lies_in_the_folder(hooked: Repository) -> None:
    hooked.file.write_text(BROKEN, encoding="utf-8")
    hooked.git("add", "-A")
    hooked.file.write_text(GOOD, encoding="utf-8")
    assert hooked.git("commit", "--quiet", "-m", "mended only here").returncode != 0
    hooked.git("add", "-A")
    hooked.file.write_text(BROKEN, encoding="utf-8")
    assert hooked.git("commit", "--quiet", "--allow-empty", "-m", "the staged one is good").returncode == 0


def test_other_files_are_committed_whatever_the_ontology(hooked: Repository) -> None:
    hooked.file.write_text(BROKEN, encoding="utf-8")
    hooked.git("add", "-A")
    assert hooked.git("commit", "--no-verify", "--quiet", "-m", "broken on purpose").returncode == 0
    (hooked.folder / "README.md").write_text("x", encoding="utf-8")
    hooked.git("add", "README.md")
    assert hooked.git("commit", "--quiet", "-m", "only the readme").returncode == 0


def test_a_missing_kgtwin_refuses_and_says_what_to_do(hooked: Repository) -> None:
    hooked.git("config", "kgtwin.command", "no-such-kgtwin")
    done = hooked.commit(GOOD.replace('"A"', '"B"'))
    assert done.returncode != 0
    assert "git config kgtwin.command" in done.stderr


def test_an_ontology_that_is_a_file_in_a_folder_with_a_space(repository: Repository) -> None:
    repository.file = repository.folder / "my ontologies" / "one.ofn"
    repository.file.parent.mkdir()
    repository.git("config", "kgtwin.ontology", "my ontologies/one.ofn")
    shutil.copy(ROOT / "scripts" / "pre-commit-ontology", repository.folder / ".git" / "hooks" / "pre-commit")
    assert repository.commit(GOOD).returncode == 0
    done = repository.commit(BROKEN)
    assert done.returncode != 0
    assert f"my ontologies/one.ofn:{LINE}: error: " in done.stderr


def test_the_ci_script_tells_the_difference_and_fails_on_errors(repository: Repository) -> None:
    script = str(ROOT / "scripts" / "ci-ontology")
    repository.commit(GOOD)
    repository.commit(GOOD.replace("x:A ObjectSomeValuesFrom(x:r x:B)", "x:B ObjectSomeValuesFrom(x:r x:A)"))
    out = repository.folder / "out"
    done = repository.run("bash", script, "main~1", "main", str(out))
    assert done.returncode == 0, done.stderr
    assert "CI_9001" in (out / "diff.md").read_text(encoding="utf-8")
    assert json.loads((out / "check.json").read_text(encoding="utf-8"))["errors"] == 0
    assert not (out / "impact.md").exists(), "no store was named"
    repository.commit(BROKEN)
    failed = repository.run("bash", script, "main~1", "main", str(out))
    assert failed.returncode == 1
    assert f"ontologies/kgtwin.owl:{LINE}: error: " in failed.stdout
    assert repository.run("bash", script, "no-such-revision", "main", str(out)).returncode == 3


def test_the_line_of_the_broken_edit_is_in_the_body() -> None:
    assert LINE > FIRST
