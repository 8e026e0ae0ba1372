"""SSSOM files as tables: every column and the metadata, to be merged and written again.

:mod:`kgtwin.terminology.sssom` reads what acts on patients; here rows are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from kgtwin.errors import TerminologyError
from kgtwin.terminology.sssom import SUFFIX, read_cells

_KEY = re.compile(r"([A-Za-z_]+):\s*(.*?)\s*")
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "mapping_source",
    "comment",
)
"""The order of the columns that are written; others follow by name."""
_TRIPLE = ("subject_id", "predicate_modifier", "predicate_id", "object_id")


class Table(msgspec.Struct, frozen=True):
    """One mapping set: its metadata (plain values), its prefixes, its rows."""

    metadata: dict[str, str]
    prefixes: dict[str, str]
    rows: tuple[dict[str, str], ...]

    @property
    def triples(self) -> set[tuple[str, ...]]:
        """What the rows say, without labels and justifications."""
        return {_triple(row) for row in self.rows}


def _triple(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row.get(column, "") for column in _TRIPLE)


def read_table(path: Path) -> Table:
    """A file with its metadata.

    Raises:
        TerminologyError: it cannot be read, or lacks a column.
    """
    header, prefixes, rows = read_cells(path)
    return Table(_metadata(header), prefixes, tuple(rows))


def files_of(folder: Path) -> list[Path]:
    """The mapping files of a folder."""
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def _metadata(lines: Iterable[str]) -> dict[str, str]:
    """The plain ``key: value`` lines of a YAML header; lists and maps are left out."""
    found = (_KEY.fullmatch(line.removeprefix(" ").rstrip()) for line in lines)
    return {match[1]: match[2].strip("\"'") for match in found if match and match[2]}


def merge(tables: Sequence[Table]) -> Table:
    """One table with all rows, each triple once; ``mapping_source`` says from which set a row comes.

    Raises:
        TerminologyError: two sets use a prefix for different stems.
    """
    prefixes: dict[str, str] = {}
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for one in tables:
        source = one.metadata.get("mapping_set_id", "")
        for prefix, stem in one.prefixes.items():
            if prefixes.setdefault(prefix, stem) != stem:
                raise TerminologyError(
                    f"the prefix {prefix} stands for {stem} here and for {prefixes[prefix]} in another mapping set",
                    where=source,
                    remedy="use one stem for it in both headers",
                )
        for row in one.rows:
            rows.setdefault(_triple(row), {**row, "mapping_source": row.get("mapping_source") or source})
    return Table({}, prefixes, tuple(row for _, row in sorted(rows.items())))


def write(table: Table, comments: Sequence[str] = ()) -> Iterator[str]:
    """The lines of a file: metadata as YAML in ``#`` lines, the columns that are used, the rows as they come."""
    for line in comments:
        yield f"# # {line}"
    for key, value in table.metadata.items():
        yield f"# {key}: {_yaml(value)}"
    yield "# curie_map:"
    for prefix, stem in sorted(table.prefixes.items()):
        yield f"#   {prefix}: {stem}"
    used = {column for row in table.rows for column, value in row.items() if value}
    used |= {"subject_id", "predicate_id", "object_id", "mapping_justification"}
    columns = [*(one for one in COLUMNS if one in used), *sorted(used - set(COLUMNS))]
    yield "\t".join(columns)
    for row in table.rows:
        yield "\t".join(_cell(row.get(column, "")) for column in columns)


def _yaml(value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z][\w ./:#?=&%,;()+-]*", value) and ": " not in value and " #" not in value
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cell(value: str) -> str:
    flat = " ".join(value.split()) if re.search(r"[\t\r\n]", value) else value
    return '"' + flat.replace('"', '""') + '"' if '"' in flat else flat
