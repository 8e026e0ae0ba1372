"""Equations out of an ontology: what is refused, what is missing, and arithmetic that never leaves the truth out."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, UsageError
from kgtwin.inference.equations.definitions import Equation, Estimate, equations, evaluate
from kgtwin.inference.equations.formulas import FUNCTIONS, FormulaError, Span, names_in, parse, value
from kgtwin.ontology.loader import load
from tests.fuzz import times

HEAD = """Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Ontology(<https://w3id.org/kgtwin/ontology/made>
Declaration(Class(:Made))
AnnotationAssertion(rdfs:label :Made "Made"@en)
"""
GOOD = [
    ("equationInput", "age|age||a|18|100"),
    ("equationInput", "dose|result|loinc:2160-0|mg/dL|0|10"),
    ("equationInput", "yes|condition|kgtwin:Made|||"),
    ("equationInput", "free|result|loinc:2160-0|mg/dL||"),
    ("equationLet", "half = dose / 2"),
    ("equationTerm", "choose(yes, half, dose)"),
    ("equationTerm", "age * 0.1"),
    ("equationTerm", "free"),
    ("equationResult", "sum + 1"),
    ("equationExample", "age=20 dose=4 yes=1 free=0|5|0.01|by hand"),
]


def made(folder: Path, annotations: list[tuple[str, str]]) -> Equation:
    lines = [f'AnnotationAssertion(:{name} :Made "{text}")' for name, text in annotations]
    file = folder / "made.ofn"
    file.write_text(HEAD + "\n".join(lines) + "\n)\n", encoding="utf-8")
    (found,) = equations(load(file)).values()
    return found


def changed(old: str, *new: str) -> list[tuple[str, str]]:
    """The annotations with one left out and others added."""
    return [
        *((n, t) for n, t in GOOD if f"{n} {t}" != old),
        *((n, t) for n, _, t in (one.partition(" ") for one in new)),
    ]


def test_an_equation_is_read_and_evaluated(tmp_path: Path) -> None:
    one = made(tmp_path, GOOD)
    (example,) = one.examples
    assert (one.label, one.unit, example.source) == ("Made", "1", "by hand")
    assert evaluate(one, example.values).value == example.result
    assert evaluate(one, {"age": 20, "dose": 4, "yes": 0, "free": 0}).value == 7


def test_what_is_missing_makes_a_range(tmp_path: Path) -> None:
    one = made(tmp_path, GOOD)
    assert evaluate(one, {"age": 20, "dose": 4, "free": 0}) == Estimate(Span(5.0, 7.0), ("yes",))
    assert evaluate(one, {"age": 20, "yes": 0, "free": 0}) == Estimate(Span(3.0, 13.0), ("dose",))
    assert evaluate(one, {"age": 20, "dose": Span(2.0, 4.0), "yes": 0, "free": 0}) == Estimate(Span(5.0, 7.0))


def test_what_is_missing_without_limits_leaves_no_result(tmp_path: Path) -> None:
    assert evaluate(made(tmp_path, GOOD), {"age": 20, "dose": 4, "yes": 0}) == Estimate(None, ("free",))


@pytest.mark.parametrize("age", [17, 101, Span(90.0, 110.0), Span(50.0, math.inf)])
def test_a_value_outside_the_limits_leaves_no_result(tmp_path: Path, age: float | Span) -> None:
    found = evaluate(made(tmp_path, GOOD), {"age": age, "dose": 4, "yes": 0, "free": 0})
    assert found == Estimate(None, (), ("age",))


@pytest.mark.parametrize("age", [18, 100])
def test_the_limits_themselves_are_inside(tmp_path: Path, age: float) -> None:
    assert evaluate(made(tmp_path, GOOD), {"age": age, "dose": 4, "yes": 0, "free": 0}).value is not None


def test_an_unknown_name_and_no_number_are_refused(tmp_path: Path) -> None:
    one = made(tmp_path, GOOD)
    with pytest.raises(UsageError, match=r"has no input 'weight'; expected one of age, dose, yes, free"):
        evaluate(one, {"weight": 70})
    with pytest.raises(UsageError, match="expected a number"):
        evaluate(one, {"age": math.nan})


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        (changed("", "equationTerm age +"), "equationTerm 'age \\+': no expression"),
        (changed("", "equationTerm age.real"), "'age.real' is not known here"),
        (changed("", "equationTerm open(age)"), "'open\\(age\\)' is not known here"),
        (changed("", "equationTerm ln(age, 2)"), "not known here"),
        (changed("", "equationTerm ln(x=age)"), "not known here"),
        (changed("", "equationTerm 1 < age < 2"), "not known here"),
        (changed("", "equationTerm age == 2"), "not known here"),
        (changed("", "equationTerm age and dose"), "not known here"),
        (changed("", "equationTerm age // 2"), "not known here"),
        (changed("", "equationTerm True"), "not known here"),
        (changed("", "equationTerm 'age'"), "not known here"),
        (changed("", "equationTerm [age][0]"), "not known here"),
        (changed("", "equationTerm weight"), "names weight; expected an equationInput or equationLet each"),
        (changed("", "equationTerm sum"), "names sum"),
        (changed("equationResult sum + 1", "equationResult weight"), "names weight"),
        (changed("equationTerm free"), "never uses free, and no limits make it a condition"),
        (changed("", "equationLet half = 1"), "names half twice; remove one of the two"),
        (changed("", "equationInput age|age||a|1|2"), "names age twice"),
        (changed("", "equationLet = 1"), "no name; expected name = expression"),
        (changed("", "equationLet a = b", "equationLet b = a"), "a rests on itself"),
        (changed("", "equationInput x|result|loinc:1-8|mg|1"), "5 fields; expected name\\|kind"),
        (changed("", "equationInput x|guess|||1|2"), "kind 'guess'; expected one of age, answer"),
        (changed("", "equationInput x|age|||old|2"), "'old' is no number"),
        (changed("", "equationInput x|age|||inf|2"), "'inf' is no number"),
        (changed("", "equationInput x|age|||2|1"), "the limits hold no number between them"),
        (changed("", "equationExample age=young|1|0|by hand"), "'young' is no number"),
        (changed("", "equationExample age=1|1|0"), "3 fields"),
    ],
)
def test_a_wrong_annotation_is_refused_by_name(
    tmp_path: Path, annotations: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(OntologyError, match=f"kgtwin:Made: .*{message}"):
        made(tmp_path, annotations)


def test_an_input_that_only_limits_is_allowed(tmp_path: Path) -> None:
    one = made(tmp_path, changed("equationTerm age * 0.1"))
    assert evaluate(one, {"age": 20, "dose": 4, "yes": 1, "free": 0}).value == 3
    assert evaluate(one, {"age": 10, "dose": 4, "yes": 1, "free": 0}).outside == ("age",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * 4 - 1", 13),
        ("-2 ** 2", -4),
        ("7 / 2", 3.5),
        ("round(2.5) + round(-2.5)", 1),
        ("min(1, 2) + max(1, 2)", 3),
        ("exp(ln(5))", 5),
        ("sqrt(16)", 4),
        ("(2 < 3) + (3 <= 3) + (3 > 3) + (3 >= 3)", 3),
        ("choose(2 > 1, 5, 6) + choose(1 > 2, 5, 6)", 11),
        ("9 ** 0.5", 3),
        ("(0 - 3) ** 2", 9),
    ],
)
def test_arithmetic(text: str, expected: float) -> None:
    found = value(parse(text), {})
    assert found.low == found.high == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x - x", Span(-3.0, 3.0)),
        ("x * x", Span(-2.0, 4.0)),
        ("x ** 2", Span(0.0, 4.0)),
        ("x < 1", Span(0.0, 1.0)),
        ("x > 5", Span(0.0, 0.0)),
        ("x >= -1", Span(1.0, 1.0)),
        ("choose(x > 1, 10, 20)", Span(10.0, 20.0)),
        ("1 / x", Span(-math.inf, math.inf)),
        ("ln(x)", Span(-math.inf, math.inf)),
        ("x ** 0.5", Span(-math.inf, math.inf)),
        ("exp(x * 1000)", Span(0.0, math.inf)),
        ("0 * (1 / x)", Span(0.0, 0.0)),
    ],
)
def test_arithmetic_with_spans(text: str, expected: Span) -> None:
    assert value(parse(text), {"x": Span(-1.0, 2.0)}) == expected


def test_names_are_those_asked_for_and_no_functions() -> None:
    assert set(names_in(parse("min(a, b) + choose(c, 1, ln(d))"))) == set("abcd")


def test_a_formula_error_says_what_is_known() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("sin(x)")
    assert all(name in caught.value.expected for name in FUNCTIONS)


@pytest.mark.parametrize("text", ["(" * 250 + "x" + ")" * 250, "x" + "+x" * 300, "9" * 400, "1\0", "x" * 501])
def test_what_is_too_long_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse(text)


@pytest.mark.parametrize("text", ["(" * 150 + "x" + ")" * 150, "x" + "+x" * 249, "-" * 400 + "x"])
def test_what_is_just_short_enough_is_evaluated(text: str) -> None:
    assert value(parse(text), {"x": Span(1.0, 1.0)}).low in {1.0, 250.0}


def expressions() -> st.SearchStrategy[str]:
    """Texts over the names a, b and c."""
    leaves = st.sampled_from(["a", "b", "c"]) | st.floats(0.1, 5).map(lambda n: f"{n:.3f}")
    return st.recursive(leaves, _larger, max_leaves=8)


def _larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(parts, st.sampled_from(["+", "-", "*", "/", "<", "<=", ">", ">="]), parts)
    calls = st.tuples(st.sampled_from(["min", "max"]), parts, parts)
    ones = st.tuples(st.sampled_from(["exp", "round", "ln", "sqrt"]), parts)
    return (
        pairs.map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | calls.map(lambda p: f"{p[0]}({p[1]}, {p[2]})")
        | ones.map(lambda p: f"{p[0]}({p[1]})")
        | st.tuples(parts, parts, parts).map(lambda p: f"choose({p[0]} > 1, {p[1]}, {p[2]})")
        | parts.map(lambda p: f"({p} ** 2)")
    )


@settings(max_examples=times(150))
@given(text=expressions(), data=st.data())
def test_a_span_holds_every_value_that_its_numbers_make(text: str, data: st.DataObject) -> None:
    spans: dict[str, Span] = {}
    points: dict[str, Span] = {}
    for name in "abc":
        low, high = sorted(data.draw(st.tuples(st.floats(-3, 6), st.floats(-3, 6))))
        one = data.draw(st.floats(low, high))
        spans[name], points[name] = Span(low, high), Span(one, one)
    inner, outer = value(parse(text), points), value(parse(text), spans)
    slack = 1e-9 * max(1.0, abs(inner.low)) if math.isfinite(inner.low) else 0.0
    assert outer.low - slack <= inner.low
    assert inner.high <= outer.high + slack
