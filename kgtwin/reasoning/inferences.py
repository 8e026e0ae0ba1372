"""Facts and inferences as numbers: what explanations are made of.

A *fact* is a tuple of numbers: ``(x, C)`` for ``x ⊑ C``, ``(x, r, y)`` for ``x -r→ y``. x and y are contexts, C is an
atom, as :mod:`~kgtwin.reasoning.contexts` numbers them. A first number below 0 tells other facts: ``(ROLES, r, s)`` is
``r ⊑* s``, ``(DATA, p, q)`` the same of data properties (by their entities), ``(EXISTS, y, y)`` that something is a y,
``(DIFFERENT, a, b)`` that two individuals cannot be one.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from kgtwin.reasoning.rolebox import NO_AXIOM

Fact = tuple[int, ...]
ROLES, DATA, EXISTS, DIFFERENT = -1, -2, -3, -4


class Rule(StrEnum):
    """How a conclusion follows."""

    STANDS_FOR = "x ⊑ x"
    TOP = "x ⊑ ⊤"
    TOLD = "x ⊑ C ⊢ x ⊑ D, or x -r→ y"
    JOIN = "x ⊑ C, x ⊑ D … ⊢ x ⊑ E"
    WAIT = "x -r→ y, y ⊑ C ⊢ x ⊑ D"
    DOMAIN = "x -r→ y ⊢ x ⊑ D"
    EMPTY = "x -r→ y, y ⊑ ⊥ ⊢ x ⊑ ⊥"
    ABSURD = "x ⊑ ⊥ ⊢ x ⊑ C"
    RAISE = "x -r→ y ⊢ x -s→ y"
    CHAIN = "x -r→ y, y -s→ z ⊢ x -t→ z"
    INCLUSION = "r ⊑* s ⊢ r ⊑* t"
    RANGE = "r ⊑* s ⊢ y is in the range of s, for y at the end of an r"
    LED_TO = "a -r→ b, x ⊑ b, r ⊑* s ⊢ x is in the range of s"
    DATA = "x ⊑ ∃p.R, p ⊑* q … ⊢ x ⊑ ∃q.S, or x ⊑ ⊥"
    FUNCTIONAL = "x ⊑ ∃p.R, x ⊑ ∃q.S, p ⊑* f, q ⊑* f ⊢ x ⊑ ⊥"
    ASKED = "what an expression means that is asked for"
    SOME = "something is an individual, or ⊤; or at the end of a link from something"
    ONLY_ONE = "something is a y, y ⊑ {a}, x ⊑ {a} ⊢ x ⊑ y"
    SAME = "x ⊑ {a}, a ⊑ C ⊢ x ⊑ C; x -r→ y, y ⊑ {a} ⊢ x -r→ a; x ⊑ {a}, a -r→ y ⊢ x -r→ y"
    OWN = "x -r→ y, x ⊑ {a}, y ⊑ {a} ⊢ x ⊑ ∃r.Self"
    REACHED = "a -r→ y, y ⊑ {b}, x ⊑ {b} ⊢ x ⊑ ∃r⁻.⊤"
    APART = "{a} ⊓ {b} ⊑ ⊥ ⊢ a, b are not the same; x ⊑ {a}, x ⊑ {b}, a, b are not the same ⊢ x ⊑ ⊥"
    KEY = "a, b share a value of each property of a key ⊢ a ⊑ {b}"
    SAFE = "the body of a rule ⊢ its head"


class Inference(NamedTuple):
    """``axioms`` are numbers of :meth:`~kgtwin.reasoning.tracing.Tracer.axiom`."""

    rule: Rule
    premises: tuple[Fact, ...] = ()
    axioms: tuple[int, ...] = ()


Inferences = Iterator[Inference]


def axioms_of(why: int) -> tuple[int, ...]:
    """The axioms of an entry."""
    return () if why == NO_AXIOM else (why,)
