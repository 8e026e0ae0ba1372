"""OBO files against what ROBOT makes of them (``robot convert -i X.obo -o X.ofn``), and what is said of broken ones."""

from __future__ import annotations

import lzma
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.ontology import obo
from kgtwin.ontology.loader import load
from kgtwin.ontology.structure import Document
from kgtwin.ontology.syntax import parse, sniff
from kgtwin.vocabulary import RDFS_LABEL
from tests.fuzz import times
from tests.ontology.sets import as_set, unordered

CASES = Path(__file__).parent / "cases"
SHARED = Path(__file__).parents[2].parent / "shared"
ROBOT, GO = SHARED / "bench" / "robot" / "robot", SHARED / "data" / "owl" / "go-2019.obo.xz"
OBO = "http://purl.obolibrary.org/obo/"
OIO = "http://www.geneontology.org/formats/oboInOwl#"
HEAD = "format-version: 1.4\nontology: t\n"


def read(body: str, head: str = HEAD) -> Document:
    return obo.read("t.obo", head + body)


def cls(name: str) -> Class:
    return Class(OBO + name)


def test_it_says_what_robot_says() -> None:
    """Robot's file has labels of the annotation properties; ours has the version, and one more shorthand and alt_id."""
    ours, theirs = load(CASES / "obo.obo"), load(CASES / "obo.ofn")
    assert as_set(ours.axioms) == as_set(theirs.axioms)
    assert ours.iri == theirs.iri
    assert ours.version == "2020-01-01"
    annotated = [
        {
            (unordered(axiom), one.property, one.value)
            for axiom, found in each.axiom_annotations.items()
            for one in found
        }
        for each in (ours, theirs)
    ]
    assert annotated[0] == annotated[1]
    notes = [
        {(iri, one.property, one.value, one.datatype) for iri, found in each.annotations.items() for one in found}
        for each in (ours, theirs)
    ]
    missing = {note for note in notes[1] - notes[0] if note[1] != RDFS_LABEL}
    assert missing == set()
    assert {(one[1].rpartition("#")[2], one[2]) for one in notes[0] - notes[1]} == {
        ("versionInfo", "2020-01-01"),
        ("shorthand", "EX:77"),
        ("hasAlternativeId", "nunca"),
    }
    kinds = {iri: kind for iri, kind in theirs.entities.items() if kind is not EntityKind.ANNOTATION_PROPERTY}
    kinds[OBO + "T_0000010"] = EntityKind.NAMED_INDIVIDUAL  # punned: a class in ROBOT's declarations, too
    assert {iri: kind for iri, kind in ours.entities.items() if iri in kinds} == kinds


@pytest.mark.slow
@pytest.mark.skipif(not (GO.exists() and ROBOT.exists()), reason="needs ../shared with GO and ROBOT")
def test_the_gene_ontology_says_what_robot_says(tmp_path: Path) -> None:
    file = tmp_path / "go.obo"
    file.write_bytes(lzma.decompress(GO.read_bytes()))
    subprocess.run([ROBOT, "convert", "-i", file, "-o", tmp_path / "go.ofn"], check=True)
    ours, theirs = load(file), load(tmp_path / "go.ofn")
    assert len(ours.axioms) > 100_000
    assert as_set(ours.axioms) == as_set(theirs.axioms)
    assert not ours.caveats


def test_it_is_told_by_content() -> None:
    assert sniff(HEAD) == "obo"
    assert sniff("! by hand\nontology: t\n\n[Term]\nid: T:1") == "obo"
    assert sniff("\ufeff[Typedef]\nid: r") == "obo"
    assert sniff("ontology: t\nbut: then\n\nprose") != "obo"
    assert parse(HEAD.encode(), "f").iri == OBO + "t.owl"


def test_lines_labels_and_imports(tmp_path: Path) -> None:
    (tmp_path / "other.obo").write_text("ontology: other\n[Term]\nid: O:1\nis_a: O:2\n")
    (tmp_path / "third.ofn").write_text("Ontology(<http://x/third> SubClassOf(<http://x/A> <http://x/B>))")
    root = tmp_path / "root.obo"
    root.write_text(
        HEAD + "import: other.obo ! beside\nimport: http://x/third\n\n[Term]\nid: T:1\nname: one\nis_a: O:1 ! other\n"
    )
    ontology = load(root)
    assert {str(origin).rpartition("/")[2] for origin in ontology.origins.values()} == {
        "root.obo:9",
        "other.obo:4",
        "third.ofn:1",
    }
    assert ontology.label(OBO + "T_1") == "one"


