"""Importing a made-up SNOMED CT release of the real one's size.

Usage::

    python benchmarks/importing.py generate N FOLDER [--seed 7]
    python benchmarks/importing.py measure [N] [--form owl|relationships]

``generate`` writes an RF2 snapshot of N concepts (350,000 is the real one's size): identifiers with their check digits
in a namespace that nobody has, three descriptions a concept, a language reference set, inactive rows, relationships
in role groups, and the same axioms as an OWL expression reference set. It holds nothing of SNOMED CT but the
identifiers of its metadata that the format itself needs. ``measure`` generates one, imports it by the command line in a
process of its own, and prints what that took.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

ROOT, ATTRIBUTES, OBJECTS = "138875005", "410662002", "762705008"
MODULE, IS_A, GROUP = "900000000000207008", "116680003", "609096000"
DEFINED, PRIMITIVE = "900000000000073002", "900000000000074008"
FULL_NAME, SYNONYM = "900000000000003001", "900000000000013009"
INFERRED, SOME, CASE = "900000000000011006", "900000000000451002", "900000000000448009"
AXIOMS, DIALECT, PREFERRED = "733073007", "900000000000509007", "900000000000548007"
TIMES = ("20240101", "20250101", "20260101")
ROLES = 10
SEGMENTS = {"body": 0.15, "substance": 0.1, "finding": 0.5, "procedure": 0.25}
TEMPLATES = {
    "finding": [(0, "body", 0.8), (1, "body", 0.5), (2, "substance", 0.2), (3, "finding", 0.07)],
    "procedure": [(4, "body", 0.8), (5, "substance", 0.9), (6, "substance", 0.1)],
    "body": [],
    "substance": [],
}
MULTIPLY = [[(a + b) % 5 for b in range(5)] + [5 + (a + b) % 5 for b in range(5)] for a in range(5)]
MULTIPLY += [[5 + (a - b) % 5 for b in range(5)] + [(a - b) % 5 for b in range(5)] for a in range(5, 10)]
INVERSE = [0, 4, 3, 2, 1, 5, 6, 7, 8, 9]
PERMUTE = [list(range(10))]
for _ in range(7):
    PERMUTE.append([(1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit] for digit in PERMUTE[-1]])


def sctid(number: int, partition: str) -> str:
    """An identifier of the namespace 9999999: ``10`` a concept's, ``11`` a description's, ``12`` a relationship's."""
    body = f"{number}9999999{partition}"
    check = 0
    for place, digit in enumerate(reversed(body), 1):
        check = MULTIPLY[check][PERMUTE[place % 8][ord(digit) - 48]]
    return body + str(INVERSE[check])


