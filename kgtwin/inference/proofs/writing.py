"""What every proof document is written of: numbered steps, axioms, facts, selections, annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.derive import ASSERTIONS, Deriver
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.knowledge.durations import LONGEST_DURATION
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.proofs.units import conversions
from kgtwin.inference.realising.abox import individual
from kgtwin.inference.realising.observed import CONTEXTS, OBSERVED, thing
from kgtwin.inference.realising.results import MEASURED
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Axiom, Class, ClassAssertion, ObjectSomeValuesFrom
from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Proof
from kgtwin.model.proof_document import (
    FORMAT,
    RECEIVED,
    Medicine,
    ProofAnnotation,
    ProofAxiom,
    ProofDocument,
    ProofIssue,
    ProofKnowledge,
    ProofReading,
    ProofRule,
    ProofStep,
    Selection,
    conclusion_axiom,
    sealed,
)
from kgtwin.vocabulary import (
    ANSWERED_CONDITION,
    HAS_ACTIVE_INGREDIENT,
    HAS_LATEST_RESULT,
    HAS_NOW_AS_ANSWERED,
    HAS_ROUTE,
    HAS_SEVERITY,
    MEDICINAL_PRODUCT,
    NOT_VALIDATED,
    PATIENT,
    ROUTE,
    SEVERITY,
    SUBSTANCE,
    kgtwin,
)

KINDS: Final = {HAS_ACTIVE_INGREDIENT: SUBSTANCE, HAS_ROUTE: ROUTE, HAS_SEVERITY: SEVERITY}
"""What the filler of a role that a code gives to a medicine or a condition must be."""
UNITS: Final = (
    *("canonicalUnit", "molarMass", "valence", "expiresAfter", "multipleOfUpperLimitOf"),
    *("plausibleFrom", "plausibleTo"),
)
SPANS: Final = ("within", "persistsFor")
LASTING: Final = (LONGEST_DURATION,)
EXPIRY: Final = ("expiresAfter",)


class Writer:
    """Makes one document; numbers are given as things are first needed."""

    def __init__(self, evaluation: Evaluation, record: PatientRecord, facts: tuple[Fact, ...]) -> None:
        self.evaluation, self.all = evaluation, facts
        self.knowledge, self.box = evaluation.knowledge, evaluation.box
        self._record = record
        self._numbers: dict[int, int] = {}
        self._kept: list[Proof] = []
        self._steps: dict[ProofStep, int] = {}
        self._axioms: dict[ProofAxiom, int] = {}
        self._selections: dict[Selection, int] = {}
        self._facts: dict[str, Fact] = {}
        self._annotations: dict[ProofAnnotation, None] = {}

    def document(
        self,
        issue: DetectedIssue,
        of: tuple[frozenset[str], frozenset[str]],
        conclusion: int,
        medicines: Iterable[Medicine],
        *,
        medications: Iterable[Fact] = (),
        rules: tuple[ProofRule, ...] = (),
    ) -> ProofDocument:
        """The document of an issue ``of`` ingredients and conditions, with all that was written so far."""
        implicated = dict.fromkeys(one.fact for one in issue.implicated)
        self.cite(fact for fact in self.all if fact.id in implicated)
        return sealed(
            ProofDocument(
                format=FORMAT,
                issue=ProofIssue(
                    id=issue.id,
                    patient=issue.patient,
                    statement=issue.statement,
                    ingredients=tuple(sorted(of[0])),
                    conditions=tuple(sorted(of[1])),
                    implicated=tuple(implicated),
                    kind=issue.kind.value,
                    significance=issue.significance.value,
                    title=issue.title,
                    at=self.evaluation.moment.astimezone(UTC).isoformat(),
                    revision=issue.revision,
                ),
                knowledge=ProofKnowledge(issue.knowledge, self.knowledge.ontology.digest),
                conclusion=conclusion,
                steps=tuple(self._steps),
                axioms=tuple(self._axioms),
                annotations=tuple(self._annotations),
                patient=minimal(self._record),
                facts=tuple(self._facts.values()),
                selections=tuple(self._selections),
                medicines=tuple(medicines),
                medications=tuple(fact.id for fact in medications),
                rules=rules,
                safety=NOT_VALIDATED,
            )
        )

    # steps

    def step(self, proof: Proof) -> int:
        """The number of a step, after those of its premises; iterative, so that depth is no limit."""
        todo = [proof]
        while todo:
            step = todo[-1]
            waiting = [one for one in step.premises if id(one) not in self._numbers]
            if waiting:
                todo.extend(waiting)
                continue
            todo.pop()
            if id(step) not in self._numbers:
                self._kept.append(step)
                self._numbers[id(step)] = self.number(self._as_step(step))
        return self._numbers[id(proof)]

    def number(self, step: ProofStep) -> int:
        return self._steps.setdefault(step, len(self._steps))

    def _as_step(self, step: Proof) -> ProofStep:
        conclusion = render(conclusion_axiom(step.conclusion))
        source = self.box.sources.get(step.axiom) if isinstance(step.axiom, ASSERTIONS) else None
        if step.axiom is not None and not step.premises:
            if isinstance(source, Selected):
                return self._received(conclusion, step.axiom, source)
            if source is not None or step.axiom == ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT)):
                return ProofStep(RECEIVED, conclusion)
        premises = tuple(self._numbers[id(one)] for one in step.premises)
        return ProofStep(step.rule, conclusion, premises, None if step.axiom is None else self._axiom(step.axiom))

    def _axiom(self, axiom: Axiom) -> int:
        origin, annotations = Deriver(self.knowledge, self.box).provenance(axiom)
        return self._axioms.setdefault(ProofAxiom(render(axiom), origin, annotations), len(self._axioms))

    def _received(self, conclusion: str, assertion: Axiom, one: Selected) -> ProofStep:
        selection = self._selection(one)
        kinds = [self.step(proof) for proof in self._kinds(assertion, one)]
        return ProofStep(RECEIVED, conclusion, tuple(dict.fromkeys(kinds)), None, selection)

    def _kinds(self, assertion: Axiom, one: Selected) -> Iterator[Proof]:
        """That a code is of the kind that its place asks for: a substance, a product, a route; of the analyte."""
        analyte = self._analyte(one)
        pairs = [(to_iri(code), analyte.iri) for f in one.facts for code in self._codes(f, analyte)] if analyte else []
        match assertion:
            case ClassAssertion(_, ObjectSomeValuesFrom(role, Class(iri))):
                pairs.append((iri, KINDS[role]))
            case ClassAssertion(_, Class(iri)) if one.fact.kind is FactKind.MEDICATION:
                pairs.append((iri, MEDICINAL_PRODUCT))
            case ClassAssertion(_, Class(iri)) if one.role == HAS_NOW_AS_ANSWERED:
                pairs.append((iri, ANSWERED_CONDITION))
            case ClassAssertion(_, Class(iri)) if analyte and not one.classes:
                pairs.append((iri, analyte.iri))
        return self.subsumptions(pairs)

    def subsumptions(self, pairs: Iterable[tuple[str, str]]) -> Iterator[Proof]:
        """That classes are below others, where they are."""
        for sub, sup in pairs:
            proof = self.knowledge.classification.explain(sub, sup) if sub != sup else None
            if proof is not None:
                yield proof

    def _codes(self, fact: Fact, analyte: Analyte) -> list[str]:
        """The first of a fact's concepts that is of the analyte."""
        return [c for c in fact.code.concepts if self.knowledge.analyte(to_iri(c)) is analyte][:1]

    # what was selected

    def _selection(self, one: Selected) -> int:
        analyte = self._analyte(one)
        snapshot = list(self._rivals(one, analyte))
        self.cite([*one.facts, *snapshot])
        self.said(one.role, SPANS)
        found = Selection(
            individual=individual(one),
            role=one.role,
            facts=tuple(fact.id for fact in one.facts),
            reason=one.reason,
            classes=one.classes,
            reading=None if analyte is None else self._reading(one, analyte),
            snapshot=tuple(fact.id for fact in snapshot),
            above=() if analyte is not None else self._above(one),
        )
        return self._selections.setdefault(found, len(self._selections))

    def _above(self, one: Selected) -> tuple[str, ...]:
        """The classes that limit how long something counts, or how long a condition lasts."""
        lasting = tuple(limit.iri for limit in self.knowledge.durations.limits(one.fact))
        for iri in lasting:
            self.said(iri, LASTING)
        if lasting:
            return lasting
        limits = [iri for c in one.classes for iri in (c, *self.knowledge.classification.ancestors(c))]
        return tuple(dict.fromkeys(iri for iri in limits if self.said(iri, EXPIRY)))

    def _analyte(self, one: Selected) -> Analyte | None:
        return self.knowledge.analyte_of(one.fact) if one.role in self.knowledge.roles.results else None

    def _rivals(self, one: Selected, analyte: Analyte | None) -> Iterator[Fact]:
        """The facts that would take a fact's place if they were later."""
        kind = dict(CONTEXTS).get(one.role)
        for fact in self.all:
            if analyte is not None:
                if fact.kind in MEASURED and self.knowledge.analyte_of(fact) is analyte:
                    yield fact
            elif kind is not None and fact.kind in OBSERVED and self._same(fact, one.fact, kind):
                yield fact

    def _same(self, one: Fact, other: Fact, kind: str) -> bool:
        return thing(one, kind, self.knowledge) == thing(other, kind, self.knowledge)

    def _reading(self, one: Selected, analyte: Analyte) -> ProofReading:
        self.said(analyte.iri, UNITS)
        multiple = one.role == HAS_LATEST_RESULT and bool(one.part)
        if multiple:
            self.said(one.classes[0], UNITS)
        return ProofReading(analyte.iri, analyte.unit, tuple(conversions(one.facts, analyte)), multiple)

    def cite(self, facts: Iterable[Fact]) -> None:
        self._facts.update((fact.id, fact) for fact in facts)

    def said(self, iri: str, names: tuple[str, ...]) -> bool:
        """Adds what the ontology says of something by some annotation properties; whether it says anything."""
        pairs = [(kgtwin(name), self.knowledge.ontology.value(iri, kgtwin(name))) for name in names]
        found = [ProofAnnotation(iri, name, value) for name, value in pairs if value is not None]
        self._annotations.update(dict.fromkeys(found))
        return bool(found)


def minimal(record: PatientRecord) -> PatientRecord:
    """What of the Patient resource an issue can rest on: no name, no identifiers."""
    return msgspec.structs.replace(record, name=None, identifiers=(), links=(), active=None)
