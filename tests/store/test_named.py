"""The front matter of named queries, their parameters' types, and the folders that they come from."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.config import Settings
from kgtwin.errors import KgtwinError, NotFoundError, UsageError
from kgtwin.store.cypher import check_read_only
from kgtwin.store.named import NamedQuery, bind_cypher, bind_sparql, named_queries, named_query, read_query
from kgtwin.store.named_front import Column, Front, Parameter
from kgtwin.store.named_values import ValueType, labelled, read_values, shift, sparql_terms
from kgtwin.store.sparql import check_query
from kgtwin.terminology.units import parse
from tests.store.query_cases import LABELS

FRONT = """\
// title: A title
// question: A question?
// audience: clinicians, researchers
// topic: tests
// note: One line
//   and another.
// parameter: concepts list of concept = snomed:44054006 |Diabetes, type 2|, loinc:4548-4 [none] concepts
// parameter: at date = today [none] the day
// parameter: since date = at - P1Y [none] a year before
// parameter: least integer [1] fewest
// column: patient string [none] the key
// column: value decimal [as unit] a number
// column: unit string [none] its unit
"""
BODY = "MATCH (p:Patient) WHERE p.key IN $concepts AND p.birthDate > $since AND p.revision > $least RETURN 1"
DAYS = {"today": "2026-03-31"}


def write(folder: Path, text: str, name: str = "mine.cypher") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mine(folder: Path, text: str = FRONT + BODY, name: str = "mine.cypher") -> NamedQuery:
    write(folder, text, name)
    return named_query("mine", [folder])


def test_a_front_matter_is_read(tmp_path: Path) -> None:
    front = mine(tmp_path).front
    assert (front.title, front.note, front.audience) == (
        "A title",
        "One line and another.",
        ("clinicians", "researchers"),
    )
    assert [str(one.type) for one in front.parameters] == ["list of concept", "date", "date", "integer"]
    assert [one.default for one in front.parameters][1:] == ["today", "at - P1Y", None]
    assert front.columns[1].unit == "as unit"


@pytest.mark.parametrize(
    ("line", "replacement", "where", "said"),
    [
        ("// title: A title\n", "", ":1", "no title"),
        ("// question: A question?\n", "", ":1", "no question"),
        ("// audience: clinicians, researchers\n", "", ":1", "no audience"),
        ("clinicians, researchers", "everybody", "", "'everybody' is no audience"),
        ("// topic: tests\n", "// topic: tests\n// topic: more\n", ":5", "given twice"),
        ("// topic: tests\n", "// topic: tests\n// author: me\n", ":5", "is no field"),
        ("// topic: tests\n", "// topic: tests\n// A remark\n", ":5", "this line is no field"),
        ("at date = today", "at day = today", ":8", "'day' is no type"),
        ("at date = today", "at date = tomorrow", ":8", "the default"),
        ("at date = today", "limit date = today", ":8", "reserved"),
        ("at - P1Y", "until - P1Y", ":9", "the default"),
        ("at - P1Y", "at - 1 year", ":9", "the default"),
        ("44054006", "44054007", ":7", "check digit"),
        ("snomed:44054006", "umls:44054006", ":7", "no prefix"),
        ("least integer [1] fewest", "least integer = 5", ":10", "is no parameter"),
        ("least integer [1] fewest", "least integer = many [1] fewest", ":10", "is no integer"),
        ("unit string [none] its unit", "patient string [none] its unit", ":13", "there twice"),
        ("unit string [none] its unit", "other string [none] its unit", "", "'unit'"),
        ("unit string [none] its unit", "unit string = x [none] its unit", ":13", "is no column"),
        ("unit string [none] its unit", "unit string its unit", ":13", "is no column"),
        ("$least", "$most", "", "$most is no parameter"),
        ("$least", "7", "", "'least' is not used"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, line: str, replacement: str, where: str, said: str
) -> None:
    text = FRONT + BODY
    assert line in text
    path = write(tmp_path, text.replace(line, replacement, 1))
    with pytest.raises(UsageError) as caught:
        read_query(path)
    assert said in caught.value.message
    assert caught.value.where == f"{path}{where}"


def test_a_file_needs_a_name_and_utf_8(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name of a query"):
        read_query(write(tmp_path, FRONT + BODY, "My query.cypher"))
    (tmp_path / "b.cypher").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        read_query(tmp_path / "b.cypher")


def test_dollars_in_texts_and_comments_are_no_parameters(tmp_path: Path) -> None:
    body = BODY + " AS a, '$x' AS b, `$y` // $z\n/* $w */"
    assert mine(tmp_path, FRONT + body).texts[0].names == {"concepts", "since", "least"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", " a'b ", " a'b "),
        ("integer", "-7", -7),
        ("decimal", "7.50", 7.5),
        ("boolean", "True", True),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "today", "2026-03-31"),
        ("date", "today-P1M", "2026-02-28"),
        ("date", "2024-02-29 + P1Y2M1W1D", "2025-05-07"),
        ("dateTime", "2026-01-31T08:00:00.5+01:00", "2026-01-31T08:00:00.5+01:00"),
        ("concept", "snomed:44054006", "snomed:44054006"),
        ("concept", "http://snomed.info/id/44054006", "snomed:44054006"),
        ("concept", "kgtwin:Penicillin |Penicillin antibacterial|", "kgtwin:Penicillin"),
    ],
)
def test_values(kind: str, text: str, value: Any) -> None:
    assert read_values(text, ValueType(kind), DAYS) == value
    if kind != "string":  # a list's texts lose the spaces around them
        assert read_values([text, text], ValueType(kind, True), DAYS) == (value, value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("string", "a\0b"),
        ("string", "\ud800"),
        ("string", "x" * 10_001),
        ("integer", "7.0"),
        ("integer", "٧"),
        ("integer", "1e3"),
        ("integer", "9" * 19),
        ("decimal", "nan"),
        ("decimal", "1e999"),
        ("decimal", "0." + "1" * 10),
        ("boolean", "1"),
        ("date", "2023-02-29"),
        ("date", "2023"),
        ("date", "2023-01-01T00:00:00Z"),
        ("date", "today - P9999Y"),
        ("date", "today - P"),
        ("date", "today; DROP"),
        ("dateTime", "2026-01-31"),
        ("dateTime", "2026-01-31T08:00:00"),
        ("dateTime", "2026-13-31T08:00:00Z"),
        ("concept", "44054006"),
        ("concept", "snomed:44054007"),
        ("concept", "http://example.org/x"),
        ("concept", "loinc:4548-4> } #"),
        ("concept", ""),
    ],
)
def test_values_that_are_none(kind: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_values(text, ValueType(kind), DAYS)
    assert caught.value.expected or "characters" in caught.value.message


def test_lists() -> None:
    texts, concepts = ValueType("string", True), ValueType("concept", True)
    assert read_values("a, b", texts, {}) == ("a", "b")
    assert read_values('["a, b", "c"]', texts, {}) == ("a, b", "c")
    assert read_values(["a,b", "c"], texts, {}) == ("a", "b", "c")
    assert read_values("local|1,local|2", texts, {}) == ("local|1", "local|2")
    assert read_values("snomed:44054006 |a, b|,loinc:4548-4", concepts, {}) == ("snomed:44054006", "loinc:4548-4")
    assert read_values([1, 2], ValueType("integer", True), {}) == (1, 2)
    assert read_values(date(2026, 1, 1), ValueType("date"), {}) == "2026-01-01"
    for wrong in ([], "[]", ["x"] * 1_001):
        with pytest.raises(UsageError):
            read_values(wrong, texts, {})
    with pytest.raises(UsageError, match="2 values"):
        read_values(["a", "b"], ValueType("string"), {})


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 90))
def test_who_was_born_by_the_day_so_many_years_ago_is_that_old(at: date, years: int) -> None:
    limit = shift(at, f"P{years}Y", -1)
    for born in (limit, date.fromordinal(limit.toordinal() + 1)):
        had_birthday = (at.month, at.day) >= (born.month, born.day)  # 29 February: on 1 March, as the model says
        age = at.year - born.year - (not had_birthday)
        assert (age >= years) == (born <= limit)


def test_parameters_default_and_follow_each_other(tmp_path: Path) -> None:
    query = mine(tmp_path)
    found = query.values({"least": "2", "at": "2024-02-29"}, "2026-06-30")
    assert found == {
        "concepts": ("snomed:44054006", "loinc:4548-4"),
        "at": "2024-02-29",
        "since": "2023-02-28",
        "least": 2,
    }
    assert bind_cypher(query.texts[0], found) == {
        "concepts": ["snomed:44054006", "loinc:4548-4"],
        "since": "2023-02-28",
        "least": 2,
    }
    assert query.values({"least": 2}, "2026-06-30")["since"] == "2025-06-30"


@pytest.mark.parametrize(
    ("given_", "said", "expected"),
    [
        ({}, "the parameter 'least' is missing", "least=… (integer: fewest)"),
        ({"least": "few"}, "least: 'few' is no integer", "an integer such as 5 (integer: fewest)"),
        ({"least": "1", "most": "2"}, "no parameter 'most'", "one of concepts, at, since, least"),
    ],
)
def test_a_wrong_parameter_says_what_is_expected(
    tmp_path: Path, given_: dict[str, object], said: str, expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        mine(tmp_path).values(given_, "2026-06-30")
    assert said in caught.value.message
    assert caught.value.expected == expected


ASKED = """SELECT ?s {
  VALUES ?c { $concepts }
  ?s ?p ?c FILTER(?v<3 && STR(?d) >= STR($since)) # $text
  FILTER(?x = $text || ?y = "$text")
}"""
SPARQL = FRONT.replace("//", "#").replace("least integer", "text string") + ASKED


def test_sparql_gets_terms_where_parameters_stood(tmp_path: Path) -> None:
    query = mine(tmp_path, SPARQL, "mine.rq")
    text = bind_sparql(query.texts[0], query.front, query.values({"text": "a"}, "2026-06-30"))
    assert "VALUES ?c { <http://snomed.info/id/44054006> <https://loinc.org/rdf/4548-4> }" in text
    assert 'STR("2025-06-30"^^<http://www.w3.org/2001/XMLSchema#date>)' in text
    assert '?x = "a" || ?y = "$text"' in text
    assert "# $text" in text
    assert check_query(text) == "SELECT"


def alone(term: str) -> Any:
    """What Oxigraph reads in a term's place: one term."""
    found: Any = ox.Store().query(f"SELECT ?x {{ VALUES ?x {{ {term} }} }}")
    (row,) = found
    return row["x"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_ends_its_literal(text: str) -> None:
    term = sparql_terms(read_values(text, ValueType("string"), {}), ValueType("string"))
    assert alone(term) == ox.Literal(text) or "\\u" in term.lower()
    if "\\u" in term.lower():
        with pytest.raises(KgtwinError):
            check_query(f"SELECT ?x {{ VALUES ?x {{ {term} }} }}")


@given(st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"]), min_size=1))
def test_no_concept_ends_its_iri(code: str) -> None:
    try:
        concept = read_values(f"chebi:{code}", ValueType("concept"), {})
    except UsageError:
        return
    assert isinstance(alone(sparql_terms(concept, ValueType("concept"))), ox.NamedNode)


def test_folders_of_an_installation(tmp_path: Path) -> None:
    write(tmp_path / "a", FRONT + BODY)
    names = [query.name for query in named_queries([tmp_path / "a"])]
    assert {"mine", "polypharmacy"} <= set(names)
    assert names == sorted(names)
    folders = Settings.read({"KGTWIN_QUERIES": f"{tmp_path / 'a'}:{tmp_path / 'b'}"}).queries
    assert folders == (tmp_path / "a", tmp_path / "b")
    with pytest.raises(UsageError, match="no folder") as caught:
        named_queries(folders)
    assert caught.value.where == str(tmp_path / "b")


def test_a_name_that_is_taken_names_both_files(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a", FRONT + BODY), write(tmp_path / "b", FRONT + BODY)
    with pytest.raises(UsageError, match="two queries are named 'mine'") as caught:
        named_queries([tmp_path / "a", tmp_path / "b"])
    assert caught.value.where == f"{one}, {two}"
    write(tmp_path / "c", FRONT + BODY, "polypharmacy.cypher")
    with pytest.raises(UsageError, match="'polypharmacy'"):
        named_queries([tmp_path / "c"])


def test_files_of_one_name_say_the_same(tmp_path: Path) -> None:
    write(tmp_path, FRONT + BODY, "mine.neo4j.cypher")
    write(tmp_path, (FRONT + BODY).replace("A title", "Another"), "mine.ladybug.cypher")
    with pytest.raises(UsageError, match="differ in title"):
        named_queries([tmp_path])
    write(tmp_path, FRONT + BODY, "mine.ladybug.cypher")
    query = named_query("mine", [tmp_path])
    assert query.text(None, "neo4j").file.endswith("mine.neo4j.cypher")
    assert query.text("cypher", "ladybug").file.endswith("mine.ladybug.cypher")
    with pytest.raises(NotFoundError, match="no sparql"):
        query.text("sparql")
    write(tmp_path, FRONT + BODY)
    with pytest.raises(UsageError, match="for all stores"):
        named_queries([tmp_path])


def test_a_query_is_found_by_name() -> None:
    assert named_query("polypharmacy").languages == ("cypher",)
    with pytest.raises(NotFoundError, match="'nothing'") as caught:
        named_query("nothing")
    assert "polypharmacy" in (caught.value.expected or "")


SHIPPED = named_queries()


@pytest.mark.parametrize("query", SHIPPED, ids=lambda query: query.name)
def test_shipped_queries_only_read_and_state_their_units(query: NamedQuery) -> None:
    items: list[Parameter | Column] = [*query.front.parameters, *query.front.columns]
    for item in items:
        assert item.unit == "none" or item.unit.startswith("as ") or parse(item.unit) is not None, item
    for text in query.texts:
        if text.language == "cypher":
            check_read_only(text.text)
        else:
            filled = bind_sparql(text, query.front, _values(query))
            assert check_query(filled) == "SELECT"
            assert "$" not in re.sub(r"(?m)^#.*$", "", filled)
        assert max(map(len, text.text.splitlines())) <= 120


def _values(query: NamedQuery) -> dict[str, Any]:
    required = {p.name: "local|1" for p in query.front.parameters if p.default is None}
    return query.values(required, "2026-06-30")


def test_default_codes_have_their_label(knowledge: Any) -> None:
    labels = LABELS | {one.concept: one.label for one in knowledge.graph.concepts}
    seen = 0
    for front in (query.front for query in SHIPPED):
        for code, label in _codes(front):
            assert label == labels[code], f"{code} |{label}|"
            seen += 1
    assert seen >= 20


def _codes(front: Front) -> list[tuple[str, str]]:
    return [
        labelled(part)
        for one in front.parameters
        if one.type.name == "concept" and one.default
        for part in re.findall(r"[^,|]+\|[^|]*\|", one.default)
    ]


DOCS = Path(__file__).resolve().parents[2] / "docs" / "analysts.md"


def test_the_documentation_lists_every_query() -> None:
    names = {"cypher": "Cypher", "sparql": "SPARQL"}
    rows = [
        f"| {q.front.topic} | `{q.name}` | {', '.join(names[one] for one in q.languages)} | {q.front.question} |"
        for q in sorted(SHIPPED, key=lambda q: (q.front.topic, q.name))
    ]
    table = "\n".join(["| Topic | Name | Language | What it asks |", "| --- | --- | --- | --- |", *rows])
    assert table in DOCS.read_text(encoding="utf-8"), f"the table should be:\n{table}"
