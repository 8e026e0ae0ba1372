"""Functional syntax: what is read, and what is said about what cannot be."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
    OtherAxiom,
    SubClassOf,
    SubObjectPropertyOf,
    Unsupported,
)
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.ontology.nodes import Source
from kgtwin.ontology.structure import Document
from kgtwin.ontology.syntax import parse
from kgtwin.ontology.writer import render
from kgtwin.vocabulary import RDFS_LABEL
from tests.reasoning.generate import Generator

X = "http://x/"
HEAD = "Prefix(:=<http://x/>)\nPrefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)\nOntology(<http://x/o>\n"


def read(body: str, head: str = HEAD, tail: str = "\n)") -> Document:
    return parse((head + body + tail).encode(), "t.ofn").build({})


def one(body: str) -> Axiom:
    (axiom,) = read(body).axioms
    return axiom


@pytest.mark.parametrize(
    "text",
    [
        "SubClassOf(:A :B)",
        "SubClassOf( <http://x/A>\t:B )",
        'SubClassOf(Annotation(:note "see (below) # not a comment"@en-GB) :A :B)',
        'SubClassOf(Annotation(Annotation(:by :me) :note "a \\"quoted\\" \\\\ slash") :A # why\n :B)',
    ],
)
def test_spellings_of_one_axiom(text: str) -> None:
    assert one(text) == SubClassOf(Class(X + "A"), Class(X + "B"))


def test_constructs_of_the_model() -> None:
    axioms = read(
        """
        EquivalentClasses(:A ObjectIntersectionOf(:B ObjectSomeValuesFrom(:r :C)))
        DisjointClasses(:A :B :C)
        SubObjectPropertyOf(ObjectPropertyChain(:r :s) :t)
        SubObjectPropertyOf(:r :s)
        ClassAssertion(:A _:somebody)
        ObjectPropertyAssertion(ObjectInverseOf(:r) :a :b)
        DataPropertyAssertion(:d :a "5"^^xsd:integer)
        """
    ).axioms
    assert isinstance(axioms[0], EquivalentClasses)
    assert isinstance(axioms[1], DisjointClasses)
    assert axioms[2:4] == [SubObjectPropertyOf((X + "r", X + "s"), X + "t"), SubObjectPropertyOf((X + "r",), X + "s")]
    assert axioms[4] == ClassAssertion("_:somebody", Class(X + "A"))
    assert axioms[5] == ObjectPropertyAssertion(X + "r", X + "b", X + "a")
    assert isinstance(axioms[6], DataPropertyAssertion)
    assert str(axioms[6].interval) == "= 5"


@pytest.mark.parametrize(
    ("data_range", "expected"),
    [
        ('DatatypeRestriction(xsd:decimal xsd:minInclusive "4.5"^^xsd:decimal)', "≥ 4.5"),
        (
            'DatatypeRestriction(xsd:decimal xsd:minExclusive "1"^^xsd:integer xsd:maxExclusive "2"^^xsd:decimal)',
            "> 1 and < 2",
        ),
        ('DatatypeRestriction(xsd:integer xsd:minExclusive "3"^^xsd:integer)', "≥ 4"),
        ("xsd:decimal", "any number"),
        ("xsd:nonNegativeInteger", "≥ 0"),
        ('DataOneOf("7.5"^^xsd:decimal)', "= 7.5"),
    ],
)
def test_numeric_ranges_are_intervals(data_range: str, expected: str) -> None:
    axiom = one(f"SubClassOf(DataSomeValuesFrom(:d {data_range}) :A)")
    assert isinstance(axiom, SubClassOf)
    assert isinstance(axiom.sub, DataSomeValuesFrom)
    assert str(axiom.sub.interval) == expected


@pytest.mark.parametrize(
    ("expression", "construct"),
    [
        ("ObjectUnionOf(:A :B)", "ObjectUnionOf"),
        ("ObjectComplementOf(:A)", "ObjectComplementOf"),
        ("ObjectOneOf(:a)", "ObjectOneOf"),
        ("ObjectAllValuesFrom(:r :A)", "ObjectAllValuesFrom"),
        ("ObjectMinCardinality(2 :r :A)", "ObjectMinCardinality"),
        ("ObjectHasValue(:r :a)", "ObjectHasValue"),
        ("ObjectHasSelf(:r)", "ObjectHasSelf"),
        ("ObjectSomeValuesFrom(ObjectInverseOf(:r) :A)", "ObjectInverseOf"),
        ('DataHasValue(:d "text")', "DataHasValue"),
        ('DataHasValue(:d "1.5"^^xsd:double)', "DataHasValue"),
        ("DataSomeValuesFrom(:d xsd:string)", "DataSomeValuesFrom"),
    ],
)
def test_expressions_outside_keep_their_text(expression: str, construct: str) -> None:
    axiom = one(f"SubClassOf(:Sub ObjectSomeValuesFrom(:p {expression}))")
    assert isinstance(axiom, SubClassOf)
    assert isinstance(axiom.sup, ObjectSomeValuesFrom)
    assert isinstance(axiom.sup.filler, Unsupported)
    assert axiom.sup.filler.construct == construct
    assert "<http://x/" in axiom.sup.filler.text
    again = one(render(axiom))
    assert again == axiom


@pytest.mark.parametrize(
    "text",
    [
        "DisjointUnion(:A :B :C)",
        "InverseObjectProperties(:r :s)",
        "FunctionalObjectProperty(:r)",
        "SameIndividual(:a :b)",
        "SubDataPropertyOf(:d :e)",
        "TransitiveObjectProperty(ObjectInverseOf(:r))",
        'DataPropertyAssertion(:d :a "text")',
        "DataPropertyRange(:d xsd:decimal)",
    ],
)
def test_axioms_outside_are_kept_by_name(text: str) -> None:
    axiom = one(text)
    assert isinstance(axiom, OtherAxiom)
    assert axiom.construct == text.partition("(")[0]
    assert all(iri.startswith(X) for iri in axiom.signature)
    assert axiom.signature


def test_keys_have_bare_brackets() -> None:
    axiom = one("HasKey(:A (:r) (:d))")
    assert isinstance(axiom, OtherAxiom)
    assert set(axiom.signature) == {X + "A", X + "r", X + "d"}


def test_annotations_declarations_origins_and_imports() -> None:
    document = read(
        'Import(<http://x/other>)\nAnnotation(:note "of the ontology")\nDeclaration(Class(:A))\n'
        'AnnotationAssertion(rdfs:label :A "Aspirin"@en)\nSubClassOf(Annotation(:note "why") :A\n :B)'
    )
    assert document.imports == ["http://x/other"]
    assert document.declared == {X + "A": EntityKind.CLASS}
    assert document.annotations[X + "A"] == [Annotation(RDFS_LABEL, "Aspirin", "en")]
    (axiom,) = document.axioms
    assert str(document.origins[axiom]) == "t.ofn:8"
    assert document.axiom_annotations[axiom] == [Annotation(X + "note", "why")]


ERRORS: dict[str, tuple[str, str, str]] = {
    "undeclared prefix": ("SubClassOf(:A ex:B)", "t.ofn:4:15", "Prefix(ex:=<...>)"),
    "unclosed": ("SubClassOf(:A :B", "t.ofn:5:2", "to close Ontology( of line 3"),
    "closed too often": ("SubClassOf(:A :B))", "t.ofn:5:1", "remove one ')'"),
    "one argument": ("SubClassOf(:A)", "t.ofn:4:1", "expected 2"),
    "three arguments": ("SubClassOf(:A :B :C)", "t.ofn:4:1", "has 3 arguments"),
    "chain of one": ("SubObjectPropertyOf(ObjectPropertyChain(:r) :s)", "t.ofn:4:21", "2 or more"),
    "unknown axiom": ("SubClasOf(:A :B)", "t.ofn:4:1", "unknown construct SubClasOf"),
    "unknown expression": ("SubClassOf(:A\n ObjectSomValuesFrom(:r :B))", "t.ofn:5:2", "a class expression"),
    "nested": ("SubClassOf(:A ObjectUnionOf(:B ObjectSomeValuesFrom(:r)))", "t.ofn:4:32", "has 1 arguments"),
    "literal as class": ('SubClassOf(:A "B")', "t.ofn:4:15", "a class expression"),
    "bare word": ("SubClassOf(A :B)", "t.ofn:4:12", "<IRI> or prefix:name"),
    "endless string": ('AnnotationAssertion(rdfs:label :A "never ends)', "t.ofn:4:35", "never ends"),
    "endless iri": ("SubClassOf(<http://x/A :B)", "t.ofn:4:12", "never ends"),
    "bad escape": ('AnnotationAssertion(rdfs:label :A "a\\nb")', "t.ofn:4:37", "backslash"),
    "out of range": ('DataPropertyAssertion(:d :a "300"^^xsd:byte)', "t.ofn:4:29", "from -128 up to 127"),
    "no number": (
        'SubClassOf(:A DataHasValue(:d "12,5"^^xsd:decimal))',
        "t.ofn:4:31",
        '"12,5" is no xsd:decimal',
    ),
    "bad facet": (
        'SubClassOf(DataSomeValuesFrom(:d DatatypeRestriction(xsd:decimal xsd:minInclusive "x"^^xsd:decimal)) :A)',
        "t.ofn:4:83",
        "xsd:decimal",
    ),
    "impossible date": ('AnnotationAssertion(:on :A "2026-02-30"^^xsd:date)', "t.ofn:4:28", "xsd:date"),
    "facet without value": (
        "SubClassOf(DataSomeValuesFrom(:d DatatypeRestriction(xsd:decimal xsd:minInclusive)) :A)",
        "t.ofn:4:34",
        "has 2 arguments",
    ),
    "strange declaration": ("Declaration(Klass(:A))", "t.ofn:4:13", "AnnotationProperty"),
    "stray character": ("SubClassOf(:A :B) ;", "t.ofn:4:19", "unexpected"),
}


@pytest.mark.parametrize(("body", "where", "says"), ERRORS.values(), ids=ERRORS)
def test_errors_say_where_and_what_to_do(body: str, where: str, says: str) -> None:
    with pytest.raises(OntologySyntaxError) as caught:
        read(body)
    assert caught.value.where == where
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "head", ["Prefix(:=<http://x/>) Prefix(:=<http://y/>) Ontology(", "Prefix(x=<http://x/>) Ontology("]
)
def test_prefixes_are_checked(head: str) -> None:
    with pytest.raises(OntologySyntaxError, match="prefix"):
        read("", head)


@pytest.mark.parametrize("depth", [10_000, 300])
def test_deep_nesting_is_a_clear_error(depth: int) -> None:
    with pytest.raises(OntologySyntaxError, match="nest deeper than 100"):
        read("SubClassOf(:A " + "ObjectSomeValuesFrom(:r " * depth + ":B" + ")" * depth + ")")


def test_nesting_within_the_limit_is_read() -> None:
    axiom = one("SubClassOf(:A " + "ObjectSomeValuesFrom(:r " * 90 + ":B" + ")" * 90 + ")")
    assert one(render(axiom)) == axiom


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_rendered_axioms_are_read_back(seed: int) -> None:
    generator = Generator(Random(seed))
    axioms = [*generator.ontology(), *generator.assertions()]
    assert read("\n".join(map(render, axioms))).axioms == axioms


TOKENS = (
    *("(", ")", "SubClassOf", ":A", ":", "<http://x/A>", '"', '"a"', "^^", "@en", "=", "#", "\n", " ", "_:b", "12"),
    *("ObjectUnionOf", "DataSomeValuesFrom", "Annotation", "Declaration", "Class", "\\", "\x00", "é", "HasKey"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(TOKENS),
        max_size=25,
    )
)
def test_nothing_but_an_ontology_error_comes_out(parts: list[str]) -> None:
    try:
        read(" ".join(parts))
    except OntologyError as error:
        where = error.where
    else:
        return
    assert where is not None
    assert where.startswith("t.ofn:")


def test_places_in_a_source() -> None:
    source = Source("f", "ab\ncd\n")
    assert [source.where(at) for at in (0, 1, 2, 3, 4, 5, 6)] == [
        "f:1:1",
        "f:1:2",
        "f:1:3",
        "f:2:1",
        "f:2:2",
        "f:2:3",
        "f:3:1",
    ]
    assert source.where(-1) == "f"
