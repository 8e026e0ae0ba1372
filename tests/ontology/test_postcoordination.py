"""Compositional grammar: the specification's own examples, spellings, and errors with their place."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    EquivalentClasses,
    Interval,
    Literal,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.ontology.postcoordination import ROLE_GROUP, never_grouped, parse_expression
from kgtwin.vocabulary import SNOMED, XSD
from tests.fuzz import times
from tests.ontology.snomed import named, sctid


def iri(number: int) -> str:
    return SNOMED + sctid(number)


def cls(number: int) -> Class:
    return Class(iri(number))


def some(attribute: int, value: ClassExpression) -> ObjectSomeValuesFrom:
    return ObjectSomeValuesFrom(iri(attribute), value)


def group(*attributes: ClassExpression) -> ObjectSomeValuesFrom:
    return ObjectSomeValuesFrom(ROLE_GROUP, attributes[0] if len(attributes) == 1 else ObjectIntersectionOf(attributes))


def both(*operands: ClassExpression) -> ObjectIntersectionOf:
    return ObjectIntersectionOf(operands)


def read(text: str) -> ClassExpression:
    return parse_expression(named(text)).expression


def test_an_example_of_the_specification() -> None:
    """Its appendix A: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-compositional-grammar-specification."""
    found = parse_expression(
        "=== 3415004 |Cyanosis| + 363696006 |Neonatal cardiovascular disorder| :\n"
        "  246454002 |Occurrence| = 255407002 |Neonatal| ,\n"
        "  363698007 |Finding site| = 113257007 |Structure of cardiovascular system|"
    )
    occurrence = ObjectSomeValuesFrom(SNOMED + "246454002", Class(SNOMED + "255407002"))
    site = ObjectSomeValuesFrom(SNOMED + "363698007", Class(SNOMED + "113257007"))
    cyanosis, disorder = Class(SNOMED + "3415004"), Class(SNOMED + "363696006")
    assert found.equivalent
    assert found.expression == both(cyanosis, disorder, group(occurrence), group(site))


CASES: dict[str, tuple[str, ClassExpression]] = {
    "concept": ("{1}", cls(1)),
    "term": ("  {1} | a term, with = ( marks ) | ", cls(1)),
    "two concepts": ("{1}+{2}", both(cls(1), cls(2))),
    "attribute": ("{1}:{2}={3}", both(cls(1), group(some(2, cls(3))))),
    "braces": ("{1}:{{2}={3},{4}={5}}", both(cls(1), group(some(2, cls(3)), some(4, cls(5))))),
    "two groups": ("{1}:{{2}={3}}{{2}={4}}", both(cls(1), group(some(2, cls(3))), group(some(2, cls(4))))),
    "comma between": ("{1}:{{2}={3}},{{2}={4}}", both(cls(1), group(some(2, cls(3))), group(some(2, cls(4))))),
    "loose, then group": ("{1}:{2}={3},{{2}={4}}", both(cls(1), group(some(2, cls(3))), group(some(2, cls(4))))),
    "loose, no comma": ("{1}:{2}={3} {{2}={4}}", both(cls(1), group(some(2, cls(3))), group(some(2, cls(4))))),
    "nested": ("{1}:{2}=({3}+{4})", both(cls(1), group(some(2, both(cls(3), cls(4)))))),
    "deeper": (
        "{1}:{2}=({3}:{4}={5})",
        both(cls(1), group(some(2, both(cls(3), group(some(4, cls(5))))))),
    ),
    "number": (
        "{1}:{2}=#-2.50",
        both(cls(1), group(DataSomeValuesFrom(iri(2), Interval(Decimal("-2.5"), high=Decimal("-2.5"))))),
    ),
    "text": (r'{1}:{2}="a \"b\" \\ |c|"', both(cls(1), group(DataSomeValuesFrom(iri(2), Literal('a "b" \\ |c|'))))),
    "boolean": ("{1}:{2}=TRUE", both(cls(1), group(DataSomeValuesFrom(iri(2), Literal("true", XSD + "boolean"))))),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_expressions(text: str, expected: ClassExpression) -> None:
    assert read(text) == expected


def test_definition_status() -> None:
    text = named("{1}:{2}={3}")
    whole = both(cls(1), group(some(2, cls(3))))
    assert parse_expression(text).axiom(iri(9)) == EquivalentClasses((cls(9), whole))
    assert parse_expression("===" + text).axiom(iri(9)) == EquivalentClasses((cls(9), whole))
    assert parse_expression("<<< " + text).axiom(iri(9)) == SubClassOf(cls(9), whole)


def test_attributes_that_are_never_grouped_are_learnt() -> None:
    told: list[Axiom] = [
        SubClassOf(cls(1), both(cls(2), some(5, cls(3)), group(some(6, cls(3))))),
        EquivalentClasses((cls(4), DataSomeValuesFrom(iri(7), Interval()))),
    ]
    ungrouped = never_grouped(told)
    assert ungrouped == {iri(5), iri(7)}
    found = parse_expression(named("{1}:{5}={2},{6}={2}"), ungrouped)
    assert found.expression == both(cls(1), some(5, cls(2)), group(some(6, cls(2))))


ERRORS: dict[str, tuple[str, int, str]] = {
    "empty": ("", 1, "a concept's identifier"),
    "word": ("Disease", 1, "identifiers, such as"),
    "check digit": ("64572002", 1, "check digit"),
    "short": ("12345", 1, "6 to 18 digits"),
    "endless term": ("64572001 |Disease", 10, "never ends"),
    "empty term": ("64572001 ||", 10, "an empty term"),
    "endless text": ('64572001:363698007="x', 20, "never ends"),
    "no value": ("64572001:363698007=", 20, "a concept"),
    "no equals": ("64572001:363698007", 19, "'='"),
    "no refinement": ("64572001:", 10, "a concept's identifier"),
    "open group": ("64572001:{363698007=39057004", 29, "'}'"),
    "open bracket": ("64572001:363698007=(39057004", 29, "')'"),
    "comma at the end": ("64572001:363698007=39057004,", 29, "a concept's identifier"),
    "comma after a group": ("64572001:{363698007=39057004},", 31, "a group"),
    "two concepts": ("64572001 39057004", 10, "the end"),
    "leading zero": ("64572001:363698007=#05", 22, "the end"),
    "nested group": ("64572001:{{363698007=39057004}}", 11, "a concept's identifier"),
}


@pytest.mark.parametrize(("text", "column", "says"), ERRORS.values(), ids=ERRORS)
def test_errors_say_where_and_what_to_do(text: str, column: int, says: str) -> None:
    with pytest.raises(OntologySyntaxError) as caught:
        parse_expression(text)
    assert caught.value.where == f"expression:1:{column}"
    assert says in str(caught.value)


def test_deep_nesting_is_a_clear_error() -> None:
    text = named("{1}:{2}=(" * 10_000 + "{1}" + ")" * 10_000)
    with pytest.raises(OntologySyntaxError, match="nest deeper"):
        parse_expression(text)


MARKS = ("{", "}", "(", ")", "=", ",", ":", "+", "===", "<<<", "|a|", "|", '"b"', "#1", "true", " ", "64572001", "1")


@settings(max_examples=times(300), deadline=None)
@given(st.lists(st.sampled_from(MARKS), max_size=12))
def test_nothing_but_a_syntax_error_comes_out(parts: list[str]) -> None:
    try:
        parse_expression("".join(parts))
    except OntologySyntaxError as error:
        where = error.where
    else:
        return
    assert str(where).startswith("expression:1:")
