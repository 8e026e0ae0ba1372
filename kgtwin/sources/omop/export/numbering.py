"""Integers for persons and rows: an OMOP source keeps its own, all else is numbered behind them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from kgtwin.model.fact import Fact, PatientRecord

_OWN: Final = re.compile(r"([a-z_]+)/(-?[0-9]{1,18})")


class Numbering:
    """``survey`` every patient first, then ask: the answers depend on the order of asking.

    Only one source keeps its numbers, the first that came from OMOP: two of them might collide.
    """

    def __init__(self) -> None:
        self._keeper: str | None = None
        self._last: Counter[str] = Counter()

    def survey(self, record: PatientRecord, facts: Iterable[Fact]) -> None:
        """Learn which numbers are taken."""
        if self._keeper is None and _own("person", _resource(record)) is not None:
            self._keeper = record.source
        for table, resource in [("person", _resource(record)), *((_table(f), f.provenance.resource) for f in facts)]:
            own = _own(table, resource) if record.source == self._keeper else None
            if own is not None:
                self._last[table] = max(self._last[table], own)

    def person(self, record: PatientRecord) -> int:
        """The ``person_id`` of a patient."""
        return self._number("person", record.source, _resource(record))

    def row(self, table: str, fact: Fact) -> int:
        """The id of a fact's row in a table."""
        return self._number(table, fact.provenance.source, fact.provenance.resource)

    def next(self, table: str) -> int:
        """An id for a row of no resource's."""
        self._last[table] += 1
        return self._last[table]

    def _number(self, table: str, source: str, resource: str) -> int:
        own = _own(table, resource) if source == self._keeper else None
        return self.next(table) if own is None else own


def _resource(record: PatientRecord) -> str:
    return record.provenance.resource if record.provenance else ""


def _table(fact: Fact) -> str:
    return fact.provenance.resource.partition("/")[0]


def _own(table: str, resource: str) -> int | None:
    match = _OWN.fullmatch(resource)
    return int(match.group(2)) if match and match.group(1) == table else None
