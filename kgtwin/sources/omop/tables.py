"""The tables of OMOP CDM 5.4: their columns in the specification's order, and what kgtwin does with each."""

from __future__ import annotations

from typing import Final

import msgspec


class Column(msgspec.Struct, frozen=True):
    """``kind`` is integer, number, date, datetime or text; ``required`` as the specification says."""

    name: str
    kind: str
    required: bool


class Table(msgspec.Struct, frozen=True):
    """``key`` is the column that identifies a row; DEATH has none, a person dies once."""

    name: str
    columns: tuple[Column, ...]
    read: tuple[str, ...]
    index: dict[str, int]
    kinds: dict[str, str]
    required: frozenset[str]

    @property
    def key(self) -> str:
        """The column of the row's own id."""
        return self.columns[0].name

    @property
    def concepts(self) -> tuple[str, ...]:
        """The columns that are read and hold concept ids."""
        return tuple(name for name in self.read if name.endswith("concept_id"))


_SPECIFICATION: Final = """
person: person_id! gender_concept_id! year_of_birth!:integer month_of_birth:integer day_of_birth:integer birth_datetime
 -race_concept_id! -ethnicity_concept_id! -location_id -provider_id -care_site_id person_source_value
 gender_source_value gender_source_concept_id -race_source_value -race_source_concept_id -ethnicity_source_value
 -ethnicity_source_concept_id
observation_period: -observation_period_id! -person_id! -observation_period_start_date! -observation_period_end_date!
 -period_type_concept_id!
visit_occurrence: visit_occurrence_id! person_id! visit_concept_id! visit_start_date! visit_start_datetime
 visit_end_date! visit_end_datetime -visit_type_concept_id! -provider_id -care_site_id visit_source_value
 visit_source_concept_id -admitted_from_concept_id -admitted_from_source_value -discharged_to_concept_id
 -discharged_to_source_value -preceding_visit_occurrence_id
condition_occurrence: condition_occurrence_id! person_id! condition_concept_id! condition_start_date!
 condition_start_datetime condition_end_date condition_end_datetime -condition_type_concept_id!
 condition_status_concept_id stop_reason -provider_id visit_occurrence_id -visit_detail_id condition_source_value
 condition_source_concept_id condition_status_source_value
drug_exposure: drug_exposure_id! person_id! drug_concept_id! drug_exposure_start_date! drug_exposure_start_datetime
 drug_exposure_end_date! drug_exposure_end_datetime verbatim_end_date drug_type_concept_id! stop_reason refills:integer
 quantity:number days_supply:integer sig route_concept_id -lot_number -provider_id visit_occurrence_id -visit_detail_id
 drug_source_value drug_source_concept_id route_source_value -dose_unit_source_value
procedure_occurrence: procedure_occurrence_id! person_id! procedure_concept_id! procedure_date! procedure_datetime
 procedure_end_date procedure_end_datetime -procedure_type_concept_id! -modifier_concept_id quantity:integer
 -provider_id visit_occurrence_id -visit_detail_id procedure_source_value procedure_source_concept_id
 -modifier_source_value
measurement: measurement_id! person_id! measurement_concept_id! measurement_date! measurement_datetime -measurement_time
 -measurement_type_concept_id! operator_concept_id value_as_number:number value_as_concept_id unit_concept_id
 range_low:number range_high:number -provider_id visit_occurrence_id -visit_detail_id measurement_source_value
 measurement_source_concept_id unit_source_value -unit_source_concept_id value_source_value -measurement_event_id
 -meas_event_field_concept_id
observation: observation_id! person_id! observation_concept_id! observation_date! observation_datetime
 -observation_type_concept_id! value_as_number:number value_as_string value_as_concept_id qualifier_concept_id
 unit_concept_id -provider_id visit_occurrence_id -visit_detail_id observation_source_value
 observation_source_concept_id unit_source_value qualifier_source_value value_source_value -observation_event_id
 -obs_event_field_concept_id
death: person_id! death_date! death_datetime -death_type_concept_id cause_concept_id cause_source_value
 cause_source_concept_id
cdm_source: -cdm_source_name! -cdm_source_abbreviation! -cdm_holder! -source_description -source_documentation_reference
 -cdm_etl_reference -source_release_date! -cdm_release_date! -cdm_version -cdm_version_concept_id! -vocabulary_version!
concept: concept_id! concept_name! domain_id!:text vocabulary_id!:text concept_class_id!:text standard_concept
 concept_code! -valid_start_date! -valid_end_date! -invalid_reason
concept_relationship: concept_id_1!:integer concept_id_2!:integer relationship_id!:text -valid_start_date!
 -valid_end_date! invalid_reason
"""


def _table(text: str) -> Table:
    name, _, body = text.partition(":")
    columns, read = [], []
    for word in body.split():
        plain, _, kind = word.lstrip("-").partition(":")
        column = plain.rstrip("!")
        columns.append(Column(column, kind or _kind(column), plain.endswith("!")))
        if not word.startswith("-"):
            read.append(column)
    return Table(
        name=name,
        columns=tuple(columns),
        read=tuple(read),
        index={column: i for i, column in enumerate(read)},
        kinds={column.name: column.kind for column in columns},
        required=frozenset(column.name for column in columns if column.required),
    )


def _kind(column: str) -> str:
    for suffix, kind in (("_id", "integer"), ("_datetime", "datetime"), ("_date", "date")):
        if column.endswith(suffix):
            return kind
    return "text"


def _tables() -> dict[str, Table]:
    tables = [_table(entry) for entry in _SPECIFICATION.strip().replace("\n ", " ").splitlines()]
    return {table.name: table for table in tables}


TABLES: Final[dict[str, Table]] = _tables()
"""Every table that is read or written, by its name in lower case."""

PERSON: Final = TABLES["person"]
EVENTS: Final = tuple(
    TABLES[name]
    for name in (
        "person",
        "death",
        "visit_occurrence",
        "condition_occurrence",
        "drug_exposure",
        "procedure_occurrence",
        "measurement",
        "observation",
    )
)
"""The tables that state facts, in the order in which a person's rows are read."""

EXPORTED: Final = tuple(TABLES[name] for name in TABLES if not name.startswith("concept"))

_OTHERS: Final = """
visit_detail device_exposure note note_nlp specimen fact_relationship location care_site provider
payer_plan_period cost drug_era dose_era condition_era episode episode_event metadata cdm_source
observation_period cohort cohort_definition survey_conduct
"""

COUNTED: Final = frozenset(_OTHERS.split())
"""Tables whose rows are counted: they state nothing that a fact could be, or are derived from what is read."""

_VOCABULARY: Final = """
concept concept_relationship vocabulary domain concept_class concept_synonym concept_ancestor relationship
drug_strength source_to_concept_map
"""

VOCABULARY: Final = frozenset(_VOCABULARY.split())
