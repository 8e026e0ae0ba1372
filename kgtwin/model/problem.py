"""What was wrong with received data, as a value that a submission's answer carries."""

from __future__ import annotations

import msgspec

from kgtwin.errors import KgtwinError


class Location(msgspec.Struct, frozen=True):
    """Where in the input: file, entry (``entry[3]`` or ``line 7``), resource (``Condition/c1``), field path."""

    file: str | None = None
    entry: str | None = None
    resource: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        return " ".join(part for part in (self.file, self.entry, self.resource, self.field) if part)


class Problem(msgspec.Struct, frozen=True):
    """One thing that was wrong. ``rejected`` says whether the resource was left out.

    A problem carries no patient data beyond resource ids and codes.
    """

    code: str
    message: str
    location: Location = Location()
    expected: str | None = None
    remedy: str | None = None
    rejected: bool = True

    @staticmethod
    def of(error: KgtwinError, location: Location, rejected: bool = True) -> Problem:
        """An error, caught at the border, as a problem."""
        return Problem(error.code, error.message, location, error.expected, error.remedy, rejected)

    def __str__(self) -> str:
        where = str(self.location)
        parts = [f"{where}: {self.message}" if where else self.message]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.remedy:
            parts.append(self.remedy)
        return "; ".join(parts)
