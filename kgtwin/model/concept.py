"""Codes as received, and the concepts that they map to."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from kgtwin.identifiers import as_written
from kgtwin.vocabulary import CODE_SYSTEMS

_EDITION: Final = "://snomed.info/sct/"
"""What a system that names an edition, or a version of one, begins with after its scheme."""


@lru_cache(maxsize=1_000)
def prefix_of(system: str) -> str | None:
    """The CURIE prefix of a ``Coding.system``, None when kgtwin does not know the system.

    A trailing slash, ``https`` for ``http``, a version after a bar and an edition of SNOMED CT are forgiven.

    >>> prefix_of("http://snomed.info/sct"), prefix_of("https://loinc.org/"), prefix_of("http://example.org")
    ('snomed', 'loinc', None)
    >>> prefix_of("http://hl7.org/fhir/sid/icd-10-cm|2026"), prefix_of("http://snomed.info/sct/731000124108/version/20260301")
    ('icd10cm', 'snomed')
    """
    plain = system.partition("|")[0].strip().rstrip("/")
    if _EDITION in plain:
        plain = plain.partition(_EDITION)[0] + _EDITION.rstrip("/")
    scheme, colon, rest = plain.partition("://")
    spellings = (plain, f"http://{rest}", f"https://{rest}") if colon and scheme in {"http", "https"} else (plain,)
    return next((CODE_SYSTEMS[spelling] for spelling in spellings if spelling in CODE_SYSTEMS), None)


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A FHIR ``Coding``, exactly as received."""

    system: str | None = None
    code: str | None = None
    display: str | None = None
    version: str | None = None

    @property
    def concept(self) -> str | None:
        """The CURIE of the code, unchecked; None where there is none, or kgtwin does not know its system.

        >>> Coding("http://hl7.org/fhir/sid/icd-10-cm", "O0993").concept
        'icd10cm:O09.93'
        """
        prefix = prefix_of(self.system) if self.system and self.code else None
        return None if prefix is None or self.code is None else f"{prefix}:{as_written(prefix, self.code)}"

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
    def certain(self) -> tuple[str, ...]:
        """The same, less what cannot be told from here: a code's own concept, and exact or narrow matches of a set.

        >>> lies = Match("snomed:1", MatchKind.BROAD, "a set"), Match("snomed:2")
        >>> Coded((Coding("http://snomed.info/sct", "22298006"),), (Match("snomed:22298006"), *lies)).certain
        ('snomed:22298006',)
        """
        own = {one.concept for one in self.codings}
        sure = (MatchKind.EXACT, MatchKind.NARROW)
        return tuple(m.concept for m in self.matches if m.acts and m.kind in sure and (m.via or m.concept in own))

    @property
    def name(self) -> str:
        """What to call it.

        >>> Coded((Coding("http://snomed.info/sct", "22298006", "Myocardial infarction"),)).name
        'Myocardial infarction'
        """
        shown = next((c.display for c in self.codings if c.display), None)
        return self.text or shown or next((c.name for c in self.codings), "(no code)")
