"""What was wrong with a release: every row that is left out is counted, the first of each kind are told in full."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kgtwin.model.problem import Location, Problem

TOLD: Final = 50
"""So many problems of one kind are told in full."""


class Log:
    """Gathers problems while files are read.

    >>> log = Log()
    >>> log.reject("check-digit", "22298007 has a wrong check digit", "c.txt", 7, "id", remedy="correct it")
    >>> print(log.problems[0], log.rejected)
    c.txt line 7 id: 22298007 has a wrong check digit; correct it 1
    """

    def __init__(self, told: int = TOLD) -> None:
        self.told = told
        self.problems: list[Problem] = []
        self.kinds: Counter[str] = Counter()
        self.rejected = 0

    def reject(
        self,
        code: str,
        message: str,
        file: str,
        line: int | None = None,
        field: str | None = None,
        *,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """A row that is left out."""
        self.rejected += 1
        self._tell(code, message, file, line, field, expected, remedy, rejected=True)

    def note(
        self,
        code: str,
        message: str,
        file: str,
        line: int | None = None,
        field: str | None = None,
        *,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Something to know about a row that counts all the same."""
        self._tell(code, message, file, line, field, expected, remedy, rejected=False)

    def add(self, problem: Problem) -> None:
        """A problem that another reader found."""
        self.rejected += problem.rejected
        self.kinds[problem.code] += 1
        if self.kinds[problem.code] <= self.told:
            self.problems.append(problem)

    @property
    def untold(self) -> dict[str, int]:
        """By kind, how many more there are than ``problems`` tells."""
        return {kind: count - self.told for kind, count in self.kinds.items() if count > self.told}

    def _tell(
        self,
        code: str,
        message: str,
        file: str,
        line: int | None,
        field: str | None,
        expected: str | None,
        remedy: str | None,
        *,
        rejected: bool,
    ) -> None:
        self.kinds[code] += 1
        if self.kinds[code] <= self.told:
            place = Location(file, f"line {line}" if line else None, field=field)
            self.problems.append(Problem(code, message, place, expected, remedy, rejected))
