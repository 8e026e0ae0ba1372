"""Classifies ontologies with kgtwin and with a Java reasoner, and compares the taxonomies exactly.

Usage::

    python benchmarks/taxonomies.py FILE… --elk elk-standalone-0.4.3.jar
    python benchmarks/taxonomies.py FILE… --oracle robot --robot path/to/robot [--reasoner ELK|hermit|whelk|jfact]
    python benchmarks/taxonomies.py FILE --expected TAXONOMY.ofn[.xz]

Compared are the sets of equivalent classes and the direct subsumptions between them. Differences are printed, and the
exit status is 1 where there are any. FILE may be compressed with xz.

ELK's standalone program (https://github.com/liveontologies/elk-reasoner/releases) reads functional syntax only; where
ROBOT (https://robot.obolibrary.org) is given as well, it converts other syntaxes. The options can be given once and for
all by the environment variables ``ELK_JAR`` and ``ROBOT``. ``--java`` names another Java, ``--heap`` how much memory it
may use.
"""

from __future__ import annotations

import argparse
import lzma
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kgtwin.model.axioms import Class, EquivalentClasses, SubClassOf
from kgtwin.ontology.loader import load

OWL = "http://www.w3.org/2002/07/owl#"
THING, NOTHING = f"{OWL}Thing", f"{OWL}Nothing"
SHOWN = 10
"""Differences of a kind that are printed."""
_AXIOM = re.compile(r"(SubClassOf|EquivalentClasses)\(((?:<[^>]*>|owl:\w+|\s)+)\)")
_NAME = re.compile(r"<([^>]*)>|owl:(\w+)")
Group = frozenset[str]


class Taxonomy(NamedTuple):
    """The groups of several equivalent classes, and which group is directly below which."""

    equivalent: set[Group]
    direct: set[tuple[Group, Group]]


def read(file: Path) -> Taxonomy:
    """A taxonomy in functional syntax; what it says of ``owl:Thing`` above all is left out."""
    groups: dict[str, Group] = {}
    edges: list[tuple[str, str]] = []
    for kind, names in _axioms(file):
        if kind == "SubClassOf":
            edges.append((names[0], names[1]))
        else:
            whole = frozenset(names).union(*(groups.get(name, ()) for name in names))
            groups.update(dict.fromkeys(whole, whole))
    direct = {(groups.get(sub, frozenset((sub,))), groups.get(sup, frozenset((sup,)))) for sub, sup in edges}
    kept = {(sub, sup) for sub, sup in direct if sub != sup and NOTHING not in sub and THING not in sup}
    return Taxonomy({group for group in groups.values() if len(group) > 1}, kept)


def _axioms(file: Path) -> Iterator[tuple[str, list[str]]]:
    """The axioms between named classes, one a line where names are written in full."""
    for line in _lines(file):
        if line.startswith("Prefix"):
            yield from _parsed(file)
            return
        found = _AXIOM.match(line)
        if found:
            yield found[1], [full or OWL + short for full, short in _NAME.findall(found[2])]


def _parsed(file: Path) -> Iterator[tuple[str, list[str]]]:
    for axiom in load(file).axioms:
        match axiom:
            case SubClassOf(Class(sub), Class(sup)):
                yield "SubClassOf", [sub, sup]
            case EquivalentClasses(operands):
                names = [one.iri for one in operands if isinstance(one, Class)]
                if len(names) == len(operands):
                    yield "EquivalentClasses", names


def _lines(file: Path) -> Iterator[str]:
    if file.suffix == ".xz":
        with lzma.open(file, "rt", encoding="utf-8") as text:
            yield from text
    else:
        with file.open(encoding="utf-8") as text:
            yield from text


