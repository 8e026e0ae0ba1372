"""Reads files out of a git repository: no hook runs, no filter, nothing is fetched, nothing is written to it.

Objects are read as they are stored (``git ls-tree``, ``git cat-file``). ``git archive`` would run the repository's
smudge filters, which may be any program.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from kgtwin.errors import NotFoundError

STAGED = ""
"""The revision that is no commit yet: what is staged for the next one."""
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C"}


class Entry(msgspec.Struct, frozen=True):
    """A file of a revision: ``path`` from the repository's top, the object with its content, whether it is a link."""

    path: str
    blob: str
    link: bool


class Repository:
    """The repository around a folder.

    Raises:
        NotFoundError: there is none, or git is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        done = self._git("rev-parse", "--git-dir")
        if done.returncode:
            raise NotFoundError(
                "not in a git repository", where=str(folder.resolve()), expected=_said(done), remedy=_REMEDY
            )

    def commit(self, revision: str) -> str | None:
        """The full id of the commit that a name means; None where it means none."""
        if revision.startswith("-") or not revision:
            return None
        done = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return None if done.returncode else done.stdout.decode().strip()

    def entries(self, commit: str) -> dict[str, Entry]:
        """The files of a commit, or the staged ones, by path; submodules are none.

        Raises:
            NotFoundError: the repository lacks some of them.
        """
        lines = self._staged() if commit == STAGED else self._tree(commit)
        found = (_entry(line) for line in lines if line)
        return {one.path: one for one in found if one is not None}

    def contents(self, entries: Iterable[Entry]) -> dict[str, bytes]:
        """What is in some files, by object.

        Raises:
            NotFoundError: the repository lacks some of them.
        """
        wanted = list(dict.fromkeys(one.blob for one in entries))
        data = self._read("cat-file", "--batch", given="".join(f"{one}\n" for one in wanted).encode())
        found: dict[str, bytes] = {}
        at = 0
        for blob in wanted:
            head = data.find(b"\n", at)
            said = data[at:head].split()
            if said[:2] != [blob.encode(), b"blob"]:
                raise self._incomplete(f"object {blob} is missing")
            at = head + 1 + int(said[2])
            found[blob] = data[head + 1 : at]
            at += 1
        return found

    def _tree(self, commit: str) -> list[bytes]:
        return self._read("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")

    def _staged(self) -> list[bytes]:
        return self._read("ls-files", "--stage", "-z", "--full-name", "--", ":/").split(b"\0")

    def _read(self, *arguments: str, given: bytes | None = None) -> bytes:
        done = self._git(*arguments, given=given)
        if done.returncode:
            raise self._incomplete(_line(done) or f"git {arguments[0]} failed")
        return done.stdout

    def _incomplete(self, why: str) -> NotFoundError:
        return NotFoundError(
            f"git cannot read the revision: {why}",
            where=str(self._folder.resolve()),
            remedy="a shallow or partial clone lacks contents: fetch them first (nothing is fetched here)",
        )

    def _git(self, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        command = ["git", *_SAFE, *arguments]
        environment = {**os.environ, **_QUIET}
        try:
            return subprocess.run(  # noqa: S603 - arguments, never a shell
                command, input=given, cwd=self._folder, env=environment, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise NotFoundError(
                "git is not installed", remedy="install git, or compare files instead of revisions"
            ) from None


_REMEDY = "run this inside the repository, or name a file or folder"


def _line(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")


def _said(done: subprocess.CompletedProcess[bytes]) -> str | None:
    """What git objects to, unless it is just that there is no repository."""
    said = _line(done)
    return None if not said or said.startswith("not a git repository") else f"one that git reads ({said})"


def _entry(line: bytes) -> Entry | None:
    """From ``mode type object<TAB>path`` (a tree) or ``mode object stage<TAB>path`` (the index)."""
    head, _, path = line.partition(b"\t")
    words = head.decode().split()
    mode = words[0]
    blob = words[2] if words[1] == "blob" else words[1]
    if mode not in {"100644", "100755", "120000"} or words[2] in {"1", "2", "3"}:
        return None
    name = os.fsdecode(path)
    outside = name.startswith("/") or ".." in name.split("/")
    return None if outside else Entry(name, blob, mode == "120000")
