"""Published equations evaluated for a patient: a number, a range where inputs are missing, or a refusal.

What the equations are stands in the ontology (`equations`), what of a patient they are given in `score_inputs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.equations.definitions import Criterion, Equation, Estimate, evaluate
from kgtwin.inference.equations.formulas import Span
from kgtwin.inference.equations.known import NO, YES, Estimated, Known, interval_of, span_of
from kgtwin.inference.equations.next_facts import as_range, next_facts
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge.statements import evidence_of
from kgtwin.inference.scores.inputs import Inputs
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.contradiction import Contradiction
from kgtwin.model.fact import Fact
from kgtwin.model.score import Score, ScoreStatus, Used
from kgtwin.model.time import earliest
from kgtwin.vocabulary import kgtwin

KINDS = {"RiskEquation": "risk", "PointScore": "points", "Estimator": "estimate"}
"""By the class that an equation stands below, what comes out of it."""


class Assessed(msgspec.Struct, frozen=True):
    """An equation and one patient. ``spans`` has the known inputs within the equation's limits."""

    known: dict[str, Known]
    spans: dict[str, Span]
    estimate: Estimate
    refusals: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    caveats: tuple[Caveat, ...]


def scored(
    evaluation: Evaluation, facts: Iterable[Fact], contradictions: Iterable[Contradiction] = ()
) -> tuple[Score, ...]:
    """Every equation of the knowledge for one patient, in the ontology's order.

    What ``contradictions`` left out of the inference is left out here.
    """
    left_out = {ref.resource for one in contradictions for ref in one.left_out}
    scorer = _Scorer(evaluation, [fact for fact in facts if fact.provenance.resource not in left_out])
    return tuple(scorer.score(equation) for equation in evaluation.knowledge.equations.values())


