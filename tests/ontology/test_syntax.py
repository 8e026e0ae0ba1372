"""One ontology in four syntaxes is one ontology; hostile and broken files are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyRange,
    DataSomeValuesFrom,
    Datatype,
    DisjointClasses,
    EquivalentClasses,
    HasKey,
    ObjectOneOf,
    ObjectSomeValuesFrom,
    OtherAxiom,
    SameIndividual,
    SubClassOf,
)
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.model.owl_text import render
from kgtwin.ontology.loader import load
from kgtwin.ontology.syntax import parse, sniff
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, RDFS_LABEL
from tests.fuzz import times

CASES = Path(__file__).parent / "cases"
RDF_HEAD = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:owl="http://www.w3.org/2002/07/owl#"
 xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xml:base="http://x/o"><owl:Ontology rdf:about="http://x/o"/>
"""
TURTLE_HEAD = """@prefix : <http://x/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . <http://x/o> a owl:Ontology .
"""


def _canonical(axiom: Axiom) -> object:
    """RDF keeps no order of operands where OWL asks for none, and no names of anonymous individuals."""
    if isinstance(axiom, EquivalentClasses | DisjointClasses):
        return type(axiom).__name__, frozenset(axiom.operands)
    return re.sub(r"_:\w+", "_:", render(axiom))


def _entities(ontology: Ontology) -> dict[str, EntityKind]:
    return {("_:" if iri.startswith("_:") else iri): kind for iri, kind in ontology.entities.items()}


@pytest.mark.parametrize("suffix", ["owx", "rdf", "ttl"])
def test_every_syntax_reads_the_same(suffix: str) -> None:
    expected, found = load(CASES / "every.ofn"), load(CASES / f"every.{suffix}")
    assert {_canonical(axiom) for axiom in found.axioms} == {_canonical(axiom) for axiom in expected.axioms}
    assert len(found.axioms) == len(expected.axioms) == 59
    assert _entities(found) == _entities(expected)
    assert found.version == expected.version == "3.1"
    assert {iri: set(values) for iri, values in found.annotations.items()} == {
        iri: set(values) for iri, values in expected.annotations.items()
    }
    assert found.label("http://x/A") == 'An "A" \\ b'
    by_axiom = {_canonical(axiom): set(values) for axiom, values in expected.axiom_annotations.items()}
    assert {_canonical(axiom): set(values) for axiom, values in found.axiom_annotations.items()} == by_axiom


def test_owl_xml_tells_lines() -> None:
    ontology = load(CASES / "every.owx")
    assert all(origin.line for origin in ontology.origins.values())


@pytest.mark.parametrize(
    ("text", "syntax"),
    [
        ("Ontology()", "functional"),
        ("\ufeff# a comment\n\nPrefix( : = <http://x/> ) Ontology( )", "functional"),
        ('<?xml version="1.0"?>\n<!-- <rdf:RDF> --><Ontology xmlns="o">', "owlxml"),
        ('<!DOCTYPE rdf:RDF [\n <!ENTITY a "b>c" >\n]>\n<rdf:RDF xmlns:rdf="r">', "rdfxml"),
        ("@base <http://x/> .", "turtle"),
        ("PREFIX : <http://x/>\n:a a :B .", "turtle"),
        ("<http://x/a> <http://x/b> <http://x/c> .", "turtle"),
        ('{"resourceType": "Bundle"}', None),
        ("<html><body/></html>", None),
        ("", None),
    ],
)
def test_the_syntax_is_told_by_content(text: str, syntax: str | None) -> None:
    assert sniff(text) == syntax


def test_manchester_syntax_is_told_by_its_name() -> None:
    """Protégé saves it; Turtle, which begins alike, would complain of a prefix."""
    with pytest.raises(OntologySyntaxError, match="in Manchester syntax") as error:
        parse(b"Prefix: : <http://x/>\nOntology: <http://x/o>\nClass: :A\n", "t.omn")
    assert "functional syntax" in str(error.value.expected)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00\x01", b"<html></html>", b"PK\x03\x04\xff\xfe"])
