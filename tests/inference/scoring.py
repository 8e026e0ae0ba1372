"""FHIR bundles out of the values of an equation's inputs, by codes of the ontology alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.equations.definitions import Equation, Input
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.model.score import Missing, Range, Score, Used
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import CODE_SYSTEMS, LOINC, kgtwin

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
SYSTEMS = {prefix: system for system, prefix in reversed(CODE_SYSTEMS.items()) if not system.startswith("urn:")}
UCUM = "http://unitsofmeasure.org"
Resource = dict[str, Any]


def coding(curie: str) -> Resource:
    prefix, _, code = curie.partition(":")
    return {"coding": [{"system": SYSTEMS[prefix], "code": code}]}


def observation(name: str, curie: str, number: float, unit: str, **fields: Any) -> Resource:
    quantity = {"value": number, "unit": unit, "system": UCUM, "code": unit, **fields.pop("quantity", {})}
    given = {"status": "final", "effectiveDateTime": "2026-01-10", "valueQuantity": quantity, **fields}
    return {"resourceType": "Observation", "id": name, "code": coding(curie), "subject": SUBJECT, **given}


def smoking(value: str, **fields: Any) -> Resource:
    given = {"status": "final", "effectiveDateTime": "2026-01-10", "valueCodeableConcept": coding(value), **fields}
    code = coding("loinc:72166-2")
    return {"resourceType": "Observation", "id": "smoking", "code": code, "subject": SUBJECT, **given}


def condition(name: str, curie: str, verification: str = "confirmed", **fields: Any) -> Resource:
    kinds = {"clinicalStatus": "active"} if verification != "refuted" else {}
    kinds |= {"clinicalStatus": fields.pop("status")} if "status" in fields else {}
    given: Resource = {
        key: {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/condition-{system}", "code": code}]}
        for key, system, code in [
            *(("clinicalStatus", "clinical", code) for code in kinds.values()),
            ("verificationStatus", "ver-status", verification),
        ]
    }
    return {"resourceType": "Condition", "id": name, "code": coding(curie), "subject": SUBJECT, **given, **fields}


def medicine(name: str, curie: str, status: str = "active", **fields: Any) -> Resource:
    given = {"status": status, "medicationCodeableConcept": coding(curie), **fields}
    return {"resourceType": "MedicationStatement", "id": name, "subject": SUBJECT, **given}


def relative(relationship: str, curie: str, name: str = "relative") -> Resource:
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": relationship}]}
    return {
        "resourceType": "FamilyMemberHistory",
        "id": name,
        "status": "completed",
        "patient": SUBJECT,
        "relationship": role,
        "condition": [{"code": coding(curie)}],
    }


SUBJECT = {"reference": "Patient/p1"}


def patient(age: int | None = None, gender: str | None = None, **fields: Any) -> Resource:
    found: Resource = {"resourceType": "Patient", "id": "p1", **fields}
    if age is not None:
        found["birthDate"] = f"{AT.year - age}-01-15"
    return found if gender is None else {**found, "gender": gender}


def resources(equation: Equation, values: Mapping[str, float], knowledge: Knowledge) -> list[Resource]:
    """A patient of whom this, and nothing else, is known."""
    kinds = {one.kind: name for name, one in equation.inputs.items()}
    age, sex = values.get(kinds.get("age", "")), values.get(kinds.get("sex", ""))
    who = patient(None if age is None else int(age), {None: None, 1.0: "female", 0.0: "male"}[sex])
    inputs = [(equation.inputs[name], number) for name, number in values.items()]
    return [who, *(one for wanted, number in inputs for one in _of(wanted, number, knowledge))]


def _of(one: Input, number: float, knowledge: Knowledge) -> Iterable[Resource]:
    match one.kind:
        case "age" | "sex":
            return []
        case "result":
            return [observation(one.name, loinc_of(one.about[0], knowledge), number, one.unit)]
        case "behaviour":
            return [smoking("snomed:449868002" if number else "snomed:266919005")]
        case "medicine" | "pastMedicine":
            return [medicine(one.name, one.about[0], "active" if number else "not-taken")]
        case "condition" | "history":
            names = [name for about in one.about for name in parts_of(about, knowledge)]
            status = "confirmed" if number else "refuted"
            return [condition(f"{one.name}{i}", name, status) for i, name in enumerate(names)]
    raise AssertionError(f"no resource says {one.kind}")


def loinc_of(about: str, knowledge: Knowledge) -> str:
    """A LOINC code of a class of results."""
    if about.startswith("loinc:"):
        return about
    found = sorted(iri for iri in knowledge.classification.descendants(to_iri(about)) if iri.startswith(LOINC))
    return to_curie(found[0])


def parts_of(about: str, knowledge: Knowledge) -> list[str]:
    """Codes that are as wide as a class when taken together; the class itself where the ontology names none."""
    covers = knowledge.closing.covers.get(to_iri(about))
    return [code for part in covers[0] for code in parts_of(to_curie(part), knowledge)] if covers else [about]


class Scorer:
    """Scores of a patient out of FHIR resources."""

    def __init__(self, knowledge: Knowledge, terminology: Terminology) -> None:
        self.knowledge, self._terminology = knowledge, terminology

    def inference(self, given: Iterable[Resource], at: datetime = AT, *, scores: bool = True) -> Inference:
        entries = [{"resource": one} for one in given]
        bundle = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
        submission = fhir.decode(bundle, label="made", source="local", terminology=self._terminology)
        assert not submission.problems, submission.problems
        record: PatientRecord | None = None
        facts: list[Fact] = []
        for version in submission.resources:
            record = version.record or record
            facts += version.facts
        return infer("local|p1", record, facts, self.knowledge, at=at, revision=1, scores=scores)

    def all(self, given: Iterable[Resource], at: datetime = AT) -> dict[str, Score]:
        found = self.inference(given, at).scores
        return {one.equation.removeprefix("kgtwin:"): one for one in found}

    def score(self, name: str, given: Iterable[Resource], at: datetime = AT) -> Score:
        """One score, without the work that others make; the estimators may stand in for its inputs."""
        narrow = copy(self.knowledge)
        of_name = self.knowledge.equations.items()
        narrow.__dict__["equations"] = {iri: one for iri, one in of_name if iri == kgtwin(name) or one.estimates}
        return Scorer(narrow, self._terminology).all(given, at)[name]

    def equation(self, name: str) -> Equation:
        return self.knowledge.equations[kgtwin(name)]

    def of_values(self, name: str, values: Mapping[str, float]) -> Score:
        """The score of a patient of whom these values, and nothing else, are known."""
        return self.score(name, resources(self.equation(name), values, self.knowledge))


def creatinine_bundle(*more: Resource, **fields: Any) -> str:
    """A bundle with a man of 70 years and his creatinine of 2.0 mg/dL."""
    given = [patient(70, "male", **fields), observation("creatinine", "loinc:2160-0", 2.0, "mg/dL"), *more]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in given]})


MAN = patient(70, "male")
FLUTTER = condition("af", "snomed:49436004")


def used(score: Score, name: str) -> Used:
    (found,) = [one for one in score.inputs if one.name == name]
    return found


def missing(score: Score, name: str) -> Missing:
    (found,) = [one for one in score.missing if one.name == name]
    return found


def names(score: Score) -> set[str]:
    return {one.name for one in score.missing}


def creatinine(number: float = 1.2, code: str = "loinc:2160-0", unit: str = "mg/dL", **fields: Any) -> Resource:
    return observation("creatinine", code, number, unit, **fields)


def ends(found: Range | None) -> tuple[float, float]:
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high
