"""Records of what may be one course: a pregnancy that is recorded anew at each visit, and ended by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from kgtwin.inference.knowledge.durations import Longest
from kgtwin.inference.realising.selection import Lasting, Selected
from kgtwin.inference.realising.spans import condition_period, is_open, known_since
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact
from kgtwin.model.time import earliest
from kgtwin.vocabulary import HAS_EVER, HAS_NOW

PRESENT_OR_PAST: Final = (HAS_NOW, HAS_EVER)


def with_courses(selected: Iterable[Selected], lasting: Lasting) -> Iterator[Selected]:
    """The same, with a caveat for what is present and may belong to an earlier record that cannot last so long.

    Records that nobody ended, of what lasts for the same time, may be one course where each begins while the first of
    them is running. The course would be over when the first is. It may also have ended unnoticed, and another one
    have begun: so the later record counts, and the caveat says what is not known.
    """
    chosen = tuple(selected)
    earlier = _firsts(chosen, lasting)
    for one in chosen:
        first = earlier.get(one.fact.id) if one.role == HAS_NOW else None
        yield one if first is None else msgspec.structs.replace(one, caveats=(*one.caveats, _caveat(one.fact, *first)))


def _firsts(chosen: Iterable[Selected], lasting: Lasting) -> dict[str, tuple[Fact, Longest]]:
    """The first record of the course that each record may belong to, where that first one has run out."""
    courses: dict[Longest, list[tuple[datetime, str, Selected]]] = {}
    for one in chosen:
        longest = lasting(one.fact) if one.role in PRESENT_OR_PAST and is_open(one.fact) else None
        since = known_since(one.fact)
        if longest is not None and since is not None:
            courses.setdefault(longest, []).append((earliest(since), one.fact.id, one))
    found = {}
    for longest, records in courses.items():
        first = None
        for begun, id_, one in sorted(records, key=lambda record: record[:2]):
            if first is None or begun > condition_period(first.fact, longest.span)[1]:
                first = one
            elif first.role == HAS_EVER:
                found[id_] = (first.fact, longest)
    return found


def _caveat(fact: Fact, first: Fact, longest: Longest) -> Caveat:
    over = condition_period(first, longest.span)[1].date()
    return Caveat(
        CaveatCode.UNKNOWN_END,
        f"{fact.code.name}: {first.code.name} is recorded since {known_since(first)}, too, and was not ended; "
        f"{longest.text}: if both are of one course, it is over since {over}",
        (fact.provenance.resource, first.provenance.resource),
        "end the condition when it is over, or record that the earlier one ended",
    )
