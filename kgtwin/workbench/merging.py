"""The modules of an ontology as one document: merged as written, and with what follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from kgtwin.errors import OntologyError, UsageError
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.nodes import Iri, Literal, Node, Term
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import DCTERMS, OWL, OWL_NOTHING, OWL_THING, XSD
from kgtwin.workbench.checks.axioms import PROFILE
from kgtwin.workbench.project import Project
from kgtwin.workbench.terms import bare, iris

_VERSION_INFO = OWL + "versionInfo"
_ISSUED = DCTERMS + "issued"
_SOURCE = DCTERMS + "source"
HEADER = frozenset({_ISSUED, _SOURCE, PROFILE})
"""The annotation properties that a merged document declares for its own header."""
_RENEWED = frozenset({_VERSION_INFO, _ISSUED, OWL + "versionIRI", OWL + "imports"})
"""What the header of a merged document says anew, or no more."""


def merged(project: Project, version: str, issued: dt.date | None = None) -> Node:
    """All modules in one ``Ontology`` node, each entry once, in the order of the files.

    Raises:
        UsageError: the root ontology has no IRI.
        OntologyError: an entry is no axiom (a stray RDF triple).
    """
    iri = project.ontology.iri
    if not iri:
        raise UsageError("the ontology has no IRI", where=str(project.root), remedy="give it one to release it")
    names = Iri(iri), Iri(f"{iri.rstrip('/#')}/{version}")
    body = dict.fromkeys(_body(project))
    header = [*_header(project, version, issued)]
    declared = [one for one in _declarations(project, header) if one not in body]
    return Node("Ontology", (*names, *header, *declared, *body))


def classified(whole: Node, classification: Classification) -> Node:
    """A merged document with the direct subsumptions and the equivalences that follow and are not asserted."""
    said = {_plain(term) for term in whole.args if isinstance(term, Node)}
    return Node("Ontology", (*whole.args, *(one for one in inferred(classification) if one not in said)))


def _plain(node: Node) -> Node:
    """An axiom without its annotations."""
    return Node(node.name, tuple(arg for arg in node.args if not (isinstance(arg, Node) and arg.name == "Annotation")))


def inferred(classification: Classification) -> Iterator[Node]:
    """Direct subsumptions and equivalences between named classes, in order; nothing about ``owl:Thing``.

    ``owl:Nothing`` stands only where a class is unsatisfiable.
    """
    for iri in sorted(classification.classes - {OWL_THING, OWL_NOTHING}):
        same = sorted({iri, *classification.equivalents(iri)})
        if len(same) > 1 and same[0] == iri:
            yield Node("EquivalentClasses", tuple(map(Iri, same)))
        for parent in sorted(classification.parents(iri) - {OWL_THING, *same}):
            yield Node("SubClassOf", (Iri(iri), Iri(parent)))


def _body(project: Project) -> Iterator[Term]:
    for node, where in project.entries():
        if node.name == "Triple":
            raise OntologyError(
                "a triple that is no axiom", where=str(where), remedy="remove it, or declare its property"
            )
        if node.name not in ("Import", "Annotation"):
            yield bare(node)


def _header(project: Project, version: str, issued: dt.date | None) -> Iterator[Node]:
    for node, _ in project.modules[0].entries:
        if node.name == "Annotation" and not _RENEWED & set(iris(node)):
            yield Node("Annotation", tuple(map(bare, node.args)))
    yield _note(_VERSION_INFO, Literal(version))
    if issued is not None:
        yield _note(_ISSUED, Literal(issued.isoformat(), None, f"{XSD}date"))
    if any(module.header(PROFILE) for module in project.modules[1:]) and not project.modules[0].header(PROFILE):
        yield _note(PROFILE, Literal("DL"))
    for module in project.modules[1:]:
        if module.iri:
            yield _note(_SOURCE, Iri(module.iri))


def _note(prop: str, value: Term) -> Node:
    return Node("Annotation", (Iri(prop), value))


def _declarations(project: Project, header: list[Node]) -> Iterator[Node]:
    """Of the annotation properties of the header that the modules do not declare."""
    for prop in dict.fromkeys(one.args[-2].value for one in header if isinstance(one.args[-2], Iri)):
        if prop not in project.ontology.entities and not prop.startswith((OWL, "http://www.w3.org/2000/01/")):
            yield Node("Declaration", (Node(EntityKind.ANNOTATION_PROPERTY.value, (Iri(prop),)),))
