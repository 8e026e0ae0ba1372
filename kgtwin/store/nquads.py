"""The RDF view as N-Quads and, where a whole store is asked for, the store's records in a graph of their own.

The view lacks history, the feed, names and what is not clinical. The graph ``records`` has them all: the text of a
backup in pieces, each a plain literal, ``<…/data/record/7> kgtwin:record "…" <…/graph/records>``. In the order of their
numbers they are the backup, so the order of lines in the file does not matter, and any tool may have rewritten it.
"""

# ruff: noqa: ASYNC240  # a file, read and written by one who waits for it

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final

import msgspec
import pyoxigraph as ox

from kgtwin.errors import MalformedInputError, StoreError, UsageError
from kgtwin.files import owner_only, whole, writing
from kgtwin.store import backup
from kgtwin.store import rdf_terms as terms
from kgtwin.store.backup import Summary, Told
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf import RdfView
from kgtwin.store.rdf_primary import translated
from kgtwin.store.rdf_views import CurrentView
from kgtwin.vocabulary import kgtwin

RECORDS: Final = terms.GRAPHS + "records"
"""The graph of a store's records."""
RECORD: Final = kgtwin("record")
_SUBJECT: Final = terms.DATA + "record/"
_NUMBER: Final = re.compile(re.escape(_SUBJECT) + r"([1-9][0-9]{0,15}|0)")
_MARK: Final = f"<{RECORDS}>".encode()
PIECE: Final = 1 << 16
"""Characters of a literal at most: readers of N-Quads have limits of their own (Oxigraph 16 MiB a line)."""
LINE: Final = 1 << 24
"""Bytes of a line that are read at once."""
TRIES: Final = 5
"""So often the store is read again where it changed between records and view."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written; ``content`` is the digest of the store, where its records were."""

    revision: int
    quads: dict[str, int]
    bytes: int = 0
    content: str | None = None


async def save(store: GraphStore, view: CurrentView, file: Path, *, records: bool = False) -> Exported:
    """Write the view, caught up with its store, and with ``records`` all that the store holds. The file is its owner's.

    Raises:
        UsageError: if the file is there already, or cannot be written. Nothing is left behind.
        StoreError: if the view cannot be brought up to date, or the store changes faster than it can be read.
    """
    if file.exists():
        raise UsageError("the file exists already", where=str(file), remedy="name another, or remove it")
    with writing("the export", file):
        with whole(file, private=True) as raw:  # first: that it cannot be written is known before all the work
            done = await _with_records(store, view, raw, file) if records else await _view_alone(view, raw, file)
        return msgspec.structs.replace(done, bytes=file.stat().st_size)


async def _view_alone(view: CurrentView, raw: BinaryIO, file: Path) -> Exported:
    async with view.leased(strict=True) as leased:
        return await asyncio.to_thread(_write, raw, file, leased, None)


async def _with_records(store: GraphStore, view: CurrentView, raw: BinaryIO, file: Path) -> Exported:
    with TemporaryDirectory(prefix=f".{file.name}.partial-", dir=file.resolve().parent) as folder:
        for number in range(TRIES):
            source = Path(folder) / f"{number}.backup"
            saved = await _back_up(store, source, file)
            async with view.leased(strict=True) as leased:
                if leased.revision == saved.revision:
                    done = await asyncio.to_thread(_write, raw, file, leased, source)
                    return msgspec.structs.replace(done, content=saved.content)
            source.unlink()
    raise StoreError("the store changes faster than it can be read", remedy="export it at a quieter time")


async def _back_up(store: GraphStore, source: Path, file: Path) -> Summary:
    try:
        return await backup.save(store, source)
    except StoreError as error:
        if error.where != str(source):
            raise
        message = error.message.replace("backup", "export")
        raise UsageError(message, where=str(file), remedy="make room on that disk") from None


def _write(raw: BinaryIO, file: Path, view: RdfView, source: Path | None) -> Exported:
    """In a thread of its own; an error leaves it without its traceback, whose iterators must end in the same thread."""
    try:
        return _written(raw, file, view, source)
    except OSError as error:
        failed = OSError(error.errno, error.strerror)
    raise failed


def _written(raw: BinaryIO, file: Path, view: RdfView, source: Path | None) -> Exported:
    with translated(view.path):
        held = ox.Store.read_only(str(view.path))
    counts: dict[str, int] = {}
    with _packed(raw, file) as out:
        for name in terms.SHOWN:
            graph = ox.NamedNode(terms.GRAPHS + name)
            counts[name] = _put(held.quads_for_pattern(None, None, None, graph), out)
        if source is not None:
            counts["records"] = _put(record_quads(_pieces(source)), out)
    return Exported(revision=view.revision, quads=counts)


@contextmanager
def _packed(raw: BinaryIO, file: Path) -> Iterator[Any]:
    if file.suffix != ".gz":
        yield raw
        return
    with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="") as packed:
        yield packed


