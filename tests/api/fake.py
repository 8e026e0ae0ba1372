"""A service in memory, with one patient who has everything that an answer can show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from kgtwin.errors import NotFoundError, QueryRejectedError
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.concept import Coded, Coding, Match, MatchKind
from kgtwin.model.derivation import AxiomRef, Derivation, FactRef
from kgtwin.model.evidence import Evidence
from kgtwin.model.fact import (
    AllergyDetail,
    BooleanValue,
    CodedValue,
    Fact,
    FactKind,
    FamilyDetail,
    Identifier,
    MedicationDetail,
    ObservationDetail,
    PatientRecord,
    PeriodValue,
    Provenance,
    Quantity,
    QuantityRange,
    Ratio,
    TextValue,
    Value,
)
from kgtwin.model.issue import DetectedIssue, Implicated, Inference, IssueKind, RiskAssessment, Significance
from kgtwin.model.submission import Receipt, Revision
from kgtwin.model.time import Period
from kgtwin.model.twin import Table, Twin
from kgtwin.service import ConceptView, Service
from kgtwin.store.rdf import SparqlAnswer

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KEY = "local|p1"
MED, ALLERGY = "f-med", "f-allergy"


def coded(name: str, concept: str | None = None) -> Coded:
    matches = () if concept is None else (Match(concept), Match("mondo:1", MatchKind.BROAD, "set", False))
    return Coded((Coding("http://example.org/codes", "c1", name),), matches, name)


def fact(id_: str, kind: FactKind, **fields: Any) -> Fact:
    provenance = Provenance("local", f"{kind.value}/{id_}", "1", recorded="2025-01-01")
    code = fields.pop("code", coded(f"Code of {id_}", "snomed:22298006"))
    return Fact(id=id_, patient=KEY, kind=kind, code=code, provenance=provenance, **fields)


MG = Quantity(Decimal("5.0"), None, "mg", ucum="mg")
VALUES: tuple[tuple[str, Value, str], ...] = (
    ("quantity", Quantity(Decimal("15.0"), "<", "mL/min", ucum="mL/min"), "<15.0 mL/min"),
    ("range", QuantityRange(None, MG), "… – 5.0 mg"),
    ("ratio", Ratio(MG, None), "5.0 mg / …"),
    ("coded", CodedValue(coded("Never smoker")), "Never smoker"),
    ("boolean", BooleanValue(True), "true"),
    ("text", TextValue("rhesus positive"), "rhesus positive"),
    ("period", PeriodValue(Period("2020", None)), "2020 – …"),
)

FACTS = (
    fact(
        MED,
        FactKind.MEDICATION,
        status="active",
        when=Period("2025-12"),
        detail=MedicationDetail(
            "request", "order", route=coded("Oral"), ingredients=(coded("Naproxen"),), supplied=Period("2025", "2026")
        ),
    ),
    fact(
        ALLERGY,
        FactKind.ALLERGY,
        verification="confirmed",
        detail=AllergyDetail("allergy", ("medication",), "high", (coded("Rash"),), (coded("Aspirin"),)),
    ),
    fact("f-family", FactKind.FAMILY_HISTORY, detail=FamilyDetail(coded("Mother"), True)),
    *(
        fact(f"f-{name}", FactKind.OBSERVATION, value=value, detail=ObservationDetail(("laboratory",), issued="2025"))
        for name, value, _ in VALUES
    ),
)

LEAF = Derivation(
    "received", "the patient takes now naproxen", fact=FactRef(MED, "Medication/f-med", "1", "local", "N")
)
AXIOM = Derivation("axiom", "Naproxen is an NSAID", axiom=AxiomRef("SubClassOf(N A)", "drugs.ofn:3", (("a:b", "c"),)))
PROOF = Derivation("R⊑", "the patient is DA_0001", (LEAF, AXIOM, Derivation("R⊓+", "both", (LEAF,))))
CAVEAT = Caveat(CaveatCode.UNKNOWN_END, "no end is known", (MED,), "send the end")


def issue(number: int, significance: Significance, kind: IssueKind, at: datetime, revision: int) -> DetectedIssue:
    return DetectedIssue(
        id=f"di-{number}",
        patient=KEY,
        kind=kind,
        significance=significance,
        statement="kgtwin:DA_0001",
        title=f"Issue {number}",
        detail="Naproxen and an allergy to aspirin",
        at=at.isoformat(),
        revision=revision,
        knowledge="2026.1",
        implicated=(Implicated("Medication/f-med", Coding("s", "c", "Naproxen"), MED),),
        evidence=(Evidence("a label", "verified", "text"),),
        mitigation="Stop it",
        review="not clinically reviewed",
        derivation=PROOF,
        caveats=(CAVEAT,),
    )


def inference(at: datetime, revision: int) -> Inference:
    rows = [
        (1, Significance.MINOR, IssueKind.DRUG_DRUG),
        (2, Significance.CONTRAINDICATED, IssueKind.DRUG_ALLERGY),
        (3, Significance.MODERATE, IssueKind.DRUG_LAB),
    ]
    risk = RiskAssessment(
        id="ra-1", patient=KEY, head="rxnorm:1", head_label="A", relation="treats", tail="mondo:2", tail_label="B",
        plausibility=0.4, prior=0.01, rank=1.5, candidates=10, model="m", at=at.isoformat(), facts=(MED,),
    )  # fmt: skip
    return Inference(
        patient=KEY,
        at=at.isoformat(),
        revision=revision,
        knowledge="2026.1",
        issues=tuple(issue(n, s, k, at, revision) for n, s, k in rows),
        risks=(risk,),
        caveats=(CAVEAT,),
    )


class FakeStore:
    """Patients by key."""

    def __init__(self) -> None:
        provenance = Provenance("local", "Patient/p1", "1")
        first = PatientRecord(
            key=KEY, source="local", id="p1", name="Ada", gender="female", birth_date="1950-02", deceased="2026-01",
            identifiers=(Identifier("urn:x", "1"),), links=("ward|9",), active=True, provenance=provenance,
        )  # fmt: skip
        more = [PatientRecord(key=f"local|q{n}", source="local", id=f"q{n}") for n in range(5)]
        self.records = {one.key: one for one in [first, *more]}
        self.broken: Exception | None = None

    async def patients(
        self, *, after: str | None = None, limit: int | None = None, as_of: int | None = None
    ) -> tuple[PatientRecord, ...]:
        keys = sorted(key for key in self.records if after is None or key > after)
        return tuple(self.records[key] for key in keys[:limit])

    async def revision(self) -> int:
        if self.broken is not None:
            raise self.broken
        return 7


class FakeService:
    """The service's methods over fixed values. ``asked`` counts the twins that were loaded."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.asked: list[tuple[str, datetime | None, int | None]] = []
        self.refreshing: Any = None
        self.broken: Exception | None = None
        self.receipt: tuple[str | None, Receipt] = (None, Receipt(label="x", revision=None))
        self.submitted: list[tuple[bytes, str]] = []
        self.queries: list[tuple[str, Any]] = []
        self.how: dict[str, Any] = {}
        self.on_knowledge: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return NOW

    def knowledge(self) -> Any:
        self.on_knowledge()
        return SimpleNamespace(version="2026.1")

    async def twin(self, patient: str, *, at: datetime | None = None, as_of: int | None = None) -> Twin:
        self.asked.append((patient, at, as_of))
        if self.broken is not None:
            raise self.broken
        key = patient if "|" in patient else f"local|{patient}"
        record = self.store.records.get(key)
        if record is None:
            raise NotFoundError("no such patient")
        revision = 7 if as_of is None else as_of
        if key != KEY:
            return Twin(patient=record, revision=revision, facts=())
        return Twin(patient=record, revision=revision, facts=FACTS, inference=inference(at or NOW, revision))

    async def known_revision(self, as_of: int | None = None) -> int:
        return 7 if as_of is None else as_of

    async def issue(self, issue_id: str, *, at: datetime | None = None, as_of: int | None = None) -> DetectedIssue:
        if issue_id != "di-2":
            raise NotFoundError("no such issue")
        return issue(2, Significance.CONTRAINDICATED, IssueKind.DRUG_ALLERGY, NOW, 7)

    def concept(self, concept: str) -> ConceptView:
        if concept != "snomed:22298006":
            raise NotFoundError("no such concept")
        return ConceptView(concept, "Myocardial infarction", (("a:1", "A"),), (("a:1", "A"), ("b:1", "B")), ())

    async def revisions(self, *, after: int = 0, limit: int | None = None) -> tuple[Revision, ...]:
        numbers = range(after + 1, 8)[:limit]
        return tuple(Revision(number=n, at="2026-01-01T00:00:00Z", kind="facts", patients=(KEY,)) for n in numbers)

    async def submit(self, data: bytes, *, source: str, label: str, **_: Any) -> tuple[str | None, Receipt]:
        self.submitted.append((data, source))
        if self.broken is not None:
            raise self.broken
        return self.receipt

    async def cypher(self, query: str, parameters: Any, *, limit: int, **_: float) -> Table:
        self.queries.append((query, (parameters, limit)))
        if "CREATE" in query:
            raise QueryRejectedError("CREATE is refused", remedy="read only")
        return Table(("n",), ((1,), (None,)), truncated=True)

    async def resolve(self, as_of: str | int | None) -> int | None:
        return None if as_of is None else int(as_of)

    async def sparql(self, query: str, *, format: str | None, **how: Any) -> SparqlAnswer:
        self.queries.append((query, format))
        self.how = how
        body = b'{"head": {"vars": ["graph"]}, "results": {"bindings": []}}'
        return SparqlAnswer(
            form="SELECT", format=format or "json", media_type="x/y", body=body, truncated=True, revision=7
        )


def as_service(fake: FakeService) -> Service:
    return cast(Service, fake)
