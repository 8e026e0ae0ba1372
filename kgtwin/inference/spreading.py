"""Numbered portions of work spread over processes of this machine, or over a Ray cluster: the same code either way.

A worker is made once in each process (``make``) and then asked for one portion after the other. A worker that is lost
takes its portion back to the others; one that loses three workers is given up, with an error that names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, TypeVar

from kgtwin.errors import KgtwinError, UsageError

T = TypeVar("T")
Worker = Callable[[int], T]
TRIES: Final = 3
"""Workers that a portion may lose."""


def here(make: Callable[[], Worker[T]], portions: Iterable[int]) -> Iterator[tuple[int, T]]:
    """One portion after the other in this process."""
    worker = make()
    for portion in portions:
        yield portion, worker(portion)


def by_processes(make: Callable[[], Worker[T]], portions: Iterable[int], processes: int) -> Iterator[tuple[int, T]]:
    """Portions by some processes, as they are done.

    Raises:
        KgtwinError: a portion has lost its worker time and again.
    """
    left, lost = dict.fromkeys(portions), Counter[int]()
    while left:
        with ProcessPoolExecutor(processes, get_context("spawn"), _start, (make,)) as pool:
            running = {pool.submit(_portion, portion): portion for portion in left}
            try:
                for portion, found in _done(running):
                    del left[portion]
                    yield portion, found
            except BrokenProcessPool:
                lost.update(portion for future, portion in running.items() if portion in left and _was_running(future))
                _give_up(lost)


def _done(running: dict[Future[Any], int]) -> Iterator[tuple[int, Any]]:
    waiting = set(running)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=running.__getitem__):
            yield running[future], future.result()


def _was_running(future: Future[Any]) -> bool:
    return future.done() and isinstance(future.exception(), BrokenProcessPool)


def _give_up(lost: Counter[int]) -> None:
    hopeless = [portion for portion, times in lost.items() if times >= TRIES]
    if hopeless:
        raise KgtwinError(
            f"portion {min(hopeless)} lost its worker {TRIES} times",
            expected="a process that lives until its portion is done",
            remedy="look for a lack of memory; run again with fewer processes: what is done is kept",
        )


_worker: Worker[Any] | None = None


def _start(make: Callable[[], Worker[Any]]) -> None:
    global _worker  # noqa: PLW0603 - one a process
    _worker = make()


def _portion(portion: int) -> Any:
    assert _worker is not None, "the process has been started"
    return _worker(portion)


def by_ray(
    make: Callable[[], Worker[T]], portions: Iterable[int], workers: int, address: str | None = None
) -> Iterator[tuple[int, T]]:
    """Portions by the workers of a Ray cluster, as they are done; ``address`` None: one on this machine.

    Raises:
        UsageError: Ray is not installed.
        KgtwinError: a portion has lost its worker time and again.
    """
    try:
        import ray  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError("Ray is not installed", remedy="pip install 'kgtwin[ray]'") from None
    if not ray.is_initialized():
        options: dict[str, Any] = {"address": address} if address else {"num_cpus": workers, "include_dashboard": False}
        ray.init(log_to_driver=False, configure_logging=False, **options)
    try:
        yield from _over(ray, make, portions, workers)
    finally:
        ray.shutdown()


class _Actor:
    """A worker in a process of a cluster."""

    def __init__(self, make: Callable[[], Worker[Any]]) -> None:
        self._worker = make()

    def portion(self, number: int) -> Any:
        return self._worker(number)


def _over(ray: Any, make: Callable[[], Worker[T]], portions: Iterable[int], workers: int) -> Iterator[tuple[int, T]]:
    actors = ray.remote(num_cpus=1)(_Actor)
    waiting, lost = list(portions)[::-1], Counter[int]()
    idle = [actors.remote(make) for _ in range(min(workers, len(waiting)))]
    running: dict[Any, tuple[Any, int]] = {}
    while waiting or running:
        while idle and waiting:
            actor, portion = idle.pop(), waiting.pop()
            running[actor.portion.remote(portion)] = actor, portion
        (done, *_), _ = ray.wait(list(running), num_returns=1)
        actor, portion = running.pop(done)
        try:
            found = ray.get(done)
        except ray.exceptions.RayActorError:
            lost[portion] += 1
            _give_up(lost)
            waiting.append(portion)
            idle.append(actors.remote(make))
            continue
        idle.append(actor)
        yield portion, found
