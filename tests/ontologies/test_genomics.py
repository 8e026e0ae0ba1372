"""Genes and medicines: the statements are whole, each fires in a case, and what is near stays silent."""

from __future__ import annotations

import pytest

from kgtwin.identifiers import is_loinc
from kgtwin.inference import Knowledge
from kgtwin.model.axioms import Class, ObjectSomeValuesFrom
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.loader import load
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import GENE_PHENOTYPE, HAS_PHENOTYPE, LOINC, kgtwin
from tests.ontologies.reading import (
    FOLDER,
    assert_shape,
    assert_whole,
    cases,
    definitions,
    fired,
    firing,
    inferences,
    known,
    ours,
    statements,
    text,
)


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(FOLDER / "kgtwin.owl")


def test_the_statements_are_whole(ontology: Ontology) -> None:
    assert len(statements(ontology, "GX")) >= 40
    assert_whole(ontology, "GX", "drug-gene")
    assert_shape(ontology, "GX")


def test_every_statement_fires_in_a_case(knowledge: Knowledge) -> None:
    assert set(known(knowledge, "GX")) - fired("genes") == set()


def test_half_of_the_cases_stay_silent() -> None:
    silent = [name for name, case in cases("genes").items() if not case["issues"]]
    assert len(silent) * 2 >= len(cases("genes")) >= 30


def test_a_guideline_is_cited_by_its_doi_or_a_label_by_its_section(ontology: Ontology) -> None:
    for iri in statements(ontology, "GX"):
        source = ontology.value(iri, kgtwin("evidenceSource")) or ""
        assert "doi:10." in source or "US prescribing information" in source, iri


def test_no_number_stands_in_the_module() -> None:
    assert "Datatype" not in text("genomics")
    assert "DataSomeValuesFrom" not in text("genomics")


def test_a_phenotype_is_a_gene_and_a_status(ontology: Ontology, knowledge: Knowledge) -> None:
    """No statement is met by a status alone, whatever the gene, or by a gene alone, whatever the status."""
    told = definitions(ontology)
    for iri in statements(ontology, "GX"):
        for one in told[iri]:
            if isinstance(one, ObjectSomeValuesFrom) and one.property == HAS_PHENOTYPE:
                assert isinstance(one.filler, Class)
                assert knowledge.is_a(one.filler.iri, GENE_PHENOTYPE), iri
                assert one.filler.iri not in {kgtwin("MetaboliserStatus"), kgtwin("PoorMetaboliser")}
    for gene in ("CYP2C19", "CYP2D6", "CYP2C9", "DPYD", "TPMT", "NUDT15", "UGT1A1", "CYP2B6"):
        parts = {o.iri for o in told[kgtwin(f"{gene}PoorMetaboliser")] if isinstance(o, Class)}
        assert parts == {kgtwin(f"{gene}Phenotype"), kgtwin("PoorMetaboliser")}


def test_the_codes_of_genes_have_their_check_digits(ontology: Ontology, knowledge: Knowledge) -> None:
    codes = {iri.removeprefix(LOINC): iri for iri in ontology.entities if iri.startswith(LOINC)}
    genes = [code for code, iri in codes.items() if knowledge.is_a(iri, GENE_PHENOTYPE)]
    assert len(genes) >= 12
    assert [code for code in genes if not is_loinc(code)] == []


def test_a_positive_answer_alone_is_no_phenotype(knowledge: Knowledge) -> None:
    for answer in ("PositiveAnswer", "NegativeAnswer", "TestAnswer"):
        assert not knowledge.is_a(kgtwin(answer), GENE_PHENOTYPE)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("unknown-value", CaveatCode.UNMAPPED_CODE),
        ("fluorouracil-route-unknown", CaveatCode.UNKNOWN_ROUTE),
        ("g6pd-suspected", CaveatCode.UNCONFIRMED),
    ],
)
def test_what_cannot_be_decided_gives_a_caveat(
    name: str, code: CaveatCode, knowledge: Knowledge, terminology: Terminology
) -> None:
    (found,) = inferences("genes", name, knowledge, terminology)
    assert not found.issues
    assert code in {caveat.code for caveat in found.caveats}


def test_a_phenotype_does_not_expire(knowledge: Knowledge, terminology: Terminology) -> None:
    (found,) = inferences("genes", "old-phenotype-still-counts", knowledge, terminology)
    (issue,) = found.issues
    assert CaveatCode.STALE_LAB not in {caveat.code for caveat in issue.caveats}


def _normal(bundle: bytes) -> bytes:
    """The same patients with a normal status, and their tests negative."""
    for code in (b"LA9657-3", b"LA10317-8", b"LA10315-2"):
        bundle = bundle.replace(code, b"LA25391-6")
    for code in (b"LA6576-8", b"LA9633-4"):
        bundle = bundle.replace(code, b"LA6577-6")
    for code in (b"10828004", b"260373001"):
        bundle = bundle.replace(code, b"260385009")
    for code in (b"PoorFunction", b"DecreasedFunction"):
        bundle = bundle.replace(code, b"NormalFunction")
    return bundle


@pytest.mark.parametrize("name", firing("genes"))
def test_with_a_normal_status_nothing_fires(name: str, knowledge: Knowledge, terminology: Terminology) -> None:
    """But that normal metabolisers by CYP3A5 are those who clear tacrolimus fast."""
    found = set(ours(inferences("genes", name, knowledge, terminology, edit=_normal), "GX"))
    named = {"g6pd": {"GX_0042", "GX_0043", "GX_0044"}, "anaesthesia-and-hearing": {"GX_0045", "GX_0046"}}
    kept = {"transplant-and-hiv": {"GX_0039"}, "value-says-all": {"GX_0001"}, **named}
    assert found == kept.get(name, set())


@pytest.mark.parametrize("name", firing("genes"))
def test_before_the_medicine_begins_nothing_fires(name: str, knowledge: Knowledge, terminology: Terminology) -> None:
    assert ours(inferences("genes", name, knowledge, terminology, at="2025-09-30T00:00:00Z"), "GX") == []
