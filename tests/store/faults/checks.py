"""What must hold after a process was killed, whenever that was."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from kgtwin.store import backup
from kgtwin.store.base import GraphStore
from kgtwin.store.integrity import examine
from tests.store.builders import make_key
from tests.store.faults.child import FACTS

TOLD: Final = {"written": "facts", "corrected": "facts", "inferred": "inferences", "erased": "erasure"}
"""What a child says of a commit, and of what kind the revision is then."""


class Done(NamedTuple):
    """What the child said: the deed (or ``begin`` and its phase), the patient, the revision (0 where it begins)."""

    what: str
    patient: int
    revision: int


def read(lines: list[str]) -> list[Done]:
    """The whole lines of a child; a torn last one was never acknowledged."""
    return [_said(*line.split()) for line in lines if line.endswith("\n")]


def _said(what: str, second: str, third: str) -> Done:
    begins = what == "begin"
    return Done(f"begin {second}", int(third), 0) if begins else Done(what, int(second), int(third))


def unclosed(done: list[Done]) -> str | None:
    """The phase in which a child was killed; None if it was between two."""
    last = done[-1].what if done else ""
    return last.removeprefix("begin ") if last.startswith("begin ") else None


def acknowledged(done: list[Done]) -> int:
    """How many deeds the child said were done."""
    return sum(one.what != "opened" and not one.what.startswith("begin ") for one in done)


async def check(store: GraphStore, done: list[Done], folder: Path) -> None:
    """Every acknowledged write is there once, no patient is half, the feed has no gap, backups are whole."""
    await check_feed(store, done)
    await check_patients(store, done)
    assert await examine(store) == ()
    check_backups(done, folder)


async def check_feed(store: GraphStore, done: list[Done]) -> None:
    last = await store.revision()
    horizon = max([one.revision for one in done if one.what == "compacted"], default=0)
    table = await store.cypher("MATCH (r:Revision) RETURN r.number, r.kind ORDER BY r.number", limit=1_000_000)
    assert [row[0] for row in table.rows] == list(range(1, last + 1))
    kinds = {row[0]: row[1] for row in table.rows}
    for one in done:
        if one.what in TOLD:
            assert kinds.get(one.revision) == TOLD[one.what], one
    reached = await compacted(store)
    assert reached >= horizon
    feed = await store.revisions(after=reached)
    assert [one.number for one in feed] == list(range(reached + 1, last + 1))


async def compacted(store: GraphStore) -> int:
    rows = (await store.cypher("MATCH (s:Store) RETURN s.compacted")).rows
    return int(str(rows[0][0]))


async def check_patients(store: GraphStore, done: list[Done]) -> None:
    of: dict[str, set[int]] = {}
    for one in done:
        of.setdefault(one.what, set()).add(one.patient)
    found = {int(record.id) for record in await store.patients()}
    assert not found & of.get("erased", set())
    assert of.get("written", set()) - found <= of.get("begin erasure", set())
    for patient in found:
        await check_patient(store, patient, {what for what, patients in of.items() if patient in patients})
    edges = await store.cypher("MATCH (i:DetectedIssue)-[e:IMPLICATES]->() RETURN i.id, count(e)", limit=1_000_000)
    issues = (await store.counts())["issues"]
    assert [row[1] for row in edges.rows] == [1] * issues


async def check_patient(store: GraphStore, patient: int, told: set[str]) -> None:
    """A patient is whole, and has all that was told of it."""
    versions = [one.provenance.version for one in await store.facts(make_key(str(patient)))]
    assert len(versions) == FACTS, f"patient {patient} is half"
    assert len(set(versions)) == 1
    assert versions[0] == "2" if "corrected" in told else versions[0] in {"1", "2"}
    inference = await store.inference(make_key(str(patient)))
    assert inference is not None or "inferred" not in told
    if inference is not None:
        assert (len(inference.issues), len(inference.risks)) == (3, 1)


def check_backups(done: list[Done], folder: Path) -> None:
    """A backup is whole as soon as it has its name."""
    saved = {f"{one.patient}.backup": one.revision for one in done if one.what == "saved"}
    names = {file.name for file in folder.glob("*.backup")}
    assert saved.keys() <= names
    for file in folder.glob("*.backup"):
        end, frame, _ = backup.check(file)
        assert end.revision == frame.revision == saved.get(file.name, end.revision)
