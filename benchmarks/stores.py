"""The stores beside the bare databases: the same rows, in the same run.

Usage::

    python benchmarks/stores.py load [--patients N]     # Ladybug: initial load beside bare COPY; bytes a fact
    python benchmarks/stores.py increment [--rounds N]  # Ladybug: 50 facts with inferences beside a bare transaction
    python benchmarks/stores.py versions                # reads as of a revision with 100 versions a fact
    python benchmarks/stores.py neo4j [--patients N]    # the same three over Neo4j (NEO4J_URI, _USER, _PASSWORD; empty)
    python benchmarks/stores.py growth [--patients N] [--step N] [--neo4j]
    python benchmarks/stores.py files [PATH]            # FHIR files to stored twins with their inferences

Ratios are bare to ours: 1 would cost nothing. ``files`` is a whole process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ingest
import ladybug
import neo4j
import stores_bare as bare
import stores_invented as invented

from kgtwin.bootstrap import load_knowledge, load_terminology
from kgtwin.config import Settings
from kgtwin.model.submission import Submission
from kgtwin.service import Service
from kgtwin.store.base import GraphStore
from kgtwin.store.concluding import Conclude
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.neo4j import Neo4jStore

SECONDS_LIMIT = 10.0
"""Seconds for 200 patients' files to stored twins with inferences."""


def told(what: str, figure: float, limit: float, unit: str = "", *, least: bool = True) -> bool:
    """Print a figure beside what it must be; whether it is."""
    reached = figure >= limit if least else figure <= limit
    must = f"must be {'at least' if least else 'at most'} {limit:g}{unit}"
    print(f"{what}: {figure:.2f}{unit} ({must}){'' if reached else ' NOT REACHED'}", flush=True)
    return reached


def service_of(store: GraphStore) -> Service:
    """A service that infers over a store."""
    settings = Settings()
    knowledge = load_knowledge(settings)
    return Service(store, lambda: load_terminology(settings), lambda: knowledge, lambda: None)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Its seconds."""
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


# initial load


async def load(arguments: argparse.Namespace, folder: Path) -> bool:
    """Ours and ``COPY`` in turn, each into a new file."""
    given = [invented.submission(number) for number in range(arguments.patients)]
    ours, alone = [], []
    for turn in range(3):
        path = folder / f"ours{turn}.lbdb"
        async with LadybugStore(path) as store:
            ours.append(await timed(lambda store=store: store.write_all(given)))  # type: ignore[misc]
        content = bare.content_of(path)
        alone.append(bare.copy_ladybug(folder / f"bare{turn}.lbdb", content))
    facts = arguments.patients * invented.FACTS
    size, fhir = path.stat().st_size, len(json.dumps(invented.bundle())) * arguments.patients
    print(f"{arguments.patients} patients, {facts} facts, {content.rows} nodes and edges")
    print(f"ours {statistics.median(ours):.2f} s, bare COPY {statistics.median(alone):.2f} s (medians of 3)")
    print(f"{size / facts:.0f} bytes a fact; the FHIR that it came from {fhir / facts:.0f}")
    return told("Ladybug load, bare / ours", statistics.median(alone) / statistics.median(ours), 0.3)


# an increment


async def increment(arguments: argparse.Namespace, folder: Path) -> bool:
    """Fifty new facts of a patient who has 150, with what follows and the feed's entry."""
    rounds: int = arguments.rounds
    path, other = folder / "ours.lbdb", folder / "bare.lbdb"
    async with LadybugStore(path) as store:
        await store.write_all([invented.submission(10_000 + n) for n in range(1_000)])
        conclude = await before_increments(store, rounds)
    shutil.copy(path, other)
    with connected(other) as connection:
        async with LadybugStore(path) as store:
            ours, alone = [], []
            for n in range(rounds):  # one after the other: how fast the machine is changes
                seconds, revision = await increment_by_us(store, n, conclude)
                ours.append(seconds)
                changed = await store.inspect(partial(bare.increment_of, invented.key(n), revision))
                alone.append(bare.write_increment(connection.execute, changed))
    both = f"ours {statistics.median(ours) * 1e3:.1f} ms, bare transaction {statistics.median(alone) * 1e3:.1f} ms"
    print(f"50 facts with inferences, of a patient with 150: {both} (medians of {len(ours)}, taking turns)")
    ratio = statistics.median(b / a for a, b in zip(ours, alone, strict=True))
    return told("Ladybug increment, bare / ours", ratio, 0.5)


