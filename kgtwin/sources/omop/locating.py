"""Where the tables are: a folder, a zip archive, a DuckDB file, a PostgreSQL database."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

from kgtwin.errors import InputError, UsageError
from kgtwin.model.problem import Location, Problem
from kgtwin.sources.fhir.inputs import READ_FAULTS, read_fault
from kgtwin.sources.omop import columnar, database, text
from kgtwin.sources.omop.content import Content
from kgtwin.sources.omop.tables import COUNTED, TABLES, VOCABULARY

_NAMES: Final = frozenset(TABLES) | COUNTED | VOCABULARY


class Holding(msgspec.Struct):
    """The tables found at a path, each perhaps in several parts; ``skipped`` counts files that are none."""

    label: str
    tables: dict[str, Sequence[Content]] = {}
    skipped: int = 0
    problems: list[Problem] = []
    database: database.Database | None = None

    def close(self) -> None:
        """Close what was opened."""
        if self.database is not None:
            self.database.close()


def recognises(path: str) -> bool:
    """Whether there is OMOP at a path: a folder or zip with a PERSON table, a DuckDB file, a PostgreSQL URL."""
    if path.startswith(database.POSTGRES):
        return True
    place = Path(path)
    if place.is_dir():
        return any(_parts(child) for child in place.iterdir() if table_of(child.name) == "person")
    if zipfile.is_zipfile(place):
        return any(_member_table(name) == "person" for name in _names(place))
    return place.is_file() and database.is_duckdb(place)


def _names(path: Path) -> list[str]:
    """The members of a zip archive; none of one that cannot be opened, which its reader will say."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except READ_FAULTS:
        return []


def locate(path: str) -> Holding:
    """The tables at a path.

    Raises:
        UsageError: if there is nothing, or nothing that could hold tables.
        MissingExtraError: if it needs a package that is not installed.
        InputError: if it cannot be opened.
    """
    if path.startswith(database.POSTGRES):
        return _opened(database.open_postgres(path))
    place = Path(path)
    if not place.exists():
        raise UsageError(
            "there is no such file or folder", where=path, expected="a folder, a zip, a DuckDB file or postgresql://…"
        )
    if place.is_dir():
        return _folder(place)
    if database.is_duckdb(place):
        return _opened(database.open_duckdb(place))
    if zipfile.is_zipfile(place):
        return _archive(place)
    raise UsageError(
        "neither a folder nor a zip archive nor a DuckDB file", where=path, expected="the tables of an OMOP CDM"
    )


def table_of(name: str) -> str | None:
    """The table that a file or a folder of parts is named after, in lower case.

    >>> table_of("PERSON.csv.gz"), table_of("drug_exposure.parquet"), table_of("measurement"), table_of("notes.txt")
    ('person', 'drug_exposure', 'measurement', None)
    """
    stem = name.lower()
    for suffix in text.COMPRESSED:
        stem = stem.removesuffix(suffix)
    for suffix in (*text.SUFFIXES, columnar.SUFFIX):
        stem = stem.removesuffix(suffix)
    return stem if stem in _NAMES else None


def _opened(found: database.Database) -> Holding:
    return Holding(found.label, dict(found.tables), database=found)


def _folder(folder: Path) -> Holding:
    holding = Holding(str(folder), problems=[])
    tables: dict[str, list[Content]] = {}
    for child in sorted(folder.iterdir(), key=lambda c: c.name.lower()):
        name = table_of(child.name)
        parts = _parts(child) if name else []
        if name is None or not parts:
            holding.skipped += not child.name.startswith(".")
        elif child.is_dir():
            tables.setdefault(name, []).extend(parts)
        else:
            _add(holding, tables, name, parts[0])
    holding.tables = dict(tables)
    return holding


def _add(holding: Holding, tables: dict[str, list[Content]], name: str, content: Content) -> None:
    """A table's file; a second one of the same table is left out, and said to be."""
    if name not in tables:
        tables[name] = [content]
        return
    error = InputError(
        f"another file of {name.upper()}: it was left out",
        expected="one file a table, or a folder of parts named after it",
        remedy=f"remove one; {tables[name][0].label} was read",
    )
    holding.problems.append(Problem.of(error, Location(content.label)))


def _parts(path: Path) -> list[Content]:
    """A table's file, or the files of its folder; none where they hold no table, as in FHIR's folder ``Person``."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    return [content for one in paths if (content := _file(one)) is not None]


def _file(path: Path) -> Content | None:
    if path.name.lower().endswith(columnar.SUFFIX):
        return columnar.ParquetContent(path)
    suffix = path.suffix.lower()
    plain = Path(path.stem).suffix.lower() if suffix in text.COMPRESSED else suffix
    if path.is_dir() or plain not in text.SUFFIXES:
        return None
    return text.TextContent(str(path), partial(_inflated, path, suffix))


def _inflated(path: Path, suffix: str) -> IO[bytes]:
    opener = text.COMPRESSED.get(suffix)
    found: IO[bytes] = opener(path) if opener else path.open("rb")
    return found


def _archive(path: Path) -> Holding:
    holding = Holding(str(path), problems=[])
    tables: dict[str, list[Content]] = {}
    for name, content in _members(path, holding):
        _add(holding, tables, name, content)
    holding.tables = dict(tables)
    return holding


def _members(path: Path, holding: Holding) -> Iterator[tuple[str, Content]]:
    try:
        archive = zipfile.ZipFile(path)
    except READ_FAULTS as error:
        raise read_fault(error) from None
    for member in sorted(archive.infolist(), key=lambda m: m.filename):
        name = _member_table(member.filename)
        if name is None:
            holding.skipped += not (member.is_dir() or _hidden(member.filename))
        else:
            yield name, text.TextContent(f"{path}!{member.filename}", partial(_open, archive, member))


def _member_table(filename: str) -> str | None:
    is_text = filename.lower().endswith(text.SUFFIXES)
    return table_of(PurePosixPath(filename).name) if is_text and not _hidden(filename) else None


def _hidden(filename: str) -> bool:
    """What macOS adds to its archives, and hidden files."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(filename).parts)


def _open(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    return archive.open(member)
