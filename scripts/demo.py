#!/usr/bin/env python3
"""A first look at kgtwin: the sample patients, what is wrong with their medicines, the proof, and how to go on.

Run by ``scripts/demo``. The first run loads the samples into an embedded store in ``.demo`` and infers all patients as
of the end of their data; later runs show what is stored, until the samples, the knowledge or the code change.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten

import msgspec

from kgtwin.bootstrap import running
from kgtwin.cli.progress import Progress
from kgtwin.cli.render import columns, issue_line, issue_text
from kgtwin.config import Settings
from kgtwin.errors import KgtwinError
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.issue import DetectedIssue, RiskAssessment
from kgtwin.model.time import read_time
from kgtwin.service import Service, UnmappedCode
from kgtwin.vocabulary import NOT_VALIDATED

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples" / "patients"
INPUTS = ("samples/END", "samples/patients", "ontologies", "kgtwin", "requirements/base.txt", "scripts/demo.py")
SHOWN_CODES = 10
SHOWN_ISSUES = 8
SEVERITIES = ("high", "moderate", "low")
URL = "http://127.0.0.1:8000"
GRAPHQL = (
    "query Twin($id: ID!) { patient(id: $id) { key issues(first: 3) { edges { node "
    "{ key kind severity title detail mitigation derivation { text } caveats { code text } } } } } }"
)
CYPHER = (
    "MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue) "
    "RETURN i.title AS issue, i.severity AS severity, count(DISTINCT p) AS patients "
    "ORDER BY patients DESC, issue LIMIT 5"
)
SPARQL = (
    "PREFIX kgtwin: <https://w3id.org/kgtwin/ontology#> "
    "SELECT ?severity (COUNT(?issue) AS ?issues) WHERE { GRAPH ?g { ?issue a kgtwin:DetectedIssue ; "
    "kgtwin:severity ?severity } } GROUP BY ?severity ORDER BY DESC(?issues)"
)


class State(msgspec.Struct, frozen=True):
    """What the stored inferences rest on: the inputs' digest, the store's revision, the evaluation time."""

    inputs: str
    revision: int
    at: str


class Findings(msgspec.Struct, frozen=True):
    """All that the demo shows."""

    patients: int
    facts: int
    unmapped: Sequence[UnmappedCode]
    issues: Sequence[DetectedIssue]
    risks: Sequence[RiskAssessment]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; errors are messages."""
    options = _options(arguments)
    say(NOT_VALIDATED)
    try:
        if options.fresh:
            shutil.rmtree(options.folder, ignore_errors=True)
        options.folder.mkdir(mode=0o700, exist_ok=True)
        at = (ROOT / "samples" / "END").read_text(encoding="utf-8").strip()
        findings = asyncio.run(demonstrate(options.folder, at))
    except KgtwinError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 3
    show(findings, store_url(options.folder), at)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="A first look at kgtwin, on the sample patients.")
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo", help="where the store is kept (default: .demo)")
    parser.add_argument("--fresh", action="store_true", help="delete that folder first")
    return parser.parse_args(arguments)


def store_url(folder: Path) -> str:
    """The store's URL, relative to the repository where it lies inside."""
    path = (folder / "twin.lbdb").resolve()
    return f"ladybug:{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}"


async def demonstrate(folder: Path, at: str) -> Findings:
    """Load and infer what is not yet, then read what the demo shows."""
    settings = msgspec.structs.replace(Settings.read(), store=f"ladybug:{folder / 'twin.lbdb'}")
    state_file = folder / "state.json"
    inputs = digest_of_inputs()
    with phase("opening the store"):
        context = running(settings)
        service = await context.__aenter__()
    try:
        if read_state(state_file) != State(inputs, await service.store.revision(), at):
            state_file.unlink(missing_ok=True)
            await load(service)
            await infer(service, at)
            state_file.write_bytes(msgspec.json.encode(State(inputs, await service.store.revision(), at)))
        else:
            note("samples, knowledge and code are as they were: showing what is stored")
        with phase("reading the findings"):
            return await read(service)
    finally:
        await context.__aexit__(None, None, None)


def digest_of_inputs() -> str:
    """A digest of the samples, the knowledge and the code, names and contents."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = ROOT / name
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def read_state(file: Path) -> State | None:
    """What the last complete run left, None where there is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return None


async def load(service: Service) -> None:
    """Write the sample patients; those that the store has already change nothing."""
    total = sum(1 for _ in SAMPLES.glob("*.json.xz"))
    with phase("loading"), Progress("loading patients", total) as progress:
        async for receipt in service.ingest([str(SAMPLES)], source="local"):
            progress.advance()
            for problem in receipt.problems:
                if problem.rejected:
                    progress.note(str(problem))


async def infer(service: Service, at: str) -> None:
    """Infer every patient as of the end of the data."""
    total = len(await service.store.patients())
    with phase(f"reasoning as of {at}"), Progress("inferring", total) as progress:
        async for _ in service.infer(at=read_time(at)):
            progress.advance()


async def read(service: Service) -> Findings:
    """What the store holds now."""
    issues: list[DetectedIssue] = []
    risks: list[RiskAssessment] = []
    for patient in await service.store.patients():
        issues += await service.store.issues(patient.key)
        risks += await service.store.risks(patient.key)
    counts = await service.store.counts()
    return Findings(counts["patients"], counts["facts"], await service.unmapped(), issues, risks)