class _Scorer:
    def __init__(self, evaluation: Evaluation, facts: Iterable[Fact]) -> None:
        self._evaluation, self._knowledge = evaluation, evaluation.knowledge
        self._inputs = Inputs(evaluation, facts, self._computed)
        self._assessed: dict[str, Assessed | None] = {}

    def score(self, equation: Equation) -> Score:
        """One equation with all that a reader needs to judge what came out."""
        found = self._assess(equation)
        assert found is not None, "no equation is being assessed"
        status, span = _status(found), found.estimate.span
        asked, ontology, iri = self._evaluation, self._knowledge.ontology, equation.iri
        kinds = (name for parent, name in KINDS.items() if self._knowledge.is_a(iri, kgtwin(parent)))
        refused = status is ScoreStatus.REFUSED
        return Score(
            equation=to_curie(iri),
            label=equation.label,
            kind=next(kinds, "estimate"),
            patient=asked.patient,
            at=asked.at,
            revision=asked.revision,
            knowledge=self._knowledge.version,
            unit=equation.unit,
            horizon=ontology.value(iri, kgtwin("horizon")),
            status=status,
            value=as_range(span) if span is not None else None,
            inputs=tuple(one.used for one in found.known.values() if one.used is not None),
            missing=() if refused else next_facts(equation, found.known, found.spans, span),
            refusals=found.refusals,
            unconfirmed=() if refused else found.unconfirmed,
            established=not refused and self._is_established(equation),
            population=ontology.value(iri, kgtwin("population")),
            doi=ontology.value(iri, kgtwin("doi")),
            evidence=evidence_of(ontology, iri),
            checked_by=ontology.value(iri, kgtwin("checkedBy")),
            confidence=ontology.values(iri, kgtwin("publishedConfidence")),
            review=ontology.value(iri, kgtwin("reviewStatus")) or "not clinically reviewed",
            caveats=found.caveats,
        )

    def _is_established(self, equation: Equation) -> bool:
        """Whether the facts show all that a patient must have."""
        return all(self._inputs.meets(one).interval == YES for one in equation.requires)

    def _assess(self, equation: Equation) -> Assessed | None:
        """What an equation gives; None for one that asks for its own result."""
        if equation.iri not in self._assessed:
            self._assessed[equation.iri] = None
            self._assessed[equation.iri] = self._afresh(equation)
        return self._assessed[equation.iri]

    def _afresh(self, equation: Equation) -> Assessed:
        known = self._inputs.of(equation)
        spans, refusals, unconfirmed = dict[str, Span](), list[str](), list[str]()
        caveats = [caveat for one in known.values() for caveat in one.caveats]
        for name, one in known.items():
            wanted = equation.inputs[name]
            limits = interval_of(wanted.limits)
            if one.interval is None:
                unconfirmed += [f"{one.label}: {one.reason}; meant for {limits}"] if wanted.kind == "age" else []
            elif one.interval.meets(limits):
                spans[name] = span_of(one.interval.intersection(limits))
                caveats += _perhaps_outside(one, limits)
            else:
                value = f"{one.label} {_readable(one.interval, limits)} {wanted.unit}".rstrip()
                refusals.append(f"{value} is outside {limits}")
        for criterion, wanted_answer in _criteria(equation):
            answer = self._inputs.meets(criterion)
            words = f"“{answer.label}” ({criterion.kind})"
            if answer.interval is None:
                unconfirmed.append(f"{words}: {answer.reason}; meant for patients {_WITH[wanted_answer]} it")
                continue
            caveats += answer.caveats
            if answer.interval != wanted_answer:
                where = ", ".join(source.resource for source in answer.used.facts) if answer.used else ""
                refusals.append(f"{words}, {where}: meant for patients {_WITH[wanted_answer]} it")
        estimate = Estimate(None) if refusals else evaluate(equation, spans)
        return Assessed(known, spans, estimate, (*refusals,), (*unconfirmed,), tuple(dict.fromkeys(caveats)))

    def _computed(self, equation: Equation) -> Estimated | None:
        """What an equation gives where all the results that it asks for are known, as an input of another one."""
        found = self._assess(equation)
        if found is None or found.estimate.span is None or found.refusals:
            return None
        if any(one.kind == "result" and name not in found.spans for name, one in equation.inputs.items()):
            return None
        inputs = tuple(one.used for one in found.known.values() if one.used is not None)
        whole = Used(
            name="",
            kind="result",
            label=equation.label,
            unit=equation.unit,
            value=as_range(found.estimate.span),
            reason=f"computed by {equation.label}",
            when=min((one.when for one in inputs if one.when), key=earliest, default=None),
            facts=tuple(dict.fromkeys(source for one in inputs for source in one.facts)),
            computed_by=to_curie(equation.iri),
            inputs=inputs,
        )
        return Estimated(whole, found.caveats)


_WITH = {YES: "with", NO: "without"}


def _criteria(equation: Equation) -> Iterator[tuple[Criterion, Interval]]:
    """What decides whether a patient is one of those that an equation was made for, and the answer that is needed."""
    yield from ((one, NO) for one in equation.excludes)
    yield from ((one, YES) for one in equation.requires)


def _readable(interval: Interval, limits: Interval) -> str:
    """An interval in six digits, as long as it lies outside of the limits when it is rounded, too."""
    ends = (None if end is None else Decimal(f"{end:.6g}") for end in (interval.low, interval.high))
    low, high = ends
    rounded = msgspec.structs.replace(interval, low=low, high=high)
    return str(interval if rounded.meets(limits) else rounded)


def _perhaps_outside(one: Known, limits: Interval) -> Iterator[Caveat]:
    if one.interval is not None and not one.interval.within(limits):
        resources = tuple(source.resource for source in one.used.facts) if one.used else ()
        text = f"{one.label} {one.interval} may be outside {limits}; the result holds if it is not"
        yield Caveat(CaveatCode.UNDECIDED_VALUE, text, resources)


def _status(found: Assessed) -> ScoreStatus:
    if found.refusals:
        return ScoreStatus.REFUSED
    if found.estimate.span is None:
        return ScoreStatus.OPEN
    return ScoreStatus.RANGE if found.estimate.value is None else ScoreStatus.VALUE
