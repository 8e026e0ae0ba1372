"""The rows of one person become one submission."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from kgtwin.errors import InputError, InvalidResourceError, UnresolvedReferenceError
from kgtwin.identifiers import patient_key
from kgtwin.model.fact import Fact, PatientRecord, Provenance, fact_id, to_json
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.sources.omop.cells import integer
from kgtwin.sources.omop.conditions import condition
from kgtwin.sources.omop.content import Content
from kgtwin.sources.omop.context import Context, Draft, Mapper, Person
from kgtwin.sources.omop.drugs import drug
from kgtwin.sources.omop.grouping import Item, Numbers
from kgtwin.sources.omop.measurements import measurement, procedure
from kgtwin.sources.omop.observations import observation
from kgtwin.sources.omop.persons import cause, person
from kgtwin.sources.omop.tables import EVENTS
from kgtwin.sources.omop.visits import visit
from kgtwin.sources.omop.vocabulary import Vocabulary
from kgtwin.terminology import Terminology

MAPPERS: Final[dict[str, Mapper]] = {
    "visit_occurrence": visit,
    "condition_occurrence": condition,
    "drug_exposure": drug,
    "procedure_occurrence": procedure,
    "measurement": measurement,
    "observation": observation,
}
"""What maps a row of each table; PERSON and DEATH make the record."""


class Session(msgspec.Struct):
    """One ingest: the source, the concepts, the tables' parts, and which ids were met."""

    source: str
    label: str
    terminology: Terminology
    vocabulary: Vocabulary
    parts: dict[str, Sequence[Content]]
    ids: dict[str, Numbers] = {}
    unknown: set[int] = set()

    def submission(self, identifier: int, items: Sequence[Item]) -> Submission:
        """The submission of a person's rows; without a PERSON row it states nothing. Never raises on bad data."""
        return _Builder(self, identifier, items).submission()


class _Builder:
    """Gathers one submission, row by row."""

    def __init__(self, session: Session, identifier: int, items: Sequence[Item]) -> None:
        self.session = session
        self.person = Person(
            source=session.source,
            id=identifier,
            terminology=session.terminology,
            vocabulary=session.vocabulary,
            visits=set() if "visit_occurrence" in session.parts else None,
            problems=[],
            unknown=session.unknown,
        )
        self.rows: dict[str, list[Context]] = {table.name: [] for table in EVENTS}
        for item in sorted(items, key=lambda item: (item.table, item.part, item.number)):
            context = self._context(item)
            self.rows[context.table.name].append(context)
        self.key = patient_key(session.source, str(identifier))
        self.resources: list[ResourceVersion] = []

    def _context(self, item: Item) -> Context:
        table = EVENTS[item.table]
        content = self.session.parts[table.name][item.part]
        place = f"{content.unit} {item.number}"
        return Context(self.person, table, item.values, content.label, place, f"{table.name}/{item.values[0]}")

    def submission(self) -> Submission:
        self._person()
        if self.resources:
            for name in MAPPERS:
                for context in self.rows[name]:
                    self._guarded(context)
        return Submission(
            label=f"{self.session.label} person {self.person.id}",
            source=self.session.source,
            resources=tuple(self.resources),
            problems=tuple(self.person.problems),
        )

    # Who

    def _person(self) -> None:
        """The record from PERSON and DEATH; a second row of either is left out."""
        first = self._only("person")
        if first is None:
            self._strangers()
            return
        death = self._only("death")
        try:
            record = person(first, _died(death) if death else None)
        except InputError as error:
            first.report(error, rejected=True)
            self._strangers()
            return
        self.resources.append(self._identified(first, record))
        if death is not None:
            self._cause(death)

    def _identified(self, context: Context, record: PatientRecord) -> ResourceVersion:
        version = hashlib.sha256(to_json(record)).hexdigest()[:32]
        resource = f"person/{self.person.id}"
        origin = Provenance(self.session.source, resource, version)
        return ResourceVersion(
            source=self.session.source,
            resource=resource,
            version=version,
            content=version,
            patient=self.key,
            record=msgspec.structs.replace(record, provenance=origin),
        )

    def _only(self, table: str) -> Context | None:
        """The row of a table that has one a person."""
        rows = self.rows[table]
        for context in rows[1:]:
            context.report(_twice("person_id"), rejected=True)
        return rows[0] if rows else None

    def _cause(self, death: Context) -> None:
        """The cause of death; a row whose date is bad says at least that the patient is dead."""
        try:
            draft = cause(death)
        except InputError:
            return
        if draft is not None:
            self.resources.append(self._version(death, f"death/{self.person.id}", draft))

    def _strangers(self) -> None:
        """Rows about a person of whom there is no PERSON row."""
        for name, rows in self.rows.items():
            for context in rows if name != "person" else ():
                error = UnresolvedReferenceError(
                    "the person is not in PERSON",
                    expected="a row of PERSON with this person_id, in the same tables",
                    remedy="add the person, or correct the id",
                )
                context.report(error, "person_id", rejected=True)

    # What

    def _guarded(self, context: Context) -> None:
        """One row; whatever is wrong with it concerns it alone."""
        try:
            self._row(context)
        except InputError as error:
            context.report(error, rejected=True)

    def _row(self, context: Context) -> None:
        name, key = context.table.name, context.table.key
        number = context.integer(key)
        assert number is not None
        context.resource = f"{name}/{number}"
        draft = MAPPERS[name](context)
        if not self.session.ids.setdefault(name, Numbers()).add(number):
            raise _twice(key)
        self.resources.append(self._version(context, context.resource, draft))
        if name == "visit_occurrence" and self.person.visits is not None:
            self.person.visits.add(number)

    def _version(self, context: Context, resource: str, draft: Draft) -> ResourceVersion:
        """The row's version is the digest of all that is read of it: a row that says the same is the same."""
        version = hashlib.sha256(to_json(draft)).hexdigest()[:32]
        origin = Provenance(self.session.source, resource, version)
        fact = Fact(
            id=fact_id(self.key, origin),
            patient=self.key,
            kind=draft.kind,
            code=draft.code,
            status=draft.status,
            verification=draft.verification,
            when=draft.when,
            value=draft.value,
            detail=draft.detail,
            encounter=draft.encounter,
            provenance=origin,
        )
        return ResourceVersion(
            source=self.session.source,
            resource=resource,
            version=version,
            content=version,
            patient=self.key,
            facts=(fact,),
        )


def _died(death: Context) -> str | bool:
    """When the patient died; True where the date is missing or bad, which is reported."""
    try:
        return death.time("death") or True
    except InputError as error:
        death.report(error)
        return True


def _twice(column: str) -> InvalidResourceError:
    return InvalidResourceError(
        "the same id twice: the first row was kept", where=column, expected="an id once in its table"
    )


def person_of(text: str) -> int:
    """The person of a row.

    Raises:
        InvalidResourceError: if it is missing or no integer.
    """
    if not text:
        raise InvalidResourceError("a required value is missing", where="person_id", expected="an integer")
    try:
        return integer(text)
    except InvalidResourceError as error:
        error.where = "person_id"
        raise
