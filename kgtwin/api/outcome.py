"""Problems as FHIR's OperationOutcome."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from kgtwin.errors import KgtwinError
from kgtwin.model.problem import Location, Problem

FHIR_JSON: Final = "application/fhir+json"

ISSUE_TYPES: Final = {
    "malformed": "structure",
    "invalid-resource": "invalid",
    "invalid-input": "invalid",
    "invalid-identifier": "code-invalid",
    "unresolved-reference": "not-found",
    "version-conflict": "conflict",
    "precondition-failed": "conflict",
    "not-found": "not-found",
    "method-not-allowed": "not-supported",
    "not-acceptable": "not-supported",
    "unsupported-media-type": "not-supported",
    "too-large": "too-long",
    "forbidden": "forbidden",
    "usage": "invalid",
    "terminology": "code-invalid",
    "store-full": "no-store",
    "store-locked": "lock-error",
    "store-unavailable": "transient",
    "query-timeout": "timeout",
    "internal": "exception",
    "transaction-refused": "processing",
}
"""Our codes to FHIR R4's ``IssueType``."""

STATUSES: Final = {"malformed": 400, "version-conflict": 409, "precondition-failed": 412}
"""HTTP statuses of problems; others are 422."""

_ENTRY: Final = re.compile(r"entry\[(\d+)\]")


def outcome_of(error: KgtwinError) -> dict[str, Any]:
    """The OperationOutcome of a request that failed."""
    return outcome([_issue("error", error.code, str(error), None)])


def outcome(issues: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """An OperationOutcome; one that has nothing to say says that all is well."""
    return {"resourceType": "OperationOutcome", "issue": list(issues) or [information("received and written")]}


def information(text: str, code: str = "informational") -> dict[str, Any]:
    """An issue that is no fault. ``code`` is FHIR's."""
    return {"severity": "information", "code": code, "diagnostics": text}


def issue_of(problem: Problem) -> dict[str, Any]:
    """One problem: an error where its resource was left out, else a warning.

    >>> issue_of(Problem("invalid-resource", "wrong type", Location(entry="entry[3]", field="code")))["expression"]
    ['Bundle.entry[3].resource.code']
    """
    severity = "error" if problem.rejected else "warning"
    parts = [problem.message]
    if problem.location.resource:
        parts[0] = f"{problem.location.resource}: {problem.message}"
    if problem.expected:
        parts.append(f"expected {problem.expected}")
    if problem.remedy:
        parts.append(problem.remedy)
    return _issue(severity, problem.code, "; ".join(parts), expression(problem.location))


def _issue(severity: str, code: str, text: str, where: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "severity": severity,
        "code": ISSUE_TYPES.get(code, "processing"),
        "details": {"coding": [{"system": "https://w3id.org/kgtwin/error", "code": code}]},
        "diagnostics": text,
    }
    return found if where is None else {**found, "expression": [where]}


def position(location: Location) -> int | None:
    """The index of the entry that a location is in."""
    match = _ENTRY.search(location.entry or "")
    return int(match.group(1)) if match else None


def expression(location: Location) -> str | None:
    """A location as FHIRPath, as far as it is known."""
    entry, field = position(location), location.field
    if entry is not None:
        within = field if field and field.partition(".")[0] in {"request", "fullUrl", "resource"} else None
        tail = within or (f"resource.{field}" if field else None)
        return f"Bundle.entry[{entry}]" + (f".{tail}" if tail else "")
    kind = location.resource.partition("/")[0] if location.resource else None
    return f"{kind}.{field}" if kind and field else kind or field


def status_of(problems: Iterable[Problem]) -> int:
    """The HTTP status that says why resources were rejected.

    >>> status_of([Problem("version-conflict", "…")]), status_of([Problem("invalid-resource", "…")])
    (409, 422)
    """
    return next((STATUSES[p.code] for p in problems if p.rejected and p.code in STATUSES), 422)
