"""Changes made to a hypothesis at a moment: what each kind of change means in facts.

A change that names no fact, or that cannot be read, raises an error that says what there is; nothing is changed then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.realising.observed import observed
from kgtwin.inference.realising.reading import in_unit
from kgtwin.inference.realising.results import MEASURED
from kgtwin.inference.realising.selection import select
from kgtwin.inference.whatif.hypothesis import Hypothesis, concurrent, ended, supposed
from kgtwin.model.clinical import time_of
from kgtwin.model.concept import Coded
from kgtwin.model.fact import (
    AllergyDetail,
    BooleanValue,
    CodedValue,
    ConditionDetail,
    Detail,
    Fact,
    FactKind,
    MedicationDetail,
    Quantity,
)
from kgtwin.model.simulation import (
    AddAllergy,
    AddCondition,
    Change,
    ChangeMedicine,
    ResolveCondition,
    SetBehaviour,
    SetResult,
    SetWeight,
    StartMedicine,
    StopMedicine,
    SupposeProjection,
)
from kgtwin.terminology.units import UCUM_SYSTEMS, ucum_code
from kgtwin.vocabulary import (
    BEHAVIOUR,
    BODY_WEIGHT,
    CLINICAL_CONDITION,
    HAS_BEHAVIOUR,
    HAS_NOW,
    MEDICINAL_PRODUCT,
    RESULT,
    ROUTE,
    SEVERITY,
    SITUATION,
    SUBSTANCE,
    SYSTEMIC_ROUTE,
    TAKES_NOW,
    kgtwin,
)

MEDICINES: Final = (SUBSTANCE, MEDICINAL_PRODUCT)
CONDITIONS: Final = (CLINICAL_CONDITION, SITUATION)
COMPARATORS: Final = frozenset({None, "<", "<=", ">", ">="})
FEWEST_PRODUCTS: Final = 3
"""From so few known products on, a route that all of them have is taken to be the ingredient's."""
SHOWN: Final = 20
"""Facts that an error names."""
_UCUM: Final = min(UCUM_SYSTEMS)
_Holds = Callable[[Fact, str], bool]


