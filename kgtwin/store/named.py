"""Named queries: files with a front matter of comments (``named_front``), shipped in ``queries/``.

``NAME.cypher`` runs on both stores; where the dialects differ there are ``NAME.ladybug.cypher`` and
``NAME.neo4j.cypher``. ``NAME.rq`` is SPARQL. Files of one name are one query: they say the same of themselves.
Parameters are written ``$name`` in both languages. An installation's own folders are read beside the shipped one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from kgtwin.config import data_folder
from kgtwin.errors import KgtwinError, NotFoundError, UsageError
from kgtwin.store.named_front import Front, Parameter, check_units, read_front
from kgtwin.store.named_values import ValueType, read_values, sparql_terms

LANGUAGES: Final = ("cypher", "sparql")
DIALECTS: Final = ("ladybug", "neo4j")
_FILE: Final = re.compile(r"([a-z][a-z0-9-]*)(?:\.(ladybug|neo4j))?\.cypher|([a-z][a-z0-9-]*)\.rq")
_TOKENS: Final = {
    "cypher": re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|//[^\n]*|/\*.*?\*/|\$(\w+)""", re.DOTALL),
    "sparql": re.compile(
        r"""<(?![?$])[^<>"{}|^`\\\s]*>|\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\#[^\n]*|\$(\w+)""",
        re.DOTALL,
    ),
}
"""What may hold a dollar sign and is no parameter, or a parameter."""


