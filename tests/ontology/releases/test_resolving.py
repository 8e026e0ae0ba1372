"""Codes and names to classes: what is exact is used, what is near, doubtful or retired is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.model.concept import MatchKind
from kgtwin.ontology.loader import load
from kgtwin.ontology.releases.resolving import Resolver, Role, normal
from kgtwin.ontology.releases.told import Told
from kgtwin.terminology.sssom import Pair
from tests.ontology.releases.made_up import ontology_file, told
from tests.ontology.snomed import sctid

OURS = "https://w3id.org/kgtwin/ontology#"
SNOMED = "http://snomed.info/id/"
EXACT, BROAD, NARROW = MatchKind.EXACT, MatchKind.BROAD, MatchKind.NARROW


@pytest.fixture
def resolver(tmp_path: Path) -> Resolver:
    two = f"SCTID:{sctid(2)}"
    return Resolver(
        told(tmp_path),
        [
            Pair("MONDO:0000001", EXACT, two, "mondo blueness"),
            Pair("MONDO:0000001", EXACT, "ICD10CM:R23.0"),
            Pair("MONDO:0000002", BROAD, two),
            Pair("MONDO:0000003", EXACT, f"SCTID:{sctid(1)}"),
            Pair("MONDO:0000003", EXACT, f"SCTID:{sctid(4)}"),
            Pair("MONDO:0000004", EXACT, "ICD10CM:R23.1"),
            Pair("MONDO:0000004", EXACT, "ICD10CM:R23.2"),
            Pair("MONDO:0000004", EXACT, f"SCTID:{sctid(1)}"),
            Pair("CHEBI:1", EXACT, "RXCUI:11"),
            Pair("CHEBI:2", NARROW, "RXCUI:11"),
        ],
    )


def condition(resolver: Resolver, code: str = "", name: str = "") -> tuple[str | None, str | None]:
    found = resolver.resolve(code, name, Role.CONDITION)
    return found.iri, found.held or (found.wrong[0] if found.wrong else None)


@pytest.mark.parametrize(
    ("code", "name", "iri"),
    [
        (f"SNOMED:{sctid(2)}", "", SNOMED + sctid(2)),
        ("MONDO:0000001", "", SNOMED + sctid(2)),
        ("ICD10CM:R23.0", "", SNOMED + sctid(2)),
        (f"SCTID:{sctid(1)}", "", OURS + "Redness"),
        ("", "  blueness OF  skin (finding)", SNOMED + sctid(2)),
        ("", "redness", OURS + "Redness"),
        ("kgtwin:SevereRedness", "", OURS + "SevereRedness"),
        ("MONDO:0000001", "Blueness of skin", SNOMED + sctid(2)),
    ],
)
def test_what_is_exactly_the_same_is_found(code: str, name: str, iri: str, resolver: Resolver) -> None:
    assert condition(resolver, code, name) == (iri, None)


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("MONDO:0000002", "", "only a broad or close mapping leads"),
        ("MONDO:0000003", "", "it can mean any of"),
        ("ICD10CM:R23.0", "Redness", "the words mean Redness"),
        (f"SCTID:{sctid(1)}", "Severe redness", "the words mean Severe redness"),
        ("MONDO:0000009", "", "no exact mapping leads"),
        ("UMLS:C0000001", "", "no exact mapping leads"),
    ],
)
def test_what_is_doubtful_is_held(code: str, name: str, why: str, resolver: Resolver) -> None:
    iri, held = condition(resolver, code, name)
    assert iri
    assert held
    assert why in held


@pytest.mark.parametrize(
    ("code", "name", "wrong"),
    [
        (f"SCTID:{sctid(2)[:-1]}0", "", "check-digit"),
        (f"SCTID:{sctid(3)}", "", "retired"),
        ("RXCUI:11", "", "not-a-condition"),
        ("ICD10CM:zz", "", "bad-code"),
        ("", "Greenness", "unresolved"),
        ("kgtwin:Greenness", "", "unresolved"),
        ("", "Old", "unresolved"),
    ],
)
def test_what_is_wrong_makes_the_row_unusable(code: str, name: str, wrong: str, resolver: Resolver) -> None:
    assert condition(resolver, code, name) == (None, wrong)


def test_a_retired_code_names_its_successor(resolver: Resolver) -> None:
    found = resolver.resolve(f"SCTID:{sctid(3)}", "", Role.CONDITION)
    assert found.wrong
    assert SNOMED + sctid(2) in found.wrong[1]


def test_two_exact_mappings_act_only_where_both_are_one_to_one(resolver: Resolver) -> None:
    iri, held = condition(resolver, "ICD10CM:R23.1")
    assert (iri, held) == ("http://hl7.org/fhir/sid/icd-10-cm/R23.1", None)  # itself, as facts are coded


def test_a_code_in_which_facts_are_coded_is_a_class_by_itself(resolver: Resolver) -> None:
    found = resolver.resolve(f"SCTID:{sctid(55)}", "Unheard-of", Role.CONDITION)
    assert (found.iri, found.held, found.known) == (SNOMED + sctid(55), None, False)


def test_a_class_of_which_no_kind_is_told_may_be_a_condition_and_one_of_another_kind_is_none(tmp_path: Path) -> None:
    file = ontology_file(tmp_path)
    text = file.read_text().rstrip().removesuffix(")")
    imported = f"Declaration(Class(snomed:{sctid(60)}))\nSubClassOf(snomed:{sctid(60)} snomed:{sctid(61)})\n)"
    file.write_text(text + imported)
    resolver = Resolver(Told(load(file)), [Pair("MONDO:0000060", EXACT, f"SCTID:{sctid(60)}")])
    assert condition(resolver, f"SCTID:{sctid(60)}") == (SNOMED + sctid(60), None)
    assert condition(resolver, "MONDO:0000060") == (SNOMED + sctid(60), None)
    assert resolver.resolve(f"SCTID:{sctid(1)}", "", Role.SUBSTANCE).wrong is not None


def test_ingredients(resolver: Resolver) -> None:
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm/"
    for code, name in (("CHEBI:1", ""), ("RXCUI:11", ""), ("", "madeupin")):
        found = resolver.resolve(code, name, Role.SUBSTANCE)
        assert (found.iri, found.held, found.wrong) == (rxnorm + "11", None, None)
    assert resolver.resolve("CHEBI:2", "", Role.SUBSTANCE).held
    assert resolver.resolve("RXCUI:13", "", Role.SUBSTANCE).wrong == (
        "not-a-substance",
        "rxnorm:13 (Pill) is no substance in the ontology",
    )


@pytest.mark.parametrize(
    "text", ["http://snomed.info/id/22298006", "SCTID:22298006", "snomedct:22298006", " SCT:22298006"]
)
def test_codes_are_written_in_many_ways(text: str) -> None:
    assert normal(text) == "snomed:22298006"
