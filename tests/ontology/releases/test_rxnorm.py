"""RxNorm releases, made up: what is in a product, and what is said of what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError
from kgtwin.ontology.releases import rxnorm_files
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rxnorm import RxNormModule, route_of
from kgtwin.ontology.releases.writing import write_whole
from kgtwin.ontology.syntax import parse
from tests.fuzz import times
from tests.ontology.releases.made_up import provenance


class RxNormFolder:
    """Writes the files of a release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[str]] = {"RXNCONSO": [], "RXNREL": [], "RXNSAT": []}

    def concept(self, code: str, kind: str, name: str, *, source: str = "RXNORM", suppress: str = "N") -> None:
        fields = [code, "ENG", "", "", "", "", "", code, "", code, "", source, kind, code, name, "", suppress, "4096"]
        self.rows["RXNCONSO"].append("|".join(fields) + "|")

    def relation(self, source: str, relation: str, target: str, *, suppress: str = "N") -> None:
        """``source`` has ``relation`` to ``target``: the second concept's relationship to the first."""
        fields = [target, "", "CUI", "RO", source, "", "CUI", relation, "1", "", "RXNORM", "", "", "", suppress, "4096"]
        self.rows["RXNREL"].append("|".join(fields) + "|")

    def attribute(self, code: str, name: str, value: str) -> None:
        fields = [code, "", "", code, "AUI", code, "", "", name, "RXNORM", value, "N", "4096"]
        self.rows["RXNSAT"].append("|".join(fields) + "|")

    def write(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        for name, rows in self.rows.items():
            self.file(name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        return self.folder

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.RRF"


@pytest.fixture
def release(tmp_path: Path) -> RxNormFolder:
    made = RxNormFolder(tmp_path / "rrf")
    made.concept("11", "IN", "madeupin")
    made.concept("12", "PIN", "madeupin hydrochloride")
    made.concept("13", "IN", "fancin")
    made.concept("14", "IN", "Inert Ingredients")
    made.concept("21", "SCDC", "madeupin hydrochloride 500 MG")
    made.concept("22", "SCDC", "fancin 2 MG/ML")
    made.concept("23", "SCDC", "inert ingredients 1 MG")
    made.concept("31", "DF", "Oral Tablet")
    made.concept("41", "SCD", "madeupin 500 MG / fancin 2 MG Oral Tablet")
    made.concept("42", "SCD", "inert ingredients 1 MG Oral Tablet")
    made.concept("51", "SBD", "madeupin 500 MG / fancin 2 MG Oral Tablet [Madeupa]")
    made.concept("52", "BN", "Madeupa")
    made.concept("61", "GPCK", "{21 (madeupin …) / 7 (inert …) } Pack")
    made.relation("12", "form_of", "11")
    made.relation("21", "has_ingredient", "11")
    made.relation("22", "has_ingredient", "13")
    made.relation("23", "has_ingredient", "14")
    made.relation("41", "consists_of", "21")
    made.relation("41", "consists_of", "22")
    made.relation("42", "consists_of", "23")
    made.relation("41", "has_dose_form", "31")
    made.relation("51", "tradename_of", "41")
    made.relation("51", "has_ingredient", "52")
    made.relation("61", "contains", "41")
    made.relation("61", "contains", "42")
    made.attribute("21", "RXN_BOSS_STRENGTH_NUM_VALUE", "450")
    made.attribute("21", "RXN_BOSS_STRENGTH_NUM_UNIT", "MG")
    return made


def axioms(release: RxNormFolder, log: Log, *, retired: bool = False) -> list[str]:
    folder = release.write()
    found = rxnorm_files.read(rxnorm_files.find(folder), retired=retired, log=log)
    module = RxNormModule(found, None, "RXNREL.RRF", log)
    out = folder / "out.ofn"
    write_whole(module.lines(provenance("rxnorm")), out)
    parse(out.read_bytes(), str(out)).build({})
    return out.read_text(encoding="utf-8").splitlines()


def has(code: str, ingredient: str) -> str:
    return f"SubClassOf(rxnorm:{code} ObjectSomeValuesFrom(:hasActiveIngredient rxnorm:{ingredient}))"


def test_a_product_has_its_ingredients_form_route_strengths_and_brand(release: RxNormFolder) -> None:
    log = Log()
    lines = axioms(release, log)
    for expected in (
        has("41", "11"),
        has("41", "13"),
        has("61", "11"),
        "SubClassOf(rxnorm:12 rxnorm:11)",
        "SubClassOf(rxnorm:41 ObjectSomeValuesFrom(:hasDoseForm rxnorm:31))",
        "SubClassOf(rxnorm:41 ObjectSomeValuesFrom(:hasRoute :OralRoute))",
        "SubClassOf(rxnorm:51 rxnorm:41)",
        'AnnotationAssertion(Annotation(:ofIngredient rxnorm:11) :strength rxnorm:41 "450 MG")',
        'AnnotationAssertion(Annotation(:ofIngredient rxnorm:13) :strength rxnorm:41 "2 MG/ML")',
        'AnnotationAssertion(:tradename rxnorm:51 "Madeupa"@en)',
    ):
        assert expected in lines
    assert not any("hasActiveIngredient rxnorm:14" in line or "hasActiveIngredient rxnorm:12" in line for line in lines)
    assert [(one.code, one.rejected) for one in log.problems] == [("undecomposed", False)]


def test_other_sources_and_suppressed_rows_stay_out(release: RxNormFolder) -> None:
    release.concept("71", "SCD", "madeupin 1 MG Oral Tablet", suppress="O")
    release.relation("71", "consists_of", "21")
    release.concept("72", "SCD", "licensed name", source="MMSL")
    release.relation("41", "consists_of", "23", suppress="O")
    lines = axioms(release, Log())
    assert not any("rxnorm:71" in line or "licensed name" in line for line in lines)
    kept = axioms(release, Log(), retired=True)
    assert has("71", "11") in kept
    assert 'AnnotationAssertion(owl:deprecated rxnorm:71 "true"^^xsd:boolean)' in kept
    assert not any("licensed name" in line for line in kept)


BAD: dict[str, tuple[str, str | None, Callable[[RxNormFolder], object]]] = {
    "bad-code": ("RXNCONSO", "RXCUI", lambda r: r.concept("0x1", "IN", "wrong")),
    "duplicate-id": ("RXNCONSO", "RXCUI", lambda r: r.concept("11", "IN", "again")),
    "missing": ("RXNCONSO", "STR", lambda r: r.concept("99", "IN", "")),
    "direction": ("RXNREL", "RELA", lambda r: r.relation("11", "has_ingredient", "21")),
    "columns": ("RXNREL", None, lambda r: r.rows["RXNREL"].append("1|2|")),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_told_with_its_place_and_the_good_ones_are_loaded(kind: str, release: RxNormFolder) -> None:
    file, field, spoil = BAD[kind]
    spoil(release)
    log = Log()
    assert has("41", "11") in axioms(release, log)
    (problem,) = [one for one in log.problems if one.rejected]
    assert (problem.code, problem.location.field) == (kind, field)
    assert problem.location.entry == f"line {len(release.rows[file])}"
    assert (problem.location.file, bool(problem.expected or problem.remedy)) == (str(release.file(file)), True)


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="there is no RXNCONSO"):
        rxnorm_files.find(tmp_path)


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="|\r\n"), max_size=5)
COLUMN = st.sampled_from(["RXNORM", "IN", "SCD", "SCDC", "has_ingredient", "consists_of", "CUI", "N", "O", "11", "12"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=times(60))
@given(
    concepts=st.lists(st.lists(COLUMN | FIELD, min_size=17, max_size=19), max_size=6),
    relations=st.lists(st.lists(COLUMN | FIELD, min_size=15, max_size=17), max_size=6),
)
def test_any_rows_are_read_or_told(concepts: list[list[str]], relations: list[list[str]], tmp_path: Path) -> None:
    made = RxNormFolder(tmp_path / "any")
    made.rows["RXNCONSO"] = ["|".join(row) + "|" for row in concepts]
    made.rows["RXNREL"] = ["|".join(row) + "|" for row in relations]
    log = Log(told=1000)
    axioms(made, log)
    wrong = sum(len(row) != 18 for row in concepts) + sum(len(row) != 16 for row in relations)
    assert sum(problem.code == "columns" for problem in log.problems) == wrong


@pytest.mark.parametrize(
    ("form", "route"),
    [
        ("Extended Release Oral Tablet", "OralRoute"),
        ("Injectable Solution", "ParenteralRoute"),
        ("Ophthalmic Solution", "OphthalmicRoute"),
        ("Topical Cream", "CutaneousRoute"),
        ("Transdermal System", "TransdermalRoute"),
        ("Vaginal System", None),
        ("Gas for Inhalation", None),
        ("Oral Gel", None),
        ("Mouthwash", None),
    ],
)
def test_a_route_is_said_only_where_the_form_leaves_no_choice(form: str, route: str | None) -> None:
    assert route_of(form) == route
