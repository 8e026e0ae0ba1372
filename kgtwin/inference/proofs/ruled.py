"""The proof document of an issue that a clinical rule raises: the rule as data, and what it is applied to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final

import msgspec

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.equations.definitions import Input
from kgtwin.inference.issues.matching import ingredients_of
from kgtwin.inference.knowledge.rules import DoseLimit
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.proofs.units import conversion, conversions, dose_conversions
from kgtwin.inference.proofs.writing import LASTING, UNITS, Writer
from kgtwin.inference.realising.abox import individual
from kgtwin.inference.realising.results import MEASURED
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import counting
from kgtwin.inference.realising.washout import ended
from kgtwin.inference.rules.burden import Burden
from kgtwin.inference.rules.care_gaps import ANY_AGE, Untreated
from kgtwin.inference.rules.considered import ingredients_named
from kgtwin.inference.rules.dose import AboveLimit, Value
from kgtwin.inference.rules.estimating import Estimated
from kgtwin.inference.rules.evaluate import decided
from kgtwin.inference.rules.known import Realised
from kgtwin.inference.rules.monitoring import MissingMonitoring
from kgtwin.inference.rules.raised import Raised
from kgtwin.inference.rules.taking import ADJOINING, Taken
from kgtwin.model.axioms import (
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    ObjectSomeValuesFrom,
)
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.owl_text import render
from kgtwin.model.proof import Membership, Proof
from kgtwin.model.proof_document import (
    CLINICAL_RULE,
    Absence,
    Conversion,
    Medicine,
    ProofAnnotation,
    ProofDocument,
    ProofRule,
    ProofStep,
)
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_LATEST_RESULT, HAS_NOW, SUBSTANCE, TOOK_EVER, kgtwin

RULE: Final = (
    *("ruleMedicine", "ruleAnalyte", "ruleCondition", "ruleHistory", "ruleQualifier", "ruleSignificance", "silent"),
    *("beforeStart", "firstAfter", "every", "duringFirst", "onlyAfter", "remindFor"),
    *("rangeFrom", "rangeAbove", "rangeBelow", "rangeTo", "maximumDailyDose"),
    *("burdenPoints", "burdenThreshold", "unlessCondition", "unlessMedicine", "ageFrom", "ageBelow"),
)
"""The annotation properties by which a rule and its family say what is checked."""
EQUATION: Final = (
    *("equationInput", "equationLet", "equationTerm", "equationResult", "resultUnit"),
    *("populationExcludes", "populationRequires", "estimates"),
)
STRENGTH: Final = ("strength",)
PLAUSIBLE: Final = ("plausibleDailyDose",)


def rule_document(issue: DetectedIssue, writer: Writer) -> ProofDocument:
    """The proof document of an issue that a rule raises."""
    for one in decided(Realised(writer.evaluation)):
        if isinstance(one, Raised) and one.id_for(issue.patient) == issue.id:
            return _Applied(one, issue, writer).document()
    raise AssertionError("a rule raises it")


class _Applied:
    """One rule, applied; what the last step rests on is collected as it is written."""

    def __init__(self, raised: Raised, issue: DetectedIssue, writer: Writer) -> None:
        self._raised, self._issue, self._writer = raised, issue, writer
        self._knowledge, self._realisation = writer.knowledge, writer.evaluation.realisation
        self._premises: dict[int, None] = {}
        self._medicines: dict[str, Medicine] = {}
        self._annotations: dict[ProofAnnotation, None] = {}
        self._absences: list[Absence] = []
        self._conversions: dict[Conversion, None] = {}
        self._equation: str | None = None

    def document(self) -> ProofDocument:
        """The document, by what its rule asks for."""
        raised, rule = self._raised, self._raised.rule
        self._annotate(rule.iri, RULE)
        self._annotate(rule.family, RULE)
        self._is_a(rule.iri, rule.family)
        match raised:
            case MissingMonitoring():
                self._monitoring(raised)
            case Burden():
                self._burden(raised)
            case Untreated():
                self._care_gap(raised)
            case AboveLimit():
                self._dose(raised)
            case _:
                raise AssertionError(f"no family of rules: {rule.family}")
        conclusion = render(ClassAssertion(PATIENT_INDIVIDUAL, Class(rule.iri)))
        last = self._writer.number(ProofStep(CLINICAL_RULE, conclusion, tuple(self._premises)))
        applied = ProofRule(
            rule=rule.iri,
            family=rule.family,
            annotations=tuple(self._annotations),
            absences=tuple(self._absences),
            conversions=tuple(self._conversions),
            equation=self._equation,
        )
        of = raised.ingredients, raised.conditions
        return self._writer.document(self._issue, of, last, self._medicines.values(), rules=(applied,))

    # the four kinds

    def _monitoring(self, raised: MissingMonitoring) -> None:
        rule, taken = raised.rule, raised.taken
        self._taken(taken, rule.medicine)
        for analyte in rule.analytes:
            self._writer.said(analyte, UNITS)
        present = {one.fact.id for one in taken.selected}
        for node, one in self._writer.box.by_node.items():
            if one.role == TOOK_EVER and one.fact.id not in present and self._reaches_up(one, taken):
                held = map(to_iri, ingredients_of(node, self._realisation, self._knowledge))
                for same in (other for other in held if self._may_be_one(other, taken.ingredient)):
                    self._has(node, same)
        self._lists_medications(taken.ingredient)
        self._absent(MEASURED, self._codes(rule.analytes))

    def _burden(self, raised: Burden) -> None:
        for share in raised.shares:
            self._taken(share.taken, share.by)

    def _care_gap(self, raised: Untreated) -> None:
        rule = raised.rule
        self._fills(raised.role, raised.condition.node, raised.condition.name)
        if rule.ages != ANY_AGE:
            self._told(PATIENT_INDIVIDUAL)
        for fact in self._absent((FactKind.MEDICATION,)):
            named = sorted(map(to_curie, ingredients_named(fact, self._knowledge)))
            self._lists(f"urn:kgtwin:fact:{fact.id}", named)
            self._of_kinds(ingredients_named(fact, self._knowledge), (*rule.medicines, *rule.unless_medicines))
        for fact in self._absent((FactKind.ALLERGY,)):
            of = self._knowledge.classes_of(fact)
            self._of_kinds(of, rule.medicines)
            self._of_kinds(rule.medicines, [one for one in of if one != SUBSTANCE])
        for fact in self._absent((FactKind.CONDITION,)) if rule.unless_conditions else ():
            self._of_kinds(self._knowledge.classes_of(fact), rule.unless_conditions)

    def _dose(self, raised: AboveLimit) -> None:
        rule = raised.rule
        self._taken(raised.taken, rule.medicine)
        for iri, _ in self._knowledge.rules.plausible_doses:
            if self._knowledge.is_a(raised.taken.ingredient, iri):
                self._annotate(iri, PLAUSIBLE)
                self._is_a(raised.taken.ingredient, iri)
        for fact in (one.fact for one in raised.taken.selected):
            for concept in fact.code.certain:
                self._annotate(to_iri(concept), STRENGTH)
            if isinstance(fact.detail, MedicationDetail):
                stated = [one.value.split("|")[-1] for one in self._annotations if one.property == kgtwin("strength")]
                self._conversions.update((one, None) for one in dose_conversions(fact.detail.instructions, stated))
        for one in raised.present:
            for name in rule.conditions:
                if self._realisation.satisfies(one.node, Class(name)):
                    self._fills(HAS_NOW, one.node, name)
        self._result(rule, raised.value)

    # what they share

    def _taken(self, taken: Taken, medicine: str) -> None:
        """That an ingredient is in what is taken now, and a medicine that the rule names."""
        self._is_a(taken.ingredient, medicine)
        for dose in taken.doses:
            self._has(dose.node, taken.ingredient)

    def _reaches_up(self, one: Selected, taken: Taken) -> bool:
        """Whether a past medicine may have been taken at the start of what is taken now, or since."""
        as_needed = isinstance(one.fact.detail, MedicationDetail) and one.fact.detail.as_needed
        return not as_needed and ended(one.fact, self._writer.evaluation.moment)[1] + ADJOINING >= taken.since.first

    def _may_be_one(self, one: str, other: str) -> bool:
        return self._knowledge.is_a(one, other) or self._knowledge.is_a(other, one)

    def _lists_medications(self, ingredient: str) -> None:
        """All medications of the patient with their ingredients; none of what is left out as it contradicts others."""
        for fact in self._absent((FactKind.MEDICATION,)):
            node, spans = f"urn:kgtwin:fact:{fact.id}", counting(fact, None)
            if node in self._writer.box.by_node:
                self._lists(node, ingredients_of(node, self._realisation, self._knowledge))
            elif spans is not None and spans.at(self._writer.evaluation.moment) is not None:
                self._lists(node, ())
            else:
                self._lists(node, map(to_curie, ingredients_named(fact, self._knowledge)))
            for one in map(to_iri, self._medicines[node].ingredients):
                self._is_a(one, ingredient)
                self._is_a(ingredient, one)

    def _codes(self, analytes: Iterable[str]) -> tuple[str, ...]:
        """All concepts that mean one of some analytes."""
        tree = self._knowledge.classification
        found = (one for iri in analytes for one in (iri, *tree.equivalents(iri), *tree.descendants(iri)))
        return tuple(sorted(set(map(to_curie, found))))

    def _absent(self, kinds: Iterable[FactKind], codes: tuple[str, ...] = ()) -> list[Fact]:
        """Lists all facts of the patient of some kinds, and of some codes where any are named."""
        wanted, named = frozenset(kinds), frozenset(codes)
        found = [
            one
            for one in self._writer.all
            if one.kind in wanted and (not named or not named.isdisjoint(one.code.concepts))
        ]
        self._writer.cite(found)
        self._absences.append(Absence(tuple(sorted(wanted)), tuple(one.id for one in found), codes))
        return found

    def _annotate(self, iri: str, names: tuple[str, ...]) -> None:
        values = [(name, text) for name in names for text in self._knowledge.ontology.values(iri, kgtwin(name))]
        self._annotations.update((ProofAnnotation(iri, kgtwin(name), text), None) for name, text in values)

    def _lists(self, node: str, ingredients: Iterable[str]) -> None:
        self._medicines[node] = Medicine(node, (), tuple(sorted(ingredients)))

    # premises

    def _premise(self, proof: Proof | None) -> None:
        assert proof is not None, "the rule rests on it"
        self._premises[self._writer.step(proof)] = None

    def _is_a(self, sub: str, sup: str) -> None:
        """That a class is below another one, if it is; nothing of a class itself."""
        for proof in self._writer.subsumptions([(sub, sup)]):
            self._premise(proof)

    def _of_kinds(self, some: Iterable[str], kinds: Iterable[str]) -> None:
        """Of what is listed, that it is of a class that would matter if it counted."""
        for sub, sup in product(some, kinds):
            self._is_a(sub, sup)

    def _has(self, node: str, ingredient: str) -> None:
        """That a medicine has an ingredient."""
        has = ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(ingredient))
        self._premise(self._realisation.explain(node, has))
        self._lists(node, ingredients_of(node, self._realisation, self._knowledge))

    def _fills(self, role: str, node: str, name: str) -> None:
        """That the patient is related to something by a role, and that it is of a class."""
        self._premise(self._realisation.explain_link(PATIENT_INDIVIDUAL, role, node))
        self._premise(self._realisation.explain(node, Class(name)))

    def _result(self, rule: DoseLimit, value: Value) -> None:
        """What was measured, or what an equation estimates from what was."""
        self._writer.said(rule.analyte, UNITS)
        if value.node is not None:
            self._measured(value.node, rule.analyte)
            self._reads(value.selected[0].fact, self._knowledge.analytes[rule.analyte].unit)
        if value.estimated is not None:
            self._estimated(rule.analyte, value.estimated)

    def _measured(self, node: str, analyte: str) -> None:
        """That something is the latest result of an analyte, and its value."""
        self._fills(HAS_LATEST_RESULT, node, analyte)
        self._told(node)

    def _told(self, individual_: str) -> None:
        """The value of a result; the age and the sex of the patient."""
        for told in self._writer.box.told_of(individual_):
            if isinstance(told, DataPropertyAssertion):
                some = DataSomeValuesFrom(told.property, told.range)
                self._premise(Proof("told", Membership(individual_, some), (), told))
            elif isinstance(told, ClassAssertion) and individual_ == PATIENT_INDIVIDUAL:
                self._premise(Proof("told", Membership(individual_, told.type), (), told))

    def _estimated(self, analyte: str, found: Estimated) -> None:
        equation = found.equation
        self._equation = equation.iri
        self._told(PATIENT_INDIVIDUAL)
        self._annotate(equation.iri, EQUATION)
        for one in equation.estimates:
            self._is_a(one, analyte)
        excluded = [to_iri(name) for criterion in equation.excludes for name in criterion.about]
        for fact in self._absent((FactKind.CONDITION,)) if excluded else ():
            self._of_kinds(self._knowledge.classes_of(fact), excluded)
            for limit in self._knowledge.durations.limits(fact):
                self._writer.said(limit.iri, LASTING)
                self._of_kinds(self._knowledge.classes_of(fact), [limit.iri])
        own = self._knowledge.analytes[analyte]
        self._converts(conversions(self._absent(MEASURED, self._codes([analyte])), own), own.unit)
        for name, selected in found.results:
            self._input(equation.inputs[name], selected)

    def _input(self, wanted: Input, one: Selected) -> None:
        """The latest result that is an input of an equation, in the unit that it asks for."""
        node = individual(one)
        for about in map(to_iri, wanted.about):
            analyte = self._knowledge.analyte(about)
            if analyte is not None and self._realisation.satisfies(node, Class(analyte.iri)):
                self._writer.said(analyte.iri, UNITS)
                self._is_a(about, analyte.iri)
                self._measured(node, analyte.iri)
                self._reads(one.fact, wanted.unit)

    def _reads(self, fact: Fact, unit: str) -> None:
        """How the value of a result, in its own analyte's unit, is read in another one."""
        own = self._knowledge.analyte_of(fact)
        by = conversion(own.unit, unit, own) if own is not None else None
        self._converts([by] if by is not None else [], unit)

    def _converts(self, found: Iterable[Conversion], to: str) -> None:
        self._conversions.update((msgspec.structs.replace(one, to=to), None) for one in found)
