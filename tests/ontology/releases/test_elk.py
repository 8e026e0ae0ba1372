"""A made-up release imported both ways, classified, against ELK's taxonomy of the release's own OWL reference set."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.model.axioms import Axiom, Class, EquivalentClasses, SubClassOf
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.loader import load
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_files import find_files
from kgtwin.reasoning import classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.ontology.releases.made_up import imported

ROOT = Path(__file__).parents[3]
JAR = Path(os.environ.get("ELK_JAR", ROOT.parent / "shared" / "bench" / "elk-standalone-0.4.3.jar"))
pytestmark = [
    pytest.mark.elk,
    pytest.mark.skipif(not JAR.is_file(), reason=f"ELK's standalone jar is not at {JAR} (ELK_JAR)"),
    pytest.mark.skipif(shutil.which("java") is None, reason="ELK needs Java"),
    pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="benchmarks/ is not part of a source distribution"),
]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    line = [sys.executable, str(ROOT / "benchmarks" / "importing.py"), "generate", "400", str(folder)]
    subprocess.run(line, check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def elk(release: Path) -> set[tuple[str, str]]:
    """ELK's taxonomy of the reference set's rows, as they stand."""
    source, target = release / "in.ofn", release / "out.ofn"
    (file,) = find_files(release).of("expressions")
    rows = [line.split("\t")[-1] for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    source.write_text("\n".join(["Prefix(:=<http://snomed.info/id/>)", "Ontology(", *rows, ")"]), encoding="utf-8")
    command = ["java", "-Xmx1g", "-jar", str(JAR), "-c", "-i", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert not re.findall(r"ELK (?:does not support|supports .* only partially).*", done.stdout + done.stderr)
    return pairs(load(target).axioms)


def pairs(axioms: tuple[Axiom, ...]) -> set[tuple[str, str]]:
    """Direct subsumptions, and equivalences both ways."""
    found: set[tuple[str, str]] = set()
    for axiom in axioms:
        if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class) and isinstance(axiom.sup, Class):
            found.add((axiom.sub.iri, axiom.sup.iri))
        elif isinstance(axiom, EquivalentClasses):
            names = [one.iri for one in axiom.operands if isinstance(one, Class)]
            found |= {(one, other) for one in names for other in names if one != other}
    return found


@pytest.mark.parametrize("form", ["owl", "relationships"])
def test_the_taxonomy_of_an_imported_release_is_elks(
    form: str, release: Path, elk: set[tuple[str, str]], tmp_path: Path
) -> None:
    log = Log()
    imported(release, tmp_path / "snomed.ofn", log, form=form)
    assert log.rejected == 0
    ontology = load(tmp_path / "snomed.ofn")
    names = [iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS]
    found = classify(ontology.axioms, classes=names)
    ours: set[tuple[str, str]] = set()
    for iri in found.classes - {OWL_THING, OWL_NOTHING}:
        ours |= {(iri, parent) for parent in found.parents(iri) if parent not in (OWL_THING, OWL_NOTHING)}
        ours |= {(iri, other) for other in found.equivalents(iri) if other != iri}
    assert len(elk) > 300
    assert told_between(ours) == told_between(elk)


def told_between(direct: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """All subsumptions that direct ones and equivalences add up to, whichever member of a group stands for it."""
    above: dict[str, set[str]] = {}
    for sub, sup in direct:
        above.setdefault(sub, set()).add(sup)
    found: set[tuple[str, str]] = set()
    for start in above:
        todo, seen = [start], {start}
        while todo:
            new = above.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        found |= {(start, one) for one in seen if one != start and "snomed.info" in one}
    return found