def test_what_is_no_ontology_is_refused(data: bytes) -> None:
    with pytest.raises(OntologySyntaxError) as caught:
        parse(data, "f.owl")
    assert "f.owl" in str(caught.value)


LAUGHS = "".join(f'<!ENTITY l{i} "&l{i - 1};&l{i - 1};&l{i - 1};">' for i in range(1, 30))


@pytest.mark.parametrize("root", ["rdf:RDF", "Ontology"])
@pytest.mark.parametrize(
    "entities",
    [f'<!ENTITY l0 "ha">{LAUGHS}', '<!ENTITY l29 SYSTEM "file:///etc/passwd">', '<!ENTITY % l29 "x"> <!ENTITY l0 "y">'],
    ids=["billion laughs", "external", "parameter"],
)
def test_entity_tricks_are_refused(root: str, entities: str) -> None:
    text = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><{root} xmlns:rdf="r">&l29;</{root}>'
    with pytest.raises(OntologySyntaxError, match=r"entity '.*' is refused"):
        parse(text.encode(), "f.owl")


def test_plain_namespace_entities_are_read() -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY owl "http://www.w3.org/2002/07/owl#">]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="http://x/A"><rdf:type rdf:resource="&owl;Class"/></rdf:Description></rdf:RDF>'
    )
    assert list(parse(text.encode(), "f").declared) == ["http://x/A"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('<?xml version="1.0"?>\n<Ontology xmlns="http://www.w3.org/2002/07/owl#">\n<SubClassOf>', "f:3:"),
        (RDF_HEAD + "<owl:Class>", "f:4:"),
        (RDF_HEAD.replace("<owl:Ontology", "<owl:Ontology rdf:nonsense='1'"), "f"),
        (TURTLE_HEAD + "\n:A a owl:Class ;; ,", "f:5"),
        (TURTLE_HEAD + ":A a ex:B .", "f:4"),
    ],
    ids=["owl/xml", "rdf/xml", "rdf/xml grammar", "turtle", "turtle prefix"],
)
def test_broken_files_say_where(text: str, where: str) -> None:
    with pytest.raises(OntologySyntaxError) as caught:
        parse(text.encode(), "f")
    assert str(caught.value.where).startswith(where)


@pytest.mark.parametrize(
    "text",
    [
        '<Ontology xmlns="http://www.w3.org/2002/07/owl#"><SubClassOf><Class IRI="http://x/A"/></SubClassOf></Ontology>',
        '<Ontology xmlns="http://www.w3.org/2002/07/owl#"><SubClassOf><Class/><Class IRI="http://x/A"/></SubClassOf></Ontology>',
        '<Ontology xmlns="http://www.w3.org/2002/07/owl#"><Nonsense/></Ontology>',
        '<Ontology xmlns="http://www.w3.org/2002/07/owl#"><SubClassOf><Class abbreviatedIRI="ex:A"/><Class IRI="http://x/A"/>'
        "</SubClassOf></Ontology>",
    ],
)
def test_wrong_owl_xml_is_named(text: str) -> None:
    with pytest.raises(OntologySyntaxError, match="f:1"):
        parse(text.encode(), "f")


@pytest.mark.parametrize("depth", [400, 10_000])
def test_deep_nesting_is_a_clear_error_in_every_syntax(depth: int) -> None:
    some = '<ObjectSomeValuesFrom><ObjectProperty IRI="http://x/r"/>'
    owl_xml = (
        '<Ontology xmlns="http://www.w3.org/2002/07/owl#"><SubClassOf><Class IRI="http://x/A"/>'
        + some * depth
        + '<Class IRI="http://x/B"/>'
        + "</ObjectSomeValuesFrom>" * depth
        + "</SubClassOf></Ontology>"
    )
    turtle = (
        TURTLE_HEAD
        + ":A rdfs:subClassOf "
        + "[ owl:onProperty :r ; owl:someValuesFrom " * depth
        + ":B"
        + " ]" * depth
        + " ."
    )
    for text in (owl_xml, turtle):
        with pytest.raises(OntologySyntaxError, match="nest"):
            parse(text.encode(), "f").build({})


