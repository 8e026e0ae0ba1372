"""The RDF view on disk follows its store, survives what happens to its files, and is shared with other processes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kgtwin.errors import FeedCompactedError, OntologySyntaxError, StoreError, StoreLockedError
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import FactKind
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph
from kgtwin.store import rdf_update
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_files import ViewFolder
from kgtwin.store.rdf_verify import status, verify
from kgtwin.store.rdf_views import CurrentView
from tests.store.builders import (
    KNOWLEDGE,
    POTASSIUM,
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
from tests.store.rdf_tools import (
    GRAPH,
    change,
    checkpoints,
    damage,
    files_with,
    generations,
    held,
    locked_by_another,
    mode,
)

pytestmark = pytest.mark.anyio

FACTS = "SELECT (COUNT(*) AS ?n) { ?p a kgtwin:Patient ; ?has ?f . ?f a kgtwin:Condition }"


@pytest.fixture
async def twin(tmp_path: Path) -> AsyncIterator[GraphStore]:
    """An embedded store, for what does not depend on the store."""
    async with LadybugStore(tmp_path / "one.lbdb") as opened:
        await opened.write(make_bundle("1"))
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "view"


async def count(view: CurrentView, query: str = FACTS) -> int:
    answer = await view.query(query, format="csv")
    return int(list(csv.reader(io.StringIO(answer.body.decode())))[1][0])


async def opened(store: GraphStore, folder: Path, **options: Any) -> CurrentView:
    return CurrentView(store, folder, **options)


def named(patient: str, resource: str, label: str, version: str = "1") -> Any:
    code = Coded((Coding("urn:x:codes", "c-1", label),))
    return make_resource(make_fact(patient, resource, version, code=code))


async def history(store: GraphStore) -> AsyncIterator[str]:
    """Everything that a store is told, step by step."""
    await store.write(make_submission(make_patient("1 é"), named("1 é", "Condition/a", 'an "odd" label \\u0041\n')))
    yield "a patient"
    await store.write(make_bundle("2"))
    yield "another patient"
    await store.write_knowledge(KNOWLEDGE)
    yield "knowledge"
    facts = (make_fact("1 é", "Observation/o", kind=FactKind.OBSERVATION, code=POTASSIUM, value=millimole("5.10")),)
    await store.write(make_submission(*map(make_resource, facts)))
    yield "a fact with a concept that the taxonomy lacks"
    issue = make_issue("1 é", facts[0])
    await store.write_inferences(
        [make_inference("1 é", issue, revision=5, risks=(make_risk("1 é"),)), make_inference("2", revision=5)]
    )
    yield "inferences"
    await store.write(
        make_submission(named("1 é", "Condition/a", "a new label", "2"), make_patient("2", "2", name="B"))
    )
    yield "a correction"
    await store.write(make_submission(make_resource(make_fact("2", "Condition/2-1", "2"), retracted=True)))
    yield "a retraction"
    other = KnowledgeGraph("2026.2", "d2", (KnowledgeConcept("snomed:22298006", "Heart attack"),))
    await store.write_knowledge(other)
    yield "other knowledge"


async def test_after_every_write_the_view_says_what_the_store_says(store: GraphStore, folder: Path) -> None:
    view = await opened(store, folder)
    async for step in history(store):
        assert (await view.query("ASK {}")).revision == await store.revision(), step
        found = await verify(store, view)
        assert (found.differences, found.revision) == ((), await store.revision()), step
    assert len(generations(folder)) == len(checkpoints(folder)) == 1
    followed = held(folder)
    await view.refresh(rebuild=True)
    assert held(folder) == followed
    await view.close()


async def test_each_triple_is_seen_once_however_many_graphs_say_it(twin: GraphStore, folder: Path) -> None:
    await twin.write_knowledge(KNOWLEDGE)
    view = await opened(twin, folder)
    label = 'SELECT (COUNT(*) AS ?n) { snomed:22298006 rdfs:label "Myocardial infarction" }'
    assert await count(view, label) == 1
    assert await count(view, label.replace("{", "{ GRAPH ?g {") + "}") == 2
    await twin.write(
        make_submission(*(make_resource(make_fact("1", f"Condition/1-{n}", "2"), retracted=True) for n in range(3)))
    )
    assert await count(view, label) == 1  # the taxonomy goes on saying it
    assert (await verify(twin, view)).differences == ()
    await view.close()


async def test_a_view_that_is_opened_again_goes_on_where_it_was(
    twin: GraphStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened(twin, folder)
    assert await count(view) == 3
    await view.close()
    built = generations(folder)
    await twin.write(make_bundle("2", facts=2))
    monkeypatch.setattr(rdf_update, "quads_of", None)  # building is not needed
    view = await opened(twin, folder)
    assert await count(view) == 5
    await view.close()
    assert generations(folder) == built


async def test_labels_go_with_the_last_patient_who_gave_them(twin: GraphStore, folder: Path) -> None:
    view = await opened(twin, folder)
    label = 'SELECT (COUNT(*) AS ?n) { ?c rdfs:label "rare" FILTER NOT EXISTS { ?c a ?t } }'
    await twin.write(
        make_submission(named("1", "Condition/a", "rare"), make_patient("2"), named("2", "Condition/b", "rare"))
    )
    assert await count(view, label) == 1
    await twin.write(make_submission(named("1", "Condition/a", "common", "2")))
    assert await count(view, label) == 1
    await twin.write(make_submission(named("2", "Condition/b", "common", "2")))
    assert await count(view, label) == 0
    assert (await verify(twin, view)).differences == ()
    await view.close()


async def test_of_an_erased_patient_nothing_remains_in_any_file(store: GraphStore, folder: Path) -> None:
    secret = "Zebra-4711"
    await store.write(
        make_submission(make_patient(secret), named(secret, f"Condition/{secret}", "known by zebra label"))
    )
    await store.write(make_bundle("2"))
    view = await opened(store, folder)
    assert await count(view) == 4
    assert files_with(folder, b"Zebra")  # where Oxigraph does not compress
    assert any("zebra" in quad for quad in held(folder))
    before = generations(folder)
    await store.erase(make_key(secret))
    assert await count(view) == 3
    await view.close()
    assert not set(before) & set(generations(folder))  # written anew from the store, not edited
    assert files_with(folder, b"Zebra", b"zebra") == []
    assert [quad for quad in held(folder) if "zebra" in quad.lower()] == []


async def test_a_compacted_feed_leads_to_a_rebuild(
    twin: GraphStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened(twin, folder)
    await count(view)
    built = generations(folder)
    told = twin.revisions

    async def compacted(*, after: int = 0, limit: int | None = None) -> Any:
        if after < 2:
            raise FeedCompactedError("gone")
        return await told(after=after, limit=limit)

    for patient in "23":
        await twin.write(make_bundle(patient, facts=2))
    monkeypatch.setattr(twin, "revisions", compacted)
    assert await count(view) == 7
    assert generations(folder) != built
    await view.close()


async def test_another_store_in_the_same_place_is_not_taken_for_the_old_one(tmp_path: Path, folder: Path) -> None:
    for patient, facts in (("1", 3), ("2", 1)):
        path = tmp_path / f"{patient}.lbdb"
        async with LadybugStore(path) as other:
            await other.write(make_bundle(patient, facts=facts))
            view = await opened(other, folder)
            assert await count(view) == facts
            await view.close()


@pytest.mark.parametrize(
    ("pattern", "how"),
    [
        ("current.json", "shorten"),
        ("g-*/r*/*", "shorten"),
        ("g-*/r*/*", "remove"),
        ("g-*/primary/*", "shorten"),
        ("g-*/primary/*.sst", "remove"),
    ],
)
async def test_a_damaged_view_is_built_anew(twin: GraphStore, folder: Path, pattern: str, how: str) -> None:
    view = await opened(twin, folder)
    await count(view)
    await view.close()
    damage(folder, pattern, how)
    await twin.write(make_bundle("2", facts=1))
    view = await opened(twin, folder)
    assert await count(view) == 4
    assert (await verify(twin, view)).differences == ()
    await view.close()


@pytest.mark.parametrize("how", ["shorten", "blank", "remove"])
async def test_damage_that_only_a_query_finds_is_mended_too(twin: GraphStore, folder: Path, how: str) -> None:
    view = await opened(twin, folder)
    await count(view)
    await view.close()
    damage(folder, "g-*/r*/*.sst", how)
    view = await opened(twin, folder)
    assert await count(view) == 3
    await view.close()


async def test_while_another_process_updates_the_last_checkpoint_answers(twin: GraphStore, folder: Path) -> None:
    view = await opened(twin, folder, wait=0.2)
    assert (await view.query(FACTS)).revision == 1
    with locked_by_another(folder) as pid:
        await twin.write(make_bundle("2"))
        assert (await view.query(FACTS)).revision == 1
        with pytest.raises(StoreLockedError, match=rf"process {pid} on .*\(a test\)"):
            await view.refresh()
        assert str(pid) in (await status(twin, view)).writer
        await twin.write(make_bundle("3"))
        await twin.erase(make_key("3"))
        with pytest.raises(StoreLockedError):  # the last checkpoint may show who was erased
            await view.query(FACTS)
    assert (await view.query(FACTS)).revision == 4
    assert (await status(twin, view)).writer == ""
    await view.close()


async def test_two_views_share_one_folder(twin: GraphStore, folder: Path) -> None:
    one, two = [await opened(twin, folder) for _ in range(2)]
    for patient in range(2, 6):
        await twin.write(make_bundle(str(patient), facts=1))
        answers = await asyncio.gather(*(view.query(FACTS) for view in (one, two, one, two)))
        assert {answer.revision for answer in answers} == {patient}
        assert len({answer.body for answer in answers}) == 1
    assert len(generations(folder)) == 1
    await one.close()
    await two.close()
    assert len(checkpoints(folder)) == 1


async def test_a_checkpoint_stays_while_it_is_read(twin: GraphStore, folder: Path) -> None:
    view = await opened(twin, folder)
    async with view.leased() as before:
        await twin.write(make_bundle("2"))
        assert await count(view) == 6
        assert len(checkpoints(folder)) == 2
        assert b'"3"' in (await before.query(FACTS)).body
    assert len(checkpoints(folder)) == 1
    await view.close()


class Ontology:
    """An ontology of two axioms that can be edited and broken."""

    def __init__(self) -> None:
        self.digest, self.turtle, self.loads = "d1", "<urn:A> a <urn:Class> ; <urn:is> [ <urn:on> <urn:p> ] .", 0

    def stamp(self) -> str:
        return self.digest + self.turtle

    def load(self) -> tuple[str, bytes]:
        self.loads += 1
        if self.digest == "broken":
            raise OntologySyntaxError("broken")
        return self.digest, self.turtle.encode()


async def test_the_ontology_stands_in_its_own_graph_and_is_loaded_when_it_changed(
    twin: GraphStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgtwin.store.rdf_views.LOOK_SECONDS", 0.0)
    ontology = Ontology()
    view = await opened(twin, folder, ontology=ontology)
    inside = "SELECT (COUNT(*) AS ?n) { GRAPH graph:ontology { ?s ?p ?o } }"
    assert [await count(view, inside) for _ in range(3)] == [3, 3, 3]
    assert await count(view, "SELECT (COUNT(*) AS ?n) { <urn:A> ?p ?o }") == 0
    assert ontology.loads == 1
    assert (await verify(twin, view)).differences == ()
    ontology.digest, ontology.turtle = "d2", "<urn:A> a <urn:Class> ."
    assert await count(view, inside) == 1
    ontology.digest = "broken"
    loads = ontology.loads
    assert [await count(view, inside) for _ in range(3)] == [1, 1, 1]
    assert ontology.loads == loads + 1
    await view.close()


async def test_the_folder_is_its_owners_alone(twin: GraphStore, folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, 0o755)
    view = await opened(twin, folder)
    await count(view)
    assert mode(folder) == 0o700
    await view.close()


async def test_a_folder_with_other_things_is_left_alone(twin: GraphStore, tmp_path: Path) -> None:
    before = mode(tmp_path)
    with pytest.raises(StoreError, match="other files"):
        await CurrentView(twin, tmp_path).refresh()
    assert mode(tmp_path) == before


async def test_status_says_how_the_view_stands(twin: GraphStore, folder: Path) -> None:
    view = await opened(twin, folder, name="a")
    assert (await status(twin, view)).state == "missing"
    await view.refresh()
    found = await status(twin, view)
    assert (found.state, found.revision, found.bytes > 10_000) == ("fresh", 1, True)
    await twin.write(make_bundle("2"))
    assert (await status(twin, view)).state == "behind"
    assert (await status(twin, CurrentView(twin, folder, name="b"))).state == "unusable"
    await view.close()


async def test_what_differs_is_named_and_counted_without_patients(twin: GraphStore, folder: Path) -> None:
    view = await opened(twin, folder)
    await view.refresh()
    lease = ViewFolder(folder).lease()
    assert lease is not None
    kgtwin = "https://w3id.org/kgtwin/ontology#"
    change(
        lease.path,
        f"DELETE WHERE {{ GRAPH <{GRAPH}asserted> {{ ?s <{kgtwin}status> ?o }} }};"
        f"INSERT DATA {{ GRAPH <{GRAPH}inferred> {{ <urn:stray> <urn:p> 1 }} <urn:more> <urn:p> 1 }}",
    )
    found = await verify(twin, view)
    kinds = {one.kind: (one.count, one.patients) for one in found.differences}
    assert kinds == {
        "asserted": (3, 1),
        "triples of no patient in inferred": (1, 0),
        "default graph": (5, 0),
    }
    assert make_key("1") not in json.dumps([one.kind for one in found.differences])
    lease.close()
    await view.close()
