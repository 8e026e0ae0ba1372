"""Every row of a mapping file, for whoever follows mappings further than from a code to a concept."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from kgtwin.errors import TerminologyError
from kgtwin.model.concept import MatchKind
from kgtwin.terminology.sssom import Pair, read_pairs

HEAD = "# curie_map:\n#   MONDO: http://purl.obolibrary.org/obo/MONDO_\n#   MESH: http://id.nlm.nih.gov/mesh/\n"
COLUMNS = "subject_id\tsubject_label\tpredicate_id\tobject_id\tpredicate_modifier\n"
ROWS = (
    "MESH:D001249\tAsthma\tskos:exactMatch\tMONDO:0004979\t\n"
    "MONDO:0004979\tasthma\tskos:narrowMatch\tSCTID:195967001\t\n"
    "MONDO:0000001\tdisease\tskos:exactMatch\tMONDO:0004979\tNot\n"
)


def test_rows_without_a_concept_count_and_denied_ones_do_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "m.sssom.tsv", tmp_path / "m.sssom.tsv.xz"
    plain.write_text(HEAD + COLUMNS + ROWS)
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    pairs, problems = read_pairs(plain)
    assert (pairs, problems) == read_pairs(packed)
    assert problems == []
    first, second = pairs
    assert (first.predicate, first.subject_label) == (MatchKind.EXACT, "Asthma")
    assert second == Pair("mondo:0004979", MatchKind.NARROW, "snomed:195967001", "asthma")


def test_a_packed_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "m.sssom.tsv.xz"
    file.write_text("not packed")
    with pytest.raises(TerminologyError, match="cannot be read"):
        read_pairs(file)
