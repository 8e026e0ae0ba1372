"""The classified knowledge that every patient shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.statements import Statement, statements
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.fact import Fact
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph, KnowledgeRole
from kgtwin.model.ontology import Ontology
from kgtwin.model.time import duration
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_LATEST_RESULT,
    HAS_ROUTE,
    HAS_VALUE,
    OWL_NOTHING,
    OWL_THING,
    RESULT,
    kgtwin,
)

CANONICAL_UNIT = kgtwin("canonicalUnit")


class Analyte(msgspec.Struct, frozen=True, kw_only=True):
    """A class of results that statements compare, and how a value of it is read.

    ``unit`` is UCUM; ``molar_mass`` is in g/mol, ``valence`` in charges an ion; an older value than ``stale``
    counts with a caveat, an older one than ``expires`` does not count.
    """

    iri: str
    label: str
    unit: str
    molar_mass: Decimal | None = None
    valence: int | None = None
    stale: timedelta | None = None
    expires: timedelta | None = None


class Knowledge:
    """An ontology, its classification, and what inference reads out of both; never changed after it is built."""

    def __init__(self, ontology: Ontology, classification: Classification) -> None:
        self.ontology = ontology
        self.classification = classification
        self.statements: dict[str, Statement] = statements(ontology)
        self.analytes: dict[str, Analyte] = dict(_analytes(ontology, classification))

    @property
    def version(self) -> str:
        return self.ontology.version

    @cached_property
    def classes(self) -> frozenset[str]:
        return frozenset(self.classification.classes) - {OWL_THING, OWL_NOTHING}

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles that any statement asks for, directly; others need not be asserted."""
        found = {c.property for s in self.statements.values() if s.definition for c in s.definition.conjuncts}
        return frozenset(found)

    @cached_property
    def thresholds(self) -> dict[str, tuple[Interval, ...]]:
        """By analyte class, the intervals that statements ask for."""
        found: dict[str, list[Interval]] = {}
        for statement in self.statements.values():
            for conjunct in statement.definition.conjuncts if statement.definition else ():
                if conjunct.property == HAS_LATEST_RESULT:
                    names, interval = result_filler(conjunct.filler)
                    for name in names:
                        found.setdefault(name, []).extend([interval] if interval else [])
        return {name: tuple(dict.fromkeys(intervals)) for name, intervals in found.items()}

    def analyte(self, concept: str) -> Analyte | None:
        """The most specific analyte class that a concept's IRI falls under."""
        return self._by_concept.get(concept)

    @cached_property
    def _by_concept(self) -> dict[str, Analyte]:
        found: dict[str, Analyte] = {}
        for analyte in sorted(self.analytes.values(), key=lambda a: len(self.classification.ancestors(a.iri))):
            for iri in (analyte.iri, *self.classification.equivalents(analyte.iri)):
                found[iri] = analyte
            for iri in self.classification.descendants(analyte.iri):
                found[iri] = analyte
        return found

    def is_a(self, iri: str, kind: str) -> bool:
        """Whether a known class is, or lies below, ``kind``; False for a class that is not known."""
        return iri in self.classes and kind in self.classes and self.classification.is_subclass_of(iri, kind)

    def classes_of(self, fact: Fact) -> tuple[str, ...]:
        """The IRIs of the known classes that a fact's code means."""
        return tuple(iri for c in fact.code.concepts if (iri := to_iri(c)) in self.classes)

    def name_of(self, fact: Fact) -> str:
        """What to call a fact: the words received with it, else the label of what it means, else its code."""
        named_here = fact.code.text or any(coding.display for coding in fact.code.codings)
        known = () if named_here else self.classes_of(fact)
        return self.label(known[0]) if known else fact.code.name

    def label(self, iri: str) -> str:
        return self.ontology.label(iri)

    def label_of(self, concept: str) -> str:
        """The label of a concept by its CURIE."""
        return self.ontology.label(to_iri(concept))

    def graph(self) -> KnowledgeGraph:
        """The taxonomy and the medicines' roles, for the store."""
        concepts = tuple(
            KnowledgeConcept(to_curie(iri), self.label(iri), self._parents(iri)) for iri in sorted(self.classes)
        )
        roles = tuple(
            KnowledgeRole(to_curie(iri), to_curie(prop), to_curie(filler))
            for prop in (HAS_ACTIVE_INGREDIENT, HAS_ROUTE)
            for iri in sorted(self.classes)
            for filler in sorted(named(self.classification.successors(iri, prop)))
        )
        return KnowledgeGraph(self.version, self.ontology.digest, concepts, roles)

    def _parents(self, iri: str) -> tuple[str, ...]:
        parents = (p for p in self.classification.parents(iri) if p not in (OWL_THING, OWL_NOTHING))
        return tuple(sorted(to_curie(p) for p in parents))


def named(nodes: Iterable[str | ClassExpression]) -> frozenset[str]:
    """The IRIs of class names among successors, whatever else they conjoin."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, str):
            found.add(node)
        elif isinstance(node, Class):
            found.add(node.iri)
        elif isinstance(node, ObjectIntersectionOf):
            found |= {operand.iri for operand in node.operands if isinstance(operand, Class)}
    return frozenset(found)


def result_filler(filler: ClassExpression) -> tuple[tuple[str, ...], Interval | None]:
    """The analyte classes and the interval in the filler of ``hasLatestResult``."""
    operands = filler.operands if isinstance(filler, ObjectIntersectionOf) else (filler,)
    names = tuple(o.iri for o in operands if isinstance(o, Class))
    ranges = [o.range for o in operands if isinstance(o, DataSomeValuesFrom) and o.property == HAS_VALUE]
    return names, next((one for one in ranges if isinstance(one, Interval)), None)


def existentials(expression: ClassExpression, prop: str) -> tuple[ClassExpression, ...]:
    """The fillers of ``prop some …`` among an expression's conjuncts."""
    operands = expression.operands if isinstance(expression, ObjectIntersectionOf) else (expression,)
    return tuple(o.filler for o in operands if isinstance(o, ObjectSomeValuesFrom) and o.property == prop)


def _analytes(ontology: Ontology, classification: Classification) -> Iterator[tuple[str, Analyte]]:
    for iri in ontology.annotations:
        unit = ontology.value(iri, CANONICAL_UNIT)
        if unit is None:
            continue
        if iri not in classification.classes or not classification.is_subclass_of(iri, RESULT):
            raise OntologyError("has a canonicalUnit but is no Result", where=to_curie(iri))
        mass = ontology.value(iri, kgtwin("molarMass"))
        valence = ontology.value(iri, kgtwin("valence"))
        stale, expires = (ontology.value(iri, kgtwin(name)) for name in ("staleAfter", "expiresAfter"))
        yield (
            iri,
            Analyte(
                iri=iri,
                label=ontology.label(iri),
                unit=unit,
                molar_mass=_number(iri, "molarMass", mass) if mass else None,
                valence=int(_number(iri, "valence", valence)) if valence else None,
                stale=duration(stale) if stale else None,
                expires=duration(expires) if expires else None,
            ),
        )


def _number(iri: str, name: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise OntologyError(f"{name} is {text!r}", where=to_curie(iri), expected="a number") from None
