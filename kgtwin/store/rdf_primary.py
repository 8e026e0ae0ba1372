"""The view's own Oxigraph database, written by one process at a time; every change is one transaction with the state.

Each triple of ``asserted``, ``inferred`` and ``knowledge`` stands in the default graph too: a query without GRAPH then
sees each triple once, as RDF's merge of graphs wants, and finds it with one look-up where a union needs two or four.
"""

from __future__ import annotations

import contextlib
import io
import queue
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kgtwin.errors import KgtwinError, StoreError, StoreLockedError
from kgtwin.store import rdf_terms as terms
from kgtwin.store.rdf_state import STATE, SUBJECT, ViewState, read_state
from kgtwin.vocabulary import PATIENT, RDFS_LABEL

ASSERTED, INFERRED, KNOWLEDGE, ONTOLOGY, META = (
    ox.NamedNode(name[1:-1]) for name in (terms.ASSERTED, terms.INFERRED, terms.KNOWLEDGE, terms.ONTOLOGY, terms.META)
)
MERGED: Final = (ASSERTED, INFERRED, KNOWLEDGE)
"""The graphs whose merge is the default graph."""
_OWN: Final = {
    ASSERTED: tuple(terms.DATA + kind + "/" for kind in ("fact", "resource")),
    INFERRED: tuple(terms.DATA + kind + "/" for kind in ("inference", "issue", "risk")),
}
"""What hangs from one patient alone, by the graph that describes it."""
_LABEL: Final = ox.NamedNode(RDFS_LABEL)
_FULL: Final = ("no space left", "disk quota")

Quads = set[ox.Quad]


class ViewDamagedError(StoreError):
    """The view's files cannot be read; it is rebuilt."""


@contextlib.contextmanager
def translated(where: Path) -> Iterator[None]:
    """Oxigraph's errors as ours: a full disk and a lock are the operator's, anything else is damage."""
    try:
        yield
    except KgtwinError:
        raise
    except (OSError, ValueError, SyntaxError, RuntimeError) as error:
        text = str(error).lower()
        if any(word in text for word in _FULL):
            raise StoreError(
                "the disk of the RDF view is full", where=str(where), remedy="make room; nothing is lost"
            ) from None
        if "lock hold" in text or "lock file" in text:
            raise StoreLockedError("another program has the RDF view's files open", where=str(where)) from None
        raise ViewDamagedError("the RDF view's files cannot be read", where=str(where)) from None


class Primary:
    """The database; used in one thread, closed with ``close``."""

    def __init__(self, path: Path) -> None:
        with translated(path):
            self._store: ox.Store = ox.Store(path)
        self.path = path

    def close(self) -> None:
        """Release the files."""
        del self._store

    @property
    def state(self) -> ViewState | None:
        """What it knows of itself; None if it knows nothing yet."""
        with translated(self.path):
            return state_of(self._store)

    def backup(self, path: Path) -> None:
        """A checkpoint of what is committed, which shares its files."""
        with translated(self.path):
            self._store.backup(path)

    def load(self, lines: io.RawIOBase) -> None:
        """Bulk-load N-Quads, whose IRIs ``rdf_terms`` has checked, into the empty database."""
        with translated(self.path):
            self._store.bulk_load(io.BufferedReader(lines, 1 << 20), format=ox.RdfFormat.N_QUADS, lenient=True)

    def note(self, state: ViewState) -> None:
        """Change nothing but the state."""
        self._commit(set(), set(), state)

    def replace(self, patients: Mapping[str, Iterable[str]], state: ViewState, *, inferred: bool = False) -> None:
        """Let these patients (by key) be what their lines say, and nothing else; no lines: the patient is gone.

        With ``inferred`` the lines are those of the graph ``inferred``, and the rest stays.
        """
        with translated(self.path):
            removed: Quads = set()
            added: Quads = set()
            for key, lines in patients.items():
                old, new = self._inferred(key) if inferred else patient_quads(self._store, key), normalised(lines)
                removed |= old - new
                added |= new - old
            self._relabel(removed, added)
            self._commit(removed, added, state)

    def replace_knowledge(self, lines: Iterable[str], state: ViewState) -> None:
        """Let the graph ``knowledge`` be these lines."""
        with translated(self.path):
            old, new = set(self._store.quads_for_pattern(None, None, None, KNOWLEDGE)), normalised(lines)
            self._commit(old - new, new - old, state)

    def replace_ontology(self, turtle: bytes, state: ViewState) -> None:
        """Let the graph ``ontology`` be this document."""
        with translated(self.path):
            triples = (str(triple.triple) for triple in ox.parse(turtle, format=ox.RdfFormat.TURTLE, lenient=True))
            body = " .\n".join(triples)
            graph = f"CLEAR SILENT GRAPH {ONTOLOGY};\nINSERT DATA {{ GRAPH {ONTOLOGY} {{\n{body}\n}} }};\n"
            self._store.update(graph + _state_update(state))

    def load_ontology(self, turtle: bytes, state: ViewState) -> None:
        """The same in a database that has none yet and that nobody uses: a kill between leaves what is built anew."""
        with translated(self.path):
            self._store.bulk_load(turtle, format=ox.RdfFormat.TURTLE, to_graph=ONTOLOGY, lenient=True)
        self.note(state)

    def _inferred(self, key: str) -> Quads:
        return _hanging(self._store, ox.NamedNode(terms.patient_iri(key)[1:-1]), INFERRED)

    def _relabel(self, removed: Quads, added: Quads) -> None:
        """Labels of codes follow the notes of who gave them: they come with the first patient, go with the last."""
        added |= {label_of(note) for note in added if note.graph_name == META}
        for note in [quad for quad in removed if quad.graph_name == META]:
            label = label_of(note)
            givers = set(self._store.quads_for_pattern(note.subject, None, note.object, META))
            if label not in added and not givers - removed:
                removed.add(label)

    def _commit(self, removed: Quads, added: Quads, state: ViewState) -> None:
        gone, come = list(map(_sparql, removed)), list(map(_sparql, added))
        gone += [_bare(q) for q in removed if q.graph_name in MERGED and not self._elsewhere(q, removed, added)]
        come += [_bare(q) for q in added if q.graph_name in MERGED]
        text = f"DELETE DATA {{\n{''.join(gone)}}};\n" if gone else ""
        text += f"INSERT DATA {{\n{''.join(come)}}};\n" if come else ""
        with translated(self.path):
            self._store.update(text + _state_update(state))

    def _elsewhere(self, quad: ox.Quad, removed: Quads, added: Quads) -> bool:
        """Whether another graph of the default graph goes on saying what this quad said."""
        others = [in_graph(quad, graph) for graph in MERGED if graph != quad.graph_name]
        return any(one in added or (one in self._store and one not in removed) for one in others)


