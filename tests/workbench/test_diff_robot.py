"""What is gained and lost against ROBOT: both versions reasoned by ELK (``robot reason``), then ``robot diff``.

ROBOT compares neighbours: it also tells pairs that were known before and only became neighbours. Each of its lines is
either such a pair or one of our changes, and each of our changes is one of its lines. ELK leaves out an axiom with a
data restriction as a whole: both versions are compared without these.
"""

from __future__ import annotations

import lzma
import re
import subprocess
from pathlib import Path
from random import Random

import pytest

from kgtwin.config import Settings
from kgtwin.model.axioms import Axiom, Class, EquivalentClasses, SubClassOf
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.ontology.loader import load
from kgtwin.ontology.writer import write_ontology
from kgtwin.reasoning import classify
from kgtwin.workbench.differences import Version
from kgtwin.workbench.inferred import Conclusion, Reasoned, Sides, inferred
from tests.workbench.samples import side

SHARED = Path(__file__).parents[2].parent / "shared"
ROBOT = SHARED / "bench" / "robot" / "robot"
GALEN = SHARED / "data" / "owl" / "galen-el.ofn.xz"
needs_robot = pytest.mark.skipif(not ROBOT.exists(), reason="needs ROBOT in ../shared/bench")
needs_galen = pytest.mark.skipif(not GALEN.exists(), reason="needs GALEN in ../shared/data")
REASON = ("--reasoner", "ELK", "--equivalent-classes-allowed", "all", "--create-new-ontology", "true")
LINE = re.compile(r"^([+-]) (SubClassOf|EquivalentClasses)\((<[^>]*>)(?:\[[^\]]*\])? (<[^>]*>)(?:\[[^\]]*\])? ?\)$")


def without_data(ontology: Ontology) -> list[Axiom]:
    """The axioms that ELK uses, as far as data restrictions go."""
    return [one for one in ontology.axioms if "DataSomeValuesFrom" not in render(one)]


def edited(ontology: Ontology, random: Random) -> list[Axiom]:
    """Six placements and two definitions less, six placements more that leave every class possible (ROBOT insists)."""
    axioms = without_data(ontology)
    told = [one for one in axioms if isinstance(one, SubClassOf) and isinstance(one.sub, Class)]
    placed = [one for one in told if isinstance(one.sup, Class)]
    defined = [one for one in axioms if isinstance(one, EquivalentClasses)]
    gone = {*random.sample(placed, 6), *random.sample(defined, min(2, len(defined)))}
    found = classify([one for one in axioms if one not in gone])
    new: list[Axiom] = []
    while len(new) < 6:
        axiom = SubClassOf(random.choice(placed).sub, random.choice(placed).sup)
        if axiom not in ontology.origins and not found.change([*new, axiom]).unsatisfiable:
            new.append(axiom)
    return [*(one for one in axioms if one not in gone), *new]


def robot(folder: Path) -> set[tuple[str, str, str, str]]:
    """ROBOT's lines about named classes: sign, kind, sub, sup."""
    for name in ("a", "b"):
        files = "--input", folder / f"{name}.ofn", "--output", folder / f"{name}-reasoned.ofn"
        subprocess.run([ROBOT, "reason", *REASON, *files], check=True)
    sides = "--left", folder / "a-reasoned.ofn", "--right", folder / "b-reasoned.ofn"
    subprocess.run([ROBOT, "diff", *sides, "--output", folder / "diff.txt"], check=True)
    found = map(LINE.match, (folder / "diff.txt").read_text(encoding="utf-8").splitlines())
    return {tuple(part.strip("<>") for part in line.groups()) for line in found if line is not None}  # type: ignore[misc]


def check(ontology: Ontology, folder: Path, seed: int) -> None:
    versions = {"a": without_data(ontology), "b": edited(ontology, Random(seed))}
    for name, axioms in versions.items():
        lines = write_ontology(axioms, ontology.entities, "http://example.org/x")
        (folder / f"{name}.ofn").write_text("\n".join(lines), encoding="utf-8")
    one, other = (Reasoned(Version.of(side(folder / f"{name}.ofn"))) for name in versions)
    theirs = robot(folder)
    changes = inferred(one, other)
    seen = 0
    for sign, new, old in (("+", other, one), ("-", one, other)):
        sides = Sides(new.known, old.known)
        ours = {
            (change.sub, change.sup)
            for change in changes
            if change.gained is (sign == "+") and change.conclusion is Conclusion.SUBSUMPTION
        }
        lone = {pair for pair in ours if not any(new.known.equivalents(iri) for iri in pair)}
        pairs = {(sub, sup) for found, kind, sub, sup in theirs if found == sign and kind == "SubClassOf"}
        assert lone <= pairs
        told = {pair for pair in pairs if not any(new.known.equivalents(iri) for iri in pair)}
        assert {pair for pair in told if not sides.held(*pair)} == lone
        assert all(new.known.is_subclass_of(*pair) for pair in pairs)
        seen += len(lone)
    assert seen > 3


@needs_robot
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_shipped_ontologies(tmp_path: Path, seed: int) -> None:
    check(load(Settings().ontology), tmp_path, seed)


@needs_robot
@needs_galen
@pytest.mark.slow
def test_galen(tmp_path: Path) -> None:
    file = tmp_path / "galen.ofn"
    file.write_bytes(lzma.decompress(GALEN.read_bytes()))
    check(load(file), tmp_path, 1)
