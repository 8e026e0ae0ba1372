"""Loads an ontology and all that it imports as one table of axioms; large files are read by compiled code."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Axiom
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import EntityKind, Origin
from kgtwin.ontology.definitions import written_out
from kgtwin.ontology.digest import content_hash, digest_of
from kgtwin.ontology.fast.document import FastDocument, table_of
from kgtwin.ontology.imports import Resolver
from kgtwin.ontology.loader import Progress, read_bytes
from kgtwin.ontology.nodes import Term
from kgtwin.ontology.structure import Document
from kgtwin.ontology.syntax import Parsed, parse, sniff

_LARGE = 2_000_000
"""Bytes from which a file is worth the time that it takes to load compiled code."""
_HEAD = 1 << 16


@dataclass(frozen=True)
class LoadedTable:
    """The axioms of an import closure, the root's first; one that stands twice is two rows.

    ``digest``: as :class:`~kgtwin.model.ontology.Ontology`'s. ``row_ends``: where each file's rows end. ``origins``:
    for each file where its axioms stand, empty where the table says it.
    """

    table: AxiomTable
    iri: str | None
    digest: str
    files: tuple[str, ...]
    row_ends: tuple[int, ...]
    origins: tuple[Mapping[Axiom, Origin], ...]
    caveats: tuple[Caveat, ...] = ()

    def origin(self, row: int) -> Origin:
        """Where an axiom stands; without a line where the file is no longer there."""
        which = bisect_right(self.row_ends, row)
        at, file = int(self.table.axiom_at[row]), self.files[which]
        if at < 0:
            return self.origins[which].get(self.table[row], Origin(file))
        try:
            with Path(file).open("rb") as lines:
                return Origin(file, lines.read(at).count(b"\n") + 1)
        except OSError:
            return Origin(file)


def load_table(path: str | Path, *, progress: Progress | None = None) -> LoadedTable:
    """The axioms in a file and in all that it imports, as :func:`kgtwin.ontology.loader.load` finds them.

    Raises:
        OntologySyntaxError: a file does not parse; says file, line and column.
        MissingImportError: an import has no local file; says who imports what, and what to do.
        OntologyError: the file cannot be read.
    """
    with ThreadPoolExecutor(1) as pool:
        closure = _Closure(pool)
        closure.follow(Path(path), progress)
        return closure.loaded()


class _Closure:
    """The files of a closure, and what each says."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._files: dict[Path, Parsed | FastDocument] = {}
        self._hashes: list[Future[bytes]] = []

    def follow(self, root: Path, progress: Progress | None) -> None:
        """Reads every file of the closure, the root first, breadth first; a cycle of imports is followed once."""
        resolver = Resolver(root)
        queue, known = deque([root]), {root.resolve()}
        names: set[str | None] = set()
        while queue:
            file = queue.popleft()
            found = self._files[file] = self._read(file)
            names |= {found.iri, found.version_iri}
            for iri in found.imports:
                target = file if iri in names else resolver.find(iri, file)
                if target.resolve() not in known:
                    known.add(target.resolve())
                    queue.append(target)
            if progress is not None:
                progress(file.name, len(self._files), len(known))

    def _read(self, file: Path) -> Parsed | FastDocument:
        content = read_bytes(file)
        self._hashes.append(self._pool.submit(content_hash, content))
        scope = f"import{len(self._files)}-" if self._files else ""
        return _compiled(content, str(file), scope) or parse(content, str(file), scope)

    def loaded(self) -> LoadedTable:
        """The axioms of all files."""
        found = list(self._files.values())
        kinds, known = self._kinds(), self._known()
        parts = [_part(one, kinds, known) for one in found]
        sizes = [len(part.axioms) if isinstance(part, Document) else len(part) for part in parts]
        return LoadedTable(
            table=_joined(parts),
            iri=found[0].iri,
            digest=digest_of(one.result() for one in self._hashes),
            files=tuple(map(str, self._files)),
            row_ends=tuple(accumulate(sizes)),
            origins=tuple(part.origins if isinstance(part, Document) else {} for part in parts),
            caveats=tuple(caveat for part in parts if isinstance(part, Document) for caveat in part.caveats),
        )

    def _kinds(self) -> dict[str, EntityKind]:
        """What all files declare; asked of large ones only where there is another that may need it."""
        found: dict[str, EntityKind] = {}
        if len(self._files) == 1:
            (only,) = self._files.values()
            return only.declared if isinstance(only, Parsed) else {}
        for one in self._files.values():
            declared = one.declared if isinstance(one, Parsed) else one.declared()
            found = {**declared, **found}
        return found

    def _known(self) -> dict[str, Term] | None:
        told: dict[str, Term] = {}
        for one in self._files.values():
            told = {**one.told, **told}
        return written_out(told) if told else None


def _compiled(content: bytes, file: str, scope: str) -> FastDocument | None:
    """What compiled code reads; None for a syntax that it does not know and for a file that is not worth it."""
    is_loaded = "kgtwin.ontology.fast.functional" in sys.modules
    if len(content) < _LARGE and not is_loaded:
        return None
    syntax = sniff(content[:_HEAD].decode(errors="ignore"))
    if syntax not in ("functional", "owlxml", "rdfxml"):
        return None
    from kgtwin.ontology.fast import functional, xml  # noqa: PLC0415 - slow to import

    if len(content) < _LARGE and not functional.is_compiled():
        return None
    return functional.read(content, file, scope) if syntax == "functional" else xml.read(content, file, scope)


def _part(
    found: Parsed | FastDocument, kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None
) -> Document | AxiomTable:
    if isinstance(found, Parsed):
        return found.build(kinds, known)
    return found.table if found.build is None or not (kinds or known) else found.build(kinds, known)


def _joined(parts: Sequence[Document | AxiomTable]) -> AxiomTable:
    if len(parts) == 1 and isinstance(parts[0], AxiomTable):
        return parts[0]
    documents = [part for part in parts if isinstance(part, Document)]
    if len(documents) == len(parts):
        return table_of(*documents)
    from kgtwin.ontology.fast.merging import Merger  # noqa: PLC0415 - loads compiled code
    from kgtwin.ontology.fast.tables import Tables  # noqa: PLC0415

    merger = Merger(Tables(0))
    for part in parts:
        merger.add(table_of(part) if isinstance(part, Document) else part)
    return merger.table()
