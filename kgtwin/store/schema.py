"""The labelled property graph: labels, properties and edges, and the two dialects of Cypher that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import msgspec

from kgtwin.model.fact import FactKind

SCHEMA_VERSION: Final = 3

FACT_EDGES: Final[dict[str, str]] = {
    FactKind.CONDITION.value: "HAS_CONDITION",
    FactKind.MEDICATION.value: "HAS_MEDICATION",
    FactKind.ALLERGY.value: "HAS_ALLERGY",
    FactKind.OBSERVATION.value: "HAS_OBSERVATION",
    FactKind.PROCEDURE.value: "HAS_PROCEDURE",
    FactKind.IMMUNIZATION.value: "HAS_IMMUNIZATION",
    FactKind.FAMILY_HISTORY.value: "HAS_FAMILY_HISTORY",
    FactKind.GENOTYPE.value: "HAS_GENOTYPE",
    FactKind.BEHAVIOUR.value: "HAS_BEHAVIOUR",
    FactKind.ENCOUNTER.value: "HAS_ENCOUNTER",
    FactKind.CARE_PLAN.value: "HAS_CARE_PLAN",
}
"""Fact kind (a node label) to the edge from its patient."""

KINDS: Final = tuple(FACT_EDGES)
ANY_FACT_EDGE: Final = "|".join(FACT_EDGES.values())

FACT_ALWAYS: Final = ("code", "system", "display", "status", "start", "resource", "version", "payload")
FACT_SOMETIMES: Final = (("verification",), ("end",), ("recorded",), ("value", "unit", "valueText"))
FACT_TEXTS: Final = (
    "patient", "kind", "source", *FACT_ALWAYS, "verification", "end", "recorded", "unit", "valueText",
)  # fmt: skip

FACT_COLUMNS: Final = ("id", *FACT_TEXTS, "value")
"""The properties of a fact's node that its fact says; the others say since when and until when it counts."""

NODES: Final[dict[str, dict[str, str]]] = {
    "Store": {
        "id": "STRING", "schema": "INT64", "revision": "INT64", "knowledge": "STRING", "digest": "STRING",
        "identity": "STRING", "compacted": "INT64",
    },
    "Patient": {
        "key": "STRING", "source": "STRING", "id": "STRING", "name": "STRING", "gender": "STRING",
        "birthDate": "STRING", "deceased": "STRING", "received": "BOOL", "revision": "INT64", "payload": "STRING",
    },
    "PatientVersion": {"id": "STRING", "revisionFrom": "INT64", "revisionTo": "INT64", "payload": "STRING"},
    **{
        kind: {
            "id": "STRING", **dict.fromkeys(FACT_TEXTS, "STRING"), "value": "DOUBLE",
            "revisionFrom": "INT64", "revisionTo": "INT64", "current": "BOOL",
        }
        for kind in KINDS
    },
    "Concept": {"curie": "STRING", "label": "STRING", "placed": "BOOL"},
    "Resource": {"id": "STRING", "patient": "STRING", "payload": "STRING"},
    "Inference": {
        "patient": "STRING", "at": "STRING", "revision": "INT64", "knowledge": "STRING", "revisionFrom": "INT64",
        "payload": "STRING",
    },
    "DetectedIssue": {
        "id": "STRING", "patient": "STRING", "kind": "STRING", "significance": "STRING", "severity": "STRING",
        "statement": "STRING", "title": "STRING", "detail": "STRING", "mitigation": "STRING", "review": "STRING",
        "status": "STRING", "basis": "STRING", "at": "STRING", "revision": "INT64", "knowledge": "STRING",
        "revisionFrom": "INT64", "payload": "STRING",
    },
    "RiskAssessment": {
        "id": "STRING", "patient": "STRING", "head": "STRING", "headLabel": "STRING", "relation": "STRING",
        "tail": "STRING", "tailLabel": "STRING", "plausibility": "DOUBLE", "prior": "DOUBLE", "rank": "INT64",
        "candidates": "INT64", "model": "STRING", "basis": "STRING", "at": "STRING", "revisionFrom": "INT64",
        "payload": "STRING",
    },
    "PastInference": {
        "key": "STRING", "patient": "STRING", "at": "STRING", "revision": "INT64", "knowledge": "STRING",
        "revisionFrom": "INT64", "revisionTo": "INT64", "payload": "STRING",
    },
    "PastIssue": {
        "key": "STRING", "id": "STRING", "patient": "STRING", "kind": "STRING", "significance": "STRING",
        "statement": "STRING", "title": "STRING", "at": "STRING", "revisionFrom": "INT64", "revisionTo": "INT64",
        "payload": "STRING",
    },
    "PastRisk": {
        "key": "STRING", "id": "STRING", "patient": "STRING", "revisionFrom": "INT64", "revisionTo": "INT64",
        "payload": "STRING",
    },
    "Override": {
        "id": "STRING", "patient": "STRING", "issue": "STRING", "statement": "STRING", "significance": "STRING",
        "reason": "STRING", "by": "STRING", "at": "STRING", "text": "STRING", "fingerprint": "STRING",
        "withdrawn": "BOOL", "revisionFrom": "INT64", "payload": "STRING",
    },
    "Revision": {
        "number": "INT64", "at": "STRING", "kind": "STRING", "label": "STRING", "added": "INT64", "closed": "INT64",
        "payload": "STRING",
    },
    "Consumer": {"name": "STRING", "position": "INT64", "at": "STRING"},
}  # fmt: skip
"""Label to properties and their types; the first property is the key."""

