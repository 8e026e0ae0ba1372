"""The shipped products module says what RxNorm's names say, and the script makes it again."""

import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from kgtwin.terminology.units import parse

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "ontologies" / "products.ofn"
REPORT = ROOT / "ontologies" / "products-report.md"
SHARED = ROOT.parent / "shared" / "data"
COUNTER_IONS = re.compile(
    r"\b(hydrochloride|maleate|mesylate|succinate|tartrate|bitartrate|besylate|phosphate|potassium|acetate|monohydrate)\b",
    re.IGNORECASE,
)
TERM_TYPES = {"SCD", "SBD", "SCDC", "SBDC", "SCDF", "SBDF", "SCDG", "SBDG", "GPCK", "BPCK", "MIN", "PIN"}

LINES = [line for line in MODULE.read_text(encoding="utf-8").splitlines() if line]
AXIOMS = [line for line in LINES if re.match(r"(Declaration|AnnotationAssertion|SubClassOf)\(", line)]
TEXT = "\n".join(AXIOMS)
LABELS = dict(re.findall(r'^AnnotationAssertion\(rdfs:label (\S+) "(.*)"@en\)$', TEXT, re.MULTILINE))
PARENTS = dict(re.findall(r"^SubClassOf\((\S+) (\S+)\)$", TEXT, re.MULTILINE))
FILLERS: dict[str, dict[str, list[str]]] = {"hasActiveIngredient": {}, "hasDoseForm": {}, "hasRoute": {}}
for product, role, filler in re.findall(
    r"^SubClassOf\((\S+) ObjectSomeValuesFrom\(:(\w+) (\S+)\)\)$", TEXT, re.MULTILINE
):
    FILLERS[role].setdefault(product, []).append(filler)
NOTES: dict[str, dict[str, list[str]]] = {"termType": {}, "strength": {}, "quantityFactor": {}, "packPart": {}}
for name, product, value in re.findall(r'^AnnotationAssertion\(:(\w+) (\S+) "(.*)"\)$', TEXT, re.MULTILINE):
    NOTES[name].setdefault(product, []).append(value)
INGREDIENTS, FORMS, ROUTES = (
    {product: set(fillers) for product, fillers in FILLERS[role].items()}
    for role in ("hasActiveIngredient", "hasDoseForm", "hasRoute")
)
PRODUCTS = {iri for iri, parent in PARENTS.items() if parent == ":MedicinalProduct"}


def strengths(value: str) -> list[tuple[str, str, str]]:
    """The triples of ingredient, amount and unit that an annotation holds."""
    parts = value.split("|")
    assert len(parts) % 3 == 0, value
    return [(parts[i], parts[i + 1], parts[i + 2]) for i in range(0, len(parts), 3)]


def named(iri: str) -> dict[str, str]:
    """Ingredient by label with its strength in words, of a product that is no pack."""
    told = {i: f"{amount} {unit}" for v in NOTES["strength"].get(iri, []) for i, amount, unit in strengths(v)}
    return {LABELS[i]: told.get(i, "") for i in INGREDIENTS[iri]}


def test_every_line_is_understood_and_none_is_there_twice() -> None:
    header = LINES.index("# Ingredients")
    rest = [line for line in LINES[header:] if not line.startswith("#") and line != ")"]
    assert rest == AXIOMS
    assert [line for line, count in Counter(AXIOMS).items() if count > 1] == []


def test_every_product_has_an_ingredient_and_at_most_one_route_and_form() -> None:
    assert len(PRODUCTS) > 400
    assert set(INGREDIENTS) == PRODUCTS
    for fillers in (ROUTES, FORMS):
        assert {iri: found for iri, found in fillers.items() if len(found) > 1} == {}
        assert set(fillers) <= PRODUCTS


def test_every_ingredient_is_a_declared_substance_and_no_product() -> None:
    used = set().union(*INGREDIENTS.values())
    assert {iri for iri in used if PARENTS.get(iri) != ":Substance"} == set()
    assert used & PRODUCTS == set()
    assert {iri for iri in used if f"Declaration(Class({iri}))" not in AXIOMS} == set()


