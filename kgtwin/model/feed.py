"""The change feed: what each revision changed, and who has read how far."""

from __future__ import annotations

import msgspec

from kgtwin.model.submission import Revision


class FactChange(msgspec.Struct, frozen=True, gc=False):
    """A fact that became current (``opened``), or ceased to be."""

    fact: str
    kind: str
    patient: str
    opened: bool


class Change(msgspec.Struct, frozen=True):
    """A revision with the facts that it opened and closed, the closed ones first."""

    revision: Revision
    facts: tuple[FactChange, ...] = ()


class Consumer(msgspec.Struct, frozen=True):
    """A reader of the feed by name; ``position`` is the last revision that it dealt with, ``at`` when it said so."""

    name: str
    position: int
    at: str


class Compaction(msgspec.Struct, frozen=True):
    """``horizon`` is the last revision of which only number, time and kind are left; ``held_by`` names the consumers
    that kept it from going further."""

    horizon: int
    revisions: int
    held_by: tuple[str, ...] = ()
