"""Published equations and scores as the ontology states them, evaluated over what is known of a patient.

An equation is a class with annotations (``ontologies/risks.ofn``); no coefficient stands in Python. Every value is an
interval. A missing input spans the limits that the equation states for it, so what comes out is a range in which the
true result surely lies; where an input has no limits and matters, there is no result, only the list of what is missing.

The expressions are those of `kgtwin.inference.equations.formulas`.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TypeVar

import msgspec

from kgtwin.errors import OntologyError, UsageError
from kgtwin.identifiers import to_curie
from kgtwin.inference.equations.fields import fields, limits, number, read
from kgtwin.inference.equations.formulas import FormulaError, Span, hull, names_in, parse, plus, value
from kgtwin.inference.equations.polynomials import Expansion, NotAffine, Polynomial, range_of
from kgtwin.model.ontology import Ontology
from kgtwin.vocabulary import kgtwin

TERM = kgtwin("equationTerm")
ASKED_OF = frozenset({"condition", "history", "family", "firstDegree", "medicine", "pastMedicine", "behaviour"})
"""Kinds of inputs that ask whether a patient has, had, does or takes something of a class."""
YES_OR_NO = ASKED_OF | {"sex", "answer"}
T = TypeVar("T")
KINDS = YES_OR_NO | {"age", "result"}
ANYTHING = Span(-math.inf, math.inf)
ANSWER = Span(0.0, 1.0)


class Input(msgspec.Struct, frozen=True):
    """What an equation needs: a result in ``unit``, an age in years, or 1 for yes and 0 for no.

    ``about`` are the codes or classes of which any will do; ``limits`` the values that the equation is meant for.
    """

    name: str
    kind: str
    about: tuple[str, ...]
    unit: str
    limits: Span


class Criterion(msgspec.Struct, frozen=True):
    """Who an equation is, or is not, made for: whoever has, had, does or takes any of the classes ``about``."""

    kind: str
    about: tuple[str, ...]


class Example(msgspec.Struct, frozen=True):
    """Values, the result that ``source`` gives for them, and how far off one may be by its rounding."""

    values: dict[str, float]
    result: float
    tolerance: float
    source: str


class Equation(msgspec.Struct, frozen=True, kw_only=True):
    """An equation as the ontology states it: the sum of ``terms``, put into ``result`` under the name ``sum``.

    ``excludes`` and ``requires`` say for whom it was made beyond the limits of its inputs; ``estimates`` are the
    classes of results that it gives.
    """

    iri: str
    label: str
    unit: str
    inputs: dict[str, Input]
    lets: dict[str, ast.expr]
    terms: tuple[ast.expr, ...]
    result: ast.expr
    examples: tuple[Example, ...] = ()
    excludes: tuple[Criterion, ...] = ()
    requires: tuple[Criterion, ...] = ()
    estimates: tuple[str, ...] = ()


class Estimate(msgspec.Struct, frozen=True):
    """What came out. ``span`` is None where too much is missing or a value lies outside the equation's limits.

    ``missing`` are the inputs that were not given, ``outside`` those whose value the equation is not meant for.
    """

    span: Span | None
    missing: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    @property
    def value(self) -> float | None:
        """The one number that came out, None for a range or nothing."""
        return self.span.low if self.span is not None and self.span.low == self.span.high else None


def equations(ontology: Ontology) -> dict[str, Equation]:
    """Every class with an ``equationTerm``, by IRI.

    Raises:
        OntologyError: if an annotation of one cannot be read; it names the equation and the annotation.
    """
    return {
        iri: _equation(ontology, iri)
        for iri, found in ontology.annotations.items()
        if any(one.property == TERM for one in found)
    }


class Sums:
    """What sums of an equation's terms came to, by the terms and by what their inputs were."""

    def __init__(self, equation: Equation) -> None:
        self.asked = [(term, _asked(term, equation.lets) & equation.inputs.keys()) for term in equation.terms]
        self.known: dict[tuple[object, ...], Span] = {}


def evaluate(equation: Equation, values: Mapping[str, float | Span], sums: Sums | None = None) -> Estimate:
    """The result for what is known; a ``Span`` says that a value is only known to lie in it.

    ``sums`` are kept from one evaluation of an equation to the next one: what does not ask for that which changed in
    between is not worked out again.

    Raises:
        UsageError: if a value has a name that the equation does not know, or is no number.
    """
    known = _known(equation, values)
    missing = tuple(name for name in equation.inputs if name not in known)
    outside = tuple(name for name, span in known.items() if not _fits(span, equation.inputs[name].limits))
    if outside:
        return Estimate(None, missing, outside)
    found = _result(equation, known, Sums(equation) if sums is None else sums)
    finite = math.isfinite(found.low) and math.isfinite(found.high)
    return Estimate(found if finite else None, missing)


