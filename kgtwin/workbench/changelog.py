"""What a release changes: statements, entities, axioms, annotations, mappings, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge.statements import SIGNIFICANCE
from kgtwin.model.ontology import Annotation, Ontology
from kgtwin.vocabulary import kgtwin
from kgtwin.workbench.comparison import Comparison
from kgtwin.workbench.differences import AnnotationEdit, AxiomEdit
from kgtwin.workbench.inferred import Change, Conclusion
from kgtwin.workbench.merging import HEADER

Triple = tuple[str, ...]
_WORDS = {
    Conclusion.SUBSUMPTION: "{sub} is below {sup}",
    Conclusion.EQUIVALENCE: "{sub} is the same as {sup}",
    Conclusion.UNSATISFIABLE: "{sub} can have no instance",
    Conclusion.INCONSISTENT: "there is no model",
}


class Changes:
    """From an earlier version to this one; ``mappings`` are all rows of either, as their triples."""

    def __init__(self, found: Comparison, mappings: tuple[set[Triple], set[Triple]]) -> None:
        self.found = found
        self.mappings_removed, self.mappings_added = (
            sorted(mappings[0] - mappings[1]),
            sorted(mappings[1] - mappings[0]),
        )
        self._statements = _statements(found.one.ontology), _statements(found.other.ontology)

    @property
    def since(self) -> str:
        """The earlier version."""
        return self.found.one.ontology.version

    @cached_property
    def edited(self) -> dict[str, list[str]]:
        """The edits of each entity, as text, by IRI."""
        found: dict[str, list[str]] = {}
        for sign, edits in (("removed", self.found.asserted.removed), ("added", self.found.asserted.added)):
            for edit in sorted(edits, key=_order):
                found.setdefault(edit.subject or "", []).append(f"{sign} `{_code(edit.text)}`")
        for one in self._annotations:
            found.setdefault(one.subject, []).append(_annotation(one))
        return dict(sorted(found.items()))

    @cached_property
    def _annotations(self) -> list[AnnotationEdit]:
        """Without those of the ontologies themselves: a merged document has a header of its own."""
        headers = {self.found.one.ontology.iri, self.found.other.ontology.iri}
        known = {*self.found.one.ontology.entities, *self.found.other.ontology.entities}
        every = (one for one in self.found.asserted.annotations if one.subject not in headers)
        return sorted(
            (one for one in every if one.on_axiom or one.subject in known),
            key=lambda one: (one.subject, one.property, _text(one.before), _text(one.after)),
        )

    @property
    def statements_added(self) -> list[str]:
        return sorted(self._statements[1] - self._statements[0])

    @property
    def statements_removed(self) -> list[str]:
        return sorted(self._statements[0] - self._statements[1])

    @property
    def statements_changed(self) -> list[str]:
        return [iri for iri in self.edited if iri in self._statements[0] & self._statements[1]]

    @property
    def others_changed(self) -> list[str]:
        """What was edited and is no statement, and neither new nor gone."""
        told = {*self._statements[0], *self._statements[1], *self.entities(True), *self.entities(False)}
        return [iri for iri in self.edited if iri not in told]

    @property
    def follows(self) -> list[Change]:
        """What is gained or lost and is not just what an edit says."""
        return [one for one in self.found.inferred if not one.told]

    def entities(self, added: bool) -> list[str]:
        """Entities that are new, or gone, without what only the header of a merged document needs."""
        edits = (one for one in self.found.asserted.entities if one.iri not in HEADER)
        return sorted(one.iri for one in edits if one.added is added)

    def counts(self) -> dict[str, Any]:
        """How many of each."""
        asserted = self.found.asserted
        return {
            "since": self.since,
            "statements": {
                **_count(self.statements_added, self.statements_removed),
                "changed": len(self.statements_changed),
            },
            "entities": _count(self.entities(True), self.entities(False)),
            "axioms": _count(asserted.added, asserted.removed),
            "annotations": {
                "added": sum(one.before is None for one in self._annotations),
                "removed": sum(one.after is None for one in self._annotations),
                "changed": sum(None not in (one.before, one.after) for one in self._annotations),
            },
            "inferred": _count(
                (one for one in self.found.inferred if one.gained),
                (one for one in self.found.inferred if not one.gained),
            ),
            "mappings": _count(self.mappings_added, self.mappings_removed),
        }


def _statements(ontology: Ontology) -> set[str]:
    return {iri for iri in ontology.annotations if ontology.value(iri, SIGNIFICANCE) is not None}


def _count(added: Iterable[object], removed: Iterable[object]) -> dict[str, int]:
    return {"added": sum(1 for _ in added), "removed": sum(1 for _ in removed)}


def _order(edit: AxiomEdit) -> tuple[str, str]:
    return edit.subject or "", edit.text


def _annotation(edit: AnnotationEdit) -> str:
    name = to_curie(edit.property)
    if edit.before is None:
        return f"added {name}: {_text(edit.after)}"
    if edit.after is None:
        return f"removed {name}: {_text(edit.before)}"
    return f"changed {name}: {_text(edit.before)} → {_text(edit.after)}"


def _text(note: Annotation | None) -> str:
    return "" if note is None else " ".join(note.value.split())


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


# as Markdown


def markdown(changes: Changes | None, title: str, version: str) -> Iterator[str]:
    """The lines of a change log."""
    if changes is None:
        yield from (f"# {title} {version}", "", "No earlier version was given to compare with.")
        return
    counts = changes.counts()
    yield from (f"# {title} {version}: changes since {counts.pop('since')}", "")
    yield from ("| | added | removed | changed |", "|---|---|---|---|")
    for name, found in counts.items():
        yield f"| {name} | {found['added']} | {found['removed']} | {found.get('changed', '')} |"
    yield from _section("Statements added", (_statement(changes, iri) for iri in changes.statements_added))
    yield from _section("Statements removed", (_statement(changes, iri) for iri in changes.statements_removed))
    yield from _section("Statements changed", _edits(changes, changes.statements_changed))
    told = {*changes.statements_added, *changes.statements_removed}
    for heading, added in (("Entities added", True), ("Entities removed", False)):
        yield from _section(heading, (_named(changes, iri) for iri in changes.entities(added) if iri not in told))
    yield from _section("Other edits", _edits(changes, changes.others_changed))
    for heading, gained in (("Newly follows", True), ("Follows no more", False)):
        yield from _section(heading, _followed(changes, gained))
    for heading, rows in (("Mappings added", changes.mappings_added), ("Mappings removed", changes.mappings_removed)):
        yield from _section(heading, (f"- {' '.join(filter(None, row))}" for row in rows))
    yield from _section("What may be missing", (f"- {one}" for one in changes.found.notes))


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"## {heading}", "", *found)


def _named(changes: Changes, iri: str) -> str:
    return f"- `{to_curie(iri)}` {changes.found.label(iri)}" if iri else "- (about no single entity)"


def _statement(changes: Changes, iri: str) -> str:
    sides = changes.found.other.ontology, changes.found.one.ontology
    words = next(found for side in sides if (found := side.value(iri, kgtwin("significance"))))
    return f"{_named(changes, iri)} ({words})"


def _edits(changes: Changes, iris: Iterable[str]) -> Iterator[str]:
    for iri in iris:
        yield _named(changes, iri)
        yield from (f"  - {edit}" for edit in changes.edited[iri])


def _followed(changes: Changes, gained: bool) -> Iterator[str]:
    for one in changes.follows:
        if one.gained is gained:
            sub, sup = (f"{changes.found.label(iri)} (`{to_curie(iri)}`)" for iri in (one.sub, one.sup))
            yield f"- {_WORDS[one.conclusion].format(sub=sub, sup=sup)}"
            for edit in one.causes[0] if one.causes else ():
                yield f"  - because {'of' if gained else 'the loss of'} `{_code(edit.text)}`"
