"""The files of an ontology as an engineer sees them: every axiom with its place, and the errors of all files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from kgtwin.errors import OntologyError, OntologySyntaxError, UsageError
from kgtwin.inference.knowledge.statements import SIGNIFICANCE
from kgtwin.model.ontology import EntityKind, Ontology, Origin
from kgtwin.ontology.collecting import no_collection
from kgtwin.ontology.functional import read as read_functional
from kgtwin.ontology.imports import Resolver
from kgtwin.ontology.loader import built, read_bytes
from kgtwin.ontology.nodes import Iri, Literal, Node, Source, Term, text_of
from kgtwin.ontology.syntax import Parsed, parse
from kgtwin.ontology.writer import write_ontology
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.terms import bare, iris, named

_NAMES = ("kgtwin.owl",)
_PLACE = re.compile(r"(.+?):(\d+)(?::\d+)?")
_SUFFIXES = (".owl", ".ofn", ".owx", ".rdf", ".ttl", ".obo")


class Entry(NamedTuple):
    """A declaration, annotation or axiom as it was written, and where."""

    node: Node
    where: Origin


class Module:
    """One file: its ontology's IRI, and what it says in the order in which it says it."""

    def __init__(self, file: Path, iri: str | None, entries: tuple[Entry, ...]) -> None:
        self.file, self.iri, self.entries = file, iri, entries

    @cached_property
    def keys(self) -> tuple[Term, ...]:
        """Its entries without places, to be compared."""
        return tuple(bare(entry.node) for entry in self.entries)

    def header(self, prop: str) -> str | None:
        """The value of an annotation of the ontology itself."""
        for node, _ in self.entries:
            if node.name == "Annotation" and isinstance(node.args[0], Iri) and node.args[0].value == prop:
                value = node.args[1]
                return value.text if isinstance(value, Literal) else text_of(value)
        return None


