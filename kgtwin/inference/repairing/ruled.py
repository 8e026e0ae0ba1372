"""What a clinician can do about an issue that a clinical rule raises.

| rule | what can be done |
|---|---|
| missing monitoring | measure it, whatever comes out; stop or replace the medicine |
| cumulated burden | stop or replace one medicine or more |
| dose against renal function | lower the dose; stop or replace the medicine; repeat the result |
| untreated indication | start one of the medicines that the rule names |

What is to be measured, started or lowered is supposed as a fact, for the rule alone: what else would follow from it
depends on what comes out, or is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.repairing.changeable import Changeable, of_facts, repeated
from kgtwin.inference.rules.burden import Burden
from kgtwin.inference.rules.care_gaps import Untreated
from kgtwin.inference.rules.dose import AboveLimit
from kgtwin.inference.rules.monitoring import MissingMonitoring
from kgtwin.inference.rules.raised import Raised
from kgtwin.inference.rules.taking import Taken
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import (
    BooleanValue,
    Dose,
    Fact,
    FactKind,
    MedicationDetail,
    Provenance,
    Quantity,
    QuantityRange,
)
from kgtwin.model.repair import Action, ActionKind
from kgtwin.model.time import Period


def changeable_of(raised: Raised, evaluation: Evaluation, facts: Sequence[Fact]) -> Iterator[Changeable]:
    """All changes of which one at least has to be made for a rule not to raise this."""
    match raised:
        case MissingMonitoring():
            yield _measure(raised, evaluation)
            yield _stop(raised.taken, evaluation)
        case Burden():
            for share in raised.shares:
                yield _stop(share.taken, evaluation)
        case AboveLimit():
            if raised.rule.maximum > 0:
                yield _lower(raised, evaluation)
            yield _stop(raised.taken, evaluation)
            for one in raised.value.selected:
                again = repeated(one, evaluation, facts)
                if again is not None:
                    yield again
        case Untreated():
            for medicine in raised.rule.medicines:
                yield _start(medicine, evaluation)


def _stop(taken: Taken, evaluation: Evaluation) -> Changeable:
    name = evaluation.knowledge.label(taken.ingredient)
    return of_facts(ActionKind.STOP, f"stop or replace {name}", [one.fact for one in taken.selected], evaluation)


def _measure(raised: MissingMonitoring, evaluation: Evaluation) -> Changeable:
    rule, knowledge = raised.rule, evaluation.knowledge
    names = " or ".join(map(knowledge.label, rule.analytes))
    result = _supposed(rule.analytes[0], FactKind.OBSERVATION, evaluation.moment)
    result = msgspec.structs.replace(result, status="final", value=BooleanValue(value=True))
    return _supposing(Action(kind=ActionKind.MEASURE, text=f"measure {names}", facts=()), result)


def _start(medicine: str, evaluation: Evaluation) -> Changeable:
    order = _supposed(medicine, FactKind.MEDICATION, evaluation.moment)
    order = msgspec.structs.replace(order, status="active", detail=MedicationDetail(origin="request", intent="order"))
    text = f"start {evaluation.knowledge.label(medicine)}, or record why not"
    return _supposing(Action(kind=ActionKind.START, text=text, facts=()), order)


def _lower(raised: AboveLimit, evaluation: Evaluation) -> Changeable:
    """The most that the limit allows, instead of what is taken."""
    most, name = raised.rule.maximum, evaluation.knowledge.label(raised.taken.ingredient)
    limit = Quantity(Decimal(most), unit="mg", ucum="mg")
    dose = Dose(amount=QuantityRange(limit, limit), frequency=1, period=Decimal(1), period_unit="d")
    orders = [one.fact for one in raised.taken.selected]
    text = f"lower the dose of {name} to {most:f} mg a day at most"
    kept = of_facts(ActionKind.LOWER, text, orders, evaluation)
    lowered = [_with_dose(one, dose if place == 0 else None) for place, one in enumerate(orders)]
    return msgspec.structs.replace(kept, ids=kept.ids | {f"supposed:{text}"}, instead=tuple(lowered))


def _with_dose(order: Fact, dose: Dose | None) -> Fact:
    """An order of a dose; of several the first has all of it."""
    assert isinstance(order.detail, MedicationDetail), "a dose is of a medicine"
    nothing = Quantity(Decimal(0), unit="mg", ucum="mg")
    said = dose or Dose(amount=QuantityRange(nothing, nothing), frequency=1, period=Decimal(1), period_unit="d")
    return msgspec.structs.replace(order, detail=msgspec.structs.replace(order.detail, doses=(said,)))


def _supposing(action: Action, fact: Fact) -> Changeable:
    return Changeable(action, frozenset({fact.id}), (fact,))


def _supposed(iri: str, kind: FactKind, at: datetime) -> Fact:
    """A fact about a class that nobody received."""
    concept = to_curie(iri)
    return Fact(
        id=f"supposed:{concept}",
        patient="",
        kind=kind,
        code=Coded(matches=(Match(concept),)),
        when=Period(at.isoformat()),
        provenance=Provenance(source="supposed", resource=concept, version=""),
    )
