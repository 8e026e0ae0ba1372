"""All the ways in which a patient meets a statement: which facts, which ingredients, which conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import msgspec

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.knowledge import Knowledge, existentials, named
from kgtwin.inference.knowledge.medicines import bases
from kgtwin.inference.knowledge.statements import Conjunct, Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.model.proof import Membership
from kgtwin.reasoning import Node, Realisation
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_ROUTE,
    LOCAL_ROUTE,
    ROUTE,
    SUBSTANCE,
    TAKES_NOW,
    kgtwin,
)

SYSTEMIC_UNLESS_STATED = kgtwin("systemicUnlessStated")
"""On a class of ingredients: a medicine that is stated to be given locally is none of those that are asked for."""


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

    @property
    def pairs(self) -> frozenset[tuple[str, Node]]:
        """Its ingredients, each with every thing that an issue about it is about."""
        nodes = {w.node for found in self.combinations for w in found if not w.ingredients}
        return frozenset((ingredient, node) for ingredient in self.ingredients for node in nodes)


def matches(statement: Statement, realisation: Realisation, box: ABox, knowledge: Knowledge) -> tuple[Match, ...]:
    """Every combination of witnesses that meets a statement, grouped into issues.

    Two medicines of one statement are two distinct ingredients from two facts, neither product holding the other's
    ingredient: a renewal or a combination product never fires on itself.
    """
    roles = knowledge.roles.medicines
    groups: dict[tuple[frozenset[str], frozenset[str]], list[tuple[Witness, ...]]] = {}
    for combination in product(*_columns(statement, realisation, box, knowledge)):
        medicines = [w for w in combination if w.conjunct.property in roles]
        others = [w for w in combination if w.conjunct.property not in roles]
        if _distinct(medicines, knowledge) and (not statement.same_substance or allergen(medicines, others, knowledge)):
            groups.setdefault((_identities(medicines), _identities(others)), []).append(combination)
    return tuple(Match(i, c, tuple(found)) for (i, c), found in sorted(groups.items(), key=_group_order))


def hindrances(
    statement: Statement, realisation: Realisation, box: ABox, knowledge: Knowledge
) -> Iterator[tuple[tuple[Witness, ...], str]]:
    """Combinations of witnesses that meet the axioms and still are no issue, each with the reason."""
    roles = knowledge.roles
    yield from _given_locally(statement, realisation, knowledge)
    for combination in product(*_columns(statement, realisation, box, knowledge)):
        medicines = [w for w in combination if w.conjunct.property in roles.medicines]
        others = [w for w in combination if w.conjunct.property not in roles.medicines]
        if len({w.node for w in medicines}) < len(medicines):
            yield combination, "one and the same medicine meets several conditions: two medicines are wanted"
        elif not _distinct(medicines, knowledge):
            yield combination, "the medicines share an ingredient, or one's is a kind of the other's: two are wanted"
        elif statement.same_substance and not allergen(medicines, others, knowledge):
            yield combination, "the ingredient is neither the substance of the allergy nor a kind of it"


def _given_locally(
    statement: Statement, realisation: Realisation, knowledge: Knowledge
) -> Iterator[tuple[tuple[Witness, ...], str]]:
    for conjunct in statement.definition.conjuncts if statement.definition else ():
        for node in realisation.successors(PATIENT_INDIVIDUAL, conjunct.property):
            medicine = conjunct.property in knowledge.roles.medicines and realisation.satisfies(node, conjunct.filler)
            if medicine and isinstance(node, str) and is_local_alone(conjunct, node, realisation, knowledge):
                nothing = Witness(conjunct, node, frozenset())
                yield (nothing,), "it is given by a local route, and the statement is about systemic use"


def taken_again(statement: Statement, realisation: Realisation, box: ABox, knowledge: Knowledge) -> tuple[Witness, ...]:
    """Of a wash-out, what ended within it and whose ingredient is taken now: other statements speak of that."""
    if not statement.wash_out or statement.definition is None:
        return ()
    taken = _taken_now(realisation, knowledge)
    late = [one for one in statement.definition.conjuncts if one.property in knowledge.roles.wash_outs]
    found = (w for one in late for w in witnesses(one, realisation, box, knowledge))
    return tuple(w for w in found if w.identity & taken)


def _columns(statement: Statement, realisation: Realisation, box: ABox, knowledge: Knowledge) -> list[list[Witness]]:
    """The witnesses of each conjunct, of the one about medicines twice where the statement needs two."""
    assert statement.definition is not None
    roles = knowledge.roles
    columns = [list(witnesses(c, realisation, box, knowledge)) for c in statement.definition.conjuncts]
    if statement.wash_out:
        taken = _taken_now(realisation, knowledge)
        columns = [
            [w for w in c if w.conjunct.property not in roles.wash_outs or not w.identity & taken] for c in columns
        ]
    twice = [column for column in columns if column and column[0].conjunct.property in roles.medicines]
    return [*columns, *twice] if statement.needs_two else columns


def _taken_now(realisation: Realisation, knowledge: Knowledge) -> frozenset[str]:
    nodes = realisation.successors(PATIENT_INDIVIDUAL, TAKES_NOW)
    return frozenset[str]().union(*(ingredients_of(node, realisation, knowledge) for node in nodes))


def _identities(witnesses: list[Witness]) -> frozenset[str]:
    return frozenset[str]().union(*(w.identity for w in witnesses))


def allergen(medicines: Iterable[Witness], others: Iterable[Witness], knowledge: Knowledge) -> str | None:
    """The IRI of the substance of an allergy, or of what that is a form of, if the one ingredient is it or below it."""
    ingredients = [to_iri(one) for w in medicines for one in w.identity]
    substances = sorted(to_iri(one) for w in others for one in w.identity)
    for iri in (base for one in substances for base in (one, *bases(one, knowledge.classification))):
        if iri != SUBSTANCE and ingredients and all(knowledge.is_a(one, iri) for one in ingredients):
            return iri
    return None


def _group_order(item: tuple[tuple[frozenset[str], frozenset[str]], object]) -> tuple[list[str], list[str]]:
    (ingredients, conditions), _ = item
    return sorted(ingredients), sorted(conditions)


def _distinct(medicines: list[Witness], knowledge: Knowledge) -> bool:
    return all(
        a.node != b.node
        and not may_be_one(a.identity, b.ingredients, knowledge)
        and not may_be_one(b.identity, a.ingredients, knowledge)
        for i, a in enumerate(medicines)
        for b in medicines[:i]
    )


def beside_another(
    conjunct: Conjunct, candidates: Iterable[str], realisation: Realisation, box: ABox, knowledge: Knowledge
) -> list[str]:
    """The medicines among some candidates that make two with another one of them, or with one that counts already."""
    known = list(witnesses(conjunct, realisation, box, knowledge))
    supposed = [w for node in candidates for w in _medicines(conjunct, node, realisation, knowledge)]
    pairs = ((one, other) for one in supposed for other in (*known, *supposed))
    return list(dict.fromkeys(str(one.node) for one, other in pairs if _distinct([one, other], knowledge)))


def may_be_one(some: frozenset[str], others: frozenset[str], knowledge: Knowledge) -> bool:
    """Whether two sets have an ingredient in common, or one that is a kind of the other's: that may be the same."""
    if some & others:
        return True
    pairs = product(map(to_iri, some), map(to_iri, others))
    return any(knowledge.is_a(one, other) or knowledge.is_a(other, one) for one, other in pairs)


