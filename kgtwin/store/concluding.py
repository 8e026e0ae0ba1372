"""What follows for the patients that a write changes: worked out beside the write where they are many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.store import conclusions, reads
from kgtwin.store.plan import WritePlan
from kgtwin.store.records import Work
from kgtwin.store.schema import Dialect

Conclude = Callable[[PatientRecord, tuple[Fact, ...], int], Inference | None]
"""What follows for a patient from the record and the facts, as they are from a revision on; None: nothing is stored."""
MANY: Final = 20
"""New patients from which on a thread of its own concludes while the database writes their facts."""


class Concluding:
    """The conclusions of one write. Those of new patients rest on the plan alone, and are begun at once."""

    def __init__(
        self, plan: WritePlan, number: int, known: AbstractSet[str], conclude: Conclude, pool: ThreadPoolExecutor
    ) -> None:
        self._plan, self._number, self._known, self._conclude = plan, number, known, conclude
        self._facts = _by_patient(plan, known)
        new = sorted(plan.changed - known)
        self._begun = {key: pool.submit(self._new, key) for key in new} if len(new) >= MANY else {}

    def store(self, dialect: Dialect) -> Work[None]:
        """Store what follows from what this transaction leaves of each patient."""
        found: list[Inference] = []
        kinds: dict[str, str] = {}
        for key in sorted(self._plan.changed):
            facts, inference = (yield from self._changed(key)) if key in self._known else self._result(key)
            if inference is not None:
                found.append(inference)
                kinds |= {fact.id: fact.kind.value for fact in facts} if inference.issues else {}
        yield from conclusions.create(found, kinds, self._number, dialect)

    def _result(self, key: str) -> tuple[tuple[Fact, ...], Inference | None]:
        return self._begun[key].result() if key in self._begun else self._new(key)

    def _new(self, key: str) -> tuple[tuple[Fact, ...], Inference | None]:
        record, facts = self._plan.patients.get(key), reads.in_order(self._facts[key])
        return facts, None if record is None else self._conclude(record, facts, self._number)

    def _changed(self, key: str) -> Work[tuple[tuple[Fact, ...], Inference | None]]:
        record = self._plan.patients.get(key) or (yield from reads.patient(key, None))
        facts = yield from reads.facts(key, None)
        return facts, None if record is None else self._conclude(record, facts, self._number)


def _by_patient(plan: WritePlan, known: AbstractSet[str]) -> dict[str, list[Fact]]:
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in plan.opened:
        if fact.patient not in known:
            found[fact.patient].append(fact)
    return found


@contextmanager
def concluding(
    plan: WritePlan, number: int, known: AbstractSet[str], conclude: Conclude | None
) -> Iterator[Concluding | None]:
    """Begin to conclude; what is not done when the write fails is left."""
    if conclude is None:
        yield None
        return
    pool = ThreadPoolExecutor(1, "conclude")
    try:
        yield Concluding(plan, number, known, conclude, pool)
    finally:
        pool.shutdown(cancel_futures=True)
