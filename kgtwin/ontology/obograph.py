"""An ontology as an OBO Graph (https://github.com/geneontology/obographs): nodes, edges, definitions, equivalences.

The format has no nested expressions, intervals or general axioms. What it cannot say is counted, and said in
the graph's metadata; whoever needs all of it reads the OWL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from kgtwin.model import axioms as owl
from kgtwin.model.ontology import Annotation, EntityKind, Ontology
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING, RDFS, RDFS_LABEL, SKOS

_OBO = "http://www.geneontology.org/formats/oboInOwl#"
_DEFINITIONS = frozenset({SKOS + "definition", "http://purl.obolibrary.org/obo/IAO_0000115"})
_SYNONYMS = {
    SKOS + "altLabel": "hasExactSynonym",
    SKOS + "prefLabel": "hasExactSynonym",
    **{
        f"{_OBO}{name}": name
        for name in ("hasExactSynonym", "hasNarrowSynonym", "hasBroadSynonym", "hasRelatedSynonym")
    },
}
_XREF = _OBO + "hasDbXref"
_COMMENT = RDFS + "comment"
_DEPRECATED = OWL + "deprecated"
_TYPES: dict[EntityKind, dict[str, str]] = {
    EntityKind.CLASS: {"type": "CLASS"},
    EntityKind.NAMED_INDIVIDUAL: {"type": "INDIVIDUAL"},
    EntityKind.OBJECT_PROPERTY: {"type": "PROPERTY", "propertyType": "OBJECT"},
    EntityKind.DATA_PROPERTY: {"type": "PROPERTY", "propertyType": "DATA"},
    EntityKind.ANNOTATION_PROPERTY: {"type": "PROPERTY", "propertyType": "ANNOTATION"},
}
_BUILT_IN = (OWL, RDFS, "http://www.w3.org/2001/XMLSchema#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")


class Hierarchy(Protocol):
    """What a classification tells of named classes."""

    @property
    def classes(self) -> frozenset[str]: ...

    def parents(self, iri: str) -> frozenset[str]: ...

    def equivalents(self, iri: str) -> frozenset[str]: ...


def obograph(ontology: Ontology, hierarchy: Hierarchy, *, version: str) -> dict[str, Any]:
    """The document: asserted relations, and the direct subsumptions and equivalences that follow, in stable order."""
    nodes = {iri: kind for iri, kind in sorted(ontology.entities.items()) if _is_node(iri, kind)}
    edges, definitions, lost = _Edges(nodes), list[dict[str, Any]](), 0
    for axiom in ontology.axioms:
        definition = _definition(axiom, nodes)
        if definition:
            definitions.append(definition)
        elif not edges.add(axiom) and not _is_taxonomic(axiom):
            lost += 1
    edges.inferred(hierarchy)
    graph = {
        "id": ontology.iri or "",
        "meta": _graph_meta(ontology, version, lost),
        "nodes": [_node(ontology, iri, kind) for iri, kind in nodes.items()],
        "edges": edges.sorted(),
        "equivalentNodesSets": list(_equivalent(hierarchy, nodes)),
        "logicalDefinitionAxioms": sorted(definitions, key=lambda one: str(one["definedClassId"])),
        "domainRangeAxioms": _domains_and_ranges(ontology.axioms),
        "propertyChainAxioms": _chains(ontology.axioms),
    }
    return {"graphs": [graph]}


def _is_node(iri: str, kind: EntityKind) -> bool:
    return kind in _TYPES and not iri.startswith(("_:", *_BUILT_IN))


# nodes


def _graph_meta(ontology: Ontology, version: str, lost: int) -> dict[str, Any]:
    base = (ontology.iri or "").rstrip("/#")
    said = [one for one in ontology.annotations.get(ontology.iri or "", ()) if not one.property.startswith(OWL)]
    values = [_value(one) for one in sorted(said, key=lambda one: (one.property, one.value))]
    note = f"{lost} axioms have no form in OBO Graphs (nested expressions, intervals, rules): see the OWL file"
    return {"version": f"{base}/{version}", "basicPropertyValues": [*values, {"pred": _COMMENT, "val": note}]}


def _node(ontology: Ontology, iri: str, kind: EntityKind) -> dict[str, Any]:
    meta = _meta(ontology.annotations.get(iri, ()))
    has_label = any(one.property == RDFS_LABEL for one in ontology.annotations.get(iri, ()))
    label = {"lbl": ontology.label(iri)} if has_label else {}
    return {"id": iri, **label, **_TYPES[kind], **({"meta": meta} if meta else {})}


def _meta(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """A node's metadata. A second definition is a plain property: the format has room for one."""
    meta: dict[str, Any] = {}
    for one in annotations:
        if one.property in _DEFINITIONS and "definition" not in meta:
            meta["definition"] = {"val": one.value}
        elif one.property in _SYNONYMS:
            meta.setdefault("synonyms", []).append({"pred": _SYNONYMS[one.property], "val": one.value})
        elif one.property == _COMMENT:
            meta.setdefault("comments", []).append(one.value)
        elif one.property == _XREF:
            meta.setdefault("xrefs", []).append({"val": one.value})
        elif one.property == _DEPRECATED:
            meta["deprecated"] = one.value in ("true", "1")
        elif one.property != RDFS_LABEL:
            meta.setdefault("basicPropertyValues", []).append(_value(one))
    return meta


