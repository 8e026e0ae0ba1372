"""Habits, age and state: the statements are whole, each fires in a case, and what is near stays silent."""

from __future__ import annotations

import re

import pytest

from kgtwin.inference import Knowledge
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.loader import load
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import BEHAVIOUR, LOINC, SNOMED, kgtwin
from tests.ontologies.reading import (
    FOLDER,
    assert_shape,
    assert_whole,
    cases,
    definitions,
    fired,
    firing,
    inferences,
    known,
    ours,
    statements,
    text,
)

FAMILIES = {
    "BH": ("drug-behaviour", "behaviour", 10),
    "AG": ("drug-age", "age-and-pregnancy", 20),
    "PR": ("drug-pregnancy", "age-and-pregnancy", 12),
}
SMOKERS = (
    *(SNOMED + code for code in ("449868002", "428041000124106", "428071000124103", "428061000124105")),
    *(LOINC + code for code in ("LA18976-3", "LA18977-1", "LA18981-3", "LA18982-1")),
)
OTHERS = (
    *(SNOMED + code for code in ("8517006", "266919005", "266927001", "77176002")),
    *(LOINC + code for code in ("LA15920-4", "LA18978-9", "LA18979-7", "LA18980-5")),
)


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(FOLDER / "kgtwin.owl")


@pytest.mark.parametrize("prefix", FAMILIES)
def test_the_statements_are_whole(prefix: str, ontology: Ontology) -> None:
    kind, _, least = FAMILIES[prefix]
    assert len(statements(ontology, prefix)) >= least
    assert_whole(ontology, prefix, kind)
    assert_shape(ontology, prefix)


@pytest.mark.parametrize("prefix", FAMILIES)
def test_every_statement_fires_in_a_case(prefix: str, knowledge: Knowledge) -> None:
    assert set(known(knowledge, prefix)) - fired(FAMILIES[prefix][1]) == set()


@pytest.mark.parametrize("folder", ["behaviour", "age-and-pregnancy"])
def test_half_of_the_cases_stay_silent(folder: str) -> None:
    silent = [name for name, case in cases(folder).items() if not case["issues"]]
    assert len(silent) * 2 >= len(cases(folder)) >= 25


def test_numbers_stand_in_ages_alone() -> None:
    assert "Datatype" not in text("behaviour")
    assert "DatatypeRestriction" in text("ages")
    assert 'Annotation(:profile "DL")' in text("ages")
    assert "Import(<https://w3id.org/kgtwin/ontology/ages>)" not in text("behaviour")


def test_every_age_group_is_defined_and_used(ontology: Ontology) -> None:
    """A group without its number would be silent for ever; every age statement names one."""
    told = definitions(ontology)
    ages = (FOLDER / "ages.ofn").read_text(encoding="utf-8")
    groups = {kgtwin(name) for name in re.findall(r"^EquivalentClasses\(:(Patient\w+) ", ages, re.M)}
    used = {
        part.iri
        for prefix in FAMILIES
        for iri in statements(ontology, prefix)
        for part in told[iri]
        if isinstance(part, Class) and part.iri.startswith(kgtwin("Patient"))
    } - {kgtwin("Patient")}
    assert used == groups
    for iri in statements(ontology, "AG"):
        assert used & {part.iri for part in told[iri] if isinstance(part, Class)}, iri


def test_who_smokes_and_who_does_not(knowledge: Knowledge) -> None:
    assert [iri for iri in SMOKERS if not knowledge.is_a(iri, kgtwin("TobaccoSmoking"))] == []
    assert [iri for iri in OTHERS if knowledge.is_a(iri, kgtwin("TobaccoSmoking"))] == []
    assert [iri for iri in OTHERS if not knowledge.is_a(iri, BEHAVIOUR)] == []


