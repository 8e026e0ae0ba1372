"""Problems as OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgtwin import errors
from kgtwin.api.outcome import ISSUE_TYPES, expression, issue_of, outcome
from kgtwin.model.problem import Location, Problem

FHIR_ISSUE_TYPES = frozenset({
    "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired", "forbidden",
    "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found", "deleted", "too-long",
    "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store",
    "exception", "timeout", "incomplete", "throttled", "informational",
})  # fmt: skip
"""http://hl7.org/fhir/R4/valueset-issue-type.html"""


def codes(root: type[errors.KgtwinError] = errors.KgtwinError) -> Iterator[str]:
    for one in root.__subclasses__():
        yield one.code
        yield from codes(one)


def test_types_are_fhirs_and_codes_are_ours() -> None:
    assert set(ISSUE_TYPES.values()) <= FHIR_ISSUE_TYPES
    assert set(ISSUE_TYPES) <= {*codes(), "transaction-refused", "method-not-allowed"}
    assert {one.code for one in errors.InputError.__subclasses__()} <= set(ISSUE_TYPES), (
        "every input error has its type"
    )


def test_an_outcome_is_never_empty() -> None:
    assert outcome([])["issue"][0]["severity"] == "information"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (Location(), None),
        (Location(entry="entry[3]"), "Bundle.entry[3]"),
        (Location(entry="entry[3]", field="code.coding[0].code"), "Bundle.entry[3].resource.code.coding[0].code"),
        (Location(entry="entry[3]", field="request.method"), "Bundle.entry[3].request.method"),
        (Location(entry="entry[3]", field="resource"), "Bundle.entry[3].resource"),
        (Location(resource="Condition/c1", field="code"), "Condition.code"),
        (Location(resource="Condition/c1"), "Condition"),
        (Location(field="resourceType"), "resourceType"),
    ],
)
def test_expression(location: Location, expected: str | None) -> None:
    assert expression(location) == expected


def test_a_resource_that_was_kept_is_a_warning() -> None:
    kept = Problem("invalid-identifier", "a wrong check digit", expected="a code", remedy="correct it", rejected=False)
    assert issue_of(kept) == {
        "severity": "warning",
        "code": "code-invalid",
        "details": {"coding": [{"system": "https://w3id.org/kgtwin/error", "code": "invalid-identifier"}]},
        "diagnostics": "a wrong check digit; expected a code; correct it",
    }
