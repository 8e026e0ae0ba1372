"""What the tests of the modules on genes, habits, age and pregnancy share: statements, definitions and cases."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.model.axioms import Class, ClassExpression, EquivalentClasses, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.model.ontology import Ontology
from kgtwin.model.time import read_time
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_ROUTE, KGTWIN, PATIENT, TAKES_NOW, kgtwin

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ontologies"
CASES = ROOT / "tests" / "cases"
ONCE = ("kind", "significance", "detail", "evidenceSource", "evidenceText", "evidenceStatus", "mitigation", "curator")
ALLOWED = {
    "significance": {"contraindicated", "major", "moderate", "minor"},
    "evidenceStatus": {"verified", "unverified"},
    "reviewStatus": {"not clinically reviewed"},
}


def text(module: str) -> str:
    """A module as it is written."""
    return (FOLDER / f"{module}.ofn").read_text(encoding="utf-8")


def statements(ontology: Ontology, prefix: str) -> list[str]:
    """The statements of one family, by IRI."""
    return [iri for iri in ontology.entities if re.fullmatch(re.escape(KGTWIN) + prefix + r"_\d{4}", iri)]


def definitions(ontology: Ontology) -> dict[str, tuple[ClassExpression, ...]]:
    """A defined class to the operands of its intersection."""
    return {
        axiom.operands[0].iri: axiom.operands[1].operands
        for axiom in ontology.axioms
        if isinstance(axiom, EquivalentClasses)
        and isinstance(axiom.operands[0], Class)
        and isinstance(axiom.operands[1], ObjectIntersectionOf)
    }


def assert_whole(ontology: Ontology, prefix: str, kind: str) -> None:
    """Every statement has each annotation once, in range; "verified" says what was opened."""
    for iri in statements(ontology, prefix):
        for name in ONCE:
            (value,) = ontology.values(iri, kgtwin(name))
            assert value.strip(), (iri, name)
        for name, allowed in ALLOWED.items():
            assert ontology.value(iri, kgtwin(name)) in allowed, (iri, name)
        assert ontology.value(iri, kgtwin("kind")) == kind
        opened = "opened" in (ontology.value(iri, kgtwin("evidenceSource")) or "")
        assert opened == (ontology.value(iri, kgtwin("evidenceStatus")) == "verified"), iri
        assert dt.date.fromisoformat(ontology.value(iri, kgtwin("curated")) or "") >= dt.date(2026, 11, 28)


def assert_shape(ontology: Ontology, prefix: str) -> None:
    """One medicine by ingredient and at most by route, and at least one thing more, no two statements alike."""
    told = definitions(ontology)
    bodies = [told[iri] for iri in statements(ontology, prefix)]
    assert len(set(map(frozenset, bodies))) == len(bodies)
    for body in bodies:
        assert body[0] == Class(PATIENT)
        assert len(body) >= 3, body
        (medicine,) = [o for o in body if isinstance(o, ObjectSomeValuesFrom) and o.property == TAKES_NOW]
        filler = medicine.filler
        inner = filler.operands if isinstance(filler, ObjectIntersectionOf) else (filler,)
        roles = [one.property for one in inner if isinstance(one, ObjectSomeValuesFrom)]
        assert roles in ([HAS_ACTIVE_INGREDIENT], [HAS_ACTIVE_INGREDIENT, HAS_ROUTE]), body


def cases(folder: str) -> dict[str, dict[str, Any]]:
    """The expectations of a folder, by the name of the case."""
    found = sorted((CASES / folder).glob("*.expected.json"))
    return {p.name.removesuffix(".expected.json"): json.loads(p.read_text(encoding="utf-8")) for p in found}


def fired(*folders: str) -> set[str]:
    """The statements that some case of the folders expects."""
    return {
        row["statement"].removeprefix("kgtwin:")
        for folder in folders
        for case in cases(folder).values()
        for row in case["issues"]
    }


def inferences(
    folder: str,
    name: str,
    knowledge: Knowledge,
    terminology: Terminology,
    at: str | None = None,
    edit: Callable[[bytes], bytes] = bytes,
) -> Iterator[Inference]:
    """What is inferred for each patient of a case, at its time or another, as it is written or edited."""
    bundle = CASES / folder / f"{name}.json"
    moment = read_time(at or cases(folder)[name]["at"])
    assert moment is not None
    submission = fhir.decode(edit(bundle.read_bytes()), label=bundle.name, source="local", terminology=terminology)
    facts: dict[str, list[Fact]] = {}
    records: dict[str, PatientRecord] = {}
    for version in submission.resources:
        if version.record is not None:
            records[version.record.key] = version.record
        for fact in version.facts:
            facts.setdefault(fact.patient, []).append(fact)
    for key, record in records.items():
        yield infer(key, record, facts.get(key, ()), knowledge, at=moment, revision=1)


def known(knowledge: Knowledge, prefix: str) -> dict[str, Statement]:
    """The statements of one family as the engine reads them, by name."""
    found = {iri.removeprefix(KGTWIN): one for iri, one in knowledge.statements.items()}
    return {name: one for name, one in found.items() if name.startswith(prefix + "_")}


def ours(found: Iterator[Inference], *prefixes: str) -> list[str]:
    """The statements of some families that fired, for all patients of a case."""
    names = [issue.statement.removeprefix("kgtwin:") for one in found for issue in one.issues]
    return [name for name in names if name.split("_")[0] in prefixes]


def firing(folder: str) -> list[str]:
    """The cases of a folder that expect an issue."""
    return [name for name, case in cases(folder).items() if case["issues"]]