def test_no_two_products_share_a_label() -> None:
    assert [label for label, count in Counter(LABELS.values()).items() if count > 1] == []


def test_codes_are_numbers_and_names_of_ours_are_ours() -> None:
    for iri in PARENTS:
        assert re.fullmatch(r"rxnorm:\d+|:(Ingredient|DoseForm)_[A-Z]\w*|:\w+ReleaseDoseForm", iri), iri
    assert set(LABELS) == set(PARENTS)


def test_no_counter_ion_is_an_ingredient() -> None:
    used = {LABELS[iri] for fillers in INGREDIENTS.values() for iri in fillers}
    assert {label for label in used if COUNTER_IONS.search(label)} == set()
    assert used & {"Sodium", "Potassium", "Calcium", "Chloride", "Magnesium", "Zinc", "Aluminum"} == set()


def test_each_term_type_has_what_it_promises() -> None:
    for iri in PRODUCTS:
        (kind,) = NOTES["termType"].get(iri, ["none"])
        assert kind in TERM_TYPES | {"none"}, iri
        assert (iri in NOTES["strength"]) == (kind in {"SCD", "SBD", "SCDC", "SBDC"}), iri
        assert (iri in FORMS) or kind in {"SCDC", "SBDC", "MIN", "none"}, iri
        assert (iri in NOTES["packPart"]) == (LABELS[iri].startswith("{") or LABELS[iri].endswith(" Pack")), iri


def test_every_strength_is_a_positive_number_of_an_ingredient_in_a_ucum_unit() -> None:
    for iri, values in [*NOTES["strength"].items()]:
        triples = [triple for value in values for triple in strengths(value)]
        assert {ingredient for ingredient, _, _ in triples} == INGREDIENTS[iri], iri
        for _, amount, unit in triples:
            assert Decimal(amount) > 0, iri
            assert parse(unit) is not None, (iri, unit)
    for (value,) in NOTES["quantityFactor"].values():
        amount, unit = value.split("|")
        assert Decimal(amount) > 0
        assert parse(unit) is not None, value


def test_strengths_are_the_numbers_of_the_name() -> None:
    for iri, values in NOTES["strength"].items():
        if LABELS[iri].startswith("nitrofurantoin, macrocrystals"):
            continue  # two forms of one ingredient, added up
        for value in values:
            ((_, amount, _),) = strengths(value)
            assert re.search(rf"(?<![\d.]){re.escape(amount)}\s*(?:MG|UNT|MEQ)", LABELS[iri], re.IGNORECASE), iri


def test_a_pack_has_its_parts_and_an_inert_part_has_no_ingredient() -> None:
    for iri, values in NOTES["packPart"].items():
        parts = [value.split("|", 3) for value in values]
        assert [int(part[0]) for part in parts] == list(range(1, len(parts) + 1)), iri
        assert sum(int(part[1]) for part in parts) in {28, 91}, iri
        held = {i for part in parts for i, _, _ in strengths(part[3] if len(part) > 3 else "||")} - {""}
        assert held == INGREDIENTS[iri], iri
        if LABELS[iri].startswith("{"):
            assert ("inert" in LABELS[iri]) == any(len(part) == 3 for part in parts), iri


def test_modified_release_is_told_apart() -> None:
    for iri in PRODUCTS:
        above = set()
        todo = list(FORMS.get(iri, ()))
        while todo:
            above.add(parent := PARENTS.get(todo.pop(), ""))
            todo += [parent] if parent else []
        label = LABELS[iri].lower()
        assert (":ExtendedReleaseDoseForm" in above) == ("extended release" in label), iri
        assert (":DelayedReleaseDoseForm" in above) == ("delayed release" in label), iri


