"""Statements and analytes: annotated, with units, and none that another one makes needless."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge.analytes import CANONICAL_UNIT
from kgtwin.inference.knowledge.statements import KIND, SIGNIFICANCE
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.issue import IssueKind, Significance
from kgtwin.reasoning import Classification
from kgtwin.terminology import units
from kgtwin.vocabulary import HAS_VALUE, kgtwin
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.project import Project

REQUIRED = {
    "kind": tuple(IssueKind),
    "significance": tuple(Significance),
    "detail": (),
    "evidenceSource": (),
    "evidenceStatus": ("verified", "unverified"),
    "mitigation": (),
    "reviewStatus": (),
}
"""What every statement is annotated with, and the values that are allowed (none: any text)."""
_ORDER = tuple(Significance)
_NARROWED = (kgtwin("needsTwo"), kgtwin("washOut"), kgtwin("sameSubstance"))


def documentation(project: Project) -> Iterator[Finding]:
    """Annotations that a statement lacks, or that have a value which nobody understands."""
    for iri in project.statements:
        for name, allowed in REQUIRED.items():
            values = project.ontology.values(iri, kgtwin(name))
            if not any(value.strip() for value in values):
                yield _lacks(project, iri, name)
            for value in values if allowed else ():
                if value not in allowed:
                    yield _is_not(project, iri, name, value, allowed)


def _lacks(project: Project, iri: str, name: str) -> Finding:
    return Finding(
        check="evidence" if name.startswith("evidence") else "annotation",
        level=Level.ERROR,
        message=f"{to_curie(iri)} has no {to_curie(kgtwin(name))}",
        where=project.where(iri),
        subject=iri,
        remedy=f"annotate the statement with {to_curie(kgtwin(name))}",
    )


def _is_not(project: Project, iri: str, name: str, value: str, allowed: tuple[str, ...]) -> Finding:
    return Finding(
        check="annotation",
        level=Level.ERROR,
        message=f"{to_curie(kgtwin(name))} of {to_curie(iri)} is {value!r}",
        where=project.annotated(iri, kgtwin(name), value),
        subject=iri,
        expected="one of " + ", ".join(allowed),
    )


def undefined(project: Project) -> Iterator[Finding]:
    """Statements without a definition: nobody can ever be in them."""
    defined = {
        operand.iri
        for axiom in project.ontology.axioms
        if isinstance(axiom, EquivalentClasses)
        for operand in axiom.operands
        if isinstance(operand, Class)
    }
    for iri in project.statements:
        if iri not in defined:
            yield Finding(
                check="definition",
                level=Level.ERROR,
                message=f"the statement {to_curie(iri)} is not defined: no patient can be in it",
                where=project.where(iri),
                subject=iri,
                expected="EquivalentClasses(… ObjectIntersectionOf(:Patient …))",
            )


def without_unit(project: Project, classification: Classification) -> Iterator[Finding]:
    """Analytes whose numbers are compared and that have no unit, and units that are no UCUM."""
    for axiom, where in project.ontology.origins.items():
        for operand in axiom.operands if isinstance(axiom, EquivalentClasses) else ():
            for analyte in _compared(operand):
                above = (
                    {analyte, *classification.ancestors(analyte)} if analyte in classification.classes else {analyte}
                )
                if not any(project.ontology.value(one, CANONICAL_UNIT) for one in above):
                    yield Finding(
                        check="unit",
                        level=Level.ERROR,
                        message=f"numbers of {to_curie(analyte)} are compared, and it has no unit",
                        where=where,
                        subject=analyte,
                        expected=f"{to_curie(CANONICAL_UNIT)} in UCUM",
                    )
    for iri in project.ontology.annotations:
        for unit in project.ontology.values(iri, CANONICAL_UNIT):
            if units.parse(unit) is None:
                yield Finding(
                    check="unit",
                    level=Level.ERROR,
                    message=f"{unit!r} is no UCUM unit",
                    where=project.annotated(iri, CANONICAL_UNIT, unit),
                    subject=iri,
                )


def _compared(expression: ClassExpression) -> Iterator[str]:
    """The classes that stand beside ``hasValue some …``."""
    if isinstance(expression, ObjectSomeValuesFrom):
        yield from _compared(expression.filler)
    elif isinstance(expression, ObjectIntersectionOf):
        has = any(isinstance(one, DataSomeValuesFrom) and one.property == HAS_VALUE for one in expression.operands)
        yield from (one.iri for one in expression.operands if has and isinstance(one, Class))
        for operand in expression.operands:
            yield from _compared(operand)


def needless(project: Project, classification: Classification) -> Iterator[Finding]:
    """Statements within another one of their kind that is at least as significant: they only double its issues.

    What the engine narrows beyond OWL (two of a group, wash-outs, the same substance) makes none needless.
    """
    ontology, every = project.ontology, set(project.statements)
    wide = {iri for iri in every if not any(ontology.value(iri, flag) == "true" for flag in _NARROWED)}
    for iri in sorted(every & classification.classes - classification.unsatisfiable):
        for other in sorted(classification.ancestors(iri) & wide):
            if _rank(project, other) <= _rank(project, iri) and ontology.value(other, KIND) == ontology.value(
                iri, KIND
            ):
                yield Finding(
                    check="needless",
                    level=Level.WARNING,
                    message=f"whoever is in {to_curie(iri)} is in {to_curie(other)}, which says no less",
                    where=project.where(iri),
                    subject=iri,
                    remedy="withdraw it, or narrow the other one",
                )
                break


def _rank(project: Project, iri: str) -> int:
    value = project.ontology.value(iri, SIGNIFICANCE)
    return _ORDER.index(Significance(value)) if value in _ORDER else len(_ORDER)
