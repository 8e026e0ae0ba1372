"""Records of what may be one course: a pregnancy that is recorded anew at each visit, and ended by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from kgtwin.inference.knowledge.durations import Longest
from kgtwin.inference.realising.selection import Lasting, Selected
from kgtwin.inference.realising.spans import condition_period, is_open, known_since
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact
from kgtwin.model.time import earliest
from kgtwin.vocabulary import HAS_EVER, HAS_NOW


class _Record(NamedTuple):
    """What began on a day at the earliest; of one day what nobody ended comes first."""

    begun: datetime
    closed: bool
    id: str
    selected: Selected


def with_courses(selected: Iterable[Selected], lasting: Lasting) -> Iterator[Selected]:
    """The same, with a caveat for what is present and may be of one course with a record that is over.

    Records of what lasts for the same time may be one course where each begins while the first of them is running,
    which nobody ended. The course would be over when the first one runs out, or when one of its later records ended.
    It may also have ended unnoticed, and another one have begun; or the end is that of a visit: so the record counts,
    and the caveat says what is not known.
    """
    chosen = tuple(selected)
    told = dict(_told(chosen, lasting))
    for one in chosen:
        caveat = told.get(one.fact.id) if one.role == HAS_NOW else None
        yield one if caveat is None else msgspec.structs.replace(one, caveats=(*one.caveats, caveat))


def _told(chosen: Iterable[Selected], lasting: Lasting) -> Iterator[tuple[str, Caveat]]:
    """The caveat of each record (by its fact's id) that may belong to a course that is over."""
    groups: dict[Longest, list[_Record]] = {}
    for one in chosen:
        longest = lasting(one.fact) if one.role in (HAS_NOW, HAS_EVER) else None
        since = known_since(one.fact)
        if longest is not None and since is not None:
            groups.setdefault(longest, []).append(_Record(earliest(since), not is_open(one.fact), one.fact.id, one))
    for longest, records in groups.items():
        records.sort(key=lambda record: record[:3])
        yield from _ended_later(records)
        yield from _ran_out(records, longest)


def _ran_out(records: list[_Record], longest: Longest) -> Iterator[tuple[str, Caveat]]:
    """Of records that nobody ended those that began while the first of their course was running, which has run out."""
    first: Selected | None = None
    for begun, closed, id_, one in records:
        if closed:
            continue
        if first is None or begun > condition_period(first.fact, longest.span)[1]:
            first = one
        elif first.role == HAS_EVER:
            over = condition_period(first.fact, longest.span)[1].date()
            text = f"is recorded since {known_since(first.fact)}, too, and was not ended; {longest.text}"
            yield id_, _caveat(one.fact, first.fact, text, f"since {over}")


def _ended_later(records: list[_Record]) -> Iterator[tuple[str, Caveat]]:
    """Of records that nobody ended those that one is recorded beside which began no earlier, and has ended."""
    ended: Fact | None = None
    for _, closed, id_, one in reversed(records):
        if closed:
            ended = one.fact if one.role == HAS_EVER and ended is None else ended
        elif ended is not None:
            when = f"ended on {ended.when.end}" if ended.when.end else f"is {ended.status or 'past'}"
            yield id_, _caveat(one.fact, ended, f"began later and {when}", "since then")


def _caveat(fact: Fact, other: Fact, text: str, since: str) -> Caveat:
    return Caveat(
        CaveatCode.UNKNOWN_END,
        f"{fact.code.name}: {other.code.name} {text}: if both are of one course, it is over {since}",
        (fact.provenance.resource, other.provenance.resource),
        "end the condition when it is over, or record that the earlier one ended",
    )
