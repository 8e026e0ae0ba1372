"""Invented patients that have and take what statements are about, so that many of them are met."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge import result_filler
from kgtwin.model.axioms import Class, ClassExpression, DataSomeValuesFrom, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.fact import (
    AllergyDetail,
    BooleanValue,
    CodedValue,
    ConditionDetail,
    Fact,
    FactKind,
    MedicationDetail,
    ObservationDetail,
    PatientRecord,
    Provenance,
    Quantity,
    QuantityRange,
    TextValue,
    Value,
    fact_id,
)
from kgtwin.model.time import Period
from kgtwin.vocabulary import (
    BEHAVIOUR,
    CLINICAL_CONDITION,
    GENE_PHENOTYPE,
    MEDICINAL_PRODUCT,
    ROUTE,
    SEVERITY,
    SITUATION,
    SUBSTANCE,
)

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Crowd:
    """Makes patients by number: the same number gives the same patient."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        named: dict[str, None] = {}
        for statement in knowledge.statements.values():
            for conjunct in statement.definition.conjuncts if statement.definition else ():
                named.update(dict.fromkeys(sorted(_names(conjunct.filler))))
        children = [iri for one in named for iri in sorted(knowledge.classification.descendants(one))[:4]]
        pool = [iri for iri in dict.fromkeys([*named, *children]) if iri in knowledge.classes]
        self.medicines = self._below(pool, MEDICINAL_PRODUCT) + self._below(pool, SUBSTANCE)
        self.conditions = self._below(pool, CLINICAL_CONDITION) + self._below(knowledge.classes, SITUATION)
        self.passing = sorted(iri for iri in knowledge.classes if to_curie(iri) in knowledge.durations.by_concept)
        self.substances = self._below(pool, SUBSTANCE)
        self.traits = self._below(pool, GENE_PHENOTYPE) + self._below(pool, BEHAVIOUR)
        self.routes = self._below(knowledge.classes, ROUTE)
        self.severities = self._below(knowledge.classes, SEVERITY)
        self.analytes = [
            iri for iri in knowledge.analytes if any((role, iri) in knowledge.asked for role in knowledge.roles.results)
        ]
        self.cuts = _cuts(knowledge)
        self.aged = self._aged()

    def _below(self, pool: Iterable[str], kind: str) -> list[str]:
        return sorted(iri for iri in pool if self._knowledge.is_a(iri, kind) and iri != kind)

    def _aged(self) -> list[str]:
        """Medicines that statements about an age name."""
        found: set[str] = set()
        for statement in self._knowledge.statements.values():
            definition = statement.definition
            if definition is not None and any(isinstance(part, DataSomeValuesFrom) for part in definition.parts):
                found.update(*(_names(conjunct.filler) for conjunct in definition.conjuncts))
        return [iri for iri in self.medicines if iri in found]

    def patient(self, number: int, size: int = 40) -> tuple[PatientRecord, tuple[Fact, ...]]:
        """A patient of about ``size`` facts."""
        return Maker(self, number, size).made()


def _names(expression: ClassExpression) -> set[str]:
    match expression:
        case Class(iri):
            return {iri}
        case ObjectIntersectionOf(operands):
            return set().union(*map(_names, operands))
        case ObjectSomeValuesFrom(_, filler):
            return _names(filler)
    return set()


def _cuts(knowledge: Knowledge) -> dict[str, list[Decimal]]:
    """The numbers that statements ask about, by the class of results that they name."""
    found: dict[str, list[Decimal]] = {}
    for statement in knowledge.statements.values():
        for conjunct in statement.definition.conjuncts if statement.definition else ():
            names, interval = result_filler(conjunct.filler)
            if interval is not None:
                ends = [end for end in (interval.low, interval.high) if end is not None]
                for name in names:
                    for analyte in knowledge.analytes:
                        if knowledge.is_a(analyte, name) or knowledge.is_a(name, analyte):
                            found.setdefault(analyte, []).extend(ends)
    return found


