"""An override: a person's decision, with its reason, that a detected issue need not be shown as an alert again.

It silences one issue of one patient, until that issue's facts or the significance of its statement change.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from kgtwin.identifiers import digest
from kgtwin.model.issue import DetectedIssue, Significance

SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
VALUE_SET: Final = "http://hl7.org/fhir/ValueSet/detectedissue-mitigation-action"
"""What FHIR R4 prefers for ``DetectedIssue.mitigation.action``: what is below ``_ActDetectedIssueManagementCode``."""
REASONS: Final[dict[str, str]] = {
    "1": "Therapy Appropriate",
    "2": "Assessed Patient",
    "3": "Patient Explanation",
    "4": "Consulted Other Source",
    "5": "Consulted Prescriber",
    "6": "Prescriber Declined Change",
    "7": "Interacting Therapy No Longer Active/Planned",
    "8": "Other Action Taken",
    "9": "Instituted Ongoing Monitoring Program",
    "10": "Provided Patient Education",
    "11": "Added Concurrent Therapy",
    "12": "Temporarily Suspended Concurrent Therapy",
    "13": "Stopped Concurrent Therapy",
    "14": "Supply Appropriate",
    "15": "Replacement",
    "16": "Vacation Supply",
    "17": "Weekend Supply",
    "18": "Leave of Absence",
    "19": "Consulted Supplier",
    "20": "additional quantity on separate dispense",
    "21": "authorization confirmed",
    "22": "appropriate indication or diagnosis",
    "23": "prior therapy documented",
    "EMAUTH": "emergency authorization override",
}
"""The codes of `VALUE_SET` that stand for an action, with HL7's own words."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Who overrode which issue, when (system time, RFC 3339), and why: a code of `REASONS`, and free text.

    ``fingerprint`` is that of the issue when it was overridden. ``withdrawn`` takes back the overrides before it.
    """

    id: str
    issue: str
    patient: str
    statement: str
    significance: Significance
    reason: str
    by: str
    at: str
    fingerprint: str
    text: str | None = None
    withdrawn: bool = False

    @property
    def words(self) -> str:
        """What the reason's code says."""
        return REASONS.get(self.reason, self.reason)


class OverrideCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often the issues of a statement were overridden, and by what reasons, the most frequent first.

    ``raised`` are its issues that are stored now, ``silenced`` those of them that an override silences.
    """

    statement: str
    title: str
    overrides: int
    patients: int
    reasons: tuple[tuple[str, int], ...]
    raised: int
    silenced: int


def override_id(issue: str, by: str, at: str) -> str:
    """The id of an override.

    >>> override_id("di-1", "Dr. Who", "2026-01-01T00:00:00.000000Z")
    'ov-12fc1b95d09b97bc'
    """
    return "ov-" + digest(issue, by, at)


def fingerprint(issue: DetectedIssue) -> str:
    """What an override depends on: the statement, its significance, and the versions of all implicated facts."""
    facts = sorted({one.fact for one in issue.implicated})
    return digest(issue.id, issue.statement, issue.significance.value, *facts)


def override_from_json(data: bytes | str) -> Override:
    """An override as a store keeps it."""
    return _OVERRIDE.decode(data)


def silenced(issues: Iterable[DetectedIssue], overrides: Iterable[Override]) -> dict[str, Override]:
    """By the id of each issue that is overridden, the override that silences it: the last one about it.

    One that was made of other facts, or of another significance, silences nothing any more.
    """
    last: dict[str, Override] = {}
    for one in sorted(overrides, key=lambda override: (override.at, override.id)):
        last[one.issue] = one
    about = ((issue, last[issue.id]) for issue in issues if issue.id in last)
    return {issue.id: one for issue, one in about if not one.withdrawn and one.fingerprint == fingerprint(issue)}


_OVERRIDE = msgspec.json.Decoder(Override)
