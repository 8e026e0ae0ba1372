"""The exact range of a sum whose terms share what is not known.

Interval arithmetic forgets that two terms speak of one number: ``x - 0.5 * x`` for x from 0 to 1 becomes -0.5 to 1.
Here a sum is multiplied out into a polynomial over *atoms*: open inputs, and whole subexpressions that are no sum or
product of others (``ln(x)``, ``max(x, 1)``, ``1 / x``). Where no monomial has an atom twice, the polynomial is affine
in each atom, so that its least and largest value over a box lie at corners of it: that range is exact for the box, and
the range over a smaller box lies within it. Two atoms that depend on one input count as independent, which only widens.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from kgtwin.inference.equations.formulas import KEPT, Span, names_in, plus, times, value

Monomial = frozenset[str]
Polynomial = dict[Monomial, float]


class NotAffine(Exception):  # noqa: N818 - no failure: another way is taken
    """An atom stands twice in a monomial, or has no finite ends."""


class Expansion:
    """Multiplies expressions out. ``spans`` has inputs and lets; ``is_answer`` tells the inputs that are 0 or 1.

    ``atoms`` are those met so far, ``hidden`` the open names inside atoms that are more than a name.
    """

    def __init__(
        self, spans: Mapping[str, Span], lets: Mapping[str, ast.expr], is_answer: Callable[[str], bool]
    ) -> None:
        self._spans, self._lets, self._is_answer = spans, lets, is_answer
        self.atoms: dict[str, Span] = {}
        self.hidden: set[str] = set()

    def sum(self, terms: Iterable[ast.expr]) -> Polynomial:
        """The sum of expressions, multiplied out.

        Raises:
            NotAffine: if it is not affine in each atom.
        """
        total: Polynomial = {}
        for term in terms:
            total = _plus(total, self._of(term))
        return total

    def _of(self, node: ast.expr) -> Polynomial:  # noqa: PLR0911 - one form a case
        match node:
            case ast.Constant(value=int() | float() as number):
                return {frozenset(): float(number)}
            case ast.Name(id=name) if name in self._lets:
                return self._of(self._lets[name])
            case ast.UnaryOp(operand=operand):
                return _scaled(self._of(operand), -1.0)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _plus(self._of(left), self._of(right))
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return _plus(self._of(left), _scaled(self._of(right), -1.0))
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return _times(self._of(left), self._of(right))
            case ast.BinOp(left=left, op=ast.Div(), right=right) if not _is_one(left):
                return _times(self._of(left), self._of(_inverse(right)))
            case ast.Call(func=ast.Name(id="choose"), args=[condition, yes, no]) if self._is_question(condition):
                chosen = self._of(condition)
                rest = _plus({frozenset(): 1.0}, _scaled(chosen, -1.0))
                return _plus(_times(chosen, self._of(yes)), _times(rest, self._of(no)))
        return self._atom(node)

    def _is_question(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Compare) or (isinstance(node, ast.Name) and self._is_answer(node.id))

    def _atom(self, node: ast.expr) -> Polynomial:
        span = value(node, self._spans)
        if span.low == span.high and math.isfinite(span.low):
            return {frozenset(): span.low}
        if not (math.isfinite(span.low) and math.isfinite(span.high)):
            raise NotAffine
        key = _text(node)
        self.atoms[key] = span
        if not isinstance(node, ast.Name):
            self.hidden |= names_in(node)
        return {frozenset({key}): 1.0}


_text = lru_cache(maxsize=KEPT)(ast.unparse)


@lru_cache(maxsize=KEPT)
def _inverse(node: ast.expr) -> ast.expr:
    return ast.BinOp(ast.Constant(1), ast.Div(), node)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _plus(one: Polynomial, other: Polynomial) -> Polynomial:
    total = dict(one)
    for monomial, factor in other.items():
        total[monomial] = total.get(monomial, 0.0) + factor
    return total


def _scaled(one: Polynomial, factor: float) -> Polynomial:
    return {monomial: factor * coefficient for monomial, coefficient in one.items()}


def _times(one: Polynomial, other: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for left, a in one.items():
        for right, b in other.items():
            if left & right and a and b:
                raise NotAffine
            total[left | right] = total.get(left | right, 0.0) + a * b
    return total


def range_of(polynomial: Polynomial, atoms: Mapping[str, Span]) -> Span:
    """The least and the largest value over a box, exactly.

    >>> range_of({frozenset("x"): 1.0, frozenset("xy"): -0.5}, {"x": Span(0.0, 1.0), "y": Span(1.0, 1.5)})
    Span(low=0.0, high=0.5)
    """
    return Span(0.0 - _largest(_scaled(polynomial, -1.0), atoms), _largest(polynomial, atoms))


def _largest(polynomial: Polynomial, atoms: Mapping[str, Span]) -> float:
    """The largest value: an atom with a slope of one sign goes to one end, of others both ends are tried."""
    names = sorted({name for monomial in polynomial for name in monomial})
    undecided = []
    for name in names:
        slope = _hull(_slope(polynomial, name), atoms)
        if slope.low >= 0.0 or slope.high <= 0.0:
            end = atoms[name].high if slope.low >= 0.0 else atoms[name].low
            return _largest(_fixed(polynomial, name, end), atoms)
        undecided.append(name)
    if not undecided:
        return sum(polynomial.values())
    span = atoms[undecided[0]]
    return max(_largest(_fixed(polynomial, undecided[0], end), atoms) for end in (span.low, span.high))


def _slope(polynomial: Polynomial, name: str) -> Polynomial:
    return {monomial - {name}: factor for monomial, factor in polynomial.items() if name in monomial}


def _fixed(polynomial: Polynomial, name: str, number: float) -> Polynomial:
    """The polynomial with one atom at a value."""
    total: Polynomial = {}
    for monomial, factor in polynomial.items():
        rest = monomial - {name}
        total[rest] = total.get(rest, 0.0) + (factor * number if name in monomial else factor)
    return total


def _hull(polynomial: Polynomial, atoms: Mapping[str, Span]) -> Span:
    """A span that holds all values, by interval arithmetic."""
    total = Span(0.0, 0.0)
    for monomial, factor in polynomial.items():
        one = Span(factor, factor)
        for name in monomial:
            one = times(one, atoms[name])
        total = plus(total, one)
    return total
