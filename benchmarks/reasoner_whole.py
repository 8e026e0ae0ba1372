"""The rows that measure whole processes: against ELK and ROBOT, a kept classification, as axioms grow, at first use."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from reasoner_processes import (
    MEBI,
    Command,
    Limit,
    Run,
    kgtwin,
    peak,
    race,
    run,
    same_lines,
    script,
    seconds,
    show,
)

GENERATOR = Path(__file__).with_name("reasoner_shaped.py")
MEGA = 1_000_000

_QUESTION = """
import random, sys
from pathlib import Path
from kgtwin.classifying import classified
from kgtwin.reasoning import cache
from kgtwin.vocabulary import OWL_THING
found = classified(Path(sys.argv[1]))
names = sorted(found.classification.classes)
random.Random(int(sys.argv[2])).shuffle(names)
above = ((name, found.classification.ancestors(name) - {OWL_THING}) for name in names)
sub, sups = next(pair for pair in above if pair[1])
print(sub, min(sups), cache.path_of(found.source.digest), found.source.axioms, sep="\\n")
"""
"""Prints a class drawn at random, one above it, where the classification is kept, and how many axioms it is of."""
_ASK = """
import sys
from pathlib import Path
from kgtwin.classifying import classified
found = classified(Path(sys.argv[1]))
assert found.kept, "it was not kept"
assert found.classification.is_subclass_of(sys.argv[2], sys.argv[3]), "a wrong answer"
"""
_CACHE_ALONE = """
import sys, time
from pathlib import Path
from kgtwin.reasoning import cache
begin = time.perf_counter()
classification = cache.load(Path(sys.argv[1]))
loaded = time.perf_counter()
assert classification is not None, "nothing was kept"
assert classification.is_subclass_of(sys.argv[2], sys.argv[3]), "a wrong answer"
asked = time.perf_counter()
print((loaded - begin) * 1000, (asked - loaded) * 1000)
"""
_COMPILE = "from kgtwin.classifying import compile_all; compile_all()"


class Rival(NamedTuple):
    """What the rivals are run with."""

    elk: Path | None
    robot: Path | None
    heap: str


def against_elk(file: Path, rival: Rival, runs: int, must: Limit, memory: Limit | None) -> bool:
    """Reading, classifying and writing the taxonomy, ours and ELK's; the two taxonomies must be the same."""
    if rival.elk is None or not rival.elk.is_file():
        sys.exit("name ELK 0.4.3's jar with --elk or ELK_JAR: elk-standalone from its releases on GitHub")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "kgtwin.ofn"), Path(folder, "elk.ofn")
        java = ["java", f"-Xmx{rival.heap}", "-jar", str(rival.elk), "-c", "-i", str(file), "-o", str(theirs)]
        sides = {"kgtwin": _classify(file, ours), "ELK": Command(java)}
        _say_input(file, run(kgtwin("ontology", "classify", file, "-o", ours, "--no-cache", "--json")))
        found = race(sides, runs)
        show(found)
        kept = must.verdict("seconds, kgtwin / ELK", seconds(found["kgtwin"]) / seconds(found["ELK"]))
        share = peak(found["kgtwin"]) / peak(found["ELK"])
        if memory is None:
            print(f"{'peak memory, kgtwin / ELK':38} {share:10.3f} x")
        else:
            kept &= memory.verdict("peak memory, kgtwin / ELK", share)
        return same_lines(ours, theirs) and kept


def against_robot(files: Sequence[Path], rival: Rival, runs: int, must: Limit) -> bool:
    """The same of XML files, against ``robot reason --reasoner ELK``, which writes the ontology with what it inferred.

    What is compared are kgtwin's taxonomies of all files, which should be of one ontology.
    """
    if rival.robot is None or not rival.robot.is_file():
        sys.exit("name ROBOT's command with --robot or ROBOT")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        outputs = []
        for number, file in enumerate(files):
            ours, theirs = Path(folder, f"kgtwin{number}.ofn"), Path(folder, f"robot{number}{file.suffix}")
            outputs.append(ours)
            line = [str(rival.robot), "reason", "--reasoner", "ELK", "--equivalent-classes-allowed", "all"]
            robot = Command([*line, "--input", str(file), "--output", str(theirs)], {"ROBOT_HEAP": rival.heap})
            _say_input(file, run(kgtwin("ontology", "classify", file, "-o", ours, "--no-cache", "--json")))
            found = race({"kgtwin": _classify(file, ours), "ROBOT": robot}, runs)
            show(found)
            kept &= must.verdict("seconds, kgtwin / ROBOT", seconds(found["kgtwin"]) / seconds(found["ROBOT"]))
            print(f"{'peak memory, kgtwin / ROBOT':38} {peak(found['kgtwin']) / peak(found['ROBOT']):10.3f} x")
        for other in outputs[1:]:
            kept &= same_lines(outputs[0], other)
    return kept


