"""What the SPARQL door offers, in RDF: the SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from kgtwin.errors import UsageError
from kgtwin.vocabulary import XSD

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
FORMATS: Final = "http://www.w3.org/ns/formats/"
RDF_TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
RESULTS: Final = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV", "Turtle", "N-Triples",
    "RDF_XML", "JSON-LD",
)  # fmt: skip
"""The names of the result formats in W3C's registry of formats."""
_SYNTAX: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


def describe(endpoint: str, graphs: Iterable[str], format: str = "turtle") -> bytes:
    """The description of the service at an address, whose default graph is the union of these named graphs.

    It says that it answers SPARQL 1.1 queries, in which formats, over which graphs; no update and no federated query
    are among its languages and features.

    Raises:
        UsageError: if the address is no IRI.

    >>> b"<urn:g>" in describe("http://127.0.0.1:8000/sparql", ["urn:g"])
    True
    """
    try:
        service = ox.NamedNode(endpoint)
    except ValueError:
        raise UsageError("the address of this service is no IRI", remedy="correct the Host header") from None
    triples = [*_service(service), *_dataset(service, graphs)]
    return ox.serialize(triples, format=_SYNTAX[format], prefixes={"sd": SD, "formats": FORMATS, "xsd": XSD}) or b""


def _service(service: ox.NamedNode) -> Iterator[ox.Triple]:
    yield ox.Triple(service, RDF_TYPE, _sd("Service"))
    yield ox.Triple(service, _sd("endpoint"), service)
    yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield ox.Triple(service, _sd("feature"), _sd("UnionDefaultGraph"))
    for name in RESULTS:
        yield ox.Triple(service, _sd("resultFormat"), ox.NamedNode(FORMATS + name))


def _dataset(service: ox.NamedNode, graphs: Iterable[str]) -> Iterator[ox.Triple]:
    dataset, default = ox.BlankNode("dataset"), ox.BlankNode("default")
    yield ox.Triple(service, _sd("defaultDataset"), dataset)
    yield ox.Triple(dataset, RDF_TYPE, _sd("Dataset"))
    yield ox.Triple(dataset, _sd("defaultGraph"), default)
    yield ox.Triple(default, RDF_TYPE, _sd("Graph"))
    for number, name in enumerate(graphs):
        named, graph = ox.BlankNode(f"named{number}"), ox.BlankNode(f"graph{number}")
        yield ox.Triple(dataset, _sd("namedGraph"), named)
        yield ox.Triple(named, RDF_TYPE, _sd("NamedGraph"))
        yield ox.Triple(named, _sd("name"), ox.NamedNode(name))
        yield ox.Triple(named, _sd("graph"), graph)
        yield ox.Triple(graph, RDF_TYPE, _sd("Graph"))


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)
