"""The entries of one JSON document: a Bundle's, or a single resource as the only one.

A sound document is decoded in one pass. When that fails, its entries are decoded one by one, so that what is wrong
concerns its own entry alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Union

import msgspec

from kgtwin.errors import InputError, InvalidResourceError, MalformedInputError
from kgtwin.sources.fhir import structs
from kgtwin.sources.fhir.datatypes import Element, Meta
from kgtwin.sources.fhir.faults import DECODE_FAULTS, fault
from kgtwin.sources.fhir.references import ID, entry_id
from kgtwin.sources.fhir.requests import Request, Response, target_of
from kgtwin.sources.fhir.resource_types import RESOURCE_TYPES

BUNDLE_TYPES: Final = frozenset(
    {"document", "message", "transaction", "batch", "history", "searchset", "collection"}
    | {"transaction-response", "batch-response"}
)
_BOM: Final = b"\xef\xbb\xbf"


def _stub(name: str) -> type[Any]:
    """A resource type that carries no facts: its id, and its identifiers, by which it may be referred to."""
    fields: list[Any] = [("id", Any, None), ("identifier", Any, None)]
    return msgspec.defstruct(name, fields, tag_field="resourceType", tag=name, gc=False)


_WITH_FACTS: Final = {
    name: struct
    for name, struct in vars(structs).items()
    if isinstance(struct, msgspec.StructMeta) and struct.__struct_config__.tag == name
}
_STUBS: Final = {name: _stub(name) for name in sorted(RESOURCE_TYPES - _WITH_FACTS.keys())}
_RESOURCES: Final = (*_WITH_FACTS.values(), *_STUBS.values())
_AnyResource: Any = Union[_RESOURCES]  # noqa: UP007 (made at run time)


class Entry(Element):
    """``resource`` is one of the structs of ``structs``, or a stub with its id alone."""

    full_url: str | None = None
    resource: _AnyResource | None = None
    request: Request | None = None
    response: Response | None = None


class Broken(msgspec.Struct):
    """An entry that does not decode: why, and ``Type/id`` as far as it has one."""

    error: InputError
    name: str | None = None


class _Bundle(Element, tag_field="resourceType", tag="Bundle"):
    type: str | None = None
    meta: Meta | None = None
    entry: tuple[Entry, ...] | None = None


class _LooseBundle(Element):
    type: Any = None
    meta: Any = None
    entry: tuple[msgspec.Raw, ...] | None = None


class _LooseEntry(Element):
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw()
    request: Request | None = None
    response: Response | None = None


class _Peek(Element):
    """What says which resource this is, whatever else it holds."""

    resource_type: Any = None
    id: Any = None
    type: Any = None


_NOT_A_BUNDLE: Final = tuple(resource for resource in _RESOURCES if resource is not _STUBS["Bundle"])
_DOCUMENT: Final = msgspec.json.Decoder(Union[(_Bundle, *_NOT_A_BUNDLE)], float_hook=Decimal)
_RESOURCE: Final[Any] = msgspec.json.Decoder(_AnyResource, float_hook=Decimal)
_LOOSE: Final = msgspec.json.Decoder(_LooseBundle)
_LOOSE_ENTRY: Final = msgspec.json.Decoder(_LooseEntry)
_PEEK: Final = msgspec.json.Decoder(_Peek)


class Document(msgspec.Struct):
    """``bundle_type`` is None for a single resource, empty for a Bundle that states none.

    ``updated`` is when the Bundle itself was made, as far as it says.
    """

    bundle_type: str | None
    entries: tuple[Entry | Broken, ...]
    updated: str | None = None


def read_document(data: bytes) -> Document:
    """The entries of a JSON document.

    Raises:
        MalformedInputError: if it is empty, truncated or no JSON.
        InvalidResourceError: if it is JSON, but no object.
    """
    data = data.removeprefix(_BOM)
    if not data.strip():
        raise MalformedInputError("the input is empty", expected="a FHIR R4 resource or Bundle in JSON")
    try:
        found = _DOCUMENT.decode(data)
    except DECODE_FAULTS:
        return _one_by_one(data)
    if isinstance(found, _Bundle):
        return Document(found.type or "", _with_ids(found.entry or ()), found.meta.last_updated if found.meta else None)
    return Document(None, (Entry(resource=found),))


def _one_by_one(data: bytes) -> Document:
    try:
        if _peek(data).resource_type != "Bundle":
            return Document(None, (_entry(_LooseEntry(resource=msgspec.Raw(data))),))
        loose = _LOOSE.decode(data)
    except DECODE_FAULTS as error:
        raise fault(error, len(data)) from None
    kind = loose.type if isinstance(loose.type, str) else ""
    updated = loose.meta.get("lastUpdated") if isinstance(loose.meta, dict) else None
    entries = _with_ids(tuple(_loose_entry(raw) for raw in loose.entry or ()))
    return Document(kind, entries, updated if isinstance(updated, str) else None)


def _with_ids(entries: tuple[Entry | Broken, ...]) -> tuple[Entry | Broken, ...]:
    """A PUT names its resource in its URL, whether or not the resource repeats its id."""
    for entry in entries:
        if isinstance(entry, Entry) and entry.resource is not None and entry.resource.id is None:
            target = target_of(entry.request)
            entry.resource.id = target.id if target else None
    return entries


def _peek(data: bytes) -> _Peek:
    try:
        return _PEEK.decode(data)
    except msgspec.ValidationError as error:
        raise InvalidResourceError(
            f"JSON, but no FHIR resource: {fault(error, len(data)).message}",
            expected="an object with a resourceType",
            remedy="check that it is FHIR JSON",
        ) from None


def _loose_entry(raw: msgspec.Raw) -> Entry | Broken:
    try:
        return _entry(_LOOSE_ENTRY.decode(raw))
    except DECODE_FAULTS as error:
        return Broken(fault(error, len(memoryview(raw))))


def _entry(loose: _LooseEntry) -> Entry | Broken:
    raw = loose.resource
    if bytes(memoryview(raw)[:4]) in {b"", b"null"}:
        return Entry(loose.full_url, None, loose.request, loose.response)
    name = None
    try:
        what = _PEEK.decode(raw)
        name = _name(what, loose.full_url)
        _check_type(what.resource_type)
        return Entry(loose.full_url, _RESOURCE.decode(raw), loose.request, loose.response)
    except InputError as error:
        return Broken(error, name)
    except DECODE_FAULTS as error:
        return Broken(fault(error, len(memoryview(raw))), name)


def _name(what: _Peek, full_url: str | None) -> str | None:
    found = entry_id(full_url, what.id if isinstance(what.id, str) else None)
    return f"{what.resource_type}/{found}" if what.resource_type in _KNOWN and found and ID.fullmatch(found) else None


_KNOWN: Final = tuple(sorted(RESOURCE_TYPES))


def _check_type(found: Any) -> None:
    if isinstance(found, str) and found in RESOURCE_TYPES:
        return
    if isinstance(found, str) and found:
        raise InvalidResourceError(
            f"unknown resource type {found[:64]!r}",
            where="resourceType",
            expected="a resource type of FHIR R4",
            remedy="correct it; names are case sensitive",
        )
    raise InvalidResourceError(
        "JSON without a resourceType" if found is None or found == "" else "the resourceType is no word",
        where="resourceType",
        expected="a FHIR R4 resource or Bundle",
        remedy="check that it is FHIR JSON",
    )


def bundle_type(data: bytes) -> str | None:
    """The ``type`` of a Bundle; None when the data is no Bundle, or states none.

    >>> bundle_type(b'{"resourceType": "Bundle", "type": "batch"}'), bundle_type(b"[]")
    ('batch', None)
    """
    try:
        found = _PEEK.decode(data.removeprefix(_BOM))
    except DECODE_FAULTS:
        return None
    return found.type if found.resource_type == "Bundle" and isinstance(found.type, str) else None
