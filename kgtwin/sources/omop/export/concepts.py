"""From codings to OMOP's concept ids, through the vocabulary tables where they are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from kgtwin.errors import InputError, InvalidResourceError
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import CodedValue, Fact, FamilyDetail, MedicationDetail, ObservationDetail, Quantity
from kgtwin.sources.omop.cells import integer
from kgtwin.sources.omop.content import Broken
from kgtwin.sources.omop.locating import Holding
from kgtwin.sources.omop.tables import TABLES
from kgtwin.sources.omop.vocabulary import OHDSI, VOCABULARIES, Concept, concept_of
from kgtwin.terminology import prefix_of

Key = tuple[str, str]

ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
VISITS: Final = {
    **dict.fromkeys(("IMP", "ACUTE", "NONAC"), 9201),
    **dict.fromkeys(("AMB", "SS"), 9202),
    "EMER": 9203,
    "VR": 5083,
    "HH": 581476,
}
"""FHIR's classes of encounters, and OMOP's visits."""


INTOLERANCE: Final = Coding("http://snomed.info/sct", "59037007", "Intolerance to drug")


class Named(NamedTuple):
    """A code as the tables hold it: standard concept, source concept, source value."""

    concept: int
    source_concept: int
    source_value: str


class Concepts(msgspec.Struct):
    """The concepts of the codes that some facts use. Without a vocabulary every id is 0, but for ids as codes."""

    needed: set[Key] = set()
    found: dict[Key, Concept] = {}
    targets: dict[int, int] = {}
    version: str = "None"

    def note(self, fact: Fact) -> None:
        """Remember which codes a fact has."""
        self.needed.update((c.system, c.code) for coded in _codes(fact) for c in coded.codings if c.system and c.code)
        if isinstance(fact.value, Quantity) and fact.value.system and fact.value.code:
            self.needed.add((fact.value.system, fact.value.code))

    def load(self, holding: Holding) -> None:
        """Look the codes up in the vocabulary tables, each read once.

        Raises:
            InputError: if they cannot be read, or are not there.
        """
        if "concept" not in holding.tables:
            raise InvalidResourceError("there is no CONCEPT table", where=holding.label, expected="CONCEPT.csv")
        self.needed.add((INTOLERANCE.system or "", INTOLERANCE.code or ""))
        wanted = {(VOCABULARIES[system], code): system for system, code in self.needed if system in VOCABULARIES}
        for values in _rows(holding, "concept"):
            system = wanted.get((values[3], values[6]))
            if system is not None:
                self._keep(system, concept_of(values))
        self._map(holding)
        self.version = _version(holding)

    def _keep(self, system: str, concept: Concept) -> None:
        known = self.found.get((system, concept.code))
        if known is None or (concept.standard and not known.standard):
            self.found[system, concept.code] = concept

    def _map(self, holding: Holding) -> None:
        """The standard concept of each that is none: the first that it maps to."""
        others = {concept.id for concept in self.found.values() if not concept.standard}
        for one, other, kind, invalid in _rows(holding, "concept_relationship", "Maps to"):
            if kind == "Maps to" and not invalid and integer(one) in others:
                self.targets.setdefault(integer(one), integer(other))

    def get(self, coding: Coding) -> Concept | None:
        """The concept of a code; None where the vocabulary lacks it."""
        return self.found.get((coding.system or "", coding.code or ""))

    def id(self, coding: Coding) -> int:
        """The concept id of a code; 0 where there is none."""
        if coding.system == OHDSI and coding.code and coding.code.isdecimal():
            return int(coding.code)
        if coding.system == ACT_CODE:
            return VISITS.get(coding.code or "", 0)
        found = self.get(coding)
        return found.id if found else 0

    def named(self, coded: Coded) -> Named:
        """The standard concept, the last code's concept, and what no concept stands for, else the last code.

        A code without a concept is a source value with its system: ``snomed:44054006``.
        """
        ids = [one for coding in coded.codings if (one := self.id(coding))]
        standard = next((one for coding in coded.codings if (one := self._standard(coding))), 0)
        others = [_shown(coding) for coding in coded.codings if not self.id(coding)]
        codes = [coding.code or "" for coding in coded.codings[-1:]]
        value = next((text for text in (*others, *codes) if text), coded.text or "")
        return Named(standard, ids[-1] if ids else 0, value)

    def _standard(self, coding: Coding) -> int:
        found = self.get(coding)
        if found is None:
            return self.id(coding)
        return found.id if found.standard else self.targets.get(found.id, 0)


def _shown(coding: Coding) -> str:
    """A code as a source value."""
    prefix = prefix_of(coding.system) if coding.system else None
    code = coding.code or coding.display or ""
    return f"{prefix}:{code}" if prefix and coding.code else code


def _codes(fact: Fact) -> Iterator[Coded]:
    yield fact.code
    if isinstance(fact.value, CodedValue):
        yield fact.value.value
    detail: Any = fact.detail
    if isinstance(detail, MedicationDetail) and detail.route:
        yield detail.route
    elif isinstance(detail, ObservationDetail):
        yield from detail.interpretation
    elif isinstance(detail, FamilyDetail) and detail.relationship:
        yield detail.relationship
    elif detail is not None and hasattr(detail, "severity"):
        yield detail.severity


def _rows(holding: Holding, name: str, having: str = "") -> Iterator[list[str]]:
    for content in holding.tables.get(name, ()):
        for row in content.rows(TABLES[name].read, having):
            if isinstance(row, Broken):
                row.error.where = f"{content.label} {content.unit} {row.number}"
                raise row.error
            yield row.values


def _version(holding: Holding) -> str:
    """What VOCABULARY says of itself: the row of the vocabulary ``None``."""
    for content in holding.tables.get("vocabulary", ()):
        try:
            for row in content.rows(("vocabulary_id", "vocabulary_version")):
                if not isinstance(row, Broken) and row.values[0] == "None":
                    return row.values[1]
        except InputError:
            break
    return "unknown"