class Oracle:
    """ELK, or a reasoner inside ROBOT."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder

    def classified(self, file: Path) -> Path:
        """The file of a taxonomy."""
        out = self.folder / "oracle.ofn"
        if self.options.oracle == "elk":
            functional = file if file.suffix == ".ofn" else self._converted(file, "convert", [])
            command = [self.options.java, f"-Xmx{self.options.heap}", "-jar", str(self.options.elk)]
            run([*command, "-c", "-i", str(functional), "-o", str(out)])
            return out
        generators = ["--axiom-generators", "SubClass EquivalentClass", "--include-indirect", "false"]
        whole = ["--create-new-ontology", "true", "--equivalent-classes-allowed", "all"]
        return self._converted(file, "reason", ["--reasoner", self.options.reasoner, *generators, *whole])

    def _converted(self, file: Path, command: str, more: list[str]) -> Path:
        """What ROBOT makes of a file, in functional syntax."""
        if not self.options.robot:
            sys.exit(f"{file}: ELK reads functional syntax (.ofn) only; to convert others, give --robot")
        out = self.folder / f"{command}.ofn"
        environment = {**os.environ, "ROBOT_HEAP": self.options.heap}
        run([str(self.options.robot), command, *more, "--input", str(file), "--output", str(out)], environment)
        return out


def run(command: list[str], environment: dict[str, str] | None = None, fine: tuple[int, ...] = (0,)) -> None:
    """Runs a program, or leaves with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode not in fine:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{(done.stderr or done.stdout)[-2000:]}")


def ours(file: Path, folder: Path) -> Path:
    """Our taxonomy, by the command that everyone uses; it ends with 1 where a class is unsatisfiable."""
    out = folder / "ours.ofn"
    run([sys.executable, "-m", "kgtwin", "ontology", "classify", str(file), "-o", str(out), "--no-cache"], fine=(0, 1))
    return out


def plain(file: Path, folder: Path) -> Path:
    """A file that is not compressed, with the same content."""
    if file.suffix != ".xz":
        return file
    out = folder / file.stem
    out.write_bytes(lzma.decompress(file.read_bytes()))
    return out


def differences(found: Taxonomy, expected: Taxonomy) -> list[str]:
    """What only one of two taxonomies has, in words."""
    lines: list[str] = []
    parts: list[tuple[str, set[Group] | set[tuple[Group, Group]], set[Group] | set[tuple[Group, Group]]]] = [
        ("equivalent", found.equivalent, expected.equivalent),
        ("directly below", found.direct, expected.direct),
    ]
    for what, one, other in parts:
        for who, only in (("kgtwin", one - other), ("the oracle", other - one)):
            shown = sorted(" | ".join(" ".join(sorted(group)) for group in _groups(item)) for item in only)
            lines += [f"  {what}, says {who} alone: {text}" for text in shown[:SHOWN]]
            lines += [f"  … and {len(shown) - SHOWN} more"] if len(shown) > SHOWN else []
    return lines


def _groups(item: Group | tuple[Group, Group]) -> tuple[Group, ...]:
    return item if isinstance(item, tuple) else (item,)


def compare(file: Path, options: argparse.Namespace) -> bool:
    """Classifies one ontology twice and prints what came out; whether it is the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = plain(file, folder)
        start = time.perf_counter()
        found = read(ours(source, folder))
        seconds = [time.perf_counter() - start]
        start = time.perf_counter()
        expected = read(options.expected or Oracle(options, folder).classified(source))
        seconds.append(time.perf_counter() - start)
    lines = differences(found, expected)
    print(
        f"{file.name}: {len(found.direct)} direct subsumptions, {len(found.equivalent)} equivalences, "
        f"{'the same' if not lines else 'DIFFERENT'} ({seconds[0]:.1f} s and {seconds[1]:.1f} s)"
    )
    print(*lines, sep="\n", end="\n" if lines else "")
    return not lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--oracle", choices=("elk", "robot"), default="elk")
    parser.add_argument("--elk", type=Path, default=os.environ.get("ELK_JAR"), help="ELK's standalone jar")
    parser.add_argument("--robot", type=Path, default=os.environ.get("ROBOT"), help="ROBOT's program")
    parser.add_argument("--reasoner", default="ELK", help="which reasoner of ROBOT's")
    parser.add_argument("--expected", type=Path, help="a taxonomy made before, in place of an oracle (one FILE)")
    parser.add_argument("--java", default="java")
    parser.add_argument("--heap", default="12g")
    options = parser.parse_args()
    if not (options.expected or getattr(options, options.oracle)):
        parser.error(f"give --{options.oracle} (or {'ELK_JAR' if options.oracle == 'elk' else 'ROBOT'}), or --expected")
    same = [compare(file, options) for file in options.files]
    sys.exit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
