"""Patient: who the patient is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kgtwin.errors import UnresolvedReferenceError
from kgtwin.identifiers import patient_key
from kgtwin.model.fact import Identifier, PatientRecord, Provenance
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.datatypes import HumanName
from kgtwin.sources.fhir.structs import Patient, PatientLink

GENDERS: Final = frozenset(["male", "female", "other", "unknown"])


def record_of(resource: Patient, context: Context) -> PatientRecord:
    """Who the patient is. ``deceased`` is the date, True where only the fact is known, False or None."""
    source, _, identifier = context.patient.partition("|")
    died = context.date(resource.deceased_date_time, "deceasedDateTime")
    return PatientRecord(
        key=context.patient,
        source=source,
        id=identifier,
        name=_name(resource.name),
        gender=context.word(resource.gender, "gender", GENDERS),
        birth_date=context.date(resource.birth_date, "birthDate"),
        deceased=resource.deceased_boolean if died is None else died,
        identifiers=tuple(Identifier(i.system, i.value) for i in resource.identifier),
        links=tuple(key for link in resource.link if (key := _link(link, source, context))),
        active=resource.active,
        provenance=Provenance(source, context.resource, context.version, "", context.recorded),
    )


def _name(names: Sequence[HumanName]) -> str | None:
    """The official name, else the usual one, else the first."""
    if not names:
        return None
    order = {"official": 0, "usual": 1}
    best = min(names, key=lambda name: order.get(name.use or "", 2))
    parts = [*(given for given in best.given if given), *([best.family] if best.family else [])]
    return best.text or " ".join(parts) or None


def _link(link: PatientLink, source: str, context: Context) -> str | None:
    """The key of the other record of the same person; a RelatedPerson has none."""
    if link.other is None:
        return None
    try:
        target = context.bundle.references.resolve(link.other)
    except UnresolvedReferenceError as error:
        context.report(error, "link.other")
        return None
    return patient_key(source, target.id) if target.type == "Patient" else None
