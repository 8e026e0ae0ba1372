"""Allergies: any ingredient of a product is told to whoever is allergic to it; findings name the right substance."""

import re
from pathlib import Path

import pytest

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge, infer
from kgtwin.model.axioms import Class, ObjectSomeValuesFrom, SubClassOf
from kgtwin.model.fact import Fact
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.loader import load
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, RXNORM, SNOMED, kgtwin
from tests.inference.factory import AT, PATIENT, allergy, order, patient

ROOT = Path(__file__).resolve().parents[2]
BATCH = 12
# What a finding calls its substance, where RxNorm's name differs
SYNONYMS = {
    "amethocaine": "tetracaine",
    "amoxycillin": "amoxicillin",
    "benzhexol": "trihexyphenidyl",
    "benzylpenicillin": "penicillin g",
    "biphosphonates": "bisphosphonate",
    "calcipotriol": "calcipotriene",
    "cephazolin": "cefazolin",
    "cyanocobalamin": "vitamin b 12",
    "cyclosporin": "cyclosporine",
    "dexamphetamine": "dextroamphetamine",
    "ethinylestradiol": "ethinyl estradiol",
    "flucloxacillin": "floxacillin",
    "frusemide": "furosemide",
    "glibenclamide": "glyburide",
    "glycopyrronium": "glycopyrrolate",
    "hyoscine": "scopolamine",
    "leuprorelin": "leuprolide",
    "lignocaine": "lidocaine",
    "mometasone": "mometasone furoate",
    "norethisterone": "norethindrone",
    "pethidine": "meperidine",
    "phenobarbitone": "phenobarbital",
    "phenoxymethylpenicillin": "penicillin v",
    "povidone iodine": "povidone-iodine",
    "protamine": "protamine sulfate",
    "proxymetacaine": "proparacaine",
    "rifampicin": "rifampin",
    "salbutamol": "albuterol",
    "torasemide": "torsemide",
    "vasopressin": "vasopressin (usp)",
    # classes
    "aldosterone antagonists": "mineralocorticoid receptor antagonist",
    "beta-adrenoceptor blocking drug": "beta-adrenergic blocker",
    "cardioselective beta-blocker": "cardioselective beta blocker",
    "contrast media": "radiographic contrast medium",
    "corticosteroids": "glucocorticoid",
    "h1 antihistamine": "histamine h1 receptor antagonist",
    "h2 receptor antagonist": "histamine h2 receptor antagonist",
    "hmg coa reductase inhibitor": "hmg-coa reductase inhibitor (statin)",
    "iodine compounds": "iodine compound",
    "insulin": "insulin of any kind",
    "local anesthetic drug": "local anaesthetic",
    "non-steroidal anti-inflammatory drug": "non-steroidal anti-inflammatory drug (nsaid)",
    "penicillin": "penicillin antibacterial",
    "progestogen": "progestin",
    "selective beta-2 adrenoceptor stimulants": "beta-2 adrenergic agonist",
    "sulfonamides": "sulfonamide antibacterial",
}


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(ROOT / "ontologies" / "kgtwin.owl")


def existential(ontology: Ontology, role: str) -> dict[str, set[str]]:
    """Each class with the fillers that it has by a role."""
    found: dict[str, set[str]] = {}
    for axiom in ontology.axioms:
        if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class):
            match axiom.sup:
                case ObjectSomeValuesFrom(property, Class(iri)) if property == role:
                    found.setdefault(axiom.sub.iri, set()).add(iri)
    return found


def one_product_each(ontology: Ontology) -> list[tuple[str, str]]:
    """Every active ingredient of a product, with one product that has it, the one with the fewest."""
    products = existential(ontology, HAS_ACTIVE_INGREDIENT)
    by_size = sorted(products, key=lambda product: (len(products[product]), product), reverse=True)
    chosen = {iri: product for product in by_size for iri in products[product]}
    return sorted(chosen.items())


def told(issues: tuple[DetectedIssue, ...], number: int) -> bool:
    """Whether an issue of a medicine and an allergy rests on the allergy and the order of a number."""
    wanted = {f"AllergyIntolerance/a{number}", f"MedicationRequest/m{number}"}
    return any(
        issue.kind is IssueKind.DRUG_ALLERGY and wanted <= {one.resource for one in issue.implicated}
        for issue in issues
    )


