"""What annotations name: properties that are declared, entities that are there, flags that are true or false."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.vocabulary import KGTWIN, kgtwin
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.project import Project

NAMING: Final = frozenset(
    map(
        kgtwin,
        (
            *("ruleMedicine", "ruleAnalyte", "ruleCondition", "ruleHistory", "unlessCondition", "unlessMedicine"),
            *("multipleOfUpperLimitOf", "estimates"),
        ),
    )
)
"""Annotation properties whose value is an entity."""
COUNTING: Final = kgtwin("burdenPoints")
"""Its value is ``points|class``."""
FLAGS: Final = frozenset(
    map(
        kgtwin,
        (
            *("needsTwo", "washOut", "sameSubstance", "silent", "beforeStart"),
            *("oneMedicine", "systemicUnlessStated"),
        ),
    )
)
"""Annotation properties that say yes or no."""
_YES_OR_NO: Final = ("true", "false", "1", "0")
_NEAR: Final = 0.8


def unknown_properties(project: Project) -> Iterator[Finding]:
    """Annotations by a property that is not declared, where others of its namespace are: nobody reads them."""
    declared = [iri for iri, kind in project.ontology.entities.items() if kind is EntityKind.ANNOTATION_PROPERTY]
    declared = [iri for iri in declared if iri in project.declared]
    spaces = {_space(iri) for iri in declared}
    for iri, one in _annotations(project):
        if _space(one.property) in spaces and one.property not in project.declared:
            message = f"{to_curie(one.property)} is used to annotate {to_curie(iri)}, and declared nowhere"
            yield _dangling(project, iri, one, message, one.property, declared)


def unknown_entities(project: Project) -> Iterator[Finding]:
    """Entities that annotations of rules and analytes name and that are not there: nothing would be meant by them."""
    known = project.ontology.entities
    for iri, one in _annotations(project):
        named = one.value.partition("|")[2] if one.property == COUNTING else one.value
        if named and one.property in {*NAMING, COUNTING}:
            named = to_iri(named) if "://" not in named and ":" in named else named
            if named not in known:
                message = (
                    f"{to_curie(one.property)} of {to_curie(iri)} names {_short(named)}, which is declared nowhere"
                )
                yield _dangling(project, iri, one, message, named, known)


def unclear_flags(project: Project) -> Iterator[Finding]:
    """Flags that are neither true nor false: they would count as false."""
    for iri, one in _annotations(project):
        if one.property in FLAGS and one.value not in _YES_OR_NO:
            yield Finding(
                check="annotation",
                level=Level.ERROR,
                message=f"{to_curie(one.property)} of {to_curie(iri)} is {one.value!r}",
                where=project.annotated(iri, one.property, one.value),
                subject=iri,
                expected="true or false",
            )


def _annotations(project: Project) -> Iterator[tuple[str, Annotation]]:
    return ((iri, one) for iri, told in project.ontology.annotations.items() for one in told)


def _dangling(project: Project, iri: str, one: Annotation, message: str, named: str, known: Collection[str]) -> Finding:
    near = get_close_matches(named, [other for other in known if other.startswith(KGTWIN)], 1, _NEAR)
    return Finding(
        check="dangling",
        level=Level.ERROR,
        message=message,
        where=project.annotated(iri, one.property, one.value),
        subject=iri,
        remedy=f"did you mean {to_curie(near[0])}?" if near else "declare it, or import the module that does",
    )


def _space(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def _short(named: str) -> str:
    return to_curie(named) if "://" in named else repr(named)
