"""What the tests of the RDF view share: its checkpoints looked at without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from kgtwin.store.rdf_files import ViewFolder

GRAPH = "https://w3id.org/kgtwin/graph/"


def held(folder: Path) -> set[str]:
    """Every quad of the checkpoint that answers now, as text."""
    lease = ViewFolder(folder).lease()
    assert lease is not None
    try:
        return {str(quad) for quad in ox.Store.read_only(str(lease.path))}
    finally:
        lease.close()


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("g-*"))


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("g-*/r*"))


def files_with(folder: Path, *words: bytes) -> list[Path]:
    """The files that hold one of these words; there must be some files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if any(word in path.read_bytes() for word in words)]


def damage(folder: Path, pattern: str, how: str) -> None:
    """Shorten files, blank their first halves, or remove them."""
    for path in folder.glob(pattern):
        data = path.read_bytes()
        if how == "remove":
            path.unlink()
        elif data and path.name != "LOCK":
            half = len(data) // 2
            path.write_bytes(b"damaged" * 20 if how == "shorten" else b"\xff" * half + data[half:])


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def change(path: Path, update: str) -> None:
    """Change a database behind the view's back."""
    script = "import sys, pyoxigraph as ox\nox.Store(sys.argv[1]).update(sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, path, update], check=True)


@contextmanager
def locked_by_another(folder: Path) -> Iterator[int]:
    """Another process holds the view's lock; its id. It is killed in the end."""
    script = (
        "import sys, pathlib\nfrom kgtwin.store.rdf_files import ViewFolder\n"
        "assert ViewFolder(pathlib.Path(sys.argv[1])).try_lock('a test')\nprint(flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script, folder], stdin=-1, stdout=-1) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            yield other.pid
        finally:
            other.kill()
