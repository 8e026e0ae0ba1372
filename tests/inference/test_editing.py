"""Whom an edit does not touch, the knowledge after it tells the same as the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.editing import Archive, Content, Edit, content_of, mentioned
from kgtwin.inference.equations.definitions import TERM
from kgtwin.inference.knowledge.analytes import CANONICAL_UNIT
from kgtwin.inference.knowledge.rules import CareGapRule, DoseLimit, Rule
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    Interval,
    ObjectComplementOf,
    ObjectIntersectionOf,
    ObjectPropertyDomain,
    ObjectSomeValuesFrom,
    ObjectUnionOf,
    OtherAxiom,
    SubClassOf,
    SubObjectPropertyOf,
)
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import Inference, Significance
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.reasoning import cache
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_LATEST_RESULT,
    HAS_NOW,
    HAS_VALUE,
    PATIENT,
    RDFS_LABEL,
    TAKES_NOW,
    kgtwin,
)
from tests.fuzz import times
from tests.inference.crowd import NOW, Crowd
from tests.inference.editor import edited
from tests.inference.test_contexts import contexts

__all__ = ["contexts"]


def same(found: Inference) -> object:
    """What an answer says, without its version, the lines on which axioms stand, and the order of caveats."""
    issues = tuple(
        msgspec.structs.replace(issue, knowledge="", derivation=without_places(issue.derivation))
        for issue in found.issues
    )
    return msgspec.structs.replace(found, knowledge="", issues=issues, caveats=()), frozenset(found.caveats)


def without_places(step: Derivation) -> Derivation:
    axiom = msgspec.structs.replace(step.axiom, origin=None) if step.axiom is not None else None
    return msgspec.structs.replace(step, axiom=axiom, premises=tuple(map(without_places, step.premises)))


def check(
    before: Knowledge, number: int, people: Crowd, count: int, size: int, *, rules: bool = False
) -> tuple[int, int]:
    """How many were touched of how many."""
    after = edited(before, number, rules=rules)
    if after is None:
        return 0, 0
    edit, touched = Edit(content_of(before), content_of(after)), 0
    for which in range(count):
        record, facts = people.patient(1_000 * number + which, size)
        if edit.touches(mentioned(record, facts)):
            touched += 1
            continue
        old, new = (infer(record.key, record, facts, one, at=NOW, revision=1) for one in (before, after))
        assert same(old) == same(new), (number, which)
    return touched, count


@settings(max_examples=times(60), deadline=None)
@given(st.integers(0, 1_000_000))
def test_who_is_not_touched_gets_the_same_answer(contexts: Knowledge, number: int) -> None:
    check(contexts, number, Crowd(contexts), 6, 8)


def test_who_is_not_touched_by_an_edit_of_the_shipped_knowledge_gets_the_same_answer(knowledge: Knowledge) -> None:
    people, touched, count = Crowd(knowledge), 0, 0
    for number in range(times(3)):
        part, of = check(knowledge, number, people, 4, 25, rules=number % 2 == 1)
        touched, count = touched + part, count + of
    assert touched < count or count < 12


KNOWN = {
    **dict.fromkeys((f"urn:x:{letter}" for letter in "ABCDEFS"), EntityKind.CLASS),
    **dict.fromkeys((HAS_NOW, TAKES_NOW, HAS_LATEST_RESULT, HAS_ACTIVE_INGREDIENT), EntityKind.OBJECT_PROPERTY),
}


def content(*axioms: Axiom, notes: Mapping[str, tuple[Annotation, ...]] | None = None, version: str = "1") -> Content:
    return Content(version=version, axioms=axioms, entities=KNOWN, annotations=dict(notes or {}), doubts={})


def has(role: str, filler: ClassExpression) -> ClassExpression:
    return ObjectSomeValuesFrom(role, filler)


A, B, C, D, E, F = (Class(f"urn:x:{letter}") for letter in "ABCDEF")
RULE = EquivalentClasses((D, ObjectIntersectionOf((Class(PATIENT), has(HAS_NOW, B), has(TAKES_NOW, C)))))
ABOVE = DataSomeValuesFrom(HAS_VALUE, Interval(Decimal(5), False))
TREE = SubClassOf(A, B)


def touched_by(before: Content, after: Content, *classes: Class) -> bool:
    edit = Edit(before, after)
    assert Edit(after, before).touches(frozenset(one.iri for one in classes)) is edit.touches(
        frozenset(one.iri for one in classes)
    ), "an edit and its undoing touch the same"
    return edit.touches(frozenset(one.iri for one in classes))


def test_a_new_statement_touches_who_may_meet_it() -> None:
    before, after = content(TREE), content(TREE, RULE)
    assert not touched_by(before, after, A)
    assert not touched_by(before, after, B)
    assert not touched_by(before, after, C)
    assert touched_by(before, after, B, C)
    assert touched_by(before, after, A, C)
    assert Edit(before, before).nobody


def test_a_code_that_becomes_known_touches_who_has_it() -> None:
    before = content()
    after = msgspec.structs.replace(before, entities={**KNOWN, "urn:x:new": EntityKind.CLASS})
    assert touched_by(before, after, Class("urn:x:new"))
    assert not touched_by(before, after, A)


def test_a_class_that_moves_touches_who_has_one_below_it() -> None:
    before, after = content(RULE, SubClassOf(C, A)), content(RULE, SubClassOf(C, A), TREE)
    assert touched_by(before, after, A)
    assert touched_by(before, after, C)
    assert not touched_by(before, after, B)


def test_what_results_may_be_missing_touches_who_may_lack_them() -> None:
    """A near miss is told of: "no valid result"."""
    asked = ObjectIntersectionOf((A, ABOVE))
    rule = EquivalentClasses((D, ObjectIntersectionOf((has(TAKES_NOW, C), has(HAS_LATEST_RESULT, asked)))))
    assert touched_by(content(), content(rule), C)
    assert not touched_by(content(), content(rule), B)


def test_another_threshold_touches_whose_result_it_does_not_decide() -> None:
    notes = {A.iri: (Annotation(CANONICAL_UNIT, "mg/dL"),)}
    asked = ObjectIntersectionOf((A, ABOVE))
    rule = EquivalentClasses((D, ObjectIntersectionOf((has(TAKES_NOW, C), has(HAS_LATEST_RESULT, asked)))))
    below = SubClassOf(B, A)
    assert touched_by(content(below, notes=notes), content(below, rule, notes=notes), B)


def test_words_touch_whose_answer_may_have_them() -> None:
    words = {B.iri: (Annotation(RDFS_LABEL, "b"),)}
    before, after = content(TREE, RULE), content(TREE, RULE, notes=words)
    assert touched_by(before, after, A)
    assert not touched_by(before, after, C)
    role = {HAS_NOW: (Annotation(RDFS_LABEL, "has"),)}
    assert Edit(content(RULE), content(RULE, notes=role)).everyone


RULE_FIELDS: dict[str, Any] = {
    "iri": "urn:x:D",
    "family": "urn:x:family",
    "significance": Significance.MINOR,
    "title": "a rule",
    "detail": "",
    "evidence": (),
    "mitigation": None,
    "review": "",
}
INDICATION = CareGapRule(
    **RULE_FIELDS,
    conditions=(B.iri,),
    history=(),
    medicines=(C.iri,),
    ages=Interval(high_open=True),
    unless_conditions=(),
    unless_medicines=(),
)


def with_rule(before: Content, rule: Rule) -> Content:
    notes = {**before.annotations, rule.iri: (Annotation(kgtwin("ruleMedicine"), C.iri),)}
    return msgspec.structs.replace(before, rules={rule.iri: rule}, annotations=notes, below={C.iri: frozenset({E.iri})})


def test_a_rule_touches_whom_it_begins_with_and_whoever_hears_its_words() -> None:
    before, after = content(TREE), with_rule(content(TREE), INDICATION)
    assert touched_by(before, after, A)
    assert not touched_by(before, after, C)
    words = {C.iri: (Annotation(RDFS_LABEL, "c"),)}
    renamed = msgspec.structs.replace(after, annotations={**after.annotations, **words})
    assert touched_by(after, renamed, A)
    assert not touched_by(after, renamed, E)


def test_a_grave_statement_touches_whose_indication_it_speaks_against() -> None:
    """Who has what calls for the medicine, and what the statement asks for beside it; C is not taken."""
    takes = has(TAKES_NOW, has(HAS_ACTIVE_INGREDIENT, E))
    grave = EquivalentClasses((Class("urn:x:S"), ObjectIntersectionOf((Class(PATIENT), takes, has(HAS_NOW, F)))))
    before = with_rule(content(), INDICATION)
    after = with_rule(content(grave), INDICATION)
    assert touched_by(before, after, B, F)
    assert not touched_by(before, after, B)
    assert not touched_by(before, after, F)
    assert touched_by(before, after, E, F)


def test_equations_are_edited_for_whoever_takes_what_they_are_asked_for() -> None:
    limit = DoseLimit(
        **RULE_FIELDS,
        medicine=C.iri,
        analyte=A.iri,
        range=Interval(),
        maximum=Decimal(5),
        conditions=(),
        qualifier=None,
    )
    before = with_rule(content(), limit)
    equation = {B.iri: (Annotation(TERM, "x"), Annotation(kgtwin("estimates"), A.iri))}
    after = msgspec.structs.replace(before, annotations={**before.annotations, **equation})
    assert touched_by(before, after, C)
    assert not touched_by(before, after, A)


def test_disjoint_classes_touch_who_has_two() -> None:
    before, after = content(), content(DisjointClasses((A, B)))
    assert touched_by(before, after, A, B)
    assert not touched_by(before, after, A)
    assert touched_by(content(), content(DisjointClasses((A, A))), A)


@pytest.mark.parametrize(
    "axiom",
    [
        OtherAxiom("Odd", "Odd(a)", ()),
        SubObjectPropertyOf((HAS_NOW,), TAKES_NOW),
        ObjectPropertyDomain(HAS_NOW, A),
        SubClassOf(ObjectComplementOf(A), B),
        SubClassOf(ObjectUnionOf((A, ObjectComplementOf(B))), C),
        ClassAssertion("urn:x:one", A),
    ],
)
def test_what_holds_of_everybody_touches_everybody(axiom: Axiom) -> None:
    edit = Edit(content(TREE), content(TREE, axiom))
    assert edit.everyone
    assert edit.touches(frozenset())


def test_where_axioms_stand_is_no_edit() -> None:
    assert Edit(content(TREE, RULE), content(RULE, TREE, version="2")).nobody


def test_what_a_version_said_is_found_again(contexts: Knowledge) -> None:
    archive = Archive(files=True)
    assert archive.find("no such version") is None
    archive.keep(contexts)
    assert Archive().find(contexts.version) is None
    found = Archive(files=True).find(contexts.version)
    assert found == content_of(contexts)
    for path in cache.folder().glob("*.content"):
        path.write_bytes(b"damaged")
    assert Archive(files=True).find(contexts.version) is None
