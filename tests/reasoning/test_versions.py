"""The memory that holds one version of a closure at a time: it goes from any to any other, and back to the first."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable, Ints
from kgtwin.model.axioms import Class, SubClassOf
from kgtwin.reasoning import Classification, change, classify, closure, dependents
from kgtwin.reasoning import versions as versions_module
from kgtwin.reasoning import workspace as w
from kgtwin.reasoning.change import ChangedClosure
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.versions import NoRoom, Versions

Array = NDArray[Any]
R = "http://example.org/r"
CLASSES = [Class(f"http://example.org/c#{i}") for i in range(40)]


@pytest.fixture(autouse=True)
def _in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "SMALL", -1)
    monkeypatch.setattr(change, "_MOST", 1)


def closed(found: Classification) -> ChangedClosure:
    changed = found._closure
    assert isinstance(changed, ChangedClosure)
    return changed


def memory(versions: Versions) -> list[Array]:
    """All that a version can change of it."""
    rules, back = versions._rules, versions._back
    arrays: list[Array] = [versions._pools.rows, rules.starts, rules.flags, rules.is_context]
    arrays += [back.version, back.recorded, back.below, back.told]
    ends = versions._reg[[w.SUBS_END, w.WAITS_END, w.LINKS_END]]
    return [*(one[:2000].copy() for one in arrays), back.reg[[dependents.NODES]], ends]


def family() -> tuple[Classification, list[Classification]]:
    """A classification and what comes of it: some in a row, some side by side."""
    random = Random(5)
    told = [SubClassOf(one, owl.ObjectSomeValuesFrom(R, random.choice(CLASSES))) for one in CLASSES]
    waits = [SubClassOf(owl.ObjectSomeValuesFrom(R, one), random.choice(CLASSES)) for one in CLASSES[:10]]
    base = classify([*told, *waits]).change([SubClassOf(CLASSES[0], CLASSES[1])])
    found = [base]
    for _ in range(12):
        pair = random.sample(CLASSES, 2)
        found.append(random.choice(found).change([SubClassOf(*pair)], [random.choice(told)] if len(found) == 6 else []))
    return base, found


def test_it_goes_from_any_version_to_any_other_and_back() -> None:
    base, found = family()
    versions = closed(base).lineage._versions
    versions.at(())
    before = memory(versions)
    random = Random(1)
    for _ in range(60):
        one = random.choice(found)
        atom = random.randrange(2, 30)
        below = set(closed(one).below(atom))
        assert below == {x for x in range(2, one._index.count) if atom in set(one._closure.array(x).tolist())}
    versions.at(())
    for now, then in zip(memory(versions), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("error", [KeyboardInterrupt, NoRoom])
def test_what_was_interrupted_is_taken_off_again(error: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    base, found = family()
    versions = closed(base).lineage._versions
    expected = {x: set(closed(found[-1]).below(x)) for x in range(2, 30)}
    versions.at(())

    def interrupted(*_args: object) -> int:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(versions, "_put_on", interrupted)
        with pytest.raises(error):
            versions.at(closed(found[-1]).patch.layers)
    assert {x: set(closed(found[-1]).below(x)) for x in range(2, 30)} == expected


@pytest.mark.parametrize("few", [1 << 20, -1 << 20], ids=["at once", "in rounds"])
def test_an_interrupted_edit_leaves_no_trace(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions_module, "_FEW", few)
    base, found = family()
    versions = closed(base).lineage._versions
    edit = [
        owl.EquivalentClasses((Class("http://example.org/new"), owl.ObjectIntersectionOf((CLASSES[0], CLASSES[2]))))
    ]
    expected = found[-1].change(edit).parents("http://example.org/new")
    versions.at(closed(found[-1]).patch.layers)
    before = memory(versions)
    run = versions._machine.run

    def interrupted(contexts: Ints) -> None:
        run(contexts)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(versions._machine, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            found[-1].change(edit)
    for now, then in zip(memory(versions), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert found[-1].change(edit).parents("http://example.org/new") == expected


def test_pools_more_than_half_full_are_copied() -> None:
    classes = [Class(f"http://example.org/C{i}") for i in range(400)]
    program = index(AxiomTable.of(SubClassOf(*pair) for pair in pairwise(classes))).program
    tight = CompiledClosure.of(program, limit=1 << 20)
    assert not np.shares_memory(tight.beside().pools.subs, tight.state.subs)
    assert len(Versions(tight).below(0)) == 402


def test_machines_side_by_side_share_what_is_closed_and_nothing_else() -> None:
    base = CompiledClosure.of(index(AxiomTable.of([SubClassOf(*CLASSES[:2])])).program)
    first, second = base.beside(), base.beside()
    own = base._machine
    for machine in (first, second):
        assert np.shares_memory(machine.pools.subs, base.state.subs)
        assert not np.shares_memory(machine.pools.rows, base.state.rows)
    starts = [int(one.registers[w.SUBS_END]) for one in (own, second, first)]
    ends = [len(one.pools.subs) for one in (own, second, first)]
    assert starts[0] < ends[0] <= starts[1] < ends[1] <= starts[2] < ends[2]
