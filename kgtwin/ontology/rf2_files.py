"""Finds the files of a SNOMED CT release and reads their rows.

Release Format 2: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification. A row is one
version of a component; the newest of its versions counts, whichever files they stand in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.model.caveat import Caveat, CaveatCode

_VERSIONED: Final = ("id", "effectiveTime", "active", "moduleId")
EXPRESSION_COLUMNS: Final = (*_VERSIONED, "refsetId", "referencedComponentId", "owlExpression")
DESCRIPTION_COLUMNS: Final = (*_VERSIONED, "conceptId", "languageCode", "typeId", "term", "caseSignificanceId")
LANGUAGE_COLUMNS: Final = (*_VERSIONED, "refsetId", "referencedComponentId", "acceptabilityId")
_NAMES: Final = {
    "expressions": re.compile(r"x?sct2_[sS]Refset_.*OWLExpression.*_?(Snapshot|Full).*\.txt"),
    "descriptions": re.compile(r"x?sct2_Description_.*(Snapshot|Full).*\.txt"),
    "languages": re.compile(r"x?der2_cRefset_.*Language.*(Snapshot|Full).*\.txt"),
}
_TIME = re.compile(r"(\d{8}|\d{8}T\d{6}Z?)?")


class Release(NamedTuple):
    """The files of a release that say something here; ``languages`` tell which of two descriptions is preferred."""

    expressions: tuple[Path, ...]
    descriptions: tuple[Path, ...] = ()
    languages: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        return (*self.expressions, *self.descriptions, *self.languages)


class Row(NamedTuple):
    """``fields`` are those after the ``moduleId``; ``column`` is where the last one begins, from 1."""

    id: str
    time: str
    active: bool
    fields: list[str]
    file: str
    line: int
    column: int

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


def is_expression_file(begin: bytes) -> bool:
    """Whether a file that begins so is an OWL expression reference set.

    >>> is_expression_file("\\t".join(EXPRESSION_COLUMNS).encode() + b"\\r\\n")
    True
    """
    return begin.removeprefix(b"\xef\xbb\xbf").startswith("\t".join(EXPRESSION_COLUMNS).encode())


def find_release(path: Path) -> Release:
    """The files of a release in a folder, or those that belong to one file of it. Snapshots before full histories.

    Raises:
        OntologyError: no OWL expression reference set in the folder.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.rglob("*.txt") if path.is_dir() else folder.glob("*.txt"))
    found = {kind: _latest([file for file in files if name.fullmatch(file.name)]) for kind, name in _NAMES.items()}
    if not path.is_dir():
        return Release((path,), found["descriptions"])
    if not found["expressions"]:
        raise OntologyError(
            "no OWL expression reference set in this folder",
            where=str(path),
            expected="a file such as sct2_sRefset_OWLExpressionSnapshot_INT_20260101.txt in it or below",
            remedy="give the folder of an unpacked SNOMED CT release, or the path of an ontology file",
        )
    return Release(found["expressions"], found["descriptions"], found["languages"])


def _latest(files: list[Path]) -> tuple[Path, ...]:
    snapshots = tuple(file for file in files if "Snapshot" in file.name)
    return snapshots or tuple(files)


def newest(
    files: Iterable[Path],
    columns: tuple[str, ...],
    caveats: list[Caveat],
    wanted: Callable[[Row], bool] = lambda _row: True,
) -> dict[str, Row]:
    """The newest version of each component, by its id; a row that cannot be read becomes a caveat.

    ``wanted``: which rows to look at, by what no version of a component changes.

    Raises:
        OntologySyntaxError: the first line of a file does not name the columns.
        OntologyError: a file cannot be read.
    """
    found: dict[str, Row] = {}
    for file in files:
        for row in filter(wanted, _rows(file, columns, caveats)):
            known = found.get(row.id)
            if known is None or (row.time or "9") >= (known.time or "9"):
                found[row.id] = row
    return found


def _rows(file: Path, columns: tuple[str, ...], caveats: list[Caveat]) -> Iterator[Row]:
    name = str(file)
    for line, text in enumerate(_lines(file), 1):
        fields = text.split("\t")
        if line == 1:
            _check_header(name, fields, columns)
        elif len(fields) != len(columns):
            caveats.append(left_out(f"{name}:{line}", f"it has {len(fields)} columns instead of {len(columns)}"))
        elif fields[2] not in ("0", "1") or not _TIME.fullmatch(fields[1]):
            reason = f"active is {fields[2][:20]!r} and effectiveTime {fields[1][:20]!r}"
            caveats.append(left_out(f"{name}:{line}", reason))
        else:
            column = len(text) - len(fields[-1]) + 1
            yield Row(fields[0], fields[1], fields[2] == "1", fields[4:], name, line, column)


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="\n") as text:
            yield from (line.rstrip("\r\n") for line in text)
    except OSError as error:
        raise OntologyError(f"it cannot be read: {error.strerror}", where=str(file)) from None
    except UnicodeDecodeError:
        raise OntologySyntaxError("not text in UTF-8", where=str(file), remedy="use the file as released") from None


def _check_header(name: str, fields: list[str], columns: tuple[str, ...]) -> None:
    if tuple(fields) == columns:
        return
    pairs = enumerate(zip(fields, columns, strict=False))
    wrong = next((i for i, (one, other) in pairs if one != other), min(len(fields), len(columns)))
    found = fields[wrong][:40] if wrong < len(fields) else "nothing"
    raise OntologySyntaxError(
        f"column {wrong + 1} is {found!r}",
        where=f"{name}:1",
        expected=", ".join(columns),
        remedy="use the file as released, with its header and tabs",
    )


def left_out(where: str, reason: str, touches: tuple[str, ...] = ()) -> Caveat:
    """The caveat for a row that is not used."""
    return Caveat(CaveatCode.IGNORED_AXIOM, f"a row of the release is left out: {reason} ({where})", touches)
