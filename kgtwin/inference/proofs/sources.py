"""Whether a proof document says what its sources say: the ontology that it cites, the patient's facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.identifiers import to_iri
from kgtwin.inference.proofs.export import FLAGS
from kgtwin.inference.proofs.writing import SPANS, UNITS, minimal
from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.model.proof_document import ProofDocument, Selection
from kgtwin.vocabulary import kgtwin


def against_ontology(document: ProofDocument, ontology: Ontology) -> Iterator[str]:
    """What a document says of the knowledge and the ontology does not, or keeps to itself."""
    if document.knowledge.digest != ontology.digest:
        yield f"the ontology's digest is {ontology.digest}, the proof's {document.knowledge.digest}"
    title = ontology.label(to_iri(document.issue.statement))
    if document.issue.title != title:
        yield f"the statement's label is {title!r}"
    told = set(map(render, ontology.axioms))
    yield from (f"the ontology does not say {one.owl}" for one in document.axioms if one.owl not in told)
    said = {(one.subject, one.property): one.value for one in document.annotations}
    asked = dict.fromkeys(said)
    asked |= {(iri, kgtwin(name)): None for iri, names in _annotated(document) for name in names}
    for iri, prop in asked:
        if said.get((iri, prop)) != ontology.value(iri, prop):
            yield f"{prop} of {iri} is {ontology.value(iri, prop)!r}, the proof says {said.get((iri, prop))!r}"


def _annotated(document: ProofDocument) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of what a document rests on, what may be annotated and must not be left out."""
    yield to_iri(document.issue.statement), FLAGS
    for one in document.selections:
        yield one.role, SPANS
        if one.reading is not None:
            yield one.reading.analyte, UNITS


def against_facts(document: ProofDocument, record: PatientRecord, facts: Iterable[Fact]) -> Iterator[str]:
    """What a document says of the patient and the twin at its revision does not, or keeps to itself."""
    known = {fact.id: fact for fact in facts}
    if document.patient != minimal(record):
        yield "the Patient resource says something else"
    for fact in document.facts:
        if known.get(fact.id) != fact:
            yield f"{fact.id} ({fact.provenance.resource}) says something else, or is not known at this revision"
    for one in document.selections:
        yield from (f"{id_} is of the same code as {one.facts[0]} and is left out" for id_ in _left_out(one, known))
    medications = [fact.id for fact in known.values() if fact.kind is FactKind.MEDICATION]
    flag = kgtwin("washOut")
    if any(one.property == flag and one.value in ("true", "1") for one in document.annotations):
        yield from (f"{id_} is a medication and is left out" for id_ in medications if id_ not in document.medications)


def _left_out(one: Selection, known: dict[str, Fact]) -> list[str]:
    """The facts with a code of the one that stands for the latest that the snapshot lacks."""
    first = known.get(one.facts[0])
    if first is None or not one.snapshot:
        return []
    same = (fact for fact in known.values() if {*fact.code.concepts} & {*first.code.concepts})
    return [fact.id for fact in same if fact.id not in one.snapshot]
