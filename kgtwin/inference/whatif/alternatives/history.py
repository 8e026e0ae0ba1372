"""What of a class the patient takes already, or has taken: and the issues that it had."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.case import Case
from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.realising.selection import select
from kgtwin.inference.realising.spans import TICK
from kgtwin.inference.realising.washout import LONG_AGO, ended, stated_end
from kgtwin.inference.whatif.alternatives.screening import in_order, raised_of
from kgtwin.inference.whatif.changing import Changing
from kgtwin.model.alternative import Before, Raised
from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.model.time import earliest
from kgtwin.vocabulary import TAKES_NOW, TOOK_EVER

MOST_SHOWN = 3
"""So many earlier times, the latest ones, are told of a medicine."""


class History:
    """The medicines of one patient by what they are and hold."""

    def __init__(self, case: Case, changing: Changing, at: datetime, finder: Finder) -> None:
        self._case, self._at, self._finder = case, at, finder
        self._hot: Hot | None = None
        self._now: list[tuple[Fact, frozenset[str]]] = []
        self._ever: list[tuple[Fact, frozenset[str]]] = []
        tree = case.knowledge.classification
        for one in select(case.facts, at, case.knowledge.durations.of):
            if one.role in (TAKES_NOW, TOOK_EVER):
                held = [iri for iri in changing.held(one.fact) if iri in case.knowledge.classes]
                known = frozenset(held).union(*map(tree.ancestors, held))
                (self._now if one.role == TAKES_NOW else self._ever).append((one.fact, known))

    def taken(self, ingredients: frozenset[str]) -> frozenset[str]:
        """The ids of the present medicines that hold all of some ingredients (IRIs), or kinds of them."""
        return frozenset(fact.id for fact, known in self._now if ingredients <= known)

    def before(self, ingredients: frozenset[str]) -> tuple[Before, ...]:
        """The latest times at which medicines with these ingredients were taken, the last one first."""
        past = [fact for fact, known in self._ever if ingredients <= known]
        past.sort(key=lambda fact: (ended(fact, self._at), fact.id), reverse=True)
        return tuple(map(self._told, past[:MOST_SHOWN]))

    def _told(self, fact: Fact) -> Before:
        return Before(
            resource=fact.provenance.resource,
            label=self._case.knowledge.name_of(fact),
            status=fact.status,
            start=fact.when.start,
            end=stated_end(fact),
            raised=self._raised(fact),
        )

    def _raised(self, fact: Fact) -> tuple[Raised, ...] | None:
        """The issues of statements at the last moment at which a medicine was certainly taken, its start at worst."""
        last, _ = ended(fact, self._at)
        given = isinstance(fact.detail, MedicationDetail) and fact.detail.origin == "administration"
        if given or last <= LONG_AGO:
            return None
        moment = max(earliest(fact.when.start), last - TICK) if fact.when.start else last - TICK
        active = msgspec.structs.replace(fact, status="active")
        case = self._case
        if self._finder.obstacle is None:
            if self._hot is None:
                self._hot = Hot(self._finder, case.record, case.facts)
            found = self._hot.changed(remove=[fact.id], add=[active]).findings(moment)
            if found is not None:
                return raised_of((one for one in found if len(case.facts) in one.facts), case)
        others = (one for one in case.facts if one.id != fact.id)
        issues = case.infer([*others, active], moment).issues
        return in_order(
            Raised.of(issue)
            for issue in issues
            if to_iri(issue.statement) in case.knowledge.statements
            and any(one.fact == fact.id for one in issue.implicated)
        )
