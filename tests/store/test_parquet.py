"""A store as Parquet: what others read in it, an equal store from it, and refusal of what is not whole."""

# ruff: noqa: ASYNC240  # files are what these tests are about

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from kgtwin.errors import MalformedInputError, UsageError
from kgtwin.store import backup, parquet, parquet_files
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.schema import EDGES, NODES
from tests.store.builders import make_bundle, make_key
from tests.store.conftest import StoreMaker
from tests.store.contract.test_backup import answers
from tests.store.histories import ODD, STEPS, follow, live

DOCS = Path(__file__).parents[2] / "docs" / "analysts.md"
TYPES = {"STRING": pa.string(), "INT64": pa.int64(), "BOOL": pa.bool_(), "DOUBLE": pa.float64()}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of a store with everything, to be copied before it is harmed."""
    folder = tmp_path_factory.mktemp("parquet")

    async def make() -> None:
        async with LadybugStore(folder / "twin.lbdb") as store:
            await live(store)
            await parquet.save(store, folder / "out")

    asyncio.run(make())
    return folder / "out"


def asked(query: str) -> list[tuple[Any, ...]]:
    """DuckDB's answer."""
    return duckdb.connect().execute(query).fetchall()


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.anyio
async def test_a_store_comes_back_equal_in_either_database(store: GraphStore, tmp_path: Path) -> None:
    await live(store)
    saved = await parquet.save(store, tmp_path / "out")
    assert saved.content == await backup.content(store)
    assert (saved.revision, saved.patients) == (await store.revision(), 6)
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        assert await parquet.load(tmp_path / "out", other) == saved
        if isinstance(store, LadybugStore):  # on a server so many questions take their time
            assert await answers(other) == await answers(store)
        assert (await other.write(make_bundle("later"))).revision == saved.revision + 1


@pytest.mark.slow
@pytest.mark.anyio
async def test_an_export_of_the_embedded_store_is_restored_into_this_one(
    make_store: StoreMaker, exported: Path
) -> None:
    async with make_store() as store:
        saved = await parquet.load(exported, store)
        assert saved.content == await backup.content(store)
        assert next(one for one in await store.patients() if one.id == "odd").name == ODD


@pytest.mark.anyio
async def test_an_empty_store(store: GraphStore, tmp_path: Path) -> None:
    saved = await parquet.save(store, tmp_path / "out")
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        assert await parquet.load(tmp_path / "out", other) == saved
        assert await other.revision() == 0


@given(steps=STEPS)
@settings(max_examples=int(os.environ.get("KGTWIN_TEST_EXAMPLES", "4")))
def test_any_history_comes_back(steps: list[tuple[str, str, int, str]]) -> None:
    async def check(folder: Path) -> None:
        async with LadybugStore(folder / "a.lbdb") as store, LadybugStore(folder / "b.lbdb") as other:
            await follow(store, steps)
            await parquet.save(store, folder / "out")
            await parquet.load(folder / "out", other)
            assert await backup.content(other) == await backup.content(store)

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


