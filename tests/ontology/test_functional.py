"""Functional syntax: what is read, and what is said about what cannot be."""

from __future__ import annotations

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
    HasKey,
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
from tests.fuzz import times
from tests.ontology.generate import axioms

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
    found = read(
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
    assert isinstance(found[0], EquivalentClasses)
    assert isinstance(found[1], DisjointClasses)
    assert found[2:4] == [SubObjectPropertyOf((X + "r", X + "s"), X + "t"), SubObjectPropertyOf((X + "r",), X + "s")]
    assert found[4] == ClassAssertion("_:somebody", Class(X + "A"))
    assert found[5] == ObjectPropertyAssertion(X + "r", X + "b", X + "a")
    assert isinstance(found[6], DataPropertyAssertion)
    assert str(found[6].range) == "= 5"


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
        ('DataIntersectionOf(xsd:integer DatatypeRestriction(xsd:decimal xsd:maxExclusive "3"^^xsd:decimal))', "≤ 2"),
        ('DatatypeRestriction(xsd:double xsd:minExclusive "0"^^xsd:double)', "≥ 5e-324"),
        (
            'DatatypeRestriction(xsd:dateTime xsd:maxExclusive "2026-11-22T01:00:00+01:00"^^xsd:dateTime)',
            "< 2026-11-22T00:00:00Z",
        ),
        ("DataUnionOf(xsd:byte xsd:integer)", "any number"),
    ],
)
def test_ordered_ranges_are_intervals(data_range: str, expected: str) -> None:
    axiom = one(f"SubClassOf(DataSomeValuesFrom(:d {data_range}) :A)")
    assert isinstance(axiom, SubClassOf)
    assert isinstance(axiom.sub, DataSomeValuesFrom)
    assert str(axiom.sub.range) == expected


@pytest.mark.parametrize(
    ("expression", "construct", "signature"),
    [
        ("ObjectSomeValuesFrom(ObjectInverseOf(:r) :A)", "ObjectInverseOf", "r A"),
        ("ObjectAllValuesFrom(ObjectInverseOf(:r) :A)", "ObjectInverseOf", "r A"),
        ("ObjectHasValue(ObjectInverseOf(:r) :a)", "ObjectInverseOf", "r a"),
        ("ObjectMinCardinality(2 ObjectInverseOf(:r))", "ObjectInverseOf", "r"),
        ("DataSomeValuesFrom(:d :e xsd:string)", "DataSomeValuesFrom", "d e"),
        ("DataAllValuesFrom(:d xsd:string)", "DataAllValuesFrom", "d"),
        ("DataMinCardinality(2 :d)", "DataMinCardinality", "d"),
        ("DataExactCardinality(1 :d xsd:integer)", "DataExactCardinality", "d"),
    ],
)
def test_expressions_outside_keep_their_text(expression: str, construct: str, signature: str) -> None:
    axiom = one(f"SubClassOf(:Sub ObjectSomeValuesFrom(:p {expression}))")
    assert isinstance(axiom, SubClassOf)
    assert isinstance(axiom.sup, ObjectSomeValuesFrom)
    assert isinstance(axiom.sup.filler, Unsupported)
    assert axiom.sup.filler.construct == construct
    assert axiom.sup.filler.signature == tuple(X + name for name in signature.split())
    assert "<http://x/" in axiom.sup.filler.text
    again = one(render(axiom))
    assert again == axiom


@pytest.mark.parametrize(
    "text",
    [
        "InverseObjectProperties(:r :s)",
        "FunctionalObjectProperty(:r)",
        "InverseFunctionalObjectProperty(ObjectInverseOf(:r))",
        "SymmetricObjectProperty(:r)",
        "AsymmetricObjectProperty(:r)",
        "DisjointObjectProperties(:r :s)",
        "DisjointDataProperties(:d :e)",
        "SubObjectPropertyOf(ObjectInverseOf(:r) :s)",
        "SubObjectPropertyOf(ObjectPropertyChain(:r ObjectInverseOf(:s)) :r)",
        "EquivalentObjectProperties(:r ObjectInverseOf(:s))",
        "HasKey(:A (ObjectInverseOf(:r)) ())",
    ],
)
def test_axioms_outside_are_kept_by_name(text: str) -> None:
    axiom = one(text)
    assert isinstance(axiom, OtherAxiom)
    assert axiom.construct == text.partition("(")[0]
    assert all(iri.startswith(X) for iri in axiom.signature)
    assert axiom.signature
    assert one(render(axiom)) == axiom


