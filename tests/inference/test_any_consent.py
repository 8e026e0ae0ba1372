"""What holds of any consent and anybody."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.consent.unsaid import unsaid
from kgtwin.inference.consent.withholding import WITHHELD, usable
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.consent import Permission
from kgtwin.model.fact import to_json
from kgtwin.model.issue import Inference
from kgtwin.model.score import Score
from tests.fuzz import times
from tests.inference.consents import EVERYTHING, NOTHING, consents, for_treatment, of_two_sources
from tests.inference.crowd import NOW, crowd

NUMBERS = st.integers(0, 10_000)


@settings(max_examples=times(120))
@given(number=NUMBERS, days=st.sampled_from([-400, 0, 0, 200]), data=st.data())
def test_of_any_consent(number: int, days: int, data: st.DataObject, knowledge: Knowledge) -> None:
    """Fewer issues, none of them about what is hidden, and no word of it."""
    people = crowd(knowledge)
    record, facts = people.patient(number, 60)
    facts, at = of_two_sources(facts), NOW + timedelta(days=days)
    consent = for_treatment(data.draw(consents(people)))

    def asked(permission: Permission | None) -> Inference:
        return infer(record.key, record, facts, knowledge, at=at, revision=1, consent=permission)

    whole, found = asked(None), asked(consent)
    if not consent.restricts:
        assert found == whole
        return
    assert {issue.id for issue in found.issues} <= {issue.id for issue in whole.issues}
    left = usable(record, facts, consent, knowledge, at)
    assert unsaid(found, consent, knowledge) == found
    shown = {one.id for one in left.shown}
    person = {ref.fact for i in found.issues for ref in i.derivation.facts if ref.resource.startswith("Patient/")}
    assert {ref.fact for i in found.issues for ref in i.derivation.facts} - person <= shown
    assert {one.fact for i in found.issues for one in i.implicated} <= shown
    assert not person or left.record is not None
    told = to_json(found).decode()
    for one in facts:
        if one.id not in shown:
            assert one.id not in told
            assert f'"{one.provenance.resource}"' not in told
    assert WITHHELD in found.caveats
    assert sum(caveat.code is CaveatCode.WITHHELD for caveat in found.caveats) == 1


@settings(max_examples=times(60))
@given(number=NUMBERS, data=st.data())
def test_what_is_permitted_does_not_depend_on_what_is_hidden(
    number: int, data: st.DataObject, knowledge: Knowledge
) -> None:
    """Where nothing newer is hidden, the caveats are those of whoever never had the hidden facts."""
    people = crowd(knowledge)
    record, facts = people.patient(number, 50)
    consent = for_treatment(data.draw(consents(people)))
    left = usable(record, facts, consent, knowledge, NOW)
    if not consent.restricts or left.record is None or left.counted != left.shown:
        return
    with_all, without = (
        infer(record.key, record, some, knowledge, at=NOW, revision=1, consent=consent) for some in (facts, left.shown)
    )
    assert with_all.caveats == without.caveats
    assert {one.id for one in with_all.issues} <= {one.id for one in without.issues}


@settings(max_examples=times(30))
@given(number=NUMBERS)
def test_who_hides_everything_is_told_that_alone(number: int, knowledge: Knowledge) -> None:
    record, facts = crowd(knowledge).patient(number, 60)
    permission = for_treatment(NOTHING)
    found = infer(record.key, record, facts, knowledge, at=NOW, revision=1, consent=permission, scores=True)
    assert not found.issues
    assert not found.risks
    assert found.caveats == (WITHHELD,)
    assert not any(score.inputs for score in found.scores)


@settings(max_examples=times(20))
@given(number=NUMBERS)
def test_an_empty_consent_changes_nothing(number: int, knowledge: Knowledge) -> None:
    record, facts = crowd(knowledge).patient(number, 60)

    def asked(consent: Permission | None) -> Inference:
        return infer(record.key, record, facts, knowledge, at=NOW, revision=1, scores=True, consent=consent)

    assert asked(for_treatment(EVERYTHING)) == asked(None)


@settings(max_examples=times(25))
@given(number=NUMBERS, data=st.data())
def test_a_score_under_a_consent_holds_what_everything_gives(
    number: int, data: st.DataObject, knowledge: Knowledge
) -> None:
    people = crowd(knowledge)
    record, facts = people.patient(number, 60)
    facts = of_two_sources(facts)
    consent = for_treatment(data.draw(consents(people)))

    def asked(permission: Permission | None) -> dict[str, Score]:
        found = infer(
            record.key, record, facts, knowledge, at=NOW, revision=1, scores=True, consent=permission
        )  # fmt: skip
        return {score.equation: score for score in found.scores}

    whole, found = asked(None), asked(consent)
    for equation, score in found.items():
        value, of_all = score.value, whole[equation].value
        assert bool(score.refusals) == bool(whole[equation].refusals)
        if value is not None and of_all is not None:
            assert value.low is None or (of_all.low is not None and value.low <= of_all.low + 1e-9 * abs(of_all.low))
            assert value.high is None or (
                of_all.high is not None and value.high >= of_all.high - 1e-9 * abs(of_all.high)
            )
