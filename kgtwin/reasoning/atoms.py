"""Which expressions the engine tracks, and their numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgtwin.model.axiom_table import AxiomTable, Declared, Ints
from kgtwin.reasoning.nodes import Kind, Nodes
from kgtwin.reasoning.polarity import Mask, Polarity


class Atoms(NamedTuple):
    """A atoms: ``⊤`` and ``⊥``, named classes up to ``named``, individuals up to ``proper``, then compounds,
    fillers first.

    ``of_node`` int32 (N,) is the atom of a node or -1; ``node`` int32 (A,) the node of an atom or -1 (a class that is
    declared only); ``entity`` int32 (proper,).
    """

    named: int
    proper: int
    entity: Ints
    node: Ints
    of_node: Ints


def number(table: AxiomTable, nodes: Nodes, polarity: Polarity) -> Atoms:
    """Numbers the declared and used classes, the individuals and what left sides and fillers ask for."""
    thing, nothing = int(nodes.a[nodes.top]), int(nodes.a[nodes.bottom])
    plain, nominal = nodes.kind == Kind.CLASS, nodes.kind == Kind.NOMINAL
    is_class = np.zeros(table.entity_count + len(nodes.new_entities), np.bool_)
    is_class[: table.entity_count] = (table.declared & Declared.CLASS) != 0
    is_class[nodes.a[plain]] = True
    is_class[[thing, nothing]] = False
    classes, nominals = np.flatnonzero(is_class), np.flatnonzero(nominal)
    compounds = np.flatnonzero(_tracked(nodes, polarity) & ~plain & ~nominal)
    compounds = compounds[np.argsort(~polarity.filler[compounds], kind="stable")]
    named = 2 + len(classes)
    proper = named + len(nominals)
    entity = np.concatenate([[thing, nothing], classes, nodes.a[nominals]]).astype(np.int32)
    of_entity = np.full(len(is_class), -1, np.int32)
    of_entity[entity[:named]] = np.arange(named)
    of_node = np.full(len(nodes.kind), -1, np.int32)
    of_node[plain] = of_entity[nodes.a[plain]]
    of_node[nominals] = np.arange(named, proper)
    of_node[compounds] = np.arange(proper, proper + len(compounds))
    node = np.full(proper + len(compounds), -1, np.int32)
    tracked = np.flatnonzero(of_node >= 0)
    node[of_node[tracked]] = tracked
    return Atoms(named, proper, entity, node, of_node)


def _tracked(nodes: Nodes, polarity: Polarity) -> Mask:
    tracked: Mask = polarity.negative | polarity.filler | (nodes.kind == Kind.DATA)
    return tracked
