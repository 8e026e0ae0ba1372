"""SHACL shapes over annotations, by pySHACL. The only module that knows it; it is an extra.

Specification: https://www.w3.org/TR/shacl/. What is validated is the annotations of an ontology and the kinds of its
entities as RDF, not its axioms: shapes say how a statement must be documented, the reasoner what follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from kgtwin.errors import MissingExtraError, OntologySyntaxError
from kgtwin.model.ontology import Annotation
from kgtwin.vocabulary import RDF

SHACL = "http://www.w3.org/ns/shacl#"


class Violation(NamedTuple):
    """``focus`` and ``path`` are IRIs; ``value`` is the offending value's text, if there is one."""

    focus: str
    path: str | None
    value: str | None
    message: str
    severity: str


def available() -> bool:
    """Whether pySHACL is there."""
    return find_spec("pyshacl") is not None


def validate(
    shapes: Path, annotations: Iterable[tuple[str, Annotation]], kinds: Iterable[tuple[str, str]]
) -> list[Violation]:
    """What the shapes of a file object to; ``kinds`` pairs an entity with a class (``owl:Class``, or one of ours).

    Raises:
        MissingExtraError: pySHACL is not installed.
        OntologySyntaxError: the file is no Turtle, or its shapes are ill-formed.
    """
    if not available():
        raise MissingExtraError(
            "SHACL shapes need pySHACL", where=str(shapes), remedy='pip install "kgtwin[shacl]", or remove the shapes'
        )
    import rdflib  # noqa: PLC0415 - slow, and an extra
    from pyshacl import validate as run  # noqa: PLC0415

    graph = rdflib.Graph()
    for subject, annotation in annotations:
        graph.add((rdflib.URIRef(subject), rdflib.URIRef(annotation.property), _term(rdflib, annotation)))
    for subject, kind in kinds:
        graph.add((rdflib.URIRef(subject), rdflib.URIRef(RDF + "type"), rdflib.URIRef(kind)))
    told = rdflib.Graph()
    try:
        told.parse(str(shapes), format="turtle")
        _, report, _ = run(graph, shacl_graph=told, inference="none", allow_warnings=True)
    except Exception as error:  # whatever the parser or pySHACL raise, the file is at fault
        raise OntologySyntaxError(f"the shapes cannot be used: {error}", where=str(shapes)) from None
    return sorted(_violations(report), key=lambda one: [part or "" for part in one])


def _term(rdflib: Any, annotation: Annotation) -> Any:
    if annotation.language:
        return rdflib.Literal(annotation.value, lang=annotation.language)
    if annotation.datatype:
        return rdflib.Literal(annotation.value, datatype=rdflib.URIRef(annotation.datatype))
    if "://" in annotation.value and " " not in annotation.value and not annotation.value.startswith('"'):
        return rdflib.URIRef(annotation.value)
    return rdflib.Literal(annotation.value)


def _violations(report: Any) -> Iterable[Violation]:
    def one(node: Any, name: str) -> str | None:
        value = report.value(node, _uri(report, SHACL + name))
        return None if value is None else str(value)

    for node in report.subjects(_uri(report, RDF + "type"), _uri(report, SHACL + "ValidationResult")):
        severity = (one(node, "resultSeverity") or "").removeprefix(SHACL)
        yield Violation(
            one(node, "focusNode") or "",
            one(node, "resultPath"),
            one(node, "value"),
            one(node, "resultMessage") or "a shape is violated",
            severity,
        )


def _uri(graph: Any, iri: str) -> Any:
    import rdflib  # noqa: PLC0415

    return rdflib.URIRef(iri)
