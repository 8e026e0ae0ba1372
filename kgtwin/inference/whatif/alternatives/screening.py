"""Which issues would newly appear with a medicine: found on rows of numbers where these say it all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kgtwin.inference.case import Case
from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.alternative import Raised
from kgtwin.model.fact import Fact
from kgtwin.model.issue import Inference


class Screening:
    """One patient kept ready. Where rows of numbers do not say it all, `infer` has to.

    ``unchanged`` is what follows of the patient as received, ``stopped`` what follows of ``facts``, where something
    was stopped before anything is started.

    Only what *appears* is said, so that rules about conditions that call for a medicine play no part, which one more
    medicine can only silence; a rule about one medicine speaks where that one is watched, a burden where it has points.
    """

    def __init__(
        self, case: Case, at: datetime, finder: Finder, unchanged: Inference, stopped: Inference, facts: Iterable[Fact]
    ) -> None:
        self._case, self._at, self._finder = case, at, finder
        self._known = frozenset(issue.id for issue in unchanged.issues)
        by_rule = (issue for issue in stopped.issues if issue.kind.of_rule)
        freed = any(issue.id not in self._known for issue in by_rule)
        self._freed = freed
        self._hot = None if finder.obstacle else Hot(finder, case.record, facts)
        self._watched: dict[str, bool] = {}

    def started(self, fact: Fact) -> tuple[Raised, ...] | None:
        """The issues of statements that newly appear with one more medicine, which the patient does not take.

        None: `infer` alone knows.
        """
        found = None if self._hot is None else self._hot.changed(add=[fact]).findings(self._at)
        return None if found is None else raised_of(found, self._case, without=self._known)

    def silent(self, ingredients: Iterable[str]) -> bool:
        """Whether certainly no rule raises anything newly with a medicine of some ingredients (IRIs)."""
        return not self._freed and not any(map(self._is_watched, ingredients))

    def _is_watched(self, ingredient: str) -> bool:
        if ingredient not in self._watched:
            self._watched[ingredient] = is_watched(ingredient, self._case.knowledge)
        return self._watched[ingredient]


def is_watched(ingredient: str, knowledge: Knowledge) -> bool:
    """Whether a rule is about an ingredient (IRI): what to measure under it, how much of it, what it adds to."""
    rules, is_a = knowledge.rules, knowledge.is_a
    about = [*(rule.medicine for rule in rules.monitoring), *(rule.medicine for rule in rules.doses)]
    about += [name for scale in rules.burdens for _, name in scale.points]
    return any(is_a(ingredient, name) or is_a(name, ingredient) for name in about)


def raised_of(findings: Iterable[Finding], case: Case, *, without: frozenset[str] = frozenset()) -> tuple[Raised, ...]:
    """Findings as issues without their proof, the gravest first."""
    found: dict[str, Raised] = {}
    for one in findings:
        id_ = one.id_for(case.patient)
        statement = one.statement
        if id_ not in without and (case.unverified or statement.verified):
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
