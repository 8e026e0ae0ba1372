"""Arithmetic expressions over intervals, for equations that the ontology states as text.

An expression knows numbers, names, ``+ - * / **``, one comparison (1 where it holds, else 0) and the functions of
`FUNCTIONS`. ``choose(c, a, b)`` is ``a`` where ``c`` is 1 and ``b`` where it is 0.

>>> names = {"age": Span(50.0, 60.0), "female": Span(1.0, 1.0)}
>>> value(parse("choose(female, 2, 1) * (age >= 65) + age / 10"), names)
Span(low=5.0, high=6.0)
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import msgspec

MAX_LENGTH = 500
"""How long an expression may be; it also bounds how deep it nests."""
LARGEST = 1e300
KEPT = 10_000
"""Expressions of which it is remembered what they ask for."""


class FormulaError(Exception):
    """A text that is no formula: what is wrong with it, and what was expected."""

    def __init__(self, problem: str, expected: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected


class Span(msgspec.Struct, frozen=True):
    """All numbers from ``low`` to ``high``; one number where the two are equal."""

    low: float
    high: float

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high


EVERYTHING = Span(-math.inf, math.inf)


def parse(text: str) -> ast.expr:
    """An expression out of a text, with nothing in it that `value` does not know.

    Raises:
        FormulaError: if the text is none.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"{len(text)} characters", f"at most {MAX_LENGTH}; give its parts names")
    try:
        found = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        problem = error.msg if isinstance(error, SyntaxError) else error
        raise FormulaError(f"no expression ({problem})", "numbers, names, + - * / ** and functions") from None
    _check(found)
    return found


def _check(node: ast.expr) -> None:
    """That an expression has nothing but what `_value` knows."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and number < LARGEST:
            return
        case ast.Name():
            return
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            parts = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            parts = [left, right]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            parts = [left, right]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if len(parts) == FUNCTIONS.get(name, (-1,))[0]:
            pass
        case _:
            raise FormulaError(
                f"{ast.unparse(node)!r} is not known here", "+ - * / **, one comparison, " + ", ".join(FUNCTIONS)
            )
    for part in parts:
        _check(part)


@lru_cache(maxsize=KEPT)
def names_in(node: ast.expr) -> frozenset[str]:
    """The names that an expression asks for."""
    called = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name) and id(one) not in called)


def hull(spans: Iterable[Span]) -> Span:
    """The narrowest span that holds all of them."""
    found = list(spans)
    return Span(min(one.low for one in found), max(one.high for one in found))


def _corners(a: Span, b: Span, combine: Callable[[float, float], float]) -> Span:
    """What a function that rises or falls in each of two arguments makes of two spans."""
    found = [combine(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return EVERYTHING if any(map(math.isnan, found)) else Span(min(found), max(found))


def plus(a: Span, b: Span) -> Span:
    """The sums of a number of one span and a number of another."""
    return Span(a.low + b.low, a.high + b.high)


def _subtract(a: Span, b: Span) -> Span:
    return Span(a.low - b.high, a.high - b.low)


def times(a: Span, b: Span) -> Span:
    """The products of a number of one span and a number of another."""
    return _corners(a, b, lambda x, y: 0.0 if 0.0 in (x, y) else x * y)


def _divide(a: Span, b: Span) -> Span:
    return EVERYTHING if 0.0 in b else _corners(a, b, lambda x, y: x / y)


def _power(a: Span, b: Span) -> Span:
    """Of a positive base, or of any by a whole exponent above 0."""
    if a.low > 0.0:
        return _corners(a, b, _bounded(math.pow))
    if b.low != b.high or b.low <= 0.0 or b.low % 1 != 0.0:
        return EVERYTHING
    found = _corners(a, b, _bounded(math.pow))
    return hull([found, Span(0.0, 0.0)]) if 0.0 in a else found


def _bounded(function: Callable[..., float]) -> Callable[..., float]:
    """The function, infinite where its result is too large for a number."""

    def call(*numbers: float) -> float:
        try:
            return function(*numbers)
        except OverflowError:
            return math.inf

    return call


def _rising(function: Callable[[float], float], above: float = -math.inf) -> Callable[[Span], Span]:
    """A function that never falls, defined above a number."""
    bounded = _bounded(function)

    def call(span: Span) -> Span:
        return Span(bounded(span.low), bounded(span.high)) if span.low > above else EVERYTHING

    return call


def _choose(condition: Span, yes: Span, no: Span) -> Span:
    if condition.low == condition.high:
        return yes if condition.low else no
    return hull([yes, no])


def _half_up(number: float) -> float:
    return float(math.floor(number + 0.5)) if math.isfinite(number) else number


FUNCTIONS: dict[str, tuple[int, Callable[..., Span]]] = {
    "min": (2, lambda a, b: Span(min(a.low, b.low), min(a.high, b.high))),
    "max": (2, lambda a, b: Span(max(a.low, b.low), max(a.high, b.high))),
    "ln": (1, _rising(math.log, above=0.0)),
    "exp": (1, _rising(math.exp)),
    "sqrt": (1, _rising(math.sqrt, above=0.0)),
    "round": (1, _rising(_half_up)),
    "choose": (3, _choose),
}
"""By name, how many arguments a function takes, and the function; ``round`` rounds halves up."""

OPERATORS: dict[type[ast.operator], Callable[[Span, Span], Span]] = {
    ast.Add: plus,
    ast.Sub: _subtract,
    ast.Mult: times,
    ast.Div: _divide,
    ast.Pow: _power,
}


def _below(a: Span, b: Span) -> Span:
    return Span(float(a.high < b.low), float(a.low < b.high))


def _at_most(a: Span, b: Span) -> Span:
    return Span(float(a.high <= b.low), float(a.low <= b.high))


COMPARISONS: dict[type[ast.cmpop], Callable[[Span, Span], Span]] = {
    ast.Lt: _below,
    ast.LtE: _at_most,
    ast.Gt: lambda a, b: _below(b, a),
    ast.GtE: lambda a, b: _at_most(b, a),
}


def value(node: ast.expr, names: Mapping[str, Span]) -> Span:
    """What an expression is, for numbers that are known to lie in spans."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return Span(float(number), float(number))
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(operand=operand):
            return _subtract(Span(0.0, 0.0), value(operand, names))
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](value(left, names), value(right, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return COMPARISONS[type(op)](value(left, names), value(right, names))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name][1](*(value(one, names) for one in arguments))
    raise AssertionError(ast.dump(node))  # parse lets nothing else through
