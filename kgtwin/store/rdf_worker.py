"""The process that holds the RDF view: loads N-Quads once, answers each query in a fork of itself.

Oxigraph cannot cancel a query. A fork shares the loaded graph's memory, and the kernel ends it when its alarm rings
(``SIGALRM`` with its default action), whatever the query is doing; the loaded graph is untouched. Run by ``rdf.py``
as ``python -m kgtwin.store.rdf_worker SOCKET``: chunks of N-Quads on standard input, each behind its length, then
requests on the socket. It ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import selectors
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyoxigraph as ox

from kgtwin.store.rdf_dataset import dataset_options
from kgtwin.vocabulary import DCTERMS, OWL, PREFIXES, PROV, RDFS, SKOS, XSD

LENGTH: Final = struct.Struct("<Q")
MEMORY: Final = 1 << 30
_PREFIXES: Final = {
    **PREFIXES,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "prov": PROV,
    "dcterms": DCTERMS,
    "graph": "https://w3id.org/kgtwin/graph/",
    "data": "https://w3id.org/kgtwin/data/",
}
_RESULTS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPHS: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


class Request(msgspec.Struct, frozen=True):
    query: str
    limit: int
    seconds: float
    format: str | None
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    substitutions: dict[str, str] | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer; the body follows it. ``error`` is set where there is none."""

    form: str = ""
    format: str = ""
    media_type: str = ""
    truncated: bool = False
    error: str | None = None


class Chunks(io.RawIOBase):
    """The N-Quads on standard input, as a file that ends where they do."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest and not self._ended:
            (length,) = LENGTH.unpack(self._stream.read(LENGTH.size))
            self._ended = length == 0
            self._rest = self._stream.read(length)
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def evaluate(store: ox.Store, request: Request) -> tuple[Reply, bytes]:
    """The answer of a query over the union of the graphs, cut at ``limit`` rows or triples."""
    try:
        given = {
            ox.Variable(name): ox.parse(f"<x:> <x:> {term} .", format=ox.RdfFormat.N_TRIPLES)
            for name, term in (request.substitutions or {}).items()
        }
        terms = {name: next(iter(one)).object for name, one in given.items()}
        options = dataset_options(request.query, request.default_graphs, request.named_graphs)
        found = store.query(request.query, prefixes=_PREFIXES, substitutions=terms or None, **options)
        if isinstance(found, ox.QuerySolutions):
            return _solutions(found, request)
        if isinstance(found, ox.QueryBoolean):
            return _boolean(found, request)
        return _triples(found, request)
    except (SyntaxError, ValueError, OSError) as error:
        return Reply(error=str(error).splitlines()[0][:300]), b""


def _solutions(found: ox.QuerySolutions, request: Request) -> tuple[Reply, bytes]:
    names = [variable.value for variable in found.variables]
    rows: list[dict[str, Any]] = []
    truncated = False
    for solution in found:
        if len(rows) >= request.limit:
            truncated = True
            break
        rows.append({name: _term(value) for name, value in zip(names, solution, strict=True) if value is not None})
    body = msgspec.json.encode({"head": {"vars": names}, "results": {"bindings": rows}})
    kind = _RESULTS[request.format or "json"]
    if kind is not ox.QueryResultsFormat.JSON:
        parsed = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
        assert isinstance(parsed, ox.QuerySolutions)
        body = parsed.serialize(format=kind) or b""
    form = "SELECT"
    return Reply(form=form, format=request.format or "json", media_type=kind.media_type, truncated=truncated), body


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


def _boolean(found: ox.QueryBoolean, request: Request) -> tuple[Reply, bytes]:
    kind = _RESULTS[request.format or "json"]
    body = found.serialize(format=kind) or b""
    return Reply(form="ASK", format=request.format or "json", media_type=kind.media_type), body


def _triples(found: Any, request: Request) -> tuple[Reply, bytes]:
    kept: list[ox.Triple] = []
    truncated = False
    for triple in found:
        if len(kept) >= request.limit:
            truncated = True
            break
        kept.append(triple)
    kind = _GRAPHS[request.format or "turtle"]
    body = ox.serialize(kept, format=kind, prefixes=_PREFIXES) or b""
    form, name = "CONSTRUCT", request.format or "turtle"
    return Reply(form=form, format=name, media_type=kind.media_type, truncated=truncated), body


def _answer(store: ox.Store, connection: socket.socket) -> None:
    """Answer one request under its own time and memory limits; the process ends here."""
    with connection, connection.makefile("rwb") as stream:
        request = msgspec.json.decode(stream.readline(), type=Request)
        _limit(request.seconds)
        reply, body = evaluate(store, request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        stream.write(msgspec.json.encode(reply) + b"\n" + body)


def _limit(seconds: float) -> None:
    used = MEMORY
    with contextlib.suppress(OSError):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # no socket and no file, whatever the query asks
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY,) * 2)


def main(path: str) -> None:
    """Load what standard input holds, say so, and serve until it closes."""
    stdin = sys.stdin.buffer
    store = ox.Store()
    store.bulk_load(io.BufferedReader(Chunks(stdin), 1 << 20), format=ox.RdfFormat.N_QUADS)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(path)
        listener.listen(64)
        sys.stdout.write(f"{len(store)}\n")
        sys.stdout.flush()
        selector.register(stdin, selectors.EVENT_READ)
        selector.register(listener, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if stdin in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                try:
                    _answer(store, connection)
                finally:
                    os._exit(0)
            connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
