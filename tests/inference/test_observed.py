"""Phenotypes and behaviours: which coded observation counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge
from kgtwin.inference.realising.observed import observed
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import BooleanValue, CodedValue, Fact, FactKind, ObservationDetail, Quantity, TextValue
from kgtwin.model.time import Period
from tests.inference.factory import AT, coded, fact
from tests.inference.test_contexts import contexts  # noqa: F401 - a fixture

SMOKING, DAILY, NEVER = "loinc:72166-2", "snomed:449868002", "snomed:266919005"
GENE, POOR, NORMAL = "kgtwin:CYP2D6Phenotype", "kgtwin:PoorMetaboliser", "kgtwin:NormalMetaboliser"


def said(code: str, value: Any, when: str | None = "2026-01-01", number: int = 1, **fields: Any) -> Fact:
    given = {"status": "final", "when": Period(when), **fields}
    kind = given.pop("kind", FactKind.OBSERVATION)
    value = CodedValue(coded(value)) if isinstance(value, str) else value
    return fact(kind, f"Observation/o{number}", code, value=value, **given)


def found(knowledge: Knowledge, *facts: Fact) -> tuple[list[list[str]], set[CaveatCode]]:
    selected, caveats = observed(facts, knowledge, AT)
    codes = {c.code for c in caveats} | {c.code for one in selected for c in one.caveats}
    return [list(map(to_curie, one.classes)) for one in selected], codes


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([said(SMOKING, DAILY)], [[DAILY]]),
        ([said(SMOKING, DAILY, kind=FactKind.BEHAVIOUR)], [[DAILY]]),
        ([said(SMOKING, DAILY, status="amended")], [[DAILY]]),
        ([said(SMOKING, DAILY, status="corrected")], [[DAILY]]),
        ([said(SMOKING, DAILY, status="preliminary")], []),
        ([said(SMOKING, DAILY, status="cancelled")], []),
        ([said(SMOKING, DAILY, "2026-01-16")], []),
        ([said(SMOKING, DAILY, None)], []),
        ([said(SMOKING, DAILY, None, detail=ObservationDetail(issued="2026-01-02T10:00:00Z"))], [[DAILY]]),
        ([said(SMOKING, DAILY, "2025-01-20"), said(SMOKING, NEVER, "2025-12-01", 2)], [[NEVER]]),
        ([said(SMOKING, DAILY, "2025-12-01"), said(SMOKING, NEVER, "2025-11-01", 2)], [[DAILY]]),
        ([said(SMOKING, DAILY, "2025-11-01"), said(SMOKING, NEVER, "2025-12-01", 2, status="preliminary")], [[DAILY]]),
        ([said(SMOKING, DAILY, "2025-11-01"), said(SMOKING, TextValue("no"), "2025-12-01", 2)], [[DAILY]]),
        ([said(SMOKING, Quantity(value=Decimal(1)))], []),
        ([said(GENE, POOR)], [[GENE, POOR]]),
        ([said(GENE, POOR, kind=FactKind.GENOTYPE)], [[GENE, POOR]]),
        ([said(GENE, POOR, "2020"), said(GENE, NORMAL, "2021", 2)], [[GENE, NORMAL]]),
        ([said("kgtwin:Genotype", POOR, "2020"), said("kgtwin:Genotype", NORMAL, "2021", 2)], [[POOR], [NORMAL]]),
        ([said(DAILY, BooleanValue(value=True))], [[DAILY]]),
        ([said(DAILY, BooleanValue(value=False))], []),
        ([said(DAILY, None)], [[DAILY]]),
        ([said(DAILY, None, detail=ObservationDetail(absent=coded("kgtwin:x")))], []),
        ([said("snomed:195967001", "snomed:195967001")], []),
        ([fact(FactKind.CONDITION, "Condition/c1", DAILY, status="final", when=Period("2026-01-01"))], []),
    ],
    ids=str,
)
def test_the_latest_valid_one_of_a_code_counts(
    contexts: Knowledge,  # noqa: F811
    facts: list[Fact],
    expected: list[list[str]],
) -> None:
    assert sorted(found(contexts, *facts)[0]) == sorted(expected)
    assert sorted(found(contexts, *reversed(facts))[0]) == sorted(expected)


def test_a_later_value_that_nobody_knows_leaves_nothing(contexts: Knowledge) -> None:  # noqa: F811
    unknown = CodedValue(Coded((Coding(None, "1"),), text="sometimes"))
    facts = [said(SMOKING, DAILY, "2025-11-01"), said(SMOKING, unknown, "2025-12-01", 2)]
    assert found(contexts, *facts) == ([], {CaveatCode.UNMAPPED_CODE})


@pytest.mark.parametrize(
    ("when", "classes", "codes"),
    [
        ("2025-02-01", [[DAILY]], set()),
        ("2025-01-01", [[DAILY]], {CaveatCode.STALE_LAB}),
        ("2024-01-20", [[DAILY]], {CaveatCode.STALE_LAB}),
        ("2024-01-10", [], {CaveatCode.STALE_LAB}),
    ],
)
def test_an_old_observation_expires(
    contexts: Knowledge,  # noqa: F811
    when: str,
    classes: list[list[str]],
    codes: set[CaveatCode],
) -> None:
    assert found(contexts, said(SMOKING, DAILY, when)) == (classes, codes)


STATUS, PREGNANT, NOT_PREGNANT = "loinc:82810-3", "loinc:LA15173-0", "loinc:LA26683-5"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([said(STATUS, PREGNANT)], [[PREGNANT]]),
        ([said(STATUS, "snomed:77386006", kind=FactKind.BEHAVIOUR)], [["snomed:77386006"]]),
        ([said("snomed:77386006", BooleanValue(value=True))], [["snomed:77386006"]]),
        ([said(STATUS, NOT_PREGNANT)], []),
        ([said(STATUS, PREGNANT, "2025-11-01"), said(STATUS, NOT_PREGNANT, "2025-12-01", 2)], []),
        ([said(STATUS, NOT_PREGNANT, "2025-11-01"), said(STATUS, PREGNANT, "2025-12-01", 2)], [[PREGNANT]]),
        ([said(STATUS, "snomed:146799005")], []),
        ([said("snomed:77386006", BooleanValue(value=False))], []),
        ([said("snomed:77386006", "snomed:60001007")], []),
        ([said(STATUS, PREGNANT, "2025-03-01")], []),
        ([said("loinc:57075-4", "snomed:72892002")], []),
    ],
    ids=str,
)
def test_a_pregnancy_is_what_the_latest_answer_says(
    knowledge: Knowledge, facts: list[Fact], expected: list[list[str]]
) -> None:
    """Only an answer that says by itself that the patient is pregnant now counts."""
    assert found(knowledge, *facts)[0] == expected
