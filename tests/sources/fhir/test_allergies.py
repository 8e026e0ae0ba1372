from __future__ import annotations

from kgtwin.model.fact import AllergyDetail, FactKind
from kgtwin.model.time import Period
from tests.sources.fhir.build import SNOMED, concept, fact, problem

PENICILLIN = concept(SNOMED, "764146007", "Penicillin")
HIVES = concept(SNOMED, "247472004", "Hives")
CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def test_an_allergy() -> None:
    found = fact(
        "AllergyIntolerance",
        code=PENICILLIN,
        type="allergy",
        category=["medication"],
        criticality="high",
        clinicalStatus=concept(CLINICAL, "active"),
        verificationStatus=concept(VERIFICATION, "refuted"),
        onsetDateTime="1999",
        reaction=[{"substance": PENICILLIN, "manifestation": [HIVES]}],
    )
    assert found.kind is FactKind.ALLERGY
    assert found.code.concepts == ("snomed:764146007",)
    assert (found.status, found.verification) == ("active", "refuted")
    assert found.when == Period("1999")
    detail = found.detail
    assert isinstance(detail, AllergyDetail)
    assert (detail.type, detail.categories, detail.criticality) == ("allergy", ("medication",), "high")
    assert [m.concepts for m in detail.reactions] == [("snomed:247472004",)]
    assert [s.concepts for s in detail.substances] == [("snomed:764146007",)]


def test_where_only_the_reactions_say_what_is_not_tolerated_their_one_substance_counts() -> None:
    latex = concept(SNOMED, "111088007", "Latex")
    once, other = {"substance": PENICILLIN, "manifestation": [HIVES]}, {"substance": latex, "manifestation": [HIVES]}
    assert fact("AllergyIntolerance", reaction=[once, once]).code.concepts == ("snomed:764146007",)
    assert fact("AllergyIntolerance", reaction=[once, other]).code.concepts == ()
    assert fact("AllergyIntolerance", code=latex, reaction=[once]).code.concepts == ("snomed:111088007",)


def test_a_wrong_code_in_a_reaction_is_named() -> None:
    reaction = [{"manifestation": [concept(SNOMED, "247472005")]}]
    assert problem("AllergyIntolerance", reaction=reaction) == (
        "reaction.manifestation[0]",
        "invalid-identifier",
        False,
    )


def test_a_patient_is_required() -> None:
    assert problem("AllergyIntolerance", patient=None) == ("patient", "invalid-resource", True)
