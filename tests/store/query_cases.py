"""Cases of named queries as files: small graphs, what is asked of them, and the rows that must come.

``queries/NAME.facts.csv`` holds a row a thing, in the order in which it is received; ``why`` says what it is there
for. Kinds beside the facts' own: ``Patient`` (code is the sex, start the birth date, end the death), ``Issue`` (code
is the statement, status the significance, value the implicated resources) and ``Parameter`` (id and value).
``more`` holds ``name=value`` pairs. ``queries/NAME.csv`` holds the expected rows, written by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from kgtwin.identifiers import to_curie
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.derivation import Derivation, FactRef
from kgtwin.model.evidence import Evidence
from kgtwin.model.fact import (
    BooleanValue,
    Fact,
    FactKind,
    MedicationDetail,
    PatientRecord,
    Provenance,
    Quantity,
    TextValue,
    Value,
    fact_id,
)
from kgtwin.model.issue import DetectedIssue, Implicated, Inference, IssueKind, Significance, issue_id
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph, KnowledgeRole
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.model.time import Period
from kgtwin.store.base import GraphStore
from kgtwin.vocabulary import CODE_SYSTEMS

FOLDER = Path(__file__).parent / "queries"
SYSTEMS = {prefix: system for system, prefix in reversed(CODE_SYSTEMS.items())}
Row = Mapping[str, str]


class Case(NamedTuple):
    """``expected`` is the rows as text; nothing for an unknown value."""

    rows: tuple[Row, ...]
    parameters: dict[str, str]
    expected: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...]


def read_rows(path: Path) -> tuple[Row, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, strict=True))


def read_case(name: str) -> Case:
    rows = read_rows(FOLDER / f"{name}.facts.csv")
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *expected = csv.reader(file, strict=True)
    parameters = {row["id"]: row["value"] for row in rows if row["kind"] == "Parameter"}
    return Case(rows, parameters, tuple(map(tuple, expected)), tuple(header))


def knowledge() -> KnowledgeGraph:
    """The taxonomy that all cases share; its CURIEs and labels are those of the ontology or of the code lists."""
    rows = read_rows(FOLDER / "knowledge.csv")
    concepts = (KnowledgeConcept(r["concept"], r["label"], tuple(r["parents"].split())) for r in rows)
    roles = (
        KnowledgeRole(r["concept"], "kgtwin:hasActiveIngredient", ingredient)
        for r in rows
        for ingredient in r["ingredients"].split()
    )
    return KnowledgeGraph("2026.1", "cases", tuple(concepts), tuple(roles))


LABELS = {row["concept"]: row["label"] for row in read_rows(FOLDER / "knowledge.csv")}


async def fill(store: GraphStore, rows: Iterable[Row]) -> None:
    """Write a case: things in their order, then the taxonomy, then the issues."""
    facts: dict[str, Fact] = {}
    waiting: list[ResourceVersion] = []
    for row in rows:
        if row["kind"] in {"Parameter", "Issue"}:
            continue
        one = _patient(row) if row["kind"] == "Patient" else _resource(row)
        if any(one.resource == other.resource or one.source != other.source for other in waiting):
            await store.write(Submission(label="case", source=waiting[0].source, resources=tuple(waiting)))
            waiting.clear()
        waiting.append(one)
        facts.update({fact.provenance.resource: fact for fact in one.facts})
    await store.write(Submission(label="case", source=waiting[0].source, resources=tuple(waiting)))
    await store.write_knowledge(knowledge())
    issues = [_issue(row, facts) for row in rows if row["kind"] == "Issue"]
    revision = await store.revision()
    found = [
        Inference(
            patient=patient,
            at="2026-01-01T00:00:00Z",
            revision=revision,
            knowledge="2026.1",
            issues=tuple(issue for issue in issues if issue is not None and issue.patient == patient),
        )
        for patient in dict.fromkeys(_key(row) for row in rows if row["kind"] == "Issue")
    ]
    await store.write_inferences(found)


def _key(row: Row) -> str:
    return f"{_more(row).get('source', 'local')}|{row['patient']}"


def _more(row: Row) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in (row["more"] or "").split(";") if pair)


def _patient(row: Row) -> ResourceVersion:
    source, resource = _more(row).get("source", "local"), f"Patient/{row['patient']}"
    deceased = {"true": True, "false": False}.get(row["end"], row["end"] or None)
    record = PatientRecord(
        key=_key(row),
        source=source,
        id=row["patient"],
        gender=row["code"] or None,
        birth_date=row["start"] or None,
        deceased=deceased,
        provenance=Provenance(source, resource, "1"),
    )
    return ResourceVersion(
        source=source, resource=resource, version="1", content=resource, patient=record.key, record=record
    )


def _resource(row: Row) -> ResourceVersion:
    more = _more(row)
    source, version = more.get("source", "local"), more.get("version", "1")
    resource = f"{row['kind']}/{row['id']}"
    provenance = Provenance(source, resource, version, recorded=more.get("recorded"))
    fact = Fact(
        id=fact_id(_key(row), provenance),
        patient=_key(row),
        kind=FactKind(row["kind"]),
        code=coded(row["code"]),
        status=row["status"] or None,
        verification=more.get("verification"),
        when=Period(row["start"] or None, row["end"] or None),
        value=_value(row),
        detail=_detail(row, more),
        provenance=provenance,
    )
    gone = more.get("retracted") == "yes"
    return ResourceVersion(
        source=source,
        resource=resource,
        version=version,
        content=f"{resource}-{version}",
        patient=fact.patient,
        retracted=gone,
        facts=() if gone else (fact,),
    )


def coded(text: str) -> Coded:
    """Codes between spaces: CURIEs that act as concepts; ``?code`` is mapped to nothing."""
    codings, matches = [], []
    for one in text.split():
        prefix, _, code = one.partition(":")
        unmapped = one.startswith("?")
        display = "Something local" if unmapped else LABELS.get(to_curie(one), code)
        codings.append(
            Coding("urn:example:local" if unmapped else SYSTEMS[prefix], one[1:] if unmapped else code, display)
        )
        if not unmapped:
            matches.append(Match(one))
    return Coded(tuple(codings), tuple(matches))


def _value(row: Row) -> Value | None:
    number, unit = row["value"], row["unit"] or None
    if number in {"true", "false"}:
        return BooleanValue(number == "true")
    comparator = number[0] if number[:1] in {"<", ">"} else None
    try:
        value = Decimal(number.lstrip("<>"))
    except ArithmeticError:
        return TextValue(number) if number else None
    system = "http://unitsofmeasure.org" if unit else None
    return Quantity(value, comparator=comparator, unit=unit, system=system, code=unit, ucum=unit)


def _detail(row: Row, more: Mapping[str, str]) -> MedicationDetail | None:
    if row["kind"] != "Medication":
        return None
    return MedicationDetail("request", more.get("intent", "order"), do_not_perform=more.get("forbidden") == "yes")


def _issue(row: Row, facts: Mapping[str, Fact]) -> DetectedIssue | None:
    if not row["code"]:
        return None  # evaluated, and nothing found
    implicated = [facts[resource] for resource in row["value"].split()]
    leaf = Derivation("told", "p", fact=FactRef(implicated[0].id, "c", "1", "local", "c"))
    return DetectedIssue(
        id=issue_id(_key(row), row["code"], frozenset(fact.id for fact in implicated), frozenset()),
        patient=_key(row),
        kind=IssueKind(_more(row)["kind"]),
        significance=Significance(row["status"]),
        statement=row["code"],
        title=_more(row)["title"],
        detail="One sentence.",
        at="2026-01-01T00:00:00Z",
        revision=1,
        knowledge="2026.1",
        implicated=tuple(Implicated(fact.provenance.resource, fact.coding, fact.id) for fact in implicated),
        evidence=(Evidence("A label", "unverified"),),
        mitigation=None,
        review="not clinically reviewed",
        derivation=Derivation("R", "p a CI", (leaf,)),
    )