class Maker:
    """Makes one patient of a crowd."""

    def __init__(self, crowd: Crowd, number: int, size: int) -> None:
        self._crowd, self._random, self._key, self._size = crowd, Random(number), f"crowd|{number}", size
        self._count = 0

    def made(self) -> tuple[PatientRecord, tuple[Fact, ...]]:
        chance = self._random
        makers = (
            (self._medicine,) * 4
            + (self._condition,) * 3
            + (self._result,) * 3
            + (self._allergy, self._family, self._trait)
        )
        facts = tuple(chance.choice(makers)() for _ in range(self._size))
        origin = Provenance("crowd", "Patient/p", "1")
        record = PatientRecord(
            key=self._key,
            source="crowd",
            id=self._key,
            gender=chance.choice(["female", "male", "other", None]),
            birth_date=chance.choice(
                [None, self._date(36_000)[:4], self._date(36_000)[:7], *(self._date(30_000)[:10],) * 5]
            ),
            deceased=chance.choice((*(None,) * 20, True, self._date(400))),
            provenance=origin,
        )
        return record, facts

    def _date(self, days: int) -> str:
        moment = NOW - timedelta(days=self._random.randint(-10, days), hours=self._random.randint(0, 23))
        return self._random.choice(
            [moment.strftime("%Y-%m-%d"), moment.isoformat(), moment.strftime("%Y-%m-%d"), moment.strftime("%Y-%m")]
        )

    def _period(self, days: int) -> Period:
        start = self._random.choice([None, *(self._date(days),) * 4])
        return Period(start, self._random.choice([None, None, None, self._date(days // 2)]))

    def _coded(self, iris: list[str], more: int = 1) -> Coded:
        concepts = (
            [to_curie(self._random.choice(iris)) for _ in range(self._random.choice([1] * 9 + [more]))] if iris else []
        )
        acts = self._random.random() < 0.97
        return Coded(tuple(Coding(None, c, c) for c in concepts), tuple(Match(c, acts=acts) for c in concepts))

    def _fact(self, kind: FactKind, code: Coded, **fields: Any) -> Fact:
        self._count += 1
        provenance = Provenance("crowd", f"{kind.value}/{self._count}", "1")
        return Fact(
            id=fact_id(self._key, provenance), patient=self._key, kind=kind, code=code, provenance=provenance, **fields
        )

    def _medicine(self) -> Fact:
        chance, crowd = self._random, self._crowd
        origin = chance.choice(["request", "request", "request", "statement", "administration"])
        detail = MedicationDetail(
            origin=origin,
            intent=chance.choice(["order"] * 6 + ["plan", None]) if origin == "request" else None,
            do_not_perform=chance.random() < 0.03,
            route=chance.choice([None, self._coded(crowd.routes)]),
            ingredients=tuple(self._coded(crowd.substances) for _ in range(chance.choice([0, 0, 0, 1, 2]))),
            supplied=chance.choice([None, None, Period(self._date(100), self._date(60))]),
        )
        status = chance.choice(["active"] * 5 + ["completed", "stopped", "on-hold", "in-progress", "draft"])
        return self._fact(
            FactKind.MEDICATION, self._coded(crowd.medicines, 2), status=status, when=self._period(120), detail=detail
        )

    def _condition(self) -> Fact:
        chance = self._random
        if self._crowd.passing and chance.random() < 0.15:
            return self._passing()
        severity = ConditionDetail(self._coded(self._crowd.severities)) if chance.random() < 0.3 else None
        return self._fact(
            FactKind.CONDITION,
            self._coded(self._crowd.conditions, 2),
            status=chance.choice(["active"] * 5 + ["resolved", "inactive", None]),
            verification=chance.choice(["confirmed"] * 6 + ["provisional", "refuted", None]),
            when=self._period(4_000),
            detail=severity,
        )

    def _passing(self) -> Fact:
        """A condition that does not last for ever, mostly one that nobody ended; some were only recorded."""
        chance = self._random
        fact = self._fact(
            FactKind.CONDITION,
            self._coded(self._crowd.passing if chance.random() < 0.9 else self._crowd.conditions, 2),
            status=chance.choice(["active"] * 8 + ["relapse", "resolved", "remission", None]),
            verification=chance.choice(["confirmed"] * 8 + ["provisional", None]),
            when=Period(
                chance.choice([None, self._date(700)[:4], *(self._date(700),) * 4]),
                chance.choice([None] * 5 + [self._date(300)]),
            ),
            value=chance.choice([None] * 6 + [TextValue("last year", "abatementString")]),
        )
        recorded = chance.choice([None, self._date(700), self._date(700)])
        return msgspec.structs.replace(fact, provenance=msgspec.structs.replace(fact.provenance, recorded=recorded))

    def _allergy(self) -> Fact:
        chance = self._random
        return self._fact(
            FactKind.ALLERGY,
            self._coded(self._crowd.substances + self._crowd.conditions),
            status=chance.choice(["active", "active", "active", "resolved", None]),
            verification=chance.choice(["confirmed", "confirmed", "unconfirmed", "refuted", None]),
            when=self._period(4_000),
            detail=AllergyDetail(type=chance.choice(["allergy", "allergy", "intolerance", None])),
        )

    def _family(self) -> Fact:
        status = self._random.choice(["completed", "partial", None, "entered-in-error"])
        return self._fact(FactKind.FAMILY_HISTORY, self._coded(self._crowd.conditions), status=status)

    def _result(self) -> Fact:
        chance, crowd = self._random, self._crowd
        iri = chance.choice(crowd.analytes)
        analyte = crowd._knowledge.analytes[iri]
        code = chance.choice([iri, *sorted(crowd._knowledge.classification.descendants(iri))])
        cut = chance.choice(crowd.cuts.get(iri) or [Decimal(1)])
        number = cut * chance.choice([Decimal(1), Decimal(1), Decimal("0.5"), Decimal(2), Decimal("1.01")])
        unit = chance.choice([analyte.unit] * 12 + ["kg", None])
        comparator = chance.choice([None] * 8 + ["<", ">", ">=", "ad"])
        high = Quantity(value=cut / 2, ucum=analyte.unit) if chance.random() < 0.5 and cut else None
        return self._fact(
            FactKind.OBSERVATION,
            self._coded([code]),
            status=chance.choice(["final"] * 6 + ["amended", "preliminary"]),
            when=Period(self._date(500)),
            value=chance.choice(
                [Quantity(value=number, comparator=comparator, ucum=unit)] * 12 + [BooleanValue(value=True)]
            ),
            detail=ObservationDetail(reference=(QuantityRange(high=high),) if high else ()),
        )

    def _trait(self) -> Fact:
        chance = self._random
        value: Value | None = chance.choice(
            [None, BooleanValue(value=True), BooleanValue(value=False), CodedValue(self._coded(self._crowd.traits))]
        )
        return self._fact(
            chance.choice([FactKind.OBSERVATION, FactKind.BEHAVIOUR, FactKind.GENOTYPE]),
            self._coded(self._crowd.traits),
            status=chance.choice(["final"] * 5 + ["preliminary"]),
            when=Period(self._date(900)),
            value=value,
        )


@lru_cache(maxsize=1)
def crowd(knowledge: Knowledge) -> Crowd:
    """The crowd of a knowledge."""
    return Crowd(knowledge)
