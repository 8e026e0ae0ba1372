"""A result that was not measured, estimated by an equation of the knowledge, for the checker alone.

Every number is a span (low, high). An expression has numbers, names, ``+ - * / **``, comparisons and `FUNCTIONS`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import product
from typing import Final

from kgtwin import vocabulary as v
from kgtwin.identifiers import to_iri
from kgtwin.model import fact as facts
from kgtwin.model.axioms import Class
from kgtwin.model.clinical import time_of
from kgtwin.model.fact import FactKind
from kgtwin.model.intervals import Interval
from kgtwin.model.proof_document import Conversion, ProofReading
from kgtwin.model.time import duration, latest
from kgtwin.verification.case import PATIENT, Case
from kgtwin.verification.counting import COMPARED, MEASURED, fills, interval, iris, is_in, newest, plausible
from kgtwin.verification.units import conversion, per_mole
from kgtwin.verification.verdict import require

Span = tuple[float, float]
SEXES: Final = {v.FEMALE_PATIENT: (1.0, 1.0), v.MALE_PATIENT: (0.0, 0.0)}
LONGEST: Final = 500
"""Characters of an expression, which bound how deep it nests, too."""


def estimate(case: Case, analyte: str) -> Interval:
    """What the equation makes of the patient's latest results, age and sex, to one decimal place."""
    iri = case.rule.equation or ""
    gives = any(case.is_a(one, analyte) for one in case.said("estimates", iri))
    require(
        gives and case.said("resultUnit", iri) == [case.values[analyte, "canonicalUnit"]], "it gives something else"
    )
    require(not case.said("populationRequires", iri), "whether the equation is made for the patient is not known")
    for kind, _, about in (text.partition("|") for text in case.said("populationExcludes", iri)):
        require(kind.strip() == "condition", "whether the equation is made for the patient is not known")
        listed = case.every((FactKind.CONDITION,))
        present = (one for one in listed if fills(one, v.HAS_NOW, None, case.at, case.lasts(one)))
        kinds = [to_iri(one) for one in about.split()]
        require(not any(case.is_any(iris(one.code), kinds) for one in present), "the equation is made for others")
    require(not _is_measured(case, analyte), "it was measured, and need not be estimated")
    names = _Names(case, iri)
    total = [0.0, 0.0]
    for text in case.said("equationTerm", iri):
        low, high = names.of(text)
        total = [total[0] + low, total[1] + high]
    names["sum"] = (total[0], total[1])
    low, high = names.of((case.said("equationResult", iri) or ["sum"])[0])
    return Interval(_tenths(low), False, _tenths(high), False)


def _tenths(number: float) -> Decimal:
    return Decimal(repr(number)).quantize(Decimal("0.1"))


def _is_measured(case: Case, analyte: str) -> bool:
    """Whether a result of the analyte counts: the latest quantity, if it can be read and has not expired."""
    unit, limit = case.values[analyte, "canonicalUnit"], case.values.get((analyte, "expiresAfter"))
    reading = ProofReading(analyte, unit, tuple(one for one in case.rule.conversions if one.to == unit))
    for one in newest(case.every(MEASURED, [analyte]), case.at):
        if limit and case.at - latest(time_of(one) or "") > duration(limit):
            return False
        if isinstance(one.value, facts.Quantity) and one.value.comparator in COMPARED:
            if not is_in(one.value, unit) and _by(case, one.value.ucum or "", unit, analyte) is None:
                return False
            return interval(one, reading, False).meets(plausible(analyte, case.values))
    return False


def _by(case: Case, unit: str, to: str, analyte: str) -> Conversion | None:
    """How a result of an analyte becomes one in another unit."""
    return conversion(case.rule.conversions, unit, to, per_mole(analyte, case.values))


class _Names(dict[str, Span]):
    """The inputs of an equation, and each ``let`` once it is asked for."""

    def __init__(self, case: Case, iri: str) -> None:
        super().__init__()
        lets = (text.partition("=") for text in case.said("equationLet", iri))
        self._lets = {name.strip(): expression for name, _, expression in lets}
        for text in case.said("equationInput", iri):
            name, kind, about, unit, low, high = (field.strip() for field in text.split("|"))
            found = _input(case, kind, about, unit)
            fits = kind == "sex" or (float(low or -math.inf) <= found[0] and found[1] <= float(high or math.inf))
            require(fits, f"{name} is not one that the equation is meant for")
            self[name] = found

    def __missing__(self, name: str) -> Span:
        self[name] = found = self.of(self._lets[name])
        return found

    def of(self, text: str) -> Span:
        """The span of an expression."""
        require(len(text) <= LONGEST, "an expression is too long")
        low, high = value(ast.parse(text.strip(), mode="eval").body, self)
        require(math.isfinite(low) and math.isfinite(high), "an expression has no finite value")
        return low, high


def _input(case: Case, kind: str, about: str, unit: str) -> Span:
    """What is known of the patient: completed years, 1 for female and 0 for male, a latest result."""
    if kind == "age":
        known = case.numbers(PATIENT, v.HAS_AGE)[0]
        return float(int(known.low)), float(int(known.high))
    if kind == "sex":
        (found,) = [span for iri, span in SEXES.items() if (PATIENT, Class(iri)) in case.given]
        return found
    require(kind == "result", f"an input of kind {kind} is not known")
    kinds = {iri for iri, name in case.values if name == "canonicalUnit"}
    wanted = [kind for one in about.split() for kind in kinds if case.is_a(to_iri(one), kind)]
    for node in case.filling(v.HAS_LATEST_RESULT, wanted):
        for known in case.numbers_in(node, unit):
            low, high = (math.nan if end is None else float(end) for end in (known.low, known.high))
            require(math.isfinite(low) and math.isfinite(high), "a comparator bounds nothing that can be used")
            return low, high
    raise ValueError(f"no result of {about} is proven")


def value(node: ast.expr, names: Mapping[str, Span]) -> Span:
    """What an expression can be, of numbers that lie in spans.

    Raises:
        ValueError: it has something that no expression has, or is not defined.
    """
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number), float(number)
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            low, high = value(operand, names)
            return -high, -low
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            a, b = value(left, names), value(right, names)
            zero = isinstance(op, ast.Div) and b[0] <= 0.0 <= b[1]
            if zero or (isinstance(op, ast.Pow) and a[0] <= 0.0):
                raise ValueError("a divisor or a base may be 0 or less")
            found = [OPERATORS[type(op)](x, y) for x, y in product(a, b)]
            return min(found), max(found)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            (a, b), holds = (value(left, names), value(right, names)), COMPARISONS[type(op)]
            found = [float(holds(x, y)) for x, y in product(a, b)]
            return min(found), max(found)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
            return FUNCTIONS[name](*(value(one, names) for one in given))
    raise ValueError(f"{ast.unparse(node)[:40]} is no expression")


def _rising(function: Callable[[float], float]) -> Callable[[Span], Span]:
    return lambda span: (function(span[0]), function(span[1]))


def _choose(which: Span, yes: Span, no: Span) -> Span:
    if which[0] == which[1]:
        return yes if which[0] else no
    return min(yes[0], no[0]), max(yes[1], no[1])


OPERATORS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
COMPARISONS: Final[dict[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: Final[dict[str, Callable[..., Span]]] = {
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "ln": _rising(math.log),
    "exp": _rising(math.exp),
    "sqrt": _rising(math.sqrt),
    "round": _rising(lambda number: float(math.floor(number + 0.5))),
    "choose": _choose,
}
