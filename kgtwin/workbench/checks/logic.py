"""What follows: contradictions with their root causes first, what was not understood, full OWL 2 DL by HermiT."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kgtwin.errors import InconsistentOntologyError, KgtwinError
from kgtwin.identifiers import to_curie
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.ontology import hermit
from kgtwin.reasoning import Classification
from kgtwin.reasoning.unsatisfiable import root_unsatisfiable
from kgtwin.workbench.findings import Finding, Level
from kgtwin.workbench.project import Project

_SHOWN = 5


def unsatisfiable(project: Project, classification: Classification) -> Iterator[Finding]:
    """Classes that nothing can be in; those that are so only because of others stand under these."""
    if not classification.unsatisfiable:
        return
    found = root_unsatisfiable(classification)
    for iri, sets in found.roots.items():
        under = [other for other, roots in found.derived.items() if iri in roots]
        smallest = min(sets, key=len, default=frozenset[Axiom]())
        yield Finding(
            check="unsatisfiable",
            level=Level.ERROR,
            message=f"{to_curie(iri)} cannot have any instance: {_because(project.ontology, smallest)}",
            where=project.where(iri),
            subject=iri,
            remedy="correct one of these axioms",
            consequences=tuple(_follows(project, other, iri) for other in under),
        )


def _because(ontology: Ontology, axioms: frozenset[Axiom]) -> str:
    """The axioms of a justification with their places."""
    placed = sorted((str(ontology.origins.get(one, "")), one) for one in axioms) if axioms else []
    text = "; ".join(f"{render(one)} ({where})" if where else render(one) for where, one in placed[:_SHOWN])
    return text + (f"; and {len(placed) - _SHOWN} more" if len(placed) > _SHOWN else "")


def _follows(project: Project, iri: str, root: str) -> Finding:
    return Finding(
        check="unsatisfiable",
        level=Level.ERROR,
        message=f"{to_curie(iri)} cannot either, because of {to_curie(root)}",
        where=project.where(iri),
        subject=iri,
    )


def inconsistent(project: Project, error: InconsistentOntologyError) -> Finding:
    """That the ontology has no model."""
    return Finding(
        check="inconsistent",
        level=Level.ERROR,
        message=error.message,
        where=None,
        expected=error.expected,
        remedy=error.remedy,
    )


def not_used(project: Project, classification: Classification) -> Iterator[Finding]:
    """Axioms that the reasoner cannot use in full, with how many classes that can touch."""
    for caveat in (*project.ontology.caveats, *classification.caveats):
        touched = classification.touched(caveat) if caveat in classification.caveats else frozenset()
        yield Finding(
            check="caveat",
            level=Level.NOTE,
            message=f"{caveat.text} (can touch {len(touched)} classes)",
            subject=next(iter(caveat.touches), None),
            remedy=caveat.remedy,
        )


def by_hermit(project: Project, classification: Classification) -> Iterator[Finding]:
    """What full OWL 2 DL says: no model, more empty classes, more subsumptions than were found.

    Raises:
        MissingExtraError: Java or owlready2 is not installed.
    """
    try:
        answer = hermit.classify(project.ontology.axioms)
    except InconsistentOntologyError as error:
        yield inconsistent(project, error)
        return
    except KgtwinError as error:
        if error.code == "missing-extra":
            raise
        yield Finding(check="dl", level=Level.ERROR, message=f"HermiT gave no answer: {error.message}")
        return
    for iri in sorted(answer.unsatisfiable - classification.unsatisfiable):
        yield _beyond(project, iri, f"{to_curie(iri)} cannot have any instance in OWL 2 DL")
    missing = (
        (sub, sup)
        for sub, supers in sorted(answer.subsumers.items())
        if sub not in answer.unsatisfiable
        for sup in sorted(supers)
        if sup not in answer.unsatisfiable and not classification.is_subclass_of(sub, sup)
    )
    for sub, sup in islice(missing, 100):
        yield _beyond(project, sub, f"{to_curie(sub)} is below {to_curie(sup)} in OWL 2 DL, which EL does not find")


def _beyond(project: Project, iri: str, message: str) -> Finding:
    level = Level.ERROR if "cannot" in message else Level.WARNING
    return Finding(check="dl", level=level, message=message, where=project.where(iri), subject=iri)
