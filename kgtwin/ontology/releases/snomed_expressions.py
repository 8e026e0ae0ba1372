"""The axioms of a SNOMED CT release as its OWL expression reference set states them, each checked first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.ontology.functional import Reader
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_concepts import Concepts, Selection
from kgtwin.ontology.releases.snomed_files import Component, ReleaseFiles, newest
from kgtwin.ontology.releases.snomed_relationships import ROLE_GROUP, Axioms
from kgtwin.ontology.rf2 import AXIOMS, ONTOLOGY, RowSource
from kgtwin.ontology.structure import Document, add_axiom
from kgtwin.vocabulary import SNOMED, XSD

_PREFIXES: Final = {"": SNOMED, "xsd": XSD}
_DECLARED = re.compile(r"\s*Prefix\s*\(\s*([^\s:=()]*):\s*=\s*<([^<>\s]*)>\s*\)\s*")
_NAMED = re.compile(r"([A-Za-z]\w*\(\s*)?(?<![\w\"]):(\d+)")
_OBJECT: Final = ("ObjectSomeValuesFrom(", "ObjectAllValuesFrom(", "ObjectHasSelf(")
_DATA: Final = ("DataHasValue(", "DataSomeValuesFrom(")
_ROLE_AXIOM = re.compile(r"(Sub|Transitive|Reflexive|Functional)?(Object|Data)Property")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_BATCH: Final = 5_000
_LARGE: Final = 20_000
"""Rows from which compiled code is worth loading."""


def read_axioms(files: ReleaseFiles, concepts: Concepts, selection: Selection, log: Log) -> Axioms:
    """The axioms about kept concepts; a row that does not parse or names a retired concept is told and left out.

    Raises:
        OntologyError: the release writes its axioms with another default prefix than SNOMED CT's.
    """
    members = newest(files, "expressions", log, until=selection.until)
    active = [one for one in members.values() if one.active]
    _check_prefixes(one for one in active if one.fields[0] == ONTOLOGY)
    for one in active:
        if one.fields[0] not in (AXIOMS, ONTOLOGY):
            log.note("refset", f"unknown reference set {one.fields[0][:20]!r}", one.file, one.line, "refsetId")
    known = frozenset([own for own, one in concepts.known.items() if one.active] + [ROLE_GROUP])
    axioms = map(_read, (one for one in active if one.fields[0] == AXIOMS))
    return _sorted(_parsable([one for one in axioms if _is_sound(one, concepts, known, log)], log))


def _check_prefixes(rows: Iterable[Component]) -> None:
    for one in rows:
        match = _DECLARED.fullmatch(one.fields[2])
        if match and match[1] in _PREFIXES and match[2] != _PREFIXES[match[1]]:
            raise OntologyError(
                f"the prefix {match[1]}: stands for <{match[2]}>",
                where=f"{one.file}:{one.line}",
                expected=f"<{_PREFIXES[match[1]]}>",
                remedy="take the file from the release again",
            )


class _Axiom(NamedTuple):
    """``named`` are pairs of a construct, where a concept is its first argument, and the concept."""

    row: Component
    about: str
    named: list[tuple[str, str]]


def _read(row: Component) -> _Axiom:
    return _Axiom(row, row.fields[1], _NAMED.findall(row.fields[2]))


def _is_sound(one: _Axiom, concepts: Concepts, active: frozenset[str], log: Log) -> bool:
    """Whether an axiom is about a kept concept and names only what the release has."""
    if one.about in concepts.kept and active.issuperset([name for _, name in one.named]):
        return True
    for concept in dict.fromkeys((one.about, *(name for _, name in one.named))):
        found = None if concept == ROLE_GROUP else concepts.why_not(concept)
        if found:
            field = "referencedComponentId" if concept == one.about else "owlExpression"
            log.reject(
                found[0], found[1], one.row.file, one.row.line, field,
                expected="active concepts of the release", remedy="give the folder of every module that it builds on",
            )  # fmt: skip
            return False
    return False


def _parsable(axioms: list[_Axiom], log: Log) -> list[_Axiom]:
    """Those rows that are axioms in functional syntax: many are checked together, and one by one where that fails."""
    found: list[_Axiom] = []
    for start in range(0, len(axioms), _BATCH):
        batch = axioms[start : start + _BATCH]
        if len(axioms) >= _LARGE and _parse_together([one.row for one in batch]):
            found += batch
        else:
            found += [one for one in batch if _parses(one.row, log)]
    return found


def _parse_together(rows: list[Component]) -> bool:
    if not all(_is_whole(one.fields[2]) for one in rows):
        return False
    from kgtwin.ontology.fast import functional  # noqa: PLC0415 - loads compiled code

    head = [f"Prefix({name}:=<{iri}>)" for name, iri in _PREFIXES.items()]
    content = "\n".join([*head, "Ontology(", *(one.fields[2] for one in rows), ")\n"]).encode()
    document = functional.read_fit(content)
    return document is not None and len(document.table) == len(rows)


def _is_whole(text: str) -> bool:
    """Whether a row looks like a construct of its own, so that what parses together parses by itself."""
    bare = _QUOTED.sub('""', text.strip())
    return bare[:1].isalpha() and bare[-1:] == ")" and bare.count("(") == bare.count(")") and "#" not in bare


def _parses(one: Component, log: Log) -> bool:
    source = RowSource(one.file, one.fields[2], row=one.line)
    try:
        add_axiom(source, Document(), Reader(source, dict(_PREFIXES)).construct())
    except OntologySyntaxError as error:
        log.reject(
            "owl-syntax", error.message, one.file, one.line, "owlExpression",
            expected=error.expected or "one axiom in OWL functional syntax",
            remedy="take the file from the release again",
        )  # fmt: skip
        return False
    return True


def _sorted(axioms: list[_Axiom]) -> Axioms:
    by_concept: dict[str, list[str]] = {}
    objects: set[str] = set()
    data: set[str] = set()
    for one in axioms:
        text = one.row.fields[2].strip()
        by_concept.setdefault(one.about, []).append(text)
        objects.update([name for construct, name in one.named if construct in _OBJECT])
        data.update([name for construct, name in one.named if construct in _DATA])
        if match := _ROLE_AXIOM.match(text):
            (objects if match[2] == "Object" else data).update(name for _, name in one.named)
    for those in by_concept.values():
        those.sort()
    return Axioms(by_concept, frozenset(objects - {ROLE_GROUP}), frozenset(data))
