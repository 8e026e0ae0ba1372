"""What a decoder says is wrong, as an ``InputError`` that names the field and shows no value."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from kgtwin.errors import InputError, InvalidResourceError, MalformedInputError

DECODE_FAULTS: Final = (msgspec.DecodeError, UnicodeError, RecursionError, ArithmeticError)
"""What msgspec, and the decimals that it makes, raise on bad input."""

_BYTE: Final = re.compile(r"JSON is malformed: (.*) \(byte (\d+)\)")
_TYPES: Final = re.compile(r"Expected `(.*?)`, got `(.*?)`(?: - at `\$?\.?(.*)`)?")
_PATH: Final = re.compile(r"(.*?)(?: - at `\$?\.?(.*)`)?")


def fault(error: Exception, length: int) -> InputError:
    """The error of a decoder over ``length`` bytes.

    >>> str(fault(msgspec.DecodeError("Input data was truncated"), 120))
    'the JSON is truncated at byte 120; expected a complete JSON document; send the whole file again'
    >>> fault(msgspec.ValidationError("Expected `str | null`, got `int` - at `$.birthDate`"), 9).where
    'birthDate'
    """
    if isinstance(error, msgspec.ValidationError):
        return _wrong_type(str(error))
    if isinstance(error, UnicodeError):
        return MalformedInputError(
            "the text is not UTF-8", expected="JSON in UTF-8", remedy="convert the file, for example with iconv"
        )
    if isinstance(error, RecursionError):
        return MalformedInputError("the JSON is nested too deeply", expected="a FHIR resource")
    if isinstance(error, ArithmeticError):
        return InvalidResourceError("a number is out of range", expected="a decimal of at most 18 digits")
    return _malformed(str(error), length)


def _malformed(text: str, length: int) -> MalformedInputError:
    if "truncated" in text:
        return MalformedInputError(
            f"the JSON is truncated at byte {length}",
            expected="a complete JSON document",
            remedy="send the whole file again",
        )
    match = _BYTE.fullmatch(text)
    if match:
        return MalformedInputError(
            f"not JSON at byte {match.group(2)}: {match.group(1)}",
            expected="a JSON document",
            remedy="correct the file; one resource a line is NDJSON and needs the suffix .ndjson",
        )
    return MalformedInputError("not JSON", expected="a JSON document")


def _wrong_type(text: str) -> InvalidResourceError:
    match = _TYPES.fullmatch(text)
    if match:
        wanted, got, field = match.groups()
        return InvalidResourceError(
            f"wrong type: {got}",
            where=field or None,
            expected=wanted.replace(" | null", ""),
            remedy="correct the field at its source",
        )
    what, field = _PATH.fullmatch(text).groups()  # type: ignore[union-attr]
    return InvalidResourceError(what, where=field or None, remedy="correct the field at its source")
