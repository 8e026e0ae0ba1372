"""A process killed during an ingest: every acknowledged submission is there whole, and no half one."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.sources import fhir
from kgtwin.store.factory import open_store
from kgtwin.terminology import Terminology
from tests.cli.conftest import TESTS

PATIENTS = TESTS.parent / "samples" / "patients"


@pytest.fixture(scope="module")
def whole(terminology: Terminology) -> dict[str, set[str]]:
    """The ids of all facts of each sample patient."""
    found: dict[str, set[str]] = {}
    for submission in fhir.read([str(PATIENTS)], source="local", terminology=terminology):
        for version in submission.resources:
            if version.patient is not None:
                found.setdefault(version.patient, set()).update(fact.id for fact in version.facts)
    return found


def acknowledged_before_kill(store: str, lines: int) -> list[dict[str, object]]:
    command = [
        sys.executable,
        "-m",
        "kgtwin",
        "ingest",
        str(PATIENTS),
        "--json",
        "--commit-every",
        "1",
        "--store",
        store,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        receipts = [json.loads(process.stdout.readline()) for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        receipts += [json.loads(line) for line in process.stdout if line.endswith("\n")]
    return [receipt for receipt in receipts if receipt["revision"] is not None]


@pytest.mark.parametrize("lines", [1, 9, pytest.param(30, marks=pytest.mark.slow)])
def test_kill(tmp_path: Path, whole: dict[str, set[str]], lines: int) -> None:
    store = f"ladybug:{tmp_path / 'twin.lbdb'}"
    receipts = acknowledged_before_kill(store, lines)
    assert receipts

    async def stored() -> tuple[int, dict[str, set[str]]]:
        async with open_store(store) as opened:
            keys = [patient.key for patient in await opened.patients()]
            return await opened.revision(), {key: {fact.id for fact in await opened.facts(key)} for key in keys}

    revision, found = asyncio.run(stored())
    acknowledged = {key for receipt in receipts for key in receipt["patients"]}  # type: ignore[attr-defined]
    assert acknowledged <= found.keys()
    assert {key: facts for key, facts in found.items() if facts != whole[key]} == {}
    assert revision == len(found) >= len(acknowledged)
