"""The entries of one JSON document: a Bundle's, or a single resource as the only one."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from kgtwin.errors import InvalidResourceError, MalformedInputError
from kgtwin.sources.fhir.datatypes import Element
from kgtwin.sources.fhir.faults import DECODE_FAULTS, fault
from kgtwin.sources.fhir.references import Entry, peek

BUNDLE_TYPES: Final = frozenset(
    [
        "document",
        "message",
        "transaction",
        "transaction-response",
        "batch",
        "batch-response",
        "history",
        "searchset",
        "collection",
    ]
)
_BOM: Final = b"\xef\xbb\xbf"
_HEAD: Final = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')


class _Bundle(Element):
    type: str | None = None
    entry: list[Entry] | None = None


class _LooseBundle(Element):
    """A Bundle of which some entry is wrong: its entries are decoded one by one."""

    type: Any = None
    entry: list[msgspec.Raw] | None = None


class _Header(Element):
    resource_type: Any = None
    type: Any = None


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)
_LOOSE: Final = msgspec.json.Decoder(_LooseBundle)
_ENTRY: Final = msgspec.json.Decoder(Entry)
_HEADER: Final = msgspec.json.Decoder(_Header)


class Document(msgspec.Struct):
    """``bundle_type`` is None for a single resource. ``entries`` holds an error where an entry is none."""

    bundle_type: str | None
    entries: list[Entry | InvalidResourceError]

    @property
    def sound(self) -> list[Entry]:
        """The entries that are entries."""
        return [entry for entry in self.entries if isinstance(entry, Entry)]


def resource_type(raw: msgspec.Raw | bytes) -> str:
    """The ``resourceType`` of a JSON object, without decoding the rest of it where it comes first.

    Raises:
        InvalidResourceError: if it has none.
        DECODE_FAULTS: if it is no JSON object.
    """
    match = _HEAD.match(memoryview(raw))
    if match:
        return match.group(1).decode()
    found = peek(raw).resource_type
    if isinstance(found, str) and found:
        return found
    raise InvalidResourceError(
        "JSON without a resourceType" if found is None else "the resourceType is no word",
        where="resourceType",
        expected="a FHIR R4 resource or Bundle",
        remedy="check that the file is FHIR JSON",
    )


def read_document(data: bytes) -> Document:
    """The entries of a JSON document.

    Raises:
        MalformedInputError: if it is empty, truncated or no JSON.
        InvalidResourceError: if it is JSON, but no FHIR resource.
    """
    data = data.removeprefix(_BOM)
    if not data.strip():
        raise MalformedInputError("the input is empty", expected="a FHIR R4 resource or Bundle in JSON")
    try:
        if resource_type(data) != "Bundle":
            msgspec.json.decode(data, type=Element)
            return Document(None, [Entry(resource=msgspec.Raw(data))])
        return _bundle(data)
    except DECODE_FAULTS as error:
        raise fault(error, len(data)) from None


def _bundle(data: bytes) -> Document:
    try:
        found = _BUNDLE.decode(data)
        return Document(found.type or "", list(found.entry or []))
    except (msgspec.ValidationError, UnicodeError):
        loose = _LOOSE.decode(data)
        return Document(loose.type if isinstance(loose.type, str) else "", [_entry(raw) for raw in loose.entry or []])


def _entry(raw: msgspec.Raw) -> Entry | InvalidResourceError:
    try:
        return _ENTRY.decode(raw)
    except DECODE_FAULTS as error:
        wrong = fault(error, len(memoryview(raw)))
        return InvalidResourceError(wrong.message, where=wrong.where, expected=wrong.expected, remedy=wrong.remedy)


def bundle_type(data: bytes) -> str | None:
    """The ``type`` of a Bundle; None when the data is no Bundle, or states none.

    >>> bundle_type(b'{"resourceType": "Bundle", "type": "batch"}'), bundle_type(b"[]")
    ('batch', None)
    """
    try:
        header = _HEADER.decode(data.removeprefix(_BOM))
    except DECODE_FAULTS:
        return None
    return header.type if header.resource_type == "Bundle" and isinstance(header.type, str) else None
