"""What is written in Manchester syntax is read as what it was: the project's own writer and hand-made cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import OntologySyntaxError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression, ObjectIntersectionOf, ObjectSomeValuesFrom, ObjectUnionOf
from kgtwin.model.ontology import EntityKind
from kgtwin.model.owl_text import manchester, render_expression
from kgtwin.ontology.manchester import read_expression

KINDS = {
    **{f"C{i}": EntityKind.CLASS for i in range(4)},
    "big cell": EntityKind.CLASS,
    **{f"r{i}": EntityKind.OBJECT_PROPERTY for i in range(3)},
    "has part": EntityKind.OBJECT_PROPERTY,
    "weight": EntityKind.DATA_PROPERTY,
    **{f"i{i}": EntityKind.NAMED_INDIVIDUAL for i in range(3)},
}


def names(name: str, kinds: tuple[EntityKind, ...]) -> tuple[str, EntityKind] | str:
    kind = KINDS.get(name)
    return (f"http://x/{name.replace(' ', '_')}", kind) if kind in kinds and kind else f"nothing is called {name!r}"


def read(text: str) -> ClassExpression:
    return read_expression(text, names)


@pytest.mark.parametrize(
    ("text", "functional"),
    [
        ("C1", "<C1>"),
        ("'big cell'", "<big_cell>"),
        ("C1 and C2 or C3", "ObjectUnionOf(ObjectIntersectionOf(<C1> <C2>) <C3>)"),
        ("C1 and (C2 or C3)", "ObjectIntersectionOf(<C1> ObjectUnionOf(<C2> <C3>))"),
        ("C1 that r1 some C2", "ObjectIntersectionOf(<C1> ObjectSomeValuesFrom(<r1> <C2>))"),
        (
            "r1 some C1 and r2 some C2",
            "ObjectIntersectionOf(ObjectSomeValuesFrom(<r1> <C1>) ObjectSomeValuesFrom(<r2> <C2>))",
        ),
        (
            "r1 some (r2 some (C1 and C2))",
            "ObjectSomeValuesFrom(<r1> ObjectSomeValuesFrom(<r2> ObjectIntersectionOf(<C1> <C2>)))",
        ),
        ("r1 some r2 some C1", "ObjectSomeValuesFrom(<r1> ObjectSomeValuesFrom(<r2> <C1>))"),
        ("r1 only not C1", "ObjectAllValuesFrom(<r1> ObjectComplementOf(<C1>))"),
        ("r1 value i1", "ObjectHasValue(<r1> <i1>)"),
        ("r1 some Self", "ObjectHasSelf(<r1>)"),
        ("r1 Self", "ObjectHasSelf(<r1>)"),
        ("r1 min 2 C1", "ObjectMinCardinality(2 <r1> <C1>)"),
        ("r1 max 0 C1 and C2", "ObjectIntersectionOf(ObjectMaxCardinality(0 <r1> <C1>) <C2>)"),
        ("{i1, i2}", "ObjectOneOf(<i1> <i2>)"),
        ("owl:Nothing", "<http://www.w3.org/2002/07/owl#Nothing>"),
    ],
)
def test_expressions(text: str, functional: str) -> None:
    found = render_expression(read(text)).replace("http://x/", "")
    assert found == functional


def test_data_ranges() -> None:
    assert str(read("weight some decimal[>= 4.5, < 6]")).count("Decimal") == 2
    assert read("weight some xsd:decimal[> 5]") == read("weight some decimal[> 5.0]")
    assert read("weight value 5") == read("weight some {5}")
    assert isinstance(read("weight some integer"), owl.DataSomeValuesFrom)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", 1, "a class"),
        ("C1 and", 7, "unexpected the end"),
        ("C1 C2", 4, "unexpected C2"),
        ("r1 some", 8, "unexpected the end"),
        ("r1", 3, "some, only, value"),
        ("C9", 1, "nothing is called 'C9'"),
        ("(C1", 4, '")"'),
        ("'big cell", 1, "never ends"),
        ("r1 min C1", 8, "a number"),
        ("weight some decimal[about 5]", 21, "a facet"),
        ("weight some decimal[> C1]", 23, "a number"),
        ("r1 value C1", 10, "nothing is called"),
        ("(" * 200 + "C1", 101, "deeper"),
    ],
)
def test_errors_say_where(text: str, place: int, message: str) -> None:
    with pytest.raises(OntologySyntaxError) as raised:
        read(text)
    assert f":1:{place}: " in f"{raised.value}"
    assert message in str(raised.value)


_classes = st.sampled_from([Class(f"http://x/C{i}") for i in range(4)])
_roles = st.sampled_from([f"http://x/r{i}" for i in range(3)])
_expressions = st.recursive(
    _classes,
    lambda inner: st.one_of(
        st.builds(lambda a, b: ObjectIntersectionOf((a, b)), inner, inner),
        st.builds(lambda a, b: ObjectUnionOf((a, b)), inner, inner),
        st.builds(ObjectSomeValuesFrom, _roles, inner),
        st.builds(owl.ObjectAllValuesFrom, _roles, inner),
        st.builds(owl.ObjectComplementOf, inner),
        st.builds(owl.ObjectMinCardinality, st.integers(0, 3), _roles, inner),
    ),
    max_leaves=8,
)


@given(_expressions)
def test_what_is_written_is_read(expression: ClassExpression) -> None:
    text = manchester(expression, lambda iri: iri.removeprefix("http://x/"))
    assert read(text) == expression


def test_strings() -> None:
    found = read('weight value "a \\"b\\""')
    assert isinstance(found, owl.DataSomeValuesFrom)
    assert found.range == owl.Literal('a "b"', "http://www.w3.org/2001/XMLSchema#string")
