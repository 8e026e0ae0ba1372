"""Invented patients about whom clinical rules have something to say, and changes of their facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import (
    AllergyDetail,
    Dose,
    Fact,
    FactKind,
    MedicationDetail,
    ObservationDetail,
    PatientRecord,
    Provenance,
    Quantity,
    QuantityRange,
    Ratio,
    fact_id,
)
from kgtwin.model.time import Period
from kgtwin.vocabulary import kgtwin

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KEY = "ward|1"
INPUTS = {"loinc:2160-0": ("3", "1.1", "0.8"), "loinc:29463-7": ("60", "85")}
"""Creatinine in mg/dL and body weight in kg, from which a clearance is estimated."""
replace = msgspec.structs.replace


class Ward:
    """Makes patients by number: the same number gives the same patient."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, rules = knowledge, knowledge.rules
        asked = {one.medicine for one in rules.monitoring} | {one.medicine for one in rules.doses}
        asked |= {name for scale in rules.burdens for _, name in scale.points}
        asked |= {name for rule in rules.care_gaps for name in (*rule.medicines, *rule.unless_medicines)}
        self.medicines, self.limited = sorted(asked), sorted({one.medicine for one in rules.doses})
        tree = knowledge.classification
        self.below = {iri: [iri, *sorted(tree.descendants(iri))[:12]] for iri in asked}
        self.products = sorted(
            iri
            for iri in knowledge.medicines.products
            if knowledge.ontology.values(iri, "https://w3id.org/kgtwin/ontology#strength")
        )[:400]
        self.analytes = sorted(
            {iri for rule in rules.monitoring for iri in rule.analytes} | {r.analyte for r in rules.doses}
        )
        self.renal = sorted({one.analyte for one in rules.doses})
        self.conditions = sorted(
            {c for rule in rules.care_gaps for c in (*rule.conditions, *rule.history, *rule.unless_conditions)}
            | {c for rule in rules.doses for c in rule.conditions}
            | {kgtwin("Pregnancy")}
        )

    def patient(self, number: int) -> tuple[PatientRecord, tuple[Fact, ...]]:
        """A patient with a handful of medicines, their renewals, some results and conditions."""
        return _OfWard(self, Random(number)).made()


