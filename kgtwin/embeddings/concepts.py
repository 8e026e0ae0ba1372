"""Joining nodes to concepts by what was looked up, and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from kgtwin.embeddings.config import ConceptTable, Nodes
from kgtwin.embeddings.table import rows
from kgtwin.embeddings.triples import Triples
from kgtwin.errors import EmbeddingError, InvalidIdentifierError
from kgtwin.identifiers import curie


class Named(msgspec.Struct, frozen=True):
    """A node's id, name and kind, as its file gives them."""

    id: str
    name: str
    kind: str


class Match(msgspec.Struct, frozen=True):
    """The concept that a node is, the label that the table gives it, and how it was found."""

    concept: str
    label: str
    how: str


class Lookup(msgspec.Struct, frozen=True):
    """What one table did."""

    file: str
    kind: str | None
    how: str
    nodes: int
    joined: int
    ambiguous: int
    """Nodes left out because a name had several codes, or a code several names or nodes."""


def read_nodes(nodes: Nodes | None, triples: Triples) -> list[Named]:
    """Every entity of a graph with its name and kind; without a file, the id is the name and all are of one kind.

    Raises:
        EmbeddingError: if the file cannot be read, or an entity is not in it.
    """
    if nodes is None:
        return [Named(entity, entity, "") for entity in triples.entities]
    columns = [nodes.id, nodes.label] + ([nodes.kind] if nodes.kind is not None else [])
    named = {
        cells[0]: Named(cells[0], cells[1], cells[2] if len(cells) > 2 else "")
        for _, cells in rows(nodes.path, columns)
    }
    missing = [entity for entity in triples.entities if entity not in named]
    if missing:
        raise EmbeddingError(
            f"{len(missing)} entities of the triples are not in the file of nodes, {missing[0]!r} the first",
            where=str(nodes.path),
            remedy="give the file that belongs to the triples, or leave [nodes] out",
        )
    return [named[entity] for entity in triples.entities]


def join(nodes: Iterable[Named], tables: Iterable[ConceptTable]) -> tuple[dict[str, Match], list[Lookup]]:
    """Concepts of nodes, by node id, one concept a node and one node a concept; and what each table did.

    A name joins where it equals one name of the table, case ignored, which has one code, which has no other name.
    What does not stays out.

    Raises:
        EmbeddingError: if a table cannot be read.
    """
    nodes = list(nodes)
    joined: dict[str, Match] = {}
    lookups = []
    for table in tables:
        mine = [node for node in nodes if table.kind in (None, node.kind)]
        found, ambiguous = _look_up(mine, table)
        joined.update({node: match for node, match in found.items() if node not in joined})
        lookups.append(Lookup(Path(table.path).name, table.kind, table.how, len(mine), len(found), ambiguous))
    return joined, lookups


def _look_up(nodes: list[Named], table: ConceptTable) -> tuple[dict[str, Match], int]:
    codes, names = _index(table)
    hits = {node.id: codes[node.name.casefold()] for node in nodes if node.name.casefold() in codes}
    users: dict[str, int] = defaultdict(int)
    for found in hits.values():
        for code in found:
            users[code] += 1
    clear = {
        node: Match(code, label, table.how)
        for node, found in hits.items()
        for code, label in found.items()
        if len(found) == 1 and users[code] == 1 and len(names[code]) == 1
    }
    return clear, len(hits) - len(clear)


def _index(table: ConceptTable) -> tuple[dict[str, dict[str, str]], dict[str, set[str]]]:
    """Codes with their label by folded name, and folded names by code."""
    codes: dict[str, dict[str, str]] = defaultdict(dict)
    names: dict[str, set[str]] = defaultdict(set)
    columns = [table.match, table.code, *table.where]
    for number, (name, code, *others) in rows(table.path, columns, header=table.header, comment=table.comment):
        if others != list(table.where.values()):
            continue
        concept = _concept(table, code, number)
        codes[name.casefold()][concept] = name
        names[concept].add(name.casefold())
    return codes, names


def _concept(table: ConceptTable, code: str, number: int) -> str:
    try:
        return curie(table.prefix, code.removeprefix(table.strip))
    except InvalidIdentifierError as error:
        raise EmbeddingError(error.message, where=f"{table.path}:{number}", remedy=error.remedy) from error
