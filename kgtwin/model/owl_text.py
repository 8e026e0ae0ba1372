"""Axioms and class expressions as text: OWL functional syntax for files, Manchester-like syntax for people."""

from __future__ import annotations

from collections.abc import Callable

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    EquivalentObjectProperties,
    Interval,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    OtherAxiom,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
    Unsupported,
)
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, XSD

Label = Callable[[str], str]


def render_expression(expression: ClassExpression) -> str:
    """Functional syntax of a class expression, with full IRIs.

    >>> render_expression(ObjectSomeValuesFrom("http://x/r", Class("http://x/A")))
    'ObjectSomeValuesFrom(<http://x/r> <http://x/A>)'
    """
    match expression:
        case Class(iri):
            return f"<{iri}>"
        case ObjectIntersectionOf(operands):
            return f"ObjectIntersectionOf({_expressions(operands)})"
        case ObjectSomeValuesFrom(relation, filler):
            return f"ObjectSomeValuesFrom(<{relation}> {render_expression(filler)})"
        case DataSomeValuesFrom(relation, interval):
            return f"DataSomeValuesFrom(<{relation}> {render_interval(interval)})"
        case Unsupported(_, text):
            return text


def render_interval(interval: Interval) -> str:
    """The data range of an interval in functional syntax.

    >>> from decimal import Decimal
    >>> render_interval(Interval())
    '<http://www.w3.org/2001/XMLSchema#decimal>'
    """
    datatype = f"<{XSD}integer>" if interval.integer else f"<{XSD}decimal>"
    if interval.low is not None and interval.low == interval.high and not interval.empty:
        return f'DataOneOf("{interval.low:f}"^^<{XSD}decimal>)'
    facets = []
    for bound, is_open, name in ((interval.low, interval.low_open, "min"), (interval.high, interval.high_open, "max")):
        if bound is not None:
            facets.append(f'<{XSD}{name}{"Exclusive" if is_open else "Inclusive"}> "{bound:f}"^^<{XSD}decimal>')
    return f"DatatypeRestriction({datatype} {' '.join(facets)})" if facets else datatype


def render(axiom: Axiom) -> str:
    """Functional syntax of an axiom, with full IRIs (an assertion of a number known as an interval shows the interval).

    >>> render(SubClassOf(Class("http://x/A"), Class("http://x/B")))
    'SubClassOf(<http://x/A> <http://x/B>)'
    """
    if isinstance(axiom, OtherAxiom):
        return axiom.text
    return f"{type(axiom).__name__}({_arguments(axiom)})"


def _arguments(axiom: Axiom) -> str:
    match axiom:
        case SubClassOf(sub, sup):
            return f"{render_expression(sub)} {render_expression(sup)}"
        case EquivalentClasses(operands) | DisjointClasses(operands):
            return _expressions(operands)
        case SubObjectPropertyOf(chain, sup):
            return f"{_chain(chain)} <{sup}>"
        case EquivalentObjectProperties(operands):
            return " ".join(f"<{one}>" for one in operands)
        case TransitiveObjectProperty(relation) | ReflexiveObjectProperty(relation):
            return f"<{relation}>"
    return _domain_or_assertion(axiom)


def _domain_or_assertion(axiom: Axiom) -> str:
    match axiom:
        case (
            ObjectPropertyDomain(relation, other)
            | DataPropertyDomain(relation, other)
            | ObjectPropertyRange(relation, other)
        ):
            return f"<{relation}> {render_expression(other)}"
        case ClassAssertion(individual, expression):
            return f"{render_expression(expression)} {_individual(individual)}"
        case ObjectPropertyAssertion(relation, subject, target):
            return f"<{relation}> {_individual(subject)} {_individual(target)}"
        case DataPropertyAssertion(relation, subject, interval):
            return f"<{relation}> {_individual(subject)} {_number(interval)}"
    raise TypeError(type(axiom))


def _chain(chain: tuple[str, ...]) -> str:
    roles = " ".join(f"<{one}>" for one in chain)
    return roles if len(chain) == 1 else f"ObjectPropertyChain({roles})"


def _number(interval: Interval) -> str:
    if interval.low is not None and interval.low == interval.high:
        return f'"{interval.low:f}"^^<{XSD}decimal>'
    return render_interval(interval)


def _individual(name: str) -> str:
    return name if name.startswith("_:") else f"<{name}>"


def _expressions(operands: tuple[ClassExpression, ...]) -> str:
    return " ".join(render_expression(operand) for operand in operands)


def manchester(expression: ClassExpression, label: Label) -> str:
    """A class expression in words; ``label`` names classes and properties.

    >>> takes = ObjectSomeValuesFrom("r", ObjectSomeValuesFrom("s", Class("Metformin")))
    >>> manchester(takes, {"r": "takes now", "s": "has active ingredient", "Metformin": "Metformin"}.__getitem__)
    'takes now some (has active ingredient some Metformin)'
    """
    match expression:
        case Class(iri):
            return {OWL_THING: "anything", OWL_NOTHING: "nothing"}.get(iri) or label(iri)
        case ObjectIntersectionOf(operands):
            return " and ".join(_operand(operand, label) for operand in operands)
        case ObjectSomeValuesFrom(relation, filler):
            return f"{label(relation)} some {_bracketed(filler, label)}"
        case DataSomeValuesFrom(relation, interval):
            return f"{label(relation)} {interval}"
        case Unsupported("ObjectUnionOf", _, operands):
            return " or ".join(_bracketed(operand, label) for operand in operands)
        case Unsupported(_, text):
            return text


def _operand(expression: ClassExpression, label: Label) -> str:
    text = manchester(expression, label)
    return f"({text})" if isinstance(expression, ObjectIntersectionOf | Unsupported | ObjectSomeValuesFrom) else text


def _bracketed(expression: ClassExpression, label: Label) -> str:
    text = manchester(expression, label)
    return text if isinstance(expression, Class) else f"({text})"
