"""What became of predicted relations: proven already, consistent, or refuted by the ontology."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kgtwin.model.derivation import Derivation


class RefutedBy(StrEnum):
    """By which axioms a predicted relation cannot be. Domains and ranges refute what a disjointness keeps apart."""

    DOMAIN = "domain"
    RANGE = "range"
    DISJOINTNESS = "disjointness"
    OTHER = "other-axioms"


class Refuted(msgspec.Struct, frozen=True):
    """How many predicted relations were refuted in a way."""

    by: RefutedBy
    count: int


class Predicted(msgspec.Struct, frozen=True):
    """How many of a patient's predicted relations are proven, how many are consistent; the refuted are not shown."""

    proven: int = 0
    consistent: int = 0
    refuted: tuple[Refuted, ...] = ()


class Refutation(msgspec.Struct, frozen=True, kw_only=True):
    """A predicted relation that the ontology refutes, with the proof that it cannot be; it is shown on request only."""

    head: str
    head_label: str
    relation: str
    tail: str
    tail_label: str
    model: str
    by: RefutedBy
    derivation: Derivation
