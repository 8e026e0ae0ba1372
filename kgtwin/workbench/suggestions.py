"""Classes that a code may stand for, by its words alone: an SSSOM file for a person to read, never applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge.statements import SIGNIFICANCE
from kgtwin.model.concept import MatchKind
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.reasoning import classify
from kgtwin.terminology.lexical import CONDITION, MEDICINE, RESULT, Candidate, Index, Name
from kgtwin.terminology.sssom import read_sssom
from kgtwin.terminology.sssom_table import Table, files_of, write
from kgtwin.vocabulary import (
    CLINICAL_CONDITION,
    MEDICINAL_PRODUCT,
    OWL,
    PREFIXES,
    RDFS_LABEL,
    SITUATION,
    SKOS,
    SUBSTANCE,
    kgtwin,
)
from kgtwin.vocabulary import RESULT as RESULT_CLASS
from kgtwin.workbench.code_lists import UnknownCode
from kgtwin.workbench.project import read_project

LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
"""Of the suggestions as such: they are facts about words. The terms of the vocabularies hold for what they name."""
REMARKS = (
    "Suggestions by words alone, for a person to read: no row is a mapping that anyone has looked at.",
    "The predicate is skos:closeMatch, which kgtwin shows and never acts on.",
    "Accept a row: write skos:exactMatch, semapv:ManualMappingCuration and your name (author_label) into it,",
    "and move it to a file in mappings/. Delete the others.",
    "confidence is the likeness of the words in [0, 1], not a probability; comment says what differs.",
)
_OBO = "http://www.geneontology.org/formats/oboInOwl#"
_WEIGHTS = {
    RDFS_LABEL: 1.0,
    SKOS + "prefLabel": 1.0,
    SKOS + "altLabel": 1.0,
    _OBO + "hasExactSynonym": 1.0,
    _OBO + "hasRelatedSynonym": 0.8,
    _OBO + "hasNarrowSynonym": 0.7,
    _OBO + "hasBroadSynonym": 0.7,
}
"""What names a class, and how surely."""
_BRANCHES = {
    CLINICAL_CONDITION: CONDITION,
    SITUATION: CONDITION,
    kgtwin("SocialFinding"): CONDITION,
    SUBSTANCE: MEDICINE,
    MEDICINAL_PRODUCT: MEDICINE,
    RESULT_CLASS: RESULT,
}
_KIND_OF_SYSTEM = {
    **dict.fromkeys(("icd10cm", "icd10"), CONDITION),
    **dict.fromkeys(("rxnorm", "ndc", "atc", "unii", "cvx"), MEDICINE),
    "loinc": RESULT,
}
_KIND_OF_FACT = {
    "Condition": CONDITION,
    "Medication": MEDICINE,
    "Immunization": MEDICINE,
    **dict.fromkeys(("Procedure", "Encounter", "CarePlan"), "procedure"),
}
_ENGLISH = (None, "en", "en-US", "en-GB", "en-us", "en-gb")


class Suggestion(msgspec.Struct, frozen=True):
    """A class that a code may stand for. ``subject`` and ``object`` are CURIEs; ``name`` is the one that was alike."""

    subject: str
    subject_label: str
    object: str
    object_label: str
    name: str
    confidence: float
    differences: tuple[str, ...] = ()


class Suggested(msgspec.Struct, frozen=True):
    """All suggestions, by code. ``prefixes`` expands their CURIEs; ``codes`` were asked about, ``covered`` have one."""

    rows: tuple[Suggestion, ...]
    prefixes: dict[str, str]
    codes: int
    covered: int


def suggest(path: Path, codes: Sequence[UnknownCode], *, least: float = 0.6, most: int = 3) -> Suggested:
    """Classes of an ontology for the codes of a list that no class stands for, most alike first.

    A code is passed over where the ontology has its class, or a mapping beside it acts. A class of another kind
    than the code's is never suggested: no medicine for a condition.

    Raises:
        OntologyError: the ontology cannot be read.
    """
    project, broken = read_project(path)
    if project is None:
        first = broken[0]
        raise OntologyError(first.message, where=str(first.where), expected=first.expected, remedy=first.remedy)
    ontology = project.ontology
    index = Index(_names(ontology))
    curies = _Curies()
    mapped = _mapped(project.root.parent / "mappings", ontology)
    rows: list[Suggestion] = []
    asked = [one for one in codes if curies.of_code(one) not in mapped and _class_of(one) not in ontology.entities]
    for code in asked:
        found = index.search(code.display, least=least, most=most, kind=_kind(code))
        rows += (_suggestion(ontology, code, one, curies) for one in found)
    return Suggested(tuple(rows), curies.prefixes, len(asked), len({one.subject for one in rows}))


def _suggestion(ontology: Ontology, code: UnknownCode, found: Candidate, curies: _Curies) -> Suggestion:
    return Suggestion(
        subject=curies.of_code(code),
        subject_label=code.display,
        object=curies.of_iri(found.concept),
        object_label=ontology.label(found.concept),
        name=found.name,
        confidence=found.score,
        differences=found.differences,
    )


def _class_of(code: UnknownCode) -> str:
    return to_iri(f"{code.prefix}:{code.code}") if code.prefix else ""


def _mapped(folder: Path, ontology: Ontology) -> set[str]:
    """The codes that a mapping beside the ontology turns into one of its classes."""
    return {
        code
        for file in files_of(folder)
        for code, matches in read_sssom(file).matches.items()
        if any(one.acts and to_iri(one.concept) in ontology.entities for one in matches)
    }


def _kind(code: UnknownCode) -> str | None:
    """What the code is about, from its system or from the facts that carry it; else its semantic tag says."""
    return _KIND_OF_SYSTEM.get(code.prefix or "") or _KIND_OF_FACT.get(code.kind or "")


# the names of classes


def _names(ontology: Ontology) -> Iterator[Name]:
    kinds = _kinds(ontology)
    for iri, kind in ontology.entities.items():
        if kind is not EntityKind.CLASS or iri.startswith(OWL) or _is_left_out(ontology, iri):
            continue
        for one in ontology.annotations.get(iri, ()):
            if one.property in _WEIGHTS and one.language in _ENGLISH:
                yield Name(iri, one.value, _WEIGHTS[one.property], kinds.get(iri))


def _is_left_out(ontology: Ontology, iri: str) -> bool:
    """Statements, and classes that are no longer in use."""
    return (
        ontology.value(iri, SIGNIFICANCE) is not None
        or ontology.value(iri, OWL + "deprecated") in ("true", "1")
        or ontology.label(iri).lower().startswith("obsolete ")
    )


def _kinds(ontology: Ontology) -> dict[str, str]:
    """By class: whether it is a condition, a medicine or a result, where the ontology has our branches."""
    roots = {root: kind for root, kind in _BRANCHES.items() if root in ontology.entities}
    if not roots:
        return {}
    tree = classify(ontology.axioms)
    return {iri: kind for root, kind in roots.items() for iri in (*tree.descendants(root), root)}


# CURIEs


class _Curies:
    """Writes CURIEs, and keeps the prefixes that they need; a stem that is not known gets a prefix of its own."""

    def __init__(self) -> None:
        self.prefixes: dict[str, str] = {"skos": SKOS, "semapv": "https://w3id.org/semapv/vocab/"}
        self._by_stem: dict[str, str] = {}

    def of_code(self, code: UnknownCode) -> str:
        if code.prefix:
            return self._known(code.prefix, code.code)
        stem = code.system if code.system.endswith(("/", "#", ":")) else f"{code.system}/"
        return f"{self._own(stem if ':' in stem else f'urn:kgtwin:codes:{stem}', 'codes')}:{code.code}"

    def of_iri(self, iri: str) -> str:
        for prefix, stem in PREFIXES.items():
            if iri.startswith(stem) and len(iri) > len(stem):
                return self._known(prefix, iri[len(stem) :])
        cut = max(iri.rfind(mark) for mark in "#/_") + 1
        name = iri[: cut - 1].rsplit("/", 1)[-1] if iri[cut - 1 : cut] == "_" else "ns"
        return f"{self._own(iri[:cut], name if name.isalpha() else 'ns')}:{iri[cut:]}"

    def _known(self, prefix: str, local: str) -> str:
        self.prefixes[prefix] = PREFIXES[prefix]
        return f"{prefix}:{local}"

    def _own(self, stem: str, name: str) -> str:
        if stem not in self._by_stem:
            tries = (name if number == 1 else f"{name}{number}" for number in range(1, 10_000))
            prefix = next(one for one in tries if one not in self.prefixes and one not in PREFIXES)
            self._by_stem[stem] = prefix
            self.prefixes[prefix] = stem
        return self._by_stem[stem]


# as a file


def sssom(made: Suggested) -> Iterator[str]:
    """The lines of the SSSOM file, with what a reviewer must know at its head."""
    metadata = {
        "mapping_set_id": "https://w3id.org/kgtwin/mappings/suggestions",
        "mapping_set_title": "Suggested mappings, not reviewed",
        "mapping_set_description": " ".join(REMARKS),
        "license": LICENCE,
        "mapping_tool": "kgtwin ontology suggest-mappings",
    }
    yield from write(Table(metadata, made.prefixes, tuple(_cells(made.rows))))


def _cells(rows: Iterable[Suggestion]) -> Iterator[dict[str, str]]:
    for one in rows:
        alike = f"alike: {one.name}" if one.name != one.object_label else ""
        yield {
            "subject_id": one.subject,
            "subject_label": one.subject_label,
            "predicate_id": MatchKind.CLOSE.value,
            "object_id": one.object,
            "object_label": one.object_label,
            "mapping_justification": "semapv:LexicalMatching",
            "confidence": f"{one.confidence:g}",
            "comment": "; ".join(filter(None, (alike, *one.differences))),
        }
