"""One JSON document becomes one Submission."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Final

import msgspec

from kgtwin.errors import InputError, InvalidResourceError, MalformedInputError, UnresolvedReferenceError
from kgtwin.identifiers import patient_key
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.sources.fhir.bundles import BUNDLE_TYPES, Broken, Document, Entry, read_document
from kgtwin.sources.fhir.context import Bundle, Context, check_date, require
from kgtwin.sources.fhir.families import FAMILIES, Family
from kgtwin.sources.fhir.patients import record_of
from kgtwin.sources.fhir.references import ID, References, Target, entry_id
from kgtwin.sources.fhir.repeated import LOOKED_THROUGH, Repeated, repeated_keys
from kgtwin.sources.fhir.requests import (
    Conditions,
    Request,
    check_method,
    check_not_conditional,
    check_target,
    conditions,
    deletion,
)
from kgtwin.sources.fhir.structs import Medication, Patient
from kgtwin.terminology import Terminology

STATING: Final = frozenset({"Patient"} | {struct.__name__ for struct in FAMILIES})
"""The types of which something is kept."""

_BESIDE: Final = ("onset_date_time_", "abatement_date_time_")
_CANONICAL: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic")


class Session:
    """One ingest: the source, the terminology, and the Medications met so far, to which later documents may refer."""

    def __init__(self, source: str, terminology: Terminology) -> None:
        patient_key(source, "checked")
        self.source = source
        self.terminology = terminology
        self.medications: dict[str, Medication] = {}

    def submission(
        self,
        data: bytes,
        label: str,
        *,
        file: str | None = None,
        line: int | None = None,
        request: Request | None = None,
    ) -> Submission:
        """The resources of a document, what was only counted, and what was wrong. Never raises on bad data.

        ``file`` and ``line`` say where it was found, when that is not the label. ``request`` is how a resource by
        itself is to be applied.
        """
        where = Location(file or label, None if line is None else f"line {line}")
        try:
            document = read_document(data) if request is None else requested(data, request)
        except InputError as error:
            at = msgspec.structs.replace(where, field=error.where)
            return Submission(label=label, source=self.source, problems=(Problem.of(error, at),))
        repeated = repeated_keys(data) if _is_looked_through(data, document, line) else ()
        del data  # a large document is in memory once: as bytes, or as structs
        return _Builder(self, document, where, repeated).submission(label)


class _Builder:
    """Gathers one submission, entry by entry."""

    def __init__(
        self, session: Session, document: Document, where: Location, repeated: tuple[Repeated, ...] = ()
    ) -> None:
        self.document = document
        self.repeated = repeated
        self.counted: Counter[str] = Counter()
        self.history = document.bundle_type == "history"
        self.kept: dict[tuple[str, str], ResourceVersion] = {}
        self.first: dict[str, ResourceVersion] = {}
        self.conditions = Conditions()
        self.keys: dict[str, str] = {}
        self.bundle = Bundle(
            source=session.source,
            terminology=session.terminology,
            references=References([entry for entry in document.entries if isinstance(entry, Entry)]),
            medications=session.medications,
            where=where,
        )

    def submission(self, label: str) -> Submission:
        self._check_type()
        if self.document.bundle_type is not None:
            self._note_repeated(None)
        single = self.document.bundle_type is None
        for position, entry in enumerate(self.document.entries):
            self.bundle.position = None if single else position
            self.bundle.name = None
            try:
                self._entry(entry)
            except InputError as error:
                self.bundle.note(error)
            self._note_repeated(self.bundle.position)
        return Submission(
            label=label,
            source=self.bundle.source,
            resources=self._versions(),
            counted=dict(self.counted),
            problems=tuple(self.bundle.problems),
        )

    def _note_repeated(self, position: int | None) -> None:
        """Report the repeated keys of an entry; without a position, those of the document itself."""
        for one in self.repeated:
            if one.entry == position or self.document.bundle_type is None:
                self.bundle.note(one.error(), rejected=False)

    def _versions(self) -> tuple[ResourceVersion, ...]:
        """The versions of each resource as they came about: a history has the last one first."""
        found: dict[str, list[ResourceVersion]] = {}
        for version in self.kept.values():
            found.setdefault(version.resource, []).append(version)
        step = -1 if self.history else 1
        return tuple(version for versions in found.values() for version in versions[::step])

    def _check_type(self) -> None:
        kind = self.document.bundle_type
        if kind is not None and kind not in BUNDLE_TYPES:
            expected = ", ".join(sorted(BUNDLE_TYPES))
            self.bundle.note(
                InvalidResourceError("the Bundle's type is missing or unknown", where="type", expected=expected), False
            )

    def _entry(self, entry: Entry | Broken) -> None:
        """One entry; whatever is wrong with it concerns it alone."""
        if isinstance(entry, Broken):
            self.bundle.name = entry.name
            raise entry.error
        resource, request, kind = entry.resource, entry.request, self.document.bundle_type
        if request is not None:
            check_method(request, kind)
            if request.method == "DELETE":
                self._delete(entry, request)
                return
        check_target(request, resource)
        self.conditions = conditions(request, kind, kind is None and request is not None)
        family = FAMILIES.get(type(resource))
        if family is not None:
            self._mapped(entry, resource, family)
        elif isinstance(resource, Patient):
            self._patient(entry, resource)
        elif resource is None:
            raise InvalidResourceError("an entry without a resource", where="resource", expected="a FHIR R4 resource")
        else:
            self._other(entry, resource)

    def _other(self, entry: Entry, resource: Any) -> None:
        """A type that carries no facts of its own, or a Bundle within the Bundle, whose resources are not read."""
        self.counted[type(resource).__name__] += 1
        if type(resource).__name__ == "Bundle":
            error = InvalidResourceError(
                "a Bundle within a Bundle: nothing of it was read", expected="a resource", remedy="send it by itself"
            )
            self.bundle.note(error)
        found = entry_id(entry.full_url, resource.id) if isinstance(resource, Medication) else None
        if found is not None:
            self.bundle.medications[f"Medication/{found}"] = resource

    def _delete(self, entry: Entry, request: Request) -> None:
        """A resource of which nothing holds any more; what was known of it stays in the history."""
        kind = self.document.bundle_type
        target, version, updated = deletion(request, entry.response, entry.full_url, kind, self.document.updated)
        self.bundle.name = target.name
        if target.type not in STATING:
            self.counted[target.type] += 1
            return
        given = conditions(request, kind)
        self._keep_version(
            ResourceVersion(
                source=self.bundle.source,
                resource=target.name,
                version=version,
                content="",
                patient=None,
                updated=check_date(updated, "response.lastModified"),
                deleted=True,
                if_match=given.if_match,
                if_none_match=given.if_none_match,
            )
        )

    def _patient(self, entry: Entry, resource: Patient) -> None:
        context = self._context(entry, resource)
        context.patient = f"{self.bundle.source}|{context.resource.partition('/')[2]}"
        self._keep(context, record=record_of(resource, context))

    def _mapped(self, entry: Entry, resource: Any, family: Family) -> None:
        context = self._context(entry, resource)
        if family.retracted(resource):
            context.patient = self._retracted_from(resource, family)
            self._keep(context, retracted=True)
            return
        patient = self._subject(resource, family)
        if patient.type != "Patient":
            self._not_a_patient(resource, patient.type)
            return
        key = self.keys.get(patient.id) or self.keys.setdefault(patient.id, f"{self.bundle.source}|{patient.id}")
        context.patient = key
        self._keep(context, facts=tuple(family.facts(resource, context)))

    def _context(self, entry: Entry, resource: Any) -> Context:
        """Which version of which resource this is.

        The content's digest leaves ``meta`` out, and whatever kgtwin does not read; white space and the order of
        keys do not count. A resource that neither has an id nor a ``fullUrl`` is named by it.
        """
        meta = resource.meta
        content = _digest(resource)
        identifier = entry_id(entry.full_url, resource.id)
        if identifier is None:
            identifier = f"x-{content}"
        elif not ID.fullmatch(identifier):
            raise InvalidResourceError(
                "the id is no FHIR id", where="id", expected="1 to 64 letters, digits, '-' and '.'"
            )
        name = self.bundle.name = f"{type(resource).__name__}/{identifier}"
        if resource.modifier_extension:
            raise _modified()
        check_not_conditional(entry.request, self.document.bundle_type)
        version = self.conditions.version(meta.version_id if meta else None, content)
        updated = check_date(meta.last_updated, "meta.lastUpdated") if meta else None
        return Context(self.bundle, name, version, content, updated if version else None, updated)

    def _subject(self, resource: Any, family: Family) -> Target:
        reference = getattr(resource, family.subject)
        require(reference, family.subject, "a Reference(Patient)")
        try:
            return self.bundle.references.resolve(reference)
        except UnresolvedReferenceError as error:
            error.where = f"{family.subject}.reference"
            raise

    def _retracted_from(self, resource: Any, family: Family) -> str:
        """The patient of a resource entered in error, as far as it says."""
        try:
            target = self._subject(resource, family)
        except InputError:
            return ""
        return f"{self.bundle.source}|{target.id}" if target.type == "Patient" else ""

    def _not_a_patient(self, resource: Any, subject: str) -> None:
        self.counted[type(resource).__name__] += 1
        error = InvalidResourceError(f"its subject is a {subject}, not a Patient: it was counted, and states nothing")
        self.bundle.note(error, rejected=False)

    def _keep(
        self,
        context: Context,
        *,
        record: PatientRecord | None = None,
        facts: tuple[Fact, ...] = (),
        retracted: bool = False,
    ) -> None:
        """Keep a resource version, unless the bundle already has it or contradicts it."""
        self._keep_version(
            ResourceVersion(
                source=self.bundle.source,
                resource=context.resource,
                version=context.version,
                content=context.content,
                patient=context.patient or None,
                updated=context.updated,
                retracted=retracted,
                if_match=self.conditions.if_match,
                if_none_match=self.conditions.if_none_match,
                record=record,
                facts=facts,
            )
        )

    def _keep_version(self, version: ResourceVersion) -> None:
        """Several versions of one resource are normal in a history, and where they have a ``meta.versionId``."""
        first = self.first.setdefault(version.resource, version)
        stated = bool(version.version) and version.version != version.content
        key = (version.resource, version.version if stated or not self.history else f"#{self.bundle.position}")
        same = self.kept.get(key)
        distinct = first is version or self.history or (stated and bool(first.version))
        if same is None and distinct:
            self.kept[key] = version
            return
        again = same is not None and (same.content, same.deleted) == (version.content, version.deleted)
        error = InvalidResourceError(
            "the same resource twice in one bundle" + ("" if again else ", with different content"),
            where="id",
            expected="an id, or an id and meta.versionId, once in a bundle",
            remedy="the first was kept; send the other in a bundle of its own",
        )
        self.bundle.note(error, rejected=not again)


def requested(data: bytes, request: Request) -> Document:
    """A resource that was sent by itself, with how it is to be applied.

    Raises:
        MalformedInputError: if it is no JSON, or a Bundle.
    """
    if request.method == "DELETE":
        return Document(None, (Entry(request=request),))
    document = read_document(data)
    if document.bundle_type is not None:
        raise MalformedInputError("a Bundle", where="resourceType", expected="the resource that the URL names")
    for entry in document.entries:
        if isinstance(entry, Entry):
            entry.request = request
    return document


def _is_looked_through(data: bytes, document: Document, line: int | None) -> bool:
    """Whether a document is looked through for repeated keys: small ones, and of lines of NDJSON the Patients."""
    if len(data) > LOOKED_THROUGH:
        return False
    return line is None or any(isinstance(one, Entry) and isinstance(one.resource, Patient) for one in document.entries)


def _digest(resource: Any) -> str:
    """The digest of a resource's content: without its ``meta``, and without what stands beside its primitives."""
    resource.meta = None
    beside = {name: value for name in _BESIDE if (value := getattr(resource, name, None)) is not None}
    for name in beside:
        setattr(resource, name, None)
    content = hashlib.sha256(_CANONICAL.encode(resource)).hexdigest()[:32]
    for name, value in beside.items():
        setattr(resource, name, value)
    return content


def _modified() -> InvalidResourceError:
    return InvalidResourceError(
        "a modifier extension, which may change what the resource means",
        where="modifierExtension",
        expected="none that kgtwin does not understand (FHIR R4, section 2.4.1.1)",
        remedy="send the resource without it if its meaning is the same",
    )
