"""Sample patients as facts, without a store."""

from __future__ import annotations

import lzma
from functools import cache
from pathlib import Path

from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.time import latest
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology

FOLDER = Path(__file__).resolve().parents[2] / "samples"
NAMES = sorted(path.name.partition(".")[0] for path in (FOLDER / "patients").glob("*.json.xz"))
END = latest((FOLDER / "END").read_text(encoding="utf-8").strip())

DIABETIC = "20f70347-e8a8-4329-bb1f-afd4a62c9828"
"""Hypertension and type 2 diabetes; lisinopril, hydrochlorothiazide, escitalopram, sertraline, buspirone."""
MANY = "d1a22b89-a3f7-4a2f-aace-0f4eba329a28"
"""Coronary disease, hypertension, diabetes; 13 medicines, sumatriptan and metformin among them."""
FIBRILLATING = "f4afb3cb-0804-4924-8625-3edbb59b3adb"
"""Atrial fibrillation; warfarin, digoxin, verapamil."""


@cache
def _read(name: str) -> bytes:
    return lzma.decompress((FOLDER / "patients" / f"{name}.json.xz").read_bytes())


def sample(name: str, terminology: Terminology) -> tuple[PatientRecord, tuple[Fact, ...]]:
    """A sample patient as received."""
    found = fhir.decode(_read(name), label=name, source="local", terminology=terminology)
    (record,) = (version.record for version in found.resources if version.record is not None)
    return record, tuple(fact for version in found.resources for fact in version.facts)
