"""What the RDF view knows of itself: of which store it is, at which revision, and with which ontology."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from kgtwin.errors import FeedCompactedError
from kgtwin.identifiers import digest
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf_terms import DATA, META
from kgtwin.vocabulary import KGTWIN, XSD

VIEW_SCHEMA: Final = 1
"""Counts up when the same store is to give other triples; a view of another schema is rebuilt."""
SUBJECT: Final = f"{DATA}view"
STATE: Final = f"{KGTWIN}state"


class ViewState(msgspec.Struct, frozen=True, kw_only=True):
    """The view's own record, written in the transaction that makes it true.

    ``mark`` identifies the feed's entry of ``revision``, so that another store's view is never taken for this one's;
    ``complete`` is False while a large change is being applied in parts. ``concepts`` is how many concepts the store
    had; ``ontology`` is the digest of the graph ``ontology``, ``stamp`` what its files looked like.
    """

    schema: int = VIEW_SCHEMA
    store: str = ""
    revision: int = 0
    mark: str = ""
    complete: bool = False
    concepts: int = -1
    ontology: str = ""
    stamp: str = ""

    def lines(self) -> str:
        """The state in N-Quads, in the graph ``meta``."""
        text = msgspec.json.encode(self).decode().replace("\\", "\\\\").replace('"', '\\"')
        number = f'"{self.revision}"^^<{XSD}integer>'
        return f'<{SUBJECT}> <{STATE}> "{text}" {META} .\n<{SUBJECT}> <{KGTWIN}revision> {number} {META} .\n'


def read_state(text: str) -> ViewState | None:
    """A state that ``ViewState.lines`` wrote; None if it cannot be read.

    >>> read_state("{}").revision, read_state("[")
    (0, None)
    """
    try:
        return msgspec.json.decode(text, type=ViewState)
    except msgspec.DecodeError:
        return None


class OntologyRdf(Protocol):
    """The ontology as RDF, made by whoever composes the service: the store cannot read ontologies."""

    def stamp(self) -> str:
        """What its files look like, cheaply: another stamp says that it may have changed."""

    def load(self) -> tuple[str, bytes]:
        """The ontology's digest, and its axioms and annotations in Turtle."""


async def feed_mark(store: GraphStore, revision: int) -> str:
    """What identifies the feed's entry of a revision; empty for revision 0, and where the feed no longer tells it."""
    if revision == 0:
        return ""
    try:
        found = await store.revisions(after=revision - 1, limit=1)
    except FeedCompactedError:
        return ""
    return digest(str(found[0].number), found[0].at, found[0].kind) if found else "none"


async def continues(state: ViewState, store: GraphStore, name: str) -> bool:
    """Whether a view in this state is of this store, whose feed can take it on from there."""
    if state.schema != VIEW_SCHEMA or state.store != name or state.revision > await store.revision():
        return False
    mark = await feed_mark(store, state.revision)
    return not mark or not state.mark or mark == state.mark
