"""Overrides in both stores: recorded, read as of a revision, copied with the patient, erased with the patient."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kgtwin.errors import NotFoundError, StoreError
from kgtwin.model.issue import Significance
from kgtwin.model.override import Override
from kgtwin.store import backup, nquads, parquet
from kgtwin.store.base import GraphStore
from kgtwin.store.integrity import examine
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_views import CurrentView
from tests.store.builders import make_bundle, make_inference, make_issue, make_key

pytestmark = pytest.mark.anyio


def make_override(patient: str, issue: str = "di-1", by: str = "Dr. Ω", **fields: object) -> Override:
    given = Override(
        id="", issue=issue, patient=make_key(patient), statement="kgtwin:CI_0001", significance=Significance.MAJOR,
        reason="2", by=by, at="", fingerprint="f",
    )  # fmt: skip
    return msgspec.structs.replace(given, **fields)


async def test_an_override_is_read_as_it_was_recorded(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    await store.write(make_bundle("2"))
    first = await store.override(make_override("1", text="seen “today”"))
    second = await store.override(make_override("1", "di-2", withdrawn=True))
    other = await store.override(make_override("2"))
    assert first.id.startswith("ov-")
    assert len({first.id, second.id, other.id}) == 3
    assert await store.overrides(make_key("1")) == (first, second)
    assert await store.overrides() == (first, second, other)
    assert [await store.overrides(make_key("1"), as_of=n) for n in (2, 3, 4)] == [(), (first,), (first, second)]
    assert await store.overrides("local|nobody") == ()


async def test_an_override_is_told_in_the_feed_and_changes_no_fact(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    facts = await store.facts(make_key("1"))
    issue = make_issue("1", facts[0])
    await store.write_inferences([make_inference("1", issue)])
    before = await store.patient_revision(make_key("1"))
    made = await store.override(make_override("1", issue.id))
    (told,) = await store.revisions(after=2)
    assert (told.number, told.kind, told.patients, told.added, told.at) == (3, "override", (make_key("1"),), 1, made.at)
    assert (await store.changes(after=2))[0].facts == ()
    assert await store.patient_revision(make_key("1")) == before
    assert await store.issues(make_key("1")) == (issue,)


async def test_an_override_outlives_the_issue(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    issue = make_issue("1", (await store.facts(make_key("1")))[0])
    await store.write_inferences([make_inference("1", issue)])
    made = await store.override(make_override("1", issue.id))
    await store.write_inferences([make_inference("1", revision=3)])
    assert await store.issues(make_key("1")) == ()
    assert await store.overrides(make_key("1")) == (made,)


async def test_nobody_elses_issue_is_overridden(store: GraphStore) -> None:
    with pytest.raises(NotFoundError, match=r"no patient local\|nobody"):
        await store.override(make_override("nobody"))
    assert await store.revision() == 0


async def test_an_erased_patient_has_no_overrides(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    await store.write(make_bundle("2"))
    await store.override(make_override("1", by="Nurse Gone", text="told me so"))
    kept = await store.override(make_override("2"))
    await store.erase(make_key("1"))
    assert await store.overrides() == (kept,)
    rows = (await store.cypher("MATCH (o:Override) RETURN o")).rows
    revisions = (await store.cypher("MATCH (r:Revision) RETURN r")).rows
    assert "Nurse Gone" not in str(rows)
    assert make_key("1") not in str(revisions)


@pytest.mark.parametrize("form", ["backup", "parquet", "nquads"])
async def test_overrides_are_part_of_every_copy(store: GraphStore, tmp_path: Path, form: str) -> None:
    await store.write(make_bundle("1"))
    await store.override(make_override("1"))
    await store.override(make_override("1", withdrawn=True, text="not any more"))
    path = tmp_path / ("copy" if form == "parquet" else "copy.nq" if form == "nquads" else "copy.backup")
    async with LadybugStore(tmp_path / "restored.lbdb") as restored:
        if form == "backup":
            await backup.save(store, path)
            await backup.load(path, restored)
        elif form == "parquet":
            await parquet.save(store, path)
            await parquet.load(path, restored)
        else:
            view = CurrentView(store)
            await nquads.save(store, view, path, records=True)
            await view.close()
            await nquads.load(path, restored)
        assert await restored.overrides() == await store.overrides()
        assert await backup.content(restored) == await backup.content(store)
        assert await examine(restored) == ()


async def test_a_damaged_override_is_found(store: GraphStore) -> None:
    await store.write(make_bundle("1"))
    await store.override(make_override("1"))
    assert await examine(store) == ()
    (unit,) = await store.units([make_key("1")])
    (row,) = unit.nodes["Override"]
    from kgtwin.store.integrity import flaws_of  # noqa: PLC0415

    broken = msgspec.structs.replace(unit, nodes={**unit.nodes, "Override": ((*row[:-1], "{}"),)})
    assert list(flaws_of(broken, 2)) == ["unreadable"]
    moved = msgspec.structs.replace(unit, nodes={**unit.nodes, "Override": (("ov-other", *row[1:]),)})
    assert list(flaws_of(moved, 2)) == ["column-differs"]
    assert list(flaws_of(unit, 1)).count("future") >= 1


async def test_a_store_that_is_read_only_takes_none(tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await store.write(make_bundle("1"))
    async with LadybugStore(tmp_path / "twin.lbdb", read_only=True) as store:
        with pytest.raises(StoreError, match="read-only"):
            await store.override(make_override("1"))
