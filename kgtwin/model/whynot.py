"""Why something does not follow for a patient: which premise is missing, and what comes closest to it."""

from __future__ import annotations

import msgspec

from kgtwin.model.caveat import Caveat
from kgtwin.model.derivation import FactRef


class Near(msgspec.Struct, frozen=True):
    """A received fact that comes close to what a part demands, and each reason why it does not fill it."""

    fact: FactRef
    reasons: tuple[str, ...]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a definition, in Manchester syntax with labels.

    Where it holds, ``facts`` are those by which it does, as far as received facts do. Where it does not, ``nearest``
    are the facts that come closest, the closest first; ``found`` says what is known of the patient instead (an age, a
    sex); ``unknown`` what would decide it.
    """

    expression: str
    holds: bool
    facts: tuple[FactRef, ...] = ()
    nearest: tuple[Near, ...] = ()
    found: str | None = None
    unknown: tuple[Caveat, ...] = ()


class WhyNot(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a patient is of a class of patients, by the parts of its definition.

    ``statement`` is the CURIE of a statement or another class, None for an expression. ``hindrances`` are what keeps
    an issue away although facts fill all parts: what the engine checks beyond the axioms (two distinct ingredients,
    the same substance, a wash-out), and what silences all. Where it ``holds``, ``issues`` are the ids of the issues.
    """

    patient: str
    at: str
    revision: int
    knowledge: str
    statement: str | None
    title: str
    holds: bool
    parts: tuple[Part, ...]
    hindrances: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()

    @property
    def missing(self) -> tuple[Part, ...]:
        """The parts that do not hold."""
        return tuple(one for one in self.parts if not one.holds)
