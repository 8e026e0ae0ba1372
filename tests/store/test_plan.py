"""The plan of a write, by cases, and a store against a dictionary model through every kind of write."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kgtwin.model.fact import Fact
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.plan import plan_write, supersedes
from kgtwin.store.records import VersionRecord
from tests.fuzz import times
from tests.store.builders import (
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_submission,
)
from tests.store.test_versioning import make_delete

T = TypeVar("T")


@pytest.mark.parametrize(
    ("new", "old", "newer"),
    [
        (("10", None), ("9", None), True),
        (("9", "2026-01-02"), ("10", "2026-01-01"), False),
        (("abc", "2026-01-02"), ("def", "2026-01-01"), True),
        (("abc", "2025-12-31T23:00:00-02:00"), ("def", "2026-01-01T00:30:00Z"), True),
        (("abc", "2025-12-31T23:00:00Z"), ("def", "2026-01-01T00:30:00Z"), False),
        (("abc", None), ("def", "2026-01-01"), True),
        (("abc", "no date"), ("def", "2026-01-01"), True),
        (("7", "2026-01-01"), ("def", "2026-01-02"), False),
    ],
)
def test_versions_are_ordered(new: tuple[str, str | None], old: tuple[str, str | None], newer: bool) -> None:
    version = make_resource(make_fact("1", "Condition/c", new[0]), updated=new[1])
    assert supersedes(version, VersionRecord(version=old[0], content="x", revision=1, updated=old[1])) is newer


@pytest.mark.parametrize("order", [("1", "2", "3"), ("3", "2", "1"), ("2", "3", "1")])
def test_the_last_version_counts_whatever_the_order_in_a_bundle(order: tuple[str, ...]) -> None:
    versions = [make_resource(make_fact("1", "Condition/c", v)) for v in order]
    plan = plan_write([make_submission(make_patient("1"), *versions)], {}, frozenset(), 1)
    assert [f.provenance.version for f in plan.opened] == ["3"]
    assert sorted(f.provenance.version for f in plan.shelved) == ["1", "2"]
    assert plan.closed == {}


def test_a_fact_stated_twice_is_written_once() -> None:
    fact = make_fact("1", "Condition/c")
    plan = plan_write([make_submission(make_patient("1"), make_resource(fact, fact))], {}, frozenset(), 1)
    assert plan.opened == (fact,)


def test_a_resource_about_nobody_is_recorded() -> None:
    import msgspec  # noqa: PLC0415

    version = msgspec.structs.replace(make_resource(make_fact("1", "Medication/m")), patient=None, facts=())
    plan = plan_write([make_submission(version)], {}, frozenset(), 1)
    assert (plan.shares[0].outcomes, plan.shares[0].problems, plan.changed) == ({"created": 1}, (), frozenset())


RESOURCES = [(patient, f"Condition/{patient}{n}") for patient in "ab" for n in range(2)]


class Twins(RuleBasedStateMachine):
    """A Ladybug store beside dictionaries: write, correct, late old version, retract, delete, infer, reopen."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.mkdtemp()
        self.store = LadybugStore(Path(self.folder) / "twin.lbdb")
        self.run(self.store.open())
        self.versions: dict[str, dict[int, Fact | None]] = {}
        self.owners: dict[str, str | None] = {}
        self.patients: set[str] = set()
        self.inferred: set[str] = set()
        self.revision = 0
        self.changed: dict[str, int] = {}
        self.past: dict[int, dict[str, set[Fact]]] = {0: {p: set() for p in "ab"}}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def current(self, patient: str) -> set[Fact]:
        newest = (self.versions[r][max(self.versions[r])] for p, r in RESOURCES if p == patient and r in self.versions)
        return {fact for fact in newest if fact is not None}

    @rule(
        where=st.sampled_from(RESOURCES),
        version=st.integers(1, 9),
        how=st.sampled_from(["state", "state", "retract", "delete"]),
    )
    def write(self, where: tuple[str, str], version: int, how: str) -> None:
        """A delete has even versions and the others odd ones, for one version is not both."""
        patient, resource = where
        version = 2 * version + (how != "delete")
        fact = make_fact(patient, resource, str(version))
        deletes = how == "delete"
        sent = make_delete(resource, str(version)) if deletes else make_resource(fact, retracted=how == "retract")
        receipt = self.run(self.store.write(make_submission(make_patient(patient), sent)))
        known = self.versions.setdefault(resource, {})
        newest, was_known, new_version = max(known, default=0), patient in self.patients, version not in known
        known.setdefault(version, fact if how == "state" else None)
        anything = new_version or not was_known
        self.patients.add(patient)
        self.revision += anything
        assert receipt.revision == (self.revision if anything else None)
        if anything:
            self.past[self.revision] = {p: self.current(p) for p in "ab"}
        moves = new_version and version > newest and not (deletes and self.owners.get(resource) is None)
        if new_version and version > newest:
            self.owners[resource] = self.owners.get(resource) if deletes else patient
        if not was_known or moves:
            self.changed[patient] = self.revision
            self.inferred.discard(patient)
            assert receipt.patients == (make_key(patient),)
        else:
            assert receipt.patients == ()

    @precondition(lambda self: self.patients)
    @rule(data=st.data(), age=st.integers(0, 3))
    def infer(self, data: st.DataObject, age: int) -> None:
        patient = data.draw(st.sampled_from(sorted(self.patients)))
        asked = max(0, self.revision - age)
        issues = [
            make_issue(patient, fact, revision=asked) for fact in sorted(self.current(patient), key=lambda f: f.id)
        ]
        revision = self.run(self.store.write_inferences([make_inference(patient, *issues, revision=asked)]))
        fresh = self.changed[patient] <= asked
        assert (revision is not None) is fresh
        if fresh:
            self.revision += 1
            self.past[self.revision] = {p: self.current(p) for p in "ab"}
            self.inferred.add(patient)

    @rule()
    def reopen(self) -> None:
        self.run(self.store.close())
        self.run(self.store.open())

    @invariant()
    def agrees(self) -> None:
        assert self.run(self.store.revision()) == self.revision
        for patient in "ab":
            key = make_key(patient)
            found = self.run(self.store.facts(key))
            assert set(found) == self.current(patient)
            assert len(found) == len(set(found))
            assert self.run(self.store.patient_revision(key)) == self.changed.get(patient)
            stored = self.run(self.store.inference(key))
            assert (stored is not None) is (patient in self.inferred)
            issues = self.run(self.store.issues(key))
            assert len(issues) == (len(self.current(patient)) if patient in self.inferred else 0)
            for number, facts in self.past.items():
                assert set(self.run(self.store.facts(key, as_of=number))) == facts[patient]
        assert [r.number for r in self.run(self.store.revisions())] == list(range(1, self.revision + 1))


TestTwins = Twins.TestCase
TestTwins.settings = settings(
    max_examples=times(12), stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
