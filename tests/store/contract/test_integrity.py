"""What ``kgtwin doctor`` finds in a store: nothing where it is whole, and each kind of damage by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from kgtwin.store.base import GraphStore
from kgtwin.store.integrity import TEXTS, examine
from kgtwin.store.records import Statement, Work
from tests.store.builders import (
    DIABETES,
    KNOWLEDGE,
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_resource,
    make_risk,
    make_submission,
)
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio
DAMAGE: dict[str, tuple[str, ...]] = {
    "unreadable": ("MATCH (f:Condition {resource: 'Condition/1-0'}) WHERE f.current SET f.payload = '{'",),
    "column-differs": ("MATCH (f:Condition {resource: 'Condition/1-1'}) SET f.version = '9'",),
    "current-differs": ("MATCH (f:Condition {resource: 'Condition/1-1'}) SET f.current = false",),
    "two-current": ("MATCH (f:Condition {resource: 'Condition/1-0'}) SET f.revisionTo = null, f.current = true",),
    "fact-without-version": (
        "MATCH (v:Resource {id: 'local|Condition/1-1'}) SET v.payload = replace(v.payload, 'true', 'false')",
    ),
    "version-without-fact": ("MATCH (f:Condition {resource: 'Condition/1-1'}) DETACH DELETE f",),
    "record-differs": ("MATCH (v:PatientVersion) WHERE v.id STARTS WITH 'local|1' SET v.revisionTo = 1",),
    "future": ("MATCH (f:Condition {resource: 'Condition/1-1'}) SET f.revisionFrom = 99",),
    "conclusion-alone": ("MATCH (i:Inference {patient: 'local|1'}) DETACH DELETE i",),
    "implicates-past": (
        "MATCH (i:DetectedIssue {patient: 'local|1'}), (f:Condition {resource: 'Condition/1-0'}) "
        "WHERE NOT f.current CREATE (i)-[:IMPLICATES]->(f)",
    ),
    "orphan": ("MATCH (:Patient)-[e:HAS_CONDITION]->(f:Condition {resource: 'Condition/2-0'}) DELETE e",),
    "feed-gap": ("MATCH (r:Revision {number: 2}) DETACH DELETE r",),
    "consumer-ahead": ("CREATE (:Consumer {name: 'x', position: 99, at: ''})",),
}


@pytest.fixture
async def store(make_store: StoreMaker) -> AsyncIterator[GraphStore]:
    async with make_store() as opened:
        await opened.write_knowledge(KNOWLEDGE)
        for patient in "12":
            await opened.write(make_bundle(patient, facts=2))
        await opened.write(make_submission(make_resource(make_fact("1", "Condition/1-0", "2", code=DIABETES))))
        await opened.write(make_submission(make_resource(make_fact("1", "Condition/1-0", "1.5"), updated="2001")))
        facts, revision = await opened.facts(make_key("1")), await opened.revision()
        issue = make_issue("1", *facts, revision=revision)
        await opened.write_inferences([make_inference("1", issue, revision=revision, risks=(make_risk("1"),))])
        yield opened


async def test_a_whole_store_has_no_flaw(store: GraphStore) -> None:
    assert await examine(store) == ()
    await store.erase(make_key("2"))
    await store.compact(3)
    assert await examine(store) == ()


@pytest.mark.parametrize("kind", DAMAGE)
async def test_damage_is_found_and_named(store: GraphStore, kind: str) -> None:
    def damage() -> Work[None]:
        for query in DAMAGE[kind]:
            yield Statement(query)

    await store._change(damage)
    found = {flaw.kind: flaw for flaw in await examine(store)}
    assert kind in found
    assert str(found[kind].count) in found[kind].text
    assert not any(key in flaw.text for flaw in found.values() for key in ("local|1", "local|2"))


async def test_what_the_schema_lacks_is_named(store: GraphStore) -> None:
    ladybug = store.dialect.name == "ladybug"

    def damage() -> Iterator[Statement]:
        yield Statement("ALTER TABLE Concept DROP placed" if ladybug else "DROP INDEX kgtwin_condition_code")

    def mend() -> Iterator[Statement]:
        yield Statement("CREATE INDEX kgtwin_condition_code IF NOT EXISTS FOR (n:Condition) ON (n.code)")

    def work(steps: Any) -> Work[None]:
        yield from steps()

    await store._change(lambda: work(damage))
    try:
        (flaw,) = await _structure(store)
        assert flaw == ("Concept.placed" if ladybug else "kgtwin_condition_code")
    finally:
        if not ladybug:
            await store._change(lambda: work(mend))


async def _structure(store: GraphStore) -> list[str]:
    from kgtwin.store import integrity  # noqa: PLC0415

    return await store.inspect(lambda: integrity._missing(store.dialect))


def test_every_kind_of_flaw_is_tried() -> None:
    assert DAMAGE.keys() | {"structure"} == TEXTS.keys()
