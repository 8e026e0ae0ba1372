"""What a mapper knows while it maps one row: typed cells, codes, dates, and where to say what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from kgtwin.errors import InputError, InvalidIdentifierError, InvalidResourceError, UnresolvedReferenceError
from kgtwin.identifiers import check_code
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import Detail, FactKind, Value
from kgtwin.model.problem import Location, Problem
from kgtwin.model.time import Period, bounds
from kgtwin.sources.omop.cells import day, instant, integer, number
from kgtwin.sources.omop.tables import Table
from kgtwin.sources.omop.vocabulary import Vocabulary
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import CODE_SYSTEMS

T = TypeVar("T")

NO_CODE: Final = Coded()

SYSTEM_OF: Final = {prefix: system for system, prefix in reversed(CODE_SYSTEMS.items())}
"""CURIE prefix to ``Coding.system``, the first of several."""


class Draft(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a row states, before it has a version: the version is this content's digest."""

    kind: FactKind
    code: Coded
    status: str | None = None
    verification: str | None = None
    when: Period = Period()
    value: Value | None = None
    detail: Detail | None = None
    encounter: str | None = None


class Person(msgspec.Struct):
    """What the rows of one person share: the concepts, the visits that are there (None: no such table), problems."""

    source: str
    id: int
    terminology: Terminology
    vocabulary: Vocabulary
    visits: set[int] | None = None
    problems: list[Problem] = []
    unknown: set[int] = set()
    """Concepts that CONCEPT lacks and that were said to be missing, of all persons."""


