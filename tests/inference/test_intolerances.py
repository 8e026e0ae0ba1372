"""Intolerances that would raise something if they were allergies."""

from __future__ import annotations

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact
from kgtwin.model.issue import Inference
from tests.inference.factory import AT, PATIENT, allergy, order, patient

SULFONAMIDES, SULFAMETHOXAZOLE, PENICILLINS, AMOXICILLIN = (
    "snomed:387406002", "rxnorm:10180", "snomed:764146007", "rxnorm:723",
)  # fmt: skip


def answer(knowledge: Knowledge, *facts: Fact) -> Inference:
    return infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1)


def told(found: Inference) -> list[Caveat]:
    return [one for one in found.caveats if one.code is CaveatCode.UNCONFIRMED]


def intolerance(concept: str, **fields: str) -> Fact:
    return allergy(concept=concept, type="intolerance", **fields)


def test_an_intolerance_of_a_class_says_what_an_allergy_would_raise(knowledge: Knowledge) -> None:
    taken = order(concept=SULFAMETHOXAZOLE)
    as_allergy = answer(knowledge, allergy(concept=SULFONAMIDES), taken)
    (issue,) = [one for one in as_allergy.issues if one.kind == "drug-allergy"]
    assert told(as_allergy) == []
    found = answer(knowledge, intolerance(SULFONAMIDES), taken)
    assert not any(one.kind == "drug-allergy" for one in found.issues)
    (caveat,) = told(found)
    assert caveat.touches == ("AllergyIntolerance/a1", issue.statement)
    assert issue.title in caveat.text


def test_nothing_is_said_twice(knowledge: Knowledge) -> None:
    same = answer(knowledge, intolerance(AMOXICILLIN), order(concept=AMOXICILLIN))
    assert {one.statement for one in same.issues if one.kind == "drug-allergy"} == {"kgtwin:DA_0201"}
    assert told(same) == []
    known = allergy("AllergyIntolerance/a2", PENICILLINS)
    both = answer(knowledge, intolerance(PENICILLINS), known, order(concept=AMOXICILLIN))
    assert told(both) == [], "the allergy raises it"


@pytest.mark.parametrize(
    "facts",
    [
        (intolerance(SULFONAMIDES),),
        (intolerance(SULFONAMIDES), order(concept=AMOXICILLIN)),
        (intolerance(SULFONAMIDES, status="resolved"), order(concept=SULFAMETHOXAZOLE)),
        (intolerance(SULFONAMIDES, verification="refuted"), order(concept=SULFAMETHOXAZOLE)),
        (intolerance(SULFONAMIDES), order(concept=SULFAMETHOXAZOLE, status="stopped")),
    ],
)
def test_nothing_is_said_where_nothing_would_follow(knowledge: Knowledge, facts: tuple[Fact, ...]) -> None:
    assert told(answer(knowledge, *facts)) == []
