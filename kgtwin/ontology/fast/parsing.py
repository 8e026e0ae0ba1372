"""The first of the two steps of each block: its tokens, and numbers for its names. The second is ``building.build``."""

from __future__ import annotations

from kgtwin.jit import kernel
from kgtwin.model.axiom_table import Bytes
from kgtwin.ontology.fast.interning import FULL, Names, entity
from kgtwin.ontology.fast.prefixes import NO_ROOM, Prefixes
from kgtwin.ontology.fast.scanning import scan
from kgtwin.ontology.fast.tokens import NAME_COUNT, NUMBERED, STATUS, Block

BLOCK = 11
"""The table that is full where a block cannot hold one axiom."""


@kernel
def fill(content: Bytes, prefixes: Prefixes, block: Block, names: Names) -> int:
    """Fills a block from ``used[AT]`` on: ``MORE``, ``DONE``, ``REFUSED``, or ``FULL`` less a table.

    With that table enlarged, another call goes on where this one stopped.
    """
    if block.used[NUMBERED] == block.used[NAME_COUNT]:
        status = scan(content, prefixes, block)
        block.used[STATUS] = FULL - BLOCK if status == NO_ROOM else status
    for k in range(block.used[NUMBERED], block.used[NAME_COUNT]):
        begin = block.ends[k - 1] if k else 0
        found = entity(names, block.pool, begin, block.ends[k] - begin, block.hashes[k])
        if found < 0:
            return found
        block.entities[k] = found
        block.used[NUMBERED] = k + 1
    return block.used[STATUS]
