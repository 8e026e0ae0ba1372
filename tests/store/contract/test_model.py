"""Random histories against a model made of dictionaries: what is current, what was at any revision, after restarts."""

from __future__ import annotations

import asyncio
import copy
import os
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kgtwin.errors import FeedCompactedError, NotFoundError
from kgtwin.model.issue import Inference
from kgtwin.store import backup
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from tests.store.builders import (
    DIABETES,
    MI,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_submission,
)

T = TypeVar("T")
PATIENTS, RESOURCES = "abc", "xyz"
MANY = int(os.environ.get("KGTWIN_TEST_EXAMPLES", "1"))


class Version(NamedTuple):
    number: int
    patient: str
    content: str
    retracted: bool
    fact: str | None


class Model:
    """What a store should hold: current facts and inference a patient, and the same at every revision."""

    def __init__(self) -> None:
        self.revision = 0
        self.known: set[str] = set()
        self.versions: dict[str, list[Version]] = {}
        self.current: dict[str, Version] = {}
        self.inferences: dict[str, Inference] = {}
        self.past: dict[int, tuple[dict[str, set[str]], dict[str, Inference]]] = {0: ({}, {})}
        self.compacted = 0

    def facts(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for version in self.current.values():
            if version.fact is not None:
                found.setdefault(version.patient, set()).add(version.fact)
        return found

    def commit(self) -> None:
        self.revision += 1
        self.past[self.revision] = (copy.deepcopy(self.facts()), dict(self.inferences))

    def receive(self, resource: str, version: Version) -> None:
        """A version as the rules say: numbers order them, the first of a number stays, a newer one supersedes."""
        seen = self.versions.setdefault(resource, [])
        if any(one.number == version.number for one in seen):
            return
        seen.append(version)
        before = self.current.get(resource)
        if before is None or version.number > before.number:
            self.current[resource] = version
            for patient in {version.patient, *([before.patient] if before else [])}:
                self.inferences.pop(patient, None)
        self.commit()

    def erase(self, patient: str) -> None:
        self.known.discard(patient)
        self.inferences.pop(patient, None)
        for resource, versions in list(self.versions.items()):
            self.versions[resource] = [one for one in versions if one.patient != patient]
            if resource in self.current and self.current[resource].patient == patient:
                del self.current[resource]
        for facts, inferences in self.past.values():
            facts.pop(patient, None)
            inferences.pop(patient, None)
        self.commit()


class Histories(RuleBasedStateMachine):
    """Does the same to a store and to the model."""

    make: Any

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = TemporaryDirectory()
        self.store: GraphStore = self.make(Path(self.folder.name))
        self.model = Model()
        self.run(self.store.open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()

    @rule(patient=st.sampled_from(PATIENTS))
    def meet(self, patient: str) -> None:
        self.run(self.store.write(make_submission(make_patient(patient))))
        if patient not in self.model.known:
            self.model.known.add(patient)
            self.model.commit()

    @precondition(lambda self: self.model.known)
    @rule(
        data=st.data(), resource=st.sampled_from(RESOURCES), number=st.integers(1, 5), retracted=st.booleans(),
        other=st.booleans(),
    )  # fmt: skip
    def receive(self, data: st.DataObject, resource: str, number: int, retracted: bool, other: bool) -> None:
        patient = data.draw(st.sampled_from(sorted(self.model.known)))
        fact = make_fact(patient, f"Condition/{resource}", str(number), code=DIABETES if other else MI)
        content = f"{patient}-{number}-{other}-{retracted}"
        self.run(self.store.write(make_submission(make_resource(fact, content=content, retracted=retracted))))
        stated = None if retracted else fact.id
        self.model.receive(resource, Version(number, patient, content, retracted, stated))

    @precondition(lambda self: self.model.known)
    @rule(data=st.data())
    def infer(self, data: st.DataObject) -> None:
        patient = data.draw(st.sampled_from(sorted(self.model.known)))
        facts = self.run(self.store.facts(make_key(patient)))
        issues = [make_issue(patient, fact, revision=self.model.revision) for fact in facts[:1]]
        inference = make_inference(patient, *issues, revision=self.model.revision)
        self.run(self.store.write_inferences([inference]))
        self.model.inferences[patient] = inference
        self.model.commit()

    @rule(patient=st.sampled_from(PATIENTS))
    def erase(self, patient: str) -> None:
        if patient in self.model.known:
            self.run(self.store.erase(make_key(patient)))
            self.model.erase(patient)
        else:
            with pytest.raises(NotFoundError):
                self.run(self.store.erase(make_key(patient)))

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.run(self.store.open())

    @rule(part=st.floats(0, 1))
    def compact(self, part: float) -> None:
        done = self.run(self.store.compact(int(self.model.revision * part)))
        self.model.compacted = max(self.model.compacted, int(self.model.revision * part))
        assert done.horizon == self.model.compacted

    @precondition(lambda self: self.model.revision > 2)
    @rule()
    def copy(self) -> None:
        """A restored backup gives the same answers."""
        file = Path(self.folder.name) / f"{self.model.revision}.backup"
        file.unlink(missing_ok=True)
        saved = self.run(backup.save(self.store, file))
        copied = LadybugStore(file.with_suffix(".lbdb"))
        for one in file.parent.glob(f"{file.stem}.lbdb*"):
            one.unlink()

        async def compare() -> None:
            async with copied:
                await backup.load(file, copied)
                await self.check(copied, [None, *self.model.past])

        self.run(compare())
        assert saved.revision == self.model.revision

    @invariant()
    def holds(self) -> None:
        """Now, at the beginning, in the middle and at the last revision."""
        self.run(self.check(self.store, [None, *{0, self.model.revision // 2, self.model.revision}]))

    async def check(self, store: GraphStore, moments: list[int | None]) -> None:
        model = self.model
        assert await store.revision() == model.revision
        assert {one.key for one in await store.patients()} == {make_key(one) for one in model.known}
        for as_of in moments:
            facts, inferences = (model.facts(), model.inferences) if as_of is None else model.past[as_of]
            for patient in PATIENTS:
                found = await store.facts(make_key(patient), as_of=as_of)
                assert {one.id for one in found} == facts.get(patient, set())
                assert await store.inference(make_key(patient), as_of=as_of) == inferences.get(patient)
        feed = await store.revisions(after=model.compacted)
        assert [one.number for one in feed] == list(range(model.compacted + 1, model.revision + 1))
        if model.compacted:
            with pytest.raises(FeedCompactedError):
                await store.changes(after=model.compacted - 1)
        assert await store.resolve(datetime(2999, 1, 1, tzinfo=UTC)) == model.revision


def histories(make: Any, examples: int, steps: int) -> None:
    machine = type("Machine", (Histories,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples * MANY,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_embedded_store_remembers_as_the_model_does() -> None:
    histories(lambda folder: LadybugStore(folder / "twin.lbdb"), 8, 14)


@pytest.mark.slow
def test_the_embedded_store_remembers_long_histories() -> None:
    histories(lambda folder: LadybugStore(folder / "twin.lbdb"), 10, 30)


@pytest.mark.neo4j
def test_neo4j_remembers_as_the_model_does(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    from kgtwin.store.neo4j import Neo4jStore  # noqa: PLC0415
    from tests.store.conftest import Server, wipe  # noqa: PLC0415

    server: Server = request.getfixturevalue("neo4j_server")

    def make(_: Path) -> GraphStore:
        wipe(server)
        return Neo4jStore(server.url, user=server.user, password=server.password)

    histories(make, 3, 12)
