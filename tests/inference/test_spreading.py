"""Portions of work over processes and over Ray: each is done once, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kgtwin.errors import KgtwinError, UsageError
from kgtwin.inference import spreading
from kgtwin.inference.spreading import TRIES


class Squares:
    """Squares numbers; dies over some of them, so many times."""

    def __init__(self, folder: Path, deaths: dict[int, int]) -> None:
        self._folder, self._deaths = folder, deaths

    def __call__(self, number: int) -> int:
        for time in range(self._deaths.get(number, 0)):
            mark = self._folder / f"{number}-{time}"
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        if number < 0:
            raise UsageError("below zero")
        return number * number

    def close(self) -> None:
        (self._folder / "closed").touch()


Spread = Callable[[Callable[[], Squares], list[int]], Iterator[tuple[int, int]]]


def ray_or_skip(make: Callable[[], Squares], portions: list[int]) -> Iterator[tuple[int, int]]:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'kgtwin[ray]'")
    return spreading.by_ray(make, portions, 2)


BY_PROCESSES: Spread = partial(spreading.by_processes, processes=2)
WAYS = [pytest.param(spreading.here, id="here"), pytest.param(BY_PROCESSES, id="processes"),
        pytest.param(ray_or_skip, id="ray", marks=pytest.mark.slow)]  # fmt: skip


@pytest.mark.parametrize("spread", WAYS)
def test_all_portions_are_done_once(spread: Spread, tmp_path: Path) -> None:
    found = list(spread(partial(Squares, tmp_path, {}), [3, 1, 4, 5, 9]))
    assert sorted(found) == [(1, 1), (3, 9), (4, 16), (5, 25), (9, 81)]
    assert (tmp_path / "closed").exists() == (spread is spreading.here)


@pytest.mark.parametrize("spread", WAYS[1:])
def test_a_lost_worker_loses_no_work(spread: Spread, tmp_path: Path) -> None:
    found = dict(spread(partial(Squares, tmp_path, {1: 1, 4: TRIES - 1}), list(range(6))))
    assert found == {number: number * number for number in range(6)}


@pytest.mark.parametrize("spread", WAYS[1:])
def test_a_portion_that_loses_every_worker_is_named(spread: Spread, tmp_path: Path) -> None:
    with pytest.raises(KgtwinError, match="portion 2 lost its worker"):
        list(spread(partial(Squares, tmp_path, {2: 99}), [2]))


@pytest.mark.parametrize("spread", WAYS[:2])
def test_an_error_is_the_callers(spread: Spread, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="below zero"):
        list(spread(partial(Squares, tmp_path, {}), [1, -1]))


def test_without_ray_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UsageError, match="Ray is not installed"):
        list(spreading.by_ray(partial(Squares, tmp_path, {}), [1], 1))
