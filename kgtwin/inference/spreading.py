"""Numbered portions of work spread over processes of this machine, or over a Ray cluster: the same code either way.

A worker is made once in each process (``make``) and then asked for one portion after the other. A worker that is lost
takes its portion back to the others; one that loses three workers is given up, with an error that names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Protocol, TypeVar, cast

from kgtwin.errors import KgtwinError, UsageError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Worker(Protocol[T_co]):
    """Does portions, by their numbers; ``close`` is called when there are no more."""

    def __call__(self, portion: int, /) -> T_co: ...
    def close(self) -> None: ...


TRIES: Final = 3
"""Workers that a portion may lose."""


def here(make: Callable[[], Worker[T]], portions: Iterable[int]) -> Iterator[tuple[int, T]]:
    """One portion after the other in this process."""
    worker = make()
    try:
        for portion in portions:
            yield portion, worker(portion)
    finally:
        worker.close()


def by_processes(make: Callable[[], Worker[T]], portions: Iterable[int], processes: int) -> Iterator[tuple[int, T]]:
    """Portions by some processes, as they are done.

    Raises:
        KgtwinError: a portion has lost its worker time and again.
    """
    waiting, lost = list(portions)[::-1], Counter[int]()
    idle = [_Process(make) for _ in range(min(processes, len(waiting)))]
    running: dict[Connection, tuple[_Process, int]] = {}
    try:
        while waiting or running:
            while idle and waiting:
                process, portion = idle.pop(), waiting.pop()
                running[process.connection] = process, portion
                process.connection.send(portion)
            for ready in wait(list(running)):
                process, portion = running.pop(cast(Connection, ready))
                try:
                    done, found = process.connection.recv()
                except (EOFError, ConnectionResetError):
                    process.end()
                    _lose(portion, lost)
                    waiting.append(portion)
                    idle.append(_Process(make))
                    continue
                idle.append(process)
                if not done:
                    raise found
                yield portion, found
    finally:
        for process in (*idle, *(one for one, _ in running.values())):
            process.end()


class _Process:
    """A worker in a process of its own, spoken to through a pipe."""

    def __init__(self, make: Callable[[], Worker[Any]]) -> None:
        context = get_context("spawn")
        self.connection, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(make, there), daemon=True)
        self._process.start()
        there.close()

    def end(self) -> None:
        """Stops the process."""
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _serve(make: Callable[[], Worker[Any]], connection: Connection) -> None:
    """Answers each portion with what was made of it, or with the error; until nobody asks any more."""
    worker: Worker[Any] | None = None
    with suppress(EOFError, KeyboardInterrupt, OSError):
        while True:
            portion = connection.recv()
            try:
                worker = worker or make()
                answer = True, worker(portion)
            except Exception as error:
                answer = False, error
            connection.send(answer)


def _lose(portion: int, lost: Counter[int]) -> None:
    """Notes that a portion has lost its worker."""
    lost[portion] += 1
    if lost[portion] >= TRIES:
        raise KgtwinError(
            f"portion {portion} lost its worker {TRIES} times",
            expected="a process that lives until its portion is done",
            remedy="look for a lack of memory; run again with fewer processes: what is done is kept",
        )


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
            _lose(portion, lost)
            waiting.append(portion)
            idle.append(actors.remote(make))
            continue
        idle.append(actor)
        yield portion, found
