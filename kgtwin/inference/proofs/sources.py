"""Whether a proof document says what its sources say: the ontology that it cites, the patient's facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import chain, permutations
from typing import Final

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.proofs.export import FLAGS
from kgtwin.inference.proofs.ruled import EQUATION, PLAUSIBLE, RULE, STRENGTH
from kgtwin.inference.proofs.units import dose_conversions
from kgtwin.inference.proofs.writing import EXPIRY, LASTING, SPANS, UNITS, minimal
from kgtwin.inference.rules.dosing import PIECES
from kgtwin.model.axioms import Class, EquivalentClasses, ObjectIntersectionOf, SubClassOf
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord, Quantity
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.model.proof_document import Absence, Conversion, ProofDocument, ProofRule, Selection
from kgtwin.terminology.units import linear
from kgtwin.vocabulary import kgtwin

PIECE: Final = "piece"
_COUNTED: Final = (Fraction(1), Fraction(0))


class Told:
    """What an ontology tells, in the forms that documents have it in; made once for many documents."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._axioms = frozenset(map(render, ontology.axioms))
        self._below = _told_below(ontology)

    def against(self, document: ProofDocument) -> Iterator[str]:
        """What a document says of the knowledge and the ontology does not, or keeps to itself."""
        ontology = self._ontology
        if document.knowledge.digest != ontology.digest:
            yield f"the ontology's digest is {ontology.digest}, the proof's {document.knowledge.digest}"
        title = ontology.label(to_iri(document.issue.statement))
        if document.issue.title != title:
            yield f"the statement's label is {title!r}"
        yield from (f"the ontology does not say {one.owl}" for one in document.axioms if one.owl not in self._axioms)
        said = {(one.subject, one.property): one.value for one in document.annotations}
        asked = dict.fromkeys(said)
        asked |= {(iri, kgtwin(name)): None for iri, names in _annotated(document) for name in names}
        for iri, prop in asked:
            if said.get((iri, prop)) != ontology.value(iri, prop):
                yield f"{prop} of {iri} is {ontology.value(iri, prop)!r}, the proof says {said.get((iri, prop))!r}"
        yield from chain(_misconverted(document, ontology), _unconverted(document, ontology), self._unlimited(document))
        for rule in document.rules:
            yield from self._against_rule(rule, document)

    def _against_rule(self, rule: ProofRule, document: ProofDocument) -> Iterator[str]:
        """What is different of a rule, of the equation and the products that it uses, of the codes of its analytes."""
        asked = {(iri, kgtwin(name)): None for iri in (rule.rule, rule.family) for name in RULE}
        asked |= {(rule.equation or "", kgtwin(name)): None for name in EQUATION}
        if any(one.property == kgtwin("maximumDailyDose") for one in rule.annotations):
            products = [to_iri(c) for f in document.facts if f.kind is FactKind.MEDICATION for c in f.code.certain]
            asked |= {(iri, kgtwin(name)): None for iri in products for name in STRENGTH}
            asked |= {
                (iri, kgtwin(name)): None for iri in self._above(document.issue.ingredients) for name in PLAUSIBLE
            }
        asked |= {(one.subject, one.property): None for one in rule.annotations}
        for iri, prop in asked:
            said = tuple(one.value for one in rule.annotations if (one.subject, one.property) == (iri, prop))
            if said != self._ontology.values(iri, prop):
                yield f"{prop} of {iri} is {self._ontology.values(iri, prop)!r}, the proof says {said!r}"
        if self._below.get(rule.rule):
            yield f"{rule.rule} has rules below it and is none itself"
        codes = set(map(to_curie, self._with_all_below(_analytes(rule))))
        for one in rule.absences:
            unsaid = codes - {*one.codes} if one.codes else ()
            yield from (f"{code} means an analyte of the rule and is left out" for code in sorted(unsaid))

    def _above(self, ingredients: Iterable[str]) -> Iterator[str]:
        """The classes with a plausible dose that ingredients (CURIEs) are told to be in."""
        annotated = [iri for iri in self._ontology.annotations if self._ontology.value(iri, kgtwin(*PLAUSIBLE))]
        named = set(map(to_iri, ingredients))
        yield from (iri for iri in annotated if named & self._with_all_below([iri]))

    def _unlimited(self, document: ProofDocument) -> Iterator[str]:
        """Classes that limit how long something counts, and that a document keeps to itself."""
        facts = {one.id: one for one in document.facts}
        for place, one in enumerate(document.selections):
            first = facts.get(one.facts[0])
            if first is None or one.reading is not None:
                continue
            said = [step.conclusion for step in document.steps if step.selection == place]
            own = one.classes or tuple(map(to_iri, first.code.certain))
            classes = {iri for iri in own if any(f"<{iri}>" in conclusion for conclusion in said)}
            (name,) = LASTING if first.kind is FactKind.CONDITION else EXPIRY
            for iri, below in self._limiting[name].items():
                if iri not in one.above and not classes.isdisjoint(below):
                    yield f"{iri} limits how long {first.id} counts and is left out"

    @cached_property
    def _limiting(self) -> dict[str, dict[str, set[str]]]:
        """By annotation property, the classes that limit how long something counts, with all below them."""
        ontology = self._ontology
        return {
            name: {i: self._with_all_below([i]) for i in ontology.annotations if ontology.value(i, kgtwin(name))}
            for name in (*LASTING, *EXPIRY)
        }

    def _with_all_below(self, classes: Iterable[str]) -> set[str]:
        found, todo = set(classes), list(classes)
        while todo:
            new = self._below.get(todo.pop(), set()) - found
            found |= new
            todo += new
        return found