async def before_increments(store: GraphStore, rounds: int) -> Conclude:
    """Patients with 150 facts and what follows from them; what infers."""
    service = service_of(store)
    await service.write_taxonomy()
    conclude = service.concluder()
    await store.write_all([invented.submission(n, 150) for n in range(rounds)], conclude=conclude)
    return conclude


async def increment_by_us(store: GraphStore, patient: int, conclude: Conclude) -> tuple[float, int]:
    """The seconds of a write, and its revision."""
    given = invented.submission(patient, 50, first=150)
    start = time.perf_counter()
    receipt = await store.write(given, conclude=conclude)
    seconds = time.perf_counter() - start
    assert receipt.revision is not None
    return seconds, receipt.revision


@contextmanager
def connected(path: Path) -> Iterator[Any]:
    """A bare connection to a Ladybug file."""
    database = ladybug.Database(str(path), buffer_pool_size=bare.POOL, max_num_threads=2)
    connection = ladybug.Connection(database)
    yield connection
    connection.close()
    database.close()


# versions


async def versions(arguments: argparse.Namespace, folder: Path) -> bool:
    """A patient of whom every fact has a hundred versions: now, and as of the first and the middle revision."""
    async with LadybugStore(folder / "versions.lbdb") as store:
        return await _versions(store)


async def _versions(store: GraphStore) -> bool:
    for number in range(100):
        await store.write(invented.submission(0, version=str(number + 1)))
    key, reached = invented.key(0), True
    now = await best(lambda: store.facts(key))
    for revision in (1, 50, 100):
        then = await best(lambda revision=revision: store.facts(key, as_of=revision))  # type: ignore[misc]
        print(f"50 facts with 100 versions: now {now * 1e3:.2f} ms, as of revision {revision} {then * 1e3:.2f} ms")
        reached &= told("as-of / now", then / now, 3.0, least=False)
    return reached


async def best(work: Callable[[], Awaitable[object]], rounds: int = 15) -> float:
    """The median seconds of some rounds, after two that do not count."""
    found = [await timed(work) for _ in range(rounds + 2)]
    return statistics.median(found[2:])


# Neo4j


def _neo4j() -> Neo4jStore:
    url = os.environ.get("NEO4J_URI")
    if not url:
        sys.exit("name an empty Neo4j: NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD")
    return Neo4jStore(url, user=os.environ.get("NEO4J_USER", "neo4j"), password=os.environ.get("NEO4J_PASSWORD", ""))


