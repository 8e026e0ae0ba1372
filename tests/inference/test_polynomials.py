"""Ranges of polynomials over boxes, against all corners and against points inside."""

from __future__ import annotations

import ast
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference.equations.formulas import Span, parse, value
from kgtwin.inference.equations.polynomials import Expansion, NotAffine, Polynomial, range_of
from tests.fuzz import times

NAMES = ("x", "y", "z")


def expansion(spans: dict[str, Span], lets: dict[str, ast.expr] | None = None) -> Expansion:
    return Expansion(spans, lets or {}, lambda name: spans[name] in (Span(0.0, 1.0), Span(0.0, 0.0), Span(1.0, 1.0)))


def exact(text: str, **spans: Span) -> Span:
    found = expansion(spans)
    return range_of(found.sum([parse(text)]), found.atoms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x - 0.5 * x", Span(0.0, 0.5)),
        ("x * y - x", Span(-1.0, 1.0)),
        ("(x + 1) * (y + 1) - (y + 1)", Span(0.0, 3.0)),
        ("x / 2 - x", Span(-0.5, 0.0)),
        ("choose(x, 3, 5) - choose(x, 2, 4)", Span(1.0, 1.0)),
        ("y / (y + 1)", Span(0.0, 2.0)),
        ("ln(y + 1) - ln(y + 1)", Span(0.0, 0.0)),
        ("-(x - x)", Span(0.0, 0.0)),
    ],
)
def test_a_range_is_exact_in_what_stands_in_sums_and_products(text: str, expected: Span) -> None:
    found = exact(text, x=Span(0.0, 1.0), y=Span(0.0, 2.0))
    assert [found.low, found.high] == pytest.approx([expected.low, expected.high])


@pytest.mark.parametrize("text", ["y * y", "ln(y) * x", "(x + y) * y"])
def test_what_is_not_affine_is_left_to_others(text: str) -> None:
    with pytest.raises(NotAffine):
        exact(text, x=Span(0.0, 1.0), y=Span(0.0, 2.0))


def test_what_is_inside_an_atom_is_told() -> None:
    found = expansion({"x": Span(0.0, 1.0), "y": Span(1.0, 2.0), "z": Span(1.0, 1.0)})
    found.sum([parse("x * ln(y)"), parse("z ** 0.5")])
    assert (set(found.atoms), found.hidden) == ({"x", "ln(y)"}, {"y"})


def polynomials() -> st.SearchStrategy[Polynomial]:
    monomials = st.frozensets(st.sampled_from(NAMES))
    return st.dictionaries(monomials, st.integers(-5, 5).map(float), max_size=6)


def spans() -> st.SearchStrategy[Span]:
    return st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda p: Span(float(min(p)), float(max(p))))


def at(polynomial: Polynomial, point: dict[str, float]) -> float:
    total = 0.0
    for monomial, factor in polynomial.items():
        product_of = factor
        for name in monomial:
            product_of *= point[name]
        total += product_of
    return total


@settings(max_examples=times(200))
@given(polynomial=polynomials(), box=st.fixed_dictionaries(dict.fromkeys(NAMES, spans())))
def test_the_range_is_that_of_the_corners(polynomial: Polynomial, box: dict[str, Span]) -> None:
    points = product(*((box[name].low, box[name].high) for name in NAMES))
    corners = [at(polynomial, dict(zip(NAMES, point, strict=True))) for point in points]
    assert range_of(polynomial, box) == Span(min(corners), max(corners))


@settings(max_examples=times(100))
@given(data=st.data())
def test_an_expansion_says_what_the_expression_says(data: st.DataObject) -> None:
    texts = ["x * (y - 2) + 3", "choose(z, x, y) * 2 - x / 4", "max(x, y) * z - y", "(x > 1) * y + z", "1 / (x + 9)"]
    text = data.draw(st.sampled_from(texts))
    point = {name: data.draw(st.integers(0, 4)) / (4 if name == "z" else 1) for name in NAMES}
    point["z"] = float(point["z"] > 0.5)
    box = {"x": Span(-4.0, 4.0), "y": Span(-4.0, 4.0), "z": Span(0.0, 1.0)}
    inner = value(parse(text), {name: Span(number, number) for name, number in point.items()}).low
    outer = exact(text, **box)
    assert outer.low - 1e-9 <= inner <= outer.high + 1e-9
