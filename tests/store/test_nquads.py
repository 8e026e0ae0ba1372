"""The RDF view as N-Quads, and a whole store in them: read by others, restored, refused where it is not whole."""

# ruff: noqa: ASYNC240  # files are what these tests are about

from __future__ import annotations

import asyncio
import gzip
import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings

from kgtwin.errors import KgtwinError, MalformedInputError, StoreError, UsageError
from kgtwin.store import backup, nquads
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_views import CurrentView
from tests.store.builders import make_bundle
from tests.store.conftest import StoreMaker
from tests.store.histories import STEPS, follow, live

GRAPHS = "https://w3id.org/kgtwin/graph/"
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH <%s> { ?s ?p ?o } }"
ISSUES = "SELECT ?k ?i { ?p kgtwin:key ?k ; kgtwin:hasIssue ?i } ORDER BY ?k ?i"
PREFIX = "PREFIX kgtwin: <https://w3id.org/kgtwin/ontology#> "
WARNS = pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
"""rdflib warns of itself."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole store as N-Quads."""
    folder = tmp_path_factory.mktemp("nquads")

    async def make() -> None:
        async with LadybugStore(folder / "twin.lbdb") as store:
            await live(store)
            await exported(store, folder / "whole.nq", records=True)

    asyncio.run(make())
    return folder / "whole.nq"


async def exported(store: GraphStore, file: Path, *, records: bool = False) -> nquads.Exported:
    view = CurrentView(store)
    try:
        return await nquads.save(store, view, file, records=records)
    finally:
        await view.close()


def dataset(file: Path) -> rdflib.Dataset:
    """A file as rdflib reads it."""
    found = rdflib.Dataset()
    found.parse(data=file.read_bytes(), format="nquads")
    return found


async def restored(file: Path) -> str:
    """The digest of a store that is made from a file."""
    with TemporaryDirectory() as folder:
        async with LadybugStore(Path(folder) / "other.lbdb") as other:
            await nquads.load(file, other)
            return await backup.content(other)


@pytest.mark.slow
@WARNS
@pytest.mark.anyio
async def test_others_read_what_the_view_holds(store: GraphStore, tmp_path: Path) -> None:
    """Every graph has as many triples as the view says, and a store of others gives the same answers."""
    await live(store)
    view = CurrentView(store)
    done = await nquads.save(store, view, tmp_path / "view.nq")
    said = {
        name: int(((await view.query(COUNT % (GRAPHS + name), format="csv")).body).split()[1])
        for name in ("asserted", "inferred", "knowledge", "ontology")
    }
    issues = (await view.query(ISSUES, format="csv")).body
    await view.close()
    assert (done.revision, done.quads, done.content) == (await store.revision(), said, None)
    assert done.quads["asserted"] > 100
    assert done.quads["inferred"] > 10
    read = dataset(tmp_path / "view.nq")
    assert {str(graph.identifier): len(graph) for graph in read.graphs() if len(graph)} == {
        GRAPHS + name: count for name, count in said.items() if count
    }
    other = ox.Store()
    other.load(path=str(tmp_path / "view.nq"))
    found = other.query(PREFIX + ISSUES, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    assert found.serialize(format=ox.QueryResultsFormat.CSV) == issues
    assert len(issues.split()) > 2


@pytest.mark.anyio
async def test_a_whole_store_comes_back_equal(store: GraphStore, tmp_path: Path) -> None:
    await live(store)
    done = await exported(store, tmp_path / "whole.nq.gz", records=True)
    assert done.content == await backup.content(store)
    assert gzip.decompress((tmp_path / "whole.nq.gz").read_bytes()).startswith(b"<http")
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        loaded = await nquads.load(tmp_path / "whole.nq.gz", other)
        assert (loaded.content, loaded.revision) == (done.content, done.revision)
        assert await backup.content(other) == done.content


@pytest.mark.slow
@pytest.mark.anyio
async def test_it_is_restored_into_either_database(make_store: StoreMaker, whole: Path) -> None:
    async with make_store() as store:
        assert (await nquads.load(whole, store)).content == await backup.content(store)


@pytest.mark.anyio
async def test_an_empty_store(tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        done = await exported(store, tmp_path / "whole.nq", records=True)
    assert await restored(tmp_path / "whole.nq") == done.content


@given(steps=STEPS)
@settings(max_examples=int(os.environ.get("KGTWIN_TEST_EXAMPLES", "2")))
def test_any_history_comes_back(steps: list[tuple[str, str, int, str]]) -> None:
    async def check(folder: Path) -> None:
        async with LadybugStore(folder / "a.lbdb") as store:
            await follow(store, steps)
            await exported(store, folder / "whole.nq", records=True)
            assert await restored(folder / "whole.nq") == await backup.content(store)

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


@given(pieces=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20), seed=st.integers())
def test_any_text_survives_in_any_order(pieces: list[str], seed: int) -> None:
    quads = [*nquads.record_quads(pieces)]
    lines = [str(quad).encode() + b" .\n" for quad in quads + quads[:2]]
    other = '<http://x/s> <http://x/p> "https://w3id.org/kgtwin/graph/records" <http://x/g> .\n'
    lines.append(other.encode())
    random.Random(seed).shuffle(lines)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "x.nq"
        file.write_bytes(b"".join(lines))
        assert dict(nquads.records_in(file)) == dict(enumerate(pieces))


@pytest.mark.slow
@WARNS
def test_tools_of_others_may_rewrite_the_file(whole: Path, tmp_path: Path) -> None:
    """Read and written by rdflib, which keeps no order; by Oxigraph; and as canonical N-Quads would be sorted."""
    expected = asyncio.run(restored(whole))
    dataset(whole).serialize(tmp_path / "rdflib.nq", format="nquads", encoding="utf-8")
    held = ox.Store()
    held.load(path=str(whole))
    held.dump(str(tmp_path / "oxigraph.nq"))
    (tmp_path / "sorted.nq").write_bytes(b"".join(sorted(whole.read_bytes().splitlines(keepends=True))))
    ended = b"# a comment\r\n" + whole.read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "windows.nq.gz").write_bytes(gzip.compress(ended))
    for name in ("rdflib.nq", "oxigraph.nq", "sorted.nq", "windows.nq.gz"):
        assert asyncio.run(restored(tmp_path / name)) == expected, name


