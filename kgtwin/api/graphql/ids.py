"""Relay's global ids: what an object is, and the view of the twin (time, revision) that it was seen in.

The same patient at two evaluation times has different issues, so the two carry different ids: a client that
normalises its cache by id never mixes them.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from strawberry import relay

from kgtwin.errors import UsageError


class View(msgspec.Struct, frozen=True):
    """A twin that was asked for: patient key (or bare id), evaluation time, revision. None means the default."""

    patient: str
    at: datetime | None = None
    as_of: int | None = None


class Ref(msgspec.Struct, frozen=True, array_like=True):
    """What a node id says. ``key`` is a patient's key or a concept's CURIE, ``part`` a fact's or an issue's id."""

    key: str
    part: str | None = None
    at: datetime | None = None
    as_of: int | None = None

    @property
    def view(self) -> View:
        return View(self.key, self.at, self.as_of)

    def text(self) -> str:
        """The node id.

        >>> Ref("local|1").text()
        '["local|1",null,null,null]'
        """
        return msgspec.json.encode(self).decode()


def ref(view: View, part: str | None = None) -> str:
    """The node id of a twin, or of a part of it."""
    return Ref(view.patient, part, view.at, view.as_of).text()


def parse(global_id: str) -> tuple[str, Ref] | None:
    """Type name and reference of a global id; None for a text that is no global id.

    >>> parse(str(relay.GlobalID("Patient", Ref("local|1").text())))
    ('Patient', Ref(key='local|1', part=None, at=None, as_of=None))
    >>> parse("local|1") is None
    True
    """
    try:
        found = relay.GlobalID.from_id(global_id)
        return found.type_name, msgspec.json.decode(found.node_id.encode(), type=Ref)
    except (relay.GlobalIDValueError, msgspec.DecodeError, UnicodeError):
        return None


def patient_view(given: str, at: datetime | None, as_of: int | None) -> View:
    """The view that ``patient(id, at, asOf)`` asks for; ``given`` is a key, a bare id or a Patient's global id.

    Raises:
        UsageError: if it is the global id of something else, or there can be no such revision.
    """
    if as_of is not None and as_of < 0:
        raise UsageError(f"asOf is {as_of}", expected="a revision number")
    found = parse(given)
    if found is None:
        return View(given, at, as_of)
    kind, one = found
    if kind != "Patient":
        raise UsageError(f"this is the id of a {kind}", expected="a Patient's key or id", remedy="ask node(id) for it")
    return View(one.key, at or one.at, one.as_of if as_of is None else as_of)
