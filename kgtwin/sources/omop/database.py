"""Tables in a DuckDB file, or in a PostgreSQL database through DuckDB's extension: a small facade over ``duckdb``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from kgtwin.errors import InputError, MissingExtraError, UsageError
from kgtwin.sources.omop.cells import as_text
from kgtwin.sources.omop.content import Broken, Row, damaged
from kgtwin.sources.omop.tables import COUNTED, TABLES, VOCABULARY

POSTGRES: Final = ("postgresql://", "postgres://")
_MAGIC: Final = b"DUCK"
_BATCH: Final = 10_000
_NAMES: Final = frozenset(TABLES) | COUNTED | VOCABULARY


def is_duckdb(path: Path) -> bool:
    """Whether a file is a DuckDB database, by its first bytes."""
    try:
        with path.open("rb") as stream:
            return stream.read(12)[8:] == _MAGIC
    except OSError:
        return False


def label_of(url: str) -> str:
    """A database's URL without user, password and options, as problems show it.

    >>> label_of("postgresql://me:secret@db.example.org:5432/clinic?schema=cdm")
    'postgresql://db.example.org:5432/clinic'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


class Database:
    """An open database; ``tables`` are its CDM tables, by name in lower case."""

    def __init__(self, connection: Any, label: str, schemas: Sequence[str] = (), catalog: str | None = None) -> None:
        self.connection = connection
        self.label = label
        self.tables: dict[str, list[DatabaseContent]] = {}
        for name, place in self._found(schemas, catalog):
            if name in self.tables:
                raise UsageError(
                    f"{name.upper()} is in several schemas", where=label, expected="one of them, as ?schema=cdm"
                )
            self.tables[name] = [DatabaseContent(self, name, place)]

    def _found(self, schemas: Sequence[str], catalog: str | None) -> list[tuple[str, str]]:
        query = "SELECT table_catalog, table_schema, table_name FROM information_schema.tables ORDER BY ALL"
        with asking(self.label):
            rows = self.connection.execute(query).fetchall()
        return [
            (name.lower(), f"{_quoted(where)}.{_quoted(group)}.{_quoted(name)}")
            for where, group, name in rows
            if name.lower() in _NAMES and (not schemas or group in schemas) and catalog in (None, where)
        ]

    def close(self) -> None:
        """Close the database."""
        self.connection.close()


class DatabaseContent:
    """A table of a database; its rows are numbered in the order in which they come."""

    unit = "row"

    def __init__(self, database: Database, name: str, place: str) -> None:
        self.label = f"{database.label} {name}"
        self._database = database
        self._place = place

    def columns(self) -> tuple[str, ...]:
        """The names of its columns, in lower case."""
        with asking(self.label):
            cursor = self._database.connection.cursor().execute(f"SELECT * FROM {self._place} LIMIT 0")  # noqa: S608
            return tuple(column[0].lower() for column in cursor.description)

    def rows(self, columns: Sequence[str], having: str = "") -> Iterator[Row | Broken]:
        """The rows, fetched in batches."""
        there = self.columns()
        asked = ", ".join(_quoted(column) if column in there else "NULL" for column in columns)
        number = 0
        with asking(self.label):
            cursor = self._database.connection.cursor().execute(f"SELECT {asked} FROM {self._place}")  # noqa: S608
            while batch := cursor.fetchmany(_BATCH):
                for values in batch:
                    number += 1
                    yield Row(number, [as_text(value) for value in values])

    def count(self) -> int:
        """The rows, counted by the database."""
        with asking(self.label):
            found = self._database.connection.cursor().execute(f"SELECT count(*) FROM {self._place}")  # noqa: S608
            return int(found.fetchone()[0])


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


@contextmanager
def asking(label: str) -> Iterator[None]:
    """Say in our words what the database raises.

    Raises:
        InputError: naming the table, without the database's words, which may quote data.
    """
    import duckdb  # noqa: PLC0415 (optional)

    try:
        yield
    except duckdb.Error as error:
        failure = damaged("database", error)
        failure.where = label
        raise failure from None


def open_duckdb(path: Path) -> Database:
    """The CDM tables of a DuckDB file, opened read-only.

    Raises:
        MissingExtraError: if duckdb is not installed.
        InputError: if the file cannot be opened.
    """
    duckdb = _duckdb()
    with asking(str(path)):
        connection = duckdb.connect(str(path), read_only=True)
    return Database(connection, str(path))


def open_postgres(url: str) -> Database:
    """The CDM tables of a PostgreSQL database; ``?schema=cdm,vocabulary`` says in which schemas they are.

    Raises:
        MissingExtraError: if duckdb is not installed.
        UsageError: if the schema cannot be one.
        InputError: if DuckDB's extension ``postgres`` cannot be loaded, or the database not be reached.
    """
    duckdb = _duckdb()
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    schemas = [name for text in options.pop("schema", []) for name in text.split(",")]
    query = "&".join(f"{name}={value}" for name, values in options.items() for value in values)
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")).replace("'", "''")
    connection = duckdb.connect()
    try:
        connection.execute("INSTALL postgres; LOAD postgres")
        connection.execute(f"ATTACH '{plain}' AS clinic (TYPE postgres, READ_ONLY)")
    except duckdb.Error as error:
        connection.close()
        raise InputError(
            f"the database cannot be attached ({type(error).__name__})",
            where=label_of(url),
            expected="a PostgreSQL server that answers, and DuckDB's extension postgres (fetched over the network)",
            remedy="check host, port, database, user and password; or export the tables as CSV or Parquet",
        ) from None
    return Database(connection, label_of(url), schemas, "clinic")


def _duckdb() -> Any:
    try:
        import duckdb  # noqa: PLC0415 (optional)
    except ModuleNotFoundError:
        raise MissingExtraError(
            "reading OMOP from a database needs duckdb",
            remedy="pip install 'kgtwin[omop]', or export the tables as CSV or Parquet, which need nothing more",
        ) from None
    return duckdb
