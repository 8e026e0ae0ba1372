"""From the tables at a path to submissions: one a person, then one that says what was only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kgtwin.errors import InputError, InvalidResourceError
from kgtwin.identifiers import patient_key
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import Submission
from kgtwin.sources.omop.cells import integer
from kgtwin.sources.omop.content import Broken, Content, Row
from kgtwin.sources.omop.grouping import MEMORY, Groups, Item
from kgtwin.sources.omop.locating import Holding, locate
from kgtwin.sources.omop.submissions import Session, person_of
from kgtwin.sources.omop.tables import COUNTED, EVENTS, PERSON, Table
from kgtwin.sources.omop.vocabulary import Vocabulary, read_vocabulary
from kgtwin.terminology import Terminology


def read(
    path: str, *, source: str, terminology: Terminology, vocabulary: str | None = None, memory: int = MEMORY
) -> Iterator[Submission]:
    """The submissions of an OMOP CDM: a folder or zip of CSV, a folder of Parquet, a DuckDB file, a PostgreSQL URL.

    ``vocabulary`` is where CONCEPT and CONCEPT_RELATIONSHIP are, when not with the other tables. ``memory`` bounds the
    bytes of rows that are held before they are spread over temporary files.

    Raises:
        UsageError: if a path does not exist or holds no tables.
        InvalidIdentifierError: if ``source`` cannot name a source.
        MissingExtraError: if a database needs duckdb, and it is not installed.
        InputError: if it cannot be opened.
    """
    patient_key(source, "checked")
    holding = locate(path)
    concepts = locate(vocabulary) if vocabulary else holding
    if PERSON.name not in holding.tables:
        holding.close()
        raise InvalidResourceError(
            "there is no PERSON table", where=holding.label, expected="PERSON.csv, person.parquet or a table person"
        )
    return _Reading(holding, concepts, source, terminology, memory).submissions()


class _Reading:
    """One pass over the tables, one over the vocabulary, then person by person."""

    def __init__(self, holding: Holding, concepts: Holding, source: str, terminology: Terminology, memory: int) -> None:
        self.holding = holding
        self.concepts = concepts
        self.source = source
        self.terminology = terminology
        self.memory = memory
        self.problems: list[Problem] = [*holding.problems]
        self.used: set[str] = set()
        self.counted: Counter[str] = Counter()

    def submissions(self) -> Iterator[Submission]:
        try:
            with Groups(self.memory) as groups:
                for position, table in enumerate(EVENTS):
                    self._gather(position, table, groups)
                session = self._session()
                for person, items in groups:
                    yield session.submission(person, items)
            self._count()
            yield self._rest()
        finally:
            self.holding.close()
            self.concepts.close()

    # Rows

    def _gather(self, position: int, table: Table, groups: Groups) -> None:
        for part, content in enumerate(self.holding.tables.get(table.name, ())):
            try:
                self._part(position, part, content, groups)
            except InputError as error:
                self._note(error, Location(content.label, field=error.where))

    def _part(self, position: int, part: int, content: Content, groups: Groups) -> None:
        table = EVENTS[position]
        self._check_columns(table, content)
        at = table.index["person_id"]
        concepts = [table.index[column] for column in table.concepts]
        for row in content.rows(table.read):
            person = self._person(row, at, content)
            if person is not None and isinstance(row, Row):
                self.used.update([row.values[i] for i in concepts])
                groups.add(person, Item(position, part, row.number, row.values))

    def _person(self, row: Row | Broken, at: int, content: Content) -> int | None:
        """The person of a row, None where it has none: a problem of its own."""
        try:
            if isinstance(row, Broken):
                raise row.error
            return person_of(row.values[at])
        except InputError as error:
            self._note(error, Location(content.label, f"{content.unit} {row.number}", field=error.where))
            return None

    def _check_columns(self, table: Table, content: Content) -> None:
        """A column without which no row can be read stops the table; any other that is missing is read as empty.

        Raises:
            InvalidResourceError: naming the column.
        """
        there = content.columns()
        needed = {table.key, "person_id", f"{table.name.partition('_')[0]}_concept_id"} & set(table.read)
        for column in table.read:
            if column in there:
                continue
            if column in needed:
                raise InvalidResourceError(
                    "a column is missing: the table was not read",
                    where=column,
                    expected=f"the columns of OMOP CDM 5.4's {table.name.upper()}",
                    remedy="check the header and the delimiter",
                )
            error = InvalidResourceError("a column is missing: it was read as empty", expected="OMOP CDM 5.4")
            self._note(error, Location(content.label, field=column), rejected=False)

    # Concepts

    def _session(self) -> Session:
        vocabulary = self._vocabulary()
        self.problems += vocabulary.problems
        if not vocabulary.there:
            self._note(
                InvalidResourceError(
                    "there is no CONCEPT table: every code is a bare concept id, and maps to nothing",
                    expected="CONCEPT and CONCEPT_RELATIONSHIP beside the other tables, or --vocabulary FOLDER",
                ),
                Location(self.concepts.label),
                rejected=False,
            )
        return Session(
            source=self.source,
            label=self.holding.label,
            terminology=self.terminology,
            vocabulary=vocabulary,
            parts=self.holding.tables,
            ids={},
            unknown=set(),
        )

    def _vocabulary(self) -> Vocabulary:
        tables = self.concepts.tables
        return read_vocabulary(
            tables.get("concept", ()), tables.get("concept_relationship", ()), set(_integers(self.used))
        )

    # What states nothing

    def _count(self) -> None:
        for name in sorted(COUNTED & self.holding.tables.keys()):
            for content in self.holding.tables[name]:
                try:
                    self.counted[name.upper()] += content.count()
                except InputError as error:
                    self._note(error, Location(content.label, field=error.where))

    def _rest(self) -> Submission:
        """What belongs to no person: the tables counted, the rows without a person, the files that are no tables."""
        if self.holding.skipped:
            self.problems.append(_skipped(self.holding))
        return Submission(
            label=self.holding.label,
            source=self.source,
            counted={name: count for name, count in self.counted.items() if count},
            problems=tuple(self.problems),
        )

    def _note(self, error: InputError, location: Location, *, rejected: bool = True) -> None:
        self.problems.append(Problem.of(error, location, rejected))


def _integers(texts: Sequence[str] | set[str]) -> Iterator[int]:
    """Those that are integers; what else stands there is reported with its row."""
    for text in texts:
        try:
            yield integer(text)
        except InvalidResourceError:
            continue


def _skipped(holding: Holding) -> Problem:
    return Problem(
        "skipped-files",
        f"{holding.skipped} files that are named after no table were skipped",
        Location(holding.label),
        expected="a table's name as file name: PERSON.csv, drug_exposure.parquet",
        rejected=False,
    )
