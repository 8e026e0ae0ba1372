"""Every ingredient is placed, what is alike is kept apart, and each pharmacological claim says where it is from."""

import itertools
import re
from pathlib import Path

import pytest

from kgtwin.model.axioms import Class, ObjectSomeValuesFrom, SubClassOf
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.reasoning.classification import Classification
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, KGTWIN, RXNORM, kgtwin

FOLDER = Path(__file__).resolve().parents[2] / "ontologies"
WITHOUT_MECHANISM = """acetaminophen;atovaquone;dapsone;dimethyl fumarate;dornase alfa;fosfomycin;glatiramer;
hyaluronidase;leucovorin;nitrofurantoin;pancreatin;phenazopyridine;protamine sulfate;sodium chloride;sodium fluoride;
vitamin b 12"""
"""Several mechanisms, one that is not known, or an enzyme or salt that is its own class."""
ENZYMES = ("CYP3A4", "CYP2D6", "CYP2C9", "CYP2C19", "CYP1A2")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(FOLDER / "drugs.ofn")


@pytest.fixture(scope="module")
def taxonomy(ontology: Ontology) -> Classification:
    return classify(ontology.axioms)


@pytest.fixture(scope="module")
def held(ontology: Ontology) -> dict[str, set[str]]:
    """Ingredients of each product."""
    found: dict[str, set[str]] = {}
    for axiom in ontology.axioms:
        match axiom:
            case SubClassOf(Class(sub), ObjectSomeValuesFrom(role, Class(filler))) if role == HAS_ACTIVE_INGREDIENT:
                found.setdefault(sub, set()).add(filler)
    return found


@pytest.fixture(scope="module")
def by_name(ontology: Ontology, held: dict[str, set[str]]) -> dict[str, str]:
    """Substances by lower-case label."""
    return {
        (ontology.label(iri) or "").lower(): iri
        for iri in ontology.entities
        if (iri.startswith(RXNORM) or "#Ingredient_" in iri) and iri not in held
    }


def above(iri: str, taxonomy: Classification) -> set[str]:
    return {one.removeprefix(KGTWIN) for one in taxonomy.ancestors(iri)}


def members(name: str, taxonomy: Classification) -> set[str]:
    """Substances below one of our classes."""
    below = taxonomy.descendants(kgtwin(name))
    return {iri for iri in below if iri.startswith(RXNORM) or "#Ingredient_" in iri}


def test_nothing_is_unsatisfiable(taxonomy: Classification) -> None:
    assert taxonomy.unsatisfiable == frozenset()


