"""Conditions stand where they belong: on two axes or more, apart from situations and from how a patient lives."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from kgtwin.identifiers import is_sctid
from kgtwin.inference.knowledge.statements import statements
from kgtwin.model.axioms import Class, EquivalentClasses, SubClassOf
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.ontology.loader import load
from kgtwin.reasoning import Classification, classify
from kgtwin.vocabulary import (
    CLINICAL_CONDITION,
    FAMILY_HAS,
    HAS_EVER,
    HAS_NOW,
    KGTWIN,
    SITUATION,
    SNOMED,
    SUBSTANCE,
    kgtwin,
)

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "ontologies" / "snomed-module.ofn"
TABLE = ROOT.parent / "shared" / "data" / "maps" / "synthea-codes.tsv"
SOCIAL = kgtwin("SocialFinding")
TOPS = (CLINICAL_CONDITION, SITUATION, SOCIAL)
GENERAL = {"49601007"}  # "cardiovascular disorder" names a body system and nothing more
PRESENT = {"267101005"}  # "nasal discharge present" is called a situation and is a finding that the patient has
TAG = re.compile(r" \((finding|disorder|situation)\)$")
ANY_TAG = re.compile(r" \([^()]*\)$")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(ROOT / "ontologies" / "kgtwin.owl")


@pytest.fixture(scope="module")
def classification(ontology: Ontology) -> Classification:
    return classify(ontology.axioms)


@pytest.fixture(scope="module")
def axes(ontology: Ontology) -> dict[str, str]:
    """The root of each axis, and the axis's name."""
    return {iri: name for iri in ontology.annotations if (name := ontology.value(iri, kgtwin("axis")))}


@pytest.fixture(scope="module")
def codes(classification: Classification) -> list[str]:
    """Every SNOMED CT code that is a condition, a situation or a social finding."""
    return sorted(iri for top in TOPS for iri in classification.descendants(top) if iri.startswith(SNOMED))


@pytest.fixture(scope="module")
def groups(classification: Classification) -> list[str]:
    """Every class of ours below the same three."""
    return sorted({iri for top in TOPS for iri in classification.descendants(top) if iri.startswith(KGTWIN)})


@pytest.fixture(scope="module")
def table() -> list[dict[str, str]]:
    """The rows of Synthea's SNOMED CT codes."""
    if not TABLE.exists():
        pytest.skip(f"needs {TABLE.name} of ../shared/data/maps, which is not here")
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines, delimiter="\t") if row["system"] == "SNOMED-CT"]


