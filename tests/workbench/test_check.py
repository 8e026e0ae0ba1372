"""Every check has a broken ontology here, and names the exact line; the shipped ontologies are clean."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.errors import UsageError
from kgtwin.ontology import hermit, shacl
from kgtwin.workbench.checking import Report, check
from kgtwin.workbench.findings import Finding, Level

ONTOLOGIES = Path(__file__).resolve().parents[2] / "ontologies"
HEAD = """Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(x:=<http://example.org/x#>)
Prefix(snomed:=<http://snomed.info/id/>)
Prefix(loinc:=<https://loinc.org/rdf/>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)
Ontology(<http://example.org/x>
"""
FIRST = HEAD.count("\n") + 1
"""The line on which a body begins."""
SOUND = """Declaration(Class(x:A))
AnnotationAssertion(rdfs:label x:A "A"@en)
Declaration(Class(x:B))
AnnotationAssertion(rdfs:label x:B "B"@en)
Declaration(ObjectProperty(x:r))
AnnotationAssertion(rdfs:label x:r "r"@en)
"""
STATEMENT = """Declaration(Class(:CI_9001))
AnnotationAssertion(rdfs:label :CI_9001 "A and r B"@en)
EquivalentClasses(:CI_9001 ObjectIntersectionOf(x:A ObjectSomeValuesFrom(x:r x:B)))
AnnotationAssertion(:kind :CI_9001 "drug-condition")
AnnotationAssertion(:significance :CI_9001 "major")
AnnotationAssertion(:detail :CI_9001 "An A that has a B.")
AnnotationAssertion(:evidenceSource :CI_9001 "a book")
AnnotationAssertion(:evidenceText :CI_9001 "its words")
AnnotationAssertion(:evidenceStatus :CI_9001 "unverified")
AnnotationAssertion(:mitigation :CI_9001 "none")
AnnotationAssertion(:curator :CI_9001 "me")
AnnotationAssertion(:curated :CI_9001 "2026-11-28"^^xsd:date)
AnnotationAssertion(:reviewStatus :CI_9001 "not clinically reviewed")
"""


def looked_at(folder: Path, body: str, **files: str) -> Report:
    (folder / "kgtwin.owl").write_text(f"{HEAD}{body})\n", encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.ofn").write_text(text, encoding="utf-8")
    return check(folder)


def only(report: Report, name: str) -> Finding:
    """The one finding of a check; there is nothing worse than a note beside it."""
    (found,) = [one for one in report.findings if one.level is not Level.NOTE]
    assert found.check == name
    assert found.where is None or Path(found.where.file).is_file()
    return found


def line(body: str, text: str, which: int = 1) -> int:
    """The line on which a text stands in a file with this body, by its occurrence."""
    lines = [number for number, one in enumerate(body.splitlines(), FIRST) if text in one]
    return lines[which - 1]


def test_nothing_is_wrong_with_a_sound_ontology(tmp_path: Path) -> None:
    report = looked_at(tmp_path, SOUND + STATEMENT)
    assert report.findings == ()
    assert report.counts == {"modules": 1, "axioms": 1, "entities": 4, "statements": 1}


CASES = {
    "dangling": ("SubClassOf(x:A x:Bb)\n", "SubClassOf(x:A x:Bb)", "x#Bb is used and declared nowhere"),
    "profile": (
        "SubClassOf(x:A ObjectUnionOf(x:B owl:Nothing))\n",
        "ObjectUnionOf",
        "ObjectUnionOf is outside OWL 2 EL",
    ),
    "duplicate": ("SubClassOf(x:A x:B)\nSubClassOf( x:A  x:B )\n", "SubClassOf( x:A", "stands already at"),
    "label": ("Declaration(Class(x:C))\n", "x:C", "has no rdfs:label"),
    "code": (
        'Declaration(Class(snomed:22298007))\nAnnotationAssertion(rdfs:label snomed:22298007 "MI"@en)\n',
        "Declaration(Class(snomed:22298007))",
        "wrong check digit",
    ),
    "unsatisfiable": (
        "SubClassOf(x:A x:B)\nDisjointClasses(x:A x:B)\n",
        "Declaration(Class(x:A))",
        "cannot have any instance",
    ),
    "equivalent": ("SubClassOf(x:A x:B)\nSubClassOf(x:B x:A)\n", "Declaration(Class(x:A))", "follow from each other"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_check_names_the_line(tmp_path: Path, name: str) -> None:
    more, where, message = CASES[name]
    found = only(looked_at(tmp_path, SOUND + more), name)
    assert found.where is not None
    assert found.where.line == line(SOUND + more, where)
    assert message in found.message.replace("http://example.org/", "")


def test_a_wrong_loinc_code(tmp_path: Path) -> None:
    more = 'Declaration(Class(loinc:2160-1))\nAnnotationAssertion(rdfs:label loinc:2160-1 "x"@en)\n'
    assert "LOINC" in only(looked_at(tmp_path, SOUND + more), "code").message


def test_a_slip_of_the_pen_is_told_from_what_was_meant(tmp_path: Path) -> None:
    more = (
        'Declaration(Class(x:Metformin))\nAnnotationAssertion(rdfs:label x:Metformin "m"@en)\n'
        "SubClassOf(x:A x:Metfromin)\n"
    )
    assert "did you mean http://example.org/x#Metformin?" in str(only(looked_at(tmp_path, SOUND + more), "dangling"))


def test_two_labels_in_a_language(tmp_path: Path) -> None:
    more = 'AnnotationAssertion(rdfs:label x:A "Aa"@en)\nAnnotationAssertion(rdfs:label x:A "Ä"@de)\n'
    found = [one for one in looked_at(tmp_path, SOUND + more).findings if one.check == "label"]
    assert sorted(one.where.line or 0 for one in found if one.where) == [FIRST + 1, line(SOUND + more, '"Aa"')]


def test_a_deprecated_class_that_is_used(tmp_path: Path) -> None:
    more = (
        'AnnotationAssertion(owl:deprecated x:B "true"^^xsd:boolean)\n'
        "AnnotationAssertion(<http://purl.obolibrary.org/obo/IAO_0100001> x:B x:A)\nSubClassOf(x:A x:B)\n"
    )
    found = only(looked_at(tmp_path, SOUND + more), "retired")
    assert found.where is not None
    assert found.where.line == line(SOUND + more, "SubClassOf(x:A x:B)")
    assert found.remedy == "use http://example.org/x#A"


@pytest.mark.parametrize("name", ["kind", "detail", "evidenceSource", "evidenceStatus", "mitigation", "reviewStatus"])
def test_a_statement_without_an_annotation(tmp_path: Path, name: str) -> None:
    lines = [one for one in STATEMENT.splitlines(keepends=True) if f"(:{name} " not in one]
    report = looked_at(tmp_path, SOUND + "".join(lines))
    assert f"has no kgtwin:{name}" in only(report, "evidence" if name.startswith("ev") else "annotation").message


def test_an_annotation_that_nobody_understands(tmp_path: Path) -> None:
    body = SOUND + STATEMENT.replace('"major"', '"grave"')
    found = only(looked_at(tmp_path, body), "annotation")
    assert found.where is not None
    assert found.where.line == line(body, '"grave"')
    assert found.expected is not None
    assert "contraindicated" in found.expected


def test_a_statement_that_is_not_defined(tmp_path: Path) -> None:
    body = SOUND + STATEMENT.replace("EquivalentClasses(:CI_9001 ", "SubClassOf(:CI_9001 ")
    assert "no patient can be in it" in only(looked_at(tmp_path, body), "definition").message


def test_a_statement_within_another_one(tmp_path: Path) -> None:
    narrower = STATEMENT.replace("9001", "9002").replace("x:r x:B", "x:r x:C")
    more = 'Declaration(Class(x:C))\nAnnotationAssertion(rdfs:label x:C "C"@en)\nSubClassOf(x:C x:B)\n'
    assert "CI_9002" in only(looked_at(tmp_path, SOUND + STATEMENT + more + narrower), "needless").message
    graver = narrower.replace('"major"', '"contraindicated"')
    assert looked_at(tmp_path, SOUND + STATEMENT + more + graver).findings == ()


ANALYTE = """Declaration(Class(:Result))
AnnotationAssertion(rdfs:label :Result "Result"@en)
Declaration(Class(x:Potassium))
AnnotationAssertion(rdfs:label x:Potassium "Potassium"@en)
SubClassOf(x:Potassium :Result)
Declaration(DataProperty(:hasValue))
AnnotationAssertion(rdfs:label :hasValue "value"@en)
Declaration(Class(x:High))
AnnotationAssertion(rdfs:label x:High "High"@en)
EquivalentClasses(x:High ObjectIntersectionOf(x:A ObjectSomeValuesFrom(x:r ObjectIntersectionOf(x:Potassium \
DataSomeValuesFrom(:hasValue DatatypeRestriction(xsd:decimal xsd:minExclusive "5.5"^^xsd:decimal))))))
"""


def test_numbers_without_a_unit(tmp_path: Path) -> None:
    body = 'Annotation(:profile "DL")\n' + SOUND + ANALYTE
    found = only(looked_at(tmp_path, body), "unit")
    assert found.where is not None
    assert found.where.line == line(body, "EquivalentClasses(x:High")
    with_unit = body + 'AnnotationAssertion(:canonicalUnit x:Potassium "mmol/L")\n'
    assert looked_at(tmp_path, with_unit).findings == ()
    wrong = body + 'AnnotationAssertion(:canonicalUnit x:Potassium "mmol/liter")\n'
    found = only(looked_at(tmp_path, wrong), "unit")
    assert found.where is not None
    assert found.where.line == line(wrong, "mmol/liter")


def test_what_is_redundant_in_a_module(tmp_path: Path) -> None:
    more = (
        'Declaration(Class(x:C))\nAnnotationAssertion(rdfs:label x:C "C"@en)\n'
        "SubClassOf(x:A x:B)\nSubClassOf(x:B x:C)\nSubClassOf(x:A x:C)\n"
    )
    found = only(looked_at(tmp_path, SOUND + more), "redundant")
    assert found.where is not None
    assert found.where.line == line(SOUND + more, "SubClassOf(x:A x:C)")


def test_root_causes_come_first_and_the_rest_stands_under_them(tmp_path: Path) -> None:
    more = (
        'Declaration(Class(x:C))\nAnnotationAssertion(rdfs:label x:C "C"@en)\n'
        'Declaration(Class(x:D))\nAnnotationAssertion(rdfs:label x:D "D"@en)\n'
        "SubClassOf(x:C x:A)\nSubClassOf(x:D ObjectSomeValuesFrom(x:r x:C))\n"
        "SubClassOf(x:A x:B)\nDisjointClasses(x:A x:B)\n"
    )
    found = only(looked_at(tmp_path, SOUND + more), "unsatisfiable")
    assert found.subject == "http://example.org/x#A"
    assert sorted(one.subject or "" for one in found.consequences) == [
        "http://example.org/x#C",
        "http://example.org/x#D",
    ]


def test_an_ontology_without_a_model(tmp_path: Path) -> None:
    more = "Declaration(NamedIndividual(x:i))\nClassAssertion(owl:Nothing x:i)\n"
    assert "inconsistent" in only(looked_at(tmp_path, SOUND + more), "inconsistent").message


def test_every_broken_file_is_reported(tmp_path: Path) -> None:
    body = "Import(<http://example.org/one>)\nImport(<http://example.org/two>)\nImport(<http://example.org/three>)\n"
    one = "Ontology(<http://example.org/one>\nSubClassOf(<x:A>)\n)\n"
    two = "Ontology(<http://example.org/two>\n\nDeclaration(Class(unknown:A))\n)\n"
    report = looked_at(tmp_path, body, one=one, two=two)
    assert report.errors >= 2
    assert any("three" in one.message for one in report.findings)
    assert all(one.where for one in report.findings)


def test_axioms_that_the_reasoner_does_not_use_are_notes(tmp_path: Path) -> None:
    body = 'Annotation(:profile "DL")\n' + SOUND + "SubClassOf(x:A ObjectAllValuesFrom(x:r x:B))\n"
    report = looked_at(tmp_path, body)
    assert {one.check for one in report.findings} <= {"caveat"}
    assert report.errors == report.warnings == 0


def test_a_folder_without_a_root(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.ofn").write_text("Ontology(<x:o>)\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"not one ontology alone"):
        check(tmp_path)
    with pytest.raises(UsageError, match="no such file"):
        check(tmp_path / "nowhere")


@pytest.mark.skipif(not shacl.available(), reason="pySHACL is not installed")
def test_shapes_beside_the_ontology(tmp_path: Path) -> None:
    shapes = (ONTOLOGIES / "shapes.ttl").read_text(encoding="utf-8")
    (tmp_path / "shapes.ttl").write_text(shapes, encoding="utf-8")
    assert looked_at(tmp_path, SOUND + STATEMENT).findings == ()
    body = SOUND + STATEMENT.replace('"2026-11-28"^^xsd:date', '"in November"')
    found = only(looked_at(tmp_path, body), "shacl")
    assert found.where is not None
    assert found.where.line == line(body, "in November")
    lasting = SOUND + 'AnnotationAssertion(:longestDuration x:A "P30D"^^xsd:duration)\n'
    assert "has a source" in only(looked_at(tmp_path, lasting), "shacl").message
    (tmp_path / "shapes.ttl").write_text("@prefix oops", encoding="utf-8")
    assert "cannot be used" in only(looked_at(tmp_path, SOUND), "shacl").message


@pytest.mark.hermit
@pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java and owlready2")
def test_hermit_sees_beyond_el(tmp_path: Path) -> None:
    more = (
        'Annotation(:profile "DL")\n' + SOUND + "SubClassOf(x:A ObjectSomeValuesFrom(x:r x:B))\n"
        "SubClassOf(x:A ObjectAllValuesFrom(x:r ObjectComplementOf(x:B)))\n"
    )
    (tmp_path / "kgtwin.owl").write_text(f"{HEAD}{more})\n", encoding="utf-8")
    found = [one for one in check(tmp_path, dl=True).findings if one.level is Level.ERROR]
    assert [one.subject for one in found] == ["http://example.org/x#A"]


def test_the_command_has_exit_codes_and_json(tmp_path: Path) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kgtwin", "ontology", *args]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    looked_at(tmp_path, SOUND + "SubClassOf(x:A ObjectUnionOf(x:B owl:Nothing))\n")
    told = run("check", str(tmp_path), "--json")
    assert told.returncode == 1
    (found,) = [one for one in json.loads(told.stdout)["findings"] if one["level"] == "error"]
    assert found["where"]["line"] == FIRST + SOUND.count("\n")
    told = run("profile", str(tmp_path))
    assert told.returncode == 1
    assert "ObjectUnionOf is outside OWL 2 EL" in told.stdout
    looked_at(tmp_path, SOUND)
    assert run("check", str(tmp_path), "--strict").returncode == 0
    assert run("profile", str(tmp_path)).returncode == 0


def test_the_shipped_ontologies_have_no_errors() -> None:
    report = check(ONTOLOGIES)
    assert [str(one) for one in report.findings if one.level is Level.ERROR] == []
