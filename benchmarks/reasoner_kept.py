"""The rows that measure calls in a warm process, on one classification: changes, expressions, individuals."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from reasoner_draws import Draws
from reasoner_processes import Limit

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Assertion, Axiom, Class, SubClassOf
from kgtwin.ontology.tables import load_table
from kgtwin.reasoning import Classification, classify

T = TypeVar("T")
REMOVED = 5
TYPES, FACTS = 50, 50
_AFRESH = 3
_NEAR_THE_TOP = 12
"""Edits near the top, at most: each takes as long as a good part of a classification."""
_LONGEST = 30_000.0
"""Milliseconds after which no further edit is made in a row."""


class Warm(NamedTuple):
    """An ontology classified in this process, and what is drawn from it."""

    table: AxiomTable
    classification: Classification
    draws: Draws


def warm(path: Path, seed: int) -> Warm:
    """Reads and classifies a file."""
    table = load_table(path).table
    classification = classify(table)
    print(f"{path.name}: {len(table)} axioms, {classification.size} classes")
    return Warm(table, classification, Draws(table, classification, seed))


def milliseconds(job: Callable[[], T]) -> tuple[float, T]:
    """How long a job takes, and what it returns."""
    begin = time.perf_counter()
    found = job()
    return (time.perf_counter() - begin) * 1000, found


def spread(what: str, taken: Sequence[float]) -> float:
    """Prints the median, the least, the 90th percentile and the most of milliseconds; the median."""
    ordered, median = sorted(taken), statistics.median(taken)
    late = ordered[int(len(ordered) * 0.9)]
    between = f"least {ordered[0]:.3f}, 90th percentile {late:.3f}, most {ordered[-1]:.3f}, of {len(ordered)}"
    print(f"{what:38} {median:10.3f} ms   ({between})")
    return median


# change


class Changes:
    """Edits made one by one, and how they went."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.asked: list[float] = []
        self.afresh = self.inconsistent = 0

    def make(self, base: Classification, added: Sequence[Axiom], removed: Sequence[Axiom]) -> Classification:
        """The value after an edit, or the same where nothing could exist after it."""
        try:
            taken, changed = milliseconds(lambda: base.change(added, removed))
        except InconsistentOntologyError:
            self.inconsistent += 1
            return base
        self.taken.append(taken)
        self.afresh += changed.columns() is not None  # a changed value has no columns of its own
        new = [iri for axiom in added for iri in _named_first(axiom)]
        self.asked.append(milliseconds(lambda: [changed.parents(iri) for iri in new])[0])
        return changed

    def show(self, what: str) -> float:
        median = spread(what, self.taken)
        spread("  then parents of the classes added to", self.asked)
        print(f"{'  classified afresh instead':38} {self.afresh:10} of {len(self.taken)}", end="")
        print(f"; {self.inconsistent} edits were inconsistent" if self.inconsistent else "")
        return median


def _named_first(axiom: Axiom) -> Iterable[str]:
    if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class):
        yield axiom.sub.iri


def change(found: Warm, times: int, must: Limit, near_top: Limit) -> bool:
    """Edits of ten axioms, each of the same classification; in a row, each of the one before; and near the top."""
    draws, base = found.draws, found.classification
    single, row = Changes(), Changes()
    first, _ = milliseconds(lambda: base.change(draws.additions(), draws.told(REMOVED)))
    print(f"{'the first, which makes the indexes':38} {first:10.3f} ms")
    for _ in range(times):
        single.make(base, draws.additions(), draws.told(REMOVED))
    kept = must.verdict("change of ten, median, ms", single.show("change of ten axioms"))
    _in_a_row(found, times, row)
    row.show("ten axioms, one after another")
    return _near_the_top(found, min(max(4, times // 10), _NEAR_THE_TOP), near_top) and kept


def _in_a_row(found: Warm, times: int, row: Changes) -> None:
    """Edits of the value before, until there are enough or they have taken too long."""
    gone: set[Axiom] = set()
    last = found.classification
    for _ in range(times):
        removed = [axiom for axiom in found.draws.told(REMOVED) if axiom not in gone]
        before = last
        last = row.make(before, found.draws.additions(), removed)
        gone |= set(removed) if last is not before else set()
        if sum(row.taken) > _LONGEST:
            print(f"edits in a row stopped: {len(row.taken)} of {times} took more than {_LONGEST / 1000:g} s")
            break


def _near_the_top(found: Warm, count: int, limit: Limit) -> bool:
    """One axiom about a class with many descendants taken away, one added, against the whole classified afresh."""
    draws, base = found.draws, found.classification
    edits = Changes()
    for iri in draws.near_the_top(count):
        edits.make(base, [SubClassOf(Class(iri), draws.attribute())], draws.about(iri)[:1])
    edits.show("one and one near the top")
    afresh = statistics.median(milliseconds(lambda: classify(found.table))[0] for _ in range(_AFRESH))
    print(f"{'the unchanged table, afresh':38} {afresh:10.3f} ms")
    return limit.verdict("near the top, most / afresh", max(edits.taken) / afresh)


# query


def query(found: Warm, times: int, must: Limit) -> bool:
    """Where a focus class with a role group of two stands: its parents."""
    expressions = list(dict.fromkeys(found.draws.expression() for _ in range(times + 1)))
    first, _ = milliseconds(lambda: found.classification.query(expressions[0]).parents)
    print(f"{'the first':38} {first:10.3f} ms")
    taken, parents = [], 0
    for one in expressions[1:]:
        spent, above = milliseconds(lambda one=one: found.classification.query(one).parents)  # type: ignore[misc]
        taken.append(spent)
        parents += len(above)
    median = spread("expression and its parents", taken)
    print(f"{'parents on average':38} {parents / len(taken):10.1f}")
    return must.verdict("expression, median, ms", median)


# realise


def realise(found: Warm, times: int, must: Limit) -> bool:
    """An individual with 50 types and 50 facts, its direct types read; facts about individuals, then described ones.

    Each is drawn just before it is realised, as a patient's facts have just been read where there is such.
    """
    draws = found.draws
    among = _realised(found, "50 facts about individuals", lambda: draws.patient(TYPES, FACTS), times)
    described = _realised(found, "50 facts described", lambda: draws.described(TYPES, FACTS), times)
    kept = must.verdict("about individuals, median, ms", among)
    return must.verdict("described, median, ms", described) and kept


def _realised(found: Warm, what: str, draw: Callable[[], tuple[str, list[Assertion]]], times: int) -> float:
    realised, read, types, inconsistent = [], [], 0, 0
    for _ in range(times + 1):
        one, assertions = draw()
        spent, realisation = milliseconds(lambda given=assertions: found.classification.realise(given))  # type: ignore[misc]
        reading, direct = milliseconds(lambda iri=one, of=realisation: of.direct_types(iri))  # type: ignore[misc]
        realised.append(spent)
        read.append(reading)
        types += len(direct)
        inconsistent += not realisation.consistent
    print(f"{'the first':38} {realised[0] + read[0]:10.3f} ms")
    median = spread(f"50 types and {what}", [one + other for one, other in zip(realised[1:], read[1:], strict=True)])
    spread("  realised", realised[1:])
    spread("  direct types read", read[1:])
    print(f"{'direct types on average':38} {types / len(read):10.1f}", end="")
    print(f"; {inconsistent} inconsistent" if inconsistent else "")
    return median