def test_a_long_record_is_several_literals(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def again() -> str:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            await nquads.load(whole, store)
            monkeypatch.setattr(nquads, "PIECE", 50)
            return str((await exported(store, tmp_path / "short.nq", records=True)).content)

    expected = asyncio.run(again())
    records = dict(nquads.records_in(tmp_path / "short.nq"))
    assert len(records) > 500
    assert max(map(len, records.values())) == 50
    assert asyncio.run(restored(tmp_path / "short.nq")) == expected


@pytest.mark.anyio
async def test_the_view_alone_is_no_store(tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await store.write(make_bundle("1"))
        await exported(store, tmp_path / "view.nq")
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        with pytest.raises(MalformedInputError, match="the RDF view alone, which lacks history") as caught:
            await nquads.load(tmp_path / "view.nq", other)
        assert "--whole" in str(caught.value)
        assert await other.revision() == 0


def lines_of(whole: Path) -> tuple[list[bytes], list[bytes]]:
    """Lines of the view, and those of records."""
    lines = whole.read_bytes().splitlines(keepends=True)
    return [one for one in lines if b"graph/records>" not in one], [one for one in lines if b"graph/records>" in one]


def test_what_was_harmed_is_refused_and_nothing_is_written(whole: Path, tmp_path: Path) -> None:
    view, records = lines_of(whole)
    packed = gzip.compress(whole.read_bytes())
    bad = bytearray(packed)
    bad[len(bad) // 2] ^= 0xFF
    cases: dict[str, tuple[bytes, str]] = {
        "a record is missing": (b"".join(view + records[:3] + records[4:]), "cut short or was changed"),
        "the last is missing": (b"".join(view + records[:-1]), "cut short or was changed"),
        "the first is missing": (b"".join(records[1:]), "no whole graph of records"),
        "changed": (b"".join(records).replace(b"Ada", b"Eva"), "cut short or was changed"),
        "renumbered": (
            b"".join([*records[2:], records[0].replace(b"/0>", b"/1>")]),
            "cut short or was changed|no whole",
        ),
        "cut": (b"".join(records)[:-30], "the line is no record|cut short"),
        "not a number": (records[0].replace(b"record/0>", b"record/x>"), "the line is no record"),
        "no literal": (b"<http://a> <http://b> <http://c> <https://w3id.org/kgtwin/graph/records> .\n", "no record"),
        "no quad": (b'"x" <https://w3id.org/kgtwin/graph/records>\n', "no record"),
        "packed and cut": (packed[:-20], "cut short or damaged"),
        "packed and changed": (bytes(bad), "cut short or|was changed|no record"),
        "nothing": (b"", "RDF view alone"),
    }

    async def check() -> None:
        async with LadybugStore(tmp_path / "other.lbdb") as other:
            for name, (data, said) in cases.items():
                file = tmp_path / name
                file.write_bytes(data)
                with pytest.raises(MalformedInputError, match=said) as caught:
                    await nquads.load(file, other)
                assert str(caught.value.where).startswith(str(file)), name
            with pytest.raises(UsageError, match="cannot be read"):
                await nquads.load(tmp_path / "absent", other)
            assert (await other.revision(), await other.patients()) == (0, ())

    asyncio.run(check())


@pytest.mark.anyio
async def test_the_file_is_its_owner_s_alone_and_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    before = os.umask(0)
    try:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            await exported(store, tmp_path / "out" / "x.nq")
            with pytest.raises(UsageError, match="exists already"):
                await exported(store, tmp_path / "out" / "x.nq")
            with pytest.raises(UsageError, match="cannot be written: No such file"):
                await exported(store, tmp_path / "absent" / "x.nq")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out" / "x.nq").stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["x.nq"]


@pytest.mark.anyio
async def test_records_and_view_are_of_one_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write between the two is seen, and both are taken again; one at every try ends it."""
    save, writes = backup.save, list[int]()

    async def written_after(store: GraphStore, path: Path) -> backup.Summary:
        saved = await save(store, path)
        if len(writes) < often:
            writes.append(len(writes))
            await store.write(make_bundle(f"late-{len(writes)}"))
        return saved

    monkeypatch.setattr(backup, "save", written_after)
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        often = 1
        done = await exported(store, tmp_path / "x.nq", records=True)
        assert (done.revision, done.content) == (1, await backup.content(store))
        often = 99
        with pytest.raises(StoreError, match="changes faster"):
            await exported(store, tmp_path / "y.nq", records=True)
    monkeypatch.undo()
    assert await restored(tmp_path / "x.nq") == done.content
    assert not [one for one in tmp_path.iterdir() if "y.nq" in one.name]


KILLED = """
import asyncio, os, pathlib, sys
from kgtwin.store import nquads
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_views import CurrentView
def die(*_):
    os.kill(os.getpid(), 9)
async def main():
    async with LadybugStore(pathlib.Path(sys.argv[1]), read_only=True) as store:
        await nquads.save(store, CurrentView(store), pathlib.Path(sys.argv[2]), records=True)
nquads.record_quads = die
asyncio.run(main())
"""


def test_a_killed_export_leaves_no_file_that_looks_complete(tmp_path: Path) -> None:
    async def make() -> None:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            await store.write(make_bundle("1"))

    asyncio.run(make())
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-c", KILLED, str(tmp_path / "twin.lbdb"), str(tmp_path / "out" / "x.nq")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env=environment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = sorted(one.name.rpartition("x.nq.")[2] for one in (tmp_path / "out").iterdir() if one.name[0] == ".")
    assert [name.partition(".")[0].isdecimal() or name[:4] for name in left] == [True, "part"]
    assert not (tmp_path / "out" / "x.nq").exists()
    for one in (tmp_path / "out").iterdir():
        assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600)


def test_the_record_of_the_documentation_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
    (line,) = (one for one in text.splitlines() if one.startswith("<https://w3id.org/kgtwin/data/record/"))
    (tmp_path / "x.nq").write_text(line + "\n", encoding="utf-8")
    ((number, record),) = nquads.records_in(tmp_path / "x.nq")
    assert (number, record) == (0, '{"part":"header",…}\n')
    assert f"`{nquads.RECORDS}`" in text


@pytest.mark.anyio
async def test_an_error_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise KgtwinError("broken")

    monkeypatch.setattr(nquads, "record_quads", broken)
    (tmp_path / "out").mkdir()
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        with pytest.raises(KgtwinError, match="broken"):
            await exported(store, tmp_path / "out" / "x.nq", records=True)
    assert list((tmp_path / "out").iterdir()) == []
