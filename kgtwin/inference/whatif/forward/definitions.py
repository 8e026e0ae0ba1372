"""Models as the ontology states them: what form, which parameters, which inputs, for whom.

A model is a class with a ``modelForm`` (``ontologies/models.ofn``); no number of one stands in Python.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar

import msgspec

from kgtwin.errors import InvalidResourceError, NotFoundError, OntologyError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.equations.fields import fields, limits, number, read
from kgtwin.inference.equations.formulas import FormulaError, Span
from kgtwin.inference.knowledge.statements import evidence_of
from kgtwin.model.evidence import Evidence
from kgtwin.model.ontology import Ontology
from kgtwin.model.simulation import Parameter
from kgtwin.model.time import duration
from kgtwin.vocabulary import kgtwin

FORM: Final = kgtwin("modelForm")
KINDS: Final = frozenset({"age", "result", "results", "equation", "present", "absent", "notTaken", "given"})
NUMBERS: Final = frozenset({"age", "result", "equation", "given"})
"""Kinds of inputs that are one number."""
_Z95: Final = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""
T = TypeVar("T")


class Uncertain(msgspec.Struct, frozen=True):
    """A parameter with its distribution: ``value`` is the median; ``deviation`` that of the value, or of its logarithm.

    ``shown`` is what the ontology says.
    """

    value: float
    deviation: float
    logarithmic: bool
    shown: Parameter


class Input(msgspec.Struct, frozen=True):
    """What a model needs, in ``unit``, within the ``limits`` that it is meant for; ``about`` are codes or classes."""

    name: str
    kind: str
    about: tuple[str, ...]
    unit: str
    limits: Span


class Times(msgspec.Struct, frozen=True):
    """How far and in which steps a model runs where nobody says, and how far at most."""

    span: timedelta
    step: timedelta
    longest: timedelta


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model as the ontology states it; ``result`` is the analyte that it projects (a CURIE), if that is one."""

    iri: str
    label: str
    form: str
    unit: str
    parameters: dict[str, Uncertain]
    inputs: dict[str, Input]
    times: Times
    result: str | None = None
    assumptions: tuple[str, ...] = ()
    population: str = ""
    doi: str | None = None
    evidence: tuple[Evidence, ...] = ()
    review: str = "not clinically reviewed"
    checked_by: str = ""

    @property
    def curie(self) -> str:
        return to_curie(self.iri)


def models(ontology: Ontology) -> dict[str, Model]:
    """Every class with a ``modelForm``, by IRI.

    Raises:
        OntologyError: if an annotation of one cannot be read; it names the model and the annotation.
    """
    return {iri: _model(ontology, iri) for iri in sorted(ontology.annotations) if ontology.values(iri, FORM)}


def model_named(ontology: Ontology, name: str) -> Model:
    """A model by its name, label, CURIE or IRI.

    Raises:
        NotFoundError: if there is none; it names those that there are.
        OntologyError: as ``models``.
    """
    known = models(ontology)
    wanted = name.strip()
    for model in known.values():
        own = {model.iri, model.curie, model.iri.removeprefix(kgtwin("")), model.label.casefold()}
        if to_iri(wanted) in own or wanted in own or wanted.casefold() in own:
            return model
    there = ", ".join(one.iri.removeprefix(kgtwin("")) for one in known.values())
    raise NotFoundError(f"no model is called {name!r}", expected=f"one of {there}" if there else "a model")


def _model(ontology: Ontology, iri: str) -> Model:
    parameters = read(ontology, iri, "modelParameter", _parameter)
    inputs = read(ontology, iri, "modelInput", _input)
    times = read(ontology, iri, "modelTimes", _times)
    if len(times) != 1:
        raise OntologyError(f"{len(times)} modelTimes", where=to_curie(iri), expected="one")
    _only_once([one.shown.name for one in parameters] + [one.name for one in inputs], to_curie(iri))
    return Model(
        iri=iri,
        label=ontology.label(iri),
        form=ontology.value(iri, FORM) or "",
        unit=ontology.value(iri, kgtwin("resultUnit")) or "1",
        parameters={one.shown.name: one for one in parameters},
        inputs={one.name: one for one in inputs},
        times=times[0],
        result=ontology.value(iri, kgtwin("modelResult")),
        assumptions=ontology.values(iri, kgtwin("modelAssumption")),
        population=ontology.value(iri, kgtwin("population")) or "",
        doi=ontology.value(iri, kgtwin("doi")),
        evidence=evidence_of(ontology, iri),
        review=ontology.value(iri, kgtwin("reviewStatus")) or "not clinically reviewed",
        checked_by=ontology.value(iri, kgtwin("checkedBy")) or "",
    )


def _only_once(names: list[str], where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OntologyError(f"names {', '.join(twice)} twice", where=where, remedy="give each another name")


def _parameter(text: str) -> Uncertain:
    name, value, spread, unit, meaning = fields(text, ("name", "value", "spread", "unit", "meaning"))
    middle = number(value)
    shown = Parameter(name=name, value=middle, spread=spread, unit=unit, meaning=meaning)
    match spread.split():
        case ["fixed"]:
            return Uncertain(middle, 0.0, logarithmic=False, shown=shown)
        case ["sd", deviation] if number(deviation) > 0:
            return Uncertain(middle, number(deviation), logarithmic=False, shown=shown)
        case ["log", deviation] if number(deviation) > 0 and middle > 0:
            return Uncertain(middle, number(deviation), logarithmic=True, shown=shown)
        case ["ci95", low, high] if number(low) < middle < number(high):
            deviation_ = (number(high) - number(low)) / (2 * _Z95)
            return Uncertain(middle, deviation_, logarithmic=False, shown=shown)
    raise FormulaError(
        f"spread {spread!r}", "fixed, sd S, ci95 LOW HIGH around the value, or log S of a positive value"
    )


def _input(text: str) -> Input:
    name, kind, about, unit, low, high = fields(text, ("name", "kind", "code or class", "unit", "lowest", "highest"))
    if kind not in KINDS:
        raise FormulaError(f"kind {kind!r}", "one of " + ", ".join(sorted(KINDS)))
    if kind not in ("age", "given") and not about:
        raise FormulaError("no code or class", "what the input is about")
    return Input(name, kind, tuple(about.split()), unit, limits(low, high))


def _times(text: str) -> Times:
    try:
        span, step, longest = map(duration, fields(text, ("span", "step", "longest")))
    except InvalidResourceError as error:
        raise FormulaError(error.message, "three durations such as P30D") from None
    if not timedelta(0) < step <= span <= longest:
        raise FormulaError("step, span and longest are not in this order", "a step that is no longer than the span")
    return Times(span, step, longest)
