"""Copies of an ontology with edits drawn at random: placements and definitions less, placements more, contradictions.

Files in functional syntax with one axiom a line are edited as text, so that both sides read what an editor would save.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

CATALOGUE = "catalog-v001.xml"
_PLACED = re.compile(r"SubClassOf\(([^\s()]+) ([^\s()]+)\)")


class Edit(NamedTuple):
    """A line that is taken away or put in."""

    file: str
    line: str
    added: bool

    def __str__(self) -> str:
        return f"{'+' if self.added else '-'} {self.file}: {self.line[:160]}"


class Lines:
    """The lines of an ontology's files that can be edited."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.texts = {file: file.read_text(encoding="utf-8").split("\n") for file in files if file.suffix == ".ofn"}
        rows = [(file.name, line) for file, lines in self.texts.items() for line in lines]
        self.placed = [row for row in rows if _PLACED.fullmatch(row[1])]
        self.defined = [row for row in rows if row[1].startswith("EquivalentClasses(") and _whole(row[1])]

    def edits(self, random: Random, placed: int, defined: int, added: int) -> list[Edit]:
        """So many placements and definitions less, so many placements more."""
        gone = random.sample(self.placed, placed) + random.sample(self.defined, min(defined, len(self.defined)))
        return [*(Edit(*row, False) for row in gone), *(self._placement(random) for _ in range(added))]

    def _placement(self, random: Random) -> Edit:
        """A class of a file below another that the same file names."""
        file, line = random.choice(self.placed)
        sups = [other for name, other in self.placed if name == file]
        return Edit(file, f"SubClassOf({_parts(line)[0]} {_parts(random.choice(sups))[1]})", True)

    def contradictions(self, random: Random, count: int) -> list[Edit]:
        """Classes that are disjoint with what they are placed below."""
        return [
            Edit(file, f"DisjointClasses({' '.join(_parts(line))})", True)
            for file, line in random.sample(self.placed, count)
        ]


def _whole(line: str) -> bool:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
    return bare.count("(") == bare.count(")")


def _parts(line: str) -> tuple[str, str]:
    found = _PLACED.fullmatch(line)
    assert found is not None
    return found[1], found[2]


def copy(root: Path, lines: Lines, edits: Sequence[Edit], folder: Path) -> Path:
    """The root of an edited copy in a new folder; the catalogue and the modules beside the root come along."""
    folder.mkdir(parents=True)
    catalogue = root.parent / CATALOGUE
    beside = [root, catalogue] if catalogue.is_file() and len(lines.texts) > 1 else [root]
    for file in {*beside, *lines.texts}:
        shutil.copy(file, folder / file.name)
    for file, text in lines.texts.items():
        own = [edit for edit in edits if edit.file == file.name]
        if own:
            (folder / file.name).write_text("\n".join(_edited(text, own)), encoding="utf-8")
    return folder / root.name


def _edited(text: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    gone = {edit.line for edit in edits if not edit.added}
    kept = [line for line in text if line not in gone]
    end = max(number for number, line in enumerate(kept) if line.strip() == ")")
    return [*kept[:end], *(edit.line for edit in edits if edit.added), *kept[end:]]
