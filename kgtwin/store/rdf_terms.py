"""Facts, inferences and taxonomy as N-Quads, in named graphs: asserted, inferred, knowledge.

Two more are filled elsewhere: ``ontology`` (the OWL axioms as they were written) and ``meta``, the view's own notes:
its state, and for each received label of a code whose patients gave it (``code patient "label"``), so that a label
goes when the last of them goes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from kgtwin.identifiers import to_iri
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import BooleanValue, CodedValue, Fact, MedicationDetail, PatientRecord, Quantity, Value
from kgtwin.model.issue import DetectedIssue, Inference, RiskAssessment
from kgtwin.model.knowledge import KnowledgeGraph
from kgtwin.store.rows import shown
from kgtwin.store.schema import FACT_EDGES
from kgtwin.vocabulary import CODE_SYSTEMS, DCTERMS, KGTWIN, PREFIXES, PROV, RDFS_LABEL, XSD

GRAPHS: Final = "https://w3id.org/kgtwin/graph/"
SHOWN: Final = ("asserted", "inferred", "knowledge", "ontology")
"""The graphs that queries see."""
ASSERTED, INFERRED, KNOWLEDGE, ONTOLOGY, META = (f"<{GRAPHS}{name}>" for name in (*SHOWN, "meta"))
DATA: Final = "https://w3id.org/kgtwin/data/"
RDF_TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
SUBCLASS: Final = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
UCUM: Final = "https://w3id.org/cdt/ucum"
"""The datatype of a number with its UCUM unit in one literal (Lefrançois and Zimmermann, 2018)."""
_SAFE: Final = "!#$%&'()*+,-./:;=?@[]_~"

PREDICATES: Final[dict[str, str]] = {
    kind: "has" + edge.removeprefix("HAS_").title().replace("_", "") for kind, edge in FACT_EDGES.items()
}
"""Fact kind to the local name of the property from the patient: ``Condition`` to ``hasCondition``."""


@lru_cache(maxsize=50_000)
def iri(text: str) -> str:
    """An IRI in angle brackets; what an IRI may not hold is percent-encoded.

    >>> iri("http://example.org/a b"), iri("http://example.org/100%[")
    ('<http://example.org/a%20b>', '<http://example.org/100%25%5B>')
    """
    for found in (quote(text, safe=_SAFE), quote(text, safe=":/"), "urn:kgtwin:" + quote(text, safe="")):
        with contextlib.suppress(ValueError):
            return str(ox.NamedNode(found))
    raise AssertionError(text)


def data_iri(kind: str, *parts: str) -> str:
    """The IRI of one of a store's things.

    >>> data_iri("patient", "local", "12 3")
    '<https://w3id.org/kgtwin/data/patient/local/12%203>'
    """
    return f"<{DATA}{kind}/{'/'.join(quote(part, safe='') for part in parts)}>"


def patient_iri(key: str) -> str:
    source, _, id_ = key.partition("|")
    return data_iri("patient", source, id_)


def fact_iri(id_: str) -> str:
    return data_iri("fact", id_)


def literal(text: str, datatype: str | None = None) -> str:
    """A literal in N-Quads; the datatype is one of XSD's by its name, or an IRI.

    >>> literal('a "b"')
    '"a \\\\"b\\\\""'
    """
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    if not datatype:
        return f'"{body}"'
    return f'"{body}"^^<{datatype if ":" in datatype else XSD + datatype}>'


def date_literal(text: str) -> str:
    """A partial date with the XSD type of its precision; without a zone it stays without one."""
    return literal(text, {4: "gYear", 7: "gYearMonth", 10: "date"}.get(len(text), "dateTime"))


@lru_cache(maxsize=50_000)
def coding_iri(coding: Coding) -> str | None:
    """The IRI of a coding: its code system's own, or one of ours that holds system and code; None without a code."""
    if not coding.code:
        return None
    prefix = CODE_SYSTEMS.get(coding.system or "")
    if prefix:
        return iri(PREFIXES[prefix] + coding.code)
    return data_iri("code", coding.system or "", coding.code)


def concept_iri(curie: str) -> str:
    return iri(to_iri(curie))


def _term(name: str) -> str:
    return f"<{KGTWIN}{name}>"


def patient_lines(record: PatientRecord, facts: Iterable[Fact], inference: Inference | None) -> list[str]:
    """All that the view says of a patient, each line once."""
    lines = dict.fromkeys(patient_quads(record))
    for fact in facts:
        lines.update(dict.fromkeys(fact_quads(fact)))
    if inference is not None:
        lines.update(dict.fromkeys(inference_quads(inference)))
    return list(lines)


