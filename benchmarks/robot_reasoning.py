"""What follows, by kgtwin and by ROBOT with ELK: unsatisfiable classes, taxonomies, explanations, differences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from random import Random

from justify_robot import local
from robot_axioms import Key, explanations, of_axiom, said
from robot_calls import Outcome, Robot
from taxonomies import read

from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import EntityKind
from kgtwin.model.owl_text import render
from kgtwin.reasoning import Classification, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from kgtwin.workbench.project import Project, read_project

Pair = tuple[str, str]
_GENERATORS = ("--axiom-generators", "SubClass EquivalentClass", "--include-indirect", "false")
_EQUIVALENT = ("--equivalent-classes-allowed", "all")
_REASON = ("reason", "--reasoner", "ELK", *_GENERATORS, "--create-new-ontology", "true", *_EQUIVALENT)

_UNSATISFIABLE = re.compile(r"^\S*\s*unsatisfiable: (\S+)$", re.MULTILINE)
_SETS = 400
"""So many justifications of kgtwin are enough to know them all; a pair with more is not asked about."""


class Version:
    """An ontology as kgtwin sees it."""

    def __init__(self, root: Path) -> None:
        project, broken = read_project(root)
        if project is None:
            raise ValueError(f"{root} cannot be read: {broken[0]}")
        self.root = root
        self.project: Project = project
        entities = project.ontology.entities.items()
        self.names = [iri for iri, kind in entities if kind is EntityKind.CLASS]
        self.known: Classification = classify(project.ontology.axioms, classes=self.names)

    @cached_property
    def equal(self) -> set[Pair]:
        """Classes with the same instances, in order."""
        return {(a, b) for a in self._satisfiable for b in self.known.equivalents(a) if a < b}

    @cached_property
    def below(self) -> set[Pair]:
        """Classes and their direct superclasses."""
        return {(sub, sup) for sub in self._satisfiable for sup in self.known.parents(sub) - {OWL_THING}}

    @property
    def _satisfiable(self) -> Iterable[str]:
        return self.known.classes - self.known.unsatisfiable - {OWL_THING, OWL_NOTHING}

    def by_numbers(self, sub: str, sup: str) -> bool:
        """Whether it follows by data restrictions alone: each justification has one."""
        found = self.known.justifications(sub, sup, _SETS)
        return bool(found.sets) and all(map(_has_data, found))


def unsatisfiable(robot: Robot, version: Version, name: str, folder: Path) -> Outcome:
    """The classes that can have no instance."""
    output, dump = folder / "reasoned.ofn", folder / "unsatisfiable.ofn"
    told = robot.run(*_REASON, "--input", version.root, "--dump-unsatisfiable", dump, "--output", output, good=(0, 1))
    theirs = set(_UNSATISFIABLE.findall(told)) - {OWL_NOTHING}
    if not (theirs or output.is_file()):
        raise ValueError(f"ROBOT neither reasoned nor named an unsatisfiable class: {told[-500:]}")
    ours = set(version.known.unsatisfiable) - {OWL_NOTHING}
    numbers = {iri for iri in ours - theirs if version.by_numbers(iri, OWL_NOTHING)}
    known = [f"{iri} is empty by an axiom with a data restriction, which ELK leaves out" for iri in sorted(numbers)]
    return Outcome(name, len(ours & theirs), sorted(ours - theirs - numbers), sorted(theirs - ours), known)


class Compared:
    """A version and what ROBOT makes of it: which neighbours one side alone has, and which of these have a reason."""

    def __init__(self, robot: Robot, version: Version, output: Path) -> None:
        robot.run(*_REASON, "--input", version.root, "--output", output)
        self.version, self.output = version, output
        found = read(output)
        below = {(sub, sup) for subs, sups in found.direct for sub in subs for sup in sups}
        equal = {(a, b) for group in found.equivalent for a in group for b in group if a < b}
        self.theirs = below | equal
        self.ours = version.below | version.equal

    @cached_property
    def known(self) -> dict[Pair, str]:
        """The neighbours on one side that have a reason: it follows by numbers alone, or such a pair stands between."""
        numbers = {pair for pair in self.ours - self.theirs if self.version.by_numbers(*pair)}
        holds = self.version.known.is_subclass_of
        apart = {
            (sub, sup)
            for sub, sup in self.theirs - self.ours
            if holds(sub, sup) and any(holds(sub, low) and holds(high, sup) for low, high in numbers)
        }
        told = dict.fromkeys(numbers, "follows by an axiom with a data restriction, which ELK leaves out")
        return told | dict.fromkeys(apart, "is no neighbour, by an axiom with a data restriction, which ELK leaves out")

    def outcome(self, name: str) -> Outcome:
        """The taxonomies compared."""
        ours, theirs = self.ours - self.theirs - self.known.keys(), self.theirs - self.ours - self.known.keys()
        return Outcome(name, len(self.ours & self.theirs), _shown(ours), _shown(theirs), reasons(self.known))


def _shown(pairs: Iterable[Pair]) -> list[str]:
    return [f"{sub} SubClassOf {sup}" for sub, sup in sorted(pairs)]


def reasons(known: dict[Pair, str]) -> list[str]:
    return [f"{sub} SubClassOf {sup} {why}" for (sub, sup), why in sorted(known.items())]


# explanations


def questions(version: Version, random: Random, count: int) -> list[Pair]:
    """Subsumptions between classes that are no neighbours, of which kgtwin knows every justification."""
    names = sorted(version.known.classes - version.known.unsatisfiable - {OWL_THING, OWL_NOTHING})
    found: list[Pair] = []
    while len(found) < count:
        sub = random.choice(names)
        far = sorted(version.known.ancestors(sub) - version.known.parents(sub) - {OWL_THING})
        if far and version.known.justifications(sub, sup := random.choice(far), _SETS).complete:
            found.append((sub, sup))
    return found


def contradictions(version: Version, random: Random, count: int) -> list[Pair]:
    """Unsatisfiable classes of which kgtwin knows every justification, as subsumptions by ``owl:Nothing``."""
    names = sorted(version.known.unsatisfiable - {OWL_NOTHING})
    random.shuffle(names)
    pairs = ((name, OWL_NOTHING) for name in names)
    return list(islice((pair for pair in pairs if version.known.justifications(*pair, _SETS).complete), count))


def explained(robot: Robot, version: Version, asked: Sequence[Pair], limit: int, folder: Path, name: str) -> Outcome:
    """The justifications of subsumptions, each asked of a process of ROBOT's own: a chain would forget the ontology."""
    judged = [_judged(version, pair, limit, _explanation(robot, version.root, pair, limit, folder)) for pair in asked]
    ours, theirs = [line for one in judged for line in one.ours], [line for one in judged for line in one.theirs]
    return Outcome(name, sum(one.same for one in judged), ours, theirs, [line for one in judged for line in one.known])


