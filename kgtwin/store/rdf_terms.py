"""Facts, inferences and taxonomy as N-Quads, in three named graphs: asserted, inferred, knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from kgtwin.identifiers import to_iri
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import BooleanValue, CodedValue, Fact, MedicationDetail, PatientRecord, Quantity, Value
from kgtwin.model.issue import DetectedIssue, Inference, RiskAssessment
from kgtwin.store.rows import shown
from kgtwin.store.schema import FACT_EDGES
from kgtwin.vocabulary import CODE_SYSTEMS, DCTERMS, KGTWIN, PREFIXES, PROV, RDFS_LABEL, XSD

GRAPHS: Final = "https://w3id.org/kgtwin/graph/"
ASSERTED, INFERRED, KNOWLEDGE = (f"<{GRAPHS}{name}>" for name in ("asserted", "inferred", "knowledge"))
DATA: Final = "https://w3id.org/kgtwin/data/"
RDF_TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
SUBCLASS: Final = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
_SAFE: Final = "!#$%&'()*+,-./:;=?@[]_~"

PREDICATES: Final[dict[str, str]] = {
    kind: "has" + edge.removeprefix("HAS_").title().replace("_", "") for kind, edge in FACT_EDGES.items()
}
"""Fact kind to the local name of the property from the patient: ``Condition`` to ``hasCondition``."""


@lru_cache(maxsize=50_000)
def iri(text: str) -> str:
    """An IRI in angle brackets; what an IRI may not hold is percent-encoded.

    >>> iri("http://example.org/a b")
    '<http://example.org/a%20b>'
    """
    return f"<{quote(text, safe=_SAFE)}>"


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
    """A literal in N-Quads.

    >>> literal('a "b"')
    '"a \\\\"b\\\\""'
    """
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{body}"' + (f"^^<{XSD}{datatype}>" if datatype else "")


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
    yield from _coded(subject, "code", fact.code)
    texts = {"status": fact.status, "verification": fact.verification}
    for name, text in texts.items():
        if text:
            yield _quad(subject, _term(name), literal(text), ASSERTED)
    for name, date in (("start", fact.when.start), ("end", fact.when.end)):
        if date:
            yield _quad(subject, _term(name), date_literal(date), ASSERTED)
    if fact.value is not None:
        yield from _value(subject, fact.value)
    if isinstance(fact.detail, MedicationDetail):
        for ingredient in fact.detail.ingredients:
            yield from _coded(subject, "ingredient", ingredient)
    yield from _provenance(subject, fact)


def _coded(subject: str, name: str, coded: Coded) -> Iterator[str]:
    """Each coding as ``name``, each concept that acts as ``nameConcept``; the text as the label."""
    for coding in coded.codings:
        object_ = coding_iri(coding)
        if object_:
            yield _quad(subject, _term(name), object_, ASSERTED)
            if coding.display:
                yield _quad(object_, f"<{RDFS_LABEL}>", literal(coding.display), ASSERTED)
    for concept in coded.concepts:
        yield _quad(subject, _term(f"{name}Concept"), concept_iri(concept), ASSERTED)
    if coded.name and name == "code":
        yield _quad(subject, f"<{RDFS_LABEL}>", literal(coded.name), ASSERTED)


def _value(subject: str, value: Value) -> Iterator[str]:
    if isinstance(value, Quantity):
        yield _quad(subject, _term("value"), literal(format(value.value, "f"), "decimal"), ASSERTED)
        for name, text in (("comparator", value.comparator), ("unit", value.ucum or value.code or value.unit)):
            if text:
                yield _quad(subject, _term(name), literal(text), ASSERTED)
    elif isinstance(value, CodedValue):
        yield from _coded(subject, "valueCode", value.value)
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
    """What follows for a patient: issues with the facts they implicate, predictions under their own class."""
    for issue in inference.issues:
        yield from _issue_quads(issue)
    for risk in inference.risks:
        yield from _risk_quads(risk)


def _issue_quads(issue: DetectedIssue) -> Iterator[str]:
    subject, patient = data_iri("issue", issue.id), patient_iri(issue.patient)
    yield _quad(patient, _term("hasIssue"), subject, INFERRED)
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
    yield _quad(subject, f"<{PROV}generatedAtTime>", date_literal(issue.at), INFERRED)
    for one in issue.implicated:
        yield _quad(subject, _term("implicates"), fact_iri(one.fact), INFERRED)


def _risk_quads(risk: RiskAssessment) -> Iterator[str]:
    subject = data_iri("risk", risk.id)
    yield _quad(patient_iri(risk.patient), _term("hasRisk"), subject, INFERRED)
    yield _quad(subject, RDF_TYPE, _term("RiskAssessment"), INFERRED)
    for name, curie in (("head", risk.head), ("tail", risk.tail)):
        yield _quad(subject, _term(name), concept_iri(curie), INFERRED)
    for name, text in (("relation", risk.relation), ("basis", risk.basis), ("model", risk.model)):
        yield _quad(subject, _term(name), literal(text), INFERRED)
    for name, number in (("plausibility", risk.plausibility), ("prior", risk.prior)):
        yield _quad(subject, _term(name), literal(repr(number), "double"), INFERRED)


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
