"""ROBOT and kgtwin say the same of the shipped ontologies; and the comparison sees it where they do not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "robot_agreement.py"
SHIPPED = ROOT / "ontologies" / "kgtwin.owl"
ROBOT = os.environ.get("ROBOT", str(ROOT.parent / "shared" / "bench" / "robot" / "robot"))
LINE = re.compile(r"^(.+?) +(the same|DIFFERENT) +(\d+) on both sides", re.MULTILINE)
HEAD = """Prefix(:=<http://example.org/x#>)
Ontology(<http://example.org/x>
Annotation(<http://purl.org/dc/terms/title> "Small")
Declaration(AnnotationProperty(<http://purl.org/dc/terms/title>))
Declaration(Class(:A))
Declaration(Class(:B))
Declaration(Class(:C))
SubClassOf(:A :B)
SubClassOf(:B :C)
"""
FAKE = f"""#!{sys.executable}
import pathlib, sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
if sys.argv[1] == "reason":
    print("ERROR     unsatisfiable: http://example.org/x#A")
    sys.exit(1)
pathlib.Path(arguments["--output"]).write_text("OWL 2 EL Profile Report: [Ontology and imports closure in profile]\\n")
"""
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="benchmarks/ is not part of a source distribution")


def needs_robot(test: Callable[..., None]) -> Callable[..., None]:
    """Skip a test where ROBOT or Java is not there."""
    no_robot = pytest.mark.skipif(shutil.which(ROBOT) is None, reason=f"ROBOT is not at {ROBOT} (ROBOT)")
    no_java = pytest.mark.skipif(shutil.which("java") is None, reason="ROBOT needs Java")
    marked: Callable[..., None] = pytest.mark.elk(no_robot(no_java(test)))
    return marked


def compared(file: Path, checks: str, *more: str, robot: str = ROBOT) -> tuple[int, str, dict[str, tuple[str, int]]]:
    """The exit code, what was printed, and each comparison's verdict and how much is the same."""
    line = [sys.executable, str(SCRIPT), str(file), "--robot", robot, "--only", checks, "--heap", "3g", *more]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {what: (verdict, int(same)) for what, verdict, same in LINE.findall(done.stdout)}
    return done.returncode, done.stdout + done.stderr, found


def small(folder: Path, *axioms: str) -> Path:
    """A small ontology, of a class below another below a third, and some axioms more."""
    file = folder / "small.ofn"
    file.write_text(HEAD + "".join(f"{axiom}\n" for axiom in axioms) + ")\n", encoding="utf-8")
    return file


@pytest.mark.slow
@needs_robot
def test_the_profile_of_the_shipped_ontologies() -> None:
    """The same axioms lie outside OWL 2 EL."""
    code, told, found = compared(SHIPPED, "profile")
    assert code == 0, told
    assert found["profile, kgtwin.owl"][1] > 20


@needs_robot
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_module_by_itself() -> None:
    """Only modules that say so lie outside OWL 2 EL; each loads in the OWL API without a warning."""
    code, told, found = compared(SHIPPED, "loads,profile,report", "--each")
    assert code == 0, told
    modules = {file.name: file.read_text(encoding="utf-8") for file in SHIPPED.parent.glob("*.ofn")}
    assert found["loads without a warning"] == ("the same", len(modules) + 1)
    outside = {name for name in modules if found[f"profile, {name}"][1]}
    assert outside == {name for name, text in modules.items() if '\nAnnotation(:profile "DL")\n' in text}


@needs_robot
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_follows_from_the_shipped_ontologies() -> None:
    """Unsatisfiable classes, also in a copy with contradictions; the taxonomy; what an edit changes; explanations."""
    code, told, found = compared(SHIPPED, "unsatisfiable,taxonomy,diff,explain", "--count", "4")
    assert code == 0, told
    assert found["unsatisfiable"] == ("the same", 0)
    assert found["unsatisfiable, broken copy"][1] > 1
    assert found["taxonomy"][1] > 4000
    assert min(found["difference after reasoning"][1], found["kgtwin ontology diff"][1]) > 2
    assert found["explanations of 4"][1] > 3
    assert found["explanations of 2, broken copy"][1] > 1


@pytest.mark.slow
@needs_robot
def test_robots_errors_are_seen(tmp_path: Path) -> None:
    """A small ontology without labels, licence and description, with a union and with a contradiction."""
    file = small(tmp_path, "SubClassOf(:C ObjectUnionOf(:A :B))", "DisjointClasses(:A :B)")
    code, told, found = compared(file, "profile,report")
    assert code == 1, told
    assert found["profile, small.ofn"] == ("the same", 1)
    assert found["report, small.ofn"] == ("DIFFERENT", 0)
    assert "only ROBOT: ERROR missing_label http://example.org/x#A" in told


def fake(folder: Path) -> str:
    """A ROBOT that finds everything in the profile and :A unsatisfiable."""
    file = folder / "robot"
    file.write_text(FAKE, encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def test_a_violation_that_robot_does_not_name_is_told(tmp_path: Path) -> None:
    file = small(tmp_path, "SubClassOf(:C ObjectUnionOf(:A :B))")
    code, told, found = compared(file, "profile", robot=fake(tmp_path))
    assert (code, found) == (1, {"profile, small.ofn": ("DIFFERENT", 0)}), told
    assert f"only kgtwin: {file}:10" in told
    assert "ObjectUnionOf" in told


def test_a_class_that_one_side_alone_finds_unsatisfiable_is_told(tmp_path: Path) -> None:
    code, told, found = compared(small(tmp_path), "unsatisfiable", robot=fake(tmp_path))
    assert code == 1, told
    assert found["unsatisfiable"] == ("DIFFERENT", 0)
    assert "only ROBOT: http://example.org/x#A" in told
    assert found["unsatisfiable, broken copy"][0] == "DIFFERENT"