def axioms(turtle: str) -> tuple[Axiom, ...]:
    return tuple(parse((TURTLE_HEAD + turtle).encode(), "f").build({}).axioms)


def test_rdf_drops_nothing_in_silence() -> None:
    found = axioms(
        """
        :A rdfs:subClassOf [ owl:onProperty :undeclared ; owl:someValuesFrom :B ] ; :strange :C .
        [] a owl:AllDisjointClasses ; owl:members ( :A :B :C ) .
        :D owl:unionOf ( :A :B ) .
        :E owl:sameAs :F ; owl:hasNonsense :G .
        """
    )
    kinds = [type(axiom) for axiom in found]
    assert kinds.count(DisjointClasses) == 1
    assert any(isinstance(axiom, EquivalentClasses) for axiom in found)
    others = {axiom.construct for axiom in found if isinstance(axiom, OtherAxiom)}
    assert others == {"Triple"}
    assert kinds.count(SameIndividual) == 1


def test_rdf_of_owl_1() -> None:
    """Lists of none or one, ``owl:DataRange``, an enumeration of literals without a type."""
    found = axioms(
        """
        :d a owl:DatatypeProperty .
        :A rdfs:subClassOf [ a owl:Class ; owl:unionOf () ] .
        :B rdfs:subClassOf [ a owl:Class ; owl:intersectionOf () ] .
        :C rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :D ) ] .
        :E rdfs:subClassOf [ a owl:Class ; owl:oneOf ( :i ) ] .
        :F rdfs:subClassOf [ owl:onProperty :d ; owl:someValuesFrom [ a owl:DataRange ; owl:oneOf ( 1 2 ) ] ] .
        :i a owl:Nothing .
        """
    )
    sups = {axiom.sub: axiom.sup for axiom in found if isinstance(axiom, SubClassOf)}
    a, b, c, e, f = (sups[Class(f"http://x/{name}")] for name in "ABCEF")
    assert (a, b, c) == (Class(OWL_NOTHING), Class(OWL_THING), Class("http://x/D"))
    assert e == ObjectOneOf(("http://x/i",))
    assert isinstance(f, DataSomeValuesFrom)
    assert ClassAssertion("http://x/i", Class(OWL_NOTHING)) in found
    assert not any(isinstance(axiom, OtherAxiom) for axiom in found)


def test_rdf_says_nothing_with_an_expression_alone() -> None:
    found = axioms(
        "[] a owl:Restriction ; owl:onProperty :r ; owl:someValuesFrom [ a owl:Class ; owl:unionOf ( :A :B ) ] ."
    )
    assert found == ()


def test_rdf_disjoint_data_properties_and_mentioned_ontologies() -> None:
    document = parse(
        (
            TURTLE_HEAD + ":d a owl:DatatypeProperty . :e a owl:DatatypeProperty ."
            " [] a owl:AllDisjointProperties ; owl:members ( :d :e ) ."
            " <http://x/o> owl:priorVersion <http://a/old> . <http://a/old> a owl:Ontology ."
        ).encode(),
        "f",
    ).build({})
    assert [axiom.construct for axiom in document.axioms if isinstance(axiom, OtherAxiom)] == ["DisjointDataProperties"]
    assert document.iri == "http://x/o"


