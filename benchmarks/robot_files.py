"""What ROBOT says of a file as it is: warnings of the OWL API, its report, which axioms lie outside OWL 2 EL."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

from robot_axioms import of_functional, of_node, said
from robot_calls import Outcome, Robot

from kgtwin.workbench.profile import violations
from kgtwin.workbench.project import Project

_VIOLATION = re.compile(r"^(.*?) \[(\w+\(.*)\) in (?:OntologyID\(|null)")


def warnings(robot: Robot, file: Path, folder: Path) -> list[str]:
    """What the OWL API warns of, as it loads a file strictly."""
    told = robot.run("-vv", "merge", "--strict", "--input", file, "--output", folder / "loaded.ofn")
    lines = [line for line in told.splitlines() if re.match(r"WARN|ERROR", line)]
    assert any("Subcommand Timing" in line for line in lines), "ROBOT does not tell its warnings"
    return [line for line in lines if "Subcommand Timing" not in line]


def loading(robot: Robot, files: list[Path], folder: Path) -> Outcome:
    """Whether every file loads without a warning."""
    found = {file: warnings(robot, file, folder) for file in files}
    bad = [f"{file.name}: {line[:200]}" for file, lines in found.items() for line in lines]
    return Outcome("loads without a warning", sum(not lines for lines in found.values()), [], bad, [])


def report(robot: Robot, file: Path, folder: Path) -> Outcome:
    """ROBOT's report on a file with its imports: errors are differences, the rest is counted by kind."""
    table = folder / "report.tsv"
    robot.run("merge", "--input", file, "report", "--fail-on", "none", "--output", table)
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    bad = [" ".join(filter(None, row.values())) for row in rows if row["Level"] == "ERROR"]
    rest = Counter((row["Level"], row["Rule Name"]) for row in rows if row["Level"] != "ERROR")
    kinds = [f"{level} {rule}: {count}" for (level, rule), count in sorted(rest.items())]
    return Outcome(f"report, {file.name}", int(not bad), [], bad, kinds)


def profile(robot: Robot, file: Path, project: Project, folder: Path) -> Outcome:
    """Which axioms lie outside OWL 2 EL."""
    output = folder / "profile.txt"
    robot.run("validate-profile", "--profile", "EL", "--input", file, "--output", output, good=(0, 1))
    head, *lines = output.read_text(encoding="utf-8").splitlines()
    theirs = dict(map(_theirs, filter(None, lines)))
    assert bool(theirs) == ("NOT in profile" in head), head
    found = {of_node(one.entry.node): f"{one.entry.where}: {one.why}" for one in violations(project.entries())}
    ours = {said(key): text for key, text in found.items()}
    return Outcome(
        f"profile, {file.name}",
        len(ours.keys() & theirs.keys()),
        [text for key, text in ours.items() if key not in theirs],
        [text for key, text in theirs.items() if key not in ours],
        [],
    )


def _theirs(line: str) -> tuple[str, str]:
    """The axiom of a line of ROBOT's, and the line; where it names none, the line itself."""
    found = _VIOLATION.match(line)
    return (said(of_functional(found[2])) if found else line, line[:300])
