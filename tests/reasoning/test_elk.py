"""ELK as the oracle for taxonomies: hundreds of ontologies of disjoint signatures at one start of Java.

ELK 0.4.3 makes no use of data and self restrictions, and misses some that follows by ranges, or by chains of equivalent
roles: of these it is not asked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model.axioms import Axiom, Class, EquivalentClasses
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.loader import load
from kgtwin.ontology.signature import used
from kgtwin.ontology.writer import write_ontology
from kgtwin.reasoning import classify
from kgtwin.vocabulary import OWL_THING
from tests.fuzz import times
from tests.reasoning.comparing import above, told
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.reference import Answer

_HERE = Path(__file__).parents[3] / "shared" / "bench" / "elk-standalone-0.4.3.jar"
JAR = Path(os.environ.get("ELK_JAR", _HERE))
pytestmark = [
    pytest.mark.elk,
    pytest.mark.skipif(not JAR.is_file(), reason=f"ELK's standalone jar is not at {JAR} (ELK_JAR)"),
    pytest.mark.skipif(shutil.which("java") is None, reason="ELK needs Java"),
]
SHAPES = {
    "plain": Shape(numbers=False, ranges=False),
    "no contradictions": Shape(numbers=False, ranges=False, bottom=False),
    "deep": Shape(numbers=False, ranges=False, classes=4, axioms=16, depth=4),
    "cyclic": Shape(numbers=False, ranges=False, classes=8, axioms=24, depth=1, bottom=False),
    "chained": Shape(numbers=False, ranges=False, classes=4, roles=7, axioms=20, bottom=False),
}


def _consistent(axioms: list[Axiom]) -> bool:
    try:
        classify(axioms)
    except InconsistentOntologyError:
        return False
    return True


def _classes(axioms: Sequence[Axiom]) -> list[str]:
    kinds = used(axioms)
    return [iri for iri, kind in kinds.items() if kind is EntityKind.CLASS] + [OWL_THING]


def _elk(axioms: Sequence[Axiom], folder: Path) -> set[Axiom]:
    """ELK's taxonomy: equivalences and direct subsumptions."""
    source, target = folder / "in.ofn", folder / "out.ofn"
    source.write_text("\n".join(write_ontology(axioms, used(axioms))), encoding="utf-8")
    command = ["java", "-Xmx2g", "-jar", str(JAR), "-c", "-i", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    refused = re.findall(r"ELK (?:does not support|supports .* only partially).*", done.stdout + done.stderr)
    assert not refused, refused
    return {_sorted(axiom) for axiom in load(target).axioms}


def _sorted(axiom: Axiom) -> Axiom:
    if isinstance(axiom, EquivalentClasses):
        return EquivalentClasses(
            tuple(sorted(axiom.operands, key=lambda one: one.iri if isinstance(one, Class) else ""))
        )
    return axiom


def _ours(axioms: Sequence[Axiom]) -> Answer:
    names = _classes(axioms)
    found = classify(axioms, classes=names)
    return Answer(True, {iri: above(found, iri) for iri in names}, {})


@pytest.mark.parametrize(("shape", "seed"), [*zip(SHAPES.values(), range(5), strict=True)], ids=SHAPES)
def test_equals_elk_on_hundreds_of_ontologies(shape: Shape, seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    made = (Generator(random, f"o{number}", shape).ontology() for number in range(times(200)))
    axioms = [axiom for one in made if _consistent(one) for axiom in one]
    assert told(_ours(axioms)) == _elk(axioms, tmp_path)
