"""Proofs about an allergy to a class of medicines, of a product with an ingredient of the class and others."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kgtwin.inference import Knowledge
from kgtwin.inference.proofs.export import prove
from kgtwin.inference.proofs.sources import against_facts
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import Dose, Fact, MedicationDetail, Provenance, Quantity, QuantityRange
from tests.inference.factory import AT, PATIENT, allergy, order, patient
from tests.verification.mutations import changed
from tests.verification.test_documents import assert_accepted

replace = msgspec.structs.replace
ABOUT = patient(gender="female", birth_date="1990-01-01", provenance=Provenance("local", "Patient/p1", "1"))


def coded(concept: str) -> Coded:
    return Coded((), (Match(concept, via="a set"),))


def test_an_ingredient_of_several_is_shown_to_be_of_the_class(knowledge: Knowledge) -> None:
    """Venlafaxine beside metformin, and an allergy to inhibitors of serotonin's reuptake."""
    taken = order(concept="rxnorm:39786", ingredients=(coded("rxnorm:39786"), coded("rxnorm:6809")))
    allergic = allergy(concept="kgtwin:SerotoninReuptakeInhibitor")
    facts = tuple(replace(one, code=coded(one.code.concepts[0])) for one in (taken, allergic))
    found = list(prove(PATIENT, ABOUT, facts, knowledge, at=AT, revision=1))
    (about,) = [one for one in found if one.issue.kind == "drug-allergy"]
    assert about.issue.ingredients == ("rxnorm:39786",)
    assert len(about.medicines[0].ingredients) == 2
    for document in found:
        assert_accepted(document)


def test_a_number_that_is_none_is_no_fact_of_the_twin(knowledge: Knowledge) -> None:
    """A signalling NaN where nothing looks: what is compared with the twin differs, and nothing fails."""
    amount = Quantity(Decimal(5), ucum="mg")
    taken = order(concept="rxnorm:39786", doses=(Dose(amount=QuantityRange(amount, amount)),))
    facts = tuple(
        replace(one, code=coded(one.code.concepts[0]))
        for one in (taken, allergy(concept="kgtwin:SerotoninReuptakeInhibitor"))
    )
    document = next(iter(prove(PATIENT, ABOUT, facts, knowledge, at=AT, revision=1)))
    assert list(against_facts(document, ABOUT, facts)) == []
    forged = changed(document, facts=tuple(map(_with_no_number, document.facts)))
    assert any("says something else" in one for one in against_facts(forged, ABOUT, facts))


def _with_no_number(fact: Fact) -> Fact:
    if not isinstance(fact.detail, MedicationDetail):
        return fact
    amount = Quantity(Decimal("sNaN"), ucum="mg")
    return replace(fact, detail=replace(fact.detail, doses=(Dose(amount=QuantityRange(amount, amount)),)))
