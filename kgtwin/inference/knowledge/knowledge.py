"""The classified knowledge that every patient shares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.equations.closing import Closing, closing_of
from kgtwin.inference.equations.definitions import Equation, equations
from kgtwin.inference.knowledge.alike import AlikeProofs
from kgtwin.inference.knowledge.analytes import Analyte, analytes
from kgtwin.inference.knowledge.by_ingredient import MOST, ByIngredient
from kgtwin.inference.knowledge.durations import Durations, durations
from kgtwin.inference.knowledge.expressions import existentials, named, result_filler
from kgtwin.inference.knowledge.medicines import Medicines, medicines
from kgtwin.inference.knowledge.related import Related
from kgtwin.inference.knowledge.risks import share_risk
from kgtwin.inference.knowledge.roles import Roles, roles_of, span
from kgtwin.inference.knowledge.rules import Rules, rules_of
from kgtwin.inference.knowledge.statements import Statement, check_flags, statements
from kgtwin.model.axioms import (
    Axiom,
    ClassExpression,
    DataSomeValuesFrom,
    DLSafeRule,
    Interval,
    ObjectSomeValuesFrom,
)
from kgtwin.model.caveat import Caveat
from kgtwin.model.derivation import AxiomRef
from kgtwin.model.fact import Fact
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph, KnowledgeRole
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.reasoning import Classification, Questions, Together
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_ROUTE,
    LOCAL_ROUTE,
    MEDICINAL_PRODUCT,
    OWL_NOTHING,
    OWL_THING,
    RXNORM,
    kgtwin,
)

DOUBT = kgtwin("doubt")
"""On a class of patients: what to check of one who is there."""
UNUSABLE = "not used, as "
"""With what the reasoner begins to say why a rule cannot be run."""
LOCAL_FORMS = kgtwin("localForms")
ONE_MEDICINE = kgtwin("oneMedicine")


class Undecidable(NamedTuple):
    """Statements with the parts that no unknown can touch, and those that one can, by their number in ``parts``."""

    parts: Questions
    statements: tuple[tuple[Statement, Together, Together], ...]


class Knowledge:
    """An ontology, its classification, and what inference reads out of both; never changed after it is built."""

    def __init__(self, ontology: Ontology, classification: Classification) -> None:
        self.ontology = ontology
        self.classification = classification
        self.statements: dict[str, Statement] = statements(ontology)
        self.analytes: dict[str, Analyte] = analytes(ontology, classification)
        self.roles: Roles = roles_of(ontology)
        self.durations: Durations = durations(ontology, classification)
        self.rules: Rules = rules_of(ontology, classification)
        for statement in self.statements.values():
            check_flags(statement, self.roles)
        self._caveats: dict[str, tuple[Caveat, ...]] = {}
        self._ages: dict[str, tuple[timedelta | None, timedelta | None]] = {}

    @property
    def version(self) -> str:
        """The ontology's own version with the beginning of its digest, which tells one edit from another."""
        return version_of(self.ontology)

    @cached_property
    def doubts(self) -> dict[str, str]:
        """Classes of patients that seldom exist, and what to say of one who is there, by IRI."""
        found = ((iri, self.ontology.value(iri, DOUBT)) for iri in self.ontology.annotations)
        return {iri: text for iri, text in found if text is not None and iri in self.classes}

    @cached_property
    def unused_rules(self) -> tuple[Caveat, ...]:
        """The rules of the ontology that cannot be run at all: what they would say is missing of every patient."""
        rules = [render(axiom) for axiom in self.ontology.axioms if isinstance(axiom, DLSafeRule)]
        unusable = (one for one in self.classification.caveats if one.text.startswith(UNUSABLE))
        return tuple(one for one in unusable if any(one.text.endswith(rule) for rule in rules))

    @cached_property
    def classes(self) -> frozenset[str]:
        return frozenset(self.classification.classes) - {OWL_THING, OWL_NOTHING}

    @cached_property
    def thresholds(self) -> dict[tuple[str, str], tuple[Interval, ...]]:
        """By role and analyte class, the intervals that statements ask for."""
        found: dict[tuple[str, str], list[Interval]] = {}
        for statement in self.statements.values():
            for conjunct in statement.definition.conjuncts if statement.definition else ():
                if conjunct.property in self.roles.results:
                    names, interval = result_filler(conjunct.filler)
                    for name in names:
                        found.setdefault((conjunct.property, name), []).extend([interval] if interval else [])
        return {asked: tuple(dict.fromkeys(intervals)) for asked, intervals in found.items()}

    @cached_property
    def asked(self) -> frozenset[tuple[str, str]]:
        """By role and analyte, what statements can be about; nobody asks for others."""
        return frozenset(
            (role, one)
            for role, name in self.thresholds
            for one in self.analytes
            if self.is_a(one, name) or self.is_a(name, one)
        )

    @cached_property
    def equations(self) -> dict[str, Equation]:
        """The published equations, by IRI."""
        return equations(self.ontology)

    @cached_property
    def closing(self) -> Closing:
        """How absence is stated."""
        return closing_of(self.ontology)

    @cached_property
    def multiples(self) -> dict[str, tuple[Analyte, ...]]:
        """By analyte, those that are its value as a multiple of the upper reference limit."""
        found: dict[str, tuple[Analyte, ...]] = {}
        for one in self.analytes.values():
            if one.multiple_of is not None:
                found[one.multiple_of] = (*found.get(one.multiple_of, ()), one)
        return found

    def ages(self, iri: str) -> tuple[timedelta | None, timedelta | None]:
        """After which time a coded result is stale and does not count: the shortest that its classes say."""
        if iri not in self._ages:
            above = (iri, *self.classification.ancestors(iri))
            stale, expires = (
                min((found for one in above if (found := span(self.ontology, one, name))), default=None)
                for name in ("staleAfter", "expiresAfter")
            )
            self._ages[iri] = stale, expires
        return self._ages[iri]

    @cached_property
    def related(self) -> Related:
        """What classes have to do with."""
        return Related(self.ontology, self.classification, named)

    @cached_property
    def alike(self) -> AlikeProofs:
        """Proofs about the things that facts stand for."""
        return AlikeProofs(self.classification)

    @cached_property
    def written(self) -> dict[Axiom, AxiomRef]:
        """Axioms as derivations write them, as far as any has."""
        return {}

    def __getstate__(self) -> dict[str, object]:
        return {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("alike", "written", "by_ingredient", "share_risk", "_known_of")
        }

    def caveats_of(self, statement: str) -> tuple[Caveat, ...]:
        """The axioms that the reasoner did not use and that can touch a statement."""
        if statement not in self._caveats:
            self._caveats[statement] = self.classification.caveats_of(statement)
        return self._caveats[statement]

    @property
    def worked_out(self) -> int:
        """How many answers need not be worked out again where this is kept: caveats of statements, the graph."""
        return len(self._caveats) + ("graph" in self.__dict__)

    @cached_property
    def undecidable(self) -> Undecidable:
        """The statements that an unknown can leave undecided."""
        found = []
        numbers: dict[ClassExpression, int] = {}
        for statement in self.statements.values():
            parts = statement.definition.parts if statement.definition else ()
            unsure = {part: numbers.setdefault(part, len(numbers)) for part in parts if self._may_be_unknown(part)}
            if unsure:
                firm = [numbers.setdefault(part, len(numbers)) for part in parts if part not in unsure]
                found.append((statement, firm, list(unsure.values())))
        asked = self.classification.questions(tuple(numbers))
        return Undecidable(asked, tuple((one, asked.together(a), asked.together(b)) for one, a, b in found))

    def _may_be_unknown(self, part: ClassExpression) -> bool:
        """Whether it asks for a number, a result, a route, or a medicine that ended."""
        if not isinstance(part, ObjectSomeValuesFrom):
            return isinstance(part, DataSomeValuesFrom)
        if part.property in self.roles.results or part.property in self.roles.wash_outs:
            return True
        return part.property in self.roles.medicines and bool(existentials(part.filler, HAS_ROUTE))

    @cached_property
    def by_ingredient(self) -> ByIngredient:
        """Which rules are about an ingredient."""
        return ByIngredient(self.rules, self.classification, self.is_a, self._may_be_local, self._is_one_medicine)

    def _is_one_medicine(self, iri: str) -> bool:
        return self.ontology.value(iri, ONE_MEDICINE) in ("true", "1")

    @cached_property
    def share_risk(self) -> Callable[[str, str], bool]:
        """Whether a statement (IRI) is about medicines of a scale (IRI) for their common risk."""
        return lru_cache(MOST)(partial(share_risk, self))

    def estimators_of(self, analyte: str) -> tuple[Equation, ...]:
        """The equations that give an analyte (IRI) in its unit, for limits of doses where it was not measured.

        Raises:
            OntologyError: if an equation cannot be read.
        """
        known = self.analytes.get(analyte)
        found = self.equations.values() if known is not None else ()
        return tuple(
            one
            for one in found
            if known is not None and one.unit == known.unit and any(self.is_a(e, analyte) for e in one.estimates)
        )

    def grave_against(self, medicines: tuple[str, ...]) -> tuple[tuple[ClassExpression, ...], ...]:
        """What statements that call a medicine contraindicated or major ask for beside it; by ingredient classes."""
        if medicines not in self._against:
            self._against[medicines] = tuple(
                tuple(part for part in statement.definition.parts if part != conjunct.expression())
                for statement in self.statements.values()
                if statement.significance.severity == "high" and statement.definition
                if not (statement.needs_two or statement.same_substance)
                for conjunct in statement.definition.conjuncts
                if conjunct.property in self.roles.medicines and self._is_about(conjunct.filler, medicines)
            )
        return self._against[medicines]

    @cached_property
    def _against(self) -> dict[tuple[str, ...], tuple[tuple[ClassExpression, ...], ...]]:
        return {}

    def _is_about(self, filler: ClassExpression, medicines: tuple[str, ...]) -> bool:
        asked = named(existentials(filler, HAS_ACTIVE_INGREDIENT))
        return any(self.is_a(a, m) or self.is_a(m, a) for a in asked for m in medicines)

    def statement(self, concept: str) -> Statement | None:
        """A statement by its CURIE; None for a rule."""
        return self.statements.get(to_iri(concept))

    def _may_be_local(self, ingredient: str) -> bool:
        """Whether an ingredient (IRI) may be given locally: drops, creams, inhalers.

        Some known product is, a class of it has ``:localForms``, or a statement about it asks for the route.
        """
        return ingredient in self.local_ingredients or any(self.is_a(ingredient, name) for name in self.local_classes)

    @cached_property
    def local_classes(self) -> frozenset[str]:
        """Classes of ingredients of which some may be given locally."""
        annotated = [iri for iri in self.ontology.annotations if self.ontology.value(iri, LOCAL_FORMS) in ("true", "1")]
        fillers = [
            conjunct.filler
            for statement in self.statements.values()
            for conjunct in (statement.definition.conjuncts if statement.definition else ())
            if conjunct.property in self.roles.medicines and existentials(conjunct.filler, HAS_ROUTE)
        ]
        asked = named(one for filler in fillers for one in existentials(filler, HAS_ACTIVE_INGREDIENT))
        return frozenset(annotated) | frozenset(iri for iri in asked if iri.startswith(RXNORM))

    @cached_property
    def local_ingredients(self) -> frozenset[str]:
        """Ingredients of which a product with a local route is known."""
        if MEDICINAL_PRODUCT not in self.classes:
            return frozenset()
        tree = self.classification
        return frozenset(
            ingredient
            for product in tree.descendants(MEDICINAL_PRODUCT)
            if any(self.is_a(route, LOCAL_ROUTE) for route in named(tree.successors(product, HAS_ROUTE)))
            for ingredient in named(tree.successors(product, HAS_ACTIVE_INGREDIENT))
        )

    def verified(self, concept: str) -> bool:
        """Whether any evidence of a statement or a rule (CURIE) was opened."""
        return concept in self._verified

    @cached_property
    def _verified(self) -> frozenset[str]:
        return frozenset(one.curie for one in (*self.statements.values(), *self.rules) if one.verified)

    def analyte(self, concept: str) -> Analyte | None:
        """The most specific analyte class that a concept's IRI falls under."""
        return self._by_concept.get(concept)

    def analyte_of(self, fact: Fact) -> Analyte | None:
        """What a fact measures: by the first of its concepts that says so."""
        known = self._by_curie
        for match in fact.code.matches:
            if match.acts and (found := known.get(match.concept)) is not None:
                return found
        return None

    @cached_property
    def _by_curie(self) -> dict[str, Analyte]:
        return {to_curie(iri): analyte for iri, analyte in self._by_concept.items()}

    @cached_property
    def _by_concept(self) -> dict[str, Analyte]:
        found: dict[str, Analyte] = {}
        for analyte in sorted(self.analytes.values(), key=lambda a: len(self.classification.ancestors(a.iri))):
            for iri in (analyte.iri, *self.classification.equivalents(analyte.iri)):
                found[iri] = analyte
            for iri in self.classification.descendants(analyte.iri):
                found[iri] = analyte
        return found

    @cached_property
    def medicines(self) -> Medicines:
        """Ingredients, products and their routes."""
        return medicines(self.classification)

    def is_a(self, iri: str, kind: str) -> bool:
        """Whether a known class is, or lies below, ``kind``; False for a class that is not known."""
        return iri in self.classes and kind in self.classes and self.classification.is_subclass_of(iri, kind)

    def classes_of(self, fact: Fact) -> tuple[str, ...]:
        """The IRIs of the known classes that a fact's code means."""
        return self._known_of(fact.code.concepts)

    @cached_property
    def _known_of(self) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
        return lru_cache(MOST)(lambda concepts: tuple(iri for c in concepts if (iri := to_iri(c)) in self.classes))

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

    @cached_property
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


def version_of(ontology: Ontology) -> str:
    """The version of the knowledge that an ontology makes."""
    version, digest = ontology.version, ontology.digest
    return version if digest.startswith(version) else f"{version}+{digest[:8]}"
