"""Final results that are dated after the moment that is asked about: clock errors, unless that moment is the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.realising.observed import CONTEXTS, concerns
from kgtwin.inference.realising.results import MEASURED, is_result
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import time_of
from kgtwin.model.fact import Fact, FactKind, ObservationDetail
from kgtwin.model.time import earliest, latest

SHOWN: Final = 3
"""So many results does the caveat name with their dates; it touches all."""
MARGIN: Final = timedelta(days=1)
"""What was recorded so shortly after the moment that is asked about (a minute, say) is no news of later."""


def dated_ahead(facts: Sequence[Fact], knowledge: Knowledge, at: datetime) -> Iterator[Caveat]:
    """One caveat for all final results of the knowledge whose date, after ``at``, is certainly or probably an error.

    Certainly: by ``at`` the source had recorded or issued the result, before the time at which it was taken.
    Probably: nothing says when it was recorded, and nothing else that is known happened after ``at`` but results of
    the same day. Who asks about the past finds what came later passed over, and no caveat.
    """
    late = [fact for fact in facts if fact.kind in MEASURED and is_result(fact) and _taken(fact) > at]
    wrong = [fact for fact in late if _is_told_too_early(fact, at)]
    unknown = [fact for fact in late if not _told(fact)]
    if unknown and _is_end_of_record(unknown, facts, at):
        wrong += unknown
    found = [fact for fact in wrong if _matters(fact, knowledge)]
    if found:
        yield _caveat(found, knowledge)


def _taken(fact: Fact) -> datetime:
    return earliest(time_of(fact) or "")


def _told(fact: Fact) -> list[str]:
    """When the source recorded and issued a fact, as far as it says."""
    issued = fact.detail.issued if isinstance(fact.detail, ObservationDetail) else None
    return [time for time in (fact.provenance.recorded, issued) if time]


def _is_told_too_early(fact: Fact, at: datetime) -> bool:
    return any(latest(time) < _taken(fact) and earliest(time) - MARGIN <= at for time in _told(fact))


def _is_end_of_record(unknown: Sequence[Fact], facts: Iterable[Fact], at: datetime) -> bool:
    """Whether the only things known of after ``at`` are some results of one day; a medicine may be planned."""
    days = {_taken(fact).date() for fact in unknown}
    ours = {fact.id for fact in unknown}
    return len(days) == 1 and not any(_is_after(fact, at) for fact in facts if fact.id not in ours)


def _is_after(fact: Fact, at: datetime) -> bool:
    if any(earliest(time) > at for time in _told(fact)):
        return True
    time = time_of(fact) if fact.kind in MEASURED else fact.when.start
    if time is None or earliest(time) <= at or fact.kind is FactKind.MEDICATION:
        return False
    return not any(latest(told) < earliest(time) for told in _told(fact))


def _matters(fact: Fact, knowledge: Knowledge) -> bool:
    """Whether the knowledge asks for such a result."""
    return knowledge.analyte_of(fact) is not None or any(concerns(fact, kind, knowledge) for _, kind in CONTEXTS)


def _caveat(found: Sequence[Fact], knowledge: Knowledge) -> Caveat:
    named = [f"{knowledge.name_of(fact)} ({fact.provenance.resource}), dated {time_of(fact)}" for fact in found]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    they = "does not count" if len(found) == 1 else "do not count"
    return Caveat(
        CaveatCode.IMPLAUSIBLE,
        f"{'; '.join(named[:SHOWN])}{more}: final, and in the future of the time that is asked about; {they}",
        tuple(dict.fromkeys(fact.provenance.resource for fact in found)),
        "correct the date (or the clock of what sent it), or ask about a later time",
    )