def patient_quads(record: PatientRecord) -> Iterator[str]:
    """Who the patient is. Names are left out: they help no query and should not travel."""
    subject = patient_iri(record.key)
    yield _quad(subject, RDF_TYPE, _term("Patient"), ASSERTED)
    yield _quad(subject, _term("key"), literal(record.key), ASSERTED)
    if record.gender:
        yield _quad(subject, _term("gender"), literal(record.gender), ASSERTED)
    if record.birth_date:
        yield _quad(subject, _term("birthDate"), date_literal(record.birth_date), ASSERTED)
    if isinstance(record.deceased, str):
        yield _quad(subject, _term("deceased"), date_literal(record.deceased), ASSERTED)
    elif record.deceased is not None:
        yield _quad(subject, _term("deceased"), literal(str(record.deceased).lower(), "boolean"), ASSERTED)


def fact_quads(fact: Fact) -> Iterator[str]:
    """One fact: its kind, codes, concepts, status, time, value and provenance (PROV-O)."""
    subject = fact_iri(fact.id)
    yield _quad(patient_iri(fact.patient), _term(PREDICATES[fact.kind.value]), subject, ASSERTED)
    yield _quad(subject, RDF_TYPE, _term(fact.kind.value), ASSERTED)
    patient = patient_iri(fact.patient)
    yield from _coded(subject, "code", fact.code, patient)
    texts = {"status": fact.status, "verification": fact.verification}
    for name, text in texts.items():
        if text:
            yield _quad(subject, _term(name), literal(text), ASSERTED)
    for name, date in (("start", fact.when.start), ("end", fact.when.end)):
        if date:
            yield _quad(subject, _term(name), date_literal(date), ASSERTED)
    if fact.value is not None:
        yield from _value(subject, fact.value, patient)
    if isinstance(fact.detail, MedicationDetail):
        for ingredient in fact.detail.ingredients:
            yield from _coded(subject, "ingredient", ingredient, patient)
    yield from _provenance(subject, fact)


def _coded(subject: str, name: str, coded: Coded, patient: str) -> Iterator[str]:
    """Each coding as ``name``, each concept that acts as ``nameConcept``; the text as the label."""
    for coding in coded.codings:
        object_ = coding_iri(coding)
        if object_:
            yield _quad(subject, _term(name), object_, ASSERTED)
            if coding.display:
                label = literal(coding.display)
                yield _quad(object_, f"<{RDFS_LABEL}>", label, ASSERTED)
                yield _quad(object_, patient, label, META)
    for concept in coded.concepts:
        yield _quad(subject, _term(f"{name}Concept"), concept_iri(concept), ASSERTED)
    if coded.name and name == "code":
        yield _quad(subject, f"<{RDFS_LABEL}>", literal(coded.name), ASSERTED)


def _value(subject: str, value: Value, patient: str) -> Iterator[str]:
    if isinstance(value, Quantity):
        number = format(value.value, "f")
        yield _quad(subject, _term("value"), literal(number, "decimal"), ASSERTED)
        if value.ucum and not value.comparator:  # "<15" is no quantity of 15
            yield _quad(subject, _term("quantity"), literal(f"{number} {value.ucum}", UCUM), ASSERTED)
        for name, text in (("comparator", value.comparator), ("unit", value.ucum or value.code or value.unit)):
            if text:
                yield _quad(subject, _term(name), literal(text), ASSERTED)
    elif isinstance(value, CodedValue):
        yield from _coded(subject, "valueCode", value.value, patient)
    elif isinstance(value, BooleanValue):
        yield _quad(subject, _term("value"), literal(str(value.value).lower(), "boolean"), ASSERTED)
    yield _quad(subject, _term("valueText"), literal(shown(value)), ASSERTED)


def _provenance(subject: str, fact: Fact) -> Iterator[str]:
    p = fact.provenance
    resource = data_iri("resource", p.source, p.resource, p.version)
    yield _quad(subject, f"<{PROV}wasDerivedFrom>", resource, ASSERTED)
    yield _quad(resource, RDF_TYPE, f"<{PROV}Entity>", ASSERTED)
    yield _quad(resource, f"<{DCTERMS}identifier>", literal(p.resource), ASSERTED)
    yield _quad(resource, f"<{DCTERMS}source>", literal(p.source), ASSERTED)
    yield _quad(resource, f"<{DCTERMS}hasVersion>", literal(p.version), ASSERTED)
    if p.recorded:
        yield _quad(subject, f"<{PROV}generatedAtTime>", date_literal(p.recorded), ASSERTED)


