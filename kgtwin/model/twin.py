"""A twin: one patient's facts at a revision, and what follows from them."""

from __future__ import annotations

import msgspec

from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.model.issue import Inference


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """``revision`` is the system time at which the facts were known."""

    patient: PatientRecord
    revision: int
    facts: tuple[Fact, ...]
    inference: Inference | None = None

    def of_kind(self, kind: FactKind) -> tuple[Fact, ...]:
        """The facts of one kind, as stored."""
        return tuple(fact for fact in self.facts if fact.kind is kind)


class Table(msgspec.Struct, frozen=True):
    """The answer of a query: column names, rows of plain values, and whether a limit cut it short."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    truncated: bool = False