class Context(msgspec.Struct, gc=False):
    """One row while it is mapped."""

    person: Person
    table: Table
    values: list[str]
    file: str
    place: str
    resource: str

    # What is wrong

    def location(self, column: str | None = None) -> Location:
        """Where we are, in words."""
        return Location(self.file, self.place, self.resource, column)

    def report(self, error: InputError, column: str | None = None, *, rejected: bool = False) -> None:
        """Note what is wrong with the row."""
        self.person.problems.append(Problem.of(error, self.location(column or error.where), rejected))

    # Cells

    def text(self, column: str) -> str:
        """A cell as received."""
        return self.values[self.table.index[column]]

    def integer(self, column: str) -> int | None:
        """An integer, None where the cell is empty.

        Raises:
            InvalidResourceError: if a required one is none; one that is not required is reported and left out.
        """
        return self._cell(column, integer)

    def number(self, column: str) -> Decimal | None:
        """A number, as ``integer``."""
        return self._cell(column, number)

    def positive(self, column: str) -> Decimal | None:
        """A number above zero; zero is none, and a negative one is reported."""
        found = self.number(column)
        if found is not None and found < 0:
            self.report(InvalidResourceError("a negative number", expected="a number above zero"), column)
        return found if found is not None and found > 0 else None

    def _cell(self, column: str, read: Callable[[str], T]) -> T | None:
        text = self.text(column)
        required = column in self.table.required
        if not text:
            if required:
                raise missing(column, self.table.kinds[column])
            return None
        try:
            return read(text)
        except InvalidResourceError as error:
            error.where = column
            error.remedy = "correct it at its source"
            if required:
                raise
            self.report(error)
            return None

    # Time

    def time(self, stem: str) -> str | None:
        """The time of the columns ``STEM_datetime`` and ``STEM_date``: the day, with a time of day where one is known.

        Raises:
            InvalidResourceError: if a required date is missing, or none.
        """
        exact = self._cell(f"{stem}_datetime", instant)
        if exact is not None and not self.text(f"{stem}_date"):
            return exact
        date = self._end(f"{stem}_date") if stem.endswith("end") else self._cell(f"{stem}_date", day)
        if exact is None or date is None:
            return date
        if exact[:10] != date:
            self.report(InvalidResourceError("another day than the date: the date was kept"), f"{stem}_datetime")
            return date
        return exact

    def _end(self, column: str) -> str | None:
        """An end is required by the specification, and missing in practice: it is unknown then; 9999 says so too."""
        return None if self.text(column).startswith("9999") else self.optional(column, day)

    def optional(self, column: str, read: Callable[[str], T]) -> T | None:
        """A cell that may be missing, whatever the specification says."""
        if not self.text(column):
            return None
        try:
            return read(self.text(column))
        except InvalidResourceError as error:
            error.remedy = "correct it at its source; it was read as unknown"
            self.report(error, column)
            return None

    def period(self, start: str, end: str) -> Period:
        """From start to end; one that ends before it starts is reported."""
        found = Period(self.time(start), self.time(end))
        if found.start and found.end and bounds(found.end)[1] < bounds(found.start)[0]:
            self.report(InvalidResourceError("it ends before it starts"), f"{end}_date")
        return found

    # Codes

    def concept(self, column: str) -> int:
        """A concept id; 0, OMOP's word for none, where the cell is empty or no integer."""
        return self.optional(column, integer) or 0

    def coded(self, concept: str, source_concept: str | None = None, source_value: str | None = None) -> Coded:
        """The standard concept, the source's concept and the source's value, as codings beside each other.

        A concept that is not standard is preceded by those that it maps to; so is a source concept where the concept
        is 0.
        """
        first = self.concept(concept)
        second = self.concept(source_concept) if source_concept else 0
        vocabulary = self.person.vocabulary
        ids = [*vocabulary.standard(first or second), first, second]
        codings = [self.coding(one, concept) for one in dict.fromkeys(ids) if one]
        text = self.text(source_value) if source_value else ""
        if text and all(text != coding.code for coding in codings):
            codings.append(received(text))
        return self.terms(codings, concept)

    def coding(self, concept: int, column: str) -> Coding:
        """A concept's code; a concept that CONCEPT lacks is reported once."""
        vocabulary, unknown = self.person.vocabulary, self.person.unknown
        if vocabulary.there and concept not in vocabulary.concepts and concept not in unknown:
            unknown.add(concept)
            error = UnresolvedReferenceError(
                f"CONCEPT has no concept {concept}: it was kept, and maps to nothing (said once)",
                expected="a row of CONCEPT",
                remedy="give the vocabulary that the data were made with, as --vocabulary FOLDER",
            )
            self.report(error, column)
        return vocabulary.coding(concept)

    def terms(self, codings: list[Coding], column: str) -> Coded:
        """Codings with what they map to; a code that cannot be one of its system is reported."""
        if not codings:
            return NO_CODE
        found = self.person.terminology.coded(tuple(codings))
        for defect in found.defects:
            error = InvalidIdentifierError(
                defect, expected="a code of its system", remedy="correct it; it was kept, and maps to nothing"
            )
            self.report(error, column)
        return found

    # Links

    def encounter(self) -> str | None:
        """The visit that the row belongs to; one that is not there is reported."""
        visit = self.integer("visit_occurrence_id")
        if not visit or self.person.visits is None:
            return None
        if visit not in self.person.visits:
            error = UnresolvedReferenceError(
                "the visit is not among this person's", expected="a row of VISIT_OCCURRENCE of the same person"
            )
            self.report(error, "visit_occurrence_id")
            return None
        return f"visit_occurrence/{visit}"


def received(text: str) -> Coding:
    """A source value as a coding: of a system where it is a CURIE that kgtwin knows, else a code of none.

    >>> received("snomed:44054006").system, received("HBA1C").system
    ('http://snomed.info/sct', None)
    """
    prefix, colon, code = text.partition(":")
    if colon and prefix in SYSTEM_OF and check_code(prefix, code) is None:
        return Coding(SYSTEM_OF[prefix], code)
    return Coding(code=text)


def missing(column: str, kind: str = "a value") -> InvalidResourceError:
    """A required cell that is empty."""
    return InvalidResourceError(
        "a required value is missing", where=column, expected=kind, remedy="add it at its source"
    )


Mapper = Callable[[Context], Draft]
"""What a row of a table states."""
