"""What ``ontology diff`` shows: as text, as Markdown for a pull request, as plain values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from kgtwin.cli.counting import counted
from kgtwin.cli.markdown import code, table, words
from kgtwin.identifiers import to_curie
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.model.owl_text import render
from kgtwin.vocabulary import DCTERMS, OWL, RDF, RDFS, SKOS, XSD
from kgtwin.workbench.comparison import Comparison
from kgtwin.workbench.differences import AnnotationEdit, Asserted, AxiomEdit, EntityEdit, Version
from kgtwin.workbench.inferred import Change, Conclusion


class Labels(Protocol):
    """What knows entities' labels."""

    def label(self, iri: str) -> str: ...


_STANDARD = {"owl": OWL, "rdf": RDF, "rdfs": RDFS, "xsd": XSD, "skos": SKOS, "dcterms": DCTERMS}
_SIGN = {True: "+", False: "-"}


def text(found: Comparison) -> str:
    """For people: what was edited, then what that changes, each with place and cause."""
    lines = [f"A: {side(found.one)}", f"B: {side(found.other)}", "", f"asserted: {asserted_summary(found.asserted)}"]
    lines += _axiom_lines(found)
    lines += [line for edit in found.asserted.entities for line in _entity_lines(edit, found)]
    lines += [line for edit in _shown_annotations(found.asserted) for line in _annotation_lines(edit, found)]
    lines += ["", f"inferred: {inferred_summary(found.inferred)}"]
    lines += [line for change in found.inferred for line in _change_lines(change, found)]
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])


def markdown(found: Comparison) -> str:
    """For a pull request."""
    lines = [f"### Ontology: {code(found.one.side.name)} → {code(found.other.side.name)}", ""]
    if not found:
        return "\n".join([*lines, "No difference."])
    changes = found.inferred
    lines += [f"**Inferred**: {inferred_summary(changes)}", ""]
    surprising, told = ([one for one in changes if one.told is said] for said in (False, True))
    if surprising:
        lines += _inferred_table(surprising, found)
    if told:
        lines += [*_details(f"{counted(len(told), 'change')} as asserted", _inferred_table(told, found)), ""]
    lines += [f"**Asserted**: {asserted_summary(found.asserted)}", ""]
    rows = list(_asserted_rows(found))
    if rows:
        lines += [*_details("The edits", table(("", "edit", "where"), rows, "edits")), ""]
    return "\n".join([*lines, *(f"Note: {words(note)}" for note in found.notes)]).rstrip()


def _inferred_table(changes: Iterable[Change], found: Comparison) -> list[str]:
    return [*table(("", "what follows", "because of"), (_change_row(one, found) for one in changes)), ""]


def _details(title: str, lines: Iterable[str]) -> list[str]:
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def as_dict(found: Comparison) -> dict[str, Any]:
    """All of it as plain values."""
    edits = found.asserted
    return {
        "a": side_dict(found.one),
        "b": side_dict(found.other),
        "differs": bool(found),
        "asserted": {
            "added": [axiom_dict(edit) for edit in edits.added],
            "removed": [axiom_dict(edit) for edit in edits.removed],
            "annotations": [annotation_dict(edit) for edit in edits.annotations],
            "entities": [
                {"iri": e.iri, "label": found.label(e.iri), "kind": e.kind, "added": e.added, "place": e.place}
                for e in edits.entities
            ],
        },
        "inferred": [_change_dict(change, found) for change in found.inferred],
        "notes": list(found.notes),
    }


# sides and names


def side(version: Version) -> str:
    """A side in a line."""
    ontology = version.ontology
    return f"{version.side}, version {ontology.version}, {len(ontology.axioms)} axioms"


def side_dict(version: Version) -> dict[str, Any]:
    """A side as plain values."""
    ontology = version.ontology
    return {
        "name": version.side.name,
        "commit": version.side.commit,
        "file": version.side.shown(str(version.side.file)),
        "ontology": ontology.iri,
        "version": ontology.version,
        "digest": ontology.digest,
        "axioms": len(ontology.axioms),
    }


def _named(iri: str, found: Labels) -> str:
    """“Label” (CURIE)."""
    return f"“{found.label(iri)}” ({name(iri)})"


