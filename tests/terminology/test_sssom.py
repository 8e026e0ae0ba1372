from __future__ import annotations

import lzma
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import TerminologyError
from kgtwin.model.concept import Match, MatchKind
from kgtwin.terminology.sssom import MappingSet, read_sssom
from tests.fuzz import times

HEADER = "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
CONCEPT, CODE = "snomed:195967001", "icd10cm:J45.909"


def read(folder: Path, *rows: str, header: str = HEADER, comments: str = "") -> MappingSet:
    path = folder / "test.sssom.tsv"
    path.write_text(comments + header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return read_sssom(path)


def row(subject: str, predicate: str, object_: str) -> str:
    return f"{subject}\t{predicate}\t{object_}\tsemapv:ManualMappingCuration"


@pytest.mark.parametrize(
    ("subject", "predicate", "object_", "kind", "acts"),
    [
        (CONCEPT, "exactMatch", CODE, MatchKind.EXACT, True),
        (CODE, "exactMatch", CONCEPT, MatchKind.EXACT, True),
        (CONCEPT, "narrowMatch", CODE, MatchKind.NARROW, True),
        (CONCEPT, "broadMatch", CODE, MatchKind.BROAD, False),
        (CODE, "narrowMatch", CONCEPT, MatchKind.BROAD, False),
        (CODE, "broadMatch", CONCEPT, MatchKind.NARROW, False),
        (CONCEPT, "closeMatch", CODE, MatchKind.CLOSE, False),
        (CODE, "relatedMatch", CONCEPT, MatchKind.RELATED, False),
    ],
)
def test_direction(tmp_path: Path, subject: str, predicate: str, object_: str, kind: MatchKind, acts: bool) -> None:
    found = read(tmp_path, row(subject, f"skos:{predicate}", object_))
    assert found.matches == {CODE: (Match(CONCEPT, kind, "test", acts),)}
    assert found.problems == ()


def test_where_both_sides_are_concepts_the_subject_is_the_code(tmp_path: Path) -> None:
    found = read(tmp_path, row("snomed:22298006", "skos:exactMatch", CONCEPT))
    assert list(found.matches) == ["snomed:22298006"]


def test_several_matches_of_one_code_in_order(tmp_path: Path) -> None:
    rows = [row(c, "skos:exactMatch", CODE) for c in (CONCEPT, "snomed:22298006")]
    assert [match.concept for match in read(tmp_path, *rows).matches[CODE]] == [CONCEPT, "snomed:22298006"]


def test_a_negated_row_is_left_out(tmp_path: Path) -> None:
    header = "subject_id\tpredicate_modifier\tpredicate_id\tobject_id\n"
    found = read(tmp_path, f"{CODE}\tNot\tskos:exactMatch\t{CONCEPT}", header=header)
    assert (found.matches, found.problems) == ({}, ())


def test_rows_without_a_concept_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, row("mondo:0004979", "skos:exactMatch", CODE))
    assert (found.matches, found.unused) == ({}, 1)


@pytest.mark.parametrize(
    ("bad", "field", "message"),
    [
        (row(CODE, "skos:sameAs", CONCEPT), "predicate_id", "unknown predicate 'skos:sameAs'"),
        (row(CODE, "skos:exactMatch", "snomed:195967002"), "object_id", "wrong check digit"),
        (row("icd10cm:J45909x", "skos:exactMatch", CONCEPT), "subject_id", "no icd10cm code"),
        (row("J45.909", "skos:exactMatch", CONCEPT), "subject_id", "is no CURIE"),
        (row("foo:1", "skos:exactMatch", CONCEPT), "subject_id", "is not declared"),
        (row("", "skos:exactMatch", CONCEPT), "subject_id", "is no CURIE"),
        (row(CODE, "skos:exactMatch", CONCEPT), None, "the same mapping as line 2"),
    ],
)
def test_a_bad_row_is_a_problem_and_the_good_ones_load(
    tmp_path: Path, bad: str, field: str | None, message: str
) -> None:
    last = row("icd10cm:I21.9", "skos:exactMatch", "snomed:22298006")
    found = read(tmp_path, row(CODE, "skos:exactMatch", CONCEPT), bad, last)
    assert sorted(found.matches) == ["icd10cm:I21.9", CODE]
    (problem,) = found.problems
    assert message in problem.message
    assert (problem.location.entry, problem.location.field) == ("line 3", field)
    assert (problem.location.file or "").endswith("test.sssom.tsv")


