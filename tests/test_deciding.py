"""Decisions on issues over a real embedded store: repairs are suggested, overrides silence, nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.issue import DetectedIssue, Implicated, Significance
from kgtwin.model.override import REASONS, Override, fingerprint, silenced
from kgtwin.service import Service
from tests.fuzz import times
from tests.store.builders import make_fact, make_issue, make_key
from tests.test_explaining import receive
from tests.test_service import condition, order, with_service

PATIENT = {"resourceType": "Patient", "id": "p1"}
BISOPROLOL = "19484"


async def one_issue(service: Service) -> DetectedIssue:
    await receive(service, PATIENT, condition("c1"), order("m1"))
    (issue,) = (await service.twin("p1")).inference.issues  # type: ignore[union-attr]
    return issue


def test_an_override_silences_until_a_fact_changes(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        made = await service.override(issue.id, reason="2", by=" Dr. A ", text="asthma is mild, seen today")
        assert (made.by, made.words, made.statement) == ("Dr. A", "Assessed Patient", "kgtwin:CI_0001")
        found = await service.alerts("p1")
        assert found.issues == (issue,)
        assert found.shown == ()
        assert found.overridden == {issue.id: made}
        assert (await service.twin("p1")).inference.issues == (issue,)  # type: ignore[union-attr]
        await receive(service, {**order("m1"), "dosageInstruction": [{"text": "more"}]})
        again = await service.alerts("p1")
        assert [one.id for one in again.shown] == [issue.id]
        assert await service.overrides("p1") == (made,)
        before = made.at
        assert (await service.alerts("p1", as_of=await service.resolve(before))).shown == ()

    with_service(tmp_path, use)


def test_a_further_order_of_the_same_medicine_is_news(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        await service.override(issue.id, reason="1", by="Dr. A")
        assert (await service.alerts("p1")).shown == ()
        await receive(service, order("m2"))
        assert [one.id for one in (await service.alerts("p1")).shown] == [issue.id]

    with_service(tmp_path, use)


def test_an_override_is_withdrawn_and_made_again(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        for withdraw, shown in ((False, 0), (True, 1), (False, 0)):
            await service.override(issue.id, reason="5", by="Dr. A", withdraw=withdraw)
            assert len((await service.alerts("p1")).shown) == shown
        assert len(await service.overrides("p1")) == 3

    with_service(tmp_path, use)


def test_what_was_not_overridden_is_not_withdrawn(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        revision = await service.store.revision()
        with pytest.raises(UsageError, match="was never made"):
            await service.override(issue.id, reason="5", by="Dr. A", withdraw=True)
        assert await service.store.revision() == revision
        for withdraw in (False, True):
            await service.override(issue.id, reason="5", by="Dr. A", withdraw=withdraw)
        with pytest.raises(UsageError, match=r"was taken back on .* by Dr\. A") as caught:
            await service.override(issue.id, reason="5", by="Dr. B", withdraw=True)
        assert "kgtwin overrides 'local|p1'" in (caught.value.remedy or "")
        assert len(await service.overrides("p1")) == 2

    with_service(tmp_path, use)


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        revision = await service.store.revision()
        wrong: list[dict[str, Any]] = [
            {"reason": "because", "by": "Dr. A"},
            {"reason": "1", "by": "  "},
            {"reason": "1", "by": "x" * 201},
            {"reason": "1", "by": "Dr. A", "text": "x" * 4_001},
        ]
        for fields in wrong:
            with pytest.raises(UsageError) as caught:
                await service.override(issue.id, **fields)
            assert caught.value.expected
        with pytest.raises(NotFoundError):
            await service.override("di-0000000000000000", reason="1", by="Dr. A")
        assert await service.store.revision() == revision

    with_service(tmp_path, use)


def test_overrides_count_by_statement(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        await receive(service, {**PATIENT, "id": "p2"}, condition("c2", "p2"),
                      {**order("m2"), "subject": {"reference": "Patient/p2"}})  # fmt: skip
        (other,) = (await service.twin("p2")).inference.issues  # type: ignore[union-attr]
        await service.override(issue.id, reason="2", by="Dr. A")
        await service.override(other.id, reason="2", by="Dr. B")
        await service.override(other.id, reason="9", by="Dr. B")
        await service.override(other.id, reason="9", by="Dr. B", withdraw=True)
        (count,) = await service.override_counts()
        assert (count.statement, count.overrides, count.patients) == ("kgtwin:CI_0001", 3, 2)
        assert count.reasons == (("2", 2), ("9", 1))
        assert (count.raised, count.silenced) == (2, 1)
        await service.erase("p2", rewrite=False)
        (count,) = await service.override_counts()
        assert (count.overrides, count.patients, count.raised) == (1, 1, 1)

    with_service(tmp_path, use)


def test_an_issue_is_repaired_as_it_was_found(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        issue = await one_issue(service)
        before = await service.facts("p1"), await service.store.revision()
        found = await service.repairs(issue.id)
        assert [[a.facts[0].resource for a in one.actions] for one in found.suggestions] == [["MedicationRequest/m1"]]
        assert (await service.facts("p1"), await service.store.revision()) == before
        with pytest.raises(NotFoundError):
            await service.repairs("di-0000000000000000")
        await receive(service, {**order("m1"), "status": "stopped"})
        with pytest.raises(NotFoundError):
            await service.repairs(issue.id)

    with_service(tmp_path, use)


def test_linked_records_that_differ_are_named(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        other = {**PATIENT, "id": "p2", "birthDate": "1950-01-02", "gender": "male"}
        link = [{"other": {"reference": "Patient/p2"}, "type": "seealso"}]
        await receive(service, other, {**PATIENT, "birthDate": "1950-01-01", "gender": "male", "link": link})
        inference = (await service.twin("p1")).inference
        assert inference is not None
        (caveat,) = [one for one in inference.caveats if one.code is CaveatCode.IMPLAUSIBLE]
        assert "1950-01-01" in caveat.text
        assert "1950-01-02" in caveat.text
        await receive(service, {**PATIENT, "birthDate": "1950", "gender": "male", "link": link})
        agreed = (await service.twin("p1")).inference
        assert agreed is not None
        assert not any(one.code is CaveatCode.IMPLAUSIBLE for one in agreed.caveats)
        stored = [one async for one in service.infer(["p1"])]
        assert stored[0].caveats == agreed.caveats

    with_service(tmp_path, use)


# laws

FACTS = [make_fact("1", f"Condition/{n}") for n in range(4)]
SIGNIFICANCES = st.sampled_from(list(Significance))
ISSUES = st.builds(
    lambda facts, statement, significance: make_issue(
        "1", *sorted(facts, key=lambda one: one.id), statement=statement, significance=significance
    ),
    st.frozensets(st.sampled_from(FACTS), min_size=1),
    st.sampled_from(["kgtwin:CI_0001", "kgtwin:CI_0002"]),
    SIGNIFICANCES,
)


def override_of(issue: DetectedIssue, number: int = 0, **fields: Any) -> Override:
    made = Override(
        id=f"ov-{number}", issue=issue.id, patient=make_key("1"), statement=issue.statement,
        significance=issue.significance, reason="1", by="A", at=f"2026-01-{number + 1:02}",
        fingerprint=fingerprint(issue),
    )  # fmt: skip
    return msgspec.structs.replace(made, **fields)


@settings(max_examples=times(200))
@given(ISSUES, st.lists(ISSUES, max_size=6))
def test_an_override_never_silences_another_issue(mine: DetectedIssue, others: list[DetectedIssue]) -> None:
    found = silenced([mine, *others], [override_of(mine)])
    assert set(found) <= {mine.id}
    assert silenced([one for one in others if one.id != mine.id], [override_of(mine)]) == {}


@settings(max_examples=times(200))
@given(ISSUES, ISSUES, SIGNIFICANCES)
def test_an_override_ends_with_any_change_of_its_facts(
    mine: DetectedIssue, other: DetectedIssue, significance: Significance
) -> None:
    override = override_of(mine)
    assert silenced([mine], [override]) == {mine.id: override}
    implicated = (*mine.implicated, Implicated("Condition/new", FACTS[0].coding, "f-new"))
    assert silenced([msgspec.structs.replace(mine, implicated=implicated)], [override]) == {}
    assert silenced([msgspec.structs.replace(mine, implicated=mine.implicated[1:])], [override]) == {}
    changed = msgspec.structs.replace(mine, significance=significance)
    assert bool(silenced([changed], [override])) is (significance is mine.significance)
    reordered = msgspec.structs.replace(mine, implicated=mine.implicated[::-1], title=other.title, revision=99)
    assert silenced([reordered], [override]) == {mine.id: override}


@settings(max_examples=times(100))
@given(ISSUES, st.lists(st.booleans(), max_size=6))
def test_the_last_decision_counts(mine: DetectedIssue, withdrawn: list[bool]) -> None:
    made = [override_of(mine, number, withdrawn=one) for number, one in enumerate(withdrawn)]
    assert bool(silenced([mine], made[::-1])) is (bool(withdrawn) and not withdrawn[-1])


def test_the_reasons_are_those_of_fhir() -> None:
    """The 24 codes of the R4 value set ``detectedissue-mitigation-action`` that are no headings."""
    assert len(REASONS) == 24
    assert set(REASONS) == {*map(str, range(1, 24)), "EMAUTH"}
