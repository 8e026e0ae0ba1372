"""OMOP's concepts: which code of which system each stands for, and which standard concepts it maps to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from kgtwin.errors import InputError, InvalidResourceError
from kgtwin.model.concept import Coding
from kgtwin.model.problem import Location, Problem
from kgtwin.sources.omop.cells import integer
from kgtwin.sources.omop.content import Broken, Content
from kgtwin.sources.omop.tables import TABLES

OHDSI: Final = "https://fhir-terminology.ohdsi.org"
"""The code system whose codes are concept ids, for concepts whose vocabulary has no name that FHIR knows."""

SYSTEMS: Final[dict[str, str]] = {
    "SNOMED": "http://snomed.info/sct",
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "LOINC": "http://loinc.org",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD9CM": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICD10PCS": "http://www.cms.gov/Medicare/Coding/ICD10",
    "CPT4": "http://www.ama-assn.org/go/cpt",
    "HCPCS": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "ATC": "http://www.whocc.no/atc",
    "UCUM": "http://unitsofmeasure.org",
}
"""Vocabulary to ``Coding.system``."""

VOCABULARIES: Final = {system: name for name, system in SYSTEMS.items()}


class Concept(msgspec.Struct, frozen=True):
    """One row of CONCEPT. ``kind`` is its concept class."""

    id: int
    name: str
    domain: str
    vocabulary: str
    kind: str
    standard: bool
    code: str

    @property
    def coding(self) -> Coding:
        """The code that it stands for.

        >>> Concept(9202, "Outpatient Visit", "Visit", "Visit", "Visit", True, "OP").coding.code
        '9202'
        """
        system = SYSTEMS.get(self.vocabulary)
        return Coding(system or OHDSI, self.code if system else str(self.id), self.name)


def concept_of(values: list[str]) -> Concept:
    """The concept of a row's columns, those that are read.

    Raises:
        InvalidResourceError: if its id is no integer.
    """
    identifier, name, domain, vocabulary, kind, standard, code = values
    return Concept(integer(identifier), name, domain, vocabulary, kind, standard.upper() == "S", code)


class Vocabulary(msgspec.Struct):
    """The concepts that some data use, and the standard concepts that the others map to.

    ``there`` is False where no CONCEPT table was found.
    """

    there: bool = False
    concepts: dict[int, Concept] = {}
    targets: dict[int, tuple[int, ...]] = {}
    problems: list[Problem] = []

    def get(self, concept: int) -> Concept | None:
        """A concept by its id; None where CONCEPT lacks it."""
        return self.concepts.get(concept)

    def coding(self, concept: int) -> Coding:
        """The code of a concept; its bare id where CONCEPT lacks it."""
        found = self.concepts.get(concept)
        return found.coding if found else Coding(OHDSI, str(concept))

    def name(self, concept: int) -> str:
        """What a concept is called, empty where CONCEPT lacks it."""
        found = self.concepts.get(concept)
        return found.name if found else ""

    def standard(self, concept: int) -> tuple[int, ...]:
        """The standard concepts that a concept maps to: itself where it is one, or where nothing says more."""
        found = self.concepts.get(concept)
        if found is not None and found.standard:
            return (concept,)
        return self.targets.get(concept, ())


def read_vocabulary(concepts: Iterable[Content], relationships: Iterable[Content], used: Collection[int]) -> Vocabulary:
    """The concepts ``used``, and those that they map to; each file is read once, row by row."""
    found = Vocabulary(problems=[], concepts={}, targets={})
    for one, other in _pairs(relationships, used, found.problems):
        found.targets[one] = (*found.targets.get(one, ()), other)
    wanted = set(used).union(*found.targets.values())
    for content in concepts:
        found.there = True
        for concept in _concepts(content, wanted, found.problems):
            found.concepts[concept.id] = concept
    return found


def _pairs(contents: Iterable[Content], used: Collection[int], problems: list[Problem]) -> Iterator[tuple[int, int]]:
    """The valid ``Maps to`` relationships of the concepts used, sorted as they come."""
    table = TABLES["concept_relationship"]
    for content in contents:
        for number, values in _rows(content, table.read, problems, "Maps to"):
            one, other, kind, invalid = values
            if kind != "Maps to" or invalid:
                continue
            try:
                pair = integer(one), integer(other)
            except InvalidResourceError as error:
                problems.append(Problem.of(error, Location(content.label, f"{content.unit} {number}")))
                continue
            if pair[0] in used and pair[0] != pair[1]:
                yield pair


def _concepts(content: Content, wanted: Collection[int], problems: list[Problem]) -> Iterator[Concept]:
    for number, values in _rows(content, TABLES["concept"].read, problems):
        try:
            found = integer(values[0])
        except InvalidResourceError as error:
            problems.append(Problem.of(error, Location(content.label, f"{content.unit} {number}", field="concept_id")))
            continue
        if found in wanted:
            yield concept_of(values)


def _rows(
    content: Content, columns: tuple[str, ...], problems: list[Problem], having: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a vocabulary table; what cannot be read is a problem."""
    try:
        missing = [column for column in columns if column not in content.columns()]
        if missing:
            raise InvalidResourceError("a column is missing", where=missing[0], expected=", ".join(columns))
        for row in content.rows(columns, having):
            if isinstance(row, Broken):
                problems.append(Problem.of(row.error, Location(content.label, f"{content.unit} {row.number}")))
            else:
                yield row.number, row.values
    except InputError as error:
        problems.append(Problem.of(error, Location(content.label, field=error.where)))
