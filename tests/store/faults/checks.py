"""What must hold after a process was killed, whenever that was."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kgtwin.store import backup
from kgtwin.store.base import GraphStore
from tests.store.builders import make_key
from tests.store.faults.child import FACTS


class Done(NamedTuple):
    """What the child said: the deed, the patient, the revision."""

    what: str
    patient: int
    revision: int


def read(lines: list[str]) -> list[Done]:
    """The whole lines of a child; a torn last one was never acknowledged."""
    words = [line.split() for line in lines if line.endswith("\n")]
    return [Done(what, int(patient), int(revision)) for what, patient, revision in words]


async def check(store: GraphStore, done: list[Done], folder: Path) -> None:
    """Every acknowledged write is there once, no patient is half, the feed has no gap, backups are whole."""
    await check_feed(store, done)
    await check_patients(store, done)
    check_backups(done, folder)


async def check_feed(store: GraphStore, done: list[Done]) -> None:
    last = await store.revision()
    horizon = max([one.revision for one in done if one.what == "compacted"], default=0)
    table = await store.cypher("MATCH (r:Revision) RETURN r.number, r.kind ORDER BY r.number", limit=1_000_000)
    assert [row[0] for row in table.rows] == list(range(1, last + 1))
    kinds = {row[0]: row[1] for row in table.rows}
    told = {"written": "facts", "corrected": "facts", "inferred": "inferences", "erased": "erasure"}
    for one in done:
        if one.what in told:
            assert kinds.get(one.revision) == told[one.what], one
    feed = await store.revisions(after=max(horizon, await compacted(store)))
    assert not feed or feed[-1].number == last


async def compacted(store: GraphStore) -> int:
    rows = (await store.cypher("MATCH (s:Store) RETURN s.compacted")).rows
    return int(str(rows[0][0]))


async def check_patients(store: GraphStore, done: list[Done]) -> None:
    of: dict[str, set[int]] = {}
    for one in done:
        of.setdefault(one.what, set()).add(one.patient)
    erased = of.get("erased", set())
    found = {int(record.id) for record in await store.patients()}
    assert not found & erased
    assert of.get("written", set()) - erased - found <= unsure(done, "erased")
    for patient in found:
        versions = [one.provenance.version for one in await store.facts(make_key(str(patient)))]
        assert len(versions) == FACTS, f"patient {patient} is half"
        assert len(set(versions)) == 1
        corrected = patient in of.get("corrected", set())
        assert versions[0] == "2" if corrected else versions[0] in {"1", "2"}
        inference = await store.inference(make_key(str(patient)))
        if patient in of.get("inferred", set()):
            assert inference is not None
        if inference is not None:
            assert len(inference.issues) == 3
            assert len(inference.risks) == 1
    edges = await store.cypher("MATCH (i:DetectedIssue)-[e:IMPLICATES]->() RETURN i.id, count(e)", limit=1_000_000)
    issues = (await store.counts())["issues"]
    assert [row[1] for row in edges.rows] == [1] * issues


def unsure(done: list[Done], what: str) -> set[int]:
    """The patient whose deed may have been committed although the child did not live to say so."""
    from tests.store.faults.child import ERASED_AFTER  # noqa: PLC0415

    last = max((one.patient for one in done), default=0)
    return {last - ERASED_AFTER} if what == "erased" else {last}


def check_backups(done: list[Done], folder: Path) -> None:
    """A backup is whole as soon as it has its name."""
    saved = {f"{one.patient}.backup": one.revision for one in done if one.what == "saved"}
    names = {file.name for file in folder.glob("*.backup")}
    assert saved.keys() <= names
    for file in folder.glob("*.backup"):
        end, frame, _ = backup.check(file)
        assert end.revision == frame.revision == saved.get(file.name, end.revision)
