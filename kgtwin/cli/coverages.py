"""What ``ontology coverage`` shows: as text and as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import shorten
from typing import Any

import msgspec

from kgtwin.cli.comparison import axiom_dict, side, side_dict
from kgtwin.cli.render import columns
from kgtwin.model.fact import FactKind
from kgtwin.workbench.coverage import CodeUse, Coverage, Silent

SHOWN = 20
"""So many of each are shown where not all are asked for."""


def text(found: Coverage, limit: int | None = SHOWN) -> str:
    """For people: totals by kind of fact, then the codes and statements, the most used codes first."""
    lines = [side(found.version), "", f"{found.patients} patients, {found.facts} facts at {found.at}", ""]
    lines.append(columns(("kind", "codes", "facts", *_COUNTED), _by_kind(found.codes)))
    lines += _codes("codes that no class knows", found.unknown, limit)
    lines += _codes("codes that no statement reaches", found.unreached, limit)
    total = len(found.silent) + len(found.used)
    never = sum(bool(one.missing) for one in found.silent)
    told = f"{len(found.silent)} of {total}; {never} of them nobody with these codes could meet"
    lines += ["", f"statements that no patient met: {told}", *_cut([*map(_silent_line, found.silent)], limit)]
    return "\n".join(lines)


_COUNTED = ("unknown codes", "facts with them", "unreached codes", "facts with them")


def _by_kind(codes: Sequence[CodeUse]) -> Iterator[Sequence[str]]:
    for kind in FactKind:
        own = [one for one in codes if one.kind is kind]
        unknown = [one for one in own if not one.classes]
        unreached = [one for one in own if one.classes and not one.statements]
        if own:
            yield kind.value, *(str(n) for some in (own, unknown, unreached) for n in (len(some), _facts(some)))


def _facts(codes: Iterable[CodeUse]) -> int:
    return sum(one.facts for one in codes)


def _codes(title: str, codes: Sequence[CodeUse], limit: int | None) -> list[str]:
    head = ["", f"{title}: {len(codes)}, on {_facts(codes)} facts"]
    rows = [_code_row(one) for one in codes]
    if not rows:
        return head
    return [*head, *_cut(columns(("facts", "patients", "kind", "code", "display"), rows).splitlines(), limit, 1)]


def _code_row(one: CodeUse) -> Sequence[str]:
    return str(one.facts), str(one.patients), one.kind.value, f"{one.system} {one.code}", shorten(one.display, 60)


def _silent_line(one: Silent) -> str:
    place = f"  {one.definition.place}" if one.definition and one.definition.place else ""
    missing = f"; no code in the data can meet: {'; '.join(one.missing)}" if one.missing else ""
    return f"{one.statement} {one.significance}: {one.title}{place}{missing}"


def _cut(lines: list[str], limit: int | None, heads: int = 0) -> list[str]:
    if limit is None or len(lines) - heads <= limit:
        return lines
    return [*lines[: limit + heads], f"… and {len(lines) - heads - limit} more (--all shows them)"]


def as_dict(found: Coverage) -> dict[str, Any]:
    """All of it as plain values."""
    return {
        "ontology": side_dict(found.version),
        "at": found.at,
        "patients": found.patients,
        "facts": found.facts,
        "codes": len(found.codes),
        "unknown": [msgspec.to_builtins(one) for one in found.unknown],
        "unreached": [msgspec.to_builtins(one) for one in found.unreached],
        "silent": [_silent_dict(one) for one in found.silent],
        "used": [msgspec.to_builtins(one) for one in found.used],
    }


def _silent_dict(one: Silent) -> dict[str, Any]:
    fields = ("statement", "title", "kind", "significance")
    definition = axiom_dict(one.definition) if one.definition is not None else None
    return {**{name: getattr(one, name) for name in fields}, "definition": definition, "missing": list(one.missing)}
