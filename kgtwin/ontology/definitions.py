"""Datatype definitions, used by writing what a datatype is defined as in place of its name.

``DatatypeDefinition``: https://www.w3.org/TR/owl2-syntax/#Datatype_Definitions; OWL 2 DL wants them without cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kgtwin.ontology.nodes import MAX_DEPTH, Iri, Node, Term

_LARGEST, _DEEPEST = 10_000, MAX_DEPTH // 2
"""How many nodes a definition may have when written out, and how deep; others are left as they are."""
_FIRST_RANGE = {
    "DataSomeValuesFrom": -1,
    "DataAllValuesFrom": -1,
    "DataMinCardinality": 2,
    "DataMaxCardinality": 2,
    "DataExactCardinality": 2,
    "DataPropertyRange": 1,
    "DatatypeDefinition": 1,
    "DataIntersectionOf": 0,
    "DataUnionOf": 0,
    "DataComplementOf": 0,
}
"""The first argument that is a data range; -1 is the last one. All after it are, too."""


def told(items: Iterable[Term]) -> dict[str, Term]:
    """The first definition of each datatype among the nodes of an ontology, as it stands."""
    found: dict[str, Term] = {}
    for item in items:
        if isinstance(item, Node) and item.name == "DatatypeDefinition":
            bare = [arg for arg in item.args if not (isinstance(arg, Node) and arg.name == "Annotation")]
            if len(bare) == 2 and isinstance(bare[0], Iri):
                found.setdefault(bare[0].value, bare[1])
    return found


def written_out(definitions: Mapping[str, Term]) -> dict[str, Term]:
    """The definitions with no defined datatype left in their ranges.

    Without those defined in a circle or by one that is, and those too large or too deep to write out.
    """
    waits = {name: _names(term) & definitions.keys() for name, term in definitions.items()}
    used_by: dict[str, list[str]] = {}
    for name, needs in waits.items():
        for need in needs:
            used_by.setdefault(need, []).append(name)
    done: dict[str, Term] = {}
    ready = [name for name, needs in waits.items() if not needs]
    while ready:
        name = ready.pop()
        whole = _expanded(definitions[name], done)
        size, depth = _extent(whole)
        if size > _LARGEST or depth > _DEEPEST:
            continue
        done[name] = whole
        for other in used_by.get(name, ()):
            waits[other].discard(name)
            if not waits[other]:
                ready.append(other)
    return done


def _names(term: Term) -> set[str]:
    """The datatypes that a data range names."""
    if isinstance(term, Iri):
        return {term.value}
    return {name for arg in term.args for name in _names(arg)} if isinstance(term, Node) else set()


def _extent(term: Term) -> tuple[int, int]:
    """How many nodes a term has, and how deep they nest."""
    if not isinstance(term, Node):
        return 1, 1
    inner = [_extent(arg) for arg in term.args]
    return 1 + sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)


def written_in(node: Node, known: Mapping[str, Term]) -> Node:
    """A construct with the ranges of known datatypes in place of their names, wherever a data range stands.

    >>> adult = Node("DatatypeRestriction", (Iri("int"), Iri("min"), Iri("18")))
    >>> written_in(Node("DataPropertyRange", (Iri("age"), Iri("Adult"))), {"Adult": adult}).args[1] == adult
    True
    """
    if node.name == "DataRangeAtom" and node.args:
        return Node(node.name, (_expanded(node.args[0], known), *node.args[1:]), node.at)
    first = _FIRST_RANGE.get(node.name)
    start = len(node.args) if first is None else len(node.args) - 1 if first < 0 else first
    args = [
        _expanded(arg, known) if i >= start else written_in(arg, known) if isinstance(arg, Node) else arg
        for i, arg in enumerate(node.args)
    ]
    return Node(node.name, tuple(args), node.at)


def _expanded(term: Term, known: Mapping[str, Term]) -> Term:
    if isinstance(term, Iri):
        return known.get(term.value, term)
    return written_in(term, known) if isinstance(term, Node) else term
