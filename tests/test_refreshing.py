"""Histories of facts and of edits: what is stored and what is answered equals what is worked out afresh."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.editing import Archive
from kgtwin.model.axioms import Class, EquivalentClasses
from kgtwin.model.caveat import Caveat
from kgtwin.model.fact import PatientRecord, Provenance
from kgtwin.model.ontology import Annotation, EntityKind, Ontology
from kgtwin.model.submission import Submission
from kgtwin.reasoning import classify
from kgtwin.service import refreshing
from kgtwin.service.refresher import Refresher
from kgtwin.service.refreshing import State
from kgtwin.vocabulary import RDFS_LABEL, TAKES_NOW
from tests.fuzz import times
from tests.inference.crowd import NOW
from tests.inference.factory import condition, order
from tests.inference.test_contexts import contexts
from tests.service_history import History, at_no_revision, with_history

__all__ = ["contexts"]


@pytest.fixture(autouse=True, scope="module")
def _patient_by_patient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refreshing, "PORTION", 1)
        yield


@settings(max_examples=times(12), deadline=None)
@given(st.integers(0, 1_000_000))
def test_nothing_is_ever_stale(contexts: Knowledge, number: int) -> None:
    async def use(history: History) -> None:
        for _ in range(3):
            await history.patient_comes()
        for _ in range(12):
            await history.random.choice(history.HAPPENS)(history)
            await history.check_answers()
            if not await history.service.refresh_due():
                await history.check_stored()
        await history.refresh()
        await history.check_stored()

    with_history(contexts, number, use)


def statement_gone(knowledge: Knowledge, curie: str) -> Knowledge:
    """The knowledge without a statement."""
    iri = to_iri(curie)
    ontology = knowledge.ontology
    gone = [one for one in ontology.axioms if isinstance(one, EquivalentClasses) and Class(iri) in one.operands]
    return made(
        msgspec.structs.replace(
            ontology,
            axioms=tuple(one for one in ontology.axioms if one not in gone),
            annotations={name: notes for name, notes in ontology.annotations.items() if name != iri},
            digest="ab" * 32,
        )
    )


def role_renamed(knowledge: Knowledge) -> Knowledge:
    """The knowledge after an edit that touches everybody."""
    notes = {**knowledge.ontology.annotations, TAKES_NOW: (Annotation(RDFS_LABEL, "swallows"),)}
    return made(msgspec.structs.replace(knowledge.ontology, annotations=notes, digest="cd" * 32))


def made(ontology: Ontology) -> Knowledge:
    classes = (iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS)
    return Knowledge(ontology, classify(ontology.axioms, classes=classes))


async def asthma_and_nsaids(history: History) -> tuple[str, str]:
    """Two patients: one who takes two NSAIDs, one who takes none; and the keys of both."""
    for key, concepts in (("crowd|1", ("rxnorm:5640", "rxnorm:7258")), ("crowd|2", ("rxnorm:36437", "rxnorm:8123"))):
        record = PatientRecord(key=key, source="crowd", id=key[-1], provenance=Provenance("crowd", f"P/{key}", "1"))
        history.records[key], history.facts[key] = record, {}
        await history.write(history.version(key, f"P/{key}", record=record))
        for concept in concepts:
            await history.say(msgspec.structs.replace(order(f"M/{concept}", concept), patient=key))
    return "crowd|1", "crowd|2"


async def edit(history: History, knowledge: Knowledge) -> None:
    history.service.replace_knowledge(knowledge, history.service.edit_to(knowledge))
    history.knowledge = knowledge
    await history.service.write_taxonomy()


async def stored(history: History, keys: Iterable[str]) -> dict[str, str]:
    return {key: one.knowledge for key, one in (await history.store.told(list(keys))).items()}


def test_only_who_can_be_touched_is_inferred_again(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        keys = await asthma_and_nsaids(history)
        kept = {key: (await history.service.twin(key, at=NOW)).inference for key in keys}
        before = await history.store.inference(keys[1])
        assert not await history.service.refresh_due()
        later = statement_gone(contexts, "kgtwin:TEST_0011")
        await edit(history, later)
        due = await history.service.refresh_due()
        assert due.versions == {contexts.version: 2}
        assert await stored(history, keys) == dict.fromkeys(keys, contexts.version)
        assert (await history.service.twin(keys[1], at=NOW)).inference is kept[keys[1]]
        again = (await history.service.twin(keys[0], at=NOW)).inference
        assert again is not None
        first = kept[keys[0]]
        assert first is not None
        assert (len(first.issues), len(again.issues)) == (1, 0)
        seen = [one async for one in history.service.refresh(dry_run=True)]
        assert (seen[-1].touched, seen[-1].stored) == (1, 0)
        revision = await history.store.revision()
        seen = [one async for one in history.service.refresh()]
        assert [(one.looked, one.touched, one.stored) for one in seen] == [(1, 1, 1), (2, 1, 1), (2, 1, 1)]
        assert await stored(history, keys) == {keys[0]: later.version, keys[1]: contexts.version}
        assert await history.store.inference(keys[1]) == before
        feed = await history.store.revisions(after=revision)
        assert [(one.kind, one.patients) for one in feed] == [("inferences", (keys[0],)), ("refresh", ())]
        assert not await history.service.refresh_due()
        assert not await history.started().refresh_due()
        await history.store.compact(await history.store.revision())
        assert not await history.service.refresh_due()

    with_history(contexts, 0, use)


def test_a_refresh_that_was_stopped_goes_on_in_another_process(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        keys = [*await asthma_and_nsaids(history)]
        await edit(history, role_renamed(contexts))
        refresh = history.service.refresh()
        first = await anext(refresh)
        await refresh.aclose()
        assert (first.looked, first.stored) == (1, 1)
        history.service = history.started()
        assert (await history.service.refresh_due()).versions == {contexts.version: 1}
        last = [one async for one in history.service.refresh()][-1]
        assert (last.looked, last.stored, last.state) == (2, 1, State.DONE)
        assert await stored(history, keys) == dict.fromkeys(keys, history.knowledge.version)
        await history.check_stored()

    with_history(contexts, 0, use)


def test_without_the_old_knowledge_all_are_inferred_again(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        await asthma_and_nsaids(history)
        history.archive = Archive()
        history.knowledge = statement_gone(contexts, "kgtwin:TEST_0011")
        history.service = history.started()
        last = [one async for one in history.service.refresh()][-1]
        assert (last.touched, last.stored) == (2, 2)
        await history.check_stored()

    with_history(contexts, 0, use)


def test_a_refresh_does_not_end_while_another_process_stores_what_older_knowledge_says(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        older = history.service
        await asthma_and_nsaids(history)
        history.knowledge = statement_gone(contexts, "kgtwin:TEST_0011")
        history.service = history.started()
        refresh = history.service.refresh()
        await anext(refresh)
        async for _ in older.infer(["crowd|1"], at=NOW):
            pass
        await history.service.write_taxonomy()
        assert [one async for one in refresh][-1].state is State.DONE
        await history.check_stored()
        assert not await history.service.refresh_due()

    with_history(contexts, 0, use)


def test_another_edit_ends_a_refresh(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        await asthma_and_nsaids(history)
        await edit(history, statement_gone(contexts, "kgtwin:TEST_0011"))
        refresh = history.service.refresh()
        await anext(refresh)
        await edit(history, contexts)
        assert [one.state async for one in refresh] == [State.SUPERSEDED]
        await history.refresh()
        await history.check_stored()

    with_history(contexts, 0, use)


def test_who_was_never_inferred_is_if_that_is_asked_for(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        keys = await asthma_and_nsaids(history)
        fact = msgspec.structs.replace(order("M/y", "rxnorm:5640"), patient=keys[0])
        said = history.version(keys[0], "M/y", facts=(fact,))
        await history.store.write(Submission(label="without conclusions", source="crowd", resources=(said,)))
        assert await history.store.inference(keys[0]) is None
        assert [one.touched async for one in history.service.refresh()] == [0]
        assert [one async for one in history.service.refresh(missing=True)][-1].stored == 1
        assert await history.store.inference(keys[0]) is not None

    with_history(contexts, 0, use)


class Told(msgspec.Struct, frozen=True):
    """A prediction of an embedding for tests."""

    head: str
    tail: str
    model: str
    known: bool = False
    plausibility: float = 0.4
    prior: float = 0.006
    rank: float = 1
    candidates: int = 100
    caveats: tuple[Caveat, ...] = ()


class Embedding(msgspec.Struct, frozen=True):
    """Predicts all that it is asked."""

    model: str

    def best(self, heads: Iterable[str], relation: str, tails: Iterable[str]) -> list[Told]:
        tails = list(tails)
        return [Told(head, tail, self.model) for head in heads for tail in tails]


def test_another_embedding_changes_predictions_only(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        keys = await asthma_and_nsaids(history)
        history.predictor = Embedding("one")
        await history.say(msgspec.structs.replace(condition(), patient=keys[0]))
        assert (await history.service.refresh_due()).model is False
        before = await history.store.inference(keys[0])
        untouched = await history.store.inference(keys[1])
        assert before is not None
        assert {risk.model for risk in before.risks} == {"one"}
        history.predictor = Embedding("two")
        history.service = history.started()
        assert (await history.service.refresh_due()).model
        await history.refresh()
        after = await history.store.inference(keys[0])
        assert after is not None
        assert {risk.model for risk in after.risks} == {"two"}
        assert at_no_revision(msgspec.structs.replace(after, risks=())) == at_no_revision(
            msgspec.structs.replace(before, risks=())
        )
        assert await history.store.inference(keys[1]) == untouched
        history.predictor = None
        history.service = history.started()
        await history.refresh()
        assert await history.store.risks(keys[0]) == ()
        await history.check_stored()

    with_history(contexts, 0, use)


def test_behind_the_answers(contexts: Knowledge) -> None:
    async def use(history: History) -> None:
        await asthma_and_nsaids(history)
        said: list[str] = []
        refresher = Refresher(history.service, said.append)
        await refresher.begin()
        await refresher.done()
        assert said == []
        assert history.service.refreshing is None
        await edit(history, statement_gone(contexts, "kgtwin:TEST_0011"))
        await refresher.begin()
        await asyncio.sleep(0)
        await refresher.stop()
        await refresher.begin()
        await refresher.done()
        assert "done: 2 of 2 patients looked at, 1 touched, 1 inferred and stored" in said[-1]
        await history.check_stored()

    with_history(contexts, 0, use)
