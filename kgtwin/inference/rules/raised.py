"""What rules decide of a patient: what they raise, before anything is said or proven of it, and what stays open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from kgtwin.inference.knowledge.rules import Rule
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import ClassExpression
from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import IssueKind, Significance, issue_id

Doubt: TypeAlias = Callable[[], Caveat]
"""Something that could not be decided: the caveat that says so, made where it is wanted."""


class Asked(msgspec.Struct, frozen=True):
    """What a rule asks of a patient beside medicines, age and sex.

    ``fillers`` are pairs of a role and a class (IRIs) of which something is looked for, ``types`` what is asked of the
    patient.
    """

    fillers: tuple[tuple[str, str], ...] = ()
    types: tuple[ClassExpression, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """What the issue of a statement (CURIE) says already: how grave it is, and the facts (ids) that it rests on."""

    statement: str
    significance: Significance
    facts: frozenset[str]


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """An issue of a rule without its words: ``ingredients`` and ``conditions`` (CURIEs) make its id.

    Each family adds what it tells the issue from.
    """

    rule: Rule
    kind: IssueKind
    ingredients: frozenset[str]
    conditions: frozenset[str] = frozenset()
    selected: tuple[Selected, ...]

    @property
    def facts(self) -> frozenset[str]:
        """The ids of the facts that it rests on."""
        return frozenset(fact.id for one in self.selected for fact in one.facts)

    def id_for(self, patient: str) -> str:
        """The id of the issue, for the patient's key."""
        return issue_id(patient, self.rule.curie, self.ingredients, self.conditions)
