"""The use cases, one function each: what every door (CLI, GraphQL, SPARQL, Cypher, FHIR) calls."""

from kgtwin.service.core import ConceptView, Service, UnmappedCode
from kgtwin.service.ingesting import DEFERRED_AT_MOST, GROUP
from kgtwin.service.reading import Asked, Page, as_key

__all__ = ["DEFERRED_AT_MOST", "GROUP", "Asked", "ConceptView", "Page", "Service", "UnmappedCode", "as_key"]
