"""Doses against renal function: the daily dose, the latest clearance, and the limit in its range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.issues.found import AMONG_USABLE
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import DoseLimit
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.rules.building import Builder, Words
from kgtwin.inference.rules.dosing import Daily, daily, in_words
from kgtwin.inference.rules.estimating import Estimated, asked_for, estimated
from kgtwin.inference.rules.known import Known, Received, Result, value_in
from kgtwin.inference.rules.raised import Asked, Doubt, Raised, Said
from kgtwin.inference.rules.taking import Taken
from kgtwin.model.axioms import Class, Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.derivation import Derivation
from kgtwin.model.fact import MedicationDetail
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.model.time import Overlap
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_NOW, kgtwin


class Value(msgspec.Struct, frozen=True):
    """A latest result in the analyte's unit: measured (its individual), or estimated."""

    interval: Interval
    selected: tuple[Selected, ...]
    node: str | None = None
    estimated: Estimated | None = None


class AboveLimit(Raised, frozen=True, kw_only=True):
    """A dose that is certainly above its limit, with the conditions that the limit is restricted to."""

    rule: DoseLimit
    taken: Taken
    dose: Daily
    value: Value
    present: tuple[Received, ...]


class Limits:
    """Evaluates the dose limits of a knowledge on one patient. ``said`` are the issues of statements.

    ``withheld``: there may be facts that consent keeps from being used.
    """

    def __init__(self, known: Known, said: Sequence[Said], *, withheld: bool = False) -> None:
        self._known, self._said, self._withheld = known, said, withheld
        self._knowledge = known.knowledge
        self._missing: dict[str, list[tuple[DoseLimit, Taken]]] = {}
        self._read: dict[str, Value | None] = {}
        self._unread: dict[str, list[Result]] = {}
        self._waiting: dict[str, dict[str, None]] = {}

    def evaluate(self, taken: Iterable[Taken]) -> Iterator[AboveLimit | Doubt]:
        """The doses that are certainly above their limits; a missing result is told once for all limits."""
        for one in taken:
            limits = self._knowledge.by_ingredient.dose_limits(one.ingredient)
            dose = daily(one, self._knowledge, self._known.moment) if limits else Daily(None)
            for rule in limits:
                yield from self._of(rule, one, dose)
        for analyte, rules_of in self._missing.items():
            yield partial(self._no_result, analyte, rules_of)
        for analyte, rules in self._waiting.items():
            yield partial(self._another_unit, analyte, tuple(rules))

    def _of(self, rule: DoseLimit, taken: Taken, dose: Daily) -> Iterator[AboveLimit | Doubt]:
        present = self.present(rule)
        above = _above(rule, dose)
        if present is None or above is Overlap.NO:
            return
        value = self.value(rule.analyte)
        if rule.analyte in self._unread:
            self._waiting.setdefault(rule.analyte, {})[rule.curie] = None
        if value is None:
            self._missing.setdefault(rule.analyte, []).append((rule, taken))
            return
        if not value.interval.meets(rule.range) or _already_said(rule, taken, value, self._said):
            return
        doubt = partial(self._caveat, CaveatCode.NOT_EVALUATED, rule, taken)
        if rule.qualifier is not None:
            yield partial(doubt, f"whether it is {rule.qualifier} is not known")
        elif above is None:
            yield partial(doubt, f"{dose.lacks}")
        elif above is Overlap.YES and value.interval.within(rule.range):
            yield _raised(rule, taken, dose, value, present)
        else:
            yield partial(self._undecided, rule, taken, dose, value)

    def present(self, rule: DoseLimit) -> tuple[Received, ...] | None:
        """The conditions that a limit is restricted to, as far as they are present; None where none of these is."""
        if not rule.conditions:
            return ()
        return tuple(self._known.received(HAS_NOW, rule.conditions)) or None

    def value(self, analyte: str) -> Value | None:
        """What was measured of an analyte; without it, what an equation estimates; None where neither is known."""
        if analyte not in self._read:
            self._read[analyte] = next(self._values(analyte), None)
        return self._read[analyte]

    def _values(self, analyte: str) -> Iterator[Value]:
        """What was measured; without it, what an equation estimates."""
        for one in self._known.results(analyte):
            value = value_in(_unit(analyte, self._knowledge), one, self._knowledge)
            if value is not None:
                yield Value(value, (one.selected,), one.node)
            else:
                self._unread.setdefault(analyte, []).append(one)
        found = estimated(self._known, analyte)
        if found is not None:
            yield Value(found.interval, tuple(selected for _, selected in found.results), estimated=found)

    def _undecided(self, rule: DoseLimit, taken: Taken, dose: Daily, value: Value) -> Caveat:
        unit = _unit(rule.analyte, self._knowledge)
        limit = f"the limit of {rule.maximum:f} mg a day at {rule.range} {unit}"
        text = f"{_shown(dose)} with a value of {value.interval} {unit} does not decide {limit}"
        return self._caveat(CaveatCode.UNDECIDED_VALUE, rule, taken, text)

    def _caveat(self, code: CaveatCode, rule: DoseLimit, taken: Taken, why: str) -> Caveat:
        resources = dict.fromkeys(one.fact.provenance.resource for one in taken.selected)
        name = self._knowledge.label(taken.ingredient)
        text = f"{name}: {why}: “{rule.title}” was not decided"
        return Caveat(code, text, (*resources, rule.curie), "send the dose with its unit and its timing")

    def _no_result(self, analyte: str, waiting: list[tuple[DoseLimit, Taken]]) -> Caveat:
        label = self._knowledge.label(analyte)
        names = dict.fromkeys(self._knowledge.label(taken.ingredient) for _, taken in waiting)
        among = AMONG_USABLE if self._withheld else ""
        text = f"no valid {label} result{among}: the limits of the dose of {', '.join(names)} were not decided"
        rules = dict.fromkeys(rule.curie for rule, _ in waiting)
        return Caveat(CaveatCode.MISSING_LAB, text, tuple(rules), None if among else f"measure or send {label}")

    def _another_unit(self, analyte: str, rules: tuple[str, ...]) -> Caveat:
        """Of results of a kind of the analyte, whose unit does not become the analyte's."""
        facts = [one.selected.fact for one in self._unread[analyte]]
        names = ", ".join(dict.fromkeys(map(self._knowledge.name_of, facts)))
        unit = _unit(analyte, self._knowledge)
        text = f"{names} cannot be read as {self._knowledge.label(analyte)} in {unit}: limits of doses do not use it"
        resources = dict.fromkeys(fact.provenance.resource for fact in facts)
        return Caveat(CaveatCode.UNKNOWN_UNIT, text, (*resources, *rules), f"send a result in {unit}")


