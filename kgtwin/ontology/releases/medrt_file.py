"""The concepts and associations of a MED-RT release, checked one by one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import msgspec

from kgtwin.identifiers import check_code
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.xml_records import child, read_records, syntax_error
from kgtwin.ontology.xml import Element

MEDRT, RXNORM, MESH = "MED-RT", "RxNorm", "MeSH"
_NUI = re.compile(r"N\d{10}")
_MESH = re.compile(r"[MD]\d{4,9}")
_ENDS = ("namespace", "name", "code")


class Concept(NamedTuple):
    """One of MED-RT's own; ``kind`` is its CTY (``MoA``, ``PE``, ``EPC``, ``HC`` …)."""

    code: str
    name: str
    kind: str


class End(NamedTuple):
    """What an association leads from or to."""

    namespace: str
    name: str
    code: str


class Association(NamedTuple):
    name: str
    source: End
    target: End
    line: int
    authority: str


class MedRt(msgspec.Struct):
    """A release: its version, its concepts by code, its associations in order."""

    version: str = ""
    concepts: dict[str, Concept] = msgspec.field(default_factory=dict)
    associations: list[Association] = msgspec.field(default_factory=list)
    retired: set[str] = msgspec.field(default_factory=set)


def read(file: Path, log: Log) -> MedRt:
    """Reads a release; what is wrong in it is told and left out.

    Raises:
        OntologySyntaxError: not well-formed, with entities, or no MED-RT.
        OntologyError: the file cannot be read.
    """
    found = MedRt()
    pending: list[Association] = []

    def take(element: Element) -> None:
        if element.name == "version":
            found.version = found.version or element.text.strip()
        elif element.name == "concept":
            _concept(element, found, file, log)
        elif one := _association(element, file, log):
            pending.append(one)

    read_records(file, ["version", "concept", "association"], take)
    if not found.concepts:
        raise syntax_error(file, "there are no MED-RT concepts in it", "a file such as Core_MEDRT_2026.07.06_XML.xml")
    seen: dict[tuple[str, End, End], int] = {}
    for one in pending:
        if _is_sound(one, found, seen, file, log):
            found.associations.append(one)
    return found


def _concept(element: Element, found: MedRt, file: Path, log: Log) -> None:
    code, name, status = (child(element, field) for field in ("code", "name", "status"))
    if child(element, "namespace") != MEDRT:
        return
    if not _NUI.fullmatch(code) or not name:
        log.reject(
            "bad-code", f"a concept has the code {code[:20]!r} and the name {name[:40]!r}", str(file), element.line,
            "code", expected="N and ten digits, and a name", remedy="use the file as released",
        )  # fmt: skip
    elif code in found.concepts or code in found.retired:
        log.reject("duplicate-id", f"{code} stands twice", str(file), element.line, "code", remedy="delete one")
    elif status != "A":
        found.retired.add(code)
    else:
        kinds = [child(one, "value") for one in element.children if child(one, "name") == "CTY"]
        found.concepts[code] = Concept(code, name, kinds[0] if kinds else "")


def _association(element: Element, file: Path, log: Log) -> Association | None:
    name = child(element, "name")
    source, target = (End(*(child(element, f"{side}_{field}") for field in _ENDS)) for side in ("from", "to"))
    if not name or not all((*source, *target)):
        log.reject(
            "missing", f"an association {name!r} lacks an end", str(file), element.line,
            expected="namespace, name and code on both sides", remedy="use the file as released",
        )  # fmt: skip
        return None
    authority = next((child(one, "value") for one in element.children if child(one, "name") == "Authority"), "")
    return Association(name, source, target, element.line, authority)


def _is_sound(one: Association, found: MedRt, seen: dict[tuple[str, End, End], int], file: Path, log: Log) -> bool:
    for side, end in (("from", one.source), ("to", one.target)):
        wrong = _wrong(end, found)
        if wrong:
            log.reject(
                wrong[0], wrong[1], str(file), one.line, f"{side}_code",
                expected="a current code of its namespace", remedy="use the files of one release",
            )  # fmt: skip
            return False
    first = seen.setdefault((one.name, one.source, one.target), one.line)
    if first != one.line:
        log.note("duplicate-row", f"the association stands already in line {first}", str(file), one.line)
    return first == one.line


def _wrong(end: End, found: MedRt) -> tuple[str, str] | None:
    namespace, _, code = end
    if namespace == MEDRT and code not in found.concepts:
        return (
            ("retired", f"{code} is retired") if code in found.retired else ("unknown-concept", f"{code} is not here")
        )
    if namespace == RXNORM and (reason := check_code("rxnorm", code)):
        return "bad-code", f"{code[:20]!r}: {reason}"
    if namespace == MESH and not _MESH.fullmatch(code):
        return "bad-code", f"{code[:20]!r} is no MeSH identifier"
    return None
