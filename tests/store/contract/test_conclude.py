"""What follows for patients, stored by the transaction that stores what it follows from."""

from __future__ import annotations

import pytest

from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.model.submission import Submission
from kgtwin.store.base import GraphStore
from tests.store.builders import (
    DIABETES,
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_submission,
)

pytestmark = pytest.mark.anyio
ONE, TWO = make_key("1"), make_key("2")


class Concluding:
    """Concludes an issue from every patient's first fact, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[PatientRecord, tuple[Fact, ...], int]] = []

    def __call__(self, record: PatientRecord, facts: tuple[Fact, ...], revision: int) -> Inference | None:
        self.told.append((record, facts, revision))
        issues = [make_issue(record.id, facts[0], revision=revision)] if facts else []
        return make_inference(record.id, *issues, revision=revision)


def correction(resource: str, version: str) -> Submission:
    return make_submission(make_resource(make_fact("1", resource, version, code=DIABETES)), label="correction")


async def test_conclusions_come_with_their_facts_in_one_revision(store: GraphStore) -> None:
    conclude = Concluding()
    first = await store.write(make_bundle("1"), conclude=conclude)
    assert (first.revision, await store.revision()) == (1, 1)
    (inference,) = [await store.inference(ONE)]
    assert inference is not None
    assert inference.issues == await store.issues(ONE) != ()
    second = await store.write(correction("Condition/1-0", "2"), conclude=conclude)
    assert second.revision == await store.revision() == 2
    assert [one.kind for one in await store.revisions()] == ["facts", "facts"]
    assert await store.issues(ONE, as_of=1) == inference.issues
    assert [issue.revision for issue in await store.issues(ONE)] == [2]
    assert [told[2] for told in conclude.told] == [1, 2]


@pytest.mark.parametrize("patients", [1, 3, 40])
async def test_it_is_told_what_a_read_would_say(store: GraphStore, patients: int) -> None:
    """New and known patients, in one write, with the facts in the order in which they are read."""
    conclude = Concluding()
    await store.write(make_bundle("1"))
    given = [make_bundle(str(n), facts=4, version="2") for n in range(1, 1 + patients)]
    await store.write_all(given, conclude=conclude)
    assert {record.key for record, _, _ in conclude.told} == {make_key(str(n)) for n in range(1, 1 + patients)}
    assert len(conclude.told) == patients
    for record, facts, revision in conclude.told:
        assert (await store.patient(record.key), await store.facts(record.key)) == (record, facts)
        assert revision == await store.revision() == 2


async def test_an_issue_points_to_its_facts(store: GraphStore) -> None:
    await store.write(make_bundle("1"), conclude=Concluding())
    query = "MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue)-[:IMPLICATES]->(f:Condition) RETURN p.key, f.id"
    (fact, *_) = await store.facts(ONE)
    assert (await store.cypher(query)).rows == ((ONE, fact.id),)


async def test_what_changes_nothing_concludes_nothing(store: GraphStore) -> None:
    conclude = Concluding()
    await store.write(make_bundle("1"), conclude=conclude)
    again = await store.write(make_bundle("1"), conclude=conclude)
    assert (again.revision, len(conclude.told), await store.revision()) == (None, 1, 1)


async def test_nothing_concluded_leaves_nothing_stored(store: GraphStore) -> None:
    """As without ``conclude``: what followed from the old facts is history."""
    await store.write(make_bundle("1"), conclude=Concluding())
    await store.write(correction("Condition/1-0", "2"), conclude=lambda record, facts, revision: None)
    assert (await store.inference(ONE), await store.issues(ONE)) == (None, ())
    assert await store.issues(ONE, as_of=1) != ()


async def test_other_patients_keep_theirs(store: GraphStore) -> None:
    conclude = Concluding()
    await store.write_all([make_bundle("1"), make_bundle("2")], conclude=conclude)
    before = await store.inference(TWO)
    await store.write(make_submission(make_patient("1", "2", name="Eve")), conclude=conclude)
    assert [record.key for record, _, _ in conclude.told] == [ONE, TWO, ONE]
    assert await store.inference(TWO) == before


@pytest.mark.parametrize("patients", [1, 40])
async def test_a_failure_leaves_the_store_as_it_was(store: GraphStore, patients: int) -> None:
    def conclude(record: PatientRecord, facts: tuple[Fact, ...], revision: int) -> Inference | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write_all([make_bundle(str(n)) for n in range(patients)], conclude=conclude)
    assert (await store.revision(), await store.patients()) == (0, ())
    assert (await store.write(make_bundle("1"))).revision == 1
