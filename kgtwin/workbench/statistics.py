"""What an ontology has: entities, axioms and statements, by module, kind, significance, evidence and review."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from kgtwin.reasoning import Classification
from kgtwin.terminology.sssom_table import Table
from kgtwin.vocabulary import kgtwin
from kgtwin.workbench import reviews
from kgtwin.workbench.merging import inferred
from kgtwin.workbench.project import Module, Project

_HEADER = ("Annotation", "Import")
_NOT_LOGICAL = (
    "Declaration",
    "AnnotationAssertion",
    "SubAnnotationPropertyOf",
    "AnnotationPropertyDomain",
    "AnnotationPropertyRange",
)
_BY = {"kind": "kind", "significance": "significance", "evidence": "evidenceStatus"}


def statistics(
    project: Project, classification: Classification, mappings: Table, at: dt.date | None = None
) -> dict[str, Any]:
    """Counts as plain values; without a day a signed review never expires."""
    statements = project.statements
    return {
        "entities": _counted(str(kind) for kind in project.ontology.entities.values()),
        "axioms": _counted(type(axiom).__name__ for axiom in project.ontology.axioms),
        "inferred": _counted(node.name for node in inferred(classification)),
        "modules": [_module(project, module, statements) for module in project.modules],
        "statements": {
            "count": len(statements),
            **{name: _values(project, statements, prop) for name, prop in _BY.items()},
            "review": _counted(one.state.value for one in reviews.standings(project, at or dt.date.min)),
        },
        "mappings": {
            "count": len(mappings.rows),
            "predicate": _counted(row.get("predicate_id", "") for row in mappings.rows),
            "set": _counted(row.get("mapping_source", "") for row in mappings.rows),
        },
    }


def _module(project: Project, module: Module, statements: Iterable[str]) -> dict[str, Any]:
    names_of = Counter(node.name for node, _ in module.entries)
    places = (project.where(iri) for iri in statements)
    own = sum(1 for place in places if place is not None and place.file == str(module.file))
    return {
        "module": module.file.name,
        "iri": module.iri or "",
        "declarations": names_of["Declaration"],
        "annotations": names_of["AnnotationAssertion"],
        "axioms": sum(count for name, count in names_of.items() if name not in (*_HEADER, *_NOT_LOGICAL)),
        "statements": own,
    }


def _values(project: Project, statements: Iterable[str], prop: str) -> dict[str, int]:
    return _counted(project.ontology.value(iri, kgtwin(prop)) or "none" for iri in statements)


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
