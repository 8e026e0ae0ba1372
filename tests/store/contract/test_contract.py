"""What every store does: the same tests over Ladybug and a real Neo4j."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from kgtwin.errors import NotFoundError, QueryRejectedError, QueryTimeoutError, StoreError
from kgtwin.model.fact import FactKind, TextValue
from kgtwin.model.issue import Significance
from kgtwin.store.base import GraphStore
from tests.store.builders import (
    DIABETES,
    KNOWLEDGE,
    METFORMIN,
    MI,
    POTASSIUM,
    UNMAPPED,
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
    millimole,
)
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio


async def test_facts_are_read_back_as_they_were_written(store: GraphStore) -> None:
    facts = (
        make_fact("1", "Condition/c1"),
        make_fact("1", "Condition/c2", code=UNMAPPED, start=None, status=None),
        make_fact("1", "MedicationRequest/m1", kind=FactKind.MEDICATION, code=METFORMIN),
        make_fact("1", "Observation/o1", kind=FactKind.OBSERVATION, code=POTASSIUM, value=millimole("5.10")),
        make_fact("1", "Observation/o2", kind=FactKind.OBSERVATION, code=POTASSIUM, value=TextValue("hæmolysed '\"\\")),
    )
    receipt = await store.write(make_submission(make_patient("1"), *(make_resource(f) for f in facts)))
    assert (receipt.revision, receipt.facts, receipt.patients, receipt.outcomes) == (
        1, 5, (make_key("1"),), {"created": 6},
    )  # fmt: skip
    found = await store.facts(make_key("1"))
    assert set(found) == set(facts)
    assert list(found) == sorted(found, key=lambda f: (f.kind.value, f.when.start or "", f.id))
    assert [await store.fact(f.id) for f in facts] == list(facts)
    assert await store.fact("f-0") is None


@pytest.mark.parametrize("kind", FactKind)
async def test_every_kind_is_stored(store: GraphStore, kind: FactKind) -> None:
    fact = make_fact("1", "X/1", kind=kind)
    await store.write(make_submission(make_patient("1"), make_resource(fact)))
    assert await store.facts(make_key("1")) == (fact,)
    assert (await store.counts())[kind.value] == 1


async def test_writing_twice_changes_nothing(store: GraphStore) -> None:
    first = await store.write(make_bundle("1"))
    second = await store.write(make_bundle("1"))
    assert (first.revision, second.revision, second.outcomes, second.patients) == (1, None, {"unchanged": 4}, ())
    assert await store.revision() == 1
    assert len(await store.revisions()) == 1


async def test_a_correction_supersedes_and_the_past_stays_readable(store: GraphStore) -> None:
    old, new = make_fact("1", "Condition/c1", "1"), make_fact("1", "Condition/c1", "2", code=DIABETES)
    await store.write(make_submission(make_patient("1"), make_resource(old)))
    receipt = await store.write(make_submission(make_patient("1", "2", name="Grace"), make_resource(new)))
    assert receipt.outcomes == {"superseded": 2}
    key = make_key("1")
    assert await store.facts(key) == (new,)
    assert await store.facts(key, as_of=1) == (old,)
    assert await store.facts(key, as_of=2) == (new,)
    assert await store.facts(key, as_of=0) == ()
    assert [getattr(await store.patient(key, as_of=n), "name", None) for n in (None, 0, 1, 2)] == [
        "Grace", None, "Ada", "Grace",
    ]  # fmt: skip
    assert await store.fact(old.id) == old


async def test_an_older_version_that_arrives_late_is_history(store: GraphStore) -> None:
    old, new = make_fact("1", "Condition/c1", "9"), make_fact("1", "Condition/c1", "10")
    await store.write(make_submission(make_patient("1", "2", name="Grace"), make_resource(new)))
    receipt = await store.write(make_submission(make_patient("1", "1"), make_resource(old)))
    assert (receipt.revision, receipt.outcomes, receipt.facts, receipt.patients) == (2, {"history": 2}, 0, ())
    for as_of in (None, 1, 2):
        assert await store.facts(make_key("1"), as_of=as_of) == (new,)
    assert getattr(await store.patient(make_key("1")), "name", None) == "Grace"
    assert await store.fact(old.id) == old
    assert await store.patient_revision(make_key("1")) == 1


async def test_a_retracted_version_states_nothing(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=2))
    gone = make_resource(make_fact("1", "Condition/1-0", "2"), retracted=True)
    receipt = await store.write(make_submission(gone))
    assert receipt.outcomes == {"retracted": 1}
    assert [f.provenance.resource for f in await store.facts(make_key("1"))] == ["Condition/1-1"]


async def test_the_same_version_with_other_content_is_a_conflict(store: GraphStore) -> None:
    first = make_fact("1", "Condition/c1")
    await store.write(make_submission(make_patient("1"), make_resource(first)))
    other = make_resource(make_fact("1", "Condition/c1", code=DIABETES), content="other")
    good = make_resource(make_fact("1", "Condition/c2"))
    receipt = await store.write(make_submission(other, good, label="again.json"))
    assert receipt.outcomes == {"conflict": 1, "created": 1}
    (problem,) = receipt.problems
    assert (problem.code, problem.location.file, problem.location.resource, problem.rejected) == (
        "version-conflict", "again.json", "Condition/c1", True,
    )  # fmt: skip
    assert first in await store.facts(make_key("1"))


async def test_a_resource_of_nobody_is_rejected_and_the_rest_stays(store: GraphStore) -> None:
    receipt = await store.write(
        make_submission(make_patient("1"), *(make_resource(make_fact(p, f"Condition/{p}")) for p in ("1", "2")))
    )
    (problem,) = receipt.problems
    assert (problem.code, problem.location.resource) == ("unresolved-reference", "Condition/2")
    assert "send the Patient first" in (problem.remedy or "")
    assert await store.known([make_key("1"), make_key("2")]) == {make_key("1")}
    assert receipt.facts == 1


async def test_an_atomic_write_is_refused_whole(store: GraphStore) -> None:
    good, bad = make_resource(make_fact("1", "Condition/1")), make_resource(make_fact("2", "Condition/2"))
    receipt = await store.write(make_submission(make_patient("1"), good, bad), atomic=True)
    assert (receipt.revision, receipt.facts, receipt.outcomes, receipt.written) == (None, 0, {}, {})
    assert [problem.code for problem in receipt.problems] == ["unresolved-reference"]
    assert (await store.revision(), await store.patients()) == (0, ())


async def test_submissions_written_together_share_a_revision_and_keep_their_receipts(store: GraphStore) -> None:
    patient = make_submission(make_patient("1"), label="a:1")
    fact = make_submission(make_resource(make_fact("1", "Condition/1")), label="a:2")
    stranger = make_submission(make_resource(make_fact("2", "Condition/2")), label="a:3")
    receipts = await store.write_all([patient, fact, stranger, fact])
    assert [receipt.label for receipt in receipts] == ["a:1", "a:2", "a:3", "a:2"]
    assert [receipt.revision for receipt in receipts] == [1, 1, None, None]
    assert [receipt.facts for receipt in receipts] == [0, 1, 0, 0]
    assert [receipt.rejected for receipt in receipts] == [0, 0, 1, 0]
    assert receipts[3].outcomes == {"unchanged": 1}
    assert await store.revision() == 1


async def test_a_resource_that_moves_closes_the_fact_of_its_first_patient(store: GraphStore) -> None:
    await store.write(
        make_submission(make_patient("1"), make_patient("2"), make_resource(make_fact("1", "Condition/c")))
    )
    receipt = await store.write(make_submission(make_resource(make_fact("2", "Condition/c", "2"))))
    assert receipt.patients == (make_key("1"), make_key("2"))
    assert await store.facts(make_key("1")) == ()
    assert len(await store.facts(make_key("2"))) == 1


async def test_patients_come_by_key_in_pages(store: GraphStore) -> None:
    for patient in ("b", "a", "c"):
        await store.write(make_bundle(patient, facts=1))
    keys = [p.key for p in await store.patients()]
    assert keys == [make_key(p) for p in "abc"]
    assert [p.key for p in await store.patients(after=keys[0], limit=1)] == [keys[1]]
    assert await store.patients(after=keys[2]) == ()
    assert await store.patient("local|nobody") is None
    assert await store.patient_revision("local|nobody") is None


async def test_a_retracted_patient_leaves_a_bare_key(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=1))
    await store.write(make_submission(make_patient("1", "2", retracted=True)))
    found = await store.patient(make_key("1"))
    assert found is not None
    assert (found.received, found.name) == (False, None)


async def test_inferences_are_replaced_with_the_facts_they_follow_from(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    await store.write(make_bundle("2"))
    one, two = [(await store.facts(make_key(p)))[0] for p in ("1", "2")]
    grave = make_issue("1", one, significance=Significance.CONTRAINDICATED, statement="kgtwin:CI_0002", revision=2)
    issue, other = make_issue("1", one, revision=2), make_issue("2", two, revision=2)
    risk = make_risk("1")
    given = make_inference("1", grave, issue, revision=2, risks=(risk,))
    revision = await store.write_inferences([given, make_inference("2", other, revision=2)])
    assert revision is not None
    assert (revision.number, revision.kind, revision.patients, revision.added) == (
        3, "inferences", (make_key("1"), make_key("2")), 4,
    )  # fmt: skip
    assert await store.issues(make_key("1")) == (grave, issue)
    assert await store.issue(issue.id) == issue
    assert await store.risks(make_key("1")) == (risk,)
    assert await store.inference(make_key("1")) == given
    await store.write_inferences([make_inference("1", issue, revision=3)])
    assert (await store.issues(make_key("1")), await store.risks(make_key("1"))) == ((issue,), ())
    assert await store.issues(make_key("2")) == (other,)
    await store.write(make_submission(make_resource(make_fact("1", "Condition/new"))))
    assert (await store.issues(make_key("1")), await store.inference(make_key("1"))) == ((), None)
    assert await store.issues(make_key("2")) == (other,)


async def test_inferences_from_facts_that_changed_since_are_left_out(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    await store.write(make_bundle("2"))
    stale, fresh = make_inference("2", revision=1), make_inference("1", revision=1)
    revision = await store.write_inferences([stale, fresh])
    assert revision is not None
    assert revision.patients == (make_key("1"),)
    assert await store.inference(make_key("2")) is None
    assert await store.write_inferences([stale]) is None
    assert await store.write_inferences([]) is None
    assert await store.revision() == 3
    with pytest.raises(NotFoundError):
        await store.write_inferences([make_inference("3")])


async def test_history_does_not_remove_inferences(store: GraphStore) -> None:
    await store.write(make_submission(make_patient("1"), make_resource(make_fact("1", "Condition/c", "2"))))
    await store.write_inferences([make_inference("1")])
    await store.write(make_submission(make_resource(make_fact("1", "Condition/c", "1"))))
    assert await store.inference(make_key("1")) is not None


async def test_knowledge_is_replaced_unless_its_digest_is_there(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=1))
    revision = await store.write_knowledge(KNOWLEDGE)
    assert revision is not None
    assert (revision.number, revision.kind, revision.label) == (2, "knowledge", "2026.1")
    assert await store.write_knowledge(KNOWLEDGE) is None
    up = "MATCH (f:Condition)-[:CODED_AS]->(:Concept)-[:IS_A*1..5]->(c:Concept) RETURN c.curie, c.label"
    assert (await store.cypher(up)).rows == (("snomed:414545008", "Ischemic heart disease"),)
    roles = "MATCH (p:Concept)-[:HAS_ACTIVE_INGREDIENT]->(i), (p)-[:HAS_ROUTE]->(r), (p)-[x:ROLE]->(i) "
    table = await store.cypher(roles + "RETURN i.label, r.label, x.property")
    assert table.rows == (("metformin", "Oral route", "kgtwin:causativeAgent"),)
    import msgspec  # noqa: PLC0415

    await store.write_knowledge(msgspec.structs.replace(KNOWLEDGE, digest="d2", roles=()))
    assert (await store.cypher("MATCH (:Concept)-[e:ROLE|HAS_ROUTE]->() RETURN count(e)")).rows == ((0,),)


async def test_the_change_feed_is_gap_free_and_resolves_times(make_store: StoreMaker) -> None:
    ticks = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 3, 2)]  # the clock goes back once
    times = iter(ticks)
    async with make_store(clock=lambda: next(times)) as store:
        for patient in "abc":
            await store.write(make_bundle(patient, facts=2))
        feed = await store.revisions()
        assert [r.number for r in feed] == [1, 2, 3]
        assert [r.at[:10] for r in feed] == ["2026-01-01", "2026-01-03", "2026-01-03"]
        assert (feed[0].added, feed[0].label, feed[0].patients) == (2, "a.json", (make_key("a"),))
        assert await store.revisions(after=1, limit=1) == feed[1:2]
        moments = [ticks[0] - timedelta(seconds=1), ticks[0], ticks[2], ticks[1]]
        assert [await store.resolve(at) for at in moments] == [0, 1, 1, 3]
    async with make_store() as again:
        assert await again.revisions() == feed


async def test_writers_never_interleave(store: GraphStore) -> None:
    receipts = await asyncio.gather(*(store.write(make_bundle(str(n), facts=2)) for n in range(8)))
    assert sorted(r.revision or 0 for r in receipts) == list(range(1, 9))
    assert [r.number for r in await store.revisions()] == list(range(1, 9))


async def test_the_same_bundle_from_two_writers_at_once_is_written_once(store: GraphStore) -> None:
    receipts = await asyncio.gather(*(store.write(make_bundle("1")) for _ in range(4)))
    assert sorted((r.revision or 0 for r in receipts), reverse=True) == [1, 0, 0, 0]
    assert len(await store.facts(make_key("1"))) == 3


async def test_codes_are_counted_with_what_they_map_to(store: GraphStore) -> None:
    facts = [make_fact("1", f"Condition/{n}", code=MI if n else UNMAPPED) for n in range(3)]
    await store.write(make_submission(make_patient("1"), *map(make_resource, facts)))
    found = [(u.code, u.display, u.kind, u.count, u.concepts) for u in await store.codes()]
    assert found == [
        ("22298006", "Myocardial infarction", "Condition", 2, ("snomed:22298006",)),
        ("X-1", "Something local", "Condition", 1, ()),
    ]


async def test_a_reader_reads_and_cannot_write(make_store: StoreMaker) -> None:
    async with make_store() as writer:
        await writer.write(make_bundle("1"))
    async with make_store(read_only=True) as one, make_store(read_only=True) as two:
        assert await one.facts(make_key("1")) == await two.facts(make_key("1")) != ()
        with pytest.raises(StoreError, match="read-only"):
            await one.write(make_bundle("2"))


async def test_a_store_that_is_not_there_cannot_be_read(make_store: StoreMaker) -> None:
    with pytest.raises(NotFoundError, match="kgtwin ingest"):
        await make_store(read_only=True).open()


async def test_a_closed_store_says_so(make_store: StoreMaker) -> None:
    store = make_store()
    async with store:
        pass
    with pytest.raises(StoreError, match="not open"):
        await store.revision()
    async with store:
        assert await store.revision() == 0


async def test_cypher_answers_in_plain_values(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=3))
    query = "MATCH (p:Patient)-[e:HAS_CONDITION]->(c:Condition) RETURN p, e, c.start, [1, 2.5] LIMIT 1"
    patient, edge, start, numbers = (await store.cypher(query)).rows[0]
    assert isinstance(patient, dict)
    assert (patient["label"], patient["key"], edge) == ("Patient", make_key("1"), {"label": "HAS_CONDITION"})
    assert (start, numbers) == ("2020-01-01", [1, 2.5])
    table = await store.cypher("MATCH (c:Condition) RETURN c.id", limit=2)
    assert (table.columns, len(table.rows), table.truncated) == (("c.id",), 2, True)
    named = await store.cypher("MATCH (p:Patient {key: $key}) RETURN p.gender AS gender", {"key": make_key("1")})
    assert (named.columns, named.rows, named.truncated) == (("gender",), (("female",),), False)


@pytest.mark.parametrize(
    "query",
    [
        "CREATE (:Patient {key: 'x'})",
        "MATCH (p:Patient) SET p.name = 'x' RETURN p",
        "MATCH (p:Patient) DETACH DELETE p",
        "MATCH (p:Patient) RETURN p; MATCH (n) RETURN n",
        "COPY (MATCH (p:Patient) RETURN p.key) TO 'out.csv'",
        "LOAD FROM '/etc/passwd' RETURN *",
        "MATCH (p:Nothing RETURN p",
        "MATCH (p:Patient) RETURN nonsense(p)",
        "",
    ],
)
async def test_cypher_only_reads(store: GraphStore, query: str) -> None:
    await store.write(make_bundle("1", facts=1))
    with pytest.raises(QueryRejectedError):
        await store.cypher(query)
    assert (await store.counts())["patients"] == 1


async def test_a_write_that_passes_the_guard_is_refused_by_the_store(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=1))
    with pytest.raises(QueryRejectedError):
        await store._query("CREATE (:Concept {curie: 'x:1'})", {}, 10, 5.0)
    assert (await store.counts())["concepts"] == 1


async def test_a_long_query_is_stopped_and_the_store_goes_on(store: GraphStore) -> None:
    started = asyncio.get_running_loop().time()
    endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(a + b)"
    running = asyncio.create_task(store.cypher(endless, timeout=1.0))
    await asyncio.sleep(0.2)
    assert (await store.write(make_bundle("1"))).revision == 1
    with pytest.raises(QueryTimeoutError):
        await running
    assert asyncio.get_running_loop().time() - started < 15
    assert (await store.cypher("RETURN 1 AS one")).rows == ((1,),)
