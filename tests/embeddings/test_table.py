"""Reading delimited text."""

from __future__ import annotations

import gzip
import lzma
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.embeddings.table import rows
from kgtwin.errors import EmbeddingError

TEXT = "# a comment\nid\tname\n1\ta\n\n2\tb\n"


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)])
def test_columns_are_picked_by_name_or_number_plain_or_packed(tmp_path: Path, suffix: str, pack: type[bytes]) -> None:
    path = tmp_path / f"t.tsv{suffix}"
    path.write_bytes(pack(TEXT.encode()))
    assert list(rows(path, ["name", 0], comment="#")) == [(3, ["a", "1"]), (5, ["b", "2"])]


def test_a_file_without_header_is_read_by_number(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,a\r\n2,b\r\n")
    assert list(rows(path, [1], header=False, delimiter=",")) == [(1, ["a"]), (2, ["b"])]


@pytest.mark.parametrize(
    ("content", "columns", "header", "said"),
    [
        (b"a\tb\n1\n", ["b"], True, r"t\.tsv:2: the line has 1 columns; expected at least 2"),
        (b"a\tb\n", ["c"], True, r"no column 'c'; expected one of 'a', 'b'"),
        (b"a\tb\n", ["a"], False, r"column 'a' is asked for by name"),
        (b"", ["a"], True, r"the file is empty"),
        (b"a\n\xff\n", ["a"], True, r"reading stopped after line"),
    ],
)
def test_a_fault_names_file_and_line(
    tmp_path: Path, content: bytes, columns: list[str | int], header: bool, said: str
) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(content)
    with pytest.raises(EmbeddingError, match=said):
        list(rows(path, columns, header=header))


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_cut_off_or_foreign_file_is_said(tmp_path: Path, suffix: str, pack: type[bytes]) -> None:
    whole = pack(TEXT.encode() * 2000)
    for content in (whole[: len(whole) // 2], b"not packed at all"):
        path = tmp_path / f"t{suffix}"
        path.write_bytes(content)
        with pytest.raises(EmbeddingError, match="reading stopped"):
            list(rows(path, [0], comment="#"))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="cannot be opened: No such file"):
        list(rows(tmp_path / "none.tsv", [0]))


@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "t.tsv"
    path.write_bytes(content)
    with suppress(EmbeddingError):
        for number, cells in rows(path, [0, 1], header=False):
            assert number > 0
            assert len(cells) == 2
