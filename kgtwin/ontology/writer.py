"""Writes functional syntax: axioms, ontologies and taxonomies (in the shape and order of ELK's)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from kgtwin.model.axioms import Axiom, ClassAssertion, DataPropertyAssertion, DataSomeValuesFrom
from kgtwin.model.data_ranges import is_single
from kgtwin.model.ontology import EntityKind
from kgtwin.model.owl_text import manchester, render, render_expression
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

__all__ = ["Taxonomy", "manchester", "render", "render_expression", "write_ontology", "write_taxonomy"]


class Taxonomy(Protocol):
    """What a classification offers to be written."""

    @property
    def classes(self) -> frozenset[str]: ...

    @property
    def unsatisfiable(self) -> frozenset[str]: ...

    def children(self, iri: str) -> frozenset[str]: ...

    def equivalents(self, iri: str) -> frozenset[str]: ...


def write_taxonomy(taxonomy: Taxonomy) -> Iterator[str]:
    """The lines of a taxonomy: declarations, then for each class its equivalents and its direct subclasses.

    As ELK does, ``owl:Thing`` is written as nobody's parent, ``owl:Nothing`` as nobody's child.
    """
    named = sorted(taxonomy.classes - {OWL_THING, OWL_NOTHING})
    yield "Ontology("
    for iri in named:
        yield f"Declaration(Class(<{iri}>))"
    firsts = _firsts(taxonomy)
    for first, group in firsts.items():
        if len(group) > 1:
            yield f"EquivalentClasses({' '.join(f'<{iri}>' for iri in group)})"
        if first not in (OWL_THING, OWL_NOTHING):
            for child in sorted(taxonomy.children(first) & firsts.keys()):
                yield f"SubClassOf(<{child}> <{first}>)"
    yield ")"


def _firsts(taxonomy: Taxonomy) -> dict[str, list[str]]:
    """Each group of equivalent classes by its first member, in order."""
    groups: dict[str, list[str]] = {}
    placed: set[str] = set()
    for iri in sorted(taxonomy.classes, key=_order):
        if iri not in placed:
            group = sorted({iri, *taxonomy.equivalents(iri)}, key=_order)
            groups[iri] = group
            placed.update(group)
    return groups


def _order(iri: str) -> tuple[bool, bool, str]:
    return iri != OWL_NOTHING, iri != OWL_THING, iri


def write_ontology(
    axioms: Iterable[Axiom], entities: Mapping[str, EntityKind], iri: str | None = None
) -> Iterator[str]:
    """The lines of an ontology: declarations, then axioms. A number known as an interval becomes a class assertion."""
    yield f"Ontology(<{iri}>" if iri else "Ontology("
    for name, kind in entities.items():
        if not name.startswith("_:"):
            yield f"Declaration({kind}(<{name}>))"
    for axiom in axioms:
        yield render(_writable(axiom))
    yield ")"


def _writable(axiom: Axiom) -> Axiom:
    if not isinstance(axiom, DataPropertyAssertion) or is_single(axiom.range):
        return axiom
    return ClassAssertion(axiom.subject, DataSomeValuesFrom(axiom.property, axiom.range))
