"""What statements, roles and analytes are refused for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import OntologyError
from kgtwin.inference import Knowledge
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from tests.inference.test_contexts import FOLDER

TEXT = (FOLDER / "contexts.ofn").read_text(encoding="utf-8")
CORE = Path(__file__).resolve().parents[2] / "ontologies" / "core.ofn"


def knowledge_of(text: str, folder: Path) -> Knowledge:
    file = folder / "edited.ofn"
    file.write_text(text, encoding="utf-8")
    catalog = (FOLDER / "catalog-v001.xml").read_text(encoding="utf-8")
    (folder / "catalog-v001.xml").write_text(catalog.replace("../../../ontologies/core.ofn", CORE.as_uri()))
    ontology = load(file)
    return Knowledge(ontology, classify(ontology.axioms, classes=[]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (':needsTwo :TEST_0011 "true"', ':needsTwo :TEST_0002 "true"', "needsTwo"),
        (':needsTwo :TEST_0011 "true"^^xsd:boolean', ':needsTwo :TEST_0011 "perhaps"', "needsTwo"),
        (':washOut :TEST_0001 "true"', ':washOut :TEST_0002 "true"', "washOut"),
        (':sameSubstance :TEST_0012 "true"', ':sameSubstance :TEST_0011 "true"', "sameSubstance"),
        (':canonicalUnit :ALTMultiple "1"', ':canonicalUnit :ALTMultiple "%"', "multiple"),
        (":multipleOfUpperLimitOf :ALTMultiple :ALT", ":multipleOfUpperLimitOf :ALTMultiple :NSAID", "multiple"),
        (':expiresAfter :ALT "P365D"', ':expiresAfter :ALT "a year"', "expiresAfter"),
        (':kind :TEST_0011 "duplicate-therapy"', ':kind :TEST_0011 "twice"', "kind"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(OntologyError, match=message) as caught:
        knowledge_of(TEXT.replace(old, new), tmp_path)
    assert caught.value.where
    assert caught.value.expected


def test_a_role_is_known_by_its_annotation(tmp_path: Path) -> None:
    role = (
        "Declaration(ObjectProperty(:tookWithin30Days))\n"
        'AnnotationAssertion(:within :tookWithin30Days "P30D"^^xsd:duration)\n'
        "SubObjectPropertyOf(:tookWithin30Days :tookEver)\n)"
    )
    roles = knowledge_of(TEXT.rstrip().removesuffix(")") + role, tmp_path).roles
    spans = list(roles.wash_outs.values())
    assert spans == sorted(spans)
    assert "https://w3id.org/kgtwin/ontology#tookWithin30Days" in roles.medicines


def test_a_flag_that_is_false_asks_for_nothing(tmp_path: Path) -> None:
    known = knowledge_of(TEXT.replace(':needsTwo :TEST_0011 "true"', ':needsTwo :TEST_0011 "false"'), tmp_path)
    assert not known.statements["https://w3id.org/kgtwin/ontology#TEST_0011"].needs_two


def test_the_wash_outs_of_core_lie_one_in_the_other(tmp_path: Path) -> None:
    """What is taken now fills them all, and each the longer ones."""
    from kgtwin.model.axioms import SubObjectPropertyOf  # noqa: PLC0415

    ontology = load(CORE)
    above = {a.chain[0]: a.sup for a in ontology.axioms if isinstance(a, SubObjectPropertyOf) and len(a.chain) == 1}
    wash_outs = knowledge_of(TEXT, tmp_path).roles.wash_outs
    chain = ["https://w3id.org/kgtwin/ontology#takesNow"]
    while chain[-1] in above:
        chain.append(above[chain[-1]])
    assert chain[1:-1] == list(wash_outs)
    assert chain[-1] == "https://w3id.org/kgtwin/ontology#tookEver"
