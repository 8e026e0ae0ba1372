"""Axioms: none twice, none that others say already, no cycle, none outside the profile that a module promises."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.identifiers import to_curie
from kgtwin.model.axioms import Class, SubClassOf
from kgtwin.model.ontology import Origin
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, kgtwin
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.profile import violations
from kgtwin.workbench.project import Entry, Project
from kgtwin.workbench.terms import named, written

PROFILE = kgtwin("profile")
"""An annotation of an ontology: ``DL`` where it may use more than OWL 2 EL."""


def outside_profile(project: Project) -> Iterator[Finding]:
    """Axioms outside OWL 2 EL, but in modules that say that they are."""
    free = {str(module.file) for module in project.modules if module.header(PROFILE) == "DL"}
    for entry, why in violations(project.entries()):
        if entry.where.file not in free:
            yield Finding(
                check="profile",
                level=Level.ERROR,
                message=f"{why} is outside OWL 2 EL",
                where=entry.where,
                axiom=written(entry.node),
                remedy=f'move it to a module with Annotation({to_curie(PROFILE)} "DL"), or say it in EL',
            )


def duplicates(project: Project) -> Iterator[Finding]:
    """Declarations, annotations and axioms that stand twice in one module; axioms in two modules are noted."""
    seen: dict[object, Origin] = {}
    for module in project.modules:
        here: set[object] = set()
        for entry, key in zip(module.entries, module.keys, strict=True):
            shared = entry.node.name not in ("Declaration", "Import", "Annotation")
            if key in here or (shared and key in seen):
                yield _twice(entry, seen[key], Level.WARNING if key in here else Level.NOTE)
            here.add(key)
            seen.setdefault(key, entry.where)


def _twice(entry: Entry, first: Origin, level: Level) -> Finding:
    return Finding(
        check="duplicate",
        level=level,
        message=f"stands already at {first}",
        where=entry.where,
        axiom=written(entry.node),
        remedy="remove one of the two",
    )


def redundant(project: Project, classification: Classification) -> Iterator[Finding]:
    """``A ⊑ B`` between named classes where A is below something that is strictly below B.

    A warning where the same module says so: a module may repeat others to stand by itself.
    """
    told = _told(project)
    for axiom, where in project.ontology.origins.items():
        if not (isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class) and isinstance(axiom.sup, Class)):
            continue
        sub, sup = axiom.sub.iri, axiom.sup.iri
        if sup == OWL_THING or sub in classification.unsatisfiable or sub == sup:
            continue
        if sup in classification.parents(sub) or sup in classification.equivalents(sub):
            continue
        between = next(one for one in sorted(classification.parents(sub)) if classification.is_subclass_of(one, sup))
        yield Finding(
            check="redundant",
            level=Level.WARNING if _says(told.get(where.file, {}), sub, sup) else Level.NOTE,
            message=f"{to_curie(sub)} is below {to_curie(sup)} already, by {to_curie(between)}",
            where=where,
            subject=sub,
            axiom=f"SubClassOf({to_curie(sub)} {to_curie(sup)})",
            remedy="remove the axiom, unless it is meant to outlive the other one",
        )


def _told(project: Project) -> dict[str, dict[str, list[str]]]:
    """By file and class, what is told above it."""
    found: dict[str, dict[str, list[str]]] = {}
    for node, where in project.entries("SubClassOf"):
        pair = named(node)[-2:]
        if len(pair) == 2:
            found.setdefault(where.file, {}).setdefault(pair[0], []).append(pair[1])
    return found


def _says(told: dict[str, list[str]], sub: str, sup: str) -> bool:
    """Whether a path of two or more told steps leads up from one class to the other."""
    seen, todo = {sub}, [one for one in told.get(sub, ()) if one != sup]
    while todo:
        here = todo.pop()
        if here == sup:
            return True
        if here not in seen:
            seen.add(here)
            todo += told.get(here, ())
    return False


def cycles(project: Project, classification: Classification) -> Iterator[Finding]:
    """Named classes that are equivalent without an axiom that says so: a cycle, or a definition too many."""
    told = {iri for node, _ in project.entries("EquivalentClasses") for iri in named(node)}
    done: set[str] = set()
    for iri in sorted(classification.classes - classification.unsatisfiable - {OWL_THING, OWL_NOTHING}):
        group = sorted({iri, *classification.equivalents(iri)} - {OWL_THING})
        if iri in done or len(group) < 2 or told.issuperset(group):
            continue
        done.update(group)
        yield Finding(
            check="equivalent",
            level=Level.WARNING,
            message=" and ".join(map(to_curie, group)) + " follow from each other",
            where=project.where(iri),
            subject=iri,
            remedy="look for a cycle of SubClassOf, or for two definitions that say the same",
        )
