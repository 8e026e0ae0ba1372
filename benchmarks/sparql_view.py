"""SPARQL over the RDF view beside bare Oxigraph: the same queries over the same files, in the same run.

Usage::

    python benchmarks/sparql_view.py [--store ladybug:PATH | --triples N] [--rounds N] [--folder FOLDER]

With ``--store`` the view of a store is built (and timed). Without, a view of about N triples (1,000,000 unless given)
is made of patients that are invented here. Then the view is opened anew, and each query is asked ``rounds`` times (7)
of the view, as any door asks it, and in turn of bare Oxigraph: a ``Store`` that this process opened over the same
checkpoint, its answer serialised as JSON. Printed are the best milliseconds of each; for queries over 100 ms the ratio
bare to view is to be 0.9 at least, for others the view is to take less than 5 ms more. ``union`` (once) is what it
costs in bare Oxigraph over the union of the named graphs, as the N-Quads alone would be asked.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from kgtwin.identifiers import patient_key
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance, Quantity, fact_id
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph
from kgtwin.model.time import Period
from kgtwin.store import rdf_terms, rdf_update
from kgtwin.store.factory import open_store
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_answers import QUERY_PREFIXES
from kgtwin.store.rdf_views import CurrentView

QUERIES = {
    "ask": "ASK { ?p a kgtwin:Patient }",
    "one patient": "SELECT ?f ?l { ?p kgtwin:key 'local|p7' ; kgtwin:hasCondition ?f . ?f rdfs:label ?l }",
    "count patients": "SELECT (COUNT(*) AS ?n) { ?p a kgtwin:Patient }",
    "cohort": """SELECT ?p (COUNT(?f) AS ?n) { ?c rdfs:subClassOf* snomed:64572001 . ?f kgtwin:codeConcept ?c .
        ?p kgtwin:hasCondition ?f } GROUP BY ?p ORDER BY DESC(?n) LIMIT 100""",
    "high values": """SELECT ?p ?v ?start { ?p kgtwin:hasObservation ?f . ?f kgtwin:value ?v ; kgtwin:start ?start
        FILTER(?v > 7) } ORDER BY DESC(?v) LIMIT 1000""",
    "ten thousand rows": """SELECT ?f ?code ?start ?status {
        ?f kgtwin:code ?code ; kgtwin:start ?start ; kgtwin:status ?status }""",
    "codes counted": """SELECT ?code (COUNT(*) AS ?n) (COUNT(DISTINCT ?p) AS ?patients) {
        ?p ?has ?f . ?f kgtwin:code ?code } GROUP BY ?code ORDER BY DESC(?n)""",
}
LIMIT = 10_000
LONG = 100.0
FACTS = 60
ROOT = "snomed:64572001"


def invented_facts(patient: str) -> Iterator[Fact]:
    """Conditions and measurements of an invented patient."""
    key = patient_key("local", patient)
    for number in range(FACTS):
        condition = number % 3 == 0
        code = 1000 + (int(patient[1:]) * 7 + number) % 300
        provenance = Provenance("local", f"{'Condition' if condition else 'Observation'}/{patient}-{number}", "1")
        system, curie = (
            ("http://snomed.info/sct", f"snomed:{code}") if condition else ("http://loinc.org", f"loinc:{code}")
        )
        yield Fact(
            id=fact_id(key, provenance),
            patient=key,
            kind=FactKind.CONDITION if condition else FactKind.OBSERVATION,
            code=Coded((Coding(system, str(code), f"Code number {code}"),), (Match(curie),)),
            status="active" if condition else "final",
            when=Period(f"20{number % 20 + 5:02}-0{number % 9 + 1}-1{number % 9}"),
            value=None if condition else Quantity(Decimal(number * code % 100) / 10, unit="mmol/L", ucum="mmol/L"),
            provenance=provenance,
        )


def taxonomy() -> KnowledgeGraph:
    """Three hundred conditions in a tree of three levels."""
    concepts = [KnowledgeConcept(ROOT, "Disease")]
    concepts += [KnowledgeConcept(f"snomed:{number}", f"Group {number}", (ROOT,)) for number in range(20)]
    concepts += [KnowledgeConcept(f"snomed:{n}", f"Code number {n}", (f"snomed:{n % 20}",)) for n in range(1000, 1300)]
    return KnowledgeGraph("1", "1", tuple(concepts))


async def invented(triples: int) -> AsyncIterator[list[str]]:
    """The lines of about so many triples."""
    written = 0
    yield list(rdf_terms.knowledge_lines(taxonomy()))
    for number in range(triples):
        if written >= triples:
            return
        name = f"p{number}"
        record = PatientRecord(key=patient_key("local", name), source="local", id=name, birth_date="1950-01-01")
        lines = rdf_terms.patient_lines(record, invented_facts(name), None)
        written += len(lines)
        yield lines
        await asyncio.sleep(0)


async def timed(what: str, work: Callable[[], Awaitable[object]]) -> float:
    """Do it, and say how long it took."""
    start = time.perf_counter()
    await work()
    took = time.perf_counter() - start
    print(f"{what}: {took:.2f} s", flush=True)
    return took


async def best(rounds: int, *works: Callable[[], Awaitable[object]]) -> list[float]:
    """The fewest milliseconds of each, after one round that does not count; in turn, so that all meet the same load."""
    found = []
    for _ in range(rounds + 1):
        row = []
        for work in works:
            start = time.perf_counter()
            await work()
            row.append((time.perf_counter() - start) * 1000)
        found.append(row)
    return [min(column) for column in zip(*found[1:], strict=True)]


class Bare:
    """Oxigraph alone over the checkpoint's files."""

    def __init__(self, path: Path) -> None:
        self._store = ox.Store.read_only(str(path))

    async def ask(self, query: str, *, union: bool = False) -> bytes:
        """The answer as JSON."""
        if query.startswith("SELECT") and "LIMIT" not in query:
            query += f"\nLIMIT {LIMIT + 1}"
        found = self._store.query(query, prefixes=QUERY_PREFIXES, use_default_graph_as_union=union)
        assert isinstance(found, ox.QuerySolutions | ox.QueryBoolean)
        body = found.serialize(format=ox.QueryResultsFormat.JSON)
        assert body is not None
        return body


