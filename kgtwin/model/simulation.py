"""What-if: changes of a twin that nobody stores, what follows from them, and models that run forward."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.model.caveat import Caveat
from kgtwin.model.evidence import Evidence
from kgtwin.model.history import FactDifference, IssueDifference
from kgtwin.model.issue import DetectedIssue

SOURCE: Final = "urn:kgtwin:simulation"
"""The source of every hypothetical fact; no source that is ingested can have a colon in its name."""


class StartMedicine(msgspec.Struct, frozen=True, tag_field="change", tag="start-medicine"):
    """A medicine (label or CURIE of an ingredient or product) is taken from ``when`` on.

    ``when`` of this and every other change is a FHIR date, or an ``xsd:duration`` after the evaluation time; None is
    the evaluation time itself.
    """

    medicine: str
    route: str | None = None
    when: str | None = None


class StopMedicine(msgspec.Struct, frozen=True, tag_field="change", tag="stop-medicine"):
    """Every medicine then taken that is, or holds, what is named: an ingredient, product, class or resource id."""

    medicine: str
    when: str | None = None


class ChangeMedicine(msgspec.Struct, frozen=True, tag_field="change", tag="change-medicine"):
    """One medicine is stopped and another one started at the same moment."""

    medicine: str
    to: str
    route: str | None = None
    when: str | None = None


class SetResult(msgspec.Struct, frozen=True, tag_field="change", tag="set-result"):
    """A result of an analyte: its label, short name or code. ``unit`` is UCUM, or a usual spelling of it."""

    analyte: str
    value: Decimal
    unit: str | None = None
    comparator: str | None = None
    when: str | None = None


class SetWeight(msgspec.Struct, frozen=True, tag_field="change", tag="set-weight"):
    """A body weight, in kilograms unless ``unit`` says otherwise."""

    value: Decimal
    unit: str = "kg"
    when: str | None = None


class AddCondition(msgspec.Struct, frozen=True, tag_field="change", tag="add-condition"):
    """A confirmed, active condition; ``severity`` is the label or CURIE of a grade."""

    condition: str
    severity: str | None = None
    when: str | None = None


class ResolveCondition(msgspec.Struct, frozen=True, tag_field="change", tag="resolve-condition"):
    """Every condition then present that is what is named, or a kind of it, has ended; it stays in the history."""

    condition: str
    when: str | None = None


class AddAllergy(msgspec.Struct, frozen=True, tag_field="change", tag="add-allergy"):
    """A confirmed, active allergy, or with ``intolerance`` an intolerance, to a substance or class of substances."""

    substance: str
    intolerance: bool = False
    when: str | None = None


class SetBehaviour(msgspec.Struct, frozen=True, tag_field="change", tag="set-behaviour"):
    """What is said of a habit from then on; with ``present`` False, that it is not so."""

    behaviour: str
    present: bool = True
    when: str | None = None


class SupposeProjection(msgspec.Struct, frozen=True, tag_field="change", tag="suppose-projection"):
    """A model's projection comes true: its median, or an end of its 90 % interval, is the result at ``when``.

    ``given`` are numbers that the model asks for and no record holds.
    """

    model: str
    bound: str = "median"
    given: dict[str, float] = {}
    when: str | None = None


Change = (
    StartMedicine
    | StopMedicine
    | ChangeMedicine
    | SetResult
    | SetWeight
    | AddCondition
    | ResolveCondition
    | AddAllergy
    | SetBehaviour
    | SupposeProjection
)


def words(change: Change) -> str:
    """A change in words.

    >>> words(SetResult("potassium", Decimal("5.9"), "mmol/L", when="P7D"))
    'set potassium to 5.9 mmol/L (P7D)'
    """
    return _said(change) + (f" ({change.when})" if change.when else "")


def _said(change: Change) -> str:  # noqa: PLR0911 - one form a case
    match change:
        case StartMedicine():
            return f"start {change.medicine}" + (f" by {change.route}" if change.route else "")
        case StopMedicine():
            return f"stop {change.medicine}"
        case ChangeMedicine():
            return f"change {change.medicine} to {change.to}" + (f" by {change.route}" if change.route else "")
        case SetResult():
            parts = (change.comparator, f"{change.value:f}", change.unit)
            return f"set {change.analyte} to {' '.join(part for part in parts if part)}"
        case SetWeight():
            return f"set weight to {change.value:f} {change.unit}"
        case AddCondition():
            return f"add {change.condition}" + (f" ({change.severity})" if change.severity else "")
        case ResolveCondition():
            return f"resolve {change.condition}"
        case AddAllergy():
            return f"add {'intolerance of' if change.intolerance else 'allergy to'} {change.substance}"
        case SetBehaviour():
            return f"set {change.behaviour}" + ("" if change.present else " to not so")
        case SupposeProjection():
            return f"suppose the {change.bound} of {change.model}"


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A change that could not be made, and why; the others were."""

    change: Change
    code: str
    message: str
    expected: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        text = f"{words(self.change)}: {self.message}"
        text += f"; expected {self.expected}" if self.expected else ""
        return f"{text}; {self.remedy}" if self.remedy else text


class ScoreDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A published score or estimate before and after: low and high, equal where one number came out.

    None for both where nothing came out, for one end where it has no bound. ``kind`` is that of the score.
    """

    score: str
    label: str
    unit: str
    kind: str
    before: tuple[float | None, float | None] | None = None
    after: tuple[float | None, float | None] | None = None


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What the changes do at one moment: the changed twin beside the unchanged one, both inferred at that moment.

    ``change`` are issues on both sides that rest on other facts or weigh otherwise; ``stay`` counts all others.
    """

    appear: tuple[DetectedIssue, ...] = ()
    vanish: tuple[DetectedIssue, ...] = ()
    change: tuple[IssueDifference, ...] = ()
    stay: int = 0
    caveats_appear: tuple[Caveat, ...] = ()
    caveats_vanish: tuple[Caveat, ...] = ()
    scores: tuple[ScoreDifference, ...] = ()

    def __bool__(self) -> bool:
        found = (self.appear, self.vanish, self.change, self.caveats_appear, self.caveats_vanish, self.scores)
        return any(found)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a what-if.

    ``changes`` were made at it, in words; ``effect`` is what all changes so far do; ``since`` is what differs from the
    step before, and whether time alone did it; ``issues`` are all of the changed twin.
    """

    at: str
    changes: tuple[str, ...] = ()
    facts: tuple[FactDifference, ...] = ()
    issues: tuple[DetectedIssue, ...] = ()
    effect: Effect = Effect()
    since: tuple[IssueDifference, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What would follow for one patient. Nothing of it is stored, and nothing in it was received.

    ``before`` are the issues of the unchanged twin at ``at``; ``steps`` are in the order of time; ``caveats`` touch all
    of the answers (a patient who has died, or was not received).
    """

    patient: str
    at: str
    revision: int
    knowledge: str
    before: tuple[DetectedIssue, ...] = ()
    steps: tuple[Step, ...] = ()
    refused: tuple[Refused, ...] = ()
    assumptions: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()

    @property
    def last(self) -> Step:
        """The last moment that was asked for."""
        return self.steps[-1]


class Point(msgspec.Struct, frozen=True, gc=False):
    """A moment of a forward model: the median, and the 5th and 95th percentile (the 90 % interval)."""

    at: str
    median: float
    low: float
    high: float


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a model as the ontology states it, and how far it spreads (``sd 0.02``, ``ci95 0.9 1.3``)."""

    name: str
    value: float
    spread: str
    unit: str
    meaning: str


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What a model was given: a number, its unit, and where it comes from (a resource, an equation, the request)."""

    name: str
    value: float
    unit: str
    origin: str


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """A published model run forward for one patient. Without ``points`` it was not run; the caveats say why."""

    model: str
    label: str
    patient: str
    unit: str
    points: tuple[Point, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[Used, ...] = ()
    assumptions: tuple[str, ...] = ()
    population: str = ""
    doi: str | None = None
    evidence: tuple[Evidence, ...] = ()
    review: str = "not clinically reviewed"
    samples: int = 0
    caveats: tuple[Caveat, ...] = ()
