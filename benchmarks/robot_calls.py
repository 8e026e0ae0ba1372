"""ROBOT's command line: one Java process at a time, what it printed, what went wrong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple


class RobotError(Exception):
    """ROBOT failed where it should not."""


class Robot(NamedTuple):
    """Its command, what its Java process may hold, how long it may take."""

    command: str
    heap: str = "6g"
    seconds: float = 1800

    def run(self, *arguments: str | Path, good: Collection[int] = (0,)) -> str:
        """All that it printed.

        Raises:
            RobotError: its exit code is none of the good ones.
        """
        settings = {**os.environ, "ROBOT_HEAP": self.heap, "ROBOT_JAVA_ARGS": f"-Xmx{self.heap}"}
        line = [self.command, *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=self.seconds, env=settings, check=False)
        if done.returncode not in good:
            told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
            raise RobotError(f"exit code {done.returncode} from {' '.join(line)[:400]}\n{told[:2000]}")
        return done.stdout + done.stderr


class Outcome(NamedTuple):
    """One comparison: how much is the same, what only one side says, and what it says for a known reason."""

    what: str
    same: int
    ours: list[str]
    theirs: list[str]
    known: list[str]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs without a reason."""
        return not (self.ours or self.theirs)

    def show(self, most: int) -> None:
        """Prints the verdict, and the differences."""
        said = "the same" if self.agrees else "DIFFERENT"
        print(
            f"{self.what:30} {said:9} {self.same:7} on both sides, {len(self.ours)} only kgtwin, "
            f"{len(self.theirs)} only ROBOT, {len(self.known)} for a known reason",
            flush=True,
        )
        for who, lines in (("only kgtwin", self.ours), ("only ROBOT", self.theirs), ("known", self.known)):
            for line in lines[:most]:
                print(f"    {who}: {line}")
            if len(lines) > most:
                print(f"    {who}: … {len(lines) - most} more")
