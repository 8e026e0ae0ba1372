"""Classifications kept on disk: one file each, its arrays mapped into memory when it is asked.

A file holds a pickle of the small things and, page by page, the arrays that it refers to. It is found by the digest of
the axioms and of the engine's own source, is written beside its name and then renamed, and one that is cut short or
otherwise not what it says is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import pickle
import struct
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import IO

_MAGIC = b"kgtwin\x00\x01"
_HEAD = struct.Struct("<8sQQQ32s")
"""Magic number, length of the file, length of the pickle, number of arrays, digest of pickle and places."""
_PLACE = struct.Struct("<QQ")
_PAGE = 4096
_LEAST = 1 << 12
"""Arrays smaller than this stay in the pickle."""


def folder() -> Path:
    """Where classifications are kept: ``KGTWIN_CACHE``, else ``kgtwin`` in the user's cache folder."""
    setting = os.environ.get("KGTWIN_CACHE")
    if setting:
        return Path(setting)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgtwin"


def path_of(digest: str, where: Path | None = None) -> Path:
    """The file of a classification, by the digest of its axioms."""
    key = hashlib.sha256(f"{digest} {engine_version()}".encode()).hexdigest()[:32]
    return (where or folder()) / f"{key}.classification"


@cache
def engine_version() -> str:
    """A digest of the source of the engine and the model, and of what pickles: a change there voids older files."""
    package = Path(__file__).parent.parent
    return digest_of_sources([*package.glob("reasoning/*.py"), *package.glob("model/*.py")])


def digest_of_sources(sources: Iterable[Path]) -> str:
    """The digest of source files, and of what pickles."""
    versions = f"{sys.version} {version('numpy')} {version('msgspec')}"
    contents = (source.read_bytes() for source in sorted(sources))
    return hashlib.sha256(b"".join([versions.encode(), *contents])).hexdigest()


def save(value: object, path: Path) -> None:
    """Writes a classification, or what has one; others that read or write the same file meanwhile are not disturbed.

    Raises:
        OSError: the folder cannot be written.
    """
    buffers: list[pickle.PickleBuffer] = []

    def out_of_band(buffer: pickle.PickleBuffer) -> bool:
        if buffer.raw().nbytes < _LEAST:
            return True
        buffers.append(buffer)
        return False

    content = pickle.dumps(value, protocol=5, buffer_callback=out_of_band)
    raws = [buffer.raw() for buffer in buffers]
    at = _pages(_HEAD.size + len(raws) * _PLACE.size + len(content))
    places = b""
    for raw in raws:
        places += _PLACE.pack(at, raw.nbytes)
        at = _pages(at + raw.nbytes)
    digest = hashlib.sha256(places + content).digest()
    head = _HEAD.pack(_MAGIC, at, len(content), len(raws), digest)
    with _whole(path) as file:
        file.write(head + places + content)
        for raw in raws:
            file.seek(_pages(file.tell()))
            file.write(raw)
        file.truncate(at)


def prune(suffix: str, keep: int = 8) -> None:
    """Removes all but the last written files of a kind: each edit of an ontology leaves another one."""
    with contextlib.suppress(OSError):
        found = sorted(folder().glob(f"*{suffix}"), key=lambda path: path.stat().st_mtime_ns)
        for path in found[:-keep]:
            path.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a small file so that readers see the old one or the new one, never a part.

    Raises:
        OSError: the folder cannot be written.
    """
    with _whole(path) as file:
        file.write(content)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def load(path: Path) -> object | None:
    """What a file holds, or None where there is none, or it is damaged or not the user's own."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or status.st_mode & 0o022 or status.st_size < _HEAD.size:
                return None
            content = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    except OSError:
        return None
    return _loaded(content)


def _loaded(content: mmap.mmap) -> object | None:
    magic, length, pickled, count, digest = _HEAD.unpack_from(content)
    start = _HEAD.size + count * _PLACE.size
    if magic != _MAGIC or length != len(content) or start + pickled > length:
        return None
    if hashlib.sha256(content[_HEAD.size : start + pickled]).digest() != digest:
        return None
    view = memoryview(content)
    places = [_PLACE.unpack_from(content, _HEAD.size + i * _PLACE.size) for i in range(count)]
    if any(at + size > length for at, size in places):
        return None
    found: object = pickle.loads(  # noqa: S301 - written by this user, in full, as its digest tells
        view[start : start + pickled], buffers=[view[at : at + size] for at, size in places]
    )
    return found


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