SAME_WITHOUT_INVERSES = [
    ("ObjectPropertyAssertion(ObjectInverseOf(:r) :a :b)", "ObjectPropertyAssertion(:r :b :a)"),
    ("NegativeObjectPropertyAssertion(ObjectInverseOf(:r) :a :b)", "NegativeObjectPropertyAssertion(:r :b :a)"),
    ("ObjectPropertyDomain(ObjectInverseOf(:r) :A)", "ObjectPropertyRange(:r :A)"),
    ("ObjectPropertyRange(ObjectInverseOf(:r) :A)", "ObjectPropertyDomain(:r :A)"),
    ("SubObjectPropertyOf(ObjectInverseOf(:r) ObjectInverseOf(:s))", "SubObjectPropertyOf(:r :s)"),
    (
        "SubObjectPropertyOf(ObjectPropertyChain(ObjectInverseOf(:r) ObjectInverseOf(:s)) ObjectInverseOf(:t))",
        "SubObjectPropertyOf(ObjectPropertyChain(:s :r) :t)",
    ),
    ("EquivalentObjectProperties(ObjectInverseOf(:r) ObjectInverseOf(:s))", "EquivalentObjectProperties(:r :s)"),
    ("InverseObjectProperties(:r ObjectInverseOf(:s))", "EquivalentObjectProperties(:r :s)"),
    ("TransitiveObjectProperty(ObjectInverseOf(:r))", "TransitiveObjectProperty(:r)"),
    ("ReflexiveObjectProperty(ObjectInverseOf(:r))", "ReflexiveObjectProperty(:r)"),
    ("IrreflexiveObjectProperty(ObjectInverseOf(:r))", "IrreflexiveObjectProperty(:r)"),
    ("SubClassOf(:A ObjectHasSelf(ObjectInverseOf(:r)))", "SubClassOf(:A ObjectHasSelf(:r))"),
    ("SubClassOf(:A ObjectAllValuesFrom(ObjectInverseOf(:r) :B))", "SubClassOf(ObjectSomeValuesFrom(:r :A) :B)"),
    ("SubClassOf(ObjectSomeValuesFrom(ObjectInverseOf(:r) :A) :B)", "SubClassOf(:A ObjectAllValuesFrom(:r :B))"),
]


@pytest.mark.parametrize(("inverse", "plain"), SAME_WITHOUT_INVERSES)
def test_inverses_that_can_be_said_without(inverse: str, plain: str) -> None:
    assert one(inverse) == one(plain)


SAME_WITHOUT_CARDINALITIES = [
    ("DataMinCardinality(0 :d)", "owl:Thing"),
    ("DataMinCardinality(1 :d)", "DataSomeValuesFrom(:d rdfs:Literal)"),
    ("DataMinCardinality(1 :d xsd:string)", "DataSomeValuesFrom(:d xsd:string)"),
    ("DataMaxCardinality(0 :d xsd:string)", "ObjectComplementOf(DataSomeValuesFrom(:d xsd:string))"),
    ("DataExactCardinality(0 :d)", "ObjectComplementOf(DataSomeValuesFrom(:d rdfs:Literal))"),
    ("ObjectMinCardinality(3 :r)", "ObjectMinCardinality(3 :r owl:Thing)"),
]


@pytest.mark.parametrize(("counted", "plain"), SAME_WITHOUT_CARDINALITIES)
def test_cardinalities_that_can_be_said_without(counted: str, plain: str) -> None:
    assert one(f"SubClassOf(:A {counted})") == one(f"SubClassOf(:A {plain})")


