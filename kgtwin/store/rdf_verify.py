"""Whether the RDF view says what its store says, patient by patient and graph by graph; and how it stands.

What differs is counted and named by its kind, never quoted.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import pyoxigraph as ox

from kgtwin.store import rdf_terms as terms
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf_primary import (
    ASSERTED,
    INFERRED,
    KNOWLEDGE,
    MERGED,
    META,
    ONTOLOGY,
    Quads,
    in_graph,
    label_of,
    normalised,
    patient_quads,
    patients_in,
    translated,
)
from kgtwin.store.rdf_state import OntologyRdf, ViewState
from kgtwin.store.rdf_update import PAGE, patient_lines
from kgtwin.store.rdf_views import CurrentView

_GRAPHS: Final = {"asserted": ASSERTED, "inferred": INFERRED, "notes": META}
_STATE_QUADS: Final = 2


class Difference(msgspec.Struct, frozen=True):
    """What differs, how often, and how many patients it is about (0 for what is about none)."""

    kind: str
    count: int
    patients: int = 0


class Verification(msgspec.Struct, frozen=True):
    """What was compared, and what differs; ``digests`` identify the content of each graph of the view."""

    revision: int
    patients: int
    quads: int
    differences: tuple[Difference, ...]
    digests: dict[str, str]


class ViewStatus(msgspec.Struct, frozen=True):
    """How a view stands beside its store. ``state`` is fresh, behind, unusable (it will be built anew) or missing."""

    folder: str
    state: str
    revision: int | None
    store_revision: int
    ontology: str
    bytes: int
    writer: str


async def status(store: GraphStore, view: CurrentView) -> ViewStatus:
    """How a view stands; nothing is changed."""
    folder = view.folder
    pointer, revision = folder.pointer(), await store.revision()
    found = pointer.state if pointer else None
    return ViewStatus(
        folder=str(folder.path),
        state=await CurrentView.standing(found, store, view.name, revision),
        revision=found.revision if found else None,
        store_revision=revision,
        ontology=found.ontology if found else "",
        bytes=await asyncio.to_thread(_size, folder.path),
        writer=folder.holder(),
    )


def _size(folder: Path) -> int:
    """Bytes on the disk; what checkpoints share is counted once."""
    found = {(s.st_dev, s.st_ino): s.st_blocks * 512 for p in folder.rglob("*") if (s := p.lstat()) and p.is_file()}
    return sum(found.values())


async def verify(store: GraphStore, view: CurrentView) -> Verification:
    """Bring the view to the store's revision, and compare it with what the store says now.

    Patients that are written meanwhile are left out.

    Raises:
        StoreError: if the view cannot be brought to the store's revision, or cannot be read.
    """
    async with view.leased(strict=True) as leased:
        with translated(leased.path):
            held = await asyncio.to_thread(ox.Store.read_only, str(leased.path))
            comparison = _Comparison(held)
            await comparison.patients(store)
            moved = await store.revisions(after=leased.revision)
            comparison.forget({key for revision in moved for key in revision.patients})
            knowledge = await store.knowledge()
            lines = [] if knowledge is None else list(terms.knowledge_lines(knowledge))
            digests = await asyncio.to_thread(comparison.graphs, lines, whole=not moved)
            comparison.ontology(leased.state, digests, await asyncio.to_thread(_ontology, view.ontology))
        return comparison.result(leased.revision, digests)


def _ontology(source: OntologyRdf | None) -> tuple[str, Quads] | None:
    """The ontology's digest and its triples, without the names of blank nodes."""
    if source is None:
        return None
    digest, turtle = source.load()
    triples = ox.Store()  # which gives literals back as the view does
    triples.load(turtle, format=ox.RdfFormat.TURTLE, to_graph=ONTOLOGY, lenient=True)
    return digest, set(triples)


