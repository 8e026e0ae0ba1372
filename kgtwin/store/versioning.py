"""Which version a received one is: known already, new, or one for the store to name; and whether it may be written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain, count
from typing import Final

import msgspec

from kgtwin.errors import InvalidResourceError, PreconditionFailedError
from kgtwin.model.fact import Fact, PatientRecord, fact_id
from kgtwin.model.submission import ResourceVersion
from kgtwin.model.time import earliest
from kgtwin.store.records import VersionRecord

Records = Sequence[VersionRecord]

LONGEST: Final = 64
"""Characters of a FHIR id, and so of a version's number."""


def current_of(records: Records) -> VersionRecord | None:
    """The version that counts now; it may be a delete."""
    for record in records:
        if record.current:
            return record
    return None


def number_of(version: str) -> int | None:
    """The number that a version is, None where it is another word.

    >>> number_of("12"), number_of("a1"), number_of("")
    (12, None, None)
    """
    return int(version) if version.isdecimal() and len(version) <= LONGEST else None


def recorded(version: ResourceVersion, records: Records) -> VersionRecord | None:
    """The record of this very version, where it was received before.

    One without a ``meta.versionId`` is known by its content, unless ``meta.lastUpdated`` says that it holds again; one
    that the store is to name, only by what holds now.
    """
    if not records:
        return None
    alike = [r for r in records if r.deleted is version.deleted]
    if version.version and version.version != version.content:
        return next((r for r in alike if r.version == version.version), None)
    same = [r for r in alike if r.content == version.content]
    now = next((r for r in same if r.current), None)
    if now is not None or not version.version or _holds_again(version, current_of(records)):
        return now
    return next(iter(same), None)


def _holds_again(version: ResourceVersion, current: VersionRecord | None) -> bool:
    mine, theirs = instant(version.updated), instant(current.updated if current else None)
    return mine is not None and theirs is not None and mine > theirs


def unnamed(version: ResourceVersion, records: Records) -> bool:
    """Whether the store is to name a version: it has no name, or its content's, which an earlier one has."""
    return not version.version or (
        version.version == version.content and any(r.version == version.version for r in records)
    )


def instant(text: str | None) -> datetime | None:
    """The first instant that a time admits; None where there is none, or it is no time."""
    try:
        return earliest(text) if text else None
    except InvalidResourceError:
        return None


def successor(content: str, records: Records) -> str:
    """The name of the version that comes next: a number after numbers, else a digest of the content.

    >>> successor("0af1", []), successor("0af1", [VersionRecord(version="3", content="x", revision=1)])
    ('1', '4')
    >>> successor("0af1", [VersionRecord(version="0af1", content="0af1", revision=1)])
    '0af1-2'
    """
    numbers = [n for r in records if (n := number_of(r.version)) is not None]
    if numbers or not records:
        return str(max(numbers, default=0) + 1)
    stem, taken = content or "deleted", {r.version for r in records}
    return next(name for name in chain([stem], (f"{stem}-{n}" for n in count(2))) if name not in taken)


def named(version: ResourceVersion, name: str) -> ResourceVersion:
    """The version under the name that the store gives it; its facts are then those of that version."""
    return msgspec.structs.replace(
        version,
        version=name,
        facts=tuple(_named_fact(fact, name) for fact in version.facts),
        record=_named_record(version.record, name),
    )


def _named_fact(fact: Fact, name: str) -> Fact:
    provenance = msgspec.structs.replace(fact.provenance, version=name)
    return msgspec.structs.replace(fact, id=fact_id(fact.patient, provenance), provenance=provenance)


def _named_record(record: PatientRecord | None, name: str) -> PatientRecord | None:
    if record is None or record.provenance is None:
        return record
    return msgspec.structs.replace(record, provenance=msgspec.structs.replace(record.provenance, version=name))


def precondition_failed(version: ResourceVersion, current: VersionRecord | None) -> PreconditionFailedError | None:
    """Why a version may not be written, where its writer said what must hold (RFC 9110, section 13.1).

    A resource that was deleted has no current version.
    """
    now = None if current is None or current.deleted else current.version
    if version.if_match is not None and not _matches(version.if_match, now):
        return _failed("If-Match", version.if_match, now)
    if version.if_none_match is not None and _matches(version.if_none_match, now):
        return _failed("If-None-Match", version.if_none_match, now)
    return None


def _matches(stated: str, now: str | None) -> bool:
    return now is not None and stated in {"*", now}


def _failed(header: str, stated: str, now: str | None) -> PreconditionFailedError:
    found = "the resource has no current version" if now is None else f"its current version is {now[:LONGEST]}"
    return PreconditionFailedError(
        f"{header} {stated[:LONGEST]}: {found}",
        expected="the version that the writer has seen" if header == "If-Match" else "no such version",
        remedy="read the resource again, and decide anew",
    )