def _value(annotation: Annotation) -> dict[str, str]:
    return {"pred": annotation.property, "val": annotation.value}


# axioms


class _Edges:
    """Subject, predicate, object between nodes, each once."""

    def __init__(self, nodes: dict[str, EntityKind]) -> None:
        self._nodes = nodes
        self._found: set[tuple[str, str, str]] = set()

    def add(self, axiom: owl.Axiom) -> bool:
        """Whether an axiom is wholly said by edges."""
        edges = list(_edges(axiom))
        self._found.update(edge for edge in edges if edge[0] in self._nodes and edge[2] in self._nodes)
        return bool(edges)

    def inferred(self, hierarchy: Hierarchy) -> None:
        for iri in hierarchy.classes & self._nodes.keys():
            parents = hierarchy.parents(iri) - hierarchy.equivalents(iri) - {iri}
            self._found.update((iri, "is_a", parent) for parent in parents & self._nodes.keys())

    def sorted(self) -> list[dict[str, str]]:
        return [{"sub": sub, "pred": pred, "obj": obj} for sub, pred, obj in sorted(self._found)]


def _edges(axiom: owl.Axiom) -> Iterator[tuple[str, str, str]]:
    match axiom:
        case owl.SubClassOf(owl.Class(sub), owl.Class(sup)):
            yield sub, "is_a", sup
        case owl.SubClassOf(owl.Class(sub), owl.ObjectSomeValuesFrom(relation, owl.Class(filler))):
            yield sub, relation, filler
        case owl.SubObjectPropertyOf((sub,), sup) | owl.SubDataPropertyOf(sub, sup):
            yield sub, "subPropertyOf", sup
        case owl.ClassAssertion(individual, owl.Class(cls)):
            yield individual, "type", cls
        case owl.ObjectPropertyAssertion(relation, subject, target):
            yield subject, relation, target


def _is_taxonomic(axiom: owl.Axiom) -> bool:
    """What has a list of its own: equivalences between names, domains, ranges, chains."""
    match axiom:
        case owl.EquivalentClasses(operands):
            return all(isinstance(one, owl.Class) for one in operands)
        case owl.ObjectPropertyDomain(_, owl.Class()) | owl.ObjectPropertyRange(_, owl.Class()):
            return True
    return isinstance(axiom, owl.SubObjectPropertyOf)


def _definition(axiom: owl.Axiom, nodes: dict[str, EntityKind]) -> dict[str, Any] | None:
    """``A ≡ B ⊓ ∃r.C``: genera and restrictions to names. One with anything else in it is none."""
    match axiom:
        case owl.EquivalentClasses((owl.Class(defined), owl.ObjectIntersectionOf(operands))):
            pass
        case _:
            return None
    genera = sorted(one.iri for one in operands if isinstance(one, owl.Class))
    pairs = sorted(pair for one in operands if (pair := _restriction(one)))
    if len(genera) + len(pairs) != len(operands) or not {defined, *genera, *(f for _, f in pairs)} <= nodes.keys():
        return None
    restrictions = [{"propertyId": relation, "fillerId": filler} for relation, filler in pairs]
    return {"definedClassId": defined, "genusIds": genera, "restrictions": restrictions}


def _restriction(expression: owl.ClassExpression) -> tuple[str, str] | None:
    match expression:
        case owl.ObjectSomeValuesFrom(relation, owl.Class(filler)):
            return relation, filler
    return None


def _equivalent(hierarchy: Hierarchy, nodes: dict[str, EntityKind]) -> Iterator[dict[str, Any]]:
    for iri in sorted(hierarchy.classes & nodes.keys()):
        same = sorted(({iri, *hierarchy.equivalents(iri)} - {OWL_THING, OWL_NOTHING}) & nodes.keys())
        if len(same) > 1 and same[0] == iri:
            yield {"representativeNodeId": iri, "nodeIds": same}


def _domains_and_ranges(axioms: Iterable[owl.Axiom]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, set[str]]] = {}
    for axiom in axioms:
        match axiom:
            case owl.ObjectPropertyDomain(relation, owl.Class(cls)):
                found.setdefault(relation, {}).setdefault("domainClassIds", set()).add(cls)
            case owl.ObjectPropertyRange(relation, owl.Class(cls)):
                found.setdefault(relation, {}).setdefault("rangeClassIds", set()).add(cls)
    return [
        {"predicateId": relation, **{name: sorted(classes) for name, classes in sorted(sides.items())}}
        for relation, sides in sorted(found.items())
    ]


def _chains(axioms: Iterable[owl.Axiom]) -> list[dict[str, Any]]:
    found = sorted(
        (one.sup, one.chain) for one in axioms if isinstance(one, owl.SubObjectPropertyOf) and len(one.chain) > 1
    )
    return [{"predicateId": sup, "chainPredicateIds": list(chain)} for sup, chain in found]