class _Comparison:
    def __init__(self, held: ox.Store) -> None:
        self._held = held
        self._wrong: dict[str, dict[str, int]] = {}
        self._others: Counter[str] = Counter()
        self._owned: Counter[ox.NamedNode] = Counter({META: _STATE_QUADS})
        self._labels: Quads = set()
        self._patients = 0
        self._quads = 0

    async def patients(self, store: GraphStore) -> None:
        unknown = set(await asyncio.to_thread(patients_in, self._held))
        after: str | None = None
        while page := await store.patients(after=after, limit=PAGE):
            for record in page:
                unknown.discard(terms.patient_iri(record.key))
                lines = await patient_lines(store, record.key)
                await asyncio.to_thread(self._patient, record.key, lines)
            after = page[-1].key
        self._wrong["patients that the store does not know"] = dict.fromkeys(unknown, 1)

    def _patient(self, key: str, lines: list[str]) -> None:
        """Compare one patient; labels of codes are shared, and compared for all patients together."""
        wanted, found = normalised(lines), patient_quads(self._held, key)
        labels = {label_of(quad) for quad in wanted if quad.graph_name == META}
        self._labels |= labels
        self._patients += 1
        for name, graph in _GRAPHS.items():
            mine = {quad for quad in wanted - labels if quad.graph_name == graph}
            theirs = {quad for quad in found if quad.graph_name == graph}
            self._owned[graph] += len(theirs)
            if _digest(mine) != _digest(theirs):
                self._wrong.setdefault(name, {})[key] = len(mine ^ theirs)

    def forget(self, keys: Iterable[str]) -> None:
        """Leave out patients who were written while they were compared."""
        for wrong in self._wrong.values():
            for key in keys:
                wrong.pop(key, None)
                wrong.pop(terms.patient_iri(key), None)

    def graphs(self, knowledge: list[str], *, whole: bool) -> dict[str, str]:
        """Compare what is shared: labels, taxonomy, the default graph, and that nothing else is there."""
        taxonomy = normalised(knowledge)
        held = {graph: _Held(self._held, graph) for graph in (*MERGED, ONTOLOGY, META)}
        self._quads = sum(one.count for one in held.values())
        if whole:
            theirs = set(self._held.quads_for_pattern(None, None, None, KNOWLEDGE))
            self._others["knowledge"] = len(taxonomy ^ theirs)
            self._others["labels"] = sum(label not in self._held for label in self._labels)
            self._owned[ASSERTED] += len(self._labels) - self._others["labels"]
            for name, graph in _GRAPHS.items():
                self._others[f"triples of no patient in {name}"] = held[graph].count - self._owned[graph]
        lacking = sum(held[graph].unmerged for graph in MERGED)
        self._others["default graph"] = lacking + self._merged() - sum(held[graph].merged for graph in MERGED)
        return {str(graph.value).rsplit("/", 1)[-1]: f"{one.digest:032x}" for graph, one in held.items()}

    def _merged(self) -> int:
        return sum(1 for _ in self._held.quads_for_pattern(None, None, None, ox.DefaultGraph()))

    def ontology(self, state: ViewState, digests: dict[str, str], loaded: tuple[str, Quads] | None) -> None:
        """The graph ``ontology`` beside the ontology itself."""
        if loaded is not None and (state.ontology != loaded[0] or digests["ontology"] != f"{_digest(loaded[1]):032x}"):
            self._others["ontology"] = 1

    def result(self, revision: int, digests: dict[str, str]) -> Verification:
        found = [Difference(kind, sum(wrong.values()), len(wrong)) for kind, wrong in self._wrong.items() if wrong]
        found += [Difference(kind, count) for kind, count in self._others.items() if count]
        return Verification(revision, self._patients, self._quads, tuple(found), digests)


class _Held:
    """A graph of the view: its size and digest; how many of its triples are in the default graph because of it (and not
    of an earlier graph), and how many are not there."""

    def __init__(self, store: ox.Store, graph: ox.NamedNode) -> None:
        self.count = self.merged = self.unmerged = self.digest = 0
        before = MERGED[: MERGED.index(graph)] if graph in MERGED else ()
        for quad in store.quads_for_pattern(None, None, None, graph):
            self.count += 1
            self.digest = (self.digest + _digest([quad])) % (1 << 128)
            if graph in MERGED:
                there = in_graph(quad, ox.DefaultGraph()) in store
                self.unmerged += not there
                self.merged += there and not any(in_graph(quad, one) in store for one in before)


def _digest(quads: Iterable[ox.Quad]) -> int:
    """The same for the same quads in any order; blank nodes count, but not by their names."""
    return sum(int.from_bytes(hashlib.blake2b(_text(quad), digest_size=16).digest()) for quad in quads) % (1 << 128)


def _text(quad: ox.Quad) -> bytes:
    ends = ("_:" if isinstance(term, ox.BlankNode) else str(term) for term in quad.triple)
    return f"{' '.join(ends)} {quad.graph_name}".encode()
