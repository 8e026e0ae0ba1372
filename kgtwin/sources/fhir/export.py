"""A store's patients as FHIR R4 NDJSON: one file a resource type, as FHIR Bulk Data names them."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO, Final

import msgspec

from kgtwin.errors import UsageError
from kgtwin.files import NewFolder, writing
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.sources.fhir.writing import patient_resource, resources_of, to_line
from kgtwin.sources.fhir.writing.checking import read_again, unsaid, unsaid_of_patient
from kgtwin.sources.fhir.writing.elements import Json
from kgtwin.terminology import Terminology

DELETED: Final = "deleted"
"""The file of deletes: patients who are known by key alone are written, and deleted again when that is read."""


class Exported(msgspec.Struct, frozen=True):
    """What was written: the resources of each type, and the fields of facts that FHIR R4 cannot say, counted."""

    patients: int = 0
    facts: int = 0
    resources: dict[str, int] = {}
    unsaid: dict[str, int] = {}


async def export(
    patients: AsyncIterator[tuple[PatientRecord, Sequence[Fact]]],
    folder: Path,
    terminology: Terminology,
    *,
    advance: Callable[[], None] = lambda: None,
) -> Exported:
    """Write patients of one source, one after the other, and read each again to see that it says the same.

    The folder appears when all is written; it and its files are their owner's alone.

    Raises:
        UsageError: if there is something in the folder already, it cannot be written, or the patients come from
            several sources. Nothing is left behind.
    """
    with writing("the export", folder):
        making = _Folder(folder)
        try:
            export = _Export(making, terminology)
            async for record, facts in patients:
                export.add(record, facts)
                advance()
            return export.done()
        except BaseException:
            making.abandon()
            raise


class _Export:
    """An export in the making."""

    def __init__(self, folder: _Folder, terminology: Terminology) -> None:
        self.folder = folder
        self.terminology = terminology
        self.source: str | None = None
        self.patients = self.facts = 0
        self.unsaid: Counter[str] = Counter()

    def add(self, record: PatientRecord, facts: Sequence[Fact]) -> None:
        """One patient: written, and read again."""
        self._check_source(record)
        self.patients += 1
        self.facts += len(facts)
        person = self.folder.write(patient_resource(record))
        if not record.received:
            self.folder.write(_delete(record), DELETED)
        lines = [self.folder.write(resource) for resource in resources_of(facts)]
        found, again = read_again([person, *lines], record.source, self.terminology)
        self.unsaid += unsaid(facts, again) + unsaid_of_patient(record, found)

    def _check_source(self, record: PatientRecord) -> None:
        self.source = self.source or record.source
        if record.source != self.source:
            raise UsageError(
                "the patients come from several sources, whose ids may collide",
                where=f"{self.source}, {record.source}",
                expected="one source",
                remedy="export each source to a folder of its own: --source",
            )

    def done(self) -> Exported:
        """Let the folder appear."""
        counts = self.folder.close()
        return Exported(self.patients, self.facts, counts, dict(sorted(self.unsaid.items())))


def _delete(record: PatientRecord) -> Json:
    url = patient_resource(record)["id"]
    entry = {"request": {"method": "DELETE", "url": f"Patient/{url}"}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


class _Folder:
    """The files of a folder in the making, one a type of resource."""

    def __init__(self, path: Path) -> None:
        self._folder = NewFolder(path)
        self._files: dict[str, IO[bytes]] = {}
        self._counts: Counter[str] = Counter()

    def write(self, resource: Json, name: str | None = None) -> bytes:
        """One line, in the file of its type unless another is named; the line itself."""
        name = name or resource["resourceType"]
        line = to_line(resource)
        self._counts[name] += 1
        self._file(name).write(line + b"\n")
        return line

    def _file(self, name: str) -> IO[bytes]:
        found = self._files.get(name)
        if found is None:
            found = self._files[name] = self._folder.create(f"{name}.ndjson")
        return found

    def close(self) -> dict[str, int]:
        """Write what is left, and let the folder appear; the resources of each file."""
        for file in self._files.values():
            file.close()
        self._folder.appear()
        return dict(sorted(self._counts.items()))

    def abandon(self) -> None:
        """Leave nothing behind."""
        for file in self._files.values():
            with contextlib.suppress(OSError):
                file.close()
        self._folder.abandon()