def test_instances_are_assertions() -> None:
    document = read(
        '[Typedef]\nid: knows\n[Instance]\nid: I:1\nname: somebody\ninstance_of: T:1 {source="me"}\n'
        'relationship: knows I:2\nproperty_value: knows I:3\nproperty_value: shoe_size "43" xsd:integer\n'
    )
    me = OBO + "I_1"
    assert document.axioms == [
        ClassAssertion(me, cls("T_1")),
        ObjectPropertyAssertion(OBO + "t#knows", me, OBO + "I_2"),
        ObjectPropertyAssertion(OBO + "t#knows", me, OBO + "I_3"),
    ]
    assert document.axiom_annotations[document.axioms[0]] == [Annotation(OIO + "source", "me")]
    assert document.declared[me] is EntityKind.NAMED_INDIVIDUAL
    assert (
        Annotation(OBO + "t#shoe_size", "43", None, "http://www.w3.org/2001/XMLSchema#integer")
        in document.annotations[me]
    )


def test_definitions_may_be_spread_and_wrapped() -> None:
    whole = ObjectIntersectionOf((cls("T_2"), ObjectSomeValuesFrom(OBO + "t#r", cls("T_3"))))
    frames = "[Term]\nid: T:1\nintersection_of: T:2\n[Term]\nid: T:1\nintersection_of: r T:3\n"
    assert read(frames).axioms == [EquivalentClasses((cls("T_1"), whole))]
    view = read(frames, HEAD + "logical-definition-view-relation: v\n")
    assert view.axioms == [EquivalentClasses((cls("T_1"), ObjectSomeValuesFrom(OBO + "t#v", whole)))]
    alone = read("[Term]\nid: T:1\nintersection_of: T:2\n")
    assert alone.axioms == [EquivalentClasses((cls("T_1"), cls("T_2")))]


def test_axioms_in_the_header() -> None:
    text = r"owl-axioms: Prefix(:=<http://x/>)\nOntology(\nSubClassOf(:A :B)\n)"
    assert SubClassOf(Class("http://x/A"), Class("http://x/B")) in read("", HEAD + text).axioms
    with pytest.raises(OntologySyntaxError, match=r"owl-axioms\):3"):
        read("", HEAD + text.replace(":B", ""))


LEFT_OUT = [
    "[Typedef]\nid: r\nunion_of: s\n",
    "[Typedef]\nid: r\ndisjoint_over: s\n",
    "[Typedef]\nid: r\nrelationship: s r\n",
    "[Term]\nid: T:1\nsomething_new: T:2\n",
]


@pytest.mark.parametrize("body", LEFT_OUT)
def test_what_owl_cannot_say_is_a_caveat(body: str) -> None:
    document = read(body)
    (caveat,) = document.caveats
    assert "t.obo:5" in caveat.text
    assert document.axioms == []


SPELLINGS: dict[str, tuple[str, list[Axiom]]] = {
    "comment": ("is_a: T:2 ! two {not a qualifier", [SubClassOf(cls("T_1"), cls("T_2"))]),
    "tight comment": ("is_a: T:2! two", [SubClassOf(cls("T_1"), cls("T_2"))]),
    "escapes": (r"is_a: T:a\!b", [SubClassOf(cls("T_1"), cls("T_a%21b"))]),
    "space": ("  is_a:   T:2  ", [SubClassOf(cls("T_1"), cls("T_2"))]),
    "continued": ("is_a: \\\nT:2", [SubClassOf(cls("T_1"), cls("T_2"))]),
    "windows": ("is_a: T:2\r\nis_a: T:3\r", [SubClassOf(cls("T_1"), cls("T_2")), SubClassOf(cls("T_1"), cls("T_3"))]),
    "prefix": ("is_a: N_C:1", [SubClassOf(cls("T_1"), cls("N_C_1"))]),
    "non-ASCII": ("is_a: T:é", [SubClassOf(cls("T_1"), cls("T_%C3%A9"))]),
    "bare qualifier": ("is_a: T:2 {source=X:1}", [SubClassOf(cls("T_1"), cls("T_2"))]),
    "zero at least": (
        'relationship: r T:2 {all_some="true"}',
        [SubClassOf(cls("T_1"), ObjectSomeValuesFrom(OBO + "t#r", cls("T_2")))],
    ),
}


