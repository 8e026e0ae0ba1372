"""What the words of a source say beyond the class that they are mapped to: a qualifier, or an allergy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from kgtwin.ontology.releases.told import plain

QUALIFIERS: Final = re.compile(
    r"\b(?:severe(?:ly)?|moderate|mild|acute|chronic|active|untreated|uncontrolled|unstable|decompensated|overt|"
    r"serious|significant|marked|recent|history|previous|prior|past|known|suspected|without|unless|except|when|if|"
    r"during|within|receiving|concomitant|concurrent|stage|grade|class|less than|greater than|more than|risk of|"
    r"secondary to|due to|associated with|following|after|under|over|not|no|children|neonates?|infants?|elderly|"
    r"women|men|male|female|patients?)\b|[<>≤≥]|\d"
)
_ALLERGY = re.compile(
    r"(?:(?P<qualifier>known|serious|severe|prior|previous|history of(?: an?)?) )*"
    r"(?:drug |medication |medicine )?(?:hypersensitivity|hypersensitivities|allergy|allergies|allergic)"
    r"(?: (?:reactions?|diseases?|disorders?|syndromes?))*(?: (?:to|from) (?P<substance>.+))?"
)


def qualifier(words: str, known: Iterable[str]) -> str | None:
    """The first word that narrows a condition and that no name of its class has; such a statement would alert falsely.

    >>> qualifier("Severe hepatic impairment", ["hepatic impairment"])
    'severe'
    >>> qualifier("Chronic kidney disease", ["chronic kidney disease"]) is None
    True
    """
    names = [plain(name) for name in known]
    said = plain(words)
    if said in names:
        return None
    has = {found for name in names for found in QUALIFIERS.findall(name)}
    return next((found for found in QUALIFIERS.findall(said) if found not in has), None)


def allergy(words: str) -> tuple[str, str | None] | None:
    """Of words that name an allergy: to what (nothing: to the medicine itself), and a qualifier; None for others.

    >>> allergy("Drug hypersensitivity"), allergy("severe hypersensitivity reaction to apixaban")
    (('', None), ('apixaban', 'severe'))
    >>> allergy("allergic rhinitis") is None
    True
    """
    match = _ALLERGY.fullmatch(plain(words))
    if match is None:
        return None
    qualified = match["qualifier"]
    return match["substance"] or "", None if qualified == "known" else qualified
