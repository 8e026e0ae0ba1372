"""Suggestions by words: what is the same is found; what history, allergy, side or type make another thing is not."""

import csv
import json
import lzma
import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.errors import TerminologyError
from kgtwin.model.concept import MatchKind
from kgtwin.terminology.lexical import Index, Name
from kgtwin.terminology.sssom import read_pairs, read_sssom
from kgtwin.workbench.code_lists import UnknownCode, read_codes
from kgtwin.workbench.suggestions import Suggested, sssom, suggest

ROOT = Path(__file__).resolve().parents[2]
MAPS = ROOT.parent / "shared" / "data" / "maps"
HEAD = """Prefix(x:=<http://example.org/terms#>)
Prefix(obo:=<http://purl.obolibrary.org/obo/>)
Prefix(snomed:=<http://snomed.info/id/>)
Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(skos:=<http://www.w3.org/2004/02/skos/core#>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)
Ontology(<http://example.org/terms>
"""


def ontology(folder: Path, *lines: str, **labels: str) -> Path:
    body = [
        line
        for name, label in labels.items()
        for line in (f"Declaration(Class(x:{name}))", f'AnnotationAssertion(rdfs:label x:{name} "{label}"@en)')
    ]
    file = folder / "terms.ofn"
    file.write_text(HEAD + "\n".join([*body, *lines]) + "\n)\n", encoding="utf-8")
    return file


def code(display: str, number: str = "22298006", system: str = "http://snomed.info/sct") -> UnknownCode:
    return UnknownCode(system, number, display)


def found(made: Suggested) -> list[tuple[str, float]]:
    return [(one.object_label, one.confidence) for one in made.rows]


def score(one: str, other: str) -> float:
    """How alike two terms are among some common ones."""
    others = ("Asthma", "Pneumonia", "Injury of knee", "Fracture of femur", "Pain in arm", "Anemia", "Diabetes")
    index = Index([Name("x", other), *(Name(f"o{number}", text) for number, text in enumerate(others))])
    return next((hit.score for hit in index.search(one, most=20) if hit.concept == "x"), 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Asthma (disorder)", "asthma"),
        ("ANAEMIA", "Anemia"),
        ("Oesophageal haemorrhages", "Hemorrhage of esophagus"),
        ("Neoplasm, malignant, of colon", "Malignant tumour of the colon"),
        ("Type II diabetes mellitus", "Diabetes mellitus type 2"),
        ("Diabetes mellitus type 2 (disorder)", "Type 2 diabetes"),
        ("Alzheimer's disease", "Alzheimer disease"),
        ("Fractures of femur", "Femur fracture"),
        ("Renal failure", "Kidney failure"),
        ("Non-Hodgkin lymphoma", "Non-Hodgkin's lymphoma (disorder)"),
        ("History of asthma", "Past history of asthma (situation)"),
        ("Diseases of liver (K70-K77)", "Liver disease"),
        ("Allergy to eggs", "Allergic to egg"),
    ],
)
def test_the_same_in_other_words(one: str, other: str) -> None:
    assert score(one, other) == 1.0
    assert score(other, one) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("History of asthma (situation)", "Asthma"),
        ("Family history of asthma (situation)", "Asthma"),
        ("Family history of asthma", "History of asthma"),
        ("Suspected pneumonia (situation)", "Pneumonia"),
        ("Possible pneumonia", "Pneumonia"),
        ("Allergy to penicillin (finding)", "Penicillin"),
        ("No pneumonia", "Pneumonia"),
        ("Pneumonia ruled out", "Pneumonia"),
        ("At risk of pneumonia", "Pneumonia"),
        ("Screening for diabetes", "Diabetes"),
        ("Exposure to tuberculosis", "Tuberculosis"),
        ("Influenza vaccination declined", "Influenza vaccination"),
        ("Type 1 diabetes mellitus", "Type 2 diabetes mellitus"),
        ("Diabetes mellitus type I", "Diabetes mellitus type II"),
        ("Chronic kidney disease stage 3", "Chronic kidney disease stage 4"),
        ("Injury of left knee", "Injury of right knee"),
        ("Mild asthma", "Severe asthma"),
        ("Acute hepatitis B", "Chronic hepatitis B"),
        ("Benign neoplasm of breast", "Malignant neoplasm of breast"),
        ("Carcinoma in situ of breast", "Carcinoma of breast"),
        ("Congenital heart disease", "Acquired heart disease"),
        ("Hodgkin lymphoma", "Non-Hodgkin lymphoma"),
        ("Migraine with aura", "Migraine without aura"),
        ("Hyperkalemia", "Hypokalemia"),
        ("Hypertension", "Hypotension"),
        ("Neuropathy due to type 2 diabetes mellitus", "Type 2 diabetes mellitus"),
        ("Anemia caused by chronic kidney disease", "Chronic kidney disease"),
        ("Chloride [Moles/volume] in Serum or Plasma", "Sodium [Moles/volume] in Serum or Plasma"),
        ("Platelet mean volume [Entitic volume] in Blood", "Platelets [#/volume] in Blood"),
        ("Antibody detected", "Antibody not detected"),
        ("Urine protein test = ++", "Urine protein test = +++"),
    ],
)
def test_what_is_another_thing_is_not_suggested(one: str, other: str) -> None:
    assert score(one, other) < 0.6
    assert score(other, one) < 0.6