@pytest.mark.parametrize(("clause", "axioms"), SPELLINGS.values(), ids=SPELLINGS)
def test_spellings(clause: str, axioms: list[Axiom]) -> None:
    assert read("[Term]\nid: T:1\n" + clause).axioms == axioms


ERRORS: dict[str, tuple[str, int, str]] = {
    "no clause": ("[Term]\nid: T:1\nis_a T:2", 5, "tag: value"),
    "unknown frame": ("[Therm]\nid: T:1", 3, "[Term], [Typedef] or [Instance]"),
    "no id": ("[Term]\nname: x", 3, "id"),
    "empty frame": ("[Term]\n[Term]\nid: x", 3, "id"),
    "empty id": ("[Term]\nid: ! nothing", 4, "found 0 identifiers"),
    "two parents": ("[Term]\nid: T:1\nis_a: T:2 T:3", 5, "found 2 identifiers"),
    "half a relationship": ("[Term]\nid: T:1\nrelationship: r", 5, "expected 2"),
    "half a chain": ("[Typedef]\nid: r\nholds_over_chain: s", 5, "expected 2"),
    "no quotes": ("[Term]\nid: T:1\ndef: A text.", 5, "quotes"),
    "endless quotes": ('[Term]\nid: T:1\nsynonym: "A text EXACT []', 5, "quotes"),
    "endless qualifiers": ('[Term]\nid: T:1\nis_a: T:2 {source="x"', 5, "never end"),
    "no qualifier": ("[Term]\nid: T:1\nname: a {b} c", 5, "\\{"),
    "neither": ("[Typedef]\nid: r\nis_transitive: yes", 5, "true or false"),
    "scope": ('[Term]\nid: T:1\nsynonym: "x" SIMILAR []', 5, "BROAD"),
    "cardinality": ('[Term]\nid: T:1\nrelationship: r T:2 {cardinality="two"}', 5, "a whole number"),
    "half a GCI": ('[Term]\nid: T:1\nis_a: T:2 {gci_relation="r"}', 5, "gci_filler"),
    "no IRI": ("[Term]\nid: T:1\nis_a: http://x/<y>", 5, "no IRI"),
    "one value": ("[Term]\nid: T:1\nproperty_value: r", 5, "a relation and"),
}


@pytest.mark.parametrize(("body", "line", "says"), ERRORS.values(), ids=ERRORS)
def test_errors_say_where_and_what_to_do(body: str, line: int, says: str) -> None:
    with pytest.raises(OntologySyntaxError) as caught:
        read(body)
    assert caught.value.where == f"t.obo:{line}"
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "header",
    ["idspace: X", "subsetdef: x", "property_value: r"]
    + [f"{tag}: x {{y" for tag in ("data-version", "default-namespace", "treat-xrefs-as-equivalent", "import")],
)
def test_errors_in_the_header(header: str) -> None:
    with pytest.raises(OntologySyntaxError, match=r"t\.obo:3"):
        read("", HEAD + header)


@pytest.mark.parametrize("clause", ["is_metadata_tag: true {y", "is_class_level: true {y"])
def test_errors_in_what_is_looked_at_first(clause: str) -> None:
    with pytest.raises(OntologySyntaxError, match=r"t\.obo:\d"):
        obo.read("t.obo", f"{HEAD}\n[Typedef]\nid: r\n{clause}\n")


@settings(max_examples=times(200), deadline=None)
@given(st.integers(0, 10_000), st.text(max_size=4))
def test_a_damaged_file_gives_an_ontology_error_or_a_document(place: int, damage: str) -> None:
    text = (CASES / "obo.obo").read_text()
    cut = place % len(text)
    try:
        obo.read("f", text[:cut] + damage + text[cut + 2 :])
    except OntologyError as error:
        where = error.where
    else:
        return
    assert str(where).startswith("f")
