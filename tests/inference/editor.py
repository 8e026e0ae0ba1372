"""Invented edits of an ontology, as people make them: statements, classes, hierarchy, thresholds, words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import digest, to_curie
from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge.statements import SIGNIFICANCE
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.reasoning import classify
from kgtwin.vocabulary import (
    CLINICAL_CONDITION,
    HAS_ACTIVE_INGREDIENT,
    HAS_ROUTE,
    LOCAL_ROUTE,
    MEDICINAL_PRODUCT,
    PATIENT,
    RDFS_LABEL,
    SUBSTANCE,
    kgtwin,
)

EXPIRES = kgtwin("expiresAfter")
LASTS = kgtwin("longestDuration")


class Editor:
    """Edits a knowledge by chance: the same number gives the same edit."""

    def __init__(self, knowledge: Knowledge, number: int, *, rules: bool = False) -> None:
        self._knowledge, self._random, self._number = knowledge, Random(number), number
        self._ontology = knowledge.ontology
        self._choice = self._OF_RULES if rules else self._edits
        self._classes = sorted(iri for iri in knowledge.classes if iri in self._ontology.entities)
        self._statements = sorted(knowledge.statements)
        self._rules = [rule.iri for rule in knowledge.rules]

    def edited(self) -> Knowledge | None:
        """The knowledge with one to three edits; None where it is none any more."""
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            self._random.choice(self._choice)(self)
        ontology = msgspec.structs.replace(
            self._ontology, digest=digest(self._ontology.digest, str(self._number)) + "0" * 40
        )
        classes = (iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS)
        try:
            return Knowledge(ontology, classify(ontology.axioms, classes=classes))
        except OntologyError:
            return None

    def _with(self, add: tuple[Axiom, ...] = (), remove: tuple[Axiom, ...] = ()) -> None:
        gone = set(remove)
        axioms = tuple(one for one in self._ontology.axioms if one not in gone)
        self._ontology = msgspec.structs.replace(self._ontology, axioms=(*axioms, *add))

    def _annotate(self, iri: str, change: Callable[[Annotation], Annotation | None], *add: Annotation) -> None:
        notes = (change(one) for one in self._ontology.annotations.get(iri, ()))
        found = {**self._ontology.annotations, iri: (*(one for one in notes if one is not None), *add)}
        self._ontology = msgspec.structs.replace(self._ontology, annotations=found)

    def _definition(self, iri: str) -> EquivalentClasses | None:
        given = (one for one in self._ontology.axioms if isinstance(one, EquivalentClasses))
        return next((one for one in given if Class(iri) in one.operands), None)

    def _axiom_goes(self) -> None:
        self._with(remove=(self._random.choice(self._ontology.axioms),))

    def _statement_goes(self) -> None:
        iri = self._random.choice(self._statements)
        definition = self._definition(iri)
        self._with(remove=(definition,) if definition is not None else ())
        entities = {name: kind for name, kind in self._ontology.entities.items() if name != iri}
        notes = {name: found for name, found in self._ontology.annotations.items() if name != iri}
        self._ontology = msgspec.structs.replace(self._ontology, entities=entities, annotations=notes)

    def _statement_comes(self) -> None:
        """Of parts that others have."""
        iri = kgtwin(f"NEW_{self._number}_{len(self._ontology.axioms)}")
        like, other = self._random.choice(self._statements), self._random.choice(self._statements)
        definitions = [self._knowledge.statements[one].definition for one in (like, other)]
        parts = [part for one in definitions if one is not None for part in one.parts]
        some = tuple(self._random.sample(parts, min(len(parts), self._random.choice((1, 2, 2, 3)))))
        plain = {kgtwin(name) for name in ("needsTwo", "washOut", "sameSubstance")}
        self._annotate(iri, lambda _: None, *(one for one in self._notes(like) if one.property not in plain))
        self._declare(iri)
        body = ObjectIntersectionOf((Class(PATIENT), *some))
        self._with((EquivalentClasses((Class(iri), body)), SubClassOf(Class(iri), Class(PATIENT))))

    def _notes(self, iri: str) -> tuple[Annotation, ...]:
        return self._ontology.annotations.get(iri, ())

    def _declare(self, iri: str) -> None:
        entities = {**self._ontology.entities, iri: EntityKind.CLASS}
        self._ontology = msgspec.structs.replace(self._ontology, entities=entities)

    def _class_comes_below(self) -> None:
        iri = kgtwin(f"New_{self._number}_{len(self._ontology.axioms)}")
        self._declare(iri)
        above, below = self._random.choice(self._classes), self._random.choice(self._classes)
        more = (SubClassOf(Class(below), Class(iri)),) if self._knowledge.is_a(below, above) else ()
        self._with((SubClassOf(Class(iri), Class(above)), *more))

    def _class_moves(self) -> None:
        one, other = self._random.choice(self._classes), self._random.choice(self._classes)
        self._with((SubClassOf(Class(one), Class(other)),))

    def _classes_part(self) -> None:
        one, other = self._random.choice(self._classes), self._random.choice(self._classes)
        self._with((DisjointClasses((Class(one), Class(other))),))

    def _label_changes(self) -> None:
        iri = self._random.choice(self._classes)
        self._annotate(iri, lambda one: self._reworded(one) if one.property == RDFS_LABEL else one)

    def _reworded(self, one: Annotation) -> Annotation:
        return msgspec.structs.replace(one, value=f"{one.value} ({self._number})")

    def _significance_changes(self) -> None:
        iri, value = self._random.choice(self._statements), self._random.choice(("moderate", "minor"))
        self._annotate(
            iri, lambda one: msgspec.structs.replace(one, value=value) if one.property == SIGNIFICANCE else one
        )

    def _is_silenced(self) -> None:
        iri = self._random.choice(self._statements)
        self._annotate(iri, lambda one: one, Annotation(kgtwin("silent"), "true"))

    def _threshold_moves(self) -> None:
        found = [one for one in self._ontology.axioms if isinstance(one, EquivalentClasses) and moved(one) != one]
        if found:
            axiom = self._random.choice(found)
            self._with((moved(axiom),), (axiom,))

    def _results_expire(self) -> None:
        iri = self._random.choice([*self._knowledge.analytes, *self._classes[:3]])
        self._annotate(
            iri, lambda one: one if one.property != EXPIRES else None, Annotation(EXPIRES, f"P{self._number % 400}D")
        )

    def _conditions_pass(self) -> None:
        """One that lasts for a time lasts longer or shorter, or another one does not last for ever."""
        conditions = [iri for iri in self._classes if self._knowledge.is_a(iri, CLINICAL_CONDITION)]
        limited = [iri for iri in conditions if to_curie(iri) in self._knowledge.durations.by_concept]
        iri = self._random.choice([*conditions[:5], *limited, *limited])
        length = Annotation(LASTS, f"P{1 + self._number % 900}D")
        self._annotate(iri, lambda one: one if one.property != LASTS else None, length)

    def _rule_is_silenced(self) -> None:
        if self._rules:
            self._annotate(self._random.choice(self._rules), lambda one: one, Annotation(kgtwin("silent"), "true"))

    def _rule_is_about_another(self) -> None:
        """Another medicine, condition or analyte, of those that rules are about."""
        if self._rules:
            iri, other = self._random.choice(self._rules), self._random.choice(self._rules)
            names = ("ruleMedicine", "ruleAnalyte", "ruleCondition", "unlessCondition", "burdenThreshold", "detail")
            prop = kgtwin(self._random.choice(names))
            values = [one.value for one in self._notes(other) if one.property == prop] or ["2"]

            def changed(one: Annotation) -> Annotation:
                return msgspec.structs.replace(one, value=values[0]) if one.property == prop else one

            self._annotate(iri, changed)

    def _rule_has_one_below(self) -> None:
        """So that it is a family, and no rule any more."""
        if self._rules:
            iri = kgtwin(f"New_{self._number}_{len(self._ontology.axioms)}")
            self._declare(iri)
            self._with((SubClassOf(Class(iri), Class(self._random.choice(self._rules))),))

    def _product_comes(self) -> None:
        """With a local route: whether an ingredient may be given locally decides burdens."""
        iri = kgtwin(f"New_{self._number}_{len(self._ontology.axioms)}")
        self._declare(iri)
        substances = [one for one in self._classes if self._knowledge.is_a(one, SUBSTANCE)]
        has = ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(self._random.choice(substances)))
        by = ObjectSomeValuesFrom(HAS_ROUTE, Class(LOCAL_ROUTE))
        self._with(tuple(SubClassOf(Class(iri), one) for one in (Class(MEDICINAL_PRODUCT), has, by)))

    def _equation_changes(self) -> None:
        if self._knowledge.equations:
            iri = self._random.choice(sorted(self._knowledge.equations))
            self._annotate(iri, lambda one: None if one.property == kgtwin("estimates") else one)

    _OF_RULES = (
        _rule_is_silenced,
        _rule_is_about_another,
        _rule_has_one_below,
        _product_comes,
        _equation_changes,
    )
    _edits = (
        _axiom_goes,
        _axiom_goes,
        _statement_goes,
        _statement_comes,
        _statement_comes,
        _class_comes_below,
        _class_moves,
        _class_moves,
        _classes_part,
        _label_changes,
        _significance_changes,
        _is_silenced,
        _threshold_moves,
        _results_expire,
        _conditions_pass,
        *_OF_RULES,
    )


def moved(axiom: EquivalentClasses) -> EquivalentClasses:
    """A definition with its numbers doubled."""
    return EquivalentClasses(tuple(map(_moved, axiom.operands)))


def _moved(expression: ClassExpression) -> ClassExpression:
    match expression:
        case ObjectIntersectionOf(operands):
            return ObjectIntersectionOf(tuple(map(_moved, operands)))
        case ObjectSomeValuesFrom(role, filler):
            return ObjectSomeValuesFrom(role, _moved(filler))
        case DataSomeValuesFrom(name, Interval() as found):
            low, high = (None if end is None else end * Decimal(2) for end in (found.low, found.high))
            return DataSomeValuesFrom(name, msgspec.structs.replace(found, low=low, high=high))
    return expression


def edited(knowledge: Knowledge, number: int, *, rules: bool = False) -> Knowledge | None:
    """The knowledge after an invented edit; with ``rules``, of what clinical rules rest on."""
    return Editor(knowledge, number, rules=rules).edited()
