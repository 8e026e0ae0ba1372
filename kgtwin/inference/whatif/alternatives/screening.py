"""Which issues would newly appear with a medicine: found on rows of numbers, those of statements and of rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kgtwin.inference.case import Case
from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.rules import raised as rules
from kgtwin.model.alternative import Raised
from kgtwin.model.fact import Fact


class Screener:
    """What finds issues on rows by one knowledge, kept from question to question."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.finder = Finder(knowledge)
        self.ruling = Ruling(self.finder)


class Screening:
    """One patient kept ready, as received and with ``facts``, where something was stopped before all is started.

    What rows of numbers do not say is None: `infer` alone knows.
    """

    def __init__(self, case: Case, at: datetime, screener: Screener, facts: Iterable[Fact]) -> None:
        self._case, self._at, self._ruling = case, at, screener.ruling
        able = screener.finder.obstacle is None
        self._received = Hot(screener.finder, case.record, case.facts) if able else None
        self._stopped = Hot(screener.finder, case.record, facts) if able else None
        self._known: dict[frozenset[str], frozenset[str] | None] = {}

    def started(self, fact: Fact, taken: frozenset[str]) -> tuple[Raised, ...] | None:
        """The issues that newly appear with a medicine, beside those without it: without the ``taken`` facts (ids)."""
        if self._stopped is None:
            return None
        known, found = self._without(taken), self._issues(self._stopped.changed(add=[fact]))
        if known is None or found is None:
            return None
        return in_order(one for one in found if one.id not in known)

    def _without(self, taken: frozenset[str]) -> frozenset[str] | None:
        """The ids of the issues of the patient as received, had some medicines never been taken."""
        if taken not in self._known:
            assert self._received is not None, "it is there as the other one is"
            found = self._issues(self._received.changed(remove=taken))
            self._known[taken] = None if found is None else frozenset(one.id for one in found)
        return self._known[taken]

    def _issues(self, hot: Hot) -> list[Raised] | None:
        found, case = hot.issues(self._at, self._ruling), self._case
        if found is None:
            return None
        stated = raised_of(found.stated, case)
        by_rule = (one for one in found.raised if case.unverified or case.knowledge.verified(one.rule.curie))
        return [*stated, *(_by_rule(one, case.patient) for one in by_rule)]


def _by_rule(one: rules.Raised, patient: str) -> Raised:
    rule = one.rule
    return Raised(
        id=one.id_for(patient),
        statement=rule.curie,
        title=rule.title,
        kind=one.kind,
        significance=rule.significance,
        verified=rule.verified,
    )


def raised_of(findings: Iterable[Finding], case: Case) -> tuple[Raised, ...]:
    """Findings as issues without their proof, the gravest first."""
    found: dict[str, Raised] = {}
    for one in findings:
        id_, statement = one.id_for(case.patient), one.statement
        if case.unverified or statement.verified:
            found[id_] = Raised(
                id=id_,
                statement=statement.curie,
                title=statement.title,
                kind=statement.kind,
                significance=statement.significance,
                verified=statement.verified,
            )
    return in_order(found.values())


def in_order(found: Iterable[Raised]) -> tuple[Raised, ...]:
    """The gravest first, as `infer` orders them."""
    return tuple(sorted(found, key=lambda one: (one.significance.rank, one.statement, one.id)))