def asked_by(rule: DoseLimit, knowledge: Knowledge) -> Asked:
    """What a limit asks of a patient beside medicines, age and sex."""
    conditions = [(HAS_NOW, name) for name in rule.conditions]
    inputs, types = asked_for(rule.analyte, knowledge)
    results = [(HAS_LATEST_RESULT, name) for name in (rule.analyte, *inputs)]
    return Asked(fillers=(*conditions, *results), types=types)


def already_said(above: AboveLimit, said: Iterable[Said]) -> bool:
    """Whether a statement that is as grave says that the medicine is not to be given with this result."""
    return _already_said(above.rule, above.taken, above.value, said)


def _already_said(rule: DoseLimit, taken: Taken, value: Value, said: Iterable[Said]) -> bool:
    if rule.maximum != 0:
        return False
    given, measured = {one.fact.id for one in taken.selected}, {one.fact.id for one in value.selected}
    grave = (issue for issue in said if issue.significance.rank <= rule.significance.rank)
    return any(measured & issue.facts and issue.facts & given for issue in grave)


def _raised(rule: DoseLimit, taken: Taken, dose: Daily, value: Value, present: tuple[Received, ...]) -> AboveLimit:
    conditions = [one.selected for one in present]
    return AboveLimit(
        rule=rule,
        kind=IssueKind.DOSE_RENAL,
        ingredients=frozenset({to_curie(taken.ingredient)}),
        conditions=frozenset(c for one in conditions for c in one.fact.code.concepts) | {to_curie(rule.analyte)},
        selected=(*taken.selected, *value.selected, *conditions),
        taken=taken,
        dose=dose,
        value=value,
        present=present,
    )


