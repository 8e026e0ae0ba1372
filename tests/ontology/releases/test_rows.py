"""Rows of delimited files: every good one comes out with its line, every bad one is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.ontology.releases import rows as module
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rows import check_header, rows

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\x00"), max_size=8)
LINE = st.lists(CELL, min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, max_size=12), chunk=st.integers(1, 40), end=st.sampled_from(["\n", "\r\n"]))
def test_rows_of_the_right_width_come_out_and_the_others_are_told(
    lines: list[list[str]], chunk: int, end: str, tmp_path: Path
) -> None:
    file = tmp_path / "t.txt"
    file.write_bytes(b"\xef\xbb\xbf" + "".join("\t".join(line) + end for line in lines).encode())
    log = Log(told=1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        found = list(rows(file, "\t", 3, log))
    numbered = list(enumerate(lines, 1))
    assert found == [(number, line) for number, line in numbered if len(line) == 3]
    told = [(problem.code, problem.location.entry) for problem in log.problems]
    assert told == [("columns", f"line {number}") for number, line in numbered if len(line) != 3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), chunk=st.integers(1, 40))
def test_any_bytes_give_rows_or_problems(data: bytes, chunk: int, tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_bytes(data)
    log = Log(told=1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        found = list(rows(file, "|", 2, log))
    lines = data.removeprefix(module.MARK).split(b"\n")
    assert len(found) + log.rejected == len(lines) - (lines[-1] == b"")
    assert [number for number, _ in found] == sorted({number for number, _ in found})


def test_a_line_that_is_no_utf8_and_a_line_that_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_bytes(b"a\tb\nc\t\xff\nd\te\nf\tg")
    log = Log()
    assert list(rows(file, "\t", 2, log)) == [(1, ["a", "b"]), (3, ["d", "e"])]
    assert [str(one) for one in log.problems] == [
        f"{file} line 2: byte 3 of the line is no UTF-8; expected text in UTF-8; "
        "save the file as UTF-8, or take it from the release again",
        f"{file} line 4: the file ends within this line; expected a line break at the end; "
        "take the file from the release again",
    ]


def test_a_header_without_a_column(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_text("id\tactive\n")
    with pytest.raises(OntologySyntaxError, match=r"t.txt:1: the column effectiveTime is missing; expected"):
        check_header(file, ("id", "effectiveTime", "active"))
    check_header(file, ("id", "active"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="cannot be read"):
        list(rows(tmp_path / "no.txt", "\t", 2, Log()))


def test_problems_of_a_kind_are_counted_when_there_are_many() -> None:
    log = Log(told=2)
    for line in range(5):
        log.reject("columns", "wrong", "f", line + 1)
    assert (len(log.problems), log.rejected, log.untold) == (2, 5, {"columns": 3})
