"""A population's issues as rows: patient, statement, and the facts that each rests on; derivations on request.

The same issues as `infer` gives for each patient alone, with the same ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kgtwin.files import whole
from kgtwin.inference.columns import Columns, Finder, Finding, many
from kgtwin.inference.columns.on_rows import Ruled, Seen
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.infer import infer
from kgtwin.inference.rules.raised import Raised
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue

if TYPE_CHECKING:
    import pyarrow as pa

Patient = tuple[PatientRecord, tuple[Fact, ...]]


class Row(msgspec.Struct, frozen=True, order=True):
    """An issue without its words: ``statement`` is a CURIE, ``issue`` its id, ``facts`` are ids, in order."""

    patient: str
    statement: str
    issue: str
    kind: str
    significance: str
    facts: tuple[str, ...]


class Decided(NamedTuple):
    """By the number of a patient the issues of statements, and of rules, without words; and who is left to `infer`."""

    stated: dict[int, list[Finding]]
    raised: dict[int, tuple[Raised, ...]]
    alone: set[int]


class Rows:
    """Finds the rows of patients by one finder. ``unverified``: also of statements and rules without opened evidence.

    Whose issues take an explanation, and everyone where the knowledge cannot be put into columns, is inferred alone.
    """

    def __init__(self, finder: Finder, *, unverified: bool = True) -> None:
        self._finder, self._ruling, self._unverified = finder, Ruling(finder), unverified

    def of(self, patients: Sequence[Patient], at: datetime) -> list[Row]:
        """The issues of some patients at a moment, in order."""
        return self.of_columns(patients, [self._finder.columns(record, facts) for record, facts in patients], at)

    def of_columns(self, patients: Sequence[Patient], columns: Sequence[Columns], at: datetime) -> list[Row]:
        """The same with the rows of numbers that the finder has made of the patients."""
        decided = self.decided(patients, columns, at)
        rows = [row for number in decided.alone for row in self._inferred(patients[number], at)]
        for number in (decided.stated.keys() | decided.raised.keys()) - decided.alone:
            rows += self._told(patients[number], decided.stated.get(number, ()), decided.raised.get(number, ()))
        return sorted(rows)

    def decided(self, patients: Sequence[Patient], columns: Sequence[Columns], at: datetime) -> Decided:
        """What rows of numbers say of some patients, and of whom they cannot say it."""
        if self._finder.obstacle:
            return Decided({}, {}, set(range(len(patients))))
        together = many(columns)
        found = Decided({}, {}, set())
        for some in self._finder.found(together, at):
            found.alone.update(some.wholes.tolist())
            for one in self._finder.findings(some, columns):
                found.stated.setdefault(one.patient, []).append(one)
        with self._finder.searching() as search:
            for number in sorted({*self._ruling.screen.concerned(together, at)} - found.alone):
                holding = search.holding(together, number, at)
                ruled, stated = Ruled(*patients[number], columns[number]), found.stated.get(number, ())
                raised = None if holding is None else self._ruling.decided(Seen(ruled, at, holding, stated))
                if raised is None:
                    found.alone.add(number)
                else:
                    found.raised[number] = raised
        return found

    def _told(self, patient: Patient, stated: Iterable[Finding], raised: Iterable[Raised]) -> Iterator[Row]:
        for one in stated:
            if self._unverified or one.statement.verified:
                yield _row(one, *patient)
        for another in raised:
            if self._unverified or another.rule.verified:
                yield _row_of_rule(another, patient[0])

    def _inferred(self, patient: Patient, at: datetime) -> Iterator[Row]:
        record, facts = patient
        knowledge, unverified = self._finder.knowledge, self._unverified
        found = infer(record.key, record, facts, knowledge, at=at, revision=0, unverified=unverified)
        return map(row_of, found.issues)


def _row(one: Finding, record: PatientRecord, facts: tuple[Fact, ...]) -> Row:
    return Row(
        record.key,
        one.statement.curie,
        one.id_for(record.key),
        one.statement.kind.value,
        one.statement.significance.value,
        tuple(sorted(facts[place].id for place in one.facts)),
    )


def _row_of_rule(one: Raised, record: PatientRecord) -> Row:
    return Row(
        record.key,
        one.rule.curie,
        one.id_for(record.key),
        one.kind.value,
        one.rule.significance.value,
        tuple(sorted(one.facts)),
    )


def row_of(issue: DetectedIssue) -> Row:
    """The row of an issue."""
    return Row(
        issue.patient,
        issue.statement,
        issue.id,
        issue.kind.value,
        issue.significance.value,
        tuple(sorted({one.fact for one in issue.implicated})),
    )


def table_of(rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table, a column for each field of `Row`."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    given = list(rows)
    fields = [(name, pa.list_(pa.string()) if name == "facts" else pa.string()) for name in Row.__struct_fields__]
    return pa.table({name: [getattr(row, name) for row in given] for name, _ in fields}, pa.schema(fields))


def write_parquet(rows: Iterable[Row], path: Path) -> int:
    """Writes rows as a Parquet file, whole or not at all; how many they were.

    Raises:
        OSError: it cannot be written.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    table = table_of(rows)
    with whole(path, private=True) as file:
        pq.write_table(table, file)
    return int(table.num_rows)


def read_parquet(path: Path) -> list[Row]:
    """The rows that `write_parquet` wrote."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    return [Row(**{**row, "facts": tuple(row["facts"])}) for row in pq.read_table(path).to_pylist()]
