"""Versions of ontologies for tests: small ones from text, the mini knowledge with lines edited, git repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from kgtwin.workbench.comparison import Comparison, compare
from kgtwin.workbench.differences import Version
from kgtwin.workbench.inferred import Change
from kgtwin.workbench.revisions import Side, opened

MINI = Path(__file__).parent / "cases" / "mini"
X = "http://example.org/x#"
HEAD = f"Prefix(:=<{X}>)\nPrefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)\nOntology(<http://example.org/x>\n"


def write(path: Path, *axioms: str) -> Path:
    """A file of functional syntax, one axiom a line from line 4 on."""
    path.write_text(HEAD + "".join(f"{axiom}\n" for axiom in axioms) + ")\n", encoding="utf-8")
    return path


def side(path: Path) -> Side:
    """A file as a side."""
    return Side(path.name, path, path.parent)


def version(folder: Path, name: str, *axioms: str) -> Version:
    return Version.of(side(write(folder / name, *axioms)))


def compared(folder: Path, one: list[str], other: list[str], *, every: bool = False) -> Comparison:
    """Two lists of axioms compared; the files are a.ofn and b.ofn."""
    return compare(side(write(folder / "a.ofn", *one)), side(write(folder / "b.ofn", *other)), every=every)


def said(change: Change) -> tuple[str, str, str, str]:
    """A change in short: ``+`` or ``-``, sub, sign, sup."""
    sign = {"subsumption": "⊑", "equivalence": "≡", "unsatisfiable": "=", "inconsistent": "!"}[change.conclusion.value]
    return "-+"[change.gained], short(change.sub), sign, short(change.sup)


def causes(change: Change) -> list[list[str]]:
    """The causes as text, without prefixes."""
    return [[short(edit.text) for edit in cause] for cause in change.causes]


def short(text: str) -> str:
    return text.replace(f"<{X}", "").replace(X, "").replace(">", "").rpartition("owl#")[2]


def mini(folder: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the mini knowledge in which texts are replaced; each must be there once."""
    shutil.copytree(MINI, folder)
    edit(folder, *edits)
    return folder


def edit(folder: Path, *edits: tuple[str, str]) -> None:
    for old, new in edits:
        files = [file for file in folder.glob("*.ofn") if old in file.read_text(encoding="utf-8")]
        assert len(files) == 1, (old, files)
        text = files[0].read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        files[0].write_text(text.replace(old, new), encoding="utf-8")


def mini_version(folder: Path, *edits: tuple[str, str]) -> Version:
    with opened(str(mini(folder, *edits))) as found:
        return Version.of(found)


class Repo:
    """A git repository of a test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str = "edit") -> str:
        """Commit everything; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", message)
        return self.git("rev-parse", "HEAD")
