"""From paths to submissions: one for a Bundle, a single resource, or a line of NDJSON."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from typing import IO, Final

import msgspec

from kgtwin.errors import InputError, MalformedInputError
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import Submission
from kgtwin.sources.fhir.faults import DECODE_FAULTS
from kgtwin.sources.fhir.inputs import READ_FAULTS, Failed, Input, Skipped, check_paths, inputs, read_fault
from kgtwin.sources.fhir.requests import Request
from kgtwin.sources.fhir.submissions import Session
from kgtwin.terminology import Terminology

DOCUMENT_LIMIT: Final = 2**30
"""Bytes of one JSON document, or of one line of NDJSON."""

_CHUNK: Final = 2**20


def read(paths: Sequence[str], *, source: str, terminology: Terminology) -> Iterator[Submission]:
    """The submissions of files, folders (recursive) and standard input (``-``), one at a time.

    ``.json`` holds one document, ``.ndjson`` and ``.jsonl`` one a line; each also ``.gz``, ``.xz``, or in a ``.zip``.
    Standard input, and a file with another suffix that is named itself, is told by its content; in a folder or an
    archive such files are skipped and counted. A label is the path as given, ``path:7`` for a line, ``zip!member``.
    A file that cannot be read is a submission with nothing but a problem.

    Raises:
        UsageError: if a path does not exist.
        InvalidIdentifierError: if ``source`` cannot name a source.
    """
    check_paths(paths)
    return _read(paths, Session(source, terminology))


def decode(
    data: bytes, *, label: str, source: str, terminology: Terminology, request: Request | None = None
) -> Submission:
    """The submission of one JSON document in memory. Bad data is a problem of it, never an exception.

    ``request`` says how a resource by itself is to be applied: a PUT or DELETE, with its URL and its conditions.

    Raises:
        InvalidIdentifierError: if ``source`` cannot name a source.

    >>> submission = decode(
    ...     b'{"resourceType": "Patient", "id": "p1"}', label="request", source="local", terminology=Terminology()
    ... )
    >>> submission.patients
    frozenset({'local|p1'})
    """
    return Session(source, terminology).submission(data, label, request=request)


def _read(paths: Sequence[str], session: Session) -> Iterator[Submission]:
    for item in inputs(paths):
        if isinstance(item, Input):
            yield from _submissions(item, session)
        elif isinstance(item, Failed):
            yield _failure(item.label, item.error, session)
        else:
            yield _skipped(item, session)


def _submissions(item: Input, session: Session) -> Iterator[Submission]:
    try:
        with item.open() as stream:
            if item.lines:
                yield from _lines(_numbered(stream), item.label, session)
            elif item.lines is None:
                yield from _told_by_content(stream, item.label, session)
            else:
                yield session.submission(_whole(stream), item.label)
    except InputError as error:
        yield _failure(item.label, error, session)
    except READ_FAULTS as error:
        yield _failure(item.label, read_fault(error), session)


def _whole(stream: IO[bytes], first: bytes = b"") -> bytes:
    """The rest of a stream: at once where its size is known, so that it is in memory once."""
    try:
        size = os.fstat(stream.fileno()).st_size
    except OSError:
        size = 0
    parts = [first] if first else []
    left = DOCUMENT_LIMIT - len(first)
    while part := stream.read(max(min(size, left), _CHUNK) + 1):
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise MalformedInputError(
                f"a JSON document of more than {DOCUMENT_LIMIT // 2**20} MiB",
                expected="a smaller document",
                remedy="split the Bundle, or write one resource a line as NDJSON",
            )
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _numbered(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers.

    Raises:
        MalformedInputError: at a line over the limit.
    """
    for number in itertools.count(1):
        line = stream.readline(DOCUMENT_LIMIT + 1)
        if len(line) > DOCUMENT_LIMIT:
            raise MalformedInputError(
                f"line {number} has more than {DOCUMENT_LIMIT // 2**20} MiB", expected="one resource a line"
            )
        if not line:
            return
        if line.strip():
            yield number, line


def _lines(lines: Iterator[tuple[int, bytes]], label: str, session: Session) -> Iterator[Submission]:
    empty = True
    for number, line in lines:
        empty = False
        yield session.submission(line, f"{label}:{number}", file=label, line=number)
    if empty:
        yield session.submission(b"", label)


def _told_by_content(stream: IO[bytes], label: str, session: Session) -> Iterator[Submission]:
    """NDJSON when the first line is a JSON document by itself and another line follows, else one document."""
    lines = _numbered(stream)
    first = next(lines, None)
    if first is None or not _complete(first[1]):
        yield session.submission(_whole(stream, first[1] if first else b""), label)
        return
    second = next(lines, None)
    if second is None:
        yield session.submission(first[1], label)
    else:
        yield from _lines(itertools.chain((first, second), lines), label, session)


def _complete(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except DECODE_FAULTS:
        return False
    return True


def _failure(label: str, error: InputError, session: Session) -> Submission:
    return Submission(
        label=label, source=session.source, problems=(Problem.of(error, Location(label, field=error.where)),)
    )


def _skipped(item: Skipped, session: Session) -> Submission:
    problem = Problem(
        "skipped-files",
        f"{item.files} files with another suffix were skipped",
        Location(item.label),
        expected=".json, .ndjson or .jsonl, also .gz or .xz",
        remedy="name a file itself to read it whatever its suffix",
        rejected=False,
    )
    return Submission(label=item.label, source=session.source, problems=(problem,))
