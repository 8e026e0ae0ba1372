"""Which codes no class knows or no statement reaches, and which statements nobody meets, on the mini knowledge."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kgtwin.identifiers import to_iri
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Quantity
from kgtwin.workbench.code_reach import Reach
from kgtwin.workbench.coverage import Coverage, Survey
from kgtwin.workbench.impact import Case
from tests.inference.factory import AT, allergy, condition, fact, order, result
from tests.workbench.samples import MINI, mini_version

LOW = Quantity(Decimal("4.0"), unit="mmol/L", ucum="mmol/L")
FIRST = (
    order(concept="rxnorm:8787"),
    condition(),
    condition("Condition/c2", "snomed:38341003"),
    result("Observation/o1", "loinc:2823-3", LOW),
    order("MedicationRequest/m9", "rxnorm:6448"),
)
SECOND = (condition("Condition/c3", "snomed:38341003"), fact(FactKind.PROCEDURE, "Procedure/p", "snomed:73761001"))


def survey(folder: Path, *patients: tuple[Fact, ...], kinds: tuple[FactKind, ...] = ()) -> Coverage:
    fracture = ("SubClassOf(:HeartDisease", "SubClassOf(:Fracture :ClinicalCondition)\nSubClassOf(:HeartDisease")
    found = Survey(mini_version(folder / "k", fracture), at=AT, kinds=kinds)
    for number, facts in enumerate(patients):
        found.add(Case(PatientRecord(key=f"local|p{number}", source="local", id=f"p{number}"), facts, 1))
    return found.result()


def codes(uses: tuple[object, ...]) -> list[tuple[object, ...]]:
    return [tuple(getattr(use, name) for name in ("code", "facts", "patients")) for use in uses]


def test_codes_by_use(tmp_path: Path) -> None:
    fracture = condition("Condition/f", "kgtwin:Fracture")
    found = survey(tmp_path, (*FIRST, fracture), SECOND)
    assert (found.patients, found.facts) == (2, 8)
    assert codes(found.unknown) == [("38341003", 2, 2), ("73761001", 1, 1)]
    assert codes(found.unreached) == [("Fracture", 1, 1)]
    reached = {use.code: use.statements for use in found.codes if use.statements}
    assert reached == {"8787": 3, "195967001": 1, "2823-3": 1, "6448": 1}


def test_kinds_limit_the_codes_and_not_the_statements(tmp_path: Path) -> None:
    found = survey(tmp_path, FIRST, SECOND, kinds=(FactKind.PROCEDURE,))
    assert codes(found.codes) == [("73761001", 1, 1)]
    assert [use.statement for use in found.used] == ["kgtwin:CI_0001"]


def test_silent_statements_say_where_they_stand_and_what_nobody_can_meet(tmp_path: Path) -> None:
    found = survey(tmp_path, FIRST)
    silent = {one.statement: one for one in found.silent}
    assert [(use.statement, use.issues, use.patients) for use in found.used] == [("kgtwin:CI_0001", 1, 1)]
    assert silent.keys() == {f"kgtwin:{name}" for name in ("CI_0002", "DDI_0001", "DDI_0002", "DL_0001")}
    assert silent["kgtwin:CI_0002"].missing == ("hasEver some HeartDisease",)
    nsaid = "takesNow some (hasActiveIngredient some NSAID)"
    assert silent["kgtwin:DDI_0002"].missing == silent["kgtwin:DL_0001"].missing == (nsaid,)
    definition = silent["kgtwin:CI_0002"].definition
    assert definition is not None
    assert str(definition.place).endswith("statements.ofn:17")


@pytest.mark.parametrize(
    ("kind", "iri", "wanted"),
    [
        (FactKind.MEDICATION, "http://www.nlm.nih.gov/research/umls/rxnorm/5640", {"DDI_0001", "DDI_0002", "DL_0001"}),
        (FactKind.ALLERGY, "http://www.nlm.nih.gov/research/umls/rxnorm/5640", set()),
        (FactKind.CONDITION, "http://snomed.info/id/22298006", {"CI_0002"}),
        (FactKind.FAMILY_HISTORY, "http://snomed.info/id/22298006", set()),
        (FactKind.OBSERVATION, "https://loinc.org/rdf/2823-3", {"DL_0001"}),
        (FactKind.CONDITION, "https://w3id.org/kgtwin/ontology#ClinicalCondition", set()),
    ],
)
def test_what_a_code_reaches_depends_on_the_kind_of_fact(
    tmp_path: Path, kind: FactKind, iri: str, wanted: set[str]
) -> None:
    reach = Reach(Survey(mini_version(tmp_path / "k"), at=AT).knowledge)
    found = {one.rpartition("#")[2] for one in reach.statements(reach.conditions(kind, [iri]))}
    assert found == wanted


def test_a_code_reaches_what_a_patient_with_it_meets(tmp_path: Path) -> None:
    """Each statement that somebody meets is reached by a code of each of its conditions."""
    found = survey(tmp_path, FIRST, (*SECOND, allergy()))
    reach = Reach(Survey(mini_version(tmp_path / "again"), at=AT).knowledge)
    for statement in (use.statement for use in found.used):
        sets = (reach.conditions(use.kind, map(to_iri, use.classes)) for use in found.codes)
        assert any(to_iri(statement) in reach.statements(met) for met in sets)


def test_the_mini_knowledge_is_as_it_is_told() -> None:
    """The line numbers that tests name."""
    lines = (MINI / "statements.ofn").read_text(encoding="utf-8").splitlines()
    assert lines[16].startswith("EquivalentClasses(:CI_0002")
