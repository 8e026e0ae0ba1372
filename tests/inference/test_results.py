"""Results that last, and results as multiples of their upper limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.realising.reading import Reading, canonical
from kgtwin.inference.realising.results import results
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, FactKind, ObservationDetail, Quantity, QuantityRange
from kgtwin.model.issue import IssueKind
from kgtwin.model.time import Period
from kgtwin.vocabulary import HAS_LATEST_RESULT, kgtwin
from tests.inference.factory import AT, PATIENT, coded, order, patient, result
from tests.inference.test_contexts import contexts  # noqa: F401 - a fixture

UNIT = "mL/min/{1.73_m2}"
INR = "kgtwin:InternationalNormalizedRatio"
LASTING = kgtwin("hasPersistentResult")


def gfr(number: int, value: str, when: str, comparator: str | None = None, **fields: Any) -> Fact:
    quantity = Quantity(Decimal(value), comparator, code=UNIT, ucum=fields.pop("ucum", UNIT))
    return result(f"Observation/e{number}", "loinc:33914-3", quantity, when=Period(when), **fields)


def read(role: str, knowledge: Knowledge, *facts: Fact) -> tuple[list[Reading], set[CaveatCode]]:
    found, caveats = results(facts, knowledge, AT)
    return [one for one in found if one.selected.role == role], {caveat.code for caveat in caveats}


def lasting(knowledge: Knowledge, *facts: Fact) -> Interval | None:
    found, _ = read(LASTING, knowledge, *facts)
    return found[0].interval if found else None


def between(low: str, high: str) -> Interval:
    return Interval(Decimal(low), False, Decimal(high), False)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([(1, "50", "2025-10-17"), (2, "40", "2026-01-15")], None),
        ([(1, "50", "2025-10-16"), (2, "40", "2026-01-15")], between("40", "50")),
        ([(1, "50", "2025-10-17T12:00:00Z"), (2, "40", "2026-01-15T12:00:00Z")], None),
        ([(1, "50", "2025-10-17T10:00:00Z"), (2, "40", "2026-01-15T12:00:00+00:00")], between("40", "50")),
        ([(1, "50", "2025-10"), (2, "40", "2026-01-10")], None),
        ([(1, "50", "2025-09"), (2, "40", "2026-01-10")], between("40", "50")),
        ([(1, "40", "2026-01-10")], None),
        ([(1, "50", "2025-09-01"), (2, "90", "2025-09-01"), (3, "40", "2026-01-10")], between("40", "90")),
        ([(1, "95", "2025-01-01"), (2, "50", "2025-09-01"), (3, "40", "2026-01-10")], between("40", "50")),
        ([(1, "50", "2025-09-01"), (2, "40", "2026-01-10"), (3, "90", "2026-02-01")], between("40", "50")),
        ([(1, "50", "2025-09-01", "<"), (2, "40", "2026-01-10")], Interval(high=Decimal(50), high_open=True)),
        ([(1, "40", "2025-09-01", "<"), (2, "40", "2026-01-10")], Interval(high=Decimal(40))),
        ([(1, "50", "2025-09-01"), (2, "60", "2026-01-10", ">")], Interval(low=Decimal(50))),
        ([(1, "50", "2023-01-01"), (2, "40", "2023-09-10")], None),
    ],
    ids=str,
)
def test_the_window_ends_with_the_latest_and_is_long_enough(
    contexts: Knowledge,  # noqa: F811
    facts: list[tuple[Any, ...]],
    expected: Interval | None,
) -> None:
    assert lasting(contexts, *(gfr(*one) for one in facts)) == expected
    assert lasting(contexts, *(gfr(*one) for one in reversed(facts))) == expected


@pytest.mark.parametrize(
    "spoiled",
    [{"ucum": None}, {"ucum": "mL/min"}, {"comparator": "ad"}],
)
def test_a_result_between_that_cannot_be_read_may_be_a_normal_one(
    contexts: Knowledge,  # noqa: F811
    spoiled: dict[str, Any],
) -> None:
    facts = [gfr(1, "50", "2025-09-01"), gfr(2, "50", "2025-11-01", **spoiled), gfr(3, "40", "2026-01-10")]
    found, codes = read(LASTING, contexts, *facts)
    assert found == []
    assert codes & {CaveatCode.UNKNOWN_UNIT, CaveatCode.NOT_EVALUATED}
    assert lasting(contexts, facts[0], facts[2]) == between("40", "50")


@pytest.mark.parametrize("status", ["preliminary", "cancelled", "entered-in-error", "registered", "unknown"])
def test_only_final_results_last(contexts: Knowledge, status: str) -> None:  # noqa: F811
    facts = [gfr(1, "50", "2025-09-01", status=status), gfr(2, "40", "2026-01-10")]
    assert lasting(contexts, *facts) is None


@given(
    values=st.lists(
        st.tuples(st.integers(0, 400), st.integers(1, 150)), min_size=1, max_size=8, unique_by=lambda p: p[0]
    )
)
def test_what_lasted_holds_every_value_of_the_window(
    contexts: Knowledge,  # noqa: F811
    values: list[tuple[int, int]],
) -> None:
    start = datetime(2024, 12, 1, tzinfo=UTC)
    dated = [(start + timedelta(days=day), value) for day, value in sorted(values)]
    facts = [gfr(i, str(v), t.strftime("%Y-%m-%dT%H:%M:%SZ")) for i, (t, v) in enumerate(dated)]
    last = dated[-1][0]
    old = [i for i, (t, _) in enumerate(dated) if last - t > timedelta(days=90)]
    window = [v for _, v in dated[old[-1] :]] if old else []
    expected = between(str(min(window)), str(max(window))) if window else None
    assert lasting(contexts, *facts) == expected


def test_a_value_that_certainly_misses_is_no_undecided_one(contexts: Knowledge) -> None:  # noqa: F811
    _, codes = read(LASTING, contexts, gfr(1, "100", "2025-09-01", ">"), gfr(2, "40", "2026-01-10"))
    assert CaveatCode.UNDECIDED_VALUE not in codes
    _, codes = read(LASTING, contexts, gfr(1, "90", "2025-09-01", "<"), gfr(2, "40", "2026-01-10"))
    assert CaveatCode.UNDECIDED_VALUE in codes


# Multiples of the upper limit


def alt(value: str, *highs: Quantity, comparator: str | None = None) -> Fact:
    detail = ObservationDetail(reference=tuple(QuantityRange(high=high) for high in highs))
    quantity = Quantity(Decimal(value), comparator, code="U/L", ucum="U/L")
    return result("Observation/a1", "loinc:1742-6", quantity, detail=detail)


def limit(value: str, ucum: str | None = "U/L", comparator: str | None = None) -> Quantity:
    return Quantity(Decimal(value), comparator, code=ucum, ucum=ucum)


def multiple(knowledge: Knowledge, fact: Fact) -> Interval | None:
    found, _ = read(HAS_LATEST_RESULT, knowledge, fact)
    return next((one.interval for one in found if one.analyte.iri == kgtwin("ALTMultiple")), None)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (alt("120", limit("40")), between("3", "3")),
        (alt("120", limit("0.04", "kU/L")), between("3", "3")),
        (alt("120", limit("40"), limit("40.0")), between("3", "3")),
        (alt("120", limit("40"), limit("60")), between("2", "3")),
        (alt("120", limit("40"), comparator=">"), Interval(low=Decimal(3), low_open=True)),
        (alt("20", limit("40"), comparator="<"), Interval(high=Decimal("0.5"), high_open=True)),
        (alt("120"), None),
        (alt("120", limit("0")), None),
        (alt("120", limit("40", None)), None),
        (alt("120", limit("40", "mg/dL")), None),
        (alt("120", limit("40", comparator="<")), None),
    ],
    ids=str,
)
def test_multiples(contexts: Knowledge, fact: Fact, expected: Interval | None) -> None:  # noqa: F811
    assert multiple(contexts, fact) == expected


def test_the_number_itself_stays_a_thing_of_its_own(contexts: Knowledge) -> None:  # noqa: F811
    found, _ = read(HAS_LATEST_RESULT, contexts, alt("120", limit("40")))
    assert {(one.analyte.iri, one.selected.part) for one in found} == {
        (to_iri("kgtwin:ALT"), ""),
        (to_iri("kgtwin:ALTMultiple"), f"/{to_iri('kgtwin:ALTMultiple')}"),
    }


def test_a_measured_habit_is_a_result(contexts: Knowledge) -> None:  # noqa: F811
    habit = msgspec.structs.replace(gfr(1, "50", "2026-01-01"), kind=FactKind.BEHAVIOUR)
    assert read(HAS_LATEST_RESULT, contexts, habit)[0]
    assert all(isinstance(c, Caveat) for c in results([habit], contexts, AT)[1])


def test_a_number_is_of_one_analyte_whatever_codes_it_has(knowledge: Knowledge) -> None:
    """A result coded as potassium and as eGFR: read as the first, its number says nothing of the second."""
    potassium, egfr = "loinc:2823-3", "loinc:33914-3"
    value = Quantity(value=Decimal(5), code="mmol/L", ucum="mmol/L")
    both = result("Observation/o1", potassium, value)
    matches = (*both.code.matches, *coded(egfr).matches)
    both = msgspec.structs.replace(both, code=msgspec.structs.replace(both.code, matches=matches))
    metformin = order(concept="rxnorm:6809")
    found = infer(PATIENT, patient(), (both, metformin), knowledge, at=AT, revision=1)
    assert not [issue for issue in found.issues if issue.kind is IssueKind.DRUG_LAB]
    alone = result("Observation/o1", egfr, Quantity(value=Decimal(5), code="mL/min/{1.73_m2}", ucum="mL/min/{1.73_m2}"))
    found = infer(PATIENT, patient(), (alone, metformin), knowledge, at=AT, revision=1)
    assert [issue for issue in found.issues if issue.kind is IssueKind.DRUG_LAB]


@pytest.mark.parametrize(
    ("facts", "doubtful"),
    [
        ([(1, "25", "2026-01-10"), (2, "80", "2026-01-10")], True),
        ([(1, "25", "2026-01-10T10:00:00Z"), (2, "80", "2026-01-10T11:00:00+01:00")], True),
        ([(1, "25", "2026-01-10T10:00:00Z"), (2, "80", "2026-01-10T10:00:01Z")], False),
        ([(1, "80", "2026"), (2, "25", "2026-01-12")], True),
        ([(1, "80", "2025"), (2, "25", "2026-01-12")], False),
        ([(1, "80", "2026-01-10"), (2, "25", "2026-01-10T08:00:00Z")], True),
        ([(1, "81", "2026-01-10"), (2, "80", "2026-01-10")], False),
        ([(1, "25", "2026-01-10"), (2, "25.0", "2026-01-10")], False),
    ],
)
def test_of_results_of_one_time_the_others_are_told_where_they_decide_otherwise(
    knowledge: Knowledge,
    facts: list[tuple[int, str, str]],
    doubtful: bool,
) -> None:
    """Which of them is the latest nobody can say: one counts, and a caveat names the others."""
    made = [gfr(*one) for one in facts]
    found = infer(PATIENT, patient(), [order(concept="rxnorm:6809"), *made], knowledge, at=AT, revision=1)
    told = [one for one in found.caveats if one.remedy == "send the time of each result"]
    assert len(told) == doubtful
    for one in told:
        assert sorted(one.touches) == ["Observation/e1", "Observation/e2"]
    for issue in found.issues:
        assert set(told) <= set(issue.caveats)


def test_of_results_of_one_time_the_last_one_issued_counts(knowledge: Knowledge) -> None:
    first = gfr(1, "25", "2026-01-10", detail=ObservationDetail(issued="2026-01-10T08:00:00Z"))
    second = gfr(2, "80", "2026-01-10", detail=ObservationDetail(issued="2026-01-10T09:00:00Z"))
    found = infer(PATIENT, patient(), [order(concept="rxnorm:6809"), first, second], knowledge, at=AT, revision=1)
    assert not [one for one in found.caveats if one.remedy == "send the time of each result"]


@pytest.mark.parametrize("unit", ["{INR}", "1", None])
def test_an_inr_in_unity_is_one(knowledge: Knowledge, unit: str | None) -> None:
    """The INR is a number; laboratories of many countries send it in UCUM's unit of numbers, or in none."""
    high = result("Observation/i", "loinc:6301-6", Quantity(Decimal("5.2"), code=unit, ucum=unit))
    facts = (order(concept="rxnorm:11289"), high)
    found = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1)
    assert "kgtwin:DL_0019" in {issue.statement for issue in found.issues}
    assert CaveatCode.UNKNOWN_UNIT not in {caveat.code for caveat in found.caveats}


@pytest.mark.parametrize("unit", ["sec", "%", "INR?", "{ratio}/L"])
def test_a_unit_that_is_there_and_is_another_is_not_passed_over(knowledge: Knowledge, unit: str) -> None:
    """Prothrombin times under the code of an INR are none, whether or not their unit is one of UCUM."""
    for quantity in (Quantity(Decimal(50), unit=unit), Quantity(Decimal("5.2"), code=unit)):
        read = canonical(result("Observation/i", "loinc:6301-6", quantity), knowledge.analytes[to_iri(INR)])
        assert isinstance(read, Caveat)
        assert read.code is CaveatCode.UNKNOWN_UNIT


def test_only_pure_numbers_may_be_without_a_unit(knowledge: Knowledge) -> None:
    """Of every analyte: a percentage, a rate indexed to a surface, a ratio of two units is not known without it."""
    bare = result("Observation/i", "loinc:6301-6", Quantity(Decimal("1.5")))
    read = {one.unit for one in knowledge.analytes.values() if isinstance(canonical(bare, one), Interval)}
    assert read == {"{INR}", "1"}
    assert {"%", "mg/g", UNIT} <= {one.unit for one in knowledge.analytes.values()}
