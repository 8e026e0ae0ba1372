"""When monitoring is due, and whether it is missing: over whole microseconds (see `realising.spans.micros`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from kgtwin.inference.knowledge.rules import MonitoringRule
from kgtwin.inference.realising.spans import ALWAYS, NEVER, micros
from kgtwin.inference.rules.known import Time
from kgtwin.model.time import Overlap

LONG_AGO, LAST = micros(ALWAYS), micros(NEVER)


class Due(msgspec.Struct, frozen=True):
    """What is due: a result not before ``since`` would do; ``why`` in words."""

    why: str
    since: int


def due(rule: MonitoringRule, start: int, at: int, lookback: int | None) -> Due | None:
    """What a rule asks for at ``at`` of a medicine taken since ``start``; None where it asks for nothing.

    ``lookback`` is how old a result before the start may be; None: of any age.
    """
    turns, taken = rule.turns, at - start
    if taken < turns.only_after or (turns.during_first is not None and taken > turns.during_first):
        return None
    if turns.every is not None and taken >= turns.every:
        return Due(turns.regularly, at - turns.every)
    if turns.first_after is not None and taken >= turns.first_after:
        asked = turns.every is not None or taken < turns.first_after + turns.remind_for
        return Due(turns.first, start) if asked else None
    if not rule.before_start or taken >= turns.remind_for:
        return None
    known = lookback is not None and start - LONG_AGO > lookback
    return Due("before the start", start - lookback if lookback is not None and known else LONG_AGO)


def missing(times: Sequence[Time], start: int, end: int) -> Overlap:
    """Whether no result was taken from ``start`` to ``end``; MAYBE where a time is partial or not known."""
    found = Overlap.YES
    for first, last in reversed(times):  # the latest ones are the likeliest to be in time
        if first > end or last < start:
            continue
        if first >= start:
            return Overlap.NO
        found = Overlap.MAYBE
    return found


def decide(
    rule: MonitoringRule, since: tuple[int, int], times: Sequence[Time], at: int, lookback: int | None
) -> tuple[Overlap, Due | None]:
    """Whether monitoring is missing, and what is due, over all starts that are possible; MAYBE where they differ.

    ``since`` are the first and the last possible start, ``times`` those of the results that were received.
    """
    if since[0] == since[1]:
        wanted = due(rule, since[0], at, lookback)
        return (Overlap.NO if wanted is None else missing(times, wanted.since, at)), wanted
    answers: dict[int | None, Overlap] = {None: Overlap.NO}
    found, first = set[Overlap](), None
    for start in _starts(rule, since, at):
        wanted = due(rule, start, at, lookback)
        asked = None if wanted is None else wanted.since
        if asked is not None and asked not in answers:
            answers[asked] = missing(times, asked, at)
        found.add(answers[asked])
        first = first or wanted
        if len(found) > 1 and first is not None:
            return Overlap.MAYBE, first
    return (found.pop() if len(found) == 1 else Overlap.MAYBE), first


def until(rule: MonitoringRule, since: tuple[int, int], times: Sequence[Time], at: int) -> int:
    """Up to which moment from ``at`` on `decide` certainly answers the same, for the same start and the same results.

    While some possible start is just so long ago that the rule begins or ceases to ask, that start moves: it is ``at``.
    """
    first, last = since
    turning = [(first + turn - 1, last + turn + 1) for turn in rule.turns.all]
    if first != last and any(begin <= at <= end for begin, end in turning):
        return at
    ends = [begin + more for begin, _ in turning for more in (0, 1, 2)]
    ends += [taken for taken, _ in times]
    if rule.turns.every is not None:
        ends += [time + rule.turns.every + 1 for both in times for time in both]
    return min((one for one in ends if one > at), default=LAST) - 1


def _starts(rule: MonitoringRule, since: tuple[int, int], at: int) -> Iterator[int]:
    """The latest possible start, the first, and those between at which a rule begins or ceases to ask."""
    first, last = since
    yield last
    yield first
    for turn in rule.turns.all:
        for near in (-1, 0, 1):
            if first < (start := at - turn + near) < last:
                yield start
