"""Statements: named, annotated, defined classes of patients, read out of the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.issue import Evidence, IssueKind, Significance
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.vocabulary import kgtwin

SIGNIFICANCE = kgtwin("significance")
KIND = kgtwin("kind")
SILENT = kgtwin("silent")
"""Of what was imported and nobody reviewed: it raises nothing."""


class Conjunct(msgspec.Struct, frozen=True):
    """``patient property some filler``, one condition of a statement."""

    property: str
    filler: ClassExpression

    def expression(self) -> ObjectSomeValuesFrom:
        """As OWL writes it."""
        return ObjectSomeValuesFrom(self.property, self.filler)


class Definition(msgspec.Struct, frozen=True):
    """What a statement demands: conjuncts over roles, and plain classes; with the axioms that were unfolded."""

    conjuncts: tuple[Conjunct, ...]
    classes: tuple[str, ...]
    axioms: tuple[EquivalentClasses, ...]
    expression: ClassExpression


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement with its annotations. ``definition`` is None where it is not a defined class."""

    iri: str
    kind: IssueKind
    significance: Significance
    title: str
    detail: str
    evidence: tuple[Evidence, ...]
    mitigation: str | None
    review: str
    definition: Definition | None

    @property
    def curie(self) -> str:
        return to_curie(self.iri)

    @property
    def verified(self) -> bool:
        """Whether any of its evidence was opened."""
        return any(one.status == "verified" for one in self.evidence)


def statements(ontology: Ontology) -> dict[str, Statement]:
    """Every class that carries a ``significance`` and is not silent, by IRI.

    Raises:
        OntologyError: if a statement's kind or significance is missing or unknown.
    """
    definitions = _definitions(ontology.axioms)
    return {
        iri: _statement(ontology, iri, definitions)
        for iri, kind in ontology.entities.items()
        if kind is EntityKind.CLASS and ontology.value(iri, SIGNIFICANCE) is not None and not _is_silent(ontology, iri)
    }


def _is_silent(ontology: Ontology, iri: str) -> bool:
    return any(value in ("true", "1") for value in ontology.values(iri, SILENT))


def _statement(ontology: Ontology, iri: str, definitions: Mapping[str, EquivalentClasses]) -> Statement:
    return Statement(
        iri=iri,
        kind=IssueKind(_one_of(ontology, iri, KIND, [k.value for k in IssueKind])),
        significance=Significance(_one_of(ontology, iri, SIGNIFICANCE, [s.value for s in Significance])),
        title=ontology.label(iri),
        detail=ontology.value(iri, kgtwin("detail")) or ontology.label(iri),
        evidence=_evidence(ontology, iri),
        mitigation=ontology.value(iri, kgtwin("mitigation")),
        review=ontology.value(iri, kgtwin("reviewStatus")) or "not clinically reviewed",
        definition=_unfold(iri, definitions),
    )


def _one_of(ontology: Ontology, iri: str, prop: str, allowed: list[str]) -> str:
    value = ontology.value(iri, prop)
    if value not in allowed:
        raise OntologyError(
            f"{to_curie(prop)} is {value!r}",
            where=to_curie(iri),
            expected="one of " + ", ".join(allowed),
            remedy="annotate the statement with one of them",
        )
    return value


def _evidence(ontology: Ontology, iri: str) -> tuple[Evidence, ...]:
    """Sources in order; where there are as many texts and statuses as sources, they pair up."""
    sources = ontology.values(iri, kgtwin("evidenceSource"))
    texts = ontology.values(iri, kgtwin("evidenceText"))
    statuses = ontology.values(iri, kgtwin("evidenceStatus"))
    return tuple(
        Evidence(
            source=source,
            status=_paired(statuses, number, len(sources)) or "unverified",
            text=_paired(texts, number, len(sources)),
        )
        for number, source in enumerate(sources)
    )


def _paired(values: tuple[str, ...], number: int, wanted: int) -> str | None:
    if len(values) == wanted:
        return values[number]
    return values[0] if len(values) == 1 else None


def _definitions(axioms: Iterable[Axiom]) -> dict[str, EquivalentClasses]:
    """The first equivalence of each named class with an intersection or an existential."""
    found: dict[str, EquivalentClasses] = {}
    for axiom in axioms:
        if isinstance(axiom, EquivalentClasses):
            for operand in axiom.operands:
                if isinstance(operand, Class) and _body(operand.iri, axiom) is not None:
                    found.setdefault(operand.iri, axiom)
    return found


def _body(iri: str, axiom: EquivalentClasses) -> ClassExpression | None:
    others = [operand for operand in axiom.operands if operand != Class(iri)]
    return next((o for o in others if isinstance(o, ObjectIntersectionOf | ObjectSomeValuesFrom)), None)


def _unfold(iri: str, definitions: Mapping[str, EquivalentClasses]) -> Definition | None:
    """The conjuncts of a defined class, defined classes among them unfolded once each."""
    axiom = definitions.get(iri)
    body = _body(iri, axiom) if axiom else None
    if axiom is None or body is None:
        return None
    conjuncts: list[Conjunct] = []
    classes: list[str] = []
    used = [axiom]
    seen = {iri}
    todo: list[ClassExpression] = [body]
    while todo:
        expression = todo.pop(0)
        if isinstance(expression, ObjectIntersectionOf):
            todo[:0] = expression.operands
        elif isinstance(expression, ObjectSomeValuesFrom):
            conjuncts.append(Conjunct(expression.property, expression.filler))
        elif isinstance(expression, Class):
            inner = definitions.get(expression.iri)
            inner_body = _body(expression.iri, inner) if inner and expression.iri not in seen else None
            seen.add(expression.iri)
            if inner is None or inner_body is None:
                classes.append(expression.iri)
            else:
                used.append(inner)
                todo.insert(0, inner_body)
        else:
            return None
    return Definition(tuple(dict.fromkeys(conjuncts)), tuple(dict.fromkeys(classes)), tuple(used), body)
