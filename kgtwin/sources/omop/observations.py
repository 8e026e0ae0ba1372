"""OBSERVATION: the table for whatever has no other. The concept says what a row is.

An allergy, a relative's disease, something in the patient's past, a finding that FHIR would call a condition, a
habit; else an observation. A row that denies something ("No"), or qualifies it, is never more than an observation.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from kgtwin.errors import InvalidResourceError
from kgtwin.model.concept import Coded
from kgtwin.model.fact import (
    AllergyDetail,
    ConditionDetail,
    Detail,
    FactKind,
    FamilyDetail,
    ObservationDetail,
    TextValue,
    Value,
)
from kgtwin.model.time import Period
from kgtwin.sources.omop.context import Context, Draft
from kgtwin.sources.omop.measurements import coded_or_text, quantity
from kgtwin.sources.omop.vocabulary import Concept

ALLERGY: Final = 439224
"""*Allergy to drug*, with the drug as its value: how OMOP states an allergy."""

FAMILY: Final = 4167217
"""*Family history of clinical finding*, with the finding as its value."""

PAST: Final = 4214956
HISTORY: Final = frozenset({PAST, 1340204})
"""*History of clinical finding in subject* and *History of event*, with the finding as their value."""

YES: Final = frozenset({4188539, 45877994})
"""SNOMED CT's and LOINC's *Yes*: the row says what its concept says."""

NO: Final = frozenset({4188540, 45878245})
"""SNOMED CT's and LOINC's *No*."""

_ALLERGIC: Final = re.compile(
    r"allerg(y|ic) to |.* allergy$|hypersensitivity to |intolerance to |propensity to adverse "
)
_NOT_SAID: Final = re.compile(r"(no|not|family|history|suspected|risk|at risk|absence|resolved|past)\b")
_HABIT: Final = re.compile(r"smok|tobacco|cigarette|alcohol|drinker|drug use|substance use|vaping", re.IGNORECASE)
_SEVERITIES: Final = frozenset({"24484000", "6736007", "255604002"})
_SUBSTANCES: Final = frozenset({"Substance", "Organism", "Pharma/Biol Product"})
_FINDINGS: Final = frozenset({"Clinical Finding", "Disorder", "Context-dependent", "Situation"})
_PRESENT: Final = frozenset({"Condition", "Observation"})
_GRADES: Final = frozenset({"Meas Value", "Type Concept"})
_AFFIRMING: Final = frozenset({"", "yes", "y", "true", "1", "present"})
_DENYING: Final = frozenset({"no", "n", "false", "0", "absent", "none", "negative", "unknown", "denied"})


class _Said(msgspec.Struct, frozen=True):
    """What a row says: its concept, and of it a value, as a concept or, where there is none, in words."""

    concept: int
    known: Concept | None
    value: int
    target: Concept | None
    words: str

    @property
    def name(self) -> str:
        return self.known.name.lower() if self.known else ""

    @property
    def affirmed(self) -> bool:
        """It says its concept, and no more."""
        return self.value in YES or (not self.value and self.words.lower() in _AFFIRMING)

    @property
    def denied(self) -> bool:
        return self.value in NO or (not self.value and self.words.lower() in _DENYING)

    @property
    def names_a_thing(self) -> bool:
        """Its value is a thing, not a grade; unknown what, where CONCEPT lacks it or there are words alone."""
        return self.target is None or self.target.domain not in _GRADES


def observation(context: Context) -> Draft:
    """What the row is, by its concept."""
    said = _said(context)
    at = context.time("observation")
    kind = _kind(said, context)
    if kind in {FactKind.OBSERVATION, FactKind.BEHAVIOUR}:
        return _observed(kind, at, context)
    family = kind is FactKind.FAMILY_HISTORY
    past = kind is FactKind.CONDITION and not said.affirmed
    return Draft(
        kind=kind,
        code=_code(said, context),
        status="completed" if family else "inactive" if past else None,
        when=Period(at),
        detail=_detail(kind, said, context),
        encounter=context.encounter(),
    )


def _said(context: Context) -> _Said:
    concept, value = context.concept("observation_concept_id"), context.concept("value_as_concept_id")
    vocabulary = context.person.vocabulary
    words = "" if value else context.text("value_source_value")
    return _Said(concept, vocabulary.get(concept), value, vocabulary.get(value), words)


def _kind(said: _Said, context: Context) -> FactKind:
    if said.denied or context.text("value_as_number") or context.text("value_as_string"):
        return _habit_or_observation(said)
    if not said.affirmed:
        return _by_value(said) or _habit_or_observation(said)
    if said.known is None or (_qualified(context) and _severity(context) is None):
        return FactKind.OBSERVATION
    return _by_concept(said.known)


def _habit_or_observation(said: _Said) -> FactKind:
    return FactKind.BEHAVIOUR if _HABIT.search(said.name) else FactKind.OBSERVATION


def _by_value(said: _Said) -> FactKind | None:
    """What a row is that names a thing and says of it: an allergy, a relative's disease, a past one."""
    if not said.names_a_thing:
        return None
    if said.concept == ALLERGY or (_ALLERGIC.match(said.name) and not _NOT_SAID.match(said.name)):
        return FactKind.ALLERGY
    present = said.target is not None and said.target.domain in _PRESENT
    if said.concept == FAMILY or (present and said.name.startswith("family history of")):
        return FactKind.FAMILY_HISTORY if said.target is None or present else None
    if present and (said.concept in HISTORY or said.name.startswith("history of")):
        return FactKind.CONDITION
    return None


