"""A SNOMED CT release as lines of an OWL module: concepts in numerical order, each with its name and its axioms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.ontology.releases import snomed_expressions, snomed_relationships
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_concepts import Concepts, Selection, read_concepts, read_names
from kgtwin.ontology.releases.snomed_files import Component, ReleaseFiles, newest
from kgtwin.ontology.releases.snomed_relationships import ROLE_GROUP, Axioms
from kgtwin.ontology.releases.writing import STANDARD, Provenance, header, literal
from kgtwin.vocabulary import SNOMED

LICENCE: Final = (
    "SNOMED CT is copyright of SNOMED International. Use needs an affiliate licence or a member's national licence "
    "(https://www.snomed.org)."
)
_PREFIXES: Final = {"": SNOMED, **STANDARD}
_ROLE: Final = re.compile(r"(?:Sub|Transitive|Reflexive|Functional)(?:Object|Data)Property")
_REPLACED_BY: Final = "900000000000526001"
"""|REPLACED BY association reference set|"""
_SAME_AS: Final = "900000000000527005"
"""|SAME AS association reference set|"""


class SnomedModule(msgspec.Struct, frozen=True, kw_only=True):
    """What a release says of the concepts that are wanted. ``successors``: what replaces a retired concept."""

    concepts: Concepts
    names: dict[str, tuple[str, str]]
    axioms: Axioms
    form: str
    version: str
    retired: dict[str, Component] = {}
    successors: dict[str, list[str]] = {}

    def counts(self) -> dict[str, int]:
        """How much there is of what."""
        return {
            "concepts": len(self.concepts.kept),
            "defined": sum(text.startswith("Equiv") for texts in self.axioms.of.values() for text in texts),
            "axioms": sum(map(len, self.axioms.of.values())),
            "roles": len(self.axioms.object_roles) + len(self.axioms.data_roles),
            "names": len(self.names),
            "retired": len(self.retired),
        }

    def lines(self, provenance: Provenance) -> Iterator[str]:
        """The module, a line at a time."""
        yield from header(provenance, _PREFIXES)
        if self.successors:
            yield "Declaration(AnnotationProperty(dcterms:isReplacedBy))"
        yield ""
        if ROLE_GROUP not in self.concepts.kept:
            yield f"Declaration(ObjectProperty(:{ROLE_GROUP}))"
            yield f'AnnotationAssertion(rdfs:label :{ROLE_GROUP} "Role group (attribute)"@en)'
        roles = self.axioms.object_roles | self.axioms.data_roles
        outside = (roles | self._named()) - self.concepts.kept.keys() - {ROLE_GROUP}
        for own in sorted({*self.concepts.kept, *outside, *self.retired}, key=int):
            yield from self._concept(own)
        yield ")"

    def _named(self) -> set[str]:
        """The concepts of other modules that axioms name."""
        if len(self.concepts.kept) == sum(one.active for one in self.concepts.known.values()):
            return set()
        pattern = re.compile(r"(?<![\w\"]):(\d+)")
        return {found for texts in self.axioms.of.values() for text in texts for found in pattern.findall(text)}

    def _concept(self, own: str) -> Iterator[str]:
        axioms = self.axioms.of.get(own, [])
        role = self._role(own)
        if role:
            yield f"Declaration({role}(:{own}))"
        if not role or any(not _ROLE.match(text) for text in axioms):
            yield f"Declaration(Class(:{own}))"
        if own in self.names:
            term, language = self.names[own]
            yield f"AnnotationAssertion(rdfs:label :{own} {literal(term, language)})"
        if own in self.retired:
            yield f'AnnotationAssertion(owl:deprecated :{own} "true"^^xsd:boolean)'
            yield from (f"AnnotationAssertion(dcterms:isReplacedBy :{own} :{one})" for one in self._successors(own))
        yield from axioms

    def _role(self, own: str) -> str | None:
        if own in self.axioms.object_roles or own == ROLE_GROUP:
            return "ObjectProperty"
        return "DataProperty" if own in self.axioms.data_roles else None

    def _successors(self, own: str) -> list[str]:
        return sorted(self.successors.get(own, ()), key=int)


def read(files: ReleaseFiles, selection: Selection, log: Log) -> SnomedModule:
    """Reads a release; what cannot be used is told in ``log`` and left out.

    Raises:
        OntologySyntaxError: the first line of a file does not name the columns.
        OntologyError: a file is missing or cannot be read.
        UsageError: no concept belongs to the modules that are wanted.
    """
    concepts = read_concepts(files, selection, log)
    form = _form(files, selection)
    source = snomed_expressions if form == "owl" else snomed_relationships
    axioms = source.read_axioms(files, concepts, selection, log)
    retired = {own: one for own, one in concepts.known.items() if not one.active} if selection.retired else {}
    wanted = retired.keys() | (concepts.known.keys() if selection.modules else concepts.kept.keys())
    names = read_names(files, wanted, selection, log)
    for own in [own for own in concepts.kept if own not in names]:
        one = concepts.kept[own]
        log.note("unnamed", f"{own} has no active name", one.file, one.line, remedy="give the description files too")
    return SnomedModule(
        concepts=concepts,
        names=names,
        axioms=axioms,
        form=form,
        version=max((one.time for one in concepts.known.values()), default=""),
        retired=retired,
        successors=_successors(files, retired, concepts, selection, log),
    )


def _form(files: ReleaseFiles, selection: Selection) -> str:
    has_owl, has_relations = bool(files.of("expressions")), bool(files.of("relationships") or files.of("stated"))
    wanted = selection.form if selection.form != "auto" else ("owl" if has_owl else "relationships")
    if (wanted == "owl" and not has_owl) or (wanted == "relationships" and not has_relations):
        raise OntologyError(
            f"no file of {'OWL expressions' if wanted == 'owl' else 'relationships'} in this folder",
            where=str(files.folder),
            expected="sct2_sRefset_OWLExpressionSnapshot_….txt or sct2_Relationship_Snapshot_….txt",
            remedy="give the folder of the whole release",
        )
    return wanted


def _successors(
    files: ReleaseFiles, retired: dict[str, Component], concepts: Concepts, selection: Selection, log: Log
) -> dict[str, list[str]]:
    """What takes the place of retired concepts, by the reference sets of historical associations."""
    found: dict[str, list[str]] = {}
    if not retired:
        return found
    members = newest(
        files, "associations", log, until=selection.until,
        wanted=lambda fields: fields[4] in (_REPLACED_BY, _SAME_AS) and fields[5] in retired,
    )  # fmt: skip
    for one in members.values():
        if one.active and one.fields[2] in concepts.known:
            found.setdefault(one.fields[1], []).append(one.fields[2])
    return found
