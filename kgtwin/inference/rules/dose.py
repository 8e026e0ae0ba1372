"""Doses against renal function: the daily dose, the latest clearance, and the limit in its range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.issues.found import AMONG_USABLE, Evaluation
from kgtwin.inference.knowledge.rules import DoseLimit
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.rules.building import Builder, Found
from kgtwin.inference.rules.dosing import Daily, daily, in_words
from kgtwin.inference.rules.estimating import Estimated, estimated, latest_values
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


class Limits:
    """Evaluates the dose limits of a knowledge on one patient. ``said`` are the issues of statements."""

    def __init__(self, builder: Builder, evaluation: Evaluation, said: Sequence[DetectedIssue]) -> None:
        self._builder, self._evaluation, self._said = builder, evaluation, said
        self._knowledge = evaluation.knowledge
        self._missing: dict[str, list[tuple[DoseLimit, Taken]]] = {}
        self._read: dict[str, Value | None] = {}

    def evaluate(self, taken: Iterable[Taken]) -> Iterator[DetectedIssue | Caveat]:
        """Issues where a dose is certainly above its limit; a missing result is told once for all limits."""
        for one in taken:
            rules = [
                rule for rule in self._knowledge.rules.doses if self._knowledge.is_a(one.ingredient, rule.medicine)
            ]
            dose = daily(one, self._knowledge, self._evaluation.moment) if rules else Daily(None)
            for rule in rules:
                yield from self._of(rule, one, dose)
        for analyte, rules_of in self._missing.items():
            yield self._no_result(analyte, rules_of)

    def _of(self, rule: DoseLimit, taken: Taken, dose: Daily) -> Iterator[DetectedIssue | Caveat]:
        conditions = self.present(rule)
        above = _above(rule, dose)
        if conditions is None or above is Overlap.NO:
            return
        value = self.value(rule.analyte)
        if value is None:
            self._missing.setdefault(rule.analyte, []).append((rule, taken))
            return
        if not value.interval.meets(rule.range) or self._already_said(rule, taken, value):
            return
        if rule.qualifier is not None:
            yield self._caveat(CaveatCode.NOT_EVALUATED, rule, taken, f"whether it is {rule.qualifier} is not known")
        elif above is None:
            yield self._caveat(CaveatCode.NOT_EVALUATED, rule, taken, f"{dose.lacks}")
        elif above is Overlap.YES and value.interval.within(rule.range):
            yield self._issue(rule, taken, dose, value, conditions)
        else:
            yield self._caveat(CaveatCode.UNDECIDED_VALUE, rule, taken, self._undecided(rule, dose, value))

    def present(self, rule: DoseLimit) -> tuple[str, ...] | None:
        """The individuals of the conditions that a limit is restricted to; None where there is none of these."""
        if not rule.conditions:
            return ()
        realisation = self._evaluation.realisation
        nodes = [n for n in realisation.successors(PATIENT_INDIVIDUAL, HAS_NOW) if isinstance(n, str)]
        found = [n for n in nodes if any(realisation.satisfies(n, Class(one)) for one in rule.conditions)]
        known = [node for node in found if node in self._evaluation.box.by_node]
        return tuple(known) or None

    def value(self, analyte: str) -> Value | None:
        """What was measured of an analyte; without it, what an equation estimates; None where neither is known."""
        if analyte not in self._read:
            self._read[analyte] = next(self._values(analyte), None)
        return self._read[analyte]

    def _values(self, analyte: str) -> Iterator[Value]:
        """What was measured; without it, what an equation estimates."""
        for node, selected, interval in latest_values(self._evaluation, analyte):
            yield Value(interval, (selected,), node)
        found = estimated(self._evaluation, analyte)
        if found is not None:
            yield Value(found.interval, tuple(selected for _, selected in found.results), estimated=found)

    def _already_said(self, rule: DoseLimit, taken: Taken, value: Value) -> bool:
        """Whether a statement that is as grave says that the medicine is not to be given with this result."""
        facts, least = {one.fact.id for one in taken.selected}, rule.significance.rank
        grave = (issue for issue in self._said if issue.significance.rank <= least)
        told = [{one.fact for one in issue.implicated} for issue in grave]
        measured = {one.fact.id for one in value.selected}
        return rule.maximum == 0 and any(measured & ids and ids & facts for ids in told)

    def _issue(
        self, rule: DoseLimit, taken: Taken, dose: Daily, value: Value, conditions: tuple[str, ...]
    ) -> DetectedIssue:
        box, name = self._evaluation.box, self._knowledge.label(taken.ingredient)
        present = [box.by_node[node] for node in conditions]
        limit = f"at most {rule.maximum:f} mg a day" if rule.maximum else "none"
        how = f", estimated by {value.estimated.equation.label}" if value.estimated else ""
        found = f"{self._knowledge.label(rule.analyte)} {value.interval} {self._unit(rule.analyte)}{how}"
        given = f"{name} {_shown(dose)}"
        concepts = frozenset(c for one in present for c in one.fact.code.concepts)
        return self._builder.issue(
            Found(
                rule=rule,
                kind=IssueKind.DOSE_RENAL,
                ingredients=frozenset({to_curie(taken.ingredient)}),
                conditions=concepts | {to_curie(rule.analyte)},
                detail=f"{given} with {found}: the limit is {limit}.",
                conclusion=f"the patient takes {given} with {found}; the limit is {limit}",
                premises=tuple(self._steps(rule, taken, dose, value, conditions)),
                selected=(*taken.selected, *value.selected, *present),
            )
        )

    def _steps(
        self, rule: DoseLimit, taken: Taken, dose: Daily, value: Value, conditions: tuple[str, ...]
    ) -> Iterator[Derivation]:
        proofs = [self._builder.takes(one, rule.medicine) for one in taken.doses]
        for one in taken.selected:
            detail = one.fact.detail
            doses = detail.instructions if isinstance(detail, MedicationDetail) else ()
            said = "; ".join(map(in_words, doses)) or "no dose in numbers"
            proofs.append(self._builder.received(one, f"{self._builder.name(one)}: {said}"))
        name = self._knowledge.label(taken.ingredient)
        yield self._builder.step("daily dose", f"the patient takes {name} {_shown(dose)}", proofs)
        yield from self._value_steps(rule, value)
        realisation = self._evaluation.realisation
        for node in conditions:
            held = next(one for one in rule.conditions if realisation.satisfies(node, Class(one)))
            yield self._builder.has(HAS_NOW, node, Class(held))

    def _value_steps(self, rule: DoseLimit, value: Value) -> Iterator[Derivation]:
        unit = self._unit(rule.analyte)
        within = f"{value.interval} {unit}, in {rule.range} {unit}"
        if value.node is not None:
            yield self._builder.has(HAS_LATEST_RESULT, value.node, Class(rule.analyte))
            yield self._builder.received(value.selected[0], f"its value is {within}")
        if value.estimated is not None:
            leaves = [self._builder.received(one, f"{name}: {one.reason}") for name, one in value.estimated.results]
            leaves += [self._builder.stated(one, f"{name}: {one.reason}") for name, one in value.estimated.told]
            label = self._knowledge.label(rule.analyte)
            population = self._knowledge.ontology.value(value.estimated.equation.iri, kgtwin("population"))
            name = value.estimated.equation.label
            yield self._builder.step(name, f"{label} is estimated as {within}", leaves, population)

    def _unit(self, analyte: str) -> str:
        known = self._knowledge.analytes.get(analyte)
        return known.unit if known else ""

    def _undecided(self, rule: DoseLimit, dose: Daily, value: Value) -> str:
        unit = self._unit(rule.analyte)
        limit = f"the limit of {rule.maximum:f} mg a day at {rule.range} {unit}"
        return f"{_shown(dose)} with a value of {value.interval} {unit} does not decide {limit}"

    def _caveat(self, code: CaveatCode, rule: DoseLimit, taken: Taken, why: str) -> Caveat:
        resources = dict.fromkeys(one.fact.provenance.resource for one in taken.selected)
        name = self._knowledge.label(taken.ingredient)
        text = f"{name}: {why}: “{rule.title}” was not decided"
        return Caveat(code, text, (*resources, rule.curie), "send the dose with its unit and its timing")

    def _no_result(self, analyte: str, waiting: list[tuple[DoseLimit, Taken]]) -> Caveat:
        label = self._knowledge.label(analyte)
        names = dict.fromkeys(self._knowledge.label(taken.ingredient) for _, taken in waiting)
        among = AMONG_USABLE if self._evaluation.withheld else ""
        text = f"no valid {label} result{among}: the limits of the dose of {', '.join(names)} were not decided"
        rules = dict.fromkeys(rule.curie for rule, _ in waiting)
        return Caveat(CaveatCode.MISSING_LAB, text, tuple(rules), None if among else f"measure or send {label}")


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
