"""SHACL shapes for annotations: those beside the ontology, and those that are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.model.ontology import EntityKind, Origin
from kgtwin.ontology import shacl
from kgtwin.vocabulary import OWL, kgtwin
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.project import Project

SHAPES = "shapes.ttl"
STATEMENT = kgtwin("Statement")
"""The class that shapes may target for every statement."""
_LEVELS = {"Violation": Level.ERROR, "Warning": Level.WARNING, "Info": Level.NOTE}


def violations(project: Project, more: tuple[Path, ...] = ()) -> Iterator[Finding]:
    """What the shapes object to. Without pySHACL: a warning for a file beside the root, an error for a named one.

    Raises:
        MissingExtraError: shapes were named, and pySHACL is not installed.
    """
    beside = project.root.parent / SHAPES
    if beside.is_file() and not shacl.available():
        message = "these shapes were not looked at, as pySHACL is not installed"
        remedy = 'pip install "kgtwin[shacl]"'
        yield Finding(check="shacl", level=Level.WARNING, message=message, where=Origin(str(beside)), remedy=remedy)
    elif beside.is_file():
        yield from _of(project, beside)
    for file in more:
        yield from _of(project, file)


def _of(project: Project, file: Path) -> Iterator[Finding]:
    ontology = project.ontology
    told = ((iri, one) for iri, many in ontology.annotations.items() if "://" in iri for one in many)
    kinds = [(iri, OWL + kind.value) for iri, kind in ontology.entities.items() if kind is not EntityKind.DATATYPE]
    try:
        found = shacl.validate(file, told, [*kinds, *((iri, STATEMENT) for iri in project.statements)])
    except OntologyError as error:
        yield Finding(check="shacl", level=Level.ERROR, message=error.message, where=Origin(str(file)))
        return
    for one in found:
        place = project.annotated(one.focus, one.path, one.value) if one.path else project.where(one.focus)
        path = f" {to_curie(one.path)}:" if one.path else ":"
        value = f" (it is {one.value!r})" if one.value is not None else ""
        yield Finding(
            check="shacl",
            level=_LEVELS.get(one.severity, Level.ERROR),
            message=f"{to_curie(one.focus)}{path} {one.message}{value}",
            where=place,
            subject=one.focus,
            remedy=f"see {file.name}",
        )
