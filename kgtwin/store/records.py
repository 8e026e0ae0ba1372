"""The values that the store's parts hand to each other."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from kgtwin.model.fact import Fact, PatientRecord


class VersionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the store remembers of one received version of one resource.

    ``revision`` is the write that recorded it; ``facts`` are the ids of its facts by kind; ``current`` says
    whether it is the version that counts now; ``deleted`` says that it is a FHIR delete.
    """

    version: str
    content: str
    revision: int
    patient: str | None = None
    updated: str | None = None
    retracted: bool = False
    deleted: bool = False
    current: bool = False
    facts: dict[str, tuple[str, ...]] = {}


class Known(msgspec.Struct, frozen=True):
    """A patient's record and facts as known at ``revision``; ``changed`` is the revision that last changed them."""

    changed: int
    revision: int
    record: PatientRecord
    facts: tuple[Fact, ...]


class CodeUsage(msgspec.Struct, frozen=True, kw_only=True):
    """How often current facts carry a code as their first coding, and what it maps to (CURIEs that act)."""

    system: str | None
    code: str | None
    display: str | None
    kind: str
    count: int
    concepts: tuple[str, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    """One Cypher statement and its parameters. A parameter value is never None: see ``Dialect``.

    ``makes`` is the revision that the transaction makes, in its last statement.
    """

    query: str
    parameters: Mapping[str, Any] = {}
    makes: int | None = None


T = TypeVar("T")
Rows = Sequence[Sequence[Any]]
Work = Generator[Statement, Rows, T]
"""A transaction without its I/O: it yields statements, is sent their rows, and returns its result.

An adapter drives it inside one transaction; the same work serves a blocking and an asynchronous driver.
"""
