"""Forged proofs of what clinical rules raise, of whatever kind: rejected, or they differ from the ontology."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from kgtwin.inference.proofs.sources import Told
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.issue import issue_id
from kgtwin.model.proof_document import ProofAnnotation, ProofDocument, ProofStep
from kgtwin.model.time import Period
from kgtwin.vocabulary import KGTWIN, kgtwin
from tests.verification.forging import KINDS, on_facts, rejected, with_rule
from tests.verification.mutations import changed
from tests.verification.test_forgeries import named_anew, reason
from tests.verification.test_mutations import of_kind, put

replace = msgspec.structs.replace


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_the_rule_rests_on_can_be_left_out(cases: list[ProofDocument], kind: str) -> None:
    for document in of_kind(cases, kind):
        last = document.steps[document.conclusion]
        assert last.rule == "clinical rule"
        bare = replace(last, premises=())
        assert rejected(changed(document, steps=(*document.steps[:-1], bare)))
        assert rejected(with_rule(document, annotations=()))
        assert rejected(with_rule(document, family=f"{KGTWIN}ClinicalRule"))
        assert rejected(changed(document, rules=()))
        assert rejected(changed(document, rules=document.rules * 2))
        for place in range(len(document.rules[0].absences)):
            assert "not listed" in reason(with_rule(document, absences=put(document.rules[0].absences, place)))


def test_premises_that_matter(cases: list[ProofDocument]) -> None:
    """Of each document, all but those that say what would matter if it counted, or what is shown twice."""
    tried = 0
    for document in (one for kind in KINDS for one in of_kind(cases, kind)[:15]):
        last = document.steps[document.conclusion]
        for place in range(len(last.premises)):
            less = replace(last, premises=put(last.premises, place))
            tried += rejected(changed(document, steps=(*document.steps[:-1], less)))
    assert tried > 60


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_is_applied_once_at_the_end(cases: list[ProofDocument], kind: str) -> None:
    document = of_kind(cases, kind)[0]
    last = document.steps[document.conclusion]
    after = changed(document, steps=(*document.steps, document.steps[0]))
    assert rejected(after)
    again = ProofStep("R⊓−", last.conclusion, (document.conclusion,))
    assert rejected(changed(document, steps=(*document.steps, again), conclusion=document.conclusion + 1))
    other = replace(last, conclusion=last.conclusion.replace("_00", "_99"))
    assert rejected(changed(document, steps=(*document.steps[:-1], other)))


def test_a_rule_proves_no_statement(cases: list[ProofDocument]) -> None:
    """Nor does a statement's proof become one by a rule that is put beside it."""
    statement, ruled = of_kind(cases, "drug-lab")[0], of_kind(cases, "missing-monitoring")[0]
    assert "not applied" in reason(changed(statement, rules=ruled.rules))
    last = statement.steps[statement.conclusion]
    forged = replace(last, rule="clinical rule", premises=(), axiom=None)
    assert rejected(changed(statement, steps=(*statement.steps[:-1], forged), rules=ruled.rules))


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_rule_says_differs_from_the_ontology(cases: list[ProofDocument], told: Told, kind: str) -> None:
    """Whatever of the rule is changed, left out or added: rejected, or seen with the ontology."""
    for document in of_kind(cases, kind)[:12]:
        rule = document.rules[0]
        assert list(told.against(document)) == []
        more = (*rule.annotations, ProofAnnotation(rule.rule, kgtwin("ruleCondition"), kgtwin("Pregnancy")))
        forgeries = [with_rule(document, annotations=more)]
        for place, one in enumerate(rule.annotations):
            other = replace(one, value=other_value(one.value))
            forgeries += [with_rule(document, annotations=put(rule.annotations, place, other))]
            forgeries += [with_rule(document, annotations=put(rule.annotations, place))]
        for forged in forgeries:
            assert rejected(forged) or list(told.against(forged))


def other_value(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "1234567890")) if any(map(str.isdigit, text)) else f"{text}x"


@pytest.mark.parametrize("kind", ["missing-monitoring", "cumulated-burden", "dose-renal"])
@pytest.mark.parametrize(
    "change",
    [
        lambda fact: replace(fact, status="on-hold"),
        lambda fact: replace(fact, status="entered-in-error"),
        lambda fact: replace(fact, when=Period("2999")),
        lambda fact: replace(fact, when=Period("2001", "2002")),
        lambda fact: replace(fact, detail=replace(fact.detail, do_not_perform=True)),
        lambda fact: replace(fact, detail=replace(fact.detail, origin="request", intent="plan")),
    ],
    ids=["on hold", "in error", "in the future", "ended", "do not perform", "planned"],
)
def test_a_medicine_that_is_not_taken(cases: list[ProofDocument], kind: str, change: Callable[[Fact], Fact]) -> None:
    tried = 0
    for document in of_kind(cases, kind):
        now = [one for one in document.selections if one.role.endswith("takesNow")]
        if len(now) > 2:
            continue
        for forged in on_facts(document, FactKind.MEDICATION, change):
            tried += 1
            assert rejected(forged) or len(now) > 1
    assert tried > 5


def test_ids_are_those_of_what_is_proven(cases: list[ProofDocument]) -> None:
    for kind in KINDS:
        issue = (document := of_kind(cases, kind)[0]).issue
        assert issue.id == issue_id(
            issue.patient, issue.statement, frozenset(issue.ingredients), frozenset(issue.conditions)
        )
        for wrong in (
            replace(issue, significance="minor" if issue.significance != "minor" else "major"),
            replace(issue, kind="drug-lab"),
            replace(issue, implicated=()),
            named_anew(issue, ingredients=(*issue.ingredients, "rxnorm:1191")),
            named_anew(issue, conditions=(*issue.conditions, "snomed:195967001")),
        ):
            assert rejected(changed(document, issue=wrong)), wrong
