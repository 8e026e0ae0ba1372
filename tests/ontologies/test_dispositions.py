"""Every row of the label table that is about our medicines has one recorded disposition.

The table (`../shared/data/drugs/label-contraindications.tsv`) is not shipped. Without it the files are
still checked for themselves.
"""

import csv
import itertools
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ontologies"
WITHOUT_ROWS = sorted((FOLDER / "dispositions").glob("ingredients-without-rows.*.tsv"))
FILES = sorted((FOLDER / "dispositions").glob("label-contraindications.*.tsv"))
TABLE = ROOT.parent / "shared" / "data" / "drugs" / "label-contraindications.tsv"
COLUMNS = ["active_ingredient", "disease_text", "disease_id", "disposition", "statements", "why"]
NAMING = {"statement", "conditional"}
SILENT = {"mismapped", "superseded", "not-applicable", "omitted"}
NAME = re.compile(r"label-contraindications\.([a-z])-([a-z])\.tsv")
STATEMENT = re.compile(r"^Declaration\(Class\(:((?:CI|DDI|DA|DL)_\d{4})\)\)", re.MULTILINE)
LABEL = re.compile(r'^AnnotationAssertion\(rdfs:label (\S+) "([^"]*)"', re.MULTILINE)
INGREDIENT = re.compile(r":hasActiveIngredient (\S+?)\)")

# What the table calls an ingredient of ours: the active form, the ion, the international name.
ALSO_KNOWN_AS = {
    "alendronic acid": "alendronate",
    "benazeprilat": "benazepril",
    "cobalamin": "vitamin b 12",
    "cyanocobalamin": "vitamin b 12",
    "enalaprilat": "enalapril",
    "epoetin": "epoetin alfa",
    "ferrous cation": "ferrous sulfate",
    "fluoride ion": "sodium fluoride",
    "glycopyrronium": "glycopyrrolate",
    "insulin human": "insulin, regular, human",
    "iron": "ferrous fumarate",
    "levothyroxine": "thyroxine",
    "mometasone": "mometasone furoate",
    "quinaprilat": "quinapril",
    "sacubitrilat": "sacubitril",
    "tenofovir": "tenofovir disoproxil",
}
# Ions become an ingredient of ours together, or where the label's own text says which salt it is.
SODIUM_CHLORIDE = {"chloride ion", "sodium cation anhydrous dextrose"}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a tab-separated file, quotes taken as they stand."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def key(row: dict[str, str]) -> tuple[str, str, str]:
    """What finds a row in the table."""
    return row["active_ingredient"], row["disease_text"], row["disease_id"]


def letters(path: Path) -> tuple[str, str]:
    """First and last letter of a file, from its name."""
    match = NAME.fullmatch(path.name)
    assert match, f"{path.name}: expected label-contraindications.FIRST-LAST.tsv"
    return match[1], match[2]


def ingredient_names() -> list[str]:
    """The names of our products' ingredients and the table's other names for them, longest first."""
    products = (FOLDER / "products.ofn").read_text(encoding="utf-8")
    drugs = (FOLDER / "drugs.ofn").read_text(encoding="utf-8")
    labels = dict(LABEL.findall(drugs)) | dict(LABEL.findall(products))
    ours = {labels[iri].lower() for iri in INGREDIENT.findall(products)}
    names = ours | {name for name, meant in ALSO_KNOWN_AS.items() if meant in ours}
    return sorted(names, key=lambda name: (-len(name), name))


def is_ours(active_ingredient: str, names: list[str]) -> bool:
    """Whether one of the ingredients, by whole words, is one of our products'."""
    text = active_ingredient.lower()
    if text in SODIUM_CHLORIDE or ("sodium cation" in text and "chloride ion" in text):
        return True
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in names)


@pytest.fixture(scope="module")
def applicable() -> list[tuple[str, str, str]]:
    """The keys of the table's rows that are about our medicines."""
    if not TABLE.exists():
        pytest.skip(f"the label table is not shipped and not at {TABLE.relative_to(ROOT.parent)}")
    names = ingredient_names()
    return [key(row) for row in rows(TABLE) if is_ours(row["active_ingredient"], names)]


@pytest.fixture(scope="module")
def statements() -> set[str]:
    return {name for path in FOLDER.glob("*.ofn") for name in STATEMENT.findall(path.read_text(encoding="utf-8"))}


def test_there_are_files_and_their_ranges_do_not_overlap() -> None:
    ranges = sorted(letters(path) for path in FILES)
    assert ranges
    assert all(first <= last for first, last in ranges)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_has_its_columns_and_no_row_twice(path: Path) -> None:
    first, last = letters(path)
    found = rows(path)
    assert found
    assert list(found[0]) == COLUMNS
    assert [k for k, count in Counter(map(key, found)).items() if count > 1] == []
    for row in found:
        assert first <= row["active_ingredient"][0].lower() <= last, row
        assert row["disposition"] in NAMING | SILENT, row
        assert row["why"].strip(), row


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_statement_is_named_where_there_is_one_and_nowhere_else(path: Path, statements: set[str]) -> None:
    for row in rows(path):
        named = row["statements"].split()
        assert bool(named) == (row["disposition"] in NAMING), row
        assert set(named) <= statements, row


@pytest.mark.parametrize("path", WITHOUT_ROWS, ids=lambda path: path.name)
def test_ingredients_without_rows_are_ours_and_name_statements_that_exist(path: Path, statements: set[str]) -> None:
    found = rows(path)
    assert list(found[0]) == ["active_ingredient", "statements", "why"]
    assert [name for name, count in Counter(row["active_ingredient"] for row in found).items() if count > 1] == []
    assert {row["active_ingredient"] for row in found} <= set(ingredient_names())
    for row in found:
        assert row["why"].strip(), row
        assert set(row["statements"].split()) <= statements, row


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_row_about_our_medicines_has_one_disposition(path: Path, applicable: list[tuple[str, str, str]]) -> None:
    first, last = letters(path)
    expected = Counter(one for one in applicable if first <= one[0][0].lower() <= last)
    assert Counter(map(key, rows(path))) == expected


@pytest.mark.parametrize(
    ("active_ingredient", "ours"),
    [
        ("anhydrous lactose atropine diphenoxylate", True),
        ("homatropine", False),
        ("dihydrocodeine", False),
        ("methylnaltrexone", False),
        ("estradiol cypionate", True),
        ("calcium cation chloride ion", False),
        ("potassium cation sodium cation chloride ion polyethylene glycol 3350 sodium sulfate anhydrous", True),
        ("esomeprazole", False),
    ],
)
def test_an_ingredient_is_found_by_whole_words(active_ingredient: str, ours: bool) -> None:
    assert is_ours(active_ingredient, ingredient_names()) == ours
