"""What the checker knows of units is what the engine does, and no document converts otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kgtwin.inference.proofs.sources import Told
from kgtwin.model.fact import FactKind, MedicationDetail, Quantity, Ratio
from kgtwin.model.proof_document import Conversion, ProofDocument, Selection
from kgtwin.terminology.units import TABLE, linear, parse, read_table
from kgtwin.verification import verify
from kgtwin.verification.units import factor, is_known, measure
from tests.verification.forging import with_rule
from tests.verification.mutations import changed
from tests.verification.test_forgeries import reason
from tests.verification.test_mutations import of_kind, put

replace = msgspec.structs.replace
CODES = [code for code in read_table(TABLE.read_text(encoding="utf-8")) if measure(code) is not None]
ATOMS = ["g", "mg", "ug", "L", "dL", "mL", "mmol", "umol", "meq", "U", "m[IU]", "min", "h", "d", "wk", "mo", "a", "cd"]
ATOMS += ["1", "2", "10", "24", "%", "m2", "cm", "10*9", "{INR}", "{1.73_m2}", "[lb_av]", "[in_i]", "{ratio}"]


@pytest.mark.parametrize("mass", ["113.12", None])
@pytest.mark.parametrize("valence", ["2", None])
def test_it_converts_as_the_engine_does(mass: str | None, valence: str | None) -> None:
    """Every common unit that it knows into every other one."""
    assert len(CODES) > 150
    for one in CODES:
        for other in CODES:
            assert_same(one, other, mass, valence)


def assert_same(one: str, other: str, mass: str | None, valence: str | None) -> None:
    known = linear(one, other, Decimal(mass) if mass else None, int(valence) if valence else None)
    found = factor(one, other, mass, valence)
    assert known == (None if found is None else (found, Fraction(0))), (one, other)


def units() -> st.SearchStrategy[str]:
    parts = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3)
    return st.builds(lambda found, sign: sign.join(found), parts, st.sampled_from("/."))


@example("10*9", "mmol/U/min", None, None)
@given(units(), units(), st.sampled_from([None, "180.16"]), st.sampled_from([None, "1"]))
def test_whatever_unit_it_reads(one: str, other: str, mass: str | None, valence: str | None) -> None:
    """Of what it knows it says neither another factor nor that there is none."""
    if is_known(one, other) and parse(one) is not None and parse(other) is not None:
        assert_same(one, other, mass, valence)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "/",
        "mg//dL",
        "furlongs",
        "mg/g{creat}",
        "{}",
        "mg dL",
        "((g))",
        "g" * 200,
        "?",
        "73",
        "10.mg",
        "12",
        "mL/min/1.73",
    ],
)
def test_what_it_does_not_know(code: str) -> None:
    assert measure(code) is None


def readings(cases: list[ProofDocument]) -> Iterator[tuple[ProofDocument, int, Selection]]:
    for document in cases:
        for place, one in enumerate(document.selections):
            if one.reading is not None:
                yield document, place, one


def with_conversions(document: ProofDocument, place: int, *found: Conversion) -> ProofDocument:
    chosen = document.selections[place]
    assert chosen.reading is not None
    other = replace(chosen, reading=replace(chosen.reading, conversions=found))
    return changed(document, selections=put(document.selections, place, other))


def test_a_number_is_not_multiplied_at_will(cases: list[ProofDocument]) -> None:
    """A tenth of a result, read with ten times its factor: the steps are right, the unit is not."""
    tried = 0
    for document, place, chosen in readings(cases):
        known = {one.id: one for one in document.facts}
        assert chosen.reading is not None
        for by in chosen.reading.conversions:
            less = replace(document, facts=tuple(tenth(one) for one in known.values()))
            more = replace(by, factor=str(Fraction(by.factor) * 10))
            forged = with_conversions(less, place, more)
            if is_known(by.unit, chosen.reading.unit):
                assert f"{by.unit} does not convert" in reason(forged)
                assert "does not convert" in reason(with_conversions(document, place, replace(by, offset="1")))
                tried += 1
            assert "in two ways" in reason(with_conversions(document, place, by, replace(by, factor="1")))
    assert tried > 5


def tenth(fact: Any) -> Any:
    smaller = isinstance(fact.value, Quantity) and fact.kind is FactKind.OBSERVATION
    return replace(fact, value=replace(fact.value, value=fact.value.value / 10)) if smaller else fact


def test_a_unit_is_not_converted_into_itself(cases: list[ProofDocument]) -> None:
    tried = 0
    for document, place, chosen in readings(cases):
        assert chosen.reading is not None
        more = (*chosen.reading.conversions, Conversion(chosen.reading.unit, "1"))
        assert "into itself" in reason(with_conversions(document, place, *more))
        tried += 1
    assert tried > 10


def test_units_are_compared_with_those_of_the_readings_own_analyte(cases: list[ProofDocument], told: Told) -> None:
    """Not with the molar mass of another one, and in units that the checker does not know, too."""
    tried = 0
    for document, place, chosen in readings(cases):
        assert chosen.reading is not None
        assert list(told.against(document)) == []
        for by in (Conversion("kPa", "2"), Conversion("mmol/L", "7"), Conversion("[tsp_us]", "1")):
            if chosen.reading.unit not in ("mmol/L", "kPa"):
                forged = with_conversions(document, place, by)
                assert any("does not convert" in one for one in told.against(forged))
                tried += 1
    assert tried > 10


def test_conversions_of_doses_are_all_there(cases: list[ProofDocument], told: Told) -> None:
    """What a document says nothing of would not count, and a maximum that does not count limits nothing."""
    tried = 0
    for document in of_kind(cases, "dose-renal"):
        known = document.rules[0].conversions
        for place, one in enumerate(known):
            less = with_rule(document, conversions=put(known, place))
            if one.to != "piece":
                assert any("is left out" in text for text in told.against(less)), one
                tried += 1
    assert tried


def test_a_measure_is_no_tablet(cases: list[ProofDocument], told: Told) -> None:
    for document in of_kind(cases, "dose-renal")[:5]:
        known = document.rules[0].conversions
        for by in (Conversion("ug", "1", to="piece"), Conversion("{tablet}", "2", to="piece")):
            forged = with_rule(document, conversions=(*known, by))
            assert "no tablet or capsule" in reason(forged)
            assert any("does not convert to piece" in one for one in told.against(forged))
        unheard_of = with_rule(document, conversions=(*known, Conversion("[drp]", "1", to="piece")))
        assert any("does not convert to piece" in one for one in told.against(unheard_of))


def test_a_maximum_counts_in_whatever_unit_it_is_written(cases: list[ProofDocument]) -> None:
    """The order's own maximum in micrograms; the document that keeps back how these become milligrams is no proof."""
    tried = 0
    for document in of_kind(cases, "dose-renal"):
        for place, fact in enumerate(document.facts):
            detail = fact.detail
            if not isinstance(detail, MedicationDetail) or not verify(document).accepted or not detail.instructions:
                continue
            if any(one.value == "0|mg" for one in document.rules[0].annotations):
                continue
            of = replace(detail, doses=tuple(with_maximum(one) for one in detail.instructions))
            forged = changed(document, facts=put(document.facts, place, replace(fact, detail=of)))
            assert "does not say how" in reason(forged)
            tried += 1
    assert tried