class QueryText(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a query; ``dialect`` is set where only one store runs it."""

    language: str
    dialect: str | None
    file: str
    text: str

    @property
    def names(self) -> frozenset[str]:
        """The parameters that it uses."""
        return frozenset(m[1] for m in _TOKENS[self.language].finditer(self.text) if m[1])


class NamedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query by its name: what it says of itself, and its texts."""

    name: str
    front: Front
    texts: tuple[QueryText, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """Cypher first."""
        return tuple(language for language in LANGUAGES if any(text.language == language for text in self.texts))

    def text(self, language: str | None = None, dialect: str | None = None) -> QueryText:
        """The text in a language (Cypher where there is one) for a store.

        Raises:
            NotFoundError: if there is none.
        """
        wanted = language or self.languages[0]
        for text in self.texts:
            if text.language == wanted and (text.dialect in (None, dialect) or dialect is None):
                return text
        have = " or ".join(
            dict.fromkeys(f"{t.language} for {t.dialect}" if t.dialect else t.language for t in self.texts)
        )
        raise NotFoundError(f"the query {self.name!r} has no {wanted} for this store", expected=have)

    def values(self, given: Mapping[str, object], today: str) -> dict[str, Any]:
        """The value of every parameter: what was given, else the default; a date may name earlier ones.

        Raises:
            UsageError: if a parameter is unknown, missing or no value of its type.
        """
        known = [parameter.name for parameter in self.front.parameters]
        for name in given:
            if name not in known:
                expected = f"one of {', '.join(known)}" if known else "no parameter"
                raise UsageError(f"the query {self.name!r} has no parameter {str(name)[:60]!r}", expected=expected)
        found: dict[str, Any] = {}
        days = {"today": today}
        for parameter in self.front.parameters:
            value = found[parameter.name] = _value(parameter, given, days)
            if parameter.type == ValueType("date"):
                days[parameter.name] = value
        return found


def _value(parameter: Parameter, given: Mapping[str, object], days: Mapping[str, str]) -> Any:
    said = given.get(parameter.name, parameter.default)
    what = f"{parameter.type}: {parameter.meaning}"
    if said is None:
        raise UsageError(f"the parameter {parameter.name!r} is missing", expected=f"{parameter.name}=… ({what})")
    try:
        return read_values(said, parameter.type, days)
    except KgtwinError as error:
        raise UsageError(f"{parameter.name}: {error.message}", expected=f"{error.expected} ({what})") from None


def bind_cypher(text: QueryText, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the text uses, as a driver takes them."""
    return {n: list(v) if isinstance(v, tuple) else v for n, v in values.items() if n in text.names}


def bind_sparql(text: QueryText, front: Front, values: Mapping[str, Any]) -> str:
    """The text with a term, or a list's terms, in the place of each parameter.

    Oxigraph can substitute variables only if they are projected, which would forbid parameters in aggregates; so a
    term is put in the place of the token. It is made of a checked value and escaped: no value can end it.
    """
    terms = {p.name: sparql_terms(values[p.name], p.type) for p in front.parameters}
    return _TOKENS["sparql"].sub(lambda m: terms[m[1]] if m[1] else m[0], text.text)


def read_query(path: Path) -> tuple[Front, QueryText]:
    """A file: what it says of itself, and its text.

    Raises:
        UsageError: if its name, its front matter or its parameters are wrong; ``where`` is file and line.
    """
    match = _FILE.fullmatch(path.name)
    if match is None:
        raise UsageError("no name of a query", where=str(path), expected="my-query.cypher, .ladybug.cypher or .rq")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError("the query cannot be read", where=str(path), expected="a file in UTF-8") from None
    language = "sparql" if path.suffix == ".rq" else "cypher"
    front = read_front(text, "#" if language == "sparql" else "//", str(path))
    check_units(front, str(path))
    found = QueryText(language=language, dialect=match[2], file=str(path), text=text)
    _check_names(front, found)
    return front, found


def _check_names(front: Front, text: QueryText) -> None:
    declared = {parameter.name for parameter in front.parameters}
    unknown = text.names - declared
    if unknown:
        remedy = "declare it, or write ?name for a variable" if text.language == "sparql" else "declare it"
        raise UsageError(f"${min(unknown)} is no parameter of the front matter", where=text.file, remedy=remedy)
    defaults = {word for p in front.parameters for word in re.findall(r"\w+", p.default or "")}
    unused = declared - text.names - defaults
    if unused:
        raise UsageError(f"the parameter {min(unused)!r} is not used", where=text.file, expected=f"${min(unused)}")


def named_queries(folders: Sequence[Path] = ()) -> tuple[NamedQuery, ...]:
    """The shipped queries and those of other folders, by name.

    Raises:
        UsageError: if a file is wrong, files of one name do not say the same of themselves, two folders have the
            same name, or a folder is not there.
    """
    found: dict[str, dict[Path, tuple[Front, QueryText]]] = defaultdict(dict)
    for path in _files([data_folder("queries"), *folders]):
        found[path.name.split(".", 1)[0]][path] = read_query(path)
    return tuple(_query(name, found[name]) for name in sorted(found))


def _files(folders: Iterable[Path]) -> Iterable[Path]:
    for folder in folders:
        if not folder.is_dir():
            raise UsageError("no folder of queries is here", where=str(folder), remedy="correct KGTWIN_QUERIES")
        yield from sorted(path for path in folder.iterdir() if path.suffix in {".cypher", ".rq"})


def _query(name: str, files: Mapping[Path, tuple[Front, QueryText]]) -> NamedQuery:
    (first, (front, _)), *others = files.items()
    for path, (other, _) in others:
        if path.parent != first.parent:
            raise UsageError(f"two queries are named {name!r}", where=f"{first}, {path}", remedy="rename one")
        for field in Front.__struct_fields__:
            if getattr(front, field) != getattr(other, field):
                raise UsageError(
                    f"the files of {name!r} differ in {field}", where=f"{first}, {path}", expected="the same"
                )
    texts = tuple(text for _, text in files.values())
    cypher = [text.dialect for text in texts if text.language == "cypher"]
    if None in cypher and len(cypher) > 1:
        raise UsageError(
            f"{name!r} has a Cypher text for all stores and one for some", where=f"{first.parent}/{name}.*"
        )
    return NamedQuery(name=name, front=front, texts=texts)


def named_query(name: str, folders: Sequence[Path] = ()) -> NamedQuery:
    """One query.

    Raises:
        NotFoundError: if there is none of that name.

    >>> named_query("polypharmacy").languages
    ('cypher',)
    """
    queries = {query.name: query for query in named_queries(folders)}
    if name not in queries:
        raise NotFoundError(f"no query is named {name[:60]!r}", expected=f"one of {', '.join(queries)}")
    return queries[name]
