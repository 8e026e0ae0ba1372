"""The Cypher guard: what passes, what is refused, and how values are made plain."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import ladybug
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.errors import QueryRejectedError
from kgtwin.store.cypher import check_read_only, plain
from tests.fuzz import times

READS = [
    "MATCH (n) RETURN n",
    "match (n:Set)-[:CREATE]->(m) return n.delete, m.`DROP` limit 3",
    "OPTIONAL MATCH (n) RETURN {set: 1, create: 2} AS a",
    "UNWIND $load AS x RETURN x",
    "WITH 'CREATE (n)' AS a, \"it's\" AS b RETURN a, b",
    "MATCH (n) WHERE n.name CONTAINS 'DELETE' OR n.name = 'a\\'; DROP' RETURN n;",
    "MATCH (n) CALL { WITH n RETURN 1 AS x } RETURN x",
    "CALL db.labels() YIELD label RETURN label",
    "CALL show_tables() RETURN *",
    "MATCH (f) RETURN f.start AS start, f.end AS show ORDER BY start",
    "MATCH p = (a)-[:IS_A*1..3]->(b) RETURN p",
]
WRITES = [
    "CREATE (n)",
    "MATCH (n) SET n.a = 1",
    "MATCH (n) sEt n.a = 1",
    "MATCH (n)/**/SET n.a = 1",
    "MATCH (n)\nDELETE n",
    "MATCH (n) REMOVE n.a",
    "MERGE (n:X) RETURN n",
    "RETURN 1 // fine\n; CREATE (n)",
    "MATCH (n) RETURN n; MATCH (m) RETURN m",
    "LOAD CSV FROM 'http://127.0.0.1/' AS row RETURN row",
    "UNWIND [1] AS a LOAD FROM 'x.csv' RETURN *",
    "COPY Patient TO 'x.csv'",
    "EXPORT DATABASE 'x'",
    "INSTALL httpfs",
    "ATTACH 'x' AS y",
    "CALL threads=1",
    "CALL dbms.killConnection('x')",
    "CALL apoc.cypher.runWrite('CREATE (n)', {})",
    "MATCH (n) CALL `db.create`.x() RETURN 1",
    "USE system MATCH (n) RETURN n",
    "FOREACH (x IN [1] | CREATE (n))",
    "BEGIN TRANSACTION",
    "RETURN '\\u0027 AS a CREATE (n) //'",
    "MATCH (n) RETURN 'open",
    "MATCH (n) RETURN `open",
    "RETURN 1 /* open",
    "EXPLAIN MATCH (n) DELETE n",
    "",
    " ; ",
    "// only a comment",
    "RETURN " + "1" * 100_000,
]


@pytest.mark.parametrize("query", READS)
def test_reads_pass(query: str) -> None:
    assert check_read_only(query) == query.rstrip(";")


@pytest.mark.parametrize("query", WRITES)
def test_what_could_write_is_refused(query: str) -> None:
    with pytest.raises(QueryRejectedError):
        check_read_only(query)


def test_comments_never_reach_the_store() -> None:
    assert check_read_only("MATCH (n) // it's\nRETURN /* \" */ n") == "MATCH (n)   RETURN   n"


@given(st.text(max_size=80))
def test_any_text_passes_or_is_refused(text: str) -> None:
    try:
        assert check_read_only(text)
    except QueryRejectedError as error:
        assert str(error)  # noqa: PT017


@given(st.sampled_from(["CREATE (x)", "DELETE n", "SET n.a = 1", "MERGE (x)"]), st.text(max_size=20))
def test_a_writing_clause_is_found_after_any_string(clause: str, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    with pytest.raises(QueryRejectedError):
        check_read_only(f"MATCH (n) WHERE n.a = '{quoted}' {clause}")


def test_values_become_plain() -> None:
    given = {
        "a": Decimal("2.50"),
        "b": (1, None),
        "c": float("nan"),
        "d": datetime(2026, 1, 2, tzinfo=UTC),
        "e": b"\x01",
    }
    assert plain(given) == {"a": 2.5, "b": [1, None], "c": "nan", "d": "2026-01-02T00:00:00+00:00", "e": "01"}


Reads = Callable[[str], bool]
STARTS = [
    "",
    "MATCH (n:P) ",
    "UNWIND [1] AS a ",
    "WITH 1 AS a WHERE a=1",
    "WITH 1 AS a WHERE a",
    "RETURN 1 AS a ",
    "WITH 1 AS ",
]
PIECES = [
    "1", "1.", "1.0", "0x1", "1e5", "'x'", '"x"', "`x`", "(", ")", "[", "]", "{", "}",
    ".", "..", ":", "n", "n.", "n.key",
    "a", "AS", "as", "AS a", " as ", "WITH", "WITH 1 AS a", "RETURN *", "RETURN 1", "WHERE a=1",
    "MATCH (n)", "/**/", "//\n",
    "//x\r", "/*'*/", "'", '"', "`", "\\", "\\'", "\n", "\r", " ", "\u00a0", "\u200b", ";", "|", ",",
    "=", "-", "LOAD", "FROM",
    "UNION", "CALL {", "e", "_", "é", "²", "\u017f", "\u212a", "\x1c", "NULL", "true",
    "IN", "NOT", "{as:true} AS m WHERE m.as",
]  # fmt: skip
CLAUSES = ["LOAD FROM '@' RETURN *", "load/**/from '@' (header=false) return *", 'LOAD FROM "@" RETURN *']


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reads]:
    """Whether Ladybug, with no guard before it, reads the file ``@`` under a read-only transaction."""
    folder = tmp_path_factory.mktemp("guard")
    (folder / "secret.csv").write_text("hostile-secret\n")
    database = ladybug.Database(str(folder / "x.lbdb"), buffer_pool_size=1 << 28)
    connection = ladybug.Connection(database)
    connection.execute("CREATE NODE TABLE P(key STRING, PRIMARY KEY(key))")
    connection.execute("CREATE (:P {key: 'a'})")

    def ask(query: str) -> bool:
        try:
            connection.execute("BEGIN TRANSACTION READ ONLY")
            results = connection.execute(query.replace("@", str(folder / "secret.csv")))
            rows = [one.get_all() for one in (results if isinstance(results, list) else [results])]
            return "hostile-secret" in str(rows)
        except RuntimeError:
            return False
        finally:
            with contextlib.suppress(RuntimeError):
                connection.execute("ROLLBACK")

    yield ask
    connection.close()
    database.close()


def test_the_probe_can_tell(reads: Reads) -> None:
    assert reads("WITH 1 AS a WHERE a=1LOAD FROM '@' RETURN *")
    assert not reads("RETURN 'hostile'")


@settings(max_examples=times(250), deadline=None)
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(PIECES), max_size=5).map("".join), st.sampled_from(CLAUSES))
@example("WITH 1 AS a WHERE a=1", "", "LOAD FROM '@' RETURN *")
@example("WITH 1 AS ", "as//x\r", "load/**/from '@' (header=false) return *")
@example("WITH ", "{as:true} AS m WHERE m.as ", "LOAD FROM '@' RETURN *")
def test_whatever_the_embedded_store_reads_from_a_file_is_refused(
    reads: Reads, start: str, pieces: str, clause: str
) -> None:
    query = start + pieces + clause
    try:
        text = check_read_only(query)
    except QueryRejectedError:
        return
    assert not reads(text), query
