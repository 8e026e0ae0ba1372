"""The shipped models: each says where it is from, asks for what exists, and runs."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.equations.definitions import equations
from kgtwin.inference.whatif.forward import models
from kgtwin.inference.whatif.forward.definitions import Input
from kgtwin.inference.whatif.forward.forms import BUILT_IN
from kgtwin.ontology.loader import load
from kgtwin.terminology.units import convert, parse
from kgtwin.vocabulary import CLINICAL_CONDITION, SUBSTANCE, kgtwin

ONTOLOGY = load(Path(__file__).resolve().parents[2] / "ontologies" / "models.ofn")
MODELS = {iri.removeprefix(kgtwin("")): one for iri, one in models(ONTOLOGY).items()}
NAMES = sorted(MODELS)
OPENED = re.compile(r"^Abstract opened: ")


def test_the_models_are_there() -> None:
    assert {one.form for one in MODELS.values()} == set(BUILT_IN), "every form is used"
    assert len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_a_model_says_where_it_is_from_and_how_it_was_checked(name: str) -> None:
    model, iri = MODELS[name], kgtwin(name)
    assert re.fullmatch(r"10\.\d{4,9}/\S+", model.doi or "")
    assert len(model.population) > 20
    assert len(model.assumptions) >= 3
    assert model.checked_by.startswith(("closed form", "second implementation", "not checked"))
    (evidence,) = model.evidence
    assert evidence.text
    assert (evidence.status == "verified") == bool(OPENED.match(evidence.source)), "verified is what was opened"
    assert evidence.status == "verified" or "not opened" in evidence.source
    assert ONTOLOGY.value(iri, kgtwin("reviewStatus")) == "not clinically reviewed"
    assert model.times.longest <= timedelta(days=3_660)


@pytest.mark.parametrize("name", NAMES)
def test_a_confidence_interval_is_in_the_words_of_its_source(name: str) -> None:
    (evidence,) = MODELS[name].evidence
    for one in MODELS[name].parameters.values():
        if one.shown.spread.startswith("ci95"):
            numbers = {str(abs(Decimal(text))) for text in one.shown.spread.split()[1:]} | {f"{abs(one.value):g}"}
            assert numbers <= set(re.findall(r"\d+\.\d+", evidence.text or "")), one.shown


@pytest.mark.parametrize("name", NAMES)
def test_a_model_states_what_its_form_needs(name: str) -> None:
    model = MODELS[name]
    assert BUILT_IN[model.form].needs <= model.parameters.keys() | model.inputs.keys()
    assert parse(model.unit) is not None


def _exists(one: Input, knowledge: Knowledge) -> bool:
    known = [to_iri(about) for about in one.about]
    match one.kind:
        case "result" | "results":
            found = [knowledge.analyte(iri) for iri in known]
            return all(a is not None and convert(Decimal(1), a.unit, one.unit) is not None for a in found)
        case "equation":
            return all(iri in equations(knowledge.ontology) for iri in known)
        case "present" | "absent":
            return all(knowledge.is_a(iri, CLINICAL_CONDITION) for iri in known)
        case "notTaken":
            return all(knowledge.is_a(iri, SUBSTANCE) for iri in known)
    return not known


@pytest.mark.parametrize("name", NAMES)
def test_what_a_model_asks_for_exists(name: str, knowledge: Knowledge) -> None:
    for one in MODELS[name].inputs.values():
        assert _exists(one, knowledge), one


def test_the_shipped_knowledge_imports_them(knowledge: Knowledge) -> None:
    assert {iri.removeprefix(kgtwin("")) for iri in models(knowledge.ontology)} == set(NAMES)