def findings(table: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows that name a finding, disorder or situation, by their tag or by what Synthea makes of them."""
    return [
        row for row in table if TAG.search(row["display"]) or "Condition" in row["state_types"] + row["resource_types"]
    ]


def named(iris: set[str] | frozenset[str]) -> set[str]:
    return {iri.removeprefix(KGTWIN).removeprefix(SNOMED) for iri in iris}


# where codes stand


def test_every_code_stands_on_two_axes_or_more(
    classification: Classification, axes: dict[str, str], codes: list[str]
) -> None:
    assert len(codes) > 600
    on = {code: {axes[iri] for iri in classification.ancestors(code) & axes.keys()} for code in codes}
    assert {code for code, names in on.items() if len(names) < 2} == {SNOMED + code for code in GENERAL}


def test_the_axes_are_the_ones_that_are_documented(axes: dict[str, str]) -> None:
    assert set(axes.values()) == {
        *("body system", "body region", "pathology", "cause", "severity", "stage", "course", "kind of finding"),
        *("context", "subject", "domain of life", "bearing on health"),
    }
    assert len(axes) == len(set(axes.values()))


def test_no_code_stands_right_below_an_axis_or_a_top(
    classification: Classification, axes: dict[str, str], codes: list[str]
) -> None:
    assert [code for code in codes if classification.parents(code) & {*axes, *TOPS}] == []


def test_every_group_is_on_an_axis(classification: Classification, axes: dict[str, str], groups: list[str]) -> None:
    off = [iri for iri in groups if iri not in axes and not classification.ancestors(iri) & axes.keys()]
    assert off == []


def test_condition_situation_and_social_finding_are_apart(classification: Classification, codes: list[str]) -> None:
    for code in codes:
        assert len(classification.ancestors(code) & {*TOPS, SUBSTANCE}) == 1, code
    for one, other in zip(TOPS, (*TOPS[1:], TOPS[0]), strict=True):
        both = [SubClassOf(Class("urn:test:both"), Class(top)) for top in (one, other)]
        assert "urn:test:both" in classification.extend(both).unsatisfiable


def test_no_class_is_unsatisfiable(classification: Classification) -> None:
    assert classification.unsatisfiable == frozenset()


def test_no_group_is_without_a_code_unless_it_says_why(
    ontology: Ontology, classification: Classification, groups: list[str]
) -> None:
    comment = "http://www.w3.org/2000/01/rdf-schema#comment"
    empty = {iri for iri in groups if not any(d.startswith(SNOMED) for d in classification.descendants(iri))}
    reasons = {iri: ontology.value(iri, comment) or "" for iri in empty}
    assert [iri for iri, reason in reasons.items() if not reason.startswith("Empty: ")] == []
    said = {iri for iri in groups if (ontology.value(iri, comment) or "").startswith("Empty: ")}
    assert said <= empty, "a group that says it is empty has a code"


def test_no_two_groups_have_the_same_label_and_each_is_defined_in_words(ontology: Ontology, groups: list[str]) -> None:
    counts = Counter(ontology.label(iri).casefold() for iri in groups)
    assert [label for label, count in counts.items() if count > 1] == []
    definition = "http://www.w3.org/2004/02/skos/core#definition"
    assert [iri for iri in groups if not ontology.value(iri, definition)] == []


# what is said about a code


def test_nothing_is_said_about_a_code_but_where_we_place_it(ontology: Ontology) -> None:
    for axiom in ontology.axioms:
        if isinstance(axiom, SubClassOf) and isinstance(axiom.sup, Class):
            assert not axiom.sup.iri.startswith(SNOMED), axiom
        if isinstance(axiom, EquivalentClasses):
            assert not any(isinstance(o, Class) and o.iri.startswith(SNOMED) for o in axiom.operands), axiom
    about = [line for line in MODULE.read_text(encoding="utf-8").splitlines() if "snomed:" in line]
    allowed = re.compile(
        r"(Prefix\(snomed:|Declaration\(Class\(snomed:\d+\)\)$"
        r"|AnnotationAssertion\(rdfs:label snomed:\d+ \"[^\"]+\"@en\)$"
        r"|SubClassOf\(snomed:\d+ (:\w+|ObjectSomeValuesFrom\(:\w+ :\w+\))\)$)"
    )
    assert [line for line in about if not allowed.match(line)] == []


def test_codes_have_their_check_digits(codes: list[str]) -> None:
    assert [code for code in codes if not is_sctid(code.removeprefix(SNOMED))] == []


def test_a_causative_agent_belongs_to_an_allergy_alone(ontology: Ontology, classification: Classification) -> None:
    files = (MODULE, MODULE.with_name("allergies.ofn"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    found = {m[1] for line in lines if (m := re.match(r"SubClassOf\(snomed:(\d+) .*:causativeAgent", line))}
    allergies = classification.descendants(kgtwin("AllergyToSubstance"))
    assert {SNOMED + code for code in found} == {iri for iri in allergies if iri.startswith(SNOMED)}
    assert len(found) >= 20


def test_no_statement_asks_for_a_social_finding(ontology: Ontology, classification: Classification) -> None:
    asked = [
        conjunct.filler
        for statement in statements(ontology).values()
        for conjunct in (statement.definition.conjuncts if statement.definition else ())
        if conjunct.property in (HAS_NOW, HAS_EVER, FAMILY_HAS)
    ]
    assert len(asked) > 80
    for filler in asked:
        query = classification.query(filler)
        assert (query.ancestors | query.equivalents) & {CLINICAL_CONDITION, SITUATION}, filler


def test_the_file_is_in_order() -> None:
    """Codes by number within a section; each in the section of the group that its first placement names."""
    section, groups, last = "", {}, 0
    codes: dict[str, tuple[str, str]] = {}
    for line in MODULE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"# ([^:]+)(: (groups|codes))?$", line):
            section, last = match[1], 0
        elif match := re.match(r"Declaration\(Class\(snomed:(\d+)\)\)", line):
            assert int(match[1]) > last, f"{match[1]} is out of order"
            last = int(match[1])
        elif match := re.match(r"Declaration\(Class\(:(\w+)\)\)", line):
            groups[match[1]] = section
        elif match := re.match(r"SubClassOf\(snomed:(\d+) :(\w+)\)", line):
            codes.setdefault(match[1], (match[2], section))
    assert [code for code, (group, where) in codes.items() if groups[group] != where] == []
    assert len(codes) > 600


# Synthea's codes


def test_every_finding_disorder_and_situation_of_synthea_is_placed(
    table: list[dict[str, str]], codes: list[str]
) -> None:
    wanted = findings(table)
    assert len(wanted) > 400
    assert [row for row in wanted if SNOMED + row["code"] not in codes] == []


def test_the_labels_are_those_of_the_table(ontology: Ontology, table: list[dict[str, str]]) -> None:
    """With the tag, or the code, only where the words alone are also the label of another class."""
    for row in findings(table):
        words, code = ANY_TAG.sub("", row["display"]), row["code"]
        allowed = {words, row["display"], f"{words} (SNOMED CT {code})"}
        assert ontology.label(SNOMED + code) in allowed, row


def test_no_two_classes_of_the_module_have_the_same_label(
    ontology: Ontology, codes: list[str], groups: list[str]
) -> None:
    counts = Counter(ontology.label(iri) for iri in (*codes, *groups))
    assert [label for label, count in counts.items() if count > 1] == []


def test_a_situation_is_no_condition(table: list[dict[str, str]], classification: Classification) -> None:
    tagged = {row["code"] for row in table if row["display"].endswith("(situation)")} - PRESENT
    assert len(tagged) > 25
    for code in tagged:
        assert SITUATION in classification.ancestors(SNOMED + code), code


def test_a_word_in_a_name_decides_the_context(ontology: Ontology, table: list[dict[str, str]]) -> None:
    situations = {"History of": "pastOccurrenceOf", "Suspected": "suspectedOccurrenceOf"}
    text = MODULE.read_text(encoding="utf-8")
    for row in findings(table):
        for word, role in situations.items():
            if row["display"].startswith(word):
                procedure = f"SubClassOf(snomed:{row['code']} :HistoryOfProcedure)"
                adherence = f"SubClassOf(snomed:{row['code']} :AdministrativeSituation)"
                says = f"SubClassOf(snomed:{row['code']} ObjectSomeValuesFrom(:{role} "
                assert any(line in text for line in (procedure, adherence, says)), row


def test_entities_of_the_module_are_classes_with_a_kind(ontology: Ontology, codes: list[str]) -> None:
    assert all(ontology.entities[code] is EntityKind.CLASS for code in codes)


# clinical truth, by example

IS = [
    ("62106007", "InjuryOfNervousSystem"),  # concussion with no loss of consciousness
    ("62564004", "TraumaticBrainInjury"),
    ("444814009", "RespiratoryTractInfection"),  # viral sinusitis
    ("444814009", "ViralInfection"),
    ("75498004", "BacterialInfection"),  # acute bacterial sinusitis
    ("43878008", "RespiratoryTractInfection"),  # streptococcal sore throat
    ("45816000", "UrinaryTractInfection"),  # pyelonephritis
    ("448417001", "BacterialSepsis"),
    ("76571007", "Shock"),  # septic shock
    ("254632001", "MalignantNeoplasm"),  # small cell carcinoma of lung
    ("423121009", "AdvancedLungCancer"),
    ("91861009", "BloodCancer"),  # acute myeloid leukaemia
    ("1551000119108", "ComplicationOfDiabetes"),  # nonproliferative diabetic retinopathy
    ("433144002", "ChronicKidneyDisease"),  # stage 3
    ("46177005", "ChronicKidneyDisease"),  # end-stage renal disease
    ("47318007", "DrugInducedBloodDisorder"),  # drug-induced neutropenia
    ("91935009", "FoodAllergy"),  # peanut
    ("82423001", "ChronicPain"),
    ("72892002", "Pregnancy"),  # normal pregnancy
    ("72892002", "NormalFinding"),
    ("88805009", "ChronicHeartFailure"),
    ("401303003", "AcuteMyocardialInfarction"),
    ("283371005", "UpperLimbFinding"),  # laceration of forearm
    ("161744009", "HistoryOfDisorder"),  # past pregnancy history of miscarriage
    ("162573006", "SuspectedCancer"),  # suspected lung cancer
    ("443165006", "Osteoporosis"),  # osteoporotic fracture
    ("62479008", "HIVInfection"),  # AIDS
    ("401303003", "LifeThreateningCondition"),  # acute ST elevation myocardial infarction
    ("129721000119106", "AcuteKidneyInjury"),  # acute renal failure on dialysis
    ("61977001", "ViralHepatitis"),  # chronic type B viral hepatitis
    ("26029002", "HereditaryBleedingDiathesis"),  # mild haemophilia A
    ("275272006", "TraumaticBrainInjury"),  # brain damage, traumatic
    ("62403005", "Anemia"),  # glucose-6-phosphate dehydrogenase deficiency anaemia
    ("111293003", "VenousThromboembolism"),  # venous thrombosis
    ("42861008", "Thrombophlebitis"),  # of the iliac vein
    ("61582004", "AllergicRhinitis"),
    ("4855003", "DiabeticRetinopathy"),
    ("4855003", "RetinalDisorder"),
    ("422034002", "RetinalDisorder"),  # retinopathy of type 2 diabetes
    ("233878008", "Cardiomyopathy"),  # familial restrictive
    ("233906007", "VentricularTachycardia"),  # familial
    ("306058006", "Anemia"),  # aplastic
    ("413603009", "AutoimmuneDisorder"),  # autoimmune haemolytic anaemia
    ("312132001", "ViralInfection"),  # of the eye
    ("7111000119109", "ViralHepatitis"),  # hepatitis E
    ("189336000", "CarcinomaInSitu"),  # of the breast
    ("40930008", "Hypothyroidism"),
    ("66590003", "AlcoholDependence"),
]
IS_NOT = [
    ("714628002", "DiabetesMellitus"),  # prediabetes
    ("80394007", "DiabetesMellitus"),  # hyperglycaemia
    ("167265006", "DiabetesMellitus"),  # glucose in a urine test
    ("160670007", "ClinicalCondition"),  # diabetic diet
    ("167300001", "Bleeding"),  # blood in a urine test
    ("34436003", "PathologicalBleeding"),  # blood in urine
    ("34436003", "BleedingDiathesis"),
    ("431855005", "RenalImpairment"),  # chronic kidney disease stage 1
    ("431856006", "RenalImpairment"),
    ("433144002", "SevereRenalImpairment"),
    ("36971009", "InfectiousDisorder"),  # sinusitis
    ("65363002", "InfectiousDisorder"),  # otitis media
    ("233604007", "InfectiousDisorder"),  # pneumonia
    ("38822007", "InfectiousDisorder"),  # cystitis
    ("10509002", "InfectiousDisorder"),  # acute bronchitis
    ("367498001", "InfectiousDisorder"),  # seasonal allergic rhinitis
    ("428915008", "InfectiousDisorder"),  # antibody against toxoplasma
    ("165815009", "HIVInfection"),  # HIV not detected
    ("283371005", "Neoplasm"),  # laceration of forearm
    ("68496003", "MalignantNeoplasm"),  # polyp of colon
    ("92691004", "MalignantNeoplasm"),  # carcinoma in situ of prostate
    ("126906006", "ProstateCancer"),  # neoplasm of prostate
    ("162573006", "LungCancer"),  # suspected
    ("399211009", "MyocardialInfarction"),  # history of
    ("22298006", "AcuteMyocardialInfarction"),  # myocardial infarction, it does not say when
    ("156073000", "Pregnancy"),  # complete miscarriage
    ("161744009", "PregnancyRelatedDisorder"),
    ("79586000", "Pregnancy"),  # tubal pregnancy
    ("398254007", "Pregnancy"),  # pre-eclampsia
    ("313423004", "Osteoporosis"),  # at increased risk of
    ("225444004", "SuicideOrAttempt"),  # at increased risk for suicide
    ("6471006", "SuicideOrAttempt"),  # suicidal thoughts
    ("8517006", "TobaccoUse"),  # ex-smoker
    ("266919005", "TobaccoUse"),  # never smoked tobacco
    ("10939881000119105", "AlcoholDependence"),  # unhealthy alcohol drinking behaviour
    ("10939881000119105", "SubstanceMisuse"),
    ("73595000", "ClinicalCondition"),  # stress
    ("706893006", "Injury"),  # victim of intimate partner abuse
    ("124171000119105", "MigraineWithAura"),  # migraine without aura
    ("82966003", "AllergicDisorder"),  # hereditary angioedema
    ("236428007", "Injury"),  # acute kidney injury
    ("127294003", "Injury"),  # traumatic or nontraumatic brain injury
    ("239872002", "RheumatoidArthritis"),  # osteoarthritis of hip
    ("13746004", "DepressiveDisorder"),  # bipolar disorder
    ("234466008", "BleedingDiathesis"),  # acquired coagulation disorder
    ("300913006", "MedicinalProduct"),  # allergy to shellfish
    ("19943007", "AcuteLiverFailureOrDecompensatedCirrhosis"),  # cirrhosis
    ("40095003", "AcuteKidneyInjury"),  # injury of kidney
    ("235875008", "ViralHepatitis"),  # alcoholic hepatitis
    ("128105004", "HereditaryBleedingDiathesis"),  # von Willebrand disease, hereditary or acquired
    ("262521009", "InjuryOfNervousSystem"),  # injury of spinal cord and/or vertebral column
    ("111293003", "Thrombophilia"),  # a venous thrombosis is no readiness for one
    ("303011007", "BoneMarrowDepression"),  # neutropenia is no agranulocytosis
    ("419671004", "VentricularTachycardia"),  # catecholaminergic polymorphic: a readiness for one
]


@pytest.mark.parametrize(("code", "group"), IS)
def test_it_is(classification: Classification, code: str, group: str) -> None:
    assert group in named(classification.ancestors(SNOMED + code))


@pytest.mark.parametrize(("code", "group"), IS_NOT)
def test_it_is_not(classification: Classification, code: str, group: str) -> None:
    assert kgtwin(group) in classification.classes, "a misspelt group would make this pass"
    assert group not in named(classification.ancestors(SNOMED + code))