def test_every_ingredient_has_a_use_and_all_but_the_named_a_mechanism(
    ontology: Ontology, taxonomy: Classification, held: dict[str, set[str]]
) -> None:
    used = set().union(*held.values())
    assert len(used) > 270
    assert {ontology.label(i) for i in used if "DrugByTherapeuticUse" not in above(i, taxonomy)} == set()
    without = {(ontology.label(i) or "").lower() for i in used if "DrugByMechanism" not in above(i, taxonomy)}
    assert without == {name.strip() for name in WITHOUT_MECHANISM.split(";")}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("aspirin", "AntiplateletMedicine Analgesic BleedingRiskMedicine CyclooxygenaseInhibitor", "NSAID"),
        ("acetaminophen", "Analgesic HepatotoxicMedicine", "NSAID AntiinflammatoryMedicine BleedingRiskMedicine"),
        ("ibuprofen", "NSAID BleedingRiskMedicine NephrotoxicMedicine", "AntithromboticMedicine"),
        ("norethindrone", "HormonalContraceptive Progestin", "Estrogen"),
        ("levonorgestrel", "HormonalContraceptive Progestin", "Estrogen"),
        ("etonogestrel", "HormonalContraceptive Progestin", "Estrogen"),
        ("drospirenone", "Progestin PotassiumRaisingMedicine", "Estrogen Diuretic"),
        ("ethinyl estradiol", "HormonalContraceptive Estrogen", "Progestin"),
        ("tamoxifen", "SelectiveEstrogenReceptorModulator CYP2D6ActivatedProdrug", "Estrogen SexHormoneMedicine"),
        ("fulvestrant", "Antineoplastic", "Estrogen"),
        ("simvastatin", "SensitiveCYP3A4Substrate OATP1B1Substrate LipidLoweringMedicine", "CYP3A4Inhibitor"),
        ("lovastatin", "SensitiveCYP3A4Substrate", "ModeratelySensitiveCYP3A4Substrate"),
        ("atorvastatin", "ModeratelySensitiveCYP3A4Substrate OATP1B1Substrate", "SensitiveCYP3A4Substrate"),
        ("pravastatin", "OATP1B1Substrate HMGCoAReductaseInhibitor", "CYP3A4Substrate CYP3A4DependentStatin"),
        ("rosuvastatin", "OATP1B1Substrate HMGCoAReductaseInhibitor", "CYP3A4Substrate CYP3A4DependentStatin"),
        ("pitavastatin", "HMGCoAReductaseInhibitor", "CYP3A4Substrate"),
        ("clarithromycin", "StrongCYP3A4Inhibitor PgpInhibitor KnownTorsadesRisk", "ModerateCYP3A4Inhibitor"),
        ("erythromycin", "ModerateCYP3A4Inhibitor", "StrongCYP3A4Inhibitor"),
        ("azithromycin", "Macrolide KnownTorsadesRisk", "CYP3A4Inhibitor"),
        ("diltiazem", "ModerateCYP3A4Inhibitor", "StrongCYP3A4Inhibitor PgpSubstrate"),
        ("fluoxetine", "StrongCYP2D6Inhibitor StrongCYP2C19Inhibitor SerotonergicMedicine", "StrongCYP3A4Inhibitor"),
        ("sertraline", "WeakCYP2D6Inhibitor", "StrongCYP2D6Inhibitor ModerateCYP2D6Inhibitor"),
        ("rifampin", "StrongCYP3A4Inducer OATP1B1Inhibitor", "CYP3A4Inhibitor"),
        ("efavirenz", "ModerateCYP3A4Inducer Antiretroviral", "StrongCYP3A4Inducer HIVProteaseInhibitor"),
        ("pantoprazole", "ProtonPumpInhibitor", "CYP2C19Inhibitor"),
        ("omeprazole", "ModerateCYP2C19Inhibitor ProtonPumpInhibitor", "StrongCYP2C19Inhibitor"),
        ("clopidogrel", "CYP2C19ActivatedProdrug AntiplateletMedicine", "Anticoagulant OralAnticoagulant"),
        ("warfarin", "OralAnticoagulant ModeratelySensitiveCYP2C9Substrate", "AntiplateletMedicine"),
        ("heparin", "Anticoagulant PotassiumRaisingMedicine", "OralAnticoagulant DuplicateTherapyGroup"),
        ("fondaparinux", "Anticoagulant ParenteralFactorXaInhibitor", "OralAnticoagulant"),
        ("bivalirudin", "Anticoagulant DirectThrombinInhibitor", "OralAnticoagulant DirectOralAnticoagulant"),
        ("losartan", "PotassiumRaisingMedicine AngiotensinReceptorBlocker", "ACEInhibitor"),
        ("potassium chloride", "PotassiumRaisingMedicine FluidOrElectrolyteReplacement", "Diuretic"),
        ("penicillin v", "Penicillin Antibacterial", "PotassiumRaisingMedicine"),
        ("hydrochlorothiazide", "PotassiumLoweringMedicine", "PotassiumRaisingMedicine SulfonamideAntibacterial"),
        ("furosemide", "LoopDiuretic PotassiumLoweringMedicine", "PotassiumSparingDiuretic"),
        ("aztreonam", "Monobactam Antibacterial", "BetaLactam"),
        ("clavulanate", "BetaLactamaseInhibitor", "Penicillin BetaLactam"),
        ("linezolid", "SerotonergicMedicine", "MAOInhibitor"),
        ("cetirizine", "H1ReceptorAntagonist", "SedatingAntihistamine SedatingMedicine"),
        ("diphenhydramine", "SedatingAntihistamine AnticholinergicBurden3", "RespiratoryDepressant"),
        ("dextromethorphan", "SensitiveCYP2D6Substrate Antitussive", "OpioidAgonist RespiratoryDepressant Analgesic"),
        ("loperamide", "AnticholinergicBurden1", "OpioidAgonist Analgesic"),
        ("naloxone", "OpioidAntagonist", "OpioidAgonist RespiratoryDepressant SedatingMedicine"),
        ("timolol", "GlaucomaMedicine NonselectiveBetaBlocker", "CardioselectiveBetaBlocker"),
        ("salmeterol", "Bronchodilator Beta2Agonist", "BetaBlocker"),
        ("amlodipine", "DihydropyridineCalciumChannelBlocker", "NondihydropyridineCalciumChannelBlocker"),
        ("amiodarone", "Antiarrhythmic KnownTorsadesRisk ModerateCYP2C9Inhibitor", "ModerateCYP3A4Inhibitor"),
        ("metformin", "GlucoseLoweringMedicine Biguanide", "Insulin Sulfonylurea"),
        ("ezetimibe", "LipidLoweringMedicine", "HMGCoAReductaseInhibitor"),
        ("sacubitril", "NeprilysinInhibitor HeartFailureMedicine", "RASInhibitor"),
    ],
)
def test_what_a_pharmacist_would_check(
    by_name: dict[str, str], taxonomy: Classification, name: str, inside: str, outside: str
) -> None:
    found = above(by_name[name], taxonomy)
    assert set(inside.split()) - found == set()
    assert set(outside.split()) & found == set()