def test_rdf_keys_and_annotated_axioms_over_anonymous_nodes() -> None:
    document = parse(
        (
            TURTLE_HEAD + ":d a owl:DatatypeProperty . :r a owl:ObjectProperty . :note a owl:AnnotationProperty ."
            " :A owl:hasKey ( :d :r ) . [] a owl:Axiom ; owl:annotatedSource :A ;"
            " owl:annotatedProperty rdfs:subClassOf ; :note 'why' ;"
            " owl:annotatedTarget [ a owl:Restriction ; owl:onProperty :r ; owl:someValuesFrom :B ] ."
        ).encode(),
        "f",
    ).build({})
    restriction = SubClassOf(Class("http://x/A"), ObjectSomeValuesFrom("http://x/r", Class("http://x/B")))
    assert set(document.axioms) == {HasKey(Class("http://x/A"), ("http://x/r",), ("http://x/d",)), restriction}
    assert [one.value for one in document.axiom_annotations[restriction]] == ["why"]


def test_rdf_is_read_the_same_every_time() -> None:
    text = "[] a :A ; :p [ a :B ] . :p a owl:ObjectProperty . [] a [ owl:onProperty :p ; owl:someValuesFrom :C ] ."
    assert axioms(text) == axioms(text)
    assert not any(isinstance(axiom, OtherAxiom) for axiom in axioms(text))


@pytest.mark.parametrize(
    "rule",
    [
        "[] a swrl:Imp ; swrl:body ( [ a swrl:Nonsense ] ) ; swrl:head () .",
        "[] a swrl:Imp ; swrl:body ( [ a swrl:ClassAtom ; swrl:classPredicate :A ] ) ; swrl:head () .",
        "[] a swrl:Imp ; swrl:body ( [ a swrl:BuiltinAtom ; swrl:arguments ( 1 ) ] ) ; swrl:head () .",
    ],
    ids=["kind", "argument", "builtin"],
)
def test_broken_rules_in_rdf_are_named(rule: str) -> None:
    with pytest.raises(OntologySyntaxError, match=r"atom|Atom"):
        axioms("@prefix swrl: <http://www.w3.org/2003/11/swrl#> . " + rule)


def test_an_expression_that_contains_itself_is_refused() -> None:
    with pytest.raises(OntologySyntaxError, match="contains itself"):
        axioms(":A rdfs:subClassOf _:x . _:x owl:onProperty :r ; owl:someValuesFrom _:x .")


def test_rdf_uses_the_declarations_of_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "parts.ofn").write_text("Ontology(<http://x/parts> Declaration(DataProperty(<http://x/d>)))")
    root = tmp_path / "root.ttl"
    root.write_text(
        TURTLE_HEAD + "<http://x/o> owl:imports <http://x/parts> . :A rdfs:subClassOf "
        "[ owl:onProperty :d ; owl:someValuesFrom :odd ] . :d rdfs:range :odd ."
    )
    (axiom, data_range) = load(root).axioms
    assert isinstance(axiom, SubClassOf)
    assert axiom.sup == DataSomeValuesFrom("http://x/d", Datatype("http://x/odd"))
    assert data_range == DataPropertyRange("http://x/d", Datatype("http://x/odd"))


@settings(max_examples=times(150), deadline=None)
@given(st.integers(0, 10_000), st.binary(max_size=4), st.sampled_from(["ofn", "owx", "rdf", "ttl"]))
def test_a_damaged_file_gives_an_ontology_error_or_an_ontology(place: int, damage: bytes, suffix: str) -> None:
    data = (CASES / f"every.{suffix}").read_bytes()
    cut = place % len(data)
    try:
        parse(data[:cut] + damage + data[cut + 2 :], "f").build({})
    except OntologyError as error:
        where = error.where
    else:
        return
    assert str(where).startswith("f")


def test_labels_keep_their_language() -> None:
    ontology = load(CASES / "every.ttl")
    assert {(one.value, one.language) for one in ontology.annotations["http://x/B"] if one.property == RDFS_LABEL} == {
        ("Bee", "en"),
        ("Biene", "de"),
    }
