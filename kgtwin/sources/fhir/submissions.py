"""One JSON document becomes one Submission."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Final

import msgspec

from kgtwin.errors import InputError, InvalidResourceError, UnresolvedReferenceError
from kgtwin.identifiers import patient_key
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.sources.fhir.bundles import BUNDLE_TYPES, Document, read_document, resource_type
from kgtwin.sources.fhir.context import Bundle, Context, check_date, require
from kgtwin.sources.fhir.datatypes import Meta
from kgtwin.sources.fhir.families import FAMILIES, Family, decoder
from kgtwin.sources.fhir.faults import DECODE_FAULTS, fault
from kgtwin.sources.fhir.medications import read_medication
from kgtwin.sources.fhir.patients import record
from kgtwin.sources.fhir.references import ID, Entry, References, Target, entry_id, peek
from kgtwin.sources.fhir.resource_types import RESOURCE_TYPES
from kgtwin.sources.fhir.structs import Medication, Patient
from kgtwin.terminology import Terminology

_PATIENT: Final = decoder(Patient)
_CANONICAL: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_NO_META: Final = Meta()
_NOTHING: Final = (b"", b"null")
_NOT_APPLIED: Final = {"DELETE", "PATCH", "GET", "HEAD"}


class Session:
    """One ingest: the source, the terminology, and the Medications met so far, to which later documents may refer."""

    def __init__(self, source: str, terminology: Terminology) -> None:
        patient_key(source, "checked")
        self.source = source
        self.terminology = terminology
        self.medications: dict[str, Medication] = {}

    def submission(self, data: bytes, label: str, *, file: str | None = None, line: int | None = None) -> Submission:
        """The resources of a document, what was only counted, and what was wrong. Never raises on bad data.

        ``file`` and ``line`` say where it was found, when that is not the label.
        """
        where = Location(file or label, None if line is None else f"line {line}")
        try:
            document = read_document(data)
        except InputError as error:
            at = msgspec.structs.replace(where, field=error.where)
            return Submission(label=label, source=self.source, problems=(Problem.of(error, at),))
        return _Builder(self, document, where).submission(label)


class _Builder:
    """Gathers one submission, entry by entry. ``at`` is where it is."""

    def __init__(self, session: Session, document: Document, where: Location) -> None:
        self.document = document
        self.where = where
        self.at = where
        self.problems: list[Problem] = []
        self.counted: Counter[str] = Counter()
        self.resources: dict[tuple[str, str], ResourceVersion] = {}
        self.names: set[str] = set()
        references = References(document.sound if document.bundle_type is not None else ())
        self.bundle = Bundle(session.source, session.terminology, references, self.problems, session.medications)

    def submission(self, label: str) -> Submission:
        self._check_type()
        for position, entry in enumerate(self.document.entries):
            self.at = self._location(position)
            try:
                self._entry(entry)
            except InputError as error:
                self._note(error)
        return Submission(
            label=label,
            source=self.bundle.source,
            resources=tuple(self.resources.values()),
            counted=dict(self.counted),
            problems=tuple(self.problems),
        )

    def _note(self, error: InputError, rejected: bool = True) -> None:
        at = Location(self.at.file, self.at.entry, self.at.resource, error.where)
        self.problems.append(Problem.of(error, at, rejected))

    def _location(self, position: int) -> Location:
        if self.document.bundle_type is None:
            return self.where
        entry = f"entry[{position}]"
        return Location(self.where.file, f"{self.where.entry} {entry}" if self.where.entry else entry)

    def _check_type(self) -> None:
        kind = self.document.bundle_type
        if kind is not None and kind not in BUNDLE_TYPES:
            expected = ", ".join(sorted(BUNDLE_TYPES))
            self._note(
                InvalidResourceError("the Bundle's type is missing or unknown", where="type", expected=expected), False
            )

    def _entry(self, entry: Entry | InvalidResourceError) -> None:
        """One entry; whatever is wrong with it concerns it alone."""
        if isinstance(entry, InvalidResourceError):
            raise entry
        raw = _resource_of(entry)
        try:
            kind = resource_type(raw)
            family = FAMILIES.get(kind)
            if family is not None:
                self._mapped(kind, entry, family.decoder.decode(raw), family)
            elif kind == "Patient":
                self._patient(entry, _PATIENT.decode(raw))
            else:
                self._other(kind, entry, raw)
        except DECODE_FAULTS as error:
            self._name(entry, raw)
            raise fault(error, len(memoryview(raw))) from None

    def _name(self, entry: Entry, raw: msgspec.Raw) -> None:
        """Name a resource that did not decode, as far as it can be named."""
        try:
            what = peek(raw)
        except DECODE_FAULTS:
            return
        found = entry_id(entry, what.id if isinstance(what.id, str) else None)
        if isinstance(what.resource_type, str) and found and ID.fullmatch(found):
            self._at_resource(f"{what.resource_type}/{found}")

    def _at_resource(self, name: str) -> None:
        self.at = Location(self.at.file, self.at.entry, name)

    def _other(self, kind: str, entry: Entry, raw: msgspec.Raw) -> None:
        """A type that carries no facts of its own."""
        if kind not in RESOURCE_TYPES:
            raise InvalidResourceError(
                f"unknown resource type {kind[:64]!r}",
                where="resourceType",
                expected="a resource type of FHIR R4",
                remedy="correct it; names are case sensitive",
            )
        self.counted[kind] += 1
        if kind == "Medication":
            found = entry_id(entry, peek(raw).id)
            if isinstance(found, str):
                read_medication(found, raw, self.bundle.medications)

    def _patient(self, entry: Entry, resource: Patient) -> None:
        version = self._version("Patient", entry, resource)
        key = f"{self.bundle.source}|{version.resource.partition('/')[2]}"
        context = Context(self.bundle, self.at, version.resource, version.version, key)
        context.recorded = version.updated
        self._keep(msgspec.structs.replace(version, patient=key, record=record(resource, context)))

    def _mapped(self, kind: str, entry: Entry, resource: Any, family: Family) -> None:
        version = self._version(kind, entry, resource)
        if family.retracted(resource):
            self._keep(msgspec.structs.replace(version, retracted=True, patient=self._retracted_from(resource, family)))
            return
        patient = self._subject(resource, family)
        if patient.type != "Patient":
            self._not_a_patient(kind, patient.type)
            return
        key = f"{self.bundle.source}|{patient.id}"
        context = Context(self.bundle, self.at, version.resource, version.version, key)
        context.recorded = version.updated
        facts = tuple(family.facts(resource, context))
        self._keep(msgspec.structs.replace(version, patient=key, facts=facts))

    def _version(self, kind: str, entry: Entry, resource: Any) -> ResourceVersion:
        """Which version of which resource this is.

        The content's digest leaves ``meta`` out, and whatever kgtwin does not read; white space and the order of
        keys do not count. A resource that neither has an id nor a ``fullUrl`` is named by it.
        """
        meta = resource.meta or _NO_META
        resource.meta = None
        content = hashlib.blake2b(_CANONICAL.encode(resource), digest_size=16).hexdigest()
        identifier = entry_id(entry, resource.id)
        if identifier is None:
            identifier = f"x-{content}"
        elif not ID.fullmatch(identifier):
            raise InvalidResourceError(
                "the id is no FHIR id", where="id", expected="1 to 64 letters, digits, '-' and '.'"
            )
        name = f"{kind}/{identifier}"
        self._at_resource(name)
        _check_modifiers(resource)
        return ResourceVersion(
            source=self.bundle.source,
            resource=name,
            version=meta.version_id or content,
            content=content,
            patient=None,
            updated=check_date(meta.last_updated, "meta.lastUpdated"),
        )

    def _subject(self, resource: Any, family: Family) -> Target:
        reference = getattr(resource, family.subject)
        require(reference, family.subject, "a Reference(Patient)")
        try:
            return self.bundle.references.resolve(reference)
        except UnresolvedReferenceError as error:
            error.where = f"{family.subject}.reference"
            raise

    def _retracted_from(self, resource: Any, family: Family) -> str | None:
        """The patient of a resource entered in error, as far as it says."""
        try:
            target = self._subject(resource, family)
        except InputError:
            return None
        return f"{self.bundle.source}|{target.id}" if target.type == "Patient" else None

    def _not_a_patient(self, kind: str, subject: str) -> None:
        self.counted[kind] += 1
        error = InvalidResourceError(f"its subject is a {subject}, not a Patient: it was counted, and states nothing")
        self._note(error, rejected=False)

    def _keep(self, version: ResourceVersion) -> None:
        """Keep a resource version, unless the bundle already has it or contradicts it.

        Several versions of one resource are normal where they have a ``meta.versionId``.
        """
        key = (version.resource, version.version)
        same = self.resources.get(key)
        if same is None and (version.resource not in self.names or version.version != version.content):
            self.names.add(version.resource)
            self.resources[key] = version
            return
        again = same is not None and same.content == version.content
        error = InvalidResourceError(
            "the same resource twice in one bundle" + ("" if again else ", with different content"),
            where="id",
            expected="an id, or an id and meta.versionId, once in a bundle",
            remedy="the first was kept; send the other in a bundle of its own",
        )
        self._note(error, rejected=not again)


def _resource_of(entry: Entry) -> msgspec.Raw:
    method = (entry.request.method or "").upper() if entry.request else ""
    raw = entry.resource
    if method in _NOT_APPLIED:
        raise InvalidResourceError(
            f"a {method} is not applied",
            where="request.method",
            expected="POST or PUT",
            remedy="retract a resource by sending it with the status entered-in-error",
        )
    if bytes(memoryview(raw)[:4]) in _NOTHING:
        raise InvalidResourceError("an entry without a resource", where="resource", expected="a FHIR R4 resource")
    return raw


def _check_modifiers(resource: Any) -> None:
    if resource.modifier_extension:
        raise InvalidResourceError(
            "a modifier extension, which may change what the resource means",
            where="modifierExtension",
            expected="none that kgtwin does not understand (FHIR R4, section 2.4.1.1)",
            remedy="send the resource without it if its meaning is the same",
        )
