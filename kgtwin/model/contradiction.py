"""Received data that cannot all be true: which facts, which of them are left out, and the proof."""

from __future__ import annotations

import msgspec

from kgtwin.model.derivation import Derivation, FactRef


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that together contradict the ontology, as few as do.

    ``left_out`` do not count, so that the others keep their answers; ``kept`` are those that they contradict.
    ``derivation`` is the proof that they cannot all be. Without any fact, the ontology contradicts itself about
    patients. ``smallest``: no smaller set of facts could be left out instead; otherwise a limit was reached.
    """

    left_out: tuple[FactRef, ...]
    kept: tuple[FactRef, ...]
    derivation: Derivation
    smallest: bool = True

    @property
    def text(self) -> str:
        """In one sentence."""
        if not self.left_out:
            return "the ontology contradicts itself about this patient: no issue is concluded"
        out = " and ".join(f"{one.text} ({one.resource})" for one in self.left_out)
        if not self.kept:
            return f"{out} contradicts the ontology and is left out"
        kept = " and ".join(f"{one.text} ({one.resource})" for one in self.kept)
        return f"{out} is left out: together with {kept} it contradicts the ontology"

    @property
    def resources(self) -> tuple[str, ...]:
        """Those left out first."""
        return tuple(dict.fromkeys(one.resource for one in (*self.left_out, *self.kept)))
