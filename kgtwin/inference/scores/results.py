"""The results that an equation asks for: the latest valid one, else what an estimator makes of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.equations.definitions import Equation, Input
from kgtwin.inference.equations.known import Estimated, Known, range_of, source, used
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.realising.reading import Reading, multiple
from kgtwin.inference.realising.results import MEASURED, is_valid, latest_of, with_rivals
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import Fact
from kgtwin.model.score import Range
from kgtwin.model.time import earliest
from kgtwin.terminology.units import convert


class Results:
    """The results of one patient as equations ask for them. ``computed`` is what an equation gives for the patient."""

    def __init__(
        self, evaluation: Evaluation, facts: Iterable[Fact], computed: Callable[[Equation], Estimated | None]
    ) -> None:
        self._knowledge, self._at, self._computed = evaluation.knowledge, evaluation.moment, computed
        self._facts: dict[str, list[Fact]] = {}
        for fact in facts:
            analyte = self._knowledge.analyte_of(fact) if fact.kind in MEASURED else None
            if analyte is not None and is_valid(fact, self._at):
                self._facts.setdefault(analyte.iri, []).append(fact)
        for found in self._facts.values():
            found.sort(key=order, reverse=True)

    def of(self, one: Input) -> Known:
        """The result of an input, of several classes the largest.

        Where only some of several are known, the largest of these is the least that it can be.
        """
        parts = [self._of_class(to_iri(about), one) for about in one.about]
        found = [(part.interval, part.used) for part in parts if part.interval is not None and part.used is not None]
        caveats = tuple(dict.fromkeys(caveat for part in parts for caveat in part.caveats))
        if not found:
            return Known(self._label(one), None, "; ".join(dict.fromkeys(p.reason for p in parts)), caveats=caveats)
        if len(parts) == 1:
            return msgspec.structs.replace(parts[0], caveats=caveats)
        reason = "the largest of: " + "; ".join(u.reason for _, u in found)
        if len(found) < len(parts):
            reason += f"; {len(parts) - len(found)} of {len(parts)} results are not known"
        interval = _largest([i for i, _ in found], all_known=len(found) == len(parts))
        facts = [source for _, u in found for source in u.facts]
        when = min((u.when for _, u in found if u.when), key=earliest, default=None)
        label = self._label(one)
        return Known(label, interval, reason, used(one, label, interval, reason, facts, when), caveats)

    def _of_class(self, iri: str, one: Input) -> Known:
        """A result of the class itself, else one that is estimated, else one by another method with a caveat."""
        analyte = self._knowledge.analyte(iri)
        if analyte is None:
            return Known(self._label(one), None, "no result is known under this code")
        exact = self._read(iri, analyte, one)
        if exact.interval is not None:
            return exact
        estimated = self._estimated(iri, one)
        if estimated is not None:
            return msgspec.structs.replace(estimated, caveats=(*exact.caveats, *estimated.caveats))
        exact = msgspec.structs.replace(exact, reason=f"{exact.reason}{self._way(iri)}")
        if iri == analyte.iri:
            return exact
        other = self._read(analyte.iri, analyte, one)
        if other.used is None:
            return msgspec.structs.replace(exact, caveats=tuple(dict.fromkeys((*exact.caveats, *other.caveats))))
        text = f"{self._label(one)}: a result by another method stands in for it ({other.used.reason})"
        caveat = Caveat(CaveatCode.OTHER_METHOD, text, tuple(source.resource for source in other.used.facts))
        return msgspec.structs.replace(other, caveats=(*other.caveats, caveat))

    def _read(self, iri: str, analyte: Analyte, one: Input) -> Known:
        """The latest valid result of a class, in the input's unit."""
        label, caveats = self._label(one), []
        for found in self._readings(iri, analyte):
            if isinstance(found, Caveat):
                caveats.append(found)
                continue
            selected, fact = found.selected, found.selected.fact
            a = found.analyte
            interval = _converted(found.interval, a.unit, one.unit, a.molar_mass, a.valence)
            if interval is None:
                text = f"{a.label}: {a.unit} does not convert to {one.unit}"
                caveats.append(Caveat(CaveatCode.UNKNOWN_UNIT, text, (fact.provenance.resource,)))
                continue
            reason = f"{selected.reason}: {self._knowledge.name_of(fact)}"
            facts = map(source, selected.facts)
            whole = used(one, label, interval, reason, facts, time_of(fact))
            return Known(label, interval, reason, whole, (*caveats, *selected.caveats))
        return Known(label, None, caveats[-1].text if caveats else "no valid result was received", caveats=(*caveats,))

    def _readings(self, iri: str, analyte: Analyte) -> Iterator[Reading | Caveat]:
        """The latest result of a class, or its multiple of the upper reference limit, and what could not be read."""
        base = self._knowledge.analytes[analyte.multiple_of or analyte.iri]
        facts = self._facts.get(base.iri, [])
        if iri != analyte.iri:
            facts = [fact for fact in facts if any(self._is_of(cls, iri) for cls in self._knowledge.classes_of(fact))]
        for one in latest_of(base, facts, self._at):
            found = with_rivals(one, facts, lambda _: True) if isinstance(one, Reading) else one
            times = multiple(found, analyte) if isinstance(found, Reading) and analyte.multiple_of else found
            if times is not None:
                yield times
            else:
                text = f"{base.label}: no upper reference limit in its unit came with the latest result"
                yield Caveat(CaveatCode.MISSING_LAB, text, (), "send referenceRange.high")

    def _estimated(self, iri: str, one: Input) -> Known | None:
        """What an equation gives that estimates this class of results."""
        for equation in self._knowledge.equations.values():
            if any(self._is_of(estimated, iri) for estimated in equation.estimates):
                found = self._computed(equation)
                interval = _converted(_interval(found.used.value), equation.unit, one.unit) if found else None
                if found is not None and interval is not None:
                    changes = {"name": one.name, "kind": one.kind, "label": self._label(one), "unit": one.unit}
                    whole = msgspec.structs.replace(found.used, value=range_of(interval), **changes)
                    return Known(whole.label, interval, whole.reason, whole, found.caveats)
        return None

    def _way(self, iri: str) -> str:
        """By which equation, from what, a result that was not received could be estimated."""
        ways = [e for e in self._knowledge.equations.values() if any(self._is_of(one, iri) for one in e.estimates)]
        needs = {e.label: ", ".join(n for n, one in e.inputs.items() if one.kind == "result") for e in ways}
        return "".join(f"; {label} gives it from {names}" for label, names in needs.items())

    def _is_of(self, iri: str, kind: str) -> bool:
        return iri == kind or self._knowledge.is_a(iri, kind)

    def _label(self, one: Input) -> str:
        return " or ".join(map(self._knowledge.label_of, one.about))


def _interval(value: Range) -> Interval:
    low, high = (None if end is None else Decimal(repr(end)) for end in (value.low, value.high))
    return Interval(low, False, high, False)


def _converted(
    value: Interval, unit: str, wanted: str, molar_mass: Decimal | None = None, valence: int | None = None
) -> Interval | None:
    """An interval in another unit, None where it does not convert."""
    if unit == wanted:
        return value
    ends = [None if end is None else convert(end, unit, wanted, molar_mass, valence) for end in (value.low, value.high)]
    if any(new is None and old is not None for new, old in zip(ends, (value.low, value.high), strict=True)):
        return None
    return Interval(ends[0], value.low_open, ends[1], value.high_open)


def _largest(intervals: list[Interval], *, all_known: bool) -> Interval:
    """Where the largest of several numbers lies; it has no upper end if not all of them are known."""
    lows = [one for one in intervals if one.low is not None]
    low = max(lows, key=lambda one: (one.low or 0, one.low_open)) if lows else Interval()
    if not all_known or any(one.high is None for one in intervals):
        return Interval(low.low, low.low_open)
    high = max(intervals, key=lambda one: (one.high or 0, not one.high_open))
    return Interval(low.low, low.low_open, high.high, high.high_open)
