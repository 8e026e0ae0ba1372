"""Looks at an ontology again whenever one of its files was saved; only what has changed is read again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kgtwin.workbench.checking import Memory, Report, check
from kgtwin.workbench.project import root_of

PAUSE = 0.1
"""Seconds between two looks at the files."""

Stamp = tuple[int, int, int]


class Files:
    """The files of an ontology with its folder's catalogue: whether any was saved since they were looked at last."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[Path, Stamp | None] = {}
        self.follow(())

    def follow(self, files: Iterable[str]) -> None:
        """Looks at these and the root from now on; of those that it looks at already, a save in between is not lost."""
        names = {self._root, self._root.parent / "catalog-v001.xml", *map(Path, files)}
        self._files = {file: self._files[file] if file in self._files else _stamp(file) for file in sorted(names)}

    def changed(self) -> bool:
        """Whether some file is not as it was; from now on, as it is."""
        now = {file: _stamp(file) for file in self._files}
        was, self._files = self._files, now
        return now != was


def _stamp(file: Path) -> Stamp | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def reports(
    path: Path,
    *,
    pause: Callable[[], None] = lambda: time.sleep(PAUSE),
    shapes: bool = False,
) -> Iterator[Report]:
    """A report at once, and another one after every save, for ever. SHACL takes seconds: only with ``shapes``.

    Raises:
        UsageError: there is no such file, or no single root in the folder.
    """
    from kgtwin.reasoning import kernel  # noqa: F401, PLC0415 - compiled: the next checks change what it found

    files, memory = Files(root_of(path)), Memory()
    while True:
        report = check(path, shape_files=() if shapes else None, memory=memory)
        files.follow(report.files)
        yield report
        while not files.changed():
            pause()
        while files.changed():  # an editor that saves in several steps
            pause()
