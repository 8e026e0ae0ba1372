"""Why an answer may be incomplete."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CaveatCode(StrEnum):
    UNMAPPED_CODE = "unmapped-code"
    UNKNOWN_UNIT = "unknown-unit"
    STALE_LAB = "stale-lab"
    MISSING_LAB = "missing-lab"
    UNKNOWN_START = "unknown-start"
    UNKNOWN_END = "unknown-end"
    UNKNOWN_ROUTE = "unknown-route"
    AS_NEEDED = "as-needed"
    UNCONFIRMED = "unconfirmed"
    IGNORED_AXIOM = "ignored-axiom"
    UNDECIDED_VALUE = "undecided-value"
    CLOSED_WORLD = "closed-world"
    OTHER_METHOD = "other-method"
    NOT_EVALUATED = "not-evaluated"
    PATIENT_NOT_RECEIVED = "patient-not-received"
    DECEASED = "deceased"
    CONTRADICTION = "contradiction"
    IMPLAUSIBLE = "implausible"
    UNVERIFIED_EVIDENCE = "unverified-evidence"
    INFERIOR_MODEL = "inferior-model"
    KNOWN_EDGE = "known-edge"
    WITHHELD = "withheld"


class Caveat(msgspec.Struct, frozen=True):
    """One reason, what it touches, and what would remove it.

    ``touches`` names the fact, class, statement or code concerned; of an axiom, the names in it. Which answers an axiom
    that was not used can touch says :meth:`kgtwin.reasoning.classification.Classification.touched`.
    """

    code: CaveatCode
    text: str
    touches: tuple[str, ...] = ()
    remedy: str | None = None
