"""Axioms as text and back: what was written is read as the same."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologySyntaxError
from kgtwin.inference import Knowledge
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, OtherAxiom
from kgtwin.model.meaning import form, says
from kgtwin.model.owl_reading import LONGEST, MOST_NESTED, read_axiom
from kgtwin.model.owl_text import render
from tests.fuzz import times
from tests.reasoning.comparing import BEYOND, EL, NOMINALS
from tests.reasoning.generate import Shape
from tests.reasoning.justifying import of_shape

SHAPES = EL | NOMINALS | BEYOND


def test_every_axiom_of_the_shipped_ontology(knowledge: Knowledge) -> None:
    axioms = [one for one in knowledge.ontology.axioms if not isinstance(one, OtherAxiom)]
    assert [one for one in axioms if read_axiom(render(one)) != one] == []
    assert len(axioms) > 5_000


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=times(20), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_generated_axioms(shape: Shape, seed: int) -> None:
    """The same inclusions; what is read is written as it was (no value at all has more than one spelling)."""
    for axiom in of_shape(seed, shape)[0]:
        again = read_axiom(render(axiom))
        assert says(again) == says(axiom)
        assert read_axiom(render(again)) == again


def test_keys_and_rules() -> None:
    rules: list[Axiom] = [
        owl.HasKey(owl.Class("http://x/A"), ("http://x/r",), ("http://x/d",)),
        owl.DLSafeRule(
            (owl.ClassAtom(owl.Class("http://x/A"), owl.Variable("urn:x")), owl.BuiltInAtom("http://x/b", ())),
            (owl.ObjectPropertyAtom("http://x/r", owl.Variable("urn:x"), "http://x/a"),),
        ),
        owl.DisjointUnion("http://x/A", (owl.Class("http://x/B"), owl.Class("http://x/C"))),
        owl.SubObjectPropertyOf(("http://x/r", "http://x/s"), "http://x/t"),
        owl.ClassAssertion("_:b", owl.ObjectMinCardinality(2, "http://x/r", owl.Class("http://x/B"))),
    ]
    assert [read_axiom(render(one)) for one in rules] == rules


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "SubClassOf",
        "<http://x/A>",
        "SubClassOf(<http://x/A> <http://x/B>",
        "SubClassOf(<http://x/A> <http://x/B>))",
        "SubClassOf(<http://x/A> <http://x/B>) SubClassOf(<http://x/A> <http://x/B>)",
        'SubClassOf(<http://x/A> "B)',
        "SubClassOf(x:A <http://x/B>)",
        "SubClassOf(<http://x/ A> <http://x/B>)",
        "SubClassOf(5 <http://x/B>)",
        "(" * 10_000,
        "ObjectComplementOf(" * (MOST_NESTED + 1),
        "SubClassOf(" + " " * LONGEST + "<http://x/A> <http://x/B>)",
    ],
)
def test_what_is_no_axiom(text: str) -> None:
    with pytest.raises(OntologySyntaxError):
        read_axiom(text)


def test_what_is_not_understood_stays_as_it_is_written() -> None:
    text = "SubObjectPropertyOf(ObjectInverseOf(<http://x/r>) <http://x/s>)"
    assert read_axiom(text) == OtherAxiom("SubObjectPropertyOf", text)
    inverse = "ObjectSomeValuesFrom(ObjectInverseOf(<http://x/r>) <http://x/B>)"
    found = read_axiom(f"SubClassOf({inverse} <http://x/A>)")
    assert found == owl.SubClassOf(owl.Unsupported("ObjectInverseOf", inverse), owl.Class("http://x/A"))


@settings(max_examples=times(300), deadline=None)
@given(text=st.text(alphabet='SubClasOf()<>"\\^@ _:ax/5', max_size=60))
def test_any_text_is_an_axiom_or_an_error(text: str) -> None:
    with suppress(OntologySyntaxError):
        assert render(read_axiom(text))


def test_forms_do_not_mind_how_it_is_written() -> None:
    a, b, c = (owl.Class(f"http://x/{name}") for name in "ABC")
    both = owl.ObjectIntersectionOf
    assert form(both((a, both((b, c)), a))) == form(both((c, b, a)))
    assert form(owl.ObjectHasValue("r", "i")) == form(owl.ObjectSomeValuesFrom("r", owl.ObjectOneOf(("i",))))
    assert form(owl.ObjectMaxCardinality(0, "r", a)) == form(owl.ObjectComplementOf(owl.ObjectSomeValuesFrom("r", a)))
    assert form(owl.ObjectUnionOf((a, b))) != form(both((a, b)))
    assert form(owl.ObjectMinCardinality(2, "r", a)) != form(owl.ObjectSomeValuesFrom("r", a))
