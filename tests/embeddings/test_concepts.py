"""Nodes join to concepts only by what was looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.embeddings.concepts import Named, join, read_nodes
from kgtwin.embeddings.config import ConceptTable, Nodes
from kgtwin.embeddings.triples import Triples
from kgtwin.errors import EmbeddingError

DRUGS = "rxcui\tingredient\n6809\tMetformin\n1191\tAspirin\n1192\tASPIRIN\n4815\tGlyburide\n4815\tGlibenclamide\n"
DISEASES = (
    "# license: CC0\nsubject_label\tpredicate_id\tobject_id\n"
    "type 2 diabetes mellitus\tskos:exactMatch\tSCTID:44054006\n"
    "rheumatoid arthritis\tskos:broadMatch\tSCTID:69896004\n"
)


@pytest.fixture
def tables(tmp_path: Path) -> list[ConceptTable]:
    (tmp_path / "drugs.tsv").write_text(DRUGS)
    (tmp_path / "diseases.tsv").write_text(DISEASES)
    return [
        ConceptTable(
            kind="Drug", path=tmp_path / "drugs.tsv", match="ingredient", code="rxcui", prefix="rxnorm", how="by name"
        ),
        ConceptTable(
            kind="Disease",
            path=tmp_path / "diseases.tsv",
            match="subject_label",
            code="object_id",
            prefix="snomed",
            strip="SCTID:",
            where={"predicate_id": "skos:exactMatch"},
            how="by label",
        ),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "concept"),
    [
        ("metformin", "Drug", "rxnorm:6809"),
        ("Type 2 Diabetes Mellitus", "Disease", "snomed:44054006"),
        ("metformin", "Disease", None),  # the right name of the wrong kind
        ("metformin hydrochloride", "Drug", None),  # near is not equal
        ("aspirin", "Drug", None),  # two codes for one name
        ("glyburide", "Drug", None),  # two names for one code
        ("rheumatoid arthritis", "Disease", None),  # a broad match
    ],
)
def test_only_an_exact_one_to_one_name_joins(
    tables: list[ConceptTable], name: str, kind: str, concept: str | None
) -> None:
    joined, _ = join([Named("n", name, kind)], tables)
    assert (joined["n"].concept if joined else None) == concept


def test_two_nodes_of_one_name_stay_out_and_are_counted(tables: list[ConceptTable]) -> None:
    nodes = [Named("a", "Metformin", "Drug"), Named("b", "metformin", "Drug"), Named("c", "other", "Drug")]
    joined, lookups = join(nodes, tables)
    assert joined == {}
    assert (lookups[0].nodes, lookups[0].joined, lookups[0].ambiguous) == (3, 0, 2)


def test_a_code_with_a_wrong_check_digit_is_refused_with_its_line(tables: list[ConceptTable]) -> None:
    path = tables[1].path
    path.write_text(DISEASES.replace("44054006", "44054007"))
    with pytest.raises(EmbeddingError, match=r"diseases\.tsv:3: .*wrong check digit"):
        join([Named("n", "x", "Disease")], tables)


def test_nodes_have_name_and_kind_from_their_file(tmp_path: Path) -> None:
    graph = Triples.of([("d", "t", "c")])
    path = tmp_path / "nodes.tsv"
    path.write_text("id\tname\tkind\nc\tC\tDisease\nd\tD\tDrug\n")
    nodes = Nodes(path=path, kind="kind")
    assert read_nodes(nodes, graph) == [Named("c", "C", "Disease"), Named("d", "D", "Drug")]
    assert read_nodes(None, graph)[0] == Named("c", "c", "")
    path.write_text("id\tname\tkind\nc\tC\tDisease\n")
    with pytest.raises(EmbeddingError, match="1 entities of the triples are not in the file of nodes, 'd'"):
        read_nodes(nodes, graph)