def patient_facts(batch: list[tuple[str, str]]) -> list[Fact]:
    """A patient who is allergic to each ingredient and takes a product with it all the same."""
    allergies = [allergy(f"AllergyIntolerance/a{n}", to_curie(iri)) for n, (iri, _) in enumerate(batch)]
    orders = [order(f"MedicationRequest/m{n}", to_curie(product)) for n, (_, product) in enumerate(batch)]
    return allergies + orders


def test_every_ingredient_of_a_product_is_told_to_whoever_is_allergic_to_it(
    ontology: Ontology, knowledge: Knowledge
) -> None:
    everything = one_product_each(ontology)
    assert len(everything) > 200
    for start in range(0, len(everything), BATCH):
        batch = everything[start : start + BATCH]
        inference = infer(PATIENT, patient(), patient_facts(batch), knowledge, at=AT, revision=1)
        for number, (iri, _) in enumerate(batch):
            assert told(inference.issues, number), ontology.label(iri)


@pytest.mark.parametrize("type_", ["allergy", "intolerance"])
def test_an_allergy_to_one_substance_is_silent_about_another(
    ontology: Ontology, knowledge: Knowledge, type_: str
) -> None:
    takes = {"rxnorm:4278": "famotidine", "rxnorm:187832": "pregabalin", "rxnorm:6918": "metoprolol"}
    facts = [order(f"MedicationRequest/{name}", concept) for concept, name in takes.items()]
    facts += [allergy(f"AllergyIntolerance/{code}", f"rxnorm:{code}", type=type_) for code in ("1191", "9863", "723")]
    assert infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1).issues == ()


def findings(ontology: Ontology) -> dict[str, set[str]]:
    """Findings of an allergy by SNOMED CT code, with the substances that cause them."""
    return {iri: agents for iri, agents in existential(ontology, kgtwin("causativeAgent")).items() if SNOMED in iri}


def plain(label: str) -> str:
    """What a finding's label names: 'Aspirin allergy' and 'Allergy to aspirin (finding)' name aspirin."""
    text = re.sub(r" \((finding|disorder)\)$", "", label).lower()
    return text.removeprefix("allergy to ").removesuffix(" allergy")


def test_a_finding_names_the_substance_that_its_label_names(ontology: Ontology) -> None:
    found = {iri: agents for iri, agents in findings(ontology).items() if agents & medicines(ontology)}
    assert len(found) > 250
    for iri, agents in found.items():
        (agent,) = agents
        name = plain(ontology.label(iri))
        assert SYNONYMS.get(name, name) == ontology.label(agent).lower(), (iri, name)


def medicines(ontology: Ontology) -> set[str]:
    """Ingredients, and classes of them."""
    return {
        axiom.sup.iri if one is axiom.sup else axiom.sub.iri
        for axiom in ontology.axioms
        if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class) and isinstance(axiom.sup, Class)
        for one in (axiom.sub, axiom.sup)
        if axiom.sub.iri.startswith((RXNORM, kgtwin("Ingredient_")))
    }


def members(ontology: Ontology, group: str) -> set[str]:
    return {
        ontology.label(axiom.sub.iri).lower()
        for axiom in ontology.axioms
        if isinstance(axiom, SubClassOf) and axiom.sup == Class(kgtwin(group)) and isinstance(axiom.sub, Class)
    }


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("AminoCephalosporin", {"cefaclor", "cefadroxil", "cefprozil", "cephalexin", "cephradine"}),
        ("AminoPenicillin", {"amoxicillin", "ampicillin", "bacampicillin", "pivampicillin"}),
        ("CephalosporinWithSideChainOfAztreonam", {"ceftazidime"}),
    ],
)
def test_side_chains(ontology: Ontology, group: str, expected: set[str]) -> None:
    assert members(ontology, group) == expected


def test_kinds_that_do_not_cross_react_share_no_member(ontology: Ontology) -> None:
    for one, other in [
        ("EsterLocalAnesthetic", "AmideLocalAnesthetic"),
        ("IodinatedContrastMedium", "GadoliniumContrastMedium"),
    ]:
        assert members(ontology, one)
        assert members(ontology, other)
        assert not members(ontology, one) & members(ontology, other)
