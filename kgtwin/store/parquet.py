"""A whole store as a folder of Parquet files, which analysts open with their tools and ``restore`` reads back.

The folder holds ``nodes/LABEL.parquet``, ``edges/KIND.parquet`` (see ``parquet_files``) and ``manifest.json``, which
says of which revision they are, how many rows each has, and their digests. It is taken from a backup, so it may be
written while the store is in use and is of one revision.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from kgtwin import __version__
from kgtwin.errors import MalformedInputError, StoreError, UsageError
from kgtwin.files import NewFolder, writing
from kgtwin.store import backup
from kgtwin.store.backup import Summary, Told
from kgtwin.store.base import GraphStore
from kgtwin.store.parquet_files import FILES, Writer, malformed, read_frame, read_units
from kgtwin.store.schema import SCHEMA_VERSION
from kgtwin.store.units import Frame, total

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_LONGEST: Final = 1 << 20
"""Bytes of a manifest at most."""


class File(msgspec.Struct, frozen=True):
    """What a manifest says of a file."""

    rows: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``content`` is the digest of the store, the same as that of its backup; ``files`` are named from the folder."""

    format: int
    schema: int
    made_by: str
    at: str
    revision: int
    patients: int
    content: str
    files: dict[str, File]

    @property
    def summary(self) -> Summary:
        """The same in a few figures."""
        size = sum(file.bytes for file in self.files.values())
        return Summary(revision=self.revision, patients=self.patients, content=self.content, bytes=size)


async def save(store: GraphStore, folder: Path, *, told: Told = lambda done, of: None) -> Summary:
    """Write an open store, which may be used meanwhile, as Parquet.

    The folder appears when all is written and was read again; it and its files are their owner's alone.

    Raises:
        UsageError: if there is something in the folder already, or it cannot be written. Nothing is left behind.
        StoreError: if the store changes faster than it can be read.
    """
    with writing("the export", folder):
        making = NewFolder(folder)
        try:
            manifest = await _write(store, making, told)
            making.appear()
        except BaseException:
            making.abandon()
            raise
    return manifest.summary


async def _write(store: GraphStore, making: NewFolder, told: Told) -> Manifest:
    source = making.making / "store.backup"
    await _back_up(store, source, making.path, told)
    end, counts = _tables(source, making, told)
    source.unlink()
    manifest = Manifest(
        format=FORMAT,
        schema=SCHEMA_VERSION,
        made_by=__version__,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        revision=end.revision,
        patients=end.patients,
        content=end.content,
        files={name: _file(making.making / name, rows) for name, rows in counts.items()},
    )
    with making.create(MANIFEST) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    if _content(making.making) != end.content:
        raise StoreError("what was written is not what the store holds", where=str(making.path), remedy="report this")
    return manifest


async def _back_up(store: GraphStore, source: Path, folder: Path, told: Told) -> None:
    """The first half of the work, as ``told`` hears it."""
    try:
        await backup.save(store, source, told=lambda done, of: told(done, 2 * of))
    except StoreError as error:
        if error.where == str(source):  # which is nowhere any more
            message = error.message.replace("backup", "export")
            raise UsageError(message, where=str(folder), remedy="make room on that disk") from None
        raise


def _tables(source: Path, making: NewFolder, told: Told) -> tuple[backup.End, dict[str, int]]:
    end, frame, units = backup.parts(source)
    writer = Writer(making)
    try:
        writer.frame(frame, SCHEMA_VERSION)
        for done, unit in enumerate(units, 1):
            writer.unit(unit)
            told(end.patients + done, 2 * end.patients)
        return end, writer.close()
    except BaseException:
        writer.abandon()
        raise


def _file(path: Path, rows: int) -> File:
    return File(rows, path.stat().st_size, _sha256(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content(folder: Path) -> str:
    """The digest of the store that the files hold."""
    return total(read_frame(folder), (unit.digest for unit in read_units(folder)))


async def load(folder: Path, store: GraphStore, *, told: Told = lambda done, of: None) -> Summary:
    """Restore a Parquet export into an open, empty store, and compare the digest of what is there then.

    Raises:
        MalformedInputError: if a file is changed, missing or not of the export; nothing is written.
        UsageError: if the store is not empty; nothing is written.
        StoreError: if what was restored is not what was exported.
    """
    manifest, frame = check(folder)
    await backup.fill(store, frame, read_units(folder), manifest.content, told)
    return manifest.summary


def check(folder: Path) -> tuple[Manifest, Frame]:
    """The manifest and the frame of an export whose files are all there, as they were written, and no others.

    Raises:
        MalformedInputError: if it is not whole, or of another format; the file is named.
    """
    manifest = _manifest(folder)
    _check_names(folder, manifest)
    for name, file in manifest.files.items():
        path = folder / name
        if path.stat().st_size != file.bytes or _sha256(path) != file.sha256:
            raise malformed(folder, name, "it was changed after the export")
    if _content(folder) != manifest.content:
        raise malformed(folder, MANIFEST, "it is not the manifest of these files")
    return manifest, read_frame(folder)


def _manifest(folder: Path) -> Manifest:
    try:
        with (folder / MANIFEST).open("rb") as file:
            data = file.read(_LONGEST)
        stated = msgspec.json.decode(data, type=_Stated)
        if (stated.format, stated.schema) == (FORMAT, SCHEMA_VERSION):
            return msgspec.json.decode(data, type=Manifest)
    except FileNotFoundError:
        raise malformed(folder, MANIFEST, "it is missing") from None
    except OSError as error:
        raise UsageError(f"{MANIFEST} cannot be read: {error.strerror}", where=str(folder)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise malformed(folder, MANIFEST, "it is no manifest") from None
    raise MalformedInputError(
        f"the export has format {stated.format} and schema {stated.schema}",
        where=str(folder),
        expected=f"format {FORMAT} and schema {SCHEMA_VERSION}",
        remedy=f"restore it with kgtwin {stated.made_by[:40]}, migrate that store, and export it again",
    )


class _Stated(msgspec.Struct):
    format: int
    schema: int
    made_by: str = "of its time"


def _check_names(folder: Path, manifest: Manifest) -> None:
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {MANIFEST}
    for names, what in (
        (manifest.files.keys() ^ set(FILES.values()), f"{MANIFEST} does not name the files of this schema"),
        (manifest.files.keys() - there, "it is missing"),
        (there - manifest.files.keys(), "it is no file of the export"),
    ):
        if names:
            raise malformed(folder, min(names), what)
