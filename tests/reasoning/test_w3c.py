"""The W3C's OWL 2 test cases: right in the EL profile, never wrong outside of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kgtwin.errors import InconsistentOntologyError
from kgtwin.reasoning import classify
from kgtwin.reasoning.entailment import Verdict, entails_all
from tests.reasoning.w3c.suite import Case, cases, location, told

CASES = cases()
pytestmark = pytest.mark.skipif(not CASES, reason=f"the W3C's test cases are not at {location()} (KGTWIN_OWL2_TESTS)")
CONSISTENT, INCONSISTENT = "ConsistencyTest", "InconsistencyTest"
POSITIVE, NEGATIVE = "PositiveEntailmentTest", "NegativeEntailmentTest"
_WANTED = {CONSISTENT: Verdict.NO, INCONSISTENT: Verdict.YES, POSITIVE: Verdict.YES, NEGATIVE: Verdict.NO}
"""A contradiction, or the conclusion, follows or does not."""


def _known() -> dict[tuple[str, str], str]:
    """The tests that come out otherwise, with the reason."""
    with (Path(__file__).parent / "w3c" / "known.tsv").open(encoding="utf-8", newline="") as file:
        return {(row["test"], row["kind"]): row["reason"] for row in csv.DictReader(file, delimiter="\t")}


KNOWN = _known()
Asked = tuple[Case, str, str]
"""A case, a syntax, a kind of test."""


def _asked(case: Case) -> list[Asked]:
    asked = [
        (case, syntax, kind) for syntax in case.premise for kind in (CONSISTENT, INCONSISTENT) if kind in case.kinds
    ]
    for kind, conclusion in ((POSITIVE, case.conclusion), (NEGATIVE, case.non_conclusion)):
        if kind in case.kinds:
            asked += [(case, syntax, kind) for syntax in case.premise.keys() & conclusion.keys()]
    return asked


def _tests(*, el: bool) -> list[Asked]:
    found = [asked for case in CASES if ("EL" in case.profiles) is el for asked in _asked(case)]
    return sorted(found, key=lambda asked: (asked[0].name, asked[1:]))


def _name(asked: Asked) -> str:
    case, syntax, kind = asked
    return f"{case.name}-{syntax}-{kind}"


def _verdict(asked: Asked, folder: Path) -> Verdict:
    case, syntax, kind = asked
    premise = told(case, case.premise, syntax, folder)
    try:
        found = classify(premise)
    except InconsistentOntologyError:
        return Verdict.YES
    if kind in (CONSISTENT, INCONSISTENT):
        return Verdict.UNKNOWN if found.caveats_of_consistency else Verdict.NO
    conclusion = told(case, case.conclusion if kind == POSITIVE else case.non_conclusion, syntax, folder)
    return entails_all(found, conclusion).verdict


@pytest.mark.parametrize("asked", _tests(el=True), ids=_name)
def test_is_right_in_the_el_profile(asked: Asked, tmp_path: Path) -> None:
    case, _, kind = asked
    if reason := KNOWN.get((case.name, kind)):
        pytest.skip(reason)
    assert _verdict(asked, tmp_path) == _WANTED[kind]


@pytest.mark.parametrize("asked", _tests(el=False), ids=_name)
def test_is_never_wrong_outside_of_it(asked: Asked, tmp_path: Path) -> None:
    case, _, kind = asked
    found, wanted = _verdict(asked, tmp_path), _WANTED[kind]
    if (case.name, kind) in KNOWN:
        assert found not in (Verdict.UNKNOWN, wanted), "no longer known to come out otherwise"
    else:
        assert found in (wanted, Verdict.UNKNOWN)


def test_what_is_known_to_come_out_otherwise_exists() -> None:
    assert KNOWN.keys() <= {(case.name, kind) for case in CASES for kind in case.kinds}
