"""Model values as rows of properties, and back. A row holds no None: an unset text is the empty string."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any

import msgspec

from kgtwin.model.fact import (
    BooleanValue,
    CodedValue,
    Fact,
    PatientRecord,
    PeriodValue,
    Quantity,
    QuantityRange,
    Ratio,
    TextValue,
    Value,
    to_json,
)
from kgtwin.model.issue import DetectedIssue, RiskAssessment, issue_to_json
from kgtwin.store.records import VersionRecord
from kgtwin.store.schema import FACT_COLUMNS
from kgtwin.vocabulary import CODE_SYSTEMS

Row = dict[str, Any]


def patient_row(record: PatientRecord) -> Row:
    """The properties of a ``Patient`` node."""
    deceased = record.deceased
    return {
        "key": record.key,
        "source": record.source,
        "id": record.id,
        "name": record.name or "",
        "gender": record.gender or "",
        "birthDate": record.birth_date or "",
        "deceased": str(deceased).lower() if isinstance(deceased, bool) else deceased or "",
        "received": record.received,
        "payload": _text(record),
    }


def fact_cells(fact: Fact) -> tuple[Any, ...]:
    """The properties of a fact's node in the order of ``FACT_COLUMNS``, None where one is unset.

    ``payload`` is the whole fact.
    """
    coding, provenance, value = fact.coding, fact.provenance, fact.value
    return (
        fact.id,
        fact.patient,
        fact.kind.value,
        provenance.source,
        coding.code or None,
        coding.system or None,
        coding.display or fact.code.text or None,
        fact.status or None,
        fact.when.start or None,
        provenance.resource,
        provenance.version or None,
        _text(fact),
        fact.verification or None,
        fact.when.end or None,
        provenance.recorded or None,
        _unit(value) or None,
        None if value is None else shown(value) or None,
        _number(value),
    )


def fact_row(fact: Fact) -> Row:
    """The same by name, numbers as text, and the first concept that the fact is coded as."""
    row = {name: "" if cell is None else cell for name, cell in zip(FACT_COLUMNS, fact_cells(fact), strict=True)}
    number = row["value"]
    return {**row, "value": repr(number) if number != "" else "", "concept": next(iter(fact.code.concepts), "")}


def concept_labels(fact: Fact) -> dict[str, str]:
    """The concepts that a fact is coded as, each with the display of the coding that names it, if one does."""
    shown = {
        f"{CODE_SYSTEMS[c.system]}:{c.code}": c.display or ""
        for c in fact.code.codings
        if c.system in CODE_SYSTEMS and c.code
    }
    return {concept: shown.get(concept, "") for concept in fact.code.concepts}


def issue_row(issue: DetectedIssue) -> Row:
    """The properties of a ``DetectedIssue`` node; ``payload`` is the whole issue with its derivation."""
    names = ("id", "patient", "statement", "title", "detail", "review", "status", "basis", "at", "knowledge")
    return {
        **{name: getattr(issue, name) for name in names},
        "kind": issue.kind.value,
        "significance": issue.significance.value,
        "severity": issue.severity,
        "mitigation": issue.mitigation or "",
        "revision": issue.revision,
        "payload": issue_to_json(issue).decode(),
    }


def risk_row(risk: RiskAssessment) -> Row:
    """The properties of a ``RiskAssessment`` node."""
    names = ("id", "patient", "head", "relation", "tail", "rank", "candidates", "model", "basis", "at")
    return {
        **{name: getattr(risk, name) for name in names},
        "headLabel": risk.head_label,
        "tailLabel": risk.tail_label,
        "plausibility": float(risk.plausibility),
        "prior": float(risk.prior),
        "payload": _text(risk),
    }


def versions_to_text(records: tuple[VersionRecord, ...]) -> str:
    """The recorded versions of a resource, for its node."""
    return _text(records)


def versions_from_text(text: str) -> tuple[VersionRecord, ...]:
    """What ``versions_to_text`` wrote."""
    return _VERSIONS.decode(text)


def text_of(value: object) -> str:
    """Any model value as JSON text."""
    return _text(value)


def _text(value: object) -> str:
    return to_json(value).decode()


_VERSIONS = msgspec.json.Decoder(tuple[VersionRecord, ...])


def _number(value: Value | None) -> float | None:
    """A quantity's number, if a double can hold it."""
    if not isinstance(value, Quantity):
        return None
    number = float(value.value)
    return number if math.isfinite(number) else None


def _unit(value: Value | None) -> str:
    return (value.ucum or value.code or value.unit or "") if isinstance(value, Quantity) else ""


@singledispatch
def shown(value: Value) -> str:
    """A value as text for people, whatever its type."""
    raise AssertionError(f"no text for {type(value).__name__}")


@shown.register
def _(value: Quantity) -> str:
    return f"{value.comparator or ''}{value.value} {value.unit or value.code or ''}".strip()


@shown.register
def _(value: QuantityRange) -> str:
    return " – ".join(shown(end) if end else "…" for end in (value.low, value.high))


@shown.register
def _(value: Ratio) -> str:
    return " / ".join(shown(part) if part else "…" for part in (value.numerator, value.denominator))


@shown.register
def _(value: CodedValue) -> str:
    return value.value.name


@shown.register
def _(value: BooleanValue) -> str:
    return str(value.value).lower()


@shown.register
def _(value: TextValue) -> str:
    return value.value


@shown.register
def _(value: PeriodValue) -> str:
    return f"{value.value.start or '…'} – {value.value.end or '…'}"
