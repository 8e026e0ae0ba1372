"""Entities: declared before they are used, labelled, with codes that can be, and not retired."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from kgtwin.identifiers import check_code, to_curie
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import signature
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING, PREFIXES, RDF, RDFS, RDFS_LABEL, XSD
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.project import Project
from kgtwin.workbench.terms import iris, written

DEPRECATED = OWL + "deprecated"
REPLACED_BY = "http://purl.obolibrary.org/obo/IAO_0100001"
_BUILT_IN = (OWL, RDF, RDFS, XSD)
_LABELLED = {EntityKind.CLASS, EntityKind.OBJECT_PROPERTY, EntityKind.DATA_PROPERTY}
_NEAR = 0.8


def dangling(project: Project) -> Iterator[Finding]:
    """Entities that axioms use and nothing declares: as a rule a name with a slip of the pen."""
    declared = set(project.declared)
    for iri, kind in signature.used(project.ontology.axioms).items():
        if iri in declared or iri.startswith(_BUILT_IN) or iri.startswith("_:"):
            continue
        near = get_close_matches(iri, declared, 1, _NEAR) if len(declared) < 50_000 else []
        yield Finding(
            check="dangling",
            level=Level.ERROR,
            message=f"{to_curie(iri)} is used and declared nowhere",
            where=project.first_named.get(iri),
            subject=iri,
            expected=f"Declaration({kind.value}(…))",
            remedy=f"did you mean {to_curie(near[0])}?" if near else "declare it, or import the module that does",
        )


def unlabelled(project: Project) -> Iterator[Finding]:
    """Declared classes and properties without a label, deprecated ones apart: nobody can read what they mean."""
    for iri, kind in project.ontology.entities.items():
        if kind in _LABELLED and iri in project.declared and project.ontology.value(iri, RDFS_LABEL) is None:
            if iri in (OWL_THING, OWL_NOTHING) or _is_gone(project, iri):
                continue
            yield Finding(
                check="label",
                level=Level.ERROR,
                message=f"{to_curie(iri)} has no rdfs:label",
                where=project.where(iri),
                subject=iri,
                remedy="annotate it with one",
            )


def _is_gone(project: Project, iri: str) -> bool:
    return project.ontology.value(iri, DEPRECATED) in ("true", "1")


def relabelled(project: Project) -> Iterator[Finding]:
    """Entities with several labels in a language: tools show one of them, and nobody knows which."""
    for iri, told in project.ontology.annotations.items():
        labels = [one for one in told if one.property == RDFS_LABEL]
        languages = [one.language for one in labels]
        for one in labels:
            if languages.count(one.language) > 1:
                yield Finding(
                    check="label",
                    level=Level.ERROR,
                    message=f"{to_curie(iri)} has another label in this language, too: {one.value!r}",
                    where=project.annotated(iri, RDFS_LABEL, one.value),
                    subject=iri,
                    remedy="keep one as rdfs:label, the others as skos:altLabel",
                )


def bad_codes(project: Project) -> Iterator[Finding]:
    """IRIs of a code system whose code cannot be one."""
    for iri in project.first_named:
        prefix = next((name for name, stem in PREFIXES.items() if name != "kgtwin" and iri.startswith(stem)), None)
        wrong = check_code(prefix, iri.removeprefix(PREFIXES[prefix])) if prefix else None
        if wrong is not None:
            yield Finding(
                check="code",
                level=Level.ERROR,
                message=f"{to_curie(iri)}: {wrong}",
                where=project.first_named[iri],
                subject=iri,
                remedy="look the code up; its last digit checks the others",
            )


def retired(project: Project) -> Iterator[Finding]:
    """Deprecated entities that axioms still use."""
    ontology = project.ontology
    gone = {iri for iri in ontology.annotations if _is_gone(project, iri)}
    for entry in project.entries() if gone else ():
        if entry.node.name in ("Declaration", "AnnotationAssertion", "Annotation", "Import"):
            continue
        for iri in dict.fromkeys(iris(entry.node)):
            if iri in gone:
                instead = ontology.value(iri, REPLACED_BY)
                yield Finding(
                    check="retired",
                    level=Level.ERROR,
                    message=f"{to_curie(iri)} is deprecated and still used",
                    where=entry.where,
                    subject=iri,
                    axiom=written(entry.node),
                    remedy=f"use {instead}" if instead else "use what replaced it",
                )
