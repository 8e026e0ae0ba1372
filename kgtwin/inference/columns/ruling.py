"""What rules raise, decided on rows: by the same code that decides it for a realised patient."""

from __future__ import annotations

from typing import Final

from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.meanings import Meanings
from kgtwin.inference.columns.on_rows import NotOnRowsError, OnRows, Seen
from kgtwin.inference.columns.screen import Screen
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

    def decided(self, seen: Seen) -> tuple[Raised, ...] | None:
        """What rules raise beside the issues of statements; None where `infer` has to say it."""
        known = OnRows(seen, self._finder, self._meanings)
        stated = [said(one, seen.patient.given) for one in seen.found]
        try:
            return tuple(one for one in decided(known, stated) if isinstance(one, Raised))
        except NotOnRowsError:
            return None

    def again(self, seen: Seen, before: Standing | None, changed: Changed) -> Standing:
        """The same after a change of what stood ``before``; None: of all that was given."""
        start = before if before is not None and before.moment <= seen.at else None
        if start is None:
            changed = Changed(added=tuple(fact for fact in seen.patient.given if fact is not None))
        return again(seen, start, changed, self._touching)
