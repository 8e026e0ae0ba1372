"""Small submissions and inferences, made of the model alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kgtwin.identifiers import patient_key
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.derivation import Derivation, FactRef
from kgtwin.model.evidence import Evidence
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance, Quantity, Value, fact_id
from kgtwin.model.issue import DetectedIssue, Implicated, Inference, IssueKind, RiskAssessment, Significance, issue_id
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph, KnowledgeRole
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.model.time import Period

SOURCE = "local"
SNOMED, RXNORM, LOINC = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://loinc.org"
SYSTEMS = {SNOMED: "snomed", RXNORM: "rxnorm", LOINC: "loinc"}

MI = Coded((Coding(SNOMED, "22298006", "Myocardial infarction"),), (Match("snomed:22298006"),))
DIABETES = Coded((Coding(SNOMED, "44054006", "Diabetes mellitus type 2"),), (Match("snomed:44054006"),))
UNMAPPED = Coded((Coding("urn:example:local", "X-1", "Something local"),))
METFORMIN = Coded((Coding(RXNORM, "860975", "24 HR Metformin hydrochloride 500 MG"),), (Match("rxnorm:860975"),))
POTASSIUM = Coded((Coding(LOINC, "2823-3", "Potassium"),), (Match("loinc:2823-3"),))


def make_key(patient: str) -> str:
    return patient_key(SOURCE, patient)


def make_patient(patient: str, version: str = "1", *, name: str = "Ada", retracted: bool = False) -> ResourceVersion:
    key = make_key(patient)
    resource = f"Patient/{patient}"
    record = PatientRecord(
        key=key,
        source=SOURCE,
        id=patient,
        name=name,
        gender="female",
        birth_date="1950-02",
        provenance=Provenance(SOURCE, resource, version),
    )
    return ResourceVersion(
        source=SOURCE,
        resource=resource,
        version=version,
        content=f"{resource}-{name}",
        patient=key,
        retracted=retracted,
        record=None if retracted else record,
    )


def make_fact(
    patient: str,
    resource: str,
    version: str = "1",
    *,
    kind: FactKind = FactKind.CONDITION,
    code: Coded = MI,
    start: str | None = "2020-01-01",
    value: Value | None = None,
    part: str = "",
    status: str | None = "active",
) -> Fact:
    provenance = Provenance(SOURCE, resource, version, part)
    key = make_key(patient)
    return Fact(
        id=fact_id(key, provenance),
        patient=key,
        kind=kind,
        code=code,
        status=status,
        when=Period(start),
        value=value,
        provenance=provenance,
    )


def make_resource(
    *facts: Fact, content: str | None = None, updated: str | None = None, retracted: bool = False
) -> ResourceVersion:
    """The resource version that states these facts (all of one)."""
    first = facts[0]
    return ResourceVersion(
        source=SOURCE,
        resource=first.provenance.resource,
        version=first.provenance.version,
        content=content or f"{first.provenance.resource}-{first.provenance.version}",
        patient=first.patient,
        updated=updated,
        retracted=retracted,
        facts=() if retracted else facts,
    )


def make_submission(*resources: ResourceVersion, label: str = "bundle.json") -> Submission:
    return Submission(label=label, source=SOURCE, resources=resources)


def make_bundle(patient: str, facts: int = 3, version: str = "1") -> Submission:
    """A patient with some conditions, each a resource of its own."""
    conditions = (make_resource(make_fact(patient, f"Condition/{patient}-{n}", version)) for n in range(facts))
    return make_submission(make_patient(patient), *conditions, label=f"{patient}.json")


def make_correction(patient: str, facts: int = 3, version: str = "2") -> Submission:
    """Another version of all that ``make_bundle`` says of a patient."""
    stated = (make_fact(patient, f"Condition/{patient}-{n}", version) for n in range(facts))
    return make_submission(*map(make_resource, stated), label=f"{patient}+")


def make_issue(
    patient: str,
    *facts: Fact,
    statement: str = "kgtwin:CI_0001",
    significance: Significance = Significance.MAJOR,
    revision: int = 1,
    kind: IssueKind = IssueKind.DRUG_CONDITION,
) -> DetectedIssue:
    key = make_key(patient)
    leaf = Derivation("told", "p hasNow c", fact=FactRef(facts[0].id, "Condition/c", "1", SOURCE, "c"))
    return DetectedIssue(
        id=issue_id(key, statement, frozenset(f.id for f in facts), frozenset()),
        patient=key,
        kind=kind,
        significance=significance,
        statement=statement,
        title="A contraindication",
        detail="One sentence.",
        at="2026-01-01T00:00:00Z",
        revision=revision,
        knowledge="2026.1",
        implicated=tuple(Implicated(f.provenance.resource, f.coding, f.id) for f in facts),
        evidence=(Evidence("A label", "unverified"),),
        mitigation="Choose another.",
        review="not clinically reviewed",
        derivation=Derivation("R⊑", "p a CI", (leaf,)),
    )


def make_risk(patient: str, tail: str = "mondo:0005148") -> RiskAssessment:
    key = make_key(patient)
    return RiskAssessment(
        id=f"ra-{patient}-{tail}",
        patient=key,
        head="rxnorm:6809",
        head_label="metformin",
        relation="treats",
        tail=tail,
        tail_label="type 2 diabetes",
        plausibility=0.75,
        prior=0.01,
        rank=1,
        candidates=100,
        model="demo",
        at="2026-01-01T00:00:00Z",
    )


def make_inference(
    patient: str, *issues: DetectedIssue, revision: int = 1, risks: tuple[RiskAssessment, ...] = ()
) -> Inference:
    return Inference(
        patient=make_key(patient),
        at="2026-01-01T00:00:00Z",
        revision=revision,
        knowledge="2026.1",
        issues=issues,
        risks=risks,
        caveats=(Caveat(CaveatCode.UNMAPPED_CODE, "A code is not mapped", ("f-1",), "map it"),),
    )


def make_conclusions(patient: str, facts: Sequence[Fact], revision: int) -> Inference:
    """An issue about each of some facts, and a risk."""
    issues = [make_issue(patient, one, revision=revision) for one in facts]
    return make_inference(patient, *issues, revision=revision, risks=(make_risk(patient),))


def millimole(number: str) -> Quantity:
    return Quantity(Decimal(number), unit="mmol/L", system="http://unitsofmeasure.org", code="mmol/L", ucum="mmol/L")


KNOWLEDGE = KnowledgeGraph(
    version="2026.1",
    digest="d1",
    concepts=(
        KnowledgeConcept("snomed:414545008", "Ischemic heart disease"),
        KnowledgeConcept("snomed:22298006", "Myocardial infarction", ("snomed:414545008",)),
        KnowledgeConcept("rxnorm:6809", "metformin"),
        KnowledgeConcept("rxnorm:860975", "24 HR metformin hydrochloride 500 MG"),
        KnowledgeConcept("kgtwin:OralRoute", "Oral route"),
    ),
    roles=(
        KnowledgeRole("rxnorm:860975", "kgtwin:hasActiveIngredient", "rxnorm:6809"),
        KnowledgeRole("rxnorm:860975", "kgtwin:hasRoute", "kgtwin:OralRoute"),
        KnowledgeRole("rxnorm:860975", "kgtwin:causativeAgent", "rxnorm:6809"),
    ),
)
