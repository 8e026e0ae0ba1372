"""Datatype definitions are written out where the datatype is named, across files and syntaxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.model.axioms import Axiom, OtherAxiom
from kgtwin.model.owl_text import render
from kgtwin.ontology.loader import load
from kgtwin.ontology.syntax import parse

HEAD = "Prefix(:=<http://x/>) Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>) Ontology(<http://x/o> "
ADULT = 'DatatypeDefinition(:Adult DatatypeRestriction(xsd:integer xsd:minInclusive "18"^^xsd:integer)) '


def read(body: str) -> list[Axiom]:
    return parse((HEAD + body + ")").encode(), "t").build({}).axioms


def said(axioms: list[Axiom]) -> list[str]:
    return [render(axiom).replace("http://www.w3.org/2001/XMLSchema#", "xsd:") for axiom in axioms]


EVERYWHERE = [
    "SubClassOf(:A DataSomeValuesFrom(:d {}))",
    "SubClassOf(:A ObjectSomeValuesFrom(:r DataAllValuesFrom(:d {})))",
    "SubClassOf(:A DataMinCardinality(2 :d {}))",
    'DataPropertyRange(Annotation(:note "Adult") :d {})',
    "SubClassOf(:A DataSomeValuesFrom(:d DataUnionOf({} DataComplementOf({}) xsd:string)))",
    "DLSafeRule(Body(DataRangeAtom({} Variable(:v))) Head())",
]


@pytest.mark.parametrize("axiom", EVERYWHERE)
def test_wherever_a_range_stands(axiom: str) -> None:
    whole = 'DatatypeRestriction(xsd:integer xsd:minInclusive "18"^^xsd:integer)'
    assert read(ADULT + axiom.replace("{}", ":Adult")) == read(axiom.replace("{}", whole))
    assert read(axiom.replace("{}", ":Adult") + ADULT) == read(axiom.replace("{}", whole))


def test_only_where_a_range_stands() -> None:
    body = "SubClassOf(:Adult :A) DataPropertyAssertion(:Adult :Adult :x) ".replace(":x", '"x"')
    assert read(ADULT + body) == read(body)


def test_definitions_build_on_one_another_in_any_order() -> None:
    found = read(
        "DataPropertyRange(:d :Old) DatatypeDefinition(:Old DataIntersectionOf(:Adult :High)) "
        'DatatypeDefinition(:High DatatypeRestriction(xsd:integer xsd:minInclusive "65"^^xsd:integer)) ' + ADULT
    )
    assert said(found) == [
        'DataPropertyRange(<http://x/d> DatatypeRestriction(<xsd:integer> <xsd:minInclusive> "65"^^<xsd:integer>))'
    ]


@pytest.mark.parametrize(
    "body",
    [
        "DatatypeDefinition(:D :D)",
        "DatatypeDefinition(:D DataUnionOf(:E xsd:string)) DatatypeDefinition(:E DataComplementOf(:D))",
        ADULT + "DatatypeDefinition(:Adult xsd:string)",
    ],
    ids=["itself", "circle", "second"],
)
def test_what_cannot_be_written_out_is_an_axiom(body: str) -> None:
    found = read(body)
    assert found
    assert all(isinstance(axiom, OtherAxiom) and axiom.construct == "DatatypeDefinition" for axiom in found)


def test_growth_is_bounded() -> None:
    doubling = " ".join(f"DatatypeDefinition(:D{i + 1} DataUnionOf(:D{i} DataComplementOf(:D{i})))" for i in range(60))
    chain = " ".join(f"DatatypeDefinition(:E{i + 1} DataComplementOf(:E{i}))" for i in range(2000))
    for body in (doubling, chain):
        found = read(body + " DataPropertyRange(:d :D60)")
        assert any(isinstance(axiom, OtherAxiom) for axiom in found)


def test_an_import_may_define_what_its_importer_uses(tmp_path: Path) -> None:
    (tmp_path / "parts.ofn").write_text(HEAD.replace("x/o", "x/parts") + ADULT + ")")
    root = tmp_path / "root.ofn"
    root.write_text(HEAD + "Import(<http://x/parts>) DatatypeDefinition(:Old :Adult) DataPropertyRange(:d :Old))")
    (axiom,) = load(root).axioms
    assert "minInclusive" in render(axiom)
    turtle = tmp_path / "root.ttl"
    turtle.write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
        "<http://x/t> a owl:Ontology ; owl:imports <http://x/parts> . <http://x/d> a owl:DatatypeProperty ;"
        " rdfs:range <http://x/Adult> . <http://x/Adult> a rdfs:Datatype ."
    )
    assert load(turtle).axioms == (axiom,)
    turtle.write_text(
        turtle.read_text().replace("; owl:imports <http://x/parts>", "")
        + "<http://x/Adult> owl:equivalentClass [ a rdfs:Datatype ; owl:onDatatype"
        " <http://www.w3.org/2001/XMLSchema#integer> ; owl:withRestrictions"
        " ( [ <http://www.w3.org/2001/XMLSchema#minInclusive> 18 ] ) ] ."
    )
    assert load(turtle).axioms == (axiom,)


def test_the_importers_definition_comes_first(tmp_path: Path) -> None:
    other = HEAD.replace("x/o", "x/parts") + "DatatypeDefinition(:Adult xsd:string) DataPropertyRange(:e :Adult))"
    (tmp_path / "parts.ofn").write_text(other)
    root = tmp_path / "root.ofn"
    root.write_text(HEAD + "Import(<http://x/parts>) " + ADULT + "DataPropertyRange(:d :Adult))")
    ranges = load(root).axioms
    assert [type(axiom).__name__ for axiom in ranges] == ["DataPropertyRange", "OtherAxiom", "DataPropertyRange"]
    assert "minInclusive" in render(ranges[2])
