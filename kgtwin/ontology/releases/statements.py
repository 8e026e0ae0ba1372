"""Imported statements: named, annotated, defined classes of patients, silent until somebody reviews them.

A statement's name is a digest of medicine, condition, context and source, so that a newer release gives the same
name to the same statement. What a file already holds is kept line by line where a newer release says the same, so that
a difference shows what changed, and so that reviews last exactly as long as what was reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.identifiers import digest
from kgtwin.model.issue import Significance
from kgtwin.ontology.releases.writing import CORE, OURS, Provenance, header, literal, shorten
from kgtwin.vocabulary import CLINICAL_CONDITION, HAS_EVER, HAS_NOW

UNREVIEWED: Final = "imported, not reviewed"
_DECLARING = ("snomed-module", "drugs", "products", "contraindications", "interactions", "allergies", "behaviour")
MODULES: Final = (CORE, *(CORE.removesuffix("core") + name for name in _DECLARING))
"""What an imported module builds on, where the ontology has it."""
_NAME = re.compile(r":(Imported(?:CI|DDI|DA)_[0-9a-f]{16})\b")
_PROPERTY = re.compile(r"AnnotationAssertion\((\S+) ")
_SUBSTANCE_OF_IT: Final = frozenset(
    f":{name}" for name in ("kind", "significance", "detail", "evidenceSource", "evidenceText", "heldBecause")
) | {"rdfs:label"}
"""The annotations that a review is about; others tell of the import and of the review."""


class Kind(StrEnum):
    """The kinds of imported statements, by the beginning of their names."""

    CONTRAINDICATION = "CI"
    INTERACTION = "DDI"
    ALLERGY = "DA"


_KIND: Final = {
    Kind.CONTRAINDICATION: ("drug-condition", "PatientWithContraindication"),
    Kind.INTERACTION: ("drug-drug", "PatientWithInteraction"),
    Kind.ALLERGY: ("drug-allergy", "PatientWithAllergyConflict"),
}
CONTEXTS: Final = {"now": HAS_NOW, "ever": HAS_EVER}


class Review(msgspec.Struct, frozen=True):
    """Whether statements are accepted with their source, and by whom."""

    accepted: bool = False
    reviewer: str = ""

    def status(self, provenance: Provenance) -> str:
        by = f" by {self.reviewer}" if self.reviewer else ""
        return f"accepted with its source{by}, {provenance.imported.isoformat()}"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One imported statement about an ingredient, or a class of them.

    ``other``: the condition, the other ingredient, or the substance of an allergy; ``held``: why it must stay silent;
    ``systemic``: whether only a systemic route counts.
    """

    kind: Kind
    medicine: str
    other: str
    label: str
    detail: str
    significance: Significance = Significance.CONTRAINDICATED
    context: str = "now"
    evidence: tuple[str, ...] = ()
    held: str | None = None
    place: str = ""
    systemic: bool = False

    def name(self, slug: str) -> str:
        pair = sorted((self.medicine, self.other)) if self.kind is Kind.INTERACTION else (self.medicine, self.other)
        return f"Imported{self.kind}_{digest(*pair, self.context, slug)}"

    def lines(self, provenance: Provenance, review: Review) -> Iterator[str]:
        """Its axioms and annotations, with every annotation that the shipped statements have."""
        name = ":" + self.name(provenance.slug)
        kind, above = _KIND[self.kind]
        accepted = review.accepted and self.held is None
        yield f"Declaration(Class({name}))"
        yield f"AnnotationAssertion(rdfs:label {name} {literal(self.label, 'en')})"
        yield f"EquivalentClasses({name} ObjectIntersectionOf(:Patient {self._body()}))"
        yield f"SubClassOf({name} :{above})"
        for prop, value in (
            ("kind", kind),
            ("significance", self.significance.value),
            ("detail", self.detail),
            ("evidenceSource", provenance.source),
            ("evidenceText", " | ".join(self.evidence) or "The source gives no text."),
            ("evidenceStatus", "unverified"),
            ("mitigation", "Read the source before acting on it."),
            ("curator", f"imported from {provenance.source}"),
        ):
            yield f"AnnotationAssertion(:{prop} {name} {literal(value)})"
        yield f'AnnotationAssertion(:curated {name} "{provenance.imported.isoformat()}"^^xsd:date)'
        status = review.status(provenance) if accepted else UNREVIEWED
        yield f"AnnotationAssertion(:reviewStatus {name} {literal(status)})"
        yield f"AnnotationAssertion(:importedFrom {name} {literal(provenance.source)})"
        yield f"AnnotationAssertion(:importedVersion {name} {literal(provenance.version)})"
        yield f'AnnotationAssertion(:imported {name} "{provenance.imported.isoformat()}"^^xsd:date)'
        yield f"AnnotationAssertion(:importedDigest {name} {literal('sha256:' + provenance.digest)})"
        if self.held:
            yield f"AnnotationAssertion(:heldBecause {name} {literal(self.held)})"
        if not accepted:
            yield f'AnnotationAssertion(:silent {name} "true"^^xsd:boolean)'

    def _body(self) -> str:
        taken = _takes(self.medicine, self.systemic)
        if self.kind is Kind.INTERACTION:
            return " ".join(sorted((taken, _takes(self.other, self.systemic))))
        role = ":allergicTo" if self.kind is Kind.ALLERGY else shorten(CONTEXTS[self.context])
        return f"{taken} ObjectSomeValuesFrom({role} {shorten(self.other)})"


