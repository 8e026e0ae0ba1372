"""A small reader of SSSOM/TSV mapping files (https://mapping-commons.github.io/sssom/).

Which side is which: the **concept** is the side with a knowledge prefix (``snomed``, ``rxnorm``, ``loinc``,
``kgtwin``), the **code** is the other, as received. Where both have one, the subject is the code and the object the
concept. A row that joins no concept is counted and left out.

Which rows act (``S skos:narrowMatch O`` says that O is narrower than S):

==================================  ===========================  =====
row                                 read from concept to code    acts
==================================  ===========================  =====
either way ``skos:exactMatch``      exactMatch                   yes
``concept skos:narrowMatch code``   narrowMatch                  yes
``concept skos:broadMatch code``    broadMatch                   no: the code does not entail the concept
``code skos:narrowMatch concept``   broadMatch                   no: the same, from the other side
``code skos:broadMatch concept``    narrowMatch                  no: project policy, a broad match never fires by itself
``skos:closeMatch, relatedMatch``   the same                     no
==================================  ===========================  =====

A code may have several matches, all as listed; chains of rows are not followed. ``predicate_modifier: Not`` rows are
left out. The header is YAML in ``#`` lines, in ``NAME.sssom.yml`` beside the file, or absent; its ``curie_map`` may
use other prefixes for the stems that kgtwin knows.
"""

from __future__ import annotations

import csv
import lzma
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from kgtwin.errors import InvalidIdentifierError, TerminologyError
from kgtwin.identifiers import check_code
from kgtwin.model.concept import Match, MatchKind
from kgtwin.model.problem import Location, Problem
from kgtwin.vocabulary import PREFIXES, SKOS

SUFFIX: Final = ".sssom.tsv"
REQUIRED: Final = ("subject_id", "predicate_id", "object_id")
KNOWLEDGE: Final = frozenset({"snomed", "rxnorm", "loinc", "kgtwin"})
SYNONYMS: Final = {
    "icd10cm": ["http://purl.bioontology.org/ontology/ICD10CM/", "http://hl7.org/fhir/sid/icd-10-cm#"],
    "icd10": ["http://id.who.int/icd/release/10/"],
    "loinc": ["http://loinc.org/rdf/", "http://loinc.org/"],
    "rxnorm": [
        "http://purl.bioontology.org/ontology/RXNORM/",
        "https://mor.nlm.nih.gov/RxNav/search?searchBy=RXCUI&searchTerm=",
    ],
    "snomed": ["http://www.snomedbrowser.com/Codes/Details/", "http://purl.bioontology.org/ontology/SNOMEDCT/"],
    "atc": ["http://purl.bioontology.org/ontology/ATC/"],
}
"""Other stems that mapping files use for the systems of ``vocabulary.PREFIXES``."""

_INVERSE: Final = {MatchKind.NARROW: MatchKind.BROAD, MatchKind.BROAD: MatchKind.NARROW}
_PAIR: Final = re.compile(r"""(\s*)["']?([^\s"':]+)["']?:\s*(?:["'](.*)["']|(.*?))\s*""")


class MappingSet(msgspec.Struct, frozen=True):
    """One file: the matches of each received code (a CURIE), what was wrong in it, rows that join no concept."""

    name: str
    matches: dict[str, tuple[Match, ...]]
    problems: tuple[Problem, ...] = ()
    unused: int = 0


class Pair(msgspec.Struct, frozen=True):
    """One row as it stands, whatever its sides; the labels are empty where the file has none."""

    subject: str
    predicate: MatchKind
    object: str
    subject_label: str = ""
    object_label: str = ""


class _Row(msgspec.Struct, frozen=True):
    subject: str
    predicate: MatchKind
    object: str


def read_sssom(path: Path) -> MappingSet:
    """The mappings of one file. Rows that are wrong become problems, the others load.

    Raises:
        TerminologyError: if the file cannot be read, is no UTF-8 text or lacks a column.
    """
    name = path.name.removesuffix(SUFFIX)
    rows, curie = _opened(path)
    return _collect(name, str(path), rows, curie)