def state_of(store: ox.Store) -> ViewState | None:
    """The state that a database holds."""
    found = next(store.quads_for_pattern(ox.NamedNode(SUBJECT), ox.NamedNode(STATE), None, META), None)
    return read_state(found.object.value) if found is not None and isinstance(found.object, ox.Literal) else None


def in_graph(quad: ox.Quad, graph: ox.NamedNode | ox.DefaultGraph) -> ox.Quad:
    """The same triple in another graph."""
    return ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def patients_in(store: ox.Store) -> frozenset[str]:
    """The IRIs of the patients that a database holds, in angle brackets."""
    type_, kind = ox.NamedNode(terms.RDF_TYPE[1:-1]), ox.NamedNode(PATIENT)
    return frozenset(str(quad.subject) for quad in store.quads_for_pattern(None, type_, kind, ASSERTED))


def normalised(lines: Iterable[str]) -> Quads:
    """N-Quads as Oxigraph gives them back: ``5.10`` and ``5.1`` are one number to it."""
    store = ox.Store()
    store.load("".join(lines).encode(), format=ox.RdfFormat.N_QUADS)
    return set(store)


def patient_quads(store: ox.Store, key: str) -> Quads:
    """What is said of a patient: all that hangs from the patient, and which labels the patient's resources gave."""
    patient = ox.NamedNode(terms.patient_iri(key)[1:-1])
    notes = set(store.quads_for_pattern(None, patient, None, META))
    return notes | _hanging(store, patient, ASSERTED) | _hanging(store, patient, INFERRED)


def _hanging(store: ox.Store, patient: ox.NamedNode, graph: ox.NamedNode) -> Quads:
    """What a graph says of a patient and of what hangs from the patient."""
    found: Quads = set()
    subjects = [patient]
    seen = {patient}
    for subject in subjects:
        for quad in store.quads_for_pattern(subject, None, None, graph):
            found.add(quad)
            object_ = quad.object
            if isinstance(object_, ox.NamedNode) and object_ not in seen and object_.value.startswith(_OWN[graph]):
                seen.add(object_)
                subjects.append(object_)
    return found


def label_of(note: ox.Quad) -> ox.Quad:
    """The label that a note ``code patient "label"`` is about."""
    return ox.Quad(note.subject, _LABEL, note.object, ASSERTED)


def _sparql(quad: ox.Quad) -> str:
    return f"GRAPH {quad.graph_name} {{ {quad.triple} }}\n"


def _bare(quad: ox.Quad) -> str:
    return f"{quad.triple} .\n"


def _state_update(state: ViewState) -> str:
    body = "".join(line.removesuffix(f"{terms.META} .") + ".\n" for line in state.lines().splitlines())
    where = f"GRAPH {META} {{ <{SUBJECT}> ?p ?o }}"
    return f"DELETE WHERE {{ {where} }};\nINSERT DATA {{ GRAPH {META} {{ {body} }} }}"


def doubled(lines: Iterable[str]) -> Iterator[str]:
    """N-Quads and, for the merged graphs, the same in the default graph."""
    for line in lines:
        yield line
        if not line.endswith(f"{terms.META} .\n"):
            yield line[: line.rindex(" <", 0, -3)] + " .\n"


class Chunks(io.RawIOBase):
    """N-Quads that another thread makes, as a file that ends with an empty chunk."""

    def __init__(self) -> None:
        self.queue: queue.Queue[bytes] = queue.Queue(8)
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest and not self._ended:
            self._rest = self.queue.get()
            self._ended = not self._rest
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
