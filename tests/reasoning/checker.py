"""An independent checker: is every step of a proof an instance of its rule? Uses the model only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from kgtwin.model.axioms import Axiom
from kgtwin.model.proof import Proof
from tests.reasoning import checker_classes as classes
from tests.reasoning import checker_people as people
from tests.reasoning import checker_roles as roles


def check(proof: Proof, told: Collection[Axiom]) -> int:
    """Raises AssertionError at a step that is no instance of its rule; returns the number of distinct steps."""
    done: dict[int, Proof] = {}
    open_steps: set[int] = set()
    stack: list[tuple[Proof, bool]] = [(proof, False)]
    while stack:
        step, leaving = stack.pop()
        if leaving:
            open_steps.discard(id(step))
            done[id(step)] = step
            continue
        assert id(step) not in open_steps, "the proof runs in a circle"
        if id(step) in done:
            continue
        open_steps.add(id(step))
        if step.axiom is not None:
            assert step.axiom in told, f"{step.rule} rests on an axiom that nobody told"
        assert _holds(step), step
        stack.append((step, True))
        stack.extend((premise, False) for premise in step.premises)
    return len(done)


def _holds(step: Proof) -> bool:
    """Whether a step is an instance of its rule, with as many premises and an axiom where the rule has one."""
    rule, premises, axiom = _RULES[step.rule]
    if len(step.premises) not in premises or (axiom is not None and axiom != (step.axiom is not None)):
        return False
    return rule(step)


_Rule = tuple[Callable[[Proof], bool], Sequence[int], bool | None]
_MANY = range(1, 1000)
_RULES: dict[str, _Rule] = {
    "told": (classes.told, [0], True),
    "R0": (classes.r0, [0], False),
    "R⊤": (classes.top, [0], False),
    "R⊑": (classes.inclusion, [1], True),
    "R⊓−": (classes.conjunct, [1], False),
    "R⊓+": (classes.conjoined, _MANY, False),
    "R⊔+": (classes.disjoined, [1], False),
    "R⊔−": (classes.left_over, [1], False),
    "R≥": (classes.several, [1], False),
    "R∃−": (classes.exists_out, [1], False),
    "R∃+": (classes.exists_in, [2], False),
    "Rself": (roles.self_, [1, 3], False),
    "RH": (roles.raise_, [1], None),
    "R∘": (roles.chain, _MANY, True),
    "Rran": (roles.range_, [1, 2], True),
    "Rdom": (roles.domain, [1], True),
    "Rrefl": (roles.reflexive, [0], True),
    "Rsame": (people.same_one, [2], False),
    "Rnom": (people.only_one, _MANY, False),
    "Rinv": (people.reached, [3], False),
    "R≠": (people.not_the_same, [1], False),
    "Rkey": (people.key, _MANY, True),
    "Rrule": (people.rule, range(100), True),
    "R⊥⊓": (classes.disjoint, [2], True),
    "R⊥¬": (classes.contradiction, [2], False),
    "R⊥": (classes.bottom, [2], False),
    "R⊥⊑": (classes.ex_falso, [1], False),
    "RD+": (roles.wider, [1], False),
    "RD⊥": (roles.empty, [1], False),
    "RDH": (roles.data_raised, [1], True),
    "RDran": (roles.data_range, [1, 2], True),
    "RDdom": (roles.data_domain, [1], True),
    "RDfun": (roles.functional, [2], True),
}
