"""The processes that are killed: a child that works on a store, and a Neo4j of our own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import NamedTuple

from kgtwin.store.base import GraphStore
from kgtwin.store.factory import open_store
from tests.store.conftest import PASSWORD, start_neo4j

ROOT = Path(__file__).resolve().parents[3]
WORKER = "tests.store.faults.child"
FOLLOWER = "tests.store.rdf_kill_child"
SILENCE = 120.0
"""Seconds after which a child that says nothing counts as stuck."""


class Target(NamedTuple):
    """A store that children of ours work on."""

    name: str
    url: str
    user: str = "neo4j"
    password: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {"NEO4J_USER": self.user, "NEO4J_PASSWORD": self.password}

    def store(self) -> GraphStore:
        """The store, not yet open."""
        return open_store(self.url, user=self.user, password=self.password)


class Child:
    """A busy process, and all that it said and was heard."""

    def __init__(self, target: Target, *arguments: object, module: str = WORKER) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, target.url, *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **target.environment},
        )
        self._complaint = ""
        self._unheard: Queue[tuple[float, str]] = Queue()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        """Take down each line with its moment; an empty one is the end."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self._unheard.put((time.monotonic(), line))
        self._unheard.put((time.monotonic(), ""))

    def hear(self) -> float:
        """Wait for the next line; when it came.

        Raises:
            EOFError: if the child ended instead, with what it complained of.
        """
        at, line = self._unheard.get(timeout=SILENCE)
        if not line:
            raise EOFError(self.end())
        self.lines.append(line)
        return at

    def until(self, start: str) -> float:
        """Wait for a line that starts so; when it came."""
        while True:
            at = self.hear()
            if self.lines[-1].startswith(start):
                return at

    def time(self, phase: str) -> float:
        """Wait until a phase was begun and ended; the seconds that it took."""
        began = self.until(f"begin {phase} ")
        return self.hear() - began

    def catch_up(self) -> list[str]:
        """All that it has said so far; that it ended is still to be heard."""
        while not self._unheard.empty():
            at, line = self._unheard.get()
            if not line:
                self._unheard.put((at, line))
                break
            self.lines.append(line)
        return self.lines

    def end(self) -> str:
        """Wait for a child that ends by itself; what it wrote to its standard error."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            self._complaint = self.process.stderr.read()
            self._listener.join()
            self.process.stdout.close()
            self.process.stderr.close()
            self.process.wait()
        return self._complaint

    def kill(self) -> list[str]:
        """End it at once; all whole lines that it said: a torn last one was never acknowledged."""
        self.process.send_signal(signal.SIGKILL)
        self.end()
        return [line for line in self.catch_up() if line.endswith("\n")]


class Mortal(NamedTuple):
    """A Neo4j of our own that may be killed."""

    folder: Path
    port: int

    @property
    def target(self) -> Target:
        return Target("neo4j", f"bolt://127.0.0.1:{self.port}", password=PASSWORD)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        start_neo4j(self.folder, self.port)

    def kill(self) -> None:
        """End it at once."""
        os.kill(int((self.folder / "neo4j.pid").read_text()), signal.SIGKILL)
        time.sleep(0.3)
