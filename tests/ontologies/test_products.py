"""The shipped products module says what RxNorm's names say, and the script makes it again."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "ontologies" / "products.ofn"
SHARED = ROOT.parent / "shared" / "data"
COUNTER_IONS = re.compile(
    r"\b(hydrochloride|maleate|mesylate|succinate|tartrate|bitartrate|besylate|phosphate|potassium|acetate|monohydrate)\b",
    re.IGNORECASE,
)

LINES = [line for line in MODULE.read_text(encoding="utf-8").splitlines() if line]
AXIOMS = [line for line in LINES if re.match(r"(Declaration|AnnotationAssertion|SubClassOf)\(", line)]
LABELS = dict(re.findall(r'^AnnotationAssertion\(rdfs:label (\S+) "(.*)"@en\)$', "\n".join(AXIOMS), re.MULTILINE))
PARENTS = dict(re.findall(r"^SubClassOf\((\S+) (\S+)\)$", "\n".join(AXIOMS), re.MULTILINE))
INGREDIENTS: dict[str, set[str]] = {}
ROUTES: dict[str, list[str]] = {}
for product, role, filler in re.findall(
    r"^SubClassOf\((\S+) ObjectSomeValuesFrom\(:(\w+) (\S+)\)\)$", "\n".join(AXIOMS), re.MULTILINE
):
    if role == "hasActiveIngredient":
        INGREDIENTS.setdefault(product, set()).add(filler)
    else:
        ROUTES.setdefault(product, []).append(filler)
PRODUCTS = {iri for iri, parent in PARENTS.items() if parent == ":MedicinalProduct"}


def test_every_line_is_understood_and_none_is_there_twice() -> None:
    header = LINES.index("# Ingredients")
    rest = [line for line in LINES[header:] if not line.startswith("#") and line != ")"]
    assert rest == AXIOMS
    assert [line for line, count in Counter(AXIOMS).items() if count > 1] == []


def test_every_product_has_an_ingredient_and_at_most_one_route() -> None:
    assert len(PRODUCTS) > 400
    assert set(INGREDIENTS) == PRODUCTS
    assert {iri: routes for iri, routes in ROUTES.items() if len(routes) > 1} == {}
    assert set(ROUTES) <= PRODUCTS


def test_every_ingredient_is_a_declared_substance_and_no_product() -> None:
    used = set().union(*INGREDIENTS.values())
    assert {iri for iri in used if PARENTS.get(iri) != ":Substance"} == set()
    assert used & PRODUCTS == set()
    assert {iri for iri in used if f"Declaration(Class({iri}))" not in AXIOMS} == set()


def test_codes_are_numbers_and_names_of_ours_are_ours() -> None:
    for iri in PARENTS:
        assert re.fullmatch(r"rxnorm:\d+|:Ingredient_[A-Z]\w*", iri), iri
    assert set(LABELS) == set(PARENTS)


def test_no_counter_ion_is_an_ingredient() -> None:
    used = {LABELS[iri] for fillers in INGREDIENTS.values() for iri in fillers}
    assert {label for label in used if COUNTER_IONS.search(label)} == set()
    assert used & {"Sodium", "Potassium", "Calcium", "Chloride", "Magnesium"} == set()


@pytest.mark.parametrize(
    ("product", "ingredients", "route"),
    [
        ("313782", {"161"}, "OralRoute"),
        ("866412", {"6918"}, "OralRoute"),
        ("857005", {"161", "5489"}, "OralRoute"),
        ("310325", {"24947"}, "OralRoute"),
        ("197890", {"42351"}, "OralRoute"),
        ("106258", {"5492"}, "CutaneousRoute"),
        ("313521", {"10869"}, "OphthalmicRoute"),
        ("245314", {"435"}, "InhaledRoute"),
        ("200243", {"36453"}, "SystemicRoute"),
        ("245134", {"4337"}, "TransdermalRoute"),
        ("748856", {"11636", "4124"}, "OralRoute"),
        ("807283", {"6373"}, "IntrauterineRoute"),
        ("1719286", {"4603"}, "ParenteralRoute"),
        ("316672", {"36567"}, None),
        ("966222", {"10582"}, "OralRoute"),
    ],
)
def test_products_that_a_person_decomposed(product: str, ingredients: set[str], route: str | None) -> None:
    assert INGREDIENTS[f"rxnorm:{product}"] == {f"rxnorm:{code}" for code in ingredients}
    assert ROUTES.get(f"rxnorm:{product}", [None]) == [f":{route}" if route else None]


@pytest.mark.parametrize("code", ["833036", "999998", "999999"])
def test_a_code_whose_labels_contradict_each_other_is_left_out_and_reported(code: str) -> None:
    assert f"rxnorm:{code}" not in PARENTS
    assert f"| {code} |" in (ROOT / "ontologies" / "products-report.md").read_text(encoding="utf-8")


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