@pytest.mark.parametrize("kind", ["Inhibitor", "Inducer"])
@pytest.mark.parametrize("enzyme", ENZYMES)
def test_one_strength_for_each_enzyme(ontology: Ontology, taxonomy: Classification, enzyme: str, kind: str) -> None:
    strengths = [kgtwin(f"{word}{enzyme}{kind}") for word in ("Strong", "Moderate", "Weak")]
    for one, other in itertools.combinations([iri for iri in strengths if iri in ontology.entities], 2):
        assert taxonomy.descendants(one) & taxonomy.descendants(other) == frozenset()
        assert taxonomy.is_subclass_of(one, kgtwin(f"{enzyme}{kind}"))


@pytest.mark.parametrize("enzyme", ENZYMES)
def test_a_substrate_is_sensitive_or_moderately_so(taxonomy: Classification, enzyme: str) -> None:
    both = [members(f"{word}{enzyme}Substrate", taxonomy) for word in ("Sensitive", "ModeratelySensitive")]
    assert both[0]
    assert both[0] & both[1] == set()


@pytest.mark.parametrize(
    "levels",
    [("KnownTorsadesRisk", "PossibleTorsadesRisk", "ConditionalTorsadesRisk")]
    + [("AnticholinergicBurden1", "AnticholinergicBurden2", "AnticholinergicBurden3")]
    + [("PotassiumRaisingMedicine", "PotassiumLoweringMedicine"), ("StrongCYP3A4Inhibitor", "CYP3A4Inducer")],
)
def test_levels_do_not_overlap(taxonomy: Classification, levels: tuple[str, ...]) -> None:
    for one, other in itertools.combinations(levels, 2):
        assert members(one, taxonomy)
        assert members(one, taxonomy) & members(other, taxonomy) == set()