def test_small_row_groups_say_the_same(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def again() -> None:
        async with LadybugStore(tmp_path / "other.lbdb") as other:
            await parquet.load(exported, other)
            await parquet.save(other, tmp_path / "large")
            monkeypatch.setattr(parquet_files, "ROWS", 2)
            await parquet.save(other, tmp_path / "out")

    asyncio.run(again())
    for name in sorted(parquet_files.FILES.values()):
        assert pq.read_table(tmp_path / "out" / name).equals(pq.read_table(tmp_path / "large" / name)), name
    assert pq.ParquetFile(tmp_path / "out" / "nodes" / "Condition.parquet").num_row_groups > 1


def test_others_read_the_types_of_the_schema(exported: Path) -> None:
    """Every label and every kind of edge has its file; DuckDB and Arrow read the same rows from it."""
    manifest = msgspec.json.decode((exported / "manifest.json").read_bytes())
    assert names_in(exported) - {"manifest.json"} == {
        *(f"nodes/{label}.parquet" for label in NODES),
        *(f"edges/{edge}.parquet" for edge in EDGES),
    }
    for name, said in manifest["files"].items():
        table = pq.read_table(exported / name)
        columns = NODES.get(Path(name).stem)
        if columns is not None:
            assert {field.name: field.type for field in table.schema} == {n: TYPES[t] for n, t in columns.items()}
        rows = duckdb.read_parquet(str(exported / name)).fetchall()
        assert rows == [tuple(row.values()) for row in table.to_pylist()]
        assert len(rows) == said["rows"]
    assert sum(said["rows"] > 0 for said in manifest["files"].values()) > 40


@pytest.mark.anyio
async def test_the_rows_are_the_store_s(exported: Path, tmp_path: Path) -> None:
    """What DuckDB counts and joins is what the store itself answers."""
    async with LadybugStore(tmp_path / "other.lbdb") as store:
        await parquet.load(exported, store)
        counts = await store.counts()
        query = "MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c:Concept) RETURN p.key, f.id, c.curie"
        joined = await store.cypher(query)
        issues = await store.cypher("MATCH (i:DetectedIssue)-[:IMPLICATES]->(f:Condition) RETURN i.id, f.id")
    at = f"read_parquet('{exported}/"
    (conditions,) = asked(f"FROM {at}nodes/Condition.parquet') SELECT count(*) WHERE current")
    assert conditions == (counts["Condition"],)
    found = asked(
        f"SELECT h.src, f.id, c.dst FROM {at}edges/HAS_CONDITION.parquet') h "
        f"JOIN {at}nodes/Condition.parquet') f ON f.id = h.dst AND h.dstLabel = 'Condition' AND h.patient = f.patient "
        f"JOIN {at}edges/CODED_AS.parquet') c ON c.src = f.id AND c.srcLabel = 'Condition' AND c.patient = f.patient"
    )
    assert sorted(found) == sorted(joined.rows)
    pointed = asked(f"FROM {at}edges/IMPLICATES.parquet') SELECT src, dst WHERE dstLabel = 'Condition'")
    assert sorted(pointed) == sorted(issues.rows) != []


def test_the_query_of_the_documentation_runs(exported: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    section = text[text.index("## Parquet, for other tools") :]
    query = re.search(r"```sql\n(.*?)```", section, re.DOTALL)
    assert query is not None
    rows = {row[0]: row[2:] for row in asked(query[1].replace("/data/twin/", f"{exported}/"))}
    assert rows["snomed:22298006"][0] >= 2
    assert any(issues for _, issues in rows.values())


@pytest.mark.anyio
async def test_folder_and_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            await parquet.save(store, tmp_path / "new" / "out")
    finally:
        os.umask(before)
    out = tmp_path / "new" / "out"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (out, out / "nodes", out / "edges")} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*") if path.is_file()} == {0o600}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out"]


@pytest.mark.anyio
async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        for name in ("full", "file"):
            with pytest.raises(UsageError, match="something already") as caught:
                await parquet.save(store, tmp_path / name)
            assert caught.value.where == str(tmp_path / name)
        assert names_in(tmp_path / "full") == {"mine"}
        await parquet.save(store, tmp_path / "link")
    assert "manifest.json" in names_in(tmp_path / "empty")
    assert not list(tmp_path.glob("*.partial-*"))


