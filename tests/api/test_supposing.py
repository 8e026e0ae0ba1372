"""What-ifs over GraphQL, over an embedded store with a case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import build_schema

from kgtwin.api.graphql.limits import MAX_COST, WEIGHTS
from kgtwin.vocabulary import NOT_VALIDATED
from tests.api.conftest import CASES, Client
from tests.api.test_schema import PRINTED

CASE = CASES / "drug-lab" / "metformin-egfr-22.json"
AT = json.loads(CASE.with_suffix(".expected.json").read_text())["at"]
SIMULATE = """query ($changes: [Change!]!, $after: [String!], $at: DateTime) { patient(id: "p1", at: $at) {
  simulate(changes: $changes, after: $after) { safety assumptions caveats { code } before { statement }
    refused { change code message expected }
    steps { at changes since { reason after { title } before { title } }
      effect { stay scores { label } change { after { title } } caveatsAppear { text } caveatsVanish { text }
        appear { key kind significance statement title evidence { status } derivation { text }
                 implicated { resource key supposed } }
        vanish { statement title } } } } } }"""
ALTERNATIVES = """query ($class: String!, $at: DateTime) { patient(id: "p1", at: $at) {
  alternatives(class: $class, insteadOf: "metformin") { safety label class refused { message }
    usualStatements fewStatements
    found { medicine label standing apart taken replaced
            before { resource status end issues { title } }
            ways { route standing basis local assumptions
                   coverage { specific general byKind { kind statements } } products { medicine label }
                   issues { key statement title kind significance verified toDo }
                   undecided { code } effect { appear { key derivation { text } } } } } } } }"""
PROJECT = """query ($model: String!, $given: [Given!], $span: String, $at: DateTime) { patient(id: "p1", at: $at) {
  project(model: $model, given: $given, span: $span) { model label unit points { at median low high } doi safety
    inputs { name value unit origin } parameters { name spread } evidence { status } caveats { code text } } } }"""


CHANGE_FIELDS = build_schema(PRINTED.read_text(encoding="utf-8")).type_map["Change"].fields  # type: ignore[attr-defined]


@pytest.fixture
def ward(real: Client) -> Client:
    assert real.fhir(Path(CASE).read_bytes()).status_code == 200
    return real


def test_a_change_and_what_follows(ward: Client) -> None:
    changes: list[dict[str, dict[str, object]]] = [
        {"stopMedicine": {"medicine": "metformin"}},
        {"addCondition": {"condition": "Pregnancy", "when": "P7D"}},
        {"startMedicine": {"medicine": "lisinopril", "when": "P7D"}},
        {"stopMedicine": {"medicine": "warfarin"}},
    ]
    found = ward.data(SIMULATE, changes=changes, after=["P30D"], at=AT)["patient"]["simulate"]
    assert found["safety"] == NOT_VALIDATED
    assert [one["change"] for one in found["refused"]] == ["stop warfarin"]
    first, second, third = found["steps"]
    assert [one["statement"] for one in first["effect"]["vanish"]] == [one["statement"] for one in found["before"]]
    titles = [one["title"] for one in second["effect"]["appear"]]
    assert "ACE inhibitor and Pregnancy" in titles
    issue = second["effect"]["appear"][titles.index("ACE inhibitor and Pregnancy")]
    assert all(one["supposed"] for one in issue["implicated"])
    assert "received" in issue["derivation"]["text"]
    assert {one["reason"] for one in third["since"]} == {"TIME"}, "two weeks after the start a control is due"
    assert all("first after 14 days" in one["after"]["title"] for one in third["since"])


@pytest.mark.parametrize("change", [{}, {"setWeight": {"value": "80"}, "stopMedicine": {"medicine": "x"}}])
def test_a_change_is_one_thing(change: dict[str, object], ward: Client) -> None:
    error = ward.error(SIMULATE, changes=[change], at=AT)
    assert "exactly one" in json.dumps(error)


def test_every_kind_of_change_can_be_written(ward: Client) -> None:
    changes: list[dict[str, dict[str, object]]] = [
        {"startMedicine": {"medicine": "lisinopril", "route": "Oral route"}},
        {"stopMedicine": {"medicine": "lisinopril"}},
        {"changeMedicine": {"medicine": "metformin", "to": "glipizide"}},
        {"setResult": {"analyte": "potassium", "value": "5.9", "unit": "mmol/L"}},
        {"setWeight": {"value": "80.5"}},
        {"addCondition": {"condition": "Asthma", "severity": "Severe"}},
        {"resolveCondition": {"condition": "Asthma"}},
        {"addAllergy": {"substance": "Penicillin antibacterial", "intolerance": True}},
        {"setBehaviour": {"behaviour": "Breastfeeding", "present": False}},
    ]
    assert {"supposeProjection", *(key for one in changes for key in one)} == set(CHANGE_FIELDS)
    found = ward.data(SIMULATE, changes=changes, at=AT)["patient"]["simulate"]
    assert found["refused"] == []
    assert len(found["steps"][0]["changes"]) == len(changes)


def test_alternatives(ward: Client) -> None:
    found = ward.data(ALTERNATIVES, **{"class": "GlucoseLoweringMedicine", "at": AT})["patient"]["alternatives"]
    assert found["class"] == "kgtwin:GlucoseLoweringMedicine"
    (own,) = (one for one in found["found"] if one["label"] == "Metformin")
    assert (own["taken"], own["replaced"], own["standing"]) == (True, True, "ISSUES")
    (way,) = own["ways"]
    assert [one["key"] for one in way["issues"]] == [one["key"] for one in way["effect"]["appear"]]
    assert all(one["derivation"]["text"] for one in way["effect"]["appear"])
    bare = ward.data(ALTERNATIVES.replace("class: $class,", "class: $class, whole: 0,"), **{"class": "NSAID", "at": AT})
    assert any(one["ways"][0]["effect"] is None for one in bare["patient"]["alternatives"]["found"])
    assert ward.error(ALTERNATIVES, **{"class": "no such class", "at": AT})["extensions"]["code"] == "not-found"


def test_models(ward: Client) -> None:
    models = ward.data("{ models { model label unit form inputs population doi status } }")["models"]
    assert "kgtwin:VancomycinTwoCompartments" in [one["model"] for one in models]
    given = [{"name": "dose", "value": 1000}, {"name": "interval", "value": 12}, {"name": "infusion", "value": 1}]
    given += [{"name": "weight", "value": 70}, {"name": "renalFunction", "value": 60}, {"name": "age", "value": 60}]
    name = "VancomycinTwoCompartments"
    found = ward.data(PROJECT, model=name, given=given, span="P2D", at=AT)["patient"]["project"]
    assert found["points"][-1]["low"] < found["points"][-1]["median"] < found["points"][-1]["high"]
    refused = ward.data(PROJECT, model=name, at=AT)["patient"]["project"]
    assert refused["points"] == []
    assert {one["code"] for one in refused["caveats"]} == {"NOT_EVALUATED"}
    assert ward.error(PROJECT, model=name, span="long", at=AT)["extensions"]["code"] == "invalid-resource"
    assert ward.error(PROJECT, model="none", at=AT)["extensions"]["code"] == "not-found"


def test_many_fan_outs_at_once_are_refused(real: Client) -> None:
    many = MAX_COST // WEIGHTS["alternatives"] + 1
    fields = " ".join(f'a{n}: alternatives(class: "ACE inhibitor") {{ label }}' for n in range(many))
    assert "cost" in real.error(f'{{ patient(id: "p1") {{ {fields} }} }}')["message"]