class Changing(msgspec.Struct, frozen=True):
    """What changes are read with: the knowledge, and its names."""

    knowledge: Knowledge
    names: Names

    def make(self, change: Change, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:  # noqa: PLR0911 - a change a case
        """A hypothesis with one change more.

        Raises:
            UsageError, NotFoundError, InvalidIdentifierError: if it names no fact or cannot be read.
        """
        match change:
            case StartMedicine():
                return self.start(self.medicine(change.medicine), hypothesis, moment, self.route(change.route))
            case StopMedicine():
                return self.stop(change.medicine, hypothesis, moment)
            case ChangeMedicine():
                new, route = self.medicine(change.to), self.route(change.route)
                return self.start(new, self.stop(change.medicine, hypothesis, moment), moment, route)
            case SetResult():
                return self._set_result(change, hypothesis, moment)
            case SetWeight():
                result = SetResult(to_curie(BODY_WEIGHT), change.value, change.unit)
                return self._set_result(result, hypothesis, moment)
            case AddCondition():
                return self._add_condition(change, hypothesis, moment)
            case ResolveCondition():
                return self._resolve(change.condition, hypothesis, moment)
            case AddAllergy():
                return self._add_allergy(change, hypothesis, moment)
            case SetBehaviour():
                return self._set_behaviour(change, hypothesis, moment)
            case SupposeProjection():
                raise UsageError("a projection is run before it is supposed", remedy="ask simulate")

    # medicines

    def medicine(self, text: str) -> Coded:
        """The ingredient or product that a start names; a group of ingredients is refused.

        Raises:
            UsageError, NotFoundError, InvalidIdentifierError: as ``Names.coded``.
        """
        modelled = self.knowledge.medicines
        found = self.names.coded(text, MEDICINES, "medicine")
        known = self.knowns(found)
        group = next((iri for iri in known if self._is_group(iri)), None)
        if group is None:
            return found
        below = self.knowledge.classification.descendants(group) & modelled.ingredients
        shown = ", ".join(sorted(map(self.knowledge.label, below))[:SHOWN])
        raise UsageError(
            f"“{self.knowledge.label(group)}” is a class of {len(below)} medicines",
            expected=f"one medicine ({shown})",
            remedy="name one, or ask for the alternatives of the class",
        )

    def _is_group(self, iri: str) -> bool:
        modelled = self.knowledge.medicines
        if iri in modelled.ingredients or not self.knowledge.is_a(iri, SUBSTANCE):
            return False
        return bool(self.knowledge.classification.descendants(iri) & modelled.ingredients)

    def route(self, text: str | None) -> Coded | None:
        """The route that is meant; None where none is said.

        Raises:
            UsageError, NotFoundError: as ``Names.coded``.
        """
        return None if text is None else self.names.coded(text, (ROUTE,), "route")

    def start(self, code: Coded, hypothesis: Hypothesis, moment: datetime, route: Coded | None = None) -> Hypothesis:
        """With an order for a medicine, active from the moment on.

        Without a stated route, an ingredient gets the one that its known products have, where that is systemic; the
        assumptions say so.
        """
        assumptions: tuple[str, ...] = ()
        if route is None:
            route, assumptions = self.usual_route(code)
        detail = MedicationDetail("request", "order", route=route)
        fact = supposed(hypothesis.patient, FactKind.MEDICATION, code, moment, status="active", detail=detail)
        return hypothesis.adding(fact, assumptions)

    def usual_route(self, code: Coded) -> tuple[Coded | None, tuple[str, ...]]:
        """The route of an ingredient as far as its known products agree: one, or that they all are systemic.

        Beside it in words what was assumed; of a product, whose route is known, nothing.
        """
        knowledge = self.knowledge
        iri = next((one for one in self.knowns(code) if knowledge.is_a(one, SUBSTANCE)), None)
        if iri is None:
            return None, ()
        label, found = knowledge.label(iri), knowledge.medicines.routes.get(iri, Counter[str]())
        if not found or not all(knowledge.is_a(one, SYSTEMIC_ROUTE) for one in found):
            routes = " or ".join(sorted(map(knowledge.label, found)))
            text = f"the route of {label} is not stated" + (f" (known products: {routes})" if routes else "")
            return None, (f"{text}: statements that demand a route are not decided",)
        sure = len(found) == 1 and found.total() >= FEWEST_PRODUCTS
        route = next(iter(found)) if sure else SYSTEMIC_ROUTE
        basis = f"all {found.total()} known products of it are" if found.total() > 1 else "its only known product is"
        narrower = "" if sure else "; statements that demand a narrower route are not decided"
        text = f"{label} is given by the {knowledge.label(route).lower()}, as {basis}{narrower}"
        return self.names.coded(to_curie(route), (ROUTE,), "route"), (text,)

    def stop(self, text: str, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:
        """Without the medicines then taken that are, or hold, what is named.

        Raises:
            NotFoundError: if there is none; it names those that there are.
        """
        taken = [fact for fact in hypothesis.facts if self._counts(fact, TAKES_NOW, moment)]
        found = self._meant(text, taken, MEDICINES, "medicine taken", self.holds)
        return hypothesis.replacing({fact.id: ended(fact, "stopped", moment) for fact in found})

    def holds(self, fact: Fact, iri: str) -> bool:
        """Whether a medicine is of a class, or has an active ingredient that is."""
        return any(self.knowledge.is_a(one, iri) for one in self.held(fact))

    def held(self, fact: Fact) -> tuple[str, ...]:
        """The known classes of a medicine, and its active ingredients (IRIs)."""
        products = self.knowledge.medicines.products
        found = list(self.knowledge.classes_of(fact))
        found += [held for one in tuple(found) if one in products for held in products[one].ingredients]
        if isinstance(fact.detail, MedicationDetail):
            found += [to_iri(concept) for one in fact.detail.ingredients for concept in one.concepts]
        return tuple(dict.fromkeys(found))

    def _meant(self, text: str, facts: list[Fact], kinds: tuple[str, ...], what: str, holds: _Holds) -> list[Fact]:
        """The facts that a resource id, a label or code, or the received words name."""
        direct = [fact for fact in facts if text.strip() in (fact.provenance.resource, fact.id)]
        if direct:
            return direct
        iri, unclear = self._named(text, kinds, what)
        found = [fact for fact in facts if (iri and holds(fact, iri)) or text.strip().casefold() in _words(fact)]
        if found:
            return found
        if unclear is not None:
            raise unclear
        there = [f"{self.knowledge.name_of(fact)} ({fact.provenance.resource})" for fact in facts]
        shown = ", ".join(there[:SHOWN]) + (f" and {len(there) - SHOWN} more" if len(there) > SHOWN else "")
        expected = f"one of {shown}" if there else f"a {what}, and there is none"
        raise NotFoundError(f"no {what} is or holds {text!r}", expected=expected)

    def _named(self, text: str, kinds: tuple[str, ...], what: str) -> tuple[str | None, UsageError | None]:
        """The class that is meant, if any; what is unclear about it, if that is why there is none."""
        try:
            return self.names.iri(text, kinds, what), None
        except UsageError as error:
            return None, error
        except NotFoundError:
            return None, None

    # results

    def _set_result(self, change: SetResult, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:
        """With a final result in the place of those that would compete with it at that moment."""
        if not change.value.is_finite() or change.comparator not in COMPARATORS:
            raise UsageError(f"{change.comparator or ''}{change.value} is no result", expected="a number")
        knowledge = self.knowledge
        code = self.names.coded(change.analyte, (RESULT,), "result", lambda iri: knowledge.analyte(iri) is not None)
        analyte = next((a for iri in self.knowns(code) if (a := knowledge.analyte(iri))), None)
        if analyte is None:
            raise UsageError(
                f"nothing in the knowledge reads {change.analyte}", expected="the label or code of an analyte"
            )
        quantity = _quantity(change, analyte.unit)
        if in_unit(quantity, analyte) is None:
            raise UsageError(
                f"{change.unit} cannot be read as {analyte.unit}, the unit of {analyte.label}",
                expected=f"a unit such as {analyte.unit}",
            )
        fact = supposed(hypothesis.patient, FactKind.OBSERVATION, code, moment, status="final", value=quantity)

        def same(one: Fact) -> bool:
            return one.kind in MEASURED and knowledge.analyte_of(one) is analyte

        return _instead(hypothesis, fact, concurrent(hypothesis.facts, moment, same, time_of))

    # conditions and allergies

    def _add_condition(self, change: AddCondition, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:
        code = self.names.coded(change.condition, CONDITIONS, "condition")
        graded = None if change.severity is None else self.names.coded(change.severity, (SEVERITY,), "severity")
        detail = None if graded is None else ConditionDetail(graded)
        fact = self._confirmed(FactKind.CONDITION, code, detail, hypothesis, moment)
        return hypothesis.adding(fact, self._unknown(code, change.condition))

    def _resolve(self, text: str, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:
        present = [fact for fact in hypothesis.facts if self._counts(fact, HAS_NOW, moment)]
        found = self._meant(text, present, CONDITIONS, "condition present", self._is)
        return hypothesis.replacing({fact.id: ended(fact, "resolved", moment) for fact in found})

    def _counts(self, fact: Fact, role: str, moment: datetime) -> bool:
        return any(one.role == role for one in select((fact,), moment, self.knowledge.durations.of))

    def _is(self, fact: Fact, iri: str) -> bool:
        return any(self.knowledge.is_a(one, iri) for one in self.knowledge.classes_of(fact))

    def _add_allergy(self, change: AddAllergy, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:
        code = self.names.coded(change.substance, (SUBSTANCE, *CONDITIONS), "substance")
        detail = AllergyDetail("intolerance" if change.intolerance else "allergy")
        fact = self._confirmed(FactKind.ALLERGY, code, detail, hypothesis, moment)
        return hypothesis.adding(fact, self._unknown(code, change.substance))

    @staticmethod
    def _confirmed(
        kind: FactKind, code: Coded, detail: Detail | None, hypothesis: Hypothesis, moment: datetime
    ) -> Fact:
        """A condition or an allergy that is active and confirmed from a moment on."""
        return supposed(
            hypothesis.patient, kind, code, moment, status="active", verification="confirmed", detail=detail
        )

    def _unknown(self, code: Coded, text: str) -> Iterator[str]:
        if not self.knowns(code):
            yield f"{text} is not in the knowledge: no statement can reach it"

    # behaviours

    def _set_behaviour(self, change: SetBehaviour, hypothesis: Hypothesis, moment: datetime) -> Hypothesis:
        """With an observation of a habit; where it answers a question, as the answer in the place of older ones."""
        value = self.names.coded(change.behaviour, (BEHAVIOUR,), "behaviour")
        iri = next(iter(self.knowns(value)), None)
        if iri is None:
            raise NotFoundError(f"{change.behaviour} is not in the knowledge", expected="the label or code of a habit")
        said = [one for one in observed(hypothesis.facts, self.knowledge, moment)[0] if one.role == HAS_BEHAVIOUR]
        if not change.present:
            gone = [one.fact for one in said if any(self.knowledge.is_a(c, iri) for c in one.classes)]
            denial = self._observation(hypothesis, value, moment, BooleanValue(value=False))
            return _instead(hypothesis, denial, gone)
        question = self._question(iri)
        if question is None:
            fact = self._observation(hypothesis, value, moment, BooleanValue(value=True))
            return _instead(hypothesis, fact, self._concurrent(hypothesis, value, moment))
        asked = [f.code for f in hypothesis.facts if f.kind in MEASURED and self._is(f, question)]
        code = asked[-1] if asked else self.names.coded(to_curie(question), (BEHAVIOUR,), "behaviour")
        fact = self._observation(hypothesis, code, moment, CodedValue(value))
        older = [one.fact for one in said if self._question_of(one.classes) == question]
        return _instead(
            hypothesis, fact, {f.id: f for f in (*self._concurrent(hypothesis, code, moment), *older)}.values()
        )

    def _question(self, iri: str) -> str | None:
        """The class of observations that a habit answers, as the ontology annotates it or what lies above it."""
        ontology = self.knowledge.ontology
        above = (iri, *sorted(self.knowledge.classification.ancestors(iri)))
        return next((found for one in above if (found := ontology.value(one, kgtwin("answerTo")))), None)

    def _question_of(self, classes: Iterable[str]) -> str | None:
        return next((found for iri in classes if (found := self._question(iri))), None)

    def _observation(
        self, hypothesis: Hypothesis, code: Coded, moment: datetime, value: CodedValue | BooleanValue
    ) -> Fact:
        return supposed(hypothesis.patient, FactKind.OBSERVATION, code, moment, status="final", value=value)

    def _concurrent(self, hypothesis: Hypothesis, code: Coded, moment: datetime) -> Iterator[Fact]:
        concepts = frozenset(code.concepts)
        return concurrent(
            hypothesis.facts,
            moment,
            lambda one: one.kind in MEASURED and not concepts.isdisjoint(one.code.concepts),
            time_of,
        )

    def knowns(self, code: Coded) -> tuple[str, ...]:
        """The classes (IRIs) of a code that the knowledge has."""
        return tuple(iri for c in code.concepts if (iri := to_iri(c)) in self.knowledge.classes)


def _instead(hypothesis: Hypothesis, fact: Fact, others: Iterable[Fact]) -> Hypothesis:
    """With one fact and without those that it stands for; nothing happens where it is there already."""
    gone = {one.id: None for one in others if one.id != fact.id}
    return hypothesis.replacing(dict(gone)).adding(fact)


def _words(fact: Fact) -> frozenset[str]:
    """The received words and codes of a fact."""
    code = fact.code
    said = [code.text, code.name, *(c.display for c in code.codings), *(c.code for c in code.codings)]
    return frozenset(one.strip().casefold() for one in said if one)


def _quantity(change: SetResult, unit: str) -> Quantity:
    """The quantity as received; without a unit, one that is none (a ratio) is meant."""
    given = change.unit
    if given is None and not unit.startswith("{") and unit != "1":
        raise UsageError(f"{change.analyte} needs a unit", expected=f"a unit such as {unit}")
    code = ucum_code(None, None, given if given is not None else unit)
    if code is None:
        raise UsageError(f"{given} is no unit that can be read", expected=f"a UCUM unit such as {unit}")
    return Quantity(Decimal(change.value), change.comparator, code, _UCUM, code, code)
