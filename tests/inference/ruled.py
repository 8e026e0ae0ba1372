"""Invented patients whom rules concern: they take what is watched, are measured now and then, lack what is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from decimal import Decimal
from functools import lru_cache

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge
from kgtwin.model.fact import Dose, Fact, FactKind, MedicationDetail, PatientRecord, Quantity, QuantityRange, Ratio
from kgtwin.model.time import Period
from kgtwin.vocabulary import MEDICINAL_PRODUCT
from tests.inference.crowd import Crowd, Maker


class RuledCrowd(Crowd):
    """A crowd drawn from what the rules of a knowledge are about: every third patient from limits of doses, and every
    third has what calls for a medicine, and takes others.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        rules = knowledge.rules
        limited = self._down(rule.medicine for rule in rules.doses)
        called = set(self._down(name for gap in rules.care_gaps for name in gap.medicines))
        watched = self._down(rule.medicine for rule in rules.monitoring)
        added = self._down(name for scale in rules.burdens for _, name in scale.points)
        asked = [rule.analyte for rule in rules.doses]
        measured = [iri for rule in rules.monitoring for iri in rule.analytes]
        calling = self._down(name for gap in rules.care_gaps for name in (*gap.conditions, *gap.history))
        silencing = self._down(name for gap in rules.care_gaps for name in gap.unless_conditions)
        restricting = self._down(name for limit in rules.doses for name in limit.conditions)
        every = [*limited, *sorted(called), *watched, *added]
        spared = [one for one in (*watched, *added) if one not in called]
        inputs = list(self._inputs())
        self.themes = (
            self._themed(every, [*calling, *silencing, *restricting], [*measured, *asked, *inputs]),
            self._themed(limited, restricting, [*asked * 4, *inputs * 2]),
            self._themed(spared, [*calling * 8, *silencing, *restricting], [*measured, *asked, *inputs]),
        )
        for rule in rules.doses:
            ends = [end for end in (rule.range.low, rule.range.high) if end is not None]
            self.cuts.setdefault(rule.analyte, []).extend(ends)

    def _inputs(self) -> Iterator[str]:
        """The results that estimates are made of."""
        for rule in self._knowledge.rules.doses:
            for equation in self._knowledge.estimators_of(rule.analyte):
                for one in equation.inputs.values():
                    yield from map(to_iri, one.about if one.kind == "result" else ())

    def _themed(self, substances: list[str], conditions: list[str], analytes: list[str]) -> Crowd:
        found, tree = copy(self), self._knowledge.classification
        held, wanted = self._knowledge.by_ingredient.held, frozenset(substances)
        products = [one for one in sorted(tree.descendants(MEDICINAL_PRODUCT)) if not held(one).isdisjoint(wanted)]
        found.substances = substances
        found.medicines = [*substances, *products[:: max(1, len(products) // 100)]]
        found.conditions = conditions
        found.analytes = [one.iri for iri in analytes if (one := self._knowledge.analyte(iri)) is not None]
        return found

    def _down(self, names: Iterable[str]) -> list[str]:
        tree = self._knowledge.classification
        known = [name for name in names if name in self._knowledge.classes]
        return [one for name in known for one in (name, *sorted(tree.descendants(name))[:12])]

    def patient(self, number: int, size: int = 20) -> tuple[PatientRecord, tuple[Fact, ...]]:
        """A patient of about ``size`` facts."""
        return _RuledMaker(self.themes[number % len(self.themes)], number, size).made()


class _RuledMaker(Maker):
    def made(self) -> tuple[PatientRecord, tuple[Fact, ...]]:
        record, facts = super().made()
        chance = self._random
        renewed = [one for one in facts if one.kind is FactKind.MEDICATION and chance.random() < 0.5]
        return record, (*facts, *map(self._before, renewed))

    def _before(self, fact: Fact) -> Fact:
        """An order of the same medicine that may have come before."""
        earlier, end = self._date(500), fact.when.start or self._date(300)
        status = self._random.choice(["completed", "completed", "stopped"])
        detail = fact.detail
        assert isinstance(detail, MedicationDetail), "every medicine of the crowd has one"
        again = self._fact(FactKind.MEDICATION, fact.code, status=status, when=Period(earlier, end), detail=detail)
        return self._random.choice([again, msgspec.structs.replace(again, when=Period(earlier))])

    def _medicine(self) -> Fact:
        chance, found = self._random, super()._medicine()
        detail = found.detail
        assert isinstance(detail, MedicationDetail), "every medicine of the crowd has one"
        doses = tuple(self._dose() for _ in range(chance.choice([0, 1, 1, 1, 2])))
        route = chance.choice([None, None, None, detail.route])
        changed = {"doses": doses} if doses else {}
        detail = msgspec.structs.replace(detail, as_needed=chance.random() < 0.1, route=route, **changed)
        when = chance.choice([found.when, self._period(900)])
        return msgspec.structs.replace(found, detail=detail, when=when)

    def _dose(self) -> Dose:
        chance = self._random
        amount = Quantity(
            value=Decimal(chance.choice(["0.5", "20", "150", "400", "1000"])),
            ucum=chance.choice(["mg"] * 5 + ["g", None]),
        )
        return Dose(
            amount=chance.choice([QuantityRange(amount, amount)] * 6 + [QuantityRange(amount), None]),
            frequency=chance.choice([1, 2, 3, None]),
            period=chance.choice([Decimal(1), Decimal(1), Decimal(2), None]),
            period_unit="d",
            code=chance.choice([None, "BID"]),
            as_needed=chance.random() < 0.1,
            bounds=chance.choice([None, None, None, self._period(60)]),
            maximum=chance.choice([None, None, Ratio(amount, Quantity(value=Decimal(1), ucum="d"))]),
        )

    def _result(self) -> Fact:
        found = super()._result()
        return msgspec.structs.replace(found, when=self._random.choice([found.when] * 12 + [Period()]))


@lru_cache(maxsize=1)
def ruled(knowledge: Knowledge) -> RuledCrowd:
    """The crowd of a knowledge's rules."""
    return RuledCrowd(knowledge)
