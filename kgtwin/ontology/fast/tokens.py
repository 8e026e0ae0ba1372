"""The tokens of a block of axioms: what the scanner hands to the builder.

An axiom is ``BEGIN`` (its place), ``OPEN`` (its construct), its terms, ``CLOSE``, ``END`` (its place); one for the
general reader is ``BEGIN`` and ``END`` alone. A token is a number times eight plus what it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined
from kgtwin.model.axiom_table import Bytes, Ints, Offsets

BEGIN, OPEN, CLOSE, END, NAMED, ANONYMOUS, UNNAMED, LITERAL = range(8)
"""``NAMED``, ``ANONYMOUS``: an entity, the number of its name in the block. ``UNNAMED``: an IRI in an annotation."""

AT, TOKENS, NAME_COUNT, LENGTH, NUMBERED, BUILT = range(6)
"""Places in ``used``: the byte where the block ends; tokens, names, bytes of names; those done with."""


class Block(NamedTuple):
    """The tokens; the names in them: bytes in ``pool``, ``ends``, hashes, and the entities that they are."""

    tokens: NDArray[np.int64]
    pool: Bytes
    ends: Offsets
    hashes: NDArray[np.uint64]
    entities: Ints
    used: Offsets


@inlined
def put(block: Block, token: int) -> None:
    """Adds a token; room was checked."""
    block.tokens[block.used[TOKENS]] = token
    block.used[TOKENS] += 1
