"""The memory that compiled code works in: its limits, and that nothing put on top of it stays."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest

from kgtwin.errors import ReasonerMemoryError
from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Axiom, Class, SubClassOf
from kgtwin.reasoning import machine
from kgtwin.reasoning import workspace as w
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.machine import Machine
from kgtwin.reasoning.memory import available, reserve
from kgtwin.reasoning.state import State

LEAST = 1 << 20
R = "http://example.org/r"


def chain(length: int) -> Index:
    """``C0 ⊑ C1 ⊑ …`` beside a transitive role with something for its links to do."""
    classes = [Class(f"http://example.org/C{i}") for i in range(length)]
    axioms: list[Axiom] = [SubClassOf(sub, sup) for sub, sup in pairwise(classes)]
    axioms.append(owl.TransitiveObjectProperty(R))
    axioms.append(SubClassOf(owl.ObjectSomeValuesFrom(R, classes[0]), Class("http://example.org/found")))
    return index(AxiomTable.of(axioms))


def members(base: Index, count: int) -> Extension:
    """So many individuals of the lowest class."""
    extension = Extension(base)
    for i in range(count):
        extension.tell(extension.individual(f"http://example.org/i{i}"), Class("http://example.org/C0"))
    return extension


def clique(base: Index, count: int) -> Extension:
    """So many individuals that are all linked to one another, one of them of the lowest class."""
    extension = Extension(base)
    atoms = [extension.individual(f"http://example.org/i{i}") for i in range(count)]
    extension.tell(atoms[0], Class("http://example.org/C0"))
    for one, other in product(atoms, repeat=2):
        extension.link(one, R, other)
    return extension


def above(closure: CompiledClosure, extension: Extension) -> list[set[int]]:
    found = closure.on_top(extension)
    return [set(found.subsumers(extension.first + i)) for i in range(extension.count)]


def test_a_classification_that_does_not_fit_is_an_error() -> None:
    large = chain(700)
    with pytest.raises(ReasonerMemoryError, match="KGTWIN_REASONER_MEMORY"):
        CompiledClosure.of(large.program, limit=LEAST)
    assert CompiledClosure.of(large.program).size(large.class_atom("http://example.org/C0") or 0) == 701


@pytest.mark.parametrize(("build", "many"), [(members, 200), (clique, 200)], ids=["subsumers", "links"])
def test_too_much_on_top_leaves_the_machine_usable(build: Callable[[Index, int], Extension], many: int) -> None:
    base = chain(300)
    small, roomy = CompiledClosure.of(base.program, limit=LEAST), CompiledClosure.of(base.program)
    for _ in range(3):
        with pytest.raises(ReasonerMemoryError):
            small.on_top(build(base, many))
        few = build(base, 5)
        assert above(small, few) == above(roomy, few)


def test_a_clique_is_closed_as_it_should_be() -> None:
    base = chain(5)
    found = above(CompiledClosure.of(base.program), clique(base, 30))
    everybody = base.class_atom("http://example.org/found")
    assert all(everybody in one for one in found)


def test_more_than_there_are_places_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ROOM", 8)
    base = chain(4)
    closure = CompiledClosure.of(base.program)
    assert len(above(closure, members(base, 8))) == 8
    with pytest.raises(ReasonerMemoryError, match="several parts"):
        closure.on_top(members(base, 9))
    assert len(above(closure, members(base, 8))) == 8


def test_what_is_put_on_top_leaves_no_trace() -> None:
    base = chain(50)
    closure = CompiledClosure.of(base.program)
    engine = closure._machine
    rules = engine._rules

    def snapshot() -> list[bytes]:
        state, atoms = engine.state(), engine.atoms
        kept = [w.SUBS_END, w.WAITS_END, w.LINKS_END, w.FRAMES, w.STACKED, w.NODES]
        pools = [state.rows.tobytes(), state.subs.tobytes(), state.waits.tobytes(), state.links.tobytes()]
        records = [rules.starts[:atoms].tobytes(), rules.flags[:atoms].tobytes(), rules.is_context.tobytes()]
        return [*pools, *records, engine._work.reg[kept].tobytes()]

    before = snapshot()
    first = above(closure, clique(base, 20))
    assert snapshot() == before
    above(closure, members(base, 3))
    assert above(closure, clique(base, 20)) == first
    assert snapshot() == before


def test_an_interrupted_question_leaves_the_machine_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    base = chain(50)
    closure = CompiledClosure.of(base.program)
    wanted = above(closure, clique(base, 20))
    engine = closure._machine
    run = engine._run
    monkeypatch.setattr(machine, "_STEPS", 1)
    for after in range(1, 40, 6):
        calls = iter(range(after))

        def interrupted(*args: object, calls: object = calls) -> bool:
            if next(calls, None) is None:  # type: ignore[call-overload]
                raise KeyboardInterrupt
            return bool(run(*args))

        with monkeypatch.context() as patch:
            patch.setattr(engine, "_run", interrupted)
            with pytest.raises(KeyboardInterrupt):
                closure.on_top(clique(base, 20))
        assert above(closure, clique(base, 20)) == wanted


def test_epochs_begin_again_before_they_outgrow_their_marks() -> None:
    base = chain(20)
    closure = CompiledClosure.of(base.program)
    wanted = above(closure, clique(base, 10))
    closure._machine._work.reg[w.EPOCH] = 2**31 - 2
    closure._machine._work.reg[w.VISITED] = 2**31 - 2
    assert above(closure, clique(base, 10)) == wanted
    assert closure._machine._work.reg[w.EPOCH] < 1000


def test_progress_is_told_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_STEPS", 10)
    base = chain(40)
    told: list[tuple[int, int]] = []
    engine = Machine(base.program)
    contexts = np.flatnonzero(base.program.is_context).astype(np.int32)
    engine.run(contexts, lambda done, total: told.append((done, total)))
    assert len(told) > 3
    assert told == sorted(told)
    assert {total for _, total in told} == {len(contexts)}


def test_a_machine_goes_on_from_a_kept_state() -> None:
    base = chain(30)
    closure = CompiledClosure.of(base.program)
    state = closure.state
    copied = CompiledClosure(
        base.program, State(state.rows.copy(), state.subs.copy(), state.waits.copy(), state.links.copy())
    )
    assert above(copied, clique(base, 10)) == above(closure, clique(base, 10))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_reserved_arrays_are_zero_and_take_no_memory(dtype: type[np.int64]) -> None:
    found = reserve(1 << 28, dtype)
    assert found.dtype == np.dtype(dtype)
    assert len(found) == 1 << 28
    assert found.flags.writeable
    assert not found[:: 1 << 22].any()
    found[-1] = 7
    assert found[-1] == 7
    assert len(reserve(0, dtype)) == 1


def test_what_cannot_be_reserved_is_halved_until_it_can() -> None:
    found = reserve(1 << 61, np.int64)
    assert 1 << 16 <= len(found) < 1 << 61
    found[0] = found[len(found) - 1] = 1


def test_the_memory_limit_is_the_setting_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGTWIN_REASONER_MEMORY", "64")
    assert available() == 64 << 20
    for other in ("", "much", "-1"):
        monkeypatch.setenv("KGTWIN_REASONER_MEMORY", other)
        assert available() > 64 << 20
