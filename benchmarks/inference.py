"""Inference on rows of numbers: one patient, a population, and rivals that answer the same question.

Usage::

    python benchmarks/inference.py single                 # one patient of 1,000 facts: find, add, what if, prove
    python benchmarks/inference.py population [--patients N]  # patients a second (and with rules), memory, the curve
    python benchmarks/inference.py rivals [--patients N]  # Cypher with IS_A* and SPARQL with property paths
    python benchmarks/inference.py hermit [--patients N]  # the same statement classes by HermiT (owlready2)
    python benchmarks/inference.py ray [--patients N]     # two plain processes and two Ray workers

Real patients are the 200 of Synthea where they are at hand, else the samples; ``inference_invented`` makes the others.
"""

from __future__ import annotations

import argparse
import gc
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import inference_hermit as hermit
import inference_invented as invented
import inference_rivals as rivals
import msgspec
import numpy as np

from kgtwin.bootstrap import load_knowledge
from kgtwin.config import Settings
from kgtwin.inference import infer, spreading
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.columns.on_rows import Ruled, Seen
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.columns.threads import found_by_threads
from kgtwin.inference.population import Rows
from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.model.issue import Inference, IssueKind
from tests.inference.crowd import NOW, Crowd
from tests.inference.ruled import RuledCrowd

AT = datetime(2025, 6, 1, tzinfo=UTC)
Ask = Callable[[Hot], object]


def told(what: str, figure: float, limit: float, unit: str = "", *, least: bool = False) -> bool:
    """Print a figure beside what it must be; whether it is."""
    reached = figure >= limit if least else figure <= limit
    must = f"must be {'at least' if least else 'at most'} {limit:,g}{unit}"
    print(f"{what}: {figure:,.3g}{unit} ({must}){'' if reached else ' NOT REACHED'}", flush=True)
    return reached


def median(work: Callable[[], object], times: int = 200) -> float:
    """The median time of some work in microseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - start)
    return statistics.median(taken) / 1_000


# one patient


def large_patient(finder: Finder, facts: int = 1_000, concepts: int = 150) -> invented.Patient:
    """A patient of so many facts about so many concepts: real ones, and some that make issues."""
    real = invented.real_patients(60)
    chance = Random(1)
    crowds = Crowd(finder.knowledge), RuledCrowd(finder.knowledge)
    drawn = [fact for crowd in crowds for number in range(6) for fact in crowd.patient(number, 40)[1]]
    added = [fact for fact in chance.sample(drawn, len(drawn)) if len(fact.code.concepts) == 1]
    pool: dict[tuple[str, ...], list[Fact]] = {}
    for fact in [*added[:100], *chance.sample([fact for _, given in real for fact in given], 8_000)]:
        if fact.kind is not FactKind.ENCOUNTER and fact.code.concepts:
            pool.setdefault(fact.code.concepts, []).append(fact)
    chosen = list(pool)[:concepts]
    given = [pool[one][0] for one in chosen]
    rest = [fact for one in chosen for fact in pool[one][1:]]
    given += chance.choices(rest, k=facts - len(given))
    record = next(record for record, _ in real if record.deceased in (None, False))
    return record, tuple(given)


def single() -> bool:
    """One patient of 1,000 facts."""
    finder = Finder(load_knowledge(Settings()))
    record, facts = large_patient(finder)
    hot, ruling = Hot(finder, record, facts), Ruling(finder)
    found = hot.issues(AT, ruling)
    assert found is not None
    whole = infer(record.key, record, facts, finder.knowledge, at=AT, revision=1)
    gc.freeze()  # as `kgtwin serve` does: the knowledge is no garbage
    ids = {one.id_for(record.key) for some in found for one in some}
    assert ids == {issue.id for issue in whole.issues}
    concepts = len({fact.code.concepts for fact in facts})
    print(f"{len(facts)} facts, {concepts} concepts, {len(found.stated)} issues of statements, {len(found.raised)} of "
          "rules, which infer finds, too")  # fmt: skip
    reached = [
        told("find all issues of statements", median(lambda: hot.findings(AT)), 1_000, " µs"),
        told("find all issues, those of rules, too", median(lambda: _afresh(finder, hot, ruling)), 1_000, " µs"),
        *_changes(finder, hot, ruling),
        told(
            "the derivation of an issue",
            statistics.median(median(partial(hot.proved, one, at=AT, revision=1), 10) for one in found.stated),
            1_000,
            " µs",
        ),
    ]
    print(f"infer, with all derivations and caveats: {median(lambda: _infer(finder, record, facts), 5):,.0f} µs")
    print(f"to read the facts into rows: {median(lambda: Hot(finder, record, facts), 10):,.0f} µs")
    return all(reached)


def _afresh(finder: Finder, hot: Hot, ruling: Ruling) -> object:
    """All issues of a patient of whom nothing was asked before."""
    found, holding = finder.look(hot.columns, AT) or ((), None)
    assert holding is not None, "the patient lives, and rows tell all"
    return ruling.decided(Seen(Ruled(hot.record, hot.facts, hot.columns), AT, holding, found))


def _changes(finder: Finder, hot: Hot, ruling: Ruling) -> Iterator[bool]:
    """Issues after one fact came, went, or became another: of the patient's medicines and results, each by turns."""
    chance = Random(2)
    medicines = [fact for fact in hot.facts if fact.kind is FactKind.MEDICATION]
    results = [fact for fact in hot.facts if finder.encoder.analyte(fact) is not None]
    asked: dict[str, Ask] = {
        "of statements": lambda one: one.findings(AT),
        "of all": lambda one: one.issues(AT, ruling),
    }
    for name, some in (("medicine", medicines), ("result", results)):
        drawn = chance.sample(some, min(40, len(some)))
        others = [msgspec.structs.replace(one, id=f"other of {one.id}") for one in chance.choices(some, k=len(drawn))]
        without = [hot.changed(remove=[fact.id]) for fact in drawn]
        for one in (hot, *without):
            one.issues(AT, ruling)
        for whose, ask in asked.items():
            added = [_change(ask, one, (), (fact,)) for one, fact in zip(without, drawn, strict=True)]
            yield _spread(f"a {name} more, issues {whose}", added, 100)
            gone = [_change(ask, hot, (fact.id,), ()) for fact in drawn]
            replaced = [_change(ask, hot, (fact.id,), (new,)) for fact, new in zip(drawn, others, strict=True)]
            yield _spread(f"what if a {name} were not, issues {whose}", gone, 200)
            yield _spread(f"what if a {name} were another, issues {whose}", replaced, 200)
        later = [_change(_later(ruling), one, (), (fact,)) for one, fact in zip(without, drawn, strict=True)]
        print(f"a {name} more, a minute later, issues of all: {statistics.median(later):,.0f} µs")


