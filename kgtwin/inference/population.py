"""A population's issues as rows: patient, statement, and the facts that each rests on; derivations on request.

The same issues as `infer` gives for each patient alone, with the same ids. Patients whose issues take an explanation,
and those of knowledge that cannot be put into columns, are inferred one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kgtwin.files import whole
from kgtwin.inference.columns import Finder, many
from kgtwin.inference.infer import infer
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


def rows_of(finder: Finder, patients: Sequence[Patient], at: datetime, *, unverified: bool = True) -> list[Row]:
    """The issues of some patients at a moment, in order; ``unverified``: also by statements without opened evidence."""
    alone = [*range(len(patients))] if finder.obstacle else []
    found: list[Row] = []
    if not finder.obstacle:
        columns = [finder.columns(record, facts) for record, facts in patients]
        for some in finder.found(many(columns), at):
            alone += some.wholes.tolist()
            for one in finder.findings(some, columns):
                if unverified or one.statement.verified:
                    record, facts = patients[one.patient]
                    found.append(
                        Row(
                            record.key,
                            one.statement.curie,
                            one.id_for(record.key),
                            one.statement.kind.value,
                            one.statement.significance.value,
                            tuple(sorted(facts[place].id for place in one.facts)),
                        )
                    )
    for number in alone:
        record, facts = patients[number]
        whole = infer(record.key, record, facts, finder.knowledge, at=at, revision=0, unverified=unverified)
        found += map(row_of, whole.issues)
    return sorted(found)


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
