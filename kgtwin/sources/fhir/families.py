"""Which resource types state facts, and what maps each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from kgtwin.model.fact import Fact
from kgtwin.sources.fhir import structs
from kgtwin.sources.fhir.allergies import allergy
from kgtwin.sources.fhir.careplans import care_plan
from kgtwin.sources.fhir.conditions import condition, status_code
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.encounters import encounter
from kgtwin.sources.fhir.family import family_history
from kgtwin.sources.fhir.immunizations import immunization
from kgtwin.sources.fhir.medications import administration, request, statement
from kgtwin.sources.fhir.observations import observation
from kgtwin.sources.fhir.procedures import procedure
from kgtwin.sources.fhir.reports import report


class Family(NamedTuple):
    """``subject`` is the attribute that refers to the patient, ``facts`` what the resource states."""

    subject: str
    facts: Callable[[Any, Context], list[Fact]]
    retracted: Callable[[Any], bool]


def _by_status(resource: Any) -> bool:
    return bool(resource.status == "entered-in-error")


def _by_verification(resource: Any) -> bool:
    return status_code(resource.verification_status) == "entered-in-error"


def _family(
    struct: type[Any],
    facts: Callable[[Any, Context], list[Fact]],
    subject: str = "subject",
    retracted: Callable[[Any], bool] = _by_status,
) -> tuple[type[Any], Family]:
    return struct, Family(subject, facts, retracted)


FAMILIES: Final[dict[type[Any], Family]] = dict(
    [
        _family(structs.Observation, observation),
        _family(structs.Condition, condition, retracted=_by_verification),
        _family(structs.AllergyIntolerance, allergy, "patient", _by_verification),
        _family(structs.MedicationRequest, request),
        _family(structs.MedicationStatement, statement),
        _family(structs.MedicationAdministration, administration),
        _family(structs.Encounter, encounter),
        _family(structs.Procedure, procedure),
        _family(structs.Immunization, immunization, "patient"),
        _family(structs.FamilyMemberHistory, family_history, "patient"),
        _family(structs.CarePlan, care_plan),
        _family(structs.DiagnosticReport, report),
    ]
)
"""By resource type; Patient and Medication are apart, other types carry no facts."""