def test_a_name_in_loincs_form_finds_the_analyte() -> None:
    assert score("Potassium [Moles/volume] in Serum or Plasma", "Potassium in serum or plasma") == 1.0
    assert score("Potassium [Moles/volume] in Serum or Plasma", "Potassium in serum, plasma or blood") > 0.6


def test_what_differs_is_said() -> None:
    (hit,) = Index([Name("x", "Asthma")]).search("Severe asthma", least=0.1)
    assert hit.differences == ("severity: severe / none",)


def test_synonyms_count_and_what_is_retired_or_a_statement_does_not(tmp_path: Path) -> None:
    extra = (
        'AnnotationAssertion(skos:altLabel x:A "Heart attack")',
        'AnnotationAssertion(owl:deprecated x:Old "true"^^xsd:boolean)',
        'AnnotationAssertion(:significance x:CI "major")',
    )
    names = {
        "A": "Myocardial infarction",
        "Old": "Heart attack",
        "CI": "Heart attack",
        "Obsolete": "obsolete heart attack",
    }
    made = suggest(ontology(tmp_path, *extra, **names), [code("Heart attack (disorder)")])
    assert found(made) == [("Myocardial infarction", 1.0)]
    assert made.rows[0].name == "Heart attack"


def test_a_code_with_a_class_or_an_acting_mapping_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "a.sssom.tsv").write_text(
        "subject_id\tpredicate_id\tobject_id\nicd10cm:J45\tskos:exactMatch\tsnomed:195967001\n"
        "icd10cm:J46\tskos:closeMatch\tsnomed:195967001\n",
        encoding="utf-8",
    )
    file = ontology(tmp_path, "Declaration(Class(snomed:195967001))", A="Asthma")
    codes = [
        code("Asthma", "195967001"),
        code("Asthma", "J45", "http://hl7.org/fhir/sid/icd-10-cm"),
        code("Asthma", "J46", "http://hl7.org/fhir/sid/icd-10-cm"),
    ]
    made = suggest(file, codes)
    assert [one.subject for one in made.rows] == ["icd10cm:J46"]
    assert (made.codes, made.covered) == (1, 1)


def test_a_medicine_is_never_suggested_for_a_condition(tmp_path: Path) -> None:
    tree = ("SubClassOf(x:Iron :Substance)", "SubClassOf(x:Low :ClinicalCondition)")
    file = ontology(tmp_path, *tree, Iron="Iron", Low="Iron")
    assert [one.object for one in suggest(file, [code("Iron", "J45", "icd10cm")]).rows] == ["ns:Low"]
    assert [one.object for one in suggest(file, [code("Iron", "9086", "RxNorm")]).rows] == ["ns:Iron"]
    assert suggest(file, [code("Iron (procedure)")]).rows == ()
    by_fact = UnknownCode("http://h.example/codes", "i", "Iron", 3, "Medication")
    assert [one.object for one in suggest(file, [by_fact]).rows] == ["ns:Iron"]


