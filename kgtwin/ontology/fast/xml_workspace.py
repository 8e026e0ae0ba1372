"""The state of the XML scanner: integers in one array, so that it can stop at any tag and go on there.

Texts (entities, namespaces, prefixes) are bytes in another, given by their place and length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from kgtwin.model.axiom_table import Bytes, Offsets
from kgtwin.ontology.fast.xml_prologue import Prologue, Unfit
from kgtwin.vocabulary import OWL, RDF

POSITION, DEPTH, CLOSED, ROOT_DONE, NAME_SPACE, NEXT, ATTRIBUTES = range(7)
"""Where scanning goes on; how many elements are open; of the tag at hand: whether it is ``<a/>``, its namespace, …"""
BINDINGS, NEW_BINDINGS, SPACES, ENTITIES, PREFIXES, REFERENCE, TEXT_BYTES = range(7, 14)
SCHEMES, FRAGMENTS, FOLDERS, EVENTS = range(14, 18)
"""How references are resolved; how many integers of events there are."""

START, END, DONE = 1, 2, 3
"""What the scanner met."""
E_KIND, E_TAG, E_LOCAL, E_STOP, E_SPACE, E_CONTENT, E_ATTRIBUTES, E_FIRST = range(8)
"""The event of a start tag: where it is, its name without prefix, its namespace, what follows it, its attributes from
``E_FIRST`` on. Of an end tag: where it is and (``E_LOCAL``) what follows it."""
END_FIELDS = 3
MOST_ATTRIBUTES, ATTRIBUTE_FIELDS = 48, 6
A_LOCAL, A_STOP, A_SPACE, A_FROM, A_TO, A_LOOK = range(ATTRIBUTE_FIELDS)
"""Its name without prefix, its namespace or ``NO_SPACE``, its value and how that looks."""
LONGEST_EVENT = E_FIRST + MOST_ATTRIBUTES * ATTRIBUTE_FIELDS + END_FIELDS
DEEPEST, FRAME_FIELDS = 900, 3
F_START, F_LENGTH, F_BINDINGS = range(FRAME_FIELDS)
"""An open element: its name as written, the bindings outside."""
MOST_BINDINGS, BINDING_FIELDS = 256, 3
B_START, B_LENGTH, B_SPACE = range(BINDING_FIELDS)
MOST_SPACES, TEXT_FIELDS = 256, 2
MOST_ENTITIES, MOST_PREFIXES, PAIR_FIELDS = 256, 512, 4
_ROOM = 1 << 15
"""Bytes for namespaces."""

NO_SPACE = -1
XML_SPACE, OWL_SPACE, RDF_SPACE = range(3)
"""The first namespaces."""
_SPACES = ("http://www.w3.org/XML/1998/namespace", OWL, RDF)

FRAME = 32
BINDING = FRAME + (DEEPEST + 2) * FRAME_FIELDS
STEM = BINDING + MOST_BINDINGS * BINDING_FIELDS
FRAGMENT, FOLDER, LABEL, UNRESOLVED, NO_STEM = range(STEM, STEM + 5 * TEXT_FIELDS, TEXT_FIELDS)
"""Stems of names: for ``#a``, for ``a``, for a blank node, for what only Python can resolve, for what is in full."""
SPACE = STEM + 5 * TEXT_FIELDS
ENTITY = SPACE + MOST_SPACES * TEXT_FIELDS
PREFIX = ENTITY + MOST_ENTITIES * PAIR_FIELDS
_SIZE = PREFIX + MOST_PREFIXES * PAIR_FIELDS


class Workspace(NamedTuple):
    work: Offsets
    texts: Bytes


def workspace(prologue: Prologue, resolve: Callable[[str], str], schemes: int, label: str = "_:") -> Workspace:
    """A fresh state for a document.

    ``resolve`` finds what a reference means; ``schemes`` are those that it leaves alone; ``label`` begins the names of
    blank nodes.

    Raises:
        Unfit: too many entities or prefixes.
    """
    fragment, folder = resolve("#a").removesuffix("a"), resolve("a").removesuffix("a")
    stems = (fragment, folder, label, "\0", "")
    texts = [*_places(STEM, stems), *_places(SPACE, _SPACES)]
    texts += _places(ENTITY, _flat(prologue.entities, MOST_ENTITIES))
    texts += _places(PREFIX, _flat(prologue.prefixes, MOST_PREFIXES))
    work = np.zeros(_SIZE, np.int64)
    at = 0
    for place, text in texts:
        work[place], work[place + 1] = at, len(text)
        at += len(text)
    work[POSITION], work[TEXT_BYTES], work[SPACES] = prologue.start, at, len(_SPACES)
    work[ENTITIES], work[PREFIXES] = len(prologue.entities), len(prologue.prefixes)
    work[SCHEMES] = schemes
    work[FRAGMENTS], work[FOLDERS] = resolve("#a-b_1") == fragment + "a-b_1", resolve("a-b_1") == folder + "a-b_1"
    return Workspace(work, np.frombuffer(b"".join(text for _, text in texts) + bytes(_ROOM), np.uint8).copy())


def _places(first: int, texts: tuple[str, ...]) -> list[tuple[int, bytes]]:
    return [(first + TEXT_FIELDS * k, text.encode()) for k, text in enumerate(texts)]


def _flat(pairs: Mapping[str, str], most: int) -> tuple[str, ...]:
    if len(pairs) > most:
        raise Unfit
    return tuple(part for pair in pairs.items() for part in pair)