class Maker:
    """Makes facts by chance."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.count = chance, 0

    def day(self, first: int, last: int) -> str:
        moment = NOW - timedelta(days=self.chance.randint(first, last), minutes=self.chance.randint(0, 1400))
        form = self.chance.choice(["%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m", "%Y"])
        return moment.strftime(form)

    def fact(self, kind: FactKind, concepts: list[str], **fields: Any) -> Fact:
        self.count += 1
        origin = Provenance("ward", f"{kind.value}/{self.count}", "1")
        matches = tuple(Match(one, via="ward") for one in dict.fromkeys(concepts))
        return Fact(
            id=fact_id(KEY, origin), patient=KEY, kind=kind, code=Coded((), matches), provenance=origin, **fields
        )

    def orders(self, concepts: list[str], others: Callable[[], list[str]]) -> list[Fact]:
        """A medicine that is taken, with some orders before it, some of them of another one."""
        chance = self.chance
        begin, found = chance.choice([3, 20, 40, 100, 200, 400, 900]), []
        when = Period(None if chance.random() < 0.1 else self.day(begin, begin + 20), None)
        found.append(self.order(concepts, when))
        for _ in range(chance.choice([0, 0, 0, 1, 2, 3])):
            length = chance.choice([10, 90, 400])
            gap = begin + chance.choice([-5, -1, 0, 1, 3, 30])
            end = self.day(gap, gap)
            when = Period(self.day(begin + length, begin + length + 9), chance.choice([end, end, end, None]))
            status = chance.choice(["completed", "completed", "stopped", "active", "on-hold", "entered-in-error"])
            found.append(self.order(concepts if chance.random() < 0.8 else others(), when, status=status))
            begin += length
        return found

    def order(self, concepts: list[str], when: Period, status: str = "active") -> Fact:
        chance = self.chance
        origin = chance.choice(["request", "request", "request", "statement", "administration"])
        supplied = chance.choice([None, None, Period(when.start, self.day(0, 60))])
        detail = MedicationDetail(
            origin=origin,
            intent="order" if origin == "request" else None,
            as_needed=chance.random() < 0.1,
            supplied=supplied,
            doses=tuple(self.dose() for _ in range(chance.choice([1, 1, 2]))),
        )
        return self.fact(FactKind.MEDICATION, concepts, status=status, when=when, detail=detail)

    def quantity(self) -> Quantity:
        unit, ucum = self.chance.choice(
            [("mg", "mg")] * 4 + [("g", "g"), ("tablet", None), ("{tbl}", "{tbl}"), ("mL", "mL"), ("[IU]", "[IU]")]
        )
        amount = self.chance.choice(["0.5", "1", "2", "75", "300", "600", "850", "1000", "1500", "-5"])
        comparator = "<" if self.chance.random() < 0.03 else None
        return Quantity(Decimal(amount), comparator, unit=unit, ucum=ucum)

    def dose(self) -> Dose:
        chance, amount = self.chance, self.quantity()
        high = replace(amount, value=amount.value * 2)
        timing: dict[str, Any] = chance.choice(
            [
                {"frequency": 2, "period": Decimal(1), "period_unit": "d"},
                {"frequency": 1, "frequency_max": 3, "period": Decimal(1), "period_unit": "d"},
                {"period": Decimal(6), "period_max": Decimal(8), "period_unit": "h"},
                {"period": Decimal(1), "period_unit": "wk"},
                {"times": ("08:00:00", "20:00:00")},
                {"events": ("ACM", "ACV"), "period": Decimal(1), "period_unit": "d"},
                {"days": ("mon", "thu")},
                {"frequency": 1, "period": Decimal(1), "period_unit": "d", "days": ("mon", "wed", "fri")},
                {"code": chance.choice(["BID", "tid", "QOD", "WK", "as told"])},
                {},
            ]
        )
        some = chance.choice([QuantityRange(amount, amount), QuantityRange(amount, high), QuantityRange(None, amount)])
        steady = QuantityRange(Quantity(Decimal(90), ucum="mg/h"), Quantity(Decimal(90), ucum="mg/h"))
        most = Ratio(Quantity(Decimal(chance.choice([100, 3000])), ucum="mg"), Quantity(Decimal(1), ucum="d"))
        return Dose(
            sequence=chance.choice([None, None, 1, 2]),
            amount=some if chance.random() < 0.9 else None,
            rate=steady if chance.random() < 0.1 else None,
            bounds=chance.choice([None, None, None, Period("2020", self.day(0, 90))]),
            as_needed=chance.random() < 0.1,
            maximum=most if chance.random() < 0.15 else None,
            **timing,
        )


class _OfWard(Maker):
    """Makes a patient about whom the rules of a ward have something to say."""

    def __init__(self, ward: Ward, chance: Random) -> None:
        super().__init__(chance)
        self.ward = ward

    def made(self) -> tuple[PatientRecord, tuple[Fact, ...]]:
        facts: list[Fact] = []
        for _ in range(self.chance.randint(1, 5)):
            facts += self.course()
        facts += [self.result() for _ in range(self.chance.randint(0, 8))]
        if self.chance.random() < 0.5:
            facts += [self.input(code, values) for code, values in INPUTS.items()]
        facts += [self.condition() for _ in range(self.chance.randint(0, 3))]
        facts += [self.allergy() for _ in range(self.chance.choice([0, 0, 1]))]
        record = PatientRecord(
            key=KEY,
            source="ward",
            id="1",
            gender=self.chance.choice(["female", "male", "female", "male", None]),
            birth_date=self.chance.choice(["1950-03-01", "1958-06-02", "1949-01", "1975", "2012-05-05", None]),
            provenance=Provenance("ward", "Patient/1", "1"),
        )
        return record, tuple(facts)

    def course(self) -> list[Fact]:
        """Orders of a medicine that a rule is about, by its ingredient or by a product."""
        chance, ward = self.chance, self.ward
        one = chance.choice(ward.products) if chance.random() < 0.3 else self.medicine(ward.medicines, ward.limited)
        return self.orders([to_curie(one)], lambda: [to_curie(self.medicine(ward.medicines))])

    def medicine(self, *some: list[str]) -> str:
        return self.chance.choice(self.ward.below[self.chance.choice(self.chance.choice(some))])

    def result(self) -> Fact:
        chance, ward = self.chance, self.ward
        iri = chance.choice(chance.choice([ward.analytes, ward.renal]))
        code = chance.choice([iri, *sorted(ward.knowledge.classification.descendants(iri))])
        known = ward.knowledge.analytes.get(iri)
        unit = chance.choice([known.unit if known else None] * 6 + ["kg", "mL/min"])
        number = Decimal(chance.choice(["5", "12", "20", "28", "40", "55", "80"]))
        value = Quantity(number, chance.choice([None] * 6 + ["<", ">"]), ucum=unit)
        return self.fact(
            FactKind.OBSERVATION,
            [to_curie(code)],
            status=chance.choice(["final"] * 5 + ["amended", "preliminary", "entered-in-error"]),
            when=Period(chance.choice([None, *[self.day(0, 500)] * 9])),
            value=chance.choice([value] * 9 + [None]),
            detail=ObservationDetail(issued=chance.choice([None, "2025-12-01T10:00:00Z"])),
        )

    def input(self, code: str, values: tuple[str, ...]) -> Fact:
        unit = "mg/dL" if code == "loinc:2160-0" else "kg"
        value = Quantity(Decimal(self.chance.choice(values)), ucum=unit)
        return self.fact(FactKind.OBSERVATION, [code], status="final", when=Period(self.day(0, 200)), value=value)

    def condition(self) -> Fact:
        return self.fact(
            FactKind.CONDITION,
            [to_curie(self.chance.choice(self.ward.conditions))],
            status=self.chance.choice(["active", "active", "active", "resolved", None]),
            verification=self.chance.choice(["confirmed", "confirmed", "confirmed", "refuted", None]),
            when=Period(self.day(100, self.chance.choice([600, 2000]))),
        )

    def allergy(self) -> Fact:
        return self.fact(
            FactKind.ALLERGY,
            [to_curie(self.chance.choice(self.ward.medicines))],
            status=self.chance.choice(["active", "resolved"]),
            verification="confirmed",
            detail=AllergyDetail(type=self.chance.choice(["allergy", "intolerance"])),
        )


def changed_fact(fact: Fact, chance: Random) -> Fact:
    """A fact that says something else: of its status, its times, its dose or its value."""
    maker = Maker(chance)
    ways: list[Callable[[], Fact]] = [
        lambda: replace(fact, when=Period(maker.day(0, 900), fact.when.end)),
        lambda: replace(fact, when=Period(fact.when.start, maker.day(-30, 400))),
        lambda: replace(fact, when=Period(None, fact.when.end)),
        lambda: replace(
            fact, status=chance.choice(["active", "completed", "stopped", "on-hold", "final", "preliminary"])
        ),
        lambda: replace(fact, verification=chance.choice(["confirmed", "refuted", "provisional"])),
    ]
    detail, value = fact.detail, fact.value
    if isinstance(detail, MedicationDetail):
        ways += [
            lambda: replace(fact, detail=replace(detail, doses=(maker.dose(),))),
            lambda: replace(fact, detail=replace(detail, as_needed=not detail.as_needed)),
            lambda: replace(fact, detail=replace(detail, do_not_perform=True)),
            lambda: replace(fact, detail=replace(detail, supplied=Period(None, maker.day(0, 90)))),
        ]
    if isinstance(value, Quantity):
        ways += [
            lambda: replace(fact, value=replace(value, value=value.value * Decimal(chance.choice(["0.5", "2", "3"]))))
        ] * 3
    return chance.choice(ways)()


@lru_cache(maxsize=1)
def ward(knowledge: Knowledge) -> Ward:
    """The ward of a knowledge."""
    return Ward(knowledge)
