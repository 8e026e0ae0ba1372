"""The front matter of a named query: the comments at its top, read strictly.

```
// title: Patients with many active medicines
// question: Who takes at least so many different medicines?
// audience: clinicians, quality teams
// topic: polypharmacy
// note: what the numbers do not say; a line that is indented by
//   two more spaces continues the one above
// parameter: least integer = 5 [1] fewest different medicines
// column: patient string [none] the patient's key
// column: medicines integer [1] different medicines
```

A parameter without ``=`` must be given. Units are UCUM, ``none`` where there is none, and ``as unit`` where the
column (or parameter) ``unit`` says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from kgtwin.errors import KgtwinError, UsageError
from kgtwin.store.named_values import ValueType, read_values

AUDIENCES: Final = ("clinicians", "quality teams", "researchers", "data teams")
RESERVED: Final = frozenset({"today", "limit", "timeout", "language", "format"})
"""Names that no parameter may have: they mean something else wherever parameters are given."""
_ONCE: Final = ("title", "question", "audience", "topic", "note")
_NEEDED: Final = ("title", "question", "audience", "topic", "column")
_FIELD: Final = re.compile(r"([a-z]+):\s+(\S.*)")
_ITEM: Final = re.compile(
    r"(?P<name>[a-z][A-Za-z0-9]*) (?P<type>(?:list of )?\w+)(?: = (?P<default>.+?))?"
    r" \[(?P<unit>as \w+|\S+)\] (?P<meaning>.+)"
)
_FORM: Final = {
    "parameter": "// parameter: NAME TYPE = DEFAULT [UNIT] what it means",
    "column": "// column: NAME TYPE [UNIT] what it means",
}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the answer. ``unit`` is UCUM, ``none``, or ``as NAME`` where another column holds it."""

    name: str
    type: ValueType
    unit: str
    meaning: str


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter; ``default`` as written, None where a value must be given."""

    name: str
    type: ValueType
    default: str | None
    unit: str
    meaning: str


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """What a query says of itself."""

    title: str
    question: str
    audience: tuple[str, ...]
    topic: str
    note: str = ""
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[Column, ...] = ()


def read_front(text: str, marker: str, file: str) -> Front:
    """The front matter of a query's text, whose comments begin with ``marker``.

    Raises:
        UsageError: if a field is missing, unknown or wrong; ``where`` is file and line.
    """
    once: dict[str, str] = {}
    items: dict[str, dict[str, Any]] = {"parameter": {}, "column": {}}
    for line, name, value in _fields(text, marker, file):
        where = f"{file}:{line}"
        if name in once or name not in (*_ONCE, *items):
            fault = "is given twice" if name in once else "is no field"
            raise UsageError(f"{name!r} {fault}", where=where, expected=f"{', '.join((*_ONCE, *items))}")
        if name in _ONCE:
            once[name] = value
        else:
            _add(items, name, value, where)
    missing = [name for name in _NEEDED if name not in once and not items.get(name)]
    if missing:
        raise UsageError(
            f"the front matter has no {missing[0]}", where=f"{file}:1", expected=f"{marker} {missing[0]}: …"
        )
    return Front(
        title=once["title"],
        question=once["question"],
        audience=_audience(once["audience"], file),
        topic=once["topic"],
        note=once.get("note", ""),
        parameters=tuple(items["parameter"].values()),
        columns=tuple(items["column"].values()),
    )


def _fields(text: str, marker: str, file: str) -> Iterator[tuple[int, str, str]]:
    """Line number, name and value of each field; what continues a field is joined to it."""
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith(marker):
            break
        body = line.removeprefix(marker)
        if body.startswith("   ") and found:
            at, name, value = found.pop()
            found.append((at, name, f"{value} {body.strip()}"))
            continue
        match = _FIELD.fullmatch(body.strip())
        if body.strip() and match is None:
            raise UsageError("this line is no field", where=f"{file}:{number}", expected=f"{marker} title: …")
        if match:
            found.append((number, match[1], match[2]))
    yield from found


def _audience(text: str, file: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    for one in found:
        if one not in AUDIENCES:
            raise UsageError(f"{one!r} is no audience", where=file, expected=f"some of {', '.join(AUDIENCES)}")
    return found


def _add(items: dict[str, dict[str, Any]], field: str, text: str, where: str) -> None:
    match = _ITEM.fullmatch(text)
    if match is None or (field == "column" and match["default"] is not None):
        raise UsageError(f"{text!r} is no {field}", where=where, expected=_FORM[field])
    name, unit, same = match["name"], match["unit"], items[field]
    if name in same or (field == "parameter" and name in RESERVED):
        raise UsageError(f"the {field} {name!r} is {'there twice' if name in same else 'reserved'}", where=where)
    try:
        kind = ValueType.read(match["type"])
    except KgtwinError as error:
        raise UsageError(error.message, where=where, expected=error.expected) from None
    if field == "column":
        same[name] = Column(name=name, type=kind, unit=unit, meaning=match["meaning"])
        return
    _check_default(match["default"], kind, same, where)
    same[name] = Parameter(name=name, type=kind, default=match["default"], unit=unit, meaning=match["meaning"])


def _check_default(default: str | None, kind: ValueType, before: dict[str, Parameter], where: str) -> None:
    if default is None:
        return
    days = {name: "2026-01-31" for name, one in before.items() if str(one.type) == "date"}
    try:
        read_values(default, kind, {**days, "today": "2026-01-31"})
    except KgtwinError as error:
        raise UsageError(f"the default: {error.message}", where=where, expected=error.expected) from None


def check_units(front: Front, file: str) -> None:
    """Refuse ``as NAME`` where there is no such text among the columns, or the parameters.

    Raises:
        UsageError: if there is none.
    """
    groups: list[tuple[Parameter | Column, ...]] = [front.parameters, front.columns]
    for items in groups:
        texts = {item.name for item in items if item.type.name == "string"}
        for item in items:
            other = item.unit.removeprefix("as ")
            if item.unit.startswith("as ") and other not in texts:
                raise UsageError(
                    f"the unit of {item.name!r} is as {other!r} says, which is not there", where=file, expected="a text"
                )
