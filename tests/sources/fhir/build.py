"""Small FHIR documents for the tests."""

from __future__ import annotations

import json
from typing import Any

from kgtwin.model.fact import Fact
from kgtwin.model.submission import Submission
from kgtwin.sources.fhir import decode
from kgtwin.terminology import Terminology

Json = dict[str, Any]

PATIENT: Json = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-03-04"}
SUBJECT: Json = {"reference": "Patient/p1"}
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def concept(system: str, code: str, display: str | None = None) -> Json:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, "display": display or code}]}


ASTHMA = concept(SNOMED, "195967001", "Asthma")
IBUPROFEN = concept(RXNORM, "5640", "Ibuprofen")
POTASSIUM = concept(LOINC, "2823-3", "Potassium")


def resource(kind: str, **fields: Any) -> Json:
    """A resource about patient p1, with the id ``r1`` unless another is given."""
    subject = "patient" if kind in {"AllergyIntolerance", "Immunization", "FamilyMemberHistory"} else "subject"
    return {"resourceType": kind, "id": "r1", subject: SUBJECT, **fields}


def bundle(*resources: Json, type: str = "collection") -> Json:
    """A Bundle whose entries have a ``urn:uuid`` made of the resource's id."""
    entries = [{"fullUrl": f"urn:uuid:{r.get('id', i)}", "resource": r} for i, r in enumerate(resources)]
    return {"resourceType": "Bundle", "type": type, "entry": entries}


def submit(document: Any, terminology: Terminology | None = None) -> Submission:
    """What becomes of a JSON document."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return decode(data, label="test.json", source="local", terminology=terminology or Terminology())


def facts(*resources: Json) -> list[Fact]:
    """The facts of a bundle with patient p1 and some resources, none of which may have a problem."""
    submission = submit(bundle(PATIENT, *resources))
    assert submission.problems == ()
    return [fact for version in submission.resources for fact in version.facts]


def fact(kind: str, **fields: Any) -> Fact:
    """The only fact of one resource."""
    (found,) = facts(resource(kind, **fields))
    return found


def problem(kind: str, **fields: Any) -> tuple[str | None, str, bool]:
    """Field, code and whether it rejects, of the only problem of one resource."""
    (found,) = submit(bundle(PATIENT, resource(kind, **fields))).problems
    assert found.location.entry == "entry[1]"
    assert found.location.file == "test.json"
    return found.location.field, found.code, found.rejected
