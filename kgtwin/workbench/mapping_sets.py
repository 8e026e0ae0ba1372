"""The mapping sets beside an ontology, with all that is wrong with them, and what they say as one set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from kgtwin.errors import TerminologyError
from kgtwin.model.ontology import Origin
from kgtwin.model.problem import Problem
from kgtwin.terminology.sssom import read_pairs
from kgtwin.terminology.sssom_table import Table, files_of, merge, read_table
from kgtwin.workbench.findings import Finding, Level

NEEDED = {"license": "the licence of the mappings", "mapping_set_id": "an IRI that names the set"}


class MappingFile(msgspec.Struct, frozen=True):
    """One file with its table."""

    file: Path
    table: Table


def read_sets(folder: Path) -> tuple[list[MappingFile], list[Finding]]:
    """Every mapping file of a folder that can be read, and what is wrong: in rows, in metadata, between files."""
    found: list[MappingFile] = []
    findings: list[Finding] = []
    for file in files_of(folder):
        try:
            findings += map(_of_row, read_pairs(file)[1])
            found.append(MappingFile(file, read_table(file)))
        except TerminologyError as error:
            findings.append(_of_file(error, file))
    findings += (finding for one in found for finding in _lacking(one))
    if not findings:
        try:
            merge([one.table for one in found])
        except TerminologyError as error:
            findings.append(_of_file(error, folder))
    return found, findings


def together(sets: Sequence[MappingFile], identifier: str, title: str, version: str) -> list[Table]:
    """The sets as one where their licence is the same, else one a licence, with metadata of their own."""
    by_licence: dict[str, list[Table]] = {}
    for one in sets:
        by_licence.setdefault(one.table.metadata["license"], []).append(one.table)
    found = []
    for number, (licence, tables) in enumerate(sorted(by_licence.items()), 1):
        suffix = "" if len(by_licence) == 1 else f"-{number}"
        metadata = {
            "mapping_set_id": f"{identifier}{suffix}",
            "mapping_set_title": title,
            "mapping_set_version": version,
            "license": licence,
        }
        found.append(msgspec.structs.replace(merge(tables), metadata=metadata))
    return found


def _of_row(problem: Problem) -> Finding:
    place = problem.location
    line = (place.entry or "").removeprefix("line ")
    return Finding(
        check="mapping",
        level=Level.ERROR,
        message=problem.message,
        where=Origin(place.file or "", int(line) if line.isdecimal() else None),
        expected=problem.expected,
        remedy=problem.remedy,
    )


def _of_file(error: TerminologyError, file: Path) -> Finding:
    name, _, line = (error.where or "").rpartition(":")
    where = Origin(name, int(line)) if name and line.isdecimal() else Origin(str(file))
    return Finding(
        check="mapping",
        level=Level.ERROR,
        message=error.message,
        where=where,
        expected=error.expected,
        remedy=error.remedy,
    )


def _lacking(one: MappingFile) -> Iterator[Finding]:
    for key, what in NEEDED.items():
        if not one.table.metadata.get(key):
            yield Finding(
                check="mapping",
                level=Level.ERROR,
                message=f"the metadata has no {key}",
                where=Origin(str(one.file), 1),
                expected=f"{what}: # {key}: …",
                remedy="add it to the header; nothing without terms of use is released",
            )


def triples(tables: Iterable[Table]) -> set[tuple[str, ...]]:
    """What all tables say."""
    return {triple for table in tables for triple in table.triples}
