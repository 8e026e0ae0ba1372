"""Conclusions from absence under a consent: nobody is told that there is nothing of what may be withheld."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.consent.withholding import KINDS
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.consent import Decision, Permission, Rule
from kgtwin.model.fact import FactKind
from kgtwin.model.issue import DetectedIssue, Inference, IssueKind

MEASURED: Final = frozenset({FactKind.OBSERVATION, FactKind.BEHAVIOUR, FactKind.GENOTYPE})
TREATED: Final = frozenset({FactKind.MEDICATION, FactKind.ALLERGY, FactKind.CONDITION})


def unsaid(found: Inference, permission: Permission, knowledge: Knowledge) -> Inference:
    """What follows, less the issues that say that something is not there which the consent could withhold."""
    left = tuple(one for one in found.issues if not _rests_on_absence(one, permission, knowledge))
    return msgspec.structs.replace(found, issues=left)


def _rests_on_absence(issue: DetectedIssue, permission: Permission, knowledge: Knowledge) -> bool:
    if issue.kind is IssueKind.MISSING_MONITORING:
        analytes = [
            one for rule in knowledge.rules.monitoring if rule.curie == issue.statement for one in rule.analytes
        ]
        return could_withhold(permission, MEASURED, analytes, knowledge)
    if issue.kind is IssueKind.UNTREATED_INDICATION:
        named = [
            one
            for rule in knowledge.rules.care_gaps
            if rule.curie == issue.statement
            for one in (*rule.medicines, *rule.unless_medicines, *rule.unless_conditions)
        ]
        return could_withhold(permission, TREATED, named, knowledge)
    return False


def could_withhold(
    permission: Permission, kinds: frozenset[FactKind], classes: Iterable[str], knowledge: Knowledge
) -> bool:
    """Whether a consent could withhold data of some kinds about some classes (IRIs), were there any."""
    if permission.permits_little:
        return True
    classes = tuple(classes)
    denials = (rule for rule in permission.rules_in_force() if rule.type is Decision.DENY)
    return any(_could_be_about(rule, kinds, classes, knowledge) for rule in denials)


def _could_be_about(rule: Rule, kinds: frozenset[FactKind], classes: Iterable[str], knowledge: Knowledge) -> bool:
    types = {name for name, some in KINDS.items() if kinds & some}
    if rule.kinds and not kinds.intersection(rule.kinds):
        return False
    if rule.resource_types and not types.intersection(rule.resource_types):
        return False
    named = [to_iri(one) for one in (*rule.classes, *rule.codes)]
    return not named or any(_touch(one, iri, knowledge) for one in named for iri in classes)


def _touch(denied: str, iri: str, knowledge: Knowledge) -> bool:
    """Whether something of a class may be, or have to do with, what is denied."""
    if iri not in knowledge.classes:
        return False
    near = (iri, *knowledge.classification.descendants(iri))
    return knowledge.is_a(iri, denied) or any(denied == one or denied in knowledge.related.of(one) for one in near)
