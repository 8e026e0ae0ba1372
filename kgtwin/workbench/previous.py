"""An earlier version to compare a release with: a release, an ontology, or a git revision of the one released."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.terminology.sssom import SUFFIX
from kgtwin.workbench.git import Repository
from kgtwin.workbench.project import root_of
from kgtwin.workbench.revisions import Side
from kgtwin.workbench.revisions import opened as side_of

MANIFEST = "release.json"
MAPPINGS = "mappings"


@contextmanager
def opened(given: str, root: Path) -> Iterator[tuple[Side, Path]]:
    """The earlier ontology, and the folder that has its mappings.

    A name that is a file or folder is that one; else it is a revision of the repository that ``root`` lies in.

    Raises:
        NotFoundError: it is neither.
        UsageError: it is a folder that does not say which ontology is meant.
    """
    path = Path(given)
    if path.exists():
        file, folder = _local(path)
        with side_of(str(file.resolve())) as side:
            yield side, folder
        return
    root = root.resolve()
    _, colon, _ = given.partition(":")
    inside = _below_top(root)
    with side_of(given if colon else f"{given}:{inside}", folder=root.parent) as side:
        if side.commit is not None:
            _mappings(root.parent, side)
        yield side, side.file.parent / MAPPINGS


def _local(path: Path) -> tuple[Path, Path]:
    if not (path / MANIFEST).is_file():
        root = root_of(path)
        return root, root.parent / MAPPINGS
    try:
        merged = path / json.loads((path / MANIFEST).read_text(encoding="utf-8"))["merged"]
    except (ValueError, KeyError, TypeError):
        raise UsageError("this is no manifest of a release", where=str(path / MANIFEST)) from None
    return root_of(merged), path


def _below_top(root: Path) -> str:
    """A path from the repository's top, as git names it."""
    top = next((folder for folder in root.parents if (folder / ".git").exists()), None)
    if top is None:
        raise NotFoundError(
            "the ontology lies in no git repository",
            where=str(root),
            expected="a release or an ontology as the earlier version, or a revision of its repository",
        )
    return root.relative_to(top).as_posix()


def _mappings(folder: Path, side: Side) -> None:
    """Puts the mapping sets of the revision beside its ontology, which has been put into a folder of its own."""
    repository = Repository(folder)
    below = f"{side.file.parent.relative_to(side.home).as_posix()}/{MAPPINGS}/".removeprefix("./")
    entries = repository.entries(side.commit or "")
    found = [one for name, one in entries.items() if name.startswith(below) and name.endswith(SUFFIX) and not one.link]
    contents = repository.contents(found) if found else {}
    for one in found:
        target = side.home / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents[one.blob])
