"""ROBOT's ``explain``: its command line, and what its explanations say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reasoner_processes import Command

Names = frozenset[str]
"""The IRIs in an axiom."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")


class Robot(NamedTuple):
    """How to call it: its command, the ontology, what its Java process may hold."""

    command: str
    file: Path
    heap: str

    def explain(self, sub: str, sup: str, output: Path, limit: int) -> Command:
        """Explains why one class is below another, in Markdown."""
        names = [f"ontology{number}:{local(iri)}" for number, iri in enumerate((sub, sup))]
        prefixes = [f"--prefix=ontology{number}: {_stem(iri)}" for number, iri in enumerate((sub, sup))]
        line = [self.command, *prefixes, "explain", "--reasoner", "ELK", "--input", str(self.file)]
        line += ["--max", str(limit), "--axiom", " SubClassOf ".join(names), "--explanation", str(output)]
        return Command(line, {"ROBOT_HEAP": self.heap})


def local(iri: str) -> str:
    """The last part of an IRI."""
    return re.split(r"[#/]", iri)[-1]


def _stem(iri: str) -> str:
    return iri[: len(iri) - len(local(iri))]


def explanations(markdown: str) -> list[frozenset[Names]]:
    """The explanations in ROBOT's answer, each axiom by the IRIs in it.

    >>> text = "## [A](x:A) SubClassOf [B](x:B) ##\\n\\n  - [A](x:A) SubClassOf [r](x:r) some \\n[B](x:B)\\n"
    >>> [sorted(axiom) for axiom in explanations(text)[0]]
    [['x:A', 'x:B', 'x:r']]
    """
    parts = re.split(r"^## \[.*##$", markdown.partition("\n# Axiom Impact")[0], flags=re.MULTILINE)
    return [frozenset(_axioms(part)) for part in parts[1:]]


def _axioms(part: str) -> Iterator[Names]:
    for text in re.split(r"^ *- ", part, flags=re.MULTILINE)[1:]:
        yield frozenset(_LINK.findall(text))