def with_maximum(dose: Any) -> Any:
    return replace(dose, maximum=Ratio(Quantity(Decimal(1), ucum="ug"), Quantity(Decimal(1), ucum="d")))


def test_what_cannot_be_read_is_named_and_not_shown(cases: list[ProofDocument]) -> None:
    """The place, and not the patient's data that stand there."""
    document, place, chosen = next(one for one in readings(cases) if one[2].snapshot)
    number = next(n for n, one in enumerate(document.facts) if one.id == chosen.facts[0])
    fact = document.facts[number]
    told = replace(fact, value=replace(fact.value, value=Decimal("1E+999"), ucum="[drp]"))  # type: ignore[type-var]
    unread = changed(document, facts=put(document.facts, number, told))
    without = changed(document, selections=put(document.selections, place, replace(chosen, snapshot=())))
    born = changed(document, patient=replace(document.patient, birth_date="1931-02-30"))
    for forged in (unread, without):
        text = reason(forged)
        assert fact.id in text
        assert len(text) < 300
        assert all(shown not in text for shown in ("Quantity", "Fact(", "999"))
    assert reason(born) == "the Patient resource: something in it cannot be read; expected a date that exists"


def test_a_number_without_a_unit_is_in_that_of_a_pure_number(cases: list[ProofDocument]) -> None:
    """An INR; not a potassium, and no INR whose unit is there and unknown."""
    tried: set[bool] = set()
    for document, _, chosen in readings(cases):
        number = next(n for n, one in enumerate(document.facts) if one.id == chosen.facts[0])
        fact = document.facts[number]
        assert chosen.reading is not None
        assert isinstance(fact.value, Quantity)
        if fact.value.ucum != chosen.reading.unit or len(chosen.facts) > 1 or chosen.reading.multiple:
            continue
        for unit in (None, "sec"):
            bare = replace(fact, value=Quantity(fact.value.value, fact.value.comparator, unit=unit))
            forged = changed(document, facts=put(document.facts, number, bare))
            fits = unit is None and chosen.reading.unit == "{INR}"
            assert verify(forged).accepted is fits
            tried.add(fits)
    assert tried == {True, False}
