"""What a check has to say: one value for every command, so that people, scripts and CI read the same."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from kgtwin.model.ontology import Origin


class Level(StrEnum):
    """How bad: an error fails the check, a warning does not, a note only says."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. ``check`` is its stable name; ``where`` file and line; ``subject`` the IRI that it is about.

    ``axiom`` is written in functional syntax; ``consequences`` are findings that follow from this one.

    >>> where = Origin("drugs.ofn", 12)
    >>> print(Finding(check="label", level=Level.ERROR, message="has no rdfs:label", where=where, remedy="add one"))
    drugs.ofn:12: error: has no rdfs:label [label]; add one
    """

    check: str
    level: Level
    message: str
    where: Origin | None = None
    subject: str | None = None
    axiom: str | None = None
    expected: str | None = None
    remedy: str | None = None
    consequences: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{self.level}: {self.message} [{self.check}]{expected}{remedy}"

    def to_dict(self) -> dict[str, Any]:
        """The fields that are set, as plain values."""
        found: dict[str, Any] = {
            name: value for name, value in msgspec.to_builtins(self).items() if value not in (None, [], ())
        }
        return found


def failed(findings: Iterable[Finding]) -> bool:
    """Whether any is an error."""
    return any(one.level is Level.ERROR for one in findings)
