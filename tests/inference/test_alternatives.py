"""Alternatives of a class: who is in it, what ranks where, and that nothing is called safe."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.knowledge.coverage import Coverages
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.whatif.alternatives import alternatives
from kgtwin.inference.whatif.simulation import simulate
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Quantity
from kgtwin.model.issue import Significance
from kgtwin.model.simulation import Alternatives, Standing, StartMedicine, StopMedicine
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, kgtwin
from tests.fuzz import times
from tests.inference.factory import AT, condition, order, patient, result
from tests.inference.samples import DIABETIC, END, MANY, NAMES, sample

WHO = patient(birth_date="1960-01-01", gender="female")
CLASSES = ["ACE inhibitor", "HMGCoAReductaseInhibitor", "Fluoroquinolone", "Sulfonylurea", "DirectOralAnticoagulant"]


def asked(facts: tuple[object, ...], class_: str, knowledge: Knowledge, **how: object) -> Alternatives:
    return alternatives(WHO.key, WHO, facts, class_, knowledge, at=AT, revision=1, **how)  # type: ignore[arg-type]


def labels(found: Alternatives) -> list[str]:
    return [one.label.lower() for one in found.found]


def test_a_class_holds_its_ingredients_each_once(knowledge: Knowledge) -> None:
    found = asked((), "ACE inhibitor", knowledge)
    assert {"lisinopril", "enalapril", "ramipril"} <= set(labels(found))
    assert "enalapril maleate" not in labels(found), "a salt is its base"
    assert len(set(labels(found))) == len(found.found)
    below = knowledge.classification.descendants(kgtwin("ACEInhibitor"))
    assert all(knowledge.is_a(to_iri(one.medicine), kgtwin("ACEInhibitor")) for one in found.found)
    assert len(found.found) <= len(below)


def test_products_too(knowledge: Knowledge) -> None:
    found = asked((), "ACE inhibitor", knowledge, products=True)
    alone = asked((), "ACE inhibitor", knowledge)
    assert set(labels(alone)) < set(labels(found))
    assert any("oral tablet" in label for label in labels(found))


@settings(max_examples=times(12))
@given(name=st.sampled_from(NAMES), class_=st.sampled_from(CLASSES), data=st.data())
def test_each_is_what_it_would_be_alone(
    name: str, class_: str, data: st.DataObject, knowledge: Knowledge, terminology: Terminology
) -> None:
    record, facts = sample(name, terminology)
    found = alternatives(record.key, record, facts, class_, knowledge, at=END, revision=1)
    one = data.draw(st.sampled_from(found.found))
    alone = simulate(record.key, record, facts, [StartMedicine(one.medicine)], knowledge, at=END, revision=1)
    new = {issue.id for issue in alone.last.effect.appear}
    assert new <= {issue.id for issue in one.effect.appear}
    assert one.taken or new == {issue.id for issue in one.effect.appear}


@settings(max_examples=times(12))
@given(name=st.sampled_from(NAMES), class_=st.sampled_from([*CLASSES, "Antihypertensive"]))
def test_the_order(name: str, class_: str, knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(name, terminology)
    found = alternatives(record.key, record, facts, class_, knowledge, at=END, revision=1).found
    apart = [one.standing is Standing.NOT_COVERED for one in found]
    assert apart == sorted(apart), "what is not covered comes last"
    for one, other in pairwise(found):
        if one.standing is Standing.NOT_COVERED or other.standing is Standing.NOT_COVERED:
            continue
        mine, its = ([x.appearing(grade) for grade in Significance] for x in (one, other))
        assert mine <= its
        assert mine < its or len(one.undecided) <= len(other.undecided) or one.effect.appear
    for one in found:
        assert (one.standing is Standing.ISSUES) == bool(one.effect.appear)
        assert one.standing is not Standing.NO_KNOWN_ISSUE or one.coverage.specific > 0


def test_the_gravest_comes_last_of_what_is_covered(knowledge: Knowledge) -> None:
    facts = (condition("Condition/c", "snomed:195967001"),)  # asthma
    found = asked(facts, "Beta-adrenergic blocker", knowledge)
    standing = {one.label.lower(): one.standing for one in found.found}
    assert standing["propranolol"] is Standing.ISSUES
    assert standing["metoprolol"] is not Standing.ISSUES
    assert labels(found).index("metoprolol") < labels(found).index("propranolol")


def test_what_is_taken_answers_for_its_own_issues(knowledge: Knowledge) -> None:
    taken = order("MedicationRequest/m1", "rxnorm:8787")  # propranolol
    facts = (condition("Condition/c", "snomed:195967001"), taken)
    for instead in (None, "propranolol"):
        found = asked(facts, "Beta-adrenergic blocker", knowledge, instead_of=instead)
        (own,) = (one for one in found.found if one.label.lower() == "propranolol")
        assert own.taken
        assert own.standing is Standing.ISSUES, "that they are there before does not make it an alternative"


def test_instead_of_another(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:11289"), order("MedicationRequest/m2", "rxnorm:29046"))
    beside = asked(facts, "NSAID", knowledge)
    instead = asked(facts, "NSAID", knowledge, instead_of="warfarin")
    (one,), (other,) = ([x for x in found.found if x.label == "Ibuprofen"] for found in (beside, instead))
    kinds = {issue.statement for issue in one.effect.appear} - {issue.statement for issue in other.effect.appear}
    assert kinds, "warfarin and ibuprofen together"
    assert instead.refused == ()


def test_instead_of_what_is_not_taken_is_refused_and_the_rest_answered(knowledge: Knowledge) -> None:
    found = asked((), "ACE inhibitor", knowledge, instead_of="warfarin")
    (refused,) = found.refused
    assert refused.change == StopMedicine("warfarin")
    assert found.found


def test_what_is_left_open_is_no_all_clear(knowledge: Knowledge) -> None:
    low = result("Observation/e", "loinc:33914-3", Quantity(Decimal("80"), ucum="mL/min/{1.73_m2}"))
    bare = {one.label: one for one in asked((), "GlucoseLoweringMedicine", knowledge).found}
    known = {one.label: one for one in asked((low,), "GlucoseLoweringMedicine", knowledge).found}
    assert {one.statement for one in bare["Metformin"].effect.appear} == {"kgtwin:MON_0044"}, "no eGFR"
    assert known["Metformin"].standing is not Standing.ISSUES
    assert {one.code for one in bare["Metformin"].undecided} <= {CaveatCode.MISSING_LAB, CaveatCode.UNKNOWN_ROUTE}
    assert len(known["Metformin"].undecided) < len(bare["Metformin"].undecided)


def test_a_dead_patient_has_no_alternatives_without_known_issue(knowledge: Knowledge) -> None:
    dead = patient(deceased=True)
    found = alternatives(dead.key, dead, (), "ACE inhibitor", knowledge, at=AT, revision=1)
    assert {one.standing for one in found.found} <= {Standing.UNDECIDED, Standing.NOT_COVERED}


def test_coverage_counts_the_statements_that_mention_a_medicine(knowledge: Knowledge) -> None:
    names, coverages = Names(knowledge), Coverages(knowledge)
    code = names.coded("rxnorm:8787", (kgtwin("Substance"),), "medicine")
    above = {"http://www.nlm.nih.gov/research/umls/rxnorm/8787"} | knowledge.classification.ancestors(
        to_iri("rxnorm:8787")
    )
    about = coverages.statements(code)
    for iri, statement in knowledge.statements.items():
        conjuncts = statement.definition.conjuncts if statement.definition else ()
        text = repr([c.filler for c in conjuncts if c.property in knowledge.roles.medicines])
        if HAS_ACTIVE_INGREDIENT in text and any(f"'{one}'" in text for one in above):
            assert iri in about, statement.curie
    coverage = coverages.of(code)
    assert coverage.specific > 0
    verified = Coverages(knowledge, unverified=False).of(code)
    assert verified.specific <= coverage.specific


def test_no_statement_no_standing(knowledge: Knowledge) -> None:
    found = asked((), "Antihypertensive", knowledge).found
    bare = [one for one in found if one.coverage.specific == 0]
    assert bare
    assert {one.standing for one in bare} <= {Standing.NOT_COVERED, Standing.ISSUES}


@pytest.mark.parametrize(
    ("class_", "error"), [("Unobtainium blocker", NotFoundError), ("snomed:195967001", UsageError)]
)
def test_no_such_class(class_: str, error: type[Exception], knowledge: Knowledge) -> None:
    with pytest.raises(error):
        asked((), class_, knowledge)


def test_a_single_medicine_is_a_class_of_one(knowledge: Knowledge) -> None:
    assert labels(asked((), "lisinopril", knowledge)) == ["lisinopril"]


def test_the_work_is_shared(knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(DIABETIC, terminology)
    infer(record.key, record, facts, knowledge, at=END, revision=1)
    alternatives(record.key, record, facts, "ACE inhibitor", knowledge, at=END, revision=1)
    started = time.process_time()
    infer(record.key, record, facts, knowledge, at=END, revision=1)
    one = time.process_time() - started
    started = time.process_time()
    found = alternatives(record.key, record, facts, "NSAID", knowledge, at=END, revision=1)
    assert time.process_time() - started < 4 * one * (len(found.found) + 2) + 0.5, "an inference each, and little more"


def test_a_patient_with_many_medicines(knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(MANY, terminology)
    found = alternatives(record.key, record, facts, "ACE inhibitor", knowledge, at=END, revision=1)
    (own,) = (one for one in found.found if one.label == "Lisinopril")
    assert own.taken
