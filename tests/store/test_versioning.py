"""Deletes and preconditions: by the plan alone, then on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from kgtwin.model.fact import Fact
from kgtwin.model.submission import Outcome, Receipt, ResourceVersion
from kgtwin.store.base import GraphStore
from kgtwin.store.neo4j import Neo4jStore
from kgtwin.store.plan import WritePlan, plan_write
from kgtwin.store.records import VersionRecord
from kgtwin.store.versioning import number_of, successor
from tests.store.builders import (
    SOURCE,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_submission,
)
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio
CONDITION = "Condition/c"
KEY = make_key("1")


def make_delete(
    resource: str = CONDITION, version: str = "", *, updated: str | None = None, if_match: str | None = None
) -> ResourceVersion:
    return ResourceVersion(
        source=SOURCE,
        resource=resource,
        version=version,
        content="",
        patient=None,
        updated=updated,
        deleted=True,
        if_match=if_match,
    )


def condition(version: str, status: str = "active", **more: str | None) -> ResourceVersion:
    """A version of the condition; its content depends on its status alone."""
    found = make_resource(make_fact("1", CONDITION, version, status=status), content=f"digest-{status}")
    return msgspec.structs.replace(found, **more)


def unversioned(status: str = "active", **more: str | None) -> ResourceVersion:
    return condition(f"digest-{status}", status, **more)


class History:
    """Versions of the condition, written one after the other by the plan alone."""

    def __init__(self, *versions: ResourceVersion) -> None:
        self.records: tuple[VersionRecord, ...] = ()
        self.known = frozenset({KEY})
        self.revision = 0
        for version in versions:
            self.write(version)

    def write(self, version: ResourceVersion) -> WritePlan:
        self.revision += 1
        plan = plan_write([make_submission(version)], {version.resource: self.records}, self.known, self.revision)
        self.records = plan.resources.get(version.resource, self.records)
        return plan

    def outcome(self, version: ResourceVersion) -> Outcome | None:
        return self.write(version).shares[0].written.get(version.resource)

    @property
    def current(self) -> str | None:
        """The name of the version that holds; None where there is none or it is a delete."""
        return next((r.version for r in self.records if r.current and not r.deleted), None)


def test_a_delete_closes_what_is_current_and_states_nothing() -> None:
    history = History(condition("1"), condition("2"))
    plan = history.write(make_delete())
    assert (plan.closed, plan.opened, plan.changed) == (
        {"Condition": (make_fact("1", CONDITION, "2").id,)},
        (),
        frozenset({KEY}),
    )
    assert plan.shares[0].written == {CONDITION: Outcome.DELETED}
    assert plan.shares[0].versions == {CONDITION: "3"}
    assert (history.current, history.records[-1].patient) == (None, KEY)


def test_a_second_delete_changes_nothing() -> None:
    history = History(condition("1"), make_delete())
    plan = history.write(make_delete())
    assert plan.empty
    assert plan.shares[0].written == {CONDITION: Outcome.UNCHANGED}
    assert plan.shares[0].problems == ()


def test_a_delete_of_what_is_unknown_changes_nothing() -> None:
    plan = History().write(make_delete())
    assert plan.empty
    assert (plan.shares[0].problems, plan.shares[0].recorded) == ((), False)


@pytest.mark.parametrize(
    "later",
    [
        condition("4"),
        condition("3", "resolved"),
        condition("", "active"),
        condition("", "resolved"),
        unversioned("resolved"),
    ],
)
def test_a_later_version_begins_anew(later: ResourceVersion) -> None:
    history = History(condition("2"), make_delete())
    plan = history.write(later)
    assert plan.shares[0].written == {CONDITION: Outcome.CREATED}
    assert len(plan.opened) == 1
    assert history.current is not None


@pytest.mark.parametrize("early", ["1", "2"])
def test_an_earlier_version_does_not(early: str) -> None:
    history = History(condition("2"), make_delete())
    history.write(condition(early))
    assert history.current is None


def test_the_numbers_go_on_after_a_delete() -> None:
    history = History(condition("2"), make_delete(), condition("", "resolved"))
    assert [(r.version, r.deleted) for r in history.records] == [("2", False), ("3", True), ("4", False)]
    assert history.records[-1].facts == {"Condition": (make_fact("1", CONDITION, "4").id,)}


def test_a_delete_that_says_its_version_holds_back_what_arrives_late() -> None:
    """The pages of a history come last page first."""
    history = History()
    assert history.outcome(make_delete(version="3")) is Outcome.DELETED
    assert history.outcome(condition("2")) is Outcome.HISTORY
    assert history.current is None
    assert history.outcome(condition("4", "resolved")) is Outcome.CREATED
    assert history.outcome(make_delete(version="3")) is Outcome.UNCHANGED
    assert history.current == "4"


@pytest.mark.parametrize(("when", "gone"), [("2020-01-02", True), ("2019", False), (None, True), ("nonsense", True)])
def test_a_delete_older_than_what_is_current(when: str | None, gone: bool) -> None:
    history = History(condition("1", updated="2020-01-01T00:00:00Z"))
    history.write(make_delete(updated=when))
    assert (history.current is None) is gone


def test_the_same_content_without_a_version_stays_deleted_and_says_so() -> None:
    history = History(unversioned(), make_delete())
    plan = history.write(unversioned())
    assert plan.empty
    (problem,) = plan.shares[0].problems
    assert (problem.rejected, history.current) == (False, None)


@pytest.mark.parametrize("between", [make_delete(updated="2021"), unversioned("resolved", updated="2021")])
def test_the_same_content_holds_again_where_its_time_says_so(between: ResourceVersion) -> None:
    history = History(unversioned(updated="2020"), between)
    assert history.write(unversioned(updated="2020")).empty
    history.write(unversioned(updated="2022"))
    assert history.current == "digest-active-2"
    assert history.write(unversioned(updated="2022")).empty, "idempotent"


def test_what_the_store_names_is_compared_with_what_holds() -> None:
    history = History(condition(""), condition("", "resolved"), condition(""))
    assert [r.version for r in history.records] == ["1", "2", "3"]
    assert history.current == "3"
    assert history.write(condition("")).empty
    assert history.write(unversioned()).empty, "known by its content"


@pytest.mark.parametrize(
    ("before", "given", "passes"),
    [
        ([], {"if_match": "1"}, False),
        ([], {"if_match": "*"}, False),
        ([], {"if_none_match": "*"}, True),
        ([], {"if_none_match": "1"}, True),
        ([condition("1")], {"if_match": "1"}, True),
        ([condition("1")], {"if_match": "*"}, True),
        ([condition("1")], {"if_match": "2"}, False),
        ([condition("1")], {"if_match": "01"}, False),
        ([condition("1"), condition("2")], {"if_match": "1"}, False),
        ([condition("1")], {"if_none_match": "*"}, False),
        ([condition("1")], {"if_none_match": "1"}, False),
        ([condition("1")], {"if_none_match": "2"}, True),
        ([condition("1"), make_delete()], {"if_match": "1"}, False),
        ([condition("1"), make_delete()], {"if_match": "2"}, False),
        ([condition("1"), make_delete()], {"if_match": "*"}, False),
        ([condition("1"), make_delete()], {"if_none_match": "*"}, True),
        ([unversioned()], {"if_match": "digest-active"}, True),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_preconditions(before: list[ResourceVersion], given: dict[str, str], passes: bool, gone: bool) -> None:
    """RFC 9110, sections 13.1.1 and 13.1.2."""
    history = History(*before)
    records = history.records
    sent = make_delete() if gone else condition("", "resolved")
    plan = history.write(msgspec.structs.replace(sent, **given))
    assert [p.code for p in plan.shares[0].problems] == ([] if passes else ["precondition-failed"])
    if not passes:
        assert plan.empty
        assert history.records == records
        assert plan.shares[0].written == {}


def test_a_version_received_before_must_pass_too() -> None:
    """The second of two writers is refused even where both send the same."""
    history = History(condition("1"), condition("", "resolved", if_match="1"))
    plan = history.write(condition("", "resolved", if_match="1"))
    assert plan.shares[0].problems[0].rejected


def test_who_depends_on_a_patient_that_was_left_out_is_left_out() -> None:
    patient = msgspec.structs.replace(make_patient("1"), if_match="4")
    plan = plan_write([make_submission(condition("1"), patient)], {}, frozenset(), 1)
    assert plan.empty
    assert [p.code for p in plan.shares[0].problems] == ["precondition-failed", "unresolved-reference"]


def test_a_patient_may_stand_behind_what_is_about_it() -> None:
    plan = plan_write([make_submission(condition("1"), make_patient("1"))], {}, frozenset(), 1)
    assert (len(plan.opened), plan.shares[0].problems) == (1, ())


@pytest.mark.parametrize("text", ["9" * 5_000, "٣", "1.0", "-1"])
def test_no_number_is_too_large(text: str) -> None:
    assert number_of(text) in {None, 3}
    assert successor("x", [VersionRecord(version=text, content="x", revision=1)])


def test_a_deleted_version_is_named_apart() -> None:
    records = [VersionRecord(version=v, content=c, revision=1) for v, c in (("a", "a"), ("deleted", ""))]
    assert successor("", records) == "deleted-2"
    assert successor("a", records) == "a-2"
    assert successor("b", records) == "b"


@pytest.fixture
async def store(make_store: StoreMaker) -> AsyncIterator[GraphStore]:
    async with make_store() as found:
        await found.write(make_submission(make_patient("1"), condition("1")))
        yield found


async def write(store: GraphStore, *versions: ResourceVersion, atomic: bool = False) -> Receipt:
    return await store.write(make_submission(*versions), atomic=atomic)


async def states(store: GraphStore, as_of: int | None = None) -> list[str | None]:
    return [fact.status for fact in await store.facts(KEY, as_of=as_of)]


async def test_the_store_forgets_nothing_that_is_deleted(store: GraphStore) -> None:
    fact: Fact = (await store.facts(KEY))[0]
    await store.write_inferences([make_inference("1", make_issue("1", fact), revision=1)])
    receipt = await write(store, make_delete())
    assert (receipt.outcomes, receipt.versions, receipt.patients) == ({"deleted": 1}, {CONDITION: "2"}, (KEY,))
    assert await states(store) == []
    assert await states(store, as_of=1) == ["active"]
    assert await store.fact(fact.id) == fact
    assert (await store.inference(KEY), await store.issues(KEY)) == (None, ())
    last = (await store.revisions())[-1]
    assert (last.number, last.closed, last.added, last.patients) == (receipt.revision, 1, 0, (KEY,))
    assert (await write(store, make_delete())).revision is None
    assert (await write(store, make_delete("Condition/unknown"))).revision is None
    await write(store, condition("3", "resolved"))
    assert await states(store) == ["resolved"]
    assert await store.revision() == receipt.revision + 1 if receipt.revision else False


async def test_a_deleted_patient_leaves_a_bare_record(store: GraphStore) -> None:
    before = await store.patient(KEY)
    receipt = await write(store, make_delete("Patient/1"))
    record = await store.patient(KEY)
    assert record is not None
    assert (record.received, record.name, record.birth_date) == (False, None, None)
    assert await states(store) == ["active"], "what other resources say stays"
    assert receipt.revision is not None
    assert await store.patient(KEY, as_of=receipt.revision - 1) == before
    assert (await write(store, make_patient("1", "3", name="Eve"))).outcomes == {"created": 1}
    again = await store.patient(KEY)
    assert again is not None
    assert again.name == "Eve"


async def test_a_history_of_a_patient_who_is_no_more(store: GraphStore) -> None:
    """Facts of a patient whose deletion arrives first, or with it, are kept."""
    await write(store, make_delete("Patient/2", "5"))
    assert await store.patient(make_key("2")) is None
    late = make_fact("2", "Condition/late")
    await write(store, make_patient("2", "4"), make_resource(late))
    record = await store.patient(make_key("2"))
    assert record is not None
    assert not record.received
    assert await store.facts(make_key("2")) == (late,)
    fact = make_fact("3", "Condition/three")
    await write(store, make_patient("3", "1"), make_delete("Patient/3", "2"), make_resource(fact))
    assert await store.facts(make_key("3")) == (fact,)
    assert (await store.patient(make_key("3"))) is not None


async def test_an_atomic_write_is_refused_whole(store: GraphStore) -> None:
    revision = await store.revision()
    other = make_resource(make_fact("1", "Condition/other"))
    receipt = await write(store, other, condition("", "resolved", if_match="7"), atomic=True)
    assert (receipt.revision, receipt.written) == (None, {})
    assert [p.code for p in receipt.problems] == ["precondition-failed"]
    assert await store.revision() == revision
    receipt = await write(store, other, condition("", "resolved", if_match="7"))
    assert receipt.written == {"Condition/other": Outcome.CREATED}


async def test_of_writers_who_have_seen_the_same_version_one_wins(store: GraphStore) -> None:
    statuses = [f"s{n}" for n in range(8)]
    receipts = await asyncio.gather(*(write(store, condition("", s, if_match="1")) for s in statuses))
    won = [s for s, receipt in zip(statuses, receipts, strict=True) if receipt.revision is not None]
    assert len(won) == 1
    assert await states(store) == won
    assert sorted(len(r.problems) for r in receipts) == [0] + [1] * 7


async def test_of_two_processes_one_wins(make_store: StoreMaker) -> None:
    """Two clients of one Neo4j; a Ladybug file has one writer, who then is both."""
    one = make_store()
    two = make_store() if isinstance(one, Neo4jStore) else one
    async with one, two:
        await write(one, make_patient("1"), condition("1"))
        for number in range(1, 6):
            sent = [
                write(store, condition("", f"{number}{n}", if_match=str(number)))
                for n, store in enumerate([one, two] * 3)
            ]
            assert sum(receipt.revision is not None for receipt in await asyncio.gather(*sent)) == 1
        assert len(await one.facts(KEY)) == 1
