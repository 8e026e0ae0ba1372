"""What is written: taxonomies in ELK's shape, ontologies that are read back."""

from __future__ import annotations

from decimal import Decimal

from kgtwin.model.axioms import (
    Axiom,
    Class,
    DataPropertyAssertion,
    EquivalentClasses,
    Interval,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.ontology import signature
from kgtwin.ontology.syntax import parse
from kgtwin.ontology.writer import write_ontology, write_taxonomy
from kgtwin.reasoning import classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

A, B, C, D, U, T = (Class(f"http://x/{name}") for name in "ABCDUT")


def test_a_taxonomy_has_the_shape_and_order_of_elks() -> None:
    """The expected lines are the output of ELK 0.4.3 for the same axioms, without its closing hash comment."""
    axioms: list[Axiom] = [
        SubClassOf(A, ObjectSomeValuesFrom("r", B)),
        EquivalentClasses((C, ObjectSomeValuesFrom("r", B))),
        EquivalentClasses((D, B)),
        SubClassOf(A, D),
        SubClassOf(U, Class(OWL_NOTHING)),
        EquivalentClasses((T, Class(OWL_THING))),
    ]
    assert list(write_taxonomy(classify(axioms, classes=["http://x/Lonely"]))) == [
        "Ontology(",
        "Declaration(Class(<http://x/A>))",
        "Declaration(Class(<http://x/B>))",
        "Declaration(Class(<http://x/C>))",
        "Declaration(Class(<http://x/D>))",
        "Declaration(Class(<http://x/Lonely>))",
        "Declaration(Class(<http://x/T>))",
        "Declaration(Class(<http://x/U>))",
        "EquivalentClasses(<http://www.w3.org/2002/07/owl#Nothing> <http://x/U>)",
        "EquivalentClasses(<http://www.w3.org/2002/07/owl#Thing> <http://x/T>)",
        "EquivalentClasses(<http://x/B> <http://x/D>)",
        "SubClassOf(<http://x/A> <http://x/B>)",
        "SubClassOf(<http://x/A> <http://x/C>)",
        ")",
    ]


def test_an_ontology_is_read_back_with_its_declarations() -> None:
    wide = Interval(low=Decimal(3))
    axioms: list[Axiom] = [SubClassOf(A, B), DataPropertyAssertion("http://x/d", "http://x/i", wide)]
    text = "\n".join(write_ontology(axioms, signature.used(axioms), "http://x/o"))
    document = parse(text.encode(), "t").build({})
    assert document.iri == "http://x/o"
    assert document.declared == signature.used(axioms)
    assert "ClassAssertion" in text
    assert len(document.axioms) == 2