@pytest.mark.parametrize("column", ["subject_id", "predicate_id", "object_id"])
def test_a_missing_column(tmp_path: Path, column: str) -> None:
    with pytest.raises(TerminologyError, match=f"the column {column} is missing") as caught:
        read(tmp_path, header=HEADER.replace(column, "x"), comments="# a: b\n")
    assert (caught.value.where or "").endswith("test.sssom.tsv:2")


def test_other_prefixes_by_the_header(tmp_path: Path) -> None:
    comments = (
        "# mapping_set_id: http://example.org/m\n# curie_map:\n#   SCT: http://snomed.info/id/\n"
        '#   "ICD": "http://purl.bioontology.org/ontology/ICD10CM/"\n# license: https://example.org\n'
    )
    found = read(tmp_path, row("ICD:J45.909", "skos:exactMatch", "SCT:195967001"), comments=comments)
    assert found.matches == {CODE: (Match(CONCEPT, via="test"),)}


def test_other_prefixes_by_an_external_file(tmp_path: Path) -> None:
    (tmp_path / "test.sssom.yml").write_text("curie_map:\n  SCT: http://snomed.info/id/\n", encoding="utf-8")
    assert list(read(tmp_path, row(CODE, "skos:exactMatch", "SCT:195967001")).matches) == [CODE]


def test_a_prefix_that_means_something_else_here(tmp_path: Path) -> None:
    comments = "# curie_map:\n#   snomed: http://example.org/not-snomed/\n"
    found = read(tmp_path, row(CODE, "skos:exactMatch", CONCEPT), comments=comments)
    assert (found.matches, found.unused) == ({}, 1)


def test_no_text(tmp_path: Path) -> None:
    path = tmp_path / "test.sssom.tsv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TerminologyError, match="cannot be read"):
        read_sssom(path)


def test_plain_prefixes_do_not_import_curies(tmp_path: Path) -> None:
    read(tmp_path, row(CODE, "skos:exactMatch", CONCEPT))
    script = (
        "import sys; from pathlib import Path; from kgtwin.terminology import Terminology; "
        "t = Terminology.load(Path(sys.argv[1])); sys.exit('curies' in sys.modules or len(t.matches) != 1)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 0


@settings(max_examples=times(50))
@given(st.text(max_size=200))
def test_any_text_is_read_or_a_terminology_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "any.sssom.tsv"
    path.write_bytes((HEADER + text).encode("utf-8", "surrogatepass"))
    try:
        table = read_sssom(path)
    except TerminologyError as error:
        assert str(path) in (error.where or "")  # noqa: PT017 - either outcome is right
    else:
        assert all(problem.location.file == str(path) for problem in table.problems)


SHARED = Path(__file__).parents[3] / "shared" / "data" / "maps"


@pytest.mark.skipif(not SHARED.exists(), reason="the MONDO mappings of ../shared/data/maps are not here")
def test_mondo_to_snomed(tmp_path: Path) -> None:
    name = "mondo_exactmatch_sctid.sssom.tsv"
    (tmp_path / name).write_bytes(lzma.decompress((SHARED / f"{name}.xz").read_bytes()))
    found = read_sssom(tmp_path / name)
    assert len(found.matches) > 9000
    assert found.matches["mondo:0000001"][0].concept == "snomed:64572001"
    assert all("check digit" in p.message or "18 digits" in p.message for p in found.problems)