class Release:
    """N concepts in a taxonomy: parents, role groups and whether each is defined."""

    def __init__(self, size: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.roles = [sctid(number, "10") for number in range(1, ROLES + 1)]
        self.names = dict(
            zip([ROOT, ATTRIBUTES, OBJECTS, MODULE], ["Root", "Attribute", "Role", "Module"], strict=True)
        )
        self.names |= {role: f"Role {number}" for number, role in enumerate(self.roles, 1)}
        self.parents: dict[str, list[str]] = {ATTRIBUTES: [ROOT], OBJECTS: [ATTRIBUTES], MODULE: [ROOT]}
        self.parents |= {role: [OBJECTS] for role in self.roles}
        self.parents[self.roles[3]].append(self.roles[2])
        self.groups: dict[str, list[list[tuple[str, str]]]] = {}
        self.defined: set[str] = set()
        self._fill(size - len(self.names))

    def _fill(self, size: int) -> None:
        start, pools = ROLES + 1, {}
        for segment, share in SEGMENTS.items():
            count = max(3, int(size * share))
            pools[segment] = [sctid(number, "10") for number in range(start, start + count)]
            start += count
        for segment, pool in pools.items():
            for place, own in enumerate(pool):
                self._concept(own, place, segment, pools)

    def _concept(self, own: str, place: int, segment: str, pools: dict[str, list[str]]) -> None:
        chance, pool = self.random, pools[segment]
        self.names[own] = f"Made-up {segment} {place}"
        count = 1 if chance.random() < 0.65 else 2
        above = {pool[int(place * chance.random() ** 2.5)] for _ in range(count)}
        self.parents[own] = sorted(above, key=int) if place else [ROOT]
        groups = []
        for _ in range(1 if chance.random() < 0.85 else 2):
            pairs = {
                (self.roles[role], pools[target][int(chance.random() * min(max(1, place), len(pools[target])))])
                for role, target, likely in TEMPLATES[segment]
                if chance.random() < likely
            }
            if pairs:
                groups.append(sorted(pairs))
        if groups and place:
            self.groups[own] = groups
            if chance.random() < 0.4:
                self.defined.add(own)

    def axiom(self, own: str) -> Iterator[str]:
        """The concept's axioms, as the OWL reference set writes them."""
        if own in self.roles:
            yield from (f"SubObjectPropertyOf(:{own} :{parent})" for parent in self.parents[own])
            return
        parts = [f":{parent}" for parent in self.parents.get(own, [])]
        for group in self.groups.get(own, []):
            texts = [f"ObjectSomeValuesFrom(:{role} :{target})" for role, target in group]
            inner = texts[0] if len(texts) == 1 else f"ObjectIntersectionOf({' '.join(texts)})"
            parts.append(f"ObjectSomeValuesFrom(:{GROUP} {inner})")
        if len(parts) == 1:
            yield f"SubClassOf(:{own} {parts[0]})"
        elif parts:
            kind = "EquivalentClasses" if own in self.defined else "SubClassOf"
            yield f"{kind}(:{own} ObjectIntersectionOf({' '.join(parts)}))"

    def write(self, folder: Path) -> None:
        """Writes the snapshot's files."""
        for name, columns, found in (
            ("Terminology/sct2_Concept_Snapshot", "definitionStatusId", self._concepts()),
            (
                "Terminology/sct2_Description_Snapshot-en",
                "conceptId languageCode typeId term caseSignificanceId",
                self._descriptions(),
            ),
            (
                "Refset/Language/der2_cRefset_LanguageSnapshot-en",
                "refsetId referencedComponentId acceptabilityId",
                self._language(),
            ),
            (
                "Terminology/sct2_Relationship_Snapshot",
                "sourceId destinationId relationshipGroup typeId characteristicTypeId modifierId",
                self._relationships(),
            ),
            (
                "Terminology/sct2_sRefset_OWLExpressionSnapshot",
                "refsetId referencedComponentId owlExpression",
                self._expressions(),
            ),
        ):
            file = folder / "Snapshot" / f"{name}_INT_{TIMES[-1]}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("w", encoding="utf-8", newline="") as out:
                out.write("\t".join(["id", "effectiveTime", "active", "moduleId", *columns.split()]) + "\r\n")
                out.writelines("\t".join(row) + "\r\n" for row in found)

    def _version(self, active: str = "1") -> tuple[str, str, str]:
        return self.random.choice(TIMES), active, MODULE

    def _concepts(self) -> Iterator[tuple[str, ...]]:
        for own in self.names:
            yield own, *self._version(), DEFINED if own in self.defined else PRIMITIVE
        for number in range(len(self.names) // 5):
            yield sctid(10_000_000 + number, "10"), *self._version("0"), PRIMITIVE

    def _descriptions(self) -> Iterator[tuple[str, ...]]:
        for number, (own, name) in enumerate(self.names.items()):
            yield sctid(3 * number + 1, "11"), *self._version(), own, "en", FULL_NAME, f"{name} (made up)", CASE
            yield sctid(3 * number + 2, "11"), *self._version(), own, "en", SYNONYM, name, CASE
            yield sctid(3 * number + 3, "11"), *self._version(), own, "en", SYNONYM, f"{name}, other", CASE

    def _language(self) -> Iterator[tuple[str, ...]]:
        for number in range(3 * len(self.names)):
            yield str(UUID(int=number)), *self._version(), DIALECT, sctid(number + 1, "11"), PREFERRED

    def _relationships(self) -> Iterator[tuple[str, ...]]:
        number = 0
        for own in self.names:
            rows = [(own, parent, "0", IS_A) for parent in self.parents.get(own, [])]
            for place, group in enumerate(self.groups.get(own, []), 1):
                rows += [(own, target, str(place), role) for role, target in group]
            for row in rows:
                number += 1
                yield sctid(number, "12"), *self._version(), *row, INFERRED, SOME
                if number % 5 == 0:
                    number += 1
                    yield sctid(number, "12"), *self._version("0"), *row, INFERRED, SOME

    def _expressions(self) -> Iterator[tuple[str, ...]]:
        number = 0
        for own in self.names:
            for text in self.axiom(own):
                number += 1
                yield str(UUID(int=number)), *self._version(), AXIOMS, own, text


def measure(size: int, form: str, seed: int) -> None:
    """Generates a release, imports it, prints what was read and how long it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Release(size, seed).write(folder / "release")
        read = sum(file.stat().st_size for file in (folder / "release").rglob("*.txt"))
        output = folder / "snomed.ofn"
        line = [sys.executable, "-m", "kgtwin", "knowledge", "import", "snomed", str(folder / "release")]
        begin = time.perf_counter()
        process = subprocess.Popen([*line, "-o", output, "--form", form, "--json"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        if status:
            sys.exit(f"the import failed: {status}")
        counts = json.loads(told)["counts"]
        print(f"{size} concepts, {form}: {read / 1e6:.0f} MB read, {output.stat().st_size / 1e6:.0f} MB written")
        print(", ".join(f"{count} {what}" for what, count in counts.items()))
        print(f"{wall:.1f} s, {usage.ru_maxrss >> 10} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("generate")
    one.add_argument("size", type=int)
    one.add_argument("folder", type=Path)
    other = commands.add_parser("measure")
    other.add_argument("size", type=int, nargs="?", default=350_000)
    other.add_argument("--form", choices=["owl", "relationships"], default="owl")
    for command in (one, other):
        command.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.command == "generate":
        Release(arguments.size, arguments.seed).write(arguments.folder)
    else:
        measure(arguments.size, arguments.form, arguments.seed)


if __name__ == "__main__":
    main()
