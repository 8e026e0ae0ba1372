"""All the ways in which a patient meets a statement: which facts, which ingredients, which conditions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.abox import PATIENT_INDIVIDUAL, ABox
from kgtwin.inference.knowledge import Knowledge, existentials, named
from kgtwin.inference.statements import Conjunct, Definition
from kgtwin.model.proof import Membership
from kgtwin.reasoning import Node, Realisation
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_LATEST_RESULT, SUBSTANCE, TAKES_NOW, TOOK_EVER

MEDICINE_ROLES = frozenset({TAKES_NOW, TOOK_EVER})


class Witness(msgspec.Struct, frozen=True):
    """A node that fills one conjunct. ``identity`` is what the issue's id keeps of it.

    For a medicine, the one active ingredient that matters, and ``ingredients`` all that the product has; for a
    result its analyte; else the concepts of the condition or substance.
    """

    conjunct: Conjunct
    node: Node
    identity: frozenset[str]
    ingredients: frozenset[str] = frozenset()


class Match(msgspec.Struct, frozen=True):
    """One issue's worth of witnesses: same ingredients, same conditions, whatever resources state them."""

    ingredients: frozenset[str]
    conditions: frozenset[str]
    combinations: tuple[tuple[Witness, ...], ...]


def matches(definition: Definition, realisation: Realisation, box: ABox, knowledge: Knowledge) -> tuple[Match, ...]:
    """Every combination of witnesses that meets the definition, grouped into issues.

    Two medicines of one statement are two distinct ingredients from two facts, neither product holding the other's
    ingredient: a renewal or a combination product never fires on itself.
    """
    columns = [list(_witnesses(c, realisation, box, knowledge)) for c in definition.conjuncts]
    groups: dict[tuple[frozenset[str], frozenset[str]], list[tuple[Witness, ...]]] = {}
    for combination in product(*columns):
        medicines = [w for w in combination if w.conjunct.property in MEDICINE_ROLES]
        if _distinct(medicines):
            ingredients = frozenset[str]().union(*(w.identity for w in medicines))
            others = (w.identity for w in combination if w.conjunct.property not in MEDICINE_ROLES)
            groups.setdefault((ingredients, frozenset[str]().union(*others)), []).append(combination)
    return tuple(Match(i, c, tuple(found)) for (i, c), found in sorted(groups.items(), key=_group_order))


def _group_order(item: tuple[tuple[frozenset[str], frozenset[str]], object]) -> tuple[list[str], list[str]]:
    (ingredients, conditions), _ = item
    return sorted(ingredients), sorted(conditions)


def _distinct(medicines: list[Witness]) -> bool:
    return all(
        a.node != b.node and not a.identity & b.ingredients and not b.identity & a.ingredients
        for i, a in enumerate(medicines)
        for b in medicines[:i]
    )


def _witnesses(conjunct: Conjunct, realisation: Realisation, box: ABox, knowledge: Knowledge) -> Iterator[Witness]:
    for node in realisation.successors(PATIENT_INDIVIDUAL, conjunct.property):
        if not realisation.satisfies(node, conjunct.filler) or not _received(node, conjunct.property, realisation):
            continue
        if conjunct.property in MEDICINE_ROLES:
            yield from _medicines(conjunct, node, realisation)
        else:
            yield Witness(conjunct, node, _identity(conjunct, node, box, knowledge))


def _received(node: Node, role: str, realisation: Realisation) -> bool:
    """Whether a node rests on facts.

    A met definition entails, the other way round, that something fills each of its conjuncts; that something is
    no witness for it. What a role chain reaches from a fact (``hasNow ∘ pastOccurrenceOf``) is one, except of a
    medicine or a result.
    """
    if isinstance(node, str):
        return True
    if role in MEDICINE_ROLES or role == HAS_LATEST_RESULT:
        return False
    proof = realisation.explain_link(PATIENT_INDIVIDUAL, role, node)
    return proof is not None and not any(
        isinstance(step.conclusion, Membership) and step.conclusion.subject == PATIENT_INDIVIDUAL
        for step in proof.walk()
    )


def _medicines(conjunct: Conjunct, node: Node, realisation: Realisation) -> Iterator[Witness]:
    """One witness for each active ingredient that the statement's filler asks for."""
    held = realisation.successors(node, HAS_ACTIVE_INGREDIENT)
    everything = frozenset(map(to_curie, named(held) - {SUBSTANCE}))
    wanted = existentials(conjunct.filler, HAS_ACTIVE_INGREDIENT)
    asked = [one for one in held if all(realisation.satisfies(one, filler) for filler in wanted)]
    chosen = sorted(named(asked) - {SUBSTANCE}) if wanted else []
    for iri in chosen:
        yield Witness(conjunct, node, frozenset({to_curie(iri)}), everything)
    if not chosen:
        yield Witness(conjunct, node, everything, everything)


def _identity(conjunct: Conjunct, node: Node, box: ABox, knowledge: Knowledge) -> frozenset[str]:
    one = box.by_node.get(node) if isinstance(node, str) else None
    if one is None:
        return frozenset(map(to_curie, named([node])))
    if conjunct.property == HAS_LATEST_RESULT:
        analytes = (knowledge.analyte(iri) for iri in knowledge.classes_of(one.fact))
        return frozenset(to_curie(a.iri) for a in analytes if a)
    return frozenset(map(to_curie, knowledge.classes_of(one.fact)))
