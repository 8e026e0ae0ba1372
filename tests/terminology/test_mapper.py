from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.model.concept import Coding, Match, MatchKind
from kgtwin.terminology import Terminology, prefix_of

SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("system", "prefix"),
    [
        (SNOMED, "snomed"),
        (SNOMED + "/", "snomed"),
        ("https://snomed.info/sct", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("http://loinc.org/", "loinc"),
        ("https://w3id.org/kgtwin/ontology", "kgtwin"),
        ("http://w3id.org/kgtwin/ontology", "kgtwin"),
        ("http://example.org", None),
        ("", None),
        ("snomed", None),
    ],
)
def test_prefix_of(system: str, prefix: str | None) -> None:
    assert prefix_of(system) == prefix


@pytest.fixture
def terminology(tmp_path: Path) -> Terminology:
    rows = [
        "subject_id\tpredicate_id\tobject_id",
        "icd10cm:J45.909\tskos:exactMatch\tsnomed:195967001",
        "snomed:195967001\tskos:broadMatch\ticd10cm:J45",
        "icd10cm:J45.909\tskos:nonsense\tsnomed:195967001",
    ]
    (tmp_path / "icd.sssom.tsv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "broken.sssom.tsv").write_text("a\tb\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no mapping", encoding="utf-8")
    return Terminology.load(tmp_path)


def test_problems_of_every_file_and_the_rest_loads(terminology: Terminology) -> None:
    assert [problem.code for problem in terminology.problems] == ["terminology", "terminology"]
    assert set(terminology.matches) == {"icd10cm:J45.909", "icd10cm:J45"}


def test_a_code_matches_itself_then_what_it_maps_to(terminology: Terminology) -> None:
    coded = terminology.coded([Coding(ICD, "J45.909", "Asthma")], "asthma")
    assert coded.matches == (Match("icd10cm:J45.909"), Match("snomed:195967001", MatchKind.EXACT, "icd"))
    assert coded.concepts == ("icd10cm:J45.909", "snomed:195967001")
    assert (coded.text, coded.defects) == ("asthma", ())


def test_a_broad_match_informs(terminology: Terminology) -> None:
    coded = terminology.coded([Coding(ICD, "J45")])
    assert coded.concepts == ("icd10cm:J45",)
    assert coded.matches[1] == Match("snomed:195967001", MatchKind.BROAD, "icd", acts=False)


def test_a_wrong_check_digit_maps_to_nothing() -> None:
    codings = [Coding(SNOMED, "22298007"), Coding(SNOMED, "22298006")]
    coded = Terminology().coded(codings)
    assert coded.defects == ("http://snomed.info/sct 22298007: SNOMED CT identifier with a wrong check digit",)
    assert coded.concepts == ("snomed:22298006",)
    assert coded.codings == tuple(codings)


@pytest.mark.parametrize("coding", [Coding("http://example.org", "x"), Coding(SNOMED), Coding(None, "22298006")])
def test_what_has_no_known_system_or_no_code_is_kept(coding: Coding) -> None:
    coded = Terminology().coded([coding])
    assert coded.codings == (coding,)
    assert (coded.matches, coded.defects) == ((), ())


def test_the_same_codings_are_mapped_once() -> None:
    terminology = Terminology()
    codings = [Coding(SNOMED, "22298006")]
    assert terminology.coded(codings) is terminology.coded(list(codings))
    assert terminology.coded(codings) is not terminology.coded(codings, "other words")


def test_two_terminologies_do_not_share_what_they_mapped(terminology: Terminology) -> None:
    coding = [Coding(ICD, "J45.909")]
    assert Terminology().coded(coding).concepts != terminology.coded(coding).concepts


def test_no_folder() -> None:
    assert Terminology.load(None) == Terminology()
    (problem,) = Terminology.load(Path("/nowhere/at/all")).problems
    assert (problem.code, problem.rejected) == ("terminology", False)


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "O0993", "icd10cm:O09.93"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z34", "icd10cm:Z34"),
        ("urn:oid:2.16.840.1.113883.6.90", "e119 ", "icd10cm:E11.9"),
        ("http://hl7.org/fhir/sid/icd-10-cm|2026", "E11.9", "icd10cm:E11.9"),
        ("http://snomed.info/sct|http://snomed.info/sct/731000124108", "195967001", "snomed:195967001"),
        ("http://snomed.info/sct/731000124108/version/20260301", " 195967001", "snomed:195967001"),
    ],
)
def test_what_claims_and_careless_systems_write(system: str, code: str, concept: str) -> None:
    """The code as received stays; its concept is that of the code as its system writes it."""
    coded = Terminology().coded([Coding(system, code)])
    assert (coded.concepts, coded.certain, coded.defects) == ((concept,), (concept,), ())
    assert coded.codings[0].code == code


@pytest.mark.parametrize("code", ["O0993XXXX", "00993", "O09-93", "O.0993"])
def test_what_no_code_of_icd_10_cm_can_be(code: str) -> None:
    coded = Terminology().coded([Coding("http://hl7.org/fhir/sid/icd-10-cm", code)])
    assert (coded.matches, len(coded.defects)) == ((), 1)
