"""``simulate`` and ``alternatives`` from the command line, over a sample patient."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.vocabulary import NOT_VALIDATED
from tests.cli.conftest import Fill, Run
from tests.inference.samples import DIABETIC, FIBRILLATING, FOLDER

AT = ("--at", "2026-01-01T00:00:00Z")


@pytest.fixture
def ward(run: Run, fill: Fill) -> Run:
    fill(FOLDER / "patients" / f"{DIABETIC}.json.xz")
    return run


def test_what_would_follow(ward: Run) -> None:
    done = ward("simulate", DIABETIC, "--start", "spironolactone", "--set", "potassium=5.9 mmol/L", *AT)
    assert done.code == 0, done.err
    assert "+  major" in done.out
    assert "Mineralocorticoid receptor antagonist and potassium above 5.5 mmol/L" in done.out
    assert "Spironolactone (supposed)" in done.out
    assert "nothing of this is stored" in done.out
    assert NOT_VALIDATED in done.out


def test_nothing_is_stored(ward: Run) -> None:
    before = ward("twin", DIABETIC, *AT, "--json").out
    ward("simulate", DIABETIC, "--start", "spironolactone", "--stop", "lisinopril", *AT)
    ward("alternatives", DIABETIC, "ACE inhibitor", *AT)
    assert ward("twin", DIABETIC, *AT, "--json").out == before


def test_json_has_proofs(ward: Run) -> None:
    done = ward("simulate", DIABETIC, "--add-condition", "Pregnancy", *AT, "--json")
    found = json.loads(done.out)
    (step,) = found["steps"]
    assert step["changes"] == ["add Pregnancy"]
    assert step["effect"]["appear"][0]["derivation"]["premises"]
    assert found["hypothetical"] is True
    assert found["safety"] == NOT_VALIDATED
    assert [fact["after"]["provenance"]["source"] for fact in step["facts"]] == ["urn:kgtwin:simulation"]


def test_a_refused_change_leaves_the_others(ward: Run) -> None:
    done = ward("simulate", DIABETIC, "--stop", "warfarin", "--add-condition", "Pregnancy", *AT)
    assert done.code == 1
    assert "no medicine taken is or holds 'warfarin'" in done.out
    assert "ACE inhibitor and Pregnancy" in done.out


def test_time_passes(ward: Run) -> None:
    done = ward("simulate", DIABETIC, "--start", "phenelzine", "--stop", "phenelzine@P3D", "--after", "P30D", *AT)
    assert done.code == 0
    lines = done.out.splitlines()
    moments = [line.partition("Z: ")[0] for line in lines if line.startswith("2026-")]
    assert moments == ["2026-01-01T00:00:00", "2026-01-04T00:00:00", "2026-01-31T00:00:00"]
    assert "(by time)" in done.out


def test_changes_from_a_file(ward: Run, tmp_path: Path) -> None:
    path = tmp_path / "changes.json"
    path.write_text('[{"change": "start-medicine", "medicine": "metformin"}, '
                    '{"change": "set-result", "analyte": "eGFR", "value": 20, "unit": "mL/min/1.73 m2"}]')  # fmt: skip
    done = ward("simulate", DIABETIC, "--changes", path, *AT)
    assert "Metformin and eGFR below 30" in done.out
    path.write_text('[{"change": "dance"}]')
    done = ward("simulate", DIABETIC, "--changes", path, *AT)
    assert done.code == 2
    assert "cannot read the changes" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "potassium"),
        ("--set", "potassium=high"),
        ("--set", "=5 mmol/L"),
        ("--weight", "heavy"),
        ("--weight", "<80 kg"),
        ("--change", "a to b"),
        ("--given", "dose=1"),
        ("--model", "EGFROwnTrend", "--start", "metformin"),
        ("--model", "EGFROwnTrend", "--for", "a while"),
        ("--model", "VancomycinTwoCompartments", "--given", "dose=much"),
        ("--after", "later"),
    ],
)
def test_what_cannot_be_read(arguments: tuple[str, ...], ward: Run) -> None:
    done = ward("simulate", DIABETIC, *arguments, *AT)
    assert done.code == 2
    assert done.err.startswith("kgtwin: ")


def test_an_unknown_patient(ward: Run) -> None:
    assert ward("simulate", "nobody", "--start", "metformin").code == 3
    assert ward("alternatives", "nobody", "ACE inhibitor").code == 3


def test_alternatives(ward: Run) -> None:
    done = ward("alternatives", DIABETIC, "Antihypertensive", "--instead-of", "lisinopril", *AT)
    assert done.code == 0
    lines = done.out.splitlines()
    apart = [number for number, line in enumerate(lines) if line.startswith("apart: ")]
    assert len(apart) == 3, "local forms, by mechanism, not covered"
    assert all("NOT COVERED" not in line for line in lines[: apart[-1]])
    assert any(line.startswith("Timolol") for line in lines[apart[0] : apart[1]])
    assert any(line.startswith("Lisinopril") and "taken now; to be replaced" in line for line in lines)
    words = done.out.replace("No issue found is not safety", "")
    assert "safe" not in words.lower()
    found = json.loads(ward("alternatives", DIABETIC, "Antihypertensive", "--whole", "3", *AT, "--json").out)
    first, last = found["alternatives"][0], found["alternatives"][-1]
    assert {"medicine", "standing", "apart", "taken", "before", "ways"} <= first.keys()
    way = first["ways"][0]
    assert {"route", "standing", "coverage", "basis", "issues", "effect", "undecided", "products"} <= way.keys()
    assert way["effect"] is not None
    assert last["ways"][0]["effect"] is last["ways"][0]["undecided"] is None


def test_alternatives_by_route(run: Run) -> None:
    assert run("ingest", FOLDER / "patients" / f"{FIBRILLATING}.json.xz").code == 0
    done = run("alternatives", FIBRILLATING, "NSAID", "--products", *AT)
    lines = done.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("Ketorolac, systemic route"))
    assert "issues" in lines[place]
    assert lines[place + 1].startswith("  local route")
    assert any("major: Anticoagulant and NSAID" in line and "Ketorolac (systemic route)" in line for line in lines)
    assert len([line for line in lines if line.startswith("Naproxen")]) == 1
    assert run("alternatives", FIBRILLATING, "NSAID", "--whole", "-1").code == 2


def test_alternatives_of_no_class(ward: Run) -> None:
    done = ward("alternatives", DIABETIC, "ACE inhibitr", *AT)
    assert done.code == 3
    assert "ACE inhibitor (kgtwin:ACEInhibitor)" in done.err


def test_a_model(ward: Run) -> None:
    done = ward("simulate", DIABETIC, "--model", "EGFRDeclineOfHealthyAgeing", *AT)
    assert done.code == 0
    assert "90 % interval" in done.out
    assert "evidence (verified): Abstract opened" in done.out
    assert "no prognosis of this patient" in done.out
    found = json.loads(ward("simulate", DIABETIC, "--model", "EGFROwnTrend", *AT, "--json").out)
    assert found["points"] == []
    assert "results over" in found["caveats"][0]["text"]
