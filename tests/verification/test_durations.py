"""Proofs that rest on conditions that do not last for ever: the checker counts their time by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge
from kgtwin.inference.proofs.export import prove
from kgtwin.inference.proofs.sources import Told, against_facts
from kgtwin.inference.realising.selection import select
from kgtwin.model.fact import Dose, Fact, FactKind, Provenance, Quantity, QuantityRange, TextValue
from kgtwin.model.proof_document import ProofAnnotation, ProofDocument
from kgtwin.model.time import Period
from kgtwin.verification import verify
from kgtwin.verification.counting import fills
from kgtwin.vocabulary import HAS_EVER, HAS_NOW, kgtwin
from tests.fuzz import times
from tests.inference import factory
from tests.inference.factory import AT, PATIENT, patient
from tests.inference.test_contexts import contexts  # noqa: F401 - a fixture
from tests.verification.mutations import changed
from tests.verification.test_documents import assert_accepted

replace = msgspec.structs.replace
LONGEST = kgtwin("longestDuration")
NORMAL = "snomed:72892002"
ABOUT = patient(gender="female", birth_date="1990-01-01", provenance=Provenance("local", "Patient/p1", "1"))


def mapped(one: Fact) -> Fact:
    """A fact whose codes a mapping set names: the checker takes no other's word for what they mean."""
    return replace(one, code=replace(one.code, matches=tuple(replace(m, via="a set") for m in one.code.matches)))


def condition(**fields: Any) -> Fact:
    return mapped(factory.condition(**fields))


def order(**fields: Any) -> Fact:
    return mapped(factory.order(**fields))


TAKEN = order(concept="rxnorm:11118", when=Period("2018-01-01"))


def recorded(one: Fact, when: str | None) -> Fact:
    return replace(one, provenance=replace(one.provenance, recorded=when))


def proofs(knowledge: Knowledge, *facts: Fact, at: datetime = AT) -> Iterator[ProofDocument]:
    return prove(PATIENT, ABOUT, facts, knowledge, at=at, revision=1)


def of_pregnancy(knowledge: Knowledge, pregnancy: Fact, at: datetime = AT) -> ProofDocument:
    (found,) = [one for one in proofs(knowledge, pregnancy, TAKEN, at=at) if one.issue.statement == "kgtwin:PR_0005"]
    return found


def reason(document: ProofDocument) -> str:
    verdict = verify(document)
    assert not verdict.accepted
    return verdict.reason


def with_pregnancy(document: ProofDocument, pregnancy: Fact) -> ProofDocument:
    """The document with other words of the same resource, sealed anew."""
    return changed(document, facts=tuple(pregnancy if one.id == pregnancy.id else one for one in document.facts))


def annotated(document: ProofDocument, value: str | None) -> ProofDocument:
    """The document with another longest duration, or none."""
    rest = tuple(one for one in document.annotations if one.property != LONGEST)
    own = (ProofAnnotation(kgtwin("Pregnancy"), LONGEST, value),) if value is not None else ()
    return changed(document, annotations=(*rest, *own))


OPEN = [
    condition(concept=NORMAL, when=Period("2025-10-01")),
    condition(concept=NORMAL, when=Period("2025")),
    condition(concept=NORMAL, when=Period("2025-02-27"), status=None),
    recorded(condition(concept=NORMAL, when=Period()), "2025-06-01"),
    condition(concept=NORMAL, when=Period()),
    condition(concept=NORMAL, when=Period("2019-03-01", "2026-03-01")),
]


@pytest.mark.parametrize("pregnancy", OPEN)
def test_it_is_proven_while_it_counts(pregnancy: Fact, knowledge: Knowledge, told: Told) -> None:
    document = of_pregnancy(knowledge, pregnancy)
    assert_accepted(document)
    assert list(told.against(document)) == []
    assert list(against_facts(document, ABOUT, (pregnancy, TAKEN))) == []
    assert [one.value for one in document.annotations if one.property == LONGEST] == ["P322D"]


def test_others_have_no_word_of_it(knowledge: Knowledge) -> None:
    """A proof about asthma is what it was."""
    for document in proofs(knowledge, condition(), order(concept="rxnorm:8787")):
        assert all(one.property != LONGEST for one in document.annotations)


def test_a_forged_start_is_counted_from(knowledge: Knowledge) -> None:
    pregnancy = OPEN[0]
    document = of_pregnancy(knowledge, pregnancy)
    for start in ("2019-03-01", "2025-02-26", "2024", "2026-02-01"):
        assert "does not count as" in reason(with_pregnancy(document, replace(pregnancy, when=Period(start))))
    assert "does not count" in reason(with_pregnancy(document, recorded(replace(pregnancy, when=Period()), "2019")))
    younger = with_pregnancy(document, replace(pregnancy, when=Period("2025-12-01")))
    assert verify(younger).accepted
    assert list(against_facts(younger, ABOUT, (pregnancy, TAKEN))), "it is not what was received"


def test_a_later_time_is_too_late(knowledge: Knowledge) -> None:
    document = of_pregnancy(knowledge, OPEN[0])
    for at, holds in (("2026-08-19T23:59:59+00:00", True), ("2026-08-20T00:00:00+00:00", False)):
        assert verify(changed(document, issue=replace(document.issue, at=at))).accepted is holds, at


