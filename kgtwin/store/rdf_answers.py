"""One SPARQL query over one checkpoint of the view: evaluated, cut at its limit, serialised."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import pyoxigraph as ox

from kgtwin.store.rdf_binding import bound
from kgtwin.store.rdf_terms import GRAPHS, SHOWN
from kgtwin.store.sparql import BASE
from kgtwin.vocabulary import DCTERMS, OWL, PREFIXES, PROV, RDF, RDFS, SKOS, XSD

QUERY_PREFIXES: Final = {
    **PREFIXES,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "prov": PROV,
    "dcterms": DCTERMS,
    "graph": GRAPHS,
    "data": "https://w3id.org/kgtwin/data/",
    "cdt": "https://w3id.org/cdt/",
}
"""Prefixes that need no declaration."""
RESULTS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPH_SYNTAXES: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
_NAMED: Final = [ox.NamedNode(GRAPHS + name) for name in SHOWN]
_ENDING: Final = re.compile(r"\}[^#{}]*\blimit\s+(\d{1,9})\s*(?:offset\s+\d+\s*)?\Z", re.IGNORECASE)
"""What looks like a query's own LIMIT, at its end."""
_DAMAGE: Final = ("corruption", "checksum", "no such file", "io error")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` is the checkpoint's folder. ``dataset`` says that the query has its own (FROM)."""

    path: str
    query: str
    form: str
    limit: int
    seconds: float
    format: str
    dataset: bool = False
    default_graphs: list[str] | None = None
    named_graphs: list[str] | None = None
    substitutions: dict[str, str] = {}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer; a body of ``length`` bytes follows. ``error`` is set where there is none.

    ``damaged`` says that the checkpoint could not be read; ``last`` that the process ends after this answer.
    """

    media_type: str = ""
    truncated: bool = False
    length: int = 0
    error: str | None = None
    damaged: bool = False
    last: bool = False


def evaluate(store: ox.Store, request: Request) -> tuple[Reply, bytes]:
    """The answer of a query, cut at ``limit`` rows or triples."""
    try:
        request = msgspec.structs.replace(request, query=bound(request.query, request.substitutions))
        options = _options(request)
        if request.form == "SELECT":
            return _solutions(store, request, options)
        found = store.query(request.query, **options)
        if isinstance(found, ox.QueryBoolean):
            kind = RESULTS[request.format]
            return Reply(media_type=kind.media_type), found.serialize(format=kind) or b""
        return _triples(found, request)
    except (SyntaxError, ValueError, OSError, RuntimeError) as error:
        text = (str(error).splitlines() or [type(error).__name__])[0][:300]
        return Reply(error=text, damaged=isinstance(error, OSError | RuntimeError) and _is_damage(text)), b""


def _is_damage(text: str) -> bool:
    return any(word in text.lower() for word in _DAMAGE)


def _options(request: Request) -> dict[str, Any]:
    """The dataset. The protocol's dataset replaces the query's own; without either, the
    default graph is the merge that the view holds, and the named graphs are those that it shows."""
    options: dict[str, Any] = {"prefixes": QUERY_PREFIXES, "base_iri": BASE}
    if request.default_graphs is not None or request.named_graphs is not None:
        options["default_graph"] = [ox.NamedNode(iri) for iri in request.default_graphs or ()]
        options["named_graphs"] = [ox.NamedNode(iri) for iri in request.named_graphs or ()]
    elif not request.dataset:
        options["named_graphs"] = _NAMED
    return options


def _solutions(store: ox.Store, request: Request, options: dict[str, Any]) -> tuple[Reply, bytes]:
    """Serialised by Oxigraph itself where its own LIMIT can cut; row by row where the query's form forbids that."""
    kind = RESULTS[request.format]
    ending = _ENDING.search(request.query)
    if ending and int(ending.group(1)) <= request.limit:
        body = _whole(store.query(request.query, **options), kind)
        if cut(body, request.format, request.limit) is body:
            return Reply(media_type=kind.media_type), body
    try:
        found = store.query(f"{request.query}\nLIMIT {request.limit + 1}", **options)
    except SyntaxError:
        return _row_by_row(store.query(request.query, **options), request)
    whole = _whole(found, kind)
    body = cut(whole, request.format, request.limit)
    return Reply(media_type=kind.media_type, truncated=body is not whole), body


def _whole(found: Any, kind: ox.QueryResultsFormat) -> bytes:
    return found.serialize(format=kind) or b""


def cut(body: bytes, format: str, limit: int) -> bytes:
    """An answer without its last row, if it has more rows than the limit; else the same object.

    >>> cut(b"?x\\n1\\n2\\n", "tsv", 1), cut(b'x\\r\\na\\r\\n"b\\r\\n"\\r\\n', "csv", 1)
    (b'?x\\n1\\n', b'x\\r\\na\\r\\n')
    """
    return _CUTS[format](body, limit)


def _cut_json(body: bytes, limit: int) -> bytes:
    answer = _ANSWER.decode(body)
    if len(answer.results.bindings) <= limit:
        return body
    last = len(answer.results.bindings.pop()) + (1 if answer.results.bindings else 0)
    return body[: -3 - last] + b"]}}"


def _cut_xml(body: bytes, limit: int) -> bytes:
    if body.count(b"<result>") <= limit:
        return body
    return body[: body.rindex(b"<result>")] + b"</results></sparql>"


def _cut_tsv(body: bytes, limit: int) -> bytes:
    return body if body.count(b"\n") - 1 <= limit else body[: body.rindex(b"\n", 0, -1) + 1]


def _cut_csv(body: bytes, limit: int) -> bytes:
    """A line's end within quotes ends no row."""
    if sum(part.count(b"\r\n") for part in body.split(b'"')[::2]) - 1 <= limit:
        return body
    end = len(body) - 2
    while body.count(b'"', 0, end := body.rindex(b"\r\n", 0, end)) % 2:
        pass
    return body[: end + 2]


_CUTS: Final = {"json": _cut_json, "xml": _cut_xml, "tsv": _cut_tsv, "csv": _cut_csv}


class _Bindings(msgspec.Struct):
    bindings: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    head: msgspec.Raw
    results: _Bindings


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def _row_by_row(found: Any, request: Request) -> tuple[Reply, bytes]:
    names = [variable.value for variable in found.variables]
    rows: list[dict[str, Any]] = []
    truncated = False
    for solution in found:
        if len(rows) >= request.limit:
            truncated = True
            break
        rows.append({name: _term(value) for name, value in zip(names, solution, strict=True) if value is not None})
    body = msgspec.json.encode({"head": {"vars": names}, "results": {"bindings": rows}})
    kind = RESULTS[request.format]
    if request.format != "json":
        body = _whole(ox.parse_query_results(body, format=RESULTS["json"]), kind)
    return Reply(media_type=kind.media_type, truncated=truncated), body


def _term(term: Any) -> dict[str, Any]:
    """A term in the SPARQL 1.1 Query Results JSON Format, section 3.2.2."""
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, ox.Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _term(part) for name, part in parts.items()}}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    if term.datatype.value == XSD + "string":
        return {"type": "literal", "value": term.value}
    return {"type": "literal", "value": term.value, "datatype": term.datatype.value}


def _triples(found: Any, request: Request) -> tuple[Reply, bytes]:
    kept: list[ox.Triple] = []
    truncated = False
    for triple in found:
        if len(kept) >= request.limit:
            truncated = True
            break
        kept.append(triple)
    kind = GRAPH_SYNTAXES[request.format]
    body = ox.serialize(kept, format=kind, prefixes=QUERY_PREFIXES) or b""
    return Reply(media_type=kind.media_type, truncated=truncated), body
