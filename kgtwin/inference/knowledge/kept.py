"""The classified knowledge of an ontology's files, kept between processes: read and classified again after an edit.

It lies beside the classifications (see ``kgtwin.reasoning.cache``): a note of the files by the root's path, and what
was made of them by their digest and that of the source that made it.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.inference.knowledge import Knowledge
from kgtwin.ontology.catalog import CATALOG
from kgtwin.ontology.collecting import no_collection
from kgtwin.ontology.digest import digest_of_files
from kgtwin.reasoning import cache as files

PACKAGES: Final = ("ontology", "inference", "workbench")


class Note(msgspec.Struct, frozen=True):
    """The files that a knowledge was made from; ``catalogs`` says where imports are, as far as catalogs say so."""

    files: tuple[str, ...]
    digest: str
    catalogs: str


class KeptKnowledge:
    """The knowledge of a root file: found again where it was kept and no file changed since, else made."""

    def __init__(self, root: Path, make: Callable[[], Knowledge]) -> None:
        self._root, self._make = root, make
        self._knowledge: Knowledge | None = None
        self._kept = -1
        """How much the kept one has worked out; -1 where there is none."""

    def __call__(self) -> Knowledge:
        """The knowledge; the same one every time."""
        if self._knowledge is None:
            self._knowledge = _found(self._root)
            self._kept = -1 if self._knowledge is None else self._knowledge.worked_out
            self._knowledge = self._knowledge or self._make()
        return self._knowledge

    def keep(self) -> None:
        """Keep it for the next process, with what was worked out meanwhile. Where that cannot be, that is all."""
        known = self._knowledge
        if known is None or known.worked_out <= self._kept:
            return
        # no disk, no right to write, or another thread that still works with it
        with contextlib.suppress(OSError, RuntimeError):
            note = _note_of(tuple(known.ontology.files), known.ontology.digest)
            with no_collection():
                files.save(known, _path(note))
            files.prune(".knowledge")
            files.write_whole(_note_path(self._root), msgspec.json.encode(note))
            self._kept = known.worked_out


def _found(root: Path) -> Knowledge | None:
    try:
        note = msgspec.json.decode(_note_path(root).read_bytes(), type=Note)
        digest = digest_of_files(note.files)
    except (OSError, msgspec.MsgspecError):
        return None
    if note != _note_of(note.files, digest):
        return None
    with no_collection(), contextlib.suppress(pickle.UnpicklingError, AttributeError, ImportError):
        found = files.load(_path(note))
        return found if isinstance(found, Knowledge) else None
    return None


def _note_of(names: tuple[str, ...], digest: str) -> Note:
    return Note(names, digest, hashlib.sha256(b"".join(_catalogs(names))).hexdigest())


def _catalogs(names: tuple[str, ...]) -> Iterator[bytes]:
    for folder in sorted({Path(name).parent for name in names}):
        path = folder / CATALOG
        yield f"{path}\0".encode()
        yield path.read_bytes() if path.is_file() else b"-"


def _note_path(root: Path) -> Path:
    key = f"{root}\0{root.resolve()}"
    return files.folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.knowledge.json"


def _path(note: Note) -> Path:
    key = f"{note.digest} {' '.join(note.files)} {files.engine_version()} {version()}"
    return files.folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.knowledge"


@cache
def version() -> str:
    """A digest of the source that makes what is kept, beside the engine's."""
    package = Path(__file__).parents[2]
    found = [*(source for name in PACKAGES for source in (package / name).rglob("*.py"))]
    return files.digest_of_sources([*found, package / "vocabulary.py", package / "identifiers.py"])
