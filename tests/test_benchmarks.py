"""The reasoner's benchmark runs, on the smallest ontology; what it makes is the same every time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.model.axioms import EquivalentClasses, SubClassOf, SubObjectPropertyOf
from kgtwin.ontology.loader import load

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks/ is not part of a source distribution")


def ran(script: str, *arguments: str | Path) -> str:
    line = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_shaped_ontology_is_the_same_every_time_and_another_with_another_seed(tmp_path: Path) -> None:
    one, again, other = (tmp_path / f"{name}.ofn" for name in ("one", "again", "other"))
    ran("reasoner_shaped.py", "300", one)
    ran("reasoner_shaped.py", "300", again)
    ran("reasoner_shaped.py", "300", other, "--seed", "8")
    assert one.read_bytes() == again.read_bytes() != other.read_bytes()


def test_a_shaped_ontology_has_definitions_and_chains(tmp_path: Path) -> None:
    file = tmp_path / "shaped.ofn"
    ran("reasoner_shaped.py", "300", file)
    axioms = load(file).axioms
    kinds = [type(axiom) for axiom in axioms]
    assert kinds.count(SubClassOf) > 2 * kinds.count(EquivalentClasses) > 50
    assert any(isinstance(axiom, SubObjectPropertyOf) and len(axiom.chain) == 2 for axiom in axioms)


@pytest.mark.slow
def test_growth_prints_a_row_of_a_thousand_classes() -> None:
    heads, row = ran("reasoner.py", "growth", "--sizes", "1000", "--runs", "1").splitlines()
    figures = dict(zip(heads.removesuffix("each axiom more").split(), row.split(), strict=True))
    assert 990 < int(figures["axioms"]) < int(figures["classes"]) < 1010
    assert float(figures["wall/s"]) > 0
    assert int(figures["bytes/axiom"]) > 0
