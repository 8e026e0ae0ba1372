"""What rules raise, decided on rows: by the same code that decides it for a realised patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.meanings import Meanings
from kgtwin.inference.columns.on_rows import NotOnRowsError, OnRows, Ruled
from kgtwin.inference.columns.screen import Screen
from kgtwin.inference.columns.searching import Holding
from kgtwin.inference.columns.standing import Changed, Standing, again, said
from kgtwin.inference.columns.touching import Touching
from kgtwin.inference.rules.evaluate import decided
from kgtwin.inference.rules.raised import Raised


class Ruling:
    """Decides what rules raise about patients by one finder's knowledge."""

    def __init__(self, finder: Finder) -> None:
        self._finder, self._meanings = finder, Meanings(finder.gains)
        self.screen: Final = Screen(finder, self._meanings)
        self._touching = Touching(finder, self._meanings)

    def decided(
        self, patient: Ruled, found: Iterable[Finding], holding: Holding | None, at: datetime
    ) -> tuple[Raised, ...] | None:
        """What rules raise beside the issues of statements that were ``found``, of a patient of whom it is known what
        counts; None where `infer` has to say it.
        """
        if holding is None:
            return None
        known = OnRows(patient, holding, at, self._finder, self._meanings)
        stated = [said(one, patient.given) for one in found]
        try:
            return tuple(one for one in decided(known, stated) if isinstance(one, Raised))
        except NotOnRowsError:
            return None

    def again(
        self,
        patient: Ruled,
        found: Sequence[Finding],
        holding: Holding,
        at: datetime,
        before: Standing | None,
        changed: Changed,
    ) -> Standing:
        """The same after a change of what stood ``before``; None: of all that was given."""
        start = before if before is not None and before.moment <= at else None
        if start is None:
            changed = Changed(added=tuple(fact for fact in patient.given if fact is not None))
        counted = self._touching.counted(patient.columns, holding)
        return again(patient, found, holding, at, start, changed, counted, self._touching)
