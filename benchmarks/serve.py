"""How soon ``kgtwin serve`` answers, and how fast: over HTTP on loopback, against the sample patients.

Usage::

    python benchmarks/serve.py [--store ladybug:PATH] [--at TIME] [--rounds N]

Without ``--store`` the samples are ingested into a store of their own first. The server is a process of its own,
started here and stopped by its id. Printed are the seconds from its start to its first answer, and for every patient
who has issues the median and the 95th percentile of the milliseconds that the query with issues and derivations takes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples" / "patients"
PATIENCE = 60.0
FIRST_LIMIT, MEDIAN_LIMIT = 3.0, 20.0
"""Seconds to the first answer, and milliseconds at the median, that must be reached."""

FIRST = "{ patients(first: 1) { edges { node { key name issues { totalCount } } } } }"
WITH_ISSUES = """query ($after: String) { patients(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
    edges { node { key facts(first: 1) { totalCount } issues(first: 1) { totalCount } } } } }"""
TWIN = """query ($id: ID!) { patient(id: $id) { key name birthDate revision at caveats { code text }
    issues { totalCount edges { node { key title detail significance severity mitigation statement
      evidence { source status } caveats { code text }
      implicated { resource coding { system code display } fact { key start status } }
      derivation { text steps { index rule conclusion premises axiom { text origin } fact { resource } } } } } } } }"""


class Door:
    """GraphQL over one kept connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables})
        self._connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
        if "errors" in answer:
            sys.exit(f"the query was refused: {answer['errors']}")
        data: dict[str, Any] = answer["data"]
        return data


def kgtwin(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kgtwin", *arguments]


@contextmanager
def served(store: str, at: str | None) -> Iterator[tuple[int, float]]:
    """A running server: its port, and when it was started. It is stopped by its id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    timed = ["--at", at] if at else []
    started = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            kgtwin("serve", "--store", store, "--port", str(port), *timed),
            cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield port, started
        finally:
            if server.poll() is None:
                os.kill(server.pid, signal.SIGTERM)
            if server.wait(30) not in (0, -signal.SIGTERM):
                log.seek(0)
                sys.stderr.write(log.read().decode())


def first_answer(port: int, started: float) -> float:
    """Seconds from the start to the first answer."""
    while time.perf_counter() - started < PATIENCE:
        try:
            found = Door(port).ask(FIRST)["patients"]["edges"]
        except ConnectionRefusedError:
            time.sleep(0.005)
            continue
        if not found:
            sys.exit("the store holds no patient")
        return time.perf_counter() - started
    sys.exit(f"no answer within {PATIENCE:g} s")


def patients_with_issues(door: Door) -> dict[str, tuple[int, int]]:
    """By key, how many facts and issues."""
    found: dict[str, tuple[int, int]] = {}
    after: str | None = None
    while True:
        page = door.ask(WITH_ISSUES, after=after)["patients"]
        for edge in page["edges"]:
            node = edge["node"]
            if node["issues"]["totalCount"]:
                found[node["key"]] = (node["facts"]["totalCount"], node["issues"]["totalCount"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def timed(door: Door, patients: list[str], rounds: int) -> list[float]:
    """Milliseconds of every query, patients in turn."""
    taken = []
    for _ in range(rounds):
        for key in patients:
            before = time.perf_counter()
            found = door.ask(TWIN, id=key)["patient"]["issues"]["edges"]
            taken.append((time.perf_counter() - before) * 1_000)
            assert found[0]["node"]["derivation"]["steps"], "an issue comes with its proof"
    return taken


def report(store: str, at: str | None, rounds: int) -> bool:
    """Measure and print; whether both limits are kept."""
    with served(store, at) as (port, started):
        first = first_answer(port, started)
        door = Door(port)
        chosen = patients_with_issues(door)
        if not chosen:
            sys.exit("no patient of this store has an issue")
        timed(door, list(chosen), 1)
        taken = sorted(timed(door, list(chosen), rounds))
    median = statistics.median(taken)
    print(f"first answer            {first:8.2f} s   (limit {FIRST_LIMIT:g} s)")
    print(f"patients with issues    {len(chosen):8d}     facts {_span(f for f, _ in chosen.values())}, "
          f"issues {_span(i for _, i in chosen.values())}")  # fmt: skip
    print(f"twin, issues, proofs    {median:8.2f} ms  median of {len(taken)} (limit {MEDIAN_LIMIT:g} ms)")
    print(f"                        {taken[int(len(taken) * 0.95)]:8.2f} ms  95th percentile")
    return first <= FIRST_LIMIT and median <= MEDIAN_LIMIT


def _span(numbers: Iterator[int]) -> str:
    found = sorted(numbers)
    return f"{found[0]} to {found[-1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--store", help="a store that is loaded already")
    parser.add_argument("--at", help="evaluation time")
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = asked.store or f"ladybug:{folder}/samples.lbdb"
        if not asked.store:
            ingest = kgtwin("ingest", str(SAMPLES), "--store", store, "--json")
            subprocess.run(ingest, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return 0 if report(store, asked.at, asked.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
