"""The case files speak of statements, codes and resources that exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgtwin.identifiers import check_code
from kgtwin.vocabulary import CODE_SYSTEMS

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(p for p in (ROOT / "tests" / "cases").glob("*/*.json") if not p.name.endswith(".expected.json"))
MODULES = "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "ontologies").glob("*.ofn")))
ANNOTATIONS = {
    name: dict(re.findall(rf'^AnnotationAssertion\(:{name} :(\w+) "([^"]*)"', MODULES, re.MULTILINE))
    for name in ("kind", "significance", "ruleSignificance")
}
FAMILIES = {
    "MonitoringRule": "missing-monitoring",
    "BurdenScale": "cumulated-burden",
    "RenalDoseLimit": "dose-renal",
    "CareGapRule": "untreated-indication",
}
"""The kind of issue that a rule raises, by its family."""
RULES = dict(re.findall(rf"^SubClassOf\(:(\w+) :({'|'.join(FAMILIES)})\)", MODULES, re.MULTILINE))


def told_of(name: str) -> tuple[str | None, str | None]:
    """The kind and the significance of a statement, or of a rule, which may have them from its family."""
    family = RULES.get(name)
    if family is None:
        return ANNOTATIONS["kind"].get(name), ANNOTATIONS["significance"].get(name)
    given = ANNOTATIONS["ruleSignificance"]
    return FAMILIES[family], given.get(name) or given.get(family)


def expected(case: Path) -> dict[str, Any]:
    """What a case says must be found."""
    return dict(json.loads(case.with_suffix(".expected.json").read_text(encoding="utf-8")))


def resources(case: Path) -> dict[str, dict[str, Any]]:
    """The resources of a case by reference."""
    entries = json.loads(case.read_text(encoding="utf-8"))["entry"]
    return {f"{entry['resource']['resourceType']}/{entry['resource']['id']}": entry["resource"] for entry in entries}


def codings(node: Any) -> Iterator[tuple[str, str]]:
    """System and code of every coding."""
    if isinstance(node, dict):
        if isinstance(node.get("system"), str) and isinstance(node.get("code"), str):
            yield node["system"], node["code"]
        for value in node.values():
            yield from codings(value)
    elif isinstance(node, list):
        for value in node:
            yield from codings(value)


def test_every_expectation_has_a_case() -> None:
    expectations = {p.name.removesuffix(".expected.json") for p in (ROOT / "tests/cases").glob("*/*.expected.json")}
    assert expectations == {case.stem for case in CASES}
    assert len(CASES) > 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_a_case_is_about_what_exists(case: Path) -> None:
    there, wanted = resources(case), expected(case)
    assert wanted["about"]
    assert wanted["issues"] or wanted["absent"]
    for issue in (*wanted["issues"], *wanted.get("rules", ())):
        statement = issue["statement"].removeprefix("kgtwin:")
        assert told_of(statement) == (issue["kind"], issue["significance"])
        assert set(issue["implicated"]) <= there.keys()
        assert issue["patient"].removeprefix("local|") in {r["id"] for r in there.values()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_every_code_has_its_check_digit(case: Path) -> None:
    for system, code in codings(list(resources(case).values())):
        prefix = CODE_SYSTEMS.get(system)
        assert prefix is None or check_code(prefix, code) is None, code
