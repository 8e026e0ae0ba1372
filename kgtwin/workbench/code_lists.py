"""Codes that nobody knows the class of: from a table or from a store, checked one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kgtwin.errors import InvalidIdentifierError, KgtwinError, TerminologyError
from kgtwin.identifiers import check_code
from kgtwin.model.problem import Location, Problem
from kgtwin.vocabulary import CODE_SYSTEMS, PREFIXES

COLUMNS = ("system", "code", "display")
_ALIASES = {
    "snomed-ct": "snomed",
    "snomedct": "snomed",
    "sct": "snomed",
    "sctid": "snomed",
    "icd-10-cm": "icd10cm",
    "icd-10": "icd10",
}


class UnknownCode(msgspec.Struct, frozen=True):
    """``system`` as received; ``prefix`` where it is a known one; ``kind`` is that of the facts that carry it."""

    system: str
    code: str
    display: str
    uses: int | None = None
    kind: str | None = None

    @property
    def prefix(self) -> str | None:
        """The CURIE prefix of the system.

        >>> UnknownCode("SNOMED-CT", "22298006", "").prefix, UnknownCode("http://h.example/codes", "a", "").prefix
        ('snomed', None)
        """
        name = CODE_SYSTEMS.get(self.system.rstrip("/")) or self.system.lower()
        name = _ALIASES.get(name, name)
        return name if name in PREFIXES else None


def read_codes(file: Path) -> tuple[list[UnknownCode], list[Problem]]:
    """The codes of a tab-separated table, and the rows that are wrong: incomplete, impossible, twice.

    Raises:
        TerminologyError: it cannot be read, is no UTF-8 text, or lacks a column.
    """
    found: dict[tuple[str, str], UnknownCode] = {}
    lines: dict[tuple[str, str], int] = {}
    problems: list[Problem] = []
    for line, cells in _rows(file):
        try:
            code = _checked(cells)
            key = code.prefix or code.system, code.code
            if key in lines:
                raise TerminologyError(f"the same code as line {lines[key]}", remedy="delete one of the two")
            lines[key], found[key] = line, code
        except KgtwinError as error:
            problems.append(Problem.of(error, Location(str(file), f"line {line}", field=error.where)))
    return list(found.values()), problems


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TerminologyError(
            f"the table of codes cannot be read ({type(error).__name__})", where=str(file), expected="UTF-8 text"
        ) from None
    rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise TerminologyError(
            f"the column {missing[0]} is missing",
            where=f"{file}:1",
            expected=f"tab-separated columns {', '.join(COLUMNS)}",
            remedy="add it to the header line",
        )
    for row in rows:
        yield rows.line_num, {name: (row.get(name) or "").strip() for name in COLUMNS}


def _checked(cells: dict[str, str]) -> UnknownCode:
    for name in COLUMNS:
        if not cells[name]:
            raise TerminologyError(f"the {name} is empty", where=name, expected="a code with its system and its words")
    code = UnknownCode(cells["system"], cells["code"], cells["display"])
    reason = wrong(code)
    if reason:
        raise InvalidIdentifierError(reason, where="code", remedy="correct the code in the table")
    return code


def wrong(code: UnknownCode) -> str | None:
    """Why this cannot be a code of its system; None where it can."""
    reason = check_code(code.prefix, code.code) if code.prefix and code.prefix != "kgtwin" else None
    return f"{code.code!r}: {reason}" if reason else None
