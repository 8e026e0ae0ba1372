"""What a code is called, and where it lies, agree: with the groups, and with SNOMED CT's own terms."""

import csv
import re
from pathlib import Path

import pytest

from kgtwin.inference import Knowledge
from kgtwin.vocabulary import CLINICAL_CONDITION, KGTWIN, SITUATION, SNOMED, kgtwin

TABLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "maps" / "synthea-codes.tsv"
TAG = re.compile(r" \((finding|disorder|situation)\)$")


@pytest.fixture(scope="module")
def placed(knowledge: Knowledge) -> list[str]:
    """Every class that is a condition, a situation or a social finding."""
    tops = (CLINICAL_CONDITION, SITUATION, kgtwin("SocialFinding"))
    return sorted({iri for top in tops for iri in knowledge.classification.descendants(top)})


@pytest.fixture(scope="module")
def codes(placed: list[str]) -> list[str]:
    return [iri for iri in placed if iri.startswith(SNOMED)]


@pytest.fixture(scope="module")
def called(knowledge: Knowledge, placed: list[str]) -> dict[str, str]:
    """The groups by their names."""
    return {words(knowledge.label(iri)): iri for iri in placed if iri.startswith(KGTWIN)}


@pytest.fixture(scope="module")
def terms() -> list[tuple[str, str]]:
    """SNOMED CT's terms as Synthea has them, with their codes."""
    if not TABLE.exists():
        pytest.skip(f"needs {TABLE.name} of ../shared/data/maps, which is not here")
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [(words(row["display"]), SNOMED + row["code"]) for row in rows if row["system"] == "SNOMED-CT"]


def words(name: str) -> str:
    """A label or a term as it is compared: without tag and code, case ignored, in American spelling."""
    plain = TAG.sub("", re.sub(r" \(SNOMED CT \d+\)$", "", name)).casefold()
    return plain.replace("haem", "hem").replace("aemia", "emia").replace("oede", "ede").replace("tumour", "tumor")


def test_a_code_with_the_name_of_a_group_lies_below_it(
    knowledge: Knowledge, codes: list[str], called: dict[str, str]
) -> None:
    pairs = [(code, called[name]) for code in codes if (name := words(knowledge.label(code))) in called]
    assert len(pairs) > 60
    assert [(code, group) for code, group in pairs if group not in knowledge.classification.ancestors(code)] == []


def test_a_code_of_synthea_with_the_name_of_a_group_lies_below_it(
    knowledge: Knowledge, codes: list[str], called: dict[str, str], terms: list[tuple[str, str]]
) -> None:
    for term, code in terms:
        if code in codes and term in called:
            assert called[term] in knowledge.classification.ancestors(code), term


def test_no_label_is_the_term_of_another_code(
    knowledge: Knowledge, codes: list[str], terms: list[tuple[str, str]]
) -> None:
    """As "asthma" was of 31387002, by a match of MONDO: SNOMED CT calls that code exercise-induced asthma."""
    meant: dict[str, set[str]] = {}
    for term, code in terms:
        meant.setdefault(term, set()).add(code)
    labels = {code: words(knowledge.label(code)) for code in codes}
    assert {code: name for code, name in labels.items() if code not in meant.get(name, {code})} == {}
