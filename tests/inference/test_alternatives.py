"""Alternatives of a class: who is in it, what ranks where, and that nothing is called safe."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.cli.alternatives import alternatives_text
from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.case import Case
from kgtwin.inference.knowledge.coverage import Coverages
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.whatif.alternatives import alternatives
from kgtwin.inference.whatif.alternatives.screening import Screener
from kgtwin.inference.whatif.changing import MEDICINES
from kgtwin.inference.whatif.simulation import simulate
from kgtwin.model.alternative import Alternative, Alternatives, Apart, Standing
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import FactKind, Quantity
from kgtwin.model.issue import Inference, Significance
from kgtwin.model.simulation import StartMedicine, StopMedicine
from kgtwin.model.time import Period, read_time
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, NOT_VALIDATED, ROUTE, kgtwin
from tests.fuzz import times
from tests.inference.crowd import NOW, Crowd
from tests.inference.factory import AT, allergy, condition, order, patient, result
from tests.inference.samples import DIABETIC, END, MANY, NAMES, sample
from tests.inference.test_cases import case_files, decoded

WHO = patient(birth_date="1960-01-01", gender="female")
SOME = ["BetaBlocker", "NSAID", "Antidepressant", "Anticoagulant", "Opioid"]
CLASSES = ["ACE inhibitor", "HMGCoAReductaseInhibitor", "Fluoroquinolone", "Sulfonylurea", "DirectOralAnticoagulant"]


@cache
def kept(knowledge: Knowledge) -> Screener:
    """As a service keeps it from question to question."""
    return Screener(knowledge)


def asked(facts: tuple[object, ...], class_: str, knowledge: Knowledge, **how: object) -> Alternatives:
    how = {"at": AT, "revision": 1, "screener": kept(knowledge), **how}
    return alternatives(WHO.key, WHO, facts, class_, knowledge, **how)  # type: ignore[arg-type]


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


def test_products_stand_with_their_ingredients_and_combinations_apart(knowledge: Knowledge) -> None:
    found = asked((), "ACE inhibitor", knowledge, products=True)
    alone = asked((), "ACE inhibitor", knowledge)
    assert set(labels(alone)) < set(labels(found))
    apart = {one.label for one in found.found if one.apart is Apart.COMBINATION}
    assert "Hydrochlorothiazide / Lisinopril" in apart
    assert {one.label for one in found.found} - apart == {one.label for one in alone.found}
    (lisinopril,) = (one for one in found.found if one.label == "Lisinopril")
    assert len(lisinopril.ways) == 1, "all its tablets say the same"
    assert len(lisinopril.first.products) > 3
    places = [one.apart is Apart.COMBINATION for one in found.found]
    assert places == sorted(places)


def test_a_class_of_products_has_them_as_alternatives(knowledge: Knowledge) -> None:
    product = next(iri for iri, one in sorted(knowledge.medicines.products.items()) if len(one.ingredients) == 1)
    (one,) = asked((), to_curie(product), knowledge).found
    assert one.medicine == to_curie(product)
    code, routes = Names(knowledge).coded(one.medicine, MEDICINES, "medicine"), knowledge.medicines.products[product]
    assert one.coverage == Coverages(knowledge).of(code, routes.routes)
    assert one.coverage.specific < Coverages(knowledge).of(code).specific, "some statements are about tablets"


@settings(max_examples=times(12))
@given(name=st.sampled_from(NAMES), class_=st.sampled_from(CLASSES), whole=st.sampled_from([0, 2, 100]), data=st.data())
def test_each_is_what_it_would_be_alone(
    name: str, class_: str, whole: int, data: st.DataObject, knowledge: Knowledge, terminology: Terminology
) -> None:
    record, facts = sample(name, terminology)
    how = {"at": END, "revision": 1, "screener": kept(knowledge), "whole": whole}
    found = alternatives(record.key, record, facts, class_, knowledge, **how)  # type: ignore[arg-type]
    one = data.draw(st.sampled_from(found.found))
    route = to_curie(knowledge_route(one, knowledge)) if one.first.route else None
    change = StartMedicine(one.medicine, route)
    alone = simulate(record.key, record, facts, [change], knowledge, at=END, revision=1)
    new = {issue.id for issue in alone.last.effect.appear}
    raised = {issue.id for issue in one.first.raised}
    assert new <= raised
    assert one.taken or new == raised


def knowledge_route(one: Alternative, knowledge: Knowledge) -> str:
    """The route of the way that decides."""
    return Names(knowledge).iri(str(one.first.route), (ROUTE,), "route")


@pytest.mark.parametrize("unverified", [True, False])
@settings(max_examples=times(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 10_000), size=st.integers(0, 40), class_=st.sampled_from(SOME), stop=st.booleans())
def test_screened_is_as_inferred(
    unverified: bool, number: int, size: int, class_: str, stop: bool, knowledge: Knowledge
) -> None:
    """Invented patients, whatever they have and take: what rows of numbers say is what a whole inference says."""
    record, facts = Crowd(knowledge).patient(number, size)
    taken = [fact.provenance.resource for fact in facts if fact.kind is FactKind.MEDICATION and fact.status == "active"]
    how = {
        "at": NOW,
        "revision": 1,
        "screener": kept(knowledge),
        "unverified": unverified,
        "instead_of": taken[0] if stop and taken else None,
    }
    screened, inferred = (
        alternatives(record.key, record, facts, class_, knowledge, **how, whole=whole)  # type: ignore[arg-type]
        for whole in (0, 1_000)
    )
    assert all(one.whole for one in inferred.found)
    said = [{one.medicine: [way.raised for way in one.ways] for one in both.found} for both in (screened, inferred)]
    assert said[0] == said[1]
    for one in inferred.found:
        for way in one.ways:
            assert way.effect is not None
            assert {issue.id for issue in way.raised} == {issue.id for issue in way.effect.appear}


REAL = ["Antihypertensive", "HMGCoAReductaseInhibitor", "NSAID", "Anticoagulant", "Antidepressant"]


@settings(max_examples=times(20))
@given(bundle=st.sampled_from(case_files()), class_=st.sampled_from(REAL))
def test_classes_of_cases_read_as_a_clinician_would(
    bundle: Path, class_: str, knowledge: Knowledge, terminology: Terminology
) -> None:
    """Of every case and class: what is said once, is grounded, and never called harmless."""
    at = read_time(json.loads(bundle.with_suffix(".expected.json").read_text())["at"])
    assert at is not None
    record, facts = decoded(bundle, terminology)[0]
    how = {"at": at, "revision": 1, "screener": kept(knowledge), "whole": 3}
    found = alternatives(record.key, record, facts, class_, knowledge, **how)  # type: ignore[arg-type]
    names = labels(found)
    assert len(names) == len(set(names)), "an ingredient has one line"
    sections = [_section(one) for one in found.found]
    assert sections == sorted(sections)
    for one in found.found:
        said = [way.said for way in one.ways]
        assert all(way.local is not None for way in one.ways[1:]), "only routes make a second line"
        assert len(one.ways) == 1 or len({way.route for way in one.ways}) == len(said)
        if one.first.effect is not None:
            assert {issue.id for issue in one.first.effect.appear} == {issue.id for issue in one.first.raised}
        assert not (one.taken and one.before)
    text = alternatives_text(found)
    assert "safe" not in text.replace(NOT_VALIDATED, "").lower()
    shown = [line for line in text.splitlines() if line.startswith("  ") and ": " in line]
    assert len(shown) == len(set(shown)), "nothing is said twice"


def test_an_ontology_with_rules_is_inferred_whole(knowledge: Knowledge) -> None:
    screener = Screener(knowledge)
    screener.finder.obstacle = "a rule"
    facts = (condition("Condition/c", "snomed:195967001"),)
    both = [asked(facts, "Beta-adrenergic blocker", knowledge, whole=0, screener=one) for one in (screener, None)]
    said = [[(one.medicine, [way.raised for way in one.ways]) for one in found.found] for found in both]
    assert sorted(said[0]) == sorted(said[1])
    assert [one.whole for one in both[0].found] == [True] * len(both[0].found)
    assert not any(one.whole for one in both[1].found)


@settings(max_examples=times(6))
@given(name=st.sampled_from(NAMES), class_=st.sampled_from([*CLASSES, "Antihypertensive"]))
def test_the_order(name: str, class_: str, knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(name, terminology)
    how = {"at": END, "revision": 1, "screener": kept(knowledge), "products": True}
    asked_ = alternatives(record.key, record, facts, class_, knowledge, **how)  # type: ignore[arg-type]
    found = asked_.found
    sections = [_section(one) for one in found]
    assert sections == sorted(sections)
    main = [one for one, section in zip(found, sections, strict=True) if section == 0]
    graver = [one.graver_than_minor for one in main]
    assert graver == sorted(graver), "what has graver issues comes after what has none"
    clear = [one for one in main if not one.graver_than_minor]
    thin = [one.coverage.specific < asked_.few for one in clear]
    assert thin == sorted(thin), "of what little is known comes after what is well known, minor issues or not"
    for one, other in pairwise(main):
        if one.graver_than_minor and other.graver_than_minor:
            mine, its = ([x.first.count(grade) for grade in Significance] for x in (one, other))
            assert mine <= its
    for one in found:
        assert (one.standing in (Standing.ISSUES, Standing.ALLERGIC)) == bool(one.first.against)
        assert one.standing is not Standing.NO_KNOWN_ISSUE or (one.whole and one.coverage.specific >= asked_.few)


def _section(one: Alternative) -> int:
    """Sections as the page says them: the others, local, by mechanism, not covered, combinations, allergies."""
    if one.standing is Standing.ALLERGIC:
        return 5
    if one.apart is Apart.COMBINATION:
        return 4
    if one.standing is Standing.NOT_COVERED:
        return 3
    return {None: 0, Apart.LOCAL: 1, Apart.MECHANISM: 2}[one.apart]


def test_what_is_only_known_locally_stands_apart(knowledge: Knowledge) -> None:
    found = asked((), "Antihypertensive", knowledge).found
    (timolol,) = (one for one in found if one.label == "Timolol")
    assert timolol.apart is Apart.LOCAL
    assert [way.route for way in timolol.ways] == ["Ophthalmic route"]
    main = [one.label for one in found if _section(one) == 0]
    assert found.index(timolol) >= len(main) > 30
    assert {"Levobunolol", "Metipranolol"}.isdisjoint(main), "the ontology says that they are given locally alone"
    (oral,) = (one for one in asked((), "Timolol", knowledge, route="Oral route").found)
    assert oral.apart is None, "a route was asked for"


def test_what_belongs_by_mechanism_alone_stands_apart_in_that_class_only(knowledge: Knowledge) -> None:
    apart = {one.label: one.apart for one in asked((), "Antihypertensive", knowledge, whole=0).found}
    assert apart["Sotalol"] is Apart.MECHANISM
    assert apart["Propranolol"] is None
    within = {one.label: one.apart for one in asked((), "Beta-adrenergic blocker", knowledge, whole=0).found}
    assert within["Sotalol"] is None


def test_a_route_is_told_where_the_answer_differs(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:11289"),)  # warfarin
    (ketorolac,) = (one for one in asked(facts, "NSAID", knowledge).found if one.label == "Ketorolac")
    systemic, local = ketorolac.ways
    assert (systemic.local, local.local) == (False, True)
    assert systemic.count(Significance.MAJOR) > local.count(Significance.MAJOR) == 0
    assert ketorolac.standing is Standing.ISSUES, "the systemic way decides"
    assert local.coverage.specific < systemic.coverage.specific, "what demands a systemic route cannot speak"
    (naproxen,) = (one for one in asked(facts, "NSAID", knowledge).found if one.label == "Naproxen")
    assert len(naproxen.ways) == 1


def test_allergies_come_last_with_their_reason(knowledge: Knowledge) -> None:
    facts = (allergy("AllergyIntolerance/a", "rxnorm:2670"),)  # codeine
    found = asked(facts, "Opioid", knowledge).found
    allergic = [one for one in found if one.standing is Standing.ALLERGIC]
    assert [one.label for one in allergic] == [one.label for one in found[-len(allergic) :]]
    assert "Codeine" in [one.label for one in allergic]
    assert all("allergy" in one.first.allergic[0].title.lower() for one in allergic)


def test_what_was_stopped_is_said_with_the_issue_that_it_had(knowledge: Knowledge) -> None:
    asthma = condition("Condition/c", "snomed:195967001")
    past = order("MedicationRequest/m", "rxnorm:8787", status="stopped", when=Period("2023-01-01", "2024-02-01"))
    found = {one.label: one for one in asked((asthma, past), "Beta-adrenergic blocker", knowledge).found}
    (before,) = found["Propranolol"].before
    assert (before.resource, before.status, before.end) == ("MedicationRequest/m", "stopped", "2024-02-01")
    assert before.raised is not None
    assert "Nonselective beta blocker and Asthma" in [one.title for one in before.raised]
    assert found["Metoprolol"].before == ()
    later = msgspec.structs.replace(asthma, when=Period("2025-01-01"))
    again = {one.label: one for one in asked((later, past), "Beta-adrenergic blocker", knowledge).found}
    assert again["Propranolol"].before[0].raised == (), "there was no asthma then"
    unknown = msgspec.structs.replace(past, when=Period(None, None))
    (never,) = {one.label: one for one in asked((unknown,), "BetaBlocker", knowledge).found}["Propranolol"].before
    assert never.raised is None


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
    kinds = {issue.statement for issue in one.first.raised} - {issue.statement for issue in other.first.raised}
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
    assert {one.statement for one in bare["Metformin"].first.to_do} == {"kgtwin:MON_0044"}, "no eGFR"
    assert bare["Metformin"].standing is Standing.UNDECIDED, "what is to be measured first is nothing against it"
    assert known["Metformin"].first.raised == ()
    open_ = bare["Metformin"].first.undecided
    assert {one.code for one in open_} <= {CaveatCode.MISSING_LAB, CaveatCode.UNKNOWN_ROUTE}
    assert len(known["Metformin"].first.undecided) < len(open_)


def test_a_dead_patient_has_no_alternatives_without_known_issue(knowledge: Knowledge) -> None:
    dead = patient(deceased=True)
    found = alternatives(dead.key, dead, (), "ACE inhibitor", knowledge, at=AT, revision=1)
    assert {one.standing for one in found.found} <= {Standing.UNDECIDED, Standing.LITTLE_KNOWN, Standing.NOT_COVERED}


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


def test_what_rows_of_numbers_say_is_not_inferred(
    knowledge: Knowledge, terminology: Terminology, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, facts = sample(DIABETIC, terminology)
    inferred: list[int] = []
    infer = Case.infer

    def counting(case: Case, *arguments: object) -> Inference:
        inferred.append(1)
        return infer(case, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Case, "infer", counting)
    counts = []
    for whole in (0, 4, 1_000):
        inferred.clear()
        found = alternatives(record.key, record, facts, "Opioid", knowledge, at=END, revision=1, whole=whole).found
        assert all(one.whole for one in found[:whole])
        counts.append(len(inferred))
    assert counts == [1, 5, len(found) + 1], "the patient as received, and what is looked at whole"


def test_a_patient_with_many_medicines(knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(MANY, terminology)
    found = alternatives(record.key, record, facts, "ACE inhibitor", knowledge, at=END, revision=1)
    (own,) = (one for one in found.found if one.label == "Lisinopril")
    assert own.taken
