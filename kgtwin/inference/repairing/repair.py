"""The smallest sets of changes that remove an issue: minimal hitting sets of the ways in which it follows.

Each combination of witnesses is one way. What is changed must have something of each of them: Reiter's hitting set tree
(https://doi.org/10.1016/0004-3702(87)90062-2), in which every branch is inferred anew without the facts that it
changes. So each suggestion is verified, also where leaving a fact out makes another one count. A set that holds a
smaller one that removes the issue is no suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.explaining.whynot import Case
from kgtwin.inference.infer import infer
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.issues.matching import Match, matches
from kgtwin.inference.knowledge.rules import Rule
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.inference.repairing.changeable import Changeable, changeable, ref
from kgtwin.inference.repairing.ruled import changeable_of
from kgtwin.inference.rules.burden import Burden
from kgtwin.inference.rules.evaluate import decided
from kgtwin.inference.rules.known import Realised
from kgtwin.inference.rules.raised import Raised
from kgtwin.model.derivation import FactRef
from kgtwin.model.fact import Fact
from kgtwin.model.issue import DetectedIssue, issue_id
from kgtwin.model.repair import ActionKind, Appearing, Repairs, Suggestion
from kgtwin.model.time import Period

MOST: Final = 200
"""So many sets of changes are tried."""
LARGEST: Final = 6
"""So many changes are suggested together."""

LEFT_OPEN: Final = {
    ActionKind.MEASURE: "what comes out is looked at when it is there",
    ActionKind.START: "check the order first: `kgtwin check-order`, or `kgtwin alternatives`",
    ActionKind.LOWER: "whether the lower dose is enough is not known",
}
"""What was not looked at."""

Way = tuple[Changeable, ...]
"""What can be changed about one way in which an issue follows."""
Chosen = frozenset[frozenset[str]]
"""The facts of each change."""


def repairs(case: Case, issue: DetectedIssue) -> Repairs:
    """What would remove an issue that follows for a patient.

    ``issue`` must follow at the case's moment. A statement that is no pattern has no suggestions: which of the facts to
    change cannot be told. Of a cumulated burden all medicines count: as long as others reach the threshold, it stays.
    """
    return _Searching(case, issue).found()


class _Searching:
    """The hitting set tree of one issue."""

    def __init__(self, case: Case, issue: DetectedIssue) -> None:
        self._case, self._issue = case, issue
        statement = case.knowledge.statements.get(to_iri(issue.statement))
        self._statement: Statement | None = statement if statement is not None and statement.definition else None
        self._rule = case.knowledge.rules.called(to_iri(issue.statement))
        self._before = self._issues(())
        self._known: dict[frozenset[str], Changeable] = {}
        self._fixed: dict[str, FactRef] = {}
        self._tried = 0

    def found(self) -> Repairs:
        """All minimal sets of changes up to the bounds, the smallest first."""
        if not self._searched:
            return self._answer([], complete=False)
        hitting: list[Chosen] = []
        level: list[Chosen] = [frozenset()]
        complete = True
        while level:
            below: dict[Chosen, None] = {}
            for chosen in level:
                if any(one <= chosen for one in hitting):
                    continue
                if self._tried >= MOST:
                    complete = False
                    break
                way = self._unhit(chosen)
                if way is None:
                    hitting.append(chosen)
                elif len(chosen) < LARGEST:
                    below.update({chosen | {change.ids}: None for change in way if change.ids not in chosen})
                else:
                    complete = False
            level = sorted(below, key=_order)
        minimal = [one for one in hitting if not any(other < one for other in hitting)]
        return self._answer(minimal, complete=complete)

    @property
    def _searched(self) -> bool:
        return self._statement is not None or self._rule is not None

    def _answer(self, minimal: Sequence[Chosen], *, complete: bool) -> Repairs:
        return Repairs(
            issue=self._issue.id,
            patient=self._case.patient,
            at=self._issue.at,
            revision=self._case.revision,
            suggestions=tuple(sorted((self._suggestion(one) for one in minimal if one), key=_rank)),
            fixed=tuple(self._fixed.values()),
            complete=complete,
            searched=self._searched,
            title=self._issue.title,
            advice=self._issue.mitigation,
        )

    def _unhit(self, chosen: Chosen) -> Way | None:
        """A way in which the issue still follows after some changes, with the fewest further ones; None: it is gone.

        A way about which nothing can be changed is the empty one: whatever else is changed, the issue stays.
        """
        self._tried += 1
        case = msgspec.structs.replace(self._case, facts=(*self._left(chosen), *self._instead(chosen)))
        evaluation = evaluate(
            case.patient, case.record, case.facts, case.knowledge, at=case.at, revision=case.revision
        ).evaluation
        if not evaluation.realisation.consistent:
            return ()
        if self._rule is not None:
            return self._way_of_rule(self._rule, evaluation)
        match = self._match(evaluation)
        if match is None:
            return None
        return min(self._ways(match, evaluation), key=lambda way: (len(way), [sorted(one.ids) for one in way]))

    def _way_of_rule(self, rule: Rule, evaluation: Evaluation) -> Way | None:
        """What can be changed about what a rule raises; the conditions that it rests on cannot be."""
        for raised in decided(Realised(evaluation)):
            if not isinstance(raised, Raised) or raised.rule != rule:
                continue
            if isinstance(raised, Burden) or raised.id_for(self._case.patient) == self._issue.id:
                found = tuple(changeable_of(raised, evaluation, self._case.facts))
                changed = frozenset[str]().union(*(one.ids for one in found))
                for fact in (fact for one in raised.selected for fact in one.facts if fact.id not in changed):
                    self._fixed.setdefault(fact.id, ref(fact, evaluation))
                return tuple(self._known.setdefault(one.ids, one) for one in found)
        return None

    def _left(self, chosen: Iterable[frozenset[str]]) -> Iterator[Fact]:
        """The facts that still count after some changes."""
        without = frozenset[str]().union(*chosen)
        return (one for one in self._case.facts if one.id not in without)

    def _instead(self, chosen: Iterable[frozenset[str]]) -> Iterator[Fact]:
        """The facts that are supposed by some changes, of this patient."""
        supposed = (fact for ids in chosen for fact in self._known[ids].instead)
        return (msgspec.structs.replace(one, patient=self._case.patient) for one in supposed)

    def _match(self, evaluation: Evaluation) -> Match | None:
        if self._statement is None:
            return None
        found = matches(self._statement, evaluation.realisation, evaluation.box, evaluation.knowledge)
        return next((one for one in found if self._is_mine(one)), None)

    def _is_mine(self, match: Match) -> bool:
        mine = issue_id(self._case.patient, self._issue.statement, match.ingredients, match.conditions)
        return mine == self._issue.id

    def _ways(self, match: Match, evaluation: Evaluation) -> Iterator[Way]:
        for combination in match.combinations:
            way: dict[frozenset[str], Changeable] = {}
            for witness in combination:
                found = changeable(witness, evaluation, self._case.facts)
                if found is not None:
                    way[found.ids] = self._known.setdefault(found.ids, found)
                elif isinstance(witness.node, str) and witness.node in evaluation.box.by_node:
                    for fact in evaluation.box.by_node[witness.node].facts:
                        self._fixed.setdefault(fact.id, ref(fact, evaluation))
            yield tuple(way.values())

    def _issues(self, chosen: Sequence[frozenset[str]] | Chosen) -> dict[str, DetectedIssue]:
        """What follows without the facts of some changes."""
        return self._inferred(self._left(chosen))

    def _when_stopped(self, changes: Sequence[Changeable]) -> dict[str, DetectedIssue]:
        """What follows when medicines have just been stopped, and the other changes are made."""
        stopped = frozenset[str]().union(*(one.ids for one in changes if one.action.kind is ActionKind.STOP))
        gone = frozenset[str]().union(*(one.ids for one in changes)) - stopped
        kept = (one for one in self._case.facts if one.id not in gone)
        return self._inferred(_stopped(one, self._case.at) if one.id in stopped else one for one in kept)

    def _inferred(self, facts: Iterable[Fact]) -> dict[str, DetectedIssue]:
        case = self._case
        found = infer(
            case.patient,
            case.record,
            facts,
            case.knowledge,
            at=case.at,
            revision=case.revision,
            unverified=case.unverified,
        )
        return {one.id: one for one in found.issues}

    def _suggestion(self, chosen: Chosen) -> Suggestion:
        """The changes with what was seen when inferring without the facts that they change."""
        changes = sorted((self._known[ids] for ids in chosen), key=lambda one: (one.action.kind, one.action.text))
        actions, condition = tuple(one.action for one in changes), "; ".join(_conditions(changes)) or None
        if any(one.instead for one in changes):
            return Suggestion(actions=actions, on_condition=condition)
        after = self._issues(chosen)
        assert self._issue.id not in after, "the tree has inferred the same"
        appearing = {**self._when_stopped(changes), **after}
        return Suggestion(
            actions=actions,
            new=tuple(_appearing(one) for id_, one in sorted(appearing.items()) if id_ not in self._before),
            also_gone=tuple(
                _appearing(one) for id_, one in self._before.items() if id_ not in after and id_ != self._issue.id
            ),
            on_condition=condition,
        )


def _conditions(changes: Sequence[Changeable]) -> Iterator[str]:
    """On what it depends that changes remove the issue, and what else would follow."""
    repeated = [one.action.text for one in changes if one.action.kind is ActionKind.REPEAT]
    if repeated:
        yield f"only if it comes out otherwise: {' and '.join(repeated)}"
    kinds = {one.action.kind for one in changes}
    for kind, words in LEFT_OPEN.items():
        if kind in kinds:
            yield words


def _stopped(fact: Fact, at: datetime) -> Fact:
    """A medicine that was stopped at a moment."""
    return msgspec.structs.replace(fact, status="stopped", when=Period(fact.when.start, at.isoformat()))


def _order(chosen: Chosen) -> list[list[str]]:
    return sorted(map(sorted, chosen))


def _rank(one: Suggestion) -> tuple[int, int, bool, list[str]]:
    """Few changes first, then few new issues, then what is certain."""
    return len(one.actions), len(one.new), one.on_condition is not None, [action.text for action in one.actions]


def _appearing(issue: DetectedIssue) -> Appearing:
    return Appearing(issue.id, issue.statement, issue.title, issue.significance)