def _later(ruling: Ruling) -> Ask:
    return lambda one: one.issues(AT + timedelta(minutes=1), ruling)


def _change(ask: Ask, hot: Hot, remove: tuple[str, ...], add: tuple[Fact, ...]) -> float:
    return median(lambda: ask(hot.changed(remove=remove, add=add)), 60)


def _spread(what: str, figures: list[float], limit: float) -> bool:
    """The median over facts, which must be reached, and the ninth decile beside it."""
    ninth = statistics.quantiles(figures, n=10)[-1]
    return told(f"{what} (nine in ten facts: {ninth:,.0f} µs)", statistics.median(figures), limit, " µs")


def _infer(finder: Finder, record: PatientRecord, facts: tuple[Fact, ...]) -> Inference:
    return infer(record.key, record, facts, finder.knowledge, at=AT, revision=1)


# a population


def population(patients: int) -> bool:
    """Patients a second by two threads; the curve from 1,000 on."""
    finder = Finder(load_knowledge(Settings()))
    pool = invented.Pool(finder, invented.real_patients())
    _run(finder, pool, 100_000)  # gains and machine code are there afterwards
    sizes = [int(10**power) for power in np.arange(3.0, math.log10(patients) + 0.01, 0.5)]
    rows: list[tuple[int, float]] = []
    for size in sizes:
        for _ in range(5 if size < 100_000 else 1):
            seconds, issues, wholes = _run(finder, pool, size)
            rows.append((size, seconds))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        print(f"{size:>9,} patients: {seconds:.3f} s, {size / seconds:,.0f} a second, {issues:,} issues, "
              f"{wholes} left to infer, peak memory {memory:,.0f} MiB", flush=True)  # fmt: skip
    slope, error = _slope([(math.log(size), math.log(seconds)) for size, seconds in rows if size >= 1_000])
    interval = f"{slope - 2 * error:.3f} to {slope + 2 * error:.3f}"
    print(f"time grows as patients to the power of {slope:.3f} (95 % interval {interval})")
    reached = told("patients a second", rows[-1][0] / rows[-1][1], 50_000, least=True)
    return with_rules(finder) and reached