async def compare(view: CurrentView, rounds: int) -> bool:
    """Print a line a query; whether every one reaches what is wanted."""
    async with view.leased() as leased:
        bare = Bare(leased.path)
        print(f"\n{'query':20}{'bare/ms':>10}{'view/ms':>10}{'bare/view':>11}{'more/ms':>9}{'union/ms':>10}")
        reached = True
        for name, query in QUERIES.items():
            alone, ours = await best(rounds, partial(bare.ask, query), partial(view.query, query, limit=LIMIT))
            (union,) = await best(1, partial(bare.ask, query, union=True))
            print(f"{name:20}{alone:10.2f}{ours:10.2f}{alone / ours:11.2f}{ours - alone:9.2f}{union:10.2f}", flush=True)
            reached &= alone / ours >= 0.9 if alone > LONG else ours - alone < 5
    return reached


def bytes_under(folder: Path) -> int:
    """What the checkpoints take."""
    return sum(path.stat().st_size for path in folder.glob("g-*/r*/*"))


async def main(arguments: argparse.Namespace) -> bool:
    """Build, open, compare."""
    folder: Path = arguments.folder
    if arguments.store:
        store = open_store(arguments.store)
    else:
        store = LadybugStore(folder / "empty.lbdb")
        rdf_update.quads_of = lambda _: invented(arguments.triples)  # type: ignore[assignment]
    async with store:
        view = CurrentView(store, folder / "view")
        await timed("building the view", lambda: view.refresh(rebuild=not (folder / "view" / "current.json").exists()))
        await view.close()
        view = CurrentView(store, folder / "view")
        await timed("opening it again, with its first answer", lambda: view.query("ASK { ?p a kgtwin:Patient }"))
        held = await view.query("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", format="tsv", timeout=600)
        size = bytes_under(folder / "view")
        triples = int(held.body.split()[-1])
        print(f"{triples} triples in named graphs, {size / triples:.0f} bytes each on the disk")
        reached = await compare(view, arguments.rounds)
        await view.close()
    print("reached" if reached else "NOT reached")
    return reached


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store")
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="kept, and used again, where given")
    found = parser.parse_args()
    found.folder = Path(found.folder or tempfile.mkdtemp(prefix="kgtwin-bench-"))
    found.folder.mkdir(exist_ok=True)
    return found


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(options())) else 1)
