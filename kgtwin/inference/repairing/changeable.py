"""What a clinician can change about a fact: the one table that decides it.

| fact | counts as | change |
|---|---|---|
| medicine | taken now | stop it, or replace it; where the statement asks for a route, give it by another one |
| medicine | within a wash-out | stop it if it is still taken; else wait until the time is over |
| medicine | ever taken | none: what was taken was taken |
| result | latest, persistent | repeat it: the issue goes only if it comes out otherwise |
| behaviour | | change it |
| condition, allergy, phenotype, genotype, relative's disease, age, sex | | none |

A dose and its timing enter no statement, so a change of these removes nothing. What rules ask for says
`kgtwin.inference.repairing.ruled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import msgspec

from kgtwin.inference.issues.derive import leaf
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.issues.matching import Witness, ingredients_of
from kgtwin.inference.knowledge import existentials
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.derivation import FactRef
from kgtwin.model.fact import Fact
from kgtwin.model.repair import Action, ActionKind
from kgtwin.model.time import latest
from kgtwin.vocabulary import HAS_BEHAVIOUR, HAS_PHENOTYPE, HAS_ROUTE, TAKES_NOW


class Changeable(msgspec.Struct, frozen=True):
    """What can be changed: an action, the ids of the facts that no longer count after it, and the facts instead."""

    action: Action
    ids: frozenset[str]
    instead: tuple[Fact, ...] = ()


def changeable(witness: Witness, evaluation: Evaluation, facts: Iterable[Fact]) -> Changeable | None:
    """What a clinician can change about a witness; None where nothing can be."""
    node = witness.node
    one = evaluation.box.by_node.get(node) if isinstance(node, str) else None
    if one is None:
        return None
    roles, role = evaluation.knowledge.roles, witness.conjunct.property
    if role in roles.results:
        return repeated(one, evaluation, facts)
    if role in roles.medicines:
        return _medicine(witness, one, evaluation)
    return _behaviour(one, evaluation) if one.role == HAS_BEHAVIOUR and role != HAS_PHENOTYPE else None


def _medicine(witness: Witness, one: Selected, evaluation: Evaluation) -> Changeable | None:
    knowledge, role = evaluation.knowledge, witness.conjunct.property
    taken = evaluation.realisation.successors(PATIENT_INDIVIDUAL, TAKES_NOW)
    span = knowledge.roles.wash_outs.get(role)
    same = list(_same_medicine(witness, evaluation))
    name = _ingredients(witness, evaluation) or knowledge.name_of(one.fact)
    if any(node in taken for node, _ in same):
        if span is None and role != TAKES_NOW:
            return None
        text = f"stop or replace {name}"
        if span is not None:
            text += f", and wait {_words(span)}"
        elif existentials(witness.conjunct.filler, HAS_ROUTE):
            text += ", or give it by another route"
        return of_facts(ActionKind.STOP, text, [selected.fact for _, selected in same], evaluation)
    if span is None:
        return None
    ends = [selected.fact.when.end for _, selected in same]
    until = None if None in ends or not ends else max(latest(end) + span for end in ends if end)
    moment = f"until {until.date()}" if until is not None else f"until {_words(span)} after its end, which is not known"
    found = of_facts(ActionKind.WAIT, f"wait {moment} for {name} to wash out", [s.fact for _, s in same], evaluation)
    shown = until.isoformat(timespec="seconds") if until is not None else None
    return msgspec.structs.replace(found, action=msgspec.structs.replace(found.action, until=shown))


def _same_medicine(witness: Witness, evaluation: Evaluation) -> Iterator[tuple[str, Selected]]:
    """The facts of the same medicine: an order, its renewal, a statement of it, with the same ingredients or code."""
    mine = _key(str(witness.node), evaluation)
    for node, one in evaluation.box.by_node.items():
        if one.role in evaluation.knowledge.roles.medicines and _key(node, evaluation) == mine:
            yield node, one


def _key(node: str, evaluation: Evaluation) -> tuple[str, ...]:
    found = ingredients_of(node, evaluation.realisation, evaluation.knowledge)
    return tuple(sorted(found or evaluation.box.by_node[node].fact.code.concepts))


def _ingredients(witness: Witness, evaluation: Evaluation) -> str:
    return " with ".join(sorted(evaluation.knowledge.label_of(one) for one in witness.ingredients))


def repeated(one: Selected, evaluation: Evaluation, facts: Iterable[Fact]) -> Changeable | None:
    """All results of the analyte: an older one must not take the place of the one that is repeated."""
    knowledge = evaluation.knowledge
    analyte = knowledge.analyte_of(one.fact)
    if analyte is None:
        return None
    same = [fact for fact in facts if knowledge.analyte_of(fact) == analyte]
    return of_facts(ActionKind.REPEAT, f"repeat {analyte.label}", same, evaluation)


def _behaviour(one: Selected, evaluation: Evaluation) -> Changeable:
    text = f"change the habit: {evaluation.knowledge.name_of(one.fact)}"
    return of_facts(ActionKind.CHANGE, text, [one.fact], evaluation)


def of_facts(kind: ActionKind, text: str, facts: Iterable[Fact], evaluation: Evaluation) -> Changeable:
    """An action on facts that no longer count after it."""
    refs = {fact.id: ref(fact, evaluation) for fact in facts}
    chosen = tuple(sorted(refs.values(), key=lambda one: (one.resource, one.fact)))
    return Changeable(Action(kind=kind, text=text, facts=chosen), frozenset(refs))


def ref(fact: Fact, evaluation: Evaluation) -> FactRef:
    """A fact as an action names it."""
    return leaf(fact.id, fact.provenance, evaluation.knowledge.name_of(fact))


def _words(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span // timedelta(hours=1)} hours"