def _put(quads: Iterable[ox.Quad], out: Any) -> int:
    """How many there were."""
    count = 0

    def counted() -> Iterator[ox.Quad]:
        nonlocal count
        for quad in quads:
            count += 1
            yield quad

    ox.serialize(counted(), out, format=ox.RdfFormat.N_QUADS)
    return count


def _pieces(source: Path) -> Iterator[str]:
    """The text of a backup: a literal a line, or several where it is long."""
    with gzip.open(source, "rt", encoding="utf-8", newline="\n") as file:
        while piece := file.readline(PIECE):
            yield piece


def record_quads(pieces: Iterable[str]) -> Iterator[ox.Quad]:
    """Texts as quads of the graph of records, numbered in their order.

    >>> print(*record_quads(['{"part": "header"}']))
    <https://w3id.org/kgtwin/data/record/0> <https://w3id.org/kgtwin/ontology#record> "{\\"part\\": \\"header\\"}" \
<https://w3id.org/kgtwin/graph/records>
    """
    graph, predicate = ox.NamedNode(RECORDS), ox.NamedNode(RECORD)
    for number, piece in enumerate(pieces):
        yield ox.Quad(ox.NamedNode(f"{_SUBJECT}{number}"), predicate, ox.Literal(piece), graph)


def is_nquads(path: Path) -> bool:
    """Whether a file, packed or not, begins as N-Quads do and a backup does not."""
    try:
        with _opened(path) as file:
            return file.read(256).lstrip()[:1] in {b"<", b"_", b"#"}
    except (OSError, EOFError, zlib.error):
        return False


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if packed:
            with gzip.open(raw, "rb") as file:
                yield file
        else:
            yield raw


async def load(path: Path, store: GraphStore, *, told: Told = lambda done, of: None) -> Summary:
    """Restore what the graph of records holds into an open, empty store; no other graph is read.

    Raises:
        MalformedInputError: if the records are not there, not whole, or changed; nothing is written.
        UsageError: if the store is not empty; nothing is written.
        StoreError: if what was restored is not what was exported.
    """
    with TemporaryDirectory(prefix="kgtwin-restore-") as folder:
        source = Path(folder) / "store.backup"
        with writing("what is restored", source.parent):
            _assemble(path, source, Path(folder) / "pieces")
        try:
            return await backup.load(source, store, told=told)
        except MalformedInputError as error:
            raise MalformedInputError(
                error.message.replace("backup", "graph of records"),
                where=str(path),
                expected=error.expected,
                remedy=error.remedy,
            ) from None


def _assemble(path: Path, target: Path, spool: Path) -> None:
    """The backup that the records are, in whichever order they come."""
    places: dict[int, tuple[int, int]] = {}
    with open(spool, "w+b", opener=owner_only) as pieces, open(target, "wb", opener=owner_only) as raw:
        for number, piece in records_in(path):
            if number not in places:
                data = piece.encode()
                places[number] = (pieces.tell(), len(data))
                pieces.write(data)
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1) as packed:
            for number in sorted(places):
                place, size = places[number]
                pieces.seek(place)
                packed.write(pieces.read(size))
    if not places:
        raise MalformedInputError(
            "the file holds the RDF view alone, which lacks history, the feed and names",
            where=str(path),
            expected=f"the graph {RECORDS}",
            remedy="write it with `kgtwin export nquads --whole`, or restore a backup or a Parquet export",
        )


def records_in(path: Path) -> Iterator[tuple[int, str]]:
    """The number and the text of each record of a file, as they come.

    Raises:
        MalformedInputError: if a line of the graph of records is no N-Quad, or no record.
        UsageError: if the file cannot be read.
    """
    try:
        with _opened(path) as file:
            number = 0
            while line := file.readline(LINE):
                number += 1
                if _MARK in line:
                    yield from _records(line, path, number)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise MalformedInputError("the file is cut short or damaged", where=str(path)) from None
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror}", where=str(path)) from None


def _records(line: bytes, path: Path, number: int) -> Iterator[tuple[int, str]]:
    try:
        quads = list(ox.parse(line, format=ox.RdfFormat.N_QUADS))
    except (SyntaxError, ValueError, MemoryError):
        raise _no_record(path, number) from None
    for quad in quads:
        if quad.graph_name != ox.NamedNode(RECORDS):
            continue
        subject = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else ""
        found = _NUMBER.fullmatch(subject)
        if found is None or quad.predicate.value != RECORD or not isinstance(quad.object, ox.Literal):
            raise _no_record(path, number)
        yield int(found[1]), quad.object.value


def _no_record(path: Path, number: int) -> MalformedInputError:
    return MalformedInputError(
        "the line is no record of a store",
        where=f"{path} line {number}",
        expected=f'<{_SUBJECT}NUMBER> <{RECORD}> "…" <{RECORDS}> .',
        remedy="use another copy",
    )