@pytest.mark.parametrize(
    ("folder", "name", "code"),
    [
        ("behaviour", "birth-year-does-not-decide", CaveatCode.UNDECIDED_VALUE),
        ("behaviour", "smoking-long-ago", CaveatCode.STALE_LAB),
        ("behaviour", "drinking-suspected", CaveatCode.UNCONFIRMED),
        ("age-and-pregnancy", "birth-year-1961", CaveatCode.UNDECIDED_VALUE),
        ("age-and-pregnancy", "birth-year-of-a-child", CaveatCode.UNDECIDED_VALUE),
        ("age-and-pregnancy", "no-birth-date", CaveatCode.NOT_EVALUATED),
        ("age-and-pregnancy", "dementia-suspected", CaveatCode.UNCONFIRMED),
        ("age-and-pregnancy", "nsaid-week-unknown", CaveatCode.MISSING_LAB),
        ("age-and-pregnancy", "weeks-of-the-last-pregnancy", CaveatCode.STALE_LAB),
    ],
)
def test_what_cannot_be_decided_gives_a_caveat(
    folder: str, name: str, code: CaveatCode, knowledge: Knowledge, terminology: Terminology
) -> None:
    (found,) = inferences(folder, name, knowledge, terminology)
    assert not found.issues
    assert code in {caveat.code for caveat in found.caveats}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-15T23:59:59Z", []),
        ("2026-01-16T00:00:00Z", ["kgtwin:AG_0001"]),
        ("2040-01-16T00:00:00Z", ["kgtwin:AG_0001"]),
    ],
)
def test_the_birthday_decides(at: str, expected: list[str], knowledge: Knowledge, terminology: Terminology) -> None:
    """Born on 16 January 1961: 65 from the first moment of that day in 2026."""
    (found,) = inferences("age-and-pregnancy", "one-day-before-65", knowledge, terminology, at)
    assert [issue.statement for issue in found.issues] == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-16T12:00:00Z", ["kgtwin:PR_0001"]),
        ("2026-05-25T00:00:00Z", ["kgtwin:PR_0001"]),
        ("2026-05-26T00:00:00Z", []),
    ],
)
def test_a_gestational_age_counts_for_twenty_weeks(
    at: str, expected: list[str], knowledge: Knowledge, terminology: Terminology
) -> None:
    """22 weeks, stated on 5 January 2026: 140 days later nobody is still in that pregnancy."""
    found = next(iter(inferences("age-and-pregnancy", "nsaid-from-week-20", knowledge, terminology, at)))
    assert [issue.statement for issue in found.issues] == expected


FIRING = [(folder, name) for folder in ("behaviour", "age-and-pregnancy") for name in firing(folder)]


@pytest.mark.parametrize(("folder", "name"), FIRING)
def test_with_the_medicine_on_hold_nothing_fires(
    folder: str, name: str, knowledge: Knowledge, terminology: Terminology
) -> None:
    def held(bundle: bytes) -> bytes:
        return bundle.replace(b'"status": "active"', b'"status": "on-hold"')

    assert ours(inferences(folder, name, knowledge, terminology, edit=held), "BH", "AG", "PR") == []


@pytest.mark.parametrize("name", firing("behaviour"))
def test_a_habit_or_condition_entered_in_error_raises_nothing(
    name: str, knowledge: Knowledge, terminology: Terminology
) -> None:
    def withdrawn(bundle: bytes) -> bytes:
        observations = bundle.replace(b'"status": "final"', b'"status": "entered-in-error"')
        return observations.replace(b'"code": "confirmed"', b'"code": "entered-in-error"')

    assert ours(inferences("behaviour", name, knowledge, terminology, edit=withdrawn), "BH") == []


@pytest.mark.parametrize(
    ("name", "limit"),
    [("old-and-medicines", b"1975-06-02"), ("children", b"1995-06-02"), ("old-and-dementia", b"1975")],
)
def test_at_another_age_nothing_fires(name: str, limit: bytes, knowledge: Knowledge, terminology: Terminology) -> None:
    def aged(bundle: bytes) -> bytes:
        return re.sub(rb'"birthDate": "[^"]*"', b'"birthDate": "' + limit + b'"', bundle)

    assert ours(inferences("age-and-pregnancy", name, knowledge, terminology, edit=aged), "AG") == []
