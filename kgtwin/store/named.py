"""Named queries: files with a front matter of comments, shipped in ``queries/``.

```
// title: Patients with many active medicines
// question: Who has at least so many?
// parameter: least = 5 (how many)
// columns: patient, medicines
MATCH ...
```

``NAME.cypher`` runs on both stores; where the dialects differ there are ``NAME.ladybug.cypher`` and
``NAME.neo4j.cypher``. ``NAME.rq`` is SPARQL.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from kgtwin.config import data_folder
from kgtwin.errors import NotFoundError, UsageError

_FIELD = re.compile(r"(?://|#)\s*(title|question|parameter|columns):\s*(.+)")
_PARAMETER = re.compile(r"(\w+)\s*=\s*(\S+|\"[^\"]*\")(?:\s+\((.*)\))?")


class NamedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``parameters`` are the defaults of a Cypher query; SPARQL holds them in its VALUES clauses."""

    name: str
    language: str
    title: str
    question: str
    columns: tuple[str, ...]
    text: str
    parameters: dict[str, Any] = {}
    file: str


def read_query(path: Path) -> NamedQuery:
    """A named query from its file.

    Raises:
        UsageError: if its front matter has no title, question or columns, or a parameter without a default.
    """
    text = path.read_text(encoding="utf-8")
    lines = (_FIELD.fullmatch(line.strip()) for line in text.splitlines())
    fields = [(str(line[1]), str(line[2])) for line in lines if line]
    found = dict(fields)
    missing = {"title", "question", "columns"} - found.keys()
    if missing:
        raise UsageError(f"the front matter has no {min(missing)}", where=str(path), expected="// title: ...")
    language = "sparql" if path.suffix == ".rq" else "cypher"
    given = [value for name, value in fields if name == "parameter"]
    return NamedQuery(
        name=path.name.split(".", 1)[0],
        language=language,
        title=found["title"],
        question=found["question"],
        columns=tuple(column.strip() for column in found["columns"].split(",")),
        text=text,
        parameters=dict(_parameter(value, path) for value in given) if language == "cypher" else {},
        file=path.name,
    )


def _parameter(text: str, path: Path) -> tuple[str, Any]:
    match = _PARAMETER.fullmatch(text.strip())
    try:
        if match:
            return match.group(1), json.loads(match.group(2))
    except json.JSONDecodeError:
        pass
    raise UsageError(f"{text!r} is no parameter", where=str(path), expected='// parameter: name = "default" (what)')


def named_queries(folder: Path | None = None, *, dialect: str | None = None) -> tuple[NamedQuery, ...]:
    """The queries of a folder (the shipped ones), by language and name; with a dialect, one file a name."""
    files = sorted(path for path in (folder or data_folder("queries")).iterdir() if path.suffix in {".cypher", ".rq"})
    queries = [read_query(path) for path in files if _speaks(path, dialect)]
    return tuple(sorted(queries, key=lambda query: (query.language, query.file)))


def named_query(name: str, language: str, dialect: str = "ladybug") -> NamedQuery:
    """One shipped query.

    Raises:
        NotFoundError: if there is none of that name and language.
    """
    queries = [query for query in named_queries(dialect=dialect) if query.language == language]
    for query in queries:
        if query.name == name:
            return query
    names = ", ".join(query.name for query in queries)
    raise NotFoundError(f"no {language} query is named {name!r}", expected=f"one of {names}")


def _speaks(path: Path, dialect: str | None) -> bool:
    parts = path.name.split(".")
    return dialect is None or len(parts) == 2 or parts[1] == dialect
