"""What knowledge said, kept by its version: so that it can be told later what was edited since."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
from pathlib import Path
from typing import Final

from kgtwin.inference.editing.content import Content, content_of
from kgtwin.inference.knowledge import Knowledge
from kgtwin.ontology.collecting import no_collection
from kgtwin.reasoning import cache

SUFFIX: Final = ".content"
KEPT: Final = 32
"""Versions that are kept; of an older one it is not known what was edited since."""


class Archive:
    """Contents in memory and, where there is a folder (see ``kgtwin.reasoning.cache``), in files."""

    def __init__(self, *, files: bool = False) -> None:
        self._files = files
        self._known: dict[str, Content] = {}
        self._kept: dict[str, Knowledge | None] = {}

    def keep(self, knowledge: Knowledge) -> None:
        """Keep what a knowledge says. Where no file can be written, it is known to this process alone."""
        version = knowledge.version
        if version in self._kept:
            return
        self._kept[version] = None if self._files else knowledge
        if self._files and not _path(version).exists():
            with contextlib.suppress(OSError), no_collection():
                cache.save(self.content(knowledge), _path(version))
                cache.prune(SUFFIX, keep=KEPT)

    def content(self, knowledge: Knowledge) -> Content:
        """What a knowledge says."""
        if knowledge.version not in self._known:
            self._known[knowledge.version] = content_of(knowledge)
        return self._known[knowledge.version]

    def find(self, version: str) -> Content | None:
        """What the knowledge of some version said, if it is known."""
        kept = self._kept.get(version)
        if version in self._known or kept is None:
            return self._known.get(version) or (_read(version) if self._files else None)
        return self.content(kept)


def _read(version: str) -> Content | None:
    with no_collection(), contextlib.suppress(pickle.UnpicklingError, AttributeError, ImportError, TypeError):
        found = cache.load(_path(version))
        return found if isinstance(found, Content) and found.version == version else None
    return None


def _path(version: str) -> Path:
    key = f"{version} {cache.engine_version()}"
    return cache.folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}{SUFFIX}"