@pytest.mark.anyio
async def test_a_store_that_is_not_empty_is_left_alone(exported: Path, tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        await other.write(make_bundle("1"))
        before = await backup.content(other)
        with pytest.raises(UsageError, match="not empty"):
            await parquet.load(exported, other)
        assert await backup.content(other) == before


@pytest.mark.anyio
async def test_nothing_of_a_patient_erased_meanwhile_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        for patient in ("gone", "stays"):
            await store.write(make_bundle(patient))
        frame, asked = store.frame, list[int]()

        async def erased_first() -> object:
            asked.append(1)
            if len(asked) == 1:
                await store.erase(make_key("gone"))
            return await frame()

        monkeypatch.setattr(store, "frame", erased_first)
        assert (await parquet.save(store, tmp_path / "out")).patients == 1
    for path in (tmp_path / "out").rglob("*.parquet"):
        assert "gone" not in str(pq.read_table(path).to_pylist()), path


KILLED = """
import asyncio, os, pathlib, sys
from kgtwin.store import parquet, parquet_files
from kgtwin.store.ladybug import LadybugStore
def die(*_):
    os.kill(os.getpid(), 9)
async def main():
    async with LadybugStore(pathlib.Path(sys.argv[1]), read_only=True) as store:
        await parquet.save(store, pathlib.Path(sys.argv[2]))
where, name = {"tables": (parquet_files.Writer, "close"), "manifest": (parquet, "_file"),
               "end": (parquet.NewFolder, "appear")}[sys.argv[3]]
setattr(where, name, die)
asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["tables", "manifest", "end"])
def test_a_killed_export_leaves_no_folder_that_looks_complete(tmp_path: Path, moment: str) -> None:
    async def make() -> None:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            await store.write(make_bundle("1"))

    asyncio.run(make())
    command = [sys.executable, "-c", KILLED, str(tmp_path / "twin.lbdb"), str(tmp_path / "out"), moment]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "out").exists()
    (left,) = tmp_path.glob("out.partial-*")
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    if moment != "end":
        with pytest.raises(MalformedInputError, match=r"manifest\.json: it is missing"):
            parquet.check(left)


Harm = Callable[[Path], Any]


def rewritten(folder: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """A table changed by someone who also mends the manifest."""
    out = io.BytesIO()
    pq.write_table(change(pq.read_table(folder / name)), out)
    forged(folder, name, out.getvalue())


def forged(folder: Path, name: str, data: bytes) -> None:
    """A file replaced by someone who also mends the manifest."""
    (folder / name).write_bytes(data)
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes())
    manifest["files"][name] = {"rows": 0, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))


def stated(**changes: Any) -> Harm:
    """A manifest that says something else."""

    def change(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | changes))

    return change


def flipped(folder: Path) -> None:
    path = folder / "nodes" / "Condition.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def renamed(table: pa.Table) -> pa.Table:
    return table.rename_columns([name.upper() for name in table.column_names])


def without_last(table: pa.Table) -> pa.Table:
    return table.slice(0, table.num_rows - 1)


def unlabelled(table: pa.Table) -> pa.Table:
    return table.set_column(1, "label", pa.nulls(len(table), pa.string()))


def sorted_down(table: pa.Table) -> pa.Table:
    return table.sort_by([("patient", "descending")])


CASES: dict[str, tuple[Harm, str]] = {
    "a byte": (flipped, "nodes/Condition.parquet: it was changed"),
    "cut": (lambda f: os.truncate(f / "edges/IS_A.parquet", 99), "edges/IS_A.parquet: it was changed"),
    "of another": (
        lambda f: shutil.copy(f / "nodes/PastRisk.parquet", f / "nodes/PastIssue.parquet"),
        "nodes/PastIssue.parquet: it was changed",
    ),
    "missing": (lambda f: (f / "edges/CODED_AS.parquet").unlink(), "edges/CODED_AS.parquet: it is missing"),
    "a folder": (lambda f: shutil.rmtree(f / "nodes"), "nodes/Allergy.parquet: it is missing"),
    "extra": (lambda f: (f / "nodes/Extra.parquet").write_text("x"), "nodes/Extra.parquet: it is no file of"),
    "hidden": (lambda f: (f / ".x").write_text("x"), r"\.x: it is no file of"),
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "manifest.json: it is missing"),
    "no json": (lambda f: (f / "manifest.json").write_bytes(b"\xff{"), "manifest.json: it is no manifest"),
    "endless": (lambda f: (f / "manifest.json").write_bytes(b"[" * (1 << 21)), "manifest.json: it is no manifest"),
    "a list": (lambda f: (f / "manifest.json").write_text("[]"), "manifest.json: it is no manifest"),
    "later": (stated(format=2), "the export has format 2 and schema"),
    "earlier": (stated(schema=1, files=None), "and schema 1"),
    "no files": (stated(files={}), "edges/CODED_AS.parquet: manifest.json does not name"),
    "outside": (stated(files={"../x": {"rows": 0, "bytes": 0, "sha256": ""}}), "does not name the files"),
    "digest": (stated(content="0" * 64), "manifest.json: it is not the manifest of these files"),
    "forged cell": (
        lambda f: rewritten(f, "nodes/Concept.parquet", unlabelled),
        "manifest.json: it is not the manifest",
    ),
    "forged columns": (lambda f: rewritten(f, "nodes/Condition.parquet", renamed), "its columns are not those"),
    "forged rows": (
        lambda f: rewritten(f, "edges/HAS_CONDITION.parquet", without_last),
        "nodes/Condition.parquet: it does not agree with edges/HAS_CONDITION.parquet",
    ),
    "forged order": (
        lambda f: rewritten(f, "edges/CODED_AS.parquet", sorted_down),
        "edges/CODED_AS.parquet: it has rows that belong to no patient",
    ),
    "forged store": (lambda f: rewritten(f, "nodes/Store.parquet", lambda t: t.slice(1)), "nodes/Store.parquet: 0 st"),
    "no parquet": (lambda f: forged(f, "edges/ROLE.parquet", b"PAR1 no table PAR1"), "ROLE.parquet: it cannot be read"),
}  # fmt: skip


@pytest.mark.anyio
async def test_what_was_harmed_is_named_and_nothing_is_written(exported: Path, tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "other.lbdb") as store:
        for name, (harm, said) in CASES.items():
            folder = tmp_path / name
            shutil.copytree(exported, folder)
            harm(folder)
            with pytest.raises(MalformedInputError, match=said) as caught:
                await parquet.load(folder, store)
            assert caught.value.where == str(folder), name
            assert caught.value.remedy, name
            assert (await store.revision(), await store.patients()) == (0, ()), name
        await parquet.load(exported, store)  # nothing hinders it afterwards


def test_a_folder_that_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(MalformedInputError, match=r"manifest\.json: it is missing"):
        parquet.check(tmp_path)
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        parquet.check(tmp_path)