def _takes(ingredient: str, systemic: bool) -> str:
    inner = f"ObjectSomeValuesFrom(:hasActiveIngredient {shorten(ingredient)})"
    if systemic:
        inner = f"ObjectIntersectionOf({inner} ObjectSomeValuesFrom(:hasRoute :SystemicRoute))"
    return f"ObjectSomeValuesFrom(:takesNow {inner})"


class StatementModule(msgspec.Struct, kw_only=True):
    """Statements by their names, classes that the ontology lacks, and axioms beside them.

    ``classes`` maps the IRI of a class to its label and the class above it.
    """

    statements: dict[str, Statement] = msgspec.field(default_factory=dict)
    classes: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    axioms: list[str] = msgspec.field(default_factory=list)
    imports: tuple[str, ...] = (CORE,)
    merged: int = 0

    def add(self, one: Statement, slug: str) -> None:
        """Adds a statement; one that is there already gets the new one's evidence, and is held where either is."""
        name = one.name(slug)
        known = self.statements.get(name)
        if known is not None:
            self.merged += 1
            evidence = tuple(dict.fromkeys((*known.evidence, *one.evidence)))
            one = msgspec.structs.replace(known, evidence=evidence, held=known.held or one.held)
        self.statements[name] = one

    def declare(self, iri: str, label: str, above: str = CLINICAL_CONDITION) -> None:
        """A class that the ontology lacks."""
        self.classes.setdefault(iri, (label, above))

    def lines(self, provenance: Provenance, review: Review, old: dict[str, list[str]]) -> Iterator[str]:
        """The module, a line at a time; what ``old`` says the same of is kept as it is there."""
        yield from header(provenance, OURS, self.imports)
        yield "Declaration(AnnotationProperty(:heldBecause))"
        yield 'AnnotationAssertion(rdfs:label :heldBecause "stays silent because"@en)'
        yield ""
        for iri, (label, above) in sorted(self.classes.items()):
            yield f"Declaration(Class({shorten(iri)}))"
            yield f"AnnotationAssertion(rdfs:label {shorten(iri)} {literal(label, 'en')})"
            yield f"SubClassOf({shorten(iri)} {shorten(above)})"
            yield f"AnnotationAssertion(:importedFrom {shorten(iri)} {literal(provenance.source)})"
        yield from self.axioms
        for name, one in sorted(self.statements.items(), key=lambda pair: (pair[1].label.casefold(), pair[0])):
            yield ""
            yield f"# {name} {' '.join(one.label.split())}"
            yield from _kept(list(one.lines(provenance, review)), old.get(name, []), review)
        yield ")"

    def held(self, slug: str) -> Iterator[dict[str, str]]:
        """Those statements that must stay silent, and why."""
        for one in self.statements.values():
            if one.held:
                yield {"statement": "kgtwin:" + one.name(slug), "label": one.label, "why": one.held, "where": one.place}


def _kept(new: list[str], old: list[str], review: Review) -> list[str]:
    """The lines of a statement: the old ones where the new release says the same of it."""
    if set(_about(new)) != set(_about(old)):
        return new
    freed = review.accepted and any("(:silent " in line for line in old)
    return new if freed and not any("(:silent " in line for line in new) else old


def _about(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        match = _PROPERTY.match(line)
        if match is None or match[1] in _SUBSTANCE_OF_IT:
            yield line


def read_old(file: Path) -> dict[str, list[str]]:
    """The lines about each imported statement in a module that an earlier import wrote, perhaps edited since."""
    found: dict[str, list[str]] = {}
    if file.is_file():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            match = None if line.startswith("#") else _NAME.search(line)
            if match:
                found.setdefault(match[1], []).append(line.strip())
    return found


def changed_since_review(module: StatementModule, provenance: Provenance, old: dict[str, list[str]]) -> list[str]:
    """The statements that were reviewed and now say something else: silent again."""
    return sorted(
        name
        for name, lines in old.items()
        if lines
        and not any("(:silent " in line for line in lines)
        and name in module.statements
        and set(_about(module.statements[name].lines(provenance, Review()))) != set(_about(lines))
    )


def imports_of(known: Iterable[str]) -> tuple[str, ...]:
    """Which of our modules to import, of those that an ontology has."""
    named = set(known)
    return tuple(iri for iri in MODULES if iri in named) or (CORE,)