def name(iri: str) -> str:
    """An IRI as a CURIE, the W3C's prefixes included.

    >>> name("http://www.w3.org/2000/01/rdf-schema#label"), name("http://x/y")
    ('rdfs:label', 'http://x/y')
    """
    for prefix, stem in _STANDARD.items():
        if iri.startswith(stem):
            return f"{prefix}:{iri.removeprefix(stem)}"
    return to_curie(iri)


# asserted


def asserted_summary(edits: Asserted) -> str:
    """Counts in a line."""
    entities = Counter((one.kind, one.added) for one in edits.entities)
    parts = [
        (len(edits.added), f"{counted(len(edits.added), 'axiom')} added"),
        (len(edits.removed), f"{counted(len(edits.removed), 'axiom')} removed"),
        *(
            (count, f"{counted(count, _KINDS[kind])} {_done(added)}")
            for (kind, added), count in sorted(entities.items())
        ),
        (len(edits.annotations), counted(len(edits.annotations), "annotation edit")),
    ]
    return ", ".join(said for count, said in parts if count) or "no difference"


_KINDS = {kind.value: re.sub(r"(?<!^)([A-Z])", r" \1", kind.value).lower() for kind in EntityKind}


def _done(added: bool) -> str:
    return "added" if added else "removed"


def _axioms(edits: Asserted) -> list[tuple[bool, AxiomEdit]]:
    """Removed and added ones together by what they are about, so that a replaced one stands beside its successor."""
    both = [*((False, one) for one in edits.removed), *((True, one) for one in edits.added)]
    return sorted(both, key=lambda pair: (pair[1].subject or "", pair[0], pair[1].text))


def _axiom_lines(found: Comparison) -> Iterator[str]:
    for added, edit in _axioms(found.asserted):
        yield f"{_SIGN[added]} {edit.text}"
        yield f"    {_about(edit, found)}{edit.place or ''}"


def _about(edit: AxiomEdit, found: Comparison) -> str:
    return f"“{found.label(edit.subject)}”, " if edit.subject else ""


def _shown_annotations(edits: Asserted) -> Iterator[AnnotationEdit]:
    """Those of a new or removed entity go with it."""
    entities = {one.iri for one in edits.entities}
    return (one for one in edits.annotations if one.subject not in entities)


def _entity_lines(edit: EntityEdit, found: Comparison) -> Iterator[str]:
    own = sum(one.subject == edit.iri for one in found.asserted.annotations)
    with_notes = f", with {counted(own, 'annotation')}" if own else ""
    yield f"{_SIGN[edit.added]} {_KINDS[edit.kind]} {_named(edit.iri, found)}{with_notes}"
    if edit.place:
        yield f"    {edit.place}"


def _annotation_lines(edit: AnnotationEdit, found: Comparison) -> Iterator[str]:
    yield f"{annotation_sign(edit)} {annotation_text(edit, found)}"
    if edit.place:
        yield f"    {edit.place}"


def annotation_sign(edit: AnnotationEdit) -> str:
    """``+`` added, ``-`` removed, ``~`` changed."""
    return "~" if edit.before and edit.after else _SIGN[edit.after is not None]


def annotation_text(edit: AnnotationEdit, labels: Labels) -> str:
    """Whose annotation, which one, from what to what."""
    subject = edit.subject if edit.on_axiom else _named(edit.subject, labels)
    return f"{subject} {name(edit.property)}: {_from_to(edit)}"


def _from_to(edit: AnnotationEdit) -> str:
    return " → ".join(note_text(note) for note in (edit.before, edit.after) if note is not None)


def note_text(note: Annotation) -> str:
    """An annotation's value as written; an IRI as a CURIE.

    >>> note_text(Annotation("p", "a b", "en"))
    '"a b"@en'
    """
    curie = name(note.value)
    if curie != note.value:
        return curie
    kind = f"@{note.language}" if note.language else f"^^{name(note.datatype)}" if note.datatype else ""
    return f'"{note.value}"{kind}'


