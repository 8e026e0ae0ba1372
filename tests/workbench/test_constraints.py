"""Constraints over a small ontology in SNOMED CT's shape, against a second evaluation by hand and by DL queries."""

from pathlib import Path

import pytest

from kgtwin.errors import NotFoundError
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.vocabulary import SNOMED
from kgtwin.workbench.constraints import Answers

FINDING, LUNG_DISORDER, PNEUMONIA, LUNG_EDEMA, BRAIN_EDEMA, FRACTURE = (
    "404684003",
    "19829001",
    "233604007",
    "19242006",
    "2032001",
    "125605004",
)
SITE, MORPHOLOGY, LUNG, LOBE, BRAIN, BODY = "363698007", "116676008", "39607008", "90572001", "12738006", "91723000"
EDEMA, INFLAMMATION, ABNORMAL, ATTRIBUTE = "79654002", "23583003", "49755003", "47429007"
NAMES = [FINDING, LUNG_DISORDER, PNEUMONIA, LUNG_EDEMA, BRAIN_EDEMA, FRACTURE]
NAMES += [LUNG, LOBE, BRAIN, BODY, EDEMA, INFLAMMATION, ABNORMAL]
SHAPED = f"""Prefix(:=<http://snomed.info/id/>)
Ontology(<http://example.org/shaped>
{"".join(f"Declaration(Class(:{name}))" for name in NAMES)}
Declaration(ObjectProperty(:609096000)) Declaration(ObjectProperty(:{SITE})) Declaration(ObjectProperty(:{MORPHOLOGY}))
Declaration(ObjectProperty(:{ATTRIBUTE}))
SubObjectPropertyOf(:{SITE} :{ATTRIBUTE})
SubClassOf(:{LUNG} :{BODY}) SubClassOf(:{LOBE} :{LUNG}) SubClassOf(:{BRAIN} :{BODY})
SubClassOf(:{EDEMA} :{ABNORMAL}) SubClassOf(:{INFLAMMATION} :{ABNORMAL})
EquivalentClasses(:{LUNG_DISORDER} ObjectIntersectionOf(:{FINDING}
  ObjectSomeValuesFrom(:609096000 ObjectSomeValuesFrom(:{SITE} :{LUNG}))))
SubClassOf(:{PNEUMONIA} ObjectIntersectionOf(:{FINDING} ObjectSomeValuesFrom(:609096000 ObjectIntersectionOf(
  ObjectSomeValuesFrom(:{SITE} :{LOBE}) ObjectSomeValuesFrom(:{MORPHOLOGY} :{INFLAMMATION})))))
SubClassOf(:{LUNG_EDEMA} ObjectIntersectionOf(:{FINDING} ObjectSomeValuesFrom(:609096000 ObjectIntersectionOf(
  ObjectSomeValuesFrom(:{SITE} :{LUNG}) ObjectSomeValuesFrom(:{MORPHOLOGY} :{EDEMA})))))
SubClassOf(:{BRAIN_EDEMA} ObjectIntersectionOf(:{FINDING}
  ObjectSomeValuesFrom(:609096000 ObjectSomeValuesFrom(:{SITE} :{BRAIN}))
  ObjectSomeValuesFrom(:609096000 ObjectSomeValuesFrom(:{MORPHOLOGY} :{EDEMA}))))
SubClassOf(:{FRACTURE} :{FINDING})
)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    file = tmp_path_factory.mktemp("shaped") / "shaped.ofn"
    file.write_text(SHAPED, encoding="utf-8")
    ontology = load(file)
    return Answers(ontology, classify(ontology.axioms))


@pytest.mark.parametrize(
    ("constraint", "selected"),
    [
        (f"<< {LUNG_DISORDER}", {LUNG_DISORDER, PNEUMONIA, LUNG_EDEMA}),
        (f"< {LUNG_DISORDER}", {PNEUMONIA, LUNG_EDEMA}),
        (f"<! {FINDING}", {LUNG_DISORDER, BRAIN_EDEMA, FRACTURE}),
        (f"<<! {FINDING}", {FINDING, LUNG_DISORDER, BRAIN_EDEMA, FRACTURE}),
        (f"> {PNEUMONIA}", {LUNG_DISORDER, FINDING}),
        (f">> {PNEUMONIA}", {PNEUMONIA, LUNG_DISORDER, FINDING}),
        (f">! {PNEUMONIA}", {LUNG_DISORDER}),
        (f"!!> (<< {FINDING})", {PNEUMONIA, LUNG_EDEMA, BRAIN_EDEMA, FRACTURE}),
        (f"!!< (< {FINDING})", {LUNG_DISORDER, BRAIN_EDEMA, FRACTURE}),
        (f"< {FINDING} MINUS << {LUNG_DISORDER}", {BRAIN_EDEMA, FRACTURE}),
        (f"< {FINDING} AND < {LUNG_DISORDER}", {PNEUMONIA, LUNG_EDEMA}),
        (f"{FRACTURE} OR {BRAIN}", {FRACTURE, BRAIN}),
        (f"< {FINDING} : {SITE} = {LUNG}", {LUNG_DISORDER, LUNG_EDEMA}),
        (f"< {FINDING} : {SITE} = << {LUNG}", {LUNG_DISORDER, LUNG_EDEMA, PNEUMONIA}),
        (f"< {FINDING} : {SITE} = << {BODY}, {MORPHOLOGY} = {EDEMA}", {LUNG_EDEMA, BRAIN_EDEMA}),
        (f"< {FINDING} : {{ {SITE} = << {BODY}, {MORPHOLOGY} = {EDEMA} }}", {LUNG_EDEMA}),
        (f"< {FINDING} : {ATTRIBUTE} = << {LUNG}", set()),
        (f"< {FINDING} : << {ATTRIBUTE} = << {LUNG}", {LUNG_DISORDER, LUNG_EDEMA, PNEUMONIA}),
        (f"< {FINDING} : [0..0] {SITE} = *", {FRACTURE}),
        (f"< {FINDING} : [2..*] * = *", {PNEUMONIA, LUNG_EDEMA, BRAIN_EDEMA}),
        (f"< {FINDING} : {SITE} != << {LUNG}", {BRAIN_EDEMA}),
        (f"< {FINDING} : {SITE} = {BRAIN} OR {MORPHOLOGY} = {INFLAMMATION}", {BRAIN_EDEMA, PNEUMONIA}),
        (f"< {LUNG_DISORDER} . {SITE}", {LOBE, LUNG}),
        (f"< {BODY} : R {SITE} = << {LUNG_DISORDER}", {LOBE, LUNG}),
        (f"< {FINDING} : [0..0] {{ {MORPHOLOGY} = * }}", {LUNG_DISORDER, FRACTURE}),
    ],
)
def test_what_a_constraint_selects(answers: Answers, constraint: str, selected: set[str]) -> None:
    assert {iri.removeprefix(SNOMED) for iri in answers.of(constraint)} == selected


def test_an_unknown_concept_is_no_empty_answer(answers: Answers) -> None:
    with pytest.raises(NotFoundError, match="no such concept"):
        answers.of("<< 73211009")


def test_the_shipped_ontology_can_be_asked(tmp_path: Path) -> None:
    ontology = load(Path(__file__).resolve().parents[2] / "ontologies" / "kgtwin.owl")
    shipped = Answers(ontology, classify(ontology.axioms))
    asked = "<< kgtwin:MedicinalProduct : kgtwin:hasActiveIngredient = << kgtwin:ACEInhibitor"
    found = {ontology.label(iri) for iri in shipped.of(asked)}
    assert any("lisinopril" in one.lower() for one in found)
    assert not any("losartan" in one.lower() for one in found)
