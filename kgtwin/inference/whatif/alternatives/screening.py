"""Which issues would newly appear with a medicine: found on rows of numbers where these say it all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from kgtwin.inference.case import Case
from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.knowledge.rules import BurdenScale
from kgtwin.model.alternative import Raised
from kgtwin.model.fact import Fact
from kgtwin.model.issue import Inference


class Screening:
    """One patient kept ready. Where rows of numbers do not say it all, `infer` has to.

    ``unchanged`` is what follows of the patient as received, ``stopped`` what follows of ``facts``, where something
    was stopped before anything is started; ``held`` are the ingredients (IRIs) that are taken then.

    Only what *appears* is said, so that rules about conditions that call for a medicine play no part, which one more
    medicine can only silence. A rule about one medicine speaks where that one is watched; a burden where points of the
    medicine and of what is taken reach it.
    """

    def __init__(
        self,
        case: Case,
        at: datetime,
        finder: Finder,
        unchanged: Inference,
        stopped: Inference,
        facts: Iterable[Fact],
        held: frozenset[str],
    ) -> None:
        self._case, self._at, self._held = case, at, held
        self._known = frozenset(issue.id for issue in unchanged.issues)
        by_rule = (issue for issue in stopped.issues if issue.kind.of_rule)
        self._freed = any(issue.id not in self._known for issue in by_rule)
        self._hot = None if finder.obstacle else Hot(finder, case.record, facts)
        self._watched: dict[str, bool] = {}

    def started(self, fact: Fact) -> tuple[Raised, ...] | None:
        """The issues of statements that newly appear with one more medicine, which the patient does not take.

        None: `infer` alone knows.
        """
        found = None if self._hot is None else self._hot.changed(add=[fact]).findings(self._at)
        return None if found is None else raised_of(found, self._case, without=self._known)

    def silent(self, ingredients: frozenset[str]) -> bool:
        """Whether certainly no rule raises anything newly with a medicine of some ingredients (IRIs)."""
        return not (self._freed or any(map(self._is_watched, ingredients)) or self._adds_up(ingredients))

    def _is_watched(self, ingredient: str) -> bool:
        """Whether a rule is about an ingredient: what to measure under it, how much of it."""
        if ingredient not in self._watched:
            rules, is_a = self._case.knowledge.rules, self._case.knowledge.is_a
            about = (*(rule.medicine for rule in rules.monitoring), *(rule.medicine for rule in rules.doses))
            self._watched[ingredient] = any(is_a(ingredient, name) or is_a(name, ingredient) for name in about)
        return self._watched[ingredient]

    def _adds_up(self, ingredients: frozenset[str]) -> bool:
        """Whether its points may reach a burden together with those of what is taken; salts count as their own."""
        for scale in self._case.knowledge.rules.burdens:
            own, others = (self._points(scale, some) for some in (ingredients, self._held - ingredients))
            if own and len(own) + len(others) > 1 and sum(own) + sum(others) >= scale.threshold:
                return True
        return False

    def _points(self, scale: BurdenScale, ingredients: Iterable[str]) -> list[Decimal]:
        is_a = self._case.knowledge.is_a
        found = ([points for points, name in scale.points if is_a(one, name)] for one in ingredients)
        return [max(some) for some in found if some]


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