def _unit(analyte: str, knowledge: Knowledge) -> str:
    """The unit of an analyte (IRI)."""
    known = knowledge.analytes.get(analyte)
    return known.unit if known else ""


def tell(above: AboveLimit, builder: Builder, knowledge: Knowledge) -> DetectedIssue:
    """The issue: what is taken, the value that limits it, and the limit."""
    rule, value = above.rule, above.value
    limit = f"at most {rule.maximum:f} mg a day" if rule.maximum else "none"
    how = f", estimated by {value.estimated.equation.label}" if value.estimated else ""
    found = f"{knowledge.label(rule.analyte)} {value.interval} {_unit(rule.analyte, knowledge)}{how}"
    given = f"{knowledge.label(above.taken.ingredient)} {_shown(above.dose)}"
    words = Words(
        detail=f"{given} with {found}: the limit is {limit}.",
        conclusion=f"the patient takes {given} with {found}; the limit is {limit}",
        premises=tuple(_steps(above, builder, knowledge)),
    )
    return builder.issue(above, words)


def _steps(above: AboveLimit, builder: Builder, knowledge: Knowledge) -> Iterator[Derivation]:
    taken, rule = above.taken, above.rule
    proofs = [builder.takes(one, rule.medicine) for one in taken.doses]
    for one in taken.selected:
        detail = one.fact.detail
        doses = detail.instructions if isinstance(detail, MedicationDetail) else ()
        said = "; ".join(map(in_words, doses)) or "no dose in numbers"
        proofs.append(builder.received(one, f"{builder.name(one)}: {said}"))
    name = knowledge.label(taken.ingredient)
    yield builder.step("daily dose", f"the patient takes {name} {_shown(above.dose)}", proofs)
    yield from _value_steps(above, builder, knowledge)
    for condition in above.present:
        yield builder.has(HAS_NOW, condition.node, Class(condition.name))


def _value_steps(above: AboveLimit, builder: Builder, knowledge: Knowledge) -> Iterator[Derivation]:
    analyte, value = above.rule.analyte, above.value
    unit = _unit(analyte, knowledge)
    within = f"{value.interval} {unit}, in {above.rule.range} {unit}"
    if value.node is not None:
        yield builder.has(HAS_LATEST_RESULT, value.node, Class(analyte))
        yield builder.received(value.selected[0], f"its value is {within}")
    if value.estimated is not None:
        equation = value.estimated.equation
        leaves = [builder.received(one, f"{name}: {one.reason}") for name, one in value.estimated.results]
        leaves += [builder.stated(one, f"{name}: {one.reason}") for name, one in value.estimated.told]
        population = knowledge.ontology.value(equation.iri, kgtwin("population"))
        yield builder.step(equation.label, f"{knowledge.label(analyte)} is estimated as {within}", leaves, population)


def _above(rule: DoseLimit, dose: Daily) -> Overlap | None:
    """Whether a daily dose is above a limit; None where it is not known. Any dose is above none at all."""
    if rule.maximum == 0:
        return Overlap.YES
    if dose.amount is None:
        return None
    if dose.amount.low is not None and dose.amount.low > rule.maximum:
        return Overlap.YES
    certain = dose.amount.high is not None and dose.amount.high <= rule.maximum
    return Overlap.NO if certain else Overlap.MAYBE


def _shown(dose: Daily) -> str:
    if dose.amount is None:
        return "in an unknown dose"
    low, high = dose.amount.low, dose.amount.high
    if low == high:
        return f"{low:f} mg a day"
    return f"{low:f} mg a day or more" if high is None else f"{low:f} to {high:f} mg a day"
