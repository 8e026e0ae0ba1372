"""Loads an ontology and all that it imports as one table of axioms; large files are read by compiled code."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import Origin
from kgtwin.ontology import loader, rf2
from kgtwin.ontology.closure import Part, closure, is_worth_it, joined, parts
from kgtwin.ontology.collecting import no_collection
from kgtwin.ontology.digest import content_hash, digest_of
from kgtwin.ontology.loader import Progress, is_release, read_bytes
from kgtwin.ontology.rf2_files import Release, find_release
from kgtwin.ontology.structure import Document


@dataclass(frozen=True)
class LoadedTable:
    """The axioms of an import closure, the root's first; one that stands twice is two rows.

    ``digest``: as :class:`~kgtwin.model.ontology.Ontology`'s. ``origin(row)``: where an axiom stands, without a line
    where its file is no longer there.
    """

    table: AxiomTable
    iri: str | None
    digest: str
    files: tuple[str, ...]
    caveats: tuple[Caveat, ...]
    origin: Callable[[int], Origin]


def load_table(path: str | Path, *, progress: Progress | None = None) -> LoadedTable:
    """The axioms in a file and in all that it imports, as :func:`kgtwin.ontology.loader.load` finds them.

    Raises:
        OntologySyntaxError: a file does not parse; says file, line and column.
        MissingImportError: an import has no local file; says who imports what, and what to do.
        OntologyError: the file cannot be read.
    """
    path = Path(path)
    if is_release(path):
        return _of_release(find_release(path), progress) or _of_loaded(path, progress)
    with no_collection(), ThreadPoolExecutor(1) as pool:
        hashes: list[Future[bytes]] = []
        files = closure(path, progress, lambda content: hashes.append(pool.submit(content_hash, content)))
        found = parts(list(files.values()))
        table = joined(found)
        digest = digest_of(one.result() for one in hashes)
    names = tuple(map(str, files))
    caveats = tuple(caveat for part in found if isinstance(part, Document) for caveat in part.caveats)
    return LoadedTable(table, next(iter(files.values())).iri, digest, names, caveats, _places(table, found, names))


def _places(table: AxiomTable, found: list[Part], files: tuple[str, ...]) -> Callable[[int], Origin]:
    ends = list(accumulate(len(part.axioms) if isinstance(part, Document) else len(part) for part in found))
    told = [part.origins if isinstance(part, Document) else {} for part in found]

    def origin(row: int) -> Origin:
        which = bisect_right(ends, row)
        at, file = int(table.axiom_at[row]), files[which]
        return Origin(file, _line(file, at)) if at >= 0 else told[which].get(table[row], Origin(file))

    return origin


def _line(file: str, at: int) -> int | None:
    """The line of a byte in a file."""
    try:
        with Path(file).open("rb") as lines:
            return lines.read(at).count(b"\n") + 1
    except OSError:
        return None


def _of_loaded(path: Path, progress: Progress | None) -> LoadedTable:
    """The table of what the general loader finds."""
    ontology = loader.load(path, progress=progress)
    table = AxiomTable.of(ontology.axioms)
    origin = ontology.origins.__getitem__
    return LoadedTable(
        table, ontology.iri, ontology.digest, ontology.files, ontology.caveats, lambda row: origin(table[row])
    )


def _of_release(release: Release, progress: Progress | None) -> LoadedTable | None:
    """The axioms of a large SNOMED CT release; None where it is small, or some row needs the general reader."""
    if not is_worth_it(sum(file.stat().st_size for file in release.expressions)):
        return None
    from kgtwin.ontology.fast import functional  # noqa: PLC0415 - loads compiled code

    found = rf2.statements(release)
    content = rf2.as_functional(found)
    document = functional.read_fit(content)
    lines = array("q", (row.line for row in found.axioms))
    if document is None or not _is_row_by_row(document.table, content, len(lines)):
        return None
    which = [row.file for row in found.axioms] if len(release.expressions) > 1 else [str(release.expressions[0])]
    return LoadedTable(
        document.table,
        document.iri,
        digest_of(_hashes(release.files, progress)),
        tuple(map(str, release.files)),
        tuple(found.head.caveats),
        lambda row: Origin(which[row if len(which) > 1 else 0], lines[row]),
    )


def _is_row_by_row(table: AxiomTable, content: bytes, rows: int) -> bool:
    """Whether each of the last lines of a document is one axiom."""
    breaks = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
    starts = breaks[len(breaks) - rows - 2 :][:rows] if rows else breaks[:0]
    return len(table) == rows and bool(
        np.array_equal(np.searchsorted(starts, table.axiom_at, "right") - 1, np.arange(rows))
    )


def _hashes(files: Iterable[Path], progress: Progress | None) -> list[bytes]:
    files = list(files)
    found = []
    for done, file in enumerate(files, 1):
        found.append(content_hash(read_bytes(file)))
        if progress is not None:
            progress(file.name, done, len(files))
    return found