def reload(file: Path, runs: int, seed: int, must: Limit) -> bool:
    """A kept classification found again: one question, all of it written, and the file that it is kept in alone."""
    with tempfile.TemporaryDirectory() as folder, _kept_in(folder) as settings:
        output = Path(folder, "taxonomy.ofn")
        sub, sup, kept, axioms = run(script(_QUESTION, file, str(seed), **settings)).output.splitlines()
        if not Path(kept).is_file():
            sys.exit(f"nothing is kept of {file.name}: {axioms} axioms are classified as fast as they are found again")
        print(f"{file.name}: {axioms} axioms, kept in {Path(kept).stat().st_size / MEGA:.1f} MB")
        asking = "kgtwin, kept, one question"
        alone = "kgtwin, the kept file alone"
        sides = {
            asking: script(_ASK, file, sub, sup, **settings),
            alone: script(_CACHE_ALONE, kept, sub, sup, **settings),
            "kgtwin, kept, all written": kgtwin("ontology", "classify", file, "-o", output, **settings),
            "kgtwin, afresh, all written": _classify(file, output),
        }
        found = race(sides, runs)
    show(found)
    inside = sorted(tuple(map(float, one.output.split())) for one in found[alone])[runs // 2]
    print(f"{'of the file alone, load and ask':38} {inside[0]:10.3f} ms and {inside[1]:.3f} ms")
    return must.verdict(asking, seconds(found[asking]))


def growth(sizes: Sequence[int], runs: int, seed: int) -> bool:
    """What an axiom costs as there are more of them: afresh, whole processes, the taxonomy written."""
    heads = ("classes", "axioms", "size/MB", "wall/s", "read/s", "classify/s", "peak/MiB", "us/axiom", "bytes/axiom")
    print(*(f"{head:>11}" for head in heads), "  each axiom more")
    before: _Size | None = None
    with tempfile.TemporaryDirectory() as folder:
        file, output = Path(folder, "shaped.ofn"), Path(folder, "taxonomy.ofn")
        for size in sizes:
            run(Command([sys.executable, str(GENERATOR), str(size), str(file), "--seed", str(seed)]))
            command = kgtwin("ontology", "classify", file, "-o", output, "--no-cache", "--json")
            run(command)
            now = _Size.of(file, race({"": command}, runs)[""])
            print(now.row(), "" if before is None else now.more_than(before), flush=True)
            before = now
    return True


class _Size(NamedTuple):
    """What an ontology of some size took: medians, and the steps' seconds in the run in the middle."""

    classes: int
    axioms: int
    file: int
    wall: float
    peak: float
    steps: dict[str, float]

    @classmethod
    def of(cls, file: Path, runs: Sequence[Run]) -> _Size:
        told = json.loads(sorted(runs)[len(runs) // 2].output)
        size = file.stat().st_size
        return cls(told["classes"], told["axioms"], size, seconds(runs), peak(runs), told["seconds"])

    def row(self) -> str:
        steps = self.steps
        whole = f"{self.classes:11} {self.axioms:11} {self.file / MEGA:11.1f} {self.wall:11.3f}"
        parts = f"{steps['read']:11.3f} {steps['classify']:11.3f} {self.peak / MEBI:11.0f}"
        return f"{whole} {parts} {self.wall / self.axioms * MEGA:11.2f} {self.peak / self.axioms:11.0f}"

    def more_than(self, other: _Size) -> str:
        """What each axiom more than in a smaller one took."""
        more = self.axioms - other.axioms
        taken = (self.wall - other.wall) / more * MEGA
        return f"{taken:8.2f} us {(self.peak - other.peak) / more:6.0f} bytes"


def first(classes: int, runs: int, seed: int, must: Limit) -> bool:
    """A small ontology with nothing kept on the machine; then what compiling costs, once, and the same with it done."""
    with tempfile.TemporaryDirectory() as folder:
        file, output = Path(folder, "small.ofn"), Path(folder, "taxonomy.ofn")
        run(Command([sys.executable, str(GENERATOR), str(classes), str(file), "--seed", str(seed)]))
        found: dict[str, list[Run]] = {}
        fresh, bare = "first use", "first use, no bytecode either"
        for _ in range(runs):
            for name, drops_bytecode in ((fresh, False), (bare, True)):
                with _nothing_kept(drops_bytecode) as settings:
                    command = kgtwin("ontology", "classify", file, "-o", output, **settings)
                    found.setdefault(name, []).append(run(command))
        with _nothing_kept(False) as settings:
            found["compiling, at set-up"] = [run(script(_COMPILE, **settings))]
            found["compiling again: nothing to do"] = [run(script(_COMPILE, **settings))]
            command = kgtwin("ontology", "classify", file, "-o", output, **settings)
            found["small, compiled code there"] = [run(command) for _ in range(runs)]
        print(f"{classes} classes, {file.stat().st_size / MEGA:.2f} MB")
        show(found)
        return must.verdict(fresh, seconds(found[fresh]))


def _classify(file: Path, output: Path) -> Command:
    return kgtwin("ontology", "classify", file, "-o", output, "--no-cache")


def _say_input(file: Path, one: Run) -> None:
    """Says what a file is; the run that told it is not measured, since it may have had to compile."""
    told = json.loads(one.output)
    print(f"{file.name}: {file.stat().st_size / MEGA:.1f} MB, {told['axioms']} axioms, {told['classes']} classes")


@contextmanager
def _kept_in(folder: str) -> Iterator[dict[str, str]]:
    """Classifications are kept in a folder of their own."""
    yield {"KGTWIN_CACHE": str(Path(folder, "kept"))}


@contextmanager
def _nothing_kept(drops_bytecode: bool) -> Iterator[dict[str, str]]:
    """An environment in which nothing has been compiled or kept yet."""
    with tempfile.TemporaryDirectory() as folder:
        names = ["KGTWIN_CACHE", "KGTWIN_CODE_CACHE", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"]
        names += ["PYTHONPYCACHEPREFIX"] if drops_bytecode else []
        yield {name: str(Path(folder, name.lower())) for name in names}
