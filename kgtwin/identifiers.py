"""Identifiers as values, checked once at the border: CURIEs, check digits, patient keys."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final

from stdnum import verhoeff

from kgtwin.errors import InvalidIdentifierError
from kgtwin.vocabulary import PREFIXES

_SCTID: Final = re.compile(r"[1-9][0-9]{5,17}")
_LOINC: Final = re.compile(r"([1-9][0-9]{0,7})-([0-9])")
_LOINC_PART: Final = re.compile(r"(?:LP|LA|LL|LG)[1-9][0-9]{0,7}-[0-9]")
_CODE: Final = re.compile(r"[^\s]+(?: [^\s]+)*")
_SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SYNTAX: Final = {
    "rxnorm": re.compile(r"[1-9][0-9]{0,8}"),
    "icd10cm": re.compile(r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?"),
    "cvx": re.compile(r"[0-9]{1,4}"),
}
_BY_STEM: Final = sorted(((stem, prefix) for prefix, stem in PREFIXES.items()), key=lambda pair: -len(pair[0]))


def is_sctid(code: str) -> bool:
    """Whether a SNOMED CT identifier has 6 to 18 digits and a valid Verhoeff check digit.

    >>> is_sctid("22298006"), is_sctid("22298007"), is_sctid("0022298006")
    (True, False, False)
    """
    return bool(_SCTID.fullmatch(code)) and verhoeff.is_valid(code)


def is_loinc(code: str) -> bool:
    """Whether a LOINC term code ends in its mod-10 check digit (LOINC Users' Guide, appendix C).

    Parts, answers, lists and groups (LP, LA, LL, LG) are checked for form alone.

    >>> is_loinc("2823-3"), is_loinc("2823-4"), is_loinc("LA33-6")
    (True, False, True)
    """
    match = _LOINC.fullmatch(code)
    if match:
        return _mod10(match.group(1)) == int(match.group(2))
    return bool(_LOINC_PART.fullmatch(code))


def _mod10(digits: str) -> int:
    """Luhn's check digit, odd positions from the right doubled as one number."""
    odd = str(int(digits[::-2]) * 2)
    even = digits[-2::-2]
    return -(sum(map(int, odd)) + sum(map(int, even))) % 10


@lru_cache(maxsize=100_000)
def check_code(prefix: str, code: str) -> str | None:
    """Why ``code`` cannot be a code of ``prefix``'s system, or None when it can.

    >>> check_code("snomed", "22298007")
    'SNOMED CT identifier with a wrong check digit'
    >>> check_code("snomed", "22298006") is None
    True
    """
    if prefix == "snomed" and not is_sctid(code):
        return "SNOMED CT identifier " + (
            "with a wrong check digit" if _SCTID.fullmatch(code) else "that is not 6 to 18 digits"
        )
    if prefix == "loinc" and not is_loinc(code):
        return "LOINC code with a wrong check digit or form"
    syntax = _SYNTAX.get(prefix, _CODE)
    return None if syntax.fullmatch(code) else f"no {prefix} code has this form"


def as_written(prefix: str, code: str) -> str:
    """A code as its system writes it: without blanks around it, and in ICD-10-CM with the point that claims leave out.

    >>> as_written("icd10cm", "O0993"), as_written("icd10cm", " e11.9"), as_written("snomed", "22298006 ")
    ('O09.93', 'E11.9', '22298006')
    """
    text = code.strip()
    if prefix != "icd10cm":
        return text
    text = text.upper()
    return f"{text[:3]}.{text[3:]}" if "." not in text and len(text) > 3 else text


def curie(prefix: str, code: str) -> str:
    """The CURIE of a code, checked.

    Raises:
        InvalidIdentifierError: if the code's form or check digit is wrong.

    >>> curie("snomed", "22298006")
    'snomed:22298006'
    """
    reason = check_code(prefix, code)
    if reason:
        raise InvalidIdentifierError(f"{code!r}: {reason}", remedy="correct the code at its source")
    return f"{prefix}:{code}"


def to_iri(reference: str) -> str:
    """The IRI of a CURIE; an IRI stays as it is.

    >>> to_iri("snomed:22298006")
    'http://snomed.info/id/22298006'
    """
    prefix, colon, code = reference.partition(":")
    stem = PREFIXES.get(prefix) if colon else None
    return stem + code if stem else reference


@lru_cache(maxsize=100_000)
def to_curie(iri: str) -> str:
    """The CURIE of an IRI whose stem is known; any other IRI, and a CURIE, stays as it is.

    >>> to_curie("http://snomed.info/id/22298006"), to_curie("http://example.org/x")
    ('snomed:22298006', 'http://example.org/x')
    """
    for stem, prefix in _BY_STEM:
        if iri.startswith(stem):
            return f"{prefix}:{iri[len(stem) :]}"
    return iri


def patient_key(source: str, patient_id: str) -> str:
    """The key of a patient: source and id, so that sources never collide.

    Raises:
        InvalidIdentifierError: if the source is not 1 to 64 of ``A-Z a-z 0-9 . _ -`` or the id is empty.

    >>> patient_key("local", "1234")
    'local|1234'
    """
    if not _SOURCE.fullmatch(source):
        raise InvalidIdentifierError(
            f"{source!r} cannot name a source",
            expected="1 to 64 letters, digits, '.', '_' or '-'",
            remedy="choose another name with --source",
        )
    if not patient_id or patient_id != patient_id.strip():
        raise InvalidIdentifierError("the patient's id is empty or padded", expected="a FHIR id")
    return f"{source}|{patient_id}"


def digest(*parts: str, length: int = 16) -> str:
    """A stable hexadecimal digest of some strings, in order.

    >>> digest("a", "b") == digest("a", "b") != digest("ab")
    True
    """
    text = "\x1f".join(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:length]
