"""Loads an ontology and all that it imports from local files, as one value."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from kgtwin.errors import OntologyError
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import Annotation, EntityKind, Ontology, Origin
from kgtwin.ontology import rf2, signature
from kgtwin.ontology.collecting import no_collection
from kgtwin.ontology.definitions import written_out
from kgtwin.ontology.digest import content_hash, digest_of
from kgtwin.ontology.imports import Resolver
from kgtwin.ontology.nodes import Term
from kgtwin.ontology.rf2_files import find_release, is_expression_file
from kgtwin.ontology.structure import Document
from kgtwin.ontology.syntax import Parsed, parse
from kgtwin.vocabulary import OWL

Progress = Callable[[str, int, int], None]
"""``progress(what, done, known)``: the file just read, how many are read, how many are known so far."""

_VERSION_INFO = OWL + "versionInfo"


def load(path: str | Path, *, progress: Progress | None = None) -> Ontology:
    """The ontology in a file with its import closure, whatever the syntaxes. Nothing is fetched from the network.

    ``path`` may be the folder of a SNOMED CT release, or its OWL expression reference set.

    An import is looked up in the ``catalog-v001.xml`` beside the root file, then in the one beside the importing
    file, then among the ontologies that lie beside it.

    Raises:
        OntologySyntaxError: a file does not parse; says file, line and column.
        MissingImportError: an import has no local file; says who imports what, and what to do.
        OntologyError: the file cannot be read.
    """
    with no_collection():
        return _release(Path(path), progress) if is_release(Path(path)) else _load(Path(path), progress)


def is_release(path: Path) -> bool:
    """Whether this is a folder, or an OWL expression reference set of SNOMED CT, rather than an ontology."""
    if path.is_dir():
        return True
    try:
        with path.open("rb") as file:
            return is_expression_file(file.read(200))
    except OSError:
        return False  # read_bytes tells why


def _release(path: Path, progress: Progress | None) -> Ontology:
    release = find_release(path)
    document = rf2.read(release)
    files = release.files
    for done, file in enumerate(files, 1):
        if progress is not None:
            progress(file.name, done, len(files))
    digest = digest_of(content_hash(read_bytes(file)) for file in files)
    return _merged([document], {}, digest, tuple(map(str, files)))


def _load(path: Path, progress: Progress | None) -> Ontology:
    return built(_closure(path, progress))


def built(files: Mapping[Path, tuple[Parsed, bytes]]) -> Ontology:
    """The ontology of an import closure, the root first, of which each file has been read.

    Raises:
        OntologySyntaxError: a file says what its own declarations do not allow.
    """
    kinds: dict[str, EntityKind] = {}
    for parsed, _ in files.values():
        for iri, kind in parsed.declared.items():
            kinds.setdefault(iri, kind)
    told: dict[str, Term] = {}
    for parsed, _ in files.values():
        told = {**parsed.told, **told}
    known = written_out(told) if told else None
    documents = [parsed.build(kinds, known) for parsed, _ in files.values()]
    digest = digest_of(content_hash(content) for _, content in files.values())
    return _merged(documents, kinds, digest, tuple(str(file) for file in files))


def _closure(root: Path, progress: Progress | None) -> dict[Path, tuple[Parsed, bytes]]:
    """Every file of the closure, the root first, breadth first; a cycle of imports is followed once."""
    resolver = Resolver(root)
    queue, known = deque([root]), {root.resolve()}
    seen: dict[Path, tuple[Parsed, bytes]] = {}
    names: set[str | None] = set()
    while queue:
        file = queue.popleft()
        data = read_bytes(file)
        parsed = parse(data, str(file), f"import{len(seen)}-" if seen else "")
        seen[file] = (parsed, data)
        names |= {parsed.iri, parsed.version_iri}
        for iri in parsed.imports:
            target = file if iri in names else resolver.find(iri, file)
            if target.resolve() not in known:
                known.add(target.resolve())
                queue.append(target)
        if progress is not None:
            progress(file.name, len(seen), len(known))
    return seen


def read_bytes(file: Path) -> bytes:
    """A file's content.

    Raises:
        OntologyError: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise OntologyError(
            f"it cannot be read: {error.strerror}",
            where=str(file),
            remedy="give the path of an ontology file",
        ) from None


def _merged(documents: list[Document], kinds: dict[str, EntityKind], digest: str, files: tuple[str, ...]) -> Ontology:
    axioms: dict[Axiom, Origin] = {}
    annotations: dict[str, dict[Annotation, None]] = {}
    of_axioms: dict[Axiom, dict[Annotation, None]] = {}
    for one in documents:
        for axiom in one.axioms:
            axioms.setdefault(axiom, one.origins[axiom])
        for iri, values in one.annotations.items():
            annotations.setdefault(iri, {}).update(dict.fromkeys(values))
        for axiom, values in one.axiom_annotations.items():
            of_axioms.setdefault(axiom, {}).update(dict.fromkeys(values))
    root = documents[0]
    return Ontology(
        iri=root.iri,
        version=_version(root) or digest[:12],
        axioms=tuple(axioms),
        entities={**signature.used(axioms), **kinds},
        annotations={iri: tuple(values) for iri, values in annotations.items()},
        axiom_annotations={axiom: tuple(values) for axiom, values in of_axioms.items()},
        origins=axioms,
        digest=digest,
        files=files,
        caveats=tuple(caveat for one in documents for caveat in one.caveats),
    )


def _version(root: Document) -> str | None:
    for annotation in root.annotations.get(root.iri or "", ()):
        if annotation.property == _VERSION_INFO:
            return annotation.value
    if root.version_iri is None:
        return None
    return re.split(r"[/#]", root.version_iri.rstrip("/#"))[-1] or None
