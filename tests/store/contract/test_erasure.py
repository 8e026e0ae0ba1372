"""The right to erasure: nothing of the patient stays anywhere, and everyone else keeps everything."""

from __future__ import annotations

import msgspec
import pytest

from kgtwin.errors import NotFoundError
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.knowledge import KnowledgeConcept
from kgtwin.store.base import GraphStore
from kgtwin.store.schema import NODES
from tests.store.builders import (
    KNOWLEDGE,
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
)

pytestmark = pytest.mark.anyio
GONE = "Zebedee-7"
LONE = KnowledgeConcept("x:lone", "A concept without a place")
RARE = Coded((Coding("urn:x", "r", f"Seen only in {GONE}"),), (Match("x:rare"), Match("x:lone")))


async def everything(store: GraphStore) -> str:
    """All that the graph holds, as text."""
    rows = [(await store.cypher(f"MATCH (n:{label}) RETURN n", limit=100_000)).rows for label in NODES]
    return msgspec.json.encode(rows).decode()


async def fill(store: GraphStore) -> None:
    await store.write_knowledge(msgspec.structs.replace(KNOWLEDGE, concepts=(*KNOWLEDGE.concepts, LONE)))
    await store.write(make_bundle("other", facts=2))
    await store.write(make_bundle(GONE, facts=2))
    await store.write(make_submission(make_patient(GONE, "2", name="Grace"), label=f"{GONE}.json"))
    rare = make_resource(make_fact(GONE, f"Condition/{GONE}-rare", code=RARE))
    await store.write(make_submission(rare, label=f"{GONE}-again.json"))
    facts = await store.facts(make_key(GONE))
    revision = await store.revision()
    for _ in range(2):
        issue = make_issue(GONE, facts[0], revision=revision)
        await store.write_inferences([make_inference(GONE, issue, revision=revision, risks=(make_risk(GONE),))])
    other = await store.facts(make_key("other"))
    await store.write_inferences(
        [make_inference("other", make_issue("other", other[0], revision=revision), revision=revision)]
    )


async def test_nothing_of_an_erased_patient_stays(store: GraphStore) -> None:
    await fill(store)
    assert GONE in await everything(store)
    before = await store.inference(make_key("other")), await store.facts(make_key("other"))
    knowledge = await store.knowledge()
    assert knowledge is not None
    feed = await store.revisions()
    revision = await store.erase(make_key(GONE))
    assert (revision.kind, revision.patients, revision.label, revision.closed) == ("erasure", (), "", 3)
    assert GONE not in await everything(store)
    assert await store.patient(make_key(GONE)) is None
    assert (await store.inference(make_key("other")), await store.facts(make_key("other"))) == before
    after = await store.revisions()
    assert [one.number for one in after] == [*(one.number for one in feed), revision.number]
    assert [one.at for one in after][:-1] == [one.at for one in feed]
    assert after[-1] == revision
    assert await store.knowledge() == msgspec.structs.replace(
        knowledge, concepts=tuple(one for one in knowledge.concepts if one.concept != "x:rare")
    )


async def test_an_unknown_patient_cannot_be_erased(store: GraphStore) -> None:
    with pytest.raises(NotFoundError, match=r"no patient local\|nobody"):
        await store.erase("local|nobody")
    assert await store.revision() == 0


async def test_an_erased_patient_may_come_back_as_a_new_one(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    await store.erase(make_key("1"))
    receipt = await store.write(make_bundle("1"))
    assert (receipt.outcomes, receipt.revision) == ({"created": 4}, 3)
    assert await store.facts(make_key("1"), as_of=1) == ()
    assert len(await store.facts(make_key("1"))) == 3


async def test_what_others_say_of_the_patient_goes_too(store: GraphStore) -> None:
    moved = make_fact(GONE, "Condition/moved")
    linked = make_patient("other")
    assert linked.record is not None
    record = msgspec.structs.replace(linked.record, links=(make_key(GONE), "local|third"))
    await store.write(make_submission(make_patient(GONE), make_resource(moved), label="a"))
    await store.write(make_submission(msgspec.structs.replace(linked, record=record), label="b"))
    await store.write(make_submission(make_resource(make_fact("other", "Condition/moved", "2")), label="c"))
    await store.erase(make_key(GONE))
    assert GONE not in await everything(store)
    found = await store.patient(make_key("other"))
    assert found is not None
    assert found.links == ("local|third",)
    (fact,) = await store.facts(make_key("other"))
    assert [one.version for one in await store.history(fact.id)] == ["2"]


async def test_erasing_leaves_no_concept_that_only_the_patient_had(store: GraphStore) -> None:
    await fill(store)
    before = (await store.counts())["concepts"]
    await store.erase(make_key(GONE))
    assert (await store.counts())["concepts"] == before - 1
