"""The kinds of entities in axioms, told by where they stand."""

from __future__ import annotations

from hypothesis import given, settings

from kgtwin.model.axioms import Axiom, OtherAxiom, Unsupported
from kgtwin.model.ontology import EntityKind
from kgtwin.model.owl_text import render
from kgtwin.ontology import signature
from kgtwin.ontology.syntax import parse
from kgtwin.vocabulary import OWL
from tests.fuzz import times
from tests.ontology.generate import X, axioms

KINDS = {
    "C": EntityKind.CLASS,
    "r": EntityKind.OBJECT_PROPERTY,
    "d": EntityKind.DATA_PROPERTY,
    "i": EntityKind.NAMED_INDIVIDUAL,
    "_": EntityKind.NAMED_INDIVIDUAL,
}


@settings(max_examples=times(300), deadline=None)
@given(axioms())
def test_every_entity_has_the_kind_of_its_place(axiom: Axiom) -> None:
    found = dict(signature.of_axiom(axiom))
    assert all(
        kind is (EntityKind.CLASS if iri.startswith(OWL) else KINDS[iri.removeprefix(X)[0]])
        for iri, kind in found.items()
    )
    if "Inverse" not in (text := render(axiom)) and "Data" not in text and not isinstance(axiom, OtherAxiom):
        told = {part.partition(">")[0] for part in text.split("<")[1:]}
        assert {iri for iri in told if iri.startswith(X)} - {X + "mine"} == {iri for iri in found if iri.startswith(X)}


def test_what_is_outside_has_no_kinds() -> None:
    assert signature.used([OtherAxiom("Nonsense", "Nonsense(<a>)", ("a",))]) == {}
    assert list(signature.of_expression(Unsupported("Nonsense", "Nonsense(<a>)", ("a",)))) == []


def test_the_first_kind_of_a_punned_name_counts() -> None:
    document = parse(b"Ontology(ClassAssertion(<http://x/A> <http://x/A>))", "t").build({})
    assert signature.used(document.axioms) == {"http://x/A": EntityKind.NAMED_INDIVIDUAL}
