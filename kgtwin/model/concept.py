"""Codes as received, and the concepts that they map to."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A FHIR ``Coding``, exactly as received."""

    system: str | None = None
    code: str | None = None
    display: str | None = None
    version: str | None = None

    @property
    def name(self) -> str:
        """What to call it: its display, else its code."""
        return self.display or self.code or "(no code)"


class MatchKind(StrEnum):
    """SKOS mapping relations, read from the concept to the received code, as in ``concept narrowMatch code``."""

    EXACT = "skos:exactMatch"
    NARROW = "skos:narrowMatch"
    BROAD = "skos:broadMatch"
    CLOSE = "skos:closeMatch"
    RELATED = "skos:relatedMatch"


class Match(msgspec.Struct, frozen=True, gc=False):
    """A concept that a code maps to. ``via`` names the mapping set; None means the code itself.

    ``acts`` says whether inference may use it: the code means the concept or something narrower, and
    the mapping says so in a direction that entails it.
    """

    concept: str
    kind: MatchKind = MatchKind.EXACT
    via: str | None = None
    acts: bool = True


class Coded(msgspec.Struct, frozen=True, gc=False):
    """A FHIR ``CodeableConcept``: the codings as received, the concepts they map to, the text.

    ``defects`` says, for each coding that cannot be a code of its system, why.
    """

    codings: tuple[Coding, ...] = ()
    matches: tuple[Match, ...] = ()
    text: str | None = None
    defects: tuple[str, ...] = ()

    @property
    def concepts(self) -> tuple[str, ...]:
        """The CURIEs that inference may use, in order, without repetition."""
        return tuple(dict.fromkeys(match.concept for match in self.matches if match.acts))

    @property
    def name(self) -> str:
        """What to call it.

        >>> Coded((Coding("http://snomed.info/sct", "22298006", "Myocardial infarction"),)).name
        'Myocardial infarction'
        """
        shown = next((c.display for c in self.codings if c.display), None)
        return self.text or shown or next((c.name for c in self.codings), "(no code)")
