"""The RDF dataset of a query (SPARQL 1.1 Query, 13; SPARQL 1.1 Protocol, 2.1.4), as Oxigraph takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyoxigraph as ox

from kgtwin.store.sparql import BASE, names_dataset


def dataset_options(
    query: str, default_graphs: Sequence[str] | None = None, named_graphs: Sequence[str] | None = None
) -> dict[str, Any]:
    """The options of ``pyoxigraph.Store.query`` for the graphs that a request names.

    A request that names any graph replaces whatever ``FROM`` says, whole: what it leaves out is empty. Where neither
    names one, the default graph is the union of all.

    >>> dataset_options("ASK { ?s ?p ?o }")["use_default_graph_as_union"]
    True
    >>> dataset_options("ASK FROM <urn:a> { ?s ?p ?o }", named_graphs=["urn:b"])["default_graph"]
    []
    """
    if default_graphs is None and named_graphs is None:
        return {"base_iri": BASE, "use_default_graph_as_union": not names_dataset(query)}
    return {
        "base_iri": BASE,
        "default_graph": [ox.NamedNode(iri) for iri in default_graphs or ()],
        "named_graphs": [ox.NamedNode(iri) for iri in named_graphs or ()],
    }