EDGES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    **{edge: (("Patient", kind),) for kind, edge in FACT_EDGES.items()},
    "HAS_VERSION": (("Patient", "PatientVersion"),),
    "CODED_AS": tuple((kind, "Concept") for kind in KINDS),
    "IS_A": (("Concept", "Concept"),),
    "HAS_ACTIVE_INGREDIENT": (("Concept", "Concept"),),
    "HAS_ROUTE": (("Concept", "Concept"),),
    "ROLE": (("Concept", "Concept"),),
    "HAS_INFERENCE": (("Patient", "Inference"),),
    "HAS_ISSUE": (("Patient", "DetectedIssue"),),
    "IMPLICATES": tuple(("DetectedIssue", kind) for kind in KINDS),
    "HAS_RISK": (("Patient", "RiskAssessment"),),
    "HAD_INFERENCE": (("Patient", "PastInference"),),
    "HAD_ISSUE": (("Patient", "PastIssue"),),
    "HAD_RISK": (("Patient", "PastRisk"),),
    "HAS_OVERRIDE": (("Patient", "Override"),),
}
"""Edge type to the labels that it joins. ``ROLE`` has a ``property`` (a CURIE)."""

ROLE_EDGES: Final = {"kgtwin:hasActiveIngredient": "HAS_ACTIVE_INGREDIENT", "kgtwin:hasRoute": "HAS_ROUTE"}


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """Where the Cypher of the two stores differs.

    A null in a list of parameters loses its type in Ladybug, so rows carry the empty string for "unset":
    ``text`` and ``number`` are the expressions that read it; ``shown`` makes a text of a number. ``fact_labels``
    are the labels by which a fact is found by id; ``mark`` is what each fact's label is followed by; ``edge_type`` is
    the function that names an edge's type.
    ``lock``: writers have to lock each other out; ``copies``: there is a ``COPY`` from Arrow tables; ``scans``: a
    statement over many keys looks at every edge; ``nulls``: a parameter may be null.
    """

    name: str
    text: str
    number: str
    shown: str
    any_fact: str
    fact_labels: tuple[str, ...]
    edge_type: str
    mark: str = ""
    lock: bool = False
    copies: bool = False
    scans: bool = False
    nulls: bool = False

    def texts(self, names: tuple[str, ...] | list[str], row: str = "r") -> str:
        """Property assignments of texts that may be unset, for a map in a ``CREATE``."""
        return ", ".join(f"`{name}`: {self.text.format(f'{row}.`{name}`')}" for name in names)


LADYBUG: Final = Dialect(
    name="ladybug",
    text="nullif({}, '')",
    number="CAST(nullif({}, '') AS DOUBLE)",
    shown="CAST({} AS STRING)",
    any_fact="|".join(KINDS),
    fact_labels=KINDS,
    edge_type="label",
    copies=True,
    scans=True,
)
NEO4J: Final = Dialect(
    name="neo4j",
    text="CASE {0} WHEN '' THEN null ELSE {0} END",
    number="toFloat(CASE {0} WHEN '' THEN null ELSE {0} END)",
    shown="toString({})",
    any_fact="Fact",
    fact_labels=("Fact",),
    edge_type="type",
    mark=":Fact",
    lock=True,
    nulls=True,
)


GATE: Final = "Gate"
"""The label of the node whose lock a commit holds on a server, from its last statement until all of it can be read."""
EMPTY_STORE: Final = (
    "(s:Store {id: 'store', `schema`: $schema, revision: 0, knowledge: '', digest: '', identity: $identity, "
    "compacted: 0})"
)
"""The node that says what the store is, with the parameters of ``empty_store``."""


def empty_store() -> dict[str, object]:
    """The schema's version, and an identity that no other store has."""
    return {"schema": SCHEMA_VERSION, "identity": str(uuid4())}


def ladybug_tables() -> Iterator[str]:
    """The DDL of an empty Ladybug store."""
    yield from map(ladybug_node, NODES)
    yield from map(ladybug_edge, EDGES)


def ladybug_node(label: str) -> str:
    """The DDL of one label."""
    columns = NODES[label]
    body = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
    return f"CREATE NODE TABLE `{label}`({body}, PRIMARY KEY(`{next(iter(columns))}`))"


def ladybug_edge(edge: str) -> str:
    """The DDL of one edge type."""
    body = ", ".join(f"FROM `{a}` TO `{b}`" for a, b in EDGES[edge])
    extra = ", property STRING" if edge == "ROLE" else ""
    return f"CREATE REL TABLE `{edge}`({body}{extra})"


def neo4j_constraints() -> Iterator[str]:
    """The constraints and indexes of a Neo4j store; running them again changes nothing."""
    keys = {label: next(iter(columns)) for label, columns in NODES.items() if label not in FACT_EDGES}
    for label, key in {**keys, "Fact": "id", GATE: "id"}.items():
        name = f"kgtwin_{label.lower()}_key"
        yield f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.`{key}` IS UNIQUE"
    for kind in KINDS:
        yield f"CREATE INDEX kgtwin_{kind.lower()}_code IF NOT EXISTS FOR (n:{kind}) ON (n.code)"
    for label, name in (("PastIssue", "id"), ("Revision", "at"), ("Resource", "patient")):
        yield f"CREATE INDEX kgtwin_{label.lower()}_{name} IF NOT EXISTS FOR (n:{label}) ON (n.`{name}`)"
