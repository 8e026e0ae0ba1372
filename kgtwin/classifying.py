"""Ontology files to a classification, kept between runs: read again only when a file has changed."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from kgtwin.model.caveat import Caveat
from kgtwin.ontology.digest import digest_of_files

if TYPE_CHECKING:
    from kgtwin.reasoning import Classification

Progress = Callable[[str, int, int], None]
"""``progress(what, done, all)``."""
_WORTH_KEEPING = 20_000
"""Axioms from which on a classification is kept: fewer are classified as fast as they are found again."""


class Source(msgspec.Struct, frozen=True):
    """What is kept about the files of an ontology: ``digest`` is that of their contents; the root comes first."""

    iri: str | None
    digest: str
    files: tuple[str, ...]
    axioms: int
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True)
class Classified:
    """A classification with what it was made from; ``seconds`` by step."""

    source: Source
    classification: Classification
    kept: bool
    seconds: dict[str, float]


def classified(path: Path, *, keep: bool = True, progress: Progress | None = None) -> Classified:
    """The classification of a file and all that it imports. ``keep``: found again, and kept for the next time.

    Raises:
        OntologyError: a file cannot be read, the ontology is inconsistent, or it does not fit in memory.
    """
    start = perf_counter()
    found = _kept(path) if keep else None
    if found is not None:
        source, classification = found
        return Classified(source, classification, True, {"load": perf_counter() - start})
    from kgtwin.ontology.tables import load_table  # noqa: PLC0415 - heavy
    from kgtwin.reasoning import classify  # noqa: PLC0415

    loaded = load_table(path)
    source = Source(loaded.iri, loaded.digest, loaded.files, len(loaded.table), loaded.caveats)
    read = perf_counter()
    classification = classify(loaded.table, progress=progress)
    done = perf_counter()
    if keep and len(loaded.table) >= _WORTH_KEEPING:
        _keep(path, source, classification)
    seconds = {"read": read - start, "classify": done - read, "keep": perf_counter() - done}
    return Classified(source, classification, False, seconds)


def taxonomy_file(classification: Classification) -> Iterator[bytes | memoryview]:
    """The direct subsumptions and equivalences in functional syntax, in pieces that are to be used one by one."""
    is_large = classification.size > _WORTH_KEEPING or "kgtwin.reasoning.kernel" in sys.modules
    columns = classification.columns() if is_large else None
    if columns is not None:
        from kgtwin.ontology.fast.writing import taxonomy_bytes  # noqa: PLC0415 - loads compiled code

        yield from taxonomy_bytes(*columns)
        return
    from kgtwin.ontology.writer import write_taxonomy  # noqa: PLC0415

    for line in write_taxonomy(classification):
        yield f"{line}\n".encode()


def _kept(path: Path) -> tuple[Source, Classification] | None:
    """What was kept of a file, if neither it nor anything it imports has changed."""
    from kgtwin.reasoning import Classification, cache  # noqa: PLC0415

    try:
        source = msgspec.json.decode(_note(path).read_bytes(), type=Source)
        digest = digest_of_files(source.files)
    except (OSError, msgspec.MsgspecError):
        return None
    if digest != source.digest:
        return None
    classification = cache.load(cache.path_of(source.digest))
    return (source, classification) if isinstance(classification, Classification) else None


def _keep(path: Path, source: Source, classification: Classification) -> None:
    """Keeps a classification; where that cannot be, the next run takes longer, and that is all."""
    from kgtwin.reasoning import cache  # noqa: PLC0415

    with contextlib.suppress(OSError):
        cache.save(classification, cache.path_of(source.digest))
        cache.write_whole(_note(path), msgspec.json.encode(source))


def _note(path: Path) -> Path:
    from kgtwin.reasoning import cache  # noqa: PLC0415

    return cache.folder() / f"{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]}.files.json"


_OFN = b"Prefix(:=<http://x/>) Ontology(<http://x/> SubClassOf(:A ObjectSomeValuesFrom(:r :B)))"
_OWX = b"""<?xml version="1.0"?>
<Ontology xmlns="http://www.w3.org/2002/07/owl#" ontologyIRI="http://x/">
<SubClassOf><Class IRI="http://x/A"/><Class IRI="http://x/B"/></SubClassOf></Ontology>"""
_RDF = b"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
<rdf:Description rdf:about="http://x/A"><rdfs:subClassOf rdf:resource="http://x/B"/></rdf:Description></rdf:RDF>"""


def compile_all() -> None:
    """Compiles what large ontologies need, and keeps it: about a minute once on a machine, nothing afterwards."""
    from kgtwin.ontology.fast import functional, xml  # noqa: PLC0415
    from kgtwin.reasoning import Classification  # noqa: PLC0415
    from kgtwin.reasoning.compiled import CompiledClosure  # noqa: PLC0415
    from kgtwin.reasoning.indexing import index  # noqa: PLC0415
    from kgtwin.reasoning.machine import reduced  # noqa: PLC0415
    from kgtwin.reasoning.versions import Versions  # noqa: PLC0415

    for document in (_OWX, _RDF):
        xml.read(document, "compiling")
    functional.read(functional.sample(), "compiling")
    table = functional.read(_OFN, "compiling").table
    indexed = index(table)
    closure = CompiledClosure.of(indexed.program)
    Versions(closure).compile()
    hierarchy = reduced(closure.state, indexed.atoms.named)
    for _piece in taxonomy_file(Classification(indexed, closure, hierarchy)):
        pass
