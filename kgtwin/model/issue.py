"""What follows from a twin's facts: detected issues, and plausible relations."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from kgtwin.identifiers import digest
from kgtwin.model.caveat import Caveat
from kgtwin.model.concept import Coding
from kgtwin.model.derivation import Derivation
from kgtwin.model.derivation import to_dict as derivation_to_dict
from kgtwin.model.evidence import Evidence
from kgtwin.model.predicted import Predicted, Refutation
from kgtwin.model.score import Score


class IssueKind(StrEnum):
    DRUG_CONDITION = "drug-condition"
    DRUG_DRUG = "drug-drug"
    DRUG_ALLERGY = "drug-allergy"
    DRUG_LAB = "drug-lab"
    DRUG_GENE = "drug-gene"
    DRUG_AGE = "drug-age"
    DRUG_PREGNANCY = "drug-pregnancy"
    DRUG_BEHAVIOUR = "drug-behaviour"
    DUPLICATE_THERAPY = "duplicate-therapy"
    CUMULATED_BURDEN = "cumulated-burden"
    DOSE_RENAL = "dose-renal"
    MISSING_MONITORING = "missing-monitoring"
    UNTREATED_INDICATION = "untreated-indication"

    @property
    def of_rule(self) -> bool:
        """Whether a rule about medicines raises it, which is no class of patients, and not a statement, which is."""
        return self in _OF_RULES


_OF_RULES = frozenset(
    {
        IssueKind.CUMULATED_BURDEN,
        IssueKind.DOSE_RENAL,
        IssueKind.MISSING_MONITORING,
        IssueKind.UNTREATED_INDICATION,
    }
)


class Significance(StrEnum):
    CONTRAINDICATED = "contraindicated"
    MAJOR = "major"
    MODERATE = "moderate"
    MINOR = "minor"

    @property
    def severity(self) -> str:
        """FHIR's ``DetectedIssue.severity``.

        >>> Significance.MAJOR.severity, Significance.MINOR.severity
        ('high', 'low')
        """
        return {"moderate": "moderate", "minor": "low"}.get(self.value, "high")

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Significance).index(self)


class Implicated(msgspec.Struct, frozen=True):
    """A fact that an issue rests on, as FHIR's ``DetectedIssue.implicated``."""

    resource: str
    coding: Coding
    fact: str


class DetectedIssue(msgspec.Struct, frozen=True, kw_only=True):
    """A proven issue, FHIR's word for it. ``at`` and ``revision`` say when and on what it was evaluated."""

    id: str
    patient: str
    kind: IssueKind
    significance: Significance
    statement: str
    title: str
    detail: str
    at: str
    revision: int
    knowledge: str
    implicated: tuple[Implicated, ...]
    evidence: tuple[Evidence, ...]
    mitigation: str | None
    review: str
    derivation: Derivation
    caveats: tuple[Caveat, ...] = ()
    status: str = "preliminary"
    basis: str = "proven"

    @property
    def severity(self) -> str:
        return self.significance.severity


def issue_id(patient: str, statement: str, ingredients: frozenset[str], conditions: frozenset[str]) -> str:
    """One id a patient, statement, ingredients and conditions; nothing that changes on revision enters it.

    >>> issue_id("local|1", "kgtwin:CI_0001", frozenset({"rxnorm:6809"}), frozenset())
    'di-c7bf6d6feb97f352'
    """
    return "di-" + digest(patient, statement, "+".join(sorted(ingredients)), "+".join(sorted(conditions)))


def issue_to_dict(issue: DetectedIssue) -> dict[str, Any]:
    """The documented JSON of an issue: a FHIR DetectedIssue's words with kgtwin's own fields."""
    return {
        "resourceType": "DetectedIssue",
        "id": issue.id,
        "patient": issue.patient,
        "status": issue.status,
        "severity": issue.severity,
        "significance": issue.significance.value,
        "kind": issue.kind.value,
        "basis": issue.basis,
        "statement": issue.statement,
        "title": issue.title,
        "detail": issue.detail,
        "at": issue.at,
        "revision": issue.revision,
        "knowledge": issue.knowledge,
        "implicated": [_implicated_to_dict(one) for one in issue.implicated],
        "evidence": [msgspec.to_builtins(one) for one in issue.evidence],
        "mitigation": issue.mitigation,
        "review": issue.review,
        "derivation": derivation_to_dict(issue.derivation),
        "caveats": [msgspec.to_builtins(one) for one in issue.caveats],
    }


def _implicated_to_dict(one: Implicated) -> dict[str, Any]:
    coding = {k: v for k, v in msgspec.to_builtins(one.coding).items() if v is not None}
    return {"resource": one.resource, "coding": coding, "fact": one.fact}


class RiskAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """A predicted relation between two of a patient's concepts.

    ``plausibility`` is an embedding's, between 0 and 1, under the stated ``prior``: no proof and no patient's
    probability. ``rank`` is the tail's place among ``candidates``, 1 the best, halves from ties. Where the ontology
    derives the relation, ``basis`` is ``proven``, ``derivation`` the proof, and the rest a note beside it.
    ``proven_issues`` are the ids of those about the same medicine and the same condition.
    """

    id: str
    patient: str
    head: str
    head_label: str
    relation: str
    tail: str
    tail_label: str
    plausibility: float
    prior: float
    rank: float
    candidates: int
    model: str
    at: str
    facts: tuple[str, ...] = ()
    basis: str = "predicted"
    caveats: tuple[Caveat, ...] = ()
    derivation: Derivation | None = None
    proven_issues: tuple[str, ...] = ()


def risk_to_dict(risk: RiskAssessment) -> dict[str, Any]:
    """A prediction as plain values, its proof (where the relation is proven) as issues have theirs."""
    proof = derivation_to_dict(risk.derivation) if risk.derivation else None
    return {**msgspec.to_builtins(msgspec.structs.replace(risk, derivation=None)), "derivation": proof}


class Inference(msgspec.Struct, frozen=True, kw_only=True):
    """What follows for one patient: issues, predictions, and why either may be incomplete.

    ``scores`` has one for each published equation where they were asked for, of a patient who lives. ``predicted``
    counts what became of predictions; ``refutations`` has those that are not shown, where they were asked for. Neither
    is stored.
    """

    patient: str
    at: str
    revision: int
    knowledge: str
    issues: tuple[DetectedIssue, ...] = ()
    risks: tuple[RiskAssessment, ...] = ()
    scores: tuple[Score, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    predicted: Predicted = Predicted()
    refutations: tuple[Refutation, ...] = ()


def issue_to_json(issue: DetectedIssue) -> bytes:
    """An issue for storage; ``issue_from_json`` reads it back."""
    return msgspec.json.encode(issue)


def issue_from_json(data: bytes | str) -> DetectedIssue:
    """An issue that ``issue_to_json`` wrote."""
    return _ISSUE.decode(data)


_ISSUE = msgspec.json.Decoder(DetectedIssue)