@pytest.mark.parametrize(
    ("code", "kind", "ingredients", "form", "route"),
    [
        ("313782", "SCD", {"Acetaminophen": "325 mg"}, "Oral Tablet", "OralRoute"),
        ("857005", "SCD", {"Acetaminophen": "325 mg", "Hydrocodone": "7.5 mg"}, "Oral Tablet", "OralRoute"),
        ("1310197", "SBDC", {"Acetaminophen": "300 mg", "Hydrocodone": "5 mg"}, "", ""),
        ("856980", "SCD", {"Acetaminophen": "300 mg", "Hydrocodone": "10 mg"}, "Oral Tablet", "OralRoute"),
        ("866412", "SCD", {"Metoprolol": "100 mg"}, "Extended Release Oral Tablet", "OralRoute"),
        ("866414", "SBD", {"Metoprolol": "100 mg"}, "Extended Release Oral Tablet", "OralRoute"),
        ("866514", "SCD", {"Metoprolol": "50 mg"}, "Oral Tablet", "OralRoute"),
        ("198051", "SCD", {"Omeprazole": "20 mg"}, "Delayed Release Oral Capsule", "OralRoute"),
        ("310325", "SCD", {"ferrous sulfate": "325 mg"}, "Oral Tablet", "OralRoute"),
        ("197890", "SCD", {"Lithium Carbonate": "300 mg"}, "Oral Tablet", "OralRoute"),
        ("979492", "SCD", {"Losartan": "50 mg"}, "Oral Tablet", "OralRoute"),
        ("979466", "SBD", {"Hydrochlorothiazide": "12.5 mg", "Losartan": "100 mg"}, "Oral Tablet", "OralRoute"),
        ("834102", "SCD", {"Penicillin V": "500 mg"}, "Oral Tablet", "OralRoute"),
        ("105078", "SCD", {"Penicillin G": "375 mg/mL"}, "Injectable Solution", "ParenteralRoute"),
        ("849574", "SCD", {"Naproxen": "220 mg"}, "Oral Tablet", "OralRoute"),
        ("855332", "SCD", {"Warfarin": "5 mg"}, "Oral Tablet", "OralRoute"),
        ("966222", "SCD", {"Thyroxine": "0.075 mg"}, "Oral Tablet", "OralRoute"),
        ("904419", "SCD", {"Alendronate": "10 mg"}, "Oral Tablet", "OralRoute"),
        ("859421", "SBD", {"rosuvastatin": "40 mg"}, "Oral Tablet", "OralRoute"),
        ("562251", "SCD", {"Amoxicillin": "250 mg", "Clavulanate": "125 mg"}, "Oral Tablet", "OralRoute"),
        ("1659131", "SCD", {"Piperacillin": "2000 mg", "tazobactam": "250 mg"}, "Injection", "ParenteralRoute"),
        ("313002", "SCD", {"Sodium Chloride": "9 mg/mL"}, "Injectable Solution", "ParenteralRoute"),
        ("1796676", "SCD", {"Protamine Sulfate": "10 mg/mL"}, "Injection", "ParenteralRoute"),
        ("2103182", "SCD", {"Vasopressin (USP)": "20 [arb'U]/mL"}, "Injection", "ParenteralRoute"),
        ("1361226", "SCD", {"Heparin": "1000 [arb'U]/mL"}, "Injectable Solution", "ParenteralRoute"),
        ("854228", "SCD", {"Enoxaparin": "100 mg/mL"}, "Prefilled Syringe", "ParenteralRoute"),
        ("1870230", "SCD", {"Epinephrine": "1 mg/mL"}, "Auto-Injector", "ParenteralRoute"),
        ("897122", "SCD", {"liraglutide": "6 mg/mL"}, "Pen Injector", "ParenteralRoute"),
        ("1744259", "SCD", {"Metoprolol": "1 mg/mL"}, "Cartridge", "ParenteralRoute"),
        ("1997015", "SCD", {"bivalirudin": "5 mg/mL"}, "Injection", "ParenteralRoute"),
        ("1658084", "SCD", {"ado-trastuzumab emtansine": "100 mg"}, "Injection", "ParenteralRoute"),
        (
            "2119714",
            "SCD",
            {"hyaluronidase": "2000 [arb'U]/mL", "trastuzumab": "120 mg/mL"},
            "Injection",
            "ParenteralRoute",
        ),
        (
            "106892",
            "SBD",
            {"isophane insulin, human": "70 [arb'U]/mL", "Insulin, Regular, Human": "30 [arb'U]/mL"},
            "Injectable Suspension",
            "ParenteralRoute",
        ),
        ("1719286", "SCD", {"Furosemide": "10 mg/mL"}, "Injection", "ParenteralRoute"),
        ("2001499", "SCD", {"Vitamin B 12": "5 mg/mL"}, "Injectable Solution", "ParenteralRoute"),
        ("1789958", "SBD", {"abobotulinumtoxina": "300 [arb'U]"}, "Injection", "ParenteralRoute"),
        ("106258", "SCD", {"Hydrocortisone": "10 mg/mL"}, "Topical Cream", "CutaneousRoute"),
        ("313521", "SCD", {"Tropicamide": "5 mg/mL"}, "Ophthalmic Solution", "OphthalmicRoute"),
        ("1190766", "SCD", {"Atropine": "0.31 mg/mL"}, "Ophthalmic Solution", "OphthalmicRoute"),
        ("1922894", "SCD", {"Timolol": "5 mg/mL"}, "Ophthalmic Solution", "OphthalmicRoute"),
        ("245314", "SCD", {"Albuterol": "5 mg/mL"}, "Inhalation Solution", "InhaledRoute"),
        ("2123111", "SCD", {"Albuterol": "0.09 mg/{actuat}"}, "Metered Dose Inhaler", "InhaledRoute"),
        ("1998772", "SBD", {"Beclomethasone": "0.08 mg/{actuat}"}, "Metered Dose Inhaler", "InhaledRoute"),
        (
            "896209",
            "SCD",
            {"fluticasone": "0.25 mg/{actuat}", "salmeterol": "0.05 mg/{actuat}"},
            "Dry Powder Inhaler",
            "InhaledRoute",
        ),
        ("1547660", "SBD", {"fluticasone": "0.1 mg/{actuat}"}, "Dry Powder Inhaler", "InhaledRoute"),
        ("200243", "SCD", {"sevoflurane": "1000 mg/mL"}, "Inhalation Solution", "SystemicRoute"),
        ("705129", "SCD", {"Nitroglycerin": "0.4 mg/{actuat}"}, "Mucosal Spray", "SystemicRoute"),
        ("351266", "SCD", {"Buprenorphine": "2 mg", "Naloxone": "0.5 mg"}, "Sublingual Tablet", "SystemicRoute"),
        ("245134", "SCD", {"Fentanyl": "0.025 mg/h"}, "Transdermal System", "TransdermalRoute"),
        ("198031", "SCD", {"Nicotine": "0.292 mg/h"}, "Transdermal System", "TransdermalRoute"),
        (
            "1534809",
            "SCD",
            {"Ethinyl Estradiol": "0.00146 mg/h", "norelgestromin": "0.00625 mg/h"},
            "Transdermal System",
            "TransdermalRoute",
        ),
        (
            "1367439",
            "SBD",
            {"Ethinyl Estradiol": "0.000625 mg/h", "etonogestrel": "0.005 mg/h"},
            "Vaginal System",
            "SystemicRoute",
        ),
        ("807283", "SBD", {"Levonorgestrel": "0.000833 mg/h"}, "Intrauterine System", "IntrauterineRoute"),
        ("389221", "SCD", {"etonogestrel": "68 mg"}, "Drug Implant", "ParenteralRoute"),
        ("1535362", "SCD", {"Sodium Fluoride": "0.0272 mg/mg"}, "Oral Gel", ""),
        ("808917", "SCD", {"Fosfomycin": "3000 mg"}, "Powder", ""),
        ("1648755", "SCD", {"Nitrofurantoin": "100 mg"}, "Oral Capsule", "OralRoute"),
        ("241834", "SCD", {"Cyclosporine": "100 mg"}, "Oral Capsule", "OralRoute"),
        ("316672", "SCDC", {"Simvastatin": "10 mg"}, "", ""),
        ("315971", "SBDC", {"Furosemide": "40 mg"}, "", ""),
        ("406022", "SCDC", {"Fluoxetine": "25 mg"}, "", ""),
        ("998582", "SBDC", {"donepezil": "23 mg"}, "", ""),
        ("563026", "none", {"Diazepam": ""}, "", ""),
        ("10831", "MIN", {"Sulfamethoxazole": "", "Trimethoprim": ""}, "", ""),
        (
            "349251",
            "SCD",
            {"tenofovir disoproxil": "300 mg"},
            "Oral Tablet",
            "OralRoute",
        ),
        (
            "1043400",
            "SCD",
            {"Acetaminophen": "21.7 mg/mL", "Dextromethorphan": "1 mg/mL", "Doxylamine": "0.417 mg/mL"},
            "Oral Solution",
            "OralRoute",
        ),
        ("748856", "BPCK", {"drospirenone": "", "Ethinyl Estradiol": ""}, "Oral Tablet", "OralRoute"),
        ("748962", "BPCK", {"Norethindrone": ""}, "Oral Tablet", "OralRoute"),
        (
            "1359133",
            "none",
            {"Ethinyl Estradiol": "", "Norethindrone": "", "ferrous fumarate": ""},
            "Oral Tablet",
            "OralRoute",
        ),
        ("978950", "BPCK", {"dienogest": "", "Estradiol": ""}, "Oral Tablet", "OralRoute"),
    ],
)
def test_products_that_a_person_decomposed(
    code: str, kind: str, ingredients: dict[str, str], form: str, route: str
) -> None:
    iri = f"rxnorm:{code}"
    assert named(iri) == ingredients
    assert NOTES["termType"].get(iri, ["none"]) == [kind]
    assert {LABELS[one] for one in FORMS.get(iri, ())} == ({form} if form else set())
    assert ROUTES.get(iri, set()) == ({f":{route}"} if route else set())


