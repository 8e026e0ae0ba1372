"""Made-up releases: what is read of them, and what is said of broken rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.identifiers import is_sctid
from kgtwin.model.axioms import (
    Class,
    DataSomeValuesFrom,
    EquivalentClasses,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.ontology import rf2
from kgtwin.ontology.loader import load
from kgtwin.ontology.postcoordination import ROLE_GROUP
from kgtwin.ontology.rf2_files import find_release
from kgtwin.ontology.syntax import parse
from kgtwin.vocabulary import SNOMED
from tests.fuzz import times
from tests.ontology.snomed import ACCEPTABLE, NAMED, PREFERRED, PREFIXES, SYNONYM, ReleaseBuilder, named, sctid


def iri(number: int) -> str:
    return SNOMED + sctid(number)


def cls(number: int) -> Class:
    return Class(iri(number))


@pytest.fixture
def release(tmp_path: Path) -> ReleaseBuilder:
    return ReleaseBuilder(tmp_path / "release")


def test_the_identifiers_are_well_formed() -> None:
    assert all(is_sctid(sctid(number)) and is_sctid(sctid(number, "11")) for number in range(1, 99))


def test_axioms_labels_and_version(release: ReleaseBuilder) -> None:
    release.head()
    release.axiom(1, "SubClassOf(:{1} :{2})")
    group_text = "ObjectSomeValuesFrom(:609096000 ObjectSomeValuesFrom(:{4} :{2}))"
    release.axiom(3, f"EquivalentClasses(:{{3}} ObjectIntersectionOf(:{{1}} {group_text}))")
    release.axiom(4, "SubObjectPropertyOf(ObjectPropertyChain(:{4} :{5}) :{4})")
    release.axiom(5, "TransitiveObjectProperty(:{5})", time="20260301")
    release.axiom(6, 'SubClassOf(:{6} DataHasValue(:{7} "500"^^xsd:decimal))')
    release.name(1, 1, "Cyanosis (finding)")
    release.name(2, 1, "Cyanosis", type_=SYNONYM)
    ontology = load(release.write())
    group = ObjectSomeValuesFrom(ROLE_GROUP, ObjectSomeValuesFrom(iri(4), cls(2)))
    five_hundred = Interval(Decimal(500), high=Decimal(500))
    assert ontology.axioms == (
        SubClassOf(cls(1), cls(2)),
        EquivalentClasses((cls(3), ObjectIntersectionOf((cls(1), group)))),
        SubObjectPropertyOf((iri(4), iri(5)), iri(4)),
        TransitiveObjectProperty(iri(5)),
        SubClassOf(cls(6), DataSomeValuesFrom(iri(7), five_hundred)),
    )
    assert ontology.caveats == ()
    assert ontology.label(iri(1)) == "Cyanosis (finding)"
    assert ontology.iri == "http://snomed.info/sct/900000000000207008"
    assert ontology.version == "20260301"
    origin = ontology.origins[ontology.axioms[0]]
    assert (origin.file, origin.line) == (str(release.expressions), 5)


def test_one_file_of_a_release_with_the_names_beside_it(release: ReleaseBuilder) -> None:
    release.head()
    release.axiom(1, "SubClassOf(:{1} :{2})")
    release.name(1, 1, "One (finding)")
    release.write()
    ontology = load(release.expressions)
    assert ontology.axioms == (SubClassOf(cls(1), cls(2)),)
    assert ontology.label(iri(1)) == "One (finding)"


def test_without_prefixes_the_default_is_snomed(release: ReleaseBuilder) -> None:
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    assert len(load(release.write()).axioms) == 1


def test_only_what_is_active_now_counts(release: ReleaseBuilder) -> None:
    release.kind = "Full"
    release.head()
    member = release.axiom(1, "SubClassOf(:{1} :{2})", time="20200101")
    release.axiom(1, "SubClassOf(:{1} :{3})", time="20210101", id=member)
    gone = release.axiom(4, "SubClassOf(:{4} :{2})", time="20200101")
    release.axiom(4, "SubClassOf(:{4} :{2})", time="20220101", id=gone, active="0")
    back = release.axiom(5, "SubClassOf(:{5} :{2})", time="20210101")
    release.axiom(5, "SubClassOf(:{5} :{2})", time="20200101", id=back, active="0")
    unpublished = release.axiom(6, "SubClassOf(:{6} :{2})", time="")
    release.axiom(6, "SubClassOf(:{6} :{3})", id=unpublished)
    assert load(release.write()).axioms == (
        SubClassOf(cls(1), cls(3)),
        SubClassOf(cls(5), cls(2)),
        SubClassOf(cls(6), cls(2)),
    )


def test_an_extension_and_what_it_extends(tmp_path: Path) -> None:
    international = ReleaseBuilder(tmp_path / "international")
    international.head()
    member = international.axiom(1, "SubClassOf(:{1} :{2})")
    international.write()
    extension = ReleaseBuilder(tmp_path / "extension", "20260201")
    extension.axiom(1, "SubClassOf(:{1} :{3})", id=member)
    extension.axiom(4, "SubClassOf(:{4} :{1})", id="00000000-0000-0000-0000-00000000ffff")
    extension.write()
    axioms = load(tmp_path).axioms
    assert set(axioms) == {SubClassOf(cls(1), cls(3)), SubClassOf(cls(4), cls(1))}


def test_imports_that_are_not_there_are_caveats(release: ReleaseBuilder) -> None:
    other = "http://snomed.info/sct/32506021000036107"
    release.head(*PREFIXES, NAMED.replace(">)", f"> Import(<{other}>))"))
    (caveat,) = load(release.write()).caveats
    assert other in caveat.text


def test_which_name_is_the_label(release: ReleaseBuilder) -> None:
    release.head()
    release.name(1, 1, "Eins (Befund)", "de", time="20260301")
    release.name(2, 1, "One (finding)", "en")
    release.name(3, 2, "Old (finding)", time="20200101")
    release.name(3, 2, "New (finding)", time="20250101")
    release.name(4, 3, "Second (finding)", time="20260301")
    release.name(5, 3, "First (finding)", time="20200101")
    for description, acceptability in ((4, ACCEPTABLE), (5, PREFERRED)):
        release.row("languages", "900000000000509007", sctid(description, "11"), acceptability)
    release.name(6, 4, "Gone (finding)", active="0")
    labels = load(release.write()).annotations
    found = {key: labels[iri(key)][0].value for key in (1, 2, 3)}
    assert found == {1: "One (finding)", 2: "New (finding)", 3: "First (finding)"}
    assert iri(4) not in labels


BAD_ROWS: dict[str, tuple[str, str]] = {
    "syntax": ("SubClassOf(:{1} :{2}", "to close SubClassOf("),
    "two axioms": ("SubClassOf(:{1} :{2}) SubClassOf(:{1} :{3})", "the end of the text"),
    "no axiom": (":{1}", "a construct"),
    "empty": ("", "a construct"),
    "prefix": ("SubClassOf(:{1} sct:{2})", "'sct:'"),
    "literal": ('SubClassOf(:{1} DataHasValue(:{2} "many"^^xsd:integer))', "a whole number"),
    "unknown": ("SubClassesOf(:{1} :{2})", "unknown construct"),
}


@pytest.mark.parametrize(("text", "says"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_does_not_sink_the_rest(release: ReleaseBuilder, text: str, says: str) -> None:
    release.head()
    release.axiom(1, text)
    release.axiom(2, "SubClassOf(:{2} :{3})")
    ontology = load(release.write())
    assert ontology.axioms == (SubClassOf(cls(2), cls(3)),)
    (caveat,) = ontology.caveats
    assert f"{release.expressions}:5" in caveat.text
    assert says in caveat.text
    assert caveat.touches == (iri(1),)


def test_the_column_of_an_error_is_that_in_the_file(release: ReleaseBuilder) -> None:
    release.head(PREFIXES[0])
    release.axiom(1, "SubClassOf(:{1} [])")
    (caveat,) = load(release.write()).caveats
    line = release.expressions.read_text().splitlines()[2]
    assert f"{release.expressions}:3:{line.index('[') + 1}:" in caveat.text


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a\tb", "2 columns instead of 7"),
        ("1\t20260101\tyes\tm\tr\tc\tSubClassOf(:1 :2)", "active is 'yes'"),
        ("1\t2026-01-01\t1\tm\tr\tc\tSubClassOf(:1 :2)", "effectiveTime '2026-01-01'"),
        ("1\t20260101\t1\tm\t900000000000509007\tc\tSubClassOf(:1 :2)", "unknown reference set"),
    ],
)
def test_malformed_rows_are_caveats(release: ReleaseBuilder, row: str, says: str) -> None:
    release.head()
    release.rows["expressions"].append(row)
    release.axiom(2, "SubClassOf(:{2} :{3})")
    ontology = load(release.write())
    assert len(ontology.axioms) == 1
    (caveat,) = ontology.caveats
    assert says in caveat.text
    assert f"{release.expressions}:5" in caveat.text


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("id,effectiveTime,active", "column 1 is 'id,effectiveTime,active'"),
        ("id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId", "column 7 is 'nothing'"),
        ("id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tmapTarget", "column 7 is 'mapTarget'"),
    ],
)
def test_another_header_is_an_error(release: ReleaseBuilder, header: str, says: str) -> None:
    folder = release.write()
    release.expressions.write_text(header + "\n")
    with pytest.raises(OntologySyntaxError, match=says) as caught:
        load(folder)
    assert caught.value.where == f"{release.expressions}:1"


def test_folders_and_files_that_are_no_release(tmp_path: Path, release: ReleaseBuilder) -> None:
    with pytest.raises(OntologyError, match="no OWL expression reference set"):
        load(tmp_path)
    folder = release.write()
    release.expressions.write_bytes(release.expressions.read_bytes() + b"\xff\xfe")
    with pytest.raises(OntologySyntaxError, match="UTF-8"):
        load(folder)


def test_a_release_as_one_document(release: ReleaseBuilder) -> None:
    release.head()
    for number in range(1, 20):
        release.axiom(number, f"SubClassOf(:{{{number}}} ObjectSomeValuesFrom(:{{20}} :{{{number + 1}}}))")
    folder = release.write()
    document = parse(rf2.as_functional(rf2.statements(find_release(folder))), "f").build({})
    assert tuple(document.axioms) == load(folder).axioms
    assert document.iri == "http://snomed.info/sct/900000000000207008"


@settings(max_examples=times(100), deadline=None)
@given(st.integers(0, 5000), st.binary(max_size=4))
def test_a_damaged_release_gives_an_ontology_error_or_an_ontology(
    tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes
) -> None:
    release = ReleaseBuilder(tmp_path_factory.mktemp("damaged"))
    release.head()
    release.axiom(1, "SubClassOf(:{1} ObjectSomeValuesFrom(:{2} :{3}))")
    release.name(1, 1, "One (finding)")
    folder = release.write()
    data = release.expressions.read_bytes()
    cut = place % len(data)
    release.expressions.write_bytes(data[:cut] + damage + data[cut + 2 :])
    try:
        load(folder)
    except OntologyError as error:
        where = error.where
    else:
        return
    assert str(folder) in str(where)


def test_named_is_what_it_says() -> None:
    assert named("{1} {12}") == f"{sctid(1)} {sctid(12)}"