def _told_below(ontology: Ontology) -> dict[str, set[str]]:
    """By class, what axioms tell to be below it, or the same, by name: as the one or as a conjunct of the other."""
    below: dict[str, set[str]] = {}
    for axiom in ontology.axioms:
        pairs = permutations(axiom.operands, 2) if isinstance(axiom, EquivalentClasses) else ()
        for sub, sup in [(axiom.sub, axiom.sup)] if isinstance(axiom, SubClassOf) else pairs:
            for one in sup.operands if isinstance(sup, ObjectIntersectionOf) else (sup,):
                if isinstance(sub, Class) and isinstance(one, Class):
                    below.setdefault(one.iri, set()).add(sub.iri)
    return below


def _annotated(document: ProofDocument) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of what a document rests on, what may be annotated and must not be left out."""
    conditions = {fact.id for fact in document.facts if fact.kind is FactKind.CONDITION}
    if not document.rules:
        yield to_iri(document.issue.statement), FLAGS
    for one in document.selections:
        yield one.role, SPANS
        yield from ((iri, LASTING if conditions.issuperset(one.facts) else EXPIRY) for iri in one.above)
        if one.reading is not None:
            yield one.reading.analyte, UNITS
    yield from ((iri, UNITS) for rule in document.rules for iri in _analytes(rule))


def _analytes(rule: ProofRule) -> list[str]:
    return [one.value for one in rule.annotations if one.property == kgtwin("ruleAnalyte")]


def _misconverted(document: ProofDocument, ontology: Ontology) -> Iterator[str]:
    """Units that do not convert by the factors that a document states: of a rule, whatever of its analytes."""
    readings = [one.reading for one in document.selections if one.reading is not None]
    analytes = {one.analyte for one in readings} | {iri for rule in document.rules for iri in _analytes(rule)}
    stated = [(one, reading.unit, {reading.analyte}) for reading in readings for one in reading.conversions]
    stated += [(one, one.to, {*analytes, ""}) for rule in document.rules for one in rule.conversions]
    for one, to, of in stated:
        known = [_factors(one.unit, to, iri, ontology) for iri in of]
        if _as_factors(one) not in ([_COUNTED] if to == PIECE and one.unit in PIECES else known):
            yield f"{one.unit} does not convert to {to} by {one.factor}"


def _unconverted(document: ProofDocument, ontology: Ontology) -> Iterator[str]:
    """Units of doses, and of results that could be there of what is estimated, that convert as a rule keeps back."""
    for rule in document.rules:
        stated = {(one.unit, one.to) for one in rule.conversions}
        wanted: dict[tuple[str, str], None] = {}
        if any(one.property == kgtwin("maximumDailyDose") for one in rule.annotations):
            strengths = [one.value.split("|")[-1] for one in rule.annotations if one.property == kgtwin("strength")]
            details = [one.detail for one in document.facts if isinstance(one.detail, MedicationDetail)]
            doses = [dose for detail in details for dose in detail.instructions]
            wanted |= {(one.unit, one.to): None for one in dose_conversions(doses, strengths)}
        for iri in _analytes(rule) if rule.equation is not None else ():
            to, listed = ontology.value(iri, kgtwin("canonicalUnit")) or "", _listed(rule)
            found = [one.value.ucum for one in document.facts if one.id in listed and isinstance(one.value, Quantity)]
            units = dict.fromkeys(unit for unit in found if unit and unit != to)
            wanted |= {(unit, to): None for unit in units if _factors(unit, to, iri, ontology)}
        yield from (f"{unit} converts to {to}, and this is left out" for unit, to in wanted if (unit, to) not in stated)


def _listed(rule: ProofRule) -> set[str]:
    """The results that are listed as all of an analyte."""
    return {id_ for one in rule.absences if FactKind.OBSERVATION in one.kinds for id_ in one.facts}


def _as_factors(one: Conversion) -> tuple[Fraction, Fraction] | None:
    try:
        return Fraction(one.factor), Fraction(one.offset)
    except (ValueError, ZeroDivisionError):
        return None


def _factors(unit: str, to: str, analyte: str, ontology: Ontology) -> tuple[Fraction, Fraction] | None:
    mass, valence = (ontology.value(analyte, kgtwin(name)) for name in ("molarMass", "valence"))
    return linear(unit, to, Decimal(mass) if mass else None, int(valence) if valence else None)


def against_facts(document: ProofDocument, record: PatientRecord, facts: Iterable[Fact]) -> Iterator[str]:
    """What a document says of the patient and the twin at its revision does not, or keeps to itself."""
    known = {fact.id: fact for fact in facts}
    if document.patient != minimal(record):
        yield "the Patient resource says something else"
    for fact in document.facts:
        if not _is(known.get(fact.id), fact):
            yield f"{fact.id} ({fact.provenance.resource}) says something else, or is not known at this revision"
    for one in document.selections:
        yield from (f"{id_} is of the same code as {one.facts[0]} and is left out" for id_ in _left_out(one, known))
    medications = [fact.id for fact in known.values() if fact.kind is FactKind.MEDICATION]
    flag = kgtwin("washOut")
    if any(one.property == flag and one.value in ("true", "1") for one in document.annotations):
        yield from (f"{id_} is a medication and is left out" for id_ in medications if id_ not in document.medications)
    for absence in chain.from_iterable(rule.absences for rule in document.rules):
        yield from (f"{id_} may fill what is absent and is left out" for id_ in _unlisted(absence, known))


def _is(one: Fact | None, other: Fact) -> bool:
    try:
        return one == other
    except ArithmeticError:  # a signalling NaN is like nothing
        return False


def _left_out(one: Selection, known: dict[str, Fact]) -> list[str]:
    """The facts with a code of the one that stands for the latest that the snapshot lacks."""
    first = known.get(one.facts[0])
    if first is None or not one.snapshot:
        return []
    same = (fact for fact in known.values() if {*fact.code.concepts} & {*first.code.concepts})
    return [fact.id for fact in same if fact.id not in one.snapshot]


def _unlisted(absence: Absence, known: dict[str, Fact]) -> list[str]:
    """The facts of the kinds and codes of an absence that it does not list."""
    codes = {*absence.codes}
    able = (fact for fact in known.values() if fact.kind in absence.kinds)
    fitting = (fact for fact in able if not codes or codes & {*fact.code.concepts})
    return [fact.id for fact in fitting if fact.id not in absence.facts]