def _known(equation: Equation, values: Mapping[str, float | Span]) -> dict[str, Span]:
    known = {name: one if isinstance(one, Span) else Span(float(one), float(one)) for name, one in values.items()}
    for name, span in known.items():
        if name not in equation.inputs:
            names = ", ".join(equation.inputs)
            raise UsageError(f"{to_curie(equation.iri)} has no input {name!r}", expected=f"one of {names}")
        if not span.low <= span.high:
            raise UsageError(f"{name} of {to_curie(equation.iri)} is {span.low} to {span.high}", expected="a number")
    return known


def _fits(span: Span, limits: Span) -> bool:
    """Whether a value is surely one that the equation is meant for."""
    return limits.low <= span.low and span.high <= limits.high


def _result(equation: Equation, known: dict[str, Span], sums: Sums) -> Span:
    """The result of what is known, a span where something is open.

    Terms that share nothing open are added up apart. Where the result itself asks an open question, it is answered
    both ways, and all are together.
    """
    spans = {name: known.get(name, one.limits) for name, one in equation.inputs.items()}
    open_ones = {name for name, span in spans.items() if span.low != span.high}
    questions = {name for name in open_ones if equation.inputs[name].kind in YES_OR_NO}
    if asked := questions & _asked(equation.result, equation.lets):
        return hull(_of_sum(equation, case, _total(equation, case, open_ones, sums)) for case in _cases(spans, asked))
    return _of_sum(equation, spans, _total(equation, spans, open_ones, sums))


def _cases(spans: dict[str, Span], questions: set[str]) -> Iterator[dict[str, Span]]:
    """The spans with each combination of answers to some yes-or-no questions."""
    for answers in product((0.0, 1.0), repeat=len(questions)):
        yield spans | {name: Span(one, one) for name, one in zip(sorted(questions), answers, strict=True)}


def _total(equation: Equation, spans: dict[str, Span], open_ones: set[str], sums: Sums) -> Span:
    total = Span(0.0, 0.0)
    for terms, inputs in _groups(sums, {name for name in open_ones if spans[name].low != spans[name].high}):
        key = (*terms, *((name, spans[name]) for name in sorted(inputs)))
        if key not in sums.known:
            open_here = {name for name in inputs if spans[name].low != spans[name].high}
            sums.known[key] = _sum(terms, equation, spans, open_here)
        total = plus(total, sums.known[key])
    return total


def _groups(sums: Sums, open_ones: set[str]) -> Iterator[tuple[list[ast.expr], set[str]]]:
    """The terms that something open joins, with what they ask for; those without anything open are one group."""
    groups: list[tuple[list[ast.expr], set[str], set[str]]] = []
    for term, asked in sums.asked:
        terms, inputs, names = [term], asked, open_ones & asked
        apart = []
        for group in groups:
            if group[2] & names or not (group[2] or names):
                terms, inputs, names = group[0] + terms, group[1] | inputs, group[2] | names
            else:
                apart.append(group)
        groups = [*apart, (terms, inputs, names)]
    yield from ((terms, inputs) for terms, inputs, _ in groups)


def _sum(terms: list[ast.expr], equation: Equation, spans: dict[str, Span], open_ones: set[str]) -> Span:
    """The sum of some terms: exact in what stands alone in sums and products, questions elsewhere answered both ways.

    Of a sum that is not affine in its parts, all open questions are answered both ways.
    """
    if not open_ones:
        return _plain_sum(terms, equation, spans)
    questions = {name for name in open_ones if equation.inputs[name].kind in YES_OR_NO}
    try:
        hidden = _expanded(terms, equation, spans)[1].hidden
        cases = _cases(spans, questions & {one for name in hidden for one in _reach(name, equation.lets)})
        found = [_expanded(terms, equation, case) for case in cases]
        return hull(range_of(polynomial, expansion.atoms) for polynomial, expansion in found)
    except NotAffine:
        return hull(_plain_sum(terms, equation, case) for case in _cases(spans, questions))


def _expanded(terms: list[ast.expr], equation: Equation, spans: dict[str, Span]) -> tuple[Polynomial, Expansion]:
    expansion = Expansion(_Names(equation, spans), equation.lets, lambda name: _is_answer(equation, name))
    return expansion.sum(terms), expansion


def _is_answer(equation: Equation, name: str) -> bool:
    return name in equation.inputs and equation.inputs[name].kind in YES_OR_NO


def _plain_sum(terms: Iterable[ast.expr], equation: Equation, spans: dict[str, Span]) -> Span:
    names = _Names(equation, spans)
    total = Span(0.0, 0.0)
    for term in terms:
        total = plus(total, value(term, names))
    return total


