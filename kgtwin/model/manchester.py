"""Axioms in Manchester syntax (https://www.w3.org/TR/owl2-manchester-syntax/), for people to read."""

from __future__ import annotations

from kgtwin.model.axioms import (
    Axiom,
    ClassAssertion,
    ClassExpression,
    DisjointClasses,
    EquivalentClasses,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.model.owl_text import Label, manchester, render


def manchester_axiom(axiom: Axiom, label: Label) -> str:  # noqa: PLR0911 - one return a kind of axiom
    """An axiom in Manchester syntax, on a line; one that it has no frame for in functional syntax.

    >>> from kgtwin.model.axioms import Class
    >>> manchester_axiom(SubClassOf(Class("Asthma"), Class("LungDisease")), str)
    'Asthma SubClassOf: LungDisease'
    """

    def said(one: ClassExpression) -> str:
        return manchester(one, label)

    match axiom:
        case SubClassOf(sub, sup):
            return f"{said(sub)} SubClassOf: {said(sup)}"
        case EquivalentClasses((first, second)):
            return f"{said(first)} EquivalentTo: {said(second)}"
        case EquivalentClasses(operands):
            return f"EquivalentClasses: {', '.join(map(said, operands))}"
        case DisjointClasses((first, second)):
            return f"{said(first)} DisjointWith: {said(second)}"
        case DisjointClasses(operands):
            return f"DisjointClasses: {', '.join(map(said, operands))}"
        case ClassAssertion(individual, cls):
            return f"{label(individual)} Types: {said(cls)}"
        case ObjectPropertyAssertion(role, subject, target):
            return f"{label(subject)} Facts: {label(role)} {label(target)}"
    return _property_axiom(axiom, label) or render(axiom)


def _property_axiom(axiom: Axiom, label: Label) -> str | None:
    match axiom:
        case SubObjectPropertyOf(chain, sup):
            return f"{' o '.join(map(label, chain))} SubPropertyOf: {label(sup)}"
        case ObjectPropertyDomain(role, cls):
            return f"{label(role)} Domain: {manchester(cls, label)}"
        case ObjectPropertyRange(role, cls):
            return f"{label(role)} Range: {manchester(cls, label)}"
        case TransitiveObjectProperty(role):
            return f"{label(role)} Characteristics: Transitive"
        case ReflexiveObjectProperty(role):
            return f"{label(role)} Characteristics: Reflexive"
    return None
