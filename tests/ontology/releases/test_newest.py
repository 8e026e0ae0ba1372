"""Any rows of concepts: which count, by a plain second computation; and that every other one is told."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.errors import UsageError
from kgtwin.identifiers import is_sctid
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_concepts import DEFINED, PRIMITIVE, Selection, read_concepts
from kgtwin.ontology.releases.snomed_files import find_files, newest
from tests.ontology.releases.made_up import Snomed
from tests.ontology.snomed import sctid

MODULES = (sctid(50), sctid(51))
ROW = st.tuples(
    st.sampled_from([sctid(1), sctid(2), sctid(50), "123", "x", ""]),
    st.sampled_from(["20250101", "20260101", "2026", ""]),
    st.sampled_from(["0", "1", "2"]),
    st.sampled_from(MODULES),
    st.sampled_from([PRIMITIVE, DEFINED, "1"]),
)
Row = tuple[str, str, str, str, str]


def expected(rows: list[Row], until: str) -> tuple[dict[str, Row], int]:
    """The newest good version of each id, and how many rows are bad or stand twice."""
    found: dict[str, Row] = {}
    bad = 0
    for row in rows:
        own, time, active, _, _ = row
        if time == "2026" or active == "2":
            bad += 1
        elif until and time > until:
            continue
        elif own in found and found[own][1] == time:
            bad += 1
        elif own not in found or (time or "9") >= (found[own][1] or "9"):
            found[own] = row
    return found, bad


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=10), until=st.sampled_from(["", "20250601"]))
def test_which_rows_count(rows: list[Row], until: str, tmp_path: Path) -> None:
    release = Snomed(tmp_path / "release")
    release.rows["concepts"] = ["\t".join(row) for row in rows] or ["\t".join(("", "", "1", "", PRIMITIVE))]
    release.name(1, "One")
    files = find_files(release.write())
    log = Log(told=1000)
    found = newest(files, "concepts", log, until=until)
    if rows:
        wanted, bad = expected(rows, until)
        assert {
            own: (own, one.time, str(int(one.active)), one.module, *one.fields) for own, one in found.items()
        } == wanted
        assert log.rejected == bad
    try:
        concepts = read_concepts(files, Selection(until=until, modules=frozenset({sctid(51)})), log)
    except UsageError:
        return
    assert all(is_sctid(own) and one.active and one.module == sctid(51) for own, one in concepts.kept.items())
    assert all(problem.location.entry and problem.expected and problem.remedy for problem in log.problems)
