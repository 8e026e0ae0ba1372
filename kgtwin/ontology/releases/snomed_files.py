"""Finds the files of a SNOMED CT release in a folder, and reads the newest version of each component.

Release Format 2: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification. Snapshots are
read before full histories; of a component that several files hold, an edition and its extension, the newest counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from kgtwin.errors import OntologyError
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rows import check_header, rows
from kgtwin.ontology.rf2_files import DESCRIPTION_COLUMNS, EXPRESSION_COLUMNS, LANGUAGE_COLUMNS

_VERSIONED: Final = EXPRESSION_COLUMNS[:4]
_MEMBER: Final = EXPRESSION_COLUMNS[:6]
CONCEPT_COLUMNS: Final = (*_VERSIONED, "definitionStatusId")
RELATIONSHIP_COLUMNS: Final = (
    *(*_VERSIONED, "sourceId", "destinationId", "relationshipGroup", "typeId"),
    *("characteristicTypeId", "modifierId"),
)
VALUE_COLUMNS: Final = (
    *(*_VERSIONED, "sourceId", "value", "relationshipGroup", "typeId"),
    *("characteristicTypeId", "modifierId"),
)
ATTRIBUTE_COLUMNS: Final = (
    *(*_MEMBER, "domainId", "grouped", "attributeCardinality"),
    *("attributeInGroupCardinality", "ruleStrengthId", "contentTypeId"),
)
ASSOCIATION_COLUMNS: Final = (*_MEMBER, "targetComponentId")
_TIME = re.compile(r"(?:\d{8}(?:T\d{6}Z?)?)?")
_FLAGS: Final = ("0", "1")
_KINDS: Final = {
    "concepts": (r"x?sct2_Concept_.*", CONCEPT_COLUMNS),
    "descriptions": (r"x?sct2_Description_.*", DESCRIPTION_COLUMNS),
    "languages": (r"x?der2_cRefset_.*Language.*", LANGUAGE_COLUMNS),
    "expressions": (r"x?sct2_[sS]Refset_.*OWLExpression.*", EXPRESSION_COLUMNS),
    "stated": (r"x?sct2_StatedRelationship_.*", RELATIONSHIP_COLUMNS),
    "relationships": (r"x?sct2_Relationship_.*", RELATIONSHIP_COLUMNS),
    "values": (r"x?sct2_RelationshipConcreteValues_.*", VALUE_COLUMNS),
    "attributes": (r"x?der2_cissccRefset_.*MRCMAttributeDomain.*", ATTRIBUTE_COLUMNS),
    "associations": (r"x?der2_cRefset_.*Association.*", ASSOCIATION_COLUMNS),
}


class ReleaseFiles(NamedTuple):
    """The files of a release by kind, those of :data:`_KINDS`."""

    folder: Path
    found: dict[str, tuple[Path, ...]]

    def of(self, kind: str) -> tuple[Path, ...]:
        return self.found[kind]

    def all(self) -> list[Path]:
        return [file for kind in sorted(self.found) for file in self.found[kind]]


class Component(NamedTuple):
    """One version: ``fields`` are those after the ``moduleId``."""

    time: str
    active: bool
    module: str
    fields: list[str]
    file: str
    line: int


def find_files(folder: Path) -> ReleaseFiles:
    """The files of an unpacked release.

    Raises:
        OntologyError: there is no such folder, or it holds no concepts.
    """
    if not folder.is_dir():
        raise OntologyError(
            "there is no such folder",
            where=str(folder),
            expected="the folder of an unpacked SNOMED CT release",
            remedy="unpack the release's .zip and give the folder that it makes",
        )
    files = sorted(folder.rglob("*.txt"))
    found = {kind: _latest(files, pattern) for kind, (pattern, _) in _KINDS.items()}
    for kind in ("concepts", "descriptions"):
        if not found[kind]:
            raise OntologyError(
                f"no file of {kind} in this folder",
                where=str(folder),
                expected=f"a file such as sct2_{kind[:-1].capitalize()}_Snapshot_INT_20260101.txt in it or below",
                remedy="give the folder of an unpacked SNOMED CT release",
            )
    return ReleaseFiles(folder, found)


def _latest(files: Iterable[Path], pattern: str) -> tuple[Path, ...]:
    name = re.compile(pattern + r"\.txt")
    found = [file for file in files if name.fullmatch(file.name) and re.search("Snapshot|Full", file.name)]
    return tuple(file for file in found if "Snapshot" in file.name) or tuple(found)


def newest(
    files: ReleaseFiles,
    kind: str,
    log: Log,
    *,
    until: str = "",
    wanted: Callable[[list[str]], bool] | None = None,
) -> dict[str, Component]:
    """The newest version of each component of a kind, by its id.

    ``until``: a date as the release writes it; later versions are as if they were not there. ``wanted``: which rows
    to look at, by fields that no version of a component changes.

    Raises:
        OntologySyntaxError: the first line of a file does not name the columns.
        OntologyError: a file cannot be read.
    """
    columns = _KINDS[kind][1]
    found: dict[str, Component] = {}
    times: set[str] = set()
    for file in files.of(kind):
        check_header(file, columns)
        name = str(file)
        for line, fields in rows(file, "\t", len(columns), log, first=2):
            if wanted is not None and not wanted(fields):
                continue
            own, time, active, module, *others = fields
            if active not in _FLAGS or (time not in times and not _is_time(time, times)):
                _bad_version(name, line, time, active, log)
            elif not until or time <= until:
                one = Component(time, active == "1", module, others, name, line)
                if found.setdefault(own, one) is not one:
                    _keep(found, own, one, log)
    return found


def _is_time(text: str, known: set[str]) -> bool:
    """Whether this is an effectiveTime; what is one is known the next time."""
    if _TIME.fullmatch(text):
        known.add(text)
    return text in known


def _keep(found: dict[str, Component], own: str, one: Component, log: Log) -> None:
    known = found[own]
    if known.time == one.time and known.file == one.file:
        log.reject(
            "duplicate-id", f"{own[:40]} stands already in line {known.line}", one.file, one.line, "id",
            expected="one row for each id and effectiveTime", remedy="delete one of the two",
        )  # fmt: skip
    elif (one.time or "9") >= (known.time or "9"):
        found[own] = one


def _bad_version(file: str, line: int, time: str, active: str, log: Log) -> None:
    field, value = ("active", active) if active not in ("0", "1") else ("effectiveTime", time)
    expected = "0 or 1" if field == "active" else "a date as YYYYMMDD, or nothing"
    log.reject(
        "bad-value", f"{field} is {value[:20]!r}", file, line, field,
        expected=expected, remedy="take the file from the release again",
    )  # fmt: skip
