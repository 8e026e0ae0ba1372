"""Which axioms lie outside the OWL 2 EL profile, and why (https://www.w3.org/TR/owl2-profiles/#OWL_2_EL)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Number, Term
from kgtwin.vocabulary import OWL, RDF, RDFS, XSD
from kgtwin.workbench.project import Entry
from kgtwin.workbench.terms import bare

_XSD = """decimal integer nonNegativeInteger string normalizedString token Name NCName NMTOKEN hexBinary base64Binary
    anyURI dateTime dateTimeStamp"""
DATATYPES: Final = frozenset(
    [RDF + "PlainLiteral", RDF + "langString", RDF + "XMLLiteral", RDFS + "Literal", OWL + "real", OWL + "rational"]
    + [XSD + name for name in _XSD.split()]
)
"""The datatypes of section 2.2.1."""
_NAMED = {"Declaration", "Import", "Annotation", "AnnotationAssertion", "SubAnnotationPropertyOf"}
_NAMED |= {"AnnotationPropertyDomain", "AnnotationPropertyRange"}
_EL_AXIOMS = """SubClassOf EquivalentClasses DisjointClasses SubObjectPropertyOf EquivalentObjectProperties
    TransitiveObjectProperty ReflexiveObjectProperty ObjectPropertyDomain ObjectPropertyRange SubDataPropertyOf
    EquivalentDataProperties DataPropertyDomain DataPropertyRange FunctionalDataProperty SameIndividual
    DifferentIndividuals ClassAssertion ObjectPropertyAssertion NegativeObjectPropertyAssertion
    DataPropertyAssertion NegativeDataPropertyAssertion HasKey DatatypeDefinition"""
_AXIOMS = frozenset(_EL_AXIOMS.split())
_EL_EXPRESSIONS = """ObjectIntersectionOf ObjectOneOf ObjectSomeValuesFrom ObjectHasValue ObjectHasSelf
    DataSomeValuesFrom DataHasValue DataIntersectionOf DataOneOf ObjectPropertyChain"""
_EXPRESSIONS = frozenset(_EL_EXPRESSIONS.split())
_ENUMERATIONS = {"ObjectOneOf", "DataOneOf"}


class Violation(NamedTuple):
    """An entry outside the profile, and the construct for which it is."""

    entry: Entry
    why: str


def violations(entries: Iterable[Entry]) -> Iterator[Violation]:
    """The entries of a closure that lie outside OWL 2 EL, each with its first reason.

    >>> from kgtwin.model.ontology import Origin
    >>> node = Node("SubClassOf", (Iri("http://x/A"), Node("ObjectUnionOf", (Iri("http://x/B"), Iri("http://x/C")))))
    >>> [one.why for one in violations([Entry(node, Origin("x.ofn", 3))])]
    ['ObjectUnionOf']
    """
    entries = [one for one in entries if one.node.name not in _NAMED]
    for entry in entries:
        why = next(_outside(entry.node), None)
        if why is not None:
            yield Violation(entry, why)
    yield from _ranges(entries)


def _outside(axiom: Node) -> Iterator[str]:
    if axiom.name not in _AXIOMS:
        yield axiom.name
        return
    for arg in axiom.args:
        yield from _term(arg)


def _term(term: Term) -> Iterator[str]:
    if isinstance(term, Anonymous):
        yield "an anonymous individual"
    elif isinstance(term, Literal):
        if term.datatype is not None and term.datatype not in DATATYPES:
            yield f"the datatype {_short(term.datatype)}"
    elif isinstance(term, Iri):
        if term.value.startswith(XSD) and term.value not in DATATYPES:
            yield f"the datatype {_short(term.value)}"
    elif isinstance(term, Node) and term.name != "Annotation":
        yield from _node(term)


def _node(node: Node) -> Iterator[str]:
    if node.name not in _EXPRESSIONS:
        yield node.name
    elif node.name in _ENUMERATIONS and len(node.args) != 1:
        yield f"{node.name} of {len(node.args)} things"
    else:
        for arg in node.args:
            if not isinstance(arg, Number):
                yield from _term(arg)


def _short(iri: str) -> str:
    return "xsd:" + iri.removeprefix(XSD) if iri.startswith(XSD) else iri


# the restriction on ranges (section 2.2.6)


def _ranges(entries: list[Entry]) -> Iterator[Violation]:
    """Chains that end with a property that lacks a range of the property that they lead to."""
    above = _above(entries)
    told: dict[str, set[Term]] = {}
    for entry in entries:
        if entry.node.name == "ObjectPropertyRange" and isinstance(entry.node.args[-2], Iri):
            told.setdefault(entry.node.args[-2].value, set()).add(bare(entry.node.args[-1]))
    for entry in entries:
        chain, sup = _chain(entry.node)
        if chain and sup:
            has = {one for prop in above(chain[-1]) for one in told.get(prop, ())}
            if {one for prop in above(sup) for one in told.get(prop, ())} - has:
                yield Violation(entry, "a chain whose last property lacks the range of the property that it leads to")


def _chain(node: Node) -> tuple[list[str], str | None]:
    if node.name != "SubObjectPropertyOf" or not isinstance(node.args[-2], Node):
        return [], None
    chain, sup = node.args[-2], node.args[-1]
    parts = [arg.value for arg in chain.args if isinstance(arg, Iri)]
    return (parts, sup.value) if chain.name == "ObjectPropertyChain" and isinstance(sup, Iri) else ([], None)


def _above(entries: list[Entry]) -> Callable[[str], set[str]]:
    """A property with all properties told above it."""
    supers: dict[str, set[str]] = {}
    for node, _ in entries:
        names = [arg.value for arg in node.args if isinstance(arg, Iri)]
        if node.name == "SubObjectPropertyOf" and len(names) == len(_plain(node)) == 2:
            supers.setdefault(names[0], set()).add(names[1])
        elif node.name == "EquivalentObjectProperties":
            for name in names:
                supers.setdefault(name, set()).update(names)

    def above(prop: str) -> set[str]:
        found, todo = {prop}, [prop]
        while todo:
            more = supers.get(todo.pop(), set()) - found
            found |= more
            todo += more
        return found

    return above


def _plain(node: Node) -> list[Term]:
    return [arg for arg in node.args if not (isinstance(arg, Node) and arg.name == "Annotation")]