def inference_quads(inference: Inference) -> Iterator[str]:
    """What follows for a patient: issues with the facts they implicate, predictions under their own class.

    Each is generated by the activity that evaluated the patient, which used those facts and the knowledge.
    """
    activity = data_iri("inference", *inference.patient.split("|", 1))
    yield from _activity_quads(activity, inference)
    for issue in inference.issues:
        yield from _issue_quads(issue, activity)
    for risk in inference.risks:
        yield from _risk_quads(risk, activity)


def _activity_quads(subject: str, inference: Inference) -> Iterator[str]:
    """The evaluation itself; it is there where nothing follows, too: evaluated is not the same as not evaluated."""
    yield _quad(patient_iri(inference.patient), _term("hasInference"), subject, INFERRED)
    yield _quad(subject, RDF_TYPE, f"<{PROV}Activity>", INFERRED)
    yield _quad(subject, f"<{PROV}endedAtTime>", date_literal(inference.at), INFERRED)
    yield _quad(subject, _term("knowledge"), literal(inference.knowledge), INFERRED)
    yield _quad(subject, f"<{PROV}used>", data_iri("knowledge", inference.knowledge), INFERRED)
    facts = {one.fact for issue in inference.issues for one in issue.implicated}
    for fact in sorted(facts.union(*(risk.facts for risk in inference.risks))):
        yield _quad(subject, f"<{PROV}used>", fact_iri(fact), INFERRED)


def _issue_quads(issue: DetectedIssue, activity: str) -> Iterator[str]:
    subject, patient = data_iri("issue", issue.id), patient_iri(issue.patient)
    yield _quad(patient, _term("hasIssue"), subject, INFERRED)
    if not issue.kind.of_rule:
        yield _quad(patient, RDF_TYPE, concept_iri(issue.statement), INFERRED)
    yield _quad(subject, RDF_TYPE, _term("DetectedIssue"), INFERRED)
    yield _quad(subject, _term("statement"), concept_iri(issue.statement), INFERRED)
    yield _quad(subject, f"<{RDFS_LABEL}>", literal(issue.title), INFERRED)
    texts = {
        "kind": issue.kind.value,
        "significance": issue.significance.value,
        "severity": issue.severity,
        "basis": issue.basis,
        "status": issue.status,
        "knowledge": issue.knowledge,
    }
    for name, text in texts.items():
        yield _quad(subject, _term(name), literal(text), INFERRED)
    yield _quad(subject, f"<{PROV}wasGeneratedBy>", activity, INFERRED)
    yield _quad(subject, f"<{PROV}generatedAtTime>", date_literal(issue.at), INFERRED)
    for one in issue.implicated:
        yield _quad(subject, _term("implicates"), fact_iri(one.fact), INFERRED)
        yield _quad(subject, f"<{PROV}wasDerivedFrom>", fact_iri(one.fact), INFERRED)


def _risk_quads(risk: RiskAssessment, activity: str) -> Iterator[str]:
    subject = data_iri("risk", risk.id)
    yield _quad(patient_iri(risk.patient), _term("hasRisk"), subject, INFERRED)
    yield _quad(subject, RDF_TYPE, _term("RiskAssessment"), INFERRED)
    yield _quad(subject, f"<{PROV}wasGeneratedBy>", activity, INFERRED)
    for name, curie in (("head", risk.head), ("tail", risk.tail)):
        yield _quad(subject, _term(name), concept_iri(curie), INFERRED)
    for name, text in (("relation", risk.relation), ("basis", risk.basis), ("model", risk.model)):
        yield _quad(subject, _term(name), literal(text), INFERRED)
    for name, number in (("plausibility", risk.plausibility), ("prior", risk.prior)):
        yield _quad(subject, _term(name), literal(repr(number), "double"), INFERRED)


def knowledge_lines(graph: KnowledgeGraph) -> Iterator[str]:
    """The taxonomy: labels, places, and roles as plain triples."""
    for concept in graph.concepts:
        if concept.label:
            yield label_quad(concept.concept, concept.label)
        for parent in concept.parents:
            yield isa_quad(concept.concept, parent)
    for role in graph.roles:
        yield role_quad(role.subject, role.property, role.object)


def label_quad(curie: str, label: str) -> str:
    """A concept's label."""
    return _quad(concept_iri(curie), f"<{RDFS_LABEL}>", literal(label), KNOWLEDGE)


def isa_quad(curie: str, parent: str) -> str:
    """A concept's place in the taxonomy."""
    return _quad(concept_iri(curie), SUBCLASS, concept_iri(parent), KNOWLEDGE)


def role_quad(subject: str, prop: str, object_: str) -> str:
    """A role between concepts, as a plain triple."""
    return _quad(concept_iri(subject), concept_iri(prop), concept_iri(object_), KNOWLEDGE)


def _quad(subject: str, predicate: str, object_: str, graph: str) -> str:
    return f"{subject} {predicate} {object_} {graph} .\n"
