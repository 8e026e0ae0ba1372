"""What the compiled saturation works on: the rules of a program, scratch memory and registers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgtwin.jit import inlined
from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning.program import GROUPS, JOINS, LINKS, LOOPS, TOLD, WAITS

ALL = TOLD | LINKS | JOINS | WAITS | GROUPS | LOOPS

# Registers
X, EPOCH, SUBS_END, SUBS_HERE, WAITS_END, WAITS_HERE, LINKS_END, LINKS_HERE, TODO, FOLLOWED = range(10)
NODES, VISITED, STACKED, FRAMES, STATUS, ROOT, LOOKED_AT, REFINED, TOUCHED = range(10, 19)
REGISTERS = 19
RUNNING, FULL = range(2)
ONLY_JOINS = 1 << 30
"""Added to an atom in the to-do list of which only the conjunctions are to be looked at."""


class Rules(NamedTuple):
    """The parts of a program that the engine reads."""

    starts: Offsets
    code: Ints
    flags: Bytes
    is_context: Bytes
    parts: Ints
    part_ends: Ints
    heads: Ints
    above: Bytes
    role_flags: Bytes
    domain_starts: Offsets
    domains: Ints
    first: Ints
    second: Ints
    cells: Ints
    cell_ends: Ints
    results: Ints


class Work(NamedTuple):
    """Scratch: marks by epoch, the to-do list of the active context, news and back-links as linked lists, stacks."""

    mark: Ints
    group_mark: Ints
    link_mark: Ints
    link_head: Ints
    link_next: Ints
    todo: Ints
    node_next: Ints
    node_role: Ints
    node_atom: Ints
    stack: Ints
    frames: Ints
    reg: Offsets


@inlined
def wide(value: int) -> int:
    """A number of 32 bits as one of 64, so that no function is compiled for both."""
    return int(np.int64(value))
