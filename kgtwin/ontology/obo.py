"""Reads the OBO flat file format 1.2 and 1.4 into axioms and annotations.

Grammar and mapping: https://owlcollab.github.io/oboformat/doc/obo-syntax.html; where it leaves a choice, as the OWL API
(and so ROBOT) chooses. Instances are read, too. What OWL cannot say becomes a caveat with its line.
"""

from __future__ import annotations

from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.obo_document import OboDocument, ReadClause
from kgtwin.ontology.obo_file import Frame, OboFile, plain_values, read_file, syntax_error
from kgtwin.ontology.obo_header import names_of, read_header
from kgtwin.ontology.obo_relations import Relations
from kgtwin.ontology.obo_terms import Instances, Terms
from kgtwin.ontology.obo_values import Malformed
from kgtwin.ontology.structure import Document

_KINDS = {"Term": EntityKind.CLASS, "Typedef": EntityKind.OBJECT_PROPERTY, "Instance": EntityKind.NAMED_INDIVIDUAL}


def read(name: str, text: str) -> Document:
    """The document of a text in OBO format.

    >>> read("t.obo", "ontology: t\\n[Term]\\nid: T:1\\nis_a: T:2 ! above\\n").axioms
    [SubClassOf(sub=Class(iri='http://purl.obolibrary.org/obo/T_1'), sup=Class(iri='http://purl.obolibrary.org/obo/T_2'))]

    Raises:
        OntologySyntaxError: with file and line, what was expected and what to do.
    """
    file = read_file(name, text)
    document = OboDocument(file, names := names_of(file), read_header(file, names))
    document.relations = {frame.id for frame in file.frames if frame.kind == "Typedef"}
    document.metadata, document.class_level = _flagged(file, "is_metadata_tag"), _flagged(file, "is_class_level")
    _read_frames(file, document)
    return document.result


def _flagged(file: OboFile, tag: str) -> set[str]:
    """The relations for which a flag is true."""
    relations = (frame for frame in file.frames if frame.kind == "Typedef")
    return {one.id for one in relations if "true" in plain_values(file.name, one.clauses, tag)}


def _read_frames(file: OboFile, document: OboDocument) -> None:
    view = next(iter(file.header_values("logical-definition-view-relation")), None)
    terms, relations, instances = Terms(document, view), Relations(document), Instances(document)
    readers = {"Term": terms.clauses, "Typedef": relations.clauses, "Instance": instances.clauses}
    default = next(iter(file.header_values("default-namespace")), None)
    for frame in file.frames:
        metadata = frame.kind == "Typedef" and frame.id in document.metadata
        namespace = None if any(tag == "namespace" for tag, _, _ in frame.clauses) else default
        kind = EntityKind.ANNOTATION_PROPERTY if metadata else _KINDS[frame.kind]
        document.begin(frame.id, kind, namespace)
        _read_frame(file, frame, document, relations.metadata_clauses if metadata else readers[frame.kind])
    terms.finish()


def _read_frame(file: OboFile, frame: Frame, document: OboDocument, readers: dict[str, ReadClause]) -> None:
    line = frame.line
    try:
        for tag, value, line in frame.clauses:
            readers.get(tag, document.leave_out)(tag, value, line)
    except Malformed as error:
        raise syntax_error(file.name, line, error) from None
