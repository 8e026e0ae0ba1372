"""An earlier version to compare a release with: a release, an ontology, or a git revision of the one released."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgtwin.errors import OntologyError, UsageError
from kgtwin.workbench.project import root_of

MANIFEST = "release.json"
_GIT = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C"}


@contextmanager
def opened(given: str, root: Path) -> Iterator[tuple[Path, Path]]:
    """The root ontology of an earlier version and the folder with its mappings.

    A name that is a file or folder is that one; else it is a revision of the repository that ``root`` lies in.

    Raises:
        UsageError: it is neither.
    """
    path = Path(given)
    if path.exists():
        yield _local(path)
        return
    with tempfile.TemporaryDirectory(prefix="kgtwin-") as made:
        copy = _exported(given, root.resolve(), Path(made))
        yield copy, copy.parent / "mappings"


def _local(path: Path) -> tuple[Path, Path]:
    if not (path / MANIFEST).is_file():
        root = root_of(path)
        return root, root.parent / "mappings"
    try:
        merged = path / json.loads((path / MANIFEST).read_text(encoding="utf-8"))["merged"]
    except (ValueError, KeyError, TypeError):
        raise UsageError("this is no manifest of a release", where=str(path / MANIFEST)) from None
    return root_of(merged), path


def _exported(revision: str, root: Path, target: Path) -> Path:
    """The folder of the root as it was, with all that lies below it; objects are read as they are stored."""
    top = Path(_git(root.parent, "rev-parse", "--show-toplevel").decode().strip()).resolve()
    commit = (
        b"" if revision.startswith("-") else _git(root.parent, "rev-parse", "-q", "--verify", f"{revision}^{{commit}}")
    )
    if not commit:
        raise UsageError(
            "there is no such file or folder, and no such git revision",
            where=revision,
            expected="a release, an ontology, or a revision of the repository that the ontology lies in",
        )
    inside = root.parent.relative_to(top).as_posix()
    listed = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit.decode().strip(), "--", inside)
    for line in filter(None, listed.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, _, blob = head.decode().split()
        if mode.startswith("100"):
            file = target / os.fsdecode(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_git(top, "cat-file", "blob", blob))
    copy = target / root.relative_to(top)
    if not copy.is_file():
        raise UsageError(f"{revision} has no {root.relative_to(top)}", where=revision, expected="a later revision")
    return copy


def _git(folder: Path, *arguments: str) -> bytes:
    """What git says; nothing where it fails to verify a name."""
    try:
        done = subprocess.run(  # noqa: S603 - arguments, never a shell
            [*_GIT, *arguments], cwd=folder, env={**os.environ, **_QUIET}, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise OntologyError("git is not installed", remedy="name a folder instead of a revision") from None
    if done.returncode and "--verify" not in arguments:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageError(f"git: {said}", where=str(folder), expected="a file or folder, or a git repository")
    return b"" if done.returncode else done.stdout
