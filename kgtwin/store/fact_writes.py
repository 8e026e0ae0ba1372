"""The write of new facts, as work: a few by ``UNWIND``, many by ``COPY`` where the store has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from kgtwin.model.fact import Fact
from kgtwin.store.bulk import create_edges, create_nodes_of
from kgtwin.store.records import Work
from kgtwin.store.rows import Row, concept_labels, fact_cells, fact_row
from kgtwin.store.schema import FACT_ALWAYS, FACT_EDGES, FACT_SOMETIMES, Dialect
from kgtwin.store.transaction import batch, merge_concepts

MANY: Final = 10_000
"""Facts of one transaction from which ``COPY`` pays: it costs 50 to 80 ms a table, and a kind of fact has three."""


class New(NamedTuple):
    """A fact to be written; ``shut``: it is history already."""

    fact: Fact
    shut: bool


def write(opened: Sequence[Fact], shelved: Sequence[Fact], source: str, number: int, dialect: Dialect) -> Work[None]:
    """Create facts, the current ones and those that are history already, with their edges and concepts."""
    yield from merge_concepts(_labels((*opened, *shelved)), dialect)
    of_kind: defaultdict[str, list[New]] = defaultdict(list)
    for shut, facts in ((False, opened), (True, shelved)):
        for fact in facts:
            of_kind[fact.kind.value].append(New(fact, shut))
    copied = dialect.copies and len(opened) + len(shelved) >= MANY
    for kind, found in of_kind.items():
        if copied:
            yield from _copy(kind, found, number, dialect)
        else:
            yield from _unwind(kind, found, source, number, dialect)


def _labels(facts: Iterable[Fact]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for fact in facts:
        labels.update({c: label or labels.get(c, "") for c, label in concept_labels(fact).items()})
    return labels


def _copy(kind: str, found: Sequence[New], number: int, dialect: Dialect) -> Work[None]:
    """Whole tables: the nodes, their edges from the patients, and those to their concepts."""
    yield from create_nodes_of(kind, found, partial(_node, number), dialect)
    yield from create_edges(FACT_EDGES[kind], ("Patient", kind), [(f.patient, f.id) for f, _ in found], dialect)
    coded = [(fact.id, concept) for fact, _ in found for concept in fact.code.concepts]
    yield from create_edges("CODED_AS", (kind, "Concept"), coded, dialect)


def _node(number: int, new: New) -> tuple[Any, ...]:
    ended = number if new.shut else None
    return (*fact_cells(new.fact), number, ended, ended is None)


def _unwind(kind: str, found: Sequence[New], source: str, number: int, dialect: Dialect) -> Work[None]:
    """Row by row, each fact with its first two edges."""
    rows = [fact_row(fact) | {"shut": int(shut)} for fact, shut in found]
    for coded in (True, False):
        part = [row for row in rows if bool(row["concept"]) is coded]
        if part:
            columns = _columns(part)
            query = _create_fact(kind, coded, columns, dialect)
            yield from batch(query, "rows", [_only(row, columns) for row in part], n=number, source=source)
    yield from batch(
        f"UNWIND $rows AS r MATCH (f:{kind} {{id: r.id}}) MATCH (c:Concept {{curie: r.concept}}) "
        "CREATE (f)-[:CODED_AS]->(c)",
        "rows",
        [{"id": fact.id, "concept": concept} for fact, _ in found for concept in fact.code.concepts[1:]],
    )


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    """The columns that some row fills, to the group: binding an empty one costs as much as a full one."""
    return FACT_ALWAYS + tuple(
        name for group in FACT_SOMETIMES if any(row[name] for row in rows for name in group) for name in group
    )


def _only(row: Row, columns: tuple[str, ...]) -> Row:
    return {name: row[name] for name in ("id", "patient", "concept", "shut", *columns)}


def _create_fact(kind: str, coded: bool, columns: tuple[str, ...], dialect: Dialect) -> str:
    """Create facts of a kind, each with its edge from the patient and, where coded, the one to its first concept."""
    find, edge = ("MATCH (c:Concept {curie: r.concept})", "(c)<-[:CODED_AS]-") if coded else ("", "")
    number = f", value: {dialect.number.format('r.value')}" if "value" in columns else ""
    texts = dialect.texts([name for name in columns if name != "value"])
    return (
        f"UNWIND $rows AS r MATCH (p:Patient {{key: r.patient}}) {find} CREATE {edge}(f:{kind}{dialect.mark} "
        f"{{id: r.id, kind: '{kind}', patient: r.patient, source: $source, {texts}{number}, "
        "revisionFrom: $n, revisionTo: CASE WHEN r.shut = 1 THEN $n ELSE null END, current: r.shut = 0})"
        f"<-[:{FACT_EDGES[kind]}]-(p)"
    )
