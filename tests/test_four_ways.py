"""Real patients have the same issues whichever way they are inferred: alone, together, on a cluster, bit by bit.

The history of a patient is sent in parts, resource by resource in the order of the file, and what follows is stored
with each part; in the end the store says what follows from all of it.
"""

from __future__ import annotations

import asyncio
import json
import lzma
import tarfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from kgtwin.bootstrap import PortionWorker, running
from kgtwin.config import Settings
from kgtwin.inference import infer, spreading
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.population import Row, Rows, read_parquet, row_of
from kgtwin.model.time import read_time
from kgtwin.service.population import plan, read_manifest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"
PARTS = 4


def moment(text: str) -> datetime:
    found = read_time(text)
    assert found is not None
    return found


def bundles(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.json*"))


def parts_of(path: Path) -> Iterator[bytes]:
    """A bundle in parts, the first with the patient."""
    data = path.read_bytes()
    bundle = json.loads(lzma.decompress(data) if path.suffix == ".xz" else data)
    entries = bundle["entry"]
    size = -(-len(entries) // PARTS)
    for first in range(0, len(entries), size):
        yield json.dumps({**bundle, "type": "collection", "entry": entries[first : first + size]}).encode()


async def stored_bit_by_bit(settings: Settings, paths: list[Path], at: datetime) -> list[Row]:
    """What the store says in the end."""
    async with running(settings, now=lambda: at) as service:
        for path in paths:
            for number, part in enumerate(parts_of(path)):
                await service.submit(part, source="local", label=f"{path.name}#{number}")
        found = [await service.store.issues(record.key) for record in await service.store.patients()]
        return sorted(row_of(issue) for issues in found for issue in issues)


async def compared(settings: Settings, folder: Path, at: datetime) -> dict[str, list[Row]]:
    async with running(settings, read_only=True) as service:
        knowledge = service.knowledge()
        patients = [(record, facts) async for record, facts in service.everyone()]
        await plan(service, folder, at=at, size=-(-len(patients) // 5))
    alone = [infer(one.key, one, facts, knowledge, at=at, revision=0) for one, facts in patients]
    finder = Finder(knowledge)
    for record, facts in patients[:: max(1, len(patients) // 20)]:
        hot = Hot(finder, record, facts[::2]).changed(add=facts[1::2])
        assert hot.issue_ids(at) == Hot(finder, record, facts).issue_ids(at)
    return {
        "alone": sorted(row_of(issue) for one in alone for issue in one.issues),
        "together": Rows(finder).of(patients, at),
    }


def same(paths: list[Path], tmp_path: Path, at: datetime, *, ray: bool) -> int:
    settings = msgspec.structs.replace(Settings.read(), store=f"ladybug:{tmp_path / 'twins.db'}", predictions=False)
    bit_by_bit = asyncio.run(stored_bit_by_bit(settings, paths, at))
    ways = asyncio.run(compared(settings, tmp_path / "rows", at))
    manifest = read_manifest(tmp_path / "rows")
    make, left = partial(PortionWorker, settings, tmp_path / "rows"), manifest.left(tmp_path / "rows")
    spread = (spreading.by_ray if ray else spreading.by_processes)(make, left, 2)
    assert sorted(number for number, _ in spread) == left
    files = [tmp_path / "rows" / manifest.file(number) for number in left]
    assert ways["together"] == ways["alone"]
    assert sorted(row for file in files for row in read_parquet(file)) == ways["alone"]
    assert bit_by_bit == ways["alone"]
    return len(ways["alone"])


def test_samples(tmp_path: Path) -> None:
    assert same(bundles(ROOT / "samples" / "patients")[:10], tmp_path, moment("2016-06-01"), ray=False) > 0


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/synthea-r4-200.tar.xz is not here")
def test_the_200_patients(tmp_path: Path) -> None:
    with lzma.open(SHARED) as packed, tarfile.open(fileobj=packed) as archive:
        archive.extractall(tmp_path / "patients", filter="data")
    ray = find_spec("ray") is not None  # an extra
    assert same(bundles(tmp_path / "patients"), tmp_path, moment("2016-06-01"), ray=ray) > 50
