"""The shape of an OBO file: a header, then frames, each a row of clauses with their lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology.obo_values import Malformed, identifiers, plain

_STANZA = re.compile(r"\[(Term|Typedef|Instance)\]\s*(?:!.*)?")
_TAG = re.compile(r"[A-Za-z][\w-]*")
_OLD_TAGS = {
    "inverse_of_on_instance_level": "inverse_of",
    "instance_level_is_transitive": "is_transitive",
    "xref_analog": "xref",
    "xref_unknown": "xref",
    "is_metadata": "is_metadata_tag",
    "use_term": "consider",
}
_FREQUENT = {
    *("id", "name", "namespace", "def", "comment", "synonym", "xref", "alt_id", "subset", "is_a", "relationship"),
    *("intersection_of", "union_of", "disjoint_from", "created_by", "creation_date", "is_obsolete", "property_value"),
}

Clause = tuple[str, str, int]
"""A tag, its value (still with escapes, qualifiers and comment) and the line, from 1."""


class Frame(NamedTuple):
    """``kind``: ``Term``, ``Typedef`` or ``Instance``; ``clauses`` without the identifier's."""

    kind: str
    id: str
    line: int
    clauses: list[Clause]


class OboFile(NamedTuple):
    name: str
    header: list[Clause]
    frames: list[Frame]

    def header_values(self, tag: str) -> list[str]:
        """The values of a tag in the header, without what trails them.

        Raises:
            OntologySyntaxError: for a value whose qualifiers never end.
        """
        return plain_values(self.name, self.header, tag)


def plain_values(name: str, clauses: Iterable[Clause], wanted: str) -> list[str]:
    """The values of a tag among some clauses, without what trails them.

    Raises:
        OntologySyntaxError: with file and line.
    """
    found: list[str] = []

    def keep(tag: str, value: str, _line: int) -> None:
        if tag == wanted:
            found.append(plain(value))

    each(name, clauses, keep)
    return found


def read_file(name: str, text: str) -> OboFile:
    """Splits a text.

    Raises:
        OntologySyntaxError: a line that is no clause, an unknown kind of frame, a frame that begins without ``id``.
    """
    lines = _joined(text.replace("\r\n", "\n").split("\n"))
    begins = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    header = _clauses(name, lines, 0, begins[0] if begins else len(lines))
    frames = [_frame(name, lines, begin, end) for begin, end in pairwise([*begins, len(lines)])]
    return OboFile(name, header, frames)


def each(name: str, clauses: Iterable[Clause], handle: Callable[[str, str, int], None]) -> None:
    """Hands every clause's tag, value and line to ``handle``; what it finds malformed becomes an error with its line.

    Raises:
        OntologySyntaxError: with file and line.
    """
    line = 0
    try:
        for tag, value, line in clauses:
            handle(tag, value, line)
    except Malformed as error:
        raise syntax_error(name, line, error) from None


def syntax_error(name: str, line: int, error: Malformed) -> OntologySyntaxError:
    """The error to raise for a malformed clause."""
    return OntologySyntaxError(error.message, where=f"{name}:{line}", expected=error.expected, remedy=error.remedy)


def _frame(name: str, lines: list[str], begin: int, end: int) -> Frame:
    match = _STANZA.fullmatch(lines[begin].strip())
    if match is None:
        what = Malformed(f"unknown frame {lines[begin].strip()[:40]}", "[Term], [Typedef] or [Instance]")
        raise syntax_error(name, begin + 1, what)
    clauses = _clauses(name, lines, begin + 1, end)
    if not clauses or clauses[0][0] != "id":
        raise syntax_error(name, begin + 1, Malformed(f"a [{match[1]}] that does not begin with its id", "id: …"))
    found: list[str] = []
    each(name, clauses[:1], lambda _tag, value, _line: found.extend(identifiers(value, 1, 1).ids))
    return Frame(match[1], found[0], begin + 1, clauses[1:])


def _clauses(name: str, lines: list[str], begin: int, end: int) -> list[Clause]:
    found = []
    for number in range(begin, end):
        tag, _, value = lines[number].partition(": ")
        if tag in _FREQUENT:
            found.append((tag, value.strip(), number + 1))
        elif (clause := _unusual(name, lines[number], number + 1)) is not None:
            found.append(clause)
    return found


def _unusual(name: str, line: str, number: int) -> Clause | None:
    """Blank lines, comments, and clauses with seldom tags or space around them."""
    text = line.strip()
    if not text or text.startswith("!"):
        return None
    tag, colon, value = text.partition(":")
    if not (colon and _TAG.fullmatch(tag)):
        remedy = "begin a comment with '!'"
        raise syntax_error(name, number, Malformed(f"no clause: {text[:40]}", "tag: value", remedy))
    return _OLD_TAGS.get(tag, tag), value.strip(), number


def _joined(lines: list[str]) -> list[str]:
    """A line that ends in a single backslash goes on in the next, which stays blank to keep the count."""
    for number in range(len(lines) - 1):
        if lines[number].endswith("\\"):
            _join(lines, number)
    return lines


def _join(lines: list[str], number: int) -> None:
    line = lines[number]
    if (len(line) - len(line.rstrip("\\"))) % 2:
        for after in _following(lines, number):
            lines[number] = lines[number][:-1] + after
            if not after.endswith("\\"):
                break


def _following(lines: list[str], number: int) -> Iterator[str]:
    for index in range(number + 1, len(lines)):
        after, lines[index] = lines[index], ""
        yield after
