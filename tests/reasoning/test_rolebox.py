"""The role box, against a closure by definition: every path up, every composition, self roles."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random

import numpy as np
import pytest

from kgtwin.reasoning.rolebox import TOP_ROLE, Inclusion, RoleBox, ToldRoles, compositions, ring


def told(
    roles: int,
    inclusions: list[tuple[int, int]] | None = None,
    chains: list[tuple[tuple[int, ...], int]] | None = None,
    selfs: tuple[int, ...] = (),
) -> RoleBox:
    """A box of the entities 10, 11, … with axioms numbered from 100."""
    entities = [10 + role for role in range(roles)]
    return RoleBox(
        ToldRoles(
            entities,
            [Inclusion(10 + sub, 10 + sup, 100 + i) for i, (sub, sup) in enumerate(inclusions or [])],
            [(tuple(10 + one for one in roles), 10 + sup, 200 + i) for i, (roles, sup) in enumerate(chains or [])],
            [10 + role for role in selfs],
        )
    )


def made(box: RoleBox, one: int, other: int) -> set[int]:
    """What a link by one role and then a link by another make, with all roles above."""
    found = compositions(box, box.above())
    if found.first[one] < 0 or found.second[other] < 0:
        return set()
    cell = int(found.cells[found.first[one], found.second[other]])
    results: list[int] = found.results[found.ends[cell - 1] : found.ends[cell]].tolist() if cell else []
    return {int(sup) for result in results for sup in box.supers[result]}


def by_definition(box: RoleBox, one: int, other: int) -> set[int]:
    """The same from the chains as they are told."""
    return {
        int(sup)
        for chain in box.chains
        if chain.left in box.supers[one] and chain.right in box.supers[other]
        for sup in box.supers[chain.result]
    }


def test_every_composition_is_kept_and_no_other() -> None:
    chained = 0
    for seed in range(60):
        random = Random(seed)
        count = random.randrange(2, 7)
        inclusions = [(random.randrange(count), random.randrange(count)) for _ in range(random.randrange(6))]
        chains = [
            (tuple(random.randrange(count) for _ in range(random.randrange(2, 5))), random.randrange(count))
            for _ in range(random.randrange(4))
        ]
        box = told(count, inclusions, chains, tuple({random.randrange(count) for _ in range(random.randrange(3))}))
        for one, other in product(range(len(box)), repeat=2):
            chained += bool(made(box, one, other))
            assert made(box, one, other) == by_definition(box, one, other), (seed, one, other)
    assert chained > 100


def test_of_several_results_only_the_lowest_are_kept() -> None:
    box = told(4, [(2, 3)], [((0, 1), 2), ((0, 1), 3)])
    r, s, low = (box.number[10 + i] for i in range(3))
    found = compositions(box, box.above())
    cell = found.cells[found.first[r], found.second[s]]
    assert found.results[found.ends[cell - 1] : found.ends[cell]].tolist() == [low]


def test_of_equal_results_one_is_kept() -> None:
    box = told(4, [(2, 3), (3, 2)], [((0, 1), 3), ((0, 1), 2)])
    found = compositions(box, box.above())
    cell = found.cells[found.first[box.number[10]], found.second[box.number[11]]]
    assert found.ends[cell] - found.ends[cell - 1] == 1
    assert made(box, box.number[10], box.number[11]) == {TOP_ROLE, box.number[12], box.number[13]}


def test_roles_on_a_cycle_are_above_one_another() -> None:
    box = told(4, [(0, 1), (1, 2), (2, 0)])
    cycle = {box.number[10 + i] for i in range(3)}
    assert all(cycle | {TOP_ROLE} == set(box.supers[role].tolist()) for role in cycle)
    assert set(box.supers[box.number[13]].tolist()) == {TOP_ROLE, box.number[13]}
    one, last = box.number[10], box.number[12]
    assert [step.axiom for step in box.path(one, last)] == [100, 101]
    assert box.path(one, one) == []


def test_the_matrix_is_reflexive_and_transitive() -> None:
    for seed in range(20):
        random = Random(seed)
        box = told(6, [(random.randrange(6), random.randrange(6)) for _ in range(6)], selfs=(0, 3))
        above = box.above()
        assert above.diagonal().all()
        assert above[:, TOP_ROLE].all()
        assert np.array_equal(above, (above.astype(int) @ above.astype(int)) > 0)
        for sub, sup in zip(*np.nonzero(above), strict=True):
            steps = box.path(int(sub), int(sup))
            assert [steps[0].sub, steps[-1].sup] == [sub, sup] if steps else sub == sup
            assert all(one.sup == other.sub for one, other in pairwise(steps))


def test_long_chains_share_their_starts() -> None:
    box = told(5, chains=[((0, 1, 2), 3), ((0, 1, 4), 3), ((0, 1), 4)])
    r, s = box.number[10], box.number[11]
    assert list(box.auxiliary) == [(r, s)]
    assert len(box) == 1 + 5 + 1
    auxiliary = box.auxiliary[r, s]
    assert made(box, auxiliary, box.number[12]) == {TOP_ROLE, box.number[13]}
    assert made(box, r, s) == {TOP_ROLE, auxiliary, box.number[14]}


@pytest.mark.parametrize("selfs", [(), (0,), (0, 1), (0, 1, 2)])
def test_self_roles_stand_below_their_roles_and_follow_axioms(selfs: tuple[int, ...]) -> None:
    box = told(5, [(0, 3)], [((0, 1), 2), ((2, 2), 4)], selfs)
    entity = {box.number[10 + i]: i for i in range(5)}
    wanted = {*selfs, *({3} if 0 in selfs else ()), *({2} if {0, 1} <= set(selfs) else ())}
    wanted |= {4} if 2 in wanted else set()
    assert {entity[role] for role in box.self_role} == wanted
    for role, loop in box.self_role.items():
        assert box.is_self(loop)
        assert not box.is_self(role)
        assert {role, TOP_ROLE} <= set(box.supers[loop].tolist())
        assert box.entity[loop] == -1
    number = box.number
    if 0 in selfs:
        assert box.self_role[number[13]] in box.supers[box.self_role[number[10]]]
    if {0, 1} <= set(selfs):
        loops = made(box, box.self_role[number[10]], box.self_role[number[11]])
        assert {box.self_role[number[12]], number[12]} <= loops


def test_a_ring_of_equal_roles_tells_each_step_once() -> None:
    assert [(one.sub, one.sup) for one in ring([1, 2, 3], 7)] == [(1, 2), (2, 3), (3, 1)]
    assert ring([5, 5], 7) == []
