"""The shipped mappings read without a problem and claim no more than they may."""

from collections import Counter
from pathlib import Path

import pytest

from kgtwin.identifiers import is_sctid
from kgtwin.terminology.sssom import read_sssom

MAPPINGS = Path(__file__).resolve().parents[2] / "ontologies" / "mappings"
FILES = sorted(MAPPINGS.glob("*.sssom.tsv"))


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of an SSSOM file by column."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    head, *body = (line.split("\t") for line in lines)
    return [dict(zip(head, row, strict=True)) for row in body]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_mapping_file_reads_without_a_problem(path: Path) -> None:
    mapping_set = read_sssom(path)
    assert mapping_set.problems == ()
    assert mapping_set.unused == 0
    assert len(mapping_set.matches) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_mapping_file_says_its_licence_and_every_row_its_justification(path: Path) -> None:
    header = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    for key in ("mapping_set_id", "license", "curie_map"):
        assert any(line.startswith(f"# {key}:") for line in header), key
    ways = {f"semapv:{way}" for way in ("MappingChaining", "LexicalMatching", "ManualMappingCuration")}
    assert {row["mapping_justification"] for row in rows(path)} <= ways
    assert all(row["comment"] for row in rows(path))


def test_an_exact_match_is_one_to_one() -> None:
    exact = [row for path in FILES for row in rows(path) if row["predicate_id"] == "skos:exactMatch"]
    for side in ("subject_id", "object_id"):
        assert {code: n for code, n in Counter(row[side] for row in exact).items() if n > 1} == {}


def test_every_sctid_has_its_check_digit() -> None:
    codes = {row[side] for path in FILES for row in rows(path) for side in ("subject_id", "object_id")}
    sctids = {code.removeprefix("SCTID:") for code in codes if code.startswith("SCTID:")}
    assert sctids
    assert {code for code in sctids if not is_sctid(code)} == set()


@pytest.mark.parametrize(
    ("code", "concept", "acts"),
    [
        ("icd10cm:J45", "snomed:195967001", True),
        ("icd10cm:K50", "snomed:34000006", True),
        ("icd10cm:M10", "snomed:90560007", True),
        ("icd10cm:H40.1", "snomed:84494001", True),
        ("icd10cm:D70", "snomed:303011007", True),
        ("icd10cm:E56.1", "snomed:52675005", False),
        ("icd10cm:N18.6", "snomed:46177005", True),
        ("icd10cm:N18.5", "snomed:46177005", False),
        ("icd10cm:K82", "snomed:39621005", False),
    ],
)
def test_what_a_person_read_acts_as_read(code: str, concept: str, acts: bool) -> None:
    matches = read_sssom(MAPPINGS / "icd10cm-snomed.sssom.tsv").matches[code]
    assert [(match.concept, match.acts) for match in matches] == [(concept, acts)]
