"""A store that things happen to: patients come, facts change, the ontology is edited, the service restarts."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.editing import Archive
from kgtwin.inference.predicting.predict import Predictor
from kgtwin.model.fact import Fact, PatientRecord, Provenance, fact_id
from kgtwin.model.issue import Inference
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.service import Service
from kgtwin.service.refreshing import State
from kgtwin.store.ladybug import LadybugStore
from kgtwin.terminology import Terminology
from tests.inference.crowd import NOW, Crowd
from tests.inference.editor import edited
from tests.inference.test_editing import same

SIZE = 6
"""Facts of a patient, at first."""


class History:
    """A store with a service over it, and what it was told, by patient and resource."""

    def __init__(self, store: LadybugStore, knowledge: Knowledge, number: int) -> None:
        self.store, self.knowledge = store, knowledge
        self.random, self.crowd, self.archive = Random(number), Crowd(knowledge), Archive()
        self.records: dict[str, PatientRecord] = {}
        self.facts: dict[str, dict[str, Fact]] = {}
        self.versions = 0
        self.predictor: Predictor | None = None
        self.service = self.started()

    def started(self) -> Service:
        """Another process over the same store."""
        known = self.knowledge
        return Service(
            self.store,
            lambda: Terminology.load(Path()),
            lambda: known,
            lambda: self.predictor,
            now=lambda: NOW,
            archive=self.archive,
        )

    # what happens

    async def patient_comes(self) -> None:
        record, facts = self.crowd.patient(self.random.randrange(1_000_000), SIZE)
        self.records[record.key] = record
        self.facts[record.key] = {}
        origin = Provenance("crowd", f"Patient/{record.id}", "1")
        received = msgspec.structs.replace(record, provenance=origin)
        self.records[record.key] = received
        await self.write(self.version(record.key, origin.resource, record=received))
        for fact in facts:
            await self.say(fact)

    async def fact_comes(self) -> None:
        key = self.random.choice(sorted(self.facts))
        _, facts = self.crowd.patient(self.random.randrange(1_000_000), 1)
        await self.say(msgspec.structs.replace(facts[0], patient=key))

    async def fact_is_corrected(self) -> None:
        """By another one of the kind, under the same resource."""
        if found := self.some_fact():
            _, others = self.crowd.patient(self.random.randrange(1_000_000), 30)
            other = next((one for one in others if one.kind is found.kind), found)
            provenance = found.provenance
            await self.say(msgspec.structs.replace(other, patient=found.patient, provenance=provenance))

    async def medicine_is_stopped(self) -> None:
        if found := self.some_fact():
            await self.say(msgspec.structs.replace(found, status="stopped"))

    async def fact_is_deleted(self) -> None:
        if found := self.some_fact():
            resource = found.provenance.resource
            del self.facts[found.patient][resource]
            await self.write(self.version(found.patient, resource, deleted=True))

    async def patient_is_erased(self) -> None:
        key = self.random.choice(sorted(self.facts))
        if len(self.facts) > 1:
            await self.service.erase(key, rewrite=False)
            del self.facts[key], self.records[key]

    async def knowledge_is_edited(self) -> None:
        found = edited(self.knowledge, self.random.randrange(1_000_000))
        if found is not None:
            self.service.replace_knowledge(found, self.service.edit_to(found))
            self.knowledge = found
            await self.service.write_taxonomy()

    async def service_restarts(self) -> None:
        self.service = self.started()

    async def refresh_is_stopped(self) -> None:
        """After some patients."""
        refresh = self.service.refresh()
        for _ in range(self.random.choice((1, 2))):
            await anext(refresh, None)
        await refresh.aclose()

    # how it is told

    def some_fact(self) -> Fact | None:
        found = [fact for facts in self.facts.values() for fact in facts.values()]
        return self.random.choice(found) if found else None

    def version(self, patient: str, resource: str, **more: Any) -> ResourceVersion:
        """The next version of a resource."""
        self.versions += 1
        number = f"{self.versions:06}"
        updated = f"2026-01-01T{self.versions // 3600:02}:{self.versions // 60 % 60:02}:{self.versions % 60:02}Z"
        return ResourceVersion(
            source="crowd",
            resource=resource,
            version=number,
            content=number,
            patient=patient,
            updated=updated,
            **more,
        )

    async def say(self, fact: Fact) -> None:
        resource = f"{fact.provenance.resource.partition('#')[0]}#{fact.patient}"
        version = self.version(fact.patient, resource)
        provenance = Provenance("crowd", resource, version.version)
        said = msgspec.structs.replace(fact, provenance=provenance, id=fact_id(fact.patient, provenance))
        self.facts[fact.patient][resource] = said
        await self.write(msgspec.structs.replace(version, facts=(said,)))

    async def write(self, version: ResourceVersion) -> None:
        submission = Submission(label="history", source="crowd", resources=(version,))
        receipt = await self.store.write(submission, conclude=self.service.concluder(NOW))
        assert not receipt.problems, receipt.problems

    # what has to hold

    async def fresh(self, key: str) -> Inference:
        """Worked out from what was told, with nothing remembered."""
        facts = await self.store.facts(key)
        assert {fact.id for fact in facts} == {fact.id for fact in self.facts[key].values()}
        return infer(key, self.records[key], facts, self.knowledge, at=NOW, revision=0, predictor=self.predictor)

    async def check_answers(self) -> None:
        for key in self.facts:
            found = (await self.service.twin(key, at=NOW)).inference
            assert found is not None
            assert at_no_revision(found) == at_no_revision(await self.fresh(key))

    async def check_stored(self) -> None:
        for key in self.facts:
            found = await self.store.inference(key)
            assert found is not None
            assert at_no_revision(found) == at_no_revision(await self.fresh(key))

    async def refresh(self) -> None:
        last = None
        async for found in self.service.refresh():
            last = found
        assert last is not None
        assert last.state is State.DONE
        assert not await self.service.refresh_due()

    HAPPENS = (
        patient_comes,
        fact_comes,
        fact_comes,
        fact_is_corrected,
        fact_is_corrected,
        medicine_is_stopped,
        fact_is_deleted,
        patient_is_erased,
        knowledge_is_edited,
        knowledge_is_edited,
        knowledge_is_edited,
        service_restarts,
        refresh_is_stopped,
        refresh,
    )


def at_no_revision(found: Inference) -> object:
    """What an answer says, whenever its facts were learnt."""
    issues = sorted(found.issues, key=lambda issue: issue.id)
    bare = msgspec.structs.replace(
        found, revision=0, issues=tuple(msgspec.structs.replace(one, revision=0) for one in issues)
    )
    return same(bare)


def with_history(knowledge: Knowledge, number: int, use: Callable[[History], Awaitable[None]]) -> None:
    async def inside() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with LadybugStore(Path(folder) / "twin.lbdb") as store:
                history = History(store, knowledge, number)
                await history.service.write_taxonomy()
                await use(history)
                await history.service.close()

    asyncio.run(inside())