def read_pairs(path: Path) -> tuple[list[Pair], list[Problem]]:
    """Every row of a file, concepts or not, for whoever follows mappings further; a name may end in ``.xz``.

    Rows that are wrong, and rows that stand twice, become problems.

    Raises:
        TerminologyError: as :func:`read_sssom`.
    """
    pairs: list[Pair] = []
    problems: list[Problem] = []
    seen: dict[_Row, int] = {}
    rows, curie = _opened(path)
    for line, cells in rows:
        try:
            row = _read_row(cells, curie)
            if row is not None:
                _only_once(row, line, seen)
                labels = (cells.get("subject_label") or "", cells.get("object_label") or "")
                pairs.append(Pair(row.subject, row.predicate, row.object, *labels))
        except (TerminologyError, InvalidIdentifierError) as error:
            problems.append(Problem.of(error, Location(str(path), f"line {line}", field=error.where)))
    return pairs, problems


def _opened(path: Path) -> tuple[Iterator[tuple[int, dict[str, str]]], Callable[[str], str]]:
    """The rows of a file and what reads its CURIEs."""
    try:
        data = path.read_bytes()
        text = (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise TerminologyError(
            f"the mapping file cannot be read ({type(error).__name__})", where=str(path), expected="UTF-8 text"
        ) from None
    lines = text.splitlines(keepends=True)
    header = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return _rows(path, lines, header), _curie_reader(_curie_map(path, lines[:header]))


def _only_once(row: _Row, line: int, seen: dict[_Row, int]) -> None:
    if row in seen:
        raise TerminologyError(f"the same mapping as line {seen[row]}", remedy="delete one of the two")
    seen[row] = line


def _curie_map(path: Path, comments: list[str]) -> dict[str, str]:
    external = next((p for end in (".yml", ".yaml") if (p := path.with_suffix(end)).is_file()), None)
    text = external.read_text(encoding="utf-8").splitlines() if external else []
    return _read_curie_map(text) | _read_curie_map([line[1:] for line in comments])


def _read_curie_map(lines: list[str]) -> dict[str, str]:
    """The ``curie_map`` of a YAML header: the pairs indented below that key."""
    found: dict[str, str] = {}
    indent: int | None = None
    for line in lines:
        match = _PAIR.fullmatch(line.rstrip())
        if not match:
            continue
        depth, key, value = len(match.group(1)), match.group(2), match.group(3) or match.group(4)
        if key == "curie_map":
            indent = depth
        elif indent is not None and depth > indent:
            found[key] = value
        else:
            indent = None
    return found


def _rows(path: Path, lines: list[str], header: int) -> Iterator[tuple[int, dict[str, str]]]:
    """The line number and the cells of each row."""
    table = csv.reader(lines[header:], dialect="excel-tab", strict=True)
    try:
        columns = next(table, [])
        missing = [column for column in REQUIRED if column not in columns]
        if missing:
            raise TerminologyError(
                f"the column {missing[0]} is missing",
                where=f"{path}:{header + 1}",
                expected=f"tab-separated columns {', '.join(REQUIRED)}",
                remedy="add it to the header line",
            )
        for cells in table:
            if any(cells):
                yield header + table.line_num, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise TerminologyError(
            f"the table cannot be read: {error}", where=f"{path}:{header + table.line_num}", expected="SSSOM/TSV"
        ) from None


def _collect(
    name: str, file: str, rows: Iterator[tuple[int, dict[str, str]]], curie: Callable[[str], str]
) -> MappingSet:
    matches: dict[str, dict[Match, None]] = {}
    problems: list[Problem] = []
    seen: dict[_Row, int] = {}
    unused = 0
    for line, cells in rows:
        try:
            row = _read_row(cells, curie)
            if row is None:
                continue
            _only_once(row, line, seen)
        except (TerminologyError, InvalidIdentifierError) as error:
            problems.append(Problem.of(error, Location(file, f"line {line}", field=error.where)))
            continue
        pair = _match(row, name)
        if pair is None:
            unused += 1
        else:
            matches.setdefault(pair[0], {})[pair[1]] = None
    return MappingSet(name, {code: tuple(found) for code, found in matches.items()}, tuple(problems), unused)


def _read_row(cells: dict[str, str], curie: Callable[[str], str]) -> _Row | None:
    modifier = cells.get("predicate_modifier") or ""
    if modifier.lower() == "not":
        return None
    if modifier:
        raise TerminologyError("unknown predicate modifier", where="predicate_modifier", expected="Not or nothing")
    return _Row(
        _checked(cells, "subject_id", curie),
        _predicate(cells.get("predicate_id") or ""),
        _checked(cells, "object_id", curie),
    )


def _predicate(text: str) -> MatchKind:
    try:
        return MatchKind(text.replace(SKOS, "skos:"))
    except ValueError:
        raise TerminologyError(
            f"unknown predicate {text!r}", where="predicate_id", expected=", ".join(kind.value for kind in MatchKind)
        ) from None


def _checked(cells: dict[str, str], column: str, curie: Callable[[str], str]) -> str:
    text = (cells.get(column) or "").strip()
    try:
        reference = curie(text)
    except TerminologyError as error:
        raise TerminologyError(error.message, where=column, expected=error.expected, remedy=error.remedy) from None
    prefix, _, code = reference.partition(":")
    reason = check_code(prefix, code) if prefix in PREFIXES and prefix != "kgtwin" else None
    if reason:
        raise InvalidIdentifierError(f"{text!r}: {reason}", where=column, remedy="correct the code in the mapping")
    return reference


def _match(row: _Row, name: str) -> tuple[str, Match] | None:
    """The received code and its match; None when neither side is a concept. The table is in the module's docstring."""
    from_code = _prefix(row.object) in KNOWLEDGE
    if not from_code and _prefix(row.subject) not in KNOWLEDGE:
        return None
    if from_code:
        kind = _INVERSE.get(row.predicate, row.predicate)
        return row.subject, Match(row.object, kind, name, acts=kind is MatchKind.EXACT)
    acts = row.predicate in {MatchKind.EXACT, MatchKind.NARROW}
    return row.object, Match(row.subject, row.predicate, name, acts)


def _prefix(reference: str) -> str:
    return reference.partition(":")[0]


def _curie_reader(curie_map: dict[str, str]) -> Callable[[str], str]:
    """From a file's CURIEs to ours. ``curies`` is imported only for a prefix that is not ours already."""
    ours = {prefix for prefix, stem in PREFIXES.items() if curie_map.get(prefix, stem) == stem}

    def read(text: str) -> str:
        prefix, colon, code = text.partition(":")
        if not colon or not prefix or not code:
            raise TerminologyError(f"{text!r} is no CURIE", expected="PREFIX:CODE")
        return text if prefix in ours else translate(text)

    @cache
    def converters() -> tuple[Any, Any]:
        return _converters(curie_map)

    def translate(text: str) -> str:
        theirs, known = converters()
        iri = text if "://" in text else theirs.expand(text)
        if iri is None:
            iri = known.expand(text)
        if iri is None:
            raise TerminologyError(
                f"the prefix of {text!r} is not declared",
                expected="a prefix of the curie_map, or one that kgtwin knows",
                remedy="add it to the curie_map in the header",
            )
        return known.compress(iri) or (iri if text.partition(":")[0] in PREFIXES else text)

    return read


def _converters(curie_map: dict[str, str]) -> tuple[Any, Any]:
    import curies  # noqa: PLC0415 (costs half a second)

    records = [
        curies.Record(
            prefix=prefix,
            uri_prefix=stem,
            prefix_synonyms=[prefix.upper(), *(["SCTID", "SNOMEDCT"] if prefix == "snomed" else [])],
            uri_prefix_synonyms=SYNONYMS.get(prefix, []),
        )
        for prefix, stem in PREFIXES.items()
    ]
    theirs = {prefix: stem for prefix, stem in curie_map.items() if prefix and stem}
    return curies.Converter.from_prefix_map(theirs, strict=False), curies.Converter(records)
