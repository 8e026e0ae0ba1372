"""Which resource a FHIR reference means (R4, section 2.3 and bundle resolution, 2.36.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl

import msgspec

from kgtwin.errors import UnresolvedReferenceError
from kgtwin.sources.fhir.datatypes import Identifier, Reference

ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A FHIR id; the underscore is tolerated."""

_LITERAL: Final = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9._-]{1,64})(?:/_history/[A-Za-z0-9._-]+)?/?")
_URN: Final = ("urn:uuid:", "urn:oid:")
_REMEDY: Final = "send the resource in the same bundle, or refer to it as Type/id"


class Target(NamedTuple):
    """A resource: its type and id, and both as ``Type/id``."""

    type: str
    id: str
    name: str

    @staticmethod
    def of(kind: str, identifier: str) -> Target:
        return Target(kind, identifier, f"{kind}/{identifier}")


class Holder(Protocol):
    """A bundle's entry, as far as references go."""

    full_url: str | None
    resource: Any


def entry_id(full_url: str | None, given: str | None) -> str | None:
    """The id of an entry's resource: its own, else the one in its ``fullUrl``; None when it has neither.

    >>> entry_id("urn:uuid:0af1", None), entry_id("http://x/fhir/Patient/7", None)
    ('0af1', '7')
    """
    if given is not None or full_url is None:
        return given
    for scheme in _URN:
        if full_url.startswith(scheme):
            found = full_url.removeprefix(scheme)
            return found if ID.fullmatch(found) else None
    match = _LITERAL.fullmatch(full_url)
    return match.group(2) if match else None


class References:
    """The references of one bundle, resolved once each."""

    def __init__(self, entries: Sequence[Holder] = ()) -> None:
        self._entries = entries
        self._by_url = {entry.full_url: entry for entry in entries if entry.full_url and entry.resource is not None}
        self._found: dict[str | None, Target] = {}
        self.known = self._found.get
        self._by_id: dict[Target, Holder] | None = None
        self._by_identifier: dict[tuple[str, str | None, str], list[Target]] | None = None

    def resolve(self, reference: Reference, default_type: str = "Patient") -> Target:
        """What a reference means. ``default_type`` is the type of a logical one that states none.

        ``Type/id`` means that resource of the same source, in this bundle or not; every other form must mean
        exactly one entry of the bundle.

        Raises:
            UnresolvedReferenceError: if it means nothing here.
        """
        text = reference.reference
        if text is None:
            return self._logical(reference, default_type)
        found = self._found.get(text)
        if found is None:
            found = self._resolve(text)
            if found is None:
                raise _unresolved(text)
            self._found[text] = found
        return found

    def entry(self, target: Target) -> Holder | None:
        """The entry of this bundle that holds a resource."""
        if self._by_id is None:
            known = ((self._target(entry), entry) for entry in self._entries)
            self._by_id = {found: entry for found, entry in known if found}
        return self._by_id.get(target)

    def _resolve(self, text: str) -> Target | None:
        entry = self._by_url.get(text.partition("/_history/")[0])
        if entry is not None:
            return self._target(entry)
        if text.startswith((*_URN, "#")):
            return None
        if "?" in text:
            return self._conditional(text)
        match = _LITERAL.fullmatch(text)
        return Target.of(match.group(1), match.group(2)) if match else None

    def _target(self, entry: Holder) -> Target | None:
        resource = entry.resource
        if resource is None:
            return None
        found = entry_id(entry.full_url, resource.id if isinstance(resource.id, str) else None)
        return Target.of(type(resource).__name__, found) if found and ID.fullmatch(found) else None

    def _conditional(self, text: str) -> Target | None:
        """``Patient?identifier=system|value``; without a bar any system will do, before an empty one none is stated."""
        path, _, query = text.partition("?")
        parameters = parse_qsl(query, keep_blank_values=True)
        if len(parameters) != 1 or parameters[0][0] != "identifier":
            return None
        system, bar, value = parameters[0][1].partition("|")
        kind = path.rpartition("/")[2]
        return self._one(kind, system, value.replace("\\|", "|")) if bar else self._one(kind, None, system)

    def _logical(self, reference: Reference, default_type: str) -> Target:
        identifier = reference.identifier
        if identifier is None or not identifier.value:
            raise UnresolvedReferenceError(
                "the reference is empty", expected="Reference.reference or Reference.identifier", remedy=_REMEDY
            )
        found = self._one(reference.type or default_type, identifier.system or "", identifier.value)
        if found is None:
            raise _unresolved("by identifier")
        return found

    def _one(self, kind: str, system: str | None, value: str) -> Target | None:
        if self._by_identifier is None:
            self._by_identifier = self._identifiers()
        found = self._by_identifier.get((kind, system, value), [])
        return found[0] if len(set(found)) == 1 else None

    def _identifiers(self) -> dict[tuple[str, str | None, str], list[Target]]:
        """The resources of each identifier by its system, empty where it has none, and under None by any."""
        index: dict[tuple[str, str | None, str], list[Target]] = {}
        for entry in self._entries:
            target = self._target(entry)
            for identifier in _identifiers_of(entry) if target else []:
                if target and identifier.value:
                    for system in (identifier.system or "", None):
                        index.setdefault((target.type, system, identifier.value), []).append(target)
        return index


def _identifiers_of(entry: Holder) -> list[Identifier]:
    """Those of a type without facts were not decoded, and may be anything."""
    found = getattr(entry.resource, "identifier", None)
    try:
        return msgspec.convert(found if isinstance(found, list | tuple) else [found], list[Identifier])
    except msgspec.ValidationError:
        return []


def _unresolved(text: str) -> UnresolvedReferenceError:
    """Literal references are shown; a conditional or logical one carries a patient's identifier and is not."""
    form = "conditional reference" if "?" in text else "reference"
    shown = "" if "?" in text or text == "by identifier" else f" {text[:80]}"
    return UnresolvedReferenceError(
        f"the {form}{shown} means no resource of the bundle, or not exactly one",
        expected="a resource of the same bundle",
        remedy=_REMEDY,
    )
