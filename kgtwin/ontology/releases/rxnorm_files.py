"""The files of an RxNorm release: NLM's own concepts, relationships and attributes, nothing that it takes from others.

Columns: https://www.nlm.nih.gov/research/umls/rxnorm/docs/techdoc.html. A relationship reads from its second concept to
its first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import check_code
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rows import rows

OWN: Final = "RXNORM"
CURRENT: Final = ("N", "")
INGREDIENTS: Final = frozenset({"IN", "PIN"})
GENERIC, BRANDED, PACKS = frozenset({"SCD"}), frozenset({"SBD"}), frozenset({"GPCK", "BPCK"})
PRODUCTS: Final = GENERIC | BRANDED | PACKS
TYPES: Final = INGREDIENTS | PRODUCTS | {"SCDC", "DF", "BN"}
_WIDTHS: Final = {"RXNCONSO": 18, "RXNREL": 16, "RXNSAT": 13, "RXNSAB": 25}
_RELATIONS: Final = frozenset(
    {
        ("has_ingredient", "SCDC", "IN"),
        ("has_ingredient", "SBD", "BN"),
        ("form_of", "PIN", "IN"),
        ("consists_of", "SCD", "SCDC"),
        ("consists_of", "SBD", "SCDC"),
        ("has_dose_form", "SCD", "DF"),
        ("has_dose_form", "SBD", "DF"),
        ("tradename_of", "SBD", "SCD"),
        ("contains", "GPCK", "SCD"),
        ("contains", "BPCK", "SCD"),
        ("contains", "BPCK", "SBD"),
        ("tradename_of", "BPCK", "GPCK"),
    }
)
_STRENGTHS: Final = frozenset(
    {"RXN_STRENGTH", *(f"RXN_BOSS_STRENGTH_{part}_{what}" for part in ("NUM", "DENOM") for what in ("VALUE", "UNIT"))}
)


class Concept(msgspec.Struct, frozen=True):
    """``kind`` is RxNorm's term type; ``current`` is False for what is suppressed or obsolete."""

    name: str
    kind: str
    current: bool


class RxNorm(msgspec.Struct):
    """A release. ``relations`` maps a relation and a concept to the concepts that it leads to."""

    concepts: dict[str, Concept] = msgspec.field(default_factory=dict)
    relations: dict[tuple[str, str], list[str]] = msgspec.field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    version: str = ""
    suppressed: int = 0

    def to(self, relation: str, code: str) -> list[str]:
        return sorted(set(self.relations.get((relation, code), ())), key=int)


def find(folder: Path) -> dict[str, Path]:
    """The files of a release by name; RXNSAT and RXNSAB may be missing.

    Raises:
        OntologyError: the folder holds no concepts or no relationships.
    """
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")) if folder.is_dir() else []:
        name = file.name.upper().removesuffix(".RRF")
        if name in _WIDTHS and file.suffix.upper() == ".RRF":
            found.setdefault(name, file)
    for name in ("RXNCONSO", "RXNREL"):
        if name not in found:
            raise OntologyError(
                f"there is no {name}.RRF in this folder",
                where=str(folder),
                expected="the folder of an unpacked RxNorm release, or its rrf folder",
                remedy="unpack the release's .zip and give the folder that it makes",
            )
    return found


def read(files: dict[str, Path], *, retired: bool, log: Log) -> RxNorm:
    """Reads a release. ``retired``: suppressed and obsolete concepts too."""
    found = RxNorm()
    _concepts(found, files["RXNCONSO"], retired, log)
    _relations(found, files["RXNREL"], log)
    if "RXNSAT" in files:
        _attributes(found, files["RXNSAT"], log)
    if "RXNSAB" in files:
        found.version = next((row[6] for _, row in _rows(files["RXNSAB"], log) if row[3] == OWN and row[6]), "")
    return found


def _rows(file: Path, log: Log) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file, each field ended by a bar."""
    width = _WIDTHS[file.name.upper().removesuffix(".RRF")]
    for line, fields in rows(file, "|", width + 1, log):
        if fields[-1]:
            log.reject(
                "columns", "the line does not end in |", str(file), line,
                expected=f"{width} fields, each ended by |", remedy="take the file from the release again",
            )  # fmt: skip
        else:
            yield line, fields


def _concepts(found: RxNorm, file: Path, retired: bool, log: Log) -> None:
    for line, row in _rows(file, log):
        code, source, kind, name, suppress = row[0], row[11], row[12], row[14], row[16]
        if source != OWN or kind not in TYPES:
            continue
        if reason := check_code("rxnorm", code):
            log.reject("bad-code", f"{code[:20]!r}: {reason}", str(file), line, "RXCUI", remedy="correct the code")
        elif not name:
            log.reject("missing", f"{code} has no name", str(file), line, "STR", expected="a name")
        elif suppress not in CURRENT and not retired:
            found.suppressed += 1
            found.concepts.setdefault(code, Concept(name, kind, False))
        else:
            _add(found, code, Concept(name, kind, suppress in CURRENT), file, line, log)
    if not retired:
        found.concepts = {code: one for code, one in found.concepts.items() if one.current}


def _add(found: RxNorm, code: str, one: Concept, file: Path, line: int, log: Log) -> None:
    known = found.concepts.get(code)
    if known is None or (one.current and not known.current):
        found.concepts[code] = one
    elif one.current:
        log.reject(
            "duplicate-id", f"{code} stands already as {known.kind} {known.name[:60]!r}", str(file), line, "RXCUI",
            expected="one name of NLM's for each concept", remedy="delete one of the two",
        )  # fmt: skip


def _relations(found: RxNorm, file: Path, log: Log) -> None:
    names = {name for name, _, _ in _RELATIONS}
    for line, row in _rows(file, log):
        target, source, relation = row[0], row[4], row[7]
        if row[10] != OWN or relation not in names or row[14] not in CURRENT or row[2] != "CUI" or row[6] != "CUI":
            continue
        one, other = found.concepts.get(source), found.concepts.get(target)
        if one is None or other is None:
            continue
        if (relation, one.kind, other.kind) in _RELATIONS:
            found.relations.setdefault((relation, source), []).append(target)
        elif (relation, other.kind, one.kind) in _RELATIONS:
            log.reject(
                "direction", f"{source} ({one.kind}) {relation} {target} ({other.kind})", str(file), line, "RELA",
                expected="the relationship that RXCUI2 has to RXCUI1", remedy="take the file from the release again",
            )  # fmt: skip


def _attributes(found: RxNorm, file: Path, log: Log) -> None:
    for _, row in _rows(file, log):
        code, name, source, value = row[0], row[8], row[9], row[10]
        if source == OWN and name in _STRENGTHS and row[11] in CURRENT and code in found.concepts:
            found.attributes.setdefault(code, {})[name] = value
