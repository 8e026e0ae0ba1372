"""The sample patients are what ``samples/README.md`` says, and the thinning keeps what it promises."""

import importlib.util
import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "samples" / "patients").glob("*.json.xz"))
README = (ROOT / "samples" / "README.md").read_text(encoding="utf-8")
MEBIBYTE = 1 << 20


@cache
def bundle(path: Path) -> dict[str, Any]:
    """A sample bundle."""
    return dict(json.loads(lzma.decompress(path.read_bytes())))


def resources() -> Iterator[dict[str, Any]]:
    """Every resource of every sample."""
    for path in FILES:
        yield from (entry["resource"] for entry in bundle(path)["entry"])


def references(node: Any) -> Iterator[str]:
    """Every reference in a JSON value."""
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", ROOT / "scripts" / "make_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_sixty_or_more_in_less_than_six_mebibytes() -> None:
    assert len(FILES) >= 60
    assert sum(path.stat().st_size for path in FILES) < 6 * MEBIBYTE


def test_each_is_a_transaction_of_one_patient_named_by_the_file() -> None:
    for path in FILES:
        patients = [e["resource"] for e in bundle(path)["entry"] if e["resource"]["resourceType"] == "Patient"]
        assert bundle(path)["type"] == "transaction"
        assert [patient["id"] for patient in patients] == [path.name.removesuffix(".json.xz")]


def test_no_claim_is_left_and_there_is_something_to_reason_about() -> None:
    kinds = Counter(resource["resourceType"] for resource in resources())
    assert kinds.keys() & {"Claim", "ExplanationOfBenefit", "Coverage", "Provenance", "DocumentReference"} == set()
    assert min(kinds[kind] for kind in ("Condition", "MedicationRequest", "Observation", "AllergyIntolerance")) > 100


def test_every_reference_is_answered_in_its_own_bundle() -> None:
    for path in FILES:
        urls = {entry["fullUrl"] for entry in bundle(path)["entry"]}
        assert set(references(bundle(path))) - urls == set()


def test_the_readme_counts_them() -> None:
    total = sum(1 for _ in resources())
    dead = sum("deceasedDateTime" in resource for resource in resources())
    assert f"{len(FILES)} invented adults" in README
    assert f"{total:,} resources" in README
    assert f"{dead} of the\n{len(FILES)} have died" in README


def test_the_readme_says_when_the_data_end(script: ModuleType) -> None:
    match = re.search(r"data end \| (\S+),", README)
    assert match is not None
    times = [script.clinical_time(r) for r in resources() if r["resourceType"] in script.EVENT_TYPES]
    assert max(times)[:10] == "2025-12-30"
    assert max(times) < match[1]
    assert " ".join(script.COMMAND) in README


def observation(url: str, when: str, category: str, *, encounter: str = "urn:uuid:e") -> dict[str, Any]:
    """An entry with a result."""
    return {
        "fullUrl": url,
        "resource": {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"code": "2823-3"}]},
            "category": [{"coding": [{"code": category}]}],
            "effectiveDateTime": when,
            "encounter": {"reference": encounter, "display": "kept"},
        },
    }


@pytest.mark.parametrize(("category", "kept"), [("laboratory", ["b", "c"]), ("vital-signs", ["c"])])
def test_thinning_keeps_the_latest_and_drops_references_to_the_rest(
    script: ModuleType, category: str, kept: list[str]
) -> None:
    entries = [observation(url, f"202{year}-01-01", category) for year, url in enumerate("abc")]
    claim = {"fullUrl": "x", "resource": {"resourceType": "Claim", "id": "x"}}
    thinned = script.thin({"resourceType": "Bundle", "type": "transaction", "entry": [*entries, claim]})
    assert [entry["fullUrl"] for entry in thinned["entry"]] == kept
    assert {json.dumps(entry["resource"]["encounter"]) for entry in thinned["entry"]} == {'{"display": "kept"}'}


def test_thinning_ends_ten_years_before_the_last_event(script: ModuleType) -> None:
    entries = [observation("old", "2009-12-31", "laboratory"), observation("new", "2020-01-01", "laboratory")]
    assert [entry["fullUrl"] for entry in script.thin({"entry": entries})["entry"]] == ["new"]
