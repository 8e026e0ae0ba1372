"""Invented patients for benchmarks: their facts are drawn from those of real and of invented patients, as rows."""

from __future__ import annotations

import lzma
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kgtwin.bootstrap import load_terminology
from kgtwin.config import Settings
from kgtwin.inference.columns import Columns, Finder, Many
from kgtwin.inference.columns import rows as r
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.sources import fhir
from tests.inference.crowd import Crowd

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples" / "patients"
SHARED = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"
Patient = tuple[PatientRecord, tuple[Fact, ...]]


def real_patients(limit: int = 200) -> list[Patient]:
    """The 200 Synthea patients where they are at hand, else the samples."""
    if not SHARED.exists():
        return _decoded(sorted(SAMPLES.rglob("*.json*")), limit)
    with tempfile.TemporaryDirectory() as folder, lzma.open(SHARED) as packed, tarfile.open(fileobj=packed) as archive:
        archive.extractall(folder, filter="data")
        return _decoded(sorted(Path(folder).rglob("*.json")), limit)


def _decoded(paths: Sequence[Path], limit: int) -> list[Patient]:
    terminology = load_terminology(Settings())
    found: list[Patient] = []
    for path in paths[:limit]:
        submission = fhir.decode(path.read_bytes(), label=path.name, source="local", terminology=terminology)
        records = [one.record for one in submission.resources if one.record is not None]
        facts = tuple(fact for one in submission.resources for fact in one.facts)
        found += [(record, tuple(f for f in facts if f.patient == record.key)) for record in records]
    return found


class Pool:
    """Facts as rows, to be drawn from: ``facts`` a patient, nine of ten of them from real patients."""

    def __init__(self, finder: Finder, patients: Sequence[Patient], facts: int = 50, invented: int = 400) -> None:
        self._facts = facts
        crowd = Crowd(finder.knowledge)
        real = [_rows(finder, record, given) for record, given in patients]
        others = [_rows(finder, *crowd.patient(number, 40)) for number in range(invented)]
        self._real, self._invented = _pooled(real), _pooled(others)
        columns = [finder.columns(record, ()) for record, _ in patients]
        self._people = np.concatenate([one.person for one in columns])
        self._people[:, r.DIED] = r.NEVER

    def patients(self, number: int, seed: int) -> Many:
        """So many patients."""
        chance = np.random.default_rng(seed)
        few = self._facts // 10
        drawn = [(self._real, self._facts - few), (self._invented, few)]
        tables: list[list[np.ndarray]] = [[], [], []]
        owners: list[list[np.ndarray]] = [[], [], []]
        for pool, count in drawn:
            places = chance.integers(0, len(pool.kind), (number, count))
            kinds, own = pool.kind[places], np.repeat(np.arange(number), count).reshape(number, count)
            for kind in range(3):
                wanted = kinds == kind
                tables[kind].append(pool.tables[kind][pool.row[places[wanted]]])
                owners[kind].append(own[wanted])
        spans, observed, results = (np.concatenate(one) for one in tables)
        of_span, of_observed, of_result = (np.concatenate(one) for one in owners)
        by_span = np.argsort(of_span, kind="stable")
        by_observed = np.lexsort((observed[:, r.SEEN], of_observed))
        by_result = np.lexsort((results[:, r.LATEST], results[:, r.ANALYTE], of_result))
        span_ends, observed_ends, result_ends = (_ends(one, number) for one in (of_span, of_observed, of_result))
        groups = int(observed[:, r.GROUP].max(initial=0)) + 1
        spans_most, observed_most, results_most = (
            int(np.diff(one).max()) for one in (span_ends, observed_ends, result_ends)
        )
        most = r.Most(spans_most, observed_most, results_most, groups)
        people = self._people[chance.integers(0, len(self._people), number)]
        return Many(
            people,
            spans[by_span],
            observed[by_observed],
            results[by_result],
            span_ends,
            observed_ends,
            result_ends,
            most,
        )


class _Pooled:
    def __init__(self, kind: np.ndarray, row: np.ndarray, tables: tuple[np.ndarray, ...]) -> None:
        self.kind, self.row, self.tables = kind, row, tables


def _rows(finder: Finder, record: PatientRecord, facts: tuple[Fact, ...]) -> tuple[int, Columns]:
    return len(facts), finder.columns(record, facts)


def _pooled(patients: Sequence[tuple[int, Columns]]) -> _Pooled:
    """All facts, those that have no row included: of each its kind of row (3: none) and the row."""
    kinds, rows = [], []
    tables: list[list[np.ndarray]] = [[], [], []]
    firsts = [0, 0, 0]
    for count, columns in patients:
        kind, row = np.full(count, 3), np.zeros(count, np.int64)
        own = (columns.spans, columns.observed, columns.results)
        for number, of in enumerate((columns.of_spans, columns.of_observed, columns.of_results)):
            kind[list(of)], row[list(of)] = number, firsts[number] + np.arange(len(of))
            firsts[number] += len(of)
            tables[number].append(own[number])
        kinds.append(kind)
        rows.append(row)
    return _Pooled(np.concatenate(kinds), np.concatenate(rows), tuple(np.concatenate(one) for one in tables))


def _ends(owners: np.ndarray, number: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=number))]).astype(np.int64)


def portions(pool: Pool, patients: int, size: int = 100_000) -> Iterator[Many]:
    """Patients in portions, so that memory does not grow with their number."""
    for first in range(0, patients, size):
        yield pool.patients(min(size, patients - first), seed=first)
