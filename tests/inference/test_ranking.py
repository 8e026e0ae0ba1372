"""The rule by which alternatives are ranked, on alternatives made by hand."""

from __future__ import annotations

import msgspec
import pytest

from kgtwin.inference.whatif.alternatives.ranking import Usual, rank, standing
from kgtwin.model.alternative import Alternative, Apart, Basis, Coverage, Raised, Standing, Way
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.issue import IssueKind, Significance
from kgtwin.model.simulation import Effect


def test_what_is_well_known_with_a_minor_issue_stands_before_what_little_is_known_of() -> None:
    minor = Raised(id="di-1", statement="a:1", title="", kind=_LAB, significance=Significance.MINOR, verified=True)
    made = [
        _made("little", 2),
        _made("grave", 20, msgspec.structs.replace(minor, significance=Significance.MAJOR)),
        _made("well known, one minor", 20, minor),
        _made("well known", 18),
        _made("well known, less", 12),
        _made("to measure", 12, msgspec.structs.replace(minor, kind=IssueKind.MISSING_MONITORING)),
        _made("moderate, opened", 20, msgspec.structs.replace(minor, significance=Significance.MODERATE)),
        _made("moderate", 20, msgspec.structs.replace(minor, significance=Significance.MODERATE, verified=False)),
    ]
    usual = Usual.of(one.coverage for one in made)
    ordered = [one.label for one in sorted(made, key=lambda one: rank(one, usual))]
    assert ordered == [
        "well known",
        "well known, less",
        "to measure",
        "well known, one minor",
        "little",
        "moderate",
        "moderate, opened",
        "grave",
    ]


_LAB = IssueKind.DRUG_LAB


def _made(label: str, statements: int, *raised: Raised) -> Alternative:
    coverage = Coverage(by_kind=((_LAB, statements),))
    way = Way(
        standing=Standing.ISSUES,
        coverage=coverage,
        route=None,
        basis=Basis.UNKNOWN,
        raised=raised,
        effect=Effect(),
    )
    return Alternative(medicine=label, label=label, ways=(way,))


MINOR = Raised(id="di-1", statement="a:1", title="", kind=_LAB, significance=Significance.MINOR, verified=True)
ALLERGY = msgspec.structs.replace(MINOR, kind=IssueKind.DRUG_ALLERGY, significance=Significance.CONTRAINDICATED)
SLIGHT = msgspec.structs.replace(ALLERGY, significance=Significance.MODERATE)
TO_DO = msgspec.structs.replace(MINOR, kind=IssueKind.MISSING_MONITORING)


def test_sections_come_before_all_else() -> None:
    made = [
        _apart(_made("allergic", 20, ALLERGY), None),
        _apart(_made("combination", 30), Apart.COMBINATION),
        _apart(_made("not covered", 0), None),
        _apart(_made("mechanism", 30), Apart.MECHANISM),
        _apart(_made("local", 30), Apart.LOCAL),
        _apart(_made("grave", 20, msgspec.structs.replace(MINOR, significance=Significance.CONTRAINDICATED)), None),
        _apart(_made("allergic combination", 30, ALLERGY), Apart.COMBINATION),
    ]
    usual = Usual(20, 10)
    told = [msgspec.structs.replace(one, ways=(_stood(one.first, usual),)) for one in made]
    ordered = [one.label for one in sorted(told, key=lambda one: rank(one, usual))]
    assert ordered == [
        "grave",
        "local",
        "mechanism",
        "not covered",
        "combination",
        "allergic",
        "allergic combination",
    ]


@pytest.mark.parametrize(
    ("statements", "raised", "expected"),
    [
        (20, (), Standing.NO_KNOWN_ISSUE),
        (20, (TO_DO,), Standing.UNDECIDED),
        (9, (), Standing.LITTLE_KNOWN),
        (9, (TO_DO,), Standing.LITTLE_KNOWN),
        (0, (), Standing.NOT_COVERED),
        (0, (MINOR,), Standing.ISSUES),
        (20, (MINOR,), Standing.ISSUES),
        (20, (SLIGHT,), Standing.ISSUES),
        (20, (MINOR, ALLERGY), Standing.ALLERGIC),
    ],
)
def test_standings(statements: int, raised: tuple[Raised, ...], expected: Standing) -> None:
    assert standing(_made("one", statements, *raised).first, Usual(20, 10)) is expected


def test_what_was_not_looked_at_whole_is_undecided() -> None:
    way = msgspec.structs.replace(_made("one", 20).first, effect=None)
    assert standing(way, Usual(20, 10)) is Standing.UNDECIDED
    dead = (Caveat(CaveatCode.DECEASED, "the patient has died"),)
    assert standing(_made("one", 20).first, Usual(20, 10), dead) is Standing.UNDECIDED


def _apart(one: Alternative, apart: Apart | None) -> Alternative:
    return msgspec.structs.replace(one, apart=apart)


def _stood(way: Way, usual: Usual) -> Way:
    return msgspec.structs.replace(way, standing=standing(way, usual))
