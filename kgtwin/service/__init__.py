"""The use cases, one function each: what every door (CLI, GraphQL, SPARQL, Cypher, FHIR) calls."""

from kgtwin.service.concluding import Known
from kgtwin.service.core import ConceptView, Service, UnmappedCode, as_key
from kgtwin.service.ingesting import DEFERRED_AT_MOST, GROUP

__all__ = ["DEFERRED_AT_MOST", "GROUP", "ConceptView", "Known", "Service", "UnmappedCode", "as_key"]