def test_keys_have_bare_brackets() -> None:
    assert one("HasKey(:A (:r) (:d :e))") == HasKey(Class(X + "A"), (X + "r",), (X + "d", X + "e"))
    assert one("HasKey(Annotation(:note 'no') :A () (:d))".replace("'", '"')) == HasKey(Class(X + "A"), (), (X + "d",))


def test_punning_is_kept() -> None:
    document = read("Declaration(Class(:A)) Declaration(NamedIndividual(:A)) ClassAssertion(:A :A) SubClassOf(:A :B)")
    assert document.axioms == [ClassAssertion(X + "A", Class(X + "A")), SubClassOf(Class(X + "A"), Class(X + "B"))]


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
    "negative number": ("SubClassOf(:A ObjectMinCardinality(-1 :r))", "t.ofn:4:36", "unexpected character"),
    "no number given": ("SubClassOf(:A ObjectMinCardinality(:r :B))", "t.ofn:4:36", "a whole number"),
    "number of data": ('SubClassOf(:A DataMaxCardinality("1"^^xsd:integer :d))', "t.ofn:4:34", "a whole number"),
    "class for a range": ("DataPropertyRange(:d ObjectComplementOf(:A))", "t.ofn:4:22", "a data range"),
    "individual as number": ("SubClassOf(:A ObjectHasValue(:r 2))", "t.ofn:4:33", "an individual"),
    "value for an individual": ('SameIndividual(:a "b")', "t.ofn:4:19", "an individual"),
    "one individual": ("DifferentIndividuals(:a)", "t.ofn:4:1", "2 or more"),
    "union of one": ("DisjointUnion(:A :B)", "t.ofn:4:1", "3 or more"),
    "union of an expression": ("DisjointUnion(ObjectUnionOf(:A :B) :C :D)", "t.ofn:4:15", "a class"),
    "no key": ("HasKey(:A () ())", "t.ofn:4:1", "has no properties"),
    "loose key": ("HasKey(:A :r :d)", "t.ofn:4:11", "properties in brackets"),
    "ill-typed negative": ('NegativeDataPropertyAssertion(:d :a "x"^^xsd:boolean)', "t.ofn:4:37", "xsd:boolean"),
    "ill-typed token": ('DataPropertyAssertion(:d :a "a  b"^^xsd:token)', "t.ofn:4:29", "xsd:token"),
    "rule without head": ("DLSafeRule(Body())", "t.ofn:4:1", "expected 2"),
    "rule upside down": ("DLSafeRule(Head() Body())", "t.ofn:4:12", "Body(...)"),
    "unknown atom": ("DLSafeRule(Body(Atom(:A)) Head())", "t.ofn:4:17", "an atom of a rule"),
    "atom without end": ("DLSafeRule(Body(ObjectPropertyAtom(:r :a)) Head())", "t.ofn:4:17", "expected 3"),
    "literal in a class atom": ('DLSafeRule(Body(ClassAtom(:A "a")) Head())', "t.ofn:4:30", "a variable or an"),
    "person in a data atom": ("DLSafeRule(Body(DataPropertyAtom(:d :a :b)) Head())", "t.ofn:4:40", "a literal"),
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


@settings(max_examples=times(400), deadline=None)
@given(st.lists(axioms(), max_size=4))
def test_rendered_axioms_are_read_back(found: list[Axiom]) -> None:
    assert read("\n".join(map(render, found))).axioms == found


TOKENS = (
    *("(", ")", "SubClassOf", ":A", ":", "<http://x/A>", '"', '"a"', "^^", "@en", "=", "#", "\n", " ", "_:b", "12"),
    *("ObjectUnionOf", "DataSomeValuesFrom", "Annotation", "Declaration", "Class", "\\", "\x00", "é", "HasKey"),
)


@settings(max_examples=times(300), deadline=None)
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
