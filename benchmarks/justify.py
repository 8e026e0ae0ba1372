"""All minimal justifications of subsumptions that follow without being told, against ``robot explain``.

Usage::

    python benchmarks/justify.py FILE.ofn --robot ROBOT [--count 20] [--warm 200] [--limit 10]

``count`` pairs of a class and an ancestor at least two steps away are drawn at random. kgtwin is one process that
reads the file, classifies it and justifies them all; ROBOT explains one axiom a process. Both are asked for at most
``limit`` justifications; where both find fewer, these are compared, each axiom by the names in it. ROBOT's time to load
and classify is that of explaining ``A SubClassOf A``, once. Then ``warm`` more pairs are justified in this process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from justify_robot import Robot, explanations, local
from reasoner_processes import Limit, run, script

AGAINST_ROBOT = Limit(0.1)
WARM = Limit(100, 10, "ms")
WORST = Limit(500, None, "ms")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_OURS = """
import json, sys
sys.path.insert(0, "benchmarks")
from pathlib import Path
from justify import drawn
from kgtwin.ontology.tables import load_table
from kgtwin.reasoning import classify

file, seed, count, limit = sys.argv[1:]
classification = classify(load_table(Path(file)).table)
for one in drawn(classification, int(seed), int(count), int(limit)):
    print(json.dumps(one))
"""


class Drawn(NamedTuple):
    """A subsumption and its justifications, each axiom by the IRIs in it."""

    sub: str
    sup: str
    sets: list[list[list[str]]]


def pairs(classification, seed: int) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """An endless source of inferred subsumptions between classes whose names ROBOT's parser takes."""
    from kgtwin.vocabulary import OWL_NOTHING, OWL_THING  # noqa: PLC0415 - the parent process stays small

    draw = random.Random(seed)
    names = sorted(classification.classes - classification.unsatisfiable - {OWL_THING, OWL_NOTHING})
    while True:
        sub = draw.choice(names)
        above = classification.ancestors(sub) - classification.parents(sub) - {OWL_THING}
        far = sorted(iri for iri in above if _PLAIN.match(local(iri)))
        if far and _PLAIN.match(local(sub)):
            yield sub, draw.choice(far)


def drawn(classification, seed: int, count: int, limit: int) -> Iterator[Drawn]:  # type: ignore[no-untyped-def]
    """So many pairs with what justifies them."""
    from kgtwin.ontology.signature import used  # noqa: PLC0415 - likewise

    source = pairs(classification, seed)
    for _ in range(count):
        sub, sup = next(source)
        found = classification.justifications(sub, sup, limit)
        yield Drawn(sub, sup, [[sorted(used([axiom])) for axiom in one] for one in found])


def against_robot(asked: argparse.Namespace) -> bool:
    """The same pairs by both, whole processes; whether the limit is kept and the justifications are the same."""
    robot = Robot(str(asked.robot), asked.file, asked.heap)
    ours = run(script(_OURS, str(asked.file), str(asked.seed), str(asked.count), str(asked.limit)))
    questions = [Drawn(*json.loads(line)) for line in ours.output.splitlines()]
    seconds, same, different = list[float](), 0, list[Drawn]()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "found.md"
        loading = run(robot.explain(questions[0].sub, questions[0].sub, output, 1)).seconds
        for one in questions:
            seconds.append(run(robot.explain(one.sub, one.sup, output, asked.limit)).seconds)
            found = explanations(output.read_text())
            print(f"  ROBOT {seconds[-1]:7.2f} s, {len(found)} found; kgtwin {len(one.sets)} found: {_said(one)}")
            if max(len(found), len(one.sets)) < asked.limit:
                agree = set(found) == {frozenset(map(frozenset, axioms)) for axioms in one.sets}
                same += agree
                different += [] if agree else [one]
    for one in different:
        print(f"DIFFERENT: {_said(one)}")
    print(f"{'the same justifications':38} {same:10} of {same + len(different)} with fewer than {asked.limit}")
    print(f"{'kgtwin, one process':38} {ours.seconds:10.3f} s")
    print(f"{'ROBOT, a process each':38} {sum(seconds):10.3f} s   (median {statistics.median(seconds):.3f})")
    print(f"{'ROBOT, a process that has no work':38} {loading:10.3f} s")
    return AGAINST_ROBOT.verdict("seconds, kgtwin / ROBOT", ours.seconds / sum(seconds)) and not different


def _said(one: Drawn) -> str:
    return f"{local(one.sub)} ⊑ {local(one.sup)}"


def warm(asked: argparse.Namespace) -> bool:
    """Many pairs in one process: the median, the worst."""
    from kgtwin.ontology.tables import load_table  # noqa: PLC0415 - the parent process stays small
    from kgtwin.reasoning import classify  # noqa: PLC0415 - likewise

    classification = classify(load_table(asked.file).table)
    source, taken = pairs(classification, asked.seed + 1), []
    for _ in range(asked.warm):
        sub, sup = next(source)
        begin = time.perf_counter()
        found = classification.justifications(sub, sup, asked.limit)
        taken.append((time.perf_counter() - begin) * 1000)
        if not found.sets:
            sys.exit(f"nothing justifies {sub} SubClassOf {sup}")
    ordered = sorted(taken)
    print(f"first {taken[0]:.3f} ms, 90th percentile {ordered[int(len(ordered) * 0.9)]:.3f} ms, of {len(taken)}")
    kept = WARM.verdict("a justified subsumption, median", statistics.median(taken))
    return WORST.verdict("the slowest", ordered[-1]) and kept


def main() -> None:
    """Prints both sides, their ratio and whether the limits are kept; exits with 1 where not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--robot", type=Path, default=os.environ.get("ROBOT"), help="its command (default: ROBOT)")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--warm", type=int, default=200)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heap", default="8g")
    asked = parser.parse_args()
    asked.file = asked.file.resolve()
    kept = True
    if asked.robot is not None:
        kept = against_robot(asked)
    else:
        print("name ROBOT's command with --robot or ROBOT to compare")
    sys.exit(not (warm(asked) and kept))


if __name__ == "__main__":
    main()
