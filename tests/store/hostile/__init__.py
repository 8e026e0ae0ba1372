"""Hostile queries, and queries that only look so, as tables: ``cypher.tsv`` and ``sparql.tsv``.

A query is a JSON text, or a list of texts and of ``[text, times]``. ``guard`` is ``pass``, or what the refusal says.
The columns of the stores say what becomes of a query that passes: ``ok``; ``rejected`` by the store's parser or types;
``bounded`` (it ends soon: answered, out of time, or refused its memory). ``@URL@`` is a server that nobody may reach,
``@FILE@`` a file that nobody may read, ``@OUT@`` one that nobody may write.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SECRET = "hostile-secret-4711"


class Case(NamedTuple):
    """A line of a table. ``outcomes`` are by store; none where the guard refuses."""

    query: str
    parameters: dict[str, Any]
    guard: str
    outcomes: dict[str, str]
    why: str


def cases(name: str) -> list[Case]:
    """The lines of ``NAME.tsv``."""
    head, *lines = Path(__file__).with_name(f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [_case(dict(zip(head.split("\t"), line.split("\t"), strict=True))) for line in lines]


WEIGHTS = [pytest.param("light"), pytest.param("heavy", marks=pytest.mark.slow)]
"""The lines that end at once, and those that are bounded by time and memory."""


def weighed(name: str, weight: str) -> list[Case]:
    """The light or the heavy lines of ``NAME.tsv``."""
    return [case for case in cases(name) if ("bounded" in case.outcomes.values()) == (weight == "heavy")]


def _case(row: dict[str, str]) -> Case:
    query, parameters = _text(json.loads(row.pop("query"))), json.loads(row.pop("parameters", "") or "{}")
    return Case(query, parameters, row.pop("guard"), why=row.pop("why"), outcomes=row)


def _text(parts: Any) -> str:
    if isinstance(parts, str):
        return parts
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)


class Trap:
    """A server, a file and a place to write: ``fill`` puts them into a query, ``check`` says that none was used."""

    def __init__(self, folder: Path, url: str, reached: threading.Event) -> None:
        self._out = folder / "out.csv"
        self._names = {"@URL@": url, "@FILE@": str(folder / "secret.csv"), "@OUT@": str(self._out)}
        self._reached = reached
        (folder / "secret.csv").write_text(f"{SECRET}\n")

    def fill(self, query: str) -> str:
        for name, value in self._names.items():
            query = query.replace(name, value)
        return query

    def check(self, answers: str) -> None:
        assert not self._reached.is_set(), "a server was asked"
        assert not self._out.exists(), "a file was written"
        assert SECRET not in answers, "a file was read"


@contextmanager
def trap(folder: Path) -> Iterator[Trap]:
    """A trap whose server listens meanwhile."""
    reached, done = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        listening = threading.Thread(target=_listen, args=(server, reached, done))
        listening.start()
        try:
            yield Trap(folder, f"http://127.0.0.1:{server.getsockname()[1]}/x.csv", reached)
        finally:
            done.set()
            listening.join()


def _listen(server: socket.socket, reached: threading.Event, done: threading.Event) -> None:
    while not done.is_set():
        try:
            server.accept()[0].close()
            reached.set()
        except TimeoutError:
            continue
