"""Values of named queries' parameters: read from text, strictly; as Cypher parameters and as SPARQL terms."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from kgtwin.errors import KgtwinError, UsageError
from kgtwin.identifiers import curie, to_curie
from kgtwin.model.time import earliest
from kgtwin.store.rdf_terms import concept_iri, literal
from kgtwin.vocabulary import PREFIXES

MAX_TEXT: Final = 10_000
MAX_VALUES: Final = 1_000
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,9})?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_SUM: Final = re.compile(r"(?P<base>[A-Za-z]\w*|\d{4}-\d\d-\d\d)(?:\s*(?P<sign>[+-])\s*(?P<span>P\w+))?")
_SPAN: Final = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?")
_TERM: Final = re.compile(r"([^|]*?)\s*(?:\|\s*([^|]*?)\s*\|)?")
"""A concept, and behind it perhaps its term between bars, as SNOMED CT writes them."""


_CODE: Final = re.compile(r"[\w.:/+~-]+")
_BETWEEN: Final = re.compile(",")
_BETWEEN_TERMS: Final = re.compile(r",(?=(?:[^|]*\|[^|]*\|)*[^|]*$)")
"""A comma that does not stand between bars."""


class ValueType(msgspec.Struct, frozen=True):
    """The type of a parameter or a column: one value, or a list of them.

    >>> str(ValueType.read("list of concept"))
    'list of concept'
    """

    name: str
    many: bool = False

    @staticmethod
    def read(text: str) -> ValueType:
        """The type that a front matter names.

        Raises:
            UsageError: if there is none of that name.
        """
        many = text.startswith("list of ")
        name = text.removeprefix("list of ")
        if name not in EXAMPLES:
            raise UsageError(f"{text!r} is no type", expected=f"{', '.join(EXAMPLES)}, or a list of one of these")
        return ValueType(name, many)

    def __str__(self) -> str:
        return f"list of {self.name}" if self.many else self.name


EXAMPLES: Final = {
    "string": "a text",
    "integer": "an integer such as 5",
    "decimal": "a decimal number such as 7.5",
    "boolean": "true or false",
    "date": "a day such as 2026-01-31, or today - P1Y",
    "dateTime": "a time with its zone, such as 2026-01-31T08:00:00Z",
    "concept": "a CURIE such as snomed:44054006, or an IRI",
}
"""Each type, and what a value of it looks like."""


def read_values(given: object, kind: ValueType, days: Mapping[str, str]) -> Any:
    """A parameter's value from what was given for it: a text, a plain value, or a list of these.

    ``days`` are the days that a date may name: ``today``, and the date parameters before it. A list may also be one
    text: values between commas, or a JSON array.

    Raises:
        UsageError: if it is no value of this type.

    >>> read_values("snomed:44054006 |Diabetes|, snomed:46635009", ValueType("concept", True), {})
    ('snomed:44054006', 'snomed:46635009')
    >>> read_values("today - P1M", ValueType("date"), {"today": "2026-03-31"})
    '2026-02-28'
    """
    texts = [text for one in texts_of(given) for text in (_split(one, kind.name) if kind.many else [one])]
    if not kind.many and len(texts) != 1:
        raise UsageError(f"{len(texts)} values", expected="one value")
    if not 0 < len(texts) <= MAX_VALUES:
        raise UsageError(f"{len(texts)} values", expected=f"1 to {MAX_VALUES} values")
    values = tuple(_read(text, kind.name, days) for text in texts)
    return values if kind.many else values[0]


def texts_of(given: object) -> list[str]:
    """A value, or the values of a list, as texts: what is read from them is what is read from the values.

    >>> texts_of([date(2026, 1, 31), True, 7.5])
    ['2026-01-31', 'true', '7.5']
    """
    if isinstance(given, (list, tuple)):
        return [text for one in given for text in texts_of(one)]
    if isinstance(given, bool):
        return [str(given).lower()]
    return [given.isoformat() if isinstance(given, date) else str(given)]


def _split(text: str, name: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            return texts_of(json.loads(text))
        except ValueError:
            pass
    return [part.strip() for part in (_BETWEEN_TERMS if name == "concept" else _BETWEEN).split(text)]


def _read(text: str, name: str, days: Mapping[str, str]) -> Any:
    try:
        value = read_day(text, days) if name == "date" else _READERS[name](text)
    except (KgtwinError, ValueError) as error:
        why = f": {error.message}" if isinstance(error, KgtwinError) else ""
        raise UsageError(f"{text[:60]!r} is no {name}{why}", expected=EXAMPLES[name]) from None
    return value


def read_day(text: str, days: Mapping[str, str]) -> str:
    """A day: as it is, or one that is named, plus or minus a duration in years, months, weeks and days.

    Raises:
        ValueError: if it is neither.
    """
    match = _SUM.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    base = match["base"]
    if not _DAY.fullmatch(base) and base not in days:
        raise ValueError(text)
    day = date.fromisoformat(days.get(base, base))
    return shift(day, match["span"], -1 if match["sign"] == "-" else 1).isoformat() if match["span"] else str(day)


def shift(day: date, span: str, sign: int) -> date:
    """A day so much later or earlier; a day that the month does not have is the month's last.

    Raises:
        ValueError: if the span is no duration, or the day lies outside the calendar.

    >>> shift(date(2024, 2, 29), "P1Y", -1).isoformat()
    '2023-02-28'
    """
    match = _SPAN.fullmatch(span)
    if match is None:
        raise ValueError(span)
    years, months, weeks, rest = (int(part or 0) for part in match.groups())
    total = day.year * 12 + day.month - 1 + sign * (years * 12 + months)
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:
        raise ValueError(span)
    moved = date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    try:
        return moved + sign * timedelta(days=weeks * 7 + rest)
    except OverflowError:
        raise ValueError(span) from None


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise UsageError(f"{len(text)} characters, more than {MAX_TEXT}")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(text)
    return text


def _number(pattern: re.Pattern[str], read: Callable[[str], Any]) -> Callable[[str], Any]:
    def reader(text: str) -> Any:
        if not pattern.fullmatch(text.strip()) or not text.isascii():
            raise ValueError(text)
        return read(text)

    return reader


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    earliest(text)
    return text


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in {"true", "false"}:
        raise ValueError(text)
    return word == "true"


def _concept(text: str) -> str:
    return labelled(text)[0]


def labelled(text: str) -> tuple[str, str]:
    """A concept and the term between bars behind it.

    >>> labelled("snomed:44054006 |Diabetes mellitus type 2|")
    ('snomed:44054006', 'Diabetes mellitus type 2')
    """
    match = _TERM.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    short = to_curie(match[1])
    prefix, colon, code = short.partition(":")
    if not colon or prefix not in PREFIXES:
        raise UsageError(f"no prefix of {', '.join(PREFIXES)}")
    if not _CODE.fullmatch(code):
        raise UsageError("no code has this form")
    return curie(prefix, code), match[2] or ""


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "string": _text,
    "integer": _number(_INTEGER, int),
    "decimal": _number(_DECIMAL, float),
    "boolean": _boolean,
    "dateTime": _moment,
    "concept": _concept,
}


def sparql_terms(value: Any, kind: ValueType) -> str:
    """A value as N-Triples terms, which are SPARQL's too; a list's stand behind one another, as ``VALUES`` wants them.

    >>> sparql_terms(("snomed:44054006",), ValueType("concept", True))
    '<http://snomed.info/id/44054006>'
    >>> sparql_terms('a "b"', ValueType("string"))
    '"a \\\\"b\\\\""'
    """
    return " ".join(_sparql(one, kind.name) for one in (value if kind.many else (value,)))


def _sparql(value: Any, name: str) -> str:
    if name == "concept":
        return concept_iri(value)
    if name == "string":
        return literal(value)
    text = str(value).lower() if name == "boolean" else format(value, "f") if name == "decimal" else str(value)
    return literal(text, name)