def _by_concept(known: Concept) -> FactKind:
    """What a row is that states its concept, and no more."""
    name = known.name.lower()
    if states_allergy(known):
        return FactKind.ALLERGY
    if _HABIT.search(name) and known.domain == "Observation":
        return FactKind.BEHAVIOUR
    finding = known.vocabulary == "SNOMED" and known.kind in _FINDINGS
    return FactKind.CONDITION if finding or known.domain == "Condition" else FactKind.OBSERVATION


def states_allergy(known: Concept) -> bool:
    """Whether a row that states this concept and no more is an allergy: a finding that says so, or a bare substance."""
    name = known.name.lower()
    if _ALLERGIC.match(name) and not _NOT_SAID.match(name):
        return True
    return known.vocabulary == "SNOMED" and known.kind in _SUBSTANCES


def _code(said: _Said, context: Context) -> Coded:
    """The thing that the row is about: its value, else its concept; both where the value is words about a concept."""
    value = context.coded("value_as_concept_id", None, "value_source_value")
    concept = context.coded("observation_concept_id", "observation_source_concept_id", "observation_source_value")
    if said.affirmed:
        return concept
    coded = said.value or said.concept in {ALLERGY, FAMILY} or any(coding.system for coding in value.codings)
    return value if coded else context.terms([*concept.codings, *value.codings], "observation_concept_id")


def _detail(kind: FactKind, said: _Said, context: Context) -> Detail | None:
    if kind is FactKind.ALLERGY:
        return AllergyDetail(type="intolerance" if "intolerance" in said.name else None)
    if kind is FactKind.FAMILY_HISTORY:
        return FamilyDetail(relationship=_qualifier(context))
    severity = _severity(context)
    return None if severity is None else ConditionDetail(severity)


def _qualified(context: Context) -> bool:
    return bool(context.concept("qualifier_concept_id") or context.text("qualifier_source_value"))


def _qualifier(context: Context) -> Coded | None:
    found = context.coded("qualifier_concept_id", None, "qualifier_source_value")
    return found if found.codings else None


def _severity(context: Context) -> Coded | None:
    """A qualifier that says how severe it is."""
    found = _qualifier(context)
    severe = found is not None and any(coding.code in _SEVERITIES for coding in found.codings)
    return found if severe else None


def _observed(kind: FactKind, at: str | None, context: Context) -> Draft:
    qualifier = _qualifier(context)
    return Draft(
        kind=kind,
        code=context.coded("observation_concept_id", "observation_source_concept_id", "observation_source_value"),
        status="final",
        when=Period(at, at),
        value=_value(context),
        detail=ObservationDetail(interpretation=(qualifier,) if qualifier else ()),
        encounter=context.encounter(),
    )


def _value(context: Context) -> Value | None:
    """The number, the concept, the text or the source's text, whichever comes first; a second one is reported."""
    number = context.number("value_as_number")
    concept = context.concept("value_as_concept_id")
    text = context.text("value_as_string")
    if (number is not None) + bool(concept) + bool(text) > 1:
        error = InvalidResourceError(
            "more than one value: the number, else the concept, was kept", expected="one value"
        )
        context.report(error, "value_as_string" if text else "value_as_concept_id")
    if number is not None:
        return quantity(number, context)
    if text and not concept:
        return TextValue(text)
    return coded_or_text(context, context.text("value_source_value"))