def test_every_pharmacological_class_says_where_it_is_from(ontology: Ontology, taxonomy: Classification) -> None:
    parts = {"StrongCYP3A4InhibitorWithoutLocalForms", "CYP2C19InhibitingProtonPumpInhibitor"}
    count = 0
    for axis in ("DrugByInteractionRole", "DrugByRisk"):
        for iri in taxonomy.children(kgtwin(axis)) | {
            grandchild for child in taxonomy.children(kgtwin(axis)) for grandchild in taxonomy.children(child)
        }:
            name = iri.removeprefix(KGTWIN)
            elsewhere = {"DrugByTherapeuticUse", "DrugByMechanism"} & above(iri, taxonomy)
            if not iri.startswith(KGTWIN) or "Ingredient_" in iri or name in parts or elsewhere:
                continue
            status, source = (
                ontology.value(iri, kgtwin("evidenceStatus")),
                ontology.value(iri, kgtwin("evidenceSource")),
            )
            assert status in {"verified", "unverified"}, name
            assert source, name
            assert status == "unverified" or "opened" in source, name
            count += 1
    assert count > 50


def test_a_membership_that_was_opened_says_so() -> None:
    lines = (FOLDER / "drugs.ofn").read_text(encoding="utf-8").splitlines()
    annotated = [line for line in lines if line.startswith("SubClassOf(Annotation(")]
    assert len(annotated) > 40
    for line in annotated:
        assert re.fullmatch(
            r'SubClassOf\(Annotation\(:evidenceSource "[^"]*opened[^"]*"@en\) '
            r'Annotation\(:evidenceStatus "verified"\) (rxnorm:\d+|:\w+) (rxnorm:\d+|:\w+)\)',
            line,
        ), line


def test_progestin_only_products_inherit_nothing_of_estrogens_and_combinations_both(
    taxonomy: Classification, held: dict[str, set[str]]
) -> None:
    only = {iri for iri, ingredients in held.items() if ingredients <= members("Progestin", taxonomy)}
    both = {
        iri
        for iri, ingredients in held.items()
        if ingredients & members("Progestin", taxonomy) and ingredients & members("Estrogen", taxonomy)
    }
    assert {iri.removeprefix(RXNORM) for iri in only} >= {"748962", "757594", "831533", "389221", "807283", "1000126"}
    assert {iri.removeprefix(RXNORM) for iri in both} >= {"748856", "749785", "978950", "1367439", "1534809", "1359133"}
    for iri in only:
        assert not held[iri] & members("Estrogen", taxonomy)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("lisinopril", "enalapril", True),
        ("simvastatin", "rosuvastatin", True),
        ("diazepam", "lorazepam", True),
        ("warfarin", ":Ingredient_Apixaban", True),
        ("ibuprofen", "naproxen", True),
        ("omeprazole", "esomeprazole", True),
        ("lisinopril", "losartan", False),
        ("warfarin", "heparin", False),
        ("heparin", "enoxaparin", False),
        ("aspirin", "clopidogrel", False),
        ("aspirin", "ibuprofen", False),
        ("insulin lispro", "isophane insulin, human", False),
        ("hydrochlorothiazide", "furosemide", False),
        ("acetaminophen", "oxycodone", False),
    ],
)
def test_groups_of_duplicate_therapy(
    by_name: dict[str, str], taxonomy: Classification, one: str, other: str, together: bool
) -> None:
    groups = taxonomy.children(kgtwin("DuplicateTherapyGroup"))
    first, second = (kgtwin(n[1:]) if n.startswith(":") else by_name[n] for n in (one, other))
    assert bool(groups & taxonomy.ancestors(first) & taxonomy.ancestors(second)) == together


def test_long_acting_opioids_are_told_by_form_route_or_ingredient(taxonomy: Classification) -> None:
    long_acting = {iri.removeprefix(RXNORM) for iri in taxonomy.descendants(kgtwin("LongActingOpioidProduct"))}
    assert {"1049504", "1860154", "1860491", "245134", "864706"} <= long_acting
    assert not {"1049683", "1735006", "835603", "857005", "866412"} & long_acting