def show(findings: Findings, store: str, at: str) -> None:
    """Everything, in reading order, on standard output."""
    say(f"\n{findings.patients} patients, {findings.facts:,} facts")
    show_unmapped(findings.unmapped)
    show_issues(findings.issues)
    issue = choose(findings.issues)
    if issue is None:
        say("none; that is no proof of safety")
        return
    show_patient(issue, findings.issues)
    show_prediction(findings.risks, issue.patient)
    show_commands(store, at, issue)


def show_unmapped(codes: Sequence[UnmappedCode]) -> None:
    """Codes that the knowledge does not have, most frequent first."""
    heading("What could not be mapped: no statement can reach it")
    rows = [(str(c.facts), c.kind, c.system, c.code, shorten(c.display, 60)) for c in codes[:SHOWN_CODES]]
    say(columns(("facts", "kind", "system", "code", "display"), rows))
    if len(codes) > SHOWN_CODES:
        rest = sum(c.facts for c in codes[SHOWN_CODES:])
        say(f"… and {len(codes) - SHOWN_CODES} more codes on {rest:,} facts")


def show_issues(issues: Sequence[DetectedIssue]) -> None:
    """How many, by kind and severity."""
    affected = len({issue.patient for issue in issues})
    heading(f"Proven issues: {len(issues)}, in {affected} patients")
    counted = Counter((issue.kind.value, issue.severity) for issue in issues)
    kinds = sorted({issue.kind.value for issue in issues})
    rows = [(kind, *(str(counted[kind, severity]) for severity in SEVERITIES)) for kind in kinds]
    say(columns(("kind", *SEVERITIES), rows))


def choose(issues: Sequence[DetectedIssue]) -> DetectedIssue | None:
    """A grave issue of verified evidence, of a patient who has few; None if there is none at all."""
    counted = Counter(issue.patient for issue in issues)

    def order(issue: DetectedIssue) -> tuple[bool, int, bool, str, str]:
        unverified = all(one.status != "verified" for one in issue.evidence)
        few = abs(counted[issue.patient] - 3)
        return unverified, issue.significance.rank, few > 2, issue.patient, issue.id

    return min(issues, key=order, default=None)


def show_patient(issue: DetectedIssue, issues: Sequence[DetectedIssue]) -> None:
    """One patient's issues, and one of them with its derivation."""
    own = [one for one in issues if one.patient == issue.patient]
    heading(f"One patient: {issue.patient}")
    for one in own[:SHOWN_ISSUES]:
        say(issue_line(one))
    if len(own) > SHOWN_ISSUES:
        say(f"… and {len(own) - SHOWN_ISSUES} more")
    heading(f"Why: {issue.id}")
    say(issue_text(issue))


def show_prediction(risks: Sequence[RiskAssessment], patient: str) -> None:
    """One predicted relation that the graph does not have already, of this patient if there is one."""
    heading("One predicted relation: no proof, and no patient's probability")
    new = [risk for risk in risks if all(c.code is not CaveatCode.KNOWN_EDGE for c in risk.caveats)]
    if not new:
        say("none: no two concepts of a patient are in the embedding, or the graph has every relation already")
        return
    risk = max(new, key=lambda one: (one.patient == patient, one.plausibility, one.id))
    say(f"{risk.head_label} ({risk.head}) {risk.relation} {risk.tail_label} ({risk.tail})")
    say(f"plausibility {risk.plausibility:.3g} under a prior of {risk.prior:.3g}, the share of true pairs it assumes")
    say(f"rank {risk.rank:g} of {risk.candidates}, model {risk.model}, for {risk.patient}")
    say("The plausibility says how the relation fits the graph that the model was trained on. It is no proof, no")
    say("advice, and not the probability that anything happens to the patient.")
    for caveat in risk.caveats:
        say(f"caveat: {caveat.text}")


def show_commands(store: str, at: str, issue: DetectedIssue) -> None:
    """How to go on; each line can be pasted in a shell."""
    heading("Go on (from the repository's folder)")
    body = msgspec.json.encode({"query": GRAPHQL, "variables": {"id": issue.patient}}).decode()
    kgtwin = ".venv/bin/kgtwin"
    commands = [
        (kgtwin, "serve", "--store", store, "--at", at),
        ("curl", "-s", f"{URL}/graphql", "-H", "Content-Type: application/json", "-d", body),
        (kgtwin, "explain", issue.id, "--format", "mermaid", "--store", store),
        (kgtwin, "twin", issue.patient, "--at", at, "--store", store),
        (kgtwin, "cypher", CYPHER, "--store", store),
        (kgtwin, "sparql", SPARQL, "--store", store),
    ]
    for command in commands:
        say(shlex.join(command))
    say("\nStop `serve` before the others: the embedded store belongs to one process at a time.")


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Say on standard error what is done and how long it took."""
    start = time.monotonic()
    yield
    note(f"{name}: {time.monotonic() - start:.1f} s")


def heading(text: str) -> None:
    """A line that starts a part."""
    say(f"\n{text}\n{'-' * len(text)}")


def _writer(stream: str) -> Callable[[str], None]:
    return lambda text: print(text, file=getattr(sys, stream), flush=True)


say = _writer("stdout")
note = _writer("stderr")

if __name__ == "__main__":
    sys.exit(main())