def witnesses(conjunct: Conjunct, realisation: Realisation, box: ABox, knowledge: Knowledge) -> Iterator[Witness]:
    for node in realisation.successors(PATIENT_INDIVIDUAL, conjunct.property):
        if not realisation.satisfies(node, conjunct.filler):
            continue
        if not _received(node, conjunct.property, realisation, knowledge):
            continue
        if conjunct.property in knowledge.roles.medicines:
            if not is_local_alone(conjunct, node, realisation, knowledge):
                yield from _medicines(conjunct, node, realisation, knowledge)
        else:
            yield Witness(conjunct, node, _identity(conjunct, node, box, knowledge))


def is_local_alone(conjunct: Conjunct, node: Node, realisation: Realisation, knowledge: Knowledge) -> bool:
    """Whether all known routes of a medicine are local, and what is asked for is taken to be systemic.

    OWL EL has no negation: that no local route is stated is checked here.
    """
    if existentials(conjunct.filler, HAS_ROUTE) or not _is_systemic(conjunct, knowledge):
        return False
    routes = named(realisation.successors(node, HAS_ROUTE)) - {ROUTE}
    return bool(routes) and all(knowledge.is_a(one, LOCAL_ROUTE) for one in routes)


def _is_systemic(conjunct: Conjunct, knowledge: Knowledge) -> bool:
    """Whether it asks for an ingredient of a class that is systemic unless stated."""
    value, tree = knowledge.ontology.value, knowledge.classification
    asked = named(existentials(conjunct.filler, HAS_ACTIVE_INGREDIENT)) & knowledge.classes
    above = (name for one in asked for name in (one, *tree.ancestors(one)))
    return any(value(name, SYSTEMIC_UNLESS_STATED) in ("true", "1") for name in above)


