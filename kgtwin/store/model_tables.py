"""Model values as rows of Arrow tables, with a schema that does not depend on what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kgtwin.model.fact import Fact, PatientRecord, Quantity
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.time import bounds
from kgtwin.model.twin import Table
from kgtwin.store.rows import shown

if TYPE_CHECKING:
    import pyarrow as pa


def patient_rows(records: Iterable[PatientRecord]) -> pa.Table:
    """One row a patient: key, source, id, gender, birth date (partial as received) and its first instant, deceased."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    schema = pa.schema(
        [("patient", pa.string()), ("source", pa.string()), ("id", pa.string()), ("gender", pa.string()),
         ("birth_date", pa.string()), ("born", _instant()), ("deceased", pa.string())]
    )  # fmt: skip
    rows = [
        {"patient": one.key, "source": one.source, "id": one.id, "gender": one.gender, "birth_date": one.birth_date,
         "born": _first(one.birth_date), "deceased": _deceased(one.deceased)}
        for one in records
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema)


def fact_rows(facts: Iterable[Fact]) -> pa.Table:
    """One row a fact: what, when (partial as received, and its first instant), value and unit, concepts, provenance."""
    import pyarrow as pa  # noqa: PLC0415

    texts = ("patient", "fact", "kind", "system", "code", "display", "status", "verification", "start", "end", "unit",
             "comparator", "value_text", "resource", "version", "source")  # fmt: skip
    schema = pa.schema(
        [(name, pa.string()) for name in texts]
        + [("concepts", pa.list_(pa.string())), ("began", _instant()), ("ended", _instant()), ("value", pa.float64())]
    )
    return pa.Table.from_pylist([_fact(one) for one in facts], schema=schema)


def _fact(fact: Fact) -> dict[str, Any]:
    coding, given = fact.coding, fact.provenance
    quantity = fact.value if isinstance(fact.value, Quantity) else None
    return {
        "patient": fact.patient, "fact": fact.id, "kind": fact.kind.value, "system": coding.system, "code": coding.code,
        "display": coding.display or fact.code.text, "status": fact.status, "verification": fact.verification,
        "start": fact.when.start, "end": fact.when.end, "began": _first(fact.when.start), "ended": _last(fact.when.end),
        "value": float(quantity.value) if quantity else None,
        "unit": (quantity.ucum or quantity.code or quantity.unit) if quantity else None,
        "comparator": quantity.comparator if quantity else None,
        "value_text": None if fact.value is None else shown(fact.value), "resource": given.resource,
        "version": given.version, "source": given.source, "concepts": list(fact.code.concepts),
    }  # fmt: skip


def issue_rows(issues: Iterable[DetectedIssue]) -> pa.Table:
    """One row an issue, with the facts and resources that it implicates."""
    import pyarrow as pa  # noqa: PLC0415

    texts = ("patient", "issue", "kind", "significance", "severity", "statement", "title", "mitigation", "review", "at",
             "knowledge")  # fmt: skip
    lists = ("facts", "resources", "evidence", "caveats")
    schema = pa.schema(
        [(name, pa.string()) for name in texts]
        + [(name, pa.list_(pa.string())) for name in lists]
        + [("revision", pa.int64())]
    )
    return pa.Table.from_pylist([_issue(one) for one in issues], schema=schema)


def _issue(issue: DetectedIssue) -> dict[str, Any]:
    names = ("patient", "severity", "statement", "title", "mitigation", "review", "at", "knowledge", "revision")
    return {
        **{name: getattr(issue, name) for name in names},
        "issue": issue.id,
        "kind": issue.kind.value,
        "significance": issue.significance.value,
        "facts": [one.fact for one in issue.implicated],
        "resources": [one.resource for one in issue.implicated],
        "evidence": [f"{one.status}: {one.source}" for one in issue.evidence],
        "caveats": [f"{one.code.value}: {one.text}" for one in issue.caveats],
    }


def _instant() -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.timestamp("us", tz="UTC")


def _first(text: str | None) -> Any:
    return bounds(text)[0] if text else None


def _last(text: str | None) -> Any:
    return bounds(text)[1] if text else None


def _deceased(value: str | bool | None) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value


def as_table(table: pa.Table) -> Table:
    """An Arrow table as a plain one, for the formats that are texts."""
    columns = [column.to_pylist() for column in table.columns]
    return Table(tuple(table.column_names), tuple(zip(*columns, strict=True)))