class Project:
    """An ontology with its modules. Made by :func:`read_project`."""

    def __init__(self, root: Path, ontology: Ontology, modules: tuple[Module, ...]) -> None:
        self.root, self.ontology, self.modules = root, ontology, modules

    @cached_property
    def declared(self) -> dict[str, Origin]:
        """Where each entity is declared first."""
        found: dict[str, Origin] = {}
        for node, where in self.entries("Declaration"):
            entity = node.args[-1]
            if isinstance(entity, Node) and isinstance(entity.args[0], Iri):
                found.setdefault(entity.args[0].value, where)
        return found

    @cached_property
    def first_named(self) -> dict[str, Origin]:
        """Where each IRI stands first, anywhere."""
        found: dict[str, Origin] = {}
        for node, where in self.entries():
            for iri in iris(node):
                found.setdefault(iri, where)
        return found

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """The IRIs of all statements, silent ones included: what has a significance."""
        ontology = self.ontology
        return tuple(iri for iri in ontology.annotations if ontology.value(iri, SIGNIFICANCE) is not None)

    def about(self, iri: str) -> Sequence[Entry]:
        """What is said of a class: its annotations, what it is told to be below, its definitions."""
        return self._about.get(iri, ())

    @cached_property
    def _about(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries("AnnotationAssertion", "SubClassOf", "EquivalentClasses"):
            for iri in dict.fromkeys(_subjects(entry.node)):
                found.setdefault(iri, []).append(entry)
        return found

    def entries(self, *names: str) -> Iterator[Entry]:
        """What all modules say, or only what has one of these names."""
        for module in self.modules:
            yield from (one for one in module.entries if not names or one.node.name in names)

    def where(self, iri: str) -> Origin | None:
        """Where an entity is declared, else first named."""
        return self.declared.get(iri) or self.first_named.get(iri)

    def annotations(self, subject: str, prop: str) -> list[Entry]:
        """The annotations of an entity by a property."""
        return self._annotations.get((subject, prop), [])

    def annotated(self, subject: str, prop: str, value: str | None = None) -> Origin | None:
        """Where an entity has an annotation (with this text, if given); else where it is declared."""
        for node, where in self._annotations.get((subject, prop), ()):
            if value is None or _value(node) == value:
                return where
        return self.where(subject)

    @cached_property
    def _annotations(self) -> dict[tuple[str, str], list[Entry]]:
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries("AnnotationAssertion"):
            prop, subject, _ = entry.node.args[-3:]
            if isinstance(prop, Iri) and isinstance(subject, Iri):
                found.setdefault((subject.value, prop.value), []).append(entry)
        return found


def root_of(path: Path) -> Path:
    """The root ontology of a folder, or the file itself.

    Raises:
        UsageError: there is no such file, or no single root in the folder.
    """
    if not path.is_dir():
        if not path.is_file():
            raise UsageError("there is no such file or folder", where=str(path), expected="an ontology")
        return path
    for name in _NAMES:
        if (path / name).is_file():
            return path / name
    files = [file for file in sorted(path.iterdir()) if file.suffix in _SUFFIXES]
    if len(files) == 1:
        return files[0]
    found = ", ".join(file.name for file in files[:5]) or "none"
    raise UsageError(
        f"the folder has no {_NAMES[0]} and not one ontology alone (found: {found})",
        where=str(path),
        remedy="name the root ontology's file",
    )


class Reading:
    """A file that has been read; its module is made once."""

    def __init__(self, file: Path, parsed: Parsed) -> None:
        self.file, self.parsed = file, parsed
        self._module: Module | None = None

    def module(self, kinds: Mapping[str, EntityKind]) -> Module:
        """What it says; ``kinds`` are the declarations of the whole closure."""
        if self._module is None:
            self._module = Module(self.file, self.parsed.iri, _entries(self.parsed, kinds))
        return self._module


Readings = dict[tuple[Path, bytes, str], Reading]
"""What has been read of files, by their contents, so that an unchanged file is not read again."""


def read_project(path: Path, readings: Readings | None = None) -> tuple[Project | None, list[Finding]]:
    """The ontology in a file or folder with all that it imports; None where a file is broken, with every error.

    ``readings`` is used and then holds this reading's files.

    Raises:
        UsageError: there is no such file, or no single root in the folder.
    """
    root = root_of(path)
    with no_collection():
        files, findings = _closure(root, {} if readings is None else readings)
        if findings:
            return None, findings
        try:
            plain = {file: (reading.parsed, content) for file, (reading, content) in files.items()}
            return Project(root, built(plain), _modules([reading for reading, _ in files.values()])), []
        except OntologyError as error:
            return None, [_finding(error, root)]


def _closure(root: Path, readings: Readings) -> tuple[dict[Path, tuple[Reading, bytes]], list[Finding]]:
    """Every file that can be read, and what is wrong with the others."""
    known: Readings = dict(readings)
    readings.clear()
    resolver, findings = Resolver(root), []
    queue, seen = [root], {root.resolve()}
    files: dict[Path, tuple[Reading, bytes]] = {}
    for file in queue:
        try:
            content = read_bytes(file)
            key = (file, content, f"import{len(files)}-" if files else "")
            reading = readings[key] = known.get(key) or Reading(file, parse(content, str(file), key[2]))
            files[file] = reading, content
            parsed = reading.parsed
        except OntologyError as error:
            findings.append(_finding(error, file))
            continue
        names = {parsed.iri, parsed.version_iri}
        for iri in parsed.imports:
            try:
                target = file if iri in names else resolver.find(iri, file)
            except OntologyError as error:
                findings.append(_finding(error, file, "import"))
                continue
            if target.resolve() not in seen:
                seen.add(target.resolve())
                queue.append(target)
    return files, findings


def _finding(error: OntologyError, file: Path, check: str = "read") -> Finding:
    return Finding(
        check="syntax" if isinstance(error, OntologySyntaxError) else check,
        level=Level.ERROR,
        message=error.message,
        where=_place(error.where, file),
        expected=error.expected,
        remedy=error.remedy,
    )


def _place(where: str | None, file: Path) -> Origin:
    """``file:line:column`` as a place; what says none is about the file itself."""
    match = _PLACE.fullmatch(where or "")
    return Origin(match[1], int(match[2])) if match else Origin(str(file))


def _modules(readings: Sequence[Reading]) -> tuple[Module, ...]:
    kinds: dict[str, EntityKind] = {}
    for one in readings:
        kinds = {**one.parsed.declared, **kinds}
    return tuple(one.module(kinds) for one in readings)


def _entries(parsed: Parsed, kinds: Mapping[str, EntityKind]) -> tuple[Entry, ...]:
    source, tree = parsed.source, parsed.tree(kinds) if parsed.tree else _rewritten(parsed, kinds)
    nodes = (one for one in tree.args if isinstance(one, Node))
    return tuple(Entry(node, Origin(source.file, source.line(node.at))) for node in nodes)


def _rewritten(parsed: Parsed, kinds: Mapping[str, EntityKind]) -> Node:
    """The tree of what a file without one says, without places."""
    document = parsed.build(kinds)
    text = "\n".join(write_ontology(document.axioms, document.declared, document.iri))
    return _without_places(read_functional(Source("", text)))


def _without_places(node: Node) -> Node:
    args = tuple(_without_places(arg) if isinstance(arg, Node) else arg for arg in node.args)
    return Node(node.name, args)


def _subjects(node: Node) -> list[str]:
    """What an axiom or an annotation is about."""
    subject = node.args[-2]
    if node.name == "EquivalentClasses":
        return named(node)
    return [subject.value] if isinstance(subject, Iri) else []


def _value(node: Node) -> str:
    value = node.args[-1]
    return value.text if isinstance(value, Literal) else value.value if isinstance(value, Iri) else text_of(value)
