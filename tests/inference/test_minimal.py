"""The minimal derivations of an issue, the best first; and the derivation that is shown is one of the best."""

from __future__ import annotations

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.issues.found import Evaluation, Found
from kgtwin.inference.knowledge import named
from kgtwin.inference.proofs.export import found_in
from kgtwin.inference.proofs.minimal import minimal_derivations
from kgtwin.model.derivation import minimal_to_text
from kgtwin.model.fact import Fact
from kgtwin.model.time import Period
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, MEDICINAL_PRODUCT
from tests.inference.factory import AT, PATIENT, condition, order, patient

IBUPROFEN = "rxnorm:5640"


def found(knowledge: Knowledge, statement: str, *facts: Fact) -> tuple[Found, Evaluation]:
    answer = found_in(PATIENT, patient(gender="male"), facts, knowledge, at=AT, revision=1)
    assert answer is not None
    evaluation, issues = answer
    (one,) = [one for one in issues if one.issue.statement == statement]
    return one, evaluation


def resources(one: object) -> set[str]:
    return {fact.resource for fact in one.facts}  # type: ignore[attr-defined]


def statement_of(knowledge: Knowledge, *facts: Fact) -> str:
    """The first statement that some facts meet."""
    answer = found_in(PATIENT, patient(gender="male"), facts, knowledge, at=AT, revision=1)
    assert answer is not None
    assert answer[1], "the facts meet a statement"
    return answer[1][0].issue.statement


def test_each_renewal_and_each_record_of_the_condition_is_another_way(knowledge: Knowledge) -> None:
    orders = [order(f"MedicationRequest/m{i}", IBUPROFEN) for i in range(3)]
    ulcers = [condition(f"Condition/c{i}", "snomed:13200003") for i in range(2)]
    statement = statement_of(knowledge, orders[0], ulcers[0])
    one, evaluation = found(knowledge, statement, *orders, *ulcers)
    all_of_them = minimal_derivations(one, evaluation, 100)
    assert all_of_them.complete
    ways = {frozenset(resources(way)) for way in all_of_them.sets}
    assert ways == {frozenset({m.provenance.resource, c.provenance.resource}) for m in orders for c in ulcers}
    few = minimal_derivations(one, evaluation, 2)
    assert (len(few.sets), few.complete) == (2, False)
    assert minimal_to_text(few).endswith("there may be more: a limit was reached")
    assert few.sets == all_of_them.sets[:2] or len({len(way.axioms) for way in all_of_them.sets}) > 1


def test_none_of_a_minimal_set_can_be_left_out(knowledge: Knowledge) -> None:
    """Without a fact of every set, the issue is gone; with those of one set, it is there."""
    orders = [order(f"MedicationRequest/m{i}", IBUPROFEN) for i in range(2)]
    ulcers = [condition(f"Condition/c{i}", "snomed:13200003") for i in range(2)]
    everything = [*orders, *ulcers]
    statement = statement_of(knowledge, orders[0], ulcers[0])
    one, evaluation = found(knowledge, statement, *everything)
    sets = minimal_derivations(one, evaluation, 100).sets
    assert not any(resources(a) < resources(b) for a in sets for b in sets)
    for way in sets:
        found(knowledge, statement, *(fact for fact in everything if fact.provenance.resource in resources(way)))


def test_the_surest_facts_are_shown(knowledge: Knowledge) -> None:
    """Of two records, the confirmed one; the order of receipt does not matter."""
    medicine = order("MedicationRequest/m1", IBUPROFEN, when=Period("2025-01-01", "2027-01-01"))
    unsure = condition("Condition/a", "snomed:13200003", verification=None)
    sure = condition("Condition/b", "snomed:13200003")
    statement = statement_of(knowledge, medicine, sure)
    for facts in ([medicine, unsure, sure], [sure, unsure, medicine]):
        one, evaluation = found(knowledge, statement, *facts)
        leaves = {fact.resource for fact in one.issue.derivation.facts}
        assert leaves == {"MedicationRequest/m1", "Condition/b"}
        first, second = minimal_derivations(one, evaluation).sets
        assert (resources(first), resources(second)) == (leaves, {"MedicationRequest/m1", "Condition/a"})
        assert (first.unsure, second.unsure) == (0, 1)


def test_the_shortest_way_is_shown(knowledge: Knowledge) -> None:
    """Of a product and its ingredient, each ordered, the one of fewer steps, whichever came first."""
    ibuprofen = to_iri(IBUPROFEN)
    product = next(
        to_curie(iri)
        for iri in sorted(knowledge.classes)
        if knowledge.is_a(iri, MEDICINAL_PRODUCT)
        and ibuprofen in named(knowledge.classification.successors(iri, HAS_ACTIVE_INGREDIENT))
    )
    ulcer = condition("Condition/c", "snomed:13200003")
    medicines = [order("MedicationRequest/a", product), order("MedicationRequest/z", IBUPROFEN)]
    statement = statement_of(knowledge, medicines[1], ulcer)
    steps = {}
    for one in medicines:
        alone, _ = found(knowledge, statement, one, ulcer)
        steps[one.provenance.resource] = len(list(alone.proof.walk()))
    assert len(set(steps.values())) == 2
    for facts in ([*medicines, ulcer], [ulcer, *reversed(medicines)]):
        both, _ = found(knowledge, statement, *facts)
        assert {fact.resource for fact in both.issue.derivation.facts} == {
            min(steps, key=steps.__getitem__),
            "Condition/c",
        }
