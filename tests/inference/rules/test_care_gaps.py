"""What keeps a rule about a missing medicine from speaking: who cannot take it, and who can."""

from __future__ import annotations

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.model.fact import Fact, Provenance
from tests.inference.factory import AT, allergy, condition, patient

SYSTOLIC_HEART_FAILURE = "snomed:417996009"
BETA_BLOCKERS, PENICILLIN, METOPROLOL, CARVEDILOL = "kgtwin:GAP_0003", "rxnorm:7980", "rxnorm:6918", "rxnorm:20352"


def gaps(knowledge: Knowledge, *facts: Fact) -> set[str]:
    told = Provenance(source="test", resource="Patient/p", version="1")
    record = patient(birth_date="1950-01-01", provenance=told)
    found = infer(record.key, record, (condition(concept=SYSTOLIC_HEART_FAILURE), *facts), knowledge, at=AT, revision=1)
    return {one.statement for one in found.issues if one.kind == "untreated-indication"}


def test_an_allergy_to_something_else_does_not_silence_it(knowledge: Knowledge) -> None:
    assert BETA_BLOCKERS in gaps(knowledge)
    assert gaps(knowledge, allergy(concept=PENICILLIN)) == gaps(knowledge)


@pytest.mark.parametrize("concept", [METOPROLOL, CARVEDILOL, "kgtwin:BetaBlocker", "kgtwin:Antihypertensive"])
def test_an_allergy_to_the_medicine_or_to_its_group_silences_it(knowledge: Knowledge, concept: str) -> None:
    assert BETA_BLOCKERS not in gaps(knowledge, allergy(concept=concept))
    assert BETA_BLOCKERS in gaps(knowledge, allergy(concept=concept, verification="refuted"))
