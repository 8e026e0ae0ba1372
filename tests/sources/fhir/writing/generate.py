"""Resources of every kind with anything that a reader keeps, sound and odd."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.sources.fhir.build import LOINC, RXNORM, SNOMED, UCUM, Json

Made = st.SearchStrategy[Any]

TEXTS = st.sampled_from(["asthma", "10 a to 20 a", "15 a", "2020", "nüchtern — “x”", "a/b", "<5 mg", " to ", "1E+2 d"])
DATES = st.sampled_from(["1950", "2019-03", "2020-01-05", "2020-01-05T08:00:00Z", "2020-02-29T23:59:59.5+01:00"])
INSTANTS = st.sampled_from(["2020-01-05T08:00:00Z", "2021-06-07T08:09:10.123+02:00"])
NUMBERS = st.one_of(st.integers(-3, 400), st.decimals("0", "900", places=3), st.sampled_from([Decimal("1E+2")]))
CODES: list[Json] = [
    {"system": SNOMED, "code": "195967001", "display": "Asthma"},
    {"system": SNOMED, "code": "44054006"},
    {"system": SNOMED, "code": "1"},
    {"system": RXNORM, "code": "5640", "version": "2020"},
    {"system": LOINC, "code": "2823-3"},
    {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9"},
    {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    {"code": "local"},
    {"display": "words alone"},
    {},
]


def some(fields: Mapping[str, Made]) -> Made:
    """An object with any of the fields."""
    return st.fixed_dictionaries({}, optional=dict(fields))


def one_of(*choices: Mapping[str, Made]) -> Made:
    """An object with the fields of at most one choice."""
    return st.one_of(st.just({}), *(st.fixed_dictionaries(dict(choice)) for choice in choices))


CODINGS = st.lists(st.sampled_from(CODES), max_size=3)
CONCEPT = some({"coding": CODINGS, "text": TEXTS})
CONCEPTS = st.lists(CONCEPT, max_size=3)
QUANTITY = st.fixed_dictionaries(
    {"value": NUMBERS},
    optional={
        "comparator": st.sampled_from(["<", "<=", ">=", ">"]),
        "unit": st.sampled_from(["mg", "a", "d", "milligrams", "no unit"]),
        "system": st.just(UCUM),
        "code": st.sampled_from(["mg", "a", "d", "wk"]),
    },
)
ANY_QUANTITY = st.one_of(QUANTITY, some({"unit": st.just("mg")}))
RANGE = some({"low": ANY_QUANTITY, "high": ANY_QUANTITY})
PERIOD = some({"start": DATES, "end": DATES})
ENCOUNTER = some({"reference": st.sampled_from(["Encounter/e1", "http://x/fhir/Encounter/e2"])})
REASONS = {
    "reasonCode": st.lists(some({"coding": st.lists(st.sampled_from(CODES[:6]), max_size=2)}), max_size=2),
    "reasonReference": st.lists(st.just({"reference": "Condition/c1"}), max_size=2),
}
META = some({"versionId": st.sampled_from(["1", "7", "a.b-c"]), "lastUpdated": INSTANTS})


def onset(stem: str) -> Made:
    return one_of(
        {f"{stem}DateTime": DATES},
        {f"{stem}Age": ANY_QUANTITY},
        {f"{stem}Period": PERIOD},
        {f"{stem}Range": RANGE},
        {f"{stem}String": TEXTS},
    )


def joined(*parts: Made) -> Made:
    """One object of several."""
    return st.tuples(*parts).map(lambda found: {name: value for part in found for name, value in part.items()})


def words(*given: str) -> Made:
    return st.sampled_from([*given, "a word of its own"])


CLINICAL = some({"coding": st.lists(st.sampled_from([{"code": "active"}, {"code": "resolved"}, {}])), "text": TEXTS})
VERIFIED = some({"coding": st.lists(st.sampled_from([{"code": "confirmed"}, {"code": "refuted"}]), max_size=1)})

CONDITION = joined(
    some({"clinicalStatus": CLINICAL, "verificationStatus": VERIFIED, "severity": CONCEPT, "code": CONCEPT}),
    some({"encounter": ENCOUNTER, "recordedDate": DATES}),
    onset("onset"),
    onset("abatement"),
)
ALLERGY = joined(
    some({"clinicalStatus": CLINICAL, "verificationStatus": VERIFIED, "code": CONCEPT, "encounter": ENCOUNTER}),
    some({"type": words("allergy"), "category": st.lists(words("food"), max_size=2), "criticality": words("high")}),
    some({"recordedDate": DATES}),
    some({"reaction": st.lists(some({"substance": CONCEPT, "manifestation": CONCEPTS}), max_size=3)}),
    onset("onset"),
)
OFTEN: dict[str, Made] = {
    "frequency": st.integers(0, 4),
    "frequencyMax": st.sampled_from([2, 6, Decimal("1.5"), "often"]),
    "period": st.one_of(st.integers(1, 12), st.just(Decimal("0.5"))),
    "periodMax": st.integers(1, 12),
    "periodUnit": st.sampled_from(["h", "d", "wk", "fortnight"]),
    "timeOfDay": st.lists(st.sampled_from(["08:00:00", "20:00:00"]), max_size=2),
    "when": st.lists(st.sampled_from(["MORN", "ACM"]), max_size=2),
    "dayOfWeek": st.lists(st.sampled_from(["mon", "thu"]), max_size=2),
}


def repeated(bounds: Mapping[str, Made]) -> Made:
    """A timing with bounds, how often, or both."""
    return st.fixed_dictionaries(
        {"repeat": st.fixed_dictionaries(dict(bounds), optional=OFTEN)}, optional={"code": CONCEPT}
    )


TIMING: Made = st.one_of(
    st.just({}),
    repeated({"boundsPeriod": PERIOD}),
    repeated({"boundsDuration": QUANTITY}),
    repeated({"boundsRange": RANGE}),
    repeated({}),
)
RATIO = some({"numerator": ANY_QUANTITY, "denominator": ANY_QUANTITY})
HOW_MUCH = joined(
    one_of({"doseQuantity": ANY_QUANTITY}, {"doseRange": RANGE}),
    one_of({"rateQuantity": ANY_QUANTITY}, {"rateRange": RANGE}, {"rateRatio": RATIO}),
)
DOSAGE = some(
    {
        "text": TEXTS,
        "timing": TIMING,
        "route": CONCEPT,
        "sequence": st.integers(1, 2),
        "asNeededBoolean": st.booleans(),
        "patientInstruction": TEXTS,
        "doseAndRate": st.lists(HOW_MUCH, max_size=2),
        "maxDosePerPeriod": RATIO,
    }
)
GIVEN = joined(
    some({"text": TEXTS, "route": CONCEPT, "dose": ANY_QUANTITY}),
    one_of({"rateQuantity": ANY_QUANTITY}, {"rateRatio": RATIO}),
)
CONTAINED = st.fixed_dictionaries(
    {
        "medicationReference": st.just({"reference": "#m", "display": "shown"}),
        "contained": st.tuples(
            st.fixed_dictionaries(
                {"resourceType": st.just("Medication"), "id": st.just("m")},
                optional={
                    "code": CONCEPT,
                    "ingredient": st.lists(
                        some({"itemCodeableConcept": CONCEPT, "isActive": st.booleans()}), max_size=3
                    ),
                },
            )
        ),
    }
)
MEDICINE = st.one_of(
    st.fixed_dictionaries({"medicationCodeableConcept": CONCEPT}),
    st.just({"medicationReference": {"reference": "Medication/unknown", "display": "unknown"}}),
    CONTAINED,
)
SUPPLY = some(
    {"validityPeriod": PERIOD, "numberOfRepeatsAllowed": st.integers(0, 3), "expectedSupplyDuration": QUANTITY}
)
EFFECTIVE = one_of({"effectiveDateTime": DATES}, {"effectivePeriod": PERIOD})
REQUEST = joined(
    st.fixed_dictionaries({"status": words("active"), "intent": words("order")}),
    some({"doNotPerform": st.booleans(), "encounter": ENCOUNTER, "authoredOn": DATES, "dispenseRequest": SUPPLY}),
    some({"dosageInstruction": st.lists(DOSAGE, max_size=2), **REASONS}),
    MEDICINE,
)
STATEMENT = joined(
    st.fixed_dictionaries({"status": words("active")}),
    some({"context": ENCOUNTER, "dateAsserted": DATES, "dosage": st.lists(DOSAGE, max_size=2), **REASONS}),
    EFFECTIVE,
    MEDICINE,
)
ADMINISTRATION = joined(
    st.fixed_dictionaries({"status": words("completed")}),
    some({"context": ENCOUNTER, "dosage": GIVEN, **REASONS}),
    EFFECTIVE,
    MEDICINE,
)
SAMPLED = st.just({"origin": {"value": Decimal("0.10")}, "period": 10, "dimensions": 1, "data": "1 2 E"})
VALUE = one_of(
    {"valueQuantity": ANY_QUANTITY},
    {"valueCodeableConcept": CONCEPT},
    {"valueString": TEXTS},
    {"valueBoolean": st.booleans()},
    {"valueInteger": st.integers(-9, 9)},
    {"valueRange": RANGE},
    {"valueRatio": some({"numerator": ANY_QUANTITY, "denominator": ANY_QUANTITY})},
    {"valueSampledData": SAMPLED},
    {"valueTime": st.just("08:30:00")},
    {"valueDateTime": DATES},
    {"valuePeriod": PERIOD},
)
MEASURED = joined(
    st.fixed_dictionaries({"code": CONCEPT}),
    VALUE,
    some({"dataAbsentReason": CONCEPT, "interpretation": CONCEPTS}),
    some({"referenceRange": st.lists(RANGE, max_size=2)}),
)
CATEGORIES = st.lists(
    some({"coding": st.lists(words("laboratory", "social-history", "GE").map(lambda code: {"code": code}))}), max_size=2
)
OBSERVATION = joined(
    st.fixed_dictionaries({"status": words("final")}),
    some({"category": CATEGORIES, "encounter": ENCOUNTER, "issued": INSTANTS}),
    st.one_of(
        EFFECTIVE,
        st.fixed_dictionaries({"effectiveTiming": some({"event": st.lists(DATES, max_size=3)})}),
        st.fixed_dictionaries({"effectiveInstant": INSTANTS}),
    ),
    MEASURED,
    some({"component": st.lists(MEASURED, max_size=3)}),
)
REPORT = joined(
    st.fixed_dictionaries({"status": words("final"), "code": CONCEPT}),
    some({"encounter": ENCOUNTER, "issued": INSTANTS, "conclusionCode": CONCEPTS}),
    EFFECTIVE,
)
PROCEDURE = joined(
    st.fixed_dictionaries({"status": words("completed")}),
    some({"code": CONCEPT, "encounter": ENCOUNTER, **REASONS}),
    one_of(
        {"performedDateTime": DATES},
        {"performedPeriod": PERIOD},
        {"performedString": TEXTS},
        {"performedAge": ANY_QUANTITY},
        {"performedRange": RANGE},
    ),
)
IMMUNIZATION = joined(
    st.fixed_dictionaries({"status": words("completed"), "vaccineCode": CONCEPT}),
    some({"encounter": ENCOUNTER, "recorded": DATES, **REASONS}),
    one_of({"occurrenceDateTime": DATES}, {"occurrenceString": TEXTS}),
)
ENCOUNTERED = joined(
    st.fixed_dictionaries({"status": words("finished")}),
    some({"type": CONCEPTS, "class": st.sampled_from(CODES), "period": PERIOD, **REASONS}),
)
FAMILY = joined(
    st.fixed_dictionaries({"status": words("completed")}),
    some({"date": DATES, "relationship": CONCEPT}),
    one_of(
        {"deceasedBoolean": st.booleans()},
        {"deceasedAge": ANY_QUANTITY},
        {"deceasedRange": RANGE},
        {"deceasedDate": DATES},
        {"deceasedString": TEXTS},
    ),
    st.fixed_dictionaries(
        {
            "condition": st.lists(
                joined(
                    st.fixed_dictionaries({"code": CONCEPT}),
                    some({"contributedToDeath": st.booleans()}),
                    onset("onset"),
                ),
                max_size=3,
            )
        }
    ),
)
PLAN_STATUS = words("active", "completed", "unknown")
ACTIVITY = some(
    {
        "code": CONCEPT,
        "status": words("in-progress", "completed", "active"),
        "doNotPerform": st.booleans(),
        "scheduledPeriod": PERIOD,
    }
)
PLAN = joined(
    st.fixed_dictionaries({"status": PLAN_STATUS}),
    some({"category": CONCEPTS, "title": TEXTS, "description": TEXTS, "encounter": ENCOUNTER, "period": PERIOD}),
    some({"created": DATES, "addresses": st.lists(st.just({"reference": "Condition/c1"}), max_size=2)}),
    some({"activity": st.lists(some({"detail": ACTIVITY}), max_size=3)}),
)

BODIES: dict[str, Made] = {
    "AllergyIntolerance": ALLERGY,
    "CarePlan": PLAN,
    "Condition": CONDITION,
    "DiagnosticReport": REPORT,
    "Encounter": ENCOUNTERED,
    "FamilyMemberHistory": FAMILY,
    "Immunization": IMMUNIZATION,
    "MedicationAdministration": ADMINISTRATION,
    "MedicationRequest": REQUEST,
    "MedicationStatement": STATEMENT,
    "Observation": OBSERVATION,
    "Procedure": PROCEDURE,
}
PATIENT = joined(
    some({"active": st.booleans(), "gender": words("female"), "birthDate": st.sampled_from(["1950", "1950-03-04"])}),
    one_of({"deceasedBoolean": st.booleans()}, {"deceasedDateTime": DATES}),
    some({"name": st.lists(some({"text": TEXTS, "family": TEXTS, "use": words("official")}), max_size=2)}),
    some({"identifier": st.lists(some({"system": st.just("urn:x"), "value": TEXTS}), max_size=2)}),
    some({"link": st.lists(st.just({"other": {"reference": "Patient/p2"}, "type": "seealso"}), max_size=1)}),
    some({"meta": META}),
)
