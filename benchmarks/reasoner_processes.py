"""Whole processes, measured: seconds by the clock and the most memory that they held, sides taking turns."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MEBI = 1 << 20
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Command(NamedTuple):
    """A command line; ``settings`` are environment variables, ``good`` the exit codes that are no failure."""

    line: Sequence[str]
    settings: Mapping[str, str] = {}
    good: Collection[int] = (0,)


class Run(NamedTuple):
    """What a process took, and what it printed: seconds by the clock, and of all processors together.

    ``peak``: bytes, the largest of it and its children.
    """

    seconds: float
    processor: float
    peak: int
    output: str


class Limit(NamedTuple):
    """What a figure must keep to, and what it aims at."""

    must: float
    aim: float | None = None
    unit: str = "x"

    def verdict(self, what: str, value: float) -> bool:
        """Prints how a figure stands; whether it keeps what it must."""
        kept = value <= self.must
        reached = self.aim is not None and value <= self.aim
        says = "the aim is reached" if reached else "what it must reach" if kept else "MISSED"
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        print(f"{what:38} {value:10.3f} {self.unit}   must <= {self.must:g}{aim}: {says}")
        return kept


def kgtwin(*arguments: str | Path, **settings: str) -> Command:
    """kgtwin's own command line. It exits with 1 where a class is unsatisfiable, which is an answer."""
    return Command([sys.executable, "-m", "kgtwin", *map(str, arguments)], settings, good=(0, 1))


def script(code: str, *arguments: str | Path, **settings: str) -> Command:
    """A few lines of Python in a process of their own."""
    return Command([sys.executable, "-c", code, *map(str, arguments)], settings)


def run(command: Command) -> Run:
    """Runs a command to its end, in the repository's folder; exits where it fails.

    The peak counts from before the child is itself, so whoever calls this should be small: no numpy, no large values.
    """
    environment = {**os.environ, **command.settings}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command.line, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in command.good:
            errors.seek(0)
            told = errors.read().decode(errors="replace").strip().splitlines()[-12:]
            sys.exit("\n".join([f"exit code {child.returncode} from {' '.join(command.line)[:500]}", *told]))
        out.seek(0)
        return Run(
            seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT, out.read().decode(errors="replace")
        )


def race(sides: Mapping[str, Command], runs: int) -> dict[str, list[Run]]:
    """Runs each side so many times, in turns."""
    found: dict[str, list[Run]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, command in sides.items():
            found[name].append(run(command))
    return found


def seconds(runs: Iterable[Run]) -> float:
    """The median."""
    return statistics.median(one.seconds for one in runs)


def peak(runs: Iterable[Run]) -> float:
    """The median, in bytes."""
    return statistics.median(one.peak for one in runs)


def show(found: Mapping[str, Sequence[Run]]) -> None:
    """Prints every side's median, and between what it lies."""
    for name, runs in found.items():
        taken = sorted(one.seconds for one in runs)
        print(
            f"{name:38} {seconds(runs):10.3f} s   ({taken[0]:.3f} to {taken[-1]:.3f}, {len(runs)} runs)"
            f"   processor {statistics.median(one.processor for one in runs):.3f} s"
            f"   peak {peak(runs) / MEBI:.0f} MiB"
        )


def same_lines(one: Path, other: Path) -> bool:
    """Prints whether two taxonomies are the same set of lines, without blank ones and comments (ELK's hash code)."""
    ours, theirs = _lines(one), _lines(other)
    if ours == theirs:
        print(f"{'the same lines':38} {len(ours):10}")
        return True
    more, less = sorted(ours - theirs), sorted(theirs - ours)
    print(f"DIFFERENT: {len(more)} lines of {one.name} only, {len(less)} of {other.name} only, such as")
    for line in [*more[:3], *less[:3]]:
        print(f"  {line.decode(errors='replace').strip()[:200]}")
    return False


def _lines(path: Path) -> set[bytes]:
    with path.open("rb") as file:
        return {line.strip() for line in file if line.strip() and not line.startswith(b"#")}
