"""What every form of a table offers: its columns, its rows as texts, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from kgtwin.errors import InputError, MalformedInputError


class Row(NamedTuple):
    """A row's number in its file, and the texts of the columns that were asked for; empty where there is none."""

    number: int
    values: list[str]


class Broken(NamedTuple):
    """A row that cannot be read, and why."""

    number: int
    error: InputError


class Content(Protocol):
    """One file or table. ``label`` names it to people, ``unit`` says what its rows are numbered by."""

    label: str
    unit: str

    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in lower case.

        Raises:
            InputError: if they cannot be read.
        """

    def rows(self, columns: Sequence[str], having: str = "") -> Iterator[Row | Broken]:
        """Its rows; a column that it lacks is empty. It may pass over rows in which the text ``having`` is nowhere.

        Raises:
            InputError: if what follows cannot be read.
        """

    def count(self) -> int:
        """How many rows it has.

        Raises:
            InputError: if they cannot be counted.
        """


def damaged(what: str, error: Exception) -> InputError:
    """What a library says of a file that it cannot read, without its words, which may quote data."""
    return MalformedInputError(
        f"the {what} cannot be read ({type(error).__name__})",
        expected=f"an intact {what}",
        remedy="write it again",
    )