def _explanation(robot: Robot, root: Path, pair: Pair, limit: int, folder: Path) -> str:
    """ROBOT's answer in Markdown."""
    output = folder / "explained.md"
    stems = (f"n{number}: {iri[: len(iri) - len(local(iri))]}" for number, iri in enumerate(pair))
    prefixes = [part for stem in stems for part in ("--prefix", stem)]
    axiom = f"n0:{local(pair[0])} SubClassOf n1:{local(pair[1])}"
    more = ["--axiom", axiom, "--max", str(limit), "--explanation", str(output)]
    robot.run("explain", "--reasoner", "ELK", "--input", root, *prefixes, *more)
    return output.read_text(encoding="utf-8")


def _judged(version: Version, pair: Pair, limit: int, markdown: str) -> Outcome:
    """How many sets of axioms are on both sides, and what differs; ROBOT may stop at the limit."""
    question = " SubClassOf ".join(pair)
    theirs = set(explanations(markdown))
    axioms = list(version.known.justifications(*pair, _SETS))
    ours = {frozenset(map(of_axiom, one)): one for one in axioms}
    more, less = ours.keys() - theirs, theirs - ours.keys()
    if more and len(theirs) >= limit and not less:
        return Outcome(
            question,
            len(theirs),
            [],
            [],
            [f"{question}: ROBOT stopped at {limit} of {len(ours)}, all of them kgtwin's"],
        )
    numbers = {key for key in more if _has_data(ours[key])}
    reasons = (
        [f"{question}: {len(numbers)} by an axiom with a data restriction, which ELK leaves out"] if numbers else []
    )
    told = ([f"{question}: {_because(key)}" for key in sorted(keys, key=sorted)] for keys in (more - numbers, less))
    return Outcome(question, len(ours.keys() & theirs), next(told), next(told), reasons)


def _because(axioms: Iterable[Key]) -> str:
    return "; ".join(map(said, sorted(axioms)))


def _has_data(axioms: Iterable[Axiom]) -> bool:
    return any("DataSomeValuesFrom" in render(one) for one in axioms)