def test_a_forged_duration_is_counted_with_or_noticed(knowledge: Knowledge, told: Told) -> None:
    old = replace(OPEN[0], when=Period("2019-03-01"))
    document = with_pregnancy(of_pregnancy(knowledge, OPEN[0]), old)
    assert reason(document)
    for forged in (annotated(document, "P9999D"), annotated(document, None)):
        assert verify(forged).accepted, "what the knowledge says is trusted"
        assert any("longestDuration" in one for one in told.against(forged))
    assert reason(annotated(of_pregnancy(knowledge, OPEN[0]), "P30D"))
    assert "cannot be read" in reason(annotated(document, "for ever"))


def test_a_class_that_limits_it_cannot_be_kept_back(knowledge: Knowledge, told: Told) -> None:
    old = replace(OPEN[0], when=Period("2019-03-01"))
    document = with_pregnancy(of_pregnancy(knowledge, OPEN[0]), old)
    silent = changed(document, selections=tuple(replace(one, above=()) for one in document.selections))
    assert verify(silent).accepted
    assert any("limits how long" in one for one in told.against(silent))
    assert any("limits how long" in one for one in told.against(annotated(silent, None)))


def test_a_class_that_limits_an_answer_cannot_be_kept_back(cases: list[ProofDocument], told: Told) -> None:
    found = [one for one in cases if any(chosen.above and chosen.classes for chosen in one.selections)]
    assert found
    for document in found:
        assert list(told.against(document)) == []
        silent = changed(document, selections=tuple(replace(one, above=()) for one in document.selections))
        assert any("limits how long" in one for one in told.against(silent))


def test_what_ran_out_is_proven_as_past(contexts: Knowledge) -> None:  # noqa: F811
    old = condition(concept="kgtwin:ShortIllness", when=Period("2025-10-01"))
    documents = list(proofs(contexts, old, order(concept="rxnorm:2670")))
    (document,) = [one for one in documents if one.issue.statement == "kgtwin:TEST_0016"]
    assert_accepted(document)
    assert list(Told(contexts.ontology).against(document)) == []
    (chosen,) = [one for one in document.selections if one.role == HAS_EVER]
    assert chosen.above == (kgtwin("ShortIllness"), kgtwin("PassingIllness"))
    now = tuple(replace(one, role=HAS_NOW) if one == chosen else one for one in document.selections)
    assert reason(changed(document, selections=now))


def test_an_estimate_of_one_who_was_pregnant_long_ago(knowledge: Knowledge, told: Told) -> None:
    """CKD-EPI is not made for the pregnant: a forgotten pregnancy keeps nobody from a dose by it."""
    creatinine = factory.result("Observation/k", "loinc:2160-0", Quantity(Decimal("1.75"), ucum="mg/dL"))
    creatinine = mapped(creatinine)
    much = Quantity(Decimal(1000), unit="mg", ucum="mg")
    daily = Dose(amount=QuantityRange(much, much), frequency=2, period=Decimal(1), period_unit="d")
    taken = order(concept="rxnorm:6809", when=Period("2025-12-01"), doses=(daily,))

    def found(*facts: Fact) -> list[ProofDocument]:
        every = prove(PATIENT, ABOUT, (*facts, creatinine, taken), knowledge, at=AT, revision=1)
        return [one for one in every if one.rules and one.rules[0].equation == kgtwin("CKDEPI2021")]

    old = condition(concept=NORMAL, when=Period("2019-03-01"))
    assert found()
    assert found(OPEN[0]) == []
    documents = found(old)
    assert len(documents) == len(found())
    for document in documents:
        assert_accepted(document)
        assert list(told.against(document)) == []
        assert "made for others" in reason(with_pregnancy(document, replace(old, when=Period("2025-10-01"))))
        assert "made for others" in reason(annotated(document, None))


@settings(max_examples=times(200), deadline=None)
@given(
    start=st.sampled_from([None, "2024", "2025", "2025-02", "2025-02-26", "2025-02-27", "2025-10-01", "2026-01-15"]),
    end=st.sampled_from([None, None, None, "2025-12", "2026"]),
    record=st.sampled_from([None, "2020", "2025-03-01", "2026-01-01"]),
    status=st.sampled_from(["active", "relapse", "resolved", "remission", None]),
    verification=st.sampled_from(["confirmed", None, "provisional"]),
    ended=st.booleans(),
    days=st.sampled_from([None, 1, 30, 322, 400, 10_000]),
    later=st.integers(-400, 800),
)
def test_the_checker_and_the_engine_agree(
    knowledge: Knowledge,
    start: str | None,
    end: str | None,
    record: str | None,
    status: str | None,
    verification: str | None,
    ended: bool,
    days: int | None,
    later: int,
) -> None:
    value = TextValue("in spring", "abatementString") if ended else None
    given_ = {"when": Period(start, end), "status": status, "verification": verification, "value": value}
    one, at = recorded(condition(concept=NORMAL, **given_), record), AT + timedelta(days=later)
    longest = knowledge.durations.of(one)
    assert longest is not None
    span = None if days is None else timedelta(days=days)
    lasting = (lambda _: None) if span is None else (lambda _: longest._replace(span=span))
    chosen = {found.role for found in select([one], at, lasting)}
    assert one.kind is FactKind.CONDITION
    assert {role for role in (HAS_NOW, HAS_EVER) if fills(one, role, None, at, span)} == chosen
