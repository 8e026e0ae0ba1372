"""Names that no source has: built from RxNorm's grammar, they decompose rightly or are refused with a reason."""

import csv
import doctest
import importlib
import io
import itertools
import random
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT.parent / "shared" / "data" / "omop" / "Synthea27Nj_5.4.zip"
LABEL = re.compile(r'^AnnotationAssertion\(rdfs:label rxnorm:(\d+) "(.*)"@en\)$', re.MULTILINE)
KINDS = {
    "Clinical Drug": "SCD",
    "Quant Clinical Drug": "SCD",
    "Branded Drug": "SBD",
    "Quant Branded Drug": "SBD",
    "Clinical Drug Comp": "SCDC",
    "Branded Drug Comp": "SBDC",
    "Branded Drug Form": "SBDF",
    "Ingredient": "IN",
    "Multiple Ingredients": "MIN",
    "Branded Pack": "BPCK",
}


@pytest.fixture(scope="module")
def names() -> Any:
    """The module of the scripts folder, which is no package."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        yield importlib.import_module("rxnorm_names")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    """Ingredients by lower-case label, from the shipped modules, and a few that only these tests use."""
    text = "".join((ROOT / "ontologies" / f"{name}.ofn").read_text(encoding="utf-8") for name in ("drugs", "products"))
    products = set(re.findall(r"^SubClassOf\(rxnorm:(\d+) :MedicinalProduct\)$", text, re.MULTILINE))
    found = {label.lower(): code for code, label in LABEL.findall(text) if code not in products}
    extra = "potassium;sodium;calcium;magnesium;zinc;calcium carbonate;cholecalciferol;sodium bicarbonate;isosorbide;"
    extra += "esomeprazole;magnesium hydroxide;lidocaine;sumatriptan;testosterone;menthol;ipratropium;salicylic acid;"
    extra += "magnesium sulfate;zinc sulfate;lithium;penicillin g benzathine;dextroamphetamine;ketorolac;hydrocortisone"
    return found | {name: "0" for name in extra.split(";") if name not in found}


def test_the_examples_of_the_docstrings_hold(names: Any) -> None:
    failed, tried = doctest.testmod(names)
    assert (failed, tried > 8) == (0, True)


def test_every_combination_of_salt_strength_form_brand_and_quantity(names: Any, listed: dict[str, str]) -> None:
    salts = [
        ("metoprolol", "succinate"),
        ("losartan", "potassium"),
        ("esomeprazole", "magnesium"),
        ("naproxen", "sodium"),
    ]
    salts += [("amlodipine", "besylate"), ("sertraline", "hydrochloride"), ("rosuvastatin", "calcium"), ("aspirin", "")]
    amounts = [("0.5 MG", "0.5", "mg"), ("1,200 MG", "1200", "mg"), ("10 MEQ", "10", "meq"), ("250 MCG", "250", "ug")]
    forms = [
        ("Oral Tablet", "OralRoute"),
        ("Extended Release Oral Capsule", "OralRoute"),
        ("Injection", "ParenteralRoute"),
    ]
    forms += [("Chewable Tablet", "OralRoute"), ("Prefilled Syringe", "ParenteralRoute")]
    heads = [("", None), ("24 HR ", ("24", "h")), ("NDA012345 0.5 ML ", ("0.5", "mL")), ("Preservative-Free ", None)]
    for (base, salt), (amount, number, unit), (form, route), (head, quantity), brand in itertools.product(
        salts, amounts, forms, heads, ["", "Brand XR"]
    ):
        name = f"{head}{base} {salt} {amount} {form}".replace("  ", " ") + (f" [{brand}]" if brand else "")
        for spelling in (name, name.upper() if not brand else name, f"  {name} "):
            product = names.decompose(spelling, listed)
            assert product.term_type == ("SBD" if brand else "SCD"), spelling
            assert product.ingredients == (base,), spelling
            assert product.strengths == (names.Strength(base, number, unit),), spelling
            assert (product.form, product.route, product.quantity, product.brand) == (form, route, quantity, brand)


def test_several_ingredients_keep_each_its_strength(names: Any, listed: dict[str, str]) -> None:
    chosen = random.Random(5)
    pool = ["amlodipine", "valsartan", "hydrochlorothiazide", "acetaminophen", "codeine", "ibuprofen", "famotidine"]
    for _ in range(200):
        held = chosen.sample(pool, chosen.randint(2, 4))
        amounts = {name: str(chosen.choice([0.5, 2.5, 10, 12.5, 320, 800])) for name in held}
        text = " / ".join(f"{name} {amounts[name]} MG" for name in held)
        for tail, kind in (
            (" Oral Tablet", "SCD"),
            ("", "SCDC"),
            (" Oral Tablet [Brand]", "SBD"),
            (" [Brand]", "SBDC"),
        ):
            product = names.decompose(text + tail, listed)
            assert product.term_type == kind
            assert product.ingredients == tuple(sorted(held))
            assert {s.ingredient: s.amount for s in product.strengths} == amounts
        bare = names.decompose(" / ".join(held), listed)
        assert (bare.term_type, bare.ingredients, bare.strengths) == ("MIN", tuple(sorted(held)), ())
        shaped = names.decompose(" / ".join(held) + " Oral Tablet", listed)
        assert (shaped.term_type, shaped.form) == ("SCDF", "Oral Tablet")


def test_a_name_that_is_cut_anywhere_never_gives_other_ingredients(names: Any, listed: dict[str, str]) -> None:
    wholes = [
        "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet [Toprol]",
        "hydrochlorothiazide 12.5 MG / losartan potassium 100 MG Oral Tablet",
        "10 ML furosemide 10 MG/ML Injection",
        "potassium chloride 10 MEQ Extended Release Oral Tablet",
        "{24 (drospirenone 3 MG / ethinyl estradiol 0.02 MG Oral Tablet) / 4 (inert ingredients 1 MG Oral Tablet) }"
        " Pack",
    ]
    for whole in wholes:
        full = set(names.decompose(whole, listed).ingredients)
        for end in range(1, len(whole)):
            try:
                product = names.decompose(whole[:end] + "...", listed)
            except names.NotDecomposedError:
                continue
            assert set(product.ingredients) == full, whole[:end]


@pytest.mark.parametrize(
    ("name", "kind", "strengths", "route"),
    [
        ("potassium chloride 20 MEQ Extended Release Oral Tablet", "SCD", "potassium chloride 20 meq", "OralRoute"),
        ("esomeprazole magnesium 20 MG Delayed Release Oral Capsule", "SCD", "esomeprazole 20 mg", "OralRoute"),
        ("penicillin V potassium 50 MG/ML Oral Solution", "SCD", "penicillin v 50 mg/mL", "OralRoute"),
        ("penicillin G potassium 100000 UNT/ML Injection", "SCD", "penicillin g 100000 [arb'U]/mL", "ParenteralRoute"),
        (
            "penicillin G benzathine 600000 UNT/ML Injection",
            "SCD",
            "penicillin g benzathine 600000 [arb'U]/mL",
            "ParenteralRoute",
        ),
        ("magnesium sulfate 500 MG/ML Injectable Solution", "SCD", "magnesium sulfate 500 mg/mL", "ParenteralRoute"),
        ("sodium bicarbonate 84 MG/ML Injection", "SCD", "sodium bicarbonate 84 mg/mL", "ParenteralRoute"),
        ("zinc sulfate 220 MG Oral Capsule", "SCD", "zinc sulfate 220 mg", "OralRoute"),
        (
            "dexamethasone sodium phosphate 4 MG/ML Injectable Solution",
            "SCD",
            "dexamethasone 4 mg/mL",
            "ParenteralRoute",
        ),
        ("isosorbide dinitrate 20 MG Oral Tablet", "SCD", "isosorbide dinitrate 20 mg", "OralRoute"),
        (
            "calcium carbonate 500 MG / cholecalciferol 400 UNT Chewable Tablet",
            "SCD",
            "calcium carbonate 500 mg; cholecalciferol 400 [arb'U]",
            "OralRoute",
        ),
        (
            "amphetamine aspartate 2.5 MG / amphetamine sulfate 2.5 MG / dextroamphetamine saccharate 2.5 MG"
            " / dextroamphetamine sulfate 2.5 MG Oral Tablet",
            "SCD",
            "amphetamine 5 mg; dextroamphetamine 5 mg",
            "OralRoute",
        ),
        (
            "albuterol 0.833 MG/ML / ipratropium bromide 0.167 MG/ML Inhalation Solution",
            "SCD",
            "albuterol 0.833 mg/mL; ipratropium 0.167 mg/mL",
            "InhaledRoute",
        ),
        ("hydrocortisone 1 % Topical Ointment", "SCD", "hydrocortisone 1 %", "CutaneousRoute"),
        ("lidocaine 0.05 MG/MG Medicated Patch", "SCD", "lidocaine 0.05 mg/mg", "CutaneousRoute"),
        ("12 HR lidocaine 1.5 MG/HR Transdermal System", "SCD", "lidocaine 1.5 mg/h", "CutaneousRoute"),
        (
            "168 HR buprenorphine 0.01 MG/HR Transdermal System [Butrans]",
            "SBD",
            "buprenorphine 0.01 mg/h",
            "TransdermalRoute",
        ),
        ("sumatriptan 5 MG/ACTUAT Metered Dose Nasal Spray", "SCD", "sumatriptan 5 mg/{actuat}", "SystemicRoute"),
        ("60 ACTUAT testosterone 10 MG/ACTUAT Topical Gel", "SCD", "testosterone 10 mg/{actuat}", "SystemicRoute"),
        (
            "fluticasone propionate 0.05 MG/ACTUAT Metered Dose Nasal Spray",
            "SCD",
            "fluticasone 0.05 mg/{actuat}",
            "NasalRoute",
        ),
        ("diazepam 5 MG/ML Rectal Gel", "SCD", "diazepam 5 mg/mL", "SystemicRoute"),
        ("mesalamine 1000 MG Rectal Suppository", "SCD", "mesalamine 1000 mg", "RectalRoute"),
        ("estradiol 0.1 MG/ML Vaginal Cream", "SCD", "estradiol 0.1 mg/mL", None),
        ("trastuzumab-dkst 150 MG Injection", "SCD", "trastuzumab 150 mg", "ParenteralRoute"),
        ("metoprolol Injectable Product", "SCDG", "", "ParenteralRoute"),
        ("metoprolol Oral Product [Lopressor]", "SBDG", "", "OralRoute"),
        ("Acetaminophen/Hydrocodone", "MIN", "", None),
        ("acetaminophen 32 mg/ML Oral Suspension", "SCD", "acetaminophen 32 mg/mL", "OralRoute"),
        ("metoprolol succinate", "PIN", "", None),
        ("metoprolol", "IN", "", None),
        ("{21 (methylprednisolone 4 MG Oral Tablet) } Pack [Medrol]", "BPCK", "", "OralRoute"),
        ("{2 (azithromycin 250 MG Oral Tablet) / 4 (azithromycin 500 MG Oral Tablet) } Pack", "GPCK", "", "OralRoute"),
    ],
)
def test_names_that_a_person_decomposed(
    names: Any, listed: dict[str, str], name: str, kind: str, strengths: str, route: str | None
) -> None:
    product = names.decompose(name, listed)
    assert product.term_type == kind
    assert "; ".join(f"{s.ingredient} {s.amount} {s.unit}" for s in product.strengths) == strengths
    assert product.route == route


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nonsuchmab 10 MG Injection", "ingredient not in the list: nonsuchmab"),
        ("acetaminophen 325 MG / nonsuchmab 5 MG Oral Tablet", "ingredient not in the list"),
        ("Yaz 28 Day Pack", "ingredient not in the list"),
        ("acetaminophen 325 MG Magic Wand", "dose form not in the list: Magic Wand"),
        ("acetaminophen 325 MG / codeine Oral Tablet", "a strength for some of its ingredients only"),
        ("acetaminophen 325 MG Oral Tablet / codeine 15 MG Oral Tablet", "a dose form before its last ingredient"),
        ("acetaminophen 0 MG Oral Tablet", "a strength of zero"),
        ("acetaminophen 32,5 MG Oral Tablet", "a number that cannot be read"),
        ("acetaminophen 160 MG/FURLONG Oral Solution", "a strength that cannot be read"),
        ("acetaminophen 160 MG in 5 ML Oral Solution", "two strengths for one ingredient"),
        ("heparin sodium, porcine 100 UNT/ML / heparin 5 MG/ML Injection", "has heparin in two units"),
        ("inert ingredients 1 MG Oral Tablet", "names no active ingredient"),
        ("{7 (inert ingredients 1 MG Oral Tablet) } Pack", "names no active ingredient"),
        ("{21 acetaminophen 325 MG Oral Tablet } Pack", "a part that cannot be read"),
        ("{21 (acetaminophen 325 MG Oral Tablet / 7 (aspirin 81 MG Oral Tablet) } Pack", "before its last ingredient"),
        ("{21 (acetaminophen) } Pack", "a part without strength or dose form"),
        (
            "{21 (ethinyl estradiol 0.03 MG / levonorgestrel 0.15 MG Oral Tablet) / 7 (ethinyl estr...",
            "is cut off within a part",
        ),
        ("{7 (ethinyl estradiol 0.03 MG Oral Tablet) / 7 (norethindrone 1 MG Oral...", "do not add up to a cycle"),
        ("acetaminophen 325 MG Oral Tab...", "is cut off"),
        ("", "ingredient not in the list"),
        ("acetaminophen 160 MG/5ML Oral Suspension", "a strength that cannot be read"),
        ("acetaminophen 325mg tab", "dose form not in the list: tab"),
        ("lisinopril 2.5-5 MG Oral Tablet", "ingredient not in the list"),
        ("aspirin 81 MG/acetaminophen 325 MG Oral Tablet", "ingredient not in the list"),
        ("Metoprolol Succinate ER 50 mg", "ingredient not in the list"),
        ("100 MG aspirin Oral Tablet", "dose form not in the list"),
        ("metoprolol 50 MG [Lopressor] Oral Tablet", "dose form not in the list"),
        ("24 HR 12 HR metoprolol 50 MG Oral Tablet", "has two quantities"),
        ("magnesium citrate 58.2 MG/ML Oral Solution", "ingredient not in the list"),
    ],
)
def test_what_is_not_certain_is_refused_with_the_reason(
    names: Any, listed: dict[str, str], name: str, why: str
) -> None:
    with pytest.raises(names.NotDecomposedError, match=re.escape(why)):
        names.decompose(name, listed)


def test_random_noise_is_refused_and_never_breaks(names: Any, listed: dict[str, str]) -> None:
    chosen = random.Random(7)
    words = [
        "{",
        "}",
        "(",
        ")",
        "/",
        " / ",
        "[",
        "]",
        "10",
        "MG",
        "MG/ML",
        "%",
        "Pack",
        "Oral Tablet",
        "aspirin",
        "1,0",
        "...",
    ]
    for _ in range(3000):
        name = " ".join(chosen.choice(words) for _ in range(chosen.randint(1, 9)))
        try:
            product = names.decompose(name, listed)
        except names.NotDecomposedError:
            continue
        assert set(product.ingredients) == {"aspirin"}, name


@pytest.mark.skipif(not ARCHIVE.is_file(), reason="the concept table is not beside the repository")
def test_the_term_type_is_the_class_that_the_concept_table_gives(names: Any, listed: dict[str, str]) -> None:
    with zipfile.ZipFile(ARCHIVE) as archive, archive.open("CONCEPT.csv") as raw:
        rows = [r for r in csv.DictReader(io.TextIOWrapper(raw, "utf-8")) if r["vocabulary_id"] == "RxNorm"]
    known = listed | {
        r["concept_name"].lower(): r["concept_code"] for r in rows if r["concept_class_id"] == "Ingredient"
    }
    known |= {"olmesartan": "321064"}
    assert len(rows) == 246
    for row in rows:
        product = names.decompose(row["concept_name"], known)
        cut_off = row["concept_name"].startswith("{") and "[" not in row["concept_name"]
        assert product.term_type == ("" if cut_off else KINDS[row["concept_class_id"]]), row["concept_name"]
