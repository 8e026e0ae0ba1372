"""All checks of an ontology in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from kgtwin.errors import InconsistentOntologyError, OntologyError
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import EntityKind
from kgtwin.reasoning import Classification, classify
from kgtwin.workbench.checks import axioms, logic, names, shapes, spelling, statements
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.project import Project, Readings, read_project

_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
_WRITTEN: tuple[Callable[[Project], Iterator[Finding]], ...] = (
    axioms.outside_profile,
    names.dangling,
    spelling.unknown_properties,
    spelling.unknown_entities,
    spelling.unclear_flags,
    names.bad_codes,
    names.retired,
    names.unlabelled,
    names.relabelled,
    statements.documentation,
    statements.undefined,
    axioms.duplicates,
)
"""What can be seen without reasoning."""
_DERIVED: tuple[Callable[[Project, Classification], Iterator[Finding]], ...] = (
    logic.unsatisfiable,
    statements.without_unit,
    statements.needless,
    axioms.cycles,
    axioms.redundant,
    logic.not_used,
)


class Memory:
    """What an earlier check has read and classified, so that the next one only looks at what has changed."""

    def __init__(self) -> None:
        self.readings: Readings = {}
        self.project: Project | None = None
        self.classification: Classification | None = None
        """What was classified last, and its classification."""
        self._axioms: frozenset[Axiom] = frozenset()

    def classified(self, project: Project) -> Classification:
        """A classification of what a project says, changed from the last one where there is one.

        Raises:
            OntologyError: it is inconsistent, or does not fit in memory.
        """
        axioms, before = project.ontology.axioms, self.classification
        now = frozenset(axioms)
        if before is None:
            classes = (iri for iri, kind in project.ontology.entities.items() if kind is EntityKind.CLASS)
            found = classify(axioms, classes=classes)
        else:
            added = [one for one in axioms if one not in self._axioms]
            found = before.change(added, [one for one in before.axioms if one not in now])
        self._axioms, self.project, self.classification = now, project, found
        return found


class Report(msgspec.Struct, frozen=True):
    """``findings``: contradictions and other errors first, then by place; ``counts``: modules, axioms, statements …"""

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    counts: dict[str, int]
    seconds: float

    @property
    def errors(self) -> int:
        return sum(one.level is Level.ERROR for one in self.findings)

    @property
    def warnings(self) -> int:
        return sum(one.level is Level.WARNING for one in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [one.to_dict() for one in self.findings],
            "files": list(self.files),
            **self.counts,
            "seconds": round(self.seconds, 3),
        }


def check(
    path: Path,
    *,
    dl: bool = False,
    shape_files: tuple[Path, ...] | None = (),
    memory: Memory | None = None,
) -> Report:
    """Everything that is wrong with an ontology and what it imports; ``dl`` asks HermiT, too.

    ``shape_files`` are SHACL shapes for annotations, besides ``shapes.ttl`` beside the root; None: no shapes at all.
    ``memory`` is that of the checks before.

    Raises:
        UsageError: there is no such file, or no single root in the folder.
        MissingExtraError: what was asked for is not installed.
    """
    start = perf_counter()
    memory = memory or Memory()
    project, findings = read_project(path, memory.readings)
    if project is None:
        files = tuple(dict.fromkeys(one.where.file for one in findings if one.where))
        return Report(_sorted(findings), files, {}, perf_counter() - start)
    for look in _WRITTEN:
        findings += look(project)
    findings += () if shape_files is None else shapes.violations(project, shape_files)
    findings += _derived(project, memory, dl)
    counts = {
        "modules": len(project.modules),
        "axioms": len(project.ontology.axioms),
        "entities": len(project.declared),
        "statements": len(project.statements),
    }
    files = tuple(str(module.file) for module in project.modules)
    return Report(_sorted(findings), files, counts, perf_counter() - start)


def _derived(project: Project, memory: Memory, dl: bool) -> Iterator[Finding]:
    try:
        classification = memory.classified(project)
    except InconsistentOntologyError as error:
        yield logic.inconsistent(project, error)
        return
    except OntologyError as error:
        yield Finding(check="reasoner", level=Level.ERROR, message=error.message, remedy=error.remedy)
        return
    for look in _DERIVED:
        yield from look(project, classification)
    if dl:
        yield from logic.by_hermit(project, classification)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    def key(one: Finding) -> tuple[int, bool, str, int, str]:
        place = one.where
        first = one.check not in ("inconsistent", "unsatisfiable")
        return _ORDER[one.level], first, place.file if place else "", (place and place.line) or 0, one.message

    return tuple(sorted(dict.fromkeys(findings), key=key))
