"""Facts that a source took back: entered in error, or deleted."""

from __future__ import annotations

from kgtwin.model.fact import Fact, fact_from_json
from kgtwin.store.records import Statement, Work
from kgtwin.store.rows import versions_from_text
from kgtwin.store.schema import FACT_EDGES
from kgtwin.store.transaction import batch

RETRACTED, DELETED = "it was entered in error", "it was deleted at its source"


def withdrawn(key: str, as_of: int | None) -> Work[tuple[tuple[Fact, str], ...]]:
    """A patient's facts that were once received and taken back by a revision, each with how; the later first.

    What a newer version says otherwise was corrected, not taken back.
    """
    limit = as_of if as_of is not None else 1 << 62
    closed: list[tuple[int, Fact]] = []
    for edge in FACT_EDGES.values():
        rows = yield Statement(
            f"MATCH (p:Patient {{key: $key}})-[:{edge}]->(f) WHERE f.revisionTo <= $n RETURN f.revisionTo, f.payload",
            {"key": key, "n": limit},
        )
        closed += [(number, fact_from_json(payload)) for number, payload in rows]
    taken = yield from _taken_back(sorted({_resource(fact) for _, fact in closed}))
    found = [(number, fact, how) for number, fact in closed if (how := taken.get((_resource(fact), number)))]
    found.sort(key=lambda one: (-one[0], one[1].id))
    return tuple((fact, how) for _, fact, how in found)


def _resource(fact: Fact) -> str:
    return f"{fact.provenance.source}|{fact.provenance.resource}"


def _taken_back(resources: list[str]) -> Work[dict[tuple[str, int], str]]:
    """How some resources were taken back, by their id and the revision that did it."""
    found: dict[tuple[str, int], str] = {}
    query = "UNWIND $ids AS id MATCH (v:Resource {id: id}) RETURN v.id, v.payload"
    for statement in batch(query, "ids", resources):
        for id_, payload in (yield statement):
            for one in versions_from_text(payload):
                if one.retracted or one.deleted:
                    found[id_, one.revision] = DELETED if one.deleted else RETRACTED
    return found
