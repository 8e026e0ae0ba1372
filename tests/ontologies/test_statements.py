"""The shipped statements are whole: annotated, declared, in range, and about codes that exist."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgtwin.identifiers import is_loinc, is_sctid
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.ontology.loader import load
from kgtwin.vocabulary import (
    ALLERGIC_TO,
    FAMILY_HAS,
    HAS_ACTIVE_INGREDIENT,
    HAS_EVER,
    HAS_LATEST_RESULT,
    HAS_NOW,
    HAS_ROUTE,
    KGTWIN,
    LOINC,
    PATIENT,
    RDFS_LABEL,
    RESULT,
    RXNORM,
    SNOMED,
    TAKES_NOW,
    kgtwin,
)

FOLDER = Path(__file__).resolve().parents[2] / "ontologies"
OURS = ["contraindications", "interactions", "allergies", "thresholds", "drugs", "snomed-module"]
KINDS = {
    "CI": ("drug-condition", "PatientWithContraindication", 40),
    "DDI": ("drug-drug", "PatientWithInteraction", 15),
    "DA": ("drug-allergy", "PatientWithAllergyConflict", 10),
    "DL": ("drug-lab", "PatientWithLabConflict", 8),
}
ALLOWED = {
    "significance": {"contraindicated", "major", "moderate", "minor"},
    "evidenceStatus": {"verified", "unverified"},
    "reviewStatus": {"not clinically reviewed"},
}
SNOMED_KINDS = {
    *("ClinicalCondition", "Situation", "SocialFinding", "Substance"),
    *("Severity", "GenePhenotype", "Behaviour", "TestAnswer", "Route"),
}
ONCE = ["kind", "significance", "detail", "evidenceSource", "evidenceText", "evidenceStatus", "mitigation", "curator"]
INTOLERANT_TO = kgtwin("intolerantTo")
TRIGGERS = {
    "CI": {HAS_NOW, HAS_EVER, FAMILY_HAS},
    "DDI": {TAKES_NOW},
    "DA": {ALLERGIC_TO, INTOLERANT_TO},
    "DL": {HAS_LATEST_RESULT, kgtwin("hasPersistentResult")},
}
LOGICAL = re.compile(r"^(SubClassOf|EquivalentClasses|SubObjectPropertyOf)\(")
STATEMENT = re.compile(re.escape(KGTWIN) + r"(CI|DDI|DA|DL)_\d{4}")
TOKEN = re.compile(r"(?<![\w\"^])((?:snomed|rxnorm|loinc|kgtwin)?:[\w-]+)")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(FOLDER / "kgtwin.owl")


@pytest.fixture(scope="module")
def definitions(ontology: Ontology) -> dict[str, tuple[ClassExpression, ...]]:
    """Statement IRI to the operands of its intersection."""
    found: dict[str, tuple[ClassExpression, ...]] = {}
    for axiom in ontology.axioms:
        if isinstance(axiom, EquivalentClasses) and isinstance(axiom.operands[0], Class):
            name, body = axiom.operands
            assert isinstance(name, Class)
            if not STATEMENT.fullmatch(name.iri):
                continue  # a defined group of conditions
            assert isinstance(body, ObjectIntersectionOf), name
            assert name.iri not in found, f"{name.iri} is defined twice"
            found[name.iri] = body.operands
    return found


def statements(ontology: Ontology) -> list[str]:
    return [iri for iri in ontology.entities if STATEMENT.fullmatch(iri)]


def family(iri: str) -> str:
    return iri.removeprefix(KGTWIN).split("_")[0]


def existentials(operands: tuple[ClassExpression, ...]) -> Iterator[ObjectSomeValuesFrom]:
    return (operand for operand in operands if isinstance(operand, ObjectSomeValuesFrom))


def parts(expression: ClassExpression) -> Iterator[ClassExpression]:
    """The expression and all that stands in it."""
    yield expression
    match expression:
        case ObjectIntersectionOf(operands):
            for operand in operands:
                yield from parts(operand)
        case ObjectSomeValuesFrom(_, filler):
            yield from parts(filler)


def text(module: str) -> str:
    return (FOLDER / f"{module}.ofn").read_text(encoding="utf-8")


def test_there_are_enough_of_each_kind(ontology: Ontology) -> None:
    counts = Counter(family(iri) for iri in statements(ontology))
    for name, (_, _, least) in KINDS.items():
        assert counts[name] >= least


def test_every_statement_has_each_annotation_once_with_an_allowed_value(ontology: Ontology) -> None:
    for iri in statements(ontology):
        for name in ONCE:
            (value,) = ontology.values(iri, kgtwin(name))
            assert value.strip(), (iri, name)
        for name, allowed in ALLOWED.items():
            assert ontology.value(iri, kgtwin(name)) in allowed, (iri, name)
        kind = ontology.value(iri, kgtwin("kind"))
        twice = (
            family(iri) == "DDI" and kind == "duplicate-therapy" and ontology.value(iri, kgtwin("needsTwo")) == "true"
        )
        assert kind == KINDS[family(iri)][0] or twice, iri
        assert dt.date.fromisoformat(ontology.value(iri, kgtwin("curated")) or "") >= dt.date(2026, 11, 22)
        assert ontology.value(iri, kgtwin("detail")) != ontology.label(iri)


def test_verified_evidence_quotes_and_says_what_was_opened(ontology: Ontology) -> None:
    for iri in statements(ontology):
        source = ontology.value(iri, kgtwin("evidenceSource")) or ""
        quoted = "opened" in source
        assert quoted == (ontology.value(iri, kgtwin("evidenceStatus")) == "verified"), iri


def test_every_statement_is_defined_and_placed(
    ontology: Ontology, definitions: dict[str, tuple[ClassExpression, ...]]
) -> None:
    placed = {a.sub.iri: a.sup for a in ontology.axioms if isinstance(a, SubClassOf) and isinstance(a.sub, Class)}
    assert set(definitions) == set(statements(ontology))
    for iri in statements(ontology):
        assert placed[iri] == Class(kgtwin(KINDS[family(iri)][1])), iri


def medicines_wanted(ontology: Ontology, iri: str) -> int:
    """How many conjuncts are about a medicine: an interaction has two, or one that wants two of a kind."""
    return 2 if family(iri) == "DDI" and ontology.value(iri, kgtwin("needsTwo")) != "true" else 1


def test_definitions_follow_the_pattern(
    ontology: Ontology, definitions: dict[str, tuple[ClassExpression, ...]]
) -> None:
    for iri, operands in definitions.items():
        assert operands[0] == Class(PATIENT), iri
        assert len(set(operands)) == len(operands), f"{iri}: two equal conjuncts are one in OWL"
        roles = Counter(one.property for one in existentials(operands))
        assert sum(roles.values()) == len(operands) - 1, iri
        assert roles[TAKES_NOW] >= 1, iri
        medicines = sum(n for role, n in roles.items() if role == TAKES_NOW or role.startswith(kgtwin("tookWithin")))
        assert medicines == medicines_wanted(ontology, iri), iri
        assert TRIGGERS[family(iri)] & set(roles), iri


def test_a_medicine_is_named_by_ingredient_and_at_most_by_route(
    definitions: dict[str, tuple[ClassExpression, ...]],
) -> None:
    for iri, operands in definitions.items():
        for medicine in existentials(operands):
            if medicine.property != TAKES_NOW:
                continue
            filler = medicine.filler
            inner = list(filler.operands) if isinstance(filler, ObjectIntersectionOf) else [filler]
            roles = [one.property for one in inner if isinstance(one, ObjectSomeValuesFrom)]
            assert roles in ([HAS_ACTIVE_INGREDIENT], [HAS_ACTIVE_INGREDIENT, HAS_ROUTE]), iri


def test_no_two_statements_say_the_same(definitions: dict[str, tuple[ClassExpression, ...]]) -> None:
    counts = Counter(frozenset(operands) for operands in definitions.values())
    assert [set(body) for body, count in counts.items() if count > 1] == []


def test_numbers_stand_in_the_thresholds_alone(definitions: dict[str, tuple[ClassExpression, ...]]) -> None:
    for iri, operands in definitions.items():
        numeric = any(isinstance(p, DataSomeValuesFrom) for operand in operands for p in parts(operand))
        assert numeric == (family(iri) == "DL"), iri
    for module in OURS:
        assert ("DatatypeRestriction" in text(module)) == (module == "thresholds")


def test_every_analyte_has_a_unit_and_an_age_limit(ontology: Ontology) -> None:
    analytes = {
        axiom.sub.iri
        for axiom in ontology.axioms
        if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class) and axiom.sup == Class(RESULT)
    }
    assert len(analytes) >= 8
    for iri in analytes:
        assert ontology.value(iri, kgtwin("canonicalUnit")), iri
        for name in ("staleAfter", "expiresAfter"):
            assert re.fullmatch(r"P(\d+D|T\d+H)", ontology.value(iri, kgtwin(name)) or ""), (iri, name)
    units = {ontology.value(kgtwin(name), kgtwin("canonicalUnit")) for name in ("EstimatedGFR", "CreatinineClearance")}
    assert units == {"mL/min/{1.73_m2}", "mL/min"}


def test_codes_have_their_check_digits(ontology: Ontology) -> None:
    snomed = [iri.removeprefix(SNOMED) for iri in ontology.entities if iri.startswith(SNOMED)]
    loinc = [iri.removeprefix(LOINC) for iri in ontology.entities if iri.startswith(LOINC)]
    assert len(snomed) > 400
    assert len(loinc) > 10
    assert [code for code in snomed if not is_sctid(code)] == []
    assert [code for code in loinc if not is_loinc(code)] == []
    for iri in ontology.entities:
        if iri.startswith(RXNORM):
            assert re.fullmatch(r"[1-9]\d*", iri.removeprefix(RXNORM)), iri


@pytest.mark.parametrize("module", OURS)
def test_every_class_that_a_module_uses_is_declared(module: str) -> None:
    declared = {
        name
        for file in FOLDER.glob("*.ofn")
        for name in re.findall(r"Declaration\(\w+\(([^)]+)\)\)", file.read_text(encoding="utf-8"))
    }
    used = {
        token
        for line in text(module).splitlines()
        if LOGICAL.match(line)
        for token in TOKEN.findall(re.sub(r'"[^"]*"', "", line))
    }
    assert used
    assert used - declared == set()


def test_every_class_has_one_english_label(ontology: Ontology) -> None:
    for iri, kind in ontology.entities.items():
        if kind is EntityKind.CLASS and not iri.startswith("http://www.w3.org/"):
            labels = [a for a in ontology.annotations.get(iri, ()) if a.property == RDFS_LABEL]
            assert len(labels) == 1, (iri, labels)
            assert labels[0].language == "en", iri


@pytest.mark.parametrize("module", OURS)
def test_no_line_stands_twice(module: str) -> None:
    lines = [line for line in text(module).splitlines() if line.strip() and not line.startswith("#")]
    assert [line for line, count in Counter(lines).items() if count > 1] == []


def parents(ontology: Ontology) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for axiom in ontology.axioms:
        if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class) and isinstance(axiom.sup, Class):
            found.setdefault(axiom.sub.iri, set()).add(axiom.sup.iri)
        elif isinstance(axiom, EquivalentClasses) and isinstance(axiom.operands[0], Class):
            body = axiom.operands[1]
            named = body.operands if isinstance(body, ObjectIntersectionOf) else (body,)
            found.setdefault(axiom.operands[0].iri, set()).update(o.iri for o in named if isinstance(o, Class))
    return found


def ancestors(iri: str, up: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [iri]
    while todo:
        for parent in up.get(todo.pop(), set()) - seen:
            seen.add(parent)
            todo.append(parent)
    return {one.removeprefix(KGTWIN) for one in seen}


@pytest.mark.parametrize(
    ("code", "inside", "outside"),
    [
        (SNOMED + "399211009", "Situation", "MyocardialInfarction"),
        (SNOMED + "162573006", "Situation", "LungCancer"),
        (SNOMED + "714628002", "Prediabetes", "DiabetesMellitus"),
        (SNOMED + "431855005", "ChronicKidneyDisease", "RenalImpairment"),
        (SNOMED + "433144002", "ModerateOrSevereRenalImpairment", "SevereRenalImpairment"),
        (SNOMED + "431857002", "SevereRenalImpairment", "EndStageRenalDisease"),
        (SNOMED + "19169002", "Miscarriage", "Pregnancy"),
        (SNOMED + "79586000", "EctopicPregnancy", "Pregnancy"),
        (SNOMED + "124171000119105", "Migraine", "MigraineWithAura"),
        (SNOMED + "44054006", "Type2DiabetesMellitus", "Type1DiabetesMellitus"),
        (SNOMED + "19943007", "Cirrhosis", "AcuteLiverFailureOrDecompensatedCirrhosis"),
        (SNOMED + "300913006", "AllergyToSubstance", "Situation"),
        (RXNORM + "1191", "CyclooxygenaseInhibitor", "NSAID"),
        (RXNORM + "7514", "Progestin", "Estrogen"),
        (RXNORM + "10180", "SulfonamideAntibacterial", "Diuretic"),
        (RXNORM + "4603", "LoopDiuretic", "SulfonamideAntibacterial"),
        (RXNORM + "6918", "BetaBlocker", "NonselectiveBetaBlocker"),
        (RXNORM + "36567", "CYP3A4DependentStatin", "StrongCYP3A4Inhibitor"),
    ],
)
def test_what_is_alike_is_kept_apart(ontology: Ontology, code: str, inside: str, outside: str) -> None:
    found = ancestors(code, parents(ontology))
    assert inside in found
    assert outside not in found


def test_a_condition_is_no_situation_and_a_substance_no_product(ontology: Ontology) -> None:
    up = parents(ontology)
    for iri in up:
        above = ancestors(iri, up)
        assert not {"ClinicalCondition", "Situation"} <= above, iri
        assert not {"Substance", "MedicinalProduct"} <= above, iri
        if iri.startswith(SNOMED):
            assert above & SNOMED_KINDS, iri