def _session(store: Neo4jStore) -> Any:
    driver = neo4j.GraphDatabase.driver(
        store.url, auth=(os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    )
    return driver.session()


def _wipe(session: neo4j.Session) -> None:
    session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS").consume()


async def on_neo4j(arguments: argparse.Namespace, folder: Path) -> bool:
    """The load beside ``UNWIND`` of the same rows, and reads as of a revision."""
    given = [invented.submission(number) for number in range(arguments.patients)]
    path = folder / "rows.lbdb"
    async with LadybugStore(path) as rows:
        await rows.write_all(given)
    content, store = bare.content_of(path), _neo4j()
    ours, alone = [], []
    with _session(store) as session:
        for _ in range(3):
            _wipe(session)
            alone.append(bare.unwind_neo4j(session, content))
            _wipe(session)
            async with store:
                ours.append(await timed(lambda: _in_groups(store, given)))
        print(f"{arguments.patients} patients, {content.rows} nodes and edges")
        print(f"ours {statistics.median(ours):.2f} s, bare UNWIND {statistics.median(alone):.2f} s (medians of 3)")
        reached = told("Neo4j load, bare / ours", statistics.median(alone) / statistics.median(ours), 0.5)
        async with store:
            await store.revision()
            alone_ms = statistics.median(_patient_by_driver(session, n) for n in range(30)) * 1e3
            ours_ms = (
                statistics.median([await timed(partial(store.known_as, invented.key(n))) for n in range(30)]) * 1e3
            )
            print(f"a patient's record and facts: ours {ours_ms:.1f} ms, bare query {alone_ms:.1f} ms")
        _wipe(session)
        async with store:
            reached &= await _versions(store)
        _wipe(session)
    return reached


async def _patients(store: GraphStore, session: neo4j.Session) -> None:
    """A patient's record and facts, beside one query that the driver sends alone."""
    ours, alone = [], []
    for n in range(40):
        alone.append(_patient_by_driver(session, n))
        ours.append(await timed(partial(store.known_as, invented.key(n))))
    one, other = (statistics.median(found[5:]) * 1e3 for found in (ours, alone))
    print(f"a patient's record and facts: ours {one:.1f} ms, bare query {other:.1f} ms")


def _patient_by_driver(session: neo4j.Session, number: int) -> float:
    """Seconds for a patient's current facts in one query that is sent alone: one round trip."""
    start = time.perf_counter()
    query = "MATCH (p:Patient {key: $key}) OPTIONAL MATCH (p)-->(f:Fact) RETURN p.payload, collect(f.payload)"
    session.run(query, {"key": invented.key(number)}).consume()
    return time.perf_counter() - start


async def _in_groups(store: GraphStore, given: Sequence[Submission]) -> None:
    size = max(1, store.at_once // (2 * invented.FACTS))
    for first in range(0, len(given), size):
        await store.write_all(given[first : first + size])


# growth


async def growth(arguments: argparse.Namespace, folder: Path) -> bool:
    """Load patients step by step; after each step, what the last step, a read and a read of the past cost."""
    store: GraphStore = _neo4j() if arguments.neo4j else LadybugStore(folder / "growth.lbdb")
    print("patients  facts/s  read/ms  as-of/ms  MB on disk", flush=True)
    async with store:
        for first in range(0, arguments.patients, arguments.step):
            await _grow(store, first, first + arguments.step, folder)
    return True


async def _grow(store: GraphStore, first: int, last: int, folder: Path) -> None:
    given = [invented.submission(number) for number in range(first, last)]
    took = await timed(lambda: _in_groups(store, given))
    sample = [invented.key(number) for number in range(0, last, max(1, last // 20))]
    revision = await store.revision()
    now = await best(lambda: _read(store, sample, None), 5) * 1e3 / len(sample)
    then = await best(lambda: _read(store, sample, (1 + revision) // 2), 5) * 1e3 / len(sample)
    rate, size = len(given) * invented.FACTS / took, bytes_of(folder) / 1e6
    print(f"{last:8}{rate:9.0f}{now:9.2f}{then:10.2f}{size:12.0f}", flush=True)


async def _read(store: GraphStore, keys: Sequence[str], as_of: int | None) -> None:
    for key in keys:
        await store.facts(key, as_of=as_of)


def bytes_of(folder: Path) -> int:
    """What the files of a folder take."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


# files


async def files(arguments: argparse.Namespace, folder: Path) -> bool:
    """``kgtwin ingest --infer``, the whole process."""
    source = ingest.unpacked(arguments.path, folder)
    given = ("ingest", str(source), "--infer", "--at", "2019-06-01", "--store", f"ladybug:{folder}/twin.lbdb")
    done = ingest.run(*given)
    print("\n".join(done.lines))
    print(f"peak memory {done.peak:.0f} MiB")
    return told("files to stored twins with inferences", done.seconds, SECONDS_LIMIT, " s", least=False)


def main() -> bool:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    chosen: dict[str, Callable[[argparse.Namespace, Path], Awaitable[bool]]] = {
        "load": load, "increment": increment, "versions": versions, "neo4j": on_neo4j, "growth": growth, "files": files,
    }  # fmt: skip
    for name, work in chosen.items():
        command = commands.add_parser(name)
        command.set_defaults(work=work)
        command.add_argument("--patients", type=int, default=100_000 if name == "growth" else 1_000)
        command.add_argument("--step", type=int, default=1_000)
        command.add_argument("--rounds", type=int, default=15)
        command.add_argument("--neo4j", action="store_true")
        if name == "files":
            command.add_argument("path", nargs="?", type=Path, default=ingest.PATIENTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reached: bool = asyncio.run(arguments.work(arguments, Path(folder)))
    return reached


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