def _asked(node: ast.expr, lets: dict[str, ast.expr]) -> set[str]:
    """The names that an expression asks for, and those that its lets do."""
    return {one for name in names_in(node) for one in _reach(name, lets)}


def _reach(name: str, lets: dict[str, ast.expr]) -> set[str]:
    """A name and, of a let, all that it rests on."""
    if name not in lets:
        return {name}
    rest = {name} | _reached(name, lets)
    return rest | {one for let in rest for one in names_in(lets[let])}


def _of_sum(equation: Equation, spans: dict[str, Span], total: Span) -> Span:
    names = _Names(equation, spans)
    names["sum"] = total
    return value(equation.result, names)


class _Names(dict[str, Span]):
    """The inputs, and each ``let`` once it is asked for."""

    def __init__(self, equation: Equation, spans: dict[str, Span]) -> None:
        super().__init__(spans)
        self._lets = equation.lets

    def __missing__(self, name: str) -> Span:
        self[name] = found = value(self._lets[name], self)
        return found


def _equation(ontology: Ontology, iri: str) -> Equation:
    where = to_curie(iri)

    inputs = _by_name(((one.name, one) for one in read(ontology, iri, "equationInput", _input)), where)
    lets = _by_name(read(ontology, iri, "equationLet", _let), where)
    found = Equation(
        iri=iri,
        label=ontology.label(iri),
        unit=ontology.value(iri, kgtwin("resultUnit")) or "1",
        inputs=inputs,
        lets=lets,
        terms=read(ontology, iri, "equationTerm", parse),
        result=next(iter(read(ontology, iri, "equationResult", parse)), parse("sum")),
        examples=read(ontology, iri, "equationExample", _example),
        excludes=read(ontology, iri, "populationExcludes", criterion),
        requires=read(ontology, iri, "populationRequires", criterion),
        estimates=ontology.values(iri, kgtwin("estimates")),
    )
    _check_names(found, where)
    return found


def _by_name(pairs: Iterable[tuple[str, T]], where: str) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, one in pairs:
        if name in found:
            raise OntologyError(f"names {name} twice", where=where, remedy="remove one of the two")
        found[name] = one
    return found


def _input(text: str) -> Input:
    name, kind, about, unit, low, high = fields(text, ("name", "kind", "code or class", "unit", "lowest", "highest"))
    if kind not in KINDS:
        raise FormulaError(f"kind {kind!r}", "one of " + ", ".join(sorted(KINDS)))
    meant_for = limits(low, high)
    return Input(name, kind, tuple(about.split()), unit, ANSWER if kind in YES_OR_NO else meant_for)


def criterion(text: str) -> Criterion:
    """What a text ``kind|class ...`` asks of a patient.

    Raises:
        FormulaError: if it is none.
    """
    kind, about = fields(text, ("kind", "class …"))
    if kind not in ASKED_OF or not about:
        raise FormulaError(f"kind {kind!r} of {about!r}", "a class, and one of " + ", ".join(sorted(ASKED_OF)))
    return Criterion(kind, tuple(about.split()))


def _example(text: str) -> Example:
    values, result, tolerance, source = fields(text, ("name=value …", "result", "tolerance", "source"))
    pairs = [one.partition("=") for one in values.split()]
    return Example({n: number(v) for n, _, v in pairs}, number(result), number(tolerance), source)


def _let(text: str) -> tuple[str, ast.expr]:
    name, found, expression = text.partition("=")
    if not found or not name.strip().isidentifier():
        raise FormulaError("no name", "name = expression")
    return name.strip(), parse(expression)


def _check_names(equation: Equation, where: str) -> None:
    """That every name is an input or a let, and no let rests on itself."""
    asked = {name for one in (*equation.terms, *equation.lets.values()) for name in names_in(one)}
    known = equation.inputs.keys() | equation.lets.keys()
    unknown = sorted((asked - known) | (names_in(equation.result) - known - {"sum"}))
    if unknown:
        raise OntologyError(f"names {', '.join(unknown)}", where=where, expected="an equationInput or equationLet each")
    unused = sorted(equation.inputs.keys() - asked - names_in(equation.result))
    if idle := [name for name in unused if equation.inputs[name].limits in (ANYTHING, ANSWER)]:
        text = f"never uses {', '.join(idle)}, and no limits make it a condition"
        raise OntologyError(text, where=where, remedy="remove the equationInput")
    for name in equation.lets:
        if name in _reached(name, equation.lets):
            raise OntologyError(f"{name} rests on itself", where=where, remedy="write it without itself")


def _reached(name: str, lets: dict[str, ast.expr]) -> set[str]:
    """The lets that one rests on."""
    found: set[str] = set()
    todo = [name]
    while todo:
        new = {one for one in names_in(lets[todo.pop()]) if one in lets} - found
        found |= new
        todo += sorted(new)
    return found