def test_parts_and_quantities_that_a_person_read() -> None:
    assert NOTES["packPart"]["rxnorm:749762"] == [
        "1|7|:DoseForm_OralTablet|rxnorm:4124|0.01|mg",
        "2|84|:DoseForm_OralTablet|rxnorm:4124|0.03|mg|rxnorm:6373|0.15|mg",
    ]
    assert NOTES["packPart"]["rxnorm:748879"][1] == "2|7|:DoseForm_OralTablet"
    read = {"1719286": "10|mL", "2123111": "200|{actuat}", "245134": "72|h", "1367439": "21|d", "1997015": "50|mL"}
    assert {code: NOTES["quantityFactor"][f"rxnorm:{code}"] for code in read} == {k: [v] for k, v in read.items()}


@pytest.mark.parametrize("code", ["833036", "999998", "999999"])
def test_a_code_whose_labels_contradict_each_other_is_left_out_and_reported(code: str) -> None:
    assert f"rxnorm:{code}" not in PARENTS
    assert f"| {code} |" in REPORT.read_text(encoding="utf-8")


def test_the_report_gives_the_figures_of_the_module() -> None:
    report = REPORT.read_text(encoding="utf-8")
    used = set().union(*INGREDIENTS.values())
    assert f"{len(PRODUCTS)} products with {len(used)} ingredients" in report
    for kind, count in Counter(values[0] for values in NOTES["termType"].values()).items():
        assert f"| {kind} | {count} |" in report
    listed = set(re.findall(r"^- `kgtwin(:Ingredient_\w+)`", report, re.MULTILINE))
    assert listed == {iri for iri in used if iri.startswith(":Ingredient_")}


def test_a_salt_is_a_form_of_its_ingredient() -> None:
    assert PARENTS["rxnorm:203160"] == "rxnorm:52175", LABELS["rxnorm:203160"]
    assert PARENTS["rxnorm:203123"] == "rxnorm:3827", LABELS["rxnorm:203123"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sources of the names are not beside the repository")
def test_the_script_makes_the_shipped_files_again(tmp_path: Path) -> None:
    sources = {
        "--codes": SHARED / "maps" / "synthea-codes.tsv",
        "--ingredients": SHARED / "drugs" / "rxnorm-ingredients.tsv",
        "--concepts": SHARED / "omop" / "Synthea27Nj_5.4.zip",
        "--out": tmp_path,
    }
    options = [str(part) for option in sources.items() for part in option]
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_products.py"), *options], check=True)
    for name in ("products.ofn", "products-report.md"):
        assert (tmp_path / name).read_bytes() == (ROOT / "ontologies" / name).read_bytes(), name
