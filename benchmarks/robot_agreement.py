"""Whether kgtwin and ROBOT (with ELK) say the same of an ontology.

Usage::

    python benchmarks/robot_agreement.py FILE --robot ROBOT [--only CHECK,…] [--each] [--seed 1] [--count 10]

Checks, of which ``--only`` names some:

- ``loads``: the OWL API loads the file with its imports strictly and without a warning;
- ``report``: ``robot report`` on the file with its imports has no ERROR;
- ``profile``: the same axioms of the file and its imports lie outside OWL 2 EL;
- ``unsatisfiable``: the same classes, as it is and in a copy with contradictions drawn at random;
- ``taxonomy``: the same direct subsumptions and equivalences, in the file and in an edited copy;
- ``explain``: the same minimal sets of axioms for ``count`` inferred subsumptions drawn at random, and for two classes
  of the copy with contradictions;
- ``diff``: ``robot reason`` on the file and on a copy with edits drawn at random, then ``robot diff``: the same changes
  as between kgtwin's two taxonomies, and as ``kgtwin ontology diff`` tells.

``--each``: the first three are asked of every module that FILE imports, too.

FILE is in functional syntax with one axiom a line, or imports such files. The exit status is 1 where anything differs
without a known reason: ELK leaves out axioms with data restrictions, so that what follows by these alone is not
ROBOT's to find.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from random import Random

from robot_calls import Outcome, Robot
from robot_copies import Edit, Lines, copy
from robot_difference import changed, difference, told
from robot_files import loading, profile, report
from robot_reasoning import Compared, Version, contradictions, explained, questions, unsatisfiable

from kgtwin.errors import InconsistentOntologyError
from kgtwin.workbench.project import read_project

_TRIES = 50


class Checks:
    """The checks of one ontology; what two of them need is made once."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.asked, self.folder = asked, folder
        self.robot = Robot(str(asked.robot), asked.heap)
        self.version = Version(asked.file)
        modules = [module.file for module in self.version.project.modules]
        self.files = modules if asked.each else [asked.file]
        self.lines = Lines(modules)

    def loads(self) -> Iterator[Outcome]:
        """With its imports."""
        yield loading(self.robot, self.files, self.folder)

    def report(self) -> Iterator[Outcome]:
        """With its imports."""
        for file in self.files:
            yield report(self.robot, file, self.folder)

    def profile(self) -> Iterator[Outcome]:
        """With its imports."""
        for file in self.files:
            project, _ = read_project(file)
            assert project is not None
            yield profile(self.robot, file, project, self.folder)

    def unsatisfiable(self) -> Iterator[Outcome]:
        """As it is, and with contradictions."""
        yield unsatisfiable(self.robot, self.version, "unsatisfiable", self.folder)
        yield unsatisfiable(self.robot, self.broken, "unsatisfiable, broken copy", self.folder)

    def taxonomy(self) -> Iterator[Outcome]:
        """As it is, and edited."""
        yield self.before.outcome("taxonomy")
        yield self.after.outcome("taxonomy, edited copy")

    def explain(self) -> Iterator[Outcome]:
        """Inferred subsumptions, and classes of the copy with contradictions."""
        random, limit = Random(self.asked.seed), self.asked.limit
        pairs = questions(self.version, random, self.asked.count)
        yield explained(self.robot, self.version, pairs, limit, self.folder, f"explanations of {len(pairs)}")
        pairs = contradictions(self.broken, random, 2)
        yield explained(
            self.robot, self.broken, pairs, limit, self.folder, f"explanations of {len(pairs)}, broken copy"
        )

    def diff(self) -> Iterator[Outcome]:
        """Between the file and its edited copy."""
        theirs = changed(self.robot, self.before, self.after, self.folder)
        yield difference(theirs, self.before, self.after)
        yield told(theirs, self.before, self.after)

    @cached_property
    def before(self) -> Compared:
        """The file, reasoned by ROBOT."""
        return Compared(self.robot, self.version, self.folder / "before.ofn")

    @cached_property
    def after(self) -> Compared:
        """An edited copy, reasoned by ROBOT, which refuses one with unsatisfiable classes: it has none."""
        return Compared(self.robot, self._edited, self.folder / "after.ofn")

    @cached_property
    def _edited(self) -> Version:
        most = len(self.version.known.unsatisfiable)
        found, edits = self._drawn(
            "edited",
            lambda random: self.lines.edits(random, self.asked.edits, 2, self.asked.edits),
            lambda version: len(version.known.unsatisfiable) <= most,
        )
        print(*(f"    edit: {edit}" for edit in edits), sep="\n", flush=True)
        return found

    @cached_property
    def broken(self) -> Version:
        """A copy in which two placements are contradicted."""
        found, edits = self._drawn(
            "broken",
            lambda random: self.lines.contradictions(random, 2),
            lambda version: len(version.known.unsatisfiable) > len(self.version.known.unsatisfiable),
        )
        print(*(f"    edit: {edit}" for edit in edits), sep="\n", flush=True)
        return found

    def _drawn(
        self, name: str, draw: Callable[[Random], list[Edit]], fits: Callable[[Version], bool]
    ) -> tuple[Version, list[Edit]]:
        """The first draw that fits: as many as one wants to read, and consistent."""
        for number in range(_TRIES):
            edits = draw(Random(self.asked.seed * 1000 + number))
            root = copy(self.asked.file, self.lines, edits, self.folder / f"{name}-{number}")
            try:
                version = Version(root)
            except InconsistentOntologyError:
                continue
            if fits(version):
                return version, edits
        sys.exit(f"no {name} copy of {self.asked.file} in {_TRIES} draws")


CHECKS = ("loads", "report", "profile", "unsatisfiable", "taxonomy", "diff", "explain")


def main() -> None:
    """Prints a line for each comparison, and what differs; exits with 1 where anything does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--robot", type=Path, default=os.environ.get("ROBOT"), help="its command (default: ROBOT)")
    parser.add_argument("--only", default=",".join(CHECKS), help=f"some of {','.join(CHECKS)}")
    parser.add_argument("--each", action="store_true", help="load, report and profile every imported module as well")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10, help="how many subsumptions are explained")
    parser.add_argument("--limit", type=int, default=10, help="how many explanations of each ROBOT looks for")
    parser.add_argument("--edits", type=int, default=6, help="how many placements less and more in the edited copy")
    parser.add_argument("--heap", default="6g")
    parser.add_argument("--show", type=int, default=20, help="how many differences of a kind are printed")
    asked = parser.parse_args()
    if asked.robot is None:
        parser.error("name ROBOT's command with --robot or ROBOT")
    asked.file = asked.file.resolve()
    if wrong := set(asked.only.split(",")) - set(CHECKS):
        parser.error(f"no such check: {', '.join(sorted(wrong))}")
    with tempfile.TemporaryDirectory() as folder:
        checks, agrees = Checks(asked, Path(folder)), True
        for name in filter(asked.only.split(",").__contains__, CHECKS):
            for outcome in getattr(checks, name)():
                outcome.show(asked.show)
                agrees = agrees and outcome.agrees
    sys.exit(not agrees)


if __name__ == "__main__":
    main()