def _asserted_rows(found: Comparison) -> Iterator[Sequence[str]]:
    edits = found.asserted
    for added, edit in _axioms(edits):
        yield _SIGN[added], code(edit.text), words(edit.place or "")
    for entity in edits.entities:
        yield _SIGN[entity.added], f"{_KINDS[entity.kind]} {_cell(entity.iri, found)}", words(entity.place or "")
    for note in _shown_annotations(edits):
        yield annotation_sign(note), words(annotation_text(note, found)), words(note.place or "")


def _cell(iri: str, found: Comparison) -> str:
    return words(_named(iri, found))


def axiom_dict(edit: AxiomEdit) -> dict[str, Any]:
    """An axiom as plain values."""
    return {"axiom": render(edit.axiom), "place": edit.place, "subject": edit.subject}


def annotation_dict(edit: AnnotationEdit) -> dict[str, Any]:
    """An annotation's edit as plain values."""
    sides = {"before": edit.before, "after": edit.after}
    values = {name: None if note is None else note_text(note) for name, note in sides.items()}
    return {"subject": edit.subject, "property": edit.property, **values, "place": edit.place}


# inferred


def inferred_summary(changes: Sequence[Change]) -> str:
    """Counts in a line."""
    numbers = Counter((one.conclusion, one.gained) for one in changes)
    parts = [
        f"{counted(count, _NOUN[conclusion])} {'gained' if gained else 'lost'}"
        for (conclusion, gained), count in sorted(numbers.items(), key=lambda pair: (pair[0][0], not pair[0][1]))
    ]
    return ", ".join(parts) or "no difference"


_NOUN = {
    Conclusion.SUBSUMPTION: "subsumption",
    Conclusion.EQUIVALENCE: "equivalence",
    Conclusion.UNSATISFIABLE: "unsatisfiable class",
    Conclusion.INCONSISTENT: "inconsistency",
}


def conclusion_text(change: Change, found: Comparison) -> str:
    """What follows, in a line."""
    match change.conclusion:
        case Conclusion.INCONSISTENT:
            return "the ontology is inconsistent"
        case Conclusion.UNSATISFIABLE:
            return f"{_named(change.sub, found)} can have no instance"
    sign = "≡" if change.conclusion is Conclusion.EQUIVALENCE else "⊑"
    return f"{_named(change.sub, found)} {sign} {_named(change.sup, found)}"


def _change_lines(change: Change, found: Comparison) -> Iterator[str]:
    yield f"{_SIGN[change.gained]} {conclusion_text(change, found)}"
    if change.told:
        yield f"    as asserted at {change.because[0].place}"
        return
    for number, cause in enumerate(change.causes):
        if number:
            yield "    or"
        yield from (_because_line(edit, _SIGN[change.gained]) for edit in cause)
    if not change.causes:
        yield "    by its declaration alone"
    yield from (_because_line(edit, "with") for edit in _kept(change))
    if not change.complete:
        yield "    there may be more causes"


def _kept(change: Change) -> list[AxiomEdit]:
    """What both sides have and the conclusion takes."""
    edited = {edit for cause in change.causes for edit in cause}
    return [edit for edit in change.because if edit not in edited]


def _because_line(edit: AxiomEdit, sign: str) -> str:
    return f"    {sign} {edit.text}  {edit.place or ''}".rstrip()


def _change_row(change: Change, found: Comparison) -> Sequence[str]:
    causes = "<br>or ".join(_cause_cell(cause, change.gained) for cause in change.causes[:3])
    return _SIGN[change.gained], words(conclusion_text(change, found)), causes or "its declaration"


def _cause_cell(cause: Iterable[AxiomEdit], gained: bool) -> str:
    word = "added" if gained else "removed"
    return "<br>and ".join(f"{word} {code(edit.text)} ({words(edit.place or '')})" for edit in cause)


def _change_dict(change: Change, found: Comparison) -> dict[str, Any]:
    return {
        "conclusion": change.conclusion.value,
        "gained": change.gained,
        "sub": change.sub,
        "sub_label": found.label(change.sub),
        "sup": change.sup,
        "sup_label": found.label(change.sup),
        "told": change.told,
        "causes": [[axiom_dict(edit) for edit in cause] for cause in change.causes],
        "because": [axiom_dict(edit) for edit in change.because],
        "complete": change.complete,
    }