def _received(node: Node, role: str, realisation: Realisation, knowledge: Knowledge) -> bool:
    """Whether a node rests on facts.

    A met definition entails, the other way round, that something fills each of its conjuncts; that something is
    no witness for it. What a role chain reaches from a fact (``hasNow ∘ pastOccurrenceOf``) is one, except of a
    medicine or a result.
    """
    if isinstance(node, str):
        return True
    if role in knowledge.roles.medicines or role in knowledge.roles.results:
        return False
    proof = realisation.explain_link(PATIENT_INDIVIDUAL, role, node)
    return proof is not None and not any(
        isinstance(step.conclusion, Membership) and step.conclusion.subject == PATIENT_INDIVIDUAL
        for step in proof.walk()
    )


def _medicines(conjunct: Conjunct, node: Node, realisation: Realisation, knowledge: Knowledge) -> Iterator[Witness]:
    """One witness for each active ingredient that the statement's filler asks for."""
    everything = ingredients_of(node, realisation, knowledge)
    wanted = existentials(conjunct.filler, HAS_ACTIVE_INGREDIENT)
    held = realisation.successors(node, HAS_ACTIVE_INGREDIENT) if wanted else ()
    asked = named(one for one in held if all(realisation.satisfies(one, filler) for filler in wanted))
    chosen = sorted(everything & frozenset(map(to_curie, asked)))
    for one in chosen:
        yield Witness(conjunct, node, frozenset({one}), everything)
    if not chosen:
        yield Witness(conjunct, node, everything, everything)


def ingredients_of(node: Node, realisation: Realisation, knowledge: Knowledge) -> frozenset[str]:
    """The active ingredients of a product; of one that is known as its class, too, the class is none beside it."""
    names = named(realisation.successors(node, HAS_ACTIVE_INGREDIENT)) - {SUBSTANCE}
    below = knowledge.is_a
    return frozenset(
        to_curie(one) for one in names if not any(below(other, one) and not below(one, other) for other in names)
    )


def _identity(conjunct: Conjunct, node: Node, box: ABox, knowledge: Knowledge) -> frozenset[str]:
    one = box.by_node.get(node) if isinstance(node, str) else None
    if one is None:
        return frozenset(map(to_curie, named([node])))
    classes = one.classes or knowledge.classes_of(one.fact)
    if conjunct.property in knowledge.roles.results:
        return frozenset(to_curie(a.iri) for iri in classes if (a := knowledge.analyte(iri)))
    return frozenset(map(to_curie, classes))
