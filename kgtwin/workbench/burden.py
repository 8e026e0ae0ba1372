"""How often the knowledge alerts: each medication order is judged at the moment at which it was made.

What a prescriber would have seen is an issue that rests on the new order, which was active then whatever became of it.
Of other orders only what is recorded now is known: one that was stopped without an end counts as past, so that the
figure is rather too low. Alerts per 100 orders is the figure to watch: too many of them, and nobody reads any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from kgtwin.inference import Knowledge, infer
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord
from kgtwin.model.issue import DetectedIssue, Significance
from kgtwin.model.time import earliest

_SOON = timedelta(seconds=1)


class Alert(msgspec.Struct, frozen=True):
    """An issue that an order raised: the resource of the order, and when it was made."""

    order: str
    at: datetime
    issue: DetectedIssue


class Burden(msgspec.Struct, frozen=True, kw_only=True):
    """``orders`` judged; ``alerts`` by significance; ``noisiest`` statements with their alerts, most first."""

    patients: int
    orders: int
    alerts: dict[str, int]
    patients_with_issues: dict[str, int]
    noisiest: tuple[tuple[str, str, int], ...]

    def per_100_orders(self, significance: str) -> float:
        """How many alerts of a significance 100 orders raise."""
        return 100 * self.alerts.get(significance, 0) / self.orders if self.orders else 0.0


class Bearing:
    """Takes patients one by one and counts; ``alerts`` are all that were raised."""

    def __init__(self, knowledge: Knowledge, *, unverified: bool = True) -> None:
        self._knowledge, self._unverified = knowledge, unverified
        self._patients = self._orders = 0
        self._affected: dict[str, set[str]] = {}
        self.alerts: list[Alert] = []

    def add(self, record: PatientRecord, facts: Iterable[Fact]) -> None:
        """Judges a patient's orders, each with what was known by then."""
        facts = tuple(facts)
        orders: dict[datetime, set[str]] = {}
        for fact in facts:
            if is_order(fact) and fact.when.start is not None:
                orders.setdefault(earliest(fact.when.start), set()).add(fact.provenance.resource)
        self._patients += 1
        self._orders += sum(map(len, orders.values()))
        for at, made in sorted(orders.items()):
            self._judge(record, facts, at + _SOON, made)

    def _judge(self, record: PatientRecord, facts: tuple[Fact, ...], at: datetime, made: set[str]) -> None:
        as_made = (_active(fact) if fact.provenance.resource in made else fact for fact in facts)
        found = infer(record.key, record, as_made, self._knowledge, at=at, revision=0, unverified=self._unverified)
        for issue in found.issues:
            new = sorted(made.intersection(one.resource for one in issue.implicated))
            if new:
                self.alerts.append(Alert(new[0], at, issue))
                self._affected.setdefault(issue.kind.value, set()).add(record.key)

    def result(self) -> Burden:
        """What was counted so far."""
        by_statement = Counter(one.issue.statement for one in self.alerts)
        titles = {one.issue.statement: one.issue.title for one in self.alerts}
        by_significance = Counter(one.issue.significance.value for one in self.alerts)
        return Burden(
            patients=self._patients,
            orders=self._orders,
            alerts={one.value: by_significance[one.value] for one in Significance},
            patients_with_issues={kind: len(keys) for kind, keys in sorted(self._affected.items())},
            noisiest=tuple((iri, titles[iri], count) for iri, count in by_statement.most_common(10)),
        )


def is_order(fact: Fact) -> bool:
    """Whether a fact is a medication order (a request), whatever became of it later."""
    detail = fact.detail
    return fact.kind is FactKind.MEDICATION and isinstance(detail, MedicationDetail) and detail.origin == "request"


def _active(fact: Fact) -> Fact:
    """An order as it was when it was made; what was never meant to be given stays so."""
    given = fact.status in ("active", "completed", "stopped")
    return msgspec.structs.replace(fact, status="active") if given else fact
