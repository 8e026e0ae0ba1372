"""What a release changes: statements, entities, axioms, annotations, mappings, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from kgtwin.identifiers import to_curie
from kgtwin.ontology.nodes import Iri, Node, Term, text_of
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import DETECTED_ISSUE, kgtwin
from kgtwin.workbench.checks.statements import names
from kgtwin.workbench.merging import inferred
from kgtwin.workbench.project import Project
from kgtwin.workbench.terms import bare, written

Triple = tuple[str, ...]
_SYMMETRIC = frozenset(
    {
        "EquivalentClasses",
        "DisjointClasses",
        "ObjectIntersectionOf",
        "ObjectUnionOf",
        "ObjectOneOf",
        "EquivalentObjectProperties",
        "EquivalentDataProperties",
        "InverseObjectProperties",
        "DisjointObjectProperties",
        "DisjointDataProperties",
        "SameIndividual",
        "DifferentIndividuals",
    }
)
_HEADER = ("Annotation", "Import")


class Snapshot:
    """One version, as far as it is compared."""

    def __init__(self, project: Project, classification: Classification, mappings: set[Triple], version: str) -> None:
        self.project, self.classification, self.mappings, self.version = project, classification, mappings, version

    @cached_property
    def entries(self) -> dict[Term, Node]:
        """What it says, by its form without places and without the order of what has none."""
        return {_normal(node): node for node, _ in self.project.entries() if node.name not in _HEADER}

    @cached_property
    def statements(self) -> set[str]:
        return set(names(self.project))

    @cached_property
    def follows(self) -> set[Node]:
        """The direct subsumptions and equivalences between named classes."""
        return set(inferred(self.classification))

    def label(self, iri: str) -> str:
        return self.project.ontology.label(iri)


def _normal(term: Term) -> Term:
    if not isinstance(term, Node):
        return bare(term)
    args = [_normal(arg) for arg in term.args]
    return Node(term.name, tuple(sorted(args, key=text_of) if term.name in _SYMMETRIC else args))


class Changes:
    """From one snapshot to the next."""

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self.before, self.after = before, after
        old, new = before.entries, after.entries
        self.added = [node for key, node in new.items() if key not in old]
        self.removed = [node for key, node in old.items() if key not in new]
        declared = before.project.ontology.entities, after.project.ontology.entities
        self.entities_added = sorted(declared[1].keys() - declared[0].keys())
        self.entities_removed = sorted(declared[0].keys() - declared[1].keys())
        self.gained = sorted(after.follows - before.follows, key=text_of)
        self.lost = sorted(before.follows - after.follows, key=text_of)
        self.mappings_added = sorted(after.mappings - before.mappings)
        self.mappings_removed = sorted(before.mappings - after.mappings)

    @cached_property
    def edited(self) -> dict[str, tuple[list[Node], list[Node]]]:
        """What was added to and removed from each entity, by IRI; declarations apart."""
        found: dict[str, tuple[list[Node], list[Node]]] = {}
        for side, nodes in enumerate((self.added, self.removed)):
            for node in nodes:
                if node.name != "Declaration":
                    found.setdefault(_subject(node), ([], []))[side].append(node)
        return dict(sorted(found.items()))

    @property
    def statements_added(self) -> list[str]:
        return sorted(self.after.statements - self.before.statements)

    @property
    def statements_removed(self) -> list[str]:
        return sorted(self.before.statements - self.after.statements)

    @property
    def statements_changed(self) -> list[str]:
        return [iri for iri in self.edited if iri in self.before.statements & self.after.statements]

    def counts(self) -> dict[str, Any]:
        """How many of each."""
        return {
            "since": self.before.version,
            "statements": _count(self.statements_added, self.statements_removed, self.statements_changed),
            "entities": _count(self.entities_added, self.entities_removed),
            "axioms": _count(_axioms(self.added), _axioms(self.removed)),
            "annotations": _count(_annotations(self.added), _annotations(self.removed)),
            "inferred": _count(self.gained, self.lost),
            "mappings": _count(self.mappings_added, self.mappings_removed),
        }

    def label(self, iri: str) -> str:
        known = iri in self.after.project.ontology.entities
        return (self.after if known else self.before).label(iri)


def _count(
    added: Iterable[object], removed: Iterable[object], changed: Iterable[object] | None = None
) -> dict[str, int]:
    found = {"added": len(list(added)), "removed": len(list(removed))}
    return found if changed is None else {**found, "changed": len(list(changed))}


def _annotations(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.name == "AnnotationAssertion"]


def _axioms(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.name not in ("AnnotationAssertion", "Declaration")]


def _subject(node: Node) -> str:
    """The entity that something is about: of an annotation its subject, of an axiom its first name."""
    args = [arg for arg in node.args if not (isinstance(arg, Node) and arg.name == "Annotation")]
    if node.name == "AnnotationAssertion":
        args = args[1:]
    elif node.name in ("ClassAssertion", "SubObjectPropertyOf"):
        args = args[::-1]
    return next((arg.value for arg in args if isinstance(arg, Iri)), "")


# as Markdown


def markdown(changes: Changes | None, title: str, version: str) -> Iterator[str]:
    """The lines of a change log."""
    if changes is None:
        yield from (f"# {title} {version}", "", "No earlier release was given to compare with.")
        return
    counts = changes.counts()
    yield from (f"# {title} {version}: changes since {counts.pop('since')}", "")
    yield from ("| | added | removed | changed |", "|---|---|---|---|")
    for name, found in counts.items():
        yield f"| {name} | {found['added']} | {found['removed']} | {found.get('changed', '')} |"
    for heading, iris in (
        ("Statements added", changes.statements_added),
        ("Statements removed", changes.statements_removed),
    ):
        yield from _section(heading, (_statement(changes, iri) for iri in iris))
    yield from _section("Statements changed", _edits(changes, changes.statements_changed))
    new = {*changes.statements_added, *changes.statements_removed}
    for heading, iris in (("Entities added", changes.entities_added), ("Entities removed", changes.entities_removed)):
        yield from _section(heading, (_named(changes, iri) for iri in iris if iri not in new))
    told = {*new, *changes.statements_changed}
    yield from _section("Other edits", _edits(changes, [iri for iri in changes.edited if iri not in told]))
    for heading, nodes in (("Newly follows", changes.gained), ("Follows no more", changes.lost)):
        yield from _section(heading, (_followed(changes, node) for node in nodes if not _is_of(node, new)))
    for heading, rows in (("Mappings added", changes.mappings_added), ("Mappings removed", changes.mappings_removed)):
        yield from _section(heading, (f"- {' '.join(filter(None, row))}" for row in rows))


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"## {heading}", "", *found)


def _named(changes: Changes, iri: str) -> str:
    return f"- `{to_curie(iri)}` {changes.label(iri)}"


def _statement(changes: Changes, iri: str) -> str:
    side = changes.after if iri in changes.after.statements else changes.before
    return f"{_named(changes, iri)} ({side.project.ontology.value(iri, kgtwin('significance'))})"


def _edits(changes: Changes, iris: Iterable[str]) -> Iterator[str]:
    edited: Mapping[str, tuple[list[Node], list[Node]]] = changes.edited
    for iri in iris:
        added, removed = edited[iri]
        yield _named(changes, iri) if iri else "- (no single subject)"
        yield from (f"  - removed `{_line(node)}`" for node in removed)
        yield from (f"  - added `{_line(node)}`" for node in added)


def _line(node: Node) -> str:
    return " ".join(written(node, whole=True).split()).replace("`", "'")


def _is_of(node: Node, statements: set[str]) -> bool:
    """Whether it only says that a new or removed statement is one."""
    first, *rest = (arg.value for arg in node.args if isinstance(arg, Iri))
    return first in statements and (node.name == "SubClassOf" or DETECTED_ISSUE in rest)


def _followed(changes: Changes, node: Node) -> str:
    labels = [changes.label(arg.value) for arg in node.args if isinstance(arg, Iri)]
    word = " is below " if node.name == "SubClassOf" else " is the same as "
    return f"- {word.join(labels)} `{_line(node)}`"