def with_rules(finder: Finder, times: int = 5) -> bool:
    """Patients a second of one thread with all that rules raise and all ids, and how many of them take `infer`; the
    best of some times. Beside it `infer` of everybody.
    """
    of_rules, reached = Rows(finder), True
    crowd = RuledCrowd(finder.knowledge)
    groups = (
        ("real patients", invented.real_patients(), AT),
        ("invented patients whom rules concern", [crowd.patient(number) for number in range(200)], NOW),
    )
    for name, patients, at in groups:
        columns = [finder.columns(record, facts) for record, facts in patients]
        found = of_rules.of(patients, at)  # gains are there afterwards
        alone = len(of_rules.decided(patients, columns, at).alone)
        ruled = sum(IssueKind(row.kind).of_rule for row in found)
        size = len(patients)
        beforehand = size / _best(partial(of_rules.of_columns, patients, columns, at), times)
        afresh = size / _best(partial(of_rules.of, patients, at), times)
        inferred = size / _best(partial(_infer_all, finder, patients, at), min(times, 3))
        print(f"{size} {name}: {len(found)} issues, {ruled} of rules; {alone} inferred alone")
        print(f"a second: {beforehand:,.0f} from rows made before, {afresh:,.0f} with the making of rows, "
              f"{inferred:,.0f} by infer")  # fmt: skip
        reached &= told("from rows made before / by infer", beforehand / inferred, 10, " times", least=True)
    return reached


def _infer_all(finder: Finder, patients: list[invented.Patient], at: datetime) -> None:
    for record, facts in patients:
        infer(record.key, record, facts, finder.knowledge, at=at, revision=1)


def _best(work: Callable[[], object], times: int) -> float:
    """The least time of some work in seconds."""
    return min(median(work, 1) for _ in range(times)) / 1_000_000


def _run(finder: Finder, pool: invented.Pool, patients: int) -> tuple[float, int, int]:
    """Seconds of finding alone, issues, and patients left to `infer`; what is found is put down and forgotten."""
    seconds, issues, wholes = 0.0, 0, 0
    for portion in invented.portions(pool, patients):
        start = time.perf_counter()
        for found in found_by_threads(finder, portion, AT):
            issues += len(found.issues)
            wholes += len(found.wholes)
        seconds += time.perf_counter() - start
    return seconds, issues, wholes


# a cluster


class Measured:
    """Finds the issues of invented patients, portion by portion, in one process with one thread."""

    def __init__(self, size: int) -> None:
        self._size, self._finder = size, Finder(load_knowledge(Settings()))
        self._pool = invented.Pool(self._finder, invented.real_patients(60), invented=100)
        self(0)

    def __call__(self, portion: int) -> tuple[float, int]:
        """Seconds of finding alone, and issues; the patients are made before the clock starts."""
        patients = self._pool.patients(self._size, seed=portion)
        start = time.perf_counter()
        issues = sum(len(found.issues) for found in found_by_threads(self._finder, patients, AT, threads=1))
        return time.perf_counter() - start, issues

    def close(self) -> None:
        """Nothing is open."""


WARM = 20
"""Portions before the clock starts."""


def ray(patients: int) -> bool:
    """The same portions by two plain processes and by two workers of Ray, from the first to the last of them."""
    size = 20_000
    portions = range(WARM + max(1, patients // size))
    make = partial(Measured, size)
    found = {}
    for name, spread in (
        ("two processes", partial(spreading.by_processes, make, processes=2)),
        ("two Ray workers", partial(spreading.by_ray, make, workers=2)),
    ):
        begun, done = 0.0, []
        for _, answer in spread(portions):
            done.append(answer)
            if len(done) == WARM:
                begun = time.perf_counter()  # both workers have started by then
        found[name] = (len(done) - WARM) * size / (time.perf_counter() - begun)
        print(f"{name}: {found[name]:,.0f} patients a second with the making of them, "
              f"{size * len(done) / sum(one for one, _ in done):,.0f} a core in finding alone, "
              f"{sum(issues for _, issues in done):,} issues")  # fmt: skip
    return told("Ray / processes", found["two Ray workers"] / found["two processes"], 0.8, least=True)


def _slope(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The slope of a line through points, and its standard error."""
    x, y = (np.array(one) for one in zip(*points, strict=True))
    (slope, start), deviations = np.polyfit(x, y, 1), x - x.mean()
    rest = y - slope * x - start
    return float(slope), float(np.sqrt((rest @ rest) / max(len(x) - 2, 1) / (deviations @ deviations)))


def main() -> int:
    """Runs what the command line names; 1 where a figure is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["single", "population", "rivals", "hermit", "ray"])
    parser.add_argument("--patients", type=int)
    given = parser.parse_args()
    match given.what:
        case "single":
            reached = single()
        case "ray":
            reached = ray(given.patients or 2_000_000)
        case "rivals":
            found = rivals.ratios(given.patients or 2_000)
            reached = min([told(f"times as fast, {way}", ratio, 100, least=True) for way, ratio in found.items()])
        case "hermit":
            reached = hermit.same(given.patients or 20)
        case _:
            reached = population(given.patients or 1_000_000)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
