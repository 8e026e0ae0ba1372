"""Whom an edit does not touch, the knowledge after it tells the same as the one before it."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.editing import Edit, content_of, mentioned
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import Inference
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


def check(before: Knowledge, number: int, people: Crowd, count: int, size: int) -> tuple[int, int]:
    """How many were touched of how many."""
    after = edited(before, number)
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
