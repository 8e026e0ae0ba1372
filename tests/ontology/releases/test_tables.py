"""Tables of contraindications and interactions: statements, and what is said of rows that make none."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import UsageError
from kgtwin.model.issue import Significance
from kgtwin.ontology.releases import contraindications, interactions
from kgtwin.ontology.releases.contraindications import Columns, Defaults
from kgtwin.ontology.releases.interactions import PairColumns, PairDefaults
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.resolving import Resolver
from kgtwin.ontology.releases.statements import Kind, Statement, StatementModule
from kgtwin.ontology.releases.tables import read_table
from kgtwin.ontology.releases.wording import qualifier
from tests.ontology.releases.made_up import told
from tests.ontology.snomed import sctid

ALL = Columns(drug="drug", condition="code", condition_name="words", evidence="text", significance="how")


def read(
    rows: list[str], folder: Path, log: Log, columns: Columns = ALL, defaults: Defaults | None = None
) -> StatementModule:
    file = folder / "t.tsv"
    file.write_text("\n".join(["drug\tcode\twords\ttext\thow", *rows]) + "\n", encoding="utf-8")
    resolver = Resolver(told(folder))
    return contraindications.read(file, columns, defaults or Defaults(), resolver, ("t", "Table"), log)


def only(module: StatementModule) -> Statement:
    (found,) = module.statements.values()
    return found


def test_a_row_becomes_a_statement(tmp_path: Path) -> None:
    log = Log()
    one = only(read([f"RXCUI:11\tSCTID:{sctid(1)}\tRedness\tIt says so.\tMajor"], tmp_path, log))
    assert (one.kind, one.held, one.significance) == (Kind.CONTRAINDICATION, None, Significance.MAJOR)
    assert (one.evidence, one.label) == (("It says so.",), "Madeupin and Redness")
    assert log.problems == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("severe redness of the nose", "'severe'"),
        ("untreated redness", "'untreated'"),
        ("Redness with fever", "is no name"),
        ("Severe redness", "the words mean Severe redness"),
    ],
)
def test_words_that_say_more_than_the_code_hold_a_statement_back(words: str, why: str, tmp_path: Path) -> None:
    held = only(read([f"RXCUI:11\tSCTID:{sctid(1)}\t{words}\t\t"], tmp_path, Log())).held
    assert held
    assert why in held


def test_a_qualifier_in_the_name_itself_holds_nothing_back() -> None:
    assert qualifier("Severe redness", ["severe redness"]) is None
    assert qualifier("severe redness in women", ["severe redness"]) == "women"


@pytest.mark.parametrize(
    ("words", "other", "is_held"),
    [
        ("hypersensitivity", "rxnorm/11", False),
        ("Hypersensitivity to madeupin", "rxnorm/11", False),
        ("known allergy to colourant", "#Colourant", False),
        ("hypersensitivity to peanuts", "rxnorm/11", True),
        ("severe hypersensitivity reaction to madeupin", "rxnorm/11", True),
    ],
)
def test_hypersensitivity_means_to_that_substance(words: str, other: str, is_held: bool, tmp_path: Path) -> None:
    one = only(read([f"Madeupin\t\t{words}\t\t"], tmp_path, Log()))
    assert one.kind is Kind.ALLERGY
    assert one.other.endswith(other)
    assert (one.held is not None) == is_held


def test_rows_about_the_same_are_one_statement_with_both_texts(tmp_path: Path) -> None:
    module = read(["Madeupin\tRedness\tRedness\tOne.\t", "RXCUI:11\t\tRedness\tTwo.\t"], tmp_path, Log())
    assert (only(module).evidence, module.merged) == (("One.", "Two."), 1)


BAD = {
    "columns": ("RXCUI:11\tRedness", None),
    "empty": ("\tRedness\tRedness\t\t", "drug"),
    "unresolved": ("Madeupin\tGreenness\tGreenness\t\t", "code"),
    "check-digit": (f"Madeupin\tSCTID:{sctid(1)[:-1]}0\tRedness\t\t", "code"),
    "retired": (f"Madeupin\tSCTID:{sctid(3)}\tOld\t\t", "code"),
    "not-a-substance": ("RXCUI:13\tRedness\tRedness\t\t", "drug"),
    "significance": ("Madeupin\tRedness\tRedness\t\tawful", "how"),
    "bad-utf8": ("Madeupin\tRedness\tRedness\t\udcff\t", None),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_told_with_its_place_and_the_good_ones_are_read(kind: str, tmp_path: Path) -> None:
    row, field = BAD[kind]
    file = tmp_path / "t.tsv"
    good = f"Madeupin\tSCTID:{sctid(2)}\tBlueness of skin\t\t"
    text = "\n".join(["drug\tcode\twords\ttext\thow", row, good, ""])
    file.write_bytes(text.encode(errors="surrogateescape"))
    log = Log()
    module = contraindications.read(file, ALL, Defaults(), Resolver(told(tmp_path)), ("t", "Table"), log)
    assert only(module).label.startswith("Madeupin")
    (problem,) = log.problems
    assert (problem.code, problem.location.file, problem.location.entry) == (kind, str(file), "line 2")
    assert problem.location.field == field
    assert problem.remedy


def test_a_table_without_a_named_column(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("drug,condition\na,b\n")
    with pytest.raises(UsageError, match=r"t.csv:1: there is no column 'evidence'; expected one of drug, condition;"):
        list(read_table(file, ["drug", "evidence"], Log()))


def test_commas_quotes_and_line_breaks_in_cells(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(b'\xef\xbb\xbfa,b\n"x, ""y""\nz",1\n\n2,3\n')
    assert list(read_table(file, ["a"], Log())) == [(3, {"a": 'x, "y"\nz', "b": "1"}), (5, {"a": "2", "b": "3"})]


def test_interactions_are_the_same_both_ways_round(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\nMadeupin,Fancin\nFancin,Madeupin\nFancin,Fancin\nFancin,Pill\n")
    log = Log()
    columns = PairColumns(first="a", second="b")
    module = interactions.read(file, columns, PairDefaults(), Resolver(told(tmp_path)), ("t", "Table"), log)
    one = only(module)
    assert (one.kind, one.label, one.significance) == (Kind.INTERACTION, "Fancin and Madeupin", Significance.MAJOR)
    assert [(p.code, p.location.entry) for p in log.problems] == [("itself", "line 4"), ("unresolved", "line 5")]
