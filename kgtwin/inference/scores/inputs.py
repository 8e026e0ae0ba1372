"""From a patient's facts to the inputs of an equation: what is known of each, on which facts, and why not.

A question is answered yes where the ontology derives it, and no only where a fact states it (`absences`); everything
else is missing. Numbers are intervals: a comparator, a partial birth date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.equations.definitions import ANSWER, Criterion, Equation, Input
from kgtwin.inference.equations.known import NO, YES, Estimated, Known, source, used
from kgtwin.inference.issues.absences import ENDED, REFUTED, RESOLVED, Absence, Absences
from kgtwin.inference.issues.derive import Deriver
from kgtwin.inference.issues.found import AMONG_USABLE, Evaluation
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.scores.results import Results
from kgtwin.model.axioms import Class, ClassExpression, DataPropertyAssertion, Interval, ObjectSomeValuesFrom
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, FamilyDetail, fact_id
from kgtwin.model.score import Source
from kgtwin.vocabulary import (
    FAMILY_HAS,
    FEMALE_PATIENT,
    HAS_ACTIVE_INGREDIENT,
    HAS_AGE,
    HAS_EVER,
    HAS_NOW,
    MALE_PATIENT,
    SUBSTANCE,
    TAKES_NOW,
    TOOK_EVER,
    kgtwin,
)

CONTEXTS: Final = {
    "condition": HAS_NOW,
    "history": HAS_EVER,
    "family": FAMILY_HAS,
    "firstDegree": FAMILY_HAS,
    "medicine": TAKES_NOW,
    "pastMedicine": TOOK_EVER,
    "behaviour": kgtwin("hasTrait"),
}
NOT_RECORDED: Final = "not recorded; unrecorded is not absent"


class Inputs:
    """Reads inputs off one patient. ``computed`` says what an equation gives for this patient."""

    def __init__(
        self, evaluation: Evaluation, facts: Iterable[Fact], computed: Callable[[Equation], Estimated | None]
    ) -> None:
        facts = tuple(facts)
        self._evaluation, self._knowledge = evaluation, evaluation.knowledge
        self._absences = Absences(evaluation, facts)
        self._results = Results(evaluation, facts, computed)
        self._answers: dict[Criterion, Known] = {}

    def of(self, equation: Equation) -> dict[str, Known]:
        """What is known of each input of an equation, by name."""
        return {name: self._as_told(self._known(one)) for name, one in equation.inputs.items()}

    def meets(self, wanted: Criterion) -> Known:
        """Whether the patient has, had, does or takes any of some classes."""
        if wanted not in self._answers:
            found = self._answer(Input(wanted.kind, wanted.kind, wanted.about, "", ANSWER))
            self._answers[wanted] = self._as_told(found)
        return self._answers[wanted]

    def _as_told(self, known: Known) -> Known:
        """Under a consent that withholds something, what is not known may be there."""
        if known.interval is not None or not self._evaluation.withheld or known.reason.endswith(AMONG_USABLE):
            return known
        return msgspec.structs.replace(known, reason=known.reason + AMONG_USABLE)

    def _known(self, one: Input) -> Known:
        match one.kind:
            case "age":
                return self._age(one)
            case "sex":
                return self._sex(one)
            case "result":
                return self._results.of(one)
            case "answer":
                return Known(one.name, None, "no code here stands for it: only who asks the patient knows")
        found = self.meets(Criterion(one.kind, one.about))
        named = found.used and msgspec.structs.replace(found.used, name=one.name)
        return msgspec.structs.replace(found, used=named)

    def _age(self, one: Input) -> Known:
        for axiom, stated in self._evaluation.box.sources.items():
            if isinstance(axiom, DataPropertyAssertion) and axiom.property == HAS_AGE and isinstance(stated, Stated):
                assert isinstance(axiom.range, Interval), "an age is an interval"
                years = Interval(_whole(axiom.range.low), False, _whole(axiom.range.high))
                return _stated(one, "age in completed years", years, stated)
        return Known("age in completed years", None, "no birth date was received")

    def _sex(self, one: Input) -> Known:
        realisation = self._evaluation.realisation
        for iri, answer in ((FEMALE_PATIENT, YES), (MALE_PATIENT, NO)):
            if realisation.derives(PATIENT_INDIVIDUAL, Class(iri)):
                for axiom, stated in self._evaluation.box.sources.items():
                    if isinstance(stated, Stated) and getattr(axiom, "type", None) == Class(iri):
                        return _stated(one, "female sex", answer, stated)
        return Known("female sex", None, "the administrative sex is not stated as female or male")

    def _answer(self, one: Input) -> Known:
        label = " or ".join(map(self._knowledge.label_of, one.about))
        selected = [s for about in one.about for s in self._present(one, to_iri(about))]
        facts = [source(fact) for s in selected for fact in s.facts] or [*self._derived(one)]
        against = [self._absences.closing(one.kind, to_iri(about)) for about in one.about]
        if selected or facts:
            reason = "; ".join(dict.fromkeys(s.reason for s in selected)) or "follows from the facts"
            caveats = dict.fromkeys([*(c for s in selected for c in s.caveats), *_contrary(label, against)])
            return Known(label, YES, reason, used(one, label, YES, reason, facts), (*caveats,))
        if all(against):
            denials = [one for some in against for one in some]
            reason = "; ".join(dict.fromkeys(f"stated: {one.reason}" for one in denials))
            known = used(one, label, NO, reason, [source(denial.fact) for denial in denials])
            caveats = dict.fromkeys(caveat for denial in denials for caveat in denial.caveats)
            caveats |= dict.fromkeys(_earlier(denials) if one.kind == "history" else ())
            return Known(label, NO, reason, known, (*caveats,))
        return Known(label, None, NOT_RECORDED)

    def _present(self, one: Input, iri: str) -> Iterator[Selected]:
        """The selected facts that say yes."""
        realisation, by_node = self._evaluation.realisation, self._evaluation.box.by_node
        if iri not in self._knowledge.classes:
            return
        filler = self._filler(one.kind, iri)
        for node in realisation.successors(PATIENT_INDIVIDUAL, CONTEXTS[one.kind]):
            found = by_node.get(node) if isinstance(node, str) else None
            near = found is not None and (one.kind != "firstDegree" or self._is_near(found.fact))
            if found is not None and near and realisation.satisfies(node, filler):
                yield found

    def _derived(self, one: Input) -> Iterator[Source]:
        """The facts of the first derivation by which the patient has something of a class, by way of other things."""
        if one.kind == "firstDegree":
            return
        realisation = self._evaluation.realisation
        for iri in map(to_iri, one.about):
            wanted = ObjectSomeValuesFrom(CONTEXTS[one.kind], self._filler(one.kind, iri))
            if iri in self._knowledge.classes and realisation.derives(PATIENT_INDIVIDUAL, wanted):
                proof = realisation.explain(PATIENT_INDIVIDUAL, wanted)
                assert proof is not None, "it is derived"
                derivation = Deriver(self._knowledge, self._evaluation.box).derivation(proof)
                yield from (Source(ref.fact, ref.resource) for ref in derivation.facts)
                return

    def _filler(self, kind: str, iri: str) -> ClassExpression:
        if kind in ("medicine", "pastMedicine") and self._knowledge.is_a(iri, SUBSTANCE):
            return ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(iri))
        return Class(iri)

    def _is_near(self, fact: Fact) -> bool:
        detail = fact.detail
        if not isinstance(detail, FamilyDetail) or detail.relationship is None:
            return False
        return any(f"{c.code} of {c.system}" in self._knowledge.closing.near for c in detail.relationship.codings)


def _whole(years: Decimal | None) -> Decimal | None:
    return None if years is None else Decimal(int(years))


def _stated(one: Input, label: str, interval: Interval, stated: Stated) -> Known:
    facts = [Source(fact_id(stated.patient, stated.provenance), stated.provenance.resource)]
    return Known(label, interval, stated.reason, used(one, label, interval, stated.text, facts))


def _contrary(label: str, against: Iterable[tuple[Absence, ...]]) -> Iterator[Caveat]:
    """That other facts deny what is derived; that an earlier one is over denies nothing."""
    for one in (absence for some in against for absence in some if absence.reason not in (RESOLVED, ENDED)):
        text = f"{label}: {one.fact.provenance.resource} states that it is not so ({one.reason}); it counts as so"
        yield Caveat(CaveatCode.CONTRADICTION, text, (one.fact.provenance.resource,), "correct one of the two")


def _earlier(denials: Iterable[Absence]) -> Iterator[Caveat]:
    for one in denials:
        if one.reason == REFUTED:
            text = f"{one.fact.code.name} was refuted; an earlier one is taken not to have been"
            yield Caveat(CaveatCode.UNCONFIRMED, text, (one.fact.provenance.resource,))