def test_the_file_reads_back_and_never_acts(tmp_path: Path) -> None:
    others = {"obo:MONDO_0004979": "asthma", "obo:HP_0002099": 'Asthma, \\"wheezy\\"'}
    said = (
        f'Declaration(Class({one}))\nAnnotationAssertion(rdfs:label {one} "{text}")' for one, text in others.items()
    )
    file = ontology(tmp_path, *said, A="Asthma")
    codes = [
        code("Asthma (disorder)"),
        code("Asthma", "a b", "http://h.example/codes"),
    ]
    made = suggest(file, codes, most=5, least=0.3)
    out = tmp_path / "out.sssom.tsv"
    out.write_text("\n".join(sssom(made)) + "\n", encoding="utf-8")
    pairs, problems = read_pairs(out)
    assert problems == []
    assert len(pairs) == len(made.rows) == 6
    assert {one.predicate for one in pairs} == {MatchKind.CLOSE}
    assert {one.object for one in pairs} == {"mondo:0004979", "HP:0002099", "ns:A"}
    read = read_sssom(out)
    assert read.problems == ()
    assert not any(match.acts for matches in read.matches.values() for match in matches)
    text = out.read_text(encoding="utf-8")
    for part in ("never acts on", "semapv:LexicalMatching", "# license: ", "# mapping_set_id: "):
        assert part in text
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)


# tables of codes


def test_wrong_rows_are_reported_with_their_line_and_the_others_kept(tmp_path: Path) -> None:
    file = tmp_path / "codes.tsv"
    rows = (
        "system\tcode\tdisplay\tmore",
        "http://snomed.info/sct\t22298006\tMyocardial infarction\tx",
        "http://snomed.info/sct\t22298007\tWrong digit\tx",
        "SNOMED-CT\t22298006\tThe same again\tx",
        "http://loinc.org\t\tNo code\tx",
        "",
        "http://loinc.org\t2823-3\tPotassium",
    )
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    codes, problems = read_codes(file)
    assert [one.code for one in codes] == ["22298006", "2823-3"]
    assert [one.location.entry for one in problems] == ["line 3", "line 4", "line 5"]
    assert "check digit" in problems[0].message
    assert "the same code as line 2" in problems[1].message
    assert "the code is empty" in problems[2].message


@pytest.mark.parametrize(
    ("content", "message"), [(b"system\tcode\n", "display is missing"), (b"\xff\xfe\x00", "UTF-8")]
)
def test_a_table_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "codes.tsv"
    file.write_bytes(content)
    with pytest.raises(TerminologyError) as raised:
        read_codes(file)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kgtwin", "ontology", "suggest-mappings", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_command_line(tmp_path: Path) -> None:
    file, codes, out = ontology(tmp_path, A="Asthma"), tmp_path / "codes.tsv", tmp_path / "out.sssom.tsv"
    codes.write_text("system\tcode\tdisplay\nicd10cm\tJ45\tAsthma\n", encoding="utf-8")
    done = run(str(file), "--codes", str(codes), "-o", str(out), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["suggestions"][0]["confidence"] == 1.0
    assert len(read_pairs(out)[0]) == 1
    codes.write_text("system\tcode\tdisplay\nicd10cm\t???\tAsthma\n", encoding="utf-8")
    wrong = run(str(file), "--codes", str(codes))
    assert wrong.returncode == 1
    assert f"{codes} line 2" in wrong.stderr
    assert run(str(file)).returncode == 2
    codes.write_text("system\tcode\n", encoding="utf-8")
    missing = run(str(file), "--codes", str(codes))
    assert missing.returncode == 3
    assert f"{codes}:1: the column display is missing" in missing.stderr


# how good it is


def mondo(name: str) -> list[dict[str, str]]:
    with lzma.open(MAPS / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


@pytest.mark.slow
@pytest.mark.skipif(not MAPS.is_dir(), reason="needs MONDO's mappings in ../shared/data/maps")
def test_on_mappings_that_people_made() -> None:
    """MONDO's exact matches to ICD-10-CM are hidden; by the words of the ICD code the class must be found again."""
    snomed, icd = mondo("mondo_exactmatch_sctid.sssom.tsv.xz"), mondo("mondo_exactmatch_icd10cm.sssom.tsv.xz")
    labels = {row["subject_id"]: row["subject_label"] for row in (*snomed, *icd)}
    index = Index(Name(iri, label) for iri, label in labels.items() if not label.startswith("obsolete"))
    truth: dict[tuple[str, str], set[str]] = {}
    for row in icd:
        truth.setdefault((row["object_id"], row["object_label"]), set()).add(row["subject_id"])
    hits = [(index.search(label, most=1), classes) for (_, label), classes in truth.items()]
    first = sum(bool(hit) and hit[0].concept in classes for hit, classes in hits) / len(hits)
    assert first > 0.75
    for least, precision, share in ((0.6, 0.95, 0.70), (0.8, 0.98, 0.65), (1.0, 0.98, 0.60)):
        told = [hit[0].concept in classes for hit, classes in hits if hit and hit[0].score >= least]
        assert sum(told) / len(told) > precision, least
        assert len(told) / len(hits) > share, least
